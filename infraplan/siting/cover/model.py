"""The reduced problem as the kernels see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Flags, Floats, Indices, Ints

X, Y, BUCKET = 0, 1, 2
"""Columns of `Model.place`."""
RING = 9
"""Buckets around a bucket, itself included: columns of `Model.ring`."""
SERVES_NOTHING, KEPT = -1, -2
"""Values of `Reduced.dropped_by` that are no candidate."""


class Model(NamedTuple):
    """Candidates x classes (merged demand rows), both ways, and what is still to be served.

    `rows[start[i]:start[i + 1]]` are the classes of candidate i, `columns[row_start[j]:row_start[j + 1]]` the candidates of class j,
    both ascending.
    A class with `must` has to be served and carries no weight: its people are already subtracted from the needs.
    `value`: what a search credits for each class served (0 unless it sets it).
    `zone_need` has one entry more than there are zones with a need: that at `rest`, always 0, is the zone of all other classes. The zones
    after `rest` are separate: their classes count for their zone alone, not toward the `need` of the whole.
    A need counts as met when no more than `slack` is missing.
    Under a spacing `place` holds x, y and the bucket of each candidate, `ring` the nine buckets around each bucket; else both are empty.

    Where sites carry limited users:
    `rate[g]` is what a unit of weight of zone g is worth where the most worth is sought: the zones are then those of one worth each, of
    which all is wanted, the most valuable first; else it is 1 everywhere.
    `capacity` is the weight each candidate can carry. Candidates that are `fixed` are in every plan and cost nothing more.
    A class with `must` keeps its weight, which has to be carried in full (one of weight 0 needs a server), and is in the zone `rest`.
    Classes of separate zones load nobody.
    `entry[q]` is the place in `rows` of the q-th of `columns`; `owner[e]` the candidate of the e-th of `rows`; `rare` the entries of each
    candidate in the order of how few can serve the class. The search calls a need met when no more than half of `slack` is missing,
    bounds grant all of it. Without limits these arrays are empty.
    """

    start: Ints
    rows: Indices
    row_start: Ints
    columns: Indices
    weight: Floats
    value: Floats
    zone: Indices
    must: Flags
    cost: Floats
    zone_need: Floats
    rest: int
    need: float
    slack: float
    place: Floats
    ring: Ints
    spacing_m: float
    capacity: Floats
    fixed: Flags
    entry: Ints
    owner: Indices
    rare: Ints
    rate: Floats

    @property
    def candidates(self) -> int:
        """Number of candidates."""
        return len(self.cost)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.weight)

    @property
    def load(self) -> Floats:
        """What each class loads its servers with: its weight, 0 in a separate zone."""
        return np.where(self.zone > self.rest, 0.0, self.weight)

    @property
    def worth(self) -> Floats:
        """What each class is worth: its weight, at the rate of its zone."""
        return np.asarray(self.weight * self.rate[self.zone])

    @property
    def has_rates(self) -> bool:
        """Some weight is worth more than other."""
        return bool((self.rate != 1.0).any())

    @property
    def matrix(self) -> sp.csr_matrix:
        """Candidates x classes, ones."""
        return sp.csr_matrix((np.ones(len(self.rows)), self.rows, self.start), shape=(self.candidates, self.classes))


@dataclass(frozen=True)
class Reduced:
    """A model, and the way back to the problem.

    `candidate[i]` is the problem's index of the model's candidate i; `locked` are candidates of the problem that every plan contains, and
    `locked_cost` is what every plan costs beyond the model's candidates. `base`: weight served before anything of the model is built.
    `unit` is the common measure of all values (every plan's cost, or weight, is a multiple of it), 0 where there is none.
    `home`: the problem's zone of each class, whether the zone still has a need or not; empty where sites carry limited users.
    `dropped_by[k]`, for a candidate of the problem: which candidate dominates it, or `SERVES_NOTHING` that a target needs, or `KEPT`.
    """

    model: Model
    candidate: Ints
    locked: Ints
    locked_cost: float
    base: float
    unit: float
    position_m: Floats | None
    dropped_by: Ints
    home: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def chosen(self, plan: Flags) -> Ints:
        """The problem's candidates of a plan of the model, in ascending order."""
        return np.union1d(self.locked, self.candidate[np.flatnonzero(plan)])


def buckets_of(position_m: Floats | None, spacing_m: float) -> tuple[Floats, Ints]:
    """`place` and `ring` of a model: buckets slightly wider than the spacing, so that a conflict never reaches past the next one."""
    if position_m is None or spacing_m <= 0:
        return np.empty((0, 3)), np.empty((0, RING), np.int64)
    cell = np.floor(position_m / (spacing_m * (1 + 1e-9))).astype(np.int64)
    cell -= cell.min(axis=0, initial=0) - 1
    width = int(cell[:, 1].max(initial=0)) + 2
    known, bucket = np.unique(cell[:, 0] * width + cell[:, 1], return_inverse=True)
    around = known[:, None] + np.array([dx * width + dy for dx in (-1, 0, 1) for dy in (-1, 0, 1)])
    at = np.searchsorted(known, around).clip(0, max(len(known) - 1, 0))
    ring = np.where(known[at] == around, at, -1).astype(np.int64)
    return np.column_stack([position_m, bucket.ravel()]).astype(np.float64), ring


def restrict(model: Model, keep: Ints, position_m: Floats | None = None) -> Model:
    """The model (without limits of users) with these candidates only. Classes keep their numbers."""
    matrix = model.matrix[keep].tocsr()
    matrix.sort_indices()
    across = matrix.tocsc()
    across.sort_indices()
    place, ring = buckets_of(None if position_m is None else position_m[keep], model.spacing_m)
    return model._replace(
        start=matrix.indptr.astype(np.int64),
        rows=matrix.indices.astype(np.int32),
        row_start=across.indptr.astype(np.int64),
        columns=across.indices.astype(np.int32),
        cost=model.cost[keep],
        place=place,
        ring=ring,
    )
