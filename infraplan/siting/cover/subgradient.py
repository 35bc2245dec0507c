"""Bounds for models too large for a linear solver: prices of serving each class, improved by a subgradient. Any prices prove a bound.

With prices u_j >= 0 of being served, building and serving come apart: a candidate is built where cost_i < sum_{j in i} u_j, and the needs
are filled with the classes cheapest in u_j / weight_j, first each zone's, then the whole's (the needs are nested, so greedy is optimal).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.nested_needs import fill_needs
from infraplan.siting.cover.price_climb import Steps, climb
from infraplan.siting.cover.relaxation import Prices, Relaxation, cliques_of
from infraplan.siting.cover.stable_orders import ascending
from infraplan.siting.cover.tolerances import BOUND_ALLOWANCE

SMOOTHING = 0.9  # of the direction, against zigzag
STARTS = (1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.1)
PATIENCE = 8  # rounds without a better bound before steps are halved
RECENT = 0.1  # share of the newest plan in the average plan
FURTHER = 0.1  # size of the first steps when good prices are known
HIGHEST_PRICE = 3.0  # price of weight a plan leaves out, at most, in the plan's average


@kernel
def build_cheap(
    start: Ints, rows: Indices, cost: Floats, price: Floats, clique: Ints, paid: Floats, times: Floats, reduced: Floats
) -> float:  # fmt: skip
    """Build where it pays, one a clique at most: sum of the negative reduced costs.

    `times`: how often each class is then served; `paid`: the clique's price, what its cheapest candidate is below 0. `reduced` includes it.
    """
    total = 0.0
    times[:] = 0.0
    paid[:] = 0.0
    for i in range(len(cost)):
        r = cost[i]
        for p in range(start[i], start[i + 1]):
            r -= price[rows[p]]
        reduced[i] = r
        if clique[i] >= 0:
            paid[clique[i]] = max(paid[clique[i]], -r)
    for i in range(len(cost)):
        r, c = reduced[i], clique[i]
        if c >= 0:
            reduced[i] = r + abs(paid[c])
            if r >= 0 or paid[c] < 0 or r > -paid[c]:
                continue
            paid[c] = -paid[c]
        if r < 0:
            total += r
            for p in range(start[i], start[i + 1]):
                times[rows[p]] += 1.0
    for c in range(len(paid)):
        paid[c] = abs(paid[c])
    return total


@kernel
def greedy_prices(model: Model, plan: Flags) -> Floats:
    """What a plan pays for each class: the sites' cost, by weight, over the classes first served, cheapest sites first."""
    start, rows, weight, must, cost = model.start, model.rows, model.weight, model.must, model.cost
    price, paid = np.zeros(len(weight)), np.zeros(len(weight), np.uint8)
    typical = cost[plan > 0].sum() / max(1e-12, weight.sum())
    rate = np.full(len(cost), np.inf)
    for i in range(len(cost)):
        whole = 0.0
        for p in range(start[i], start[i + 1]):
            whole += weight[rows[p]] + (1.0 if must[rows[p]] else 0.0)
        if plan[i]:
            rate[i] = cost[i] / max(whole, 1e-12)
    highest = 0.0
    for i in np.argsort(rate):
        if not plan[i]:
            break
        fresh, musts = 0.0, 0.0
        for p in range(start[i], start[i + 1]):
            if not paid[rows[p]]:
                fresh += weight[rows[p]]
                musts += must[rows[p]]
        for p in range(start[i], start[i + 1]):
            j = rows[p]
            if not paid[j]:
                paid[j] = 1
                price[j] = cost[i] / musts if must[j] else (0.0 if musts > 0 else cost[i] * weight[j] / max(fresh, 1e-12))
        if musts == 0 and fresh > 0:
            highest = min(max(highest, cost[i] / fresh), HIGHEST_PRICE * typical)
    for j in range(len(weight)):
        if not paid[j]:
            price[j] = weight[j] * max(highest, typical)
    return price


def relax_by_subgradient(
    model: Model, plan: Flags, plan_cost: float, rounds: int, late: Callable[[], bool] = lambda: False
) -> Relaxation:  # fmt: skip
    """A bound from the prices a plan pays, scaled to where they prove most, improved for `rounds` or until it is `late`."""
    paid, dual = greedy_prices(model, plan), _Dual(model)
    return _climb(dual, paid * max(STARTS, key=lambda scale: dual.value(paid * scale)), 1.0, plan_cost, rounds, late)


def relax_further(model: Model, price: Floats, plan_cost: float, seconds: float) -> Relaxation:
    """A bound from known prices of serving, improved for `seconds` by smaller steps."""
    ends = time.monotonic() + seconds
    return _climb(_Dual(model), price, FURTHER, plan_cost, 1_000_000, lambda: time.monotonic() > ends)


def _climb(dual: _Dual, price: Floats, size: float, plan_cost: float, rounds: int, late: Callable[[], bool]) -> Relaxation:
    best_price, y = climb(dual, price, np.inf, plan_cost, Steps(SMOOTHING, PATIENCE, RECENT, size), rounds, late=late)
    best = dual.value(best_price)
    y = y if y.size else np.zeros(dual.model.candidates)
    return Relaxation(max(best, 0.0), Prices(best_price, dual.zone, dual.whole, dual.paid), dual.reduced, y, "lagrangian")


class _Dual:
    """The bound that prices prove, and what building and serving by these prices looks like."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.counted = np.flatnonzero((model.weight > 0) & (model.must == 0))
        self.clique = cliques_of(model)
        self.paid = np.zeros(int(self.clique.max(initial=-1)) + 1)
        self.served, self.times, self.reduced = np.zeros(model.classes), np.zeros(model.classes), np.zeros(model.candidates)
        self.whole, self.zone = 0.0, np.zeros(len(model.zone_need))

    def plan(self) -> Floats:
        """1 where building pays."""
        return (self.reduced <= 0).astype(np.float64)

    def slope(self) -> Floats:
        """How often each class is needed, less how often it is served."""
        return self.served - self.times

    def value(self, price: Floats) -> float:
        """The bound."""
        model = self.model
        ratio = price[self.counted] / model.weight[self.counted]
        order = self.counted[ascending(ratio)]
        filled, self.whole, self.zone = fill_needs(
            order, price, model.weight, model.zone, model.must, model.zone_need, model.rest, model.need, 0.0,
            self.served,
        )  # fmt: skip
        built = build_cheap(
            model.start, model.rows, model.cost, price, self.clique, self.paid, self.times, self.reduced
        )  # fmt: skip
        return float(filled + built - BOUND_ALLOWANCE * (filled - built))
