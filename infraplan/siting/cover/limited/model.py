"""The problem with limited sites: targets lowered to what can be carried, and the smallest model with the same best plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.cover_plan import Certificate
from infraplan.siting.cover.limited.assignment import assignment_of, capacities
from infraplan.siting.cover.limited.flow import Flow
from infraplan.siting.cover.model import buckets_of
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.reduction import KEPT, SERVES_NOTHING, common_unit, groups_of, reachable_targets


@dataclass(frozen=True)
class LimitedTargets:
    """What is asked once targets beyond all candidates together are lowered.

    Musts go first (all at once), then the zones in their order, then the whole: each is lowered to what can be carried after those
    before it. All candidates together then meet every target, by one assignment. `must_weight`: weight of each row that has to be carried;
    `attend`: rows of weight 0 that need a server.
    """

    allowed: Bools
    must_weight: Floats
    attend: Bools
    zone_required: Floats
    required: float
    slack: float
    certificate: Certificate


def limited_targets(problem: CoverProblem) -> LimitedTargets:
    """Split the targets into what all allowed candidates can carry together, and what they cannot."""
    allowed = reachable_targets(problem).allowed
    pool = np.flatnonzero(allowed | problem.forced)
    slack = 1e-9 * max(1.0, float(problem.weight.sum()))
    told = assignment_of(problem, pool)
    got = _by_zone(problem, told.carried)
    if (got < problem.zone_required - slack).any():
        told = assignment_of(problem, pool, one_by_one=True)
        got = _by_zone(problem, told.carried)
    got_all, weighty = float(told.carried.sum()), problem.weight > 0
    able = problem.cover @ ((allowed | problem.forced) & (capacities(problem) > 0)).astype(np.int32) > 0
    missed = problem.must & (told.carried < problem.weight - slack)
    missed[told.unattended] = True
    lost = ~problem.covered & ((weighty & ~able) | (~weighty & missed))
    beyond = np.flatnonzero(problem.zone_required > got + slack)
    certificate = Certificate(
        rows=np.flatnonzero(lost), must_rows=np.flatnonzero(missed), zones=beyond, zone_required=problem.zone_required[beyond],
        zone_reachable=got[beyond], required=problem.required, reachable=got_all,
        zone_alone=np.array([_alone(problem, pool, int(g)) for g in beyond]),
    )  # fmt: skip
    zone_required = problem.zone_required.copy()
    zone_required[beyond] = got[beyond]
    duty = problem.must & ~problem.covered
    return LimitedTargets(
        allowed, np.where(duty, np.where(missed, told.carried, problem.weight), 0.0), duty & ~weighty & ~missed, zone_required,
        min(problem.required, got_all), slack, certificate,
    )  # fmt: skip


def _by_zone(problem: CoverProblem, carried: Floats) -> Floats:
    inside = problem.zone >= 0
    return np.bincount(problem.zone[inside], weights=carried[inside], minlength=problem.zone_required.size).astype(np.float64)


def _alone(problem: CoverProblem, pool: Ints, zone: int) -> float:
    """What a zone could have if nobody else were served."""
    rows = np.flatnonzero((problem.zone == zone) & ~problem.covered)
    flow = Flow(sp.csr_matrix(problem.cover[rows][:, pool].T.tocsr()), problem.weight[rows], np.zeros(rows.size, np.int64), 0)
    flow.open_musts(np.ones(rows.size, bool))
    flow.stand_all(capacities(problem)[pool])
    return flow.grow() + float(problem.weight[(problem.zone == zone) & problem.covered].sum())


class LimitedModel(NamedTuple):
    """Candidates x classes, as `Model`, with a capacity for each candidate.

    Here a class with `must` keeps its weight, which has to be carried in full (one of weight 0 needs a server), and stands in the last
    zone; the needs are those of all other classes. `entry[q]` is the place in `rows` of the q-th of `columns`. Candidates that are
    `fixed` stand in every plan and cost nothing more. A need is met when no more than half of `slack` is missing; bounds grant all of it.
    """

    start: Ints
    rows: Indices
    row_start: Ints
    columns: Indices
    entry: Ints
    weight: Floats
    zone: Indices
    must: Flags
    cost: Floats
    capacity: Floats
    fixed: Flags
    zone_need: Floats
    need: float
    slack: float
    place: Floats
    ring: Ints
    spacing_m: float

    @property
    def candidates(self) -> int:
        return len(self.cost)

    @property
    def classes(self) -> int:
        return len(self.weight)

    @property
    def matrix(self) -> sp.csr_matrix:
        """Candidates x classes, ones."""
        return sp.csr_matrix((np.ones(len(self.rows)), self.rows, self.start), shape=(self.candidates, self.classes))


@dataclass(frozen=True)
class LimitedReduced:
    """A limited model and the way back: as `Reduced`; `base` is the weight served whatever is chosen."""

    model: LimitedModel
    candidate: Ints
    locked: Ints
    locked_cost: float
    base: float
    unit: float
    position_m: Floats | None
    dropped_by: Ints

    def chosen(self, plan: Flags) -> Ints:
        """The problem's candidates of a plan of the model."""
        return np.union1d(self.locked, self.candidate[np.flatnonzero(plan)])


