"""What replaces a site that cannot be had: against brute force, with forced sites, places, spacing, any prices; refusals by name."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from random_problem import random_problem, without
from small_instances import small_instance

from infraplan.siting import CoverProblem, ProblemError, Substitutes, check_cover, find_substitutes, solve
from infraplan.siting.cover.reachable_targets import reachable_targets
from infraplan.siting.cover.reduction import reduce_for_least_cost
from infraplan.siting.cover.relaxation import Proof, Relaxation, cliques_of, consistent_prices, priced_bound
from infraplan.siting.cover.substitute_bounds import bounds_without
from infraplan.siting.plans import SearchLimits, cheapest_plan, most_served

SEEDS = st.integers(0, 2**32 - 1)


def varied_problem(seed: int) -> CoverProblem:
    """A random problem; some with low targets, so that sites can be replaced, and some with a spacing."""
    problem, rng = random_problem(seed), np.random.default_rng(seed + 1)
    if rng.random() < 0.6:
        few = problem.must & (rng.random(problem.must.size) < 0.4)
        problem = replace(problem, required=0.6 * problem.required, zone_required=0.6 * problem.zone_required, must=few)
    if rng.random() < 0.3:
        problem = replace(problem, spacing_m=float(rng.uniform(5, 40)), forced=np.zeros(problem.cost.size, bool))
    return problem


def cheapest_by_hand(problem: CoverProblem) -> float:
    choices = (np.flatnonzero(bits) for bits in product((False, True), repeat=problem.cost.size))
    return min((problem.cost[c].sum() for c in choices if check_cover(problem, c).feasible), default=np.inf)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_bound_is_below_the_optimum_without_the_site_and_the_repaired_plan_above(seed: int) -> None:
    problem, rng = varied_problem(seed), np.random.default_rng(seed)
    plan = solve(problem, gap=0.0, work_limit=500)
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
            assert found.bound[q] - 1e-6 <= best <= found.cost[q] + 1e-6
            assert (found.state[q] == "replaced") == (found.added[q].size > 0)
        else:
            assert np.isnan(found.cost[q]) and not np.isfinite(best)
            assert found.state[q] == ("none" if np.isinf(found.bound[q]) else "not_found")
            assert found.state[q] == "none" or problem.spacing_m > 0


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_any_prices_prove_a_bound(seed: int) -> None:
    problem, rng = varied_problem(seed), np.random.default_rng(seed)
    reduced = reduce_for_least_cost(problem, reachable_targets(problem))
    model = reduced.model
    clique = cliques_of(model)
    serve, zone = rng.random(model.classes) * 3, rng.random(len(model.zone_need))
    zone[-1] = 0.0
    paid = rng.random(int(clique.max(initial=-1)) + 1) * (rng.random() < 0.5)
    prices = consistent_prices(model, serve, zone, float(rng.random()), paid)
    bound, reduced_cost = priced_bound(model, prices, clique)
    proof = Proof(reduced, Relaxation(max(bound, 0.0), prices, reduced_cost, np.zeros(model.candidates)))
    sites = np.flatnonzero(~problem.forced & ~problem.forbidden)
    bounds = bounds_without(proof, problem.cost, 0.0, [np.array([site]) for site in sites])
    for site, least in zip(sites, bounds, strict=True):
        assert least <= cheapest_by_hand(without(problem, int(site), np.arange(problem.cost.size))) + 1e-6


def grid_problem(seed: int = 0, side: int = 14, spacing_m: float = 0.0) -> CoverProblem:
    """Villages and candidates on a square, each candidate serves those within 1.6 steps; 85 % of all."""
    rng = np.random.default_rng(seed)
    villages = np.array([(x, y) for x in range(side) for y in range(side)], float) + rng.uniform(-0.3, 0.3, (side * side, 2))
    sites = villages + rng.uniform(-0.4, 0.4, villages.shape)
    near = np.hypot(*(villages[:, None, :] - sites[None, :, :]).transpose(2, 0, 1)) <= 1.6
    weight = rng.integers(5, 300, len(villages)).astype(float)
    return CoverProblem(
        sp.csr_matrix(near), weight, rng.integers(30, 90, len(sites)) * 1000.0, required=0.85 * weight.sum(),
        position_m=sites * 1000.0, spacing_m=spacing_m,
    )  # fmt: skip


def plan_and_substitutes(problem: CoverProblem) -> tuple[np.ndarray, Substitutes]:
    plan = solve(problem, gap=0.0, work_limit=5_000, workers=0)
    return plan.chosen, find_substitutes(problem, plan.chosen, plan.bound, proof=plan.proof)


@pytest.mark.parametrize("spacing_m", [0.0, 900.0])
def test_one_site_is_answered_as_in_the_whole_plan_and_never_worse_than_a_search(spacing_m: float) -> None:
    problem = grid_problem(spacing_m=spacing_m)
    chosen, found = plan_and_substitutes(problem)
    assert set(found.state) <= {"replaced", "needless"} and found.site.size >= 12
    for q in range(0, found.site.size, 9):
        one = find_substitutes(problem, chosen, 0.0, sites=[found.site[q]])
        assert one.added[0].tolist() == found.added[q].tolist() and one.cost[0] == found.cost[q]
        rest = without(problem, int(found.site[q]), np.arange(problem.cost.size))
        searched = solve(rest, gap=0.0, work_limit=20_000, workers=0)
        assert found.bound[q] <= searched.cost + 1e-6 and searched.bound <= found.cost[q] + 1e-6
        assert found.cost[q] <= 1.03 * searched.cost


def test_order_of_rows_changes_nothing() -> None:
    problem = grid_problem(1)
    chosen, found = plan_and_substitutes(problem)
    order = np.random.default_rng(5).permutation(problem.weight.size)
    turned = find_substitutes(replace(problem, cover=problem.cover[order], weight=problem.weight[order], zone=problem.zone[order],
                                      must=problem.must[order], covered=problem.covered[order]), chosen)  # fmt: skip
    assert [one.tolist() for one in turned.added] == [one.tolist() for one in found.added]
    assert turned.cost.tolist() == found.cost.tolist()


def test_a_site_that_alone_serves_a_must_has_none_and_a_spare_one_needs_none() -> None:
    cover = np.array([[1, 0, 0], [0, 1, 1], [0, 1, 0]])
    problem = CoverProblem(cover, [10, 10, 10], [5, 4, 3], must=[True, False, False], required=20)
    found = find_substitutes(problem, [0, 1, 2])
    assert found.state == ("none", "needless", "needless")
    assert np.isnan(found.cost[0]) and np.isinf(found.bound[0]) and found.cost[1:].tolist() == [8.0, 9.0]


def test_options_of_one_place_do_not_replace_each_other() -> None:
    cover = np.array([[1, 1, 1]])
    problem = CoverProblem(cover, [10], [3, 4, 9], required=10)
    assert find_substitutes(problem, [0]).added[0].tolist() == [1]
    together = find_substitutes(problem, [0], place=[7, 7, 8])
    assert together.added[0].tolist() == [2] and together.cost.tolist() == [9.0] and together.bound.tolist() == [9.0]
    assert find_substitutes(problem, [0], place=[7, 7, 7]).state == ("none",)


def test_a_forced_site_is_replaced_as_if_it_were_not_forced() -> None:
    problem = CoverProblem(np.array([[1, 1]]), [10], [9, 4], required=10, forced=[True, False])
    found = find_substitutes(problem, [0], bound=9.0)
    assert found.added[0].tolist() == [1] and found.cost.tolist() == [4.0] and found.bound[0] <= 4.0


def test_a_repaired_plan_refutes_a_false_bound() -> None:
    problem = CoverProblem(np.array([[1, 1]]), [10], [9, 4], required=10)
    found = find_substitutes(problem, [0], bound=8.0)
    assert found.refuted and found.cost.tolist() == [4.0] and found.bound[0] <= 4.0


def test_refusals_are_named() -> None:
    problem = CoverProblem(np.array([[1, 1], [1, 0]]), [10, 10], [3, 4], required=20)
    for given_problem, chosen, options, rule in (
        (problem, [1], {}, "siting.substitutes_short"),
        (problem, [0], {"sites": [1]}, "siting.substitutes_not_chosen"),
    ):
        with pytest.raises(ProblemError) as error:
            find_substitutes(given_problem, chosen, **options)
        assert error.value.fault_list[0].rule == rule


def test_the_table_of_sites_names_candidates_and_says_what_was_not_computed() -> None:
    instance = small_instance(3, rows=40, candidates=16, places=1, share=0.8)
    made = cheapest_plan(instance, SearchLimits(work_limit=2_000))
    assert made.substitutes == "found" and str(made.sites["substitute_cost"].dtype) == "Int64"
    ids = set(instance.candidates["id"]) | {"none", "not_found", ""}
    assert {name for text in made.sites["substitute"] for name in text.split(";")} <= ids
    there = made.sites["substitute_cost"].notna()
    assert there.any() and (made.sites["substitute_bound"][there] <= made.sites["substitute_cost"][there]).all()
    assert (made.sites["substitute_bound"][there] >= made.bound).all()
    budget = most_served(instance, SearchLimits(work_limit=500), budget=1_000)
    assert budget.substitutes == "budget" and set(budget.sites["substitute"]) <= {"not_computed"}
    assert budget.sites["substitute_cost"].isna().all()
