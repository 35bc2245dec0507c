"""Building entry loss: the published vectors, and what must hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats, sampled_from

from infraplan.errors import UsageError, ValidityWarning
from infraplan.radio.entry_loss import o2i, p2109, p2109_sigma_db

TYPES = ("traditional", "thermally-efficient")


def test_all_published_vectors(reference_dir: Path) -> None:
    table = np.genfromtxt(reference_dir / "p2109/vectors.csv", delimiter=",", skip_header=1)
    assert len(table) == 4000
    for code, building_type in enumerate(TYPES, start=1):
        frequency_ghz, percent, _, elevation_deg, expected_db = table[table[:, 2] == code].T
        assert np.abs(p2109(frequency_ghz, percent, building_type, elevation_deg) - expected_db).max() < 1e-6


@given(frequency_ghz=floats(0.08, 100), percent=floats(0.1, 99), elevation_deg=floats(-90, 90), building_type=sampled_from(TYPES))
def test_rarer_losses_are_larger_and_up_equals_down(frequency_ghz: float, percent: float, elevation_deg: float, building_type: str) -> None:
    here_db = p2109(frequency_ghz, percent, building_type, elevation_deg)
    assert p2109(frequency_ghz, percent + 0.9, building_type, elevation_deg) >= here_db - 1e-12
    assert p2109(frequency_ghz, percent, building_type, -elevation_deg) == pytest.approx(float(here_db))


def test_efficient_buildings_lose_more() -> None:
    frequency_ghz = np.geomspace(0.7, 5.0, 9)
    assert (p2109(frequency_ghz, 50.0, "thermally-efficient") > p2109(frequency_ghz, 50.0) + 10.0).all()
    assert 5.0 < p2109_sigma_db(0.9) < 12.0


@pytest.mark.parametrize("percent", [0.0, 100.0, -1.0, float("nan")])
def test_impossible_probabilities_are_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        p2109(1.0, percent)


def test_out_of_range_and_unknown() -> None:
    with pytest.warns(ValidityWarning, match="frequency_ghz = 0.05"):
        p2109(0.05, 50.0)
    with pytest.raises(UsageError, match="thermally-efficient"):
        p2109(1.0, 50.0, "thermaly-efficient")


def test_o2i_by_hand() -> None:
    low_db = 5 - 10 * np.log10(0.3 * 10 ** (-0.27) + 0.7 * 10 ** (-1.9))
    high_db = 5 - 10 * np.log10(0.7 * 10 ** (-2.405) + 0.3 * 10 ** (-1.9))
    assert float(o2i(3.5)) == pytest.approx(low_db)
    assert float(o2i(3.5, "high", 20.0)) == pytest.approx(high_db + 10.0)
    assert (o2i([0.7, 3.5], "high") > o2i([0.7, 3.5])).all()
