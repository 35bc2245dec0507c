"""What lies below the points of the map: outlines of zones, railways, roads and other lines, as rounded coordinates."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from infraplan.report.map_data import simplified
from infraplan.report.map_layers import LINE_KINDS
from infraplan.run.map_states import to_degrees
from infraplan.tables.number_formats import text

OUTLINE_TOLERANCE_DEG = 0.002
LINE_TOLERANCE_DEG = 0.001
SCALE = 1e4
"""Coordinates are whole numbers of 1/SCALE degrees."""


def rings_of(shape: Any) -> list[list[int]]:
    """Every ring or line of a shape: longitude and latitude in turn."""
    lines = shapely.get_parts(shapely.boundary(shape)) if shape.geom_type.endswith("Polygon") else shapely.get_parts(shape)
    return [np.round(shapely.get_coordinates(line) * SCALE).astype(int).ravel().tolist() for line in lines if not line.is_empty]


def outlines(study: Any) -> list[dict[str, Any]]:
    """Zones of every level: code, name, level, a point inside, bounds, rings."""
    zones = study.zones.reset_index(drop=True)
    found = []
    for shape, zone in zip(simplified(zones, OUTLINE_TOLERANCE_DEG), zones.itertuples(index=False), strict=True):
        west, south, east, north = (float(value) for value in shapely.bounds(shape))
        row = {"adcode": str(zone.adcode), "name": str(zone.name), "level": str(zone.level)}
        at = shapely.point_on_surface(shape)
        place = {"at": [round(at.x, 4), round(at.y, 4)], "bounds": [west, south, east, north]}
        found.append({**row, **place, "rings": rings_of(shape)})
    return found


def lines(study: Any) -> list[dict[str, Any]]:
    """Railways, roads and other lines with the layer of the map they belong to."""
    frame = study.corridors
    if frame is None or not len(frame):
        return []
    shapes = shapely.simplify(to_degrees(frame).geometry.to_numpy(), LINE_TOLERANCE_DEG)
    rows = zip(shapes, frame["name"], frame["line_class"].astype(str), strict=True)
    return [{"name": text(name), "layer": LINE_KINDS.get(kind, "other"), "rings": rings_of(shape)} for shape, name, kind in rows]
