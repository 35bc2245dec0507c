"""The chosen candidates as a table in build order: what each adds, which targets it serves, what the plan loses without it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.arrays import Ints
from infraplan.outputs import types
from infraplan.siting.connections import STATED
from infraplan.siting.cover.cover_check import build_order, check_cover, removal_losses
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.substitutes import Substitutes
from infraplan.siting.demand_rows import METRES, PEOPLE
from infraplan.siting.instances import Instance
from infraplan.tables.column_types import typed

CONNECTION_TYPES = {name: types("sites")[name] for name in STATED}
"""Columns of sites whose connections were priced."""
SITE_TYPES = {name: kind for name, kind in types("sites").items() if name not in CONNECTION_TYPES}
SITE_COLUMNS = tuple(SITE_TYPES)
"""`people_*` count the goal's first family; each further family of a plan has columns of its own, `people_gained_<family>`.

`targets`: the plan's targets for which it serves people or places, joined by ";"; in a run (`with_closed_gaps`) also those whose gaps it
closes. `people_total`: unserved people it reaches.
`people_lost`, `places_lost`: people, and places that must be served, whom the finished plan would no longer serve without this one site.
`phase`: number of the phase that builds it, 0 where none does; `built`: the day on which that phase ends.
`candidate`: its id among the candidates.
"""


COUNT_COLUMNS = (
    "people_gained", "villages_gained", "places_gained", "km_gained", "targets", "people_total", "people_lost", "places_lost", "km_lost",
)  # fmt: skip


def list_sites(
    instance: Instance, order: Ints, phase: Ints, days: Sequence[str] = ("",), found: Substitutes | None = None
) -> gpd.GeoDataFrame:
    """The plan's sites, ids N00001... in build order. `days`: by number of the phase the day on which it ends, "" where none is stated.

    Where sites carry limited users, people gained and lost are differences of the most that all sites carry together, with and without the
    site; the order is then that of `build_order`. `found`: what replaces each site; without it the column says "not_computed".
    """
    rows, problem = instance.rows, instance.problem
    columns = problem.cover.tocsc()[:, order]
    times = np.asarray(columns.sum(axis=1)).ravel()
    people = {family: _people_of(rows, family) for family in families_of(instance)}
    first = next(iter(people.values()))
    village, place = (rows["kind"] == "village").to_numpy(), (rows["kind"] == "place").to_numpy()
    names, target = rows["id"].to_numpy(), rows["target"].to_numpy()
    metres = np.where(rows["unit"] == METRES, rows["amount"], 0.0)
    position = {name: index for index, name in enumerate(dict.fromkeys(target))}
    served = problem.covered.copy()
    further = [f"people_gained_{family}" for family in list(people)[1:]]
    table: dict[str, list[Any]] = {name: [] for name in (*COUNT_COLUMNS, *further)}
    for j in range(len(order)):
        reached = columns.indices[columns.indptr[j] : columns.indptr[j + 1]]
        reached = reached[~problem.covered[reached]]
        new, alone = reached[~served[reached]], reached[times[reached] == 1]
        served[reached] = True
        table["people_gained"].append(int(first[new].sum()))
        for family in list(people)[1:]:
            table[f"people_gained_{family}"].append(int(people[family][new].sum()))
        table["villages_gained"].append(len(set(names[new[village[new]]])))
        table["places_gained"].append(int((place & problem.must)[new].sum()))
        table["km_gained"].append(float(metres[new].sum()) / 1000.0)
        table["km_lost"].append(float(metres[alone].sum()) / 1000.0)
        table["targets"].append(";".join(sorted(set(target[reached]), key=position.__getitem__)))
        table["people_total"].append(int(first[reached].sum()))
        table["people_lost"].append(int(first[alone].sum()))
        table["places_lost"].append(int((place & problem.must)[alone].sum()))
    if problem.capacity is not None:
        counted = _people_of(rows, instance.goal.family).astype(np.float64)
        table["people_gained"], table["people_lost"] = _by_flow(replace(problem, weight=counted), order)
    sites = instance.candidates.iloc[order].reset_index(drop=True)
    sites["candidate"], sites["reason"], sites["phase"] = sites["id"], sites["origin"], phase
    sites["built"] = np.array(days, dtype=object)[phase] if len(order) else ""
    sites["order"] = np.arange(1, len(sites) + 1)
    sites["id"] = pd.Series([f"N{number:05d}" for number in sites["order"] + instance.first_number - 1], dtype=str)
    for name, values in table.items():
        sites[name] = pd.Series(values, dtype=SITE_TYPES.get(name, "int64"))
    return as_sites(_with_substitutes(sites, instance, order, found), further)


def _with_substitutes(sites: Any, instance: Instance, order: Ints, found: Substitutes | None) -> Any:
    """The table with what replaces each site: ids of candidates, or one of "none", "not_found", "not_computed"."""
    if found is None:
        return sites.assign(substitute="not_computed", substitute_cost=pd.NA, substitute_bound=pd.NA)
    at = {int(site): q for q, site in enumerate(found.site)}
    ids = instance.candidates["id"].astype(str).to_numpy()
    words = {"none": "none", "not_found": "not_found"}
    rows = [at[int(site)] for site in order]
    return sites.assign(
        substitute=[words.get(found.state[q]) or ";".join(ids[found.added[q]]) for q in rows],
        substitute_cost=[round(cost) if np.isfinite(cost) else pd.NA for cost in found.cost[rows]],
        substitute_bound=[math.ceil(bound - 1e-6) if np.isfinite(bound) else pd.NA for bound in found.bound[rows]],
    )


def places_of(candidates: Any) -> Ints:
    """A number for each candidate, the same for all options on one mast or host."""
    mast = candidates["mast"].fillna("").astype(str) if "mast" in candidates else pd.Series("", index=candidates.index)
    return np.asarray(pd.factorize(mast.where(mast != "", candidates["id"].astype(str)))[0], dtype=np.int64)


def as_sites(table: Any, further: Sequence[str] = ()) -> gpd.GeoDataFrame:
    """The table with the columns of a plan's sites, each of its type, with rows or without; `further` are counts of other families."""
    columns = (types("sites") if "connection" in table else SITE_TYPES) | dict.fromkeys(further, "int64")
    if "cost" in table:  # candidates of one's own may have one cost alone
        table = table.assign(**{name: table["cost"] for name in ("cost_low", "cost_high") if name not in table})
    table = table.assign(**{name: 0.0 for name in ("km_gained", "km_lost") if name not in table})
    return gpd.GeoDataFrame(typed(table.drop(columns="geometry"), columns), geometry=table.geometry.array, crs=4326)


