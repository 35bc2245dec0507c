"""Two editions: the internal one, whose files say 内部资料, and the public one, which has no site and no village.

The public edition is made from data that do not hold them: its context is stripped before any page is drawn, so that no writer can leak.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.outputs import types
from infraplan.policy.remedies import by_a_new_site
from infraplan.report.page_context import PageContext
from infraplan.report.words import Words
from infraplan.tables.column_types import typed

INTERNAL, PUBLIC = "internal", "public"
EDITIONS = (INTERNAL, PUBLIC)
KEPT_OF_SITES = (
    "order", "phase", "host", "services", "families", "cost", "cost_low", "cost_high", "people_gained", "targets", "city", "county",
)  # fmt: skip
"""Columns of new sites that sums need."""
KEPT_OF_GAPS = (
    "target", "part", "kind", "city", "city_name", "county", "county_name", "town", "population", "households", "family", "network",
    "status", "receiver", "not_spot",
)  # fmt: skip
"""Columns of gaps that sums need."""
ANY_SITE = "N0"
"""Remedy of a gap that some new site closes."""


def public_context(context: PageContext) -> PageContext:
    """A page's data without the place, the name and the id of any site, village or place; sums stay what they are."""
    sites = context.plan_sites
    own = [name for name in KEPT_OF_SITES if name in sites]
    nowhere = gpd.GeoSeries([None] * len(sites), index=sites.index, crs=4326)
    return replace(
        context,
        facts=replace(context.facts, edition=PUBLIC, warnings=()),
        villages=context.villages.iloc[:0],
        sites=context.sites.iloc[:0],
        plan_sites=gpd.GeoDataFrame(pd.DataFrame(sites)[own], geometry=nowhere, crs=4326),
        gaps=_nameless(context.gaps),
        towns=town_table(context),
        cities=None if context.cities is None else context.cities.assign(reason=""),
        unreachable=None,
        fibre=None,
        connections=None,
        detail=None,
        quality=None if context.quality is None else replace(context.quality, maps={}),
    )


def drawn_context(context: PageContext) -> PageContext:
    """What maps, sheets and layers draw of a public page: zones and signals, nothing that is a point."""
    if context.facts.edition != PUBLIC:
        return context
    return replace(context, plan_sites=context.plan_sites.iloc[:0], gaps=context.gaps.iloc[:0])


def _nameless(gaps: pd.DataFrame) -> pd.DataFrame:
    """Gaps with numbers for ids and nothing that tells which they are."""
    closed = by_a_new_site(gaps["remedy"])
    kept = {name: gaps[name] for name in KEPT_OF_GAPS if name in gaps}
    frame = pd.DataFrame(kept, index=gaps.index).assign(
        id=pd.factorize(gaps["id"])[0].astype(str),
        remedy=closed.map({True: ANY_SITE, False: ""}).astype(str),
        **{name: "" for name in ("name", "village", "committee", "reason", "nearest_site", "neighbour") if name in gaps},
        **{name: float("nan") for name in ("lon", "lat") if name in gaps},
    )
    return frame


def town_table(context: PageContext) -> pd.DataFrame:
    """Settlements and residents of each town by status: columns of the output table `towns`, the cities in their order."""
    villages = context.villages
    if not len(villages):
        return typed([], types("towns"))
    names = context.names("zh")
    parts = []
    for family in context.families:
        rows = pd.DataFrame(villages[["city", "county", "town", "population"]]).assign(status=villages[f"{family}_status"].astype(str))
        keys = [rows[name].fillna("").astype(str) for name in ("city", "county", "town")]
        grouped = rows.groupby(keys)
        part = grouped.agg(settlements=("population", "size"), population=("population", "sum"))
        for status in ("served", "uncertain", "unserved"):
            own = rows[rows["status"] == status].groupby([key[rows["status"] == status] for key in keys])
            part[f"{status}_settlements"] = own.size()
            part[status] = own["population"].sum()
        parts.append(part.fillna(0).reset_index().assign(family=family, receiver=context.receiver(family)))
    table = pd.concat(parts, ignore_index=True)
    table["city_name"], table["county_name"] = (table[name].map(names).fillna("") for name in ("city", "county"))
    table = table.sort_values(["city", "county", "town", "family"], kind="stable").reset_index(drop=True)
    kinds = types("towns")
    return pd.DataFrame(table[list(kinds)].astype(kinds))


def lacking_towns(context: PageContext, words: Words) -> Any:
    """The towns with residents who are not surely served, those with most first."""
    table = context.towns
    if table is None or not len(table):
        return typed([], types("towns"))
    open_to = table["unserved"] + table["uncertain"]
    rows = table.assign(_open=open_to)[open_to > 0]
    return rows.sort_values(["_open", "county", "town", "family"], ascending=[False, True, True, True], kind="stable").drop(columns="_open")


def public_summary(content: dict[str, Any]) -> dict[str, Any]:
    """summary.json without what may name a site or a place: warnings of the input, ids of the plan's goal, lists of its check."""
    plan = content.get("plan")
    if isinstance(plan, dict):
        goal = {name: value for name, value in (plan.get("goal") or {}).items() if name not in ("forced", "forbidden")}
        check = plan.get("check")
        plan = plan | {"goal": goal or None, "check": None if check is None else _numbers(check)}
    return content | {"plan": plan, "warnings": [], "edition": PUBLIC}


def _numbers(check: Any) -> Any:
    """A check without its lists, which hold ids."""
    if isinstance(check, dict):
        return {name: _numbers(value) for name, value in check.items() if not isinstance(value, list | tuple)}
    return check
