"""Ruin and recreate with limited sites: neighbouring sites go, others take over, the best of the neighbourhood are built, what pays stays.

Who carries whom is kept entry by entry and mended near the change only: a site first takes rows nobody carries, then rows of full
neighbours, which then take others. So what is carried is at most the greatest flow, and a plan that meets its targets here meets them.
Every change is noted in a log, by which a refused step is taken back.

The leaf kernels take bare arrays (see `construction`):
    start, rows, row_start, columns, entry, weight, zone, must, cost, capacity        the model (see `LimitedModel`)
    chosen, load, carried, filled, count, short, tally                                the plan: candidates in it, what each carries, what
        each entry carries, how much of each class is carried, its chosen servers, need left per zone, and tally = [whole need left, musts
        missing, zones short, cost, slack, spacing squared, weight carried, sites]
    log_at, log_by, size                                                              what was done: entry and amount, or -1 - candidate
"""

from __future__ import annotations

import numpy as np

from infraplan.siting.cover.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.capacity_model import LimitedModel
from infraplan.siting.cover.chance import below, dice_of, uniform
from infraplan.siting.cover.construction import PER_BUCKET, is_free, stand

RUIN_UP_TO, NOISE, LOG, SPARE = 6, 0.25, 100_000, 2_000
TRIALS = 3  # sites tried for removal at the end of a step


@kernel
def move(
    e: int, i: int, j: int, amount: float, weight: Floats, zone: Indices, must: Flags,
    load: Floats, carried: Floats, filled: Floats, short: Floats, tally: Floats, log_at: Ints, log_by: Floats, size: Ints,
) -> None:  # fmt: skip
    """Candidate i carries so much more (or less) of class j, its entry e. Refused when the log is full."""
    if size[0] >= len(log_at) - SPARE:
        size[1] = 1
        return
    log_at[size[0]], log_by[size[0]] = e, amount
    size[0] += 1
    carried[e] += amount
    load[i] += amount
    slack, before = tally[4], filled[j]
    filled[j] = before + amount
    tally[6] += amount
    if must[j]:
        tally[1] += (before >= weight[j] - slack) * 1.0 - (filled[j] >= weight[j] - slack) * 1.0
        return
    g = zone[j]
    left = short[g] - amount
    if g < len(short) - 1:
        tally[2] += (left > slack) * 1.0 - (short[g] > slack) * 1.0
    short[g] = left
    tally[0] -= amount


@kernel
def raise_site(
    i: int, on: bool, start: Ints, rows: Indices, weight: Floats, must: Flags, cost: Floats,
    chosen: Flags, count: Indices, tally: Floats, place: Floats, standing: Ints, log_at: Ints, log_by: Floats, size: Ints,
) -> None:  # fmt: skip
    """Candidate i stands, or no longer; it carries nothing."""
    log_at[size[0]], log_by[size[0]] = -1 - i, 1.0 if on else -1.0
    size[0] += 1
    step = 1 if on else -1
    chosen[i] = 1 if on else 0
    tally[3] += step * cost[i]
    tally[7] += step
    if tally[5] > 0:
        stand(i, on, place, standing)
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        count[j] += step
        if must[j] and weight[j] == 0 and ((on and count[j] == 1) or (not on and count[j] == 0)):
            tally[1] -= step


@kernel
def wanted(j: int, weight: Floats, zone: Indices, must: Flags, filled: Floats, short: Floats, tally: Floats) -> float:
    """How much more of class j would help some target."""
    open_weight = weight[j] - filled[j]
    if open_weight <= 0 or must[j]:
        return float(max(0.0, open_weight))
    return float(min(open_weight, max(tally[0], short[zone[j]] if zone[j] < len(short) - 1 else 0.0)))


@kernel
def serve(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, capacity: Floats, rare: Ints,
    load: Floats, carried: Floats, filled: Floats, short: Floats, tally: Floats, log_at: Ints, log_by: Floats, size: Ints,
) -> None:  # fmt: skip
    """Candidate i takes what nobody carries: musts, then what a target wants, then anything; what few can serve first."""
    for turn in range(3):
        for p in range(start[i], start[i + 1]):
            left = capacity[i] - load[i]
            if left <= 0:
                return
            j = rows[rare[p]]
            if (turn == 0 and not must[j]) or filled[j] >= weight[j]:
                continue
            amount = wanted(j, weight, zone, must, filled, short, tally) if turn < 2 else weight[j] - filled[j]
            if amount > 0:
                amount = min(amount, left)
                move(rare[p], i, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)


