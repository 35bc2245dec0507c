"""Priority areas first: the order of building obeys it, the plan stays the same, and what a phase spends more is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_instances import COUNTIES, small_instance

import infraplan as ip
from infraplan.siting.phases import Phase
from infraplan.siting.plans import SearchLimits, cheapest_plan

PHASES = (Phase("one", "2021-06-30", share=0.6), Phase("two", "2021-12-31"))
LIMITS = SearchLimits(work_limit=500)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), limited=st.booleans())
def test_priority_sites_come_first_and_nothing_else_changes(seed: int, limited: bool) -> None:
    instance = small_instance(seed, rows=24, candidates=12, places=0, share=0.9)
    if limited:
        instance = replace(instance, problem=replace(instance.problem, capacity=np.full(instance.problem.cost.size, 600.0)))
    usual = cheapest_plan(instance, LIMITS, phases=PHASES)
    first = cheapest_plan(instance, LIMITS, phases=PHASES, priority=[COUNTIES[1]])
    assert first.cost == usual.cost and sorted(first.sites["candidate"]) == sorted(usual.sites["candidate"])
    ahead = (first.sites["county"] == COUNTIES[1]).to_numpy()
    assert not ahead.any() or int(np.flatnonzero(ahead).max()) == int(ahead.sum()) - 1, "they are built before all others"
    assert first.phases is not None and usual.phases is not None
    assert first.phases["cost"].sum() == usual.phases["cost"].sum() == usual.cost
    assert first.phases["share"].iloc[-1] == pytest.approx(usual.phases["share"].iloc[-1])
    spent = first.phases["cost"].cumsum() - usual.phases["cost"].cumsum()
    assert (first.phases["priority_extra"] == spent.clip(lower=0)).all()
    assert first.extras["priority_first"] == spent.clip(lower=0).max() and "priority_first" not in usual.extras
    assert usual.phases["priority_extra"].isna().all()
    if (usual.phases["asked_met"] & first.phases["asked_met"]).all() and not limited:
        assert spent.iloc[0] >= -1, "the cheapest way to a phase's share cannot be beaten by another order"


def test_direct_power_is_a_share_of_the_power_over_the_years() -> None:
    world, costs = ip.example_world(), ip.usual_costs()
    demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    by_hand = (candidates["power_per_year"] * costs.present_value_years * 0.2).round()
    assert costs.direct_saving == 0.2 and (candidates["power_saving"] == by_hand).all() and (by_hand > 0).all()
    plan = ip.place_sites(world.targets, world.cover, candidates, zones=world.zones, villages=world.villages, work_limit=500)
    chosen = candidates.set_index("id").loc[plan.sites["candidate"]]
    assert plan.extras["direct_power"] == -chosen["power_saving"].sum()
