"""Reasons for candidates, villages and targets, against brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_instances import instance_from, small_instance

from infraplan.errors import UsageError
from infraplan.siting.explanations import chosen_columns
from infraplan.siting.instances import Instance
from infraplan.siting.plan_explanations import explain_plan
from infraplan.siting.plans import SearchLimits, cheapest_plan

EXACT = SearchLimits(gap=0.0, work_limit=5_000)


def cut(instance: Instance, row: int) -> Instance:
    """The same, with a row no candidate serves."""
    cover = instance.problem.cover.tolil()
    cover[row] = 0
    problem = replace(instance.problem, cover=cover.tocsr())
    return instance_from(instance.goal, instance.rows, instance.candidates, problem, instance.population, instance.covered_people)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.3, 0.9))
def test_every_candidate_has_a_true_reason(seed: int, share: float) -> None:
    instance = small_instance(seed, share=share)
    plan = cheapest_plan(instance, EXACT)
    chosen = chosen_columns(instance, plan)
    ids = list(instance.candidates["id"])
    found = explain_plan(plan, candidates=ids, instance=instance).candidates.set_index("id")
    assert set(found.index[found["reason"] == "chosen"]) == {ids[j] for j in chosen}
    served = instance.problem.covered | (instance.problem.cover @ np.isin(np.arange(len(ids)), chosen).astype(np.int32) > 0)
    for name, row in found.iterrows():
        column = instance.problem.cover[:, [ids.index(name)]].toarray().ravel() > 0
        if row["reason"] == "already_served":
            assert served[column].all()
            assert row["by"] == "" or row["by"] in set(plan.sites["id"])
        if row["reason"] == "too_dear":
            assert row["adds_people"] > 0
            assert row["at_least"] >= plan.bound - 1e-6
        if row["reason"] == "chosen":
            assert row["site"] in set(plan.sites["id"])


def test_villages_and_who_serves_them() -> None:
    instance = small_instance(2)
    plan = cheapest_plan(instance, EXACT)
    ids = [str(name) for name in instance.rows["id"]]
    found = explain_plan(plan, villages=ids, instance=instance).villages.set_index("id")
    for row, name in enumerate(ids):
        able = instance.problem.cover[[row]].indices
        if instance.problem.covered[row]:
            assert found.loc[name, "status"] == "not_asked"
            continue
        assert found.loc[name, "candidates"] == len(able)
        assert found.loc[name, "cheapest_cost"] == instance.problem.cost[able].min()
        serving = {site for site, j in zip(plan.sites["id"], chosen_columns(instance, plan), strict=True) if j in able}
        assert set(found.loc[name, "by"].split(";")) - {""} == serving
        assert found.loc[name, "status"] == ("served_by_plan" if serving else "reachable")


def test_the_certificate_lists_exactly_those_beyond_reach() -> None:
    instance = small_instance(3)
    place = int(np.flatnonzero(instance.problem.must)[0])
    village = int(np.flatnonzero(~instance.problem.must & ~instance.problem.covered)[0])
    beyond = cut(cut(instance, place), village)
    plan = cheapest_plan(beyond, EXACT)
    found = explain_plan(plan, villages=[str(instance.rows["id"].iloc[village])], instance=beyond)
    assert plan.status == "unreachable"
    assert list(found.unreachable["id"]) == [instance.rows["id"].iloc[place], instance.rows["id"].iloc[village]]
    assert list(found.unreachable["must"]) == [True, False]
    assert found.villages["status"].tolist() == ["unreachable"]
    targets = found.targets.set_index("target")
    assert targets.loc["pop90", "reachable"] == instance.population - int(instance.rows["population"].iloc[village])
    assert targets.loc["seats", "reachable"] == targets.loc["seats", "required"] - 1
    assert not targets["reachable_met"].any()


def test_where_none_is_named_those_that_reach_most_are_explained() -> None:
    instance = small_instance(4, candidates=9, share=0.4)
    plan = cheapest_plan(instance, EXACT)
    found = explain_plan(plan, instance=instance).candidates
    assert not set(found["id"]) & set(plan.sites["candidate"])
    assert len(found) == 9 - len(plan.sites)


def test_an_unknown_candidate_names_the_nearest() -> None:
    instance = small_instance(4)
    with pytest.raises(UsageError, match="C000001"):
        explain_plan(cheapest_plan(instance, EXACT), candidates=["C00001"], instance=instance)
