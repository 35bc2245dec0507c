"""Lines and polygons in another CRS, with further vertices on long edges."""

from __future__ import annotations

from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

STEP_DEG, STEP_M = 0.01, 1000.0
"""Longest piece of an edge that is moved as a straight line: at 60 degrees of latitude it is 4 cm from the true line."""

MOST_PIECES = 1_000_000
"""Longer outlines, of a million km, have coordinates in other units than their CRS; they get no vertices."""


@cache
def transformer(source: Any, target: Any) -> Transformer:
    """From x (longitude), y (latitude) of one CRS to those of another; made once, since PROJ may search 0.1 s for the way."""
    return Transformer.from_crs(source, target, always_xy=True)


def to_plane(geometry: Any, crs: Any) -> gpd.GeoSeries:
    """Geometries in `crs`. Edges get a vertex every `STEP_DEG` (or `STEP_M`) first.

    A reprojection moves vertices alone. A long edge along a parallel, one vertex at each end, would then not match the neighbours that
    divide it: false gaps and overlaps, tens of metres wide at a degree's length.
    """
    series = geometry if isinstance(geometry, gpd.GeoSeries) else geometry.geometry
    source, target = CRS.from_user_input(series.crs), CRS.from_user_input(crs)
    if source == target:
        return series
    shapes = np.asarray(series.array)
    extended = shapely.get_dimensions(shapes) > 0
    if extended.any() and not (source.is_geographic and target.is_geographic):
        shapes = shapes.copy()
        step = STEP_DEG if source.is_geographic else STEP_M
        extended &= shapely.length(shapes) < MOST_PIECES * step
        try:
            shapes[extended] = shapely.segmentize(shapes[extended], step)
        except shapely.errors.GEOSException:  # a line or ring of no length among them
            shapes[extended] = [_with_vertices(shape, step) for shape in shapes[extended]]
    return gpd.GeoSeries(gpd.array.from_shapely(shapes, crs=source), index=series.index).to_crs(target)


def _with_vertices(shape: Any, step: float) -> Any:
    """A geometry with a vertex at every step; its lines and rings of no length, which GEOS refuses, stay as they are."""
    try:
        return shapely.segmentize(shape, step)
    except shapely.errors.GEOSException:
        if isinstance(shape, shapely.Polygon):
            return shapely.Polygon(_with_vertices(shape.exterior, step), [_with_vertices(ring, step) for ring in shape.interiors])
        return type(shape)([_with_vertices(part, step) for part in shape.geoms]) if hasattr(shape, "geoms") else shape
