"""The maps without and with a plan, and whom its sites reach: what every count of a finished plan rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from infraplan.coverage.measurements import SERVED, Measured
from infraplan.coverage.networks import ANY, EVERY, in_network, single_networks
from infraplan.coverage.population import contradicted, demand_margin, point_statuses, status_of
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.reach import reach
from infraplan.coverage.sectors import sectors_of
from infraplan.radio.budgets import Service


@dataclass(frozen=True)
class Maps:
    """The map of today, the map with the plan, and what was measured."""

    cover: Coverage
    after: Coverage
    plan_sites: Any
    services: Mapping[str, Service]
    measured: Measured | None

    def today(
        self, points: Any, family: str, required_db: float, network: str = ANY, *, weaker_db: float = 0.0
    ) -> npt.NDArray[np.bool_]:  # fmt: skip
        """Which points are served by the existing sites; with every predicted signal `weaker_db` weaker, measured ones stay."""
        codes, _ = point_statuses(points, self.cover, family, network, required_db, measured=self.measured, weaker_db=weaker_db)
        return np.asarray(codes == SERVED)

    def served(
        self, points: Any, family: str, required_db: float, network: str = ANY, *, weaker_db: float = 0.0
    ) -> npt.NDArray[np.bool_]:  # fmt: skip
        """Which points are served with the plan: on its map; where a measurement contradicts today's map, by one new site alone.

        `weaker_db` as in `today`.
        """
        if network == EVERY:
            each = [self.served(points, family, required_db, one, weaker_db=weaker_db) for one in single_networks(self.cover.networks)]
            return np.asarray(np.logical_and.reduce(each), dtype=bool)
        later = status_of(demand_margin(points, self.after, family, network), required_db + weaker_db) == SERVED
        if self.measured is None:
            return np.asarray(later)
        lost = contradicted(points, self.cover, family, required_db, self.measured, network)
        later |= self.today(points, family, required_db, network, weaker_db=weaker_db)
        if lost.any():
            reached = self.reach(points.loc[lost], family, required_db + weaker_db, lost[lost], network)
            later[lost] = np.asarray(reached.sum(axis=1)).ravel() > 0
        return np.asarray(later)

    def reach(self, points: Any, family: str, required_db: float, alone: npt.NDArray[np.bool_], network: str = ANY) -> csr_matrix:
        """Points by new site of a network."""
        return reach(
            points,
            self._sectors(family, network),
            self.cover,
            self.services,
            family=family,
            network=network,
            alone=alone,
            required_db=required_db,
        )

    def carriers(self, family: str) -> Any:
        """The new sites that carry a family, in the order of the columns of `reach`."""
        order = self._sectors(family, ANY)["site_id"].drop_duplicates()
        return self.plan_sites.set_index(self.plan_sites["id"].astype(str)).loc[order]

    def _sectors(self, family: str, network: str) -> Any:
        own = {name: item for name, item in self.services.items() if item.family == family}
        sites = self.plan_sites
        sites = sites if network == ANY else sites.loc[in_network(sites["operators"].astype(str).tolist(), network)]
        return sectors_of(sites, own, include=("planned",), part=True)
