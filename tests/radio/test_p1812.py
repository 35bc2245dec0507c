"""ITU-R P.1812-8, one profile: the published logs, random real profiles, physical laws, hostile arguments."""

from __future__ import annotations

import csv
import gzip
import json
import math
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.errors import ValidityWarning
from infraplan.radio import diffraction, p1812

TOLERANCE_DB = 1e-6
LOG_FIELDS = {  # label of the log: field of the prediction. "hst (m),Eq (85)" needs label and equation
    "d (km),": "distance_km",
    "dlt (km),Eq (78)": "tx_horizon_km",
    "dlr (km),Eq (81a)": "rx_horizon_km",
    "th_t (mrad),Eqs (76-78)": "tx_horizon_mrad",
    "th_r (mrad),Eqs (79-81)": "rx_horizon_mrad",
    "th (mrad),Eq (82)": "angular_distance_mrad",
    "hts (m),": "tx_asl_m",
    "hrs (m),": "rx_asl_m",
    "w,Table 5": "sea_fraction",
    "dtm (km),Sec 3.6": "longest_land_km",
    "dlm (km),Sec 3.6": "longest_inland_km",
    "phi (deg),Eq (4)": "midpath_latitude_deg",
    "b0 (%),Eq (5)": "b0_percent",
    "ae (km),Eq (7a)": "effective_radius_km",
    "hst (m),Eq (85)": "smooth_tx_m",
    "hsr (m),Eq (86)": "smooth_rx_m",
    "hst (m),Eq (90a)": "smooth_tx_ducting_m",
    "hsr (m),Eq (90b)": "smooth_rx_ducting_m",
    "hstd (m),Eq (89)": "smooth_tx_diffraction_m",
    "hsrd (m),Eq (89)": "smooth_rx_diffraction_m",
    "htc (m),Eq (37a)": "tx_above_smooth_m",
    "hrc (m),Eq (37b)": "rx_above_smooth_m",
    "hte (m),Eq (92a)": "tx_effective_m",
    "hre (m),Eq (92b)": "rx_effective_m",
    "hm (m),Eq (93)": "roughness_m",
    "Fi,Eq (40)": "fi",
    "Fj,Eq (57)": "fj",
    "Fk,Eq (58)": "fk",
    "Lbfs,Eq (8)": "free_space_db",
    "Lb0p,Eq (10)": "line_of_sight_db",
    "Lb0b,Eq (11)": "line_of_sight_b0_db",
    "Lbulla (dB),Eq (21)": "actual_beta_db",
    "Lbulls (dB),Eq (21)": "smooth_beta_db",
    "Ldsph (dB),Eq (27)": "spherical_beta_db",
    "Ld50 (dB),Eq (39)": "diffraction_50_db",
    "Ldb (dB),Eq (39)": "diffraction_beta_db",
    "Ldp (dB),Eq (41)": "diffraction_db",
    "Lbd50 (dB),Eq (42)": "diffraction_path_50_db",
    "Lminb0p (dB),Eq (59)": "least_sight_db",
    "Lba (dB),Eq (46)": "anomalous_db",
    "Lminbap (dB),Eq (60)": "least_anomalous_db",
    "Lbda (dB),Eq (61)": "enhanced_db",
    "Lbam (dB),Eq (62)": "modified_db",
    "Lbs (dB),Eq (44)": "troposcatter_db",
    "Lbc (dB),Eq (63)": "median_location_db",
    "Lb (dB),Eq (69)": "loss_db",
    "Ep (dBuV/m),Eq (70)": "field_strength_dbuvm",
}


