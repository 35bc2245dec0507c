"""Demand as rows of a covering problem: people of a share, places that must be served, pieces of lines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.measurements import SERVED, Measured
from infraplan.coverage.population import contradicted, point_statuses
from infraplan.coverage.prediction import Coverage
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.policy.target_losses import class_offset_db
from infraplan.radio.budgets import Service
from infraplan.siting.goals import Goal, ShareTarget, demand_of
from infraplan.siting.required_places import required_place_points
from infraplan.siting.target_lines import target_lines
from infraplan.siting.weak_cells import weak_cells
from infraplan.tables.column_types import typed

ROW_TYPES = {
    **dict.fromkeys(("id", "name", "kind", "family", "target", "county", "city"), "str"),
    "population": "int64",
    **dict.fromkeys(("lon", "lat"), "float64"),
    "unit": "str",
    **dict.fromkeys(("amount", "loss_db"), "float64"),
}
ROW_COLUMNS = tuple(ROW_TYPES)
PEOPLE, PLACES, METRES, CELLS, SAMPLES = "people", "places", "m", "cells", "samples"
"""Units of a row's `amount`. Amounts of different units are never added up: each target has a zone of its own."""


@dataclass(frozen=True)
class RowGroup:
    """Rows of one share, or of one target's places or lines, all of one family: points, which of them are served today, and their table.

    `contradicted`: predicted as served, measured as not. `closed`: no site serves them. `share`: of the amount that is required.
    """

    points: Any
    covered: npt.NDArray[np.bool_]
    contradicted: npt.NDArray[np.bool_]
    rows: pd.DataFrame
    family: str
    target: str
    must: bool
    number: int
    share: float = 0.0
    required_db: float = 0.0
    closed: npt.NDArray[np.bool_] | None = None

    @property
    def people(self) -> npt.NDArray[np.float64]:
        return self.rows["population"].to_numpy(dtype=float)

    @property
    def need(self) -> float:
        """The amount that is required, in whole units."""
        return float(math.ceil(self.share * float(self.rows["amount"].sum()) - 1e-9))


def people_rows(
    goal: Goal, target: ShareTarget, number: int, cover: Coverage, zones: Any, villages: Any, measured: Measured | None
) -> RowGroup:  # fmt: skip
    """Villages and blocks that a share counts."""
    points, family = demand_of(goal, zones, villages, target), target.family
    refuse_narrow_class(target, cover.services.values())
    served, denied_by_measurement = _served_today(points, cover, family, goal, measured)
    rows, required_db = _as_rows(points, family, target.target), goal.margin_db
    return RowGroup(points, served, denied_by_measurement, rows, family, target.target, False, number, target.share, required_db)


def _served_today(
    points: Any, cover: Coverage, family: str, goal: Goal, measured: Measured | None
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which points are served today, and which others the map calls served although a measurement denies it."""
    codes, _ = point_statuses(points, cover, family, required_db=goal.margin_db, measured=measured)
    return codes == SERVED, contradicted(points, cover, family, goal.margin_db, measured)


def place_rows(
    goal: Goal, targets: Any, name: str, number: int, cover: Coverage, zones: Any, villages: Any, places: Any, measured: Measured | None
) -> RowGroup:
    """Places that must be served."""
    target, points = required_place_points(targets, name, cover=cover, zones=zones, villages=villages, places=places, cities=goal.cities)
    served, denied_by_measurement = _served_today(points, cover, target.family, goal, measured)
    rows = _as_rows(points, target.family, name, PLACES).assign(kind="place", population=0, amount=0.0)
    return RowGroup(points, served, denied_by_measurement, rows, target.family, name, True, number, 0.0, goal.margin_db)


def line_rows(
    goal: Goal, targets: Any, name: str, share: float | None, number: int, services: Any, cover: Coverage, zones: Any, corridors: Any
) -> RowGroup:
    """Pieces of lines, of which a share is required; all of those in the open air where `share` is None."""
    known = {"cover": cover, "zones": zones, "corridors": corridors, "cities": goal.cities, "services": services}
    lines = target_lines(targets, name, **known)
    lines, family = lines.open_air() if share is None else lines, lines.target.family
    required_db = goal.margin_db + lines.loss_db
    served = lines.judged(point_statuses(lines.points, cover, family, required_db=required_db)[0] == SERVED)
    rows = _as_rows(lines.points, family, name, METRES, loss_db=lines.loss_db)
    rows["amount"] = 0.0 if share is None else lines.length_m.astype(float)
    nothing = np.zeros(len(rows), bool)
    return RowGroup(
        lines.points, served, nothing, rows, family, name, share is None, number, share or 0.0, required_db, lines.in_tunnel
    )  # fmt: skip


def refuse_narrow_class(target: ShareTarget, services: Iterable[Service]) -> None:
    """Raise a UsageError where a target names a coupling-loss class narrower than the service's own: it needs a planning margin."""
    if target.coupling_class_db is None:
        return
    offset_db = class_offset_db([item for item in services if item.family == target.family], target.coupling_class_db)
    if offset_db > 0:
        raise UsageError(both("siting.narrow_class", target=target.target, margin_db=f"{offset_db:g}"))


def weak_rows(goal: Goal, family: str, number: int, weak_grid: Any, zones: Any) -> RowGroup:
    """Measured weak cells of one family: none is served, and one new site alone has to serve each."""
    asked = goal.weak_grid
    assert asked is not None
    cells = weak_cells(asked, family, weak_grid, zones, goal.cities)
    unit = SAMPLES if asked.count == "samples" else CELLS
    rows = _as_rows(cells.points, family, asked.name(family), unit).assign(amount=cells.amount.astype(float))
    nothing, every = np.zeros(len(rows), bool), np.ones(len(rows), bool)
    return RowGroup(cells.points, nothing, every, rows, family, asked.name(family), False, number, asked.share, goal.margin_db)


def _as_rows(points: Any, family: str, target: str, unit: str = PEOPLE, *, loss_db: float = 0.0) -> pd.DataFrame:
    """The points in the columns of an instance's rows; their amount is their people."""
    degrees = points.geometry.to_crs(4326)
    columns = {name: points[name].to_numpy() for name in ("id", "name", "kind", "county", "city", "population")}
    table = pd.DataFrame({**columns, "family": family, "target": target, "lon": degrees.x.to_numpy(), "lat": degrees.y.to_numpy()})
    return typed(table.assign(unit=unit, amount=table["population"], loss_db=loss_db), ROW_TYPES)


def closed_rows(part: RowGroup) -> pd.DataFrame:
    """One row a county of a share: its people, or metres of lines, served today."""
    counts = {name: np.where(part.covered, part.rows[name], 0) for name in ("population", "amount")}
    sums = {name: (name, "sum") for name in counts}
    done = (
        part.rows.assign(**counts).groupby("county", sort=False).agg(city=("city", "first"), unit=("unit", "first"), **sums).reset_index()
    )
    named = done.assign(id=done["county"], name="", kind="closed", family=part.family, target=part.target, loss_db=0.0)
    return typed(named, ROW_TYPES)


def points_with_error(points: Any) -> pd.DataFrame:
    """Points in WGS-84 with position_error_m, 0 where it is not known, and nothing else."""
    error_m = points["position_error_m"].to_numpy(dtype=float) if "position_error_m" in points else np.zeros(len(points))
    return pd.DataFrame({"position_error_m": error_m, "geometry": points.geometry.to_crs(4326).array})
