"""The cheapest trees of a large network: one tree of trunks, then county by county; their union is one tree, with a bound for the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from infraplan.arrays import Bools, Floats, Ints
from infraplan.backhaul.fibre_prices import SOURCE
from infraplan.backhaul.network import BackhaulNetwork
from infraplan.backhaul.steiner import SteinerProblem, solve
from infraplan.backhaul.village_shares import RootedTree, rooted_tree, without

WORK_LIMIT = 20_000_000
"""Steps of the search of one county: arcs looked at."""
TIME_LIMIT_S = 60.0
TOGETHER = 300
"""Up to so many places are solved as one problem, whatever their parts."""
AROUND_M = 10_000.0
"""A county's tree may use lines up to this far beyond the box of its places. [m]"""


@dataclass(frozen=True)
class JoinedTree:
    """A tree that joins places to today's network.

    Attributes
    ----------
    edges : integer array
        Its pieces, indices into those of the network, rising.
    cost, bound, proven_gap : float
        What it costs, what no tree of the whole network costs less than, their distance over the cost.
    rooted : RootedTree
        The same seen from today's network.
    parts : DataFrame
        part, places, cost, bound, proven_gap: the searches it is joined from; `trunk` is the tree of trunks.
    """

    edges: Ints
    cost: float
    bound: float
    proven_gap: float
    rooted: RootedTree
    parts: pd.DataFrame


def joined_tree(
    network: BackhaulNetwork,
    ids: Sequence[str],
    parts: Sequence[str],
    *,
    together: int = TOGETHER,
    gap: float = 0.001,
    work_limit: int | None = WORK_LIMIT,
    time_limit_s: float = TIME_LIMIT_S,
    advance: Callable[[int, int], None] | None = None,
) -> JoinedTree:
    """The cheapest tree found that joins some places to today's network: one problem, or trunks first and then part by part.

    With several parts and more than `together` places a first tree joins to today's network the middle place of each part in whose box
    today's network has no node; then each part joins its own places to that tree. The union is made a tree again. Its bound is the sum
    over parts of what their places cost at least on the lines nearest to them, all else free: no tree of the whole network can cost less.

    Parameters
    ----------
    network : BackhaulNetwork
    ids, parts : sequences of str
        The places, all of them with a way to today's network, and the part (county) of each.
    together : int
        Up to so many places are solved as one problem.
    gap, work_limit, time_limit_s
        Of each search, as in `solve`.
    advance : callable, optional
        Called with the parts done and their number.

    Returns
    -------
    JoinedTree
    """
    problem = network.problem(ids)  # refuses places without a way
    terminals = network.nodes_of(ids)
    names = sorted(set(parts))
    limits: dict[str, Any] = {"gap": gap, "work_limit": work_limit, "time_limit_s": time_limit_s}
    if len(names) < 2 or len(ids) <= together:
        tree = solve(problem, **limits)
        table = _parts([(names[0] if len(names) == 1 else "all", len(ids), tree.cost, tree.bound)] if names else [])
        return _whole(network, terminals, tree.edges, tree.bound, table)
    part = np.array([names.index(name) for name in parts])
    region = _Regions(network, terminals, part)
    hubs = region.hubs()
    trunk = (
        region.solved(np.ones(len(network.cost), bool), hubs, np.zeros(0, np.int64), limits)
        if len(hubs)
        else (np.zeros(0, np.int64), 0.0, 0.0)
    )
    rows = [("trunk", len(hubs), trunk[1], trunk[2])] if len(hubs) else []
    joined = np.unique(network.pieces.edges[trunk[0]])
    edges, bound = [trunk[0]], 0.0
    for number, name in enumerate(names):
        own = terminals[part == number]
        found = region.solved(region.window(number), own, joined, limits)
        least = region.least(number, limits)
        edges.append(found[0])
        bound += least
        rows.append((name, len(own), found[1], found[2]))
        if advance is not None:
            advance(number + 1, len(names))
    return _whole(network, terminals, np.unique(np.concatenate(edges)), bound, _parts(rows))


