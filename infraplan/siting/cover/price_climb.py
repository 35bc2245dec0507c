"""Prices improved by a subgradient with a heavy ball: the one loop behind every bound that prices prove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from infraplan.arrays import Floats


class PricedBound(Protocol):
    """A bound as a function of prices. `value` is called first; the others then speak of the same prices."""

    def value(self, price: Floats) -> float:
        """The bound that these prices prove."""

    def slope(self) -> Floats:
        """The direction in which the bound rises."""

    def plan(self) -> Floats:
        """The candidates that are worth building, each 0..1."""


@dataclass(frozen=True)
class Steps:
    """How the prices move.

    `smoothing`: share of the last direction that is kept, against zigzag. `patience`: rounds without a better bound before steps are
    halved. `recent`: share of the newest plan in the average. `size`: of the first steps.
    """

    smoothing: float
    patience: int
    recent: float
    size: float = 1.0


def climb(
    bound: PricedBound, price: Floats, highest: Floats | float, known: float, steps: Steps, rounds: int, *,
    late: Callable[[], bool] = lambda: False, average: Floats | None = None,
) -> tuple[Floats, Floats]:  # fmt: skip
    """The best prices of `rounds`, or until it is `late`; and the average of the plans that the prices build.

    The bound rises towards `known`, the value of a known plan: both are negative where a bound on the most weight is to fall. Prices stay
    within 0..`highest`. `average` starts the average; by default the first plan does.
    """
    best, best_price, size, idle = -np.inf, price, steps.size, 0
    way = np.zeros(price.size)
    for _ in range(rounds):
        if late():
            break
        value = bound.value(price)
        if value > best:
            best, best_price, idle = value, price, 0
        else:
            idle += 1
            if idle >= steps.patience:
                size, idle, price, way = size / 2, 0, best_price, np.zeros(price.size)
                continue
        plan = bound.plan()
        average = plan if average is None else (1 - steps.recent) * average + steps.recent * plan
        way = (1 - steps.smoothing) * bound.slope() + steps.smoothing * way
        norm = float(way @ way)
        if norm <= 1e-12 or known - best <= 1e-9 * abs(known):
            break
        price = np.clip(price + size * max(known - value, 1e-4 * abs(known)) / norm * way, 0.0, highest)
    return best_price, np.zeros(0) if average is None else average
