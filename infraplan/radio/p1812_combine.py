"""The mechanisms of ITU-R P.1812 combined for all wanted receivers of a ray: eqs. 8-11, 41-69, inland paths.

Terms that cannot count are skipped exactly: ducting where a lower bound of its loss lies above the diffraction loss.
"""

from __future__ import annotations

import math

from numba import njit

from infraplan.radio.fast_math import FAR, FAST, KERNEL, LN10, fast_exp, fast_log
from infraplan.radio.p1812_passes import (
    CENTRE,
    LOSS_50,
    LOSS_BETA,
    LOWER,
    OUT,
    RX,
    RX_BACK,
    RX_SLOPE,
    SLANT_DB,
    SMOOTH_RX,
    SMOOTH_TX,
    TAN_ANGLE,
    TX_AT,
    TX_SLOPE,
    WEIGHT,
    J,
)
from infraplan.radio.p1812_rays import BLOCK, BLOCK_BITS
from infraplan.radio.p1812_spherical import CUBE_ROOT, DUCT_DB, FOCUS_DB, FREE_DB, FREQUENCY, LOCATION_DB, SCATTER_DB

SERIES_LIMIT = 0.3  # beyond this tangent the arctangent's series is not good enough


@njit(**KERNEL, fastmath=FAST, inline="always")
def shielding_fast(angle_mrad, horizon_km, frequency, cube_root):  # type: ignore[no-untyped-def]
    """Eq. 48."""
    x = angle_mrad - 0.1 * horizon_km
    if x <= 0.0:
        return 0.0
    return 20.0 / LN10 * math.log(1.0 + 0.361 * x * math.sqrt(frequency * horizon_km)) + 0.264 * x * cube_root


@njit(**KERNEL, fastmath=FAST, inline="always")
def inland_share(d):  # type: ignore[no-untyped-def]
    """tau of an inland path, eq. 3."""
    return 1.0 - math.exp(-4.12e-4 * d**2.41)


@njit(**KERNEL, fastmath=FAST, inline="always")
def ln_b0_inland(d, latitude_deg):  # type: ignore[no-untyped-def]
    """ln b0 of an inland path whose centre lies at an absolute latitude, eqs. 2-5."""
    tau = inland_share(d)
    ln_mu1 = min(0.2 * math.log(math.exp(-LN10 * d / (16.0 - 6.6 * tau)) + math.exp(-5.0 * LN10 * (0.496 + 0.354 * tau))), 0.0)
    if latitude_deg > 70.0:
        return math.log(4.17) + 1.3 * ln_mu1
    return LN10 * (1.67 - 0.015 * latitude_deg) + ln_mu1 * (0.065 + 0.0176 * latitude_deg)


@njit(**KERNEL, fastmath=FAST, inline="always")
def far_factor(d):  # type: ignore[no-untyped-def]
    """Fk, eq. 58."""
    return 1.0 / (1.0 + math.exp(0.15 * (d - 20.0)))  # the hyperbolic tangent, written with one exponential


@njit(**KERNEL, fastmath=FAST)
def closest_point(q, paths, line, tx_m, curve, j):  # type: ignore[no-untyped-def]
    """Position of the point of a path with the largest diffraction parameter below the line of sight. [steps]"""
    best, position = FAR, 0.0
    rays, offset = paths.rays, paths.offset[q]
    for i in range(paths.shared[q] + 1 if paths.shared[q] > 0 else 0):
        x = rays.at[i]
        below = rays.ground[offset + i] - curve * x * x - tx_m - line * x
        value = below * below * (rays.inverse[i] / (j - x))
        if value <= best:
            best, position = value, x
    for k in range(paths.first[q], paths.first[q + 1]):
        x = paths.at[k]
        below = paths.ground[k] - curve * x * x - tx_m - line * x
        value = below * below * (paths.inverse[k] * paths.reverse[k])
        if value <= best:
            best, position = value, x
    return position


