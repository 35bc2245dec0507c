"""Which candidate could serve which demand: a matrix, from the same footprints as the map."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.sparse import csr_matrix

from infraplan.arrays import Floats, Ints
from infraplan.coverage.footprints import by_site, site_footprint
from infraplan.coverage.over_terrain import NeededMargins
from infraplan.coverage.prediction import Layer
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.discs import meets_disc, pixel_span
from infraplan.geo.grids import Grid
from infraplan.radio.budgets import Service


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _served(
    out: Ints,
    order: Ints,
    col: Ints,
    row_start: Ints,
    x_m: Floats,
    y_m: Floats,
    error_m: Floats,
    largest_error_m: float,
    site_db: npt.NDArray[np.float32],
    known_db: npt.NDArray[np.float32],
    alone: npt.NDArray[np.bool_],
    row0: int,
    col0: int,
    x0_m: float,
    y0_m: float,
    resolution_m: float,
    required_db: float,
) -> int:
    """Demand whose whole disc the site serves, alone or with the known layer; how many were written to `out`.

    Where `alone` is true the site has to serve the whole disc itself.
    """
    height, width = site_db.shape
    most = pixel_span(largest_error_m, resolution_m)
    count = 0
    for r in range(max(row0 - most, 0), min(row0 + height + most, known_db.shape[0])):
        for at in range(row_start[r], row_start[r + 1]):
            i = order[at]
            span = pixel_span(error_m[i], resolution_m)
            if r + span < row0 or r - span >= row0 + height or col[i] + span < col0 or col[i] - span >= col0 + width:
                continue
            whole, helps = True, False
            for rr in range(max(r - span, 0), min(r + span + 1, known_db.shape[0])):
                for cc in range(max(col[i] - span, 0), min(col[i] + span + 1, known_db.shape[1])):
                    if not meets_disc(rr, cc, x_m[i], y_m[i], error_m[i], x0_m, y0_m, resolution_m):
                        continue
                    inside = row0 <= rr < row0 + height and col0 <= cc < col0 + width
                    if inside and site_db[rr - row0, cc - col0] >= required_db:
                        helps = True
                    elif alone[i] or not known_db[rr, cc] >= required_db:
                        whole = False
                        break
                if not whole:
                    break
            if whole and helps:
                out[count] = i
                count += 1
    return count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pixels_needed(
    out: npt.NDArray[np.bool_],
    row: Ints,
    col: Ints,
    x_m: Floats,
    y_m: Floats,
    error_m: Floats,
    known_db: npt.NDArray[np.float32],
    alone: npt.NDArray[np.bool_],
    x0_m: float,
    y0_m: float,
    resolution_m: float,
    required_db: float,
) -> None:
    """out[row, column] becomes True at the pixels on which `_served` depends: of each disc those that are not known to be served, all of
    them where `alone` is true or all are known."""
    for i in range(len(row)):
        span = pixel_span(error_m[i], resolution_m)
        whole = alone[i]
        for _ in range(2):
            found = False
            for r in range(max(row[i] - span, 0), min(row[i] + span + 1, known_db.shape[0])):
                for c in range(max(col[i] - span, 0), min(col[i] + span + 1, known_db.shape[1])):
                    open_pixel = whole or not known_db[r, c] >= required_db
                    if open_pixel and meets_disc(r, c, x_m[i], y_m[i], error_m[i], x0_m, y0_m, resolution_m):
                        out[r, c] = True
                        found = True
            if found:
                break
            whole = True


@dataclass(frozen=True)
class Points:
    """Demand on the grid, sorted by row: `order[row_start[r] : row_start[r + 1]]` are the points of row r."""

    row: Ints
    col: Ints
    x_m: Floats
    y_m: Floats
    error_m: Floats
    alone: npt.NDArray[np.bool_]
    order: Ints
    row_start: Ints

    @classmethod
    def of(cls, demand: Any, grid: Grid, alone: npt.NDArray[np.bool_] | None) -> Points:
        x_m, y_m = grid.place(demand)
        row, col = grid.pixel_of(x_m, y_m)
        stated = demand["position_error_m"].to_numpy(dtype=float) if "position_error_m" in demand else np.zeros(len(demand))
        order = np.argsort(row, kind="stable")
        lone = np.zeros(len(demand), dtype=bool) if alone is None else alone
        return cls(row, col, x_m, y_m, np.nan_to_num(stated), lone, order, np.searchsorted(row[order], np.arange(grid.height + 1)))


Site = tuple[int, tuple[str, int, dict[str, Any]]]
"""Position of a site in the order of the sectors, and its mapping of `by_site`."""


class SiteMargins:
    """Best margins of sites in one family, on the windows of their footprints; over terrain only where the discs of points depend on them.

    Parameters
    ----------
    sectors : GeoDataFrame
        Sectors of a site together.
    known : Layer
        Margins of the existing network: pixels it serves are not computed, unless a site has to serve the whole disc alone.
    required_db : float
        Margins below it may be left out. [dB]
    """

    def __init__(self, points: Points, sectors: Any, grid: Grid, radio: Radio, family: str, known: Layer, required_db: float) -> None:
        self.grid, self.radio = grid, radio
        self.of_family = sectors["family"].to_numpy() == family
        self.sites: list[Site] = list(enumerate(by_site(sectors, grid)))
        self.over_terrain = None
        if radio.terrain is not None and len(sectors):
            needed = np.zeros(grid.shape, bool)
            _pixels_needed(
                needed, points.row, points.col, points.x_m, points.y_m, points.error_m, known.margin_db, points.alone, grid.x0_m, grid.y0_m,
                grid.resolution_m, required_db,
            )  # fmt: skip
            self.over_terrain = NeededMargins(sectors, self.of_family, needed, grid, radio, required_db)

    def of(self, item: Site) -> tuple[npt.NDArray[np.float32], int, int]:
        """The best margin on a window, and the window's first row and column; an empty window where no sector is of the family."""
        number, (_, first, site) = item
        footprint = None if self.over_terrain is None else self.over_terrain.of_site(number)
        if footprint is None:
            whole = site_footprint(site, self.grid, self.radio)
            footprint = replace(whole, margin_db=whole.margin_db[self.of_family[first : first + len(site["service"])]])
        if not footprint.margin_db.size:
            return np.empty((0, 0), np.float32), 0, 0
        with np.errstate(invalid="ignore"):
            return np.fmax.reduce(footprint.margin_db, axis=0), footprint.row0, footprint.col0


