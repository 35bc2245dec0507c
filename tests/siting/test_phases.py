"""Phases: the targets of each date are met whenever the plan can meet them, most people per yuan come first, and no phase adds a site."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_instances import small_problem

from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.phases import Phase, schedule

FEW = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 10_000)


def served_by(problem: CoverProblem, sites: np.ndarray) -> np.ndarray:
    flags = np.zeros(problem.cost.size, np.int32)
    flags[sites] = 1
    return problem.covered | (problem.cover @ flags > 0)


def people_of(problem: CoverProblem, sites: np.ndarray) -> float:
    return float(problem.weight[served_by(problem, sites)].sum())


@FEW
@given(seed=SEEDS, early=st.floats(0, 1), later=st.floats(0, 1))
def test_asks_are_met_whenever_the_whole_plan_meets_them(seed: int, early: float, later: float) -> None:
    problem, target = small_problem(seed)
    whole = np.arange(problem.cost.size)
    total = problem.weight.sum()
    phases = (Phase("1", share=early), Phase("2", share=later, must=("seats",)), Phase("3"))
    made = schedule(problem, problem.weight, target, whole, phases)
    assert made.table["asked_met"].all()
    assert sorted(made.order) == sorted(whole)
    first = made.order[made.phase == 1]
    assert people_of(problem, first) >= early * total - 1e-6
    both = made.order[(made.phase == 1) | (made.phase == 2)]
    assert people_of(problem, both) >= later * total - 1e-6
    assert served_by(problem, both)[problem.must].all()


@FEW
@given(seed=SEEDS, share=st.floats(0.3, 1))
def test_a_phase_that_only_asks_is_as_cheap_as_any(seed: int, share: float) -> None:
    problem, target = small_problem(seed)
    made = schedule(problem, problem.weight, target, np.arange(problem.cost.size), (Phase("1", share=share), Phase("2")))
    need = share * problem.weight.sum() - 1e-6
    sets = (np.array(some, int) for size in range(problem.cost.size + 1) for some in combinations(range(problem.cost.size), size))
    least = min(problem.cost[some].sum() for some in sets if people_of(problem, some) >= need)
    assert problem.cost[made.order[made.phase == 1]].sum() == pytest.approx(least)


@FEW
@given(seed=SEEDS, sites=st.integers(1, 5))
def test_a_phase_with_a_number_serves_as_many_as_any(seed: int, sites: int) -> None:
    problem, target = small_problem(seed)
    made = schedule(problem, problem.weight, target, np.arange(problem.cost.size), (Phase("1", sites=sites), Phase("2")))
    first = made.order[made.phase == 1]
    assert len(first) <= sites
    most = max(people_of(problem, np.array(some)) for some in combinations(range(problem.cost.size), sites))
    assert people_of(problem, first) == pytest.approx(most)


@FEW
@given(seed=SEEDS, sites=st.integers(1, 5))
def test_places_due_within_a_number_of_sites(seed: int, sites: int) -> None:
    problem, target = small_problem(seed)
    made = schedule(problem, problem.weight, target, np.arange(problem.cost.size), (Phase("1", sites=sites, must=("seats",)), Phase("2")))
    possible = any(
        served_by(problem, np.array(some))[problem.must].all()
        for size in range(1, sites + 1)
        for some in combinations(range(problem.cost.size), size)
        if problem.cost[list(some)].sum() <= problem.cost.sum()
    )
    cheapest_fits = made.table["asked_met"].iloc[0]
    assert len(made.order[made.phase == 1]) <= sites
    assert possible or not cheapest_fits
    assert made.table["asked_met"].iloc[0] == served_by(problem, made.order[made.phase == 1])[problem.must].all()


@FEW
@given(seed=SEEDS, share=st.floats(0.2, 0.9))
def test_within_a_phase_most_people_per_yuan_come_first(seed: int, share: float) -> None:
    problem, target = small_problem(seed)
    made = schedule(problem, problem.weight, target, np.arange(problem.cost.size), (Phase("1", share=share), Phase("2")))
    for phase in (1, 2):
        before = made.order[made.phase < phase]
        left = list(made.order[made.phase == phase])
        built = list(before)
        while left:
            base = people_of(problem, np.array(built, int))
            rates = [(people_of(problem, np.array([*built, i], int)) - base) / problem.cost[i] for i in left]
            assert rates[0] == pytest.approx(max(rates))
            built.append(left.pop(0))


def test_a_required_number_of_sites_never_adds_one() -> None:
    problem, target = small_problem(3)
    chosen = np.array([0, 2, 5])
    made = schedule(problem, problem.weight, target, chosen, (Phase("Q3", sites=48_000), Phase("Q4", sites=60_000)))
    assert sorted(made.order) == [0, 2, 5]
    assert list(made.table["sites"]) == [3, 0]
    assert not made.table["asked_met"].any()  # the plan has fewer sites than required, and the table says so


def test_a_budget_is_kept() -> None:
    problem, target = small_problem(4)
    chosen, budget = np.arange(problem.cost.size), float(problem.cost.sum() / 2)
    made = schedule(problem, problem.weight, target, chosen, (Phase("1", budget=budget), Phase("2")))
    assert problem.cost[made.order[made.phase == 1]].sum() <= budget
    assert made.table["people_gained"].sum() == pytest.approx(people_of(problem, chosen) - problem.weight[problem.covered].sum())


def test_sites_no_phase_builds_are_reported() -> None:
    problem, target = small_problem(5)
    made = schedule(problem, problem.weight, target, np.arange(problem.cost.size), (Phase("1", sites=2),))
    assert (made.phase == 0).sum() == problem.cost.size - 2
    assert list(made.phase) == [1, 1] + [0] * (problem.cost.size - 2)


def test_an_empty_plan_has_empty_phases() -> None:
    problem, target = small_problem(6)
    made = schedule(problem, problem.weight, target, np.zeros(0, np.int64), (Phase("1", share=0.99), Phase("2")))
    assert list(made.table["sites"]) == [0, 0] and len(made.order) == 0
    assert not made.table["asked_met"].iloc[0]
