"""The exact cost of the cheapest tree of a small problem."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from infraplan.backhaul import SteinerProblem

Numbers = npt.NDArray[np.float64]


def optimum(problem: SteinerProblem) -> float:
    """The cost of the cheapest tree, exactly: by terminals joined so far and the node where they meet (Dreyfus and Wagner 1971)."""
    terminals = problem.terminals.tolist()
    if len(terminals) < 2:
        return 0.0
    distance = np.full((problem.nodes, problem.nodes), np.inf)
    np.fill_diagonal(distance, 0.0)
    for (a, b), cost in zip(problem.edges.tolist(), problem.cost.tolist(), strict=True):
        distance[a, b] = distance[b, a] = min(distance[a, b], cost)
    for node in range(problem.nodes):
        distance = np.minimum(distance, distance[:, node, None] + distance[None, node, :])
    first, *others = terminals
    best: dict[int, Numbers] = {1 << place: distance[node] for place, node in enumerate(others)}
    for size in range(2, len(others) + 1):
        for places in itertools.combinations(range(len(others)), size):
            mask = sum(1 << place for place in places)
            halves = [half for half in range(1, mask) if half & mask == half and half < mask ^ half]
            meet = np.min([best[half] + best[mask ^ half] for half in halves], axis=0)
            best[mask] = np.min(meet[None, :] + distance, axis=1)
    return float(best[(1 << len(others)) - 1][first])