@kernel
def relieve(
    i: int, start: Ints, rows: Indices, row_start: Ints, columns: Indices, weight: Floats, zone: Indices, must: Flags, capacity: Floats,
    chosen: Flags, load: Floats, carried: Floats, filled: Floats, short: Floats, tally: Floats,
    log_at: Ints, log_by: Floats, size: Ints, mark: Ints, seen: Ints,
) -> None:  # fmt: skip
    """Candidate i has capacity left: it takes rows over from neighbours that then carry something wanted."""
    for p in range(start[i], start[i + 1]):
        mark[rows[p]] = p + 1
    seen[0] += 1
    for p in range(start[i], start[i + 1]):
        if capacity[i] <= load[i]:
            break
        for q in range(row_start[rows[p]], row_start[rows[p] + 1]):
            k = columns[q]
            if not chosen[k] or k == i or seen[k + 1] == seen[0]:
                continue
            seen[k + 1] = seen[0]
            give = start[k]
            for e in range(start[k], start[k + 1]):
                j = rows[e]
                if filled[j] >= weight[j]:
                    continue
                while capacity[i] > load[i] and give < start[k + 1]:
                    amount = wanted(j, weight, zone, must, filled, short, tally)
                    if amount <= 0:
                        break
                    shared = rows[give]
                    if carried[give] <= 0 or mark[shared] == 0:
                        give += 1
                        continue
                    amount = min(amount, carried[give], capacity[i] - load[i])
                    taken = mark[shared] - 1
                    move(give, k, shared, -amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                    move(taken, i, shared, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                    move(e, k, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                    if size[1]:
                        break
                if size[1] or give >= start[k + 1]:
                    break
            if size[1]:
                break
        if size[1]:
            break
    for p in range(start[i], start[i + 1]):
        mark[rows[p]] = 0


@kernel
def mend(
    j: int, deep: bool, start: Ints, rows: Indices, row_start: Ints, columns: Indices, entry: Ints, weight: Floats, zone: Indices,
    must: Flags, capacity: Floats, chosen: Flags, load: Floats, carried: Floats, filled: Floats, short: Floats, tally: Floats,
    log_at: Ints, log_by: Floats, size: Ints,
) -> None:  # fmt: skip
    """Others carry what is open of class j: first sites with capacity left; `deep`: then full ones that hand something on or drop it."""
    for q in range(row_start[j], row_start[j + 1]):
        k = columns[q]
        if chosen[k] and capacity[k] > load[k] and filled[j] < weight[j]:
            amount = min(capacity[k] - load[k], weight[j] - filled[j])
            move(entry[q], k, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
    if not deep:
        return
    for q in range(row_start[j], row_start[j + 1]):
        k = columns[q]
        if not chosen[k]:
            continue
        for e in range(start[k], start[k + 1]):
            asked = wanted(j, weight, zone, must, filled, short, tally)
            if asked <= 0 or size[1]:
                return
            other = rows[e]
            if carried[e] <= 0 or other == j:
                continue
            for r in range(row_start[other], row_start[other + 1]):
                other_site = columns[r]
                spare = capacity[other_site] - load[other_site]
                if not chosen[other_site] or other_site == k or spare <= 0 or carried[e] <= 0:
                    continue
                amount = min(asked, spare, carried[e])
                move(e, k, other, -amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                move(entry[r], other_site, other, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                move(entry[q], k, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                asked -= amount
                if asked <= 0 or size[1]:
                    break
            if asked > 0 and carried[e] > 0 and not must[other] and (must[j] or zone[other] != zone[j]):
                surplus = carried[e] if zone[other] == len(short) - 1 else -short[zone[other]]
                amount = min(asked, surplus, carried[e])
                if amount > 0:
                    move(e, k, other, -amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                    move(entry[q], k, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)


@kernel
def withdraw(
    i: int, deep: bool, start: Ints, rows: Indices, row_start: Ints, columns: Indices, entry: Ints, weight: Floats, zone: Indices,
    must: Flags, cost: Floats, capacity: Floats, chosen: Flags, load: Floats, carried: Floats, filled: Floats, count: Indices,
    short: Floats, tally: Floats, place: Floats, standing: Ints, log_at: Ints, log_by: Floats, size: Ints,
) -> None:  # fmt: skip
    """Candidate i goes; others take over what they can."""
    first = size[0]
    for e in range(start[i], start[i + 1]):
        if carried[e] != 0:
            move(e, i, rows[e], -carried[e], weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
    last = size[0]
    raise_site(i, False, start, rows, weight, must, cost, chosen, count, tally, place, standing, log_at, log_by, size)
    for a in range(first, last):
        mend(
            rows[log_at[a]], deep, start, rows, row_start, columns, entry, weight, zone, must, capacity, chosen, load, carried, filled,
            short, tally, log_at, log_by, size,
        )  # fmt: skip


@kernel
def take_back(
    to: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, owner: Indices,
    chosen: Flags, load: Floats, carried: Floats, filled: Floats, count: Indices, short: Floats, tally: Floats,
    place: Floats, standing: Ints, log_at: Ints, log_by: Floats, size: Ints,
) -> None:  # fmt: skip
    """Undo the log down to its first `to` lines."""
    size[1] = 0
    for a in range(size[0] - 1, to - 1, -1):
        e, by = log_at[a], log_by[a]
        size[0] = a
        if e < 0:
            raise_site(-1 - e, by < 0, start, rows, weight, must, cost, chosen, count, tally, place, standing, log_at, log_by, size)
        else:
            move(e, owner[e], rows[e], -by, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
        size[0] = a


@kernel
def promise(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, capacity: Floats,
    count: Indices, filled: Floats, short: Floats, tally: Floats, attention: float, gained: Floats, touched: Ints,
) -> float:  # fmt: skip
    """What candidate i would carry toward targets still short of what nobody carries; each must of weight 0 counts `attention`."""
    musts, whole, lonely, zones, used = 0.0, 0.0, 0.0, 0.0, 0
    last = len(short) - 1
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        if weight[j] == 0:
            lonely += count[j] == 0
            continue
        more = weight[j] - filled[j]
        if more <= 0:
            continue
        if must[j]:
            musts += more
            continue
        whole += more
        g = zone[j]
        if g < last and short[g] > tally[4]:
            if gained[g] == 0.0:
                touched[used] = g
                used += 1
            gained[g] += more
    for q in range(used):
        zones += min(gained[touched[q]], short[touched[q]])
        gained[touched[q]] = 0.0
    if tally[0] > tally[4]:
        zones = max(zones, min(whole, tally[0]))
    useful = min(capacity[i], zones + musts)
    if useful <= 0 and lonely == 0:
        return 0.0
    return float(useful + attention * lonely + 1e-3 * min(whole, capacity[i]))


@kernel
def is_met(tally: Floats) -> bool:
    """Every target is met."""
    return bool(tally[0] <= tally[4] and tally[1] < 0.5 and tally[2] < 0.5)


@kernel
def rebuild_around(
    model: LimitedModel, near: Ints, rare: Ints, owner: Indices, plan: Flags, given: Floats, sites: float, budget: float, most: bool,
    iterations: int, seed: int, hot: float, cold: float,
) -> tuple[Flags, Floats, Flags, Floats, float]:  # fmt: skip
    """Anneal from temperature `hot` to `cold`. Best plan and what its entries carry, last plan and its entries, best cost or weight.

    `near`: centres and their neighbourhoods, the centre first. `plan` and `given`: a plan that meets every target (or, for the `most`
    weight, keeps to the limits) and what its entries carry. `rare`: entries of each candidate, what few serve first.
    """
    dice = dice_of(seed)
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
        centre, wide = below(dice, spread), width
        pool[:width] = near[centre]
        if most:
            pool[width : 2 * width] = near[below(dice, spread)]
            wide = 2 * width
        take, span = 1 + below(dice, 3 if most else RUIN_UP_TO), min(width, 4 + below(dice, width))
        out = 0
        for _ in range(3 * take):
            i = pool[below(dice, span)]
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
                    worth *= (1 - NOISE + 2 * NOISE * uniform(dice)) / max(cost[i], 1e-12)
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
        if not done or size[1] or worse > -temperature * np.log(uniform(dice) + 1e-300):
            take_back(
                0, start, rows, weight, zone, must, cost, owner, chosen, load, carried, filled, count, short, tally, place, standing,
                log_at, log_by, size,
            )  # fmt: skip
            free = free_before
        elif (tally[6] > best + 1e-9 * best) if most else (tally[3] < best - 1e-9):
            best = tally[6] if most else tally[3]
            best_plan[:], best_carried[:] = chosen, carried
    return best_plan, best_carried, chosen, carried, best
