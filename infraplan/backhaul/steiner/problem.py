"""The problem of the cheapest tree, checked before anything is searched, and its answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats, Ints
from infraplan.errors import DataError, Fault
from infraplan.messages import both

NAMED = 20
"""Terminals that a fault names."""


class SteinerError(DataError, ValueError):
    """The problem contradicts itself, or has no tree; every fault is listed."""


@dataclass(frozen=True)
class SteinerProblem:
    """Edges with costs, and the nodes to be joined by the cheapest tree of edges.

    Parameters
    ----------
    edges : integer array, shape (m, 2)
        The two nodes of each edge, numbered from 0. Loops and parallel edges are allowed, and so are numbers without an edge.
    cost : array, shape (m,)
        Cost of each edge, >= 0, in any one unit.
    terminals : integer array
        Nodes to be joined; a node named twice counts once.
    root : int, optional
        Another node to be joined, as a node of today's network.

    Raises
    ------
    SteinerError
        A `DataError` (and a `ValueError`) listing every fault at once: shapes that do not fit, numbers that are no nodes, costs that are
        negative or infinite, terminals that no edges join (named).

    Examples
    --------
    >>> from infraplan.backhaul import SteinerProblem
    >>> problem = SteinerProblem(edges=[[0, 1], [1, 2], [0, 2], [1, 3]], cost=[2.0, 2.0, 3.0, 1.0], terminals=[0, 2, 3])
    >>> problem.nodes
    4
    """

    edges: Ints
    cost: Floats
    terminals: Ints
    root: int | None = None
    faults: list[Fault] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        edges = self._nodes("edges", self.edges, "edges_shape", pairs=True).reshape(-1, 2)
        terminals = self._nodes("terminals", self.terminals, "not_a_node")
        root = None if self.root is None else self._nodes("root", [self.root], "not_a_node")
        self._set("edges", edges)
        self._set("cost", self._costs(len(edges)))
        self._set("terminals", np.unique(terminals if root is None else np.concatenate([terminals, root])))
        if not self.faults:
            self._check_joined()
        if self.faults:
            raise SteinerError(self.faults)

    @property
    def nodes(self) -> int:
        """How many nodes there are: the largest number and one."""
        return int(max([-1, *(part.max() for part in (self.edges, self.terminals) if part.size)])) + 1

    def part_of(self) -> Ints:
        """The number of the part of the graph that each node is in."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        size = (self.nodes, self.nodes)
        links = coo_array((np.ones(len(self.edges), np.int8), (self.edges[:, 0], self.edges[:, 1])), shape=size)
        return np.asarray(connected_components(links, directed=False)[1], np.int64)

    def _set(self, name: str, array: npt.NDArray[np.generic]) -> None:
        array.flags.writeable = False
        object.__setattr__(self, name, array)

    def _blame(self, column: str, key: str, *, value: object = "", row: int | None = None, count: int = 1, **values: object) -> None:
        message, fix = both(f"backhaul.{key}", **values), both(f"backhaul.{key}_fix", **values)
        self.faults.append(Fault("SteinerProblem", message, fix, f"backhaul.{key}", column=column, row=row, value=str(value), count=count))

    def _nodes(self, name: str, values: npt.ArrayLike, key: str, pairs: bool = False) -> Ints:
        try:
            given = np.asarray(values)
            whole = given.astype(np.int64)
        except (TypeError, ValueError, OverflowError):
            self._blame(name, key)
            return np.zeros(0, np.int64)
        if pairs and given.size and (given.ndim != 2 or given.shape[1] != 2):
            self._blame(name, key, value=given.shape)
            return np.zeros(0, np.int64)
        rows = (whole != given) | (whole < 0)
        rows = rows.reshape(-1, 2).any(axis=1) if pairs else rows.ravel()
        if rows.any():
            first = int(np.flatnonzero(rows)[0])
            self._blame(name, "not_a_node", value=given.reshape(len(rows), -1)[first].tolist(), row=first, count=int(rows.sum()))
            return np.zeros(0, np.int64)
        return whole.reshape(-1)

    def _costs(self, size: int) -> Floats:
        try:
            cost = np.array(self.cost, np.float64).ravel()
        except (TypeError, ValueError):
            self._blame("cost", "not_a_cost")
            return np.zeros(size)
        if cost.size != size and not self.faults:
            self._blame("cost", "cost_length", value=cost.size, expected=size)
        bad = ~(np.isfinite(cost) & (cost >= 0))
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            self._blame("cost", "not_a_cost", value=cost[first], row=first, count=int(bad.sum()))
        return cost

    def _check_joined(self) -> None:
        if len(self.terminals) < 2:
            return
        part, root = self.part_of(), int(self.terminals[0] if self.root is None else self.root)
        apart = self.terminals[part[self.terminals] != part[root]]
        if len(apart):
            named = ", ".join(map(str, apart[:NAMED].tolist())) + (" ..." if len(apart) > NAMED else "")
            self._blame("terminals", "apart", value=int(apart[0]), root=root, count_apart=len(apart), nodes=named)


@dataclass(frozen=True)
class Tree:
    """A tree that joins all terminals.

    Attributes
    ----------
    edges : integer array
        Its edges, indices into those of the problem, rising.
    cost : float
        Their sum.
    bound : float
        What no tree costs less than, proven.
    proven_gap : float
        (cost - bound) / cost, 0..1; 0 for a tree that costs nothing.
    work : int
        Steps of the search, counted: the same `work_limit` ends it at the same step on every machine.
    """

    edges: Ints
    cost: float
    bound: float
    proven_gap: float
    work: int = 0
