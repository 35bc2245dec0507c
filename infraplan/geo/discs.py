"""Which pixels a point may lie in: those whose square meets the disc of its position error."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import kernel


@kernel
def pixel_span(error_m: float, resolution_m: float) -> int:
    """Rows and columns on each side of a point's own pixel beyond which no square meets its disc."""
    return int(np.floor(error_m / resolution_m)) + 1 if error_m > 0.0 else 0


@kernel
def squared_distance_m2(row: int, col: int, x_m: float, y_m: float, x0_m: float, y0_m: float, resolution_m: float) -> float:
    """Squared distance from a point to the square of a pixel, edges included; 0 inside. [m2]

    (`x0_m`, `y0_m`) is the outer upper-left corner of the grid, as in `Grid`.
    """
    dx = max(x0_m + col * resolution_m - x_m, x_m - (x0_m + (col + 1) * resolution_m), 0.0)
    dy = max(y_m - (y0_m - row * resolution_m), y0_m - (row + 1) * resolution_m - y_m, 0.0)
    return dx * dx + dy * dy


@kernel
def meets_disc(row: int, col: int, x_m: float, y_m: float, error_m: float, x0_m: float, y0_m: float, resolution_m: float) -> bool:
    """Whether the square of a pixel meets the disc of `error_m` around a point; without error, whether the point lies in it.

    A point on an edge between two pixels lies in the eastern or southern one, as in `Grid.pixel_of`.
    """
    if error_m > 0.0:
        return bool(squared_distance_m2(row, col, x_m, y_m, x0_m, y0_m, resolution_m) <= error_m * error_m)
    return bool(row == np.floor((y0_m - y_m) / resolution_m) and col == np.floor((x_m - x0_m) / resolution_m))
