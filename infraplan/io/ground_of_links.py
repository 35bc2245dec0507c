"""The ground under points and their cells, cut out of rasters of any size."""

from __future__ import annotations

import pandas as pd

from infraplan.coverage.transmitters import Transmitters
from infraplan.geo.grids import Grid, metric_crs
from infraplan.geo.terrain import Terrain
from infraplan.io.rasters import Source, read_terrain

REACH_M = 50_000.0
"""Cells up to so far beyond all points are on the ground that is read. [m]"""
RIM_M = 2_000.0


def ground_of_links(source: Source, points: pd.DataFrame, sites: Transmitters, clutter: Source | None = None) -> Terrain:
    """Heights, and land cover where it is given, under all points and the cells near them.

    Only the ground at the middle mast must be known: a point or cell on unknown ground is predicted without terrain, and its row says so.
    """
    lon, lat = float(points["lon"].median()), float(points["lat"].median())
    plane = Grid(metric_crs(lon, lat), 0.0, 0.0, 1.0, 1, 1)
    x_m, y_m = plane.project(points["lon"].to_numpy(float), points["lat"].to_numpy(float))
    tx_x_m, tx_y_m = plane.project(sites.numbers("lon"), sites.numbers("lat"))
    middle = int((tx_x_m**2 + tx_y_m**2).argmin())
    centre = float(tx_x_m[middle]), float(tx_y_m[middle])
    bounds = x_m.min() - REACH_M, x_m.max() + REACH_M, y_m.min() - REACH_M, y_m.max() + REACH_M
    near = (tx_x_m >= bounds[0]) & (tx_x_m <= bounds[1]) & (tx_y_m >= bounds[2]) & (tx_y_m <= bounds[3])
    away = [abs(x_m - centre[0]), abs(y_m - centre[1]), abs(tx_x_m[near] - centre[0]), abs(tx_y_m[near] - centre[1])]
    margin_m = max(float(part.max()) for part in away if len(part)) + RIM_M
    spot = Grid(plane.crs, centre[0] - 0.5, centre[1] + 0.5, 1.0, 1, 1)
    return read_terrain(source, over=spot, margin_m=margin_m, clutter=clutter)
