"""Rays of the area kernel: the part of a path that receivers in one direction share.

From the mast to shortly before the receiver a path takes its points from the nearest of many rays; from there on, the points are on the
path's own line (`p1812_paths`). Rays go to the border of a square around the mast, at most half a step apart there. The square is the
smallest of a fixed series that holds the receiver, so a path depends on mast and receiver alone, never on the map or the radius.

The mast's slope along a ray is passed on from receiver to receiver. From a receiver back to the mast, blocks of points are skipped that
cannot hold the point that is looked for.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.radio.fast_math import FAR, FAST, KERNEL, MAKES_ARRAYS
from infraplan.radio.ground_profiles import ray_of

BLOCK_BITS = 4
BLOCK = 1 << BLOCK_BITS


class Rays(NamedTuple):
    """Rays of one mast, one after another. Point i of a ray is at `at[i]` steps: i itself, but the mast's nominal point for i = 0.

    `inverse`: 1 / at. The other arrays have a ray's point i at its offset + i, or its block there. `ground`, `top`: height without and with
    clutter; `high_ground`, `high_top`: largest of a block; `crest_ground`, `crest_top`: of the blocks up to it. [m]
    """

    at: npt.NDArray[np.float64]
    inverse: npt.NDArray[np.float64]
    ground: npt.NDArray[np.float64]
    top: npt.NDArray[np.float64]
    high_ground: npt.NDArray[np.float64]
    high_top: npt.NDArray[np.float64]
    crest_ground: npt.NDArray[np.float64]
    crest_top: npt.NDArray[np.float64]


@njit(cache=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def room_for_rays(longest, most):  # type: ignore[no-untyped-def]
    """Room for one ray of `longest` points at least, and for `most` points of several."""
    one = (np.int64(longest) + 1 + BLOCK) >> BLOCK_BITS << BLOCK_BITS
    room = max(one, np.int64(most))
    at = np.arange(one).astype(np.float64)
    inverse = np.empty(one)
    for i in range(1, one):
        inverse[i] = 1.0 / at[i]
    blocks = room >> BLOCK_BITS
    return Rays(at, inverse, np.empty(room), np.empty(room), np.empty(blocks), np.empty(blocks), np.empty(blocks), np.empty(blocks))


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def known_points(ground, offset, count):  # type: ignore[no-untyped-def]
    """Points 1..`count` of a ray before the first hole in the terrain; 0 where the mast's nominal point is in one."""
    total = 0.0
    start = np.uint64(offset)
    for i in range(count + 1):
        total += ground[start + np.uint64(i)]
    if not math.isnan(total):
        return count
    if math.isnan(ground[offset]):
        return 0
    for i in range(1, count + 1):
        if math.isnan(ground[offset + i]):
            return i - 1
    return count


