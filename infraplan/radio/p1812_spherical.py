"""Spherical-Earth part of delta-Bullington for the area kernel: ITU-R P.1812 section 4.3.2 with few logarithms, over land."""

from __future__ import annotations

import math

from numba import njit

from infraplan.radio.hulls import FAR, FAST, LN10, least_clearance
from infraplan.radio.p1812_passes import LAST, RX_OVER, TX_OVER, J

# columns of the constants of one frequency
(
    WAVE, ROOT_WAVE, FREQUENCY, CUBE_ROOT, FREE_DB, FOCUS_DB, SCATTER_DB, DUCT_DB, LOCATION_DB,
    SURFACE_50, K_50, X_50, Y_50, SURFACE_BETA, K_BETA, X_BETA, Y_BETA,
) = range(17)  # fmt: skip
CONSTANTS = 17


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def gain_factor(b, k):  # type: ignore[no-untyped-def]
    """Eqs. 34-35 as a factor (to be taken 20 lg of) and a rest in dB."""
    if b > 2.0:
        return 1.0 / math.sqrt(math.sqrt(b - 1.1)), 17.6 * math.sqrt(b - 1.1) - 8.0
    return max(b + 0.1 * b * b * b, 1.2589254117941673 * k), 0.0


@njit(cache=True, error_model="numpy", fastmath=FAST)
def first_term_fast(d, tx_m, rx_m, k, per_km, per_metre):  # type: ignore[no-untyped-def]
    """Eqs. 29-36 with the logarithms gathered into one."""
    x = per_km * d
    tx_factor, tx_db = gain_factor(per_metre * tx_m, k)
    rx_factor, rx_db = gain_factor(per_metre * rx_m, k)
    if x >= 1.6:
        return 17.6 * x - 11.0 - tx_db - rx_db - 20.0 / LN10 * math.log(math.sqrt(x) * tx_factor * rx_factor)
    ln_x = math.log(x)
    return 5.6488 * math.exp(1.425 * ln_x) - tx_db - rx_db + 20.0 / LN10 * (ln_x - math.log(tx_factor * rx_factor))


@njit(cache=True, error_model="numpy", fastmath=FAST)
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


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def knife_edge_fast(v, d):  # type: ignore[no-untyped-def]
    """Eqs. 12 and 21."""
    if v <= -0.78:
        return 0.0
    t = v - 0.1
    one = 6.9 + 20.0 / LN10 * math.log(math.sqrt(t * t + 1.0) + t)
    return one + (1.0 - math.exp(-one / 6.0)) * (10.0 + 0.02 * d)


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def sphere_slope(x, height_m, curve):  # type: ignore[no-untyped-def]
    """Slope from an antenna `height_m` over the bare sphere down to its surface `x` steps away; concave in x."""
    return -curve * x - height_m / x


@njit(cache=True, error_model="numpy", fastmath=True)
def tail_slopes(j, tx_m, rx_m, curve, at, inverse, reverse, first, end):  # type: ignore[no-untyped-def]
    """Largest `sphere_slope` of both antennas over the points of a tail."""
    tx_slope = -FAR
    rx_slope = -FAR
    for k in range(first, end):
        slope = -curve * at[k] - tx_m * inverse[k]
        tx_slope = slope if slope > tx_slope else tx_slope
        slope = -curve * (j - at[k]) - rx_m * reverse[k]
        rx_slope = slope if slope > rx_slope else rx_slope
    return tx_slope, rx_slope


@njit(cache=True, error_model="numpy", fastmath=True)
def tail_clearance(tx_m, line, curve, at, inverse, reverse, first, end):  # type: ignore[no-untyped-def]
    """Smallest clearance^2 / (x (j - x)) of the bare sphere below a line, over the points of a tail. [m^2]"""
    best = FAR
    for k in range(first, end):
        below = -curve * at[k] * at[k] - tx_m - line * at[k]
        value = below * below * (inverse[k] * reverse[k])
        best = value if value < best else best
    return best


@njit(cache=True, error_model="numpy", fastmath=FAST)
def smooth_bullington(q, step_km, tx_m, rx_m, curve, pos, sphere, at, inverse, reverse, first, end, wave, nominal, buffer):  # type: ignore[no-untyped-def]
    """Bullington over the bare sphere at the points of a receiver's profile; `sphere[i]` = -curve pos[i]^2. Of the shared samples the
    horizon is the whole step next to the tangent point, or the nominal point."""
    j = buffer[J, q]
    last = int(buffer[LAST, q])
    d = j * step_km
    line = (rx_m - curve * j * j - tx_m) / j
    tx_slope, rx_slope = tail_slopes(j, tx_m, rx_m, curve, at, inverse, reverse, first, end)
    if last > 0:
        whole = int(pos[last])
        if nominal <= pos[last]:
            tx_slope = max(tx_slope, sphere_slope(nominal, tx_m, curve))
            rx_slope = max(rx_slope, sphere_slope(j - nominal, rx_m, curve))
        if whole > 0:
            step = min(max(math.floor(math.sqrt(tx_m / curve)), 1), whole)
            tx_slope = max(tx_slope, sphere_slope(step, tx_m, curve), sphere_slope(min(step + 1, whole), tx_m, curve))
            step = min(max(math.ceil(j - math.sqrt(rx_m / curve)), 1), whole)
            rx_slope = max(rx_slope, sphere_slope(j - step, rx_m, curve), sphere_slope(j - max(step - 1, 1), rx_m, curve))
    if tx_slope < line:
        best = tail_clearance(tx_m, line, curve, at, inverse, reverse, first, end)
        if last > 0:
            best = min(best, least_clearance(sphere, pos, last, j, tx_m, line))
        return knife_edge_fast(-math.sqrt(best * 0.002 * d / wave) / step_km, d)
    seen_tx = tx_slope + curve * j  # over the sphere raised between the ends, as eqs. 13 and 17 have it
    seen_rx = rx_slope + curve * j
    cross = (rx_m - tx_m + seen_rx * j) / (seen_tx + seen_rx)
    over = tx_m + seen_tx * cross - (tx_m * (j - cross) + rx_m * cross) / j
    return knife_edge_fast(over * math.sqrt(0.002 * d / (wave * cross * (j - cross))) / step_km, d)


@njit(cache=True, error_model="numpy", fastmath=FAST)
def add_spherical(n, step_km, radius_km, curve, pos, sphere, tail, nominal, c, first, buffer, row):  # type: ignore[no-untyped-def]
    """Eq. 40: add the excess of the sphere over its own Bullington. Left out, exactly, where both antennas stand clear of it."""
    js = buffer[J]
    tx_over = buffer[TX_OVER]
    rx_over = buffer[RX_OVER]
    loss = buffer[row]
    firsts, at, inverse, reverse = tail.first, tail.at, tail.inverse, tail.reverse
    for q in range(n):
        d = js[q] * step_km
        if min(tx_over[q], rx_over[q]) < 125.0 * d * d / radius_km + 8.728 * math.sqrt(c[WAVE] * d):
            sphere_db = spherical_fast(d, tx_over[q], rx_over[q], radius_km, c, first)
            if sphere_db > 0.0:
                smooth_db = smooth_bullington(
                    q, step_km, tx_over[q], rx_over[q], curve, pos, sphere, at, inverse, reverse, firsts[q], firsts[q + 1], c[WAVE],
                    nominal, buffer,
                )  # fmt: skip
                loss[q] += max(sphere_db - smooth_db, 0.0)
