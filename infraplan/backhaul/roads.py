"""Lines of roads as a network with prices: where they meet, what building along each costs, and what was found on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from infraplan.arrays import Bools
from infraplan.backhaul.fibre_prices import EXISTING, FERRY, UNKNOWN, FibrePrices, usual_fibre_prices
from infraplan.backhaul.findings import all_findings, crossings, findings, gaps, islands, mean_slope_percent
from infraplan.backhaul.pieces import Objects, Pieces, merged, pieces_of
from infraplan.errors import DataError, Fault
from infraplan.messages import both
from infraplan.tables.reprojection import to_plane

TOLERANCE_M = 5.0
"""A dead end this near to another line is joined to it, and counted as a finding. [m]"""
GAP_M = 200.0
"""A dead end this near to another part of the network is reported as a gap. [m]"""
NEAR_LINE_M = 50.0
"""A junction of roads this near to an existing line of fibre can be joined to it. [m]"""
SLOPE_STEP_M = 100.0


@dataclass(frozen=True)
class RoadNetwork:
    """Roads, and existing lines of fibre, as pieces between nodes in a plane.

    Attributes
    ----------
    crs : str
        The plane, in metres.
    pieces : Pieces
        Their nodes, courses, ways of building and prices a kilometre.
    findings : DataFrame
        kind, id, lon, lat, length_m, row (of the layer, from 1): what was joined and what was not.
    """

    crs: str
    pieces: Pieces
    findings: pd.DataFrame


def road_network(
    roads: gpd.GeoDataFrame,
    *,
    crs: str,
    prices: FibrePrices | None = None,
    fibre: gpd.GeoDataFrame | None = None,
    terrain: Any = None,
    level: str = "typical",
    tolerance_m: float = TOLERANCE_M,
    gap_m: float = GAP_M,
    near_line_m: float = NEAR_LINE_M,
    file: str = "roads",
) -> RoadNetwork:
    """The network of some lines of roads, and of existing fibre.

    Two lines meet where both have a vertex, and where the end of one lies within `tolerance_m` of the other. Lines that cross without a
    vertex do not meet.

    Parameters
    ----------
    roads : GeoDataFrame
        Lines in any CRS; the columns `road_class` (a word of the prices' `classes`) and `bridge` where there are any.
    crs : str
        The plane of the network, in metres, such as that of a study's grid.
    prices : FibrePrices, optional
        Default: those of the presets.
    fibre : GeoDataFrame, optional
        Existing lines of fibre, rented by the kilometre. They are joined to junctions of roads within `near_line_m`.
    terrain : Terrain, optional
        Ground, for the slope along each road; without it a road counts as level.
    level : {"low", "typical", "high"}
        Which figures of the prices count.
    tolerance_m, gap_m, near_line_m : float
        Distances up to which ends are joined, gaps reported, existing lines joined. [m]
    file : str
        What a fault calls the layer.

    Returns
    -------
    RoadNetwork

    Raises
    ------
    DataError
        A plane in degrees, lines without a CRS or with coordinates that are degrees, no line at all.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from infraplan.backhaul import road_network
    >>> lines = [LineString([(0, 0), (1000, 0)]), LineString([(500, 2), (500, 800)]), LineString([(1150, 0), (2000, 0)])]
    >>> roads = gpd.GeoDataFrame({"road_class": ["村道"] * 3}, geometry=lines, crs="EPSG:4547")
    >>> network = road_network(roads, crs="EPSG:4547")
    >>> network.findings[["kind", "length_m"]].values.tolist()
    [['joined', 2.0], ['gap', 150.0], ['gap', 150.0], ['island', 850.0]]
    """
    known = usual_fibre_prices() if prices is None else prices
    lines, row, given = _lines_of(roads, crs, file)
    words = _column(given, "road_class", "").fillna("").astype(str).to_numpy(object)[row]
    bridge = _truths(_column(given, "bridge", False))[row]
    road, way, price = priced(words, bridge, known, level)
    ferry = road == FERRY
    found = [
        findings("ferry", _starts(lines[ferry]), shapely.length(lines[ferry]), crs, row=row[ferry]),
        _unknown(lines, words, road, row, crs),
    ]
    slope = known.slope_factor(mean_slope_percent(lines, terrain, crs, SLOPE_STEP_M))
    keep = ~ferry
    pieces = pieces_of(lines[keep], way[keep], road[keep], (price * slope)[keep], row[keep])
    pieces, joined = _joined(pieces, tolerance_m, crs)
    whole_bridge = np.zeros(len(given) + 1, bool)
    whole_bridge[row[bridge]] = True
    found += [joined, gaps(pieces, gap_m, crs), islands(pieces, crs), crossings(pieces, whole_bridge, crs)]
    if fibre is not None and len(fibre):
        pieces = _with_fibre(pieces, fibre, crs, known, level, tolerance_m, near_line_m)
    return RoadNetwork(crs, pieces, all_findings(found))


def priced(words: Objects, bridge: Bools, prices: FibrePrices, level: str) -> tuple[Objects, Objects, Any]:
    """Class, way of building and price a kilometre of each line, from the layer's word."""
    kinds = {
        (word, over): _along(prices, word, over, level) for word, over in dict.fromkeys(zip(words.tolist(), bridge.tolist(), strict=True))
    }
    rows = [kinds[key] for key in zip(words.tolist(), bridge.tolist(), strict=True)]
    road, way = np.empty(len(rows), object), np.empty(len(rows), object)
    road[:], way[:] = [one[0] for one in rows], [one[1] for one in rows]
    return road, way, np.array([one[2] for one in rows], np.float64)


def _along(prices: FibrePrices, word: str, over: bool, level: str) -> tuple[str, str, float]:
    return (FERRY, "", 0.0) if prices.class_of(word) == FERRY else prices.along(word, bridge=over, level=level)


def _lines_of(roads: gpd.GeoDataFrame, crs: str, file: str) -> tuple[Objects, Any, gpd.GeoDataFrame]:
    """Single lines in the plane, the row of each, and the layer; a DataError where their places cannot be known."""
    if pyproj.CRS(crs).is_geographic:
        raise DataError(_fault("plane_in_degrees", file, value=pyproj.CRS(crs).name))
    if getattr(roads, "crs", None) is None:
        raise DataError(_fault("roads_without_crs", file))
    bounds = np.abs(roads.total_bounds)
    if (
        not roads.crs.is_geographic
        and len(roads)
        and np.isfinite(bounds).all()
        and (bounds[[0, 2]] <= 180).all()
        and (bounds[[1, 3]] <= 90).all()
    ):
        raise DataError(_fault("roads_in_degrees", file, value=", ".join(f"{one:.4f}" for one in roads.total_bounds), crs=roads.crs.name))
    shapes = np.asarray(to_plane(roads, crs).array)
    parts, row = shapely.get_parts(shapes, return_index=True)
    good = np.isin(shapely.get_type_id(parts), (1, 2)) & (shapely.length(parts) > 0)
    if not good.any():
        raise DataError(_fault("no_roads", file))
    return np.asarray(parts[good], object), row[good], roads


def _joined(pieces: Pieces, tolerance_m: float, crs: str) -> tuple[Pieces, pd.DataFrame]:
    """Dead ends within the tolerance of another node or line are joined to it; where, and how far apart they were."""
    dead = np.flatnonzero(pieces.degree() == 1)
    if not len(dead) or tolerance_m <= 0:
        return pieces, findings("joined", np.zeros((0, 2)), np.zeros(0), crs)
    points: Any = shapely.points(pieces.at_m[dead])
    tree = shapely.STRtree(pieces.paths)
    end, near = tree.query(points, predicate="dwithin", distance=tolerance_m)
    other = (pieces.edges[near] != dead[end][:, None]).all(axis=1)
    end, near = end[other], near[other]
    apart: Any = shapely.distance(points[end], pieces.paths[near])
    order = np.lexsort((near, apart, end))
    end, near, apart = end[order], near[order], apart[order]
    first = np.concatenate([[True], np.diff(end) != 0]) if len(end) else np.zeros(0, bool)
    end, near, apart = end[first], near[first], apart[first]
    at, node = pieces.at_m[dead[end]], dead[end]
    along = shapely.line_locate_point(pieces.paths[near], points[end])
    snapped = _end_within(pieces, near, along, tolerance_m)
    pieces, met = pieces.cut(near, snapped)
    pairs = np.column_stack([node, met])
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    if len(pairs):
        pieces, _ = merged(pieces, pairs)
    mutual = pd.DataFrame(np.sort(np.column_stack([node, met]), axis=1)).duplicated().to_numpy()
    return pieces, findings("joined", at[~mutual], apart[~mutual], crs)


def _end_within(pieces: Pieces, which: Any, along: Any, tolerance_m: float) -> Any:
    """Points along pieces, moved to an end that lies within the tolerance: a junction is not cut twice."""
    length = shapely.length(pieces.paths[which])
    along = np.where(along <= tolerance_m, 0.0, along)
    return np.where(along >= length - tolerance_m, length, along)


def _with_fibre(
    pieces: Pieces, fibre: gpd.GeoDataFrame, crs: str, prices: FibrePrices, level: str, tolerance_m: float, near_line_m: float
) -> Pieces:
    """Existing lines as pieces of the network, joined by short links to the junctions of roads that they pass."""
    lines, row, _ = _lines_of(fibre, crs, "fibre")
    count = len(lines)
    own = pieces_of(
        lines, np.full(count, EXISTING, object), np.full(count, "", object), np.full(count, prices.per_km(EXISTING, level)), row
    )
    own, _ = _joined(own, tolerance_m, crs)
    nodes = np.unique(pieces.edges)
    points: Any = shapely.points(pieces.at_m[nodes])
    point, line = shapely.STRtree(own.paths).query_nearest(points, max_distance=near_line_m, all_matches=False)
    along: Any = shapely.line_locate_point(own.paths[line], points[point])
    own, met = own.cut(line, along)
    base = len(pieces.at_m)
    whole = pieces.with_more(own.edges + base, own.paths, own.way, own.road, own.price, -1, own.at_m)
    links: Any = shapely.linestrings(np.stack([pieces.at_m[nodes[point]], own.at_m[met]], axis=1))
    way = prices.link.way
    return whole.with_more(np.column_stack([nodes[point], met + base]), links, way, "", prices.per_km(way, level))


def _unknown(lines: Objects, words: Objects, road: Objects, row: Any, crs: str) -> pd.DataFrame:
    """One finding for each word of the layer that no class has: its length in all, and its first place."""
    parts = []
    for word in sorted(set(words[road == UNKNOWN].tolist())):
        own = np.flatnonzero((words == word) & (road == UNKNOWN))
        metres = float(shapely.length(lines[own]).sum())
        parts.append(findings("class_unknown", _starts(lines[own[:1]]), metres, crs, ids=word, row=row[own[:1]]))
    return all_findings(parts)


def _starts(lines: Objects) -> Any:
    return np.array([line.coords[0][:2] for line in lines]).reshape(-1, 2)


def _column(table: Any, name: str, default: Any) -> pd.Series:
    return table[name].reset_index(drop=True) if name in table else pd.Series([default] * len(table))


def _truths(column: pd.Series) -> Bools:
    """yes, true, 1, 是 as True; anything else, nothing too, as False."""
    return column.astype(str).str.strip().str.lower().isin(["yes", "true", "1", "1.0", "是", "有", "viaduct", "t"]).to_numpy(bool)


def _fault(key: str, file: str, value: object = "", **values: object) -> Fault:
    return Fault(file, both(f"backhaul.{key}", **values), both(f"backhaul.{key}_fix", **values), rule=f"backhaul-{key}", value=str(value))
