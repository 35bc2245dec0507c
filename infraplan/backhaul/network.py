"""A network to be planned on: roads, the nodes of today's network joined to one source, and the places to be connected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.arrays import Bools, Floats, Ints
from infraplan.backhaul.fibre_prices import SOURCE, FibrePrices, usual_fibre_prices
from infraplan.backhaul.findings import all_findings, findings
from infraplan.backhaul.pieces import Objects, Pieces
from infraplan.backhaul.roads import RoadNetwork
from infraplan.backhaul.steiner import SteinerProblem
from infraplan.errors import DataError, Fault
from infraplan.messages import both
from infraplan.tables.reprojection import to_plane

NODE, PLACE = "node", "place"
NAMED = 20


@dataclass(frozen=True)
class BackhaulNetwork:
    """Pieces of line with whole costs, and the points joined to them.

    Attributes
    ----------
    crs : str
        The plane, in metres.
    pieces : Pieces
        Roads, existing lines, links to points, and pieces of no length that join the nodes of today's network to `source`.
    length_m, cost : arrays, shape (m,)
        Of each piece; a link counts with its factor. Costs are whole units of money.
    source : int
        The node that stands for today's network.
    points : DataFrame
        id, kind (`node` of today's network, or `place`), node (its number; -1 where it is too far from any line), link_m (straight).
    findings : DataFrame
        Those of the roads, and of the points.
    """

    crs: str
    pieces: Pieces
    length_m: Floats
    cost: Floats
    source: int
    points: pd.DataFrame
    findings: pd.DataFrame

    @property
    def places(self) -> pd.DataFrame:
        """The points to be connected."""
        return self.points[self.points["kind"] == PLACE].reset_index(drop=True)

    def reached(self, ids: Iterable[str] | None = None) -> Bools:
        """Of each place (or of those named, in their order): whether lines lead from it to today's network."""
        part = self.pieces.part_of()
        own = self.places if ids is None else self._rows(ids)
        node = own["node"].to_numpy()
        return np.asarray((node >= 0) & (part[node] == part[self.source]), bool)

    def nodes_of(self, ids: Iterable[str]) -> Ints:
        """The nodes of some places."""
        return self._rows(ids)["node"].to_numpy(np.int64)

    def problem(self, ids: Iterable[str] | None = None) -> SteinerProblem:
        """The problem of the cheapest tree that joins some places (default: all) to today's network.

        Raises
        ------
        DataError
            A certificate: each place that no line leads to is named.
        """
        wanted = list(self.places["id"]) if ids is None else list(ids)
        lost = np.flatnonzero(~self.reached(wanted))
        if len(lost):
            raise DataError(self.certificate([wanted[row] for row in lost]))
        return SteinerProblem(self.pieces.edges, self.cost, self.nodes_of(wanted), root=self.source)

    def certificate(self, lost: list[str]) -> Fault:
        """Which places no line joins to today's network."""
        named = ", ".join(lost[:NAMED]) + (" ..." if len(lost) > NAMED else "")
        no_node = not (self.points["kind"] == NODE).any()
        key = "no_fibre_node" if no_node else "places_apart"
        values = {"count": len(lost), "places": named}
        return Fault(
            "backhaul",
            both(f"backhaul.{key}", **values),
            both(f"backhaul.{key}_fix"),
            f"backhaul-{key}",
            column="id",
            value=lost[0],
            count=len(lost),
        )

    def _rows(self, ids: Iterable[str]) -> pd.DataFrame:
        return self.places.set_index("id").loc[list(ids)].reset_index()


def backhaul_network(
    roads: RoadNetwork,
    places: gpd.GeoDataFrame,
    nodes: gpd.GeoDataFrame,
    *,
    prices: FibrePrices | None = None,
    level: str = "typical",
    place_file: str = "places",
    node_file: str = "fibre_nodes",
) -> BackhaulNetwork:
    """Roads with the places to be connected and the nodes of today's network.

    Each point is joined to the nearest point of a line, which is cut there, by a straight link: as long as the distance within
    `prices.link.within_m`, times `factor` beyond, and none beyond `most_km`.

    Parameters
    ----------
    roads : RoadNetwork
        `road_network(...)`.
    places, nodes : GeoDataFrame
        Points with a CRS and an `id`: what is to be connected, and where today's network ends.
    prices : FibrePrices, optional
        Default: those of the presets.
    level : {"low", "typical", "high"}
        Which figures of the prices count.
    place_file, node_file : str
        What a fault calls the layers.

    Returns
    -------
    BackhaulNetwork

    Raises
    ------
    DataError
        Ids that are not unique, points without a place: every fault of both layers at once.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from infraplan.backhaul import backhaul_network, road_network, solve
    >>> line = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (9000, 0)])], crs="EPSG:4547")
    >>> villages = gpd.GeoDataFrame({"id": ["A", "B"]}, geometry=[Point(2000, 100), Point(7000, 0)], crs="EPSG:4547")
    >>> node = gpd.GeoDataFrame({"id": ["N"]}, geometry=[Point(1000, 0)], crs="EPSG:4547")
    >>> network = backhaul_network(road_network(line, crs="EPSG:4547"), villages, node)
    >>> tree = solve(network.problem())
    >>> round(network.length_m[tree.edges].sum()), tree.cost
    (6100, 418750.0)
    """
    known = usual_fibre_prices() if prices is None else prices
    faults = [*point_faults(places, place_file), *point_faults(nodes, node_file)]
    if faults:
        raise DataError(faults)
    both_layers = (nodes, places)
    kind = np.concatenate([np.full(len(layer), name, object) for layer, name in zip(both_layers, (NODE, PLACE), strict=True)])
    ids = np.concatenate([layer["id"].astype(str).to_numpy(object) for layer in both_layers])
    points = np.concatenate([np.asarray(to_plane(layer, roads.crs).array) for layer in both_layers])
    pieces, link = roads.pieces, known.link
    piece, straight = _nearest(pieces, points)
    near = straight <= link.most_km * 1000.0
    rows = np.flatnonzero(near)
    along = shapely.line_locate_point(pieces.paths[piece[rows]], points[rows])
    pieces, met = pieces.cut(piece[rows], along)
    own = len(pieces.at_m) + np.arange(len(rows))
    at = shapely.get_coordinates(points[rows]).reshape(-1, 2)
    paths: Any = shapely.linestrings(np.stack([at, pieces.at_m[met]], axis=1)) if len(rows) else np.zeros(0, object)
    first_link = len(pieces.edges)
    pieces = pieces.with_more(np.column_stack([own, met]), paths, link.way, "", known.per_km(link.way, level), at_m=at)
    number = np.full(len(points), -1)
    number[rows] = own
    is_node = (kind == NODE) & near
    source = len(pieces.at_m)
    free = number[is_node]
    pieces = pieces.with_more(
        np.column_stack([free, np.full(len(free), source)]), _no_length(pieces.at_m[free]), SOURCE, "", 0.0, at_m=np.full((1, 2), np.nan)
    )
    length = pieces.length_m
    longer = np.where(straight[rows] > link.within_m, straight[rows] * link.factor, straight[rows])
    length[first_link : first_link + len(rows)] = longer
    table = pd.DataFrame({"id": ids, "kind": kind, "node": number, "link_m": np.round(straight, 1)})
    network = BackhaulNetwork(
        roads.crs, pieces, length, np.rint(length / 1000.0 * pieces.price), source, table, all_findings([roads.findings])
    )
    return _with_findings(network, points, straight, near, link)


def _with_findings(network: BackhaulNetwork, points: Objects, straight: Floats, near: Bools, link: Any) -> BackhaulNetwork:
    """The network with what was noticed of its points: far from roads, off the network, in a part without fibre."""
    ids, at = network.points["id"].to_numpy(object), shapely.get_coordinates(points).reshape(-1, 2)
    off_road, off = near & (straight > link.within_m), ~near
    part, node = network.pieces.part_of(), network.points["node"].to_numpy()
    apart = near & (network.points["kind"] == PLACE).to_numpy() & (part[node] != part[network.source])
    found = [network.findings]
    for kind, rows in (("off_road", off_road), ("off_network", off), ("without_fibre", apart)):
        found.append(findings(kind, at[rows], straight[rows], network.crs, ids=ids[rows]))
    return replace(network, findings=all_findings(found))


def _nearest(pieces: Pieces, points: Objects) -> tuple[Ints, Floats]:
    """The nearest piece of each point and how far it is; infinitely far without a piece. [m]"""
    piece, straight = np.zeros(len(points), np.int64), np.full(len(points), np.inf)
    if len(points) and len(pieces.paths):
        (row, found), apart = shapely.STRtree(pieces.paths).query_nearest(points, return_distance=True, all_matches=False)
        piece[row], straight[row] = found, apart
    return piece, straight


def _no_length(at_m: Floats) -> Objects:
    return np.asarray(shapely.linestrings(np.stack([at_m, at_m], axis=1)), object) if len(at_m) else np.zeros(0, object)


def point_faults(points: gpd.GeoDataFrame, file: str) -> list[Fault]:
    """Points without a CRS, a place or an id of their own: one fault a kind, with the first row."""
    if getattr(points, "crs", None) is None:
        return [_fault("points_without_crs", file)]
    found = []
    shapes = np.asarray(points.geometry.array)
    bad = shapely.is_missing(shapes) | shapely.is_empty(shapes) | (shapely.get_type_id(shapes) != 0)
    if bad.any():
        found.append(_fault("not_a_point", file, np.flatnonzero(bad), column="geometry"))
    ids = points["id"].astype(str).reset_index(drop=True) if "id" in points else pd.Series([""] * len(points))
    twice = ids.duplicated(keep="first").to_numpy() & (ids != "").to_numpy()
    if twice.any():
        rows = np.flatnonzero(twice)
        found.append(
            _fault("id_twice", file, rows, column="id", value=ids[rows[0]], first=int((ids == ids[rows[0]]).to_numpy().argmax()) + 1)
        )
    empty = (ids == "").to_numpy()
    if empty.any():
        found.append(_fault("id_empty", file, np.flatnonzero(empty), column="id"))
    return found


def _fault(key: str, file: str, rows: Any = (), column: str = "", value: object = "", **values: object) -> Fault:
    row = int(rows[0]) + 1 if len(rows) else None
    message, fix = both(f"backhaul.{key}", **values), both(f"backhaul.{key}_fix")
    return Fault(file, message, fix, rule=f"backhaul-{key}", row=row, column=column, value=str(value), count=max(len(rows), 1))
