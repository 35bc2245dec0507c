"""The reduced problem as the kernels see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Flags, Floats, Indices, Ints


class Model(NamedTuple):
    """Candidates x classes (merged demand rows), both ways, and what is still to be served.

    `rows[start[i]:start[i + 1]]` are the classes of candidate i, `columns[row_start[j]:row_start[j + 1]]` the candidates of class j,
    both ascending.
    A class with `must` has to be served and carries no weight: its people are already subtracted from the needs.
    `value`: what a search credits for each class served (0 unless it sets it).
    `zone_need` has one entry more than there are zones with a need: the last, always 0, is the zone of all other classes.
    Something is short while its need exceeds `slack`.
    Under a spacing `place` holds x, y and the bucket of each candidate, `ring` the nine buckets around each; else both are empty.
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


class AnyModel(Protocol):
    """What any model tells of who serves whom, and of where its candidates stand."""

    @property
    def start(self) -> Ints: ...
    @property
    def rows(self) -> Indices: ...
    @property
    def row_start(self) -> Ints: ...
    @property
    def columns(self) -> Indices: ...
    @property
    def cost(self) -> Floats: ...
    @property
    def place(self) -> Floats: ...
    @property
    def spacing_m(self) -> float: ...
    @property
    def candidates(self) -> int: ...


@dataclass(frozen=True)
class Reduced:
    """A model, and the way back to the problem.

    `candidate[i]` is the problem's index of the model's candidate i; `locked` are candidates of the problem that every plan contains,
    at `locked_cost`. `unit` is the common measure of all costs (every plan costs a multiple of it), 0 where there is none.
    `home`: the problem's zone of each class, whether the zone still has a need or not.
    `dropped_by[k]`, for a candidate of the problem: which candidate dominates it; -1: it serves nothing still asked for; -2: kept.
    """

    model: Model
    candidate: Ints
    locked: Ints
    locked_cost: float
    unit: float
    position_m: Floats | None
    home: Ints
    dropped_by: Ints


def buckets_of(position_m: Floats | None, spacing_m: float) -> tuple[Floats, Ints]:
    """`place` and `ring` of a model: buckets a hair wider than the spacing, so that a conflict never reaches past the next one."""
    if position_m is None or spacing_m <= 0:
        return np.empty((0, 3)), np.empty((0, 9), np.int64)
    cell = np.floor(position_m / (spacing_m * (1 + 1e-9))).astype(np.int64)
    cell -= cell.min(axis=0, initial=0) - 1
    width = int(cell[:, 1].max(initial=0)) + 2
    known, bucket = np.unique(cell[:, 0] * width + cell[:, 1], return_inverse=True)
    wanted = known[:, None] + np.array([dx * width + dy for dx in (-1, 0, 1) for dy in (-1, 0, 1)])
    at = np.searchsorted(known, wanted).clip(0, max(len(known) - 1, 0))
    ring = np.where(known[at] == wanted, at, -1).astype(np.int64)
    return np.column_stack([position_m, bucket.ravel()]).astype(np.float64), ring


def matrix_of(model: Model) -> sp.csr_matrix:
    """Candidates x classes, ones."""
    shape = (model.candidates, model.classes)
    return sp.csr_matrix((np.ones(len(model.rows)), model.rows, model.start), shape=shape)


def restrict(model: Model, keep: Ints, position_m: Floats | None = None) -> Model:
    """The model with these candidates only. Classes keep their numbers."""
    matrix = matrix_of(model)[keep].tocsr()
    matrix.sort_indices()
    across = matrix.tocsc()
    across.sort_indices()
    place, ring = buckets_of(None if position_m is None else position_m[keep], model.spacing_m)
    return model._replace(
        start=matrix.indptr.astype(np.int64), rows=matrix.indices.astype(np.int32), row_start=across.indptr.astype(np.int64),
        columns=across.indices.astype(np.int32), cost=model.cost[keep], place=place, ring=ring,
    )
