"""Array aliases, and the compiler of the kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba as nb
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Flags = npt.NDArray[np.uint8]

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compile with numba; the machine code is cached on disk, and other threads run meanwhile."""
    return cast(Kernel, nb.njit(cache=True, nogil=True)(function))