@njit(**KERNEL, fastmath=True)  # type: ignore[untyped-decorator]
def mark_blocks(rays, offset, count):  # type: ignore[no-untyped-def]
    """Largest heights of each block of points 0..`count` of a ray, and of the blocks up to it. Points of the last block beyond them are set
    lower than all others."""
    ground, top, high_ground, high_top = rays.ground, rays.top, rays.high_ground, rays.high_top
    crest_ground, crest_top = rays.crest_ground, rays.crest_top
    for beyond in range(offset + count + 1, ((offset + count) >> BLOCK_BITS << BLOCK_BITS) + BLOCK):
        ground[beyond] = -FAR
        top[beyond] = -FAR
    ground_so_far = -FAR
    top_so_far = -FAR
    for b in range(offset >> BLOCK_BITS, ((offset + count) >> BLOCK_BITS) + 1):
        start = np.uint64(b << BLOCK_BITS)
        best_ground = -FAR
        best_top = -FAR
        for n in range(BLOCK):
            k = start + np.uint64(n)
            best_ground = ground[k] if ground[k] > best_ground else best_ground
            best_top = top[k] if top[k] > best_top else best_top
        high_ground[b] = best_ground
        high_top[b] = best_top
        ground_so_far = max(ground_so_far, best_ground)
        top_so_far = max(top_so_far, best_top)
        crest_ground[b] = ground_so_far
        crest_top[b] = top_so_far


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def sums_from_mast(rays, offset, mast_m):  # type: ignore[no-untyped-def]
    """Eqs. 85 and 86 up to the first whole step behind the mast's nominal point; and that step."""
    at, ground = rays.at, rays.ground
    last = int(at[0]) + 1
    before, before_m, sum1, sum2 = 0.0, mast_m, 0.0, 0.0
    for i in range(1, last + 2):  # whole steps before the nominal point, that point, the first step behind it
        k = i if i < last else (0 if i == last else last)
        x, height_m = at[k], ground[offset + k]
        sum1 += (x - before) * (height_m + before_m)
        sum2 += (x - before) * (height_m * (2.0 * x + before) + before_m * (x + 2.0 * before))
        before, before_m = x, height_m
    return sum1, sum2, last


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def horizon_along(ground, high, curve, at, inverse, base_m, offset, first, last, best, position):  # type: ignore[no-untyped-def]
    """Steepest slope from height `base_m` at the mast to points `first`..`last` of a ray, or `best` if more, and the position of the first
    point that has it; `position` is that of `best`."""
    for block in range(first >> BLOCK_BITS, (last >> BLOCK_BITS) + 1):
        begin, end = max(block << BLOCK_BITS, first), min((block << BLOCK_BITS) + BLOCK - 1, last)
        rise = high[(offset >> BLOCK_BITS) + block] - curve * at[begin] * at[begin] - base_m
        if rise <= best * (at[end] if rise <= 0.0 else at[begin]):
            continue
        if steepest_along(ground, curve, at, inverse, base_m, offset, begin, end) <= best:
            continue
        for i in range(begin, end + 1):
            slope = (ground[offset + i] - curve * at[i] * at[i] - base_m) * inverse[i]
            if slope > best:
                best = slope
                position = at[i]
    return best, position


@njit(**KERNEL, fastmath=True)  # type: ignore[untyped-decorator]
def steepest_along(heights, curve, at, inverse, base_m, offset, first, last):  # type: ignore[no-untyped-def]
    """Steepest slope from height `base_m` at the mast to the flattened points `first`..`last` of a ray."""
    best = -FAR
    start, i0 = np.uint64(offset + first), np.uint64(first)
    for n in range(last + 1 - first):
        x = at[i0 + np.uint64(n)]
        slope = (heights[start + np.uint64(n)] - curve * x * x - base_m) * inverse[i0 + np.uint64(n)]
        best = slope if slope > best else best
    return best


@njit(**KERNEL, fastmath=True)  # type: ignore[untyped-decorator]
def sums_along(ground, offset, first, last):  # type: ignore[no-untyped-def]
    """What eqs. 85 and 86 add over the whole steps `first`..`last` of a ray."""
    sum1 = 0.0
    sum2 = 0.0
    start = np.uint64(offset + first)
    for n in range(last + 1 - first):
        k = start + np.uint64(n)
        x = float(first + n)
        sum1 += ground[k] + ground[k - np.uint64(1)]
        sum2 += ground[k] * (3.0 * x - 1.0) + ground[k - np.uint64(1)] * (3.0 * x - 2.0)
    return sum1, sum2


@njit(**KERNEL, fastmath=True)  # type: ignore[untyped-decorator]
def steepest_back(heights, high, crest, at, curve, offset, shared, base_m, j, best):  # type: ignore[no-untyped-def]
    """Steepest slope from the receiver, at height `base_m` and `j` steps, back to points 0..`shared` of its ray; or `best` if more."""
    for block in range(shared >> BLOCK_BITS, -1, -1):
        first = block << BLOCK_BITS
        last = min(first + BLOCK - 1, shared)
        near = max(float(last), at[0]) if block == 0 else float(last)
        b = (offset >> BLOCK_BITS) + block
        rise = crest[b] - base_m
        if rise <= best * (j - near if rise > 0.0 else j):
            break
        rise = high[b] - curve * first * first - base_m
        if rise <= best * (j - (near if rise > 0.0 else float(first))):
            continue
        start = np.uint64(offset + first)
        for n in range(last - first + 1):
            x = at[np.uint64(first) + np.uint64(n)]
            slope = (heights[start + np.uint64(n)] - curve * x * x - base_m) / (j - x)
            best = slope if slope > best else best
    return best


