"""The search for a cheap tree and its bound, round after round on a smaller graph.

A round grows trees, improves them by exchange, joins the best of several into one, raises the bound by dual ascent, grows trees on the
edges that the ascent marks, and drops the edges that no better tree has.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from infraplan.arrays import Bools, Ints
from infraplan.backhaul.steiner.ascent import ascent_of, climb, useful_edges
from infraplan.backhaul.steiner.core import Core, smaller
from infraplan.backhaul.steiner.exchange import improved
from infraplan.backhaul.steiner.growth import grown_tree

STARTS = 8
"""Nodes from which trees are grown in a round."""
PASSES = 30
"""Passes of exchange at most."""
CHUNK = 20_000_000
"""Arcs that an ascent looks at between two looks at the clock."""
STALLED = 6
"""Rounds without a better tree or bound after which the search ends."""


@dataclass
class Search:
    """The best tree and bound so far (in whole numbers, the edges that every tree has included), and what ends the search."""

    seconds: float
    gap: float
    seed: int
    work_limit: int | None
    best: int = -1
    tree: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    bound: int = 0
    work: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def over(self) -> bool:
        """Whether the gap, the work or the time says so."""
        if self.best >= 0 and self.best - self.bound <= self.gap * self.best:
            return True
        if self.work_limit is not None and self.work >= self.work_limit:
            return True
        return time.monotonic() - self.began > self.seconds

    def offer(self, core: Core, chosen: Bools) -> bool:
        """Keep a tree of a core if it is the best one."""
        cost = core.offset + int(core.graph.cost[chosen].sum())
        if 0 <= self.best <= cost:
            return False
        self.best, self.tree = cost, core.edges(np.flatnonzero(chosen))
        self.bound = min(self.bound, cost)
        return True

    def proven(self, bound: int) -> None:
        """No tree costs less than this, or than the best one: edges that only a dearer tree has are gone from later graphs."""
        self.bound = max(self.bound, min(bound, self.best) if self.best >= 0 else bound)


def search(whole: Core, limits: Search) -> Search:
    """The cheapest tree found that joins the terminals of a graph that hangs together, with its bound."""
    rng = np.random.default_rng(limits.seed)
    core, stalled = smaller(whole, np.ones(len(whole.graph.cost), bool)), 0
    while True:
        if core.done:
            limits.offer(core, np.zeros(len(core.graph.cost), bool))
            limits.proven(core.offset)
            return limits
        before = limits.best, limits.bound
        pool = [_tree(core, limits, root) for root in _roots(core, rng, STARTS if limits.best < 0 else STARTS // 2, limits)]
        _join(core, limits, pool)
        root = _roots(core, rng, 1, limits)[0]
        reduced, bound = _ascent(core, limits, root)
        limits.proven(core.offset + bound)
        if limits.over:
            return limits
        marked = (reduced[0::2] == 0) | (reduced[1::2] == 0)
        pool += [_tree(core, limits, start, marked) for start in (root, *_roots(core, rng, STARTS // 2, limits))]
        _join(core, limits, pool)
        if limits.over:
            return limits
        kept = useful_edges(core.graph, core.terminal, root, reduced, core.offset + bound, limits.best)
        dropped = 1.0 - kept.mean()
        stalled = 0 if dropped > 0.01 or (limits.best, limits.bound) != before else stalled + 1
        if stalled == STALLED:
            return limits
        if not _joined(core, kept):
            limits.proven(limits.best)
            return limits
        core = smaller(core, kept)


def _roots(core: Core, rng: np.random.Generator, count: int, limits: Search) -> list[int]:
    """Some terminals; one where the time is up."""
    terminals = np.flatnonzero(core.terminal)
    count = 1 if limits.best >= 0 and limits.over else min(count, len(terminals))
    return [int(node) for node in rng.choice(terminals, count, replace=False)]


def _tree(core: Core, limits: Search, root: int, allowed: Bools | None = None) -> Bools:
    """A tree grown from a terminal by some of the edges and improved by all."""
    edges = np.ones(len(core.graph.cost), bool) if allowed is None else allowed
    chosen, work = grown_tree(core.graph, core.graph.cost, core.terminal, root, edges)
    limits.work += work
    if not (limits.best >= 0 and limits.over):
        chosen, work = improved(core.graph, chosen, core.terminal, root, PASSES)
        limits.work += work
    limits.offer(core, chosen)
    return chosen


def _join(core: Core, limits: Search, pool: list[Bools]) -> None:
    """Trees of the edges that several trees have together: a graph so small that its own search takes little."""
    if limits.over or len(pool) < 2:
        return
    union = np.logical_or.reduce(pool)
    small = smaller(core, union)
    left_s = max(0.0, limits.seconds - (time.monotonic() - limits.began))
    inner = Search(left_s if limits.work_limit is not None else left_s / 4, 0.0, limits.seed, None)
    if small.done:
        limits.offer(small, np.zeros(len(small.graph.cost), bool))
        return
    rng = np.random.default_rng(limits.seed)
    for root in _roots(small, rng, STARTS, inner):
        _tree(small, inner, root)
    root = _roots(small, rng, 1, inner)[0]
    reduced, _ = _ascent(small, inner, root)
    marked = (reduced[0::2] == 0) | (reduced[1::2] == 0)
    _tree(small, inner, root, marked)
    limits.work += inner.work
    if inner.best < limits.best:
        limits.best, limits.tree = inner.best, inner.tree


def _ascent(core: Core, limits: Search, root: int) -> tuple[Ints, int]:
    """Reduced costs and bound of a dual ascent, as far as the limits let it go."""
    state = ascent_of(core.graph, core.terminal, root)
    while True:
        size, bound, work = climb(core.graph, state, CHUNK)
        state = state._replace(size=size, bound=bound)
        limits.work += work
        if size == 0 or limits.over or (limits.best >= 0 and core.offset + bound >= limits.best):
            return state.reduced, int(bound)


def _joined(core: Core, kept: Bools) -> bool:
    """Whether the terminals still hang together by some edges: where they do not, no tree is better than the best one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = core.graph
    links = coo_array((np.ones(int(kept.sum()), np.int8), (graph.tail[kept], graph.head[kept])), shape=(graph.nodes, graph.nodes))
    part = connected_components(links, directed=False)[1]
    return len(np.unique(part[core.terminal])) == 1
