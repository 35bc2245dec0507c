"""Sites in build order: the site with which a point becomes served on the map, and the sites without which it would not be served."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from infraplan.arrays import Bools, Ints
from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.networks import ANY
from infraplan.coverage.reach import Open, reach
from infraplan.coverage.site_margins import MapTerms, SiteMargins
from infraplan.radio.budgets import Service


def build_steps(
    demand: Any,
    sectors: Any,
    cover: Coverage,
    services: Mapping[str, Service],
    *,
    family: str,
    alone: Bools | None = None,
    required_db: float = 0.0,
    workers: int | None = None,
) -> tuple[Ints, csr_matrix]:
    """The site with which each point becomes served in build order, and the sites that it needs in the finished plan.

    A point is served as on the map: when all positions at which it may lie are, by the existing network or by any site. So several sites
    may serve a disc together, which `reach` does not count.

    Parameters
    ----------
    demand : GeoDataFrame
        Points with `position_error_m` that the existing network does not serve.
    sectors : GeoDataFrame
        Sectors of the sites (`sectors_of`) in the order in which they are built, sectors of a site together.
    cover, services, alone, required_db, workers
        As in `reach`: where `alone` is true one site has to serve the whole disc.

    Returns
    -------
    tuple
        Position of the site with which the point is served, -1 where it never is; demand x site matrix: 2 where the point would not be
        served by all the others, 1 where the site is the first to serve a part of where the point may be.
    """
    lone = np.zeros(len(demand), bool) if alone is None else np.asarray(alone, bool)
    left = Open.of(demand, cover, family, ANY, np.zeros(len(demand), bool), required_db)
    receivers = left.strips.rows
    least_db = np.full(len(left.owner), required_db, np.float32)
    margins = SiteMargins(receivers, least_db, (required_db,), sectors, MapTerms.of(cover), services, family)
    first, times = np.full(len(left.owner), -1, np.int64), np.zeros(len(left.owner), np.int64)
    with ThreadPoolExecutor(workers or min(2, os.cpu_count() or 1)) as pool:
        for number, (served,) in enumerate(pool.map(margins.served, margins.sites)):
            first[served] = np.where(times[served] == 0, number, first[served])
            times[served] += 1
    completes, met = np.full(len(demand), -1, np.int64), np.ones(len(demand), bool)
    np.maximum.at(completes, left.owner, first)
    met[left.owner[first < 0]] = False
    completes[~met] = -1
    counted = met[left.owner]
    pairs = csr_matrix(
        (np.ones(int(counted.sum()), np.uint8), (left.owner[counted], first[counted])), shape=(len(demand), len(margins.sites))
    )
    pairs.data[:] = 1
    only = counted & (times == 1)
    single = csr_matrix((np.ones(int(only.sum()), np.uint8), (left.owner[only], first[only])), shape=pairs.shape)
    single.data[:] = 1
    needs = (pairs + single).tocsr()
    if lone.any():
        choice: dict[str, Any] = {"family": family, "alone": lone[lone], "required_db": required_db, "workers": workers}
        matrix = reach(demand.loc[lone], sectors, cover, services, **choice)
        at, sites = np.flatnonzero(lone), np.diff(matrix.indptr)
        some = sites > 0
        completes[at] = -1
        completes[at[some]] = np.minimum.reduceat(matrix.indices, matrix.indptr[:-1][some]) if some.any() else -1
        rest = needs.tocoo()
        kept = ~lone[rest.row]
        rows, columns = np.concatenate([rest.row[kept], at[some]]), np.concatenate([rest.col[kept], completes[at[some]]])
        parts = np.concatenate([rest.data[kept], np.where(sites[some] == 1, 2, 1)]).astype(np.uint8)
        needs = csr_matrix((parts, (rows, columns)), shape=needs.shape)
    return completes, needs


def _pairs(point: Ints, site: Ints, some: Bools, shape: tuple[int, int]) -> csr_matrix:
    """A matrix of 1 at some pairs of a point and a site, listed once or often."""
    matrix = csr_matrix((np.ones(int(some.sum()), np.int64), (point[some], site[some])), shape=shape)
    matrix.data[:] = 1
    return matrix.astype(np.uint8)
