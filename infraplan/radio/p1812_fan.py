"""The fan of rays of the area kernel: samples along one ray, receivers on it, then the loss of each receiver at every frequency.

A path of up to OWN_STEPS steps is sampled on its own line. A longer one shares the samples of the ray nearest in bearing, at most half a
step away at the rim, and leaves it TAIL_STEPS before the receiver for its own line: what stands close before a receiver decides most. A
path always ends at the pixel's centre, on that point's own ground and clutter. The fan depends on the radius and the step alone, never on
the map: two maps that share a pixel centre share its loss.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.ground import LEAST_PATH_M, TAIL_STEPS, TOUCHING, short_path_weight
from infraplan.radio.hulls import FAR, FAST
from infraplan.radio.p1812_combine import ln_b0_inland, median_repair, median_values, time_values
from infraplan.radio.p1812_passes import (
    CENTRE,
    EDGE_50,
    EDGE_BETA,
    LAST,
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

OWN_STEPS = 30.0
WORK_ROWS = 8
POS, INVERSE, SPHERE, XS, YS, BARE, FLAT, SPHERE_OTHER = range(WORK_ROWS)  # rows of a mast's work array


@njit(cache=True)  # type: ignore[untyped-decorator]
def rays_of(radius_m, step_m):  # type: ignore[no-untyped-def]
    """How many rays a circle takes: a step apart at the rim; a multiple of 8, so that a quarter turn maps rays on rays."""
    return 8 * int(max(math.ceil(2.0 * math.pi * radius_m / (8.0 * step_m)), 8))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def place_samples(nominal, last_step, curve_50, curve_beta, work):  # type: ignore[no-untyped-def]
    """Positions of a mast's samples [steps]: 0, whole steps to `last_step`, and the nominal point; the index of that point.

    Fills the rows POS, INVERSE, SPHERE (at `curve_50`) and SPHERE_OTHER (at `curve_beta`); the number of samples is `last_step` + 2, or one
    less where the nominal point falls on a whole step.
    """
    pos = work[POS]
    at = 0
    k = 1
    pos[0] = 0.0
    for i in range(1, last_step + 1):
        if at == 0 and nominal < i - TOUCHING:
            pos[k] = nominal
            at = k
            k += 1
        pos[k] = i
        if at == 0 and nominal <= i + TOUCHING:
            at = k
        k += 1
    if at == 0:
        pos[k] = nominal
        at = k
        k += 1
    for i in range(1, k):
        work[INVERSE, i] = 1.0 / pos[i]
        work[SPHERE, i] = -curve_50 * pos[i] * pos[i]
        work[SPHERE_OTHER, i] = -curve_beta * pos[i] * pos[i]
    return at, k


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def sample_ray(ground, x_m, y_m, north_m, east_m, pos, at_nominal, nominal_clutter_m, last, h, top):  # type: ignore[no-untyped-def]
    """Bare heights `h` and heights with clutter `top` along a ray whose step is (`east_m`, `north_m`); the last sample on known ground.

    Samples before the nominal point carry no clutter, that point the clutter of the mast's own class.
    """
    height, clutter = ground.height_m, ground.clutter
    rows, cols = height.shape
    clutter_rows, clutter_cols = clutter.shape
    row, col = (ground.height_y_m - y_m) / ground.height_step_m, (x_m - ground.height_x_m) / ground.height_step_m
    down, right = -north_m / ground.height_step_m, east_m / ground.height_step_m
    clutter_row = (ground.clutter_y_m - y_m) / ground.clutter_step_m + 0.5
    clutter_col = (x_m - ground.clutter_x_m) / ground.clutter_step_m + 0.5
    clutter_down, clutter_right = -north_m / ground.clutter_step_m, east_m / ground.clutter_step_m
    for i in range(last + 1):
        r = row + down * pos[i]
        c = col + right * pos[i]
        if not (r >= -0.5 and c >= -0.5 and r <= rows - 0.5 and c <= cols - 0.5):
            return i - 1
        r = min(max(r, 0.0), rows - 1.0)
        c = min(max(c, 0.0), cols - 1.0)
        up = min(int(r), rows - 2)
        left = min(int(c), cols - 2)
        right_part = c - left
        upper = float(height[up, left])
        lower = float(height[up + 1, left])
        upper += (height[up, left + 1] - upper) * right_part
        lower += (height[up + 1, left + 1] - lower) * right_part
        z = upper + (lower - upper) * (r - up)
        if math.isnan(z):
            return i - 1
        h[i] = z
        top[i] = z
        if i > at_nominal:
            r = min(max(clutter_row + clutter_down * pos[i], 0.0), clutter_rows - 0.5)
            c = min(max(clutter_col + clutter_right * pos[i], 0.0), clutter_cols - 0.5)
            top[i] = z + ground.clutter_height_m[clutter[int(r), int(c)]]
        elif i == at_nominal:
            top[i] = z + nominal_clutter_m
    return last


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def last_below(x, whole_nominal, nominal):  # type: ignore[no-untyped-def]
    """Index of the last sample before position `x`; 0 is the mast."""
    index = math.ceil(x - TOUCHING) - 1
    if not whole_nominal and nominal < x - TOUCHING:
        index += 1
    return max(index, 0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def tail_points(j, near, after, nominal, nominal_left, at, count):  # type: ignore[no-untyped-def]
    """Positions of a receiver's own points into `at` from `count` on: steps beyond position `after` (halved near the receiver) and the
    nominal points. Returns the next free place, the place of the mast's nominal point (-1: not among them) and of the receiver's."""
    mast_at = -1
    own_at = -1
    halved = j - TAIL_STEPS
    u = 2 * int(after + TOUCHING) + 1  # counts half steps
    while True:
        x = 0.5 * u
        if x >= j - TOUCHING:
            x = FAR
        elif u % 2 == 1 and x < halved:
            u += 1
            continue
        if nominal_left and nominal <= x + TOUCHING:
            u += abs(x - nominal) <= TOUCHING
            nominal_left = False
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


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def heights_on_line(flat, rows, cols, row, col, down, right, j, at, first, end, out):  # type: ignore[no-untyped-def]
    """out[k]: ground height, bilinear, at `at[k]` steps of (`down`, `right`) pixels from (`row`, `col`), for k from `first` to `end`. [m]

    `flat` is the raster of heights as one line. A line of `j` steps that runs along the outermost half pixel is drawn to their centres.
    """
    last_row = row + down * j
    last_col = col + right * j
    inner = min(row, last_row) >= 0.0 and min(col, last_col) >= 0.0
    if inner and max(row, last_row) < rows - 1 and max(col, last_col) < cols - 1:
        for k in range(first, end):
            r = row + down * at[k]
            c = col + right * at[k]
            i = np.uint64(np.uint32(r)) * np.uint64(cols) + np.uint64(np.uint32(c))
            aside = c - np.uint32(c)
            upper = flat[i] + (flat[i + np.uint64(1)] - flat[i]) * aside
            i += np.uint64(cols)
            lower = flat[i] + (flat[i + np.uint64(1)] - flat[i]) * aside
            out[k] = upper + (lower - upper) * (r - np.uint32(r))
        return
    for k in range(first, end):
        r = min(max(row + down * at[k], 0.0), rows - 1.0)
        c = min(max(col + right * at[k], 0.0), cols - 1.0)
        top = min(int(r), rows - 2)
        left = min(int(c), cols - 2)
        i = top * cols + left
        upper = flat[i] + (flat[i + 1] - flat[i]) * (c - left)
        lower = flat[i + cols] + (flat[i + cols + 1] - flat[i + cols]) * (c - left)
        out[k] = upper + (lower - upper) * (r - top)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def place_receivers(  # type: ignore[no-untyped-def]
    ground, x_m, y_m, latitude, rx_height_m, step_m, nominal, whole_nominal, nominal_clutter_m, pos, at_nominal, wanted, first, end, px, py,
    kept, buffer, tail,
):  # fmt: skip
    """Place the receivers at the pixels wanted[first:end], outward: what is given of each into the buffer and the tails. Returns how many
    stand on known ground; `kept` receives their pixels.

    A path of up to OWN_STEPS is sampled on its own line from end to end, a longer one from TAIL_STEPS before the receiver.
    """
    height, codes, class_height_m, class_nominal_m = ground.height_m, ground.clutter, ground.clutter_height_m, ground.nominal_m
    firsts, at, foot, top, inverse, reverse = tail.first, tail.at, tail.ground, tail.top, tail.inverse, tail.reverse
    rows, cols = height.shape
    flat = height.reshape(rows * cols)
    codes_row, codes_col = codes.shape[0] - 0.5, codes.shape[1] - 0.5
    per_step = step_m / ground.height_step_m
    row, col = (ground.height_y_m - y_m) / ground.height_step_m, (x_m - ground.height_x_m) / ground.height_step_m
    codes_per_step = step_m / ground.clutter_step_m
    code_row, code_col = (ground.clutter_y_m - y_m) / ground.clutter_step_m + 0.5, (x_m - ground.clutter_x_m) / ground.clutter_step_m + 0.5
    half_way = 0.5 * step_m / 6.371e6
    turn = 0.5 * half_way * half_way * math.tan(latitude)
    count = 0
    firsts[0] = 0
    for o in range(first, end):
        i = wanted[o]
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
        last = 0
        begin = firsts[count]
        if j < both:
            near = j * nominal / both
            at[begin] = near
            stop, mast_at, own_at = begin + 1, begin - 1, begin
        else:
            near = j - own_nominal
            if j > OWN_STEPS:
                last = last_below(j - max(TAIL_STEPS, 2.0 * own_nominal), whole_nominal, nominal)
            stop, mast_at, own_at = tail_points(j, near, pos[last], nominal, last < at_nominal, at, begin)
        if near <= nominal + TOUCHING:
            own_clutter_m = max(own_clutter_m, nominal_clutter_m)
        at[stop] = j
        heights_on_line(flat, rows, cols, row, col, -north * per_step, east * per_step, j, at, begin, stop + 1, foot)
        foot_m = foot[stop]
        total_m = foot_m
        for k in range(begin, stop):
            total_m += foot[k]
            top[k] = foot[k]
            inverse[k] = 1.0 / at[k]
            reverse[k] = 1.0 / (j - at[k])
        for k in range(max(mast_at + 1, begin), own_at):
            r = min(max(code_row - north * codes_per_step * at[k], 0.0), codes_row)
            c = min(max(code_col + east * codes_per_step * at[k], 0.0), codes_col)
            top[k] += class_height_m[codes[int(r), int(c)]]
        if mast_at >= begin:
            top[mast_at] += nominal_clutter_m
        top[own_at] += own_clutter_m
        if math.isnan(total_m):
            continue
        buffer[J, count] = j
        buffer[RX, count] = foot_m + rx_height_m
        buffer[LAST, count] = last
        buffer[WEIGHT, count] = short_path_weight(j, both)
        buffer[CENTRE, count] = math.degrees(abs(latitude + north * half_way * j - turn * east * east * j * j))
        kept[count] = i
        count += 1
        firsts[count] = stop
    return count


@njit(cache=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def losses_along_ray(  # type: ignore[no-untyped-def]
    n, h, top, tail, tx_height_m, rx_height_m, nominal, values, constants, work, buffer, losses
):
    """losses[frequency, q]: basic transmission loss to the `n` receivers placed in `buffer` and `tail`, ascending in LAST. [dB]"""
    step_km, radius_50, radius_beta, time_percent = values[STEP_KM], values[RADIUS_50], values[RADIUS_BETA], values[TIME_PERCENT]
    median = time_percent == 50.0
    ln_time = math.log(time_percent)
    curve_50 = 500.0 * step_km * step_km / radius_50
    curve_beta = 500.0 * step_km * step_km / radius_beta
    pos, inverse, xs, ys, bare, flat = work[POS], work[INVERSE], work[XS], work[YS], work[BARE], work[FLAT]
    longest = 0.0
    for k in range(constants.shape[0]):
        longest = max(longest, constants[k, WAVE])
    tx_m = h[0] + tx_height_m
    obstruction_pass(pos, inverse, h, tail, rx_height_m, tx_m, n, xs, ys, buffer)
    horizon_pass(pos, inverse, h, tail, tx_m, curve_50, n, xs, ys, bare, buffer)
    height_values(n, h[0], tx_m, rx_height_m, step_km, radius_50, buffer)
    rarest = 1e30
    if not median:
        for q in range(n):
            rarest = min(rarest, ln_b0_inland(buffer[J, q] * step_km, buffer[CENTRE, q]))
    with_median = median or ln_time >= rarest
    if with_median:
        bullington_pass(pos, inverse, top, tail, tx_m, curve_50, step_km, longest, n, xs, ys, flat, buffer)
        edge_values(n, tx_m, curve_50, step_km, buffer, EDGE_50)
    if not median:
        bullington_pass(pos, inverse, top, tail, tx_m, curve_beta, step_km, longest, n, xs, ys, flat, buffer)
        edge_values(n, tx_m, curve_beta, step_km, buffer, EDGE_BETA)
    out = buffer[OUT]
    for k in range(constants.shape[0]):
        c = constants[k]
        if with_median:
            knife_edge_values(n, step_km, c[ROOT_WAVE], buffer, EDGE_50, LOSS_50)
            add_spherical(n, step_km, radius_50, curve_50, pos, work[SPHERE], tail, nominal, c, SURFACE_50, buffer, LOSS_50)
        if median:
            median_values(n, step_km, radius_50, values[DUCT_TIME_DB], c, buffer)
            median_repair(n, h, rx_height_m, tx_m, step_km, radius_50, curve_50, ln_time, bare, pos, tail, c, buffer)
        else:
            knife_edge_values(n, step_km, c[ROOT_WAVE], buffer, EDGE_BETA, LOSS_BETA)
            add_spherical(n, step_km, radius_beta, curve_beta, pos, work[SPHERE_OTHER], tail, nominal, c, SURFACE_BETA, buffer, LOSS_BETA)
            time_values(
                n, h, rx_height_m, tx_m, step_km, radius_50, curve_50, time_percent, values[QUANTILE], bare, pos, tail, c, buffer
            )  # fmt: skip
        for q in range(n):
            losses[k, q] = out[q]