def limited_model(
    problem: CoverProblem, targets: LimitedTargets, *, most: bool = False, costly: bool = True, simplify: bool = True
) -> LimitedReduced:  # fmt: skip
    """The model of the cheapest plan, or of the `most` weight.

    Dropped: rows served already, by forced candidates without a limit, or no longer asked for; candidates that serve nothing asked for, or
    all of whose rows one without a limit serves too at no higher cost (under a spacing: from the same spot). Merged: rows with the same
    candidates and targets, for weight may be split. Nothing else: a site that carries only part of a row does not settle it.
    """
    capacity, last = capacities(problem), problem.zone_required.size
    reach = problem.cover.T.astype(np.float64) @ (problem.weight * ~problem.covered)
    free = problem.forced & (reach <= capacity)
    served = problem.covered | (problem.cover @ free.astype(np.int32) > 0)
    candidate = np.flatnonzero(targets.allowed | (problem.forced & ~free))
    must_weight, attend = np.where(served, 0.0, targets.must_weight), targets.attend & ~served
    zone_need = np.append(targets.zone_required - _by_zone(problem, problem.weight * served + must_weight), 0.0)
    need = targets.required - float(problem.weight[served].sum()) - float(must_weight.sum())
    if most:
        must_weight, attend = np.zeros(served.size), np.zeros(served.size, bool)
        zone_need, need = np.zeros(1), np.inf
        last = 0
    usual = np.where(served, 0.0, problem.weight - must_weight)
    usual[usual <= targets.slack] = 0.0
    musts, others = np.flatnonzero((must_weight > 0) | attend), np.flatnonzero(usual > 0)
    zone = np.where(problem.zone[others] < 0, last, problem.zone[others]) if not most else np.zeros(others.size, np.int64)
    work = _Work(
        matrix=problem.cover[np.concatenate([musts, others])][:, candidate].tocsr(),
        weight=np.concatenate([must_weight[musts], usual[others]]),
        zone=np.concatenate([np.full(musts.size, last), zone]), must=np.arange(musts.size + others.size) < musts.size,
        candidate=candidate, cost=np.where(problem.forced[candidate] | (not costly), 0.0, problem.cost[candidate]),
        capacity=capacity[candidate], fixed=problem.forced[candidate], zone_need=zone_need, need=need, slack=targets.slack,
        position_m=None if problem.position_m is None else problem.position_m[candidate], spacing_m=problem.spacing_m,
        dropped_by=np.full(problem.cost.size, SERVES_NOTHING),
    )  # fmt: skip
    work.drop_idle_entries()
    while True:
        work.drop_idle_rows()
        if not simplify:
            break
        work.merge()
        if not work.drop_candidates():
            break
    locked = np.flatnonzero(free)
    finite = capacity[np.isfinite(capacity)]
    unit = common_unit(np.concatenate([problem.weight, finite])) if most else common_unit(problem.cost)
    return LimitedReduced(
        work.model(), work.candidate, locked, float(problem.cost[problem.forced].sum()), float(problem.weight[served].sum()), unit,
        work.position_m, work.dropped_by,
    )  # fmt: skip


