"""Spherical-Earth part of delta-Bullington for the area kernel: ITU-R P.1812 section 4.3.2 with few logarithms, over land."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.fast_math import FAR, FAST, KERNEL, LN10
from infraplan.radio.p1812_passes import RX_OVER, TX_OVER, J

# columns of the constants of one frequency
(
    WAVE, ROOT_WAVE, FREQUENCY, CUBE_ROOT, FREE_DB, FOCUS_DB, SCATTER_DB, DUCT_DB, LOCATION_DB,
    SURFACE_50, K_50, X_50, Y_50, SURFACE_BETA, K_BETA, X_BETA, Y_BETA,
) = range(17)  # fmt: skip
CONSTANTS = 17


@njit(**KERNEL, fastmath=FAST, inline="always")
def gain_factor(b, k):  # type: ignore[no-untyped-def]
    """Eqs. 34-35 as a factor (to be taken 20 lg of) and a rest in dB."""
    if b > 2.0:
        return 1.0 / math.sqrt(math.sqrt(b - 1.1)), 17.6 * math.sqrt(b - 1.1) - 8.0
    return max(b + 0.1 * b * b * b, 1.2589254117941673 * k), 0.0


@njit(**KERNEL, fastmath=FAST)
def first_term_fast(d, tx_m, rx_m, k, per_km, per_metre):  # type: ignore[no-untyped-def]
    """Eqs. 29-36 with the logarithms gathered into one."""
    x = per_km * d
    tx_factor, tx_db = gain_factor(per_metre * tx_m, k)
    rx_factor, rx_db = gain_factor(per_metre * rx_m, k)
    if x >= 1.6:
        return 17.6 * x - 11.0 - tx_db - rx_db - 20.0 / LN10 * math.log(math.sqrt(x) * tx_factor * rx_factor)
    ln_x = math.log(x)
    return 5.6488 * math.exp(1.425 * ln_x) - tx_db - rx_db + 20.0 / LN10 * (ln_x - math.log(tx_factor * rx_factor))


@njit(**KERNEL, fastmath=FAST)
def spherical_fast(d, tx_m, rx_m, radius_km, c, first):  # type: ignore[no-untyped-def]
    """Section 4.3.2. The cubic of eq. 24 is solved by Newton's steps; `first` is SURFACE_50 or SURFACE_BETA."""
    roots = math.sqrt(tx_m) + math.sqrt(rx_m)
    if d * d >= 0.002 * radius_km * roots * roots:
        return first_term_fast(d, tx_m, rx_m, c[first + 1], c[first + 2], c[first + 3])
    weight = 1.0 / (tx_m + rx_m)
    imbalance = abs(tx_m - rx_m) * weight
    m = 250.0 * d * d / radius_km * weight
    b = imbalance / (m + 1.0)
    for _ in range(60):
        step = (m * b * b * b - (m + 1.0) * b + imbalance) / (m + 1.0 - 3.0 * m * b * b)
        b += step
        if step < 1e-9:
            break
    if tx_m < rx_m:
        b = -b
    near = d / 2.0 * (1.0 + b)
    far = d - near
    clearance = ((tx_m - 500.0 * near * near / radius_km) * far + (rx_m - 500.0 * far * far / radius_km) * near) / d
    required_square = 17.456 * 17.456 * near * far * c[WAVE] / d
    if clearance > 0.0 and clearance * clearance > required_square:
        return 0.0
    z = d / roots
    cube_root_a = math.exp(math.log(500.0 * z * z) / 3.0)
    k = c[first] / cube_root_a
    k2 = k * k
    beta = (1.0 + 1.6 * k2 + 0.67 * k2 * k2) / (1.0 + 4.5 * k2 + 1.53 * k2 * k2)
    f13 = c[CUBE_ROOT]
    grazing = first_term_fast(
        d, tx_m, rx_m, k, 21.88 * beta * f13 / (cube_root_a * cube_root_a), 0.9575 * beta * beta * f13 * f13 / cube_root_a
    )
    return (1.0 - clearance / math.sqrt(required_square)) * grazing if grazing > 0.0 else 0.0


@njit(**KERNEL, fastmath=FAST, inline="always")
def knife_edge_fast(v, d):  # type: ignore[no-untyped-def]
    """Eqs. 12 and 21."""
    if v <= -0.78:
        return 0.0
    t = v - 0.1
    one = 6.9 + 20.0 / LN10 * math.log(math.sqrt(t * t + 1.0) + t)
    return one + (1.0 - math.exp(-one / 6.0)) * (10.0 + 0.02 * d)


@njit(**KERNEL, fastmath=True)
def sphere_slopes(j, tx_m, rx_m, curve, at, inverse, reverse, first, end):  # type: ignore[no-untyped-def]
    """Largest slopes from both antennas down to the bare sphere, over the points first : end."""
    tx_slope = -FAR
    rx_slope = -FAR
    start = np.uint64(first)
    for i in range(end - first):
        k = start + np.uint64(i)
        slope = -curve * at[k] - tx_m * inverse[k]
        tx_slope = slope if slope > tx_slope else tx_slope
        slope = -curve * (j - at[k]) - rx_m * reverse[k]
        rx_slope = slope if slope > rx_slope else rx_slope
    return tx_slope, rx_slope


