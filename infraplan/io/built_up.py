"""How much of the land around points is built up, from a land-cover raster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan import presets
from infraplan.geo.grids import Grid
from infraplan.io.rasters import open_band, raster_files
from infraplan.tables.reprojection import transformer

RINGS, SPOKES = 5, 24
"""Samples of equal area around a point: the number of rings, and of points on each."""


def built_share(source: Path, table: str, points: Any, radius_m: float, grid: Grid) -> npt.NDArray[np.float64]:
    """Built-up part of the land within a radius of each point, 0..1, sampled; NaN where no land cover is known.

    Parameters
    ----------
    source : path
        Land cover: a raster or a folder of rasters.
    table : str
        Of presets/clutter.toml: its classes with `built = true` are built up.
    points : GeoDataFrame
    grid : Grid
        Where distances are measured. [m]
    """
    tables = presets.load("clutter")
    rule = tables[presets.choose(table, tables, "clutter_table")]
    built = [float(entry["code"]) for entry in rule["class"] if entry.get("built", False)]
    radius = radius_m * np.sqrt((np.repeat(np.arange(RINGS), SPOKES) + 0.5) / RINGS)
    angle = 2 * np.pi * (np.tile(np.arange(SPOKES), RINGS) + 0.5) / SPOKES
    x_m, y_m = grid.place(points)
    lon, lat = grid.unproject((x_m[:, None] + radius * np.cos(angle)).ravel(), (y_m[:, None] + radius * np.sin(angle)).ravel())
    code = np.full(len(lon), np.nan)
    for path in raster_files(source):
        with open_band(path) as dataset:
            x, y = transformer(4326, dataset.crs).transform(lon, lat)
            box = dataset.bounds
            with np.errstate(invalid="ignore"):
                inside = np.isnan(code) & (x >= box.left) & (x < box.right) & (y > box.bottom) & (y <= box.top)
            at = np.flatnonzero(inside)
            at = at[np.lexsort((x[at], -y[at]))]  # blocks in their order in the file
            values = np.array([value[0] for value in dataset.sample(zip(x[at], y[at], strict=True))], dtype=float)
            code[at] = np.where(values == float(rule["nodata"]), np.nan, values)
    around = code.reshape(len(points), -1)
    known = np.isfinite(around).sum(axis=1)
    share = np.isin(around, built).sum(axis=1) / np.maximum(known, 1)
    return np.asarray(np.where(known > 0, share, np.nan))
