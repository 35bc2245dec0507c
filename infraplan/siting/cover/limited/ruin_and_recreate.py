"""Ruin and recreate with limited sites: neighbouring sites go, others take over, the best of the neighbourhood are built, what pays stays.

A refused step is taken back by the log of `capacity_moves`. Iterations are counted: the same seed gives the same plan.
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.greedy import PER_BUCKET, is_free
from infraplan.siting.cover.limited.model import LimitedModel
from infraplan.siting.cover.limited.moves import LOG, SPARE, is_met, move, promise, raise_site, relieve, serve, take_back, withdraw
from infraplan.siting.cover.random_numbers import below, seeded, uniform

RUIN_UP_TO, NOISE = 6, 0.25
TRIALS = 3  # sites tried for removal at the end of a step


@kernel
def rebuild_around(
    model: LimitedModel, near: Ints, rare: Ints, owner: Indices, plan: Flags, given: Floats, sites: float, budget: float, most: bool,
    iterations: int, seed: int, hot: float, cold: float,
) -> tuple[Flags, Floats, Flags, Floats, float]:  # fmt: skip
    """Anneal from temperature `hot` to `cold`. Best plan and what its entries carry, last plan and its entries, best cost or weight.

    `near`: centres and their neighbourhoods, the centre first. `plan` and `given`: a plan that meets every target (or, for the `most`
    weight, keeps to the limits) and what its entries carry. `rare`: entries of each candidate, what few serve first.
    """
    rng = seeded(seed)
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
    for i in range(n):
        if plan[i]:
            raise_site(i, True, start, rows, weight, must, cost, chosen, count, tally, place, standing, log_at, log_by, size)
            for e in range(start[i], start[i + 1]):
                if given[e] > 0:
                    move(e, i, rows[e], given[e], weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                    size[0] = 0
            size[0] = 0
    for i in range(n):
        if chosen[i]:
            serve(i, start, rows, weight, zone, must, capacity, rare, load, carried, filled, short, tally, log_at, log_by, size)
            size[0] = 0
    spread, width = near.shape
    free = 0
    for i in range(n):
        free += chosen[i] and not fixed[i]
    best = tally[6] if most else tally[3]
    best_plan, best_carried = chosen.copy(), carried.copy()
    attention = 1.0 + weight.sum() / max(1, m)
    dear = 2.5 * cost.sum() / max(1, n)
    pool = np.zeros(2 * width, np.int64)
    for iteration in range(iterations):
        size[0], size[1] = 0, 0
        cost_before, carried_before, free_before = tally[3], tally[6], free
        centre, wide = below(rng, spread), width
        pool[:width] = near[centre]
        if most:
            pool[width : 2 * width] = near[below(rng, spread)]
            wide = 2 * width
        take, span = 1 + below(rng, 3 if most else RUIN_UP_TO), min(width, 4 + below(rng, width))
        out = 0
        for _ in range(3 * take):
            i = pool[below(rng, span)]
            if chosen[i] and not fixed[i]:
                withdraw(
                    i, False, start, rows, row_start, columns, entry, weight, zone, must, cost, capacity, chosen, load, carried, filled,
                    count, short, tally, place, standing, log_at, log_by, size,
                )  # fmt: skip
                out += 1
                if out == take:
                    break
        if out == 0 and not (most and free < sites):
            continue
        free -= out
        done = most
        while not size[1]:
            if not most and is_met(tally):
                done = True
                break
            pick, top = -1, 0.0
            for a in range(wide):
                i = pool[a]
                if chosen[i] or not is_free(i, tally, place, ring, standing):
                    continue
                if most and (free + 1 > sites or tally[3] + cost[i] > budget):
                    continue
                worth = promise(i, start, rows, weight, zone, must, capacity, count, filled, short, tally, attention, gained, touched)
                if worth > 0:
                    worth *= (1 - NOISE + 2 * NOISE * uniform(rng)) / max(cost[i], 1e-12)
                    if worth > top:
                        pick, top = i, worth
            if pick < 0 or (not most and tally[3] + cost[pick] > cost_before + dear) or size[0] > LOG - SPARE:
                break
            raise_site(pick, True, start, rows, weight, must, cost, chosen, count, tally, place, standing, log_at, log_by, size)
            serve(pick, start, rows, weight, zone, must, capacity, rare, load, carried, filled, short, tally, log_at, log_by, size)
            if capacity[pick] > load[pick]:
                relieve(
                    pick, start, rows, row_start, columns, weight, zone, must, capacity, chosen, load, carried, filled, short, tally,
                    log_at, log_by, size, mark, seen,
                )  # fmt: skip
            free += 1
        if done and not most and not size[1]:
            for _ in range(TRIALS):
                pick, lightest, room = -1, np.inf, max(0.0, -tally[0])
                for a in range(width):
                    i = pool[a]
                    room += capacity[i] - load[i] if chosen[i] else 0.0
                    if chosen[i] and not fixed[i] and cost[i] > 0 and load[i] / cost[i] < lightest and seen[i + 1] != -1 - iteration:
                        pick, lightest = i, load[i] / cost[i]
                if pick < 0 or load[pick] > room or size[0] > LOG - SPARE:
                    break
                seen[pick + 1] = -1 - iteration
                to = size[0]
                withdraw(
                    pick, True, start, rows, row_start, columns, entry, weight, zone, must, cost, capacity, chosen, load, carried, filled,
                    count, short, tally, place, standing, log_at, log_by, size,
                )  # fmt: skip
                if is_met(tally) and not size[1]:
                    free -= 1
                else:
                    take_back(
                        to, start, rows, weight, zone, must, cost, owner, chosen, load, carried, filled, count, short, tally, place,
                        standing, log_at, log_by, size,
                    )  # fmt: skip
        temperature = hot * (cold / hot) ** (iteration / max(1, iterations))
        worse = carried_before - tally[6] if most else tally[3] - cost_before
        if not done or size[1] or worse > -temperature * np.log(uniform(rng) + 1e-300):
            take_back(
                0, start, rows, weight, zone, must, cost, owner, chosen, load, carried, filled, count, short, tally, place, standing,
                log_at, log_by, size,
            )  # fmt: skip
            free = free_before
        elif (tally[6] > best + 1e-9 * best) if most else (tally[3] < best - 1e-9):
            best = tally[6] if most else tally[3]
            best_plan[:], best_carried[:] = chosen, carried
    return best_plan, best_carried, chosen, carried, best
