"""Paths of the area kernel: the profile of each receiver read from the map, then its loss at every frequency.

Every path runs on its own line and ends at the receiver, on that point's own ground and clutter: two maps that share a pixel centre share
its loss.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.fast_math import FAR, FAST
from infraplan.radio.ground import LEAST_PATH_M, TAIL_STEPS, TOUCHING, class_at, short_path_weight
from infraplan.radio.p1812_combine import ln_b0_inland, median_repair, median_values, time_values
from infraplan.radio.p1812_passes import (
    CENTRE,
    EDGE_50,
    EDGE_BETA,
    LOSS_50,
    LOSS_BETA,
    OUT,
    RX,
    WEIGHT,
    J,
    bullington_pass,
    edge_values,
    height_values,
    horizon_pass,
    knife_edge_values,
    obstruction_pass,
)
from infraplan.radio.p1812_spherical import ROOT_WAVE, SURFACE_50, SURFACE_BETA, WAVE, add_spherical
from infraplan.radio.p1812_tables import DUCT_TIME_DB, QUANTILE, RADIUS_50, RADIUS_BETA, STEP_KM, TIME_PERCENT


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def positions(j, near, nominal, at, count):  # type: ignore[no-untyped-def]
    """Positions of a profile's points into `at` from `count` on: whole steps, half steps near the receiver, both nominal points. Returns
    the next free place, and the places of the mast's nominal point and of the receiver's."""
    halved = j - TAIL_STEPS
    mast_at = -1
    own_at = -1
    u = 1  # counts half steps
    while True:
        x = 0.5 * u
        if x >= j - TOUCHING:
            x = FAR
        elif u % 2 == 1 and x < halved:
            u += 1
            continue
        if mast_at < 0 and nominal <= x + TOUCHING:
            u += abs(x - nominal) <= TOUCHING
            mast_at = count
            x = nominal
        elif own_at < 0 and near <= x + TOUCHING:
            u += abs(x - near) <= TOUCHING
            own_at = count
            x = near
        elif x == FAR:
            return count, mast_at, own_at
        else:
            whole = int(min(halved, near)) - 1
            if mast_at >= 0 and u % 2 == 0 and u < 2 * whole:  # nothing but whole steps up to here
                for i in range(u // 2, whole):
                    at[count + i - u // 2] = i
                count += whole - u // 2
                u = 2 * whole
                continue
            u += 1
        at[count] = x
        count += 1


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def heights_on_line(flat, rows, cols, row, col, down, right, length, at, first, end, out):  # type: ignore[no-untyped-def]
    """out[k]: ground height, bilinear, at `at[k]` steps of (`down`, `right`) pixels from (`row`, `col`). [m]

    `flat` is the raster of heights as one line. A line of `length` steps along the outermost half pixel is
    drawn to the pixels' centres.
    """
    last_row = row + down * length
    last_col = col + right * length
    inner = min(row, last_row) >= 0.0 and min(col, last_col) >= 0.0
    if inner and max(row, last_row) < rows - 1 and max(col, last_col) < cols - 1:
        start = np.uint64(first)
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
            out[k] = upper + (lower - upper) * (r - up)
        return
    for point in range(first, end):
        y = min(max(row + down * at[point], 0.0), rows - 1.0)
        x = min(max(col + right * at[point], 0.0), cols - 1.0)
        i = min(int(y), rows - 2)
        j = min(int(x), cols - 2)
        corner = i * cols + j
        above = flat[corner] + (flat[corner + 1] - flat[corner]) * (x - j)
        below = flat[corner + cols] + (flat[corner + cols + 1] - flat[corner + cols]) * (x - j)
        out[point] = above + (below - above) * (y - i)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def place_receivers(  # type: ignore[no-untyped-def]
    ground, x_m, y_m, latitude, rx_height_m, step_m, first, end, px, py, kept, buffer, points
):
    """Place the receivers at (`px`, `py`)[first:end]: what is given of each into the buffer, its profile into `points`, by the rules of
    `ground.map_profile`. Returns how many stand on known ground; `kept` receives their numbers."""
    height, codes, class_height_m, class_nominal_m = ground.height_m, ground.clutter, ground.clutter_height_m, ground.nominal_m
    firsts, at, foot, top, inverse, reverse = points.first, points.at, points.ground, points.top, points.inverse, points.reverse
    rows, cols = height.shape
    flat = height.reshape(rows * cols)
    codes_row, codes_col = codes.shape[0] - 0.5, codes.shape[1] - 0.5
    per_step = step_m / ground.height_step_m
    row, col = (ground.height_y_m - y_m) / ground.height_step_m, (x_m - ground.height_x_m) / ground.height_step_m
    codes_per_step = step_m / ground.clutter_step_m
    code_row, code_col = (ground.clutter_y_m - y_m) / ground.clutter_step_m + 0.5, (x_m - ground.clutter_x_m) / ground.clutter_step_m + 0.5
    half_way = 0.5 * step_m / 6.371e6
    turn = 0.5 * half_way * half_way * math.tan(latitude)
    mast = class_at(ground, x_m, y_m)
    nominal, nominal_clutter_m = class_nominal_m[mast] / step_m, class_height_m[mast]
    count = 0
    firsts[0] = 0
    for i in range(first, end):
        dx = (px[i] - x_m) / step_m
        dy = (py[i] - y_m) / step_m
        j = max(math.sqrt(dx * dx + dy * dy), LEAST_PATH_M / step_m)
        east = dx / j
        north = dy / j
        rx_row = row - dy * per_step
        rx_col = col + dx * per_step
        if not (rx_row >= -0.5 and rx_col >= -0.5 and rx_row <= rows - 0.5 and rx_col <= cols - 0.5):
            continue
        own = codes[
            int(min(max(code_row - dy * codes_per_step, 0.0), codes_row)), int(min(max(code_col + dx * codes_per_step, 0.0), codes_col))
        ]
        own_nominal = class_nominal_m[own] / step_m
        own_clutter_m = class_height_m[own]
        both = nominal + own_nominal
        begin = firsts[count]
        if j < both:
            near = j * nominal / both
            at[begin] = near
            stop, mast_at, own_at = begin + 1, begin - 1, begin
        else:
            near = j - own_nominal
            stop, mast_at, own_at = positions(j, near, nominal, at, begin)
        if near <= nominal + TOUCHING:
            own_clutter_m = max(own_clutter_m, nominal_clutter_m)
        at[stop] = j
        heights_on_line(flat, rows, cols, row, col, -north * per_step, east * per_step, j, at, begin, stop + 1, foot)
        foot_m = foot[stop]
        total_m = foot_m
        start = np.uint64(begin)
        for n in range(stop - begin):
            k = start + np.uint64(n)
            total_m += foot[k]
            top[k] = foot[k]
            inverse[k] = 1.0 / at[k]
            reverse[k] = 1.0 / (j - at[k])
        down = -north * codes_per_step
        right = east * codes_per_step
        start = np.uint64(max(mast_at + 1, begin))
        for n in range(own_at - max(mast_at + 1, begin)):
            k = start + np.uint64(n)
            r = np.uint64(np.int64(min(max(code_row + down * at[k], 0.0), codes_row)))
            c = np.uint64(np.int64(min(max(code_col + right * at[k], 0.0), codes_col)))
            top[k] += class_height_m[codes[r, c]]
        if mast_at >= begin:
            top[mast_at] += nominal_clutter_m
        top[own_at] += own_clutter_m
        if math.isnan(total_m):
            continue
        buffer[J, count] = j
        buffer[RX, count] = foot_m + rx_height_m
        buffer[WEIGHT, count] = short_path_weight(j, both)
        buffer[CENTRE, count] = math.degrees(abs(latitude + north * half_way * j - turn * east * east * j * j))
        kept[count] = i
        count += 1
        firsts[count] = stop
    return count


@njit(cache=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def losses_of(  # type: ignore[no-untyped-def]
    n, mast_m, points, tx_height_m, rx_height_m, values, constants, buffer, losses
):
    """losses[frequency, q]: basic transmission loss to the `n` receivers placed in `buffer` and `points`. [dB]"""
    step_km, radius_50, radius_beta, time_percent = values[STEP_KM], values[RADIUS_50], values[RADIUS_BETA], values[TIME_PERCENT]
    median = time_percent == 50.0
    ln_time = math.log(time_percent)
    curve_50 = 500.0 * step_km * step_km / radius_50
    curve_beta = 500.0 * step_km * step_km / radius_beta
    longest = 0.0
    for k in range(constants.shape[0]):
        longest = max(longest, constants[k, WAVE])
    tx_m = mast_m + tx_height_m
    obstruction_pass(mast_m, points, rx_height_m, tx_m, n, buffer)
    horizon_pass(points, tx_m, curve_50, n, buffer)
    height_values(n, mast_m, tx_m, rx_height_m, step_km, radius_50, buffer)
    rarest = 1e30
    if not median:
        for q in range(n):
            rarest = min(rarest, ln_b0_inland(buffer[J, q] * step_km, buffer[CENTRE, q]))
    with_median = median or ln_time >= rarest
    if with_median:
        bullington_pass(points, tx_m, curve_50, step_km, longest, n, buffer)
        edge_values(n, tx_m, curve_50, step_km, buffer, EDGE_50)
    if not median:
        bullington_pass(points, tx_m, curve_beta, step_km, longest, n, buffer)
        edge_values(n, tx_m, curve_beta, step_km, buffer, EDGE_BETA)
    out = buffer[OUT]
    for k in range(constants.shape[0]):
        c = constants[k]
        if with_median:
            knife_edge_values(n, step_km, c[ROOT_WAVE], buffer, EDGE_50, LOSS_50)
            add_spherical(n, step_km, radius_50, curve_50, points, c, SURFACE_50, buffer, LOSS_50)
        if median:
            median_values(n, step_km, radius_50, values[DUCT_TIME_DB], c, buffer)
            median_repair(n, mast_m, rx_height_m, tx_m, step_km, radius_50, curve_50, ln_time, points, c, buffer)
        else:
            knife_edge_values(n, step_km, c[ROOT_WAVE], buffer, EDGE_BETA, LOSS_BETA)
            add_spherical(n, step_km, radius_beta, curve_beta, points, c, SURFACE_BETA, buffer, LOSS_BETA)
            time_values(
                n, mast_m, rx_height_m, tx_m, step_km, radius_50, curve_50, time_percent, values[QUANTILE], points, c, buffer
            )  # fmt: skip
        for q in range(n):
            losses[k, q] = out[q]
