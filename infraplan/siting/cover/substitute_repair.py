"""A plan repaired without one of its sites: what else is built near it, or anywhere it serves a target that is now short.

Every site is taken out of the same plan, one after the other, and put back. Nothing is drawn at random: the answer for one site does not
depend on the others. The sites to build come from a pool: those that serve again what is lost, and the most useful ones for each need.
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import NONE_YET, ZERO, Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import RING, Model
from infraplan.siting.cover.ruin_and_recreate import flip_all, is_needed
from infraplan.siting.cover.spacing_repair import conflicts_of
from infraplan.siting.cover.state import (
    COST,
    MUSTS_MISSING,
    NEED_LEFT,
    PER_BUCKET,
    REST,
    SLACK,
    ZONES_SHORT,
    build,
    empty_plan,
    is_free,
    is_met,
    remove,
)  # fmt: skip

NEAR_POOL, NEAR_SITES = 40, 8
"""Candidates that serve again most of what a site alone serves; sites of the plan that one repair may take out beside it."""
SHARED = 0.2
"""What weight counts that two sites serve, beside 1 for weight that one alone serves, where candidates near a site are ranked."""
LOG = 512
"""Changes that one repair may make; more end it."""
LIGHT = 64
"""Sites that serve little alone, looked at when a repair serves more than needed."""
PUSHED_OUT = 12
"""Sites that one repair may push out because they are too close to one that it needs."""


@kernel
def near_pool(model: Model, plan: Flags, count: Indices, sites: Ints) -> Ints:
    """For each site the `NEAR_POOL` candidates not in the plan that serve most, by cost, of what it alone serves; -1 where it has fewer."""
    start, rows, row_start, columns = model.start, model.rows, model.row_start, model.columns
    worth, found = np.zeros(len(model.cost)), np.zeros(len(model.cost), np.int64)
    pool = np.full((len(sites), NEAR_POOL), -1)
    must_worth = 1.0 + model.weight.sum()
    for q in range(len(sites)):
        known = ZERO
        for p in range(start[sites[q]], start[sites[q] + 1]):
            j = rows[p]
            if count[j] > 2:
                continue
            adds = (1.0 if count[j] == 1 else SHARED) * (model.weight[j] + must_worth * model.must[j])
            if adds <= 0:
                continue
            for r in range(row_start[j], row_start[j + 1]):
                i = columns[r]
                if plan[i]:
                    continue
                if worth[i] == 0.0:
                    found[known] = i
                    known += 1
                worth[i] += adds
        listed = np.sort(found[:known])
        rate = np.empty(known)
        for a in range(known):
            rate[a] = -worth[listed[a]] / max(model.cost[listed[a]], 1e-12)
        order = np.argsort(rate, kind="mergesort")
        for a in range(min(known, NEAR_POOL)):
            pool[q, a] = listed[order[a]]
        for a in range(known):
            worth[found[a]] = 0.0
    return pool


@kernel
def near_sites(model: Model, pool: Ints, sites: Ints, server_start: Ints, server: Ints) -> Ints:
    """For each site the `NEAR_SITES` other sites that serve most classes of the candidates near it; -1 where there are fewer."""
    met, found = np.zeros(len(sites)), np.zeros(len(sites), np.int64)
    near = np.full((len(sites), NEAR_SITES), -1)
    for q in range(len(sites)):
        known = ZERO
        for a in range(-1, pool.shape[1]):
            i = sites[q] if a < 0 else pool[q, a]
            if i < 0:
                break
            for p in range(model.start[i], model.start[i + 1]):
                j = model.rows[p]
                for r in range(server_start[j], server_start[j + 1]):
                    other = server[r]
                    if other == q:
                        continue
                    if met[other] == 0.0:
                        found[known] = other
                        known += 1
                    met[other] += 1.0
        listed = np.sort(found[:known])
        score = np.empty(known)
        for a in range(known):
            score[a] = -met[listed[a]]
        order = np.argsort(score, kind="mergesort")
        for a in range(min(known, NEAR_SITES)):
            near[q, a] = listed[order[a]]
        for a in range(known):
            met[found[a]] = 0.0
    return near


@kernel
def usefulness(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags,
    count: Indices, short: Floats, tally: Floats, must_worth: float, gained: Floats, touched: Ints,
) -> tuple[float, bool]:  # fmt: skip
    """`useful_weight`, and whether every target is met once candidate i is built."""
    slack = tally[SLACK]
    whole, zones, separate, musts, used, filled = 0.0, 0.0, 0.0, 0.0, 0, 0.0
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
        if short[g] - gained[g] <= slack:
            filled += 1.0
        gained[g] = 0.0
    if tally[NEED_LEFT] > slack:
        zones = max(zones, min(whole, tally[NEED_LEFT]))
    zones += separate
    if zones <= 0 and musts == 0:
        return 0.0, False
    meets = tally[NEED_LEFT] - whole <= slack and musts > tally[MUSTS_MISSING] - 0.5 and filled > tally[ZONES_SHORT] - 0.5
    return zones + musts * must_worth + 1e-3 * whole, bool(meets)


@kernel
def drop_idle_sites(
    model: Model, log: Ints, logged: int, begin: int, server_start: Ints, server: Ints, sites: Ints, light: Ints, light_loss: Floats,
    gained: Floats, touched: Ints,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, occupied: Ints,
) -> int:  # fmt: skip
    """Take out what a repair made needless: built sites, sites of the plan that share classes with them, and sites anywhere that serve less
    than is now served beyond the needs; the most expensive first. Length of the log."""
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    while logged < LOG - 1:
        pick, highest = NONE_YET, 0.0
        for a in range(begin, logged):
            i = log[a]
            if not chosen[i]:
                continue
            if cost[i] > highest and not is_needed(i, start, rows, weight, zone, must, count, short, tally, gained, touched):
                pick, highest = i, cost[i]
            for p in range(start[i], start[i + 1]):
                j = rows[p]
                for r in range(server_start[j], server_start[j + 1]):
                    k = sites[server[r]]
                    if chosen[k] and cost[k] > highest and not is_needed(
                        k, start, rows, weight, zone, must, count, short, tally, gained, touched
                    ):  # fmt: skip
                        pick, highest = k, cost[k]
        last = np.searchsorted(light_loss, tally[SLACK] - tally[NEED_LEFT], side="right")
        for a in range(max(0, last - LIGHT), last):
            k = sites[light[a]]
            if chosen[k] and cost[k] > highest and not is_needed(k, start, rows, weight, zone, must, count, short, tally, gained, touched):
                pick, highest = k, cost[k]
        if pick < 0:
            break
        remove(pick, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
        log[logged] = pick
        logged += 1
    return logged


@kernel
def repair_each(
    model: Model, plan: Flags, sites: Ints, asked: Ints, banned_start: Ints, banned: Ints, pool: Ints, near: Ints,
    wide_start: Ints, wide: Ints, server_start: Ints, server: Ints, light: Ints, light_loss: Floats,
) -> tuple[Floats, Ints, Ints]:  # fmt: skip
    """For each asked site (a number in `sites`) the cheapest repaired plan without it and without its `banned` candidates.

    Cost, infinite where none was found; number of changes; the changes, each candidate once: in the plan it goes out, else it is built.
    `wide`: candidates for each zone's need, and at `rest` those for the whole need. `server`: sites of the plan by class. `light`: sites by
    what they serve alone, ascending.
    """
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, occupied = empty_plan(model)
    for i in range(len(plan)):
        if plan[i]:
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
    gained, touched, log = np.zeros(len(short)), np.zeros(len(short), np.int64), np.zeros(LOG, np.int64)
    found = np.zeros(RING * PER_BUCKET, np.int64)
    shut, seen, options = np.zeros(len(cost), np.uint8), np.zeros(len(cost), np.int64), np.zeros(len(cost), np.int64)
    number = np.full(len(cost), -1)
    for a in range(len(sites)):
        number[sites[a]] = a
    must_worth, turn, rest = 1.0 + weight.sum(), 0, model.rest
    best = np.full(len(asked), np.inf)
    sizes, changes = np.zeros(len(asked), np.int64), np.full((len(asked), LOG), -1)
    planned = tally[COST]
    for q in range(len(asked)):
        own = asked[q]
        for b in range(banned_start[q], banned_start[q + 1]):
            shut[banned[b]] = 1
        # round 0 takes one more site out, or none; round 1 one more beside the best of round 0
        first = -1
        for turn_of in range(2):
            if turn_of == 1 and first < 0:
                break
            pick_first = first
            for a in range(-1, near.shape[1]):
                other = -1 if a < 0 else near[own, a]
                if (a >= 0 and other < 0) or (turn_of == 1 and (a < 0 or other == pick_first)):
                    continue
                tally[COST] = planned
                logged, turn, known = 0, turn + 1, 0
                for step in range(banned_start[q], banned_start[q + 1] + 2):
                    out = -1
                    if step < banned_start[q + 1]:
                        out = number[banned[step]]
                    else:
                        out = pick_first if step == banned_start[q + 1] else other
                    if out < 0 or not chosen[sites[out]]:
                        continue
                    i = sites[out]
                    remove(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
                    log[logged] = i
                    logged += 1
                    if not shut[i] and seen[i] != turn:
                        seen[i] = turn
                        options[known] = i
                        known += 1
                    for b in range(pool.shape[1]):
                        k = pool[out, b]
                        if k < 0:
                            break
                        if not shut[k] and seen[k] != turn:
                            seen[k] = turn
                            options[known] = k
                            known += 1
                begin, pushed = logged, 0
                for g in range(len(short)):
                    if (g != rest and short[g] > tally[SLACK]) or (g == rest and tally[NEED_LEFT] > tally[SLACK]):
                        for b in range(wide_start[g], wide_start[g + 1]):
                            k = wide[b]
                            if not shut[k] and seen[k] != turn:
                                seen[k] = turn
                                options[known] = k
                                known += 1
                while True:
                    met = is_met(tally)
                    pick, rate, closing, closing_cost, blocked, blocked_rate = NONE_YET, 0.0, NONE_YET, np.inf, NONE_YET, 0.0
                    if not met:
                        for b in range(known):
                            i = options[b]
                            if chosen[i]:
                                continue
                            worth, meets = usefulness(
                                i, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched
                            )  # fmt: skip
                            if worth <= 0:
                                continue
                            worth /= max(cost[i], 1e-12)
                            if not is_free(i, tally, place, ring, occupied):
                                if worth > blocked_rate:
                                    blocked, blocked_rate = i, worth
                                continue
                            if worth > rate:
                                pick, rate = i, worth
                            if meets and cost[i] < closing_cost:
                                closing, closing_cost = i, cost[i]
                    if met or closing >= 0:
                        # a whole plan: needless sites go, it is kept if it is the cheapest, and taken back
                        mark = logged
                        if closing >= 0:
                            build(closing, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
                            log[logged] = closing
                            logged += 1
                        if tally[COST] < best[q] + closing_cost or met:
                            logged = drop_idle_sites(
                                model, log, logged, begin, server_start, server, sites, light, light_loss, gained, touched,
                                chosen, count, short, tally, occupied,
                            )  # fmt: skip
                        if tally[COST] < best[q] - 1e-9 * planned - 1e-12:
                            best[q] = tally[COST]
                            sizes[q] = logged
                            changes[q, :logged] = log[:logged]
                            if turn_of == 0:
                                first = other
                        if logged > mark:
                            flip_all(
                                log[mark:], logged - mark, start, rows, weight, zone, must, cost, value,
                                chosen, count, short, tally, place, ring, occupied,
                            )  # fmt: skip
                            logged = mark
                    if met or logged >= LOG - RING * PER_BUCKET - 2:
                        break
                    if pick < 0:
                        # too close to sites of the plan alone: they go, if this repair did not build them
                        if blocked < 0 or pushed >= PUSHED_OUT:
                            break
                        near_count = conflicts_of(blocked, tally, place, ring, occupied, found)
                        fresh = True
                        for b in range(near_count):
                            fresh = fresh and plan[found[b]] > 0
                        if not fresh:
                            break
                        for b in range(near_count):
                            k = found[b]
                            remove(k, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
                            log[logged] = k
                            logged += 1
                        pushed += near_count
                        pick = blocked
                    elif tally[COST] + cost[pick] >= best[q]:
                        break
                    build(pick, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
                    log[logged] = pick
                    logged += 1
                flip_all(log, logged, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
        for b in range(banned_start[q], banned_start[q + 1]):
            shut[banned[b]] = 0
    return best, sizes, changes
