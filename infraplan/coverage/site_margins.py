"""Best margins of sites at scattered positions, site by site: what reach and the build order count from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from infraplan.arrays import Floats32, Ints
from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.footprints import by_site, margins_at
from infraplan.coverage.over_terrain import NeededMargins
from infraplan.coverage.receivers_in_rows import Rows
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.grids import Grid
from infraplan.radio.budgets import Service

Site = tuple[int, tuple[str, int, dict[str, Any]]]
"""Position of a site in the order of the sectors, and its mapping of `by_site`."""


@dataclass(frozen=True)
class MapTerms:
    """What margins of further sites take from a map: its grid, its ground, and how far sectors are computed. None of its layers.

    Parameters
    ----------
    grid : Grid
        Its CRS is that of all positions.
    max_radius_km : float
        Largest radius of a sector. [km]
    caps_km : mapping of float
        Tighter ones, by family. [km]
    terrain : Terrain, optional
        The ground; None where the map has none.
    """

    grid: Grid
    max_radius_km: float
    caps_km: Mapping[str, float] = field(default_factory=dict)
    terrain: Any = None

    @classmethod
    def of(cls, cover: Coverage) -> MapTerms:
        """Those of a map."""
        return cls(cover.grid, cover.max_radius_km, dict(cover.caps_km), cover.terrain)

    def radio(self, services: Mapping[str, Service], floor_db: float, terrain: Any = None) -> Radio:
        """The tables of sites of these services, computed down to a margin. [dB]"""
        return Radio(services, self.max_radius_km, floor_db=floor_db, terrain=terrain, caps_km=self.caps_km)


class SiteMargins:
    """Best margins of sites in one family at open positions.

    Parameters
    ----------
    rows : Rows
        The positions.
    least_db : float32 array
        Margins below it may be left out, position by position. [dB]
    asked_db : sequence of float
        The margins from which positions count as served. [dB]
    sectors : DataFrame
        Sectors of a site together; points, or the columns x_m and y_m.
    about : MapTerms
        Those of the map.
    """

    def __init__(
        self,
        rows: Rows,
        least_db: Floats32,
        asked_db: Sequence[float],
        sectors: Any,
        about: MapTerms,
        services: Mapping[str, Service],
        family: str,
    ) -> None:
        self.rows, self.least_db, self.asked_db = rows, least_db, tuple(asked_db)
        # without terrain what is computed ends at a whole step of its tables
        self.flat = [about.radio(services, asked) for asked in self.asked_db]
        self.of_family = sectors["family"].to_numpy() == family
        self.sites: list[Site] = list(enumerate(by_site(sectors, about.grid)))
        self.over_terrain = None
        if about.terrain is not None and len(sectors):
            over = about.radio(services, min(self.asked_db), about.terrain)
            self.over_terrain = NeededMargins(sectors, self.of_family, rows, about.grid, over, least_db)

    def served(self, item: Site) -> list[Ints]:
        """The positions that a site serves, for each margin that is asked."""
        number, (_, first, site) = item
        found = None if self.over_terrain is None else self.over_terrain.of_site(number)
        if found is not None:
            return [_at_least(*found, asked_db) for asked_db in self.asked_db]
        listed = []
        for asked_db, radio in zip(self.asked_db, self.flat, strict=True):
            near, margins = margins_at(site, self.rows, radio)
            own = margins[self.of_family[first : first + len(margins)]]
            listed.append(_at_least(near, _best_of(own) if len(own) else np.full(len(near), np.nan, np.float32), asked_db))
        return listed


def _at_least(near: Ints, best_db: Floats32, asked_db: float) -> Ints:
    """Positions with at least a margin."""
    with np.errstate(invalid="ignore"):
        return near[best_db >= asked_db]


def _best_of(margin_db: Floats32) -> Floats32:
    """The best of several sectors; NaN where none was computed."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.fmax.reduce(margin_db, axis=0), np.float32)
