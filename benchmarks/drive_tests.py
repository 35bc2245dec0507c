"""NB-IoT drive tests: one constant fitted on Brno, scored on Ostrava, beside a log-distance line with two.

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

from infraplan.radio import p1812
from infraplan.radio.antennas import pattern_db
from infraplan.radio.budgets import services
from infraplan.radio.path_loss import free_space
from infraplan.radio.selection import loss_curve

Array = npt.NDArray[np.float64]

FOLDER = Path(__file__).resolve().parents[1] / "../shared/data/radio"
FREQUENCY_MHZ = 860.0
RECEIVER_M = 1.5
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


def flat_p1812_db(height_m: float, distance_km: Array) -> Array:
    """P.1812 median over flat inland ground under even clutter, read off 70 profiles with a step of 30 m. [dB]"""
    table_km = np.geomspace(0.03, 12.0, 70)
    table_db = []
    for far_km in table_km:
        along_km = np.linspace(0.0, far_km, max(int(far_km * 1000 / 30) + 1, 5))
        ground_m, clutter_m, inland = np.full(len(along_km), 260.0), np.full(len(along_km), CLUTTER_M), np.full(len(along_km), 4)
        path = p1812.loss(
            along_km, ground_m, clutter_m, inland, frequency_ghz=FREQUENCY_MHZ / 1e3, time_percent=50.0, location_percent=50.0,
            location_sigma_db=0.0, tx_height_m=height_m, rx_height_m=RECEIVER_M, polarisation="vertical", delta_n=45.0, n0=325.0,
            tx_lonlat=(16.6, 49.2), rx_lonlat=(16.6 + far_km / 72.7, 49.2),
        )
        table_db.append(path.loss_db)
    return np.interp(np.log(distance_km), np.log(table_km), table_db)


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
    best = min((case[0] for case in CASES), key=lambda name: float(found[f"{name}_brno_db"]))
    found["best_on_brno"] = best
    found["best_on_brno_ostrava_db"] = found[f"{best}_ostrava_db"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    as_json = parser.parse_args().json
    if not FOLDER.is_dir():
        raise SystemExit("../shared/data/radio is absent: the drive tests may not stand in the repository")
    found = scores()
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:45s} {value:.2f}" if isinstance(value, float) else f"{name:45s} {value}")


if __name__ == "__main__":
    main()
