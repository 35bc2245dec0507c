"""The cheapest way from today's network to every node of a network, and what adds up along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from infraplan.arrays import Floats, Ints
from infraplan.backhaul.network import BackhaulNetwork


@dataclass(frozen=True)
class CheapestWays:
    """The tree of cheapest ways from today's network.

    Attributes
    ----------
    cost : array, shape (nodes,)
        Of the way to each node; infinite where none leads to it. Not rounded.
    parent, up : integer arrays, shape (nodes,)
        The node before, and the piece that leads from it; -1 at today's network and where no way leads.
    start : integer array, shape (nodes,)
        The node of today's network at which the way begins; -1 where none leads.
    """

    cost: Floats
    parent: Ints
    up: Ints
    start: Ints

    def sums(self, values: Floats) -> Floats:
        """Values of pieces added up along the way to each node: shape (nodes, k) of values of shape (pieces, k); 0 where none leads."""
        return np.asarray(_sums(self.parent, self.up, np.ascontiguousarray(values, np.float64)), np.float64)

    def course(self, network: BackhaulNetwork, node: int) -> list[shapely.LineString]:
        """The pieces of the way to a node, from it back to today's network."""
        found, at = [], int(node)
        while self.up[at] >= 0:
            path = network.pieces.paths[self.up[at]]
            if path.length > 0:
                found.append(path)
            at = int(self.parent[at])
        return found


def piece_costs(network: BackhaulNetwork) -> Floats:
    """What each piece costs, not rounded."""
    return np.asarray(network.length_m / 1000.0 * network.pieces.price, np.float64)


def cheapest_ways(network: BackhaulNetwork) -> CheapestWays:
    """The cheapest ways from today's network to all nodes.

    Parameters
    ----------
    network : BackhaulNetwork
        `backhaul_network(...)`.

    Returns
    -------
    CheapestWays

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from infraplan.backhaul import backhaul_network, road_network
    >>> from infraplan.backhaul.cheapest_ways import cheapest_ways
    >>> line = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (9000, 0)])], crs="EPSG:4547")
    >>> node = gpd.GeoDataFrame({"id": ["N"]}, geometry=[Point(1000, 0)], crs="EPSG:4547")
    >>> network = backhaul_network(road_network(line, crs="EPSG:4547"), node.iloc[:0], node)
    >>> cheapest_ways(network).cost.round().tolist()
    [68750.0, 550000.0, 0.0, 0.0, 0.0]
    """
    edges, cost, count = network.pieces.edges, piece_costs(network), len(network.pieces.at_m)
    tail, head = np.concatenate([edges[:, 0], edges[:, 1]]), np.concatenate([edges[:, 1], edges[:, 0]])
    piece = np.concatenate([np.arange(len(edges))] * 2)
    order = np.lexsort((piece, cost[piece], head, tail))
    tail, head, piece = tail[order], head[order], piece[order]
    key = tail * count + head
    first = np.concatenate([[True], np.diff(key) != 0]) & (tail != head) if len(key) else np.zeros(0, bool)
    tail, head, piece, key = tail[first], head[first], piece[first], key[first]
    begin = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=count))])
    graph: Any = csr_array((cost[piece], head, begin), shape=(count, count))
    from_one: Any = np.array(network.source)
    far, before = dijkstra(graph, directed=True, indices=from_one, return_predecessors=True)
    parent = np.where(before >= 0, before, -1).astype(np.int64)
    there = np.flatnonzero(parent >= 0)
    up = np.full(count, -1)
    up[there] = piece[np.searchsorted(key, parent[there] * count + there)] if len(key) else -1
    return CheapestWays(np.asarray(far, np.float64), parent, up, np.asarray(_starts(parent, network.source), np.int64))


@njit(cache=True)  # type: ignore[untyped-decorator]
def _sums(parent, up, values):  # type: ignore[no-untyped-def]
    """Sums along the way to each node: nodes are climbed until one whose sum is known."""
    count, kinds = len(parent), values.shape[1]
    found, known, stack = np.zeros((count, kinds)), np.zeros(count, np.bool_), np.zeros(count, np.int64)
    for node in range(count):
        size, at = 0, node
        while parent[at] >= 0 and not known[at]:
            stack[size] = at
            size += 1
            at = parent[at]
        while size > 0:
            size -= 1
            at = stack[size]
            for k in range(kinds):
                found[at, k] = found[parent[at], k] + values[up[at], k]
            known[at] = True
    return found


@njit(cache=True)  # type: ignore[untyped-decorator]
def _starts(parent, source):  # type: ignore[no-untyped-def]
    """Of each node the second one of its way: that of today's network after the source."""
    count = len(parent)
    found, stack = np.full(count, -1), np.zeros(count, np.int64)
    for node in range(count):
        size, at = 0, node
        while parent[at] >= 0 and found[at] < 0:
            stack[size] = at
            size += 1
            at = parent[at]
        begin = found[at]
        while size > 0:
            size -= 1
            at = stack[size]
            if begin < 0 and parent[at] == source:
                begin = at
            found[at] = begin
    return found
