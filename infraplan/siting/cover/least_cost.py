"""The cheapest plan that meets every target, and how far from the best it can be at most."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future
from dataclasses import replace

import numpy as np

from infraplan.arrays import Flags, Ints
from infraplan.siting.cover.annealing import Annealing
from infraplan.siting.cover.cover_check import served_rows
from infraplan.siting.cover.cover_plan import CoverPlan
from infraplan.siting.cover.decomposition import PartPrices
from infraplan.siting.cover.exact import least_cost_exact
from infraplan.siting.cover.greedy import lazy_greedy, ordered_greedy
from infraplan.siting.cover.incumbent import Clock, Incumbent
from infraplan.siting.cover.model import Model, Reduced, restrict
from infraplan.siting.cover.neighbourhoods import neighbours
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.random_numbers import SEEDS
from infraplan.siting.cover.reachable_targets import ReachableTargets, reachable_targets, weight_by_zone
from infraplan.siting.cover.reduction import reduce_for_least_cost
from infraplan.siting.cover.relaxation import Proof, Relaxation, relax
from infraplan.siting.cover.spacing_repair import repair
from infraplan.siting.cover.subgradient import relax_by_subgradient, relax_further
from infraplan.siting.cover.tolerances import weight_tolerance
from infraplan.siting.cover.workers import ChildFailed, Crew, crew_size, result_in_time

ROUND = 60_000
"""Search iterations between two improvements of the bound by parts."""
BACKGROUND_S = 12.0
"""Time of the subgradient in one go, beside the search. [s]"""
REPAIR_STEPS, REPAIR_CHUNK, REPAIR_SHARE = 200_000, 1_000, 0.6
"""Steps to repair a plan that a spacing keeps short, steps between two looks at the clock, and the share of the limit for it."""
EXACT_UP_TO, EXACT_ENTRIES, EXACT_NODES = 500, 10_000, 2_000
"""Candidates and entries of a model for branch and bound, and its nodes at most."""
SIMPLEX_UP_TO, SIMPLEX_SHARE = 200_000, 0.6
"""Entries of a model whose relaxation goes to simplex; the share of the time that simplex must leave."""
SUBGRADIENT_ROUNDS, SUBGRADIENT_SHARE = 300, 0.2
"""Rounds of the subgradient before the search, and the share of the time by which they end."""
PARTS_UP_TO = 600_000
"""Entries of a model whose bound is improved by parts."""


def least_cost(problem: CoverProblem, clock: Clock, gap: float, seed: int, workers: int | None, by_parts: bool = True) -> CoverPlan:
    """The answer of `solve` where every candidate can carry all that it serves."""
    targets = reachable_targets(problem)
    reduced = reduce_for_least_cost(problem, targets)
    incumbent = Incumbent(problem, targets.certificate, 1, gap, reduced.unit, clock)
    interrupted = False
    relaxations: list[Relaxation] = []
    try:
        _search(reduced, incumbent, seed, workers, relaxations, by_parts)
    except KeyboardInterrupt:
        interrupted = True
    if not np.isfinite(incumbent.value):
        fallback = incumbent.fallback if incumbent.fallback.size else reduced.locked
        incumbent.fall_back(fallback, float(problem.cost[fallback].sum()))
    plan = incumbent.plan(met=meets(problem, targets, incumbent.chosen), interrupted=interrupted)
    return replace(plan, proof=Proof(reduced, relaxations[0])) if relaxations else plan


def meets(problem: CoverProblem, targets: ReachableTargets, chosen: Ints) -> bool:
    """The plan meets every target within reach, judged from the problem itself."""
    served = served_rows(problem, chosen)
    got = weight_by_zone(problem, problem.weight * served)
    beyond = targets.certificate
    required = problem.zone_required.copy()
    required[beyond.zones] = beyond.zone_reachable
    slack = weight_tolerance(problem.weight)
    enough = float(problem.weight[served].sum()) >= min(problem.required, beyond.reachable) - 2 * slack
    return bool(enough and (got >= required - 2 * slack).all() and served[problem.must & targets.able].all())


def _search(reduced: Reduced, incumbent: Incumbent, seed: int, workers: int | None, relaxations: list[Relaxation], by_parts: bool) -> None:
    """Relaxation and greedy, branch and bound where few candidates remain, then search and price rounds side by side.

    `relaxations` takes the relaxation."""
    model = reduced.model
    if nothing_to_serve(model):
        incumbent.offer_plan(reduced.locked, reduced.locked_cost)
        incumbent.offer_bound(reduced.locked_cost, "all")
        return
    with Crew(crew_size(len(model.rows), workers)) as crew:
        relaxation = _relaxed(reduced, incumbent, crew)
        relaxations.append(relaxation)
        incumbent.offer_bound(relaxation.bound + reduced.locked_cost, relaxation.source)
        plan, met = greedy_by_relaxation(model, relaxation)
        if not (offer(reduced, incumbent, plan, met) or np.isfinite(incumbent.value)):
            repair_spacing(reduced, incumbent, plan, seed)
        incumbent.note()
        if not incumbent.gap_reached:
            _try_exact(reduced, incumbent, relaxation, crew)
        if not incumbent.gap_reached and np.isfinite(incumbent.value):
            _rounds(reduced, incumbent, relaxation, crew, seed, by_parts)


def _relaxed(reduced: Reduced, incumbent: Incumbent, crew: Crew) -> Relaxation:
    """The relaxation by simplex where that takes seconds, with the greedy plan made beside it; else by subgradient."""
    model, clock = reduced.model, incumbent.clock
    pending = crew.submit(relax, model) if len(model.rows) <= SIMPLEX_UP_TO else None
    plan, met = lazy_greedy(model)
    offer(reduced, incumbent, plan, met)
    relaxation: Relaxation | None = None
    if pending is not None:
        relaxation = result_in_time(pending, clock, -SIMPLEX_SHARE * clock.time_limit_s)
    if relaxation is not None and relaxation.bound > 0:
        return relaxation
    # the solver took too long, or found no point within the spacing: its prices prove nothing then
    target = float(model.cost[plan > 0].sum()) if met else float(model.cost.sum())
    return relax_by_subgradient(model, plan, target, SUBGRADIENT_ROUNDS, lambda: clock.share > SUBGRADIENT_SHARE)


def _try_exact(reduced: Reduced, incumbent: Incumbent, relaxation: Relaxation, crew: Crew) -> None:
    """Branch and bound on the candidates that a better plan may contain at all, if they are few."""
    model, best = reduced.model, incumbent.value
    keep = np.flatnonzero(relaxation.bound + reduced.locked_cost + relaxation.reduced_cost <= best + 1e-6)
    small = restrict(model, keep, reduced.position_m)
    if keep.size > EXACT_UP_TO or len(small.rows) > EXACT_ENTRIES:
        return
    start = incumbent.chosen_in(reduced.candidate[keep]) if np.isfinite(best) else np.empty(0, np.uint8)
    answer = result_in_time(crew.submit(least_cost_exact, small, start, EXACT_NODES, incumbent.clock.left_s / 3), incumbent.clock)
    if answer is None:
        return
    bound, plan, met, refuted = answer
    incumbent.refute(refuted)
    whole = np.zeros(model.candidates, np.uint8)
    whole[keep] = plan
    offer(reduced, incumbent, whole, met)
    incumbent.offer_bound(bound + reduced.locked_cost, "mip")


def _rounds(reduced: Reduced, incumbent: Incumbent, relaxation: Relaxation, crew: Crew, seed: int, by_parts: bool) -> None:
    """Search and price rounds side by side: prices move at counted points, so the answer does not depend on who was faster."""
    clock = incumbent.clock
    annealing = Annealing(reduced, incumbent, relaxation, seed)
    prices = PartPrices(reduced, relaxation) if by_parts and len(reduced.model.rows) <= PARTS_UP_TO else None
    background = BackgroundBound(reduced, incumbent, relaxation, crew) if prices is None and clock.work_limit is None else None
    while not clock.over and not incumbent.gap_reached:
        futures = prices.start(crew) if prices is not None else []
        if background is not None:
            background.advance()
        annealing.run(ROUND)
        if prices is not None:
            try:
                bound, outcomes = prices.finish(futures, None if clock.work_limit is not None else max(0.0, clock.left_s))
            except (TimeoutError, ChildFailed):
                break
            incumbent.refute(sum(outcome.refuted for outcome in outcomes))
            incumbent.offer_bound(bound + reduced.locked_cost, "parts")
            prices.move_prices(outcomes, bound, incumbent.value - reduced.locked_cost)
        incumbent.note()


class BackgroundBound:
    """The subgradient going on beside the search, for models too large for price rounds, a few seconds at a time."""

    def __init__(self, reduced: Reduced, incumbent: Incumbent, relaxation: Relaxation, crew: Crew) -> None:
        self.reduced, self.incumbent, self.relaxation, self.crew = reduced, incumbent, relaxation, crew
        self.future: Future[Relaxation] | None = None

    def advance(self) -> None:
        """Take a bound in when it is there, and start on the next while time is left."""
        left_s = self.incumbent.clock.left_s
        if not self.crew.size or (self.future is not None and not self.future.done()):
            return
        if self.future is not None:
            with contextlib.suppress(ChildFailed):
                self.relaxation = self.future.result()
                self.incumbent.offer_bound(self.relaxation.bound + self.reduced.locked_cost, self.relaxation.source)
            self.future = None
        seconds = min(BACKGROUND_S, 0.7 * left_s)
        if seconds > 1.0:
            plan_cost = self.incumbent.value - self.reduced.locked_cost
            self.future = self.crew.submit(relax_further, self.reduced.model, self.relaxation.prices.serve, plan_cost, seconds)


def repair_spacing(reduced: Reduced, incumbent: Incumbent, plan: Flags, seed: int) -> None:
    """Look for a plan that no spacing keeps short, starting from one that is; the nearest to it is kept for a last fallback."""
    model, clock, met = reduced.model, incumbent.clock, False
    near = neighbours(model, reduced.position_m)
    for at in range(REPAIR_STEPS // REPAIR_CHUNK):
        if met or clock.share > REPAIR_SHARE:
            break
        chunk = REPAIR_CHUNK if clock.work_limit is None else min(REPAIR_CHUNK, max(1, clock.work_limit - clock.work))
        plan, met, steps = repair(model, near, plan, chunk, seed * SEEDS + at)
        clock.work += steps
    if not offer(reduced, incumbent, plan, met):
        incumbent.fallback = np.concatenate([reduced.locked, reduced.candidate[np.flatnonzero(plan)]])


def nothing_to_serve(model: Model) -> bool:
    """Nothing is left to be served."""
    return bool(model.need <= model.slack and not model.must.any() and (model.zone_need <= model.slack).all())


def greedy_by_relaxation(model: Model, relaxation: Relaxation) -> tuple[Flags, bool]:
    """Greedy in the order of the fractional plan."""
    late = 1e-4 * relaxation.reduced_cost / max(1e-12, float(model.cost.mean()))
    return ordered_greedy(model, np.argsort(late - relaxation.y, kind="stable"))


def offer(reduced: Reduced, incumbent: Incumbent, plan: Flags, met: bool) -> bool:
    """Hand a plan of the model to the incumbent."""
    chosen = np.flatnonzero(plan)
    cost = reduced.locked_cost + float(reduced.model.cost[chosen].sum())
    return met and incumbent.offer_plan(np.concatenate([reduced.locked, reduced.candidate[chosen]]), cost)
