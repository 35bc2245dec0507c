"""A network as a graph of networkx, and back: for those who exchange graphs, or want another algorithm beside ours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from infraplan.backhaul.findings import all_findings
from infraplan.backhaul.network import BackhaulNetwork
from infraplan.backhaul.pieces import Pieces
from infraplan.errors import UsageError
from infraplan.extras import require
from infraplan.messages import both

EDGE = ("cost", "length_m", "way", "road")
"""What each edge has to say to become a piece again."""


def to_networkx(network: BackhaulNetwork) -> Any:
    """The network as a `networkx.MultiGraph`.

    Nodes carry x, y (metres of the plane), and id and kind where a point is joined there; edges carry cost, length_m, way, road, price,
    row and path (a LineString). The graph carries crs and source.

    Examples
    --------
    >>> import networkx as nx
    >>> from infraplan.backhaul import from_networkx, to_networkx
    >>> graph = nx.MultiGraph(crs="EPSG:4547", source="N")
    >>> graph.add_nodes_from([("N", {"x": 0.0, "y": 0.0}), ("A", {"x": 3000.0, "y": 0.0, "id": "A", "kind": "place"})])
    >>> _ = graph.add_edge("N", "A", cost=187_500.0, length_m=3000.0, way="aerial", road="village")
    >>> to_networkx(from_networkx(graph)).size(weight="cost")
    187500.0
    """
    require("networkx")
    import networkx as nx

    graph = nx.MultiGraph(crs=network.crs, source=network.source)
    for node, (x, y) in enumerate(network.pieces.at_m.tolist()):
        graph.add_node(node, x=x, y=y)
    for one in network.points.to_dict("records"):
        if one["node"] >= 0:
            graph.nodes[one["node"]].update(id=one["id"], kind=one["kind"], link_m=one["link_m"])
    pieces = network.pieces
    columns = {"cost": network.cost, "length_m": network.length_m, "way": pieces.way, "road": pieces.road, "price": pieces.price,
               "row": pieces.row, "path": pieces.paths}  # fmt: skip
    lists = {name: list(values) if name == "path" else values.tolist() for name, values in columns.items()}
    for number, (one, other) in enumerate(pieces.edges.tolist()):
        graph.add_edge(one, other, **{name: values[number] for name, values in lists.items()})
    return graph


def from_networkx(graph: Any) -> BackhaulNetwork:
    """A network from a graph of networkx with the attributes that `to_networkx` writes.

    Needed are x and y of each node, cost, length_m, way and road of each edge, crs and source of the graph. A missing one is a
    `UsageError`. Nodes may have any names; they are numbered in their order.
    """
    nodes = list(graph.nodes)
    number = {node: at for at, node in enumerate(nodes)}
    for name in ("crs", "source"):
        if name not in graph.graph:
            raise UsageError(both("backhaul.graph_without", what="graph", name=name))
    for node, values in graph.nodes(data=True):
        if "x" not in values or "y" not in values:
            raise UsageError(both("backhaul.graph_without", what=str(node), name="x, y"))
    edges, rows = [], []
    for one, other, values in graph.edges(data=True):
        lacking = [name for name in EDGE if name not in values]
        if lacking:
            raise UsageError(both("backhaul.graph_without", what=f"{one} - {other}", name=", ".join(lacking)))
        ends = (number[one], number[other])
        path = values.get("path")
        if path is not None and ends[0] != ends[1] and not np.allclose(path.coords[0][:2], _at(graph, one), equal_nan=True):
            ends = (ends[1], ends[0])
        edges.append(ends)
        rows.append(values)
    at = np.array([_at(graph, node) for node in nodes], np.float64).reshape(-1, 2)
    paths = np.empty(len(rows), object)
    paths[:] = [values.get("path", shapely.LineString(np.nan_to_num(at[list(ends)]))) for values, ends in zip(rows, edges, strict=True)]
    way, road = np.empty(len(rows), object), np.empty(len(rows), object)
    way[:], road[:] = [values["way"] for values in rows], [values["road"] for values in rows]
    cost, length = (np.array([values[name] for values in rows], np.float64) for name in ("cost", "length_m"))
    price = np.array([values.get("price", 0.0) for values in rows], np.float64)
    row = np.array([values.get("row", -1) for values in rows], np.int64)
    pieces = Pieces(at, np.array(edges, np.int64).reshape(-1, 2), paths, way, road, price, row)
    points = [
        {"id": str(values["id"]), "kind": values.get("kind", "place"), "node": number[node], "link_m": values.get("link_m", 0.0)}
        for node, values in graph.nodes(data=True)
        if "id" in values
    ]
    table = pd.DataFrame(points, columns=["id", "kind", "node", "link_m"])
    return BackhaulNetwork(graph.graph["crs"], pieces, length, cost, number[graph.graph["source"]], table, all_findings([]))


def _at(graph: Any, node: Any) -> tuple[float, float]:
    return graph.nodes[node]["x"], graph.nodes[node]["y"]
