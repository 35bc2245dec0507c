"""Plans from scratch: greedy in a given order, and lazy greedy by useful weight per cost."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Flags, Ints, kernel
from infraplan.siting.cover.heap import drop_top, replace_top, second_key
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.state import build, drop_needless, empty_plan, is_free, is_met, useful_weight

TIE = 1e-12
"""Relative difference of two keys below which they are equal."""


@kernel
def ordered_greedy(model: Model, order: Ints) -> tuple[Flags, bool]:
    """Take candidates in this order while they help, then drop needless ones, most expensive first. The plan, and whether it meets all."""
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, occupied = empty_plan(model)
    gained, touched = np.zeros(len(short)), np.zeros(len(short), np.int64)
    for q in range(len(order)):
        if is_met(tally):
            break
        i = order[q]
        if not is_free(i, tally, place, ring, occupied):
            continue
        if useful_weight(i, start, rows, weight, zone, must, count, short, tally, 1.0, gained, touched) > 0:
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
    if is_met(tally):
        drop_needless(np.argsort(-cost), start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
    return chosen, is_met(tally)


@kernel
def lazy_greedy(model: Model) -> tuple[Flags, bool]:
    """Most useful weight per cost first, then as `ordered_greedy`. The plan, and whether it meets all.

    What a candidate adds (nearly) only falls while others are built. So an old value is a bound from above, and only the top of the heap
    has to be computed again (Minoux, 1978).
    """
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, occupied = empty_plan(model)
    gained, touched = np.zeros(len(short)), np.zeros(len(short), np.int64)
    must_worth = 1.0 + weight.sum() / max(1, len(weight))
    price = cost + 1e-9 * (1.0 + cost.sum() / max(1, len(cost)))
    heap = [(0.0, 0)]  # numba infers the type of a list from its entries
    heap.clear()
    for i in range(len(cost)):
        worth = useful_weight(i, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched)
        heap.append((-worth / price[i], i))
    heap.sort()
    while len(heap) and not is_met(tally):
        i = heap[0][1]
        worth = 0.0
        if is_free(i, tally, place, ring, occupied):
            worth = useful_weight(i, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched) / price[i]
        if worth <= 0:
            drop_top(heap)
        elif len(heap) == 1 or worth >= -second_key(heap) * (1 - TIE):
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
            drop_top(heap)
        else:
            replace_top(heap, -worth, i)
    if is_met(tally):
        drop_needless(np.argsort(-cost), start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
    return chosen, is_met(tally)