@njit(**KERNEL, fastmath=FAST)
def roughness(q, paths, smooth_tx, slope, at_tx, at_rx):  # type: ignore[no-untyped-def]
    """Terrain roughness hm between both horizons, eq. 93. [m]"""
    rough = 0.0
    at, ground, ray_at, ray_m, high = paths.at, paths.ground, paths.rays.at, paths.rays.ground, paths.rays.high_ground
    offset, shared = paths.offset[q], paths.shared[q]
    for k in range(paths.first[q], paths.first[q + 1]):
        if at_tx - 1e-9 <= at[k] <= at_rx + 1e-9:
            rough = max(rough, ground[k] - smooth_tx - slope * at[k])
    if shared == 0:
        return rough
    if at_tx - 1e-9 <= ray_at[0] <= at_rx + 1e-9:
        rough = max(rough, ray_m[offset] - smooth_tx - slope * ray_at[0])
    begin, end = max(math.ceil(at_tx - 1e-9), 1), min(math.floor(at_rx + 1e-9), shared)
    for block in range(begin >> BLOCK_BITS, (end >> BLOCK_BITS) + 1):
        first, last = max(block << BLOCK_BITS, begin), min((block << BLOCK_BITS) + BLOCK - 1, end)
        if high[(offset >> BLOCK_BITS) + block] - smooth_tx - slope * (first if slope > 0.0 else last) > rough:
            for i in range(first, last + 1):
                rough = max(rough, ray_m[offset + i] - smooth_tx - slope * i)
    return rough


@njit(**KERNEL, fastmath=FAST)
def anomalous_fast(q, mast_m, rx_height_m, tx_m, step_km, radius_km, curve, ln_b0, ln_time, paths, c, buffer):  # type: ignore[no-untyped-def]
    """Loss by ducting and layer reflection, eqs. 46-56."""
    j = buffer[J, q]
    d = j * step_km
    rx_m = buffer[RX, q]
    at_tx = buffer[TX_AT, q]
    at_rx = j - buffer[RX_BACK, q]
    if at_tx == 0.0:
        at_tx = closest_point(q, paths, (rx_m - curve * j * j - tx_m) / j, tx_m, curve, j)
        at_rx = at_tx
    tx_mrad = 1000.0 * math.atan(buffer[TX_SLOPE, q] * (0.001 / step_km))
    rx_mrad = 1000.0 * math.atan(buffer[RX_SLOPE, q])
    tx_km = at_tx * step_km
    rx_km = (j - at_rx) * step_km
    smooth_tx = min(buffer[SMOOTH_TX, q], mast_m)
    smooth_rx = min(buffer[SMOOTH_RX, q], rx_m - rx_height_m)
    ln_beta = ln_b0
    rough = roughness(q, paths, smooth_tx, (smooth_rx - smooth_tx) / j, at_tx, at_rx)
    if rough > 10.0:
        ln_beta -= 4.6e-5 * (rough - 10.0) * (43.0 + 6.0 * min(d - tx_km - rx_km, 40.0))
    roots = math.sqrt(tx_m - smooth_tx) + math.sqrt(rx_m - smooth_rx)
    alpha = max(-0.6 - 3.5e-9 * d**3.1 * inland_share(d), -3.4)
    ln_beta += min(alpha * math.log(500.0 / radius_km * d * d / (roots * roots)), 0.0)
    lg_beta = ln_beta / LN10
    shape = (9.51 - 4.8 * lg_beta + 0.198 * lg_beta * lg_beta) * 1e-6 * d**1.13
    gamma = 1.076 * math.exp(-1.012 * math.log(2.0058 - lg_beta) - shape)
    ln_ratio = ln_time - ln_beta
    loss = c[DUCT_DB] + 20.0 / LN10 * math.log(tx_km + rx_km)
    loss += shielding_fast(tx_mrad, tx_km, c[FREQUENCY], c[CUBE_ROOT]) + shielding_fast(rx_mrad, rx_km, c[FREQUENCY], c[CUBE_ROOT])
    loss += 5e-5 * radius_km * c[CUBE_ROOT] * (1000.0 * d / radius_km + min(tx_mrad, 0.1 * tx_km) + min(rx_mrad, 0.1 * rx_km))
    return loss + (1.2 + 3.7e-3 * d) / LN10 * ln_ratio + 12.0 * math.exp(gamma * ln_ratio) - 12.0


@njit(**KERNEL, fastmath=FAST, inline="always")
def with_ducting(path_db, sight_db, duct_db, least_db, far, near_factor):  # type: ignore[no-untyped-def]
    """Eqs. 60-62."""
    if duct_db < path_db:
        least_duct = max(duct_db, sight_db) + 2.5 * math.log(1.0 + math.exp(-abs(duct_db - sight_db) / 2.5))
        if least_duct <= path_db:
            path_db = least_duct + (path_db - least_duct) * far
    return path_db + (least_db - path_db) * near_factor


