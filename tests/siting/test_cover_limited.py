"""Sites that carry limited users: random small problems against every choice of sites, each judged by a linear program."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from limited_problem import allowed_choices, carried_by, cheapest_by_hand, random_problem

from infraplan.siting import CoverPlan, CoverProblem, ProblemError, check_cover, explain_candidates, max_cover, solve
from infraplan.siting.cover.build_limits import NO_LIMITS, BuildLimits
from infraplan.siting.cover.cover_check import build_order, removal_losses, served_rows
from infraplan.siting.cover.limited.bounds import least_cost_bound, most_people_bound
from infraplan.siting.cover.limited.exact import limited_relaxation
from infraplan.siting.cover.limited.flow import Flow
from infraplan.siting.cover.limited.flow_greedy import greedy_by_flow
from infraplan.siting.cover.limited.model import limited_model
from infraplan.siting.cover.limited.reachable_targets import limited_targets

SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.floats(0.3, 3.0))
def test_a_cut_spares_no_question_that_would_be_answered_otherwise(seed: int, room: float) -> None:
    """Sites are dropped as if each were asked for by a search of its own, on flows with little and much room left."""
    rng = np.random.default_rng(seed)
    sites, rows = rng.integers(2, 25), int(rng.integers(2, 40))
    matrix = sp.csr_matrix((rng.random((sites, rows)) < 3.0 / sites).astype(np.int8))
    weight = rng.integers(1, 9, rows).astype(float)
    capacity = rng.integers(1, 9, sites) * room * rows / sites
    order, answers = rng.permutation(sites), []
    for remembers in (True, False):
        flow = Flow(matrix, weight, np.zeros(rows, np.int64), 0)
        flow.open_all_sites(capacity)
        flow.open_musts(np.ones(rows, bool))
        flow.grow()
        movable = np.full(sites, np.inf)
        answers.append([flow.drop_if_needless(int(i), movable if remembers else np.full(sites, np.inf)) for i in order])
    assert answers[0] == answers[1]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_checker_decides_as_a_linear_program_does(seed: int) -> None:
    problem = random_problem(seed, forced=None, forbidden=None, spacing_m=0.0)
    chosen = np.flatnonzero(np.random.default_rng(seed).random(problem.cost.size) < 0.8)
    check = check_cover(problem, chosen)
    most = carried_by(problem, chosen, targets=False)
    assert check.feasible == (carried_by(problem, chosen, targets=True) > -np.inf)
    assert check.weight == pytest.approx(most)
    assert (check.load <= problem.capacity[chosen] + 1e-9).all()
    apart = float(problem.weight[served_rows(problem, chosen) & ~problem.covered & ~problem.in_whole].sum())
    assert check.load.sum() + problem.served_already + apart == pytest.approx(check.weight)
    order, gains = build_order(problem, chosen)
    assert sorted(order) == chosen.tolist()
    assert gains.sum() + problem.served_already == pytest.approx(most)
    for site, lost in zip(chosen, removal_losses(problem, chosen), strict=True):
        assert carried_by(problem, chosen[chosen != site], targets=False) == pytest.approx(most - lost, abs=1e-7)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_optimum_lies_between_bound_and_plan(seed: int) -> None:
    problem = random_problem(seed)
    plan = solve(problem, gap=0.0, work_limit=600)
    best, check = cheapest_by_hand(problem), check_cover(problem, plan.chosen)
    assert not (check.too_close.size or check.forbidden.size or check.forced_missing.size)
    assert plan.cost == pytest.approx(check.cost) and plan.weight == pytest.approx(check.weight)
    if plan.status in ("optimal", "feasible"):
        assert check.feasible and plan.bound <= best + 1e-6 and best <= plan.cost + 1e-6
        assert plan.status != "optimal" or plan.cost == pytest.approx(best)
    else:
        assert plan.status == "unreachable" or problem.spacing_m > 0
        assert best == np.inf or problem.spacing_m > 0
        assert best == np.inf or (plan.status == "short" and plan.bound <= best + 1e-6)
    assert plan.certificate.reaches_all or best == np.inf


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(1, 4), st.floats(0, 20))
def test_most_within_limits(seed: int, sites: int, budget: float) -> None:
    problem = random_problem(seed)
    sites += int(problem.forced.sum())
    budget += float(problem.cost[problem.forced].sum())
    choices = [(c, carried_by(problem, c, targets=False), float(problem.cost[c].sum())) for c in allowed_choices(problem)]
    for limits in ({"max_sites": sites}, {"budget": budget}, {"max_sites": sites, "budget": budget}):
        plan = max_cover(problem, gap=0.0, work_limit=200, **limits)
        most_sites, most_cost = limits.get("max_sites", 99), limits.get("budget", np.inf) + 1e-9
        best = max(weight for c, weight, cost in choices if c.size <= most_sites and cost <= most_cost)
        check = check_cover(problem, plan.chosen)
        assert plan.chosen.size <= most_sites and plan.cost <= most_cost
        assert plan.weight == pytest.approx(check.weight)
        assert not (check.too_close.size or check.forbidden.size or check.forced_missing.size)
        assert plan.weight <= best + 1e-6 and best <= plan.bound + 1e-6


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 4), st.floats(0, 20))
def test_most_worth_within_limits(seed: int, sites: int, budget: float) -> None:
    """Rows of priority areas are worth more than they load: plan, its worth and its bound against every choice of sites."""
    rng = np.random.default_rng(seed)
    plain = random_problem(seed)
    worth = rng.choice([1.0, 1.0, 3.0, 2.5, 0.0, 0.1], plain.weight.size) if rng.random() < 0.8 else np.full(plain.weight.size, 3.0)
    problem = replace(plain, worth=worth)
    sites += int(problem.forced.sum())
    budget += float(problem.cost[problem.forced].sum())
    choices = [(c, carried_by(problem, c, targets=False), float(problem.cost[c].sum())) for c in allowed_choices(problem)]
    for limits in ({"max_sites": sites}, {"budget": budget}, {"max_sites": sites, "budget": budget}):
        plan = max_cover(problem, gap=0.0, work_limit=200, **limits)
        most_sites, most_cost = limits.get("max_sites", 99), limits.get("budget", np.inf) + 1e-9
        best = max(worth for c, worth, cost in choices if c.size <= most_sites and cost <= most_cost)
        assert plan.chosen.size <= most_sites and plan.cost <= most_cost
        assert plan.weight == pytest.approx(carried_by(problem, plan.chosen, targets=False))
        assert plan.weight <= best + 1e-6 and best <= plan.bound + 1e-6 and plan.refuted_bounds == 0
        assert plan.status != "optimal" or plan.weight == pytest.approx(best)
        if problem.is_limited:
            assert (plan.loads <= problem.capacity[plan.chosen] + 1e-9).all()
            model = limited_model(problem, limited_targets(problem), most=True).model
            free = BuildLimits(*(limits.get(name, np.inf) for name in ("max_sites", "budget")))
            found = most_people_bound(
                model, BuildLimits(free.sites - problem.forced.sum(), free.budget - problem.cost[problem.forced].sum()), best, 60
            )
            base = float((problem.weight * worth)[served_rows(problem, limited_free(problem))].sum())
            assert best <= found.bound + base + 1e-6


def limited_free(problem: CoverProblem) -> np.ndarray:
    """Forced candidates that carry all they serve: the model leaves them and their rows out."""
    reach = problem.cover.T.astype(float) @ (problem.shared_weight * ~problem.covered)
    return np.flatnonzero(problem.forced & (reach <= problem.capacity))


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_reduction_keeps_the_optimum(seed: int) -> None:
    problem = random_problem(seed)
    best = cheapest_by_hand(problem)
    targets = limited_targets(problem)
    if not np.isfinite(best):
        return
    for simplify in (True, False):
        reduced = limited_model(problem, targets, simplify=simplify)
        costs = [
            problem.cost[chosen].sum()
            for bits in product((0, 1), repeat=reduced.model.candidates)
            for chosen in [reduced.chosen(np.array(bits, np.uint8) | reduced.model.fixed)]
            if check_cover(problem, chosen).feasible
        ]
        assert min(costs) == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_what_is_out_of_reach_is_reported(seed: int) -> None:
    problem = random_problem(seed, spacing_m=0.0)
    everything = np.flatnonzero(~problem.forbidden)
    plan = solve(problem, gap=0.0, work_limit=200)
    reachable = carried_by(problem, everything, targets=True) > -np.inf
    assert plan.certificate.reaches_all == reachable
    assert (plan.status == "unreachable") == (not reachable)
    assert plan.bound <= plan.cost + 1e-9
    beyond = plan.certificate
    assert not problem.is_limited or (beyond.zone_alone >= beyond.zone_reachable - 1e-9).all()
    reached = check_cover(problem, plan.chosen)
    assert reached.weight >= min(problem.required, beyond.reachable) - 1e-6


def test_zones_within_reach_one_by_one_and_not_together() -> None:
    problem = CoverProblem(np.ones((2, 1)), [10, 10], [3], zone=[0, 1], zone_required=[8, 8], capacity=[12])
    plan = solve(problem)
    assert plan.status == "unreachable" and plan.chosen.tolist() == [0] and plan.cost == plan.bound == 3.0
    beyond = plan.certificate
    assert beyond.rows.size == 0 and beyond.zones.tolist() == [1]
    assert beyond.zone_alone.tolist() == [10.0] and beyond.zone_reachable.tolist() == [4.0] and beyond.required_met
    assert plan.loads.tolist() == [12.0]


def test_a_row_is_split_between_sites_and_served_in_part() -> None:
    problem = CoverProblem(np.ones((1, 3)), [10], [1, 1, 5], required=8, capacity=[5, 4, np.inf])
    plan = solve(problem, gap=0.0)
    assert (plan.chosen.tolist(), plan.weight, plan.status) == ([0, 1], 9.0, "optimal")
    assert plan.loads.tolist() == [5.0, 4.0] and plan.gains.tolist() == [5.0, 4.0] and plan.losses.tolist() == [5.0, 4.0]
    assert max_cover(problem, max_sites=1, gap=0.0).chosen.tolist() == [2]
    assert max_cover(problem, budget=4.0, gap=0.0).weight == 9.0


def test_a_must_without_weight_needs_a_server_only() -> None:
    problem = CoverProblem([[1, 0], [1, 1]], [0, 7], [4, 1], must=[True, False], required=7, capacity=[0, 7])
    plan = solve(problem, gap=0.0)
    assert sorted(plan.chosen) == [0, 1] and plan.status == "optimal" and check_cover(problem, plan.chosen).feasible
    assert check_cover(problem, [1]).must_missed.tolist() == [0]


def test_existing_sites_with_limits_are_forced_and_free() -> None:
    problem = CoverProblem([[1, 1]], [10], [0, 3], required=9, forced=[True, False], capacity=[6, 6])
    assert solve(problem, gap=0.0).cost == 3.0
    assert solve(CoverProblem([[1, 1]], [10], [0, 3], required=6, forced=[True, False], capacity=[6, 6])).cost == 0.0


@cache
def town(candidates: int = 60, rows: int = 500, share: float = 0.4, seed: int = 1) -> CoverProblem:
    """Discs over points, two zones; a site carries `share` of what a middling one reaches."""
    rng = np.random.default_rng(seed)
    xy, at = rng.random((rows, 2)) * 30, rng.random((candidates, 2)) * 30
    cover = sp.csr_matrix(((xy[:, None, :] - at[None, :, :]) ** 2).sum(axis=2) <= rng.uniform(4, 8, candidates) ** 2)
    weight = rng.integers(1, 100, rows).astype(float)
    zone = (xy[:, 0] > 15).astype(np.int64)
    able = np.asarray(cover.sum(axis=1)).ravel() > 0
    capacity = np.full(candidates, round(share * float(np.median(cover.T @ weight))))
    return CoverProblem(
        cover, weight, rng.integers(20, 60, candidates).astype(float), zone, 0.7 * np.bincount(zone[able], weights=weight[able]),
        0.8 * float(weight[able].sum()), position_m=at * 1_000, capacity=capacity,
    )  # fmt: skip


def changed(problem: CoverProblem, **changes: Any) -> CoverProblem:
    names = ("cover", "weight", "cost", "zone", "zone_required", "required", "must", "covered", "position_m", "spacing_m", "capacity")
    return CoverProblem(**{**{name: getattr(problem, name) for name in names}, **changes})


def test_without_a_limit_nothing_changes() -> None:
    problem = town()
    usual, endless = (solve(changed(problem, capacity=c), gap=0.0, work_limit=2_000) for c in (None, np.full(problem.cost.size, np.inf)))
    assert np.array_equal(usual.chosen, endless.chosen) and usual.bound == endless.bound and usual.loads.size == 0
    assert np.allclose(usual.gains, endless.gains) and np.allclose(usual.losses, endless.losses)
    assert endless.loads.sum() == pytest.approx(endless.weight)
    most = [max_cover(changed(problem, capacity=c), max_sites=5, work_limit=500) for c in (None, np.full(problem.cost.size, np.inf))]
    assert np.array_equal(most[0].chosen, most[1].chosen)


def test_larger_capacities_never_cost_more() -> None:
    bounds, costs = [], []
    for factor in (1.0, 1.5, 3.0):
        plan = solve(changed(town(), capacity=town().capacity * factor), gap=0.0, work_limit=4_000)
        assert check_cover(town(), plan.chosen).feasible or factor > 1
        bounds.append(plan.bound)
        costs.append(plan.cost)
    assert costs == sorted(costs, reverse=True)
    assert bounds[1] <= costs[0] and bounds[2] <= costs[1]


def test_more_money_never_serves_fewer() -> None:
    last: CoverPlan | None = None
    for budget in (100.0, 150.0, 230.0, 350.0):
        plan = max_cover(town(), budget=budget, work_limit=400, start=None if last is None else last.chosen)
        assert plan.cost <= budget and plan.weight <= plan.bound
        assert last is None or plan.weight >= last.weight
        last = plan


def test_same_plan_for_any_number_of_workers() -> None:
    for plans in (
        [solve(town(), gap=0.0, work_limit=3_000, seed=2, workers=workers) for workers in (0, 2)],
        [max_cover(town(), max_sites=8, gap=0.0, work_limit=1_000, workers=workers) for workers in (0, 2)],
    ):
        assert np.array_equal(plans[0].chosen, plans[1].chosen) and plans[0].bound == plans[1].bound and plans[0].work == plans[1].work


def test_every_bound_is_below_every_plan() -> None:
    reduced = limited_model(town(), limited_targets(town()))
    greedy = greedy_by_flow(reduced.model)
    cost = float(reduced.model.cost[greedy.plan > 0].sum())
    linear, priced = limited_relaxation(reduced.model, None), least_cost_bound(reduced.model, cost, 300)
    assert greedy.met and priced.bound <= linear.bound + 1e-6 and linear.bound <= cost
    assert priced.bound >= 0.98 * linear.bound
    most = limited_model(town(), limited_targets(town()), most=True).model
    for limits in (BuildLimits(8, np.inf), BuildLimits(np.inf, 300.0), BuildLimits(8, 250.0)):
        greedy = greedy_by_flow(most, limits)
        linear, priced = limited_relaxation(most, limits), most_people_bound(most, limits, greedy.weight, 300)
        assert greedy.weight <= linear.bound + 1e-6 and linear.bound <= priced.bound * (1 + 1e-9)
        assert priced.bound <= 1.02 * linear.bound
    assert NO_LIMITS.sites == np.inf


def test_a_flow_gains_and_loses_what_it_says() -> None:
    rng = np.random.default_rng(3)
    matrix = sp.csr_matrix((rng.random((8, 30)) < 0.3).astype(float))
    weight, capacity = rng.integers(1, 9, 30).astype(float), rng.integers(5, 40, 8).astype(float)
    flow = Flow(matrix, weight, np.zeros(30, np.int64), 0)
    flow.open_musts(np.ones(30, bool))
    for i in range(8):
        before, gain = flow.value, flow.gain(i, capacity[i])
        assert flow.add(i, capacity[i]) == gain and flow.value == before + gain
        assert flow.loads.sum() == flow.value == flow.carried.sum()
    for i in range(8):
        loss = flow.loss(i)
        other = Flow(matrix, weight, np.zeros(30, np.int64), 0)
        other.open_musts(np.ones(30, bool))
        other.open_all_sites(np.where(np.arange(8) == i, 0.0, capacity))
        assert other.grow() == flow.value - loss


def test_ctrl_c_returns_the_best_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplan.siting.cover.limited import search

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(search._Search, "_rounds", interrupted)
    plan = solve(town(), gap=0.0, work_limit=1_000)
    assert plan.status == "interrupted" and check_cover(town(), plan.chosen).feasible and 0 < plan.bound <= plan.cost


def test_reasons() -> None:
    plan = solve(town(), gap=0.0, work_limit=2_000)
    reasons = explain_candidates(town(), plan.chosen).set_index("candidate")
    assert sorted(reasons.index[reasons.reason == "chosen"]) == sorted(plan.chosen)
    for candidate in reasons.index[reasons.reason != "chosen"][:5]:
        with_it = check_cover(town(), np.append(plan.chosen, candidate)).weight
        assert reasons.adds_weight[candidate] == pytest.approx(with_it - plan.weight)


@pytest.mark.parametrize(("capacity", "row"), [([1, np.nan, 2], 1), ([1, 2, -1], 2), ([-np.inf, 1, 1], 0)])
def test_bad_capacities_are_reported(capacity: list[float], row: int) -> None:
    with pytest.raises(ProblemError) as caught:
        CoverProblem(np.eye(3), [1, 2, 3], [1, 1, 1], capacity=capacity)
    assert [(fault.column, fault.row) for fault in caught.value.fault_list] == [("capacity", row)]


def test_capacities_of_the_wrong_length_are_reported() -> None:
    with pytest.raises(ProblemError) as caught:
        CoverProblem(np.eye(3), [1, 2, 3], [1, 1, 1], capacity=[1, 2])
    assert [fault.column for fault in caught.value.fault_list] == ["capacity"]
