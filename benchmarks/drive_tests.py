"""Drive tests: NB-IoT, one constant fitted on Brno and scored on Ostrava beside a log-distance line; LTE in Chengdu, by nominal distance.

    python benchmarks/drive_tests.py [--json]

The measurements (../shared/data/radio) give the distance to the serving site, not its position, height, antenna or power: terrain is not
tested (P.1812 gets flat ground under even clutter), azimuth is unknown, and all of that lies in the one constant. The carrier is presumed
to be 860 MHz. The fitted constant is what one resource element radiates: the budget of `nbiot-800` says 46.7 dBm.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.radio import p1812
from infraplan.radio.antennas import pattern_db
from infraplan.radio.budgets import services
from infraplan.radio.ground_profiles import Ground, map_profile
from infraplan.radio.model_selection import loss_curve
from infraplan.radio.path_loss import free_space

Array = npt.NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[1] / "../shared/data/radio"
FREQUENCY_MHZ = 860.0
RECEIVER_M = 1.5
NOMINAL_M = 30.0
ANTENNA = "sector-65-low-band"
# name, plan ("p1812": flat ground under clutter of 15 m), environment, height, tilt of the antenna (None: without its vertical cut)
CASES = (
    ("p1812_clutter_35m", "p1812", "", 35.0, None),
    ("p1812_clutter_35m_tilt4", "p1812", "", 35.0, 4.0),
    ("p1812_clutter_35m_tilt6", "p1812", "", 35.0, 6.0),
    ("p1812_clutter_25m_tilt6", "p1812", "", 25.0, 6.0),
    ("hata_urban_35m", "hata", "urban", 35.0, None),
    ("hata_urban_35m_tilt4", "hata", "urban", 35.0, 4.0),
    ("hata_urban_35m_tilt6", "hata", "urban", 35.0, 6.0),
    ("hata_suburban_35m_tilt4", "hata", "suburban", 35.0, 4.0),
    ("tr38901_uma_25m", "tr38901", "urban", 25.0, None),
    ("tr38901_uma_25m_tilt6", "tr38901", "urban", 25.0, 6.0),
    ("tr38901_rma_35m_tilt3", "tr38901", "rural", 35.0, 3.0),
)
CLUTTER_M = 15.0


def drive(city: str) -> tuple[Array, Array]:
    """Distance and RSRP of the rows that have both. [km], [dBm]"""
    table = np.genfromtxt(FOLDER / f"nbiot_{city}.csv", delimiter=",", names=True)
    distance_km, rsrp_dbm = table["Dist"], table["RSRP"]
    known = np.isfinite(distance_km) & np.isfinite(rsrp_dbm) & (distance_km > 0)
    return distance_km[known], rsrp_dbm[known]


def predicted_db(case: tuple[str, str, str, float, float | None], distance_km: Array) -> Array:
    """Gain over an isotropic site of unknown power: minus the path loss, plus the antenna's vertical cut. [dB]"""
    _, plan, environment, height_m, tilt_deg = case
    if plan == "p1812":
        gain_db = -flat_p1812_db(height_m, distance_km)
    else:
        gain_db = -loss_curve(plan, FREQUENCY_MHZ, height_m, environment, RECEIVER_M, distance_km * 1e3).loss_db
    if tilt_deg is None:
        return gain_db
    down_deg = np.degrees(np.arctan2(RECEIVER_M - height_m, distance_km * 1e3))
    return gain_db + pattern_db(ANTENNA, 0.0, down_deg, tilt_deg)


