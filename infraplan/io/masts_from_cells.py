"""Masts from cells, by the places where the cells were seen: a cell number alone does not give the place."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from scipy.spatial import cKDTree

from infraplan.arrays import Floats, Ints
from infraplan.geo.grids import metric_crs

MAST_M = 100.0  # interpretation: positions are averages of phones' positions; closer nodes are taken for one mast
NEAR_M, FAR_M = 1_000.0, 10_000.0
"""Interpretation: the middle of a sector's phones lies about half its range from the mast. Two cells of one number are of one mast when no
farther apart than the half of both ranges, at least `NEAR_M` (positions are averages), at most `FAR_M`."""


def places_of_nodes(node: Ints, lon: Floats, lat: Floats, range_m: Floats, weight: Floats) -> Ints:
    """The place of its node to which each cell belongs: 0 for the best-seen place, 1 for the next, ... Rows are sorted by node.

    The best-seen cell leads and takes the free cells that may be on the same mast; then the best of the rest does so. No chains form.
    """
    place = np.zeros(len(node), dtype=np.int64)
    if not len(node):
        return place
    x_m, y_m = lon * np.cos(np.radians(lat)) * 111_320.0, lat * 111_320.0
    half_m = np.clip(np.nan_to_num(range_m), 0.0, 2.0 * FAR_M) / 2.0
    starts = np.flatnonzero(np.append(True, node[1:] != node[:-1]))
    ends = np.append(starts[1:], len(node))
    spread_m = np.hypot(*(np.maximum.reduceat(part, starts) - np.minimum.reduceat(part, starts) for part in (x_m, y_m)))
    narrow_m = np.clip(2.0 * np.minimum.reduceat(half_m, starts), NEAR_M, FAR_M)
    for start, end in zip(starts[spread_m > narrow_m], ends[spread_m > narrow_m], strict=True):
        rows = np.arange(start, end)
        free, number = np.ones(len(rows), dtype=bool), 0
        for leader in np.lexsort((lat[rows], lon[rows], -weight[rows])):
            if free[leader]:
                away_m = np.hypot(x_m[rows] - x_m[rows[leader]], y_m[rows] - y_m[rows[leader]])
                taken = free & (away_m <= np.clip(half_m[rows] + half_m[rows[leader]], NEAR_M, FAR_M))
                place[rows[taken]] = number
                free &= ~taken
                number += 1
    return place


def clusters(lon: Floats, lat: Floats, weight: Floats) -> Ints:
    """Cluster number of each node: the best-seen nodes lead, and take the free nodes within `MAST_M`. No chains form."""
    points = gpd.GeoSeries.from_xy(lon, lat, crs=4326)
    flat: Any = points.to_crs(metric_crs(float(np.median(lon)), float(np.median(lat)))) if np.ptp(lon) < 60 else None
    scale = np.cos(np.radians(lat))
    plane = np.column_stack([flat.x, flat.y]) if flat is not None else np.column_stack([lon * scale, lat]) * 111_320.0
    pairs = cKDTree(plane).query_pairs(MAST_M, output_type="ndarray")
    first, second = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    order = np.argsort(first, kind="stable")
    first, second = first[order], second[order]
    starts = np.searchsorted(first, np.arange(len(lon) + 1))
    cluster = np.full(len(lon), -1, dtype=np.int64)
    alone = np.diff(starts) == 0
    cluster[alone] = np.flatnonzero(alone)
    for leader in np.lexsort((np.arange(len(lon)), -weight)):
        if cluster[leader] < 0:
            near = second[starts[leader] : starts[leader + 1]]
            cluster[near[cluster[near] < 0]] = leader
            cluster[leader] = leader
    return cluster
