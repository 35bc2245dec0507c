"""TR 38.901, Hata, free space: published values and physical laws."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import booleans, floats, sampled_from

from infraplan import radio
from infraplan.errors import UsageError, ValidityWarning
from infraplan.radio.path_loss import cost231_hata, expected_loss, free_space, los_probability, okumura_hata, tr38901_rma, tr38901_uma

HEIGHTS = {"tr38901-rma": 35.0, "tr38901-uma": 25.0, "tr38901-umi": 10.0, "tr38901-inh": 3.0}
SCENARIOS = {"Rma": "tr38901-rma", "Uma": "tr38901-uma", "UmiStreetCanyon": "tr38901-umi", "IndoorOffice": "tr38901-inh"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_tr38901_published_values(reference_dir: Path) -> None:
    cases = rows(reference_dir / "tr38901/path_loss_vectors.csv")
    assert len(cases) == 32
    for case in cases:
        loss_db = radio.models[SCENARIOS[case["scenario"]]](
            float(case["distance_2d_m"]) / 1e3,
            float(case["frequency_ghz"]) * 1e3,
            base_height_m=float(case["base_height_m"]),
            mobile_height_m=float(case["mobile_height_m"]),
            line_of_sight=case["line_of_sight"] == "true",
        )
        assert float(loss_db) == pytest.approx(float(case["path_loss_db"]), abs=1e-3), case


@pytest.mark.filterwarnings("ignore::infraplan.errors.ValidityWarning")
def test_hata_published_values(reference_dir: Path) -> None:
    areas = {("urban", "large"): "large_city", ("urban", "small"): "urban", ("suburban", "small"): "suburban"}
    for case in rows(reference_dir / "hata/path_loss_vectors.csv"):
        options = {"area": areas[case["environment"], case["city"]]} if case["model"] == "okumura-hata" else {}
        loss_db = radio.models[case["model"]](
            float(case["distance_km"]),
            float(case["frequency_mhz"]),
            base_height_m=float(case["base_height_m"]),
            mobile_height_m=float(case["mobile_height_m"]),
            **options,
        )
        assert float(loss_db) == pytest.approx(float(case["path_loss_db"]), abs=0.01), case


def test_hata_open_area_and_metropolitan_follow_the_formulas() -> None:
    urban_db = okumura_hata(2.0, 869.0, base_height_m=30.0, mobile_height_m=1.0)
    open_db = okumura_hata(2.0, 869.0, base_height_m=30.0, mobile_height_m=1.0, area="open")
    assert float(open_db) == pytest.approx(109.52, abs=0.01)
    assert float(urban_db - open_db) == pytest.approx(4.78 * np.log10(869) ** 2 - 18.33 * np.log10(869) + 40.94, abs=1e-9)
    with pytest.warns(ValidityWarning):
        centre_db = cost231_hata(2.0, 2114.0, base_height_m=30.0, mobile_height_m=1.0, metropolitan=True)
    assert float(centre_db) == pytest.approx(153.64, abs=0.01)


def test_free_space_at_one_kilometre_and_one_gigahertz() -> None:
    assert float(free_space(1.0, 1000.0)) == pytest.approx(92.4478, abs=1e-4)
    assert float(free_space(0.3, 1000.0, base_height_m=401.5, mobile_height_m=1.5)) == pytest.approx(float(free_space(0.5, 1000.0)))


def test_the_warning_names_value_and_limits() -> None:
    with pytest.warns(ValidityWarning, match=r"cost231_hata: frequency_mhz = 2100 lies outside 1500 to 2000") as caught:
        cost231_hata(2.0, 2100.0, base_height_m=30.0, mobile_height_m=1.5)
    assert caught[0].filename == __file__


def test_no_warning_inside_the_range() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        okumura_hata([1.0, 20.0], [150.0, 1500.0], base_height_m=30.0, mobile_height_m=1.5)
        tr38901_rma(10.0, 700.0, base_height_m=35.0, mobile_height_m=1.5)
        tr38901_uma(5.0, 3500.0, base_height_m=25.0, mobile_height_m=1.5, line_of_sight=False)


def test_unknown_area_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="suburban"):
        okumura_hata(2.0, 900.0, base_height_m=30.0, mobile_height_m=1.5, area="suburbn")


@pytest.mark.parametrize("name", sorted(HEIGHTS))
def test_broadcasting_equals_single_values(name: str) -> None:
    far_km = 0.1 if name == "tr38901-inh" else 4.0
    distance_km = np.linspace(0.02, far_km, 7)[:, None, None]
    frequency_mhz = np.array([700.0, 3500.0])[None, :, None]
    clear = np.array([True, False])[None, None, :]
    heights = {"base_height_m": HEIGHTS[name], "mobile_height_m": 1.5}
    whole_db = radio.models[name](distance_km, frequency_mhz, **heights, line_of_sight=clear)
    assert whole_db.shape == (7, 2, 2)
    for i in range(7):
        for j in range(2):
            for k in range(2):
                one_db = radio.models[name](distance_km[i, 0, 0], frequency_mhz[0, j, 0], **heights, line_of_sight=bool(clear[0, 0, k]))
                assert whole_db[i, j, k] == pytest.approx(float(one_db), abs=1e-12)


def test_all_models_take_the_same_names() -> None:
    for name, function in radio.models.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ValidityWarning)
            loss_db = function(distance_km=[0.1, 1.0], frequency_mhz=1500.0, base_height_m=30.0, mobile_height_m=1.5)
        assert loss_db.shape == (2,), name


@given(
    name=sampled_from(sorted(HEIGHTS)),
    start=floats(0.0, 1.0),
    step=floats(1e-3, 1.0),
    frequency_mhz=floats(500, 6000),
    clear=booleans(),
)
def test_loss_grows_with_distance(name: str, start: float, step: float, frequency_mhz: float, clear: bool) -> None:
    low_km, high_km = (0.005, 0.1) if name == "tr38901-inh" else (0.01, 5.0)
    near_km = low_km * (high_km / low_km) ** (start * 0.5)
    far_km = near_km * (high_km / low_km) ** (step * 0.49)
    near_db, far_db = radio.models[name](
        [near_km, far_km], frequency_mhz, base_height_m=HEIGHTS[name], mobile_height_m=1.5, line_of_sight=clear
    )
    assert far_db > near_db


@given(name=sampled_from(sorted(HEIGHTS)), distance=floats(0, 1), frequency_mhz=floats(500, 6000))
def test_shadow_never_helps_and_the_expected_loss_lies_between(name: str, distance: float, frequency_mhz: float) -> None:
    distance_km = (0.002 if name == "tr38901-inh" else 0.01) * (50.0 if name == "tr38901-inh" else 500.0) ** distance
    heights = {"base_height_m": HEIGHTS[name], "mobile_height_m": 1.5}
    los_db = float(radio.models[name](distance_km, frequency_mhz, **heights, line_of_sight=True))
    nlos_db = float(radio.models[name](distance_km, frequency_mhz, **heights, line_of_sight=False))
    assert los_db - 1e-9 <= float(expected_loss(name, distance_km, frequency_mhz, **heights)) <= nlos_db + 1e-9


@given(base_height_m=floats(30, 200), near_km=floats(1, 10), step_km=floats(0.01, 10), frequency_mhz=floats(150, 1500))
def test_hata_grows_with_distance_and_falls_with_height(base_height_m: float, near_km: float, step_km: float, frequency_mhz: float) -> None:
    heights = {"base_height_m": base_height_m, "mobile_height_m": 1.5}
    near_db, far_db = okumura_hata([near_km, near_km + step_km], frequency_mhz, **heights)
    assert far_db > near_db
    assert okumura_hata(near_km, frequency_mhz, base_height_m=200.0, mobile_height_m=1.5) <= near_db + 1e-9


@given(distance_km=floats(0.001, 5), mobile_height_m=floats(1.5, 22.5), name=sampled_from(sorted(HEIGHTS)))
def test_line_of_sight_probability_is_one_and_falls(distance_km: float, mobile_height_m: float, name: str) -> None:
    at, beyond = los_probability(name, [distance_km, distance_km * 1.2], mobile_height_m=mobile_height_m)
    assert 0.0 <= beyond <= at + 1e-12 <= 1.0 + 2e-12


def test_line_of_sight_probability_by_hand() -> None:
    assert float(los_probability("tr38901-rma", 1.01)) == pytest.approx(np.exp(-1))
    assert float(los_probability("tr38901-umi", 0.036)) == pytest.approx(0.5 + np.exp(-1) * 0.5)
    assert float(los_probability("tr38901-uma", 0.126)) == pytest.approx(18 / 126 + np.exp(-2) * (1 - 18 / 126))
    higher = (1 + 0.8**1.5 * 1.25 * 1.26**3 * np.exp(-126 / 150)) * (18 / 126 + np.exp(-2) * (1 - 18 / 126))
    assert float(los_probability("tr38901-uma", 0.126, mobile_height_m=21.0)) == pytest.approx(higher)
