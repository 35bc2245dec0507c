"""Who carries whom while sites come and go, kept entry by entry; only what is near the change is reassigned.

A site first takes rows nobody carries, then rows of full neighbours, which then take others. So what is carried is at most the greatest
flow, and a plan that meets its targets here meets them. Every change is noted in a log, by which it can be taken back.

The kernels take bare arrays (see `construction`):
    start, rows, row_start, columns, entry, weight, zone, must, cost, capacity        the model (see `LimitedModel`)
    chosen, load, carried, filled, count, short, tally                                the plan: candidates in it, what each carries, what
        each entry carries, how much of each class is carried, its chosen servers, need left per zone, and tally = [whole need left, musts
        missing, zones short, cost, slack, spacing squared, weight carried, sites]
    log_at, log_by, size                                                              what was done: entry and amount, or -1 - candidate
        and up or down; size = [lines, the log overflowed]
"""

from __future__ import annotations

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.greedy import stand

LOG, SPARE = 100_000, 2_000  # lines of the log; those kept for sites


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
