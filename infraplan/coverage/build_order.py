"""Sites in build order: the site with which a point becomes served on the map, and the sites without which it would not be served."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from scipy.sparse import csr_matrix

from infraplan.arrays import Bools, Bytes, Floats, Floats32, Indices, Ints
from infraplan.coverage.prediction import Layer
from infraplan.coverage.reach import Points, SiteMargins, reach
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.discs import meets_disc, pixel_span
from infraplan.geo.grids import Grid
from infraplan.radio.budgets import Service

AT_ONCE = 64


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_site(first: Indices, several: Bytes, best_db: Floats32, row0: int, col0: int, required_db: float, site: int) -> None:
    """Adds a site: pixels that no earlier site serves get its number in `first`, the others are marked in `several`."""
    for r in range(best_db.shape[0]):
        for c in range(best_db.shape[1]):
            if best_db[r, c] >= required_db:
                if first[row0 + r, col0 + c] < 0:
                    first[row0 + r, col0 + c] = site
                else:
                    several[row0 + r, col0 + c] = 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _find_serving_sites(
    completes: Ints,
    point_of: Ints,
    site_of: Ints,
    part: Bytes,
    row: Ints,
    col: Ints,
    x_m: Floats,
    y_m: Floats,
    error_m: Floats,
    known_db: Floats32,
    first: Indices,
    several: Bytes,
    x0_m: float,
    y0_m: float,
    resolution_m: float,
    required_db: float,
) -> int:
    """completes[i]: the site with which the last pixel of the disc is served, -1 where one never is; pairs (`point_of`, `site_of`) of a
    point and a site that is the first to serve a pixel of it, `part` 2 where it alone serves one, else 1, as many as fit; how many there
    are."""
    count = 0
    own, alone = np.empty(64, np.int64), np.empty(64, np.uint8)
    for i in range(len(row)):
        span = pixel_span(error_m[i], resolution_m)
        last, met, listed = -1, True, 0
        for r in range(max(row[i] - span, 0), min(row[i] + span + 1, known_db.shape[0])):
            for c in range(max(col[i] - span, 0), min(col[i] + span + 1, known_db.shape[1])):
                if known_db[r, c] >= required_db or not meets_disc(r, c, x_m[i], y_m[i], error_m[i], x0_m, y0_m, resolution_m):
                    continue
                site = first[r, c]
                if site < 0:
                    met = False
                    continue
                last = max(last, site)
                at = 0
                while at < listed and own[at] != site:
                    at += 1
                if at == listed:
                    if listed == len(own):
                        own = np.append(own, np.empty(len(own), np.int64))
                        alone = np.append(alone, np.empty(len(alone), np.uint8))
                    own[at], alone[at] = site, 1
                    listed += 1
                if several[r, c] == 0:
                    alone[at] = 2
        completes[i] = last if met else -1
        if met:
            for k in range(listed):
                if count < len(point_of):
                    point_of[count], site_of[count], part[count] = i, own[k], alone[k]
                count += 1
    return count


def build_steps(
    demand: Any,
    sectors: Any,
    grid: Grid,
    services: Mapping[str, Service],
    *,
    family: str,
    known: Layer,
    alone: Bools | None = None,
    required_db: float = 0.0,
    max_radius_km: float = 30.0,
    caps_km: Mapping[str, float] | None = None,
    terrain: Any = None,
    workers: int | None = None,
) -> tuple[Ints, csr_matrix]:
    """The site with which each point becomes served in build order, and the sites that it needs in the finished plan.

    A point is served as on the map: when every pixel that meets its disc is, by the known layer or by any site. So several sites may serve
    a disc together, which `reach` does not count.

    Parameters
    ----------
    demand : GeoDataFrame
        Points with `position_error_m` that the known layer does not serve.
    sectors : GeoDataFrame
        Sectors of the sites (`sectors_of`) in the order in which they are built, sectors of a site together.
    known, alone, required_db, max_radius_km, caps_km, terrain, workers
        As in `reach`: where `alone` is true one site has to serve the whole disc.

    Returns
    -------
    tuple
        Position of the site with which the point is served, -1 where it never is; demand x site matrix: 2 where the point would not be
        served by all the others, 1 where the site is the first to serve a part of where the point may be.
    """
    lone = np.zeros(len(demand), bool) if alone is None else np.asarray(alone, bool)
    radio = Radio(services, max_radius_km, floor_db=required_db, terrain=terrain, caps_km=caps_km or {})
    points = Points.of(demand, grid, None)
    margins = SiteMargins(points, sectors, grid, radio, family, known, required_db)
    first, several = np.full(grid.shape, -1, np.int32), np.zeros(grid.shape, np.uint8)
    with ThreadPoolExecutor(workers or min(2, os.cpu_count() or 1)) as pool:
        for start in range(0, len(margins.sites), AT_ONCE):  # windows stay in memory until they are used in order
            for number, window in enumerate(pool.map(margins.of, margins.sites[start : start + AT_ONCE]), start):
                _add_site(first, several, *window, required_db, number)
    completes = np.empty(len(demand), np.int64)
    points_and_margins = (points.row, points.col, points.x_m, points.y_m, points.error_m, known.margin_db, first, several)
    place = (grid.x0_m, grid.y0_m, grid.resolution_m, required_db)
    room = _find_serving_sites(completes, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8), *points_and_margins, *place)
    point_of, site_of, part = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint8)
    _find_serving_sites(completes, point_of, site_of, part, *points_and_margins, *place)
    if lone.any():
        choice = {"family": family, "known": known, "alone": lone[lone], "required_db": required_db, "max_radius_km": max_radius_km}
        matrix = reach(demand.loc[lone], sectors, grid, services, caps_km=caps_km, terrain=terrain, workers=workers, **choice)
        at, times = np.flatnonzero(lone), np.diff(matrix.indptr)
        some = times > 0
        completes[at] = -1
        completes[at[some]] = np.minimum.reduceat(matrix.indices, matrix.indptr[:-1][some]) if some.any() else -1
        kept = ~lone[point_of]
        point_of, site_of = np.concatenate([point_of[kept], at[some]]), np.concatenate([site_of[kept], completes[at[some]]])
        part = np.concatenate([part[kept], np.where(times[some] == 1, 2, 1)]).astype(np.uint8)
    pairs = csr_matrix((part, (point_of, site_of)), shape=(len(demand), len(margins.sites)))
    return completes, pairs
