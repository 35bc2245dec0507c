"""A plan with limited sites repaired without one of its sites: others take over what they can, then sites near it are built.

Every site is taken out of the same plan, one after the other, and put back by the log. Nothing is drawn at random.
"""

from __future__ import annotations

import numpy as np

from infraplan.arrays import NONE_YET, YES, ZERO, Flags, Floats, Ints, kernel
from infraplan.siting.cover.limited.moves import relieve, serve, take_back, withdraw
from infraplan.siting.cover.limited.ruin_and_recreate import restored
from infraplan.siting.cover.limited.state import LINES, LOG, OVERFLOWED, RESERVED, PlanState, attention_of, promise, set_site
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.state import COST, is_free, is_met

SINGLES = 6
"""Candidates that are tried as the only substitute, the cheapest first."""
MOST_BUILT = 40
"""Sites that one repair may build."""
MOST_CHANGES = 64
"""Candidates that one repair may add and remove."""


@kernel
def build_and_fill(model: Model, state: PlanState, i: int) -> None:
    """Candidate i joins the plan and takes what it can."""
    set_site(model, state, i, YES)
    serve(model, state, i)
    if model.capacity[i] > state.load[i]:
        relieve(model, state, i)


@kernel
def promises(model: Model, state: PlanState, options: Ints, known: int, attention: float, worth: Floats) -> None:
    """What each option would carry toward the targets, 0 for one that may not be built."""
    for a in range(known):
        i = options[a]
        worth[a] = 0.0
        if not state.chosen[i] and is_free(i, state.tally, model.place, model.ring, state.occupied):
            worth[a] = promise(
                i, model.start, model.rows, model.weight, model.zone, model.must, model.capacity, state.servers, state.filled,
                state.short, state.tally, attention, state.gained, state.touched, model.rate,
            )  # fmt: skip


@kernel
def drop_idle(model: Model, state: PlanState, options: Ints, known: int) -> None:
    """Try to do without the sites this repair built, and without the plan's sites among the options, the most expensive first."""
    size, tally = state.size, state.tally
    tried = np.zeros(known, np.uint8)
    while True:
        pick = NONE_YET
        for a in range(known):
            i = options[a]
            if state.chosen[i] and not tried[a] and not model.fixed[i] and (pick < 0 or model.cost[i] > model.cost[options[pick]]):
                pick = a
        if pick < 0 or size[LINES] > LOG - RESERVED:
            return
        tried[pick] = 1
        to = size[LINES]
        withdraw(model, state, options[pick], YES)
        if not is_met(tally) or size[OVERFLOWED]:
            take_back(model, state, to)
            size[OVERFLOWED] = 0


@kernel
def changes_of(state: PlanState, changes: Ints) -> int:
    """The candidates that the log adds and removes, each once for every change; how many, -1 where there are too many."""
    count = 0
    for line in range(state.size[LINES]):
        if state.log_at[line] < 0:
            if count == len(changes):
                return -1
            changes[count] = -1 - state.log_at[line]
            count += 1
    return count


@kernel
def keep_if_cheaper(
    model: Model, state: PlanState, options: Ints, known: int, q: int, best: Floats, sizes: Ints, changes: Ints
) -> None:  # fmt: skip
    """Note the plan in progress as the repaired plan of q where it meets every target and is the cheapest so far."""
    if not is_met(state.tally) or state.size[OVERFLOWED]:
        return
    drop_idle(model, state, options, known)
    if state.tally[COST] < best[q]:
        count = changes_of(state, changes[q])
        best[q], sizes[q] = (state.tally[COST], count) if count >= 0 else (np.inf, 0)


@kernel
def greedy_repair(model: Model, state: PlanState, options: Ints, known: int, attention: float, worth: Floats) -> None:
    """Build what promises most per cost until every target is met."""
    for _ in range(MOST_BUILT):
        if is_met(state.tally) or state.size[OVERFLOWED] or state.size[LINES] > LOG - RESERVED:
            return
        promises(model, state, options, known, attention, worth)
        pick, top = NONE_YET, 0.0
        for a in range(known):
            rate = worth[a] / max(model.cost[options[a]], 1e-12)
            if rate > top:
                pick, top = a, rate
        if pick < 0:
            return
        build_and_fill(model, state, options[pick])


@kernel
def repair_each_limited(
    model: Model, plan: Flags, given: Floats, asked: Ints, banned_start: Ints, banned: Ints, pool: Ints, wide: Ints
) -> tuple[Floats, Ints, Ints]:  # fmt: skip
    """For each of `asked` (how many there are) the cheapest repaired plan without its `banned` candidates.

    Cost, infinite where none was found; number of changes; the changes, each candidate once for every time it joins or leaves the plan.
    `given`: what the plan's entries carry. `pool`: candidates near each asked one, -1 where there are fewer; `wide`: further ones.
    """
    state = restored(model, plan, given)
    attention, planned = attention_of(model), state.tally[COST]
    shut, seen = np.zeros(len(model.cost), np.uint8), np.zeros(len(model.cost), np.int64)
    best = np.full(len(asked), np.inf)
    sizes, changes = np.zeros(len(asked), np.int64), np.full((len(asked), MOST_CHANGES), -1)
    options = np.zeros(pool.shape[1] + len(wide), np.int64)
    worth = np.zeros(len(options))
    for q in range(len(asked)):
        state.size[LINES], state.size[OVERFLOWED] = 0, 0
        state.tally[COST] = planned
        for b in range(banned_start[q], banned_start[q + 1]):
            shut[banned[b]] = 1
        known = ZERO
        for a in range(len(options)):
            k = pool[q, a] if a < pool.shape[1] else wide[a - pool.shape[1]]
            if k >= 0 and not shut[k] and seen[k] != q + 1:
                seen[k] = q + 1
                options[known] = k
                known += 1
        for b in range(banned_start[q], banned_start[q + 1]):
            if state.chosen[banned[b]]:
                withdraw(model, state, banned[b], YES)
        mark = state.size[LINES]
        keep_if_cheaper(model, state, options, known, q, best, sizes, changes)
        if best[q] == np.inf:
            # one candidate alone, the cheapest that suffices
            promises(model, state, options, known, attention, worth)
            price = np.full(known, np.inf)
            for a in range(known):
                if worth[a] > 0 and worth[a] >= 0.5 * worth[:known].max():
                    price[a] = model.cost[options[a]]
            order = np.argsort(price, kind="mergesort")
            for a in range(min(SINGLES, known)):
                if price[order[a]] == np.inf or best[q] < np.inf:
                    break
                build_and_fill(model, state, options[order[a]])
                keep_if_cheaper(model, state, options, known, q, best, sizes, changes)
                take_back(model, state, mark)
                state.size[OVERFLOWED] = 0
            # several, the most useful first
            greedy_repair(model, state, options, known, attention, worth)
            keep_if_cheaper(model, state, options, known, q, best, sizes, changes)
        take_back(model, state, 0)
        for b in range(banned_start[q], banned_start[q + 1]):
            shut[banned[b]] = 0
    return best, sizes, changes
