"""Pieces of line between numbered nodes: cut at points, joined where they meet. Arrays in metres; no files, no prices of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
import shapely.ops
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.arrays import Bools, Floats, Ints

Objects = npt.NDArray[np.object_]
SAME_M = 0.001
"""Vertices nearer than this are one. [m]"""
AT_END_M = 0.5
"""A cut nearer than this to the end of a piece is its end. [m]"""


@dataclass(frozen=True)
class Pieces:
    """Pieces of line and the nodes at their ends.

    Attributes
    ----------
    at_m : array, shape (nodes, 2)
        Where the nodes are, in a plane. [m]
    edges : integer array, shape (m, 2)
        First and last node of each piece.
    paths : array of LineString, shape (m,)
        Their course, from the first node to the last.
    way, road : arrays of str
        How each is built; the class of its road.
    price : array
        What a kilometre of each costs.
    row : integer array
        The row of the layer that it comes from, from 0; -1 for what is in no layer.
    """

    at_m: Floats
    edges: Ints
    paths: Objects
    way: Objects
    road: Objects
    price: Floats
    row: Ints

    @property
    def length_m(self) -> Floats:
        """Length of each piece. [m]"""
        return np.asarray(shapely.length(self.paths), np.float64)

    def part_of(self) -> Ints:
        """The number of the connected part that each node is in."""
        size = (len(self.at_m), len(self.at_m))
        links = coo_array((np.ones(len(self.edges), np.int8), (self.edges[:, 0], self.edges[:, 1])), shape=size)
        return np.asarray(connected_components(links, directed=False)[1], np.int64)

    def degree(self) -> Ints:
        """How many ends of pieces each node has."""
        return np.bincount(self.edges.ravel(), minlength=len(self.at_m))

    def only(self, kept: Bools) -> Pieces:
        """Some of the pieces; the nodes keep their numbers."""
        return replace(self, **{name: getattr(self, name)[kept] for name in ("edges", "paths", "way", "road", "price", "row")})

    def with_more(self, edges: Ints, paths: Objects, way: Any, road: Any, price: Any, row: Any = -1, at_m: Floats | None = None) -> Pieces:
        """Further pieces, and further nodes after those there are."""
        count = len(edges)
        filled = {name: np.full(count, value) if np.isscalar(value) else np.asarray(value) for name, value in
                  {"way": way, "road": road, "price": price, "row": row}.items()}  # fmt: skip
        return Pieces(
            at_m=self.at_m if at_m is None else np.concatenate([self.at_m, at_m]),
            edges=np.concatenate([self.edges, edges]).astype(np.int64),
            paths=np.concatenate([self.paths, paths]),
            way=np.concatenate([self.way, filled["way"].astype(object)]),
            road=np.concatenate([self.road, filled["road"].astype(object)]),
            price=np.concatenate([self.price, filled["price"].astype(np.float64)]),
            row=np.concatenate([self.row, filled["row"].astype(np.int64)]),
        )

    def cut(self, which: Ints, along_m: Floats) -> tuple[Pieces, Ints]:
        """The pieces cut at points along some of them, and the node at each point.

        A point nearer than `AT_END_M` to an end of its piece is that end. Pieces that are cut go to the end of the list.
        """
        length = self.length_m
        first, last = along_m <= AT_END_M, along_m >= length[which] - AT_END_M
        node = np.where(first, self.edges[which, 0], np.where(last, self.edges[which, 1], -1))
        rows = np.flatnonzero(node < 0)
        rows = rows[np.lexsort((along_m[rows], which[rows]))]
        sorted_which = which[rows]
        parts: list[Any] = []
        ends: list[tuple[int, int]] = []
        source: list[int] = []
        places: list[tuple[float, float]] = []
        number = len(self.at_m)
        for piece in np.unique(sorted_which).tolist():
            own = rows[slice(*np.searchsorted(sorted_which, [piece, piece + 1]))]
            path, begin, at = self.paths[piece], int(self.edges[piece, 0]), 0.0
            for point in own.tolist():
                here = float(along_m[point])
                if here - at > AT_END_M or at == 0.0:
                    parts.append(shapely.ops.substring(path, at, here))
                    ends.append((begin, number))
                    source.append(piece)
                    places.append(parts[-1].coords[-1])
                    begin, at, number = number, here, number + 1
                node[point] = begin
            parts.append(shapely.ops.substring(path, at, float(length[piece])))
            ends.append((begin, int(self.edges[piece, 1])))
            source.append(piece)
        if not parts:
            return self, node.astype(np.int64)
        whole = np.ones(len(self.edges), bool)
        whole[sorted_which] = False
        made = np.empty(len(parts), object)
        made[:] = parts
        kept = self.only(whole)
        values = {name: getattr(self, name)[source] for name in ("way", "road", "price", "row")}
        return kept.with_more(np.array(ends), made, **values, at_m=np.array(places)[:, :2]), node.astype(np.int64)


def pieces_of(lines: Objects, way: Objects, road: Objects, price: Floats, row: Ints) -> Pieces:
    """Lines as pieces between nodes: their ends, and the vertices that two of them share.

    Lines that cross without a vertex of both there do not meet: a bridge is no junction.
    """
    lines = shapely.remove_repeated_points(lines, SAME_M)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    if not len(xy):
        none = np.zeros(0, object)
        return Pieces(np.zeros((0, 2)), np.zeros((0, 2), np.int64), none, none, none, np.zeros(0), np.zeros(0, np.int64))
    key = np.round(xy / SAME_M).astype(np.int64)
    _, vertex, count = np.unique(key, axis=0, return_inverse=True, return_counts=True)
    vertex = vertex.ravel()
    changes = np.diff(line) != 0
    end = np.concatenate([[True], changes]) | np.concatenate([changes, [True]])
    is_node = np.zeros(len(count), bool)
    is_node[vertex[end]] = True
    stop = end | is_node[vertex] | (count[vertex] > 1)
    is_node[vertex[stop]] = True
    at = np.flatnonzero(stop)
    pair = line[at[:-1]] == line[at[1:]]
    begin, finish = at[:-1][pair], at[1:][pair]
    size = finish - begin + 1
    take = np.repeat(begin - np.concatenate([[0], np.cumsum(size)[:-1]]), size) + np.arange(size.sum())
    paths = shapely.linestrings(xy[take], indices=np.repeat(np.arange(len(size)), size))
    nodes = np.flatnonzero(is_node)
    number = np.full(len(count), -1)
    number[nodes] = np.arange(len(nodes))
    places = np.zeros((len(nodes), 2))
    places[number[vertex[at]]] = xy[at]
    own = line[begin]
    edges = np.column_stack([number[vertex[begin]], number[vertex[finish]]])
    return Pieces(places, edges, np.asarray(paths, object), way[own], road[own], price[own], row[own])


def merged(pieces: Pieces, pairs: Ints) -> tuple[Pieces, Ints]:
    """Nodes of each pair as one, the lowest number of a group; and the new number of every node. Numbers are closed up."""
    count = len(pieces.at_m)
    links = coo_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    group = np.asarray(connected_components(links, directed=False)[1])
    lowest = np.full(int(group.max()) + 1, count)
    np.minimum.at(lowest, group, np.arange(count))
    kept, new = np.unique(lowest[group], return_inverse=True)
    return replace(pieces, at_m=pieces.at_m[kept], edges=new[pieces.edges]), np.asarray(new, np.int64)