def without_lines(sites: gpd.GeoDataFrame, lines: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """The sites as tables show them: without the kilometres of lines where the plan has no target of lines."""
    return sites if lines else sites.drop(columns=["km_gained", "km_lost"], errors="ignore")


def no_sites() -> gpd.GeoDataFrame:
    """The sites of a plan that builds nothing."""
    return as_sites(gpd.GeoDataFrame(geometry=[], crs=4326))


def with_closed_gaps(sites: gpd.GeoDataFrame, gaps: pd.DataFrame) -> gpd.GeoDataFrame:
    """The plan's sites with the targets of the gaps they close (`find_gaps` with the plan: `remedy` is a site's id) beside their own."""
    closed = gaps.loc[gaps["remedy"].isin(sites["id"]), ["remedy", "target"]].drop_duplicates()
    found = closed.groupby("remedy", sort=False)["target"].agg(list).to_dict()
    joined = [
        ";".join(dict.fromkeys([*(name for name in str(own).split(";") if name), *found.get(site, ())]))
        for site, own in zip(sites["id"], sites["targets"], strict=True)
    ]
    return sites.assign(targets=pd.Series(joined, index=sites.index, dtype=str))


def _by_flow(problem: CoverProblem, order: Ints) -> tuple[list[int], list[int | None]]:
    """People each site adds to what all can carry, in whole numbers that add up; people lost without it, None where not known."""
    if not len(order):
        return [], []
    adds = dict(zip(*(part.tolist() for part in build_order(problem, order)), strict=True))
    steps = np.diff(np.round(np.cumsum([0.0, *(adds[j] for j in order.tolist())]))).astype(int)
    losses = removal_losses(problem, order)
    return steps.tolist(), [None if np.isnan(loss) else round(float(loss)) for loss in losses]


def families_of(instance: Instance) -> tuple[str, ...]:
    """Families of the plan, the goal's first one leading."""
    found = dict.fromkeys(instance.rows.loc[instance.rows["unit"] != METRES, "family"])
    return tuple(dict.fromkeys([instance.goal.family, *found]))


def _people_of(rows: pd.DataFrame, family: str) -> Ints:
    return np.asarray(np.where(rows["family"] == family, rows["population"], 0), dtype=np.int64)


def people_by_family(instance: Instance, chosen: Ints) -> dict[str, dict[str, int]]:
    """For each family: population in scope, people served before, and after with these candidates."""
    rows, problem = instance.rows, instance.problem
    flags = np.zeros(problem.cost.size, np.int32)
    flags[chosen] = 1
    served = problem.covered | (problem.cover @ flags > 0)
    found = {}
    for family in families_of(instance):
        people = _people_of(rows, family)
        after = int(people[served].sum())
        if problem.capacity is not None:
            after = round(check_cover(replace(problem, weight=people.astype(np.float64)), chosen).weight)
        found[family] = {"population": int(people.sum()), "served_before": int(people[problem.covered].sum()), "served_after": after}
    return found


def unreachable_rows(instance: Instance, lost: Ints) -> pd.DataFrame:
    """Demand rows that no allowed candidate serves, those that must be served first, then by people: the certificate as a table."""
    table = instance.rows.iloc[lost].assign(must=instance.problem.must[lost])
    table = table if instance.goal.asks_people else table.loc[table["unit"] != PEOPLE]  # nothing is asked of people
    table = table.loc[table["kind"] != "floor"]
    return table.sort_values(["must", "population", "id"], ascending=[False, False, True], kind="stable", ignore_index=True)
