"""Which candidate could serve which demand: a matrix, from the same margins as the map."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from infraplan.arrays import Bools, Floats32, Ints
from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.footprints import by_site, margins_at
from infraplan.coverage.networks import ANY
from infraplan.coverage.over_terrain import NeededMargins
from infraplan.coverage.population import positions_on
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.shared_tables import Radio
from infraplan.radio.budgets import Service


@dataclass(frozen=True)
class Open:
    """The positions of demand at which service is missing, in the order of `strips`.

    Parameters
    ----------
    strips : Strips
        The positions.
    owner : int64 array
        The point of each.
    lacking : int64 array
        How many positions of each point lack service.
    """

    strips: Strips
    owner: Ints
    lacking: Ints

    @classmethod
    def of(cls, demand: Any, cover: Coverage, family: str, network: str, alone: Bools, required_db: float) -> Open:
        """Of points on a map; where `alone` is true all positions of a point lack service, also where the map serves them all."""
        positions, counts = positions_on(demand, cover)
        owner = positions.owner
        with np.errstate(invalid="ignore"):
            known = cover.at_positions(positions.x_m, positions.y_m, family, network).margin_db >= required_db
        whole = alone | (np.bincount(owner[counts & ~known], minlength=len(demand)) == 0)
        left = np.flatnonzero(counts & (~known | whole[owner]))
        strips = Strips.of(positions.x_m[left], positions.y_m[left])
        lacking = np.bincount(owner[left], minlength=len(demand))
        return cls(strips, owner[left][strips.order], lacking)


Site = tuple[int, tuple[str, int, dict[str, Any]]]
"""Position of a site in the order of the sectors, and its mapping of `by_site`."""


class SiteMargins:
    """Best margins of sites in one family at open positions.

    Parameters
    ----------
    left : Open
        The positions.
    sectors : GeoDataFrame
        Sectors of a site together.
    required_db : float
        Margins below it may be left out. [dB]
    """

    def __init__(self, left: Open, sectors: Any, cover: Coverage, services: Mapping[str, Service], family: str, required_db: float) -> None:
        self.rows, self.required_db = left.strips.rows, required_db
        self.radio = Radio(services, cover.max_radius_km, floor_db=required_db, terrain=cover.terrain, caps_km=cover.caps_km)
        self.flat = Radio(services, cover.max_radius_km, floor_db=required_db, caps_km=cover.caps_km)
        self.of_family = sectors["family"].to_numpy() == family
        self.sites: list[Site] = list(enumerate(by_site(sectors, cover.grid)))
        self.over_terrain = None
        if cover.terrain is not None and len(sectors):
            self.over_terrain = NeededMargins(sectors, self.of_family, self.rows, cover.grid, self.radio, required_db)

    def served(self, item: Site) -> Ints:
        """The positions that a site serves."""
        number, (_, first, site) = item
        found = None if self.over_terrain is None else self.over_terrain.of_site(number)
        if found is None:
            near, margins = margins_at(site, self.rows, self.flat)
            own = margins[self.of_family[first : first + len(margins)]]
            found = near, _best_of(own) if len(own) else np.full(len(near), np.nan, np.float32)
        near, best_db = found
        with np.errstate(invalid="ignore"):
            return near[best_db >= self.required_db]


def _best_of(margin_db: Floats32) -> Floats32:
    """The best of several sectors; NaN where none was computed."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.fmax.reduce(margin_db, axis=0), np.float32)


def reach(
    demand: Any,
    candidates: Any,
    cover: Coverage,
    services: Mapping[str, Service],
    *,
    family: str,
    network: str = ANY,
    alone: Bools | None = None,
    required_db: float = 0.0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> csr_matrix:
    """Boolean matrix, demand x candidate site.

    True where the candidate alone, together with the existing network, serves all positions at which a point may lie.

    A village is judged here as on the map, at the same positions (`disc_positions`), at least one of which the candidate must serve. A disc
    that only two new sites together would serve is not counted: the map of a plan may therefore show more served people than the matrix,
    never fewer; `coverage.build_order` counts as the map does.

    Parameters
    ----------
    demand : GeoDataFrame
        Points with `position_error_m`.
    candidates : GeoDataFrame
        Sectors of the candidates (`sectors_of`), sectors of a site together; columns of the result follow their sites' first appearance.
    cover : Coverage
        The map of the existing network, by which part of a disc may already be served; radius, terrain and caps are those of the map.
    services : mapping of Service
        Those of the candidates.
    alone : bool array, optional
        Points at which the map does not hold, since a measurement contradicts it: there a candidate has to serve the whole disc.
    required_db : float
        Margin from which a position counts as served: a planning margin raises it. [dB]
    workers : int, optional
        Threads; the answer does not depend on their number.
    """
    lone = np.zeros(len(demand), bool) if alone is None else np.asarray(alone, bool)
    left = Open.of(demand, cover, family, network, lone, required_db)
    margins = SiteMargins(left, candidates, cover, services, family, required_db)

    def one(item: Site) -> Ints:
        points, hits = np.unique(left.owner[margins.served(item)], return_counts=True)
        return np.asarray(points[hits == left.lacking[points]])

    sites = margins.sites
    found: list[Ints] = []
    with ThreadPoolExecutor(workers or min(2, os.cpu_count() or 1)) as pool:
        for done, rows in enumerate(pool.map(one, sites), start=1):
            found.append(rows)
            if progress is not None and (done % 200 == 0 or done == len(sites)):
                progress(done, len(sites))
    pointer = np.concatenate([[0], np.cumsum([len(rows) for rows in found])])
    index = np.concatenate(found) if found else np.empty(0, np.int64)
    columns = csr_matrix((np.ones(len(index), bool), index, pointer), shape=(len(found), len(demand)))
    return columns.T.tocsr()
