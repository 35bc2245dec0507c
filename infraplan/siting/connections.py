"""What connecting new sites to the network of lines adds to the cost of candidates: numbers made elsewhere, one row a candidate."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

IN_USE = "in_use"
"""The connection of a candidate on a mast in use: its line serves a further service at no cost."""
NONE = "none"
STATED = ("connection", "connection_cost", "connection_cost_low", "connection_cost_high", "connection_km", "connection_to")
"""Columns that stay with a candidate, and with the site of a plan."""
ADDED = {"cost": "cost", "cost_low": "cost_low", "cost_high": "cost_high", "capex": "capex", "opex_per_year": "opex_per_year"}
"""Column of a candidate -> what is added to it, `connection_<name>`."""


def with_connections(candidates: Any, connections: pd.DataFrame, present_value_years: float, keep: Collection[str] = ()) -> Any:
    """The candidates with the cost of their connections in their cost, and its columns beside it.

    Parameters
    ----------
    candidates : GeoDataFrame
        `candidate_sites(...)`, made without a layer of fibre, whose distance would be priced a second time.
    connections : DataFrame
        id, connection, connection_cost, connection_cost_low, connection_cost_high, connection_capex, connection_opex_per_year,
        connection_km and connection_to, of candidates on new positions. Others stand on masts in use and cost nothing to connect. A
        candidate whose connection is "none" is left out.
    present_value_years : float
        Of the costs (`Costs.present_value_years`), for the annuity.
    keep : collection of str
        Ids, or masts, that stay without a connection.

    Returns
    -------
    GeoDataFrame
        Without the candidates that nothing connects.
    """
    rows = connections.set_index("id").reindex(candidates["id"].astype(str))
    known = rows["connection"].notna().to_numpy()
    table = candidates.copy()
    for name in STATED:
        values = rows[name].to_numpy()
        if name == "connection":
            table[name] = np.where(known, values, IN_USE)
        elif name == "connection_to":
            table[name] = np.where(known, values, "")
        elif name == "connection_km":
            table[name] = np.where(known, values, 0.0).astype(float)
        else:
            table[name] = np.where(known, values, 0).astype(np.int64)
    for name, part in ADDED.items():
        table[name] = table[name] + np.where(known, rows[f"connection_{part}"].to_numpy(), 0).astype(np.int64)
    table["annuity"] = np.round(table["cost"] / present_value_years).astype(np.int64)
    named = table["id"].isin(set(keep)) | (table["mast"].isin(set(keep)) if "mast" in table else False)
    return table.loc[(table["connection"] != NONE) | named].reset_index(drop=True)


def connection_sums(sites: Any) -> dict[str, Any] | None:
    """How many sites are connected in which way, and what that costs; None where their connections were not priced."""
    if "connection" not in sites:
        return None
    kinds = sites["connection"].astype(str)
    counts = {kind: int((kinds == kind).sum()) for kind in ("fibre", "microwave", "straight", NONE, IN_USE)}
    money = {name.removeprefix("connection_"): int(sites[name].sum()) for name in STATED[1:4]}
    km = pd.to_numeric(sites["connection_km"], errors="coerce").fillna(0.0)
    lengths = {f"{kind}_km": float(km[kinds == kind].sum()) for kind in ("fibre", "microwave", "straight")}
    return {"sites": counts, **money, **lengths}