@njit(**KERNEL, fastmath=FAST, inline="always")
def final_loss(modified_db, scatter_db, sight_db, free_db, location_db, weight):  # type: ignore[no-untyped-def]
    """Eqs. 63 and 69; `weight` is the share of the excess over free space that counts on a very short path."""
    both = min(scatter_db, modified_db) - 5.0 / LN10 * math.log(1.0 + math.exp(-0.2 * LN10 * abs(scatter_db - modified_db)))
    loss = max(sight_db, both + location_db)
    return free_db + weight * (loss - free_db)


@njit(**KERNEL, fastmath=FAST, inline="always")
def least_ducting(tx_slope, rx_slope, tx_km, rx_km, d, radius_km, duct_time_db, c):  # type: ignore[no-untyped-def]
    """Lower bound of the loss by ducting, from the slopes (tangents) and distances of both horizons; `tx_km` 0 in line of sight. [dB]

    Eqs. 46-48 with the least term of time; the arctangent is replaced by a series that is never larger.
    """
    tx_mrad = 1000.0 * tx_slope * (1.0 - max(tx_slope, 0.0) * tx_slope * (1.0 / 3.0))
    rx_mrad = 1000.0 * rx_slope * (1.0 - max(rx_slope, 0.0) * rx_slope * (1.0 / 3.0))
    tx_more = max(tx_mrad - 0.1 * tx_km, 0.0) if tx_km > 0.0 else 0.0
    rx_more = max(rx_mrad - 0.1 * rx_km, 0.0) if tx_km > 0.0 else 0.0
    product = (
        (tx_km + rx_km)
        * (1.0 + 0.361 * tx_more * math.sqrt(c[FREQUENCY] * tx_km))
        * (1.0 + 0.361 * rx_more * math.sqrt(c[FREQUENCY] * rx_km))
    )
    bound = c[DUCT_DB] + duct_time_db
    bound += 5e-5 * radius_km * c[CUBE_ROOT] * (1000.0 * d / radius_km + min(tx_mrad, 0.0) + min(rx_mrad, 0.0))
    return bound + 0.264 * c[CUBE_ROOT] * (tx_more + rx_more) + 20.0 / LN10 * fast_log(product)


@njit(**KERNEL, fastmath=FAST)
def median_values(n, step_km, radius_km, duct_time_db, c, buffer):  # type: ignore[no-untyped-def]
    """Loss at 50 % of time as if there were no ducting, and how far ducting's lower bound lies above it; one loop that vectorises."""
    js = buffer[J, :n]
    tx_slope = buffer[TX_SLOPE, :n]
    tx_at = buffer[TX_AT, :n]
    rx_back = buffer[RX_BACK, :n]
    rx_slope = buffer[RX_SLOPE, :n]
    angle = buffer[TAN_ANGLE, :n]
    slant = buffer[SLANT_DB, :n]
    diffraction = buffer[LOSS_50, :n]
    lower = buffer[LOWER, :n]
    weight = buffer[WEIGHT, :n]
    out = buffer[OUT, :n]
    per_sample = 0.001 / step_km
    for q in range(n):
        d = js[q] * step_km
        bound = least_ducting(
            tx_slope[q] * per_sample, rx_slope[q], tx_at[q] * step_km, rx_back[q] * step_km, d, radius_km, duct_time_db, c
        )  # fmt: skip
        free = c[FREE_DB] + slant[q]
        path = free + diffraction[q]
        lower[q] = bound - path
        y = angle[q]
        w = y * y
        tail = 1.0 / 9.0 - w * (1.0 / 11.0 - w * (1.0 / 13.0 - w * (1.0 / 15.0)))
        radians = d / radius_km + y * (1.0 - w * (1.0 / 3.0 - w * (1.0 / 5.0 - w * (1.0 / 7.0 - w * tail))))
        scatter = c[SCATTER_DB] + 20.0 / LN10 * fast_log(d) + 573.0 * radians
        both = min(scatter, path) - 5.0 / LN10 * fast_log(1.0 + fast_exp(-0.2 * LN10 * abs(scatter - path)))
        loss = max(free, both + c[LOCATION_DB])
        out[q] = free + weight[q] * (loss - free)


