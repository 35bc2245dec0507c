"""Paths of the area kernel: the profile of each receiver read from the map, then its loss at every frequency.

The far part of a path is on a ray that neighbours share (`p1812_rays`), its last few steps on its own line to the receiver, on that
point's own ground and clutter: two maps that share a pixel centre share its loss.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.fast_math import FAR, FAST, KERNEL
from infraplan.radio.ground_profiles import (
    LEAST_PATH_M,
    PIXEL_EDGE,
    TAIL_STEPS,
    TOUCHING,
    class_at,
    direction_of,
    most_nominal_of,
    shared_steps,
    short_path_weight,
)
from infraplan.radio.p1812_combine import ln_b0_inland, median_repair, median_values, time_values
from infraplan.radio.p1812_passes import (
    BATCH,
    CENTRE,
    EDGE_50,
    EDGE_BETA,
    LOSS_50,
    LOSS_BETA,
    OUT,
    RX,
    WEIGHT,
    J,
    Paths,
    bullington_pass,
    edge_values,
    height_values,
    horizon_pass,
    knife_edge_values,
    obstruction_pass,
)
from infraplan.radio.p1812_rays import BLOCK, BLOCK_BITS, known_points, mark_blocks, room_for_rays
from infraplan.radio.p1812_spherical import ROOT_WAVE, SURFACE_50, SURFACE_BETA, WAVE, add_spherical
from infraplan.radio.p1812_tables import DUCT_TIME_DB, QUANTILE, RADIUS_50, RADIUS_BETA, STEP_KM, TIME_PERCENT

RAY_POINTS = 10240
"""Points of rays kept at a time, one ray at least: they fit into the processor's cache."""


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def room_for_paths(radius_m, ground, step_m):  # type: ignore[no-untyped-def]
    """Room for a batch of paths up to a radius."""
    room = BATCH * (int(2.0 * ground.nominal_m.max() / step_m + 2.0 * TAIL_STEPS) + 20)
    none = np.zeros(BATCH + 1, np.int64)
    return Paths(
        none, none.copy(), none.copy(), np.empty(room), np.empty(room), np.empty(room), np.empty(room), np.empty(room),
        room_for_rays(radius_m / step_m + 2.0, RAY_POINTS),
    )  # fmt: skip


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def positions(j, near, nominal, shared, at, count):  # type: ignore[no-untyped-def]
    """Positions of a path's own points into `at` from `count` on: those behind `shared` whole steps; whole steps, half steps near the
    receiver, the receiver's nominal point, and the mast's where nothing is shared. Returns the next free place, and the places of the
    mast's nominal point (before `count` where it is shared) and of the receiver's."""
    halved = j - TAIL_STEPS - TOUCHING
    waits = shared == 0
    mast_at = count - 1
    own_at = -1
    u = 2 * shared + 1  # counts half steps
    while True:
        x = 0.5 * u
        if x >= j - TOUCHING:
            x = FAR
        elif u % 2 == 1 and x < halved:
            u += 1
            continue
        if waits and nominal <= x + TOUCHING:
            u += abs(x - nominal) <= TOUCHING
            waits = False
            mast_at = count
            x = nominal
        elif own_at < 0 and near <= x + TOUCHING:
            u += abs(x - near) <= TOUCHING
            own_at = count
            x = near
        elif x == FAR:
            return count, mast_at, own_at
        else:
            u += 1
        at[count] = x
        count += 1


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def heights_on_line(flat, rows, cols, row, col, down, right, length, at, first, end, out, shift):  # type: ignore[no-untyped-def]
    """out[shift + k]: ground height, bilinear, at `at[k]` steps of (`down`, `right`) pixels from (`row`, `col`), first <= k < end. [m]

    `flat` is the raster of heights as one line. A line of `length` steps along the outermost half pixel is
    drawn to the pixels' centres.
    """
    last_row = row + down * length
    last_col = col + right * length
    inner = min(row, last_row) >= 0.0 and min(col, last_col) >= 0.0
    if inner and max(row, last_row) < rows - 1 and max(col, last_col) < cols - 1:
        start = np.uint64(first)
        to = np.uint64(shift + first)
        for n in range(end - first):
            k = start + np.uint64(n)
            r = row + down * at[k]
            c = col + right * at[k]
            up = np.int32(r)
            left = np.int32(c)
            here = np.uint64(up * np.int64(cols) + left)
            aside = c - left
            upper = flat[here] + (flat[here + np.uint64(1)] - flat[here]) * aside
            here += np.uint64(cols)
            lower = flat[here] + (flat[here + np.uint64(1)] - flat[here]) * aside
            out[to + np.uint64(n)] = upper + (lower - upper) * (r - up)
        return
    for point in range(first, end):
        y = min(max(row + down * at[point], 0.0), rows - 1.0)
        x = min(max(col + right * at[point], 0.0), cols - 1.0)
        i = min(int(y), rows - 2)
        j = min(int(x), cols - 2)
        corner = i * cols + j
        above = flat[corner] + (flat[corner + 1] - flat[corner]) * (x - j)
        below = flat[corner + cols] + (flat[corner + cols + 1] - flat[corner + cols]) * (x - j)
        out[shift + point] = above + (below - above) * (y - i)


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def clutter_on_line(codes, class_height_m, row, col, down, right, at, first, end, top, shift):  # type: ignore[no-untyped-def]
    """Add the clutter height at `at[k]` steps to top[shift + k], first <= k < end. (`row`, `col`): the mast, PIXEL_EDGE added. [m]"""
    last_row, last_col = codes.shape[0] - 0.5, codes.shape[1] - 0.5
    start = np.uint64(first)
    to = np.uint64(shift + first)
    for n in range(end - first):
        k = start + np.uint64(n)
        r = np.uint64(np.int64(min(max(row + down * at[k], 0.0), last_row)))
        c = np.uint64(np.int64(min(max(col + right * at[k], 0.0), last_col)))
        top[to + np.uint64(n)] += class_height_m[codes[r, c]]


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def outward(order, begin, end, px, py, x_m, y_m):  # type: ignore[no-untyped-def]
    """Sorts receivers order[begin:end] of one ray by distance. Rows of a map have this order already, or the reverse."""
    i, k = order[begin], order[end - 1]
    if (px[i] - x_m) ** 2 + (py[i] - y_m) ** 2 > (px[k] - x_m) ** 2 + (py[k] - y_m) ** 2:
        for n in range((end - begin) // 2):
            order[begin + n], order[end - 1 - n] = order[end - 1 - n], order[begin + n]
    for n in range(begin + 1, end):
        i = order[n]
        square = (px[i] - x_m) ** 2 + (py[i] - y_m) ** 2
        m = n - 1
        while m >= begin and (px[order[m]] - x_m) ** 2 + (py[order[m]] - y_m) ** 2 > square:
            order[m + 1] = order[m]
            m -= 1
        order[m + 1] = i


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def place_receivers(  # type: ignore[no-untyped-def]
    ground, x_m, y_m, latitude, rx_height_m, values, begin, count, px, py, ray, order, kept, buffer, paths
):
    """Place receivers order[begin:count]: the inputs of each go into the buffer, its profile into `paths`, by the rules of
    `ground.map_profile`.

    Returns the first that had no room, and how many were placed on known ground; `kept` receives their numbers.
    """
    height, codes, class_height_m, class_nominal_m = ground.height_m, ground.clutter, ground.clutter_height_m, ground.nominal_m
    firsts, at, foot, top, inverse, reverse = paths.first, paths.at, paths.ground, paths.top, paths.inverse, paths.reverse
    rays = paths.rays
    rows, cols = height.shape
    flat = height.reshape(rows * cols)
    codes_row, codes_col = codes.shape[0] - 0.5, codes.shape[1] - 0.5
    step_m = values[STEP_KM] * 1000.0
    per_step = step_m / ground.height_step_m
    row, col = (ground.height_y_m - y_m) / ground.height_step_m, (x_m - ground.height_x_m) / ground.height_step_m
    codes_per_step = step_m / ground.clutter_step_m
    code_row = (ground.clutter_y_m - y_m) / ground.clutter_step_m + PIXEL_EDGE
    code_col = (x_m - ground.clutter_x_m) / ground.clutter_step_m + PIXEL_EDGE
    half_way = 0.5 * step_m / 6.371e6
    turn = 0.5 * half_way * half_way * math.tan(latitude)
    mast = class_at(ground, x_m, y_m)
    nominal, nominal_clutter_m = class_nominal_m[mast] / step_m, class_height_m[mast]
    most_nominal = most_nominal_of(ground) / step_m
    rays.at[0] = nominal
    rays.inverse[0] = 1.0 / nominal if nominal > 0.0 else FAR
    placed = 0
    firsts[0] = 0
    free = np.int64(0)  # next free point of the rays
    while begin < count:
        number = ray[order[begin]]
        end = begin
        farthest = 0.0
        while end < count and ray[order[end]] == number:
            i = order[end]
            farthest = max(farthest, (px[i] - x_m) * (px[i] - x_m) + (py[i] - y_m) * (py[i] - y_m))
            end += 1
        longest = max(int(math.sqrt(farthest) / step_m - TAIL_STEPS), 0)
        needed = (longest + 1 + BLOCK) >> BLOCK_BITS << BLOCK_BITS
        if placed > 0 and (placed + end - begin > BATCH or free + needed > rays.ground.size):
            return begin, placed
        if placed == 0:
            free = np.int64(0)
        outward(order, begin, end, px, py, x_m, y_m)
        end = min(end, begin + BATCH - placed)
        offset = free
        free += needed
        known = 0
        if longest > nominal + 1.0:
            east, north = direction_of(number)
            down, right = -north * per_step, east * per_step
            heights_on_line(
                flat, rows, cols, row, col, down, right, max(longest, nominal), rays.at, np.int64(0), longest + 1, rays.ground, offset
            )
            for i in range(longest + 1):
                rays.top[offset + i] = rays.ground[offset + i]
            rays.top[offset] += nominal_clutter_m
            clutter_on_line(
                codes, class_height_m, code_row, code_col, -north * codes_per_step, east * codes_per_step, rays.at, int(nominal) + 1,
                longest + 1, rays.top, offset,
            )  # fmt: skip
            known = known_points(rays.ground, offset, longest)
            mark_blocks(rays, offset, known)
        for n in range(begin, end):
            i = order[n]
            dx = (px[i] - x_m) / step_m
            dy = (py[i] - y_m) / step_m
            j = max(math.sqrt(dx * dx + dy * dy), LEAST_PATH_M / step_m)
            rx_row = row - dy * per_step
            rx_col = col + dx * per_step
            if not (rx_row >= -0.5 and rx_col >= -0.5 and rx_row <= rows - 0.5 and rx_col <= cols - 0.5):
                continue
            east = dx / j
            north = dy / j
            own = codes[
                int(min(max(code_row - dy * codes_per_step, 0.0), codes_row)), int(min(max(code_col + dx * codes_per_step, 0.0), codes_col))
            ]
            own_nominal = class_nominal_m[own] / step_m
            own_clutter_m = class_height_m[own]
            both = nominal + own_nominal
            first = firsts[placed]
            shared = 0
            if j < both:
                near = j * nominal / both
                at[first] = near
                stop, mast_at, own_at = first + 1, first - 1, first
            else:
                near = j - own_nominal
                shared = shared_steps(j, nominal, most_nominal)
                stop, mast_at, own_at = positions(j, near, nominal, shared, at, first)
            if shared > known:
                continue
            if near <= nominal + TOUCHING:
                own_clutter_m = max(own_clutter_m, nominal_clutter_m)
            at[stop] = j
            heights_on_line(flat, rows, cols, row, col, -north * per_step, east * per_step, j, at, first, stop + 1, foot, np.int64(0))
            foot_m = foot[stop]
            total_m = foot_m
            start = np.uint64(first)
            for m in range(stop - first):
                k = start + np.uint64(m)
                total_m += foot[k]
                top[k] = foot[k]
                inverse[k] = 1.0 / at[k]
                reverse[k] = 1.0 / (j - at[k])
            if math.isnan(total_m):
                continue
            clutter_on_line(
                codes, class_height_m, code_row, code_col, -north * codes_per_step, east * codes_per_step, at, max(mast_at + 1, first),
                own_at, top, np.int64(0),
            )  # fmt: skip
            if mast_at >= first:
                top[mast_at] += nominal_clutter_m
            top[own_at] += own_clutter_m
            buffer[J, placed] = j
            buffer[RX, placed] = foot_m + rx_height_m
            buffer[WEIGHT, placed] = short_path_weight(j, both)
            buffer[CENTRE, placed] = math.degrees(abs(latitude + north * half_way * j - turn * east * east * j * j))
            kept[placed] = i
            paths.offset[placed] = offset
            paths.shared[placed] = shared
            placed += 1
            firsts[placed] = stop
        begin = end
        if placed == BATCH:
            break
    return begin, placed


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def median_counts(n, values, buffer):  # type: ignore[no-untyped-def]
    """Whether the diffraction loss at 50 % of time counts for one of the receivers."""
    if values[TIME_PERCENT] == 50.0:
        return True
    rarest = 1e30
    for q in range(n):
        rarest = min(rarest, ln_b0_inland(buffer[J, q] * values[STEP_KM], buffer[CENTRE, q]))
    return math.log(values[TIME_PERCENT]) >= rarest


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def edges_of(n, mast_m, paths, tx_height_m, values, constants, buffer):  # type: ignore[no-untyped-def]
    """Rows EDGE_50 and EDGE_BETA of the `n` receivers placed in `buffer` and `paths`: Bullington's knife edge."""
    step_km = values[STEP_KM]
    curve_50 = 500.0 * step_km * step_km / values[RADIUS_50]
    curve_beta = 500.0 * step_km * step_km / values[RADIUS_BETA]
    longest = 0.0
    for k in range(constants.shape[0]):
        longest = max(longest, constants[k, WAVE])
    tx_m = mast_m + tx_height_m
    if median_counts(n, values, buffer):
        bullington_pass(paths, tx_m, curve_50, step_km, longest, n, buffer)
        edge_values(n, tx_m, curve_50, step_km, buffer, EDGE_50)
    if values[TIME_PERCENT] != 50.0:
        bullington_pass(paths, tx_m, curve_beta, step_km, longest, n, buffer)
        edge_values(n, tx_m, curve_beta, step_km, buffer, EDGE_BETA)


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def horizons_of(n, mast_m, paths, tx_height_m, values, buffer):  # type: ignore[no-untyped-def]
    """Rows TX_SLOPE, RX_RISE, TX_AT and RX_BACK of the `n` receivers placed in `buffer` and `paths`: both ends' horizons."""
    curve_50 = 500.0 * values[STEP_KM] * values[STEP_KM] / values[RADIUS_50]
    horizon_pass(paths, mast_m + tx_height_m, curve_50, n, buffer)


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def losses_of(n, mast_m, paths, tx_height_m, rx_height_m, values, constants, wanted, buffer, losses):  # type: ignore[no-untyped-def]
    """losses[frequency, q]: basic transmission loss to the `n` receivers placed, after `edges_of` and `horizons_of`. [dB]

    Only where wanted[frequency, q]: elsewhere the value means nothing.
    """
    step_km, radius_50, radius_beta, time_percent = values[STEP_KM], values[RADIUS_50], values[RADIUS_BETA], values[TIME_PERCENT]
    median = time_percent == 50.0
    ln_time = math.log(time_percent)
    curve_50 = 500.0 * step_km * step_km / radius_50
    curve_beta = 500.0 * step_km * step_km / radius_beta
    tx_m = mast_m + tx_height_m
    obstruction_pass(mast_m, paths, rx_height_m, tx_m, n, buffer)
    height_values(n, mast_m, tx_m, rx_height_m, step_km, radius_50, buffer)
    with_median = median_counts(n, values, buffer)
    out = buffer[OUT]
    for k in range(constants.shape[0]):
        c = constants[k]
        if with_median:
            knife_edge_values(n, step_km, c[ROOT_WAVE], buffer, EDGE_50, LOSS_50)
            add_spherical(n, step_km, radius_50, curve_50, paths, c, SURFACE_50, wanted[k], buffer, LOSS_50)
        if median:
            median_values(n, step_km, radius_50, values[DUCT_TIME_DB], c, buffer)
            median_repair(n, mast_m, rx_height_m, tx_m, step_km, radius_50, curve_50, ln_time, paths, c, wanted[k], buffer)
        else:
            knife_edge_values(n, step_km, c[ROOT_WAVE], buffer, EDGE_BETA, LOSS_BETA)
            add_spherical(n, step_km, radius_beta, curve_beta, paths, c, SURFACE_BETA, wanted[k], buffer, LOSS_BETA)
            time_values(
                n, mast_m, rx_height_m, tx_m, step_km, radius_50, curve_50, time_percent, values[QUANTILE], paths, c, buffer
            )  # fmt: skip
        for q in range(n):
            losses[k, q] = out[q]