class _Regions:
    """The places of each part, and the lines around them."""

    def __init__(self, network: BackhaulNetwork, terminals: Ints, part: Ints):
        self.network, self.terminals, self.part = network, terminals, part
        pieces = network.pieces
        self.at = pieces.at_m[terminals]
        middle = shapely.get_coordinates(shapely.line_interpolate_point(pieces.paths, 0.5, normalized=True))
        source = pieces.way == SOURCE
        middle[source] = pieces.at_m[pieces.edges[source, 0]]
        self.middle = middle
        self.owner = part[cKDTree(self.at).query(middle)[1]]

    def box(self, number: int, around_m: float) -> Bools:
        """Pieces whose middle lies in the box of a part's places, made wider."""
        own = self.at[self.part == number]
        low, high = own.min(axis=0) - around_m, own.max(axis=0) + around_m
        return np.asarray(((self.middle >= low) & (self.middle <= high)).all(axis=1), bool)

    def window(self, number: int) -> Bools:
        """The pieces that a part's tree may use."""
        return self.box(number, AROUND_M)

    def hubs(self) -> Ints:
        """The middle place of each part whose box has no node of today's network."""
        found, source = [], self.network.pieces.way == SOURCE
        for number in range(int(self.part.max()) + 1):
            if not (self.box(number, 0.0) & source).any():
                own = self.at[self.part == number]
                found.append(self.terminals[self.part == number][np.hypot(*(own - np.median(own, axis=0)).T).argmin()])
        return np.array(found, np.int64)

    def solved(self, inside: Bools, wanted: Ints, joined: Ints, limits: dict[str, Any]) -> tuple[Ints, float, float]:
        """A tree of some pieces, of all if these are too few, that joins wanted nodes to today's network and to `joined`."""
        for rows in (np.flatnonzero(inside), np.arange(len(inside))):
            node = np.arange(len(self.network.pieces.at_m))
            node[joined] = self.network.source
            edges, own = node[self.network.pieces.edges[rows]], node[wanted]
            own = np.unique(own[own != self.network.source])
            if not len(own):
                return np.zeros(0, np.int64), 0.0, 0.0
            if not _reached(edges, own, self.network.source, len(node)):
                continue
            tree = solve(SteinerProblem(edges, self.network.cost[rows], own, root=self.network.source), **limits)
            return rows[tree.edges], tree.cost, tree.bound
        raise AssertionError("the places have a way to today's network")

    def least(self, number: int, limits: dict[str, Any]) -> float:
        """What the places of a part cost at least on the pieces nearest to them, when all nodes of other pieces are joined already."""
        own = (self.owner == number) & (self.network.pieces.way != SOURCE)
        outside = np.unique(self.network.pieces.edges[~own])
        return self.solved(own, self.terminals[self.part == number], outside, limits)[2]


def _reached(edges: Ints, wanted: Ints, source: int, nodes: int) -> bool:
    links = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))
    part = connected_components(links, directed=False)[1]
    return bool((part[wanted] == part[source]).all())


def _whole(network: BackhaulNetwork, terminals: Ints, edges: Ints, bound: float, parts: pd.DataFrame) -> JoinedTree:
    """The edges as one tree: the cheapest over their nodes, without ends that lead to no place."""
    chosen = _spanning(network.pieces.edges, network.cost, edges)
    rooted = rooted_tree(network.pieces.edges, network.cost, chosen, network.source)
    wanted = np.zeros(len(rooted.parent), bool)
    wanted[terminals] = True
    rooted = without(rooted, wanted)
    kept = np.sort(rooted.up[rooted.up >= 0])
    cost = float(network.cost[kept].sum())
    least = min(bound, cost)
    return JoinedTree(kept, cost, least, (cost - least) / cost if cost else 0.0, rooted, parts)


def _spanning(ends: Ints, cost: Floats, edges: Ints) -> Ints:
    """The cheapest edges that join the same nodes as the given ones (Kruskal)."""
    above: dict[int, int] = {}

    def root(node: int) -> int:
        while above.setdefault(node, node) != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    kept = []
    for edge in edges[np.argsort(cost[edges], kind="stable")].tolist():
        one, other = root(int(ends[edge, 0])), root(int(ends[edge, 1]))
        if one != other:
            above[one] = other
            kept.append(edge)
    return np.array(kept, np.int64)


def _parts(rows: list[tuple[str, int, float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["part", "places", "cost", "bound"])
    return table.assign(proven_gap=((table["cost"] - table["bound"]) / table["cost"].where(table["cost"] > 0, 1.0)))
