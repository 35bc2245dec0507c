"""Figures are cut, never rounded up; what is uncertain reads as an interval."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.report.style import achieved, percent, shortfall
from infraplan.units import cut, cut_percent


@given(total=st.integers(1, 200_000_000), digits=st.sampled_from([1, 2]), data=st.data())
def test_a_share_below_the_goal_never_reads_as_the_goal(total: int, digits: int, data: Any) -> None:
    for goal in (90, 95, 100):
        needed = -(-goal * total // 100)
        if needed:
            short = data.draw(st.integers(0, needed - 1))
            assert float(percent(short / total, digits)[:-1]) < goal
        assert float(cut_percent(min(needed, total) / total, digits)[:-1]) >= goal


@given(value=st.floats(-1e6, 1e6), digits=st.integers(0, 3))
def test_cut_is_the_largest_such_number_below(value: float, digits: int) -> None:
    found = float(cut(value, digits))
    assert found <= value + 2e-6 and value - found < 10.0**-digits + 1e-9


def row(**values: Any) -> dict[str, Any]:
    return {"measure": "place_share", "unit": "places", "numerator": 17, "denominator": 310} | values


@pytest.mark.parametrize(("lang", "word"), [("zh", "至"), ("en", "to")])
def test_uncertain_places_make_an_interval(lang: str, word: str) -> None:
    unsure = row(achieved=18 / 310, achieved_most=297 / 310, shortfall=0.0, shortfall_most=293.0)
    assert achieved(unsure, lang) == f"5.8% {word} 95.8%"
    assert shortfall(unsure, "places", lang) == f"0 {word} 293 places"
    sure = row(achieved=18 / 310, achieved_most=18 / 310, shortfall=292.0, shortfall_most=292.0)
    assert achieved(sure, lang) == "5.80%" and shortfall(sure, "places", lang) == "292 places"
