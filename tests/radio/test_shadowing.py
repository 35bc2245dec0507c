"""Reliability and the margin it costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats

from infraplan.radio.shadowing import area_probability, coverage_probability, edge_probability, shadow_margin_db


@pytest.mark.parametrize(
    ("kind", "reliability", "margin_db"), [("edge", 0.90, 10.3), ("edge", 0.95, 13.2), ("area", 0.90, 5.5), ("area", 0.95, 8.7)]
)
def test_check_values_at_eight_decibels(kind: str, reliability: float, margin_db: float) -> None:
    assert shadow_margin_db(reliability, 8.0, kind=kind) == pytest.approx(margin_db, abs=0.05)


@pytest.mark.parametrize("margin_db", [-6.0, 0.0, 5.0, 12.0])
def test_area_probability_is_the_mean_over_the_disk(margin_db: float) -> None:
    """Brute force: rings of equal area, the margin growing inward by 10 n lg(R / r)."""
    radius = np.sqrt((np.arange(200_000) + 0.5) / 200_000)
    inside = edge_probability(margin_db - 35.0 * np.log10(radius), 8.0)
    assert float(area_probability(margin_db, 8.0)) == pytest.approx(float(inside.mean()), abs=2e-5)


@given(reliability=floats(0.05, 0.995), sigma_db=floats(1.0, 14.0))
def test_the_margin_buys_the_reliability(reliability: float, sigma_db: float) -> None:
    edge_db, area_db = (shadow_margin_db(reliability, sigma_db, kind=kind) for kind in ("edge", "area"))
    assert float(edge_probability(edge_db, sigma_db)) == pytest.approx(reliability, abs=1e-9)
    assert float(area_probability(area_db, sigma_db)) == pytest.approx(reliability, abs=1e-6)
    assert area_db <= edge_db + 1e-9


def test_coverage_probability_at_the_contour() -> None:
    assert float(coverage_probability(0.0, 8.0, shadow_margin_db(0.9, 8.0, kind="edge"))) == pytest.approx(0.9)
    assert float(coverage_probability(-shadow_margin_db(0.9, 8.0), 8.0, shadow_margin_db(0.9, 8.0))) == pytest.approx(0.5)
    assert np.all(np.diff(coverage_probability(np.linspace(-30, 30, 50), 8.0, 8.7)) > 0)


def test_no_shadowing_and_nonsense() -> None:
    assert shadow_margin_db(0.95, 0.0) == 0.0
    assert coverage_probability([-0.1, 0.0], 0.0, 0.0).tolist() == [0.0, 1.0]
    for reliability, kind in ((0.0, "edge"), (1.0, "area"), (0.9, "corner")):
        with pytest.raises(ValueError):
            shadow_margin_db(reliability, 8.0, kind=kind)
