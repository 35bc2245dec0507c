"""The plan in progress, as the kernels see it: which candidates it has, what is served, what is missing from each target.

The kernels take bare arrays, in one fixed order: numba counts references at every attribute of a tuple, which doubles a search's time.
    start, rows, weight, zone, must, cost        the model (see `Model`)
    value                                        what a search credits for serving each class beyond the targets, in cost
    chosen, count, short, tally                  the plan: candidates in it, times each class is served, need left per zone, and the
                                                 sums listed below
    place, ring, occupied                        x, y and bucket of each candidate; the nine buckets around each bucket; the chosen
                                                 candidates in each bucket, `PER_BUCKET` slots a bucket, -1 where a slot is empty
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import NO, YES, Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import BUCKET, RING, Model, X, Y

NEED_LEFT, MUSTS_MISSING, ZONES_SHORT = 0, 1, 2
"""Places in `tally`: need of the whole that is left, must classes not served yet, zones whose need is not met yet."""
COST, SLACK, SPACING_SQUARED = 3, 4, 5
"""Cost of the plan; what may be missing of a need that counts as met; square of the minimum spacing [m2]."""
VALUE = 6
"""Sum of `value` over the classes served."""
REST = 8
"""Number of the zone of all classes whose zone needs nothing; classes of later zones count for their zone alone."""
TALLY_SIZE = 9
PER_BUCKET = 4
"""Points at least one spacing apart that fit in a square slightly wider than the spacing: one near each corner."""


@kernel
def empty_plan(model: Model) -> tuple[Flags, Indices, Floats, Floats, Ints]:
    """A plan without candidates: chosen, count, short, tally, occupied."""
    tally = np.zeros(TALLY_SIZE)
    tally[NEED_LEFT], tally[SLACK], tally[SPACING_SQUARED] = model.need, model.slack, model.spacing_m * model.spacing_m
    tally[REST] = model.rest
    for j in range(len(model.weight)):
        tally[MUSTS_MISSING] += model.must[j]
    for g in range(len(model.zone_need)):
        if model.zone_need[g] > model.slack:
            tally[ZONES_SHORT] += 1
    occupied = np.full(len(model.ring) * PER_BUCKET, -1)
    return np.zeros(len(model.cost), np.uint8), np.zeros(len(model.weight), np.int32), model.zone_need.copy(), tally, occupied


@kernel
def next_conflict(i: int, begin: int, tally: Floats, place: Floats, ring: Ints, occupied: Ints) -> tuple[int, int]:
    """The next chosen candidate closer to i than the spacing, and where the walk goes on; -1 at its end. A walk starts with `begin` 0.

    `begin` counts the slots of the nine buckets around i. No conflict reaches past these buckets, for they are wider than the spacing.
    """
    home = int(place[i, BUCKET])
    for at in range(begin, RING * PER_BUCKET):
        bucket = ring[home, at // PER_BUCKET]
        if bucket < 0:
            continue
        k = occupied[PER_BUCKET * bucket + at % PER_BUCKET]
        if k >= 0 and k != i:
            dx, dy = place[k, X] - place[i, X], place[k, Y] - place[i, Y]
            if dx * dx + dy * dy < tally[SPACING_SQUARED]:
                return k, at + 1
    return -1, RING * PER_BUCKET


@kernel
def is_free(i: int, tally: Floats, place: Floats, ring: Ints, occupied: Ints) -> bool:
    """No chosen candidate is closer to i than the spacing."""
    return tally[SPACING_SQUARED] <= 0 or next_conflict(i, 0, tally, place, ring, occupied)[0] < 0


@kernel
def occupy(i: int, on: bool, place: Floats, occupied: Ints) -> None:
    """Enter candidate i in its bucket, or take it out."""
    first = PER_BUCKET * int(place[i, BUCKET])
    for slot in range(first, first + PER_BUCKET):
        if on and occupied[slot] < 0:
            occupied[slot] = i
            return
        if not on and occupied[slot] == i:
            occupied[slot] = -1
            return


@kernel
def build(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, occupied: Ints,
) -> None:  # fmt: skip
    """Add candidate i."""
    chosen[i] = 1
    tally[COST] += cost[i]
    if tally[SPACING_SQUARED] > 0:
        occupy(i, YES, place, occupied)
    slack = tally[SLACK]
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        if count[j] == 0:
            g = zone[j]
            left = short[g] - weight[j]
            if short[g] > slack and left <= slack:
                tally[ZONES_SHORT] -= 1
            short[g] = left
            if g <= tally[REST]:
                tally[NEED_LEFT] -= weight[j]
            tally[MUSTS_MISSING] -= must[j]
            tally[VALUE] += value[j]
        count[j] += 1


@kernel
def remove(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, occupied: Ints,
) -> None:  # fmt: skip
    """Take candidate i away: `build` undone."""
    chosen[i] = 0
    tally[COST] -= cost[i]
    if tally[SPACING_SQUARED] > 0:
        occupy(i, NO, place, occupied)
    slack = tally[SLACK]
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        count[j] -= 1
        if count[j] == 0:
            g = zone[j]
            left = short[g] + weight[j]
            if short[g] <= slack and left > slack:
                tally[ZONES_SHORT] += 1
            short[g] = left
            if g <= tally[REST]:
                tally[NEED_LEFT] += weight[j]
            tally[MUSTS_MISSING] += must[j]
            tally[VALUE] -= value[j]


@kernel
def is_met(tally: Floats) -> bool:
    """Every target is met. The counts are sums of ones in floating point, hence the halves."""
    return bool(tally[NEED_LEFT] <= tally[SLACK] and tally[MUSTS_MISSING] < 0.5 and tally[ZONES_SHORT] < 0.5)


@kernel
def useful_weight(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags,
    count: Indices, short: Floats, tally: Floats, must_worth: float, gained: Floats, touched: Ints,
) -> float:  # fmt: skip
    """Weight candidate i adds toward targets still short, each must class counting `must_worth`. `gained`: zeros per zone, left so.

    Weight in a zone counts up to what the zone still needs. Where the whole needs more than the zones do, weight counts for the whole. A
    small share of all the weight breaks ties between candidates that are equally useful.
    """
    slack = tally[SLACK]
    whole, zones, separate, musts, used = 0.0, 0.0, 0.0, 0.0, 0
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        if count[j] == 0:
            g = zone[j]
            if g <= tally[REST]:
                whole += weight[j]
            musts += must[j]
            if short[g] > slack:
                if gained[g] == 0.0:
                    touched[used] = g
                    used += 1
                gained[g] += weight[j]
    for q in range(used):
        g = touched[q]
        if g > tally[REST]:
            separate += min(gained[g], short[g])
        else:
            zones += min(gained[g], short[g])
        gained[g] = 0.0
    if tally[NEED_LEFT] > slack:
        zones = max(zones, min(whole, tally[NEED_LEFT]))
    zones += separate
    if zones <= 0 and musts == 0:
        return 0.0
    return zones + musts * must_worth + 1e-3 * whole


@kernel
def drop_needless(
    order: Ints, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, occupied: Ints,
) -> None:  # fmt: skip
    """Take away, in this order, every candidate without which all targets are still met."""
    for q in range(len(order)):
        i = order[q]
        if chosen[i]:
            remove(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
            if not is_met(tally):
                build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
