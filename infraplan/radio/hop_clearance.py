"""How clear the line of a microwave hop is over the ground and what is on it, in radii of the first Fresnel zone."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from infraplan.radio.ground_profiles import class_at, height_at

FRESNEL_SHARE = 0.6
"""Part of the radius of the first Fresnel zone that must be clear: an obstacle then takes nothing (ITU-R P.526-15, section 4.1)."""
EARTH_RADIUS_M = 4.0 / 3.0 * 6_371_000.0
"""Effective radius of the Earth in a median atmosphere (ITU-R P.530-18, section 2.2.2). [m]"""
CLEAR_OF_ALL = 100.0
"""The clearance of a hop too short for any point between its ends, and the most that is reported. [radii of the first Fresnel zone]"""


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _clearance(ground, x1, y1, h1, x2, y2, h2, wavelength_m, step_m, radius_m, enough):  # type: ignore[no-untyped-def]
    """The least clearance between two points; the search along the path ends below `enough`. The ends may be given in either order."""
    if x2 < x1 or (x2 == x1 and y2 < y1):
        x1, y1, h1, x2, y2, h2 = x2, y2, h2, x1, y1, h1
    length = math.hypot(x2 - x1, y2 - y1)
    start, end = height_at(ground, x1, y1) + h1, height_at(ground, x2, y2) + h2
    if not (math.isfinite(start) and math.isfinite(end)):
        return -np.inf
    steps = math.ceil(length / step_m)
    least = CLEAR_OF_ALL
    for i in range(1, steps):
        part = i / steps
        x, y = x1 + (x2 - x1) * part, y1 + (y2 - y1) * part
        near, far = length * part, length * (1.0 - part)
        below = height_at(ground, x, y) + ground.clutter_height_m[class_at(ground, x, y)] + near * far / (2.0 * radius_m)
        if not math.isfinite(below):
            return -np.inf
        here = (start + (end - start) * part - below) / math.sqrt(wavelength_m * near * far / length)
        if here < least:
            least = here
            if least < enough:
                return least
    return least


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def clearances(ground, start, end, low, high, wavelength_m, step_m, radius_m):  # type: ignore[no-untyped-def]
    """Of each pair of ends."""
    found = np.empty(len(start))
    for i in range(len(start)):
        found[i] = _clearance(
            ground, start[i, 0], start[i, 1], low[i], end[i, 0], end[i, 1], high[i], wavelength_m, step_m, radius_m, -np.inf
        )
    return found


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def first_clear(ground, sites, heights, masts, mast_heights, near, away, wavelength_m, step_m, radius_m, enough):  # type: ignore[no-untyped-def]
    """Of each site the first column of `near` (rows of masts, the nearest first) whose hop is clear, -1 for none, and its clearance."""
    found, value = np.full(len(sites), -1), np.full(len(sites), np.nan)
    for i in range(len(sites)):
        for k in range(near.shape[1]):
            if not math.isfinite(away[i, k]):
                break
            j = near[i, k]
            clear = _clearance(
                ground,
                sites[i, 0],
                sites[i, 1],
                heights[i],
                masts[j, 0],
                masts[j, 1],
                mast_heights[j],
                wavelength_m,
                step_m,
                radius_m,
                enough,
            )
            if clear >= enough:
                found[i], value[i] = k, clear
                break
    return found, value
