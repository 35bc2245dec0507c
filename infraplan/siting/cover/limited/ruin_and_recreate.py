"""Ruin and recreate with limited sites: neighbouring sites leave, others take over, the best of the neighbourhood are built, and a step
that does not pay is taken back by the log.

Iterations are counted: the same seed gives the same plan.
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import NO, NONE_YET, YES, Flags, Floats, Ints, kernel
from infraplan.siting.cover.limited.moves import relieve, serve, take_back, withdraw
from infraplan.siting.cover.limited.state import (
    LINES,
    LOG,
    OVERFLOWED,
    RESERVED,
    PlanState,
    attention_of,
    empty_state,
    move,
    promise,
    set_site,
    worth_carried,
)  # fmt: skip
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.random_numbers import RandomState, below, seeded, uniform
from infraplan.siting.cover.state import COST, NEED_LEFT, is_free, is_met

RUIN_UP_TO, EXCHANGE_UP_TO = 6, 3
"""Sites that a step removes at most: where the least cost is sought, and where the most weight is."""
DRAWS = 3
"""Candidates drawn for each site to be removed; many of them are not in the plan."""
NARROWEST = 4
"""The neighbourhood from which sites are removed has at least this many candidates."""
NOISE = 0.25
"""Usefulness is multiplied by a random factor of 1 - NOISE to 1 + NOISE."""
EXTRA_COST = 2.5
"""A step is given up once it is this many mean candidates more expensive than before."""
TRIALS = 3
"""Sites whose removal is tried at the end of a step."""


@kernel
def rebuild_around(
    model: Model, near: Ints, plan: Flags, given: Floats, sites: float, budget: float, most: bool,
    iterations: int, seed: int, hot: float, cold: float,
) -> tuple[Flags, Floats, Flags, Floats, float]:  # fmt: skip
    """Anneal from temperature `hot` to `cold`. Best plan and what its entries carry, last plan and its entries, best cost or worth.

    `near`: centres and their neighbourhoods, the centre first. `plan` and `given`: a plan that meets every target (or, for the `most`
    worth, keeps to `sites` and `budget`) and what its entries carry.
    """
    rng = seeded(seed)
    state = restored(model, plan, given)
    chosen, carried, tally, size = state.chosen, state.carried, state.tally, state.size
    centres, width = near.shape
    free = 0
    for i in range(len(model.cost)):
        free += chosen[i] and not model.fixed[i]
    best = worth_carried(model, state) if most else tally[COST]
    best_plan, best_carried = chosen.copy(), carried.copy()
    attention = attention_of(model)
    extra = EXTRA_COST * model.cost.sum() / max(1, len(model.cost))
    pool = np.zeros(2 * width, np.int64)
    for iteration in range(iterations):
        size[LINES], size[OVERFLOWED] = 0, 0
        cost_before, free_before = tally[COST], free
        worth_before = worth_carried(model, state) if most else 0.0
        # a neighbourhood to ruin; where the most weight is sought, sites may move to a second one
        pool[:width] = near[below(rng, centres)]
        wide = width
        if most:
            pool[width : 2 * width] = near[below(rng, centres)]
            wide = 2 * width
        take, span = 1 + below(rng, EXCHANGE_UP_TO if most else RUIN_UP_TO), min(width, NARROWEST + below(rng, width))
        removed = remove_some(model, state, pool, span, take, rng)
        if removed == 0 and not (most and free < sites):
            continue
        free -= removed
        cost_limit = budget if most else cost_before + extra
        free, done = fill_up(model, state, pool[:wide], most, free, sites, cost_limit, attention, rng)
        if done and not most and not size[OVERFLOWED]:
            free -= drop_light_sites(model, state, pool[:width], -1 - iteration)
        temperature = hot * (cold / hot) ** (iteration / max(1, iterations))
        worth = worth_carried(model, state) if most else 0.0
        worse = worth_before - worth if most else tally[COST] - cost_before
        if not done or size[OVERFLOWED] or worse > -temperature * np.log(uniform(rng) + 1e-300):
            take_back(model, state, 0)
            free = free_before
        elif (worth > best + 1e-9 * best) if most else (tally[COST] < best - 1e-9):
            best = worth if most else tally[COST]
            best_plan[:], best_carried[:] = chosen, carried
    return best_plan, best_carried, chosen, carried, best


@kernel
def restored(model: Model, plan: Flags, given: Floats) -> PlanState:
    """The state of a known plan whose entries carry `given`; capacity that is left is filled."""
    state = empty_state(model)
    start, rows, weight, zone, must = model.start, model.rows, model.weight, model.zone, model.must
    load, carried, filled, short, tally = state.load, state.carried, state.filled, state.short, state.tally
    log_at, log_by, size = state.log_at, state.log_by, state.size
    for i in range(len(plan)):
        if plan[i]:
            set_site(model, state, i, YES)
            for e in range(start[i], start[i + 1]):
                if given[e] > 0:
                    move(e, i, rows[e], given[e], weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                    size[LINES] = 0
            size[LINES] = 0
    for i in range(len(plan)):
        if plan[i]:
            serve(model, state, i)
            size[LINES] = 0
    return state


@kernel
def remove_some(model: Model, state: PlanState, pool: Ints, span: int, take: int, rng: RandomState) -> int:
    """Withdraw up to `take` sites drawn from the first `span` candidates of the pool; how many."""
    removed = 0
    for _ in range(DRAWS * take):
        i = pool[below(rng, span)]
        if state.chosen[i] and not model.fixed[i]:
            withdraw(model, state, i, NO)
            removed += 1
            if removed == take:
                break
    return removed


@kernel
def fill_up(
    model: Model, state: PlanState, pool: Ints, most: bool, free: int, sites: float, cost_limit: float, attention: float, rng: RandomState
) -> tuple[int, bool]:  # fmt: skip
    """Build candidates of the pool, most promised per cost (with noise) first. Number of sites that are not fixed, and success.

    The least cost: until every target is met; it fails where nothing helps or the plan would cost more than `cost_limit`. The `most`
    weight: while something fits in `sites` and `cost_limit`; it always succeeds.
    """
    start, rows, weight, zone, must, capacity, cost = (
        model.start, model.rows, model.weight, model.zone, model.must, model.capacity, model.cost,
    )  # fmt: skip
    place, ring, occupied, chosen = model.place, model.ring, state.occupied, state.chosen
    count, filled, short, tally, size = state.servers, state.filled, state.short, state.tally, state.size
    gained, touched = state.gained, state.touched
    while not size[OVERFLOWED]:
        if not most and is_met(tally):
            return free, True
        pick, top = NONE_YET, 0.0
        for a in range(len(pool)):
            i = pool[a]
            if chosen[i] or not is_free(i, tally, place, ring, occupied):
                continue
            if most and (free + 1 > sites or tally[COST] + cost[i] > cost_limit):
                continue
            worth = promise(
                i, start, rows, weight, zone, must, capacity, count, filled, short, tally, attention, gained, touched, model.rate
            )
            if worth > 0:
                worth *= (1 - NOISE + 2 * NOISE * uniform(rng)) / max(cost[i], 1e-12)
                if worth > top:
                    pick, top = i, worth
        if pick < 0 or (not most and tally[COST] + cost[pick] > cost_limit) or size[LINES] > LOG - RESERVED:
            break
        set_site(model, state, pick, YES)
        serve(model, state, pick)
        if capacity[pick] > state.load[pick]:
            relieve(model, state, pick)
        free += 1
    return free, most


@kernel
def drop_light_sites(model: Model, state: PlanState, pool: Ints, stamp: int) -> int:
    """Try to do without the sites that carry least for their cost, one after the other; how many went. `stamp` marks those tried.

    A site is not tried where the load it carries is more than all capacity left in the pool plus the surplus over the whole need.
    """
    cost, load, capacity, chosen = model.cost, state.load, model.capacity, state.chosen
    seen, tally, size = state.seen, state.tally, state.size
    dropped = 0
    for _ in range(TRIALS):
        pick, lightest, room = NONE_YET, np.inf, max(0.0, -tally[NEED_LEFT])
        for a in range(len(pool)):
            i = pool[a]
            room += capacity[i] - load[i] if chosen[i] else 0.0
            if chosen[i] and not model.fixed[i] and cost[i] > 0 and load[i] / cost[i] < lightest and seen[i + 1] != stamp:
                pick, lightest = i, load[i] / cost[i]
        if pick < 0 or load[pick] > room or size[LINES] > LOG - RESERVED:
            break
        seen[pick + 1] = stamp
        to = size[LINES]
        withdraw(model, state, pick, YES)
        if is_met(tally) and not size[OVERFLOWED]:
            dropped += 1
        else:
            take_back(model, state, to)
    return dropped