def flat_p1812_db(
    height_m: float, distance_km: Array, *, frequency_mhz: float = FREQUENCY_MHZ, clutter_m: float = CLUTTER_M, nominal_m: float = NOMINAL_M
) -> Array:
    """P.1812 median over flat inland ground under even clutter, as on our maps: profiles every 100 m, nominal clutter distance. [dB]"""
    flat, place = np.full((2, 2), 260.0, np.float32), (0.0, 0.0, 50_000.0)
    ground = Ground(flat, *place, np.zeros((1, 1), np.uint16), *place, np.full(1, clutter_m), np.full(1, nominal_m))
    table_km = np.concatenate([np.geomspace(0.005, 0.2, 40), np.geomspace(0.21, 12.0, 50)])
    table_db = []
    for far_km in table_km:
        profile = map_profile(ground, (1000.0, -1000.0), (1000.0 + far_km * 1000.0, -1000.0))
        path = p1812.loss(
            profile.distance_km, profile.terrain_m, profile.clutter_m, np.full(len(profile.distance_km), 4),
            frequency_ghz=frequency_mhz / 1e3, time_percent=50.0, location_percent=50.0, location_sigma_db=0.0, tx_height_m=height_m,
            rx_height_m=RECEIVER_M, polarisation="vertical", delta_n=45.0, n0=325.0, tx_lonlat=(16.6, 49.2),
            rx_lonlat=(16.6 + far_km / 72.7, 49.2),
        )  # fmt: skip
        table_db.append(path.free_space_db + profile.weight * (path.loss_db - path.free_space_db))
    return np.interp(np.log(distance_km), np.log(table_km), table_db)


def ramp_250_m_db(height_m: float, distance_km: Array, **kw: float) -> Array:
    """The former rule for short paths: the excess over free space grows from 0 at the mast in a straight line up to 250 m. [dB]"""
    free_db = free_space(np.hypot(distance_km, (height_m - RECEIVER_M) / 1000.0), kw["frequency_mhz"])
    return free_db + np.minimum(distance_km / 0.25, 1.0) * (flat_p1812_db(height_m, distance_km, **kw) - free_db)


def chengdu() -> dict[str, float]:
    """The antenna gain that serving-cell levels of Chengdu ask for, outdoors: fitted on every other mast, scored on the others."""
    cells = pd.read_csv(FOLDER / "chengdu_lte2600_dev_cells.csv").set_index("cell")
    points = pd.read_csv(FOLDER / "chengdu_lte2600_dev.csv.gz")
    points = points[points["building_m"] == 0].join(cells, on="cell", rsuffix="_cell")
    dx, dy = points["x_m"] - points["x_m_cell"], points["y_m"] - points["y_m_cell"]
    distance_km = np.hypot(dx, dy).to_numpy() / 1000.0
    off_deg = np.degrees(np.arctan2(dx, dy)).to_numpy() - points["azimuth_deg"].to_numpy()
    up_m = (points["ground_m"] + RECEIVER_M - points["ground_m_cell"] - points["height_m"]).to_numpy()
    up_deg = np.degrees(np.arctan2(up_m, distance_km * 1e3))
    tilt_deg = (points["electrical_tilt_deg"] + points["mechanical_tilt_deg"]).to_numpy()
    pattern = np.array([pattern_db("sector-65", a, u, t) for a, u, t in zip(off_deg, up_deg, tilt_deg, strict=True)])
    without_loss_db = points["rsrp_dbm"].to_numpy() - points["rs_power_dbm"].to_numpy() - pattern
    fitted = points["site"].to_numpy() % 2 == 0
    heights = points["height_m"].round().clip(5, 80).to_numpy()
    near = distance_km < 0.1
    found: dict[str, float] = {"chengdu_rows": len(points), "chengdu_masts": points["site"].nunique()}
    kinds = [("nominal", flat_p1812_db, clutter_m, nominal_m) for clutter_m in (10.0, 15.0, 20.0) for nominal_m in (10.0, 20.0, 30.0, 50.0)]
    kinds += [("omni", flat_p1812_db, 15.0, nominal_m) for nominal_m in (20.0, 30.0, 50.0)]  # as if the antennas had no pattern
    kinds += [("ramp_250m", ramp_250_m_db, 15.0, 30.0), ("free_space", None, 0.0, 0.0)]
    for kind, model, clutter_m, nominal_m in kinds:
        loss_db = np.empty(len(points))
        for height_m in np.unique(heights):
            here = heights == height_m
            d = distance_km[here]
            if model is None:
                loss_db[here] = free_space(np.hypot(d, (height_m - RECEIVER_M) / 1e3), 2605.0)
            else:
                loss_db[here] = model(float(height_m), d, frequency_mhz=2605.0, clutter_m=clutter_m, nominal_m=nominal_m)
        asked_db = without_loss_db + loss_db + (pattern if kind == "omni" else 0.0)
        gain_dbi = float(asked_db[fitted].mean())
        name = f"chengdu_{kind}" + (f"_clutter{clutter_m:.0f}_{nominal_m:.0f}m" if clutter_m else "")
        found |= {
            f"{name}_gain_dbi": gain_dbi,
            f"{name}_spread_db": float(asked_db[~fitted].std()),
            f"{name}_error_db": rms(asked_db[~fitted] - gain_dbi),
            f"{name}_within_100m_bias_db": float((asked_db - gain_dbi)[near].mean()),
        }
    return found


