"""The example's railways, expressways, metro lines, pilot roads and pipelines: synthetic links between real seats by stated rules."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from infraplan.arrays import Floats
from infraplan.examples.example_sites import PeopleInOrder
from infraplan.examples.invented_places import answers, evenly
from infraplan.examples.random_points import Plane
from infraplan.examples.source_data import Sources

LINES = 7  # stream of random numbers, one a class
STEP_M = 1000.0  # between the corners of a line
LEAKY_FEEDER = (0.8, 0.1)  # of the tunnels: shares of yes and no


def invented_lines(sources: Sources, crowd: PeopleInOrder, seats: gpd.GeoDataFrame, seed: int) -> gpd.GeoDataFrame:
    """One row a line inside the province, or its part above or under ground: id, name, line_class, tunnel, indoor_system, synthetic."""
    rules, land = sources.layers["line"], sources.zones.loc[sources.zones["level"] == "province", "geometry"].union_all()
    shapely.prepare(land)
    parts = []
    for number, (name, rule) in enumerate(rules.items()):
        rng = np.random.default_rng([seed, LINES, number])
        ends = links(rule, sources, crowd.plane, seats) if "nodes" in rule else crossings(rule, crowd, rng)
        paths = [drawn(first, last, rule["bend"] * rng.normal(), crowd.plane, land) for first, last in ends]
        parts.append(rows_of(name, rule, [path for path in paths if len(path)], rng))
    return pd.concat(parts, ignore_index=True)


def links(rule: dict[str, Any], sources: Sources, plane: Plane, seats: gpd.GeoDataFrame) -> list[tuple[Floats, Floats]]:
    """Pairs of seats, each joined with its nearest ones, once a pair. [m]"""
    chosen = seats.assign(urban=seats["county"].map(sources.counties["urban_people"]))
    if rule["nodes"] == "city":
        chosen = chosen.sort_values(["urban", "county"], ascending=[False, True]).drop_duplicates("city").sort_values("city")
    if "cities" in rule:
        chosen = chosen[chosen["city"].isin(rule["cities"])]
    place = np.column_stack(plane.flat(chosen.geometry.x, chosen.geometry.y))
    near = np.asarray(cKDTree(place).query(place, k=rule["nearest"] + 1)[1])[:, 1:]
    pairs = sorted({(min(a, int(b)), max(a, int(b))) for a, row in enumerate(near) for b in row})
    return [(place[a], place[b]) for a, b in pairs]


def crossings(rule: dict[str, Any], crowd: PeopleInOrder, rng: np.random.Generator) -> list[tuple[Floats, Floats]]:
    """Lines across the most crowded part of each city, between residents on opposite sides of it. [m]"""
    found = []
    for city in rule["cities"]:
        rows = crowd.rows_of[city]
        x_m, y_m, people = crowd.x_m[rows], crowd.y_m[rows], crowd.people[rows].astype(float)
        middle = int(np.argmax(crowd.per_km2[rows]))
        away_m = np.hypot(x_m - x_m[middle], y_m - y_m[middle])
        ring = np.flatnonzero((away_m > 0.3 * rule["length_km"] * 1000) & (away_m < 0.6 * rule["length_km"] * 1000))
        turn = np.arctan2(y_m[ring] - y_m[middle], x_m[ring] - x_m[middle])
        ring = ring[np.argsort(turn, kind="stable")]
        ends = ring[evenly(people[ring], 2 * rule["count"], rng.random())]
        found += [
            (np.array([x_m[a], y_m[a]]), np.array([x_m[b], y_m[b]]))
            for a, b in zip(ends[: rule["count"]], ends[rule["count"] :], strict=True)
        ]
    return found


def drawn(first: Floats, last: Floats, bend: float, plane: Plane, land: Any) -> list[Floats]:
    """The parts inside the land of a line that swings to one side by `bend` of its length: corners in degrees."""
    along = last - first
    length_m = float(np.hypot(*along))
    t = np.linspace(0, 1, max(2, int(np.ceil(length_m / STEP_M)) + 1))
    path = first + t[:, None] * along + (np.sin(np.pi * t) * bend)[:, None] * np.array([-along[1], along[0]])
    lon, lat = plane.degrees(path[:, 0], path[:, 1])
    inside = shapely.contains_xy(land, lon, lat)
    breaks = np.flatnonzero(np.diff(inside.astype(int))) + 1
    runs = np.split(np.arange(len(lon)), breaks)
    return [np.column_stack([lon[run], lat[run]]) for run in runs if len(run) > 1 and inside[run[0]]]


def rows_of(name: str, rule: dict[str, Any], paths: list[list[Floats]], rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Rows of one class; a line with a tunnel is two: the part under ground, with its leaky feeder, and the rest."""
    rows = []
    for n, parts in enumerate(paths, start=1):
        title = rule["name"].format(n=n)
        if "tunnel" not in rule:
            rows.append(
                (f"GD-{name}-{n:03d}", title, False, shapely.MultiLineString(parts) if len(parts) > 1 else shapely.LineString(parts[0]))
            )
            continue
        path = max(parts, key=len)
        cut = min(max(2, round(len(path) * rule["tunnel"])), len(path) - 1)
        rows.append((f"GD-{name}-{n:03d}a", f"{title}（地下段）", True, shapely.LineString(path[:cut])))
        rows.append((f"GD-{name}-{n:03d}b", f"{title}（地上段）", False, shapely.LineString(path[cut - 1 :])))
    table = pd.DataFrame(rows, columns=["id", "name", "tunnel", "geometry"]).assign(line_class=name, synthetic=True)
    said = answers(LEAKY_FEEDER, len(table), rng)
    said[~table["tunnel"].to_numpy(bool)] = pd.NA
    table["indoor_system"] = said
    return gpd.GeoDataFrame(
        table[["id", "name", "line_class", "tunnel", "indoor_system", "synthetic", "geometry"]], geometry="geometry", crs=4326
    )
