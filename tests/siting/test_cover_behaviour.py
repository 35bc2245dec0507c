"""What the covering core promises besides good plans: clear errors, determinism, certificates, reasons, children that can be killed."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from infraplan.errors import DataError
from infraplan.siting import CoverProblem, ProblemError, check_cover, explain_candidates, max_cover, solve
from infraplan.siting.cover import least_cost, partition
from infraplan.siting.cover.build_limits import BuildLimits
from infraplan.siting.cover.decomposition import PartPrices
from infraplan.siting.cover.greedy import lazy_greedy
from infraplan.siting.cover.highs import proven_bound, run_highs
from infraplan.siting.cover.reachable_targets import reachable_targets
from infraplan.siting.cover.reduction import reduce_for_least_cost, reduce_for_most_people
from infraplan.siting.cover.relaxation import cliques_of, priced_bound, relax, relaxed_program
from infraplan.siting.cover.subgradient import relax_by_subgradient, relax_further
from infraplan.siting.cover.upper_bounds import upper_bound_by_lp, upper_bound_by_subgradient
from infraplan.siting.cover.workers import ChildFailed, Crew

COVER = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 0], [0, 0, 1]])


def little(**changes: object) -> CoverProblem:
    stated: dict[str, Any] = {"cover": COVER, "weight": [120, 80, 200, 60], "cost": [3, 2, 2], "required": 400, **changes}
    return CoverProblem(**stated)


def province(seed: int = 1, candidates: int = 300, rows: int = 3_000, zones: int = 6) -> CoverProblem:
    """Points and discs in a square of vertical strips, with a need for each strip and for all."""
    rng = np.random.default_rng(seed)
    xy, at = rng.random((rows, 2)) * 60, rng.random((candidates, 2)) * 60
    weight = rng.integers(1, 200, rows).astype(float)
    reach = rng.uniform(2, 5, candidates)
    cover = sp.csr_matrix(((xy[:, None, :] - at[None, :, :]) ** 2).sum(axis=2) <= reach**2)
    zone = (xy[:, 0] // (60 / zones)).astype(np.int64)
    able = np.asarray(cover.sum(axis=1)).ravel() > 0
    return CoverProblem(
        cover=cover, weight=weight, cost=rng.integers(40, 90, candidates).astype(float), zone=zone,
        required=0.92 * float(weight[able].sum()),
        zone_required=0.85 * np.bincount(zone[able], weights=weight[able], minlength=zones), must=(weight > 197) & able,
        position_m=at * 1_000.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"weight": [120, math.nan, 200, 60]}, "weight"),
        ({"weight": [120, -1, 200, 60]}, "weight"),
        ({"weight": [120, 80, 200]}, "weight"),
        ({"cost": [3, math.inf, 2]}, "cost"),
        ({"cost": [3, -2, 2]}, "cost"),
        ({"cost": ["dear", 2, 2]}, "cost"),
        ({"cover": np.zeros((4, 0)), "cost": []}, "cover"),
        ({"zone": [0, 0, 0, 0], "zone_required": [10, 10]}, "zone_required"),
        ({"zone": [0, 0, 0, 5]}, "zone"),
        ({"zone_required": [math.nan]}, "zone_required"),
        ({"required": -1}, "required"),
        ({"must": [True]}, "must"),
        ({"spacing_m": 10.0}, "position_m"),
        ({"forced": [True, False, False], "forbidden": [True, False, False]}, "forced"),
        ({"forced": [True, True, False], "position_m": [[0, 0], [1, 0], [9, 9]], "spacing_m": 5.0}, "forced"),
    ],
)
def test_faults_are_reported_before_solving(changes: dict[str, object], column: str) -> None:
    with pytest.raises(ProblemError) as caught:
        little(**changes)
    assert isinstance(caught.value, DataError) and isinstance(caught.value, ValueError)
    assert [fault.column for fault in caught.value.fault_list] == [column]
    assert "/" in caught.value.fault_list[0].message and caught.value.fault_list[0].how_to_fix


def test_all_faults_at_once() -> None:
    with pytest.raises(ProblemError) as caught:
        little(weight=[120, math.nan, 200, 60], cost=[1, -1, -1])
    assert [(fault.column, fault.row, fault.count) for fault in caught.value.fault_list] == [("weight", 1, 1), ("cost", 1, 2)]


@pytest.mark.parametrize("limits", [{}, {"max_sites": -1}, {"budget": math.nan}])
def test_limits_are_checked(limits: dict[str, float]) -> None:
    with pytest.raises(ProblemError):
        max_cover(little(), **limits)  # type: ignore[arg-type]


def test_forced_beyond_the_limits() -> None:
    with pytest.raises(ProblemError):
        max_cover(little(forced=[True, True, False]), max_sites=1)


def test_example() -> None:
    plan = solve(little())
    assert (plan.chosen.tolist(), plan.cost, plan.bound, plan.status, plan.proven_gap) == ([1, 2], 4.0, 4.0, "optimal", 0.0)
    assert plan.gains.tolist() == [280.0, 180.0] and plan.losses.tolist() == [280.0, 180.0]
    assert max_cover(little(), max_sites=1).chosen.tolist() == [1]


def test_nothing_asked_costs_nothing() -> None:
    plan = solve(little(required=0))
    assert (plan.chosen.size, plan.cost, plan.bound, plan.status) == (0, 0.0, 0.0, "optimal")


def test_certificate() -> None:
    cover = COVER.copy()
    cover[2] = 0
    plan = solve(little(cover=cover, required=460, must=[False, False, True, False], zone=[0, 0, 1, 1], zone_required=[100, 250]))
    assert plan.status == "unreachable"
    beyond = plan.certificate
    assert (beyond.rows.tolist(), beyond.must_rows.tolist(), beyond.zones.tolist()) == ([2], [2], [1])
    assert (beyond.zone_reachable.tolist(), beyond.reachable, beyond.required_met) == ([60.0], 260.0, False)
    assert plan.weight == 260.0 and plan.cost == plan.bound


def test_gains_add_up() -> None:
    problem = province()
    plan = solve(problem, work_limit=10_000)
    assert plan.gains.sum() == pytest.approx(plan.weight - problem.served_already)
    for site, lost in list(zip(plan.chosen, plan.losses, strict=True))[:5]:
        assert check_cover(problem, plan.chosen[plan.chosen != site]).weight == pytest.approx(plan.weight - lost)


def test_same_plan_for_any_number_of_workers() -> None:
    problem = province()
    plans = [solve(problem, gap=0.0, work_limit=20_000, seed=3, workers=workers) for workers in (0, 2)]
    assert all(np.array_equal(plans[0].chosen, other.chosen) and plans[0].bound == other.bound for other in plans[1:])
    most = [max_cover(problem, max_sites=20, gap=0.0, work_limit=3_000, workers=workers) for workers in (0, 2)]
    assert np.array_equal(most[0].chosen, most[1].chosen) and most[0].bound == most[1].bound


def exact_cost(problem: CoverProblem) -> float:
    """The reduced model by plain branch and bound, to the end."""
    reduced = reduce_for_least_cost(problem, reachable_targets(problem))
    program = relaxed_program(reduced.model, cliques_of(reduced.model))[0]
    whole = np.arange(program.cost.size) < reduced.model.candidates
    answer = run_highs(type(program)(**{**vars(program), "integer": whole}), mip_rel_gap=0.0)
    assert answer.done
    return answer.objective + reduced.locked_cost


@pytest.mark.parametrize("seed", [1, 2])
def test_every_bound_is_below_the_optimum(seed: int) -> None:
    problem = province(seed, candidates=90, rows=700, zones=4)
    best = exact_cost(problem)
    reduced = reduce_for_least_cost(problem, reachable_targets(problem))
    relaxation = relax(reduced.model)
    plan, met = lazy_greedy(reduced.model)
    greedy = float(reduced.model.cost[plan > 0].sum())
    by_hand = relax_by_subgradient(reduced.model, plan, greedy, 200)
    assert met and best <= greedy + reduced.locked_cost
    assert by_hand.bound <= relaxation.bound + 1e-6
    assert by_hand.bound >= 0.97 * relaxation.bound
    bounds = []
    with Crew(0) as crew:
        prices = PartPrices(reduced, relaxation)
        for _ in range(6):
            bound, outcomes = prices.finish(prices.start(crew), None)
            prices.move_prices(outcomes, bound, greedy)
            bounds.append(bound + reduced.locked_cost)
    assert relaxation.bound + reduced.locked_cost <= max(bounds) + 1e-6
    assert max(bounds) <= best + 1e-6


def without_zones(problem: CoverProblem, *, spacing_m: float = 0.0, placed: bool = True) -> CoverProblem:
    return CoverProblem(
        problem.cover, problem.weight, problem.cost, required=problem.required, must=problem.must,
        position_m=problem.position_m if placed else None, spacing_m=spacing_m,
    )  # fmt: skip


@pytest.mark.parametrize("placed", [True, False])
def test_one_zone_is_cut_into_parts(placed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "PART_SITES", 4.0)
    problem = without_zones(province(7, candidates=90, rows=700), placed=placed)
    best, reduced = exact_cost(problem), reduce_for_least_cost(problem, reachable_targets(problem))
    relaxation = relax(reduced.model)
    assert len(np.unique(partition.parts_of(reduced, relaxation.y))) > 2
    plan, _ = lazy_greedy(reduced.model)
    bounds = []
    with Crew(0) as crew:
        prices = PartPrices(reduced, relaxation)
        for _ in range(6):
            bound, outcomes = prices.finish(prices.start(crew), None)
            prices.move_prices(outcomes, bound, float(reduced.model.cost[plan > 0].sum()))
            bounds.append(bound + reduced.locked_cost)
    assert relaxation.bound + reduced.locked_cost - 1e-3 <= max(bounds) <= best + 1e-6


def test_prices_under_a_spacing() -> None:
    problem = without_zones(province(8, candidates=200, rows=1_500), spacing_m=5_000.0)
    reduced = reduce_for_least_cost(problem, reachable_targets(problem))
    model, clique = reduced.model, cliques_of(reduced.model)
    inside = clique >= 0
    assert inside.sum() > 20
    for number in np.unique(clique[inside])[:20]:
        at = model.place[clique == number, :2]
        assert np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2)).max() < 5_000.0
    linear = relax(model)
    plan, _ = lazy_greedy(model)
    first = relax_by_subgradient(model, plan, float(model.cost[plan > 0].sum()), 60)
    assert priced_bound(model, first.prices, clique)[0] == pytest.approx(first.bound, rel=1e-9)
    further = relax_further(model, first.prices.serve, float(model.cost[plan > 0].sum()), 1.0)
    assert first.bound <= further.bound + 1e-9 and further.bound <= linear.bound + 1e-6
    assert further.bound >= 0.97 * linear.bound


def test_ceilings_agree() -> None:
    problem = province(3, candidates=120, rows=900)
    reduced = reduce_for_most_people(problem, reachable_targets(problem), costly=True)
    plan = max_cover(problem, budget=1_000.0, gap=0.0, work_limit=2_000)
    for limits in (BuildLimits(15, math.inf), BuildLimits(math.inf, 1_000.0), BuildLimits(15, 1_000.0)):
        linear = upper_bound_by_lp(reduced.model, limits)
        by_hand = upper_bound_by_subgradient(reduced.model, limits, np.zeros(reduced.model.candidates, np.uint8), 0.5 * linear.bound)
        assert linear.bound <= by_hand.bound + 1e-6
    assert plan.weight <= upper_bound_by_lp(reduced.model, BuildLimits(math.inf, 1_000.0)).bound + 1e-6


def test_any_prices_prove_a_bound() -> None:
    problem = province(2, candidates=60, rows=400, zones=3)
    reduced = reduce_for_least_cost(problem, reachable_targets(problem))
    program = relaxed_program(reduced.model, cliques_of(reduced.model))[0]
    exact = run_highs(program)
    rng = np.random.default_rng(0)
    for scale in (0.0, 0.5, 1.0, 3.0):
        assert proven_bound(program, scale * exact.row_dual + rng.normal(0, 0.1, exact.row_dual.size))[0] <= exact.objective + 1e-6
    assert proven_bound(program, exact.row_dual)[0] == pytest.approx(exact.objective, rel=1e-6)


def test_more_money_never_serves_fewer() -> None:
    problem, last = province(4, candidates=150, rows=1_000), None
    for budget in (200.0, 300.0, 450.0, 700.0, 1_000.0):
        plan = max_cover(problem, budget=budget, work_limit=200, start=None if last is None else last.chosen)
        assert plan.cost <= budget
        assert last is None or plan.weight >= last.weight
        last = plan


def test_a_start_beyond_the_limits_is_refused() -> None:
    with pytest.raises(ProblemError):
        max_cover(little(), max_sites=1, start=[0, 1])


def test_reasons() -> None:
    cover = np.array([[1, 0, 1, 0, 0, 1], [1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 0]])
    forbidden = [False, False, False, False, False, True]
    problem = CoverProblem(cover, [120, 80, 200, 60, 10], [3, 2, 2, 1, 9, 1], required=460, forbidden=forbidden)
    plan = solve(problem)
    reasons = explain_candidates(problem, plan.chosen).set_index("candidate")
    assert reasons.reason.to_dict() == {0: "already_served", 1: "chosen", 2: "chosen", 3: "serves_nothing", 4: "not_needed", 5: "forbidden"}
    assert reasons.by[0] in (1, 2) and reasons.adds_weight[4] == 10.0


def test_dominated_and_too_dear() -> None:
    problem = province(6, candidates=80, rows=600, zones=2)
    plan = solve(problem, gap=0.0, work_limit=20_000)
    reasons = explain_candidates(problem, plan.chosen)
    assert set(reasons.reason) <= {"chosen", "serves_nothing", "already_served", "not_needed", "dominated", "too_dear"}
    assert {"chosen", "dominated", "too_dear"} <= set(reasons.reason)
    assert sorted(reasons.candidate[reasons.reason == "chosen"]) == sorted(plan.chosen)
    dominated = reasons[reasons.reason == "dominated"]
    assert (problem.cost[dominated.by] <= problem.cost[dominated.candidate]).all()
    assert (reasons.at_least.dropna() >= 0).all()
    for candidate in reasons.candidate[reasons.at_least > plan.cost + 1e-6][:3]:
        forced = np.arange(problem.cost.size) == candidate
        with_it = CoverProblem(
            problem.cover, problem.weight, problem.cost, problem.zone, problem.zone_required, problem.required, problem.must,
            problem.covered, forced=forced,
        )  # fmt: skip
        assert solve(with_it, gap=0.0, work_limit=20_000).cost >= reasons.at_least[candidate] - 1e-6


def test_ctrl_c_returns_the_best_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(least_cost, "_rounds", interrupted)
    monkeypatch.setattr(least_cost, "EXACT_UP_TO", 0)
    problem = province()
    plan = solve(problem, gap=0.0, work_limit=1_000)
    assert plan.status == "interrupted"
    assert check_cover(problem, plan.chosen).feasible
    assert 0 < plan.bound <= plan.cost


def test_time_limit_is_kept() -> None:
    problem = province(5, candidates=600, rows=6_000)
    began = time.monotonic()
    plan = solve(problem, time_limit_s=3.0, gap=0.0)
    assert check_cover(problem, plan.chosen).feasible
    assert time.monotonic() - began < 30.0


def test_a_child_that_does_not_end_is_killed() -> None:
    with Crew(1) as crew:
        future = crew.submit(time.sleep, 600)
        with pytest.raises(TimeoutError):
            future.result(0.5)
        child = crew._children[0]
    assert child.poll() is not None


def test_a_failing_job_says_so() -> None:
    with Crew(1) as crew:
        with pytest.raises(ChildFailed, match="ValueError"):
            crew.submit(math.sqrt, -1.0).result(60)
        assert crew.submit(math.sqrt, 4.0).result(60) == 2.0


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = "import sys, infraplan.siting; assert not {'numba', 'highspy', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
