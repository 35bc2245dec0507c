"""The front door of the core: the cheapest tree known, with a bound that no tree can beat."""

from __future__ import annotations

import math

import numpy as np

from infraplan.arrays import Floats, Ints
from infraplan.backhaul.steiner.core import Core
from infraplan.backhaul.steiner.graph import graph_of
from infraplan.backhaul.steiner.problem import SteinerProblem, Tree
from infraplan.backhaul.steiner.search import Search, search

EXACT = 2.0**52
"""Whole numbers up to here are exact as floats."""


def solve(problem: SteinerProblem, time_limit_s: float = 60.0, gap: float = 0.001, seed: int = 0, work_limit: int | None = None) -> Tree:
    """The cheapest tree found that joins the problem's terminals.

    Parameters
    ----------
    problem : SteinerProblem
    time_limit_s : float
        Wall time. At least one tree is always made. [s]
    gap : float
        The search ends as soon as (cost - bound) / cost is proven to be no more, 0..1.
    seed : int
        Of the nodes from which trees are grown.
    work_limit : int, optional
        Steps of the search, counted: arcs looked at. The same limit gives the same tree on any machine, as long as `time_limit_s`, which
        still ends the search, is not reached.

    Returns
    -------
    Tree
        Its bound holds whenever the search ends.

    Notes
    -----
    Trees are grown along shortest paths (Takahashi and Matsuyama 1980), improved by exchange of paths, and joined; dual ascent (Wong
    1984) gives the bound, the edges on which further trees are grown, and those that no better tree has.

    Examples
    --------
    >>> from infraplan.backhaul import SteinerProblem, solve
    >>> problem = SteinerProblem(edges=[[0, 1], [1, 2], [0, 2], [1, 3]], cost=[2.0, 2.0, 3.0, 1.0], terminals=[0, 2, 3])
    >>> tree = solve(problem)
    >>> tree.edges.tolist(), tree.cost, tree.bound
    ([0, 1, 3], 5.0, 5.0)
    """
    if len(problem.terminals) < 2:
        return Tree(np.zeros(0, np.int64), 0.0, 0.0, 0.0)
    part = problem.part_of()
    own = np.flatnonzero(part[problem.edges[:, 0]] == part[problem.terminals[0]])
    nodes, ends = np.unique(problem.edges[own], return_inverse=True)
    ends = ends.reshape(-1, 2)
    whole, scale = _whole_costs(problem.cost[own])
    terminal = np.zeros(len(nodes), bool)
    terminal[np.searchsorted(nodes, problem.terminals)] = True
    graph = graph_of(len(nodes), np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1]), whole)
    found = search(Core(graph, terminal), Search(time_limit_s, gap, seed, work_limit))
    edges = np.sort(own[found.tree])
    cost = math.fsum(problem.cost[edges])
    bound = min(found.bound / scale, cost)
    return Tree(edges, cost, bound, (cost - bound) / cost if cost > 0 else 0.0, found.work)


def _whole_costs(cost: Floats) -> tuple[Ints, float]:
    """Costs times a power of two, rounded down to whole numbers, and that power; costs that are whole already stay as they are.

    Rounded down, because a bound of smaller costs holds for the larger ones.
    """
    total = math.fsum(cost)
    if total < EXACT and bool((cost == np.floor(cost)).all()):
        return cost.astype(np.int64), 1.0
    scale = 2.0 ** math.floor(math.log2(EXACT / max(total, 1e-300)))
    return np.floor(cost * scale).astype(np.int64), scale
