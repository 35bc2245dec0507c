"""Exact reduction: what may be left out without losing any best plan's cost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from infraplan.arrays import Bools, Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import KEPT, SERVES_NOTHING, Model, Reduced, restrict
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.reachable_targets import ReachableTargets, common_unit, number_zones
from infraplan.siting.cover.shrinking import ShrinkingModel, contains, groups_of


def reduce_for_least_cost(problem: CoverProblem, targets: ReachableTargets, *, simplify: bool = True) -> Reduced:
    """The smallest model with the same best cost.

    Dropped: rows already served or needed by no target; candidates that serve nothing needed, or whose rows another serves too at no higher
    cost (under a spacing only when both are on one spot); must rows implied by others. Merged: rows with the same candidates, zone and
    `must`. A row without which its zone's (or the whole) requirement fails becomes a must. A must row's only candidate is locked in.

    `simplify=False` keeps every row and candidate that matters, to test the above.
    """
    work = _work_on(problem, targets)
    while simplify and work.step():
        pass
    return work.result(problem, targets, common_unit(problem.cost))


def merge_for_least_cost(problem: CoverProblem, targets: ReachableTargets) -> Reduced:
    """The model with every allowed candidate; only rows with the same candidates, zone and `must` are one."""
    work = _work_on(problem, targets)
    work.merge_rows()
    return work.result(problem, targets, common_unit(problem.cost))


def reduce_for_most_people(problem: CoverProblem, targets: ReachableTargets, *, costly: bool) -> Reduced:
    """The smallest model with the same greatest weight: every row counts, nothing is a must. Without a budget costs are 0."""
    free = np.zeros(problem.weight.size, bool)
    joint = replace(problem, separate=np.zeros(problem.separate.size, bool))  # every row counts alike
    work = _work_on(joint, replace(targets, must=free, zone_need=np.zeros(problem.zone_required.size), need=np.inf))
    if not costly:
        work.cost[:] = 0.0
    while True:
        work.merge_rows()
        if not work.drop_dominated():
            break
    return work.result(problem, targets, common_unit(problem.weight))


def _work_on(problem: CoverProblem, targets: ReachableTargets) -> _PlainWork:
    """Rows that some target still needs, by allowed candidates."""
    number, active, rest = number_zones(problem, targets.zone_need, targets.slack)
    zone = number[problem.zone]
    needed = targets.must | (zone != rest) | ((problem.shared_weight > 0) & (targets.need > targets.slack))
    needed &= targets.must | (problem.weight > 0)
    rows = np.flatnonzero(~targets.served & targets.able & needed)
    candidate = np.flatnonzero(targets.allowed)
    matrix = problem.cover[rows]
    matrix = (matrix if candidate.size == problem.cost.size else matrix[:, candidate]).tocsr()
    matrix.sort_indices()
    work = _PlainWork(
        matrix=matrix, weight=np.where(zone > rest, problem.weight, problem.shared_weight)[rows], zone=zone[rows],
        must=targets.must[rows].copy(), home=problem.zone[rows],
        candidate=candidate, cost=problem.cost[candidate].copy(), capacity=np.full(candidate.size, np.inf),
        fixed=np.zeros(candidate.size, bool), position_m=None if problem.position_m is None else problem.position_m[candidate],
        spacing_m=problem.spacing_m, zone_need=np.append(targets.zone_need, 0.0)[active], rest=rest, need=targets.need,
        slack=targets.slack,
        dropped_by=np.full(problem.cost.size, SERVES_NOTHING, np.int64), locked=list(np.flatnonzero(problem.forced)),
    )  # fmt: skip
    work.count_musts_as_served()
    return work


@dataclass
class _PlainWork(ShrinkingModel):
    """The model in progress, and the candidates known to be in every plan."""

    locked: list[int] = field(default_factory=list)

    def step(self) -> bool:
        """One round of reductions; True while candidates still fall away."""
        self.merge_rows()
        self.find_musts()
        self.drop_implied_musts()
        if self.spacing_m <= 0:  # else the only candidate may be too close to another one that is needed
            self.lock_lone_candidates()
        return self.drop_dominated()

    def count_musts_as_served(self) -> None:
        """The weight of a must row is served in every plan: it leaves the needs, and the row keeps none."""
        must = self.must & (self.weight > 0)
        self._lower_needs(must)
        self.weight[must] = 0.0
        self.zone[self.must] = self.rest
        self.drop_idle_rows()

    def _lower_needs(self, served: Bools) -> None:
        """Take the weight of these rows off the needs."""
        self.zone_need -= np.bincount(self.zone[served], weights=self.weight[served], minlength=len(self.zone_need))
        self.zone_need[self.rest] = 0.0
        self.need -= float(self.load[served].sum())

    def find_musts(self) -> None:
        """A row becomes a must if the rest of its zone, or of everything, does not suffice without it."""
        spare = np.bincount(self.zone, weights=self.weight, minlength=len(self.zone_need)) - self.zone_need
        needed = (self.zone != self.rest) & (self.weight > spare[self.zone] + self.slack)
        if self.need > self.slack:
            needed |= self.load > float(self.load.sum()) - self.need + self.slack
        needed &= ~self.must
        if needed.any():
            self.must |= needed
            self.count_musts_as_served()

    def drop_implied_musts(self) -> None:
        """Drop a must row whose candidates include all of another must row's: it is served anyway."""
        must = np.flatnonzero(self.must)
        if must.size < 2:
            return
        rows = self.matrix[must].tocsr()
        rows.sort_indices()
        across = rows.tocsc()
        implied = _implied(rows.indptr.astype(np.int64), rows.indices, across.indptr.astype(np.int64), across.indices)
        keep = np.ones(len(self.must), bool)
        keep[must[implied > 0]] = False
        self.keep_rows(keep)

    def lock_lone_candidates(self) -> None:
        """The only candidate of a must row is in every plan: lock it, and drop the rows it serves."""
        size = np.diff(self.matrix.indptr)
        lone = np.unique(self.matrix.indices[self.matrix.indptr[:-1][self.must & (size == 1)]])
        if not lone.size:
            return
        chosen = np.zeros(self.matrix.shape[1], np.int32)
        chosen[lone] = 1
        served = self.matrix @ chosen > 0
        self._lower_needs(served)
        self.locked.extend(self.candidate[lone])
        self.dropped_by[self.candidate[lone]] = KEPT
        self.keep_candidates(chosen == 0)
        self.keep_rows(~served)
        self.drop_idle_rows()

    def result(self, problem: CoverProblem, targets: ReachableTargets, unit: float) -> Reduced:
        """The model as it is now."""
        locked = np.array(sorted(self.locked), np.int64)
        cost, base = float(problem.cost[locked].sum()), float(problem.weight[targets.served].sum())
        return Reduced(self.model(), self.candidate, locked, cost, base, unit, self.position_m, self.dropped_by, self.home)


