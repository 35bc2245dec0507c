"""What lies below the points of the map: outlines of zones, railways, roads and other lines, as rounded coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from infraplan.report.map_data import simplified
from infraplan.report.map_layers import LINE_KINDS, SHORTEST_KM, towns_of
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
    """Zones of every level: code, name, level, a point inside, bounds, rings; then towns with most people first, without rings."""
    zones = study.zones.reset_index(drop=True)
    found = []
    for shape, zone in zip(simplified(zones, OUTLINE_TOLERANCE_DEG), zones.itertuples(index=False), strict=True):
        west, south, east, north = (float(value) for value in shapely.bounds(shape))
        row = {"adcode": str(zone.adcode), "name": str(zone.name), "level": str(zone.level)}
        at = shapely.point_on_surface(shape)
        place = {"at": [round(at.x, 4), round(at.y, 4)], "bounds": [west, south, east, north]}
        found.append({**row, **place, "rings": rings_of(shape)})
    towns = towns_of(study.villages)
    for (_, name), town in zip(towns.index, towns.to_dict("records"), strict=True):
        bounds = [town[edge] for edge in ("west", "south", "east", "north")]
        found.append({"adcode": "", "name": name, "level": "town", "at": [town["lon"], town["lat"]], "bounds": bounds, "rings": []})
    return found


def lines(study: Any) -> list[dict[str, Any]]:
    """Railways, roads and other lines; existing fibre, and what the last run would build: each with the layer of the map it belongs to."""
    frame = study.corridors
    rows = [] if frame is None else [(row.geometry, row.name, LINE_KINDS.get(str(row.line_class), "other")) for row in _rows(frame)]
    if study.fibre is not None:
        rows += [(row.geometry, "", "fibre_today") for row in _rows(study.fibre)]
    stored = study.output / "plan.gpkg"
    known = set(pyogrio.list_layers(stored)[:, 0]) if stored.is_file() else set()
    if "fibre_spans" in known:
        spans = gpd.read_file(stored, layer="fibre_spans")
        rows += [(row.geometry, row.id, "fibre") for row in _rows(spans.loc[spans["span_km"] >= SHORTEST_KM])]
    if "site_connections" in known:
        rows += [(row.geometry, row.id, f"site_{row.connection}") for row in _rows(gpd.read_file(stored, layer="site_connections"))]
    shapes = shapely.simplify(np.array([shape for shape, _, _ in rows], dtype=object), LINE_TOLERANCE_DEG)
    return [{"name": text(name), "layer": kind, "rings": rings_of(shape)} for shape, (_, name, kind) in zip(shapes, rows, strict=True)]


def _rows(frame: Any) -> Iterator[Any]:
    """Rows of a frame in degrees."""
    return iter(to_degrees(frame).itertuples(index=False)) if len(frame) else iter(())
