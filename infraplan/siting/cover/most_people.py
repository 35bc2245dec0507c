"""The most weight within a budget or a number of sites, and what no plan within them can exceed."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from infraplan.arrays import Flags, Ints
from infraplan.siting.cover.build_limits import BuildLimits
from infraplan.siting.cover.cover_check import check_cover
from infraplan.siting.cover.cover_plan import CoverPlan
from infraplan.siting.cover.exact import most_people_exact
from infraplan.siting.cover.incumbent import Clock, Incumbent
from infraplan.siting.cover.model import Model, Reduced
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.random_numbers import SEEDS
from infraplan.siting.cover.reachable_targets import reachable_targets
from infraplan.siting.cover.reduction import reduce_for_most_people, restrict_and_merge
from infraplan.siting.cover.swaps import swap_search
from infraplan.siting.cover.upper_bounds import UpperBound, upper_bound_by_size, upper_bound_by_subgradient
from infraplan.siting.cover.workers import Crew, crew_size, result_in_time

CHUNK = 10_000
"""Swaps between two looks at the clock, at most."""
PAIRED = (20_000, 1_000_000)
"""Entries of models that two chains search: smaller ones gain little, for larger ones the second copy costs too much memory."""
HOT, COLD = 0.08, 0.0016
"""Temperatures at the start and the end of a cycle, in mean weights of a site."""
CYCLE, GROWTH, LONGEST_CYCLE = 40_000, 2, 400_000
"""Swaps of the first cycle, how much longer each next one is, and swaps of a cycle at most."""
NEAR_WEIGHT = 0.2
"""Greatest penalty of a candidate worth searching, in mean weights of a site."""
EXACT_UP_TO, EXACT_COUNTED_UP_TO, EXACT_NODES = 60_000, 8_000, 100_000
"""Entries of a model for branch and bound, the same where its work is counted, and its nodes at most."""
UPPER_BOUND_SHARE = 0.7
"""Share of the time that the linear solver gets for the upper bound."""
CHAIN_SEEDS = 500_000
"""Distance between the seeds of two chains: more than a chain has chunks."""
GRACE_S = 1.5
"""Time a child gets to hand back its result. [s]"""


def most_people(
    problem: CoverProblem, limits: BuildLimits, clock: Clock, gap: float, seed: int, workers: int | None, start: Ints | None = None
) -> CoverPlan:  # fmt: skip
    """The answer of `max_cover` where every candidate can carry all that it serves. `start`: a plan within the limits."""
    targets = reachable_targets(problem)
    reduced = reduce_for_most_people(problem, targets, costly=limits.has_budget)
    incumbent = Incumbent(problem, targets.certificate, -1, gap, reduced.unit, clock)
    incumbent.offer_plan(reduced.locked, reduced.base)
    if start is not None:
        incumbent.offer_plan(start, check_cover(problem, start).weight)
    interrupted = False
    try:
        _search(reduced, limits, incumbent, seed, workers)
    except KeyboardInterrupt:
        interrupted = True
    return incumbent.plan(met=True, interrupted=interrupted)


def _search(reduced: Reduced, limits: BuildLimits, incumbent: Incumbent, seed: int, workers: int | None) -> None:
    """A greedy plan, an upper bound in a child while swaps go on here, then swaps and branch and bound on the candidates worth it."""
    model, clock, base = reduced.model, incumbent.clock, reduced.base
    everything = float(model.weight.sum())
    incumbent.offer_bound(base if limits.sites < 1 else base + everything, "all")
    if everything <= 0 or limits.sites < 1:
        return
    swaps = Swaps(reduced, model, np.arange(model.candidates), limits, incumbent, seed)
    swaps.run(0)
    if incumbent.gap_reached:
        return
    with Crew(crew_size(len(model.rows), workers)) as crew:
        pending = crew.submit(upper_bound_by_size, model, limits, (incumbent.chosen_in(reduced.candidate), incumbent.value - base))
        while clock.work_limit is None and not pending.done() and clock.share < UPPER_BOUND_SHARE:
            swaps.run(swaps.chunk // 10 + 1)
        upper = pending.result() if clock.work_limit is not None or pending.done() else None
        if upper is None:
            upper = upper_bound_by_subgradient(model, limits, incumbent.chosen_in(reduced.candidate), incumbent.value - base)
        incumbent.offer_bound(base + upper.bound, upper.source)
        incumbent.note()
        exact = _start_exact(reduced, upper, limits, incumbent, crew)
        mean = upper.bound / max(1.0, float(upper.y.sum()))
        near = np.minimum(base + upper.bound - incumbent.value, NEAR_WEIGHT * mean)
        keep = np.flatnonzero((upper.penalty <= near) | (upper.y > 1e-4) | (incumbent.chosen_in(reduced.candidate) > 0))
        swaps = Swaps(reduced, restrict_and_merge(model, keep, reduced.position_m), keep, limits, incumbent, seed, crew)
        while not clock.over and not incumbent.gap_reached:
            swaps.run(swaps.chunk)
            if exact is not None and clock.work_limit is None and exact.done():
                exact.offer(clock)
                exact = None
        if exact is not None and not incumbent.gap_reached:
            exact.offer(clock)
        incumbent.note()


@dataclass
class PendingExact:
    """Branch and bound under way in a child, on the candidates that a plan as good as the best so far may contain."""

    future: Future[tuple[float, Flags, float, bool]]
    candidates: Ints
    locked: Ints
    base: float
    incumbent: Incumbent

    def done(self) -> bool:
        """The child has finished."""
        return self.future.done()

    def offer(self, clock: Clock) -> None:
        """Hand what came out to the incumbent; wait for it as long as the clock allows."""
        answer = result_in_time(self.future, clock, GRACE_S)
        if answer is None:
            return
        bound, plan, weight, refuted = answer
        self.incumbent.refute(refuted)
        if weight >= 0:
            self.incumbent.offer_plan(np.concatenate([self.locked, self.candidates[np.flatnonzero(plan)]]), self.base + weight)
        self.incumbent.offer_bound(self.base + bound, "mip")


def _start_exact(reduced: Reduced, upper: UpperBound, limits: BuildLimits, incumbent: Incumbent, crew: Crew) -> PendingExact | None:
    """Start branch and bound, if what is left is small enough."""
    keep = np.flatnonzero(reduced.base + upper.bound - upper.penalty >= incumbent.value - 1e-6)
    model = restrict_and_merge(reduced.model, keep, reduced.position_m)
    clock = incumbent.clock
    counted = clock.work_limit is not None
    if len(model.rows) > (EXACT_COUNTED_UP_TO if counted else EXACT_UP_TO) or clock.left_s < 2 * GRACE_S:
        return None
    start = incumbent.chosen_in(reduced.candidate[keep])
    nodes = max(1, (clock.work_limit or 0) // 500) if counted else EXACT_NODES
    future = crew.submit(most_people_exact, model, limits, start, nodes, clock.left_s - GRACE_S)
    return PendingExact(future, reduced.candidate[keep], reduced.locked, reduced.base, incumbent)


class Swaps:
    """The search in chunks, cooling in cycles of growing length: one chain here and, given a crew, another in a child."""

    def __init__(
        self, reduced: Reduced, model: Model, keep: Ints, limits: BuildLimits, incumbent: Incumbent, seed: int,
        crew: Crew | None = None,
    ) -> None:  # fmt: skip
        self.reduced, self.model, self.keep, self.limits = reduced, model, keep, limits
        self.base, self.incumbent, self.seed, self.crew = reduced.base, incumbent, seed, crew
        chains = 2 if crew is not None and PAIRED[0] < len(model.rows) < PAIRED[1] else 1
        self.plans = [incumbent.chosen_in(reduced.candidate[keep])] * chains
        self.chunks, self.cycle, self.done = 0, CYCLE, 0
        self.began = incumbent.clock.seconds, incumbent.clock.work

    @property
    def chunk(self) -> int:
        """Swaps that take about a third of a second."""
        entries, candidates, classes = len(self.model.rows), self.model.candidates, max(1, self.model.classes)
        return int(np.clip(2e8 / (candidates + 4 * entries**2 / (candidates * classes)), 50, CHUNK))

    def run(self, steps: int) -> None:
        """`steps` swaps in each chain, or as many as the limit leaves."""
        incumbent, clock = self.incumbent, self.incumbent.clock
        if clock.work_limit is not None:
            steps = min(steps, -((clock.work - clock.work_limit) // len(self.plans)))
        gained = max(incumbent.value - self.base, 0.01 * float(self.model.weight.sum()))
        mean = gained / max(1, incumbent.chosen.size - self.reduced.locked.size or 50)
        if self.done >= self.cycle:
            self.cycle, self.done = clock.next_cycle(min(GROWTH * self.cycle, LONGEST_CYCLE), self.began, len(self.plans)), 0
        steps = min(steps, self.cycle - self.done)
        hot, cold = (mean * HOT * (COLD / HOT) ** (at / self.cycle) for at in (self.done, self.done + steps))
        sites = int(min(self.limits.sites, self.model.candidates))
        seed = self.seed * SEEDS + self.chunks
        pending = [
            self.crew.submit(swap_search, self.model, plan, sites, self.limits.budget, steps, seed + CHAIN_SEEDS * chain, hot, cold)
            for chain, plan in enumerate(self.plans[1:], 1)
            if self.crew is not None
        ]
        found = [swap_search(self.model, self.plans[0], sites, self.limits.budget, steps, seed, hot, cold)]
        found += [one for future in pending if (one := result_in_time(future, clock, GRACE_S)) is not None]
        self.chunks += 1
        self.done += steps
        clock.work += steps * len(found)
        self.plans = [last for _, last, _ in found]
        for best, _, weight in found:
            picked = self.reduced.candidate[self.keep[np.flatnonzero(best)]]
            incumbent.offer_plan(np.concatenate([self.reduced.locked, picked]), self.base + weight)
