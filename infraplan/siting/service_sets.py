"""Sets of services that a new site may carry: one candidate for each set of families that a place lacks, with its cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.siting.costs import Costs
from infraplan.siting.costs_schema import LEVELS, LINES
from infraplan.siting.line_distances import line_costs
from infraplan.tables.column_types import typed
from infraplan.tables.families import carries, families_of, family_of

LTE = "lte"
COST_PARTS = (
    "cost_low", "cost_high", "capex", "opex_per_year", "power_per_year", "annuity", *(f"{line}_km" for line in LINES),
)  # fmt: skip
"""What stands beside a candidate's cost."""
MAST_TYPES = {"mast": "str", "row": "int64", "lacks": "str", "host": "str", "height_m": "float64", "azimuth_deg": "str"}


def masts_to_share(
    existing: Any, services: Sequence[str], operators: str, own: Mapping[str, str] | None = None, *, overlays: bool = False
) -> pd.DataFrame:
    """Masts that lack at least one family of the services, one row each: mast, row (in `existing`), lacks, host, height_m, azimuth_deg.

    Without overlays a mast carries what any of its sites carries, for whichever operator: shared networks count once. With overlays it
    carries a family when a site of one of `operators` has one of these very services there, so that another band, or the same of another
    network, may be added.

    Where one of its sites carries LTE for one of `operators`, only the radio has to be added (`upgrade_4g`); where they have another band
    there, as well (`overlay`, at the height and azimuths of what is there, else NaN and ""); else the tower is shared (`existing_tower`).
    """
    families = families_of(services, own)
    ours = _has_operator(existing, operators)
    table = pd.DataFrame({"mast": existing["mast"].to_numpy(), "row": np.arange(len(existing)), "upgrade": ours & carries(existing, LTE)})
    table["ours"] = ours
    for family in families:
        wanted = {service for service in services if family_of(service, own) == family}
        table[family] = ours & _has_service(existing, wanted) if overlays else carries(existing, family)
    first_of_ours = table["row"].where(ours).groupby(table["mast"], sort=False).min()
    masts = table.groupby("mast", sort=False).agg({"row": "first", **dict.fromkeys(["upgrade", "ours", *families], "any")}).reset_index()
    upgrade, overlay = masts["upgrade"].to_numpy(dtype=bool), overlays & masts["ours"].to_numpy(dtype=bool)
    row = np.where(overlay, masts["mast"].map(first_of_ours).fillna(0), masts["row"]).astype(np.int64)
    lacks = [
        ";".join(family for family, has in zip(families, flags, strict=True) if not has)
        for flags in masts[list(families)].itertuples(index=False, name=None)
    ]
    found = pd.DataFrame(
        {
            "mast": masts["mast"],
            "row": row,
            "lacks": lacks,
            "host": np.select([upgrade, overlay], ["upgrade_4g", "overlay"], "existing_tower"),
            "height_m": np.where(overlay & ~upgrade, _column(existing, "height_m", np.nan)[row] if len(masts) else np.nan, np.nan),
            "azimuth_deg": np.where(overlay & ~upgrade, _column(existing, "azimuth_deg", "")[row] if len(masts) else "", ""),
        }
    )
    return typed(found.loc[found["lacks"] != ""].reset_index(drop=True), MAST_TYPES)


def _has_operator(existing: Any, operators: str) -> npt.NDArray[np.bool_]:
    """Which sites belong to one of the operators."""
    ours = set(operators.split("+"))
    place, names = pd.factorize(existing["operators"].astype(object))
    return np.array([bool(ours & set(str(text).split("+"))) for text in names], dtype=bool)[place]


def _has_service(existing: Any, services: Collection[str]) -> npt.NDArray[np.bool_]:
    """Which sites carry one of the services."""
    place, names = pd.factorize(existing["services"].fillna("").astype(object))
    return np.array([not set(services).isdisjoint(name.strip() for name in text.split(";")) for text in names], dtype=bool)[place]


