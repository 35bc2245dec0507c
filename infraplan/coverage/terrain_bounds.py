"""Lower bounds of the loss over terrain: which pixels a mast cannot serve better than they are served, without computing them."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.diffraction import knife_edge
from infraplan.radio.fast_math import FAST, KERNEL, LN10, fast_log
from infraplan.radio.ground_profiles import class_at, direction_of, height_at, ray_of, shared_steps
from infraplan.radio.p1812_combine import least_ducting
from infraplan.radio.p1812_passes import RX_BACK, RX_RISE, TX_AT, TX_SLOPE
from infraplan.radio.p1812_spherical import FREE_DB, ROOT_WAVE, SCATTER_DB, WAVE
from infraplan.radio.p1812_tables import DUCT_TIME_DB, RADIUS_50, STEP_KM

EDGE_STEPS = 32
EDGE_DB = np.array([knife_edge(k / EDGE_STEPS - 0.78) for k in range(64 * EDGE_STEPS)])
EDGE_DB += 10.0 * (1.0 - np.exp(-EDGE_DB / 6.0))
"""Bullington loss (eqs. 12, 21) of a knife edge from v = -0.78 upward, without its share by distance: rounded down, a lower bound. [dB]"""
STEPS_OF_DB = 32
EDGE_OF_DB = np.interp(np.arange(EDGE_DB[-1] * STEPS_OF_DB) / STEPS_OF_DB, EDGE_DB, np.arange(len(EDGE_DB)) / EDGE_STEPS - 0.78) + 0.01
"""The inverse, rounded up: the least v with a loss of at least a number of dB."""
PROBES = 8
SLACK_DB = 0.01
"""Added to the upper bound of a margin before a pixel is skipped: far above rounding."""


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def excess_of(edge, far, weight, c, duct_db):  # type: ignore[no-untyped-def]
    """Lower bound of the median loss over free space at one frequency, from Bullington's knife edge on the path. [dB]

    `edge` is the diffraction parameter for a wavelength of 1 m. Ducting, at least `duct_db` over free space, can move the loss towards its
    own by 1 - `far` (eqs. 60-62, `far_factor`); troposcatter bounds it (eq. 63).
    """
    v = edge / c[ROOT_WAVE]
    if v <= -0.78:
        return 0.0
    least = EDGE_DB[min(int((v + 0.78) * EDGE_STEPS), EDGE_DB.size - 1)]
    if duct_db < least:
        least = duct_db + (least - duct_db) * far
    gap = c[SCATTER_DB] - c[FREE_DB]
    least = least - SLACK_DB if least < gap - 15.0 else min(least, gap) - 1.6
    return max(least, 0.0) * weight


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def edge_for(excess_db, far, c):  # type: ignore[no-untyped-def]
    """The knife edge (its diffraction parameter for a wavelength of 1 m times its own absolute value) from which on `excess_of` is more
    than `excess_db`, whatever ducting loses; infinite where none suffices."""
    gap = c[SCATTER_DB] - c[FREE_DB]
    if excess_db >= gap - 1.7:
        return np.inf
    k = int((excess_db + (SLACK_DB if excess_db < gap - 17.0 else 1.6)) / far * STEPS_OF_DB) + 1
    if k >= EDGE_OF_DB.size:
        return np.inf
    return EDGE_OF_DB[k] * abs(EDGE_OF_DB[k]) * c[WAVE]


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def ducting_over(q, d_km, values, c, buffer):  # type: ignore[no-untyped-def]
    """Lower bound of the loss by ducting over free space at one frequency, after `horizons_of`. [dB]"""
    step_km, radius_km = values[STEP_KM], values[RADIUS_50]
    tx_slope = buffer[TX_SLOPE, q] * (0.001 / step_km)
    rx_slope = buffer[RX_RISE, q] * (0.001 / step_km) - d_km / radius_km
    tx_km, rx_km = buffer[TX_AT, q] * step_km, buffer[RX_BACK, q] * step_km
    least = least_ducting(tx_slope, rx_slope, tx_km, rx_km, d_km, radius_km, values[DUCT_TIME_DB], c) - c[FREE_DB]
    return max(least - 20.0 / LN10 * fast_log(d_km) - SLACK_DB, 0.0)


@njit(**KERNEL, fastmath=FAST)  # type: ignore[untyped-decorator]
def is_blocked(ground, x_m, y_m, rx_x_m, rx_y_m, tx_m, rx_m, nominal_m, most_nominal_m, values, enough):  # type: ignore[no-untyped-def]
    """Whether a few points of a long path, the receiver's nominal point and PROBES whole steps of its ray, already make a knife edge above
    `enough` (`edge_for`).

    Bullington's edge over some of a profile's points is never higher than over all: v^2 is proportional to the product of the steepest
    slopes, above the straight line, from both ends.
    """
    step_km = values[STEP_KM]
    step_m = step_km * 1000.0
    dx = rx_x_m - x_m
    dy = rx_y_m - y_m
    j = math.sqrt(dx * dx + dy * dy) / step_m
    own = class_at(ground, rx_x_m, rx_y_m)
    near = j - ground.nominal_m[own] / step_m
    shared = shared_steps(j, nominal_m / step_m, most_nominal_m / step_m)
    if shared == 0:
        return False
    curve = 500.0 * step_km * step_km / values[RADIUS_50]
    line = (rx_m - curve * j * j - tx_m) / j
    enough *= step_km / (0.002 * j)
    up = back = one = -1e30
    east = north = 0.0
    for turn in range(PROBES + 1):
        if turn == 0:
            x = near
            px = x_m + near / j * dx
            py = y_m + near / j * dy
            clutter_m = ground.clutter_height_m[own]
            if near >= j:
                continue
        else:
            if turn == 1:
                east, north = direction_of(ray_of(dx / step_m, dy / step_m))
            x = math.floor(shared * (3 * turn % PROBES + 1) / PROBES)
            if x * step_m <= nominal_m + 1.0:
                continue
            px = x_m + x * east * step_m
            py = y_m + x * north * step_m
            clutter_m = ground.clutter_height_m[class_at(ground, px, py)]
        over = height_at(ground, px, py) + clutter_m - curve * x * x - tx_m - line * x
        if over != over:
            return False
        one = max(one, abs(over) * over / (x * (j - x)))
        up = max(up, over / x)
        back = max(back, over / (j - x))
        if (up * back if up > 0.0 else one) > enough:
            return True
    return False
