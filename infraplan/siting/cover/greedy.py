"""Plans from scratch: lazy greedy, greedy in a given order, and the removal of what is not needed.

The leaf kernels take bare arrays, in one fixed order: numba counts references at every attribute of a tuple, which doubles a search's time.
    start, rows, weight, zone, must, cost        the model (see `Model`)
    chosen, count, short, tally                  the plan: candidates in it, times each class is served, need left per zone, and
                                                 tally = [whole need left, must classes unserved, zones short, cost, slack, spacing squared,
                                                 value served]
    value                                        what serving each class is worth to a search beyond its duty, in cost
    place, ring, standing                        x, y and bucket of each candidate, the nine buckets around each bucket, who stands in each
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import Model

PER_BUCKET = 4  # points at least one spacing apart in a square a hair wider than it: four corners


@kernel
def fresh(model: Model) -> tuple[Flags, Indices, Floats, Floats, Ints]:
    """Nothing is built: chosen, count, short, tally, standing."""
    tally = np.zeros(7)
    tally[0], tally[4], tally[5] = model.need, model.slack, model.spacing_m * model.spacing_m
    for j in range(len(model.weight)):
        tally[1] += model.must[j]
    for g in range(len(model.zone_need)):
        if model.zone_need[g] > model.slack:
            tally[2] += 1
    standing = np.full(len(model.ring) * PER_BUCKET, -1)
    return np.zeros(len(model.cost), np.uint8), np.zeros(len(model.weight), np.int32), model.zone_need.copy(), tally, standing


@kernel
def is_free(i: int, tally: Floats, place: Floats, ring: Ints, standing: Ints) -> bool:
    """No chosen candidate is closer to i than the spacing."""
    if tally[5] <= 0:
        return True
    home = int(place[i, 2])
    for q in range(9):
        b = ring[home, q]
        if b < 0:
            continue
        for slot in range(PER_BUCKET * b, PER_BUCKET * (b + 1)):
            k = standing[slot]
            if k >= 0 and k != i:
                dx, dy = place[k, 0] - place[i, 0], place[k, 1] - place[i, 1]
                if dx * dx + dy * dy < tally[5]:
                    return False
    return True


@kernel
def stand(i: int, on: bool, place: Floats, standing: Ints) -> None:
    """Note that i stands, or no longer."""
    first = PER_BUCKET * int(place[i, 2])
    for slot in range(first, first + PER_BUCKET):
        if on and standing[slot] < 0:
            standing[slot] = i
            return
        if not on and standing[slot] == i:
            standing[slot] = -1
            return


@kernel
def build(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, standing: Ints,
) -> None:  # fmt: skip
    """Add candidate i."""
    chosen[i] = 1
    tally[3] += cost[i]
    if tally[5] > 0:
        stand(i, True, place, standing)
    slack = tally[4]
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        if count[j] == 0:
            g = zone[j]
            left = short[g] - weight[j]
            if short[g] > slack and left <= slack:
                tally[2] -= 1
            short[g] = left
            tally[0] -= weight[j]
            tally[1] -= must[j]
            tally[6] += value[j]
        count[j] += 1


@kernel
def remove(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, standing: Ints,
) -> None:  # fmt: skip
    """Take candidate i away."""
    chosen[i] = 0
    tally[3] -= cost[i]
    if tally[5] > 0:
        stand(i, False, place, standing)
    slack = tally[4]
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        count[j] -= 1
        if count[j] == 0:
            g = zone[j]
            left = short[g] + weight[j]
            if short[g] <= slack and left > slack:
                tally[2] += 1
            short[g] = left
            tally[0] += weight[j]
            tally[1] += must[j]
            tally[6] -= value[j]


@kernel
def is_met(tally: Floats) -> bool:
    """Every target is met."""
    return bool(tally[0] <= tally[4] and tally[1] < 0.5 and tally[2] < 0.5)


@kernel
def useful_weight(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags,
    count: Indices, short: Floats, tally: Floats, must_worth: float, gained: Floats, touched: Ints,
) -> float:  # fmt: skip
    """Weight candidate i adds toward targets still short, each must class counting `must_worth`. `gained`: zeros per zone, left so."""
    slack = tally[4]
    whole, zones, musts, used = 0.0, 0.0, 0.0, 0
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        if count[j] == 0:
            whole += weight[j]
            musts += must[j]
            g = zone[j]
            if short[g] > slack:
                if gained[g] == 0.0:
                    touched[used] = g
                    used += 1
                gained[g] += weight[j]
    for q in range(used):
        g = touched[q]
        zones += min(gained[g], short[g])
        gained[g] = 0.0
    if tally[0] > slack:
        zones = max(zones, min(whole, tally[0]))
    if zones <= 0 and musts == 0:
        return 0.0
    return zones + musts * must_worth + 1e-3 * whole


@kernel
def drop_needless(
    order: Ints, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, standing: Ints,
) -> None:  # fmt: skip
    """Take away, in this order, whatever the targets do not need."""
    for q in range(len(order)):
        i = order[q]
        if chosen[i]:
            remove(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
            if not is_met(tally):
                build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)


@kernel
def ordered_greedy(model: Model, order: Ints) -> tuple[Flags, bool]:
    """Take candidates in this order while they help, then drop the dearest that are not needed. The plan, and whether it meets all."""
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, standing = fresh(model)
    gained, touched = np.zeros(len(short)), np.zeros(len(short), np.int64)
    for q in range(len(order)):
        if is_met(tally):
            break
        i = order[q]
        if not is_free(i, tally, place, ring, standing):
            continue
        if useful_weight(i, start, rows, weight, zone, must, count, short, tally, 1.0, gained, touched) > 0:
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
    if is_met(tally):
        drop_needless(np.argsort(-cost), start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
    return chosen, is_met(tally)


@kernel
def lazy_greedy(model: Model) -> tuple[Flags, bool]:
    """Most useful weight per cost first; values (nearly) only fall, so the top of the heap alone is refreshed. Else as `ordered_greedy`."""
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, standing = fresh(model)
    gained, touched = np.zeros(len(short)), np.zeros(len(short), np.int64)
    must_worth = 1.0 + weight.sum() / max(1, len(weight))
    price = cost + 1e-9 * (1.0 + cost.sum() / max(1, len(cost)))
    heap = [(0.0, 0)]
    heap.clear()
    for i in range(len(cost)):
        worth = useful_weight(i, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched)
        heap.append((-worth / price[i], i))
    heap.sort()
    while len(heap) and not is_met(tally):
        i = heap[0][1]
        worth = 0.0
        if is_free(i, tally, place, ring, standing):
            worth = useful_weight(i, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched) / price[i]
        if worth <= 0:
            _pop(heap)
        elif len(heap) == 1 or worth >= -_second(heap) * (1 - 1e-12):
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
            _pop(heap)
        else:
            heap[0] = (-worth, i)
            _sift(heap)
    if is_met(tally):
        drop_needless(np.argsort(-cost), start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
    return chosen, is_met(tally)


@kernel
def _second(heap: list[tuple[float, int]]) -> float:
    """Key of the second best: the better child of the root."""
    key = heap[1][0]
    if len(heap) > 2 and heap[2][0] < key:
        key = heap[2][0]
    return key


@kernel
def _sift(heap: list[tuple[float, int]]) -> None:
    """Restore the order after the root grew."""
    at, item, size = 0, heap[0], len(heap)
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if not heap[child] < item:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item


@kernel
def _pop(heap: list[tuple[float, int]]) -> None:
    last = heap.pop()
    if len(heap):
        heap[0] = last
        _sift(heap)
