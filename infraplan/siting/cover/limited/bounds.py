"""Bounds with limited sites: prices per unit of weight, improved by a subgradient. Any prices prove a bound.

With a price for serving each class, serving and building come apart. Serving fills the needs with the cheapest weight, zones first (they
lie inside the whole, so greedy is best). Building candidate i pays the fractional knapsack

    K_i = max sum_j price_j s_j    with  sum_j weight_j s_j <= capacity_i,  0 <= s_j <= 1,  j served by i

which takes the weight of the highest price first, so that one pass over all rows in descending price fills every knapsack at once. The best
prices prove as much as the linear program with x_ij <= weight_j y_i does; that is never less than the bound without capacities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from infraplan.arrays import Floats, Indices, Ints, kernel
from infraplan.siting.cover.build_limits import BuildLimits
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.nested_needs import fill_needs
from infraplan.siting.cover.price_climb import Steps, climb
from infraplan.siting.cover.stable_orders import ascending, descending_of
from infraplan.siting.cover.tolerances import BOUND_ALLOWANCE

STEPS = Steps(smoothing=0.7, patience=10, recent=0.05)
STARTS = (2.0, 1.5, 1.2, 1.0, 0.8, 0.65, 0.5, 0.3, 0.1)
BISECTIONS = 40


@dataclass(frozen=True)
class LimitedBound:
    """A proven bound, the penalty of each candidate, a fractional plan `y`, and how the bound was found.

    `penalty[i]`: no plan with candidate i is better than `bound` made worse by `penalty[i]`. `reduced_cost`, of the least cost: negative
    where the bound builds candidate i, by as much as it rises without it.
    """

    bound: float
    penalty: Floats
    y: Floats
    source: str
    reduced_cost: Floats = field(default_factory=lambda: np.zeros(0))


@kernel
def fill_knapsacks(
    order: Ints, price: Floats, load: Floats, row_start: Ints, columns: Indices, capacity: Floats, worth: Floats, taken: Floats
) -> None:  # fmt: skip
    """Every candidate's knapsack at once. `worth[i]`: the most that candidate i can carry is worth; `taken[q]`: the share of its class that
    the q-th of `columns` then carries. `order`: classes by descending price of load, those that load nobody first.
    """
    left = capacity.copy()
    worth[:] = 0.0
    taken[:] = 0.0
    for at in range(len(order)):
        j = order[at]
        if price[j] <= 0:
            continue
        w = load[j]
        for q in range(row_start[j], row_start[j + 1]):
            i = columns[q]
            if w <= left[i]:
                taken[q] = 1.0
                worth[i] += price[j]
                left[i] -= w
            elif left[i] > 0:
                taken[q] = left[i] / w
                worth[i] += price[j] * taken[q]
                left[i] = 0.0


@kernel
def shares_carried(row_start: Ints, columns: Indices, taken: Floats, built: Floats, share: Floats) -> None:
    """`share[j]`: how much of class j these (fractions of) candidates carry, in multiples of it, when each fills its knapsack."""
    for j in range(len(share)):
        share[j] = 0.0
        for q in range(row_start[j], row_start[j + 1]):
            share[j] += built[columns[q]] * taken[q]


class _Dual:
    """What prices prove, and how building and serving by these prices differ."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.load = model.load
        self.priced = np.flatnonzero((self.load > 0) | (model.weight > 0))
        self.loading, self.light = self.load > 0, np.flatnonzero(self.load == 0)
        self.counted = (model.weight > 0) & (model.must == 0)
        self.worth, self.share, self.needed = np.zeros(model.candidates), np.zeros(model.classes), np.zeros(model.classes)
        self.taken = np.zeros(len(model.rows))
        self.built, self.penalty = np.zeros(model.candidates), np.zeros(model.candidates)
        self.money = 0.0

    def _value_sites(self, price: Floats) -> Ints:
        """Worth of every candidate; the classes by ascending price of a unit of weight."""
        model = self.model
        unit = np.divide(price, model.weight, out=np.zeros(model.classes), where=model.weight > 0)[self.priced]
        rising = ascending(unit)
        falling = self.priced[descending_of(rising, unit)]
        order = np.concatenate([self.light, falling[self.loading[falling]]])
        fill_knapsacks(order, price, self.load, model.row_start, model.columns, model.capacity, self.worth, self.taken)
        return self.priced[rising]

    def slope(self) -> Floats:
        """Share needed minus share carried, of each class, at the prices valued last."""
        shares_carried(self.model.row_start, self.model.columns, self.taken, self.built, self.share)
        return self.needed - self.share

    def plan(self) -> Floats:
        """The candidates that the prices build."""
        return self.built