@dataclass
class _Work:
    """The model in progress."""

    matrix: sp.csr_matrix
    weight: Floats
    zone: Ints
    must: Bools
    candidate: Ints
    cost: Floats
    capacity: Floats
    fixed: Bools
    zone_need: Floats
    need: float
    slack: float
    position_m: Floats | None
    spacing_m: float
    dropped_by: Ints

    def drop_idle_entries(self) -> None:
        """A candidate that can carry nothing serves rows of weight 0 only."""
        entries = self.matrix.tocoo()
        keep = (self.weight[entries.row] == 0) | (self.capacity[entries.col] > 0)
        self.matrix = sp.csr_matrix((entries.data[keep], (entries.row[keep], entries.col[keep])), shape=self.matrix.shape)
        self.matrix.sort_indices()

    def drop_idle_rows(self) -> None:
        """Zones whose need is met ask for nothing; neither do their rows, unless the whole still does. Nor rows that nobody serves."""
        last = len(self.zone_need) - 1
        self.zone[(self.zone_need <= self.slack)[self.zone]] = last
        keep = (self.must | (self.zone < last) | (self.need > self.slack)) & (np.diff(self.matrix.indptr) > 0)
        self.matrix, self.weight, self.zone, self.must = self.matrix[keep], self.weight[keep], self.zone[keep], self.must[keep]

    def merge(self) -> None:
        """Rows with the same candidates and the same targets become one."""
        group, stands = groups_of(self.matrix, self.zone * 2 + self.must)
        self.weight = np.bincount(group, weights=self.weight, minlength=len(stands)).astype(np.float64)
        self.matrix, self.zone, self.must = self.matrix[stands], self.zone[stands], self.must[stands]

    def drop_candidates(self) -> bool:
        """True when some fell away."""
        across = self.matrix.T.tocsr()
        across.sort_indices()
        spot = np.zeros(len(self.cost), np.int64)
        if self.spacing_m > 0:
            spot = np.unique(np.asarray(self.position_m), axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        endless = (across.astype(np.float64) @ self.weight <= self.capacity).astype(np.uint8)
        by = _outdone(
            across.indptr.astype(np.int64),
            across.indices,
            self.matrix.indptr.astype(np.int64),
            self.matrix.indices,
            self.cost,
            spot,
            endless,
            self.fixed.astype(np.uint8),
        )
        gone = by != KEPT
        self.dropped_by[self.candidate[gone]] = np.where(by[gone] >= 0, self.candidate[by[gone]], SERVES_NOTHING)
        if gone.any():
            self.matrix = self.matrix[:, np.flatnonzero(~gone)].tocsr()
            self.matrix.sort_indices()
            self.candidate, self.cost, self.capacity = self.candidate[~gone], self.cost[~gone], self.capacity[~gone]
            self.fixed = self.fixed[~gone]
            self.position_m = None if self.position_m is None else self.position_m[~gone]
        return bool(gone.any())

    def model(self) -> LimitedModel:
        entries = self.matrix.tocsc()
        entries.sort_indices()
        place, ring = buckets_of(self.position_m, self.spacing_m)
        columns = self.matrix.indices
        self.dropped_by[self.candidate] = KEPT
        order = np.argsort(columns, kind="stable")  # candidate by candidate, rows ascending: the order of `rows`
        entry = np.empty(columns.size, np.int64)
        entry[order] = np.arange(columns.size)
        reach = np.bincount(columns, weights=np.repeat(self.weight, np.diff(self.matrix.indptr)), minlength=self.cost.size)
        return LimitedModel(
            start=entries.indptr.astype(np.int64), rows=entries.indices.astype(np.int32), row_start=self.matrix.indptr.astype(np.int64),
            columns=columns.astype(np.int32), entry=entry, weight=self.weight, zone=self.zone.astype(np.int32),
            must=self.must.astype(np.uint8), cost=self.cost, capacity=np.minimum(self.capacity, reach), fixed=self.fixed.astype(np.uint8),
            zone_need=np.where(self.zone_need > self.slack, self.zone_need, 0.0), need=self.need if self.need > self.slack else 0.0,
            slack=self.slack, place=place, ring=ring, spacing_m=self.spacing_m,
        )  # fmt: skip


def capped_flow(model: LimitedModel) -> tuple[Flow, float]:
    """A flow whose every sink takes only what is asked, nothing built yet; and its value when every target is met."""
    flow = Flow(model.matrix, model.weight, model.zone.astype(np.int64), len(model.zone_need) - 1)
    flow.open_musts(model.must > 0)
    flow.open_zones(model.zone_need[:-1])
    rest = max(0.0, model.need - float(model.zone_need.sum()))
    flow.open_rest(rest)
    return flow, float(model.weight[model.must > 0].sum() + model.zone_need.sum()) + rest


@kernel
def _outdone(
    start: Ints, rows: Indices, row_start: Ints, columns: Indices, cost: Floats, spot: Ints, endless: Flags, fixed: Flags
) -> Ints:  # fmt: skip
    """Which candidate without a limit makes each one superfluous: -1 serves nothing, -2 kept."""
    by = np.full(len(start) - 1, -2)
    for i in range(len(by)):
        size = start[i + 1] - start[i]
        if fixed[i]:
            continue
        if size == 0:
            by[i] = -1
            continue
        some = rows[start[i]]
        for q in range(row_start[some], row_start[some + 1]):
            k = columns[q]
            if k == i or not endless[k] or by[k] != -2 or cost[k] > cost[i] or start[k + 1] - start[k] < size or spot[k] != spot[i]:
                continue
            at, end, held = start[k], start[k + 1], True
            for p in range(start[i], start[i + 1]):
                while at < end and rows[at] < rows[p]:
                    at += 1
                if at == end or rows[at] != rows[p]:
                    held = False
                    break
            if held:
                by[i] = k
                break
    return by
