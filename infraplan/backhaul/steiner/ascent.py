"""Dual ascent (Wong 1984): what no tree costs less than, and the reduced costs that say which edges no better tree has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from infraplan.arrays import Bools, Ints, kernel
from infraplan.backhaul.steiner.graph import FAR, Graph, pop, push

PATIENCE = 1.25
"""A component whose cut is larger than the smallest known by this factor waits; small cuts first raise the bound most (ours)."""


class Ascent(NamedTuple):
    """A dual solution on the way: the reduced cost of each arc, the bound, and the terminals whose components still grow.

    `keys`, `items`, `size`: their heap by the size of their cuts. `active`: terminals not yet reached from the root, and the root.
    """

    reduced: Ints
    active: Bools
    keys: Ints
    items: Ints
    size: int
    bound: int


def ascent_of(graph: Graph, terminal: Bools, root: int) -> Ascent:
    """Where an ascent from a root begins."""
    others = np.flatnonzero(terminal & (np.arange(graph.nodes) != root))
    keys, items, size = np.empty(len(others) + 2, np.int64), np.empty(len(others) + 2, np.int64), 0
    for node in others.tolist():
        size = push(keys, items, size, int(graph.first[node + 1] - graph.first[node]), node)
    active = terminal.copy()
    active[root] = True
    return Ascent(np.repeat(graph.cost, 2), active, keys, items, size, 0)


@kernel
def climb(graph: Graph, state: Ascent, work_limit: int) -> tuple[int, int, int]:
    """Raise the bound until every terminal is reached from the root by arcs of reduced cost 0, or the work is used up.

    Arrays of `state` change in place. Returns its new `size` and `bound`, and the work (arcs looked at).
    """
    reduced, active, keys, items, size, bound = state
    nodes = len(graph.first) - 1
    mark, queue, cut = np.zeros(nodes, np.int64), np.empty(nodes, np.int64), np.empty(len(graph.arc), np.int64)
    stamp, work = 0, 0
    while size and work < work_limit:
        size, known, terminal = pop(keys, items, size)
        stamp += 1
        mark[terminal], queue[0] = stamp, terminal
        count, at, reached = 1, 0, False
        while at < count and not reached:  # the nodes from which the terminal is reached at no reduced cost
            node = queue[at]
            at += 1
            for place in range(graph.first[node], graph.first[node + 1]):
                out = graph.arc[place]
                into = out ^ 1
                work += 1
                if reduced[into] == 0:
                    other = graph.tail[out >> 1] if out & 1 else graph.head[out >> 1]
                    if mark[other] != stamp:
                        if active[other]:  # the root, or another terminal, whose component then stands for both
                            reached = True
                            break
                        mark[other] = stamp
                        queue[count] = other
                        count += 1
        if reached:
            active[terminal] = False
            continue
        cuts, least = 0, int(FAR)
        for at in range(count):
            node = queue[at]
            for place in range(graph.first[node], graph.first[node + 1]):
                out = graph.arc[place]
                other = graph.tail[out >> 1] if out & 1 else graph.head[out >> 1]
                work += 1
                if mark[other] != stamp:
                    cut[cuts] = out ^ 1
                    cuts += 1
                    if reduced[out ^ 1] < least:
                        least = reduced[out ^ 1]
        if size and cuts > PATIENCE * keys[0] + 1 and cuts > known:
            size = push(keys, items, size, cuts, terminal)
            continue
        for at in range(cuts):
            reduced[cut[at]] -= least
        bound += least
        size = push(keys, items, size, cuts, terminal)
    return size, bound, work


@kernel
def from_root(graph: Graph, reduced: Ints, root: int) -> Ints:
    """Distance of each node from the root by reduced costs."""
    return _distances(graph, reduced, np.array([root]), 0)


@kernel
def to_terminals(graph: Graph, reduced: Ints, terminals: Ints) -> Ints:
    """Distance of each node to the nearest terminal by reduced costs."""
    return _distances(graph, reduced, terminals, 1)


@kernel
def _distances(graph: Graph, reduced: Ints, sources: Ints, backwards: int) -> Ints:
    nodes = len(graph.first) - 1
    distance = np.full(nodes, FAR)
    keys, items = np.empty(len(graph.arc) + nodes + 1, np.int64), np.empty(len(graph.arc) + nodes + 1, np.int64)
    size = 0
    for node in sources:
        distance[node] = 0
        size = push(keys, items, size, 0, node)
    while size:
        size, key, node = pop(keys, items, size)
        if key > distance[node]:
            continue
        for place in range(graph.first[node], graph.first[node + 1]):
            out = graph.arc[place]
            other = graph.tail[out >> 1] if out & 1 else graph.head[out >> 1]
            reached = key + reduced[out ^ backwards]
            if reached < distance[other]:
                distance[other] = reached
                size = push(keys, items, size, reached, other)
    return distance


def useful_edges(graph: Graph, terminal: Bools, root: int, reduced: Ints, bound: int, best: int) -> Bools:
    """Edges that a tree cheaper than `best` may have: by either arc, path from the root, arc and path to a terminal fit below it."""
    inward = from_root(graph, reduced, root)
    outward = to_terminals(graph, reduced, np.flatnonzero(terminal & (np.arange(graph.nodes) != root)))
    ahead = inward[graph.tail] + reduced[0::2] + outward[graph.head]
    back = inward[graph.head] + reduced[1::2] + outward[graph.tail]
    return np.asarray(bound + np.minimum(ahead, back) < best)
