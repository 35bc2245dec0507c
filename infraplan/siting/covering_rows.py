"""The demand rows of a plan, and the zones that say how much of them has to be served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, vstack

from infraplan.arrays import Bools, Floats, Ints
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.demand_rows import PEOPLE, RowGroup, closed_rows
from infraplan.siting.goals import Goal


@dataclass(frozen=True)
class CoveringRows:
    """The rows of a `CoverProblem`: `table` describes them, the other fields are as there."""

    table: pd.DataFrame
    matrix: csr_matrix
    weight: Floats
    zone: Ints
    must: Bools
    zone_required: Floats
    separate: Bools
    required: float


@dataclass(frozen=True)
class _Block:
    """Some rows; `matrix` is None where they are served already."""

    table: pd.DataFrame
    matrix: csr_matrix | None
    weight: Floats
    zone: Ints
    must: bool


class _Rows:
    """Blocks of rows and their zones, as they are added."""

    def __init__(self) -> None:
        self.blocks: list[_Block] = []
        self.required: list[Floats] = []
        self.separate: list[Bools] = []

    @property
    def zones(self) -> int:
        """How many there are so far."""
        return sum(part.size for part in self.required)

    def add(self, part: RowGroup, matrix: csr_matrix, zones: dict[str, int] | int, *, again: bool = False) -> None:
        """The rows that lack service and the closed rows of a group; `zones`: of each county, or of all. `again`: they are counted once
        more, so that their table has no people."""
        blocks: list[tuple[pd.DataFrame, csr_matrix | None]] = [(part.rows.loc[~part.covered], matrix)]
        blocks += [] if part.must else [(closed_rows(part), None)]
        for table, columns in blocks:
            numbers = table["county"].map(zones).fillna(-1) if isinstance(zones, dict) else np.full(len(table), zones)
            zone: Ints = np.asarray(numbers, dtype=np.int64)
            weight = table["amount"].to_numpy(dtype=float)
            if again:
                table = table.assign(population=0, amount=0.0, kind=table["kind"].where(table["kind"] == "closed", "floor"))
            self.blocks.append(_Block(table, columns, weight, zone, part.must))

    def require(self, needs: Floats, *, separate: bool) -> None:
        """Zones with these needs."""
        self.required.append(needs)
        self.separate.append(np.full(needs.size, separate))


def covering_rows(goal: Goal, parts: list[RowGroup], matrices: list[csr_matrix], limited: str) -> CoveringRows:
    """The rows of all groups. The people served already are closed rows, so that shares keep their denominators.

    Parameters
    ----------
    goal : Goal
    parts : list of RowGroup
        The shares of people in the goal's order, those of lines, then the places and pieces that must be served.
    matrices : list of CSR matrix
        Of each group: rows that lack service by candidate.
    limited : str
        The family whose users are limited, "" for none: its share is the whole of the problem, whose rows load the sites. All other
        shares are separate zones.
    """
    shares = [part for part in parts if not part.must]
    whole = next((part for part in shares if part.family == limited), shares[0])
    rows = _Rows()
    counties, floors = _floors(goal, whole)
    rows.add(whole, matrices[whole.number], counties)
    rows.require(floors, separate=False)
    for part in shares:
        if part is whole:
            continue
        rows.add(part, matrices[part.number], rows.zones)
        rows.require(np.array([part.need]), separate=True)
        if goal.county_floor > 0 and (part.rows["unit"] == PEOPLE).all():
            counties, floors = _floors(goal, part)
            rows.add(part, matrices[part.number], {code: rows.zones + number for code, number in counties.items()}, again=True)
            rows.require(floors, separate=True)
    for part in parts:
        if part.must:
            rows.add(part, matrices[part.number], -1)
    candidates = matrices[0].shape[1]
    blocks = sorted((block for block in rows.blocks if len(block.table)), key=lambda block: block.matrix is None) or rows.blocks[:1]
    matrix: Any = [_served_already(len(one.table), candidates) if one.matrix is None else one.matrix for one in blocks]
    return CoveringRows(
        table=pd.concat([one.table for one in blocks], ignore_index=True),
        matrix=csr_matrix(vstack(matrix, format="csr")),
        weight=np.concatenate([one.weight for one in blocks]),
        zone=np.concatenate([one.zone for one in blocks]),
        must=np.concatenate([np.full(len(one.table), one.must) for one in blocks]),
        zone_required=np.concatenate(rows.required),
        separate=np.concatenate(rows.separate),
        required=whole.need,
    )


def _served_already(rows: int, candidates: int) -> csr_matrix:
    none = np.zeros(0, np.int64)
    return csr_matrix((np.zeros(0, np.int8), (none, none)), shape=(rows, candidates))


def without_floors(problem: CoverProblem, table: pd.DataFrame) -> Floats:
    """The requirements of the zones without those of counties. `table`: the problem's rows."""
    floor = ~problem.separate
    again = table["kind"].to_numpy() == "floor"
    floor[np.unique(problem.zone[again])] = True
    return np.where(floor, 0.0, problem.zone_required)


def _floors(goal: Goal, part: RowGroup) -> tuple[dict[str, int], Floats]:
    """A number for each county of a share, and the people it must reach."""
    totals = part.rows.groupby("county", sort=False)["population"].sum()
    return {str(code): number for number, code in enumerate(totals.index)}, np.ceil(goal.county_floor * totals.to_numpy(float) - 1e-9)
