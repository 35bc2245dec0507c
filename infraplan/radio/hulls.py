"""Numba pieces for walking along a ray: an upper convex hull that grows sample by sample, queries on it, and the one scan that is O(n).

In earth-flattened heights u = y - 500 d^2 / a all receivers of a ray look at the same profile; only the end of the line of
sight moves. x is in steps of the profile, y in metres. A tangent or an extreme vertex is found by walking from the last answer: about
one step a receiver.

Compiled without `nnan`: a NaN must stay a NaN. A minimum of squares is taken on the bits of positive doubles, because LLVM
vectorises an integer minimum but not a floating one (4 times faster).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

FAST: Any = {"reassoc", "contract", "arcp", "nsz"}
LN10 = math.log(10.0)
FAR = 1e30


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def push(xs, ys, top, x, y):  # type: ignore[no-untyped-def]
    """Add a sample to the upper hull; returns the new number of vertices."""
    while top >= 2 and (ys[top - 1] - ys[top - 2]) * (x - xs[top - 1]) <= (y - ys[top - 1]) * (xs[top - 1] - xs[top - 2]):
        top -= 1
    xs[top] = x
    ys[top] = y
    return top + 1


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def tangent(xs, ys, top, x, y):  # type: ignore[no-untyped-def]
    """Vertex seen highest from (x, y), looking back. The walk starts at the near end."""
    k = top - 1
    while k > 0 and (ys[k - 1] - y) * (x - xs[k]) > (ys[k] - y) * (x - xs[k - 1]):
        k -= 1
    return k


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def extreme(xs, ys, top, start, slope):  # type: ignore[no-untyped-def]
    """Vertex highest above lines of `slope`; `start` is the answer for the previous receiver."""
    k = min(start, top - 1)
    while k + 1 < top and ys[k + 1] - ys[k] > slope * (xs[k + 1] - xs[k]):
        k += 1
    while k > 0 and ys[k] - ys[k - 1] < slope * (xs[k] - xs[k - 1]):
        k -= 1
    return k


@njit(cache=True, error_model="numpy", fastmath=True)
def least_clearance(u, pos, last, j, tx_m, slope):  # type: ignore[no-untyped-def]
    """Smallest clearance^2 / (x (j - x)) below the line tx_m + slope x, over samples 1 .. last at x = pos[i]. [m^2]"""
    heights = u[1 : last + 1]
    at = pos[1 : last + 1]
    best = np.float64(FAR).view(np.int64)
    for i in range(heights.size):
        clearance = heights[i] - tx_m - slope * at[i]
        best = min(best, np.float64(clearance * clearance / (at[i] * (j - at[i]))).view(np.int64))
    return np.int64(best).view(np.float64)


@njit(cache=True, error_model="numpy", fastmath=FAST)
def least_clearance_at(u, pos, last, j, tx_m, slope):  # type: ignore[no-untyped-def]
    """That smallest value, and where it is reached last. [m^2], [steps]"""
    best = FAR
    at = 0.0
    for i in range(1, last + 1):
        clearance = u[i] - tx_m - slope * pos[i]
        value = clearance * clearance / (pos[i] * (j - pos[i]))
        if value <= best:
            best = value
            at = pos[i]
    return best, at


@njit(cache=True, error_model="numpy", fastmath=True)
def roughness_above(h, pos, first, last, base_m, slope):  # type: ignore[no-untyped-def]
    """Largest height of samples first .. last over the line base_m + slope x, not below 0. [m]"""
    heights = h[first : last + 1]
    at = pos[first : last + 1]
    best = np.float64(0.0).view(np.int64)
    for i in range(heights.size):
        over = heights[i] - base_m - slope * at[i]
        best = max(best, np.float64(over if over > 0.0 else 0.0).view(np.int64))
    return np.int64(best).view(np.float64)


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def fast_log(x):  # type: ignore[no-untyped-def]
    """Natural logarithm of a positive double by its bits and a series: branchless, so that loops vectorise; error below 1e-10."""
    i = np.float64(x).view(np.int64) - 0x3FE6A09E667F3BCD
    e = i >> 52
    m = np.int64(np.float64(x).view(np.int64) - (e << 52)).view(np.float64)
    z = (m - 1.0) / (m + 1.0)
    w = z * z
    series = 2.0 / 9.0 + w * (2.0 / 11.0 + w * (2.0 / 13.0 + w * (2.0 / 15.0)))
    return e * 0.6931471805599453 + z * (2.0 + w * (2.0 / 3.0 + w * (0.4 + w * (2.0 / 7.0 + w * series))))


@njit(cache=True, error_model="numpy", fastmath=FAST, inline="always")
def fast_exp(x):  # type: ignore[no-untyped-def]
    """Exponential, branchless like `fast_log`; 0 below e^-700 for our purposes."""
    x = max(x, -700.0)
    k = math.floor(x * 1.4426950408889634 + 0.5)
    r = x - k * 0.6931471805599453
    tail = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0 + r * (1.0 / 40320.0)))
    p = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * tail))))
    return np.int64(np.float64(p).view(np.int64) + (np.int64(k) << 52)).view(np.float64)
