"""Plans of limited sites from scratch, fast: lazy greedy on what nobody carries, with rows handed on near each new site."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import YES, Flags, Floats, Ints, kernel
from infraplan.siting.cover.greedy import TIE
from infraplan.siting.cover.heap import drop_top, replace_top, second_key
from infraplan.siting.cover.limited.moves import relieve, serve, take_back, withdraw
from infraplan.siting.cover.limited.state import LINES, OVERFLOWED, PlanState, attention_of, empty_state, promise, set_site
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.state import is_free, is_met

GIVEN = -np.inf
"""Key of the candidates that the plan starts with: they are built first, whatever they add."""


@kernel
def grow_plan(model: Model, plan: Flags, sites: float, budget: float, most: bool) -> tuple[Flags, Floats]:
    """Lazy greedy from a plan on: most promised per cost first, until every target is met or the limits are used up; then the sites that
    carry least for their cost go, if others can carry it. The plan and what its entries carry.

    `most`: the limits alone end it. As in `greedy.lazy_greedy`, only the top of the heap is computed again.
    """
    start, rows, weight, zone, must = model.start, model.rows, model.weight, model.zone, model.must
    cost, capacity, fixed = model.cost, model.capacity, model.fixed
    state = empty_state(model)
    count, filled, short, tally, size = state.servers, state.filled, state.short, state.tally, state.size
    gained, touched = state.gained, state.touched
    attention = attention_of(model)
    price = np.maximum(cost, 1e-9 * (1.0 + cost.sum() / max(1, len(cost))))
    heap = [(0.0, 0)]  # numba infers the type of a list from its entries
    heap.clear()
    free, spent = 0, 0.0
    for i in range(len(cost)):
        if plan[i] or fixed[i]:
            heap.append((GIVEN, i))
        else:
            worth = promise(
                i, start, rows, weight, zone, must, capacity, count, filled, short, tally, attention, gained, touched, model.rate
            )
            heap.append((-worth / price[i], i))
    heap.sort()
    while len(heap):
        size[LINES], size[OVERFLOWED] = 0, 0
        key, i = heap[0]
        if key != GIVEN:
            if free >= sites or (is_met(tally) and not most):
                break
            worth = 0.0
            if spent + cost[i] <= budget and is_free(i, tally, model.place, model.ring, state.occupied):
                worth = promise(
                    i, start, rows, weight, zone, must, capacity, count, filled, short, tally, attention, gained, touched, model.rate
                )
            if worth <= 0:
                drop_top(heap)
                continue
            if len(heap) > 1 and worth / price[i] < -second_key(heap) * (1 - TIE):
                replace_top(heap, -worth / price[i], i)
                continue
        drop_top(heap)
        set_site(model, state, i, YES)
        serve(model, state, i)
        if capacity[i] > state.load[i]:
            relieve(model, state, i)
        if not fixed[i]:
            free += 1
            spent += cost[i]
    if not most and is_met(tally):
        drop_needless_sites(model, state, np.argsort(state.load / price))
    return state.chosen, state.carried


@kernel
def drop_needless_sites(model: Model, state: PlanState, order: Ints) -> None:
    """Withdraw, in this order, every site that is not fixed and without which all targets are still met."""
    for i in order:
        if not state.chosen[i] or model.fixed[i]:
            continue
        state.size[LINES], state.size[OVERFLOWED] = 0, 0
        withdraw(model, state, i, YES)
        if state.size[OVERFLOWED] or not is_met(state.tally):
            take_back(model, state, 0)
