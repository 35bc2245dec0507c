"""What connecting new sites costs: fibre along the roads, or one microwave hop to a mast in use, whichever is cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
import shapely.ops

from infraplan.arrays import Bools, Floats, Ints
from infraplan.backhaul.cheapest_ways import CheapestWays, cheapest_ways, piece_costs
from infraplan.backhaul.fibre_prices import EXISTING, SOURCE, FibrePrices, usual_fibre_prices
from infraplan.backhaul.microwave_hops import nearest_clear_masts
from infraplan.backhaul.network import NODE, BackhaulNetwork, point_faults
from infraplan.errors import DataError
from infraplan.geo.terrain import Terrain
from infraplan.outputs import types
from infraplan.tables.column_types import typed
from infraplan.tables.reprojection import to_plane, transformer

FIBRE, MICROWAVE, STRAIGHT, NONE = "fibre", "microwave", "straight", "none"
AMOUNTS = ("cost", "cost_low", "cost_high", "capex", "opex_per_year", "km")


@dataclass(frozen=True)
class _Way:
    """One way of connecting each site: `AMOUNTS` (infinite where there is none), where it leads to, and the node at which it is joined.

    `node`: -1 for none, -2 - k for a straight link from the k-th node of today's network.
    """

    amounts: Floats
    to: Any
    node: Ints


def site_connections(
    sites: gpd.GeoDataFrame,
    network: BackhaulNetwork,
    *,
    masts: gpd.GeoDataFrame | None = None,
    terrain: Terrain | None = None,
    prices: FibrePrices | None = None,
    unconnected: Literal["straight", "none"] = "straight",
    courses: bool = False,
) -> gpd.GeoDataFrame:
    """The connection of each new site: fibre along the roads, or one microwave hop, whichever is cheaper at typical prices.

    Each site is priced by itself. Sites that share a way pay for it each, and what is built for villages is not counted as there: the sum
    over several sites is at least what building them together costs. A further service on a mast in use needs no connection; such
    candidates do not belong into `sites`.

    Fibre: the cheapest way from today's network to the nearest point of a road or an existing line, and a straight link from there to the
    site; or a straight link from a node of today's network. Links are as long as in `backhaul_network`.

    Microwave: one hop to the nearest mast within `prices.microwave.most_km` whose line clears 0.6 of the first Fresnel zone over the
    terrain, with its clutter where it has any (`hop_clearance`). Dishes hang at the height of their structure, at most at
    `prices.microwave.height_m`. Without terrain there is no hop, as nothing says that a line is clear.

    Parameters
    ----------
    sites : GeoDataFrame
        Points with id and height_m.
    network : BackhaulNetwork
        Roads and nodes at typical prices (`backhaul_network`, with places or without).
    masts : GeoDataFrame, optional
        Existing sites with id, height_m and, where known, mast and status: those in use have a line of their own.
    terrain : Terrain, optional
        Ground, for the hops.
    prices : FibrePrices, optional
        Those of the network. Default: the presets.
    unconnected : {"straight", "none"}
        What a site gets that neither reaches: fibre along the straight line to the nearest node, by the factor of a link; or nothing.
    courses : bool
        Whether the geometry is the line of each connection. Default: the site's point.

    Returns
    -------
    GeoDataFrame
        One row a site, in EPSG:4326: id, connection (fibre, microwave, straight, none), connection_cost (over the years of the prices),
        connection_cost_low, connection_cost_high (the same connection), connection_capex, connection_opex_per_year, connection_km (as
        priced; of a hop its length), connection_to (a node or a mast), clearance (of a hop, in radii of the first Fresnel zone), link_m
        (straight distance to the nearest road or line). Without a connection the money is 0 and the kilometres are missing.

    Raises
    ------
    DataError
        Ids that are not unique, points without a place or a CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from infraplan.backhaul import backhaul_network, road_network, site_connections
    >>> line = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (9000, 0)])], crs="EPSG:4547")
    >>> node = gpd.GeoDataFrame({"id": ["N"]}, geometry=[Point(1000, 0)], crs="EPSG:4547")
    >>> network = backhaul_network(road_network(line, crs="EPSG:4547"), node.iloc[:0], node)
    >>> sites = gpd.GeoDataFrame({"id": ["A"], "height_m": [40.0]}, geometry=[Point(5000, 200)], crs="EPSG:4547")
    >>> site_connections(sites, network)[
    ...     ["id", "connection", "connection_cost", "connection_km", "connection_to"]
    ... ].values.tolist()
    [['A', 'fibre', 287500, 4.2, 'N']]
    """
    known = usual_fibre_prices() if prices is None else prices
    faults = point_faults(sites, "sites")
    if faults:
        raise DataError(faults)
    at = shapely.get_coordinates(np.asarray(to_plane(sites, network.crs).array)).reshape(-1, 2)
    links = _Links(network, known, at)
    ways = {FIBRE: _cheaper(links.along_roads(), links.from_node(only_within=True)), STRAIGHT: links.from_node(only_within=False)}
    heights = sites["height_m"].to_numpy(float)
    ways[MICROWAVE], clear, mast_at = _hops(network, at, heights, ways[FIBRE].amounts[:, 0], masts, terrain, known)
    fibre, hop = ways[FIBRE].amounts[:, 0], ways[MICROWAVE].amounts[:, 0]
    straight = np.isfinite(ways[STRAIGHT].amounts[:, 0]) & (unconnected == STRAIGHT)
    kind = np.where(np.isfinite(np.minimum(fibre, hop)), np.where(fibre <= hop, FIBRE, MICROWAVE), np.where(straight, STRAIGHT, NONE))
    columns: dict[str, Any] = {f"connection_{name}": np.full(len(at), np.nan) for name in AMOUNTS}
    to = np.full(len(at), "", object)
    for name, way in ways.items():
        own = kind == name
        to[own] = way.to[own]
        for column, values in zip(AMOUNTS, way.amounts.T, strict=True):
            columns[f"connection_{column}"][own] = values[own]
    money = [name for name in columns if name != "connection_km"]
    columns |= {name: np.rint(np.nan_to_num(columns[name])).astype(np.int64) for name in money}
    table = {"id": sites["id"].astype(str).to_numpy(object), "connection": kind, "connection_to": to, **columns}
    table |= {"clearance": np.where(kind == MICROWAVE, clear, np.nan), "link_m": np.where(np.isfinite(links.link_m), links.link_m, np.nan)}
    shapes: Any = shapely.points(at)
    if courses:
        shapes = _lines(network, links, kind, ways[FIBRE].node, ways[STRAIGHT].node, mast_at, at)
    lonlat = np.asarray(gpd.GeoSeries(shapes, crs=network.crs).to_crs(4326).array)
    plain = typed(pd.DataFrame(table), types("site_connections"))
    return gpd.GeoDataFrame(plain, geometry=shapely.set_precision(lonlat, 1e-6, mode="pointwise"), crs=4326)


class _Links:
    """The links of sites to a network: to the nearest road or existing line, and to the nearest node of today's network."""

    def __init__(self, network: BackhaulNetwork, prices: FibrePrices, at: Floats) -> None:
        self.network, self.prices, self.at = network, prices, at
        self.ways: CheapestWays = cheapest_ways(network)
        pieces = network.pieces
        self.values = _amounts(network, prices)
        self.sums = self.ways.sums(self.values)
        self.sums[:, 0] = self.ways.cost
        rows = np.flatnonzero((pieces.row >= 0) | (pieces.way == EXISTING))
        points: Any = shapely.points(at)
        self.piece, self.link_m = np.zeros(len(at), np.int64), np.full(len(at), np.inf)
        if len(rows) and len(at):
            (site, found), apart = shapely.STRtree(pieces.paths[rows]).query_nearest(points, return_distance=True, all_matches=False)
            self.piece[site], self.link_m[site] = rows[found], apart
        self.part = np.zeros(len(at))
        if len(rows):
            self.part = np.asarray(shapely.line_locate_point(pieces.paths[self.piece], points, normalized=True), np.float64)
        table = network.points[(network.points["kind"] == NODE) & (network.points["node"] >= 0)]
        self.nodes, self.node_ids = table["node"].to_numpy(np.int64), table["id"].to_numpy(object)
        self.near = np.full(len(at), -1)
        self.node_m = np.full(len(at), np.inf)
        if len(self.nodes) and len(at):
            tree = shapely.STRtree(shapely.points(pieces.at_m[self.nodes]))
            (site, found), apart = tree.query_nearest(points, return_distance=True, all_matches=False)
            self.near[site], self.node_m[site] = found, apart

    def along_roads(self) -> _Way:
        """Along the roads to the nearest point of a line, and the link from there."""
        pieces = self.network.pieces
        if not len(pieces.edges) or not len(self.at):
            return _Way(np.full((len(self.at), len(AMOUNTS)), np.inf), np.full(len(self.at), "", object), np.full(len(self.at), -1))
        ends = pieces.edges[self.piece]
        share = np.column_stack([self.part, 1.0 - self.part])
        whole = self.ways.cost[ends] + share * self.values[self.piece, :1]
        side = np.argmin(whole, axis=1)
        row = np.arange(len(ends))
        node, part = ends[row, side], share[row, side]
        amounts = self.sums[node] + part[:, None] * self.values[self.piece] + self._link(self.link_m)
        amounts[(self.link_m > self.prices.link.most_km * 1000.0) | ~np.isfinite(whole[row, side])] = np.inf
        name = dict(zip(self.nodes.tolist(), self.node_ids.tolist(), strict=True))
        to = np.array([name.get(one, "") for one in self.ways.start[node].tolist()], object)
        return _Way(amounts, to, node)

    def from_node(self, *, only_within: bool) -> _Way:
        """A straight link from the nearest node of today's network; `only_within` the distance up to which links are built."""
        amounts = self._link(self.node_m)
        amounts[~np.isfinite(self.node_m) | (only_within & (self.node_m > self.prices.link.most_km * 1000.0))] = np.inf
        to = np.full(len(self.at), "", object)
        known = self.near >= 0
        to[known] = self.node_ids[self.near[known]]
        node = np.full(len(self.at), -1)
        node[known] = -2 - self.near[known]
        return _Way(amounts, to, node)

    def _link(self, straight_m: Floats) -> Floats:
        """What links of some lengths cost, and their priced length."""
        link = self.prices.link
        metres = np.where(np.isfinite(straight_m), straight_m, 0.0)
        km = np.where(metres > link.within_m, metres * link.factor, metres) / 1000.0
        terms = self.prices.ways[link.way]
        a_km = [self.prices.per_km(link.way, level) for level in ("typical", "low", "high")]
        return np.asarray(km[:, None] * np.array([*a_km, terms.capex_per_km[1], terms.rent_per_km_year[1], 1.0]), np.float64)


