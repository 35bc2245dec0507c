"""Better trees by exchange: a path outside the tree comes in, and the dearest piece of the tree on the cycle goes out."""

from __future__ import annotations

import numpy as np

from infraplan.arrays import Bools, Ints, kernel
from infraplan.backhaul.steiner.graph import Graph, nearest_sources, spanning_tree


@kernel
def rooted(graph: Graph, chosen: Bools, root: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Parent of each node of the tree (-1 elsewhere), the edge to it, its depth (-1 outside the tree), and its degree."""
    nodes = len(graph.first) - 1
    parent, up = np.full(nodes, -1), np.full(nodes, -1)
    depth, degree = np.full(nodes, -1), np.zeros(nodes, np.int64)
    queue, count, at = np.empty(nodes, np.int64), 1, 0
    queue[0], depth[root] = root, 0
    while at < count:
        node = queue[at]
        at += 1
        for place in range(graph.first[node], graph.first[node + 1]):
            arc = graph.arc[place]
            edge = arc >> 1
            if not chosen[edge]:
                continue
            degree[node] += 1
            other = graph.tail[edge] if arc & 1 else graph.head[edge]
            if depth[other] < 0:
                depth[other], parent[other], up[other] = depth[node] + 1, node, edge
                queue[count] = other
                count += 1
    return parent, up, depth, degree


@kernel
def dearest_piece(
    graph: Graph, tree: tuple[Ints, Ints, Ints, Ints], fixed: Bools, gone: Bools, one: int, other: int
) -> tuple[int, int, int]:
    """On the tree's way between two nodes: cost of the dearest piece, its lower end, its number of edges; -1 where an edge is gone.

    A piece is a way without terminals, forks and other `fixed` nodes inside. The way goes up from both nodes to where they meet. The piece
    over the top of the way counts as two, one on each side: it is then found where the tree hangs from another node.
    """
    parent, up, depth, degree = tree
    best, best_end, best_count = -1, -1, 0
    a, b = one, other
    ends = np.array([a, b])
    sums, counts = np.zeros(2, np.int64), np.zeros(2, np.int64)
    while a != b:
        side = 0 if depth[a] >= depth[b] else 1
        node = a if side == 0 else b
        edge = up[node]
        if gone[edge]:
            return -1, -1, 0
        sums[side] += graph.cost[edge]
        counts[side] += 1
        node = parent[node]
        if side == 0:
            a = node
        else:
            b = node
        if fixed[node] or degree[node] != 2 or a == b:
            if sums[side] > best:
                best, best_end, best_count = sums[side], ends[side], counts[side]
            sums[side], counts[side], ends[side] = 0, 0, node
    if counts[0] + counts[1] and sums[0] > best:
        best, best_end, best_count = sums[0], ends[0], counts[0]
    if sums[1] > best:
        best, best_end, best_count = sums[1], ends[1], counts[1]
    return best, best_end, best_count


@kernel
def improved(graph: Graph, chosen: Bools, terminal: Bools, root: int, passes: int) -> tuple[Bools, int]:
    """The tree after exchanges, pass by pass, until none helps; and the work (arcs and edges looked at)."""
    nodes, edges = len(graph.first) - 1, len(graph.cost)
    work = 0
    everything = np.ones(edges, np.bool_)
    for _ in range(passes):
        tree = rooted(graph, chosen, root)
        parent, up, depth, _degree = tree
        inside = depth >= 0
        distance, base, by = nearest_sources(graph, inside)
        work += len(graph.arc) + edges
        fixed, gone, found = terminal.copy(), np.zeros(edges, np.bool_), 0
        gains, which = np.empty(edges, np.int64), np.empty(edges, np.int64)
        for edge in range(edges):
            a, b = base[graph.tail[edge]], base[graph.head[edge]]
            if chosen[edge] or a < 0 or b < 0 or a == b:
                continue
            cost = distance[graph.tail[edge]] + graph.cost[edge] + distance[graph.head[edge]]
            piece, _, _ = dearest_piece(graph, tree, fixed, gone, a, b)
            work += 1
            if piece > cost:
                gains[found], which[found] = cost - piece, edge
                found += 1
        if found == 0:
            break
        taken, used = np.zeros(nodes, np.bool_), 0
        chosen = chosen.copy()
        for at in np.argsort(gains[:found], kind="mergesort"):
            edge = which[at]
            one, other = graph.tail[edge], graph.head[edge]
            a, b = base[one], base[other]
            free = True
            for start in (one, other):  # the way in may share no node with one that has come in
                node = start
                while free and not inside[node]:
                    free = not taken[node]
                    arc = by[node]
                    node = graph.head[arc >> 1] if arc & 1 else graph.tail[arc >> 1]
            if not free or depth[a] < 0 or depth[b] < 0:
                continue
            cost = distance[one] + graph.cost[edge] + distance[other]
            piece, end, count = dearest_piece(graph, tree, fixed, gone, a, b)
            if piece <= cost:
                continue
            node = end
            for step in range(count):
                gone[up[node]], chosen[up[node]] = True, False
                node = parent[node]
                if step < count - 1:
                    depth[node] = -2  # no longer of the tree
            fixed[a] = fixed[b] = True
            chosen[edge] = True
            used += 1
            for start in (one, other):
                node = start
                while not inside[node]:
                    taken[node] = True
                    arc = by[node]
                    chosen[arc >> 1] = True
                    node = graph.head[arc >> 1] if arc & 1 else graph.tail[arc >> 1]
        if used == 0:
            break
        kept = np.zeros(nodes, np.bool_)
        for edge in range(edges):
            if chosen[edge]:
                kept[graph.tail[edge]] = kept[graph.head[edge]] = True
        chosen = spanning_tree(graph, kept, terminal, everything)
    return chosen, work
