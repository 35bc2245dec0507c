"""The covering problem, checked before anything is solved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import cKDTree

from infraplan.arrays import Bools, Floats, Ints
from infraplan.errors import DataError, Fault
from infraplan.messages import both


class ProblemError(DataError, ValueError):
    """The problem contradicts itself; every fault is listed."""


@dataclass(frozen=True)
class CoverProblem:
    """Demand, candidates, which candidate serves which demand, and the targets.

    With demand rows j, candidates i, N(j) the candidates that serve row j, y_i = 1 when candidate i is built, z_j = 1 when row j is served:

        minimise    sum_i cost_i y_i                                          (`solve`)
        subject to  z_j <= covered_j + sum_{i in N(j)} y_i                    for every row j
                    z_j = 1                                                   for every row with `must`
                    sum_{j: zone_j = g} weight_j z_j >= zone_required_g       for every zone g
                    sum_{j: not separate} weight_j z_j >= required
                    y_i + y_k <= 1                                            for candidates closer than `spacing_m`
                    y_i = 1 where `forced`, y_i = 0 where `forbidden`

    `max_cover` maximises sum_j worth_j weight_j z_j under a budget or a number of sites; `must`, `zone_required`, `required` do not bind.

    Where sites carry limited users, with x_ij >= 0 the weight of row j that candidate i carries, the first two lines become

                    sum_{i in N(j)} x_ij = weight_j z_j, 0 <= z_j <= 1        for every row j that is not `covered`
                    sum_j x_ij <= capacity_i y_i                              for every candidate i
                    z_j = 1                                                   for every row with `must`

    so that a row may be split between sites, and served in part: the part counts. A row with `must` is carried in full; one of weight 0
    needs a chosen candidate that serves it. Rows of a `separate` zone load nobody: they keep the two lines above. `covered` rows load no
    candidate: to let an existing site with a limit carry its rows, give it as a `forced` candidate of cost 0 and leave its rows uncovered.

    Parameters
    ----------
    cover : sparse matrix, shape (demand, candidates)
        Nonzero where the candidate would serve the row. Values are ignored, stored zeros are dropped.
    weight : array, shape (demand,)
        People, or any other worth, >= 0.
    cost : array, shape (candidates,)
        Cost of building a candidate, >= 0, in any one unit.
    zone : integer array, shape (demand,), optional
        Index of the row's zone in `zone_required`; -1 for a row in no zone. Default: one zone.
    zone_required : array, shape (zones,), optional
        Weight each zone must reach, rows already `covered` included. Default: nothing.
    worth : array, shape (demand,), optional
        What `max_cover` counts for a unit of a row's weight, >= 0; a row loads its sites with its weight, whatever that is worth.
        Default: 1.
    separate : boolean array, shape (zones,), optional
        Zones whose rows count for the zone alone: not toward `required`, and they load no candidate's `capacity`. For demand in another
        unit, or of another kind, than the rest. Default: none.
    required : float
        Weight to reach over all, rows already `covered` included.
    must, covered : boolean arrays, shape (demand,), optional
        Rows that have to be served; rows served already. Default: none.
    position_m : array, shape (candidates, 2), optional
        x and y of the candidates, in metres. Needed for `spacing_m`.
    spacing_m : float
        No two chosen candidates are closer than this. Exactly this far apart is allowed.
    forced, forbidden : boolean arrays, shape (candidates,), optional
        Candidates that have to be built (their cost counts); candidates that may not be built.
    capacity : array, shape (candidates,), optional
        Weight each candidate can carry, >= 0; infinite: any. Default: no candidate has a limit.

    Raises
    ------
    ProblemError
        A `DataError` (and a `ValueError`) listing every fault at once: lengths that differ, NaN, infinite or negative numbers, no candidate
        at all, a zone with a requirement and no demand, forced candidates that exclude each other.
    """

    cover: sp.csr_matrix
    weight: Floats
    cost: Floats
    zone: Ints = None  # type: ignore[assignment]
    zone_required: Floats = None  # type: ignore[assignment]
    required: float = 0.0
    must: Bools = None  # type: ignore[assignment]
    covered: Bools = None  # type: ignore[assignment]
    position_m: Floats | None = None
    spacing_m: float = 0.0
    forced: Bools = None  # type: ignore[assignment]
    forbidden: Bools = None  # type: ignore[assignment]
    capacity: Floats | None = None
    separate: Bools = None  # type: ignore[assignment]
    worth: Floats = None  # type: ignore[assignment]
    faults: list[Fault] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        cover = self._sparse(self.cover)
        demand, candidates = cover.shape
        if candidates == 0:
            self._blame("cover", "no_candidates")
        self._set(cover=cover)
        self._set(weight=self._numbers("weight", self.weight, demand), cost=self._numbers("cost", self.cost, candidates))
        self._set(worth=self._numbers("worth", np.ones(demand) if self.worth is None else self.worth, demand))
        zone_required = self.zone_required if self.zone_required is not None else np.zeros(1)
        zone_required = self._numbers("zone_required", zone_required, np.asarray(zone_required).size)
        zone = self._zones(self.zone if self.zone is not None else np.zeros(demand, np.int64), demand, zone_required.size)
        self._set(zone=zone, zone_required=zone_required, required=self._number("required", self.required))
        self._set(separate=self._flags("separate", self.separate, zone_required.size))
        self._set(spacing_m=self._number("spacing_m", self.spacing_m))
        for name, size in (("must", demand), ("covered", demand), ("forced", candidates), ("forbidden", candidates)):
            self._set(**{name: self._flags(name, getattr(self, name), size)})
        if self.position_m is not None:
            self._set(position_m=self._numbers("position_m", self.position_m, 2 * candidates, signed=True).reshape(-1, 2))
        elif self.spacing_m > 0:
            self._blame("position_m", "no_positions")
        if self.capacity is not None:
            self._set(capacity=self._numbers("capacity", self.capacity, candidates, endless=True))
        if not self.faults:
            self._check_zones(zone, zone_required)
            self._check_forced()
        if self.faults:
            raise ProblemError(self.faults)

    @property
    def served_already(self) -> float:
        """Weight of the rows served before anything is built."""
        return float(self.weight[self.covered].sum())

    @property
    def is_limited(self) -> bool:
        """Some candidate could serve more weight than it can carry."""
        if self.capacity is None:
            return False
        return bool((self.cover.T.astype(np.float64) @ (self.shared_weight * ~self.covered) > self.capacity).any())

    @property
    def shared_weight(self) -> Floats:
        """Weight of each row, 0 in `separate` zones: what counts toward `required` and loads a candidate."""
        return self.weight if not self.separate.any() else np.where(self.in_whole, self.weight, 0.0)

    @property
    def weighs_worth(self) -> bool:
        """Some row's weight counts more, or less, than its weight."""
        return bool((self.worth != 1.0).any())

    def without_limits(self) -> CoverProblem:
        """The same where sites carry any number of users: a row then weighs what it is worth."""
        return replace(self, weight=self.weight * self.worth, worth=np.ones(self.weight.size), capacity=None)

    @property
    def in_whole(self) -> Bools:
        """Rows that are in no `separate` zone."""
        return np.asarray((self.zone < 0) | ~np.append(self.separate, False)[self.zone])

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)

    def _blame(self, column: str, key: str, *, value: object = "", row: int | None = None, count: int = 1, **values: object) -> None:
        message, fix = both(f"siting.{key}", **values), both(f"siting.{key}_fix", **values)
        self.faults.append(Fault("CoverProblem", message, fix, f"siting.{key}", column=column, row=row, value=str(value), count=count))

    def _sparse(self, cover: Any) -> sp.csr_matrix:
        given: Any = cover if sp.issparse(cover) else np.atleast_2d(np.asarray(cover))
        matrix = sp.csr_matrix(given)
        if matrix.has_canonical_format and (matrix.data != 0).all():
            matrix = sp.csr_matrix((matrix.data, matrix.indices, matrix.indptr), shape=matrix.shape)
        else:
            matrix = matrix.copy()
            matrix.sum_duplicates()
            matrix.eliminate_zeros()
        matrix.data = np.ones(matrix.nnz, np.int8)
        return matrix

    def _numbers(self, name: str, values: npt.ArrayLike, size: int, *, signed: bool = False, endless: bool = False) -> Floats:
        try:
            array = np.array(values, np.float64).ravel()
        except (TypeError, ValueError):
            self._blame(name, "not_numbers")
            return np.zeros(size)
        if array.size != size:
            self._blame(name, "wrong_length", value=array.size, expected=size)
            return np.zeros(size)
        finite = np.isfinite(array) | (endless & (array == np.inf))
        bad = ~finite if signed else ~(finite & (array >= 0))
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            key = "not_finite" if signed else "not_a_capacity" if endless else "not_a_weight"
            self._blame(name, key, value=array[first], row=first, count=int(bad.sum()))
        return array

    def _number(self, name: str, value: float) -> float:
        return float(self._numbers(name, [value], 1)[0])

    def _flags(self, name: str, values: npt.ArrayLike | None, size: int) -> Bools:
        if values is None:
            return np.zeros(size, bool)
        array = np.array(values).ravel()
        if array.size != size:
            self._blame(name, "wrong_length", value=array.size, expected=size)
            return np.zeros(size, bool)
        if array.dtype != bool and not np.isin(array, (0, 1)).all():
            self._blame(name, "not_flags")
            return np.zeros(size, bool)
        return array.astype(bool)

    def _zones(self, values: npt.ArrayLike, size: int, zones: int) -> Ints:
        array = np.array(values).ravel()
        if array.size != size:
            self._blame("zone", "wrong_length", value=array.size, expected=size)
            return np.zeros(size, np.int64)
        try:
            whole = array.astype(np.int64)
            bad = (whole != array) | (whole < -1) | (whole >= zones)
        except (TypeError, ValueError):
            self._blame("zone", "not_numbers")
            return np.zeros(size, np.int64)
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            self._blame("zone", "no_such_zone", value=array[first], row=first, count=int(bad.sum()), zones=zones)
        return whole

    def _check_zones(self, zone: Ints, zone_required: Floats) -> None:
        rows = np.bincount(zone[zone >= 0], minlength=zone_required.size)
        for empty in np.flatnonzero((rows == 0) & (zone_required > 0)):
            self._blame("zone_required", "empty_zone", value=zone_required[empty], zone=empty)

    def _check_forced(self) -> None:
        both_ways = np.flatnonzero(self.forced & self.forbidden)
        if both_ways.size:
            self._blame("forced", "forced_and_forbidden", row=int(both_ways[0]), count=both_ways.size)
        chosen = np.flatnonzero(self.forced)
        pairs = conflicts(self, chosen)
        if pairs.size:
            first, second = chosen[pairs[0]]
            self._blame("forced", "forced_too_close", value=f"{first}, {second}", count=len(pairs))


def conflicts(problem: CoverProblem, chosen: Ints) -> Ints:
    """Pairs of positions in `chosen` whose candidates are closer than the spacing, shape (pairs, 2)."""
    if problem.spacing_m <= 0 or problem.position_m is None or chosen.size < 2:
        return np.empty((0, 2), np.int64)
    at = problem.position_m[chosen]
    pairs = cKDTree(at).query_pairs(problem.spacing_m, output_type="ndarray").astype(np.int64)
    near = ((at[pairs[:, 0]] - at[pairs[:, 1]]) ** 2).sum(axis=1) < problem.spacing_m**2
    return np.asarray(pairs[near])
