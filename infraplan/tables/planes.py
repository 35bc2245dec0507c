"""Lines and polygons in another CRS, their long straight edges bent as they are on the ground."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

STEP_DEG, STEP_M = 0.01, 1000.0
"""Longest piece of an edge that is moved as a straight line: at 60 degrees of latitude it strays 4 cm from the bent one."""


def to_plane(geometry: Any, crs: Any) -> gpd.GeoSeries:
    """Geometries in `crs`. Edges get a vertex every `STEP_DEG` (or `STEP_M`) first.

    A reprojection moves vertices alone. A long edge along a parallel, one vertex at each end, would then leave the neighbours that divide
    it: false gaps and overlaps, tens of metres wide at a degree's length.
    """
    series = geometry if isinstance(geometry, gpd.GeoSeries) else geometry.geometry
    source, target = CRS.from_user_input(series.crs), CRS.from_user_input(crs)
    if source == target:
        return series
    shapes = np.asarray(series.array)
    extended = shapely.get_dimensions(shapes) > 0
    if extended.any() and not (source.is_geographic and target.is_geographic):
        shapes = shapes.copy()
        shapes[extended] = shapely.segmentize(shapes[extended], STEP_DEG if source.is_geographic else STEP_M)
    return gpd.GeoSeries(gpd.array.from_shapely(shapes, crs=source), index=series.index).to_crs(target)
