"""Ruin and recreate: take a few neighbouring sites out, meet the targets again as cheaply as possible, keep the result if it is good.

One iteration touches only the neighbourhood of one candidate: an undo log takes a refused step back, and counters say at once whether
every target is met. What is good enough is decided by annealing.
Iterations are counted, never timed: the same seed gives the same plan.

Schrimpf, Schneider, Stamm-Wilbrandt, Dueck, Record breaking optimization results using the ruin and recreate principle, J. Comput. Phys.
159, 2000, doi 10.1006/jcph.1999.6413.
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import NONE_YET, Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.random_numbers import RandomState, below, seeded, uniform
from infraplan.siting.cover.state import COST, NEED_LEFT, REST, SLACK, VALUE, build, empty_plan, is_free, is_met, remove, useful_weight

RUIN_UP_TO = 8
"""Sites that a step removes at most."""
DRAWS = 3
"""Candidates drawn for each site to be removed; many of them are not in the plan."""
NARROWEST = 4
"""The neighbourhood from which sites are removed has at least this many candidates."""
NOISE = 0.25
"""Usefulness is multiplied by a random factor of 1 - NOISE to 1 + NOISE."""
EXTRA_COST = 2.5
"""A step is given up once it is this many mean candidates more expensive than before."""
LOG = 4096
"""Changes that one step may make; more end it."""


@kernel
def recreate(
    near: Ints, limit: float, log: Ints, logged: int, gained: Floats, touched: Ints, must_worth: float, rng: RandomState,
    start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, occupied: Ints,
) -> tuple[int, bool]:  # fmt: skip
    """Build neighbours, most useful weight per cost (with noise) first, until every target is met or `limit` is spent.

    Length of the log, and success.
    """
    while not is_met(tally):
        pick, best = NONE_YET, 0.0
        for a in range(len(near)):
            i = near[a]
            if chosen[i] or not is_free(i, tally, place, ring, occupied):
                continue
            worth = useful_weight(i, start, rows, weight, zone, must, count, short, tally, must_worth, gained, touched)
            if worth > 0:
                worth *= (1 - NOISE + 2 * NOISE * uniform(rng)) / max(cost[i], 1e-12)
                if worth > best:
                    pick, best = i, worth
        if pick < 0 or logged >= LOG - 1 or tally[COST] + cost[pick] > limit:
            return logged, False
        build(pick, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
        log[logged] = pick
        logged += 1
    return logged, True


@kernel
def is_needed(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags,
    count: Indices, short: Floats, tally: Floats, gained: Floats, touched: Ints,
) -> bool:  # fmt: skip
    """Some target fails without candidate i. `gained`: zeros per zone, left so.

    The plan is not touched: this is one walk over the rows of i; to remove and build it again would be two, with all counters.
    """
    slack, rest = tally[SLACK], tally[REST]
    lost, used, needed = 0.0, 0, False
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        if count[j] == 1:
            if must[j]:
                needed = True
                break
            g = zone[j]
            if g <= rest:
                lost += weight[j]
            if gained[g] == 0.0:
                touched[used] = g
                used += 1
            gained[g] += weight[j]
            if g != rest and short[g] + gained[g] > slack:
                needed = True
                break
    for q in range(used):
        gained[touched[q]] = 0.0
    return bool(needed or tally[NEED_LEFT] + lost > slack)


@kernel
def flip_all(
    log: Ints, logged: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, cost: Floats, value: Floats,
    chosen: Flags, count: Indices, short: Floats, tally: Floats, place: Floats, ring: Ints, occupied: Ints,
) -> None:  # fmt: skip
    """Undo the log: build what it removed and remove what it built, the last change first."""
    for a in range(logged - 1, -1, -1):
        if chosen[log[a]]:
            remove(log[a], start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
        else:
            build(log[a], start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)


@kernel
def ruin_and_recreate(
    model: Model, near: Ints, plan: Flags, iterations: int, seed: int, hot: float, cold: float
) -> tuple[Flags, Flags, float]:
    """Anneal cost less value served from temperature `hot` to `cold`. Best plan, last plan, best cost. `plan` meets every target.

    Weight served beyond the needs has a value: it lets a site go later, where costs alone do not distinguish plans.
    """
    rng = seeded(seed)
    start, rows, weight, zone, must, cost = model.start, model.rows, model.weight, model.zone, model.must, model.cost
    value, place, ring = model.value, model.place, model.ring
    chosen, count, short, tally, occupied = empty_plan(model)
    candidates, width = near.shape
    for i in range(candidates):
        if plan[i]:
            build(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
    best, best_value, best_plan = tally[COST], tally[VALUE], chosen.copy()
    gained, touched, log = np.zeros(len(short)), np.zeros(len(short), np.int64), np.zeros(LOG, np.int64)
    must_worth = 1.0 + weight.sum()  # a must outweighs all else
    extra = EXTRA_COST * cost.sum() / max(1, candidates)
    for iteration in range(iterations):
        # ruin: remove a random number of the sites nearest to a random candidate
        around = near[below(rng, candidates)]
        take, span = 1 + below(rng, RUIN_UP_TO), min(width, NARROWEST + below(rng, width))
        logged, before, worth = 0, tally[COST], tally[COST] - tally[VALUE]
        for _ in range(DRAWS * take):
            i = around[below(rng, span)]
            if chosen[i]:
                remove(i, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
                log[logged] = i
                logged += 1
                if logged == take:
                    break
        if logged == 0:
            continue
        # recreate: build neighbours until every target is met again
        logged, met = recreate(
            around, before + extra, log, logged, gained, touched, must_worth, rng, start, rows, weight, zone, must, cost, value,
            chosen, count, short, tally, place, ring, occupied,
        )  # fmt: skip
        # greedy overshoots: sites of the neighbourhood that are not needed any more go, the most expensive first
        while met and logged < LOG - 1:
            pick, highest = -1, -1.0
            for a in range(width):
                i = around[a]
                if not chosen[i] or cost[i] <= highest:
                    continue
                if not is_needed(i, start, rows, weight, zone, must, count, short, tally, gained, touched):
                    pick, highest = i, cost[i]
            if pick < 0:
                break
            remove(pick, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
            log[logged] = pick
            logged += 1
        # annealing: accept a worse plan with a probability that falls with its excess, else undo the step
        temperature = hot * (cold / hot) ** (iteration / iterations)
        if not met or tally[COST] - tally[VALUE] > worth - temperature * np.log(uniform(rng) + 1e-300):
            flip_all(log, logged, start, rows, weight, zone, must, cost, value, chosen, count, short, tally, place, ring, occupied)
        elif tally[COST] < best - 1e-9 or (tally[COST] <= best and tally[VALUE] > best_value):
            best, best_value = tally[COST], tally[VALUE]
            best_plan[:] = chosen
    return best_plan, chosen, best