@njit(**KERNEL, fastmath=True)
def sphere_clearance(tx_m, line, curve, at, inverse, reverse, first, end):  # type: ignore[no-untyped-def]
    """Smallest clearance^2 / (x (j - x)) of the bare sphere below a line, over the points first : end. [m^2]"""
    best = FAR
    start = np.uint64(first)
    for i in range(end - first):
        k = start + np.uint64(i)
        below = -curve * at[k] * at[k] - tx_m - line * at[k]
        value = below * below * (inverse[k] * reverse[k])
        best = value if value < best else best
    return best


@njit(**KERNEL, fastmath=FAST)
def closest_on_sphere(j, tx_m, line, curve):  # type: ignore[no-untyped-def]
    """Where clearance^2 / (x (j - x)) of the bare sphere below the line is smallest, by Newton's steps from the middle.

    The derivative has the sign of a cubic that is convex before the middle and concave after it, negative at 0 and positive at j: it has
    one root, and the steps approach it from one side.
    """
    x = 0.5 * j
    for _ in range(30):
        value = ((3.0 * j - 2.0 * x) * curve * x + line * j + 2.0 * tx_m) * x - tx_m * j
        step = value / (6.0 * curve * x * (j - x) + line * j + 2.0 * tx_m)
        x -= step
        if abs(step) < 1e-3:
            break
    return x


@njit(**KERNEL, fastmath=FAST)
def smooth_bullington(q, j, step_km, tx_m, rx_m, curve, paths, wave):  # type: ignore[no-untyped-def]
    """Bullington over the bare sphere at the points of a receiver's path.

    Slopes and clearance have one extreme along the sphere: of the whole steps on the ray only those beside it are looked at.
    """
    at, inverse, reverse, first, end, shared = paths.at, paths.inverse, paths.reverse, paths.first[q], paths.first[q + 1], paths.shared[q]
    d = j * step_km
    line = (rx_m - curve * j * j - tx_m) / j
    nominal = paths.rays.at[0]
    tx_slope, rx_slope = sphere_slopes(j, tx_m, rx_m, curve, at, inverse, reverse, first, end)
    if shared > 0:
        tx_slope = max(tx_slope, -curve * nominal - tx_m * paths.rays.inverse[0])
        rx_slope = max(rx_slope, -curve * (j - nominal) - rx_m / (j - nominal))
        x = max(min(math.floor(math.sqrt(tx_m / curve)), float(shared)), 1.0)
        tx_slope = max(tx_slope, -curve * x - tx_m / x)
        x = min(x + 1.0, float(shared))
        tx_slope = max(tx_slope, -curve * x - tx_m / x)
        x = max(min(math.floor(j - math.sqrt(rx_m / curve)), float(shared)), 1.0)
        rx_slope = max(rx_slope, -curve * (j - x) - rx_m / (j - x))
        x = min(x + 1.0, float(shared))
        rx_slope = max(rx_slope, -curve * (j - x) - rx_m / (j - x))
    if tx_slope < line:
        best = sphere_clearance(tx_m, line, curve, at, inverse, reverse, first, end)
        if shared > 0:
            below = -curve * nominal * nominal - tx_m - line * nominal
            best = min(best, below * below * paths.rays.inverse[0] / (j - nominal))
            x = max(min(math.floor(closest_on_sphere(j, tx_m, line, curve)), float(shared)), 1.0)
            below = -curve * x * x - tx_m - line * x
            best = min(best, below * below / (x * (j - x)))
            x = min(x + 1.0, float(shared))
            below = -curve * x * x - tx_m - line * x
            best = min(best, below * below / (x * (j - x)))
        return knife_edge_fast(-math.sqrt(best * 0.002 * d / wave) / step_km, d)
    seen_tx = tx_slope + curve * j  # over the sphere raised between the ends, as eqs. 13 and 17 have it
    seen_rx = rx_slope + curve * j
    cross = (rx_m - tx_m + seen_rx * j) / (seen_tx + seen_rx)
    over = tx_m + seen_tx * cross - (tx_m * (j - cross) + rx_m * cross) / j
    return knife_edge_fast(over * math.sqrt(0.002 * d / (wave * cross * (j - cross))) / step_km, d)


@njit(**KERNEL, fastmath=FAST)
def add_spherical(n, step_km, radius_km, curve, paths, c, first_column, wanted, buffer, row):  # type: ignore[no-untyped-def]
    """Eq. 40: add the excess of the sphere over its own Bullington. Left out, exactly, where both antennas are clear of it."""
    js, tx_over, rx_over, loss = buffer[J], buffer[TX_OVER], buffer[RX_OVER], buffer[row]
    for q in range(n):
        d = js[q] * step_km
        if wanted[q] and min(tx_over[q], rx_over[q]) < 125.0 * d * d / radius_km + 8.728 * math.sqrt(c[WAVE] * d):
            sphere_db = spherical_fast(d, tx_over[q], rx_over[q], radius_km, c, first_column)
            if sphere_db > 0.0:
                smooth_db = smooth_bullington(q, js[q], step_km, tx_over[q], rx_over[q], curve, paths, c[WAVE])
                loss[q] += max(sphere_db - smooth_db, 0.0)
