"""How far candidates are from the nearest road, power line and fibre, and what connecting them costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely import STRtree

from infraplan.arrays import Floats
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.presets import choose
from infraplan.siting.costs import Costs
from infraplan.siting.costs_schema import LINES
from infraplan.tables.reprojection import to_plane


def checked_lines(lines: Mapping[str, Any] | None) -> dict[str, Any]:
    """The layers by name; an unknown name, or a layer without a CRS, is a UsageError."""
    found = dict(lines or {})
    for name, layer in found.items():
        choose(name, LINES, "line")
        if getattr(layer, "crs", None) is None:
            raise UsageError(both("siting.lines_without_crs", name=name))
    return found


class NearestLines:
    """Layers of lines in the plane of a grid, searched by distance.

    Parameters
    ----------
    lines : mapping of GeoDataFrame
        Layers by the names of `LINES` (`checked_lines`).
    grid : Grid
        Its plane measures distances.
    """

    def __init__(self, lines: Mapping[str, Any], grid: Grid):
        self.trees = {name: _tree(lines[name], grid) for name in LINES if name in lines}

    def distances_km(self, points: pd.DataFrame) -> pd.DataFrame:
        """Straight distance of each point to the nearest line of each layer: a column roads_km, power_lines_km, fibre_km. [km]

        `points` have x and y in the plane of the grid. NaN where the layer is not given or has no line.
        """
        at = np.asarray(shapely.points(points["x"].to_numpy(dtype=float), points["y"].to_numpy(dtype=float)))
        found = {f"{name}_km": _nearest_km(at, self.trees.get(name)) for name in LINES}
        return pd.DataFrame(found, index=points.index)


def line_distances_km(points: pd.DataFrame, lines: Mapping[str, Any], grid: Grid) -> pd.DataFrame:
    """`NearestLines.distances_km` of lines that are asked once."""
    return NearestLines(lines, grid).distances_km(points)


def _tree(layer: Any, grid: Grid) -> STRtree | None:
    """A search tree over the lines of a layer; None where it has none."""
    shapes = np.asarray(to_plane(layer, grid.crs).array)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return STRtree(shapes) if len(shapes) else None


def _nearest_km(points: Any, tree: STRtree | None) -> Floats:
    distance_km = np.full(len(points), np.nan)
    if tree is not None and len(points):
        (row, _), apart_m = tree.query_nearest(points, return_distance=True, all_matches=False)
        distance_km[row] = apart_m / 1000.0
    return distance_km


def line_costs(table: pd.DataFrame, prices: Costs, level: str, *, over_life: bool = True) -> Floats:
    """What the distances of each row add to its cost, for the lines that its host needs; nothing where a distance is not known.

    `table` has host, and the columns of `line_distances_km`.
    """
    total = np.zeros(len(table))
    for line in prices.lines_needed:
        needing = [name for name in table["host"].unique() if line in prices.host(name)["lines"]]
        km = np.where(table["host"].isin(needing), np.nan_to_num(table[f"{line}_km"].to_numpy(dtype=float)), 0.0)
        total += km * prices.line_cost_per_km(line, level, over_life=over_life)
    return total
