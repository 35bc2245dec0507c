"""A lower bound of the loss from the receiver's own surroundings: ground and clutter at its nominal distance, whatever the mast.

A profile always has a point at the nominal clutter distance from the receiver, with the clutter of the receiver's own class
(`radio.ground_profiles`). Seen from the receiver it is a knife edge of nearly the same height in every direction, so what it needs is read
from the ground once a receiver; for a mast only the slope of the straight line differs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.arrays import Floats, Floats32
from infraplan.coverage.receivers_in_rows import Rows
from infraplan.coverage.terrain_bounds import excess_of
from infraplan.radio.fast_math import FAST, KERNEL
from infraplan.radio.ground_profiles import Ground, class_at, height_at
from infraplan.radio.p1812_combine import far_factor

FAR_OF_KM = np.array([far_factor(float(km)) for km in range(1, 2002)])
"""The least share of ducting (`far_factor`) within each km of distance."""
ROUNDING_M = 0.01
"""Taken off the height of the clutter: far above rounding. [m]"""


class Surroundings(NamedTuple):
    """Ground of receivers, of the shape of a layer of the map.

    Attributes
    ----------
    ground_m : ndarray of float64
        Ground above sea level at the receiver. [m]
    over_m : ndarray of float32
        How much the receiver's clutter, standing on the lowest ground within the nominal distance, is higher than its own ground; -inf
        without a nominal distance or known ground. [m]
    nominal_m : ndarray of float32
        Nominal clutter distance of the receiver's class. [m]
    """

    ground_m: Floats
    over_m: Floats32
    nominal_m: Floats32


def surroundings_of(rows: Rows, shape: tuple[int, int], ground: Ground) -> Surroundings:
    """Those of receivers in rows; `shape` is that of a layer of their margins."""
    found = Surroundings(np.empty(shape), np.empty(shape, np.float32), np.empty(shape, np.float32))
    _fill(rows, ground, found)
    return found


def some_of(around: Surroundings, receivers: npt.NDArray[np.int64]) -> Surroundings:
    """Those of some scattered receivers."""
    return Surroundings(
        around.ground_m.take(receivers, axis=1), around.over_m.take(receivers, axis=1), around.nominal_m.take(receivers, axis=1)
    )


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def _fill(rows, ground, around):  # type: ignore[no-untyped-def]
    """Fills `around`."""
    height, width = around.ground_m.shape
    for r in range(height):
        for c in range(width):
            if rows.scattered:
                x_m, y_m = rows.x_m[c], rows.y_m[c]
            else:
                x_m, y_m = rows.left_m + c * rows.step_m, rows.up_m - r * rows.step_m
            own = class_at(ground, x_m, y_m)
            nominal_m = ground.nominal_m[own]
            foot_m = height_at(ground, x_m, y_m)
            over_m = lowest_within(ground, x_m, y_m, nominal_m) + ground.clutter_height_m[own] - foot_m - ROUNDING_M
            around.ground_m[r, c] = foot_m
            around.over_m[r, c] = over_m if nominal_m > 0.0 and over_m == over_m else -np.inf
            around.nominal_m[r, c] = nominal_m


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def lowest_within(ground, x_m, y_m, aside_m):  # type: ignore[no-untyped-def]
    """Lowest ground in the square of half side `aside_m` around a point, NaN where some of it is unknown. [m]

    Between four heights the ground is bilinear, so the lowest is at a corner of the square, where its sides cross the lines between
    centres of pixels, or at a centre.
    """
    rows, cols = ground.height_m.shape
    r = (ground.height_y_m - y_m) / ground.height_step_m
    c = (x_m - ground.height_x_m) / ground.height_step_m
    aside = aside_m / ground.height_step_m
    # beyond the outermost centres the ground is that of the nearest: a square wholly there is drawn to them
    top, bottom = min(max(r - aside, 0.0), rows - 1.0), max(min(r + aside, rows - 1.0), 0.0)
    left, right = min(max(c - aside, 0.0), cols - 1.0), max(min(c + aside, cols - 1.0), 0.0)
    lowest = np.inf
    down = top
    while down <= bottom:
        across = left
        while across <= right:
            here = height_at(ground, ground.height_x_m + across * ground.height_step_m, ground.height_y_m - down * ground.height_step_m)
            if here != here:
                return np.nan
            lowest = min(lowest, here)
            across = right if across < right < math.floor(across) + 1.0 else math.floor(across) + 1.0
        down = bottom if down < bottom < math.floor(down) + 1.0 else math.floor(down) + 1.0
    return lowest


@njit(**KERNEL, inline="always")  # type: ignore[untyped-decorator]
def least_far(d_m):  # type: ignore[no-untyped-def]
    """Not more than `far_factor` of a distance, and quicker."""
    return FAR_OF_KM[min(int(d_m * 0.001), FAR_OF_KM.size - 1)]


@njit(**KERNEL, fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def drop_behind_clutter(around, line, found, count, tx_m, rx_height_m, least_m, constants, square, spare, most):  # type: ignore[no-untyped-def]
    """`spare` and `most` of `spares_of` again: bands that lose more behind the receiver's own clutter than they may become negative.

    Receivers nearer than `least_m`, the nominal distances of both ends together, are left as they are: the point is not on their profiles.
    """
    for i in range(count):
        k = found[i]
        lift_m = around.over_m[line, k] - rx_height_m
        if most[i] < 0.0 or lift_m <= 0.0 or square[i] < least_m * least_m:
            continue
        d_m = math.sqrt(square[i])
        near_m = float(around.nominal_m[line, k])
        lift_m -= (tx_m - around.ground_m[line, k] - rx_height_m) * near_m / d_m  # over the straight line; the Earth's curve adds to it
        if lift_m <= 0.0:
            continue
        edge = lift_m * math.sqrt(2.0 / near_m)
        far = least_far(d_m)
        best = -1.0
        for f in range(constants.shape[0]):
            if spare[f, i] >= 0.0:
                if excess_of(edge, far, 1.0, constants[f], 0.0) > spare[f, i]:
                    spare[f, i] = -1.0
                else:
                    best = max(best, spare[f, i])
        most[i] = best
