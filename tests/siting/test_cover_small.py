"""Random small covering problems against brute force: bounds, plans, reduction, spacing, budgets."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_problem import random_problem

from infraplan.siting import CoverProblem, check_cover, max_cover, solve
from infraplan.siting.cover.cover_check import served_rows
from infraplan.siting.cover.reachable_targets import reachable_targets
from infraplan.siting.cover.reduction import reduce_for_least_cost

SEEDS = st.integers(0, 2**32 - 1)


def with_spacing(problem: CoverProblem, spacing_m: float) -> CoverProblem:
    return CoverProblem(
        problem.cover,
        problem.weight,
        problem.cost,
        problem.zone,
        problem.zone_required,
        problem.required,
        problem.must,
        problem.covered,
        problem.position_m,
        spacing_m,
        None,
        problem.forbidden,
        separate=problem.separate,
    )


def every_choice(problem: CoverProblem) -> list[np.ndarray]:
    return [np.flatnonzero(bits) for bits in product((False, True), repeat=problem.cost.size)]


def cheapest_by_hand(problem: CoverProblem) -> float:
    return min((problem.cost[c].sum() for c in every_choice(problem) if check_cover(problem, c).feasible), default=np.inf)


def most_by_hand(problem: CoverProblem, sites: int | None, budget: float | None) -> float:
    best = -np.inf
    for chosen in every_choice(problem):
        check = check_cover(problem, chosen)
        if check.too_close.size or check.forbidden.size or check.forced_missing.size:
            continue
        if (sites is None or chosen.size <= sites) and (budget is None or check.cost <= budget + 1e-9):
            best = max(best, check.weight)
    return best


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_bound_is_below_the_optimum_and_the_plan_above(seed: int) -> None:
    problem = random_problem(seed)
    plan = solve(problem, gap=0.0, work_limit=2_000)
    best = cheapest_by_hand(problem)
    check = check_cover(problem, plan.chosen)
    assert check.feasible
    assert plan.status in ("optimal", "feasible")
    assert plan.certificate.reaches_all
    assert plan.cost == pytest.approx(check.cost) and plan.weight == pytest.approx(check.weight)
    assert plan.bound <= best + 1e-6
    assert best <= plan.cost + 1e-6
    assert plan.status != "optimal" or plan.cost == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_reduction_keeps_the_optimum(seed: int) -> None:
    problem = random_problem(seed)
    targets = reachable_targets(problem)
    best = cheapest_by_hand(problem)
    for simplify in (True, False):
        reduced = reduce_for_least_cost(problem, targets, simplify=simplify)
        costs = [
            reduced.locked_cost + reduced.model.cost[list(pick)].sum()
            for bits in product((0, 1), repeat=reduced.model.candidates)
            for pick in [np.flatnonzero(bits)]
            if check_cover(problem, np.concatenate([reduced.locked, reduced.candidate[pick]])).feasible
        ]
        assert min(costs) == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(0, 6), st.floats(0, 20))
def test_most_within_limits(seed: int, sites: int, budget: float) -> None:
    problem = random_problem(seed)
    sites += int(problem.forced.sum())
    budget += float(problem.cost[problem.forced].sum())
    for limits in ({"max_sites": sites}, {"budget": budget}, {"max_sites": sites, "budget": budget}):
        plan = max_cover(problem, gap=0.0, work_limit=300, **limits)
        best = most_by_hand(problem, limits.get("max_sites"), limits.get("budget"))
        assert plan.chosen.size <= limits.get("max_sites", plan.chosen.size)
        assert plan.cost <= limits.get("budget", np.inf) + 1e-9
        assert plan.weight == pytest.approx(float(problem.weight[served_rows(problem, plan.chosen)].sum()))
        assert plan.weight <= best + 1e-6
        assert best <= plan.bound + 1e-6


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_unreachable_targets_end_with_a_certificate(seed: int) -> None:
    problem = random_problem(seed, reachable=False)
    plan = solve(problem, gap=0.0, work_limit=2_000)
    everything = check_cover(problem, np.flatnonzero(~problem.forbidden))
    served = served_rows(problem, np.flatnonzero(~problem.forbidden))
    assert plan.certificate.reaches_all == everything.feasible
    assert (plan.status == "unreachable") == (not everything.feasible)
    assert plan.certificate.zones.tolist() == everything.zones_short.tolist()
    assert plan.certificate.must_rows.tolist() == np.flatnonzero(problem.must & ~served).tolist()
    reached = check_cover(problem, plan.chosen)
    assert reached.zones_short.tolist() == everything.zones_short.tolist()
    assert reached.must_missed.tolist() == everything.must_missed.tolist()
    for zone in plan.certificate.zones:
        assert reached.zone_weight[zone] == pytest.approx(everything.zone_weight[zone])


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(5, 60))
def test_spacing(seed: int, spacing_m: float) -> None:
    problem = with_spacing(random_problem(seed), spacing_m)
    plan = solve(problem, gap=0.0, work_limit=2_000)
    best = cheapest_by_hand(problem)
    check = check_cover(problem, plan.chosen)
    assert not check.too_close.size
    assert plan.bound <= best + 1e-6
    if np.isfinite(best) and plan.certificate.reaches_all:
        assert check.feasible and plan.cost == pytest.approx(best) and plan.status in ("optimal", "feasible")
    most = max_cover(problem, max_sites=3, gap=0.0, work_limit=300)
    by_hand = most_by_hand(problem, 3, None)
    assert not check_cover(problem, most.chosen).too_close.size
    assert most.weight <= by_hand + 1e-6 <= most.bound + 2e-6
