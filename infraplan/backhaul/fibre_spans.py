"""The spans of a tree: pieces between villages, forks and nodes of today's network, each built in one way along one class of road."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.arrays import Ints
from infraplan.backhaul.fibre_prices import SOURCE
from infraplan.backhaul.network import NODE, BackhaulNetwork
from infraplan.backhaul.village_shares import RootedTree, below
from infraplan.outputs import types
from infraplan.tables.column_types import typed
from infraplan.tables.reprojection import transformer

VILLAGE, JOINT = "village", "joint"


def span_table(network: BackhaulNetwork, tree: RootedTree, villages: pd.DataFrame, steps: Ints, currency: str) -> gpd.GeoDataFrame:
    """What is built or rented, one row a span, in the order of building; with its course in EPSG:4326.

    Parameters
    ----------
    network : BackhaulNetwork
    tree : RootedTree
        From today's network to the villages.
    villages : DataFrame
        The villages in the order of building: id, households, county, county_name.
    steps : integer array, shape (nodes,)
        The turn in which the edge above each node is built, from 1.
    currency : str
    """
    pieces, node = network.pieces, network.nodes_of(villages["id"])
    wanted, people = np.zeros(len(tree.parent)), np.zeros(len(tree.parent))
    wanted[node], people[node] = 1.0, villages["households"].to_numpy(float)
    count, homes = below(tree, wanted), below(tree, people)
    names, children = node_names(network), tree.children
    span: dict[int, int] = {}
    members: list[list[int]] = []
    for at in tree.order[1:].tolist():
        if pieces.way[tree.up[at]] == SOURCE:
            continue
        above, edge = int(tree.parent[at]), int(tree.up[at])
        before = int(tree.up[above])
        goes_on = above in span and children[above] == 1 and not wanted[above] and above not in names
        if goes_on and pieces.way[edge] == pieces.way[before] and pieces.road[edge] == pieces.road[before]:
            span[at] = span[above]
            members[span[at]].append(at)
        else:
            span[at] = len(members)
            members.append([at])
    rows: list[dict[str, Any]] = []
    for nodes in members:
        first, last, edges = nodes[0], nodes[-1], tree.up[nodes]
        turn = int(steps[first])
        rows.append({
            "county": villages["county"].iloc[turn - 1] if turn else "",
            "county_name": villages["county_name"].iloc[turn - 1] if turn else "", "way": pieces.way[edges[0]],
            "road": pieces.road[edges[0]],
            "span_km": network.length_m[edges].sum() / 1000.0, "cost": network.cost[edges].sum(), "villages": count[first],
            "households": homes[first], "order": turn, "from_node": _named(names, int(tree.parent[first])), "to_node": _named(names, last),
            "currency": currency, "path": _course(network, tree, nodes),
        })  # fmt: skip
    _name_joints(rows, set(names.values()))
    rows = sorted((row for row in rows if row["cost"] > 0 or row["span_km"] > 0), key=lambda row: row["order"])
    table = pd.DataFrame([{"id": f"S{number:05d}", **row} for number, row in enumerate(rows, start=1)])
    courses = gpd.GeoSeries(list(table["path"]) if len(table) else [], crs=network.crs).to_crs(4326)
    plain = typed(table.drop(columns="path") if len(table) else [], types("backhaul_spans"))
    return gpd.GeoDataFrame(plain, geometry=shapely.set_precision(np.asarray(courses.array), 1e-6, mode="pointwise"), crs=4326)


def node_table(network: BackhaulNetwork, spans: gpd.GeoDataFrame, villages: pd.DataFrame) -> gpd.GeoDataFrame:
    """The ends of spans: nodes of today's network, villages and joints, in EPSG:4326."""
    used = sorted({*spans["from_node"], *spans["to_node"]})
    number = {name: node for node, name in node_names(network).items()}
    households = dict(zip(villages["id"], villages["households"], strict=True))
    free = set(network.points.loc[network.points["kind"] == NODE, "id"])
    rows, at = [], []
    for name in used:
        node = number[name] if name in number else int(name[1:])
        kind = VILLAGE if name in households else NODE if name in free else JOINT
        rows.append({"id": name, "kind": kind, "households": households.get(name, 0)})
        at.append(network.pieces.at_m[node])
    x, y = np.array(at, np.float64).reshape(-1, 2).T
    lon, lat = transformer(network.crs, 4326).transform(x, y)
    points = gpd.points_from_xy(np.round(lon, 6), np.round(lat, 6))
    return gpd.GeoDataFrame(typed(rows, types("backhaul_nodes")), geometry=points, crs=4326)


def node_names(network: BackhaulNetwork) -> dict[int, str]:
    """Ids of the points, by the number of their node."""
    known = network.points[network.points["node"] >= 0]
    return dict(zip(known["node"].tolist(), known["id"].tolist(), strict=True))


def _name_joints(rows: list[dict[str, Any]], known: set[str]) -> None:
    """A joint at which a point lies without any link bears the name of the point: a span of no length is no row."""
    other: dict[str, str] = {}
    for row in rows:
        if row["cost"] == 0 and row["span_km"] == 0:
            ends = (row["from_node"], row["to_node"])
            for joint, point in (ends, ends[::-1]):
                if joint not in known and point in known:
                    other.setdefault(joint, point)
    for row in rows:
        row["from_node"], row["to_node"] = (other.get(row[name], row[name]) for name in ("from_node", "to_node"))


def _named(names: dict[int, str], node: int) -> str:
    return names.get(node, f"J{node}")


def _course(network: BackhaulNetwork, tree: RootedTree, nodes: list[int]) -> shapely.LineString:
    """The course of a span, from today's network outward."""
    corners: list[tuple[float, float]] = []
    for node in nodes:
        edge = int(tree.up[node])
        line = shapely.get_coordinates(network.pieces.paths[edge])[:, :2].tolist()
        corners += line if network.pieces.edges[edge, 1] == node else line[::-1]
    return shapely.remove_repeated_points(shapely.LineString(corners), 0.001)
