"""Sites come and go, and rows are handed on: `serve`, `relieve`, `reassign` and `withdraw` keep who carries whom near a change up to date.

A new site first takes rows nobody carries (`serve`), then rows of full neighbours, which then take others (`relieve`). When a site leaves
(`withdraw`), its rows go to sites with capacity left, or to full ones that can hand something on (`reassign`).
"""

from __future__ import annotations

from infraplan.arrays import NO, kernel
from infraplan.siting.cover.limited.state import LINES, OVERFLOWED, PlanState, move, set_site, useful_amount
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.state import REST

MUSTS_FIRST, NEEDED_NEXT, ANYTHING_LAST = 0, 1, 2
"""The turns of `serve`."""


@kernel
def serve(model: Model, state: PlanState, i: int) -> None:
    """Candidate i takes what nobody carries: musts, then what a target needs, then anything; what few can serve first."""
    start, rows, rare, weight, zone, must = model.start, model.rows, model.rare, model.weight, model.zone, model.must
    load, carried, filled, short, tally = state.load, state.carried, state.filled, state.short, state.tally
    log_at, log_by, size = state.log_at, state.log_by, state.size
    capacity = model.capacity[i]
    for turn in range(MUSTS_FIRST, ANYTHING_LAST + 1):
        for p in range(start[i], start[i + 1]):
            left = capacity - load[i]
            if left <= 0:
                return
            j = rows[rare[p]]
            if (turn == MUSTS_FIRST and not must[j]) or filled[j] >= weight[j]:
                continue
            amount = weight[j] - filled[j]
            if turn < ANYTHING_LAST:
                amount = useful_amount(j, weight, zone, must, filled, short, tally)
            if amount > 0:
                amount = min(amount, left)
                move(rare[p], i, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)


@kernel
def relieve(model: Model, state: PlanState, i: int) -> None:
    """Candidate i has capacity left: it takes rows over from neighbours that then carry something useful.

    For every chosen neighbour k and every useful row j of k: k gives a row that both can serve to i, and carries as much of j instead.
    """
    start, rows, row_start, columns = model.start, model.rows, model.row_start, model.columns
    mark, seen, size = state.mark, state.seen, state.size
    for p in range(start[i], start[i + 1]):
        mark[rows[p]] = p + 1
    seen[0] += 1
    for p in range(start[i], start[i + 1]):
        if model.capacity[i] <= state.load[i] or size[OVERFLOWED]:
            break
        for q in range(row_start[rows[p]], row_start[rows[p] + 1]):
            k = columns[q]
            if not state.chosen[k] or k == i or seen[k + 1] == seen[0]:
                continue
            seen[k + 1] = seen[0]
            _relieve_one(model, state, i, k)
            if size[OVERFLOWED]:
                break
    for p in range(start[i], start[i + 1]):
        mark[rows[p]] = 0


@kernel
def _relieve_one(model: Model, state: PlanState, i: int, k: int) -> None:
    """Candidate i takes rows over from k, as long as it has capacity and k can carry something useful instead. `mark` has the rows of i."""
    start, rows, weight, zone, must = model.start, model.rows, model.weight, model.zone, model.must
    load, carried, filled, short, tally = state.load, state.carried, state.filled, state.short, state.tally
    log_at, log_by, size = state.log_at, state.log_by, state.size
    capacity = model.capacity[i]
    give = start[k]  # the entry of k that is given away next; both loops only move it forward
    for e in range(start[k], start[k + 1]):
        j = rows[e]
        if filled[j] >= weight[j]:
            continue
        while capacity > load[i] and give < start[k + 1]:
            amount = useful_amount(j, weight, zone, must, filled, short, tally)
            if amount <= 0:
                break
            shared = rows[give]
            if carried[give] <= 0 or state.mark[shared] == 0:
                give += 1
                continue
            amount = min(amount, carried[give], capacity - load[i])
            own = state.mark[shared] - 1
            move(give, k, shared, -amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
            move(own, i, shared, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
            move(e, k, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
            if size[OVERFLOWED]:
                return
        if give >= start[k + 1]:
            return


@kernel
def reassign(model: Model, state: PlanState, j: int, deep: bool) -> None:
    """Others carry what is open of class j: first sites with capacity left; `deep`: then full ones that hand something on or drop it.

    A full site k hands another row over to a site with capacity left. Or it drops a row that no target misses: one of a zone with a
    surplus, or of no zone, where j is a must or belongs to another zone.
    """
    start, rows, row_start, columns, entry = model.start, model.rows, model.row_start, model.columns, model.entry
    weight, zone, must, capacity = model.weight, model.zone, model.must, model.capacity
    chosen, load, carried, filled, short, tally = state.chosen, state.load, state.carried, state.filled, state.short, state.tally
    log_at, log_by, size = state.log_at, state.log_by, state.size
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
            missing = useful_amount(j, weight, zone, must, filled, short, tally)
            if missing <= 0 or size[OVERFLOWED]:
                return
            other = rows[e]
            if carried[e] <= 0 or other == j:
                continue
            for r in range(row_start[other], row_start[other + 1]):
                taker = columns[r]
                spare = capacity[taker] - load[taker]
                if not chosen[taker] or taker == k or spare <= 0 or carried[e] <= 0:
                    continue
                amount = min(missing, spare, carried[e])
                move(e, k, other, -amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                move(entry[r], taker, other, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                move(entry[q], k, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                missing -= amount
                if missing <= 0 or size[OVERFLOWED]:
                    break
            if missing > 0 and carried[e] > 0 and not must[other] and (must[j] or zone[other] != zone[j]):
                surplus = carried[e] if zone[other] == tally[REST] else -short[zone[other]]
                amount = min(missing, surplus, carried[e])
                if amount > 0:
                    move(e, k, other, -amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
                    move(entry[q], k, j, amount, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)


@kernel
def withdraw(model: Model, state: PlanState, i: int, deep: bool) -> None:
    """Candidate i leaves the plan; others take over what they can."""
    start, rows, weight, zone, must = model.start, model.rows, model.weight, model.zone, model.must
    load, carried, filled, short, tally = state.load, state.carried, state.filled, state.short, state.tally
    log_at, log_by, size = state.log_at, state.log_by, state.size
    first = size[LINES]
    for e in range(start[i], start[i + 1]):
        if carried[e] != 0:
            move(e, i, rows[e], -carried[e], weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
    last = size[LINES]
    set_site(model, state, i, NO)
    for line in range(first, last):
        reassign(model, state, rows[log_at[line]], deep)


@kernel
def take_back(model: Model, state: PlanState, to: int) -> None:
    """Undo the log down to its first `to` lines. Undoing writes lines too: each is overwritten by resetting the length."""
    rows, weight, zone, must, owner = model.rows, model.weight, model.zone, model.must, model.owner
    load, carried, filled, short, tally = state.load, state.carried, state.filled, state.short, state.tally
    log_at, log_by, size = state.log_at, state.log_by, state.size
    size[OVERFLOWED] = 0
    for line in range(size[LINES] - 1, to - 1, -1):
        e, by = log_at[line], log_by[line]
        size[LINES] = line
        if e < 0:
            set_site(model, state, -1 - e, by < 0)
        else:
            move(e, owner[e], rows[e], -by, weight, zone, must, load, carried, filled, short, tally, log_at, log_by, size)
        size[LINES] = line
