"""A tree grown along shortest paths, each time to the nearest terminal not yet in it (Takahashi and Matsuyama 1980)."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Bools, Ints, kernel
from infraplan.backhaul.steiner.graph import FAR, Graph, pop, push, spanning_tree


@kernel
def grown_tree(graph: Graph, length: Ints, terminal: Bools, root: int, allowed: Bools) -> tuple[Bools, int]:
    """A tree that joins all terminals that `root` reaches by edges `allowed`, and the work it took (arcs looked at).

    `length`: of the edges, by which paths are chosen; the tree is then made as cheap as its nodes allow by the graph's own costs.
    """
    nodes = len(graph.first) - 1
    distance, by, inside = np.full(nodes, FAR), np.full(nodes, -1), np.zeros(nodes, np.bool_)
    room = 2 * len(graph.arc) + 2 * nodes + 16
    keys, items = np.empty(room, np.int64), np.empty(room, np.int64)
    distance[root], inside[root] = 0, True
    size, work, left = push(keys, items, 0, 0, root), 0, 0
    for node in range(nodes):
        left += terminal[node]
    left -= terminal[root]
    while left and size:
        size, key, node = pop(keys, items, size)
        if key > distance[node]:
            continue
        if terminal[node] and not inside[node]:
            while not inside[node]:  # its path joins the tree, whose nodes are at distance 0
                inside[node] = True
                left -= terminal[node]
                distance[node] = 0
                if size + 1 >= len(keys):
                    keys, items = (
                        np.concatenate((keys, np.empty(len(keys), np.int64))),
                        np.concatenate((items, np.empty(len(items), np.int64))),
                    )
                size = push(keys, items, size, 0, node)
                arc = by[node]
                node = graph.head[arc >> 1] if arc & 1 else graph.tail[arc >> 1]
            continue
        for at in range(graph.first[node], graph.first[node + 1]):
            arc = graph.arc[at]
            edge = arc >> 1
            work += 1
            if not allowed[edge]:
                continue
            other = graph.tail[edge] if arc & 1 else graph.head[edge]
            reached = key + length[edge]
            if reached < distance[other]:
                distance[other], by[other] = reached, arc
                if size + 1 >= len(keys):
                    keys, items = (
                        np.concatenate((keys, np.empty(len(keys), np.int64))),
                        np.concatenate((items, np.empty(len(items), np.int64))),
                    )
                size = push(keys, items, size, reached, other)
    return spanning_tree(graph, inside, terminal, np.ones(len(graph.cost), np.bool_)), work