def rms(error_db: Array) -> float:
    return float(np.sqrt(np.mean(error_db**2)))


def bin_spread_db(distance_km: Array, rsrp_dbm: Array) -> float:
    """What no function of distance alone can explain: the spread inside bins of a tenth of a decade. [dB]"""
    bins = np.floor(np.log10(distance_km) * 10.0)
    _, index, counts = np.unique(bins, return_inverse=True, return_counts=True)
    means_dbm = np.bincount(index, rsrp_dbm) / counts
    return rms(rsrp_dbm - means_dbm[index])


def scores() -> dict[str, float | int | str]:
    """Everything measured, flat."""
    (brno_km, brno_dbm), (ostrava_km, ostrava_dbm) = drive("brno"), drive("ostrava")
    slope, level = np.polyfit(np.log10(brno_km), brno_dbm, 1)
    found: dict[str, float | int | str] = {
        "brno_rows": len(brno_km),
        "ostrava_rows": len(ostrava_km),
        "frequency_mhz": FREQUENCY_MHZ,
        "budget_rsrp_at_zero_loss_dbm": services("nbiot-800")["nbiot-800"].rsrp_at_zero_loss_dbm,
        "log_distance_slope_db_per_decade": float(slope),
        "log_distance_brno_db": rms(brno_dbm - slope * np.log10(brno_km) - level),
        "log_distance_ostrava_db": rms(ostrava_dbm - slope * np.log10(ostrava_km) - level),
        "any_curve_brno_db": bin_spread_db(brno_km, brno_dbm),
        "any_curve_ostrava_db": bin_spread_db(ostrava_km, ostrava_dbm),
    }
    curves = [("free_space", -free_space(brno_km, FREQUENCY_MHZ), -free_space(ostrava_km, FREQUENCY_MHZ))]
    curves += [(case[0], predicted_db(case, brno_km), predicted_db(case, ostrava_km)) for case in CASES]
    for name, brno_db, ostrava_db in curves:
        computed = np.isfinite(brno_db)
        constant_dbm = float(np.mean(brno_dbm[computed] - brno_db[computed]))
        error_db = ostrava_dbm - ostrava_db - constant_dbm
        found[f"{name}_constant_dbm"] = constant_dbm
        found[f"{name}_brno_db"] = rms(brno_dbm[computed] - brno_db[computed] - constant_dbm)
        found[f"{name}_ostrava_db"] = rms(error_db)
        found[f"{name}_ostrava_bias_db"] = float(error_db.mean())
        found[f"{name}_brno_rows_beyond_model"] = int((~computed).sum())
    for nominal_m in (20.0, 30.0, 50.0):
        gain_db = pattern_db(ANTENNA, 0.0, np.degrees(np.arctan2(RECEIVER_M - 35.0, brno_km * 1e3)), 4.0)
        gain_db = gain_db - flat_p1812_db(35.0, brno_km, nominal_m=nominal_m)
        found[f"brno_nominal_{nominal_m:.0f}m_constant_dbm"] = float(np.mean(brno_dbm - gain_db))
        found[f"brno_nominal_{nominal_m:.0f}m_spread_db"] = float(np.std(brno_dbm - gain_db))
    found |= chengdu()
    best = min((case[0] for case in CASES), key=lambda name: float(found[f"{name}_brno_db"]))
    found["best_on_brno"] = best
    found["best_on_brno_ostrava_db"] = found[f"{best}_ostrava_db"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    as_json = parser.parse_args().json
    if not FOLDER.is_dir():
        raise SystemExit("../shared/data/radio is absent: the drive tests may not be in the repository")
    found = scores()
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:45s} {value:.2f}" if isinstance(value, float) else f"{name:45s} {value}")


if __name__ == "__main__":
    main()
