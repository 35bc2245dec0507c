"""Sets of services that a new site may carry: one candidate for each set of families that a place lacks, with its cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from infraplan.siting.costs import Costs
from infraplan.tables.column_types import typed
from infraplan.tables.families import carries, families_of, family_of

LTE = "lte"
MAST_TYPES = {"mast": "str", "row": "int64", "lacks": "str", "host": "str"}


def masts_to_share(existing: Any, families: Sequence[str], operators: str) -> pd.DataFrame:
    """Masts that lack at least one of the families, one row each: mast, row (its first in `existing`), lacks, host.

    A mast carries what any of its sites carries, for whichever operator: shared networks count once. Where one of its sites carries LTE for
    one of `operators`, only the radio has to be added (`upgrade_4g`); else the tower is shared (`existing_tower`).
    """
    ours = set(operators.split("+"))
    place, names = pd.factorize(existing["operators"].astype(object))
    own_lte = carries(existing, LTE) & np.array([bool(ours & set(str(text).split("+"))) for text in names], dtype=bool)[place]
    table = pd.DataFrame({"mast": existing["mast"].to_numpy(), "row": np.arange(len(existing)), "upgrade": own_lte})
    for family in families:
        table[family] = carries(existing, family)
    masts = table.groupby("mast", sort=False).agg({"row": "first", "upgrade": "any", **dict.fromkeys(families, "any")}).reset_index()
    lacks = [
        ";".join(family for family, has in zip(families, row, strict=True) if not has)
        for row in masts[list(families)].itertuples(index=False, name=None)
    ]
    host_name = np.where(masts["upgrade"].to_numpy(dtype=bool), "upgrade_4g", "existing_tower")
    masts_lacking = pd.DataFrame({"mast": masts["mast"], "row": masts["row"], "lacks": lacks, "host": host_name})
    return typed(masts_lacking.loc[masts_lacking["lacks"] != ""].reset_index(drop=True), MAST_TYPES)


def split_by_service_set(
    places: pd.DataFrame, services: Sequence[str], prices: Costs, own: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Each place once for every set of families it lacks: id, place, services, cost, currency, rent beside the columns of `places`.

    `places` has host, lacks (families joined by ";"). The ids count places; where there are several families the set follows a
    hyphen. The cost is the host's for the first service and `added_service` for each further one, which is less than any host costs: two
    sets of one place are never cheaper than the joint set. `own` has the family of services beyond the presets.
    """
    families = families_of(services, own)
    numbers = [f"C{number:06d}" for number in range(1, len(places) + 1)]
    parts = []
    for size in range(1, len(families) + 1):
        for families_set in combinations(families, size):
            fits = [set(families_set) <= set(text.split(";")) for text in places["lacks"]]
            carried = [service for service in services if family_of(service, own) in families_set]
            part = places.loc[fits].assign(services=";".join(carried), service_set="+".join(families_set), size=size)
            costs = {name: prices.life_cost(name, len(carried)) for name in part["host"].unique()}
            parts.append(part.assign(cost=part["host"].map(costs)))
    table = pd.concat(parts)
    table["place"] = pd.Series([numbers[at] for at in places.index.get_indexer(table.index)], index=table.index, dtype=str)
    table["id"] = table["place"] if len(families) == 1 else table["place"] + "-" + table["service_set"]
    order = np.lexsort((table["service_set"], table["size"], table["place"]))
    table = table.iloc[order].drop(columns=["service_set", "size", "lacks"]).reset_index(drop=True)
    rent = table["host"].map({name: prices.rent(name) for name in table["host"].unique()})
    return table.assign(cost=table["cost"].astype(np.int64), currency=prices.currency, rent=rent.astype(np.int64))


def host_column(table: pd.DataFrame, name: str, prices: Costs) -> pd.Series[Any]:
    """A number of each row's host; NaN where the costs do not state it."""
    stated = {key: prices.host(key).get(name) for key in table["host"].unique()}
    return table["host"].map({key: np.nan if value is None else float(value) for key, value in stated.items()})