@njit(**KERNEL, fastmath=True)  # type: ignore[untyped-decorator]
def horizon_back(ground, high, crest, at, curve, offset, shared, base_m, j, best, position):  # type: ignore[no-untyped-def]
    """As `steepest_back`, with the position of the point; `position` is that of `best`."""
    for block in range(shared >> BLOCK_BITS, -1, -1):
        first = block << BLOCK_BITS
        last = min(first + BLOCK - 1, shared)
        near = max(float(last), at[0]) if block == 0 else float(last)
        b = (offset >> BLOCK_BITS) + block
        rise = crest[b] - base_m
        if rise <= best * (j - near if rise > 0.0 else j):
            break
        rise = high[b] - curve * first * first - base_m
        if rise <= best * (j - (near if rise > 0.0 else float(first))):
            continue
        for i in range(last, first - 1, -1):
            slope = (ground[offset + i] - curve * at[i] * at[i] - base_m) / (j - at[i])
            if slope > best:
                best = slope
                position = at[i]
    return best, position


@njit(**KERNEL, fastmath=True)  # type: ignore[untyped-decorator]
def highest_back(heights, high, crest, at, curve, offset, shared, base_m, line, best):  # type: ignore[no-untyped-def]
    """Largest height of points 0..`shared` of a ray over the line base_m + line x; `best` where that is more. [m]"""
    for block in range(shared >> BLOCK_BITS, -1, -1):
        first = block << BLOCK_BITS
        last = min(first + BLOCK - 1, shared)
        far = max(float(last), at[0]) if block == 0 else float(last)
        b = (offset >> BLOCK_BITS) + block
        lift = base_m + best
        if crest[b] - min(line, 0.0) * far <= lift:
            break
        if high[b] - curve * first * first - line * (far if line < 0.0 else float(first)) <= lift:
            continue
        start = np.uint64(offset + first)
        for n in range(last - first + 1):
            x = at[np.uint64(first) + np.uint64(n)]
            over = heights[start + np.uint64(n)] - curve * x * x - line * x - base_m
            best = over if over > best else best
    return best


@njit(**KERNEL, fastmath=True)  # type: ignore[untyped-decorator]
def closest_back(heights, high, at, curve, offset, shared, base_m, line, j, best):  # type: ignore[no-untyped-def]
    """Smallest clearance^2 / (x (j - x)) of points 0..`shared` of a ray below a line above all of them; `best` where that is less. [m^2]"""
    for block in range(shared >> BLOCK_BITS, -1, -1):
        first = float(block << BLOCK_BITS)
        last = min(first + BLOCK - 1, float(shared))
        far = max(last, at[0]) if block == 0 else last
        below = base_m + curve * first * first + min(line * first, line * far) - high[(offset >> BLOCK_BITS) + block]
        widest = 0.25 * j * j if first <= 0.5 * j <= far else max(first * (j - first), far * (j - far))
        if below > 0.0 and below * below >= best * widest:
            continue
        start = np.uint64(offset + np.int64(first))
        for n in range(np.int64(last - first) + 1):
            x = at[np.uint64(first) + np.uint64(n)]
            below = heights[start + np.uint64(n)] - curve * x * x - line * x - base_m
            value = below * below / (x * (j - x))
            best = value if value < best else best
    return best


@njit(**MAKES_ARRAYS, fastmath=FAST)  # type: ignore[untyped-decorator]
def order_by_ray(n, px, py, x_m, y_m, step_m, ray, order, tally):  # type: ignore[no-untyped-def]
    """ray[i]: number of the ray of each receiver; order: receivers of one ray one after another."""
    lowest = np.int64(1) << 60
    highest = np.int64(0)
    for i in range(n):
        ray[i] = ray_of((px[i] - x_m) / step_m, (py[i] - y_m) / step_m)
        lowest = min(lowest, ray[i])
        highest = max(highest, ray[i])
    if n == 0:
        return
    spread = highest - lowest + 2
    if spread > tally.size or spread > 8 * n + 64:
        order[:n] = np.argsort(ray[:n])
        return
    tally[:spread] = 0
    for i in range(n):
        tally[ray[i] - lowest + 1] += 1
    for b in range(1, spread):
        tally[b] += tally[b - 1]
    for i in range(n):
        b = ray[i] - lowest
        order[tally[b]] = i
        tally[b] += 1
