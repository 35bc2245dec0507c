"""The search for a cheaper plan, in chunks short enough to stop at any time."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Flags, Floats, Ints
from infraplan.siting.cover.incumbent import Incumbent
from infraplan.siting.cover.model import Model, Reduced, restrict
from infraplan.siting.cover.neighbourhoods import neighbours
from infraplan.siting.cover.random_numbers import SEEDS
from infraplan.siting.cover.relaxation import Relaxation, unit_price
from infraplan.siting.cover.ruin_and_recreate import ruin_and_recreate

CHUNK = 10_000
"""Iterations between two looks at the clock, at most."""
FIRST_CYCLE, GROWTH = 60_000, 4
"""Iterations of the first cooling cycle, and how much longer each next one is."""
HOT, COLD = 0.09, 0.0045
"""Temperatures at the start and the end of a cycle, in mean costs of a site."""
SURPLUS_VALUE = 0.95
"""What weight served beyond the needs is worth, as a share of the relaxation's price for it."""
LARGE_ZONE = 200
"""Sites from which a zone's surplus counts like the whole's: in a small zone it seldom makes a site needless."""
NEAR_COST = 0.05
"""Greatest reduced cost of a candidate worth searching, in mean costs of a site."""


class Annealing:
    """Ruin and recreate in cycles of growing length, each from the best plan known: good early, better late.

    Only promising candidates take part: cheap in reduced cost, in the fractional plan, or in the plan so far.
    """

    def __init__(self, reduced: Reduced, incumbent: Incumbent, relaxation: Relaxation, seed: int) -> None:
        self.reduced, self.incumbent, self.seed = reduced, incumbent, seed
        mean = float(reduced.model.cost.mean())
        margin = min(NEAR_COST * mean, max(incumbent.value - incumbent.bound, 0.0))
        chosen = incumbent.chosen_in(reduced.candidate)
        self.keep = np.flatnonzero((relaxation.reduced_cost <= margin) | (relaxation.y > 1e-6) | (chosen > 0))
        self.model = restrict(reduced.model._replace(value=_values(reduced.model, relaxation, mean)), self.keep, reduced.position_m)
        self.near = neighbours(self.model, None if reduced.position_m is None else reduced.position_m[self.keep])
        self.plan: Flags = chosen[self.keep]
        self.mean = float(self.model.cost[self.plan > 0].mean()) if self.plan.any() else mean
        self.cycle, self.done, self.chunks = FIRST_CYCLE, 0, 0
        self.began = incumbent.clock.seconds, incumbent.clock.work

    def run(self, iterations: int) -> None:
        """`iterations` steps, or as many as the limit leaves."""
        clock = self.incumbent.clock
        while iterations > 0 and not clock.over and not self.incumbent.gap_reached:
            steps = min(CHUNK, iterations, self.cycle - self.done)
            if clock.work_limit is not None:
                steps = min(steps, clock.work_limit - clock.work)
            hot, cold = (self.mean * HOT * (COLD / HOT) ** (at / self.cycle) for at in (self.done, self.done + steps))
            best, self.plan, _ = ruin_and_recreate(self.model, self.near, self.plan, steps, self.seed * SEEDS + self.chunks, hot, cold)
            self._offer(best)
            clock.work += steps
            iterations -= steps
            self.chunks += 1
            self.done += steps
            if self.done >= self.cycle:
                self.cycle, self.done = clock.next_cycle(GROWTH * self.cycle, self.began), 0
                self.plan = self.incumbent.chosen_in(self.reduced.candidate[self.keep])

    def _offer(self, plan: Flags) -> None:
        picked: Ints = self.keep[np.flatnonzero(plan)]
        cost = self.reduced.locked_cost + float(self.reduced.model.cost[picked].sum())
        self.incumbent.offer_plan(np.concatenate([self.reduced.locked, self.reduced.candidate[picked]]), cost)


def _values(model: Model, relaxation: Relaxation, mean: float) -> Floats:
    """What serving each class is worth to the search, in cost."""
    prices = relaxation.prices
    sites = prices.zone * model.zone_need / max(mean, 1e-12)
    zone = prices.zone * np.minimum(1.0, sites / LARGE_ZONE)
    return np.asarray(SURPLUS_VALUE * unit_price(model, zone, prices.whole) * model.weight)
