"""Plans that a spacing keeps from their targets, repaired: a site that is missing goes in, those too close to it go out, others follow.

Where sites must keep a distance, greedy can block what it needs later. Each step takes an unserved class that some target still needs,
builds one of its candidates whatever is too close, fills up around it, and is undone if more is then missing than before.
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import RING, Model
from infraplan.siting.cover.random_numbers import RandomState, below, seeded, uniform
from infraplan.siting.cover.ruin_and_recreate import LOG, flip_all
from infraplan.siting.cover.state import (
    MUSTS_MISSING,
    NEED_LEFT,
    PER_BUCKET,
    REST,
    SLACK,
    SPACING_SQUARED,
    build,
    drop_needless,
    empty_plan,
    is_free,
    is_met,
    next_conflict,
    remove,
    useful_weight,
)  # fmt: skip

WORSE = 0.02
"""Chance to keep a step after which a little more is missing."""
NOISE = 0.3
"""Usefulness is multiplied by a random factor of 1 - NOISE to 1 + NOISE."""
TRIALS = 64
"""Classes drawn until one is found that some target still needs; after that all are looked through."""


@kernel
def missing_share(short: Floats, need: Floats, whole: float, tally: Floats) -> float:
    """How much of the targets is missing: the sum of the shares missing of each need, and one for each must."""
    slack, total = tally[SLACK], tally[MUSTS_MISSING]
    for g in range(len(short)):
        if short[g] > slack:
            total += short[g] / need[g]
    if tally[NEED_LEFT] > slack:
        total += tally[NEED_LEFT] / whole
    return float(total)


@kernel
def conflicts_of(i: int, tally: Floats, place: Floats, ring: Ints, occupied: Ints, found: Ints) -> int:
    """Chosen candidates closer to i than the spacing, written to `found`; how many."""
    count, at = 0, 0
    if tally[SPACING_SQUARED] > 0:
        k, at = next_conflict(i, 0, tally, place, ring, occupied)
        while k >= 0:
            found[count] = k
            count += 1
            k, at = next_conflict(i, at, tally, place, ring, occupied)
    return count


@kernel
def is_missing(j: int, zone: Indices, weight: Floats, must: Flags, count: Indices, short: Floats, tally: Floats) -> bool:
    """Class j is unserved and some target still needs it."""
    if count[j] > 0:
        return False
    whole = tally[NEED_LEFT] > tally[SLACK] and zone[j] <= tally[REST]
    return bool(must[j] or (weight[j] > 0 and (short[zone[j]] > tally[SLACK] or whole)))


@kernel
def missing_class(zone: Indices, weight: Floats, must: Flags, count: Indices, short: Floats, tally: Floats, rng: RandomState) -> int:
    """A random class that some target still needs, -1 if there is none."""
    for _ in range(TRIALS):
        j = below(rng, len(weight))
        if is_missing(j, zone, weight, must, count, short, tally):
            return j
    first = below(rng, len(weight))
    for step in range(len(weight)):
        j = (first + step) % len(weight)
        if is_missing(j, zone, weight, must, count, short, tally):
            return j
    return -1


@kernel
def repair(model: Model, near: Ints, plan: Flags, iterations: int, seed: int) -> tuple[Flags, bool, int]:
    """The repaired plan, whether it meets every target now, and the steps taken. What it does not need is dropped at the end."""
    rng = seeded(seed)
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, occupied = empty_plan(model)
    for i in range(len(cost)):
        if plan[i] and is_free(i, tally, place, ring, occupied):
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
    need, whole = np.maximum(model.zone_need, 1e-12), max(model.need, 1e-12)
    gained, touched = np.zeros(len(short)), np.zeros(len(short), np.int64)
    log, found = np.zeros(LOG, np.int64), np.zeros(RING * PER_BUCKET, np.int64)
    must_worth = 1.0 + weight.sum()
    now = missing_share(short, need, whole, tally)
    best, best_plan, steps = now, chosen.copy(), 0
    while steps < iterations and not is_met(tally):
        steps += 1
        j = missing_class(zone, weight, must, count, short, tally, rng)
        if j < 0 or model.row_start[j + 1] == model.row_start[j]:
            continue
        # a candidate of the class goes in; every site too close to it goes out
        i = model.columns[model.row_start[j] + below(rng, model.row_start[j + 1] - model.row_start[j])]
        logged = conflicts_of(i, tally, place, ring, occupied, found)
        for a in range(logged):
            remove(found[a], start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
            log[a] = found[a]
        build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
        log[logged] = i
        logged += 1
        # fill up around it with what is most useful, at any cost
        while logged < LOG and not is_met(tally):
            pick, most = -1, 0.0
            for a in range(near.shape[1]):
                k = near[i, a]
                if chosen[k] or not is_free(k, tally, place, ring, occupied):
                    continue
                worth = useful_weight(k, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched)
                worth *= 1 - NOISE + 2 * NOISE * uniform(rng)
                if worth > most:
                    pick, most = k, worth
            if pick < 0:
                break
            build(pick, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
            log[logged] = pick
            logged += 1
        then = missing_share(short, need, whole, tally)
        if then <= now or uniform(rng) < WORSE:
            now = then
            if now < best:
                best = now
                best_plan[:] = chosen
            continue
        flip_all(log, logged, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
    if not is_met(tally):
        return best_plan, False, steps
    drop_needless(np.argsort(-cost), start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
    return chosen, True, steps
