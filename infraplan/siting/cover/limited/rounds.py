"""Rounds of ruin and recreate with limited sites, cooling in cycles of doubling length; large models by two chains side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from infraplan.arrays import Flags, Floats
from infraplan.siting.cover.build_limits import NO_LIMITS, BuildLimits
from infraplan.siting.cover.incumbent import Incumbent
from infraplan.siting.cover.limited.bounds import LimitedBound
from infraplan.siting.cover.limited.flow_greedy import Assigned, assign, greedy_by_flow
from infraplan.siting.cover.limited.greedy import grow_plan
from infraplan.siting.cover.limited.ruin_and_recreate import rebuild_around
from infraplan.siting.cover.model import Model, Reduced
from infraplan.siting.cover.neighbourhoods import NEIGHBOURS, nearest_of, neighbours
from infraplan.siting.cover.random_numbers import SEEDS
from infraplan.siting.cover.workers import INLINE_UP_TO, Crew, result_in_time

STEP_WORK = 600_000_000
"""Iterations of a step times entries of the model: a step takes about as long for any model."""
FIRST_CYCLE = 10_000
"""Iterations of the first cooling cycle."""
HOT, COLD = 0.09, 0.0045
"""Temperatures at the start and the end of a cycle, in mean costs (or loads) of a site."""
NEAR_COST = 0.15
"""Greatest penalty of a candidate worth searching, in mean costs of a site."""
CHAIN_SEEDS = 500_000
"""Distance between the seeds of two chains: more than a chain has steps."""
GRACE_S = 1.5
"""Time a child gets to hand back its result. [s]"""


class Rounds:
    """The chains: plans with what their entries carry."""

    def __init__(
        self, reduced: Reduced, limits: BuildLimits | None, incumbent: Incumbent, bound: LimitedBound, best: Assigned, seed: int,
        crew: Crew,
    ) -> None:  # fmt: skip
        model = reduced.model
        self.model, self.limits, self.incumbent, self.seed, self.crew = model, limits, incumbent, seed, crew
        sites = max(1, int(best.plan.sum()))
        self.mean = float(model.cost[model.fixed == 0].mean()) if limits is None else best.weight / sites
        self.mean = max(self.mean, 1e-9)
        near_cost = NEAR_COST * (self.mean if limits is None else 2 * self.mean)
        pool = np.flatnonzero((bound.penalty <= near_cost) | (bound.y > 1e-3) | (best.plan > 0))
        at = reduced.position_m
        self.near = neighbours(model, None) if at is None else nearest_of(at, pool, NEIGHBOURS)
        chains = 2 if len(model.rows) > INLINE_UP_TO else 1
        self.state: list[tuple[Flags, Floats]] = [(best.plan, best.carried)] * chains
        self.cycle, self.done, self.steps = FIRST_CYCLE, 0, 0

    @property
    def is_cold(self) -> bool:
        """A cycle ends here."""
        return self.done >= self.cycle

    @property
    def coldest(self) -> Flags:
        """The last plan of the first chain."""
        return self.state[0][0]

    def known(self, best: Assigned | None) -> float:
        """Cost of a plan, or minus its weight."""
        if best is None:
            return np.inf
        return -best.weight if self.limits is not None else float(self.model.cost[best.plan > 0].sum())

    def step(self) -> list[tuple[Flags, float]]:
        """A step of each chain, or as many iterations as the limit leaves. The best plan of each, and its cost or minus its weight."""
        clock, chains = self.incumbent.clock, len(self.state)
        count = min(int(np.clip(STEP_WORK / len(self.model.rows), 200, 2_000)), self.cycle - self.done)
        if clock.work_limit is not None:
            count = min(count, -((clock.work - clock.work_limit) // chains))
        hot, cold = (self.mean * HOT * (COLD / HOT) ** (at / self.cycle) for at in (self.done, self.done + count))
        jobs = [self._job(chain, count, hot, cold) for chain in range(chains)]
        pending = [self.crew.submit(rebuild_around, *job) for job in jobs[1:]]
        found = [rebuild_around(*jobs[0])]
        found += [one for future in pending if (one := result_in_time(future, clock, GRACE_S)) is not None]
        self.steps += 1
        self.done += count
        clock.work += count * len(found)
        self.state = [(last, carried) for _, _, last, carried, _ in found]
        sense = 1.0 if self.limits is None else -1.0
        return [(best, sense * value) for best, _, _, _, value in found]

    def restart(self, best: Assigned | None) -> None:
        """All chains go on from the best plan, in a cycle twice as long."""
        if best is not None:
            self.cycle, self.done = 2 * self.cycle, 0
            self.state = [(best.plan, best.carried)] * len(self.state)

    def _job(self, chain: int, count: int, hot: float, cold: float) -> tuple[Any, ...]:
        plan, carried = self.state[chain]
        limits = NO_LIMITS if self.limits is None else self.limits
        seed = self.seed * SEEDS + self.steps + CHAIN_SEEDS * chain
        return (
            self.model, self.near, plan, carried, float(limits.sites), float(limits.budget), self.limits is not None,
            count, seed, hot, cold,
        )  # fmt: skip


def grown(model: Model, limits: BuildLimits | None, base: Flags) -> Assigned:
    """A plan by the fast greedy, from a base on; finished by exact flows where that leaves a target short."""
    most, among = limits is not None, NO_LIMITS if limits is None else limits
    plan, _ = grow_plan(model, base, float(among.sites), float(among.budget), most)
    found = assign(model, plan, spare=False)
    return found if found.met or most else greedy_by_flow(model, among, plan)
