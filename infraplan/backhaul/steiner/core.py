"""The graph that is searched: the part with the terminals, made smaller, and the way back to the problem's own edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infraplan.arrays import Bools, Ints
from infraplan.backhaul.steiner.graph import Graph, graph_of
from infraplan.backhaul.steiner.reduction import Reduced, edges_of, reduced


@dataclass(frozen=True)
class Core:
    """A smaller graph of a larger one.

    Attributes
    ----------
    graph : Graph
    terminal : boolean array, shape (nodes,)
        What is to be joined here.
    offset : int
        Cost of the edges that every tree has, which are no longer here.
    above : Core, optional
        The larger graph; None for the problem's own.
    kept : integer array
        Of each edge that went into the reduction, the edge of the larger graph.
    """

    graph: Graph
    terminal: Bools
    offset: int = 0
    above: Core | None = None
    kept: Ints | None = None
    parts: Reduced | None = None

    @property
    def done(self) -> bool:
        """Nothing is left to be joined."""
        return int(self.terminal.sum()) < 2

    def edges(self, own: Ints) -> Ints:
        """The problem's edges of a tree given by edges of this graph, with those that every tree has."""
        if self.above is None or self.parts is None or self.kept is None:
            return own
        pieces = np.concatenate([self.parts.piece[own], self.parts.fixed])
        return self.above.edges(self.kept[edges_of(pieces, len(self.kept), self.parts.one, self.parts.other)])


def smaller(core: Core, allowed: Bools) -> Core:
    """The same with some of the edges alone, reduced; its terminals have to hang together by them."""
    graph, kept = core.graph, np.flatnonzero(allowed)
    parts = reduced(graph.nodes, graph.tail[kept], graph.head[kept], graph.cost[kept], core.terminal)
    nodes, ends = np.unique(np.concatenate([parts.tail, parts.head]), return_inverse=True)
    tail, head = ends[: len(parts.tail)], ends[len(parts.tail) :]
    made = edges_of(parts.fixed, len(kept), parts.one, parts.other)
    offset = core.offset + int(graph.cost[kept[made]].sum())
    terminal = parts.terminal[nodes] if len(nodes) else parts.terminal[parts.terminal]
    return Core(graph_of(len(nodes), tail, head, parts.cost), terminal, offset, core, kept, parts)
