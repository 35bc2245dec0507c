"""Holes of a raster of heights: refused, filled from the ground around them, or made sea."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rasterio.fill import fillnodata

from infraplan.arrays import Floats32
from infraplan.geo.grids import Grid
from infraplan.tables.faults import FaultList

HOLES = ("refuse", "sea", "fill", "fill_then_sea")
FILL_KM = 3.0
UNFILLED = np.float32(-9999.0)


@dataclass(frozen=True)
class Choice:
    """Treatment of holes, and the largest distance of filling. [km]"""

    holes: str
    fill_km: float


def treat_holes(
    height_m: Floats32, grid: Grid, choice: Choice, faults: FaultList, required: tuple[slice, slice]
) -> tuple[Floats32, int, npt.NDArray[np.bool_]]:
    """Heights with holes filled, made sea or refused; how many were filled; where they became sea. Outside `required` a hole stays one
    unless the choice is sea."""
    hole = ~np.isfinite(height_m)
    if not hole.any():
        return height_m, 0, hole
    if choice.holes == "refuse":
        report_holes(hole, grid, faults, required)
        return height_m, 0, np.zeros_like(hole)
    filled = 0
    if choice.holes.startswith("fill"):
        height_m = _interpolated(height_m, hole, choice.fill_km * 1000 / grid.resolution_m)
        left = hole & (height_m == UNFILLED)
        filled, hole = int(hole.sum() - left.sum()), left
        if choice.holes == "fill":
            report_holes(left, grid, faults, required, "geo.terrain_holes_wide", limit=f"{choice.fill_km:g}")
            return np.where(left, np.float32(np.nan), height_m), filled, np.zeros_like(hole)
    return np.where(hole, np.float32(0), height_m), filled, hole


def _interpolated(height_m: Floats32, hole: npt.NDArray[np.bool_], reach: float) -> Floats32:
    """Heights with the holes within `reach` pixels of a known one interpolated; `UNFILLED` where none is so near.

    GDAL searches every hole as far as `reach`, so it is given the known pixels and their surroundings alone, however large the map is.
    """
    filled = np.where(hole, UNFILLED, height_m)
    near = tuple(_around(np.asarray(~hole.all(axis=1 - axis)), reach) for axis in (0, 1))
    part = filled[near]
    if part.size:
        filled[near] = fillnodata(part, mask=~hole[near], max_search_distance=reach, smoothing_iterations=0)
    return np.asarray(filled, np.float32)


def _around(known: npt.NDArray[np.bool_], reach: float) -> slice:
    """The rows (columns) from the first that is known to the last, and `reach` more on both sides; an empty slice where none is known."""
    places = np.flatnonzero(known)
    if not places.size:
        return slice(0, 0)
    more = math.ceil(reach) + 1
    return slice(max(int(places[0]) - more, 0), int(places[-1]) + 1 + more)


def report_holes(
    hole: npt.NDArray[np.bool_],
    grid: Grid,
    faults: FaultList,
    required: tuple[slice, slice],
    rule: str = "geo.terrain_holes",
    limit: str = "",
) -> None:
    """Refuses holes within `required`: how many pixels have no data, and where the first one is."""
    part = hole[required]
    if part.any():
        row, col = np.unravel_index(int(np.argmax(part)), part.shape)
        lon, lat = grid.unproject(*grid.centre_of(row + required[0].start, col + required[1].start))
        faults.add(rule, pixels=int(part.sum()), share=f"{part.mean():.2%}", lon=f"{float(lon):.4f}", lat=f"{float(lat):.4f}", limit=limit)
        faults.stop()
