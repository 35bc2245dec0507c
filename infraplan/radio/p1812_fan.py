"""One ray of the area kernel: samples from the raster, then the loss of every wanted receiver at every frequency."""

from __future__ import annotations

import math

from numba import njit

from infraplan.radio.hulls import FAST
from infraplan.radio.p1812_combine import B0_BASE, B0_SLOPE, median_repair, median_values, time_values
from infraplan.radio.p1812_passes import (
    EDGE_50,
    EDGE_BETA,
    LN_B0,
    LOSS_50,
    LOSS_BETA,
    OUT,
    RX_OVER,
    TX_OVER,
    J,
    bullington_pass,
    edge_values,
    height_values,
    horizon_pass,
    knife_edge_values,
    obstruction_pass,
)
from infraplan.radio.p1812_spherical import FREE_DB, LOCATION_DB, ROOT_WAVE, SURFACE_50, SURFACE_BETA, WAVE, add_spherical
from infraplan.radio.p1812_tables import (
    DUCT_TIME_DB,
    INVERSE,
    QUANTILE,
    RADIUS_50,
    RADIUS_BETA,
    REVERSE,
    SPHERE_50,
    SPHERE_BETA,
    STEP_KM,
    TIME_PERCENT,
)

MAST_PIXEL_STEPS = 0.3826
"""Mean distance of a square's points from its centre, in sides: what the pixel under the mast is given."""

WORK_ROWS = 4


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def sample_ray(terrain, clutter, has_clutter, row, col, row_step, col_step, last, h, ground):  # type: ignore[no-untyped-def]
    """Bare heights and heights with clutter along a ray; the last sample that stands on data."""
    rows, cols = terrain.shape
    for i in range(last + 1):
        r = row + row_step * i
        c = col + col_step * i
        if r < 0.0 or c < 0.0 or r > rows - 1.0 or c > cols - 1.0:
            return i - 1
        top = min(int(r), rows - 2)
        left = min(int(c), cols - 2)
        down = r - top
        right = c - left
        upper = float(terrain[top, left])
        lower = float(terrain[top + 1, left])
        upper += (terrain[top, left + 1] - upper) * right
        lower += (terrain[top + 1, left + 1] - lower) * right
        height = upper + (lower - upper) * down
        h[i] = height
        ground[i] = height
        if has_clutter:
            ground[i] = height + clutter[int(r + 0.5), int(c + 0.5)]
        if math.isnan(ground[i]):
            return i - 1
    return last


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, inline="always")  # type: ignore[untyped-decorator]
def loss_beside_mast(j, step_km, rise_m, c):  # type: ignore[no-untyped-def]
    """Pixels with no sample between them and the mast: free space and location variability. [dB]"""
    d = max(float(j), MAST_PIXEL_STEPS) * step_km
    free = c[FREE_DB] + 10.0 * math.log10(d * d + rise_m * rise_m * 1e-6)
    return free + min(4.0 * d, 1.0) * max(c[LOCATION_DB], 0.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def losses_along_ray(  # type: ignore[no-untyped-def]
    receivers, n, h, ground, north, east, latitude, tx_height_m, rx_height_m, values, arrays, table, constants, work, buffer, losses
):
    """losses[frequency, q]: basic transmission loss to sample `receivers[q]`, ascending, each >= 2. [dB]"""
    step_km, radius_50, radius_beta, time_percent = values[STEP_KM], values[RADIUS_50], values[RADIUS_BETA], values[TIME_PERCENT]
    median = time_percent == 50.0
    ln_time = math.log(time_percent)
    curve_50 = 500.0 * step_km * step_km / radius_50
    curve_beta = 500.0 * step_km * step_km / radius_beta
    inverse, reverse, sphere_50, sphere_beta = arrays[INVERSE], arrays[REVERSE], arrays[SPHERE_50], arrays[SPHERE_BETA]
    xs, ys, bare, flat = work[0], work[1], work[2], work[3]
    longest = 0.0
    for k in range(constants.shape[0]):
        longest = max(longest, constants[k, WAVE])
    wanted = receivers[:n]
    tx_m = h[0] + tx_height_m
    obstruction_pass(h, rx_height_m, tx_m, wanted, inverse, xs, ys, buffer)
    horizon_pass(h, rx_height_m, tx_m, curve_50, wanted, inverse, xs, ys, bare, buffer)
    height_values(n, h[0], tx_m, rx_height_m, step_km, radius_50, buffer)
    half_way = 0.5 * step_km / 6371.0
    turn = 0.5 * half_way * half_way * east * east * math.tan(latitude)
    rarest = 1e30
    for q in range(n):
        j = receivers[q]
        centre = math.degrees(abs(latitude + north * half_way * j - turn * j * j))
        ln_b0 = table[B0_BASE, j] + table[B0_SLOPE, j] * centre
        buffer[LN_B0, q] = ln_b0
        rarest = min(rarest, ln_b0)
    with_median = median or ln_time >= rarest
    if with_median:
        bullington_pass(ground, h, rx_height_m, tx_m, curve_50, step_km, longest, wanted, inverse, reverse, xs, ys, flat, buffer)
        edge_values(n, tx_m, curve_50, step_km, buffer, EDGE_50)
    if not median:
        bullington_pass(ground, h, rx_height_m, tx_m, curve_beta, step_km, longest, wanted, inverse, reverse, xs, ys, flat, buffer)
        edge_values(n, tx_m, curve_beta, step_km, buffer, EDGE_BETA)
    js, tx_over, rx_over, loss_50, loss_beta = buffer[J], buffer[TX_OVER], buffer[RX_OVER], buffer[LOSS_50], buffer[LOSS_BETA]
    out = buffer[OUT]
    for k in range(constants.shape[0]):
        c = constants[k]
        if with_median:
            knife_edge_values(n, step_km, c[ROOT_WAVE], buffer, EDGE_50, LOSS_50)
            add_spherical(n, step_km, radius_50, curve_50, sphere_50, inverse, reverse, c, SURFACE_50, js, tx_over, rx_over, loss_50)
        if median:
            median_values(n, step_km, radius_50, values[DUCT_TIME_DB], c, table, buffer)
            median_repair(n, h, rx_height_m, tx_m, step_km, radius_50, curve_50, ln_time, bare, inverse, reverse, table, c, buffer)
        else:
            knife_edge_values(n, step_km, c[ROOT_WAVE], buffer, EDGE_BETA, LOSS_BETA)
            add_spherical(
                n, step_km, radius_beta, curve_beta, sphere_beta, inverse, reverse, c, SURFACE_BETA, js, tx_over, rx_over, loss_beta
            )
            time_values(
                n,
                h,
                rx_height_m,
                tx_m,
                step_km,
                radius_50,
                curve_50,
                time_percent,
                values[QUANTILE],
                bare,
                inverse,
                reverse,
                table,
                c,
                buffer,
            )
        for q in range(n):
            losses[k, q] = out[q]