@njit(**KERNEL, fastmath=FAST)
def median_repair(n, mast_m, rx_height_m, tx_m, step_km, radius_km, curve, ln_time, paths, c, wanted, buffer):  # type: ignore[no-untyped-def]
    """Computes in full, once more, the receivers whose ducting may count or whose angles are too steep for the series."""
    for q in range(n):
        y = buffer[TAN_ANGLE, q]
        steep = abs(y) > SERIES_LIMIT
        diffraction = buffer[LOSS_50, q]
        if not wanted[q] or (not steep and (buffer[LOWER, q] >= 0.0 or diffraction <= 1e-9)):
            continue
        d = buffer[J, q] * step_km
        free = c[FREE_DB] + buffer[SLANT_DB, q]
        path = free + diffraction
        theta = 1000.0 * (d / radius_km + math.atan(y))
        modified = path
        near = 1.0 / (1.0 + math.exp(16.0 * theta - 4.8))
        far = far_factor(d)
        if diffraction > 1e-9 and (1.0 - near) * (1.0 - far) > 0.0 and buffer[LOWER, q] < 0.0:
            duct = anomalous_fast(
                q, mast_m, rx_height_m, tx_m, step_km, radius_km, curve, ln_b0_inland(d, buffer[CENTRE, q]), ln_time, paths, c, buffer
            )
            modified = with_ducting(path, free, duct, path, far, near)
        if steep or modified != path:
            scatter = c[SCATTER_DB] + 20.0 / LN10 * math.log(d) + 0.573 * theta
            buffer[OUT, q] = final_loss(modified, scatter, free, free, c[LOCATION_DB], buffer[WEIGHT, q])


@njit(**KERNEL, fastmath=FAST)
def time_values(n, mast_m, rx_height_m, tx_m, step_km, radius_km, curve, time_percent, quantile, paths, c, buffer):  # type: ignore[no-untyped-def]
    """Loss for less than 50 % of time, receiver by receiver, eqs. 41-69."""
    ln_time = math.log(time_percent)
    per_sample = 0.001 / step_km
    per_mrad = 5e-5 * radius_km * c[CUBE_ROOT]
    for q in range(n):
        d = buffer[J, q] * step_km
        free = c[FREE_DB] + buffer[SLANT_DB, q]
        ln_b0 = ln_b0_inland(d, buffer[CENTRE, q])
        often = ln_time >= ln_b0
        beyond = buffer[TX_AT, q] > 0.0
        horizons = (buffer[TX_AT, q] + buffer[RX_BACK, q]) * step_km if beyond else d
        focus = 1.0 - math.exp(-0.1 * horizons)
        sight = free + c[FOCUS_DB] * focus
        loss_beta = buffer[LOSS_BETA, q]
        diffraction = loss_beta
        path = sight + diffraction
        least = path
        if often:
            loss_50 = buffer[LOSS_50, q]
            t = math.sqrt(-2.0 * (ln_b0 - 2.0 * LN10))
            fi = quantile / (t - (2.515516698 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))))
            diffraction = loss_50 + fi * (loss_beta - loss_50)
            path = sight + diffraction
            sight_b0 = free + 2.6 * (ln_b0 / LN10 - 1.6989700043360187) * focus
            least = free + loss_50 + (sight_b0 + diffraction - free - loss_50) * fi
        theta = 1000.0 * (d / radius_km + math.atan(buffer[TAN_ANGLE, q]))
        near = 1.0 / (1.0 + math.exp(16.0 * theta - 4.8))
        far = far_factor(d)
        duct = path
        if (1.0 - near) * (1.0 - far) > 0.0:
            tx_mrad = 1000.0 * math.atan(buffer[TX_SLOPE, q] * per_sample)
            rx_mrad = 1000.0 * math.atan(buffer[RX_SLOPE, q])
            ratio = ln_time - ln_b0
            bound = c[DUCT_DB] + (1.2 + 3.7e-3 * d) / LN10 * ratio - (0.0 if ratio >= 0.0 else 12.0) + 20.0 / LN10 * math.log(horizons)
            bound += per_mrad * (1000.0 * d / radius_km + min(tx_mrad, 0.0) + min(rx_mrad, 0.0))
            if bound < path:
                duct = anomalous_fast(q, mast_m, rx_height_m, tx_m, step_km, radius_km, curve, ln_b0, ln_time, paths, c, buffer)
        modified = with_ducting(path, sight, duct, least, far, near)
        scatter = c[SCATTER_DB] + 20.0 / LN10 * math.log(d) + 0.573 * theta
        buffer[OUT, q] = final_loss(modified, scatter, sight, free, c[LOCATION_DB], buffer[WEIGHT, q])
