"""Measured rows made comparable: faults set aside, values at the receiver's floor marked, means by square and cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Floats, Ints
from infraplan.coverage.links import Places, links_of
from infraplan.coverage.transmitters import Transmitters
from infraplan.tables.faults import FaultList, rows_of

SQUARE_M = 5.0
"""Side of the squares whose rows are averaged, about 40 wavelengths at 2.6 GHz. [m]"""
FLOOR_SHARE = 0.05
"""At least this part of the rows at the lowest value, and ten times the mean of the values above it: the receiver's floor (ours)."""
TIMES = 10.0
BEYOND_M = 10_000.0
"""A transmitter that is identified by its PCI alone is not believed beyond this distance. [m]"""
NOT_NEAR_M = 100_000.0
TURNED_BLOCKS, TURNED_T, TURNED_DB, BLOCK_M = 12, 4.0, 6.0, 50.0
"""An azimuth is contradicted where a cell was measured in so many blocks of 50 m and is weaker in front than behind, by so many standard
errors and by so many dB (ours)."""
FARTHER = 1.2
"""Distances that differ from the stated ones by more than this factor are reported."""


@dataclass(frozen=True)
class Squares:
    """Means of rows of one cell in one square: positions in the plane, ground, building, class, level; which cell; at the floor or not."""

    places: Places
    of: Ints
    level_dbm: Floats
    censored: Bools
    rows: Ints

    def __len__(self) -> int:
        return len(self.of)


def floor_of(level_dbm: Floats) -> float | None:
    """The receiver's floor: the lowest value where so many rows have it that it stands for anything below; None where none does."""
    values, counts = np.unique(np.round(level_dbm, 1), return_counts=True)
    if len(values) < 2:
        return None
    above = counts[1 : 1 + 20].mean()
    return float(values[0]) if counts[0] >= FLOOR_SHARE * len(level_dbm) and counts[0] >= TIMES * above else None


def by_pci(points: pd.DataFrame, places: Places, sites: Transmitters, named: Ints) -> Ints:
    """The cell of rows that name a PCI and no cell: the nearest one of that PCI; -1 where there is none, -3 where it is too far."""
    of = named.copy()
    if "pci" not in points or not (sites.frame["pci"] != "").any():
        return of
    pci, known = points["pci"].fillna("").astype(str).to_numpy(), sites.frame["pci"].to_numpy(object)
    for code in sorted(set(pci[named == -1]) - {""}):
        some, cells = np.flatnonzero((pci == code) & (named == -1)), np.flatnonzero(known == code)
        if len(cells):
            away = np.hypot(places.x_m[some, None] - places.tx_x_m[cells], places.y_m[some, None] - places.tx_y_m[cells])
            of[some] = np.where(away.min(axis=1) > BEYOND_M, -3, cells[away.argmin(axis=1)])
    return of


def set_aside(points: pd.DataFrame, places: Places, sites: Transmitters, of: Ints, faults: FaultList) -> Bools:
    """Rows that are not used, each kind with a warning: without level, of an unknown cell, of a far transmitter of the same PCI, farther
    than any reach, with a position that the stated distance contradicts by a decimal place."""
    level = points["rsrp_dbm"].to_numpy(float)
    silent = np.isnan(level)
    faults.at(silent, "coverage.row_without_level", "rsrp_dbm", severity="warning")
    faults.at(of == -3, "coverage.pci_far", "pci", severity="warning", km=f"{BEYOND_M / 1000:g}")
    out = silent | (of < 0)
    known = np.where(of < 0, 0, of)
    away = np.hypot(places.x_m - places.tx_x_m[known], places.y_m - places.tx_y_m[known])
    far = ~out & (away > NOT_NEAR_M)
    faults.at(far, "coverage.measured_far", "lon", severity="warning", km=f"{NOT_NEAR_M / 1000:g}")
    out |= far
    if "distance_m" in points:
        out |= _moved_points(points["distance_m"].to_numpy(float), away, ~out, faults)
    return np.asarray(out, bool)