def read_profile(path: Path) -> np.ndarray:
    """Rows of a WP 3M profile: distance, ground, coverage code, clutter height, zone."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("{Begin of Profile}"))
    last = next(i for i, line in enumerate(lines) if line.startswith("{End of Profile}"))
    return np.array([[float(cell) for cell in line.split(",")[:5]] for line in lines[first + 2 : last]])


def read_log(path: Path) -> dict[str, float]:
    """Label (with its equation, where one is given) to value."""
    rows = [row for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) if len(row) >= 4 and row[3] not in ("", "Value")]
    return {f"{row[0].strip()},{row[1].strip()}": float(row[3]) for row in rows}


def predict_logged(folder: Path, log_path: Path) -> tuple[dict[str, float], p1812.Prediction]:
    log = read_log(log_path)
    name = log_path.stem.removesuffix("_log").rsplit("_", 1)[0]
    profile = read_profile(folder / "profiles" / f"{name}.csv")
    prediction = p1812.loss(
        profile[:, 0],
        profile[:, 1],
        profile[:, 3],
        profile[:, 4].astype(int),
        frequency_ghz=log["f (GHz),"],
        time_percent=log["p (%),"],
        location_percent=log["pL (%),"],
        location_sigma_db=log["sigmaL (dB),"],
        tx_height_m=log["htg (m),"],
        rx_height_m=log["hrg (m),"],
        polarisation={1: "horizontal", 2: "vertical"}[int(log["pol,"])],
        delta_n=log["DN,"],
        n0=log["N0,"],
        tx_lonlat=(log["lam_t (deg),"], log["phi_t (deg),"]),
        rx_lonlat=(log["lam_r (deg),"], log["phi_r (deg),"]),
        coast_tx_km=log["dct (km),"],
        coast_rx_km=log["dcr (km),"],
    )
    return log, prediction


def test_published_logs_with_every_intermediate_value(reference_dir: Path) -> None:
    """All logs of the WP 3M set. The log's `Lbd` is left out: its writer had overwritten it with `Lbda` (eq. 61)."""
    folder = reference_dir / "p1812"
    paths = sorted((folder / "results").glob("*_log.csv"))
    assert len(paths) >= 48
    for path in paths:
        log, prediction = predict_logged(folder, path)
        for label, field in LOG_FIELDS.items():
            written = log[label]
            digits = abs(written) * 1e-9 + TOLERANCE_DB  # logs hold ten significant digits, inputs too
            assert getattr(prediction, field) == pytest.approx(written, abs=digits), f"{path.name}: {field}"


def test_random_real_profiles(reference_dir: Path) -> None:
    lines = gzip.decompress((reference_dir / "p1812" / "random_profiles.jsonl.gz").read_bytes()).decode("utf-8").splitlines()
    assert len(lines) >= 500
    worst_db = 0.0
    for line in lines:
        case = json.loads(line)
        expected_db = case.pop("loss_db")
        worst_db = max(worst_db, abs(p1812.loss(**case).loss_db - expected_db))
    assert worst_db < TOLERANCE_DB


MEDIAN: dict[str, Any] = {
    "frequency_ghz": 0.9, "time_percent": 50.0, "location_percent": 50.0, "location_sigma_db": 0.0,
    "tx_height_m": 30.0, "rx_height_m": 1.5, "polarisation": "vertical", "delta_n": 45.0, "n0": 325.0,
    "tx_lonlat": (113.0, 24.0), "rx_lonlat": (113.0, 24.1),
}  # fmt: skip


def path(
    distance_km: float = 10.0,
    samples: int = 101,
    *,
    terrain_m: np.ndarray | None = None,
    clutter_m: np.ndarray | None = None,
    zone: int = 4,
    **changes: Any,
) -> p1812.Prediction:
    d = np.linspace(0.0, distance_km, samples)
    arguments = MEDIAN | {"frequency_ghz": 0.763, "rx_lonlat": (113.0, 24.0 + distance_km / 111.2)}
    ground = np.zeros(samples) if terrain_m is None else terrain_m
    cover = np.zeros(samples) if clutter_m is None else clutter_m
    return p1812.loss(d, ground, cover, np.full(samples, zone), **(arguments | changes))


