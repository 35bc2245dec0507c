"""Lower bounds of the loss over terrain: which pixels a mast cannot serve better than they are served, without computing them."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.diffraction import knife_edge
from infraplan.radio.fast_math import FAST, LN10
from infraplan.radio.ground import class_at, direction_of, height_at, ray_of, shared_steps
from infraplan.radio.p1812_combine import far_factor, least_ducting
from infraplan.radio.p1812_passes import RX_BACK, RX_RISE, TX_AT, TX_SLOPE
from infraplan.radio.p1812_spherical import FREE_DB, SCATTER_DB, WAVE
from infraplan.radio.p1812_tables import DUCT_TIME_DB, RADIUS_50, STEP_KM

EDGE_STEPS = 32
EDGE_DB = np.array([knife_edge(k / EDGE_STEPS - 0.78) for k in range(64 * EDGE_STEPS)])
EDGE_DB += 10.0 * (1.0 - np.exp(-EDGE_DB / 6.0))
"""Bullington loss (eqs. 12, 21) of a knife edge from v = -0.78 upward, without its share by distance: rounded down, a lower bound. [dB]"""
PROBES = 8
SLACK_DB = 0.01
"""Added to the upper bound of a margin before a pixel is skipped: far above rounding."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def excess_of(edge, d_km, weight, waves, duct_db):  # type: ignore[no-untyped-def]
    """What the median loss is over free space at least, from Bullington's knife edge on the path. [dB]

    `edge` is the diffraction parameter for a wavelength of 1 m of the construction over all or some of the profile's points. Ducting, at
    least `duct_db` over free space, can pull the loss towards its own by 1 - Fk (eqs. 60-62); troposcatter bounds it (eq. 63). `waves` are
    the longest and the shortest wavelength and the least distance from free space to troposcatter [dB].
    """
    longest, shortest, gap = waves
    v = edge / math.sqrt(longest if edge > 0.0 else shortest)
    if v <= -0.78:
        return 0.0
    least = EDGE_DB[min(int((v + 0.78) * EDGE_STEPS), EDGE_DB.size - 1)]
    if duct_db < least:
        least = duct_db + (least - duct_db) * far_factor(d_km)
    least = least - SLACK_DB if least < gap - 15.0 else min(least, gap) - 1.6
    return max(least, 0.0) * weight


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def wave_limits(constants):  # type: ignore[no-untyped-def]
    """The `waves` of `excess_of`."""
    longest = 0.0
    shortest = 1e30
    gap = 1e30
    for k in range(constants.shape[0]):
        longest = max(longest, constants[k, WAVE])
        shortest = min(shortest, constants[k, WAVE])
        gap = min(gap, constants[k, SCATTER_DB] - constants[k, FREE_DB])
    return longest, shortest, gap


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def ducting_over(q, d_km, values, constants, buffer):  # type: ignore[no-untyped-def]
    """What ducting loses over free space at least at any of the frequencies, after `horizons_of`. [dB]"""
    step_km, radius_km = values[STEP_KM], values[RADIUS_50]
    tx_slope = buffer[TX_SLOPE, q] * (0.001 / step_km)
    rx_slope = buffer[RX_RISE, q] * (0.001 / step_km) - d_km / radius_km
    tx_km, rx_km = buffer[TX_AT, q] * step_km, buffer[RX_BACK, q] * step_km
    least = 1e30
    for k in range(constants.shape[0]):
        c = constants[k]
        least = min(least, least_ducting(tx_slope, rx_slope, tx_km, rx_km, d_km, radius_km, values[DUCT_TIME_DB], c) - c[FREE_DB])
    return max(least - 20.0 / LN10 * math.log(d_km) - SLACK_DB, 0.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)  # type: ignore[untyped-decorator]
def is_blocked(ground, x_m, y_m, rx_x_m, rx_y_m, tx_m, rx_m, nominal_m, most_nominal_m, waves, values, spare_db):  # type: ignore[no-untyped-def]
    """Whether a few points of a long path, the receiver's nominal point and PROBES whole steps of its ray, suffice to show that its loss is
    more than `spare_db` over free space.

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
        best = up * back if up > 0.0 else one
        edge = math.sqrt(abs(best) * j * 0.002 / step_km)
        if excess_of(edge if best > 0.0 else -edge, j * step_km, 1.0, waves, 0.0) > spare_db:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def spare_of(best, r, c, active, layers_here, bounds, i):  # type: ignore[no-untyped-def]
    """The largest loss at which a margin of `bounds[i]` minus the loss raises, or equals, one of the layers at a pixel. [dB]"""
    spare_db = -np.inf
    for a in range(layers_here):
        k = active[a]
        old = best[k, r, c]
        if math.isnan(old):
            return np.inf
        spare_db = max(spare_db, bounds[i, k] - old)
    return spare_db
