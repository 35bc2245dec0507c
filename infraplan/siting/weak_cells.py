"""Measured weak cells of a grid as demand: which of them a plan counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from infraplan.arrays import Bools, Ints
from infraplan.errors import Fault, UsageError, warn
from infraplan.geo.zonal import membership
from infraplan.messages import both
from infraplan.siting.goals import WeakGridTarget
from infraplan.tables.column_types import typed

WEAK_CELL = "weak_cell"
POINT_TYPES = {
    **dict.fromkeys(("id", "name", "kind", "county", "city"), "str"),
    "population": "int64",
    "position_error_m": "float64",
    "samples": "int64",
}


@dataclass(frozen=True)
class WeakCells:
    """The weak cells of one family that a goal counts, and what was left out.

    Attributes
    ----------
    points : GeoDataFrame
        One row a weak cell, operator and band: id, name, kind, county, city, population and position_error_m (0), samples.
    family : str
    amount : int64 array
        What each weighs: 1, or its samples.
    measured, strong : int
        Amount of all cells of the family that count, and of those that are not weak.
    """

    points: Any
    family: str
    amount: Ints
    measured: int
    strong: int


def weak_cells(goal_cells: WeakGridTarget, family: str, weak_grid: Any, zones: Any, cities: tuple[str, ...] = ()) -> WeakCells:
    """The weak cells of one family: of the plan's operators, inside the zones (of the named cities).

    A cell is weak where its mean RSRP is below the threshold. Each operator and band of a cell is a row of its own. The map's prediction
    overrules no measurement: a weak cell lacks service wherever the model serves it.
    """
    if weak_grid is None:
        raise UsageError(both("siting.no_weak_grid"))
    own = weak_grid.loc[counted_rows(goal_cells, family, weak_grid)]
    codes = membership(own, zones)
    inside = (codes != "").any(axis=1).to_numpy(copy=True)
    if cities:
        inside &= codes["city"].isin(cities).to_numpy() if "city" in codes else False
    own, codes = own.loc[inside], codes.loc[inside]
    amount = own["samples"].to_numpy(dtype=np.int64) if goal_cells.count == "samples" else np.ones(len(own), np.int64)
    weak = (own["mean_rsrp_dbm"] < goal_cells.below_dbm).to_numpy()
    ids = own["id"].astype(str) + "@" + own["operator"].astype(str) + "-" + own["band"].astype(str)
    level = {name: codes[name].astype(str).to_numpy() if name in codes else np.full(len(own), "") for name in ("county", "city")}
    table = {
        "id": ids.to_numpy(), "name": own["id"].astype(str).to_numpy(), "kind": WEAK_CELL, **level, "population": 0,
        "position_error_m": 0.0, "samples": own["samples"].to_numpy(),
    }  # fmt: skip
    frame = gpd.GeoDataFrame(typed(table, POINT_TYPES), geometry=own.geometry.to_crs(4326).array, crs=4326)
    points = frame.loc[weak].reset_index(drop=True)
    return WeakCells(points, family, amount[weak], int(amount.sum()), int(amount[~weak].sum()))


def counted_rows(goal_cells: WeakGridTarget, family: str, weak_grid: Any) -> Bools:
    """Rows of the plan's operators and of one family."""
    return np.asarray(weak_grid["operator"].isin(goal_cells.operators) & (weak_grid["family"] == family), dtype=bool)


def warn_left_out(goal_cells: WeakGridTarget, weak_grid: Any, zones: Any) -> None:
    """A warning with how many cells do not count: of other operators, of families that no new site carries, outside the zones."""
    others = ~weak_grid["operator"].isin(goal_cells.operators).to_numpy()
    families = ~weak_grid["family"].isin(goal_cells.families).to_numpy() & ~others
    outside = (membership(weak_grid, zones) == "").all(axis=1).to_numpy() & ~others & ~families
    counts = {"operators": int(others.sum()), "families": int(families.sum()), "outside": int(outside.sum())}
    if any(counts.values()):
        named = {"asked": "+".join(goal_cells.operators), "carried": ", ".join(goal_cells.families)}
        message = both("siting.weak_cells_left_out", total=len(weak_grid), **counts, **named)
        warn([Fault(str(weak_grid.attrs.get("file", "")), message, both("siting.weak_cells_left_out_fix"), rule="weak_cells_left_out",
                    severity="warning")])  # fmt: skip


def weak_totals(cells: WeakCells, covered: Bools, share: float, count: str) -> dict[str, Any]:
    """Weak cells of one family: how many a plan covers, by cells or by samples."""
    total, has = int(cells.amount.sum()), int(cells.amount[covered].sum())
    required = math.ceil(share * total - 1e-9)
    return {
        "family": cells.family,
        "count": count,
        "weak": total,
        "required": required,
        "covered": has,
        "share": has / total if total else None,
        "met": has >= required,
        "measured": cells.measured,
        "good_share_before": cells.strong / cells.measured if cells.measured else None,
        "good_share_after": (cells.strong + has) / cells.measured if cells.measured else None,
    }
