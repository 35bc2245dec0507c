"""The cheapest way to fill needs that lie inside each other: first each zone's, then the whole's. Part of every price bound."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel


@kernel
def fill_needs(
    order: Ints, price: Floats, weight: Floats, zone: Indices, must: Flags, zone_need: Floats, rest: int, need: float, granted: float,
    share: Floats,
) -> tuple[float, float, Floats]:  # fmt: skip
    """The least that serving enough costs at a price for each class; also the marginal price of the whole, and of each zone beyond it (of a
    separate zone, one after `rest`: all of its price).

    `order`: classes by ascending price of a unit of weight; greedy is best, for the zones lie inside the whole. `granted` is taken off
    every need (and every must that has weight): a target counts as met when no more is missing. `share` is set to what is served of each
    class.
    """
    left = zone_need - granted
    marginal, total, missing, highest = np.zeros(len(zone_need)), 0.0, need - granted, 0.0
    for j in range(len(price)):
        share[j] = 0.0
        if must[j]:
            share[j] = 1.0
            total += price[j] * (max(0.0, 1.0 - granted / weight[j]) if weight[j] > 0 else 1.0)
    for q in range(len(order)):
        j = order[q]
        g = zone[j]
        if g != rest and left[g] > 0 and not must[j]:
            share[j] = min(1.0, left[g] / weight[j])
            left[g] -= weight[j] * share[j]
            if g < rest:
                missing -= weight[j] * share[j]
            total += price[j] * share[j]
            marginal[g] = price[j] / weight[j]
    for q in range(len(order)):
        j = order[q]
        if missing <= 0:
            break
        if share[j] < 1.0 and not must[j] and zone[j] <= rest:
            more = min(1.0 - share[j], missing / weight[j])
            share[j] += more
            missing -= weight[j] * more
            total += price[j] * more
            highest = price[j] / weight[j]
    for g in range(rest + 1):
        marginal[g] = max(marginal[g] - highest, 0.0)
    return total, highest, marginal
