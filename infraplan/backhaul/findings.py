"""What is noticed while lines become a network, each with its place: gaps, islands, ferries, places far from any road."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from infraplan.arrays import Floats
from infraplan.backhaul.pieces import Pieces
from infraplan.outputs import types
from infraplan.tables.reprojection import transformer

KINDS = ("joined", "gap", "island", "without_fibre", "ferry", "crossing", "class_unknown", "off_road", "off_network", "not_stated")
"""What may be found; `messages/backhaul.toml` words each as finding_KIND."""


def findings(kind: str, at_m: Any, metres: Any, crs: Any, ids: Any = "", row: Any = -1) -> pd.DataFrame:
    """Rows of one kind: where, how many metres, of which thing, in which row of its layer (from 1)."""
    place = np.asarray(at_m, np.float64).reshape(-1, 2)
    lon, lat = transformer(crs, 4326).transform(place[:, 0], place[:, 1])
    return _frame(
        {
            "kind": kind,
            "id": ids,
            "lon": np.round(lon, 6),
            "lat": np.round(lat, 6),
            "length_m": np.round(metres, 1),
            "row": np.asarray(row) + 1,
        },
        len(place),
    )


def all_findings(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Parts as one table, in the order of `KINDS`."""
    table = pd.concat([_frame({}, 0), *parts], ignore_index=True)
    order = np.argsort(table["kind"].map(KINDS.index).to_numpy(dtype=int), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _frame(values: dict[str, Any], rows: int) -> pd.DataFrame:
    """Columns of the table with their types."""
    kinds = types("network_findings")
    frame = pd.DataFrame({name: values.get(name, "" if kind == "str" else 0) for name, kind in kinds.items()}, index=range(rows))
    return frame.astype(kinds)


def gaps(pieces: Pieces, within_m: float, crs: Any) -> pd.DataFrame:
    """Dead ends that lie near a line of another part of the network: the length of the gap, where the dead end is."""
    part, dead = pieces.part_of(), np.flatnonzero(pieces.degree() == 1)
    if not len(dead) or not len(pieces.paths):
        return findings("gap", np.zeros((0, 2)), np.zeros(0), crs)
    points: Any = shapely.points(pieces.at_m[dead])
    end, near = shapely.STRtree(pieces.paths).query(points, predicate="dwithin", distance=within_m)
    other = part[pieces.edges[near, 0]] != part[dead[end]]
    end, near = end[other], near[other]
    apart: Any = shapely.distance(points[end], pieces.paths[near])
    order = np.lexsort((apart, end))
    end, near, apart = end[order], near[order], apart[order]
    first = np.concatenate([[True], np.diff(end) != 0]) if len(end) else np.zeros(0, bool)
    at = pieces.at_m[dead[end[first]]]
    return findings("gap", at, apart[first], crs, row=pieces.row[near[first]])


def islands(pieces: Pieces, crs: Any) -> pd.DataFrame:
    """Parts of the network beside the longest one: the length of each, where its first node is."""
    part, length = pieces.part_of(), pieces.length_m
    own = part[pieces.edges[:, 0]]
    metres = np.bincount(own, weights=length, minlength=int(part.max(initial=-1)) + 1)
    used = np.unique(own)
    rest = used[used != np.argmax(metres)] if len(used) else used
    first = pieces.edges[[int(np.argmax(own == one)) for one in rest], 0] if len(rest) else np.zeros(0, np.int64)
    return findings("island", pieces.at_m[first], metres[rest], crs)


def crossings(pieces: Pieces, bridge: Any, crs: Any) -> pd.DataFrame:
    """Pieces that cross without a junction, where neither is marked as a bridge: where they cross."""
    if not len(pieces.paths):
        return findings("crossing", np.zeros((0, 2)), np.zeros(0), crs)
    one, other = shapely.STRtree(pieces.paths).query(pieces.paths, predicate="crosses")
    once = (one < other) & ~bridge[pieces.row[one]] & ~bridge[pieces.row[other]]
    one, other = one[once], other[once]
    points = shapely.point_on_surface(shapely.intersection(pieces.paths[one], pieces.paths[other]))
    return findings("crossing", shapely.get_coordinates(points), np.zeros(len(one)), crs, row=pieces.row[one])


def mean_slope_percent(paths: Any, terrain: Any, crs: Any, step_m: float) -> Floats:
    """Climb and descent along each path over its length, sampled at a step; 0 without terrain or where it has holes. [%]"""
    if terrain is None or not len(paths):
        return np.zeros(len(paths))
    length = np.asarray(shapely.length(paths))
    count = np.maximum(np.ceil(length / step_m).astype(int), 1) + 1
    path = np.repeat(np.arange(len(paths)), count)
    step = np.arange(len(path)) - np.repeat(np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    points = shapely.line_interpolate_point(np.asarray(paths)[path], step / (count - 1)[path], normalized=True)
    x, y = shapely.get_coordinates(points).T
    if pyproj.CRS(crs) != pyproj.CRS(terrain.grid.crs):
        x, y = transformer(crs, terrain.grid.crs).transform(x, y)
    rise = np.abs(np.diff(terrain.height_at(x, y)))
    same = np.diff(path) == 0
    climb = np.bincount(path[1:][same], weights=np.nan_to_num(rise[same]), minlength=len(paths))
    return np.asarray(100.0 * climb / np.maximum(length, step_m), np.float64)
