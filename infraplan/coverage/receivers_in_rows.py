"""Receivers in rows, as the kernels over terrain take them: the pixels of a map, or positions scattered over the plane.

A row of pixels has one y and equal steps of x. Scattered receivers are sorted into strips of equal height, from north to south, and by x
within a strip; the arrays of their margins have a single line, in that order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from infraplan.arrays import Floats, Ints
from infraplan.geo.grids import Grid
from infraplan.radio.fast_math import KERNEL

STRIP_M = 500.0
"""Height of a strip. [m]"""
NONE = np.empty(0)


class Rows(NamedTuple):
    """Where receivers are.

    Pixels: (`left_m`, `up_m`) is the centre of the first, `step_m` the side. Scattered: `up_m` is the upper edge of the first strip,
    `step_m` the height of one; the receivers of strip r are `start[r]` to `start[r + 1]` of `x_m` and `y_m`. [m]
    """

    scattered: bool
    left_m: float
    up_m: float
    step_m: float
    x_m: Floats
    y_m: Floats
    start: Ints


def pixel_rows(grid: Grid, row0: int = 0, col0: int = 0) -> Rows:
    """The pixels of a grid from (`row0`, `col0`) on."""
    left_m, up_m = (float(v) for v in grid.centre_of(row0, col0))
    return Rows(False, left_m, up_m, float(grid.resolution_m), NONE, NONE, np.zeros(1, np.int64))


@dataclass(frozen=True)
class Strips:
    """Scattered receivers in the order of `Rows`; `order` is the place of each in the arrays they came in."""

    rows: Rows
    order: Ints

    @classmethod
    def of(cls, x_m: Floats, y_m: Floats) -> Strips:
        """Strips of receivers at any finite positions. [m]"""
        top_m = math.ceil(float(y_m.max()) / STRIP_M) * STRIP_M if len(y_m) else 0.0
        strip = np.floor((top_m - y_m) / STRIP_M).astype(np.int64)
        order = np.lexsort((x_m, strip))
        count = int(strip.max()) + 1 if len(strip) else 0
        start = np.searchsorted(strip[order], np.arange(count + 1)).astype(np.int64)
        return cls(Rows(True, 0.0, top_m, STRIP_M, x_m[order], y_m[order], start), order)

    def part(self, first: int, stop: int) -> tuple[Rows, slice]:
        """The strips from `first` to before `stop`, and the place of their receivers in the order of all."""
        rows = self.rows
        some = slice(int(rows.start[first]), int(rows.start[stop]))
        start = rows.start[first : stop + 1] - rows.start[first]
        return rows._replace(up_m=rows.up_m - first * rows.step_m, x_m=rows.x_m[some], y_m=rows.y_m[some], start=start), some


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def count_rows(rows, best):  # type: ignore[no-untyped-def]
    """Rows of pixels, or strips."""
    return rows.start.size - 1 if rows.scattered else best.shape[1]


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def longest_row(rows, width, radius_m):  # type: ignore[no-untyped-def]
    """Most receivers of a row within a radius of a mast."""
    if not rows.scattered:
        return min(width, int(radius_m / rows.step_m) * 2 + 5)
    longest = 1
    for r in range(rows.start.size - 1):
        longest = max(longest, rows.start[r + 1] - rows.start[r])
    return longest


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def rows_near(rows, count, y_m, radius_m):  # type: ignore[no-untyped-def]
    """First and last row with receivers within a radius of a mast; the last before the first where there are none."""
    if rows.scattered:
        first = math.floor((rows.up_m - y_m - radius_m) / rows.step_m)
    else:
        first = math.ceil((rows.up_m - y_m - radius_m) / rows.step_m)
    last = math.floor((rows.up_m - y_m + radius_m) / rows.step_m)
    return max(first, 0), min(last, count - 1)


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def first_from(values, begin, end, least):  # type: ignore[no-untyped-def]
    """The first place of `begin` to before `end` of ascending values that is not below `least`; `end` where all are."""
    while begin < end:
        middle = (begin + end) // 2
        if values[middle] < least:
            begin = middle + 1
        else:
            end = middle
    return begin


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def columns_near(rows, r, width, x_m, y_m, radius_m):  # type: ignore[no-untyped-def]
    """First and last receiver of a row that may lie within a radius of a mast."""
    if rows.scattered:
        above = rows.up_m - r * rows.step_m
        dy = max(y_m - above, above - rows.step_m - y_m, 0.0)
        half_m = math.sqrt(max(radius_m * radius_m - dy * dy, 0.0)) + 1e-6
        begin, end = rows.start[r], rows.start[r + 1]
        first = first_from(rows.x_m, begin, end, x_m - half_m)
        return first, first_from(rows.x_m, first, end, x_m + half_m) - 1
    dy = rows.up_m - r * rows.step_m - y_m
    half_m = math.sqrt(max(radius_m * radius_m - dy * dy, 0.0))
    first = max(math.ceil((x_m - half_m - rows.left_m) / rows.step_m) - 1, 0)
    return first, min(math.floor((x_m + half_m - rows.left_m) / rows.step_m) + 1, width - 1)


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def gap_within(rows, r, first, last, x_m, y_m, radius_m):  # type: ignore[no-untyped-def]
    """First and last receiver of a row, of those from `first` to `last`, that surely lie within a radius of a mast."""
    if rows.scattered:
        above = rows.up_m - r * rows.step_m
        dy = max(abs(y_m - above), abs(y_m - above + rows.step_m))
        half_m = math.sqrt(max(radius_m * radius_m - dy * dy, 0.0)) - 1.0
        if half_m <= 0.0:
            return last + 1, last
        gap_first = first_from(rows.x_m, first, last + 1, x_m - half_m)
        return gap_first, first_from(rows.x_m, gap_first, last + 1, x_m + half_m) - 1
    dy = rows.up_m - r * rows.step_m - y_m
    half_m = math.sqrt(max(radius_m * radius_m - dy * dy, 0.0)) - 2.0 * rows.step_m
    if half_m <= 0.0:
        return last + 1, last
    gap_first = min(max(math.ceil((x_m - half_m - rows.left_m) / rows.step_m), first), last + 1)
    return gap_first, min(max(math.floor((x_m + half_m - rows.left_m) / rows.step_m), gap_first - 1), last)


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def offset_of(rows, r, c, x_m, y_m):  # type: ignore[no-untyped-def]
    """From a mast to receiver `c` of a row, to the east and north. [m]"""
    if rows.scattered:
        return rows.x_m[c] - x_m, rows.y_m[c] - y_m
    return rows.left_m + c * rows.step_m - x_m, rows.up_m - r * rows.step_m - y_m


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def squares_from(rows, r, low, count, x_m, y_m, square):  # type: ignore[no-untyped-def]
    """square[i]: distance squared from a mast to receiver `low` + i of a row, in float32. [m^2]"""
    if rows.scattered:
        at = np.uint64(low)
        for i in range(count):
            dx, dy = rows.x_m[at + np.uint64(i)] - x_m, rows.y_m[at + np.uint64(i)] - y_m
            square[i] = np.float32(dx * dx + dy * dy)
    else:
        left, up = rows.left_m + low * rows.step_m - x_m, rows.up_m - r * rows.step_m - y_m
        for i in range(count):
            dx = left + i * rows.step_m
            square[i] = np.float32(dx * dx + up * up)


@njit(**KERNEL)  # type: ignore[untyped-decorator]
def receivers_within(rows, x_m, y_m, radius_m, found):  # type: ignore[no-untyped-def]
    """Writes the scattered receivers within a radius of a mast into `found`, as many as fit, and returns how many there are."""
    count = 0
    first, last = rows_near(rows, rows.start.size - 1, y_m, radius_m)
    for r in range(first, last + 1):
        begin, end = columns_near(rows, r, np.int64(0), x_m, y_m, radius_m)
        for i in range(begin, end + 1):
            dx, dy = rows.x_m[i] - x_m, rows.y_m[i] - y_m
            if dx * dx + dy * dy <= radius_m * radius_m:
                if count < found.size:
                    found[count] = i
                count += 1
    return count


def _found_within(rows: Rows, x_m: float, y_m: float, radius_m: float) -> Ints:
    """Scattered receivers within a radius of a mast, in their order."""
    found = np.empty(1024, np.int64)
    count = receivers_within(rows, x_m, y_m, radius_m, found)
    if count > len(found):
        found = np.empty(count, np.int64)
        receivers_within(rows, x_m, y_m, radius_m, found)
    return found[:count]


def near_by_x(rows: Rows, x_m: float, y_m: float, radius_m: float) -> Ints:
    """Scattered receivers within a radius of a mast, ordered by x and, of equal ones, by their place."""
    near = np.sort(_found_within(rows, x_m, y_m, radius_m))
    return near[np.argsort(rows.x_m[near], kind="stable")]


def near_in_strips(rows: Rows, x_m: float, y_m: float, radius_m: float) -> tuple[Ints, Rows]:
    """Scattered receivers within a radius of a mast, in their order, and the same as rows: the strips that hold them."""
    near = _found_within(rows, x_m, y_m, radius_m)
    first, last = rows_near(rows, len(rows.start) - 1, y_m, radius_m)
    if last < first:
        return near, rows._replace(x_m=rows.x_m[:0], y_m=rows.y_m[:0], start=np.zeros(1, np.int64))
    start = np.searchsorted(near, rows.start[first : last + 2]).astype(np.int64)
    return near, rows._replace(up_m=rows.up_m - first * rows.step_m, x_m=rows.x_m[near], y_m=rows.y_m[near], start=start)
