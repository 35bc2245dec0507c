"""Searches begun beside the one for the plan give what they give in turn."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from small_instances import small_instance

from infraplan.siting import searches_beside
from infraplan.siting.instances import Instance
from infraplan.siting.low_end import begun_second_plan, second_plan
from infraplan.siting.plans import SearchLimits, cheapest_plan
from infraplan.siting.searches_beside import beside

LIMITS = SearchLimits(gap=0.0, work_limit=2000)


@pytest.fixture
def begun() -> Iterator[list[str]]:
    """Names of the searches in the order in which they are begun; all that they need, and what they find, travels as a pickle."""
    names: list[str] = []

    def begin(work: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        names.append(work.__name__)
        content = pickle.dumps((work, arguments))

        def result() -> Any:
            names.append("asked")
            known, own = pickle.loads(content)
            return pickle.loads(pickle.dumps(known(*own)))

        return result

    token = beside.set(begin)
    yield names
    beside.reset(token)


def with_options(number: int) -> Instance:
    """An instance with a county floor and a planning margin."""
    instance = small_instance(number)
    return replace(instance, goal=replace(instance.goal, county_floor=0.1, margin_db=3.0))


def test_options_are_searched_beside_the_plan(begun: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    token = beside.set(None)
    wanted = cheapest_plan(with_options(1), LIMITS, without_margin=lambda: small_instance(2))
    lower = second_plan(small_instance(3), LIMITS)
    beside.reset(token)
    assert wanted.extras.keys() >= {"county_floor", "planning_margin"}
    assert cheapest_plan(with_options(1), LIMITS, without_margin=lambda: small_instance(2)).extras == wanted.extras
    assert begun == []  # too small to be worth it
    monkeypatch.setattr(searches_beside, "LEAST_ENTRIES", 0)
    found = begun_second_plan(small_instance(3), replace(LIMITS, follow=lambda cost, bound, sites: None))
    plan = cheapest_plan(with_options(1), LIMITS, without_margin=lambda: small_instance(2))
    assert plan.extras == wanted.extras and plan.sites.equals(wanted.sites) and found() == lower
    assert begun == ["second_plan", "cost_and_status", "cost_and_status", "asked", "asked", "asked"]
