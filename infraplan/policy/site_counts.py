"""Counting sites: of a family, in a period, by row, mast or operator."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools, Floats
from infraplan.coverage.networks import ANY, in_network
from infraplan.policy.layers import Layers
from infraplan.policy.targets import Target, plain_target
from infraplan.tables.families import carries


def sites_of_target(target: Target, sites: Any) -> Bools:
    """Sites of the target's family (all, where it names none) whose status it counts."""
    rows = sites["status"].isin(target.statuses).to_numpy() if "status" in sites else np.ones(len(sites), dtype=bool)
    if target.family:
        rows = rows & carries(sites, target.family)
    return np.asarray(rows, dtype=bool)


def in_period(built: Any, since: date | None, until: date | None) -> tuple[Bools, Bools]:
    """(surely built in the period, perhaps). "2020" and "2020-06" mean the whole year or month, an empty date for any day."""
    place, texts = pd.factorize(built.fillna("").astype(object))
    first = np.array([(value + "-01-01"[len(value) - 4 :])[:10] if value else "0000-00-00" for value in texts], dtype="U10")
    last = np.array([(value + "-12-31"[len(value) - 4 :])[:10] if value else "9999-99-99" for value in texts], dtype="U10")
    low, high = (since.isoformat() if since else "0000-00-00"), (until.isoformat() if until else "9999-99-99")
    sure = (first >= low) & (last <= high)
    return sure[place], ((last >= low) & (first <= high) & ~sure)[place]


def site_weights(basis: str, sites: Any, rows: Bools) -> Floats:
    """What each chosen site counts: itself, its mast once, or each operator on it."""
    weight = rows.astype(float)
    if basis == "mast" and "mast" in sites:
        mast = sites["mast"].where(sites["mast"].notna() & (sites["mast"].astype(str) != ""), sites["id"]).astype(str)
        first = np.zeros(len(sites), dtype=bool)
        chosen = np.flatnonzero(rows)
        first[chosen] = ~mast.iloc[chosen].duplicated().to_numpy()
        weight = first.astype(float)
    elif basis == "operator" and "operators" in sites:
        place, names = pd.factorize(sites["operators"].fillna("").astype(object))
        weight = weight * np.array([float(name.count("+") + 1) for name in names])[place]
    return weight


def other_counts(sites: Any, rows: Bools) -> dict[str, int]:
    """The same sites on every basis: as rows, masts and operators' deployments."""
    return {basis: round(float(site_weights(basis, sites, rows).sum())) for basis in ("site", "mast", "operator")}


def site_tree(family: str, network: str, layers: Layers) -> tuple[Any, npt.NDArray[np.object_]]:
    """A search tree over the sites of a family and network, and their ids; None when there are none."""
    from scipy.spatial import cKDTree

    def make() -> tuple[Any, npt.NDArray[np.object_]]:
        sites = layers.sites
        if sites is None or not len(sites):
            return None, np.zeros(0, dtype=object)
        rows = sites_of_target(plain_target(family), sites)
        if network not in ("", ANY) and "operators" in sites:
            rows &= in_network(sites["operators"].fillna("").astype(str).to_numpy(), network)
        xy = np.column_stack(layers.cover.grid.place(sites.loc[rows]))
        good = np.isfinite(xy).all(axis=1)
        return (cKDTree(xy[good]) if good.any() else None), sites.loc[rows, "id"].astype(str).to_numpy(dtype=object)[good]

    result: tuple[Any, npt.NDArray[np.object_]] = layers.keep(("tree", family, network), make)
    return result
