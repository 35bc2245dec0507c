"""Exact reduction: what may be left out without losing any best plan's cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from infraplan.arrays import Bools, Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.cover_plan import Certificate
from infraplan.siting.cover.model import Model, Reduced, buckets_of, matrix_of, restrict
from infraplan.siting.cover.problem import CoverProblem

SERVES_NOTHING, KEPT = -1, -2


@dataclass
class ReachableTargets:
    """What the problem asks once forced candidates stand and unreachable targets are lowered to what can be reached."""

    allowed: Bools
    served: Bools
    able: Bools
    must: Bools
    zone_need: Floats
    need: float
    slack: float
    certificate: Certificate


def reachable_targets(problem: CoverProblem) -> ReachableTargets:
    """Split the targets into what is met, what can be met, and what cannot."""
    forced = np.flatnonzero(problem.forced)
    allowed = ~problem.forbidden & ~problem.forced & ~_too_close(problem, forced)
    served = problem.covered | (problem.cover @ problem.forced.astype(np.int32) > 0)
    able = served | (problem.cover @ allowed.astype(np.int32) > 0)
    zones = problem.zone_required.size
    total = max(1.0, float(problem.weight.sum()))
    slack = 1e-9 * total
    reachable = _by_zone(problem, able, zones)
    reachable_all = float(problem.weight[able].sum())
    lost = np.flatnonzero(~able & ((problem.weight > 0) | problem.must))
    beyond = np.flatnonzero(problem.zone_required > reachable + slack)
    certificate = Certificate(
        rows=lost, must_rows=lost[problem.must[lost]], zones=beyond,
        zone_required=problem.zone_required[beyond], zone_reachable=reachable[beyond], required=problem.required, reachable=reachable_all,
    )
    zone_need = np.minimum(problem.zone_required, reachable) - _by_zone(problem, served, zones)
    need = min(problem.required, reachable_all) - float(problem.weight[served].sum())
    if (problem.weight == np.round(problem.weight)).all() and total < 2**52:
        zone_need, need, slack = np.ceil(zone_need - 1e-6), float(np.ceil(need - 1e-6)), 0.5
    return ReachableTargets(allowed, served, able, problem.must, zone_need, need, slack, certificate)


def reduce_for_least_cost(problem: CoverProblem, targets: ReachableTargets, *, simplify: bool = True) -> Reduced:
    """The smallest model with the same best cost.

    Dropped: rows already served or no longer asked for; candidates that serve nothing asked for, or whose rows another, no dearer,
    serves too (under a spacing only when both stand on one spot); must rows implied by others. Merged: rows with the same candidates
    and targets. A row without which its zone's (or the whole) requirement fails becomes a must. A must row's only candidate is locked in.

    `simplify=False` keeps every row and candidate that matters, to test the above.
    """
    work = _Work(problem, targets)
    while simplify and work.step():
        pass
    return work.result()


def reduce_for_most_people(problem: CoverProblem, targets: ReachableTargets, *, costly: bool) -> Reduced:
    """The smallest model with the same greatest weight: every row counts, nothing is a must. Without a budget costs are 0."""
    free = np.zeros(problem.weight.size, bool)
    work = _Work(problem, replace(targets, must=free, zone_need=np.zeros(problem.zone_required.size), need=np.inf))
    if not costly:
        work.cost[:] = 0.0
    while True:
        work.merge()
        if not work.drop_dominated():
            break
    return work.result()


class _Work:
    """The model in progress: rows x candidates, and the two index lists back to the problem."""

    def __init__(self, problem: CoverProblem, targets: ReachableTargets) -> None:
        self.problem, self.slack, self.need = problem, targets.slack, targets.need
        self.spaced = problem.spacing_m > 0
        active = np.flatnonzero(targets.zone_need > targets.slack)
        place = np.full(problem.zone_required.size + 1, active.size)
        place[active] = np.arange(active.size)
        zone = place[problem.zone]
        asked = targets.must | ((problem.weight > 0) & ((targets.need > targets.slack) | (zone < active.size)))
        rows = np.flatnonzero(~targets.served & targets.able & asked)
        self.candidate = np.flatnonzero(targets.allowed)
        self.dropped_by = np.full(problem.cost.size, SERVES_NOTHING, np.int64)
        self.locked = list(np.flatnonzero(problem.forced))
        self.home = problem.zone[rows]
        self.zone, self.weight, self.must = zone[rows], problem.weight[rows].copy(), targets.must[rows].copy()
        self.zone_need = np.append(targets.zone_need[active], 0.0)
        matrix = problem.cover[rows]
        self.matrix = (matrix if self.candidate.size == problem.cost.size else matrix[:, self.candidate]).tocsr()
        self.matrix.sort_indices()
        self.cost = problem.cost[self.candidate].copy()
        self.count_musts_as_served()

    def step(self) -> bool:
        """One round of reductions; True while candidates still fall away."""
        self.merge()
        self.find_musts()
        self.drop_implied_musts()
        if not self.spaced:
            self.lock_lone_candidates()
        return self.drop_dominated()

    def count_musts_as_served(self) -> None:
        """The people of a must row are served in every plan: count them now."""
        must = self.must & (self.weight > 0)
        self.zone_need[:-1] -= np.bincount(self.zone[must], weights=self.weight[must], minlength=len(self.zone_need))[:-1]
        self.need -= float(self.weight[must].sum())
        self.weight[must] = 0.0
        self.zone[self.must] = len(self.zone_need) - 1
        self.drop_idle_rows()

    def drop_idle_rows(self) -> None:
        """Zones whose need is met ask for nothing; neither do their rows, unless the whole still does."""
        last = len(self.zone_need) - 1
        met = self.zone_need <= self.slack
        self.zone[met[self.zone]] = last
        if self.need <= self.slack:
            self.keep_rows(self.must | (self.zone < last))

    def keep_rows(self, keep: Bools) -> None:
        if not keep.all():
            self.matrix, self.zone, self.weight, self.must = self.matrix[keep], self.zone[keep], self.weight[keep], self.must[keep]
            self.home = self.home[keep]

    def merge(self) -> None:
        """Rows with the same candidates and the same targets become one."""
        group, representative = groups_of(self.matrix, self.zone * 2 + self.must)
        self.weight = np.bincount(group, weights=self.weight, minlength=len(representative)).astype(np.float64)
        self.matrix, self.zone, self.must = self.matrix[representative], self.zone[representative], self.must[representative]
        self.home = self.home[representative]

    def find_musts(self) -> None:
        """Without this row the rest of its zone, or of everything, would not do."""
        last = len(self.zone_need) - 1
        spare = np.bincount(self.zone, weights=self.weight, minlength=last + 1) - self.zone_need
        needed = (self.zone < last) & (self.weight > spare[self.zone] + self.slack)
        if self.need > self.slack:
            needed |= self.weight > float(self.weight.sum()) - self.need + self.slack
        needed &= ~self.must
        if needed.any():
            self.must |= needed
            self.count_musts_as_served()

    def drop_implied_musts(self) -> None:
        """A must row whose candidates include all of another must row's is served anyway."""
        must = np.flatnonzero(self.must)
        if must.size < 2:
            return
        duty = self.matrix[must].tocsr()
        duty.sort_indices()
        across = duty.tocsc()
        implied = _implied(duty.indptr.astype(np.int64), duty.indices, across.indptr.astype(np.int64), across.indices)
        keep = np.ones(len(self.must), bool)
        keep[must[implied > 0]] = False
        self.keep_rows(keep)

    def lock_lone_candidates(self) -> None:
        """The only candidate of a must row is in every plan."""
        size = np.diff(self.matrix.indptr)
        lone = np.unique(self.matrix.indices[self.matrix.indptr[:-1][self.must & (size == 1)]])
        if not lone.size:
            return
        chosen = np.zeros(self.matrix.shape[1], np.int32)
        chosen[lone] = 1
        served = self.matrix @ chosen > 0
        self.zone_need[:-1] -= np.bincount(self.zone[served], weights=self.weight[served], minlength=len(self.zone_need))[:-1]
        self.need -= float(self.weight[served].sum())
        self.locked.extend(self.candidate[lone])
        self.dropped_by[self.candidate[lone]] = KEPT
        self.keep_candidates(chosen == 0)
        self.keep_rows(~served)
        self.drop_idle_rows()

    def keep_candidates(self, keep: Bools) -> None:
        self.matrix = self.matrix[:, np.flatnonzero(keep)].tocsr()
        self.matrix.sort_indices()
        self.candidate, self.cost = self.candidate[keep], self.cost[keep]

    def drop_dominated(self) -> bool:
        """True when some candidate fell away."""
        across = self.matrix.T.tocsr()
        across.sort_indices()
        spot = np.zeros(len(self.cost), np.int64)
        if self.spaced:
            position_m = np.asarray(self.problem.position_m)[self.candidate]
            spot = np.unique(position_m, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        row_start = self.matrix.indptr.astype(np.int64)
        by = _dominated(across.indptr.astype(np.int64), across.indices, row_start, self.matrix.indices, self.cost, spot)
        gone = by != KEPT
        self.dropped_by[self.candidate[gone]] = np.where(by[gone] >= 0, self.candidate[by[gone]], SERVES_NOTHING)
        if gone.any():
            self.keep_candidates(~gone)
        return bool(gone.any())

    def result(self) -> Reduced:
        across = self.matrix.T.tocsr()
        across.sort_indices()
        position_m = None if self.problem.position_m is None else self.problem.position_m[self.candidate]
        self.dropped_by[self.candidate] = KEPT
        place, ring = buckets_of(position_m, self.problem.spacing_m)
        model = Model(
            start=across.indptr.astype(np.int64), rows=across.indices.astype(np.int32), row_start=self.matrix.indptr.astype(np.int64),
            columns=self.matrix.indices.astype(np.int32), weight=self.weight.astype(np.float64), value=np.zeros(len(self.weight)),
            zone=self.zone.astype(np.int32), must=self.must.astype(np.uint8), cost=self.cost,
            zone_need=np.maximum(self.zone_need, 0.0), need=max(self.need, 0.0),
            slack=self.slack, place=place, ring=ring, spacing_m=self.problem.spacing_m,
        )
        locked = np.array(sorted(self.locked), np.int64)
        cost, unit = float(self.problem.cost[locked].sum()), common_unit(self.problem.cost)
        return Reduced(model, self.candidate, locked, cost, unit, position_m, self.home, self.dropped_by)


def groups_of(matrix: sp.csr_matrix, duty: Ints) -> tuple[Ints, Ints]:
    """Rows with the same columns and duty: the group of every row, and the row that stands for each group, in the order of the rows.

    Neighbours in the data stay neighbours in memory, which halves the time of every walk over the model.
    """
    if not matrix.shape[0]:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    keys = np.random.default_rng(0).integers(0, 2**63, (matrix.shape[1], 2), dtype=np.int64)
    start = matrix.indptr.astype(np.int64)
    first, second = _row_keys(start, matrix.indices, keys)
    group, stands = _group(np.lexsort((duty, second, first)), start, matrix.indices, first, second, duty.astype(np.int64))
    order = np.argsort(stands)
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    return place[group], stands[order]


def restrict_and_merge(model: Model, keep: Ints, position_m: Floats | None) -> Model:
    """The model with these candidates only; classes that only others told apart are merged, those nobody serves any more dropped."""
    small = restrict(model, keep, position_m)
    across = matrix_of(small).T.tocsr()
    across.sort_indices()
    used = np.flatnonzero((np.diff(across.indptr) > 0) | (small.must > 0))
    group, stands = groups_of(across[used], small.zone[used].astype(np.int64) * 2 + small.must[used])
    stands = used[stands]
    weight, value = (np.bincount(group, weights=of[used], minlength=stands.size).astype(np.float64) for of in (small.weight, small.value))
    rows = across[stands]
    columns = rows.T.tocsr()
    columns.sort_indices()
    return small._replace(
        start=columns.indptr.astype(np.int64), rows=columns.indices.astype(np.int32), row_start=rows.indptr.astype(np.int64),
        columns=rows.indices.astype(np.int32), weight=weight, value=value, zone=small.zone[stands], must=small.must[stands],
    )


def common_unit(values: Floats) -> float:
    """Greatest number all values are whole multiples of, where the values are whole numbers; else 0."""
    positive = values[values > 0]
    if positive.size == 0 or (positive != np.round(positive)).any() or float(positive.sum()) >= 2**52:
        return 0.0
    return float(np.gcd.reduce(positive.astype(np.int64)))


def _by_zone(problem: CoverProblem, rows: Bools, zones: int) -> Floats:
    inside = rows & (problem.zone >= 0)
    return np.bincount(problem.zone[inside], weights=problem.weight[inside], minlength=zones).astype(np.float64)


def _too_close(problem: CoverProblem, forced: Ints) -> Bools:
    """Candidates closer than the spacing to a forced one."""
    close = np.zeros(problem.cost.size, bool)
    if problem.spacing_m <= 0 or problem.position_m is None or forced.size == 0:
        return close
    distance_m = cKDTree(problem.position_m[forced]).query(problem.position_m)[0]
    return np.asarray(distance_m < problem.spacing_m)


@kernel
def _row_keys(start: Ints, columns: Indices, keys: Ints) -> tuple[Ints, Ints]:
    """Two 63-bit sums a row: equal sets have equal sums, and `_group` compares the sets themselves."""
    rows = len(start) - 1
    first, second = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    for j in range(rows):
        for p in range(start[j], start[j + 1]):
            first[j] += keys[columns[p], 0]
            second[j] += keys[columns[p], 1]
    return first, second


@kernel
def _group(order: Ints, start: Ints, columns: Indices, first: Ints, second: Ints, duty: Ints) -> tuple[Ints, Ints]:
    """Group number of every row, and the row that stands for each group."""
    group = np.empty(len(order), np.int64)
    representative = np.empty(len(order), np.int64)
    count = 0
    for at in range(len(order)):
        j = order[at]
        same = count > 0
        if same:
            k = representative[count - 1]
            size = start[j + 1] - start[j]
            same = first[j] == first[k] and second[j] == second[k] and duty[j] == duty[k] and size == start[k + 1] - start[k]
            if same:
                for p in range(size):
                    if columns[start[j] + p] != columns[start[k] + p]:
                        same = False
                        break
        if not same:
            representative[count] = j
            count += 1
        group[j] = count - 1
    return group, representative[:count]


@kernel
def _contains(start: Ints, items: Indices, large: int, small: int) -> bool:
    """Sorted list `large` holds all of sorted list `small`."""
    at, end = start[large], start[large + 1]
    for p in range(start[small], start[small + 1]):
        while at < end and items[at] < items[p]:
            at += 1
        if at == end or items[at] != items[p]:
            return False
    return True


@kernel
def _implied(start: Ints, columns: Indices, across_start: Ints, across: Indices) -> Flags:
    rows = len(start) - 1
    implied = np.zeros(rows, np.uint8)
    for j in range(rows):
        for p in range(start[j], start[j + 1]):
            for q in range(across_start[columns[p]], across_start[columns[p] + 1]):
                k = across[q]
                if k == j or implied[k] or start[k + 1] - start[k] > start[j + 1] - start[j]:
                    continue
                if _contains(start, columns, j, k):
                    implied[j] = 1
                    break
            if implied[j]:
                break
    return implied


@kernel
def _dominated(start: Ints, rows: Indices, row_start: Ints, columns: Indices, cost: Floats, spot: Ints) -> Ints:
    """Which candidate makes each one superfluous: -1 serves nothing, -2 kept."""
    candidates = len(start) - 1
    by = np.full(candidates, -2)
    for i in range(candidates):
        size = start[i + 1] - start[i]
        if size == 0:
            by[i] = -1
            continue
        rarest = rows[start[i]]
        for p in range(start[i], start[i + 1]):
            if row_start[rows[p] + 1] - row_start[rows[p]] < row_start[rarest + 1] - row_start[rarest]:
                rarest = rows[p]
        for q in range(row_start[rarest], row_start[rarest + 1]):
            k = columns[q]
            if k == i or by[k] != -2 or cost[k] > cost[i] or start[k + 1] - start[k] < size or spot[k] != spot[i]:
                continue
            if _contains(start, rows, k, i):
                by[i] = k
                break
    return by
