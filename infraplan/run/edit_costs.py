"""What edits of sites cost: added sites by what they stand on and how they are connected, and services added to sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from infraplan.backhaul.network import BackhaulNetwork
from infraplan.run.connections import connections_of, site_network
from infraplan.siting.connections import IN_USE
from infraplan.siting.line_distances import NearestLines
from infraplan.siting.service_sets import with_costs
from infraplan.study import Study
from infraplan.study.scenarios import Edit

LEVELS = {"cost_low": "low", "cost": "typical", "cost_high": "high"}
ON_MASTS = ("existing_tower", "upgrade_4g", "overlay")
"""Hosts that are masts in use: their line serves a further site at no cost."""


class EditCosts:
    """The costs of edits in a study; what was priced once is not priced again.

    Parameters
    ----------
    study : Study
        Its costs, and the lines to which sites are connected.
    """

    def __init__(self, study: Study):
        self.study = study
        self.network: BackhaulNetwork | None = None
        self.lines: NearestLines | None = None
        self.priced: dict[Edit, dict[str, Any]] = {}

    def table(self, edits: Sequence[Edit], edited: Any, services_before: Mapping[str, str]) -> pd.DataFrame:
        """One row for each added site, and for each site that gets services.

        Parameters
        ----------
        edits : sequence of Edit
            The edits.
        edited : GeoDataFrame
            The sites that they name, as they are with them.
        services_before : mapping of str
            Services of the sites that are changed, joined by ";".

        Returns
        -------
        DataFrame
            id, host, added (services), connection (fibre, microwave, straight, none, in_use; "" where the study does not price it),
            connection_cost, and cost_low, cost, cost_high over the life of the site, the connection in them; NaN for an added site without
            a host.
        """
        rows = []
        for edit in edits:
            if edit.do == "add":
                if edit not in self.priced:
                    self.priced[edit] = self._site(edit, edited.loc[edited["id"] == edit.id])
                rows.append(self.priced[edit])
            elif edit.services is not None:
                added = len(set(edit.services) - set(services_before[edit.id].split(";")))
                if added:
                    prices = {name: float(added * self.study.costs.added_cost(level)) for name, level in LEVELS.items()}
                    rows.append({"id": edit.id, "host": "", "added": added, "connection": "", "connection_cost": 0.0, **prices})
        return pd.DataFrame(rows, columns=["id", "host", "added", "connection", "connection_cost", *LEVELS])

    def _site(self, edit: Edit, site: Any) -> dict[str, Any]:
        """An added site: its host's cost for the services it carries, what its distances to lines add, and its connection."""
        study, count = self.study, len(edit.services or ())
        row = {"id": edit.id, "host": edit.host or "", "added": count}
        if edit.host is None:
            return row | {"connection": "", "connection_cost": float("nan"), **dict.fromkeys(LEVELS, float("nan"))}
        if self.lines is None:
            self.lines = NearestLines(study.cost_lines, study.grid)
        x_m, y_m = study.grid.place(site)
        place = pd.DataFrame({"x": x_m, "y": y_m, "host": [edit.host]})
        priced = with_costs(place.join(self.lines.distances_km(place)), count, study.costs)
        prices = {name: float(priced[name].iloc[0]) for name in LEVELS}
        if not study.connects_sites:
            return row | {"connection": "", "connection_cost": 0.0, **prices}
        if edit.host in ON_MASTS:
            return row | {"connection": IN_USE, "connection_cost": 0.0, **prices}
        if self.network is None:
            self.network = site_network(study)
        found = connections_of(study, site.reset_index(drop=True), self.network).iloc[0]
        added = {name: float(found[f"connection_{name}"]) for name in LEVELS}
        whole = {name: prices[name] + (0.0 if pd.isna(added[name]) else added[name]) for name in LEVELS}
        return row | {"connection": str(found["connection"]), "connection_cost": added["cost"], **whole}