def _column(table: Any, name: str, missing: object) -> npt.NDArray[np.object_]:
    values = table[name].astype(object) if name in table else pd.Series(missing, index=table.index, dtype=object)
    return np.asarray(values.where(values.notna(), missing), dtype=object)


def split_by_service_set(
    places: pd.DataFrame, services: Sequence[str], prices: Costs, own: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Each place once for every set of families it lacks: id, place, services, cost and its parts, currency, rent and what direct
    power would save beside those of `places`.

    `places` has host, lacks (families joined by ";"), and the distances of `line_distances_km`. The ids count places; where there are
    several families the set follows a hyphen. The cost is the host's for the first service, with its distances, and `added_service` for
    each further one, which is less than any host costs: two sets of one place are never cheaper than the joint set. `own` has the family
    of services beyond the presets.
    """
    families = families_of(services, own)
    numbers = [f"C{number:06d}" for number in range(1, len(places) + 1)]
    parts = []
    for size in range(1, len(families) + 1):
        for families_set in combinations(families, size):
            fits = [set(families_set) <= set(text.split(";")) for text in places["lacks"]]
            carried = [service for service in services if family_of(service, own) in families_set]
            part = places.loc[fits].assign(services=";".join(carried), service_set="+".join(families_set), size=size)
            parts.append(with_costs(part, len(carried), prices))
    table = pd.concat(parts)
    table["place"] = pd.Series([numbers[at] for at in places.index.get_indexer(table.index)], index=table.index, dtype=str)
    table["id"] = table["place"] if len(families) == 1 else table["place"] + "-" + table["service_set"]
    order = np.lexsort((table["service_set"], table["size"], table["place"]))
    table = table.iloc[order].drop(columns=["service_set", "size", "lacks"]).reset_index(drop=True)
    rent = table["host"].map({name: prices.rent(name) for name in table["host"].unique()})
    saving = table["power_per_year"] * prices.present_value_years * prices.direct_saving
    return table.assign(currency=prices.currency, rent=rent.astype(np.int64), power_saving=saving.round().astype(np.int64))


def with_costs(table: pd.DataFrame, services: int, prices: Costs) -> pd.DataFrame:
    """The rows with cost (typical), cost_low, cost_high over the life of a site with so many services, and what they are made of.

    capex has the distances and the expected cost of failed attempts; annuity is the cost spread evenly over the years. Distances to lines
    that a host does not need are NaN.
    """
    hosts, added = table["host"], prices.added_service
    costs = {}
    for level in LEVELS:
        base = hosts.map({name: prices.life_cost(name, services, level) for name in hosts.unique()}).to_numpy(dtype=np.int64)
        costs[level] = base + np.round(line_costs(table, prices, level)).astype(np.int64)
    parts: dict[str, Any] = {"cost": costs["typical"], "cost_low": costs["low"], "cost_high": costs["high"]}
    own = {"capex": {name: prices.build_cost(name) for name in hosts.unique()}}
    own |= {key: {name: prices.host(name)[key][1] for name in hosts.unique()} for key in ("opex_per_year", "power_per_year")}
    for key, figures in own.items():
        parts[key] = hosts.map(figures).to_numpy(dtype=float) + (services - 1) * float(added[key][1])
    parts["capex"] = parts["capex"] + line_costs(table, prices, "typical", over_life=False)
    parts = {key: np.round(values).astype(np.int64) for key, values in parts.items()}
    parts["annuity"] = np.round(costs["typical"] / prices.present_value_years).astype(np.int64)
    for line in LINES:
        needing = [name for name in hosts.unique() if line in prices.host(name)["lines"]]
        parts[f"{line}_km"] = table[f"{line}_km"].where(hosts.isin(needing))
    return table.assign(**parts)


def host_column(table: pd.DataFrame, name: str, prices: Costs) -> pd.Series[Any]:
    """A number of each row's host; NaN where the costs do not state it."""
    stated = {key: prices.host(key).get(name) for key in table["host"].unique()}
    return table["host"].map({key: np.nan if value is None else float(value) for key, value in stated.items()})
