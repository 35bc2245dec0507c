"""How kernels are compiled; branchless logarithm and exponential for them, so that their loops vectorise.

FAST is compiled without `nnan`: a NaN stays a NaN. KERNEL is for functions that make no array: they do without numba's counts of the
users of arrays, two locked instructions for each array at each small call. What makes arrays is compiled with the counts, MAKES_ARRAYS
where a function compiled with KERNEL calls it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

FAST: Any = {"reassoc", "contract", "arcp", "nsz"}
KERNEL: Any = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
MAKES_ARRAYS: Any = KERNEL | {"_nrt": True}
LN10 = math.log(10.0)
FAR = 1e30


@njit(**KERNEL, fastmath=FAST, inline="always")
def fast_log(x):  # type: ignore[no-untyped-def]
    """Natural logarithm of a positive double by its bits and a series: branchless, so that loops vectorise; error below 1e-10."""
    i = np.float64(x).view(np.int64) - 0x3FE6A09E667F3BCD
    e = i >> 52
    m = np.int64(np.float64(x).view(np.int64) - (e << 52)).view(np.float64)
    z = (m - 1.0) / (m + 1.0)
    w = z * z
    series = 2.0 / 9.0 + w * (2.0 / 11.0 + w * (2.0 / 13.0 + w * (2.0 / 15.0)))
    return e * 0.6931471805599453 + z * (2.0 + w * (2.0 / 3.0 + w * (0.4 + w * (2.0 / 7.0 + w * series))))


@njit(**KERNEL, fastmath=FAST, inline="always")
def fast_exp(x):  # type: ignore[no-untyped-def]
    """Exponential, branchless like `fast_log`; 0 below e^-700 for our purposes."""
    x = max(x, -700.0)
    k = math.floor(x * 1.4426950408889634 + 0.5)
    r = x - k * 0.6931471805599453
    tail = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0 + r * (1.0 / 40320.0)))
    p = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * tail))))
    return np.int64(np.float64(p).view(np.int64) + (np.int64(k) << 52)).view(np.float64)


LN2_32 = np.float32(math.log(2.0))
ONE_32, TWO_32 = np.float32(1.0), np.float32(2.0)
SERIES_32 = np.float32(2.0 / 3.0), np.float32(0.4), np.float32(2.0 / 7.0)


@njit(**KERNEL, fastmath=FAST, inline="always")
def fast_log32(x):  # type: ignore[no-untyped-def]
    """Natural logarithm of a positive float32, as `fast_log`; error below 1e-6 of the larger of 1 and the result."""
    i = np.int32(np.float32(x).view(np.int32) - np.int32(0x3F3504F3))
    e = np.int32(i >> np.int32(23))
    m = np.int32(np.float32(x).view(np.int32) - np.int32(e << np.int32(23))).view(np.float32)
    z = (m - ONE_32) / (m + ONE_32)
    w = z * z
    return np.float32(e) * LN2_32 + z * (TWO_32 + w * (SERIES_32[0] + w * (SERIES_32[1] + w * SERIES_32[2])))
