"""A graph for the kernels: edges as arrays, arcs by node, a heap, shortest paths from many nodes, spanning trees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infraplan.arrays import Bools, Ints, kernel

FAR = np.int64(1 << 60)
"""Longer than any path."""


class Graph(NamedTuple):
    """Undirected edges and, for each node, the arcs that leave it: arc `2 e` goes from `tail[e]` to `head[e]`, arc `2 e + 1` back.

    `first`: where the arcs of a node begin in `arc`, shape (nodes + 1,). `order`: the edges from cheap to dear. Costs are whole numbers.
    """

    tail: Ints
    head: Ints
    cost: Ints
    first: Ints
    arc: Ints
    order: Ints

    @property
    def nodes(self) -> int:
        return len(self.first) - 1


def graph_of(nodes: int, tail: Ints, head: Ints, cost: Ints) -> Graph:
    """The graph of some edges."""
    ends = np.stack([tail, head], axis=1).ravel()  # where arc 2 e, and arc 2 e + 1, leaves
    arc = np.argsort(ends, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=nodes))])
    return Graph(tail, head, cost, first.astype(np.int64), arc.astype(np.int64), np.argsort(cost, kind="stable").astype(np.int64))


@kernel
def push(keys: Ints, items: Ints, size: int, key: int, item: int) -> int:
    """Put an entry into a binary heap of `size` entries, the least key first; returns its new size."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] <= key:
            break
        keys[at], items[at] = keys[above], items[above]
        at = above
    keys[at], items[at] = key, item
    return size + 1


@kernel
def pop(keys: Ints, items: Ints, size: int) -> tuple[int, int, int]:
    """Take the entry with the least key: the new size, key, item."""
    key, item = keys[0], items[0]
    size -= 1
    last_key, last_item = keys[size], items[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if last_key <= keys[child]:
            break
        keys[at], items[at] = keys[child], items[child]
        at = child
    keys[at], items[at] = last_key, last_item
    return size, key, item


@kernel
def nearest_sources(graph: Graph, source: Bools) -> tuple[Ints, Ints, Ints]:
    """Of each node its distance to the nearest source, that source (-1: none is reached), and the arc by which its path arrives (-1)."""
    nodes = len(graph.first) - 1
    distance, base, by = np.full(nodes, FAR), np.full(nodes, -1), np.full(nodes, -1)
    keys, items = np.empty(len(graph.arc) + nodes + 1, np.int64), np.empty(len(graph.arc) + nodes + 1, np.int64)
    size = 0
    for node in range(nodes):
        if source[node]:
            distance[node], base[node] = 0, node
            size = push(keys, items, size, 0, node)
    while size:
        size, key, node = pop(keys, items, size)
        if key > distance[node]:
            continue
        for at in range(graph.first[node], graph.first[node + 1]):
            arc = graph.arc[at]
            edge = arc >> 1
            other = graph.tail[edge] if arc & 1 else graph.head[edge]
            length = key + graph.cost[edge]
            if length < distance[other]:
                distance[other], base[other], by[other] = length, base[node], arc
                size = push(keys, items, size, length, other)
    return distance, base, by


@kernel
def top_of(parent: Ints, node: int) -> int:
    """The representative of a node's set, with its path shortened."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def spanning_tree(graph: Graph, inside: Bools, terminal: Bools, allowed: Bools) -> Bools:
    """The cheapest tree over the nodes `inside` by edges `allowed` between them, without leaves that are no terminals.

    Returns a flag for each edge. Where the nodes do not hang together, it is a tree for each part; parts without a terminal vanish.
    """
    nodes = len(graph.first) - 1
    chosen, parent, degree = np.zeros(len(graph.cost), np.bool_), np.arange(nodes), np.zeros(nodes, np.int64)
    for edge in graph.order:
        one, other = graph.tail[edge], graph.head[edge]
        if not (allowed[edge] and inside[one] and inside[other]):
            continue
        a, b = top_of(parent, one), top_of(parent, other)
        if a != b:
            parent[a] = b
            chosen[edge] = True
            degree[one] += 1
            degree[other] += 1
    for start in range(nodes):
        node = start
        while degree[node] == 1 and not terminal[node]:
            for at in range(graph.first[node], graph.first[node + 1]):
                edge = graph.arc[at] >> 1
                if chosen[edge]:
                    chosen[edge] = False
                    degree[node] = 0
                    node = graph.tail[edge] if graph.head[edge] == node else graph.head[edge]
                    degree[node] -= 1
                    break
    return chosen
