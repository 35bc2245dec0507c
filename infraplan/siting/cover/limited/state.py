"""The plan in progress where sites carry limited users: who carries whom, entry by entry, with a log by which every change can be undone.

What the sites of such a plan carry is at most what the greatest flow would, for a search moves rows near a change only. So a plan that
meets its targets here meets them.

Kernels that run once per site take the model and the state. `move`, `useful_amount` and `promise` run once per entry or candidate and take
bare arrays: numba counts references at every attribute of a tuple.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infraplan.arrays import Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import Model
from infraplan.siting.cover.state import (
    COST,
    MUSTS_MISSING,
    NEED_LEFT,
    PER_BUCKET,
    REST,
    SLACK,
    SPACING_SQUARED,
    TALLY_SIZE,
    ZONES_SHORT,
    occupy,
)  # fmt: skip

CARRIED, SITES = 6, 7
"""Further places in `tally`: weight carried in all, and number of sites."""
LOG, RESERVED = 100_000, 2_000
"""Lines of the log; those at its end that only sites may use, so that a step can always be completed."""
LINES, OVERFLOWED = 0, 1
"""Places in `size`: lines of the log in use, and 1 once a change was refused because the log was full."""


class PlanState(NamedTuple):
    """The plan, its log, and working space.

    chosen : 1 for each candidate in the plan
    load : weight each candidate carries
    carried : weight each entry of `model.rows` carries
    filled : weight of each class that is carried; all of it in separate zones, whose classes load nobody (see `servers`)
    servers : how many chosen candidates serve each class
    short : need left per zone (the zone `rest` has no need)
    tally : sums over the plan, see the constants of `cover.state` and of this module
    occupied : chosen candidates by bucket, see `cover.state`
    log_at, log_by : what was done: an entry and the amount moved, or -1 - candidate and +1 (built) or -1 (removed)
    size : lines of the log in use, and whether it overflowed
    mark : zeros per class, left so: `relieve` notes its own entry of a class plus 1
    seen : round in which each candidate was looked at, at candidate + 1; the number of rounds of `relieve` at 0
    gained, touched : zeros per zone, left so, and the zones in use: space for `promise`
    """

    chosen: Flags
    load: Floats
    carried: Floats
    filled: Floats
    servers: Indices
    short: Floats
    tally: Floats
    occupied: Ints
    log_at: Ints
    log_by: Floats
    size: Ints
    mark: Ints
    seen: Ints
    gained: Floats
    touched: Ints


@kernel
def empty_state(model: Model) -> PlanState:
    """A plan without candidates, where nobody carries anything. Musts of weight 0 and of weight alike are missing."""
    candidates, classes, zones = len(model.cost), len(model.weight), len(model.zone_need)
    state = PlanState(
        np.zeros(candidates, np.uint8), np.zeros(candidates), np.zeros(len(model.rows)), np.zeros(classes), np.zeros(classes, np.int32),
        model.zone_need.copy(), np.zeros(TALLY_SIZE), np.full(len(model.ring) * PER_BUCKET, -1), np.zeros(LOG, np.int64), np.zeros(LOG),
        np.zeros(2, np.int64), np.zeros(classes, np.int64), np.zeros(candidates + 1, np.int64), np.zeros(zones),
        np.zeros(zones, np.int64),
    )  # fmt: skip
    tally, short = state.tally, state.short
    # half of the slack that bounds grant: what the search calls met, a flow in another order of sums calls met too
    tally[NEED_LEFT], tally[SLACK], tally[SPACING_SQUARED] = model.need, 0.5 * model.slack, model.spacing_m * model.spacing_m
    tally[REST] = model.rest
    for j in range(classes):
        tally[MUSTS_MISSING] += model.must[j]
        if model.zone[j] > model.rest:
            state.filled[j] = model.weight[j]
    for g in range(zones):
        tally[ZONES_SHORT] += short[g] > tally[SLACK]
    return state


@kernel
def move(
    e: int, i: int, j: int, amount: float, weight: Floats, zone: Indices, must: Flags,
    load: Floats, carried: Floats, filled: Floats, short: Floats, tally: Floats, log_at: Ints, log_by: Floats, size: Ints,
) -> None:  # fmt: skip
    """Candidate i carries `amount` more (or less) of class j, its entry e. Refused when the log is full."""
    if size[LINES] >= len(log_at) - RESERVED:
        size[OVERFLOWED] = 1
        return
    log_at[size[LINES]], log_by[size[LINES]] = e, amount
    size[LINES] += 1
    carried[e] += amount
    load[i] += amount
    slack, before = tally[SLACK], filled[j]
    filled[j] = before + amount
    tally[CARRIED] += amount
    if must[j]:
        tally[MUSTS_MISSING] += (before >= weight[j] - slack) * 1.0 - (filled[j] >= weight[j] - slack) * 1.0
        return
    g = zone[j]
    left = short[g] - amount
    if g != tally[REST]:
        tally[ZONES_SHORT] += (left > slack) * 1.0 - (short[g] > slack) * 1.0
    short[g] = left
    tally[NEED_LEFT] -= amount


@kernel
def set_site(model: Model, state: PlanState, i: int, on: bool) -> None:
    """Candidate i joins the plan or leaves it; it carries nothing then. It also counts as the server of its musts of weight 0."""
    chosen, count, tally, size = state.chosen, state.servers, state.tally, state.size
    start, rows, weight, must, zone, short = model.start, model.rows, model.weight, model.must, model.zone, state.short
    step = 1 if on else -1
    state.log_at[size[LINES]], state.log_by[size[LINES]] = -1 - i, float(step)
    size[LINES] += 1
    chosen[i] = 1 if on else 0
    tally[COST] += step * model.cost[i]
    tally[SITES] += step
    if tally[SPACING_SQUARED] > 0:
        occupy(i, on, model.place, state.occupied)
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        count[j] += step
        if must[j] and weight[j] == 0 and ((on and count[j] == 1) or (not on and count[j] == 0)):
            tally[MUSTS_MISSING] -= step
        if zone[j] > tally[REST] and ((on and count[j] == 1) or (not on and count[j] == 0)):
            g = zone[j]
            left = short[g] - step * weight[j]
            tally[ZONES_SHORT] += (left > tally[SLACK]) * 1.0 - (short[g] > tally[SLACK]) * 1.0
            short[g] = left
            tally[CARRIED] += step * weight[j]


@kernel
def useful_amount(j: int, weight: Floats, zone: Indices, must: Flags, filled: Floats, short: Floats, tally: Floats) -> float:
    """How much more of class j would help some target."""
    open_weight = weight[j] - filled[j]
    if open_weight <= 0 or must[j]:
        return float(max(0.0, open_weight))
    return float(min(open_weight, max(tally[NEED_LEFT], short[zone[j]] if zone[j] != tally[REST] else 0.0)))


@kernel
def promise(
    i: int, start: Ints, rows: Indices, weight: Floats, zone: Indices, must: Flags, capacity: Floats,
    count: Indices, filled: Floats, short: Floats, tally: Floats, attention: float, gained: Floats, touched: Ints, rate: Floats,
) -> float:  # fmt: skip
    """What candidate i would carry toward targets still short, of what nobody carries; each must of weight 0 counts `attention`.

    As `useful_weight` of the search without limits, up to the candidate's capacity where it loads the candidate. Weight of a zone with a
    higher rate counts more.
    """
    musts, whole, lonely, zones, separate, valued, used = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0
    for p in range(start[i], start[i + 1]):
        j = rows[p]
        if weight[j] == 0:
            lonely += count[j] == 0
            continue
        g = zone[j]
        more = weight[j] - filled[j]
        if g > tally[REST]:
            more = weight[j] if count[j] == 0 else 0.0
        if more <= 0:
            continue
        if must[j]:
            musts += more
            continue
        if g <= tally[REST]:
            whole += more
        if g != tally[REST] and short[g] > tally[SLACK]:
            if gained[g] == 0.0:
                touched[used] = g
                used += 1
            gained[g] += more
    for q in range(used):
        if touched[q] > tally[REST]:
            separate += min(gained[touched[q]], short[touched[q]])
        else:
            zones += min(gained[touched[q]], short[touched[q]])
            valued += (rate[touched[q]] - rate[int(tally[REST])]) * min(gained[touched[q]], capacity[i])
        gained[touched[q]] = 0.0
    if tally[NEED_LEFT] > tally[SLACK]:
        zones = max(zones, min(whole, tally[NEED_LEFT]))
    useful = min(capacity[i], zones + musts) * rate[int(tally[REST])] + valued + separate
    if useful <= 0 and lonely == 0:
        return 0.0
    return float(useful + attention * lonely + 1e-3 * min(whole, capacity[i]))


@kernel
def worth_carried(model: Model, state: PlanState) -> float:
    """What all that the plan carries is worth."""
    worth = state.tally[CARRIED]
    for g in range(model.rest + 1):
        worth += (model.rate[g] - 1.0) * (model.zone_need[g] - state.short[g])
    return float(worth)


@kernel
def attention_of(model: Model) -> float:
    """What a must of weight 0 counts in a greedy choice: a little more than the mean class."""
    return float(1.0 + model.weight.sum() / max(1, len(model.weight)))
