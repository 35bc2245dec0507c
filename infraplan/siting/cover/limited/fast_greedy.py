"""Plans of limited sites from scratch, fast: lazy greedy on what nobody carries, with rows handed on near each new site."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.greedy import PER_BUCKET, _pop, _second, _sift, is_free
from infraplan.siting.cover.limited.model import LimitedModel
from infraplan.siting.cover.limited.moves import LOG, is_met, promise, raise_site, relieve, serve, take_back, withdraw


@kernel
def grow_plan(
    model: LimitedModel, rare: Ints, owner: Indices, plan: Flags, sites: float, budget: float, most: bool
) -> tuple[Flags, Floats]:  # fmt: skip
    """Lazy greedy from a plan on: most promised per cost first, until every target is met or the limits are used up; then what is lightest
    for its cost goes, if others can carry it. The plan and what its entries carry.
    """
    start, rows, row_start, columns, entry = model.start, model.rows, model.row_start, model.columns, model.entry
    weight, zone, must, cost, capacity, fixed = model.weight, model.zone, model.must, model.cost, model.capacity, model.fixed
    place, ring = model.place, model.ring
    n, m = len(cost), len(weight)
    chosen, load, carried, filled = np.zeros(n, np.uint8), np.zeros(n), np.zeros(len(rows)), np.zeros(m)
    count, short, tally = np.zeros(m, np.int32), model.zone_need.copy(), np.zeros(8)
    standing = np.full(len(ring) * PER_BUCKET, -1)
    log_at, log_by, size = np.zeros(LOG, np.int64), np.zeros(LOG), np.zeros(2, np.int64)
    mark, seen = np.zeros(m, np.int64), np.zeros(n + 1, np.int64)
    gained, touched = np.zeros(len(short)), np.zeros(len(short), np.int64)
    tally[0], tally[4], tally[5] = model.need, 0.5 * model.slack, model.spacing_m * model.spacing_m
    for j in range(m):
        tally[1] += must[j]
    for g in range(len(short) - 1):
        tally[2] += short[g] > tally[4]
    attention = 1.0 + weight.sum() / max(1, m)
    price = np.maximum(cost, 1e-9 * (1.0 + cost.sum() / max(1, n)))
    heap = [(0.0, 0)]
    heap.clear()
    free, spent = 0, 0.0
    for i in range(n):
        if plan[i] or fixed[i]:
            heap.append((-np.inf, i))
        else:
            worth = promise(i, start, rows, weight, zone, must, capacity, count, filled, short, tally, attention, gained, touched)
            heap.append((-worth / price[i], i))
    heap.sort()
    while len(heap):
        size[0], size[1] = 0, 0
        key, i = heap[0]
        given = key == -np.inf
        if not given:
            if free >= sites or (is_met(tally) and not most):
                break
            worth = 0.0
            if spent + cost[i] <= budget and is_free(i, tally, place, ring, standing):
                worth = promise(i, start, rows, weight, zone, must, capacity, count, filled, short, tally, attention, gained, touched)
            if worth <= 0:
                _pop(heap)
                continue
            if len(heap) > 1 and worth / price[i] < -_second(heap) * (1 - 1e-12):
                heap[0] = (-worth / price[i], i)
                _sift(heap)
                continue
        _pop(heap)
        raise_site(i, True, start, rows, weight, must, cost, chosen, count, tally, place, standing, log_at, log_by, size)
        serve(i, start, rows, weight, zone, must, capacity, rare, load, carried, filled, short, tally, log_at, log_by, size)
        if capacity[i] > load[i]:
            relieve(
                i, start, rows, row_start, columns, weight, zone, must, capacity, chosen, load, carried, filled, short, tally,
                log_at, log_by, size, mark, seen,
            )  # fmt: skip
        if not fixed[i]:
            free += 1
            spent += cost[i]
    if most or not is_met(tally):
        return chosen, carried
    for i in np.argsort(load / price):
        if not chosen[i] or fixed[i]:
            continue
        size[0], size[1] = 0, 0
        withdraw(
            i, True, start, rows, row_start, columns, entry, weight, zone, must, cost, capacity, chosen, load, carried, filled,
            count, short, tally, place, standing, log_at, log_by, size,
        )  # fmt: skip
        if size[1] or not is_met(tally):
            take_back(
                0, start, rows, weight, zone, must, cost, owner, chosen, load, carried, filled, count, short, tally, place, standing,
                log_at, log_by, size,
            )  # fmt: skip
    return chosen, carried
