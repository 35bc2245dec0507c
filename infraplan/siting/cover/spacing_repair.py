"""Plans that a spacing keeps from their targets, repaired: a site that is missing goes in, those too close to it go out, others follow.

Where sites must keep a distance, greedy can block what it needs later. Each step takes an unserved class that is still asked for, builds
one of its candidates whatever stands too near, fills up around it, and is taken back if the plan then lacks more than before.
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.greedy import PER_BUCKET, build, drop_needless, fresh, is_free, is_met, remove, useful_weight
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.random_numbers import below, seeded, uniform

LOG = 4096
WORSE = 0.02  # chance to keep a step that lacks a little more
TRIALS = 64  # classes drawn until one is found that is still asked for


@kernel
def lack(short: Floats, need: Floats, whole: float, tally: Floats, must_worth: float) -> float:
    """How much of the targets is missing: shares of the needs, and musts."""
    slack, total = tally[4], must_worth * tally[1]
    for g in range(len(short)):
        if short[g] > slack:
            total += short[g] / need[g]
    if tally[0] > slack:
        total += tally[0] / whole
    return float(total)


@kernel
def in_the_way(i: int, tally: Floats, place: Floats, ring: Ints, standing: Ints, found: Ints) -> int:
    """Chosen candidates closer to i than the spacing, written to `found`; how many."""
    count, home = 0, int(place[i, 2])
    for q in range(9):
        b = ring[home, q]
        if b < 0:
            continue
        for slot in range(PER_BUCKET * b, PER_BUCKET * (b + 1)):
            k = standing[slot]
            if k >= 0 and k != i:
                dx, dy = place[k, 0] - place[i, 0], place[k, 1] - place[i, 1]
                if dx * dx + dy * dy < tally[5]:
                    found[count] = k
                    count += 1
    return count


@kernel
def is_asked(j: int, zone: Indices, weight: Floats, must: Flags, count: Indices, short: Floats, tally: Floats) -> bool:
    """Class j is unserved and some target still wants it."""
    if count[j] > 0:
        return False
    return bool(must[j] or (weight[j] > 0 and (short[zone[j]] > tally[4] or tally[0] > tally[4])))


@kernel
def mend(model: Model, near: Ints, plan: Flags, iterations: int, seed: int) -> tuple[Flags, bool, int]:
    """The repaired plan, whether it meets every target now, and the steps taken. What it does not need is dropped at the end."""
    rng = seeded(seed)
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, standing = fresh(model)
    for i in range(len(cost)):
        if plan[i] and is_free(i, tally, place, ring, standing):
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
    need, whole = np.maximum(model.zone_need, 1e-12), max(model.need, 1e-12)
    gained, touched = np.zeros(len(short)), np.zeros(len(short), np.int64)
    log, found = np.zeros(LOG, np.int64), np.zeros(9 * PER_BUCKET, np.int64)
    must_worth = 1.0 + weight.sum()
    now = lack(short, need, whole, tally, 1.0)
    best, best_plan, steps = now, chosen.copy(), 0
    while steps < iterations and not is_met(tally):
        steps += 1
        j = -1
        for _ in range(TRIALS):
            k = below(rng, len(weight))
            if is_asked(k, zone, weight, must, count, short, tally):
                j = k
                break
        if j < 0:
            first = below(rng, len(weight))
            for step in range(len(weight)):
                k = (first + step) % len(weight)
                if is_asked(k, zone, weight, must, count, short, tally):
                    j = k
                    break
        if j < 0 or model.row_start[j + 1] == model.row_start[j]:
            continue
        i = model.columns[model.row_start[j] + below(rng, model.row_start[j + 1] - model.row_start[j])]
        logged = in_the_way(i, tally, place, ring, standing, found) if tally[5] > 0 else 0
        for a in range(logged):
            remove(found[a], start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
            log[a] = found[a]
        build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
        log[logged] = i
        logged += 1
        while logged < LOG and not is_met(tally):
            pick, most = -1, 0.0
            for a in range(near.shape[1]):
                k = near[i, a]
                if chosen[k] or not is_free(k, tally, place, ring, standing):
                    continue
                worth = useful_weight(k, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched)
                worth *= 0.7 + 0.6 * uniform(rng)
                if worth > most:
                    pick, most = k, worth
            if pick < 0:
                break
            build(pick, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
            log[logged] = pick
            logged += 1
        then = lack(short, need, whole, tally, 1.0)
        if then <= now or uniform(rng) < WORSE:
            now = then
            if now < best:
                best = now
                best_plan[:] = chosen
            continue
        for a in range(logged - 1, -1, -1):
            if chosen[log[a]]:
                remove(log[a], start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
            else:
                build(log[a], start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
    if not is_met(tally):
        return best_plan, False, steps
    drop_needless(np.argsort(-cost), start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
    return chosen, True, steps
