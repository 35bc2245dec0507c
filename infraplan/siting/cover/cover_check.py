"""A plan judged from its list of candidates alone, by nothing but the problem itself."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from infraplan.arrays import Bools, Floats, Ints
from infraplan.siting.cover.limited.assignment import assignment_of, losses_by_flow, order_by_flow
from infraplan.siting.cover.problem import CoverProblem, conflicts
from infraplan.siting.cover.tolerances import weight_tolerance


@dataclass(frozen=True)
class CoverCheck:
    """What a list of candidates achieves.

    `feasible`: every target as stated is met, no two are too close, none is forbidden, all forced ones are there.
    `zones_short`, `must_missed`, `too_close` (pairs), `forbidden`, `forced_missing` list what is wrong.

    Where candidates have a `capacity`, `weight` is the most they can carry together, and `load` what each carries in an assignment that
    shows it, aligned with the list in ascending order; empty otherwise. The assignment meets all targets if any does. If none does, it
    serves musts first and then the zones, and `zone_weight`, `zones_short`, `must_missed` say what is then missing.
    """

    feasible: bool
    cost: float
    weight: float
    zone_weight: Floats
    zones_short: Ints
    must_missed: Ints
    required_met: bool
    too_close: Ints
    forbidden: Ints
    forced_missing: Ints
    load: Floats = field(default_factory=lambda: np.empty(0))


def served_rows(problem: CoverProblem, chosen: npt.ArrayLike) -> Bools:
    """Rows served by these candidates, or before."""
    columns = np.zeros(problem.cost.size, np.int32)
    columns[np.asarray(chosen, np.int64)] = 1
    return np.asarray(problem.covered | (problem.cover @ columns > 0))


def check_cover(problem: CoverProblem, chosen: npt.ArrayLike) -> CoverCheck:
    """Recompute everything from the list: cost, weight, each target. Weights are compared within 1e-9 of the whole."""
    picked = np.unique(np.asarray(chosen, np.int64))
    tolerance = weight_tolerance(problem.weight)
    if problem.capacity is None:
        served = served_rows(problem, picked)
        carried, load = problem.weight * served, np.empty(0)
        missed = np.flatnonzero(problem.must & ~served)
    else:
        best = assignment_of(problem, picked)
        carried, load = best.carried, best.load
        missed = np.union1d(best.unattended, np.flatnonzero(problem.must & (carried < problem.weight - tolerance)))
    inside = problem.zone >= 0
    zone_weight = np.bincount(problem.zone[inside], weights=carried[inside], minlength=problem.zone_required.size).astype(np.float64)
    short = np.flatnonzero(zone_weight < problem.zone_required - tolerance)
    close = picked[conflicts(problem, picked)]
    forbidden, missing = picked[problem.forbidden[picked]], np.setdiff1d(np.flatnonzero(problem.forced), picked)
    weight, shared = float(carried.sum()), float(carried[problem.in_whole].sum())
    met = shared >= problem.required - tolerance
    feasible = bool(met) and not (short.size or missed.size or close.size or forbidden.size or missing.size)
    cost = float(problem.cost[picked].sum())
    return CoverCheck(feasible, cost, weight, zone_weight, short, missed, bool(met), close, forbidden, missing, load)


def build_order(problem: CoverProblem, chosen: Ints) -> tuple[Ints, Floats]:
    """The chosen candidates so that each adds the most weight per cost to those before it, and the weight each adds.

    Where candidates have a capacity, that is what the most weight all of them together can carry grows by.
    """
    if problem.capacity is not None:
        return order_by_flow(problem, chosen)
    columns = problem.cover.tocsc()
    served = problem.covered.copy()
    price = np.maximum(problem.cost, 1e-12 + 1e-9 * float(problem.cost.max(initial=0.0)))

    def gain(i: int) -> float:
        rows = columns.indices[columns.indptr[i] : columns.indptr[i + 1]]
        return float(problem.weight[rows[~served[rows]]].sum())

    heap = [(-gain(i) / price[i], int(i)) for i in chosen]
    heapq.heapify(heap)
    order, gains = [], []
    while heap:
        _, i = heap[0]
        adds = gain(i)
        if len(heap) > 1 and (-adds / price[i], i) > min(heap[1:3]):
            heapq.heapreplace(heap, (-adds / price[i], i))
            continue
        heapq.heappop(heap)
        order.append(i)
        gains.append(adds)
        served[columns.indices[columns.indptr[i] : columns.indptr[i + 1]]] = True
    return np.array(order, np.int64), np.array(gains, np.float64)


def removal_losses(problem: CoverProblem, chosen: Ints) -> Floats:
    """Weight lost when one candidate alone is taken out of the plan, aligned with `chosen`.

    Where candidates have a capacity: what the most weight the others can carry is less. Each takes a flow; past five thousand million
    arcs looked at, the rest is NaN.
    """
    if problem.capacity is not None:
        return losses_by_flow(problem, chosen)
    picked = sp.csc_matrix(problem.cover.tocsc()[:, chosen])
    times = np.asarray(picked.sum(axis=1)).ravel()
    alone = ((times == 1) & ~problem.covered) * problem.weight
    return np.asarray(picked.T.astype(np.float64) @ alone).ravel()
