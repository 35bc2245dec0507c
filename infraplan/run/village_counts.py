"""Who is served while sites are edited: statuses of villages and people by zone, counted again for what an edit touched alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Codes, Ints
from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import ANY, counted_networks
from infraplan.coverage.population import STATUSES, point_statuses, positions_on, tally, zone_of
from infraplan.coverage.prediction import Coverage
from infraplan.geo.zonal import membership

LEVELS = ("province", "city", "county")
"""The zones that are counted."""


class VillageCounts:
    """Statuses of villages before and after edits, by family and network, and the people of each zone.

    Parameters
    ----------
    villages : GeoDataFrame
        The villages of the study.
    zones : GeoDataFrame
        Its zones.
    cover : Coverage
        The map before any edit, with the margins of all positions of the villages.
    measured : Measured, optional
        Measurements, which override prediction.
    """

    def __init__(self, villages: Any, zones: Any, cover: Coverage, measured: Measured | None):
        self.villages, self.measured = villages, measured
        self.keys = [(family, network) for family in cover.families for network in counted_networks(cover.networks)]
        self.before = {key: self._codes(villages, cover, *key) for key in self.keys}
        self.now = {key: codes.copy() for key, codes in self.before.items()}
        positions, _ = positions_on(villages, cover)
        place = cover.positions.known.keys.get_indexer(cover.positions.keys_of(positions.x_m, positions.y_m))
        self.place, self.start, self.rows = place, positions.own, np.flatnonzero(positions.placed)
        self.people = villages["population"].to_numpy(dtype=np.int64)
        counted = membership(villages, zones)
        self.zones, self.zone = [], {}
        for level in LEVELS:
            known = zones.loc[zones["level"] == level].drop_duplicates("adcode")
            if len(known):
                codes = pd.Index(known["adcode"])
                at = codes.get_indexer(pd.Index(zone_of(villages, zones, level, counted)))
                self.zone[level] = np.where(at < 0, len(known), at).astype(np.int64)
                self.zones.append(known[["level", "adcode", "name"]].reset_index(drop=True))
        everywhere = np.arange(len(villages))
        self.people_before = {(level, *key): self._tally(level, key, everywhere) for level in self.zone for key in self.keys}
        self.people_now = {name: counts.copy() for name, counts in self.people_before.items()}

    def update(self, cover: Coverage, positions: Ints) -> Ints:
        """Judges again the villages that may lie at changed positions.

        Parameters
        ----------
        cover : Coverage
            The map as it is now.
        positions : ndarray of int64
            Numbers of the positions whose margins changed (`EditedNetwork.change`).

        Returns
        -------
        ndarray of int64
            Rows of the villages that were judged.
        """
        flags = np.zeros(len(cover.positions.known.keys), bool)
        flags[positions] = True
        if not len(self.start) or not flags.any():
            return np.zeros(0, np.int64)
        rows = self.rows[np.logical_or.reduceat(flags[self.place], self.start)]
        some = self.villages.iloc[rows]
        for key in self.keys:
            for level in self.zone:
                self.people_now[level, *key] -= self._tally(level, key, rows)
            self.now[key][rows] = self._codes(some, cover, *key)
            for level in self.zone:
                self.people_now[level, *key] += self._tally(level, key, rows)
        return np.asarray(rows, np.int64)

    def shares(self, marked: Sequence[str] = ()) -> pd.DataFrame:
        """People by zone, family and network: of zones where something differs from before, of the whole, and of marked ones.

        Parameters
        ----------
        marked : sequence of str
            Adcodes of zones that are wanted in any case.

        Returns
        -------
        DataFrame
            level, adcode, name, family, network, population, served_before, uncertain_before, served, uncertain, unserved (whole people).
        """
        parts, numbers = [], ("served", "uncertain")
        for known in self.zones:
            level, count = str(known["level"].iloc[0]), len(known)
            old, new = (
                np.stack([counts[level, *key][:count] for key in self.keys]) for counts in (self.people_before, self.people_now)
            )  # (keys, zones, statuses)
            wanted = (old != new).any(axis=2) | (level == LEVELS[0]) | known["adcode"].isin(list(marked)).to_numpy()
            key, zone = np.nonzero(wanted)
            names = np.array(self.keys, dtype=object)[key]
            columns = {"family": names[:, 0], "network": names[:, 1], "population": new[key, zone].sum(axis=1)}
            columns |= {f"{name}_before": old[key, zone, k] for k, name in enumerate(numbers)}
            columns |= {name: new[key, zone, k] for k, name in enumerate(STATUSES)}
            parts.append(known.iloc[zone].reset_index(drop=True).assign(**columns))
        table: pd.DataFrame = pd.concat(parts, ignore_index=True)
        return table

    def of_finest(self, family: str, network: str) -> pd.DataFrame:
        """People of every zone of the finest level that is counted.

        Returns
        -------
        DataFrame
            level, adcode, name, population, served.
        """
        known: pd.DataFrame = self.zones[-1]
        counts = self.people_now[str(known["level"].iloc[0]), family, network][: len(known)]
        return known.assign(population=counts.sum(axis=1), served=counts[:, STATUSES.index("served")])

    def changed(self, network: str = ANY) -> pd.DataFrame:
        """Villages whose status differs from before, most people first.

        Parameters
        ----------
        network : str
            The network that is asked.

        Returns
        -------
        DataFrame
            id, name, city, county, population, longitude, latitude, family, before, after (codes of `STATUSES`).
        """
        parts = []
        for family, own in self.keys:
            if own == network:
                before, now = self.before[family, own], self.now[family, own]
                parts.append(self._listed(np.flatnonzero(before != now), family, before, now))
        table: pd.DataFrame = pd.concat(parts, ignore_index=True)
        return table.sort_values(["population", "id"], ascending=[False, True], kind="stable", ignore_index=True)

    def within(self, west: float, south: float, east: float, north: float, family: str, network: str, limit: int) -> pd.DataFrame:
        """Villages of a rectangle with their statuses, most people first.

        Parameters
        ----------
        west, south, east, north : float
            The rectangle. [deg]
        family, network : str
            Whose status.
        limit : int
            Most rows.

        Returns
        -------
        DataFrame
            As `changed`; `attrs["total"]` counts the villages of the rectangle.
        """
        x, y = self.villages.geometry.x.to_numpy(), self.villages.geometry.y.to_numpy()
        inside = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        chosen = inside[np.argsort(-self.people[inside], kind="stable")[:limit]]
        table = self._listed(chosen, family, self.before[family, network], self.now[family, network])
        table.attrs["total"] = len(inside)
        return table

    def _listed(self, rows: Ints, family: str, before: Codes, now: Codes) -> pd.DataFrame:
        some = self.villages.iloc[rows]
        about = {name: some[name].to_numpy(dtype=object) for name in ("id", "name", "city", "county") if name in some}
        place = {"longitude": some.geometry.x.to_numpy(), "latitude": some.geometry.y.to_numpy()}
        words = np.array(STATUSES, dtype=object)
        status = {"before": words[before[rows]], "after": words[now[rows]]}
        return pd.DataFrame({**about, "population": self.people[rows], **place, "family": family, **status})

    def _tally(self, level: str, key: tuple[str, str], rows: Ints) -> Ints:
        """People of some villages by zone and present status; the last zone is none."""
        zone = self.zone[level]
        count = next(len(known) for known in self.zones if known["level"].iloc[0] == level)
        return tally(self.people[rows], self.now[key][rows].astype(np.int64), zone[rows], count + 1)

    def _codes(self, villages: Any, cover: Coverage, family: str, network: str) -> Codes:
        codes, _ = point_statuses(villages, cover, family, network, measured=self.measured)
        return codes
