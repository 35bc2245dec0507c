"""Most weight within limits: greedy, then annealed swaps whose gains and losses are kept exact."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import NO, YES, Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.random_numbers import RandomState, below, seeded, uniform
from infraplan.siting.cover.state import PER_BUCKET, SPACING_SQUARED, TALLY_SIZE, is_free, occupy

EXCHANGES = 0.9
"""Share of moves that exchange one site for its best neighbour."""
SKIP = 0.25
"""Chance that a candidate is overlooked: a random choice among good ones."""
TOURNAMENT = 2
"""Further sites drawn to find a little useful one."""
REFILL_UP_TO = 64
"""Sites that a move builds at most."""
FILL = -1
"""Number of the first iteration, which only fills the plan up, with any number of sites."""
NOBODY = -1


@kernel
def flip(
    i: int, on: bool, start: Ints, rows: Indices, row_start: Ints, columns: Indices, weight: Floats,
    chosen: Flags, count: Indices, gain: Floats, loss: Floats, tally: Floats, place: Floats, occupied: Ints,
) -> float:  # fmt: skip
    """Build or remove candidate i; the change of weight. `gain[k]`: what k would add; `loss[k]`: what k alone serves."""
    chosen[i] = 1 if on else 0
    if tally[SPACING_SQUARED] > 0:
        occupy(i, on, place, occupied)
    change = 0.0
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        w = weight[j]
        if on:
            count[j] += 1
            if count[j] == 1:
                change += w
                for q in range(row_start[j], row_start[j + 1]):
                    gain[columns[q]] -= w
                loss[i] += w
            elif count[j] == 2:
                for q in range(row_start[j], row_start[j + 1]):
                    if chosen[columns[q]] and columns[q] != i:
                        loss[columns[q]] -= w
        else:
            count[j] -= 1
            if count[j] == 0:
                change -= w
                for q in range(row_start[j], row_start[j + 1]):
                    gain[columns[q]] += w
                loss[i] -= w
            elif count[j] == 1:
                for q in range(row_start[j], row_start[j + 1]):
                    if chosen[columns[q]]:
                        loss[columns[q]] += w
    return change


@kernel
def best_addition(
    gain: Floats, cost: Floats, chosen: Flags, left: float, barred: int, skip: float, rng: RandomState,
    tally: Floats, place: Floats, ring: Ints, occupied: Ints,
) -> int:  # fmt: skip
    """The affordable candidate with the greatest gain (per cost under a budget), -1 if none adds anything.

    Each is overlooked with probability `skip`.
    """
    pick, best = -1, 1e-12
    for i in range(len(gain)):
        if gain[i] <= 0 or chosen[i] or i == barred or cost[i] > left:
            continue
        worth = gain[i] / cost[i] if cost[i] > 0 else gain[i]
        if worth > best and (skip <= 0 or uniform(rng) >= skip) and is_free(i, tally, place, ring, occupied):
            pick, best = i, worth
    return pick


@kernel
def best_exchange(
    k: int, start: Ints, rows: Indices, row_start: Ints, columns: Indices, weight: Floats, cost: Floats,
    chosen: Flags, count: Indices, gain: Floats, left: float, skip: float, rng: RandomState,
    extra: Floats, touched: Ints, tally: Floats, place: Floats, ring: Ints, occupied: Ints,
) -> tuple[int, float]:  # fmt: skip
    """What to build instead of k, and what it then adds, without touching the plan: its gain now and what k alone serves of its rows.

    Candidates that share such rows with k compete, each overlooked with probability `skip`. `extra`: zeros, left so.
    """
    if tally[SPACING_SQUARED] > 0:
        occupy(k, NO, place, occupied)
    known = 0
    for p in range(start[k], start[k + 1]):
        j = rows[p]
        if count[j] == 1:
            w = weight[j]
            for q in range(row_start[j], row_start[j + 1]):
                i = columns[q]
                if extra[i] == 0.0:
                    touched[known] = i
                    known += 1
                extra[i] += w
    pick, best = -1, 1e-12
    for a in range(known):
        i = touched[a]
        adds = gain[i] + extra[i]
        extra[i] = 0.0
        if (
            adds > best
            and not chosen[i]
            and cost[i] <= left + cost[k]
            and uniform(rng) >= skip
            and is_free(i, tally, place, ring, occupied)
        ):
            pick, best = i, adds
    if tally[SPACING_SQUARED] > 0:
        occupy(k, YES, place, occupied)
    return pick, best


@kernel
def least_useful(held: Ints, sites: int, loss: Floats, rng: RandomState) -> int:
    """Place in `held` of the least useful of a few sites drawn from it: where the plan loses least without it."""
    at = below(rng, sites)
    for _ in range(TOURNAMENT):
        other = below(rng, sites)
        if loss[held[other]] < loss[held[at]]:
            at = other
    return at


@kernel
def swap_search(
    model: Model, plan: Flags, sites: int, budget: float, iterations: int, seed: int, hot: float, cold: float
) -> tuple[Flags, Flags, float]:  # fmt: skip
    """Fill up greedily, then anneal: most moves exchange a little useful site for its best neighbour, evaluated without touching the plan;
    the others take one or two out and put the best of all in. Best plan, last plan, best weight.
    """
    rng = seeded(seed)
    start, rows, row_start, columns, weight, cost = model.start, model.rows, model.row_start, model.columns, model.weight, model.cost
    place, ring = model.place, model.ring
    n = len(cost)
    chosen, count, loss = np.zeros(n, np.uint8), np.zeros(len(weight), np.int32), np.zeros(n)
    gain, tally, occupied = np.zeros(n), np.zeros(TALLY_SIZE), np.full(len(ring) * PER_BUCKET, -1)
    tally[SPACING_SQUARED] = model.spacing_m * model.spacing_m
    for i in range(n):
        for p in range(start[i], start[i + 1]):
            gain[i] += weight[rows[p]]
    held, size = np.zeros(n + 1, np.int64), 0  # the sites of the plan, in any order, so that one can be drawn
    now, left = 0.0, budget
    for i in range(n):
        if plan[i]:
            now += flip(i, True, start, rows, row_start, columns, weight, chosen, count, gain, loss, tally, place, occupied)
            left -= cost[i]
            held[size] = i
            size += 1
    best, best_plan = now, chosen.copy()
    added, dropped = np.zeros(REFILL_UP_TO, np.int64), np.zeros(2, np.int64)
    extra, touched = np.zeros(n), np.zeros(n, np.int64)
    for iteration in range(FILL, iterations):
        temperature = hot * (cold / hot) ** (max(iteration, 0) / max(1, iterations))
        if iteration != FILL and size > 1 and uniform(rng) < EXCHANGES:
            # exchange one site for the neighbour that adds most; judged from gains and losses before anything changes
            at = least_useful(held, size, loss, rng)
            k = held[at]
            i, adds = best_exchange(
                k, start, rows, row_start, columns, weight, cost, chosen, count, gain, left, SKIP, rng, extra, touched, tally, place,
                ring, occupied,
            )  # fmt: skip
            if i >= 0 and adds - loss[k] >= temperature * np.log(uniform(rng) + 1e-300):
                now += flip(k, False, start, rows, row_start, columns, weight, chosen, count, gain, loss, tally, place, occupied)
                now += flip(i, True, start, rows, row_start, columns, weight, chosen, count, gain, loss, tally, place, occupied)
                left += cost[k] - cost[i]
                held[at] = i
                if now > best + 1e-9:
                    best = now
                    best_plan[:] = chosen
            continue
        # take one or two sites out, the first a little useful one
        before, out, into, barred = now, 0, 0, NOBODY
        if iteration != FILL and size > 0:
            for _ in range(1 if size < 2 or uniform(rng) < 0.5 else 2):
                at = least_useful(held, size, loss, rng) if out == 0 else below(rng, size)
                k = held[at]
                now += flip(k, False, start, rows, row_start, columns, weight, chosen, count, gain, loss, tally, place, occupied)
                left += cost[k]
                size -= 1
                held[at] = held[size]
                dropped[out] = k
                out += 1
            barred = dropped[0]
        # put the best in while there is room; the site taken out first may return only when nothing else helps
        while size < sites and into < (REFILL_UP_TO if iteration != FILL else n):
            k = best_addition(gain, cost, chosen, left, barred, SKIP if iteration != FILL else 0.0, rng, tally, place, ring, occupied)
            if k < 0:
                if barred == NOBODY or iteration == FILL:
                    break
                barred = NOBODY
                continue
            now += flip(k, True, start, rows, row_start, columns, weight, chosen, count, gain, loss, tally, place, occupied)
            left -= cost[k]
            held[size] = k
            size += 1
            if iteration != FILL:
                added[into] = k
            into += 1
        if iteration == FILL or now - before >= temperature * np.log(uniform(rng) + 1e-300):
            if now > best + 1e-9:
                best = now
                best_plan[:] = chosen
            continue
        # refused: the sites added are the last of `held`
        for a in range(into):
            k = added[a]
            now += flip(k, False, start, rows, row_start, columns, weight, chosen, count, gain, loss, tally, place, occupied)
            left += cost[k]
        size -= into
        for a in range(out):
            k = dropped[a]
            now += flip(k, True, start, rows, row_start, columns, weight, chosen, count, gain, loss, tally, place, occupied)
            left -= cost[k]
            held[size] = k
            size += 1
        now = before  # exactly, without the rounding of the way there and back
    return best_plan, chosen, best


@kernel
def weight_of(model: Model, plan: Flags) -> float:
    """Weight the plan serves; -1 where two sites are too close."""
    served, total = np.zeros(len(model.weight), np.uint8), 0.0
    tally, occupied = np.zeros(TALLY_SIZE), np.full(len(model.ring) * PER_BUCKET, -1)
    tally[SPACING_SQUARED] = model.spacing_m * model.spacing_m
    for i in range(len(model.cost)):
        if not plan[i]:
            continue
        if not is_free(i, tally, model.place, model.ring, occupied):
            return -1.0
        if tally[SPACING_SQUARED] > 0:
            occupy(i, YES, model.place, occupied)
        for p in range(model.start[i], model.start[i + 1]):
            j = model.rows[p]
            if not served[j]:
                served[j] = 1
                total += model.weight[j]
    return total
