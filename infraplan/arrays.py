"""Names of array types, and the compiler of the kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.uint8]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

YES, NO = cast(bool, np.bool_(True)), cast(bool, np.bool_(False))
ZERO, NONE_YET = cast(int, np.int64(0)), cast(int, np.int64(-1))
"""Values that kernels hand on to others: True, False, 0 and -1 have types of their own there, and a kernel is compiled once for each type
of its arguments."""

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """The function compiled with numba; the machine code is cached on disk, and other threads run meanwhile."""
    from numba import njit  # here, so that a module that only names arrays does not load the compiler

    return cast(Kernel, njit(cache=True, nogil=True)(function))
