"""The ground on a grid: heights, what stands on them, the radio-climatic zone. Arrays only; `infraplan.io.rasters` fills them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, label

from infraplan.geo.grids import Grid

Float32 = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
SEA, COASTAL_LAND, INLAND = 1, 3, 4
"""Codes of ITU-R P.1812, Annex 1, Table 1 and its validation profiles."""
COAST_WIDTH_M, COAST_HEIGHT_M = 50_000.0, 100.0
SMALLEST_SEA_KM2 = 25.0


@dataclass(frozen=True)
class Terrain:
    """Ground on a grid; row 0 lies in the north.

    Attributes
    ----------
    grid : Grid
        Where the pixels are.
    height_m : ndarray of float32, shape `grid.shape`
        Ground above mean sea level; NaN where it is not known. [m]
    clutter_m : ndarray of float32, shape `grid.shape`, or None
        Representative height of trees and buildings above ground. [m]
    zone : ndarray of uint8, shape `grid.shape`
        1 sea, 3 coastal land, 4 inland.
    source : str
        The files behind it.
    synthetic : bool
        Invented ground: every page made from it says so.
    filled_pixels, sea_pixels : int
        Holes that were filled from their neighbours, and holes that were declared sea.
    """

    grid: Grid
    height_m: Float32
    clutter_m: Float32 | None
    zone: npt.NDArray[np.uint8]
    source: str = ""
    synthetic: bool = False
    filled_pixels: int = 0
    sea_pixels: int = 0

    def __post_init__(self) -> None:
        for name in ("height_m", "clutter_m", "zone"):
            layer = getattr(self, name)
            if layer is not None and layer.shape != self.grid.shape:
                raise ValueError(f"{name} has the shape {layer.shape}, the grid {self.grid.shape}")

    def within(self, window: Grid) -> Terrain:
        """The same ground cut to a window of its grid (views, not copies)."""
        rows, cols = window.slices_in(self.grid)
        clutter = None if self.clutter_m is None else self.clutter_m[rows, cols]
        return replace(self, grid=window, height_m=self.height_m[rows, cols], clutter_m=clutter, zone=self.zone[rows, cols])

    def height_at(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Ground at points of the grid's CRS, bilinear between pixel centres; NaN off the grid or in a hole. [m]"""
        col = (np.atleast_1d(np.asarray(x_m, float)) - self.grid.x0_m) / self.grid.resolution_m - 0.5
        row = (self.grid.y0_m - np.atleast_1d(np.asarray(y_m, float))) / self.grid.resolution_m - 0.5
        height, width = self.grid.shape
        inside = (row >= -0.5) & (row <= height - 0.5) & (col >= -0.5) & (col <= width - 0.5)
        row, col = np.clip(np.where(inside, row, 0), 0, height - 1), np.clip(np.where(inside, col, 0), 0, width - 1)
        top, left = np.minimum(row.astype(int), max(height - 2, 0)), np.minimum(col.astype(int), max(width - 2, 0))
        down, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
        v, u, ground = row - top, col - left, self.height_m
        upper = (1 - u) * ground[top, left] + u * ground[top, right]
        lower = (1 - u) * ground[down, left] + u * ground[down, right]
        return np.where(inside, (1 - v) * upper + v * lower, np.nan)


def sea_by_flatness(height_m: Float32, resolution_m: float) -> Mask:
    """Patches at or below 0 m that touch each other and cover 25 km2 or more: how elevation models draw the sea (our reading)."""
    flat = height_m <= 0.0
    patches, count = label(flat)
    if count == 0:
        return np.zeros(height_m.shape, bool)
    area_km2 = np.bincount(patches.ravel(), minlength=count + 1) * (resolution_m / 1000.0) ** 2
    large = area_km2 >= SMALLEST_SEA_KM2
    large[0] = False
    return np.asarray(large[patches])


def radio_zones(height_m: Float32, sea: Mask, resolution_m: float) -> npt.NDArray[np.uint8]:
    """Sea, coastal land (within 50 km of it and at most 100 m high), inland.

    References
    ----------
    ITU-R P.1812-7, Annex 1, Table 1.
    """
    zone = np.full(height_m.shape, INLAND, np.uint8)
    if sea.any():
        # the distance is reckoned on every fourth pixel: 50 km needs no better
        step = max(1, min(4, min(height_m.shape) // 8))
        away_m = distance_transform_edt(~sea[::step, ::step]) * resolution_m * step
        near = np.repeat(np.repeat(away_m <= COAST_WIDTH_M, step, axis=0), step, axis=1)[: height_m.shape[0], : height_m.shape[1]]
        zone[near & (height_m <= COAST_HEIGHT_M)] = COASTAL_LAND
        zone[sea] = SEA
    return zone
