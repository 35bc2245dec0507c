"""Figures are cut, never rounded up; what is uncertain reads as an interval."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.report.style import percent
from infraplan.tables.language import Speech
from infraplan.tables.wording import worded
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


def shown(lang: str, **values: Any) -> list[str]:
    """achieved and shortfall of one row, as a page writes them."""
    frame = pd.DataFrame([row(id="a", status="met", **values)])
    cells = {one.column.name: one.texts()[0] for one in worded(frame, "scorecard", "page", Speech(lang))}
    return [cells["achieved"], cells["shortfall"]]


@pytest.mark.parametrize(("lang", "word", "unit"), [("zh", "至", "处"), ("en", "to", "places")])
def test_uncertain_places_make_an_interval(lang: str, word: str, unit: str) -> None:
    unsure = {"achieved": 18 / 310, "achieved_most": 297 / 310, "shortfall": 0.0, "shortfall_most": 293.0}
    assert shown(lang, **unsure) == [f"5.8% {word} 95.8%", f"0 {word} 293 {unit}"]
    sure = {"achieved": 18 / 310, "achieved_most": 18 / 310, "shortfall": 292.0, "shortfall_most": 292.0}
    assert shown(lang, **sure) == ["5.80%", f"292 {unit}"]
