"""A first look at the receivers of a row, all at once: which of them a mast might serve better than they are served.

Most pairs of a mast and a receiver end here, so the loops are plain arithmetic in float32 that vectorises, on arrays of the whole run.
The bound is looser than those that follow (`terrain_pixels.spares_of`, `own_clutter.drop_behind_clutter`): what they would keep passes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from infraplan.arrays import Floats, Floats32, Ints
from infraplan.coverage.receivers_in_rows import offset_of, squares_from
from infraplan.coverage.terrain_pixels import NEAR_SQUARE_M2
from infraplan.radio.fast_math import FAST, KERNEL, fast_log32
from infraplan.radio.p1812_spherical import FREE_DB, ROOT_WAVE, SCATTER_DB

LANES = 32
"""Receivers are taken in multiples of it: a shorter loop would not vectorise."""
ROUNDING_DB = np.float32(0.01)
"""Above the rounding of float32 here. [dB]"""
EDGE_AT_0_DB = np.float32(12.7)
"""Bullington's loss (eqs. 12, 21) is more than this from v = 0 on with the logarithm of v added; the table of `excess_of` too. [dB]"""
PER_E = np.float32(20.0 / np.log(10.0))
HALF_PER_E = np.float32(10.0 / np.log(10.0))
INFINITE = np.float32(np.inf)
ZERO, ONE, TWO, TENTH, LEAST = np.float32(0.0), np.float32(1.0), np.float32(2.0), np.float32(0.1), np.float32(-1.0)
PER_KM2 = np.float32(1e-6)
NEAR_SQUARE = np.float32(1.0001 * NEAR_SQUARE_M2)


class RowRoom(NamedTuple):
    """Room for a run of receivers. After `screen_row` the first entries of `found`, `dx`, `dy` and `square` are the receivers that passed:
    their column, their place from the mast and the distance squared. [m], [m^2]"""

    found: Ints
    dx: Floats
    dy: Floats
    square: Floats
    near: Floats32
    rise: Floats32
    free: Floats32
    lift: Floats32
    first: Floats32
    second: Floats32
    score: Floats32
    other: Floats32


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def row_room(across):  # type: ignore[no-untyped-def]
    """Room for runs of `across` receivers."""
    n = across + LANES
    return RowRoom(
        np.empty(n, np.int64), np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.float32), np.empty(n, np.float32),
        np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32),
        np.empty(n, np.float32),
    )  # fmt: skip


@njit(**KERNEL, fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def screen_row(  # type: ignore[no-untyped-def]
    best, rows, around, line, r, begin, end, x_m, y_m, tx_m, rx_height_m, both_m, far, skip, least_m, most_m, far_m, pairs, constants, room
):
    """How many receivers `begin` to `end` of a row of `best` pass: those from `least_m` to before `most_m` of a mast that it may serve
    better or equally well, with the best gain of any side, behind their own clutter (all of them without `skip`).

    Arguments as in `drop_behind_clutter`; `both_m`: the nominal distances of both ends together, `far`: not more than `far_factor` of any
    receiver, `far_m`: how far each band reaches.
    """
    # The run is made as long as a multiple of LANES, with receivers beside it that are left out again at the end.
    width = best.shape[2]
    wide = min((end - begin + LANES) // LANES * LANES, width)
    low = min(begin, width - wide)
    found, dx, dy, square = room.found, room.dx, room.dy, room.square
    score = room.score
    count = 0
    if skip:
        squares_from(rows, r, low, wide, x_m, y_m, room.near)
        if score_run(best, around, line, low, wide, tx_m, rx_height_m, both_m, far, far_m, pairs, constants, room):
            score = room.other
        for i in range(begin - low, end - low + 1):
            found[count] = low + i
            count += score[i] >= ZERO
    else:
        for c in range(begin, end + 1):
            found[count] = c
            count += 1
    passed = 0
    for i in range(count):
        c = found[i]
        right, up = offset_of(rows, r, c, x_m, y_m)
        apart = right * right + up * up
        if apart >= least_m * least_m and apart < most_m * most_m:
            found[passed], dx[passed], dy[passed], square[passed] = c, right, up, apart
            passed += 1
    return passed


@njit(**KERNEL, fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def score_run(best, around, line, low, wide, tx_m, rx_height_m, both_m, far, far_m, pairs, constants, room):  # type: ignore[no-untyped-def]
    """Not negative where a mast may serve receiver `low` + i of a line better than it is served: in `room.other` where the answer is true,
    else in `room.score`. `room.near` has the distances squared.

    A maximum is never written where it was read: that would become a masked store, which costs more than all the rest.
    """
    near, rise, free, lift = room.near, room.rise, room.free, room.lift
    own_over, nominal, foot = around.over_m[line], around.nominal_m[line], around.ground_m[line]
    at = np.uint64(low)
    antenna, both_square, slow = np.float32(rx_height_m), np.float32(both_m * both_m), np.float32(far)
    # 1. Free space, and the height of the own clutter over the straight line, as a diffraction parameter for a wavelength of 1 m.
    for i in range(wide):
        rise[i] = np.float32(tx_m - rx_height_m - foot[at + np.uint64(i)])
    for i in range(wide):
        k = at + np.uint64(i)
        up = (own_over[k] - antenna - rise[i] * nominal[k] / math.sqrt(near[i])) * math.sqrt(TWO / nominal[k])
        up = up if up > ZERO else LEAST
        lift[i] = up if near[i] >= both_square else LEAST
        free[i] = HALF_PER_E * fast_log32(max(near[i], ONE) * PER_KM2)
    # 2. Of each band the layer that it may better most, less free space and the clutter. A lower bound of the table of `excess_of` is used.
    scores, others = room.score, room.other
    swapped = False
    for i in range(wide):
        scores[i] = LEAST
    p = 0
    while p < pairs.counts[0]:
        f = pairs.band[p]
        over, more = room.first, room.second
        for i in range(wide):
            over[i] = -INFINITE
        while p < pairs.counts[0] and pairs.band[p] == f:
            highest = np.float32(pairs.highest[p])
            known = best[pairs.layer[p], line]
            for i in range(wide):
                here = highest - known[at + np.uint64(i)]
                here = here if here == here else INFINITE
                more[i] = max(here, over[i])
            over, more = more, over
            p += 1
        reach = np.float32(min(far_m[f] * far_m[f] * 1.00001, 1e30))
        per_wave = np.float32(1.0 / constants[f, ROOT_WAVE])
        scatter = np.float32(max(constants[f, SCATTER_DB] - constants[f, FREE_DB] - 16.7, 0.0))
        for i in range(wide):
            t = lift[i] * per_wave - TENTH
            loss = min(slow * (EDGE_AT_0_DB + PER_E * fast_log32(math.sqrt(t * t + ONE) + t)), scatter)
            loss = loss if lift[i] > ZERO else ZERO
            value = over[i] - free[i] - loss + ROUNDING_DB
            value = INFINITE if near[i] <= NEAR_SQUARE else value
            value = value if near[i] <= reach else LEAST
            others[i] = max(value, scores[i])
        scores, others = others, scores
        swapped = not swapped
    return swapped