def _moved_points(stated_m: Floats, away_m: Floats, used: Bools, faults: FaultList) -> Bools:
    """Rows whose stated distance is a power of ten away from that of their positions, while most others agree."""
    with np.errstate(divide="ignore", invalid="ignore"):
        decades = np.log10(away_m / stated_m)
    compared = used & np.isfinite(decades) & (stated_m > 0)
    if not compared.any():
        return np.zeros(len(used), bool)
    usual = np.round(float(np.median(decades[compared])))
    unit = np.full(len(used), usual)
    if usual != 0.0 and compared.sum() > 2:
        faults.add("coverage.distance_unit", column="distance_m", severity="warning", factor=f"{10.0**usual:g}")
    off = decades - unit
    moved = compared & (np.abs(np.round(off)) >= 1) & (np.abs(off - np.round(off)) < 0.1)
    faults.at(moved, "coverage.decimal_moved", "distance_m", np.round(stated_m, 3), severity="warning",
              detail=lambda row: {"real": f"{away_m[row]:.0f}"})  # fmt: skip
    wrong = compared & ~moved & (np.abs(off) > np.log10(FARTHER))
    faults.at(wrong, "coverage.distance_differs", "distance_m", np.round(stated_m, 3), severity="warning")
    return np.asarray(moved, bool)


def squares_of(
    points: pd.DataFrame, places: Places, sites: Transmitters, of: Ints, used: Bools, floor_dbm: float | None, square_m: float
) -> Squares:
    """Means by cell and square of the rows that are used, in the order of cell and position: no order of rows matters."""
    some = np.flatnonzero(used)
    level = points["rsrp_dbm"].to_numpy(float)[some]
    weight = np.nan_to_num(points["samples"].to_numpy(float)[some], nan=1.0) if "samples" in points else np.ones(len(some))
    east, north = (np.floor(v[some] / square_m + 1e-9).astype(np.int64) for v in (places.x_m, places.y_m))
    inside = (np.nan_to_num(places.building_m[some]) > 0.0).astype(np.int64)
    order = np.lexsort((places.y_m[some], places.x_m[some], level, inside, north, east, of[some]))
    key = np.stack([of[some], east, north, inside])[:, order]
    new = np.ones(len(order), bool)
    new[1:] = (key[:, 1:] != key[:, :-1]).any(axis=0)
    starts = np.flatnonzero(new)
    rows = some[order]
    counts = np.diff(np.append(starts, len(order)))
    weight = np.maximum(weight[order], 1e-9)
    total = np.add.reduceat(weight, starts) if len(starts) else np.zeros(0)

    def mean(values: Any) -> Floats:
        return np.add.reduceat(values * weight, starts) / total if len(starts) else np.zeros(0)

    level = level[order]
    low = np.zeros(len(level), bool) if floor_dbm is None else level <= floor_dbm + 0.05
    censored = mean(low.astype(float)) >= 0.5
    first = rows[starts]
    made = replace(
        places, x_m=mean(places.x_m[rows]), y_m=mean(places.y_m[rows]), ground_m=mean(places.ground_m[rows]),
        building_m=places.building_m[first], clutter_class=places.clutter_class[first],
    )  # fmt: skip
    return Squares(made, of[first], np.where(censored, floor_dbm or 0.0, mean(level)), censored, counts)


def turned_azimuths(squares: Squares, sites: Transmitters, residual_db: Floats, faults: FaultList) -> list[str]:
    """Cells whose measured levels fit the opposite azimuth: those that are strong behind the antenna and weak in front. Warned of."""
    at = np.arange(len(squares))
    links = links_of(squares.places, sites, at, squares.of)
    front = np.cos(np.radians(links.off_deg))
    found = []
    for cell in np.unique(squares.of):
        some = np.flatnonzero((squares.of == cell) & ~squares.censored & np.isfinite(front))
        east, north = np.floor(squares.places.x_m[some] / BLOCK_M), np.floor(squares.places.y_m[some] / BLOCK_M)
        block = np.unique(np.stack([east, north]), axis=1, return_inverse=True)[1].ravel()
        count = np.bincount(block)
        if len(count) < TURNED_BLOCKS:
            continue
        ahead, error_db = np.bincount(block, front[some]) / count, np.bincount(block, residual_db[some]) / count
        x, y = ahead - ahead.mean(), error_db - error_db.mean()
        if np.std(x) < 0.2:
            continue
        slope = float(x @ y / (x @ x))
        error = float(np.sqrt(((y - slope * x) ** 2).sum() / (len(x) - 2) / (x @ x)))
        if -slope > TURNED_T * max(error, 1e-9) and -slope * np.ptp(x) > TURNED_DB:
            found.append(str(sites.frame["cell"].iloc[cell]))
            azimuth = float(sites.frame["azimuth_deg"].iloc[cell])
            faults.add("coverage.azimuth_turned", column="azimuth_deg", value=found[-1], severity="warning",
                       azimuth=f"{azimuth:g}", other=f"{(azimuth + 180.0) % 360.0:g}")  # fmt: skip
    return found


def new_faults(points: pd.DataFrame) -> FaultList:
    """An empty list of the faults of a file of measurements."""
    return FaultList(file=str(points.attrs.get("file", "")) or "measured", rows=rows_of(points))
