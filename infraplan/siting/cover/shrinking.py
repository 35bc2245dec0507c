"""A model that shrinks: the reductions that hold with and without limits of users.

Rows are merged; rows and candidates without effect are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Flags, Floats, Indices, Ints, kernel
from infraplan.siting.cover.model import KEPT, SERVES_NOTHING, Model, buckets_of


@dataclass
class ShrinkingModel:
    """Rows x candidates, and for both the way back to the problem.

    `capacity` and `fixed` of candidates as in `Model`: endless and nowhere where sites carry any number of users.
    """

    matrix: sp.csr_matrix
    weight: Floats
    zone: Ints
    must: Bools
    home: Ints
    candidate: Ints
    cost: Floats
    capacity: Floats
    fixed: Bools
    position_m: Floats | None
    spacing_m: float
    zone_need: Floats
    rest: int
    need: float
    slack: float
    dropped_by: Ints = field(repr=False)

    @property
    def load(self) -> Floats:
        """What each row loads its servers with: its weight, 0 in a separate zone."""
        return np.where(self.zone > self.rest, 0.0, self.weight)

    def keep_rows(self, keep: Bools) -> None:
        """Drop all other rows."""
        if not keep.all():
            self.matrix, self.zone, self.weight, self.must = self.matrix[keep], self.zone[keep], self.weight[keep], self.must[keep]
            self.home = self.home[keep]

    def keep_candidates(self, keep: Bools) -> None:
        """Drop all other candidates."""
        self.matrix = self.matrix[:, np.flatnonzero(keep)].tocsr()
        self.matrix.sort_indices()
        self.candidate, self.cost = self.candidate[keep], self.cost[keep]
        self.capacity, self.fixed = self.capacity[keep], self.fixed[keep]
        self.position_m = None if self.position_m is None else self.position_m[keep]

    def drop_idle_rows(self) -> None:
        """A zone whose need is met needs no row; its rows go, unless a must or the whole needs them. So do rows that nobody serves."""
        met = (self.zone_need <= self.slack)[self.zone]
        self.weight[met & (self.zone > self.rest)] = 0.0  # those of a separate zone count for nothing else
        self.zone[met] = self.rest
        needed = self.must | (self.zone != self.rest) | ((self.need > self.slack) & (self.weight > 0))
        self.keep_rows(needed & (np.diff(self.matrix.indptr) > 0))

    def merge_rows(self) -> None:
        """Rows with the same candidates, zone and `must` become one."""
        group, first = groups_of(self.matrix, self.zone * 2 + self.must)
        self.weight = np.bincount(group, weights=self.weight, minlength=len(first)).astype(np.float64)
        self.matrix, self.zone, self.must, self.home = self.matrix[first], self.zone[first], self.must[first], self.home[first]

    def drop_dominated(self) -> bool:
        """Drop candidates whose rows another one serves too, at no higher cost and without a limit that binds. True when some went.

        Under a spacing only for one on the same spot: elsewhere the other one could be too close to a third.
        """
        across = self.matrix.T.tocsr()
        across.sort_indices()
        spot = np.zeros(len(self.cost), np.int64)
        if self.spacing_m > 0:
            spot = np.unique(np.asarray(self.position_m), axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        endless = across.astype(np.float64) @ self.load <= self.capacity
        by = _dominated(
            across.indptr.astype(np.int64), across.indices, self.matrix.indptr.astype(np.int64), self.matrix.indices, self.cost, spot,
            endless.astype(np.uint8), self.fixed.astype(np.uint8),
        )  # fmt: skip
        gone = by != KEPT
        self.dropped_by[self.candidate[gone]] = np.where(by[gone] >= 0, self.candidate[by[gone]], SERVES_NOTHING)
        if gone.any():
            self.keep_candidates(~gone)
        return bool(gone.any())

    def model(self) -> Model:
        """The model without limits of users."""
        across = self.matrix.T.tocsr()
        across.sort_indices()
        self.dropped_by[self.candidate] = KEPT
        place, ring = buckets_of(self.position_m, self.spacing_m)
        return Model(
            start=across.indptr.astype(np.int64), rows=across.indices.astype(np.int32), row_start=self.matrix.indptr.astype(np.int64),
            columns=self.matrix.indices.astype(np.int32), weight=self.weight.astype(np.float64), value=np.zeros(len(self.weight)),
            zone=self.zone.astype(np.int32), must=self.must.astype(np.uint8), cost=self.cost, zone_need=np.maximum(self.zone_need, 0.0),
            rest=self.rest, need=max(self.need, 0.0), slack=self.slack, place=place, ring=ring, spacing_m=self.spacing_m,
            capacity=np.empty(0), fixed=np.empty(0, np.uint8), entry=np.empty(0, np.int64), owner=np.empty(0, np.int32),
            rare=np.empty(0, np.int64), rate=np.empty(0),
        )  # fmt: skip


def groups_of(matrix: sp.csr_matrix, label: Ints) -> tuple[Ints, Ints]:
    """Rows with the same columns and label: the group of every row, and the first row of each group, in the order of the rows.

    Neighbours in the data stay neighbours in memory, which halves the time of every walk over the model.
    """
    if not matrix.shape[0]:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    keys = np.random.default_rng(0).integers(0, 2**63, (matrix.shape[1], 2), dtype=np.int64)
    start = matrix.indptr.astype(np.int64)
    first, second = _row_keys(start, matrix.indices, keys)
    group, member = _group(np.lexsort((label, second, first)), start, matrix.indices, first, second, label.astype(np.int64))
    order = np.argsort(member)
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    return place[group], member[order]


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
def _group(order: Ints, start: Ints, columns: Indices, first: Ints, second: Ints, label: Ints) -> tuple[Ints, Ints]:
    """Group number of every row, and one row of each group. `order` sorts rows of one group next to each other."""
    group = np.empty(len(order), np.int64)
    member = np.empty(len(order), np.int64)
    count = 0
    for at in range(len(order)):
        j = order[at]
        same = count > 0
        if same:
            k = member[count - 1]
            size = start[j + 1] - start[j]
            same = first[j] == first[k] and second[j] == second[k] and label[j] == label[k] and size == start[k + 1] - start[k]
            if same:
                for p in range(size):
                    if columns[start[j] + p] != columns[start[k] + p]:
                        same = False
                        break
        if not same:
            member[count] = j
            count += 1
        group[j] = count - 1
    return group, member[:count]


@kernel
def contains(start: Ints, items: Indices, large: int, small: int) -> bool:
    """Sorted list `large` holds all of sorted list `small`."""
    at, end = start[large], start[large + 1]
    for p in range(start[small], start[small + 1]):
        while at < end and items[at] < items[p]:
            at += 1
        if at == end or items[at] != items[p]:
            return False
    return True


@kernel
def _dominated(
    start: Ints, rows: Indices, row_start: Ints, columns: Indices, cost: Floats, spot: Ints, endless: Flags, fixed: Flags
) -> Ints:  # fmt: skip
    """Which candidate dominates each one, or `SERVES_NOTHING`, or `KEPT`.

    A candidate that serves all of i's rows serves the rarest of them: only candidates of that row are compared.
    """
    candidates = len(start) - 1
    by = np.full(candidates, KEPT)
    for i in range(candidates):
        size = start[i + 1] - start[i]
        if fixed[i]:
            continue
        if size == 0:
            by[i] = SERVES_NOTHING
            continue
        rarest = rows[start[i]]
        for p in range(start[i], start[i + 1]):
            if row_start[rows[p] + 1] - row_start[rows[p]] < row_start[rarest + 1] - row_start[rarest]:
                rarest = rows[p]
        for q in range(row_start[rarest], row_start[rarest + 1]):
            k = columns[q]
            if k == i or not endless[k] or by[k] != KEPT or cost[k] > cost[i] or start[k + 1] - start[k] < size or spot[k] != spot[i]:
                continue
            if contains(start, rows, k, i):
                by[i] = k
                break
    return by
