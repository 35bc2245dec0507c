"""The ground on grids of its own: heights, what stands on them, the radio-climatic zone. Arrays only; `infraplan.io.rasters` fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, label

from infraplan.arrays import Bools, Floats32
from infraplan.geo.grids import Grid

SEA, COASTAL_LAND, INLAND = 1, 3, 4
"""Codes of ITU-R P.1812, Annex 1, Table 1 and its validation profiles."""
COAST_WIDTH_M, COAST_HEIGHT_M = 50_000.0, 100.0
SMALLEST_SEA_KM2 = 25.0


NOMINAL_M = 30.0
"""Nominal clutter distance where no table of classes gives one (ours: presets/clutter.toml states the evidence). [m]"""
PROFILE_STEP_M, LONGEST_STEP_M = 50.0, 100.0


@dataclass(frozen=True)
class Clutter:
    """What is on the ground, as classes on a grid of its own.

    Attributes
    ----------
    grid : Grid
        Where its pixels are, in the CRS of the terrain; any resolution.
    code : ndarray of uint16, shape `grid.shape`
        Class of each pixel, an index into the next two.
    class_height_m, class_nominal_m : ndarray of float64
        Representative height of a class and its nominal clutter distance. [m]
    class_code : tuple of str
        What the land-cover map calls each class; empty where clutter came as heights.
    """

    grid: Grid
    code: npt.NDArray[np.uint16]
    class_height_m: npt.NDArray[np.float64]
    class_nominal_m: npt.NDArray[np.float64]
    class_code: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.code.shape != self.grid.shape:
            raise ValueError(f"clutter has the shape {self.code.shape}, its grid {self.grid.shape}")
        if not (np.isfinite(self.class_height_m) & (self.class_height_m >= 0.0)).all():
            raise ValueError("clutter heights must be finite and not negative")
        if not (np.isfinite(self.class_nominal_m) & (self.class_nominal_m >= 1.0)).all():
            raise ValueError("a nominal clutter distance must be finite and at least 1 m")

    @classmethod
    def of_heights(cls, grid: Grid, height_m: npt.ArrayLike, nominal_m: float = NOMINAL_M) -> Clutter:
        """Clutter given as heights in metres, at most 65,536 different ones."""
        values, code = np.unique(np.asarray(height_m, np.float64), return_inverse=True)
        if len(values) > 65_536:
            raise ValueError(f"{len(values)} different clutter heights are too many: round them to decimetres")
        return cls(grid, code.reshape(np.shape(height_m)).astype(np.uint16), values, np.full(len(values), float(nominal_m)))

    @property
    def height_m(self) -> Floats32:
        """Clutter height of every pixel. [m]"""
        return self.class_height_m.astype(np.float32)[self.code]

    def with_nominal(self, nominal_m: float) -> Clutter:
        """The same clutter with one nominal distance for all classes."""
        return replace(self, class_nominal_m=np.full(len(self.class_nominal_m), float(nominal_m)))

    def with_own_nominal(self, by_code: Mapping[str, float]) -> Clutter:
        """The same clutter with nominal distances for some classes, by the codes of the land-cover map. [m]"""
        own = [by_code.get(code, nominal_m) for code, nominal_m in zip(self.class_code, self.class_nominal_m.tolist(), strict=False)]
        return replace(self, class_nominal_m=np.array(own, np.float64)) if own else self


@dataclass(frozen=True)
class Terrain:
    """Ground on a grid of its own, apart from any map's; row 0 lies in the north.

    Attributes
    ----------
    grid : Grid
        Where the heights' pixels are.
    height_m : ndarray of float32, shape `grid.shape`
        Ground above mean sea level; NaN where it is not known. [m]
    clutter : Clutter or None
        Trees and buildings; None: bare ground, which predictions report.
    zone : ndarray of uint8, shape `grid.shape`
        1 sea, 3 coastal land, 4 inland.
    source : str
        The files behind it.
    synthetic : bool
        Invented ground: every page made from it says so.
    filled_pixels, sea_pixels : int
        Holes that were filled from their neighbours, and holes that were declared sea.
    profile_step_m : float
        Step at which radio paths over it are sampled. [m]
    """

    grid: Grid
    height_m: Floats32
    clutter: Clutter | None
    zone: npt.NDArray[np.uint8]
    source: str = ""
    synthetic: bool = False
    filled_pixels: int = 0
    sea_pixels: int = 0
    profile_step_m: float = PROFILE_STEP_M

    def __post_init__(self) -> None:
        for name in ("height_m", "zone"):
            layer = getattr(self, name)
            if layer.shape != self.grid.shape:
                raise ValueError(f"{name} has the shape {layer.shape}, the grid {self.grid.shape}")
        if self.clutter is not None and self.clutter.grid.crs != self.grid.crs:
            raise ValueError("clutter and heights must have one CRS")
        if not 0.0 < self.profile_step_m <= LONGEST_STEP_M:
            raise ValueError(f"profile_step_m = {self.profile_step_m:g} is outside 0 to {LONGEST_STEP_M:g}")

    @property
    def bytes(self) -> int:
        """Memory of heights, zones and clutter."""
        return self.height_m.nbytes + self.zone.nbytes + (0 if self.clutter is None else self.clutter.code.nbytes)

    def within(self, window: Grid) -> Terrain:
        """The same ground with heights cut to a window of its grid (views, not copies)."""
        rows, cols = window.slices_in(self.grid)
        return replace(self, grid=window, height_m=self.height_m[rows, cols], zone=self.zone[rows, cols])

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


def sea_by_flatness(height_m: Floats32, resolution_m: float) -> Bools:
    """Patches at or below 0 m that touch each other and cover 25 km2 or more: how elevation models show the sea (our interpretation)."""
    flat = height_m <= 0.0
    patches, count = label(flat)
    if count == 0:
        return np.zeros(height_m.shape, bool)
    area_km2 = np.bincount(patches.ravel(), minlength=count + 1) * (resolution_m / 1000.0) ** 2
    large = area_km2 >= SMALLEST_SEA_KM2
    large[0] = False
    return np.asarray(large[patches])


def radio_zones(height_m: Floats32, sea: Bools, resolution_m: float) -> npt.NDArray[np.uint8]:
    """Sea, coastal land (within 50 km of it and at most 100 m high), inland.

    References
    ----------
    ITU-R P.1812-8, Annex 1, Table 1.
    """
    zone = np.full(height_m.shape, INLAND, np.uint8)
    if sea.any():
        # the distance is computed on every fourth pixel, which is exact enough for 50 km
        step = max(1, min(4, min(height_m.shape) // 8))
        away_m = distance_transform_edt(~sea[::step, ::step]) * resolution_m * step
        near = np.repeat(np.repeat(away_m <= COAST_WIDTH_M, step, axis=0), step, axis=1)[: height_m.shape[0], : height_m.shape[1]]
        zone[near & (height_m <= COAST_HEIGHT_M)] = COASTAL_LAND
        zone[sea] = SEA
    return zone