def restrict_and_merge(model: Model, keep: Ints, position_m: Floats | None) -> Model:
    """The model with these candidates only; classes that are then alike become one, classes that nobody serves any more go."""
    small = restrict(model, keep, position_m)
    across = small.matrix.T.tocsr()
    across.sort_indices()
    used = np.flatnonzero((np.diff(across.indptr) > 0) | (small.must > 0))
    group, first = groups_of(across[used], small.zone[used].astype(np.int64) * 2 + small.must[used])
    first = used[first]
    weight, value = (np.bincount(group, weights=of[used], minlength=first.size).astype(np.float64) for of in (small.weight, small.value))
    rows = across[first]
    columns = rows.T.tocsr()
    columns.sort_indices()
    return small._replace(
        start=columns.indptr.astype(np.int64),
        rows=columns.indices.astype(np.int32),
        row_start=rows.indptr.astype(np.int64),
        columns=rows.indices.astype(np.int32),
        weight=weight,
        value=value,
        zone=small.zone[first],
        must=small.must[first],
    )


@kernel
def _implied(start: Ints, columns: Indices, across_start: Ints, across: Indices) -> Flags:
    """1 for every row whose candidates include all of another row's that is not implied itself: of two equal rows one remains."""
    rows = len(start) - 1
    implied = np.zeros(rows, np.uint8)
    for j in range(rows):
        for p in range(start[j], start[j + 1]):
            for q in range(across_start[columns[p]], across_start[columns[p] + 1]):
                k = across[q]
                if k == j or implied[k] or start[k + 1] - start[k] > start[j + 1] - start[j]:
                    continue
                if contains(start, columns, j, k):
                    implied[j] = 1
                    break
            if implied[j]:
                break
    return implied