class _LeastCost(_Dual):
    """The bound on the cost."""

    def value(self, price: Floats) -> float:
        """No plan costs less."""
        model = self.model
        order = self._value_sites(price)
        order = order[self.counted[order]]
        filled, _, _ = fill_needs(
            order, price, model.weight, model.zone, model.must, model.zone_need, model.rest, model.need, model.slack,
            self.needed,
        )  # fmt: skip
        self.penalty = model.cost - self.worth
        self.built = (self.penalty < 0).astype(np.float64)
        paid = float(np.minimum(self.penalty, 0.0).sum())
        return float(filled + paid - BOUND_ALLOWANCE * (filled - paid))


class _MostWorth(_Dual):
    """The bound on the worth within limits; negative, so that it rises while it improves. Classes cost up to their worth here."""

    def __init__(self, model: Model, limits: BuildLimits) -> None:
        super().__init__(model)
        self.limits, self.most = limits, model.worth

    def value(self, price: Floats) -> float:
        """Minus what no plan within the limits exceeds."""
        model, limits = self.model, self.limits
        self._value_sites(price)
        self.needed = (price < self.most).astype(np.float64)
        fixed = model.fixed > 0
        worth = np.where(fixed, 0.0, self.worth)
        self.money = _price_of_money(worth, model.cost, limits)
        profit = np.maximum(worth - self.money * model.cost, 0.0)
        count = int(min(limits.sites, worth.size))
        best = np.argsort(-profit, kind="stable")[:count]
        site = float(profit[best[-1]]) if 0 < count < worth.size else 0.0
        self.built = _within(worth, model.cost, limits, self.money, best)
        self.built[fixed] = 1.0
        self.penalty = np.where(fixed, 0.0, np.maximum(site - (worth - self.money * model.cost), 0.0))
        total = float((self.most - price).sum() + self.worth[fixed].sum() + profit[best].sum())
        total += self.money * limits.budget if self.money > 0 else 0.0
        return -(total + BOUND_ALLOWANCE * (total + float(self.most.sum())))


def _price_of_money(worth: Floats, cost: Floats, limits: BuildLimits) -> float:
    """The price of a unit of the budget that proves least: where what is worth building costs just the budget."""
    if not np.isfinite(limits.budget) or not worth.size:
        return 0.0
    count = int(min(limits.sites, worth.size))

    def spent(money: float) -> float:
        profit = worth - money * cost
        best = np.argpartition(-profit, count - 1)[:count] if 0 < count < worth.size else np.arange(worth.size)[:count]
        return float(cost[best][profit[best] > 0].sum())

    if spent(0.0) <= limits.budget:
        return 0.0
    low, high = 0.0, float((worth / np.maximum(cost, 1e-12)).max()) + 1e-12
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if spent(middle) > limits.budget else (low, middle)
    return high


def _within(worth: Floats, cost: Floats, limits: BuildLimits, money: float, best: Ints) -> Floats:
    """Candidates worth building at this price of money, the last in part so that the budget is used up."""
    built = np.zeros(worth.size)
    pays = best[(worth - money * cost)[best] > 0]
    built[pays] = 1.0
    left = limits.budget - float(cost[pays].sum())
    if money > 0 and left > 0 and pays.size < limits.sites:
        close = np.where(built > 0, np.inf, np.abs(worth - money * cost))
        k = int(np.argmin(close))
        if np.isfinite(close[k]) and cost[k] > 0:
            built[k] = min(1.0, left / cost[k])
    return built


def least_cost_bound(
    model: Model, plan_cost: float, rounds: int, late: Callable[[], bool] = lambda: False
) -> LimitedBound:  # fmt: skip
    """No plan costs less. `plan_cost`: that of a plan known. Spacing is left out, which keeps the bound valid."""
    dual = _LeastCost(model)
    carried = float(model.weight[model.must > 0].sum()) + max(model.need, float(model.zone_need[: model.rest].sum()))
    carried += float(model.zone_need[model.rest + 1 :].sum())
    first = np.where(model.weight > 0, model.weight, float(model.weight.mean())) * plan_cost / max(carried, 1e-12)
    price = first * max(STARTS, key=lambda scale: dual.value(first * scale))
    best, y = climb(dual, price, np.inf, plan_cost, STEPS, rounds, late=late, average=dual.plan())
    bound = dual.value(best)
    return LimitedBound(max(bound, 0.0), np.maximum(dual.penalty, 0.0), y, "lagrangian", dual.penalty.copy() if bound > 0 else np.zeros(0))


def most_people_bound(
    model: Model, limits: BuildLimits, plan_weight: float, rounds: int, late: Callable[[], bool] = lambda: False
) -> LimitedBound:  # fmt: skip
    """What no plan within the limits carries is worth more. `plan_weight`: what that of a plan known is worth."""
    dual, most = _MostWorth(model, limits), model.worth
    price = most * max(STARTS[3:], key=lambda scale: dual.value(most * scale))
    best, y = climb(dual, price, most, -plan_weight, STEPS, rounds, late=late, average=dual.plan())
    return LimitedBound(-dual.value(best), dual.penalty, y, "lagrangian")