def _amounts(network: BackhaulNetwork, prices: FibrePrices) -> Floats:
    """`AMOUNTS` of each piece. Low and high, capex and rent stand to its typical price as those of its way of building."""
    cost, way = piece_costs(network), network.pieces.way
    found = np.zeros((len(cost), len(AMOUNTS)))
    found[:, 0], found[:, 5] = cost, np.where(way == SOURCE, 0.0, network.length_m / 1000.0)
    for name, terms in prices.ways.items():
        own, typical = way == name, prices.per_km(name)
        if not own.any():
            continue
        km = network.length_m[own] / 1000.0 if typical == 0 else cost[own] / typical  # kilometres with the factors of class and slope
        a_km = (prices.per_km(name, "low"), prices.per_km(name, "high"), terms.capex_per_km[1], terms.rent_per_km_year[1])
        found[np.ix_(own, [1, 2, 3, 4])] = km[:, None] * np.array(a_km)
    return found


def _cheaper(one: _Way, other: _Way) -> _Way:
    """The cheaper of two ways, site by site."""
    second = other.amounts[:, 0] < one.amounts[:, 0]
    return _Way(
        np.where(second[:, None], other.amounts, one.amounts), np.where(second, other.to, one.to), np.where(second, other.node, one.node)
    )


def masts_in_use(masts: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """One row a mast in use: mast, height_m (of its highest antenna), geometry; sorted by mast."""
    if masts is None or not len(masts):
        return gpd.GeoDataFrame({"mast": [], "height_m": []}, geometry=[], crs=4326)
    used = masts[masts["status"] == "existing"] if "status" in masts else masts
    name = used["id"].astype(str)
    if "mast" in used:
        own = used["mast"].fillna("").astype(str)
        name = own.where(own != "", name)
    table = used.assign(mast=name, height_m=pd.to_numeric(used["height_m"], errors="coerce").fillna(0.0))
    highest = table.groupby("mast")["height_m"].max()
    first = table.drop_duplicates("mast").sort_values("mast", kind="stable", ignore_index=True)
    return gpd.GeoDataFrame(
        {"mast": first["mast"].to_numpy(), "height_m": highest.reindex(first["mast"]).to_numpy(float)},
        geometry=first.geometry.to_numpy(),
        crs=used.crs,
    )


def _hops(
    network: BackhaulNetwork, at: Floats, heights: Floats, fibre: Floats, masts: Any, terrain: Terrain | None, prices: FibrePrices
) -> tuple[_Way, Floats, Floats]:
    """The hop of each site for which it would be cheaper than fibre; its clearance; the place of its mast."""
    amounts = np.full((len(at), len(AMOUNTS)), np.inf)
    to, clear, mast_at = np.full(len(at), "", object), np.full(len(at), np.nan), np.full((len(at), 2), np.nan)
    terms, used = prices.microwave, masts_in_use(masts)
    rows = np.flatnonzero(fibre > prices.hop_cost())
    if terms is None or terrain is None or not len(used) or not len(rows):
        return _Way(amounts, to, np.full(len(at), -1)), clear, mast_at
    plane = shapely.get_coordinates(np.asarray(to_plane(used, network.crs).array)).reshape(-1, 2)
    most_m = terms.height_m
    found, apart, value = nearest_clear_masts(
        terrain, _onto(terrain, network.crs, at[rows]), np.minimum(heights[rows], most_m), _onto(terrain, network.crs, plane),
        np.minimum(used["height_m"].to_numpy(float), most_m), frequency_ghz=terms.frequency_ghz, most_km=terms.most_km,
    )  # fmt: skip
    there = found >= 0
    own = rows[there]
    money = [prices.hop_cost(level) for level in ("typical", "low", "high")]
    amounts[own] = np.array([*money, terms.capex[1], terms.opex_per_year[1], 0.0])
    amounts[own, 5] = apart[there] / 1000.0
    to[own] = used["mast"].to_numpy(object)[found[there]]
    clear[own], mast_at[own] = value[there], plane[found[there]]
    return _Way(amounts, to, np.full(len(at), -1)), clear, mast_at


def _onto(terrain: Terrain, crs: str, at: Floats) -> Floats:
    """Points of a plane in that of the terrain."""
    if pyproj.CRS(crs) == pyproj.CRS(terrain.grid.crs):
        return at
    return np.column_stack(transformer(crs, terrain.grid.crs).transform(*at.T))


def _lines(network: BackhaulNetwork, links: _Links, kind: Any, node: Ints, nearest: Ints, mast_at: Floats, at: Floats) -> Any:
    """The line of each connection, from the site; where there is none, its point."""
    pieces, found = network.pieces, np.empty(len(at), object)
    for row in range(len(at)):
        here = shapely.Point(at[row])
        end = node[row] if kind[row] == FIBRE else nearest[row]
        if kind[row] == MICROWAVE:
            found[row] = shapely.LineString([at[row], mast_at[row]])
        elif kind[row] == NONE:
            found[row] = here
        elif end < -1:
            found[row] = shapely.LineString([at[row], pieces.at_m[links.nodes[-2 - end]]])
        else:
            found[row] = _along(network, links, row, int(end), here)
    return found


def _along(network: BackhaulNetwork, links: _Links, row: int, node: int, here: shapely.Point) -> Any:
    """The link of a site, the part of the road where it meets it, and the way from there to today's network."""
    piece = network.pieces.paths[links.piece[row]]
    met = shapely.line_interpolate_point(piece, links.part[row], normalized=True)
    first = network.pieces.edges[links.piece[row], 0] == node
    begin, end = (0.0, float(links.part[row])) if first else (float(links.part[row]), 1.0)
    part = shapely.ops.substring(piece, begin, end, normalized=True)
    parts = [shapely.LineString([here, met]), part, *links.ways.course(network, node)]
    whole = [one for one in parts if one.geom_type == "LineString" and one.length > 0]
    return shapely.line_merge(shapely.MultiLineString(whole)) if whole else here


def needing(candidates: pd.DataFrame, masts: gpd.GeoDataFrame | None) -> Bools:
    """Which candidates stand on a new position: not on a mast in use, whose line serves a further service at no cost."""
    own = candidates["mast"].astype(str) if "mast" in candidates else candidates["id"].astype(str)
    return np.asarray(~own.isin(masts_in_use(masts)["mast"]), bool)


__all__ = ["masts_in_use", "needing", "site_connections"]
