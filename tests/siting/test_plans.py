"""A plan's table, totals and prices, against what the matrix says."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_instances import instance_from, small_instance

from infraplan.siting.cover.cover_check import check_cover
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.explanations import chosen_columns
from infraplan.siting.instances import Goal, Instance
from infraplan.siting.phases import Phase
from infraplan.siting.plans import Plan, SearchLimits, cheapest_plan, most_served

FEW = settings(max_examples=20, deadline=None)
SEEDS = st.integers(0, 10_000)
EXACT = SearchLimits(gap=0.0, work_limit=5_000)


def served_rows(problem: CoverProblem, sites: list[int]) -> np.ndarray:
    flags = np.zeros(problem.cost.size, np.int32)
    flags[sites] = 1
    return problem.covered | (problem.cover @ flags > 0)


def people(instance: Instance, rows: np.ndarray) -> int:
    return int(instance.rows["population"].to_numpy()[rows].sum())


@FEW
@given(seed=SEEDS, share=st.floats(0.4, 1.0))
def test_the_table_says_what_the_matrix_says(seed: int, share: float) -> None:
    instance = small_instance(seed, share=share)
    plan, problem = cheapest_plan(instance, EXACT), instance.problem
    chosen = chosen_columns(instance, plan).tolist()
    rows, built = instance.rows, []
    place = (rows["kind"] == "place").to_numpy()
    for number, j in enumerate(chosen):
        site = plan.sites.iloc[number]
        before, after = served_rows(problem, built), served_rows(problem, [*built, j])
        new = after & ~before
        assert site["people_gained"] == people(instance, new)
        assert site["places_gained"] == int((new & place).sum())
        assert site["villages_gained"] == int((new & (rows["kind"] == "village").to_numpy()).sum())
        without = served_rows(problem, [i for i in chosen if i != j])
        gone = served_rows(problem, chosen) & ~without
        assert site["people_lost"] == people(instance, gone)
        assert site["places_lost"] == int((gone & place).sum())
        reached = (problem.cover[:, [j]].toarray().ravel() > 0) & ~problem.covered
        assert set(site["targets"].split(";")) - {""} == set(rows["target"].to_numpy()[reached])
        built.append(j)
    assert plan.population_gained == int(plan.sites["people_gained"].sum())
    assert plan.served_after == people(instance, served_rows(problem, chosen))
    assert plan.cost == int(plan.sites["cost"].sum())
    assert list(plan.sites["id"]) == [f"N{number:05d}" for number in range(1, len(chosen) + 1)]
    assert served_rows(problem, chosen)[problem.must].all()
    assert plan.families["nr"]["served_after"] == plan.served_after and plan.families["nr"]["population"] == instance.population


def test_a_site_without_which_a_place_is_lost_says_so() -> None:
    instance = small_instance(2)
    plan = cheapest_plan(instance, EXACT)
    assert plan.sites["places_gained"].sum() == (instance.rows["kind"] == "place").sum()
    assert {"seats", "pop90"} <= set(";".join(plan.sites["targets"]).split(";"))
    alone = plan.sites.loc[plan.sites["places_lost"] > 0]
    assert len(alone) and all("seats" in text for text in alone["targets"])


def with_margin(instance: Instance, margin_db: float, unserved: float, seed: int) -> Instance:
    """The same under a margin: some of what candidates served is out of reach."""
    rng = np.random.default_rng(seed)
    cover = instance.problem.cover.copy().tolil()
    rows = np.flatnonzero(np.asarray(instance.problem.cover.sum(axis=1)).ravel() > 1)
    for row in rows:
        if rng.random() < unserved:
            cover[row, int(instance.problem.cover[[row]].indices[0])] = 0
    problem = replace(instance.problem, cover=cover.tocsr())
    goal = replace(instance.goal, margin_db=margin_db)
    return instance_from(goal, instance.rows, instance.candidates, problem, instance.population, instance.covered_people)


@FEW
@given(seed=SEEDS)
def test_the_planning_margin_has_its_price(seed: int) -> None:
    bare = small_instance(seed, share=0.8)
    strict = with_margin(bare, 3.0, 0.6, seed)
    plan = cheapest_plan(strict, EXACT, without_margin=lambda: bare)
    assert plan.status in ("optimal", "feasible")
    cheapest = cheapest_plan(bare, EXACT)
    assert plan.extras["planning_margin"] == plan.cost - cheapest.cost
    if plan.status == cheapest.status == "optimal":
        assert plan.extras["planning_margin"] >= 0


def test_no_margin_no_price_and_no_second_instance() -> None:
    def never() -> Instance:
        raise AssertionError("computed for nothing")

    assert "planning_margin" not in cheapest_plan(small_instance(1), EXACT, without_margin=never).extras


def test_an_unreachable_goal_has_no_price_but_a_certificate() -> None:
    instance = small_instance(3)
    row = int(np.flatnonzero(~instance.problem.covered & ~instance.problem.must)[0])
    cover = instance.problem.cover.tolil()
    cover[row] = 0
    beyond = instance_from(
        replace(instance.goal, margin_db=3.0),
        instance.rows,
        instance.candidates,
        replace(instance.problem, cover=cover.tocsr()),
        instance.population,
        instance.covered_people,
    )
    plan = cheapest_plan(beyond, EXACT, without_margin=lambda: instance)
    assert plan.status == "unreachable" and "planning_margin" not in plan.extras
    assert list(plan.unreachable["id"]) == [instance.rows["id"].iloc[row]]
    assert plan.unreachable_people == instance.rows["population"].iloc[row]


def test_phases_divide_the_same_sites() -> None:
    instance = small_instance(5)
    plain = cheapest_plan(instance, EXACT)
    phases = (Phase("1", share=0.5), Phase("2", must=("seats",)), Phase("3"))
    divided = cheapest_plan(instance, EXACT, phases=phases)
    assert divided.cost == plain.cost and set(divided.sites["candidate"]) == set(plain.sites["candidate"])
    assert divided.phases is not None and divided.phases["asked_met"].all()
    assert divided.sites["phase"].is_monotonic_increasing and set(divided.sites["phase"]) <= {1, 2, 3}
    assert int(divided.phases["people_gained"].sum()) == divided.population_gained
    assert list(divided.phases["sites"]) == [int((divided.sites["phase"] == number).sum()) for number in (1, 2, 3)]


def test_a_required_number_of_sites_adds_none_to_the_cheapest_plan() -> None:
    instance = small_instance(6)
    plain = cheapest_plan(instance, EXACT)
    divided = cheapest_plan(instance, EXACT, phases=(Phase("Q3", sites=48_000), Phase("Q4", sites=60_000)))
    assert len(divided.sites) == len(plain.sites) and divided.cost == plain.cost
    assert divided.phases is not None and not divided.phases["asked_met"].any()
    wanted = most_served(instance, EXACT, max_sites=len(plain.sites) + 2)
    assert len(wanted.sites) <= len(plain.sites) + 2 and wanted.served_after >= plain.served_after


@FEW
@given(seed=SEEDS, sites=st.integers(1, 4))
def test_most_served_is_most(seed: int, sites: int) -> None:
    instance = small_instance(seed)
    plan = most_served(instance, EXACT, max_sites=sites)
    problem = instance.problem
    best = max(people(instance, served_rows(problem, list(some))) for some in combinations(range(problem.cost.size), sites))
    assert plan.served_after == best <= plan.bound
    assert not plan.weighted


def weighted(instance: Instance, county: str, weight: float) -> Instance:
    worth = instance.problem.weight * np.where(instance.rows["county"] == county, weight, 1.0)
    return replace(instance, worth=worth)


def test_priority_areas_count_more_and_people_stay_people() -> None:
    instance = small_instance(8)
    plain, favoured = most_served(instance, EXACT, max_sites=2), most_served(weighted(instance, "440102", 50.0), EXACT, max_sites=2)

    def of_county(plan: Plan) -> int:
        rows = served_rows(instance.problem, chosen_columns(instance, plan).tolist())
        return people(instance, rows & (instance.rows["county"] == "440102").to_numpy())

    assert of_county(favoured) >= of_county(plain)
    assert favoured.weighted and favoured.worth > favoured.served_after
    assert favoured.worth <= favoured.bound
    assert favoured.served_after == people(instance, served_rows(instance.problem, chosen_columns(instance, favoured).tolist()))
    assert favoured.served_after <= plain.served_after


def test_two_families_are_counted_apart() -> None:
    one = small_instance(9, places=0)
    rows, problem = one.rows, one.problem
    both_rows = rows.assign(family="nbiot", target="iot95")
    import pandas as pd
    import scipy.sparse as sp

    stacked = pd.concat([rows.assign(target="pop90"), both_rows], ignore_index=True)
    total = float(problem.weight.sum())
    joint = CoverProblem(
        sp.vstack([problem.cover, problem.cover[::-1]]).tocsr(),
        np.concatenate([problem.weight, problem.weight]),
        problem.cost,
        zone=np.repeat([0, 1], len(rows)),
        zone_required=[0.9 * total, 0.95 * total],
        covered=np.concatenate([problem.covered, problem.covered]),
    )
    goal = Goal("pop90", "nr", 0.9)
    plan = cheapest_plan(instance_from(goal, stacked, one.candidates, joint, one.population, one.covered_people), EXACT)
    assert set(plan.families) == {"nr", "nbiot"}
    assert plan.families["nbiot"]["served_after"] >= 0.95 * total - 1e-6
    assert plan.sites["people_gained_nbiot"].sum() == plan.families["nbiot"]["served_after"] - plan.families["nbiot"]["served_before"]
    assert plan.sites["people_gained"].sum() == plan.population_gained


def limited(instance: Instance, capacity: float) -> Instance:
    return replace(instance, problem=replace(instance.problem, capacity=np.full(instance.problem.cost.size, capacity)))


@FEW
@given(seed=SEEDS, capacity=st.sampled_from([80.0, 200.0, 500.0]))
def test_sites_with_limited_users_add_up(seed: int, capacity: float) -> None:
    instance = limited(small_instance(seed, share=0.4), capacity)
    phases = (Phase("1", share=0.3), Phase("2", sites=2), Phase("3"))
    plan = cheapest_plan(instance, EXACT, phases=phases)
    chosen = chosen_columns(instance, plan)
    check = check_cover(instance.problem, chosen)
    assert plan.served_after == round(check.weight) and plan.population_gained == plan.sites["people_gained"].sum()
    assert (plan.sites["people_gained"] <= capacity).all() and (plan.sites["people_lost"] <= capacity).all()
    for number, j in enumerate(chosen):
        rest = check_cover(instance.problem, np.delete(chosen, number)).weight
        assert plan.sites["people_lost"].iloc[number] == pytest.approx(check.weight - rest, abs=0.51), j
    assert plan.phases is not None and plan.phases["people_gained"].sum() == pytest.approx(plan.population_gained, abs=2)
    if plan.status in ("optimal", "feasible"):
        assert plan.phases["asked_met"].iloc[0]


def test_priority_areas_count_more_with_a_capacity_and_people_stay_people() -> None:
    instance = weighted(limited(small_instance(8), 300.0), "440102", 5.0)
    plan = most_served(instance, EXACT, max_sites=2)
    assert plan.weighted and plan.served_after < plan.worth <= plan.bound
    assert 0 < plan.population_gained <= 2 * 300
    assert plan.served_after == round(check_cover(instance.problem, chosen_columns(instance, plan)).weight)
