"""What replaces a site where sites carry limited users: against every choice of sites, each judged by a linear program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limited_problem import carried_by, cheapest_by_hand, random_problem
from random_problem import without
from small_instances import small_instance

from infraplan.siting import CoverProblem, check_cover, find_substitutes, solve
from infraplan.siting.plans import SearchLimits, cheapest_plan

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_bound_is_below_the_optimum_without_the_site_and_the_repaired_plan_above(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_problem(seed)
    problem = replace(problem, required=0.7 * problem.required, zone_required=0.7 * problem.zone_required)
    plan = solve(problem, gap=0.0, work_limit=300)
    if plan.status not in ("optimal", "feasible"):
        return
    place = rng.integers(0, problem.cost.size, problem.cost.size) if rng.random() < 0.5 else np.arange(problem.cost.size)
    found = find_substitutes(problem, plan.chosen, plan.bound, place=place, proof=plan.proof if rng.random() < 0.5 else None)
    assert found.site.tolist() == sorted(plan.chosen.tolist()) and not found.refuted
    for q, site in enumerate(found.site):
        rest = without(problem, int(site), place)
        best = cheapest_by_hand(rest)
        assert found.bound[q] <= best + 1e-6
        if found.state[q] in ("replaced", "needless"):
            repaired = np.union1d(np.setdiff1d(plan.chosen, np.append(found.removed[q], site)), found.added[q])
            check = check_cover(rest, repaired)
            assert check.feasible and check.cost == pytest.approx(found.cost[q])
            assert carried_by(rest, repaired, targets=True) > -np.inf
            assert found.bound[q] - 1e-6 <= best <= found.cost[q] + 1e-6
        else:
            assert found.state[q] == "not_found" or not np.isfinite(best)


def test_a_full_site_is_replaced_by_two_smaller_ones() -> None:
    cover = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]])
    problem = CoverProblem(cover, [10, 10, 1], [5, 4, 3, 9], required=20, capacity=[20, 10, 10, 10])
    found = find_substitutes(problem, [0], 5.0)
    assert found.state == ("replaced",) and found.added[0].tolist() == [1, 2] and found.cost.tolist() == [7.0]
    assert 5.0 <= found.bound[0] <= 7.0


def test_neighbours_with_capacity_left_make_a_site_needless() -> None:
    problem = CoverProblem(np.ones((2, 3)), [10, 10], [5, 5, 5], required=20, capacity=[10, 10, 15])
    found = find_substitutes(problem, [0, 1, 2])
    assert found.state == ("needless", "needless", "needless") and found.cost.tolist() == [10.0, 10.0, 10.0]


def test_a_plan_with_a_capacity_says_what_replaces_each_site() -> None:
    instance = small_instance(3, rows=40, candidates=16, places=1, share=0.8)
    limited = replace(instance, problem=replace(instance.problem, capacity=np.full(instance.problem.cost.size, 900.0)))
    assert limited.problem.is_limited
    made = cheapest_plan(limited, SearchLimits(work_limit=2_000))
    assert made.substitutes == "found"
    known = made.sites["substitute_cost"].notna()
    assert known.any() and (made.sites.loc[known, "substitute_bound"] <= made.sites.loc[known, "substitute_cost"]).all()