@settings(deadline=None, max_examples=60)
@given(near_km=st.floats(0.3, 60.0), factor=st.floats(1.01, 3.0), frequency_ghz=st.floats(0.4, 5.0))
def test_median_loss_grows_with_distance_over_flat_ground(near_km: float, factor: float, frequency_ghz: float) -> None:
    assert path(near_km * factor, frequency_ghz=frequency_ghz).loss_db > path(near_km, frequency_ghz=frequency_ghz).loss_db


@settings(deadline=None, max_examples=60)
@given(near_km=st.floats(0.05, 19.0), factor=st.floats(1.01, 2.0), time_percent=st.sampled_from([1.0, 10.0]))
def test_loss_for_little_time_grows_up_to_the_horizon(near_km: float, factor: float, time_percent: float) -> None:
    """Beyond it the recommendation blends into ducting (eq. 57, at an angular distance of 0.3 mrad) and the loss dips by up to 5.5 dB."""
    far_km = min(near_km * factor, 20.0)
    assert path(far_km, time_percent=time_percent).loss_db > path(near_km, time_percent=time_percent).loss_db


@settings(deadline=None, max_examples=80)
@given(heights=st.lists(st.floats(0.0, 300.0), min_size=21, max_size=21), at=st.integers(1, 19), raised_m=st.floats(0.0, 400.0))
def test_a_raised_obstacle_never_lowers_bullington(heights: list[float], at: int, raised_m: float) -> None:
    d, ground = np.linspace(0.0, 10.0, 21), np.array(heights)
    higher = ground.copy()
    ends = (ground[0] + 30.0, ground[-1] + 5.0)
    lower_db = diffraction.bullington(d, ground, *ends, 8930.0, 0.4)
    higher[at] += raised_m
    assert diffraction.bullington(d, higher, *ends, 8930.0, 0.4) >= lower_db - 1e-9


@settings(deadline=None, max_examples=40)
@given(at=st.integers(1, 99), low_m=st.floats(0.0, 150.0), more_m=st.floats(0.0, 200.0), hills=st.integers(0, 5))
def test_a_raised_obstacle_never_lowers_diffraction(at: int, low_m: float, more_m: float, hills: int) -> None:
    """The obstacle stands on the ground (clutter). Raised ground also moves the smooth surface: eq. 40 may fall by 0.1 dB."""
    ground = 40.0 * np.random.default_rng(hills).random(101)
    obstacle = np.zeros(101)
    obstacle[at] = 1.0
    low, high = (path(terrain_m=ground, clutter_m=obstacle * height_m) for height_m in (low_m, low_m + more_m))
    assert high.diffraction_50_db >= low.diffraction_50_db - 1e-9
    assert high.loss_db >= low.loss_db - 1e-9


@settings(deadline=None, max_examples=40)
@given(clutter_m=st.floats(0.0, 20.0), more_m=st.floats(0.0, 20.0))
def test_higher_clutter_never_lowers_the_loss(clutter_m: float, more_m: float) -> None:
    assert path(clutter_m=np.full(101, clutter_m + more_m)).loss_db >= path(clutter_m=np.full(101, clutter_m)).loss_db - 1e-9


@settings(deadline=None, max_examples=40)
@given(percent=st.floats(1.0, 98.0), sigma_db=st.floats(0.0, 10.0))
def test_more_locations_cost_loss_and_never_beat_line_of_sight(percent: float, sigma_db: float) -> None:
    few = path(location_percent=percent, location_sigma_db=sigma_db)
    more = path(location_percent=percent + 1.0, location_sigma_db=sigma_db)
    assert more.loss_db >= few.loss_db
    assert few.loss_db >= few.line_of_sight_db


def test_no_location_variability_at_sea() -> None:
    assert path(zone=1, location_percent=95.0, location_sigma_db=5.5).location_db == 0.0
    assert path(zone=4, location_percent=95.0, location_sigma_db=5.5).location_db == pytest.approx(5.5 * 1.645, abs=0.01)


