"""Quantities of profiles that ITU-R P.1812 needs at every frequency, for a batch of receivers of one mast.

A path has the points of its ray it shares and own points behind them (`Paths`). Each `..._pass` takes path by path; each `..._values`
function then does the arithmetic for all receivers in one loop that vectorises. Results are in rows of one buffer, a column a receiver.
Positions are in steps from the mast, slopes per step, heights in metres above sea level, d in km.
Heights over a flattened Earth are u = h - 500 d^2 / a.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.radio.fast_math import FAR, FAST, KERNEL, LN10, fast_exp, fast_log
from infraplan.radio.p1812_rays import (
    Rays,
    closest_back,
    highest_back,
    horizon_along,
    horizon_back,
    steepest_along,
    steepest_back,
    sums_along,
    sums_from_mast,
)

# rows of the per-receiver buffer: the inputs (see `p1812_paths.place_receivers`), then the results of the passes
(
    J, RX, WEIGHT, CENTRE, EDGE_50, EDGE_BETA, TX_SLOPE, RX_RISE, TX_AT, RX_BACK,
) = range(10)  # fmt: skip
FIRST_ROWS = 10
(
    SUM1, SUM2, UP_TX, UP_RX, OVER, SEEN_TX, SEEN_RX, CLEAR,
    TX_OVER, RX_OVER, SMOOTH_TX, SMOOTH_RX, SLANT_DB, RX_SLOPE, TAN_ANGLE, LOSS_50, LOSS_BETA, LOWER, OUT,
) = range(FIRST_ROWS, FIRST_ROWS + 19)  # fmt: skip
ROWS = FIRST_ROWS + 19
# J: distance [steps]; RX: antenna above sea level [m]; WEIGHT: share of the excess over free space that counts; CENTRE: latitude of the
# path's centre [deg]; EDGE_50, EDGE_BETA: diffraction parameter for a wavelength of 1 m. The rest belongs to `p1812_paths.losses_of`.
BATCH = 125
"""Number of receivers computed at a time: odd, so that rows of a buffer do not collide in the cache."""


class Paths(NamedTuple):
    """The points between the mast and each receiver, outward.

    Those of receiver q: points 0..shared[q] of the ray at offset[q] of `rays` (none where shared[q] = 0), then its own
    first[q] : first[q + 1] of the arrays that follow. `at`: position x [steps]; `ground`, `top`: height without and with clutter [m];
    `inverse`, `reverse`: 1 / x and 1 / (distance - x).
    """

    first: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    shared: npt.NDArray[np.int64]
    at: npt.NDArray[np.float64]
    ground: npt.NDArray[np.float64]
    top: npt.NDArray[np.float64]
    inverse: npt.NDArray[np.float64]
    reverse: npt.NDArray[np.float64]
    rays: Rays


@njit(**KERNEL, fastmath=True)
def steepest_of(heights, curve, at, inverse, base_m, first, end):  # type: ignore[no-untyped-def]
    """Steepest slope from height `base_m` to the flattened `heights`, distances given by their inverse."""
    best = -FAR
    start = np.uint64(first)
    for i in range(end - first):
        k = start + np.uint64(i)
        slope = (heights[k] - curve * at[k] * at[k] - base_m) * inverse[k]
        best = slope if slope > best else best
    return best


@njit(**KERNEL, fastmath=True)
def highest_over(heights, curve, at, base_m, slope, first, end):  # type: ignore[no-untyped-def]
    """Largest height of the flattened `heights` over the line base_m + slope x. [m]"""
    best = -FAR
    start = np.uint64(first)
    for i in range(end - first):
        k = start + np.uint64(i)
        over = heights[k] - curve * at[k] * at[k] - slope * at[k] - base_m
        best = over if over > best else best
    return best


@njit(**KERNEL, fastmath=True)
def nearest_below(heights, curve, at, inverse, reverse, base_m, slope, first, end):  # type: ignore[no-untyped-def]
    """Smallest clearance^2 / (x (j - x)) of the flattened `heights` below the line. [m^2]"""
    best = FAR
    start = np.uint64(first)
    for i in range(end - first):
        k = start + np.uint64(i)
        below = heights[k] - curve * at[k] * at[k] - slope * at[k] - base_m
        value = below * below * (inverse[k] * reverse[k])
        best = value if value < best else best
    return best


@njit(**KERNEL, fastmath=FAST)
def obstruction_pass(mast_m, paths, rx_height_m, tx_m, n, buffer):  # type: ignore[no-untyped-def]
    """Sums of eqs. 85-86 and the obstruction of the straight line over raw heights, eq. 89. `mast_m` is the ground under the mast."""
    firsts, offsets, shares, at, ground, inverse, reverse, rays = (
        paths.first, paths.offset, paths.shared, paths.at, paths.ground, paths.inverse, paths.reverse, paths.rays,
    )  # fmt: skip
    ray_at, ray_inverse, ray_m, high, crest = rays.at, rays.inverse, rays.ground, rays.high_ground, rays.crest_ground
    ray, upto, past, past1, past2 = -1, 0, -FAR, 0.0, 0.0  # the mast's slope along a ray is passed on from receiver to receiver
    for q in range(n):
        j = buffer[J, q]
        rx_m = buffer[RX, q]
        line = (rx_m - tx_m) / j
        first, end, offset, shared = firsts[q], firsts[q + 1], offsets[q], shares[q]
        seen = steepest_of(ground, 0.0, at, inverse, tx_m, first, end)
        s1, s2, before, before_m = 0.0, 0.0, 0.0, mast_m
        if shared > 0:
            if offset != ray:
                ray = offset
                past = (ray_m[offset] - tx_m) * ray_inverse[0]
                past1, past2, upto = sums_from_mast(rays, offset, mast_m)
                past = max(past, steepest_along(ray_m, 0.0, ray_at, ray_inverse, tx_m, offset, np.int64(1), upto))
            if shared > upto:
                past = max(past, steepest_along(ray_m, 0.0, ray_at, ray_inverse, tx_m, offset, upto + 1, shared))
                more1, more2 = sums_along(ray_m, offset, upto + 1, shared)
                past1 += more1
                past2 += more2
                upto = shared
            seen = max(seen, past)
            s1, s2, before, before_m = past1, past2, float(shared), ray_m[offset + shared]
        for i in range(end - first):
            m = np.uint64(first) + np.uint64(i)
            x, ground_m = at[m], ground[m]
            s1 += (x - before) * (ground_m + before_m)
            s2 += (x - before) * (ground_m * (2.0 * x + before) + before_m * (x + 2.0 * before))
            before, before_m = x, ground_m
        foot_m = rx_m - rx_height_m
        buffer[SUM1, q] = s1 + (j - before) * (foot_m + before_m)
        buffer[SUM2, q] = s2 + (j - before) * (foot_m * (2.0 * j + before) + before_m * (j + 2.0 * before))
        if seen > line:
            up = steepest_of(ground, 0.0, at, reverse, rx_m, first, end)
            over = highest_over(ground, 0.0, at, tx_m, line, first, end)
            if shared > 0:
                up = steepest_back(ray_m, high, crest, ray_at, 0.0, offset, shared, rx_m, j, up)
                over = highest_back(ray_m, high, crest, ray_at, 0.0, offset, shared, tx_m, line, over)
            buffer[UP_TX, q] = seen - line
            buffer[UP_RX, q] = up
            buffer[OVER, q] = over
        else:
            buffer[UP_TX, q] = 1.0
            buffer[UP_RX, q] = 0.0
            buffer[OVER, q] = 0.0


@njit(**KERNEL, fastmath=FAST)
def horizon_pass(paths, tx_m, curve, n, buffer):  # type: ignore[no-untyped-def]
    """Horizons of both ends over bare ground, Attachment 1 section 4. `curve` = 500 step^2 / a."""
    firsts, offsets, shares, at, ground, inverse, reverse, rays = (
        paths.first, paths.offset, paths.shared, paths.at, paths.ground, paths.inverse, paths.reverse, paths.rays,
    )  # fmt: skip
    ray_at, ray_inverse, ray_m, high, crest = rays.at, rays.inverse, rays.ground, rays.high_ground, rays.crest_ground
    ray, upto, past, past_at = -1, 0, -FAR, 0.0
    for q in range(n):
        j = buffer[J, q]
        first, end, offset, shared = firsts[q], firsts[q + 1], offsets[q], shares[q]
        rx_u = buffer[RX, q] - curve * j * j
        line = (rx_u - tx_m) / j
        before = -FAR
        if shared > 0:
            if offset != ray:
                ray, upto, past_at = offset, 0, ray_at[0]
                past = (ray_m[offset] - curve * past_at * past_at - tx_m) * ray_inverse[0]
            if shared > upto:
                past, past_at = horizon_along(ray_m, high, curve, ray_at, ray_inverse, tx_m, offset, upto + 1, shared, past, past_at)
                upto = shared
            before = past
        if max(before, steepest_of(ground, curve, at, inverse, tx_m, first, end)) <= line:
            buffer[TX_SLOPE, q] = line  # line of sight: both horizon distances add up to the path
            buffer[RX_RISE, q] = -line
            buffer[TX_AT, q] = 0.0
            buffer[RX_BACK, q] = j
            continue
        seen = before
        tx_at = past_at if shared > 0 else 0.0
        back = -FAR
        rx_at = 0.0
        for i in range(end - first):
            k = np.uint64(first) + np.uint64(i)
            u = ground[k] - curve * at[k] * at[k]
            slope = (u - tx_m) * inverse[k]
            if slope > seen:
                seen = slope
                tx_at = at[k]
            slope = (u - rx_u) * reverse[k]
            if slope >= back:
                back = slope
                rx_at = at[k]
        if shared > 0:
            back, rx_at = horizon_back(ray_m, high, crest, ray_at, curve, offset, shared, rx_u, j, back, rx_at)
        buffer[TX_SLOPE, q] = seen
        buffer[TX_AT, q] = tx_at
        buffer[RX_RISE, q] = back
        buffer[RX_BACK, q] = j - rx_at


@njit(**KERNEL, fastmath=FAST)
def bullington_pass(paths, tx_m, curve, step_km, wavelength_m, n, buffer):  # type: ignore[no-untyped-def]
    """Slopes and obstruction of the Bullington construction, eqs. 13-19, over ground with clutter.

    `wavelength_m` is the longest in use: the Fresnel scan
    is left out only where no point can reach v = -0.78 even there."""
    firsts, offsets, shares, at, top, inverse, reverse, rays = (
        paths.first, paths.offset, paths.shared, paths.at, paths.top, paths.inverse, paths.reverse, paths.rays,
    )  # fmt: skip
    ray_at, ray_inverse, ray_m, high, crest = rays.at, rays.inverse, rays.top, rays.high_top, rays.crest_top
    ray, upto, past = -1, 0, -FAR
    for q in range(n):
        j = buffer[J, q]
        first, end, offset, shared = firsts[q], firsts[q + 1], offsets[q], shares[q]
        rx_u = buffer[RX, q] - curve * j * j
        line = (rx_u - tx_m) / j
        seen = steepest_of(top, curve, at, inverse, tx_m, first, end)
        if shared > 0:
            if offset != ray:
                ray, upto = offset, 0
                past = (ray_m[offset] - curve * ray_at[0] * ray_at[0] - tx_m) * ray_inverse[0]
            if shared > upto:
                past = max(past, steepest_along(ray_m, curve, ray_at, ray_inverse, tx_m, offset, upto + 1, shared))
                upto = shared
            seen = max(seen, past)
        if seen < line:
            clearance = highest_over(top, curve, at, tx_m, line, first, end)
            if shared > 0:
                clearance = highest_back(ray_m, high, crest, ray_at, curve, offset, shared, tx_m, line, clearance)
            best = FAR
            if clearance * math.sqrt(0.008 / (wavelength_m * (j * step_km))) > -0.78:
                best = nearest_below(top, curve, at, inverse, reverse, tx_m, line, first, end)
                if shared > 0:
                    best = closest_back(ray_m, high, ray_at, curve, offset, shared, tx_m, line, j, best)
            buffer[CLEAR, q] = best
            buffer[SEEN_TX, q] = 1.0
            buffer[SEEN_RX, q] = 1.0
        else:
            up = steepest_of(top, curve, at, reverse, rx_u, first, end)
            if shared > 0:
                up = steepest_back(ray_m, high, crest, ray_at, curve, offset, shared, rx_u, j, up)
            buffer[SEEN_TX, q] = seen
            buffer[SEEN_RX, q] = up
            buffer[CLEAR, q] = -1.0


@njit(**KERNEL, fastmath=FAST)
def edge_values(n, tx_m, curve, step_km, buffer, row):  # type: ignore[no-untyped-def]
    """Diffraction parameter v of eqs. 15 and 19 for a wavelength of 1 m, into `row`."""
    js = buffer[J, :n]
    rx = buffer[RX, :n]
    tx_slope = buffer[SEEN_TX, :n]
    rx_seen = buffer[SEEN_RX, :n]
    clear = buffer[CLEAR, :n]
    out = buffer[row, :n]
    scale = 0.002 * step_km
    for q in range(n):
        j = js[q]
        rx_u = rx[q] - curve * j * j
        rx_slope = rx_seen[q]
        at = (rx_u - tx_m + rx_slope * j) / (tx_slope[q] + rx_slope)
        product = at * (j - at)
        spread = scale * j / product if product > 0.0 else 1.0
        blocked = (tx_m + tx_slope[q] * at - (tx_m * (j - at) + rx_u * at) / j) * math.sqrt(spread) / step_km
        seen = -math.sqrt(max(clear[q], 0.0) * scale * j) / step_km
        out[q] = blocked if clear[q] < 0.0 else seen


@njit(**KERNEL, fastmath=FAST)
def height_values(n, tx_ground_m, tx_m, rx_height_m, step_km, radius_km, buffer):  # type: ignore[no-untyped-def]
    """Smooth-Earth heights (eqs. 85-92), free-space distance and the tangent of the angular distance (eq. 84)."""
    js = buffer[J, :n]
    rx = buffer[RX, :n]
    sum1 = buffer[SUM1, :n]
    sum2 = buffer[SUM2, :n]
    up_tx = buffer[UP_TX, :n]
    up_rx = buffer[UP_RX, :n]
    over = buffer[OVER, :n]
    tx_over = buffer[TX_OVER, :n]
    rx_over = buffer[RX_OVER, :n]
    smooth_tx = buffer[SMOOTH_TX, :n]
    smooth_rx = buffer[SMOOTH_RX, :n]
    slant = buffer[SLANT_DB, :n]
    tx_slope = buffer[TX_SLOPE, :n]
    rise = buffer[RX_RISE, :n]
    rx_slope = buffer[RX_SLOPE, :n]
    angle = buffer[TAN_ANGLE, :n]
    per_sample = 0.001 / step_km
    for q in range(n):
        j = js[q]
        d = j * step_km
        inverse_square = 1.0 / (j * j)
        fit_tx = (2.0 * sum1[q] * j - sum2[q]) * inverse_square
        fit_rx = (sum2[q] - sum1[q] * j) * inverse_square
        smooth_tx[q] = fit_tx
        smooth_rx[q] = fit_rx
        line = (rx[q] - tx_m) / j
        to_rx = up_rx[q] + line
        lowered = over[q] / (up_tx[q] + to_rx) if over[q] > 0.0 else 0.0
        tx_over[q] = tx_m - min(fit_tx - lowered * up_tx[q], tx_ground_m)
        rx_over[q] = rx[q] - min(fit_rx - lowered * to_rx, rx[q] - rx_height_m)
        rise_km = (tx_m - rx[q]) * 0.001
        slant[q] = 10.0 / LN10 * fast_log(d * d + rise_km * rise_km)
        back = rise[q] * per_sample - d / radius_km
        rx_slope[q] = back
        forward = tx_slope[q] * per_sample
        angle[q] = (forward + back) / (1.0 - forward * back)


@njit(**KERNEL, fastmath=FAST)
def knife_edge_values(n, step_km, root_wavelength, buffer, row, out_row):  # type: ignore[no-untyped-def]
    """Bullington loss of all receivers at one wavelength, eqs. 12 and 21."""
    js = buffer[J, :n]
    edge = buffer[row, :n]
    out = buffer[out_row, :n]
    scale = 1.0 / root_wavelength
    for q in range(n):
        v = edge[q] * scale
        t = max(v, -0.78) - 0.1
        one = 6.9 + 20.0 / LN10 * fast_log(math.sqrt(t * t + 1.0) + t)
        more = (1.0 - fast_exp(one * (-1.0 / 6.0))) * (10.0 + 0.02 * js[q] * step_km)
        out[q] = one + more if v > -0.78 else 0.0
