"""Made-up hills for the tests of coverage over terrain."""

from __future__ import annotations

import numpy as np

from infraplan.geo.grids import Grid
from infraplan.geo.terrain import Clutter, Terrain


def hills(grid: Grid, seed: int = 4, top_m: float = 400.0) -> Terrain:
    """Smooth hills with steep flanks, and clutter in blocks."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((grid.height // 8 + 2, grid.width // 8 + 2)) ** 2 * top_m
    rows, cols = np.arange(grid.height) / 8.0, np.arange(grid.width) / 8.0
    along = np.array([np.interp(cols, np.arange(coarse.shape[1]), line) for line in coarse])
    height_m = np.array([np.interp(rows, np.arange(coarse.shape[0]), line) for line in along.T]).T.astype(np.float32)
    clutter_m = np.kron(rng.choice([0.0, 0.0, 8.0, 15.0], size=(grid.height // 4 + 1, grid.width // 4 + 1)), np.ones((4, 4)))
    zone = np.full(grid.shape, 4, np.uint8)
    return Terrain(grid, height_m, Clutter.of_heights(grid, clutter_m[: grid.height, : grid.width]), zone, synthetic=True)
