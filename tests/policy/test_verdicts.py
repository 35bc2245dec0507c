"""A share of people is met only at its low end, and missed only at its high end."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from infraplan.messages import Bilingual
from infraplan.policy.verdicts import people_needed, verdict, with_band


def ranges(low: int, served: int, uncertain: int, high: int, unsure_high: int) -> dict[str, int]:
    return {
        "served": served, "uncertain": uncertain, "served_weaker": low, "served_stronger": high, "uncertain_stronger": unsure_high,
    }  # fmt: skip


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4), st.integers(0, 300), st.floats(0, 1))
def test_a_verdict_holds_for_every_truth_within_the_range(ends: list[int], unsure: int, required: float) -> None:
    low, served, high, people = sorted(ends)
    unsure = min(unsure, people - high)
    found = verdict(people_needed(required, people), ranges(low, served, min(unsure, high - served), high, unsure))
    reached = {truth >= required * people - 1e-6 for truth in (low, high + unsure)}
    assert found == ("uncertain" if len(reached) == 2 else "met" if reached == {True} else "not_met")


def test_people_needed_are_whole() -> None:
    assert [people_needed(0.9, people) for people in (10, 11, 126012510)] == [9, 10, 113411259]
    assert people_needed(0.1 * 3, 10) == 3


def test_without_ranges_the_prediction_decides() -> None:
    assert verdict(90, {"served": 90, "uncertain": 0}) == "met"
    assert verdict(90, {"served": 80, "uncertain": 15}) == "uncertain"
    assert verdict(90, {"served": 80, "uncertain": 5}) == "not_met"


CARD = pd.DataFrame(
    {
        "id": ["pop90", "pop90", "sub", "example"],
        "zone_level": "province", "zone": "44", "family": "nr", "network": ["any", "a+b", "any", "any"],
        "measure": "population_share", "required": [0.9, None, 0.5, 0.9], "numerator": [920, 400, 300, 920], 
        "denominator": [1000, 1000, 400, 1000],
        "status": ["met", "met", "met", "example"], "evidence": pd.Series([Bilingual("甲", "a")] * 4, dtype=object),
    }
)  # fmt: skip
BY_ZONE = pd.DataFrame([{"level": "province", "adcode": "44", "family": "nr", "network": "any", "population": 1000, "share_weaker": 0.85,
                         "share_stronger": 0.97, **ranges(850, 920, 10, 970, 5)}])  # fmt: skip


def test_the_scorecard_takes_the_same_verdict() -> None:
    found = with_band(CARD, BY_ZONE, 6.0)
    assert list(found["status"]) == ["uncertain", "met", "met", "example"]
    assert found["evidence"].iloc[0].zh == "甲；信号整体偏差±6 dB时 85.0%–97.0%，两端结论不同即待核实"
    assert list(found["evidence"].iloc[1:]) == list(CARD["evidence"].iloc[1:])
    sure = BY_ZONE.assign(served_weaker=900)
    assert with_band(CARD, sure, 6.0)["status"].iloc[0] == "met"
    assert with_band(CARD, BY_ZONE.assign(served=921), 6.0)["status"].iloc[0] == "met", "another count than the clause's"
    assert with_band(CARD.iloc[:0], BY_ZONE, 6.0).empty
