"""What edits of sites cost: added sites by what they stand on, and services added to sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from infraplan.siting.line_distances import line_distances_km
from infraplan.siting.service_sets import with_costs
from infraplan.study import Study
from infraplan.study.scenarios import Edit

LEVELS = {"cost_low": "low", "cost": "typical", "cost_high": "high"}
COLUMNS = ["id", "host", "added", *LEVELS]


def edit_costs(study: Study, edits: Sequence[Edit], edited: Any, services_before: Mapping[str, str]) -> pd.DataFrame:
    """One row for each added site, and for each site that gets services.

    Parameters
    ----------
    study : Study
        Its costs, and the lines to which sites are connected.
    edits : sequence of Edit
        The edits.
    edited : GeoDataFrame
        The sites that they name, as they are with them.
    services_before : mapping of str
        Services of the sites that are changed, joined by ";".

    Returns
    -------
    DataFrame
        id, host, added (services), cost_low, cost, cost_high over the life of the site; NaN for an added site without a host.
    """
    rows = []
    for edit in edits:
        if edit.do == "add":
            prices = dict.fromkeys(LEVELS, float("nan")) if edit.host is None else _site_cost(study, edit, edited)
            rows.append({"id": edit.id, "host": edit.host or "", "added": len(edit.services or ()), **prices})
        elif edit.services is not None:
            added = len(set(edit.services) - set(services_before[edit.id].split(";")))
            if added:
                prices = {name: float(added * study.costs.added_cost(level)) for name, level in LEVELS.items()}
                rows.append({"id": edit.id, "host": "", "added": added, **prices})
    return pd.DataFrame(rows, columns=COLUMNS)


def _site_cost(study: Study, edit: Edit, edited: Any) -> dict[str, float]:
    """The costs of an added site: its host's for the services it carries, and what its distances to lines add."""
    x_m, y_m = study.grid.place(edited.loc[edited["id"] == edit.id])
    place = pd.DataFrame({"x": x_m, "y": y_m, "host": [edit.host]})
    priced = with_costs(place.join(line_distances_km(place, study.cost_lines, study.grid)), len(edit.services or ()), study.costs)
    return {name: float(priced[name].iloc[0]) for name in LEVELS}
