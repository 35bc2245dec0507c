"""Ruin and recreate: take a few neighbouring sites out, mend the targets as cheaply as possible, keep the result if it is good enough.

One iteration touches only the neighbourhood of one candidate: an undo log takes a refused step back, and counters tell at once whether
every target is met. What is good enough is decided by annealing.
Iterations are counted, never timed: the same seed gives the same plan.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.greedy import build, fresh, is_free, is_met, remove, useful_weight
from infraplan.siting.cover.model import AnyModel, Model
from infraplan.siting.cover.random_numbers import RandomState, below, seeded, uniform

NEIGHBOURS = 50
RUIN_UP_TO = 8
NOISE = 0.25
LOG = 4096


def neighbours(model: AnyModel, position_m: Floats | None, count: int = NEIGHBOURS) -> Ints:
    """For every candidate the `count` nearest, itself first: by distance where positions are known, else by how many classes they share."""
    count = min(count, model.candidates)
    if position_m is not None:
        nearest = cKDTree(position_m).query(position_m, count)[1].reshape(model.candidates, count)
        return np.asarray(nearest, np.int64)
    return _kin(model, count)


@kernel
def _kin(model: AnyModel, count: int) -> Ints:
    """Candidates met most often when walking from a candidate to its classes and from those to theirs; at most 64 are walked from each."""
    candidates = len(model.cost)
    near = np.empty((candidates, count), np.int64)
    seen = np.zeros(candidates)
    met = np.empty(candidates, np.int64)
    for i in range(candidates):
        known = 1
        met[0] = i
        seen[i] = 1e18
        walked = 0
        while walked < known and known < 4 * count:
            k = met[walked]
            share = 1.0 if k == i else 1e-3
            size = model.start[k + 1] - model.start[k]
            step = max(1, size // 64)
            for p in range(model.start[k], model.start[k + 1], step):
                j = model.rows[p]
                wide = max(1, (model.row_start[j + 1] - model.row_start[j]) // 64)
                for q in range(model.row_start[j], model.row_start[j + 1], wide):
                    c = model.columns[q]
                    if seen[c] == 0.0:
                        met[known] = c
                        known += 1
                    seen[c] += share
            walked += 1
        order = np.argsort(-seen[met[:known]], kind="mergesort")
        for a in range(count):
            near[i, a] = met[order[a]] if a < known else i
        for a in range(known):
            seen[met[a]] = 0.0
    return near


@kernel
def recreate(
    near: Ints, limit: float, log: Ints, logged: int, gained: Floats, touched: Ints, must_worth: float, rng: RandomState,
    start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, standing: Ints,
) -> tuple[int, bool]:  # fmt: skip
    """Build neighbours, most useful weight per cost (with noise) first, until every target is met or `limit` is spent.

    Length of the log, and success.
    """
    while not is_met(tally):
        pick, best = -1, 0.0
        for a in range(len(near)):
            i = near[a]
            if chosen[i] or not is_free(i, tally, place, ring, standing):
                continue
            worth = useful_weight(i, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched)
            if worth > 0:
                worth *= (1 - NOISE + 2 * NOISE * uniform(rng)) / max(cost[i], 1e-12)
                if worth > best:
                    pick, best = i, worth
        if pick < 0 or logged >= LOG - 1 or tally[3] + cost[pick] > limit:
            return logged, False
        build(pick, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
        log[logged] = pick
        logged += 1
    return logged, True


@kernel
def is_needed(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags,
    count: Indices, short: Floats, tally: Floats, gained: Floats, touched: Ints,
) -> bool:  # fmt: skip
    """Some target fails without candidate i."""
    slack, last = tally[4], len(short) - 1
    lost, used, needed = 0.0, 0, False
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        if count[j] == 1:
            if must[j]:
                needed = True
                break
            g = zone[j]
            lost += weight[j]
            if gained[g] == 0.0:
                touched[used] = g
                used += 1
            gained[g] += weight[j]
            if g < last and short[g] + gained[g] > slack:
                needed = True
                break
    for q in range(used):
        gained[touched[q]] = 0.0
    return bool(needed or tally[0] + lost > slack)


@kernel
def ruin_and_recreate(
    model: Model, near: Ints, plan: Flags, iterations: int, seed: int, hot: float, cold: float
) -> tuple[Flags, Flags, float]:
    """Anneal cost less value served from temperature `hot` to `cold`. Best plan, last plan, best cost. `plan` meets every target.

    Weight served beyond the needs has a value: it lets a site go later, where costs alone would show a plain.
    """
    rng = seeded(seed)
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, standing = fresh(model)
    candidates, width = near.shape
    for i in range(candidates):
        if plan[i]:
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
    best, spare, best_plan = tally[3], tally[6], chosen.copy()
    gained, touched, log = np.zeros(len(short)), np.zeros(len(short), np.int64), np.zeros(LOG, np.int64)
    must_worth = 1.0 + weight.sum()
    dear = 2.5 * cost.sum() / max(1, candidates)
    for iteration in range(iterations):
        around = near[below(rng, candidates)]
        take, span = 1 + below(rng, RUIN_UP_TO), min(width, 4 + below(rng, width))
        logged, before, worth = 0, tally[3], tally[3] - tally[6]
        for _ in range(3 * take):
            i = around[below(rng, span)]
            if chosen[i]:
                remove(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
                log[logged] = i
                logged += 1
                if logged == take:
                    break
        if logged == 0:
            continue
        logged, met = recreate(
            around, before + dear, log, logged, gained, touched, must_worth, rng, start, rows, weight, zone, must, cost, value,
            chosen, count, short, tally, place, ring, standing,
        )  # fmt: skip
        while met and logged < LOG - 1:
            pick, dearest = -1, -1.0
            for a in range(width):
                i = around[a]
                if not chosen[i] or cost[i] <= dearest:
                    continue
                if not is_needed(i, start, rows, weight, zone, must, count, short, tally, gained, touched):
                    pick, dearest = i, cost[i]
            if pick < 0:
                break
            remove(pick, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
            log[logged] = pick
            logged += 1
        temperature = hot * (cold / hot) ** (iteration / iterations)
        if not met or tally[3] - tally[6] > worth - temperature * np.log(uniform(rng) + 1e-300):
            for a in range(logged - 1, -1, -1):
                if chosen[log[a]]:
                    remove(log[a], start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
                else:
                    build(log[a], start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, standing)
        elif tally[3] < best - 1e-9 or (tally[3] <= best and tally[6] > spare):
            best, spare = tally[3], tally[6]
            best_plan[:] = chosen
    return best_plan, chosen, best