def test_sea_ducting_lowers_the_loss_for_small_time_percentages() -> None:
    """A long sea path: 1 % of time is far below the median, and much further than over land."""
    sea = [path(150.0, 301, zone=1, time_percent=p, rx_height_m=10.0).loss_db for p in (1.0, 50.0)]
    land = [path(150.0, 301, zone=4, time_percent=p, rx_height_m=10.0).loss_db for p in (1.0, 50.0)]
    assert sea[1] - sea[0] > land[1] - land[0] > 0.0


def test_coast_and_sea_sections_are_measured_half_way_to_the_neighbour() -> None:
    d = np.linspace(0.0, 10.0, 11)
    zone = np.array([4, 4, 4, 3, 3, 1, 1, 1, 4, 4, 4])
    result = p1812.loss(
        d, np.zeros(11), np.zeros(11), zone, frequency_ghz=0.9, time_percent=10.0, location_percent=50.0, location_sigma_db=0.0,
        tx_height_m=30.0, rx_height_m=10.0, polarisation="horizontal", delta_n=45.0, n0=325.0,
        tx_lonlat=(113.0, 22.0), rx_lonlat=(113.1, 22.0),
    )  # fmt: skip
    assert (result.sea_fraction, result.longest_land_km, result.longest_inland_km) == pytest.approx((0.3, 4.5, 2.5))


def test_the_result_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        path().loss_db = 0.0  # type: ignore[misc]


def test_polarisation_matters_over_sea_at_low_frequency_only() -> None:
    def difference_db(frequency_ghz: float) -> float:
        one, other = (path(40.0, zone=1, frequency_ghz=frequency_ghz, polarisation=p).loss_db for p in ("horizontal", "vertical"))
        return one - other

    assert difference_db(0.05) > 1.0
    assert abs(difference_db(3.5)) < 0.2


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"time_percent": 0.5}, "time_percent"),
        ({"time_percent": 60.0}, "time_percent"),
        ({"time_percent": math.nan}, "time_percent"),
        ({"location_percent": 100.0}, "location_percent"),
        ({"location_sigma_db": -1.0}, "location_sigma_db"),
        ({"tx_height_m": 0.0}, "tx_height_m"),
        ({"rx_height_m": 4000.0}, "rx_height_m"),
        ({"polarisation": "circular"}, "polarisation"),
        ({"delta_n": 157.0}, "delta_n"),
        ({"n0": 0.0}, "n0"),
        ({"coast_tx_km": -1.0}, "coast_tx_km"),
        ({"frequency_ghz": 0.0}, "frequency_ghz"),
        ({"tx_lonlat": (24.0, 113.0)}, "tx_lonlat"),
        ({"terrain_m": np.full(101, np.nan)}, "terrain_m"),
        ({"terrain_m": np.zeros(7)}, "terrain_m"),
        ({"clutter_m": np.full(101, -1.0)}, "clutter_m"),
        ({"zone": 2}, "zone"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_bad_arguments_are_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        path(**changes)


def test_profiles_that_are_no_profiles() -> None:
    with pytest.raises(ValueError, match="at least 3 samples"):
        p1812.loss([0.0, 1.0], [0, 0], [0, 0], [4, 4], **MEDIAN)
    with pytest.raises(ValueError, match="begin with 0 and rise"):
        p1812.loss([0.0, 2.0, 1.0], [0, 0, 0], [0, 0, 0], [4, 4, 4], **MEDIAN)
    with pytest.raises(ValueError, match="begin with 0 and rise"):
        p1812.loss([0.1, 1.0, 2.0], [0, 0, 0], [0, 0, 0], [4, 4, 4], **MEDIAN)


def test_frequency_outside_the_recommendation_warns_with_value_and_limits() -> None:
    with pytest.warns(ValidityWarning, match=r"7.* 0\.03 to 6"):
        assert path(frequency_ghz=7.0).loss_db > 0.0
