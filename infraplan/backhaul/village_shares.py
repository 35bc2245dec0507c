"""What a tree of lines costs each village: its share, what leaving it out saves, whom an award pays for, the order of building."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from infraplan.arrays import Bools, Floats, Ints

ROUNDING = 1e-9


@dataclass(frozen=True)
class RootedTree:
    """A tree with the side of today's network as its root.

    Attributes
    ----------
    parent, up : integer arrays, shape (nodes,)
        Of each node the next one toward the root and the edge to it; -1 at the root and outside the tree.
    order : integer array
        The nodes of the tree, each after its parent; the root first.
    cost : array, shape (nodes,)
        Of the edge to the parent; 0 at the root.
    """

    parent: Ints
    up: Ints
    order: Ints
    cost: Floats

    @property
    def children(self) -> Ints:
        """How many nodes hang from each node."""
        count = np.zeros(len(self.parent), np.int64)
        np.add.at(count, self.parent[self.order[1:]], 1)
        return count


def rooted_tree(edges: Ints, cost: Floats, chosen: Ints, root: int) -> RootedTree:
    """The tree of some edges of a graph, seen from a root.

    Parameters
    ----------
    edges : integer array, shape (m, 2)
    cost : array, shape (m,)
    chosen : integer array
        The edges of the tree (`Tree.edges`).
    root : int
        A node of the tree, as the nearest one of today's network.

    Examples
    --------
    >>> import numpy as np
    >>> tree = rooted_tree(np.array([[0, 1], [1, 2], [1, 3]]), np.array([5.0, 2.0, 3.0]), np.array([0, 1, 2]), 0)
    >>> tree.parent.tolist(), tree.cost.tolist()
    ([-1, 0, 1, 1], [0.0, 5.0, 2.0, 3.0])
    """
    nodes = int(max(root, edges.max() if edges.size else 0)) + 1
    near: list[list[tuple[int, int]]] = [[] for _ in range(nodes)]
    for edge in np.sort(chosen).tolist():
        one, other = edges[edge].tolist()
        near[one].append((other, edge))
        near[other].append((one, edge))
    parent, up, order, seen = np.full(nodes, -1), np.full(nodes, -1), [root], np.zeros(nodes, bool)
    seen[root] = True
    for node in order:
        for other, edge in near[node]:
            if not seen[other]:
                seen[other], parent[other], up[other] = True, node, edge
                order.append(other)
    return RootedTree(parent, up, np.array(order), np.where(up >= 0, cost[up], 0.0))


def below(tree: RootedTree, amount: Floats) -> Floats:
    """Of each node the sum of an amount over itself and all that hangs from it."""
    total = np.array(amount, np.float64)
    for node in tree.order[:0:-1].tolist():
        total[tree.parent[node]] += total[node]
    return total


def shares(tree: RootedTree, households: Floats) -> Ints:
    """What each node pays: every edge is divided by the households below it. Whole units of money that add up to the cost of the tree.

    An edge below which nobody lives is divided by nodes instead of households. Rounding goes to the largest remainders, the lower number
    first.

    Examples
    --------
    >>> import numpy as np
    >>> tree = rooted_tree(np.array([[0, 1], [1, 2], [1, 3]]), np.array([60.0, 2.0, 3.0]), np.array([0, 1, 2]), 0)
    >>> shares(tree, np.array([0, 0, 10, 20])).tolist()
    [0, 0, 22, 43]
    """
    weight = np.asarray(households, np.float64)
    served = below(tree, weight)
    ends = (tree.children == 0).astype(np.float64)
    count = below(tree, ends)
    by_household, by_end = np.zeros(len(tree.parent)), np.zeros(len(tree.parent))
    for node in tree.order[1:].tolist():  # what each household, and each end of the tree, below a node has paid on the way to it
        above = tree.parent[node]
        by_household[node], by_end[node] = by_household[above], by_end[above]
        if served[node] > 0:
            by_household[node] += tree.cost[node] / served[node]
        else:
            by_end[node] += tree.cost[node] / max(count[node], 1.0)
    paid = np.where(tree.up >= 0, weight * by_household + ends * by_end, 0.0)
    whole = np.floor(paid + ROUNDING).astype(np.int64)
    left = round(float(tree.cost.sum())) - int(whole.sum())
    rest = np.argsort(-(paid - whole), kind="stable")[: max(left, 0)]
    whole[rest] += 1
    return whole


def savings(tree: RootedTree, wanted: Bools) -> Floats:
    """What leaving out each wanted node saves: the edges that then lead to nobody; 0 where others hang from it, or none are wanted."""
    children, saved = tree.children, np.zeros(len(tree.parent))
    for node in np.flatnonzero(wanted & (tree.up >= 0) & (children == 0)).tolist():
        at = node
        while True:
            saved[node] += tree.cost[at]
            at = int(tree.parent[at])
            if tree.up[at] < 0 or wanted[at] or children[at] > 1:
                break
    return saved


def without(tree: RootedTree, wanted: Bools) -> RootedTree:
    """The tree without edges that lead to no wanted node."""
    kept = below(tree, wanted.astype(np.float64)) > 0
    kept[tree.order[0]] = True
    order = tree.order[kept[tree.order]]
    return RootedTree(np.where(kept, tree.parent, -1), np.where(kept, tree.up, -1), order, np.where(kept, tree.cost, 0.0))


def paid_for(tree: RootedTree, wanted: Bools, most: Floats | float, subsidy: float = 0.0) -> tuple[Bools, RootedTree]:
    """The nodes that an award pays for, and their tree.

    A node whose leaving out saves more than the award is dropped, the one with the largest excess first, until none is left. This is a
    heuristic: several nodes that together are dear, while each alone saves little, stay.

    Parameters
    ----------
    tree : RootedTree
    wanted : boolean array, shape (nodes,)
    most : float or array, shape (nodes,)
        What is paid for each node.
    subsidy : float
        Share of every cost that somebody else pays, 0..1.
    """
    kept, limit = wanted & (tree.up >= 0), np.broadcast_to(np.asarray(most, np.float64), wanted.shape)
    tree = without(tree, kept)
    saved, hanging = savings(tree, kept), _children(tree)
    queue = [(limit[node] - saved[node] * (1.0 - subsidy), node) for node in np.flatnonzero(kept).tolist() if not hanging[node]]
    heapq.heapify(queue)
    while queue:
        excess, node = heapq.heappop(queue)
        if -excess <= ROUNDING:
            break
        if not kept[node] or hanging[node] or excess != limit[node] - saved[node] * (1.0 - subsidy):
            continue  # an entry that is out of date
        kept[node] = False
        end = _drop(tree, kept, hanging, node)
        if end >= 0:
            saved[end] = _saving(tree, kept, hanging, end)
            heapq.heappush(queue, (limit[end] - saved[end] * (1.0 - subsidy), end))
    return kept, without(tree, kept)


def _children(tree: RootedTree) -> list[set[int]]:
    """The nodes that hang from each node."""
    hanging: list[set[int]] = [set() for _ in range(len(tree.parent))]
    for node in tree.order[1:].tolist():
        hanging[tree.parent[node]].add(node)
    return hanging


def _saving(tree: RootedTree, kept: Bools, hanging: list[set[int]], node: int) -> float:
    """What leaving out an end of the tree saves."""
    saved, at = 0.0, node
    while True:
        saved += float(tree.cost[at])
        at = int(tree.parent[at])
        if tree.up[at] < 0 or kept[at] or len(hanging[at]) > 1:
            return saved


def _drop(tree: RootedTree, kept: Bools, hanging: list[set[int]], node: int) -> int:
    """Takes an end out of the tree with the edges that led to it alone; the end whose saving changes by that, -1 for none."""
    at = node
    while True:
        above = int(tree.parent[at])
        hanging[above].discard(at)
        at = above
        if tree.up[at] < 0 or kept[at] or hanging[at]:
            break
    if tree.up[at] < 0 or len(hanging[at]) > 1:
        return -1
    while not kept[at] and len(hanging[at]) == 1:
        at = next(iter(hanging[at]))
    return at if kept[at] and not hanging[at] else -1


def building_order(tree: RootedTree, wanted: Bools, households: Floats, first: Bools | None = None) -> tuple[Ints, Floats]:
    """The wanted nodes in the order of building, and what each then costs: the edges on its way that are not built yet.

    Nodes with `first` come before all others. Among equals, the node with the least cost a household is next, as the tree is by then.
    """
    built, ahead = tree.up < 0, np.zeros(len(wanted), bool) if first is None else np.asarray(first, bool)
    chosen = np.flatnonzero(wanted & (tree.up >= 0)).tolist()
    under: dict[int, list[int]] = {}
    for node in chosen:
        at = node
        while tree.up[at] >= 0:
            under.setdefault(at, []).append(node)
            at = int(tree.parent[at])
    left = set(chosen)

    def entry(node: int) -> tuple[bool, float, int, float]:
        cost, at = 0.0, node
        while not built[at]:
            cost += tree.cost[at]
            at = int(tree.parent[at])
        return (not ahead[node], cost / max(float(households[node]), 1.0), node, cost)

    latest = {node: entry(node) for node in chosen}
    queue = list(latest.values())
    heapq.heapify(queue)
    order, price = [], []
    while queue:
        found = heapq.heappop(queue)
        node = found[2]
        if node not in left or found != latest[node]:
            continue
        order.append(node)
        price.append(found[3])
        left.discard(node)
        nearer: set[int] = set()
        while not built[node]:
            built[node] = True
            nearer.update(under[node])
            node = int(tree.parent[node])
        for other in nearer & left:
            latest[other] = entry(other)
            heapq.heappush(queue, latest[other])
    return np.array(order, np.int64), np.array(price, np.float64)
