"""Layers of the interactive map beside points: signal pictures, lines, names of towns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from infraplan.report.map_detail import MapDetail
from infraplan.report.margin_images import code_png, projected
from infraplan.report.page_context import PageContext
from infraplan.report.style import palette
from infraplan.report.words import Words
from infraplan.tables.number_formats import text

LINE_KINDS = {"railway": "railway", "intercity": "railway", "metro": "railway", "expressway": "road", "pilot_road": "road"}
"""Which of the map's layers a class of lines belongs to; every other class is another line."""
RIM_DEG = 0.02
"""Lines are drawn so far beyond the page's zones."""
SHORTEST_KM = 0.2
"""On the map of a whole study shorter spans of fibre are left out."""
LINE_TOLERANCE_DEG = {"city": 0.0004, "province": 0.002}


def signal_layers(context: PageContext, detail: MapDetail) -> dict[str, Any] | None:
    """Pictures of packed margins by "family|network", where they lie, and the colours of their codes; None without a map."""
    if not detail.margins:
        return None
    bands, bounds = projected(context.grid, list(detail.margins.values()), context.outline)
    pictures = {f"{family}|{network}": code_png(band) for (family, network), band in zip(detail.margins, bands, strict=True)}
    colours = palette()
    ink = colours["ink"]
    return {
        "pictures": pictures,
        "bounds": [list(corner) for corner in bounds],
        "classes": [step["colour"] for step in colours["margin"]],
        "served": next(at for at, step in enumerate(colours["margin"]) if float(step["from_db"]) >= 0),
        "gain": [step["colour"] for step in colours["gain"]],
        "before": ink["served_before"],
        "hatch": ink["hatch"],
    }


def line_layers(context: PageContext, detail: MapDetail, words: Words) -> list[dict[str, Any]]:
    """Railways, roads and other lines of the page's zones: their parts as rounded lon, lat in a row, with name and class."""
    import shapely

    fibre, lines = [*fibre_lines(context, words), *today_lines(detail, words), *connection_lines(context, words)], detail.lines
    if lines is None or not len(lines):
        return fibre
    shown = context.outline if len(context.outline) else context.zones
    west, south, east, north = shown.total_bounds
    near = lines.cx[west - RIM_DEG : east + RIM_DEG, south - RIM_DEG : north + RIM_DEG]
    area = shapely.buffer(shapely.simplify(shapely.union_all(shown.geometry.to_numpy()), RIM_DEG / 4), RIM_DEG)
    lines = near.reset_index(drop=True)
    shapes = shapely.simplify(shapely.intersection(lines.geometry.to_numpy(), area), LINE_TOLERANCE_DEG.get(context.level, 0.001))
    found = []
    for shape, name, kind in zip(shapes, lines["name"], lines["line_class"].astype(str), strict=True):
        parts = [part for part in shapely.get_parts(shape) if part.geom_type == "LineString" and len(part.coords) > 1]
        if parts:
            paths = [np.round(shapely.get_coordinates(part) * 1e4).astype(int).ravel().tolist() for part in parts]
            label = words.code("kind", kind)
            found.append({"name": text(name) or label, "kind": label, "layer": LINE_KINDS.get(kind, "other"), "paths": paths})
    return found + fibre


def fibre_lines(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """Spans of fibre: of a city one by one, of the whole study joined by county and way of building, without short links."""
    import shapely

    if context.fibre is None:
        return []
    spans = context.fibre.spans
    whole = context.level == "province"
    spans = spans[spans["span_km"] >= SHORTEST_KM] if whole else spans
    shapes = shapely.simplify(spans.geometry.to_numpy(), LINE_TOLERANCE_DEG.get(context.level, 0.001) / 4)
    found: dict[str, dict[str, Any]] = {}
    for shape, row in zip(shapes, spans.itertuples(index=False), strict=True):
        way = words.code("way", row.way)
        name = f"{row.county_name} {way}" if whole else f"{row.id} {way} {row.span_km:.2f} km"
        line = found.setdefault(name, {"name": name, "kind": words.t("layer_fibre"), "layer": "fibre", "paths": []})
        line["paths"].append(np.round(shapely.get_coordinates(shape) * 1e4).astype(int).ravel().tolist())
    return list(found.values())


def connection_lines(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """What connects each new site: fibre along the roads, a microwave hop, or fibre by the straight line."""
    import shapely

    frame = context.connections
    if frame is None:
        return []
    found = []
    tolerance = LINE_TOLERANCE_DEG.get(context.level, 0.001) / 4
    for row in frame[frame.geometry.geom_type != "Point"].itertuples(index=False):
        name = f"{row.id} → {row.connection_to} {row.connection_km:.2f} km {words.money(row.connection_cost)}"
        parts = shapely.get_parts(shapely.simplify(row.geometry, tolerance))
        paths = [np.round(shapely.get_coordinates(part) * 1e4).astype(int).ravel().tolist() for part in parts]
        kind = f"site_{row.connection}"
        found.append({"name": name, "kind": words.t(f"layer_{kind}"), "layer": kind, "paths": paths})
    return found


def today_lines(detail: MapDetail, words: Words) -> list[dict[str, Any]]:
    """Existing lines of fibre as one feature."""
    import shapely

    if detail.fibre is None or not len(detail.fibre):
        return []
    parts = [part for part in shapely.get_parts(detail.fibre.geometry.to_numpy()) if part.geom_type == "LineString"]
    paths = [np.round(shapely.get_coordinates(part) * 1e4).astype(int).ravel().tolist() for part in parts]
    name = words.t("layer_fibre_today")
    return [{"name": name, "kind": name, "layer": "fibre_today", "paths": paths}]


def towns_of(villages: Any) -> pd.DataFrame:
    """Townships by the settlements that state them, most people first: county and town as index, people, the middle (lon, lat) and the
    bounds (west, east, south, north) of their settlements, and how many there are."""
    if not len(villages) or "town" not in villages:
        return pd.DataFrame()
    frame = pd.DataFrame(
        {
            "town": villages["town"].map(text),
            "county": (villages["county"] if "county" in villages else villages["town"]).map(text),
            "people": pd.to_numeric(villages["population"], errors="coerce").fillna(0) if "population" in villages else 0,
            "lon": villages.geometry.x.to_numpy(),
            "lat": villages.geometry.y.to_numpy(),
        }
    )
    groups = frame[(frame["town"] != "") & frame["lon"].notna()].groupby(["county", "town"], sort=True)
    table = groups.agg(
        people=("people", "sum"), lon=("lon", "median"), lat=("lat", "median"), west=("lon", "min"), east=("lon", "max"),
        south=("lat", "min"), north=("lat", "max"), count=("lon", "size"),
    )  # fmt: skip
    return table.sort_values("people", ascending=False, kind="stable").round(4)


def town_names(context: PageContext, words: Words) -> list[dict[str, Any]]:
    """Townships by the settlements that state them: name, county, the middle and the bounds of their settlements; most people first."""
    table = towns_of(context.villages)
    return [
        {
            "name": town,
            "where": words.zones.get(county, ""),
            "at": [row["lat"], row["lon"]],
            "bounds": [[row["south"], row["west"]], [row["north"], row["east"]]],
            "count": int(row["count"]),
        }
        for (county, town), row in zip(table.index, table.to_dict("records"), strict=True)
    ]
