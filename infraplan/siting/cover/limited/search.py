"""The cheapest plan, and the most weight within limits, where sites carry limited users."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any, cast

import numpy as np

from infraplan.arrays import Ints
from infraplan.siting.cover.build_limits import NO_LIMITS, BuildLimits
from infraplan.siting.cover.cover_plan import CoverPlan
from infraplan.siting.cover.incumbent import Clock, Incumbent
from infraplan.siting.cover.least_cost import least_cost
from infraplan.siting.cover.limited.assignment import assignment_of
from infraplan.siting.cover.limited.bounds import LimitedBound, least_cost_bound, most_people_bound
from infraplan.siting.cover.limited.exact import limited_exact, limited_relaxation
from infraplan.siting.cover.limited.flow_greedy import Assigned, assign, greedy_by_flow, likely
from infraplan.siting.cover.limited.model import limited_model
from infraplan.siting.cover.limited.reachable_targets import LimitedTargets, limited_targets
from infraplan.siting.cover.limited.rounds import Rounds, grown
from infraplan.siting.cover.limited.substitutes import proof_by_prices
from infraplan.siting.cover.model import Reduced
from infraplan.siting.cover.most_people import most_people
from infraplan.siting.cover.problem import CoverProblem, conflicts
from infraplan.siting.cover.workers import Crew, crew_size, result_in_time

LINEAR_UP_TO = 6_000
"""Entries of a model that goes to HiGHS for its bound."""
EXACT_UP_TO, EXACT_COUNTED_UP_TO, EXACT_NODES = 6_000, 1_500, 20_000
"""Entries of a model for branch and bound, the same where its work is counted, and its nodes at most."""
PRICE_WORK, BOUND_SHARE = 1_600_000_000, 0.35
"""Entries that the bound by prices walks in all, and its share of the time."""
FULL_SITES, UNLIMITED_SHARE = 0.5, 0.3
"""The problem without capacities is tried, for this share of the time, where no more of the sites than this are full."""
CAREFUL_UP_TO, CAREFUL_SHARE = 400_000, 0.7
"""Where more sites are full: entries of a model for a greedy by exact flows, and the share of the time by which it ends."""
GRACE_S = 1.5
"""Time a child gets to hand back its result. [s]"""


def least_cost_limited(
    problem: CoverProblem, clock: Clock, gap: float, seed: int, workers: int | None, by_parts: bool = True
) -> CoverPlan:  # fmt: skip
    """The answer of `solve` where some candidate cannot carry all that it serves."""
    targets = limited_targets(problem)
    reduced = limited_model(problem, targets)
    incumbent = Incumbent(problem, targets.certificate, 1, gap, reduced.unit, clock)
    search = _Search(problem, reduced, incumbent, None, seed, targets.certificate.reaches_all, by_parts)
    interrupted = search.run(workers)
    if not np.isfinite(incumbent.value):
        incumbent.fall_back(search.fallback, float(problem.cost[search.fallback].sum()))
    plan = np.isin(reduced.candidate, incumbent.chosen).astype(np.uint8)
    answer = incumbent.plan(met=assign(reduced.model, plan, spare=False).met, interrupted=interrupted)
    if search.bound is not None:
        answer = replace(answer, proof=proof_by_prices(search.bound, reduced))
    return answer if targets.certificate.reaches_all else _with_loads(problem, targets, answer)


def most_people_limited(
    problem: CoverProblem, limits: BuildLimits, clock: Clock, gap: float, seed: int, workers: int | None, start: Ints | None
) -> CoverPlan:  # fmt: skip
    """The answer of `max_cover` where some candidate cannot carry all that it serves. `start`: a plan within the limits."""
    targets = limited_targets(problem)
    reduced = limited_model(problem, targets, most=True, costly=limits.has_budget)
    incumbent = Incumbent(problem, targets.certificate, -1, gap, reduced.unit, clock)
    search = _Search(problem, reduced, incumbent, limits, seed, True, False)
    if start is not None:
        search.offer(assign(reduced.model, np.isin(reduced.candidate, start).astype(np.uint8)), start)
    return incumbent.plan(met=True, interrupted=search.run(workers))


def _with_loads(problem: CoverProblem, targets: LimitedTargets, plan: CoverPlan) -> CoverPlan:
    """Loads of an assignment that meets the targets as they were lowered."""
    order = np.sort(plan.chosen)
    found = assignment_of(problem, order, targets.zone_required)
    return replace(plan, loads=found.load[np.searchsorted(order, plan.chosen)])


class _Search:
    """One run: greedy, bounds, branch and bound where it is small, then rounds of ruin and recreate. `limits` None: the least cost."""

    def __init__(
        self, problem: CoverProblem, reduced: Reduced, incumbent: Incumbent, limits: BuildLimits | None, seed: int, reaches_all: bool,
        by_parts: bool,
    ) -> None:  # fmt: skip
        self.problem, self.reduced, self.incumbent, self.limits, self.seed = problem, reduced, incumbent, limits, seed
        self.reaches_all, self.by_parts = reaches_all, by_parts
        self.best: Assigned | None = None
        self.bound: LimitedBound | None = None
        self.fallback = reduced.chosen(reduced.model.fixed)

    def offer(self, found: Assigned, chosen: Ints | None = None) -> bool:
        """Hand a plan of the model to the incumbent, and keep its assignment if it is the best. One that breaks the spacing is refused."""
        model, limits = self.reduced.model, self.limits
        chosen = self.reduced.chosen(found.plan) if chosen is None else chosen
        if conflicts(self.problem, chosen).size:
            return False
        if limits is None:
            better = found.met and self.incumbent.offer_plan(chosen, self.reduced.locked_cost + float(model.cost[found.plan > 0].sum()))
        else:
            better = limits.allow(model, found.plan) and self.incumbent.offer_plan(chosen, self.reduced.base + found.weight)
        if better:
            self.best = found
        return better

    def run(self, workers: int | None) -> bool:
        """Search until the limit is reached or the gap is proven; True when interrupted."""
        try:
            self._run(workers)
        except KeyboardInterrupt:
            return True
        return False

    def _is_decided(self) -> bool:
        """The sites that are fixed meet every target, or no further site is allowed, or all candidates together serve no more."""
        model, incumbent, limits = self.reduced.model, self.incumbent, self.limits
        self.offer(assign(model, model.fixed))
        if limits is None:
            if np.isfinite(incumbent.value):
                incumbent.offer_bound(self.reduced.locked_cost, "all")
            return bool(np.isfinite(incumbent.value))
        everything = assign(model, np.ones(model.candidates, np.uint8), spare=False).weight
        incumbent.offer_bound(self.reduced.base + everything, "all")
        if limits.sites < 1:
            incumbent.offer_bound(incumbent.value, "all")
        return limits.sites < 1 or incumbent.gap_reached

    def _run(self, workers: int | None) -> None:
        model, incumbent, limits = self.reduced.model, self.incumbent, self.limits
        if self._is_decided():
            return
        entries = len(model.rows)
        with Crew(crew_size(entries, workers)) as crew:
            among = NO_LIMITS if limits is None else limits
            # a first plan, by which the bounds are scaled
            greedy = grown(model, limits, np.zeros(model.candidates, np.uint8))
            self.offer(greedy)
            self.fallback = self.reduced.chosen(greedy.plan)
            known = self.best if self.best is not None else greedy
            # bounds; the problem without capacities is solved beside them
            without = self._start_without_capacities(crew, known)
            bound = self.bound = self._bounded(crew, known)
            self._offer_bound(bound.bound, bound.source)
            # better plans, starting from the candidates that the fractional plan builds
            base = likely(model, bound.y, among)
            self.offer(grown(model, limits, base))
            if self._full(known) > FULL_SITES and entries <= CAREFUL_UP_TO and not model.has_rates:
                self.offer(greedy_by_flow(model, among, base, lambda: self.incumbent.clock.share > CAREFUL_SHARE))
            incumbent.note()
            self._take_without_capacities(without)
            # branch and bound where the model is small, then the search
            exact = self._start_exact(crew)
            if exact is not None:
                self._take_exact(exact)
            if self.best is not None and not incumbent.gap_reached:
                self._rounds(crew, bound, self.best)

    def _offer_bound(self, bound: float, source: str) -> None:
        """A bound of the model's own cost or weight."""
        self.incumbent.offer_bound(bound + (self.reduced.locked_cost if self.limits is None else self.reduced.base), source)

    def _bounded(self, crew: Crew, known: Assigned) -> LimitedBound:
        """By linear program where it is small, else by prices."""
        model, clock = self.reduced.model, self.incumbent.clock
        if len(model.rows) <= LINEAR_UP_TO:
            small = result_in_time(crew.submit(limited_relaxation, model, self.limits), clock, -0.5 * clock.time_limit_s)
            if small is not None:
                return cast(LimitedBound, small)
        rounds = int(np.clip(PRICE_WORK / (1 + len(model.rows)), 100, 800))
        if self.limits is None:
            cost = float(model.cost[known.plan > 0].sum()) if known.met else float(model.cost.sum())
            return least_cost_bound(model, cost, rounds, lambda: clock.share > BOUND_SHARE)
        return most_people_bound(model, self.limits, known.weight, rounds, lambda: clock.share > BOUND_SHARE)

    def _start_without_capacities(self, crew: Crew, known: Assigned) -> Future[Any] | None:
        """Start the problem without capacities, a bound for ours, where not many sites are full."""
        clock = self.incumbent.clock
        if self._full(known) > FULL_SITES or not self.reaches_all:
            return None
        seconds = UNLIMITED_SHARE * clock.time_limit_s
        work = None if clock.work_limit is None else max(1, clock.work_limit // 4)
        gap = self.incumbent.gap / 2
        unlimited = replace(self.problem, capacity=None) if self.limits is None else self.problem.without_limits()
        return crew.submit(_without_capacities, unlimited, self.limits, gap, seconds, work, self.seed, self.by_parts)

    def _full(self, known: Assigned) -> float:
        """Share of the sites of a plan that are full."""
        model, taken = self.reduced.model, np.flatnonzero(known.plan)
        load = np.bincount(np.repeat(np.arange(model.candidates), np.diff(model.start)), weights=known.carried, minlength=model.candidates)
        return float((load[taken] >= model.capacity[taken] * (1 - 1e-6)).mean()) if taken.size else 0.0

    def _take_without_capacities(self, pending: Future[Any] | None) -> None:
        answer = None if pending is None else result_in_time(pending, self.incumbent.clock, -0.5 * self.incumbent.clock.time_limit_s)
        if answer is None:
            return
        chosen, bound, refuted = answer
        self.incumbent.refute(refuted)
        self.incumbent.offer_bound(bound, "uncapacitated")
        self.offer(assign(self.reduced.model, np.isin(self.reduced.candidate, chosen).astype(np.uint8)))

    def _start_exact(self, crew: Crew) -> Future[Any] | None:
        clock, counted = self.incumbent.clock, self.incumbent.clock.work_limit is not None
        if self.incumbent.gap_reached or len(self.reduced.model.rows) > (EXACT_COUNTED_UP_TO if counted else EXACT_UP_TO):
            return None
        nodes = max(1, (clock.work_limit or 0) // 10) if counted else EXACT_NODES
        return crew.submit(limited_exact, self.reduced.model, self.limits, nodes, clock.left_s / 3)

    def _take_exact(self, pending: Future[Any]) -> None:
        answer = result_in_time(pending, self.incumbent.clock, -0.5 * GRACE_S)
        if answer is None:
            return
        bound, plan, refuted = answer
        self.incumbent.refute(refuted)
        self.offer(assign(self.reduced.model, plan | self.reduced.model.fixed))
        self._offer_bound(bound, "mip")

    def _rounds(self, crew: Crew, bound: LimitedBound, best: Assigned) -> None:
        """Ruin and recreate until the limit is reached; a flow assigns every better plan once more."""
        rounds = Rounds(self.reduced, self.limits, self.incumbent, bound, best, self.seed, crew)
        while rounds.near.size and not self.incumbent.clock.over and not self.incumbent.gap_reached:
            for plan, value in rounds.step():
                if value < rounds.known(self.best):
                    self.offer(assign(self.reduced.model, plan, spare=False))
            if rounds.is_cold:
                self.offer(assign(self.reduced.model, rounds.coldest))
                rounds.restart(self.best)
            self.incumbent.note()


def _without_capacities(
    problem: CoverProblem, limits: BuildLimits | None, gap: float, time_limit_s: float, work_limit: int | None, seed: int,
    by_parts: bool,
) -> tuple[Ints, float, int]:  # fmt: skip
    """The plan and the bound of a problem without capacities, computed in this process; and how many bounds were refuted."""
    clock = Clock(time_limit_s, work_limit)
    if limits is None:
        plan = least_cost(problem, clock, gap, seed, 0, by_parts)
    else:
        plan = most_people(problem, limits, clock, gap, seed, 0)
    return plan.chosen, plan.bound, plan.refuted_bounds
