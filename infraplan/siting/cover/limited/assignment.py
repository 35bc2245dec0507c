"""What chosen candidates of limited capacity carry: recomputed from the list alone."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Floats, Ints
from infraplan.siting.cover.limited.flow import Flow
from infraplan.siting.cover.problem import CoverProblem

LOSSES_WORK = 5_000_000_000  # arcs looked at, past which losses stay unknown


@dataclass(frozen=True)
class Assignment:
    """An assignment: `carried` of every demand row (covered rows in full), `load` of every given candidate, and musts without a server.

    Musts come first, then the needs of the zones, then whatever else can be carried.
    """

    carried: Floats
    load: Floats
    unattended: Ints


def capacities(problem: CoverProblem) -> Floats:
    """Capacity of every candidate; infinite without limits."""
    return problem.capacity if problem.capacity is not None else np.full(problem.cost.size, np.inf)


def assignment_of(problem: CoverProblem, chosen: Ints, zone_required: Floats | None = None, one_by_one: bool = False) -> Assignment:
    """The assignment of a list of candidates, maximal in its sum and, if that is possible, with all targets met.

    `zone_required`: other requirements than the problem's. `one_by_one`: a zone with a lower number goes before all later ones, so
    that what each has in the end is the most it can have after those before it.
    """
    required = problem.zone_required if zone_required is None else zone_required
    capacity = capacities(problem)[chosen]
    matrix = sp.csr_matrix(problem.cover.T.tocsr()[chosen], dtype=np.float64)
    carried, load = np.where(problem.covered, problem.weight, 0.0), np.zeros(chosen.size)
    attended = problem.covered | (np.bincount(matrix.indices, minlength=problem.weight.size) > 0)
    alone = attended & ~problem.in_whole & ~problem.covered  # rows of separate zones load nobody
    carried[alone] = problem.weight[alone]
    open_rows = ~problem.covered & attended & (problem.shared_weight > 0)
    free = (matrix @ (problem.shared_weight * ~problem.covered)) <= capacity
    server = _first_of(matrix, free, problem.weight.size)
    given = np.flatnonzero(open_rows & (server >= 0))
    carried[given] = problem.weight[given]
    load += np.bincount(server[given], weights=problem.weight[given], minlength=chosen.size)
    rows, sites = np.flatnonzero(open_rows & (server < 0)), np.flatnonzero(~free & (capacity > 0))
    zones = required.size
    if rows.size and sites.size:
        inside = carried > 0
        inside &= problem.zone >= 0
        got = np.bincount(problem.zone[inside], weights=carried[inside], minlength=zones)
        flow = Flow(sp.csr_matrix(matrix[sites][:, rows]), problem.weight[rows], _zone_of(problem, rows), zones)
        flow.open_all_sites(capacity[sites])
        _fill(flow, problem.must[rows], problem.zone[rows], np.where(problem.separate, 0.0, np.maximum(required - got, 0.0)), one_by_one)
        carried[rows], load[sites] = flow.carried, flow.loads
    return Assignment(carried, load, np.flatnonzero(problem.must & ~attended))


def most_worth(problem: CoverProblem, chosen: Ints) -> Assignment:
    """The assignment of a list of candidates whose carried weight is worth most, whatever the targets.

    The weights that can be carried form a polymatroid: with the most valuable rows first, what is carried is worth most, and its sum is the
    greatest there is.
    """
    rates, level = np.unique(-problem.worth, return_inverse=True)
    shared = problem.in_whole
    zone = np.where(shared, level.ravel(), rates.size)
    wanted = np.append(np.bincount(zone, weights=problem.weight, minlength=rates.size + 1)[: rates.size], 0.0)
    by_worth = replace(
        problem, zone=zone, zone_required=wanted, separate=np.arange(rates.size + 1) == rates.size,
        must=np.zeros(zone.size, bool), required=0.0, spacing_m=0.0,
    )  # fmt: skip
    return assignment_of(by_worth, chosen, one_by_one=True)


def _fill(flow: Flow, must: Bools, zone: Ints, need: Floats, one_by_one: bool) -> None:
    """Musts, then zones, then all the rest."""
    flow.open_musts(must)
    if must.any():
        flow.grow()
    inside = must & (zone >= 0)
    need = np.maximum(need - np.bincount(zone[inside], weights=flow.carried[inside], minlength=need.size), 0.0)
    if one_by_one:
        for last in np.flatnonzero(need > 0):
            flow.open_zones(np.where(np.arange(need.size) <= last, need, 0.0))
            flow.grow()
    elif (need > 0).any():
        flow.open_zones(need)
        flow.grow()
    flow.open_rest()
    flow.grow()


def _zone_of(problem: CoverProblem, rows: Ints) -> Ints:
    zone = problem.zone[rows]
    return np.where(zone < 0, problem.zone_required.size, zone)


def _first_of(matrix: sp.csr_matrix, free: Bools, rows: int) -> Ints:
    """For each row the first of the free sites that serves it, -1 for none."""
    first = np.full(rows, -1)
    for i in np.flatnonzero(free)[::-1]:
        first[matrix.indices[matrix.indptr[i] : matrix.indptr[i + 1]]] = i
    return first


class _Served:
    """The most weight that candidates together serve, nothing built yet: by a flow, and in separate zones by any server."""

    def __init__(self, problem: CoverProblem, chosen: Ints) -> None:
        open_rows = ~problem.covered & (problem.weight > 0)
        loading, apart = np.flatnonzero(open_rows & problem.in_whole), np.flatnonzero(open_rows & ~problem.in_whole)
        matrix = sp.csr_matrix(problem.cover.T.tocsr()[chosen], dtype=np.float64)
        self.flow = Flow(sp.csr_matrix(matrix[:, loading]), problem.weight[loading], np.zeros(loading.size, np.int64), 0)
        self.flow.open_musts(np.ones(loading.size, bool))
        self.apart, self.weight = sp.csr_matrix(matrix[:, apart]), problem.weight[apart]
        self.servers, self.capacity = np.zeros(apart.size, np.int64), capacities(problem)[chosen]

    @property
    def at_most(self) -> Floats:
        """What each adds at most."""
        return np.asarray(np.minimum(self.flow.matrix @ self.flow.weight, self.capacity) + self.apart @ self.weight)

    def _alone(self, k: int, servers: int) -> float:
        """Weight of the rows of k in separate zones that have so many servers."""
        rows = self._rows(k)
        return float(self.weight[rows[self.servers[rows] == servers]].sum())

    def _rows(self, k: int) -> Ints:
        return np.asarray(self.apart.indices[self.apart.indptr[k] : self.apart.indptr[k + 1]])

    def gain(self, k: int) -> float:
        """What k would add."""
        return self.flow.gain(k, self.capacity[k]) + self._alone(k, 0)

    def add(self, k: int) -> float:
        """Build k; what it adds."""
        adds = self._alone(k, 0)
        self.servers[self._rows(k)] += 1
        return self.flow.add(k, self.capacity[k]) + adds

    def add_all(self) -> None:
        """Build all."""
        self.flow.open_all_sites(self.capacity)
        self.flow.grow()
        self.servers += np.asarray(self.apart.getnnz(axis=0), np.int64)

    def loss(self, k: int) -> float:
        """What goes without k."""
        return self.flow.loss(k) + self._alone(k, 1)


def order_by_flow(problem: CoverProblem, chosen: Ints) -> tuple[Ints, Floats]:
    """Build order by weight per cost, lazily (the greatest flow is submodular in the set of sites), and what the flow grows by at each."""
    served = _Served(problem, chosen)
    price = np.maximum(problem.cost, 1e-12 + 1e-9 * float(problem.cost.max(initial=0.0)))[chosen]
    at_most = served.at_most
    heap = [(-at_most[k] / price[k], k) for k in range(chosen.size)]
    heapq.heapify(heap)
    order, gains = [], []
    while heap:
        _, k = heap[0]
        adds = served.gain(k)
        if len(heap) > 1 and (-adds / price[k], k) > min(heap[1:3]):
            heapq.heapreplace(heap, (-adds / price[k], k))
            continue
        heapq.heappop(heap)
        order.append(int(chosen[k]))
        gains.append(served.add(k))
    return np.array(order, np.int64), np.array(gains, np.float64)


def gains_in_order(problem: CoverProblem, order: Ints) -> Floats:
    """What each candidate adds to the greatest flow of those before it."""
    served = _Served(problem, order)
    return np.array([served.add(k) for k in range(order.size)], np.float64)


def losses_by_flow(problem: CoverProblem, chosen: Ints) -> Floats:
    """What the greatest flow falls by without each site alone; NaN for sites left when the work allowed is used up."""
    served = _Served(problem, chosen)
    served.add_all()
    losses = np.full(chosen.size, np.nan)
    for k in range(chosen.size):
        if served.flow.visited > LOSSES_WORK:
            break
        losses[k] = served.loss(k)
    return losses


def gains_by_flow(problem: CoverProblem, chosen: Ints, candidates: Ints) -> Floats:
    """What each of these candidates would add to the greatest flow of the chosen ones."""
    both = np.union1d(chosen, candidates)
    served = _Served(problem, both)
    for k in np.flatnonzero(np.isin(both, chosen)):
        served.add(int(k))
    gains = {int(both[k]): served.gain(int(k)) for k in np.flatnonzero(~np.isin(both, chosen))}
    return np.array([gains.get(int(i), 0.0) for i in candidates])