def _column(points: Points, best_db: npt.NDArray[np.float32], row0: int, col0: int, known: Layer, grid: Grid, required_db: float) -> Ints:
    """Demand rows that one candidate serves, ascending; `best_db` is its best margin on the window from (`row0`, `col0`) on."""
    if not best_db.size:
        return np.empty(0, np.int64)
    out = np.empty(len(points.row), np.int64)
    count = _served(
        out, points.order, points.col, points.row_start, points.x_m, points.y_m, points.error_m, float(points.error_m.max(initial=0.0)),
        best_db, known.margin_db, points.alone, row0, col0, grid.x0_m, grid.y0_m, grid.resolution_m, required_db,
    )  # fmt: skip
    return np.sort(out[:count])


def reach(
    demand: Any,
    candidates: Any,
    grid: Grid,
    services: Mapping[str, Service],
    *,
    family: str,
    known: Layer,
    alone: npt.NDArray[np.bool_] | None = None,
    required_db: float = 0.0,
    max_radius_km: float = 30.0,
    caps_km: Mapping[str, float] | None = None,
    terrain: Any = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> csr_matrix:
    """Boolean matrix, demand x candidate site.

    True where the candidate alone, together with the known layer, serves the whole disc of a point.

    A village is judged here as in the map: by every pixel that meets the disc of its position error, at least one of which the candidate
    must serve. A disc that only two new sites together would serve is not counted: the map of a
    plan may therefore show more served people than the matrix, never fewer; `coverage.build_order` counts as the map does.

    Parameters
    ----------
    demand : GeoDataFrame
        Points with `position_error_m`.
    candidates : GeoDataFrame
        Sectors of the candidates (`sectors_of`), sectors of a site together; columns of the result follow their sites' first appearance.
    known : Layer
        Margins of the existing network, by which part of a disc may already be served.
    alone : bool array, optional
        Points at which `known` does not hold, since a measurement contradicts it: there a candidate has to serve the whole disc.
    required_db : float
        Margin from which a pixel counts as served: a planning margin raises it. [dB]
    max_radius_km, caps_km, terrain
        As in `predict_coverage`: the same site makes the same footprint.
    workers : int, optional
        Threads; the answer does not depend on their number.
    """
    points = Points.of(demand, grid, alone)
    radio = Radio(services, max_radius_km, floor_db=required_db, terrain=terrain, caps_km=caps_km or {})
    margins = SiteMargins(points, candidates, grid, radio, family, known, required_db)

    def one(item: Site) -> Ints:
        return _column(points, *margins.of(item), known, grid, required_db)

    sites = margins.sites
    hits: list[Ints] = []
    with ThreadPoolExecutor(workers or min(2, os.cpu_count() or 1)) as pool:
        for done, rows in enumerate(pool.map(one, sites), start=1):
            hits.append(rows)
            if progress is not None and (done % 200 == 0 or done == len(sites)):
                progress(done, len(sites))
    pointer = np.concatenate([[0], np.cumsum([len(rows) for rows in hits])])
    index = np.concatenate(hits) if hits else np.empty(0, np.int64)
    columns = csr_matrix((np.ones(len(index), bool), index, pointer), shape=(len(hits), len(demand)))
    return columns.T.tocsr()
