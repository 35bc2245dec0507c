"""Zones completed: the province, the cities and the counties that a table lacks are made."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from infraplan.geo.grids import refuse_antimeridian
from infraplan.messages import Bilingual, both
from infraplan.tables.faults import FaultList
from infraplan.tables.zone_codes import ADMINISTRATIVE_CODE, LEVELS, code_of_level
from infraplan.tables.zone_parents import ancestors, levels_present

NEEDED = ("province", "city", "county")
WHOLE = "0"
"""Code of the zone made for zones whose parent is not known."""


def with_parents(zones: gpd.GeoDataFrame, *, whole: str = "", warned: bool = True) -> gpd.GeoDataFrame:
    """`zones` with every province, city and county that the table implies and lacks; each zone's `parent` is then one of the table.

    A zone above is made of those that name it, their outlines joined, their people summed; of a county that names a province, a city with
    the province's code; of zones that name nothing and lie in no zone above, one zone `whole` with the code `WHOLE`. A province without
    cities gets one city, a city without counties one county, with its own outline and code. Names come from columns `city_name` and
    `province_name` where there are any, else from the zone with that code, else the code is used.

    Made zones are a warning, unless `warned` is False: then the caller wanted them; `attrs["made_levels"]` names their levels. Levels
    follow one another, each in the order of the table, then made zones in the order of codes.
    """
    faults = FaultList(file=str(zones.attrs.get("file", "")), sheet=str(zones.attrs.get("sheet", "")))
    table = zones
    for below, above in (("township", "county"), ("county", "city"), ("city", "province")):
        if (table["level"] == below).any() and not (below == "township" and (table["level"] == "county").any()):
            table = _with_level_above(table, below, above, whole, faults)
    for above, below in (("province", "city"), ("city", "county")):
        table = _with_level_below(table, above, below, faults)
    if not warned:
        faults.items = [fault for fault in faults.items if fault.rule != "zones_made"]
    table = table.sort_values("level", key=lambda column: column.map(LEVELS.index), kind="stable").reset_index(drop=True)
    table = table[[*zones.columns]]
    faults.warn()
    table.attrs = {key: value for key, value in zones.attrs.items() if key not in ("row_runs", "row_count")}
    table.attrs["faults"] = [*zones.attrs.get("faults", []), *faults.records()]
    table.attrs["made_levels"] = [level for level in levels_present(table) if level not in levels_present(zones)]
    return table


def whole_study(zones: gpd.GeoDataFrame, title: str, *, parents: bool | None = None) -> gpd.GeoDataFrame:
    """Zones as a study needs them: province, city and county everywhere, in the order of level and code, on one side of 180 degrees.

    Levels that are missing are made, the study's `title` naming a zone made of all; with `parents=False` they are a DataError.
    """
    faults = FaultList(file=str(zones.attrs.get("file", "")), sheet=str(zones.attrs.get("sheet", "")))
    refuse_antimeridian(zones, faults)
    lacking = [level for level in NEEDED if level not in levels_present(zones)]
    if parents is False and lacking:
        named = [both(f"io.level_{level}") for level in lacking]
        levels = Bilingual("、".join(name.zh for name in named), ", ".join(name.en for name in named))
        faults.add("io.levels_lacking", column="level", levels=levels)
        faults.stop()
    done = zones if parents is False else with_parents(zones, whole=title)
    place = pd.DataFrame({"level": done["level"].map(LEVELS.index), "adcode": done["adcode"]})
    ordered = done.loc[place.sort_values(["level", "adcode"], kind="stable").index].reset_index(drop=True)
    ordered.attrs = {key: value for key, value in done.attrs.items() if key not in ("row_runs", "row_count")}
    return ordered


def _with_level_above(table: Any, below: str, above: str, whole: str, faults: FaultList) -> Any:
    """Each zone of a level gets a parent that the table has; parents that it lacks are made."""
    children = table.loc[table["level"] == below]
    known = ancestors(table, below)
    found = children["adcode"].map(known[above]) if above in known else pd.Series("", index=children.index)
    stated = children["parent"].fillna("")
    words = frozenset(table["adcode"]) | frozenset(table["name"])
    moved = (found != "") & (stated != "") & ~stated.isin(words)
    faults.at(moved.to_numpy(bool), "io.parent_by_place", "parent", stated.to_numpy(object), severity="warning",
              detail=lambda row: {"zone": children["name"].iloc[row], "parent": found.iloc[row]})  # fmt: skip
    lost = found == ""
    made_of = stated.where(stated != "", children["adcode"].map(lambda code: _province_of(known, code)))
    made_of = made_of.where(made_of != "", WHOLE)
    parent = found.where(~lost, made_of)
    table = table.assign(parent=table["parent"].where(table["level"] != below, parent.reindex(table.index).fillna("")))
    rows = [_joined(code, above, children.loc[lost & (parent == code)], table, known, whole) for code in sorted(parent[lost].unique())]
    return _added(table, rows, above, below, faults)


def _province_of(known: pd.DataFrame, code: str) -> str:
    """The coarsest zone known above a zone: a county of no city lies in a province."""
    return next((str(known.at[code, level]) for level in known.columns if known.at[code, level]), "")


def _joined(code: str, level: str, part: Any, table: Any, known: pd.DataFrame, whole: str) -> dict[str, Any]:
    """The row of a zone made of others."""
    row: dict[str, Any] = {"level": level, "adcode": code, "name": _name_of(code, level, part, table, whole), "parent": ""}
    if level == "city":
        provinces = table.loc[table["level"] == "province", "adcode"]
        above = [text for text in known.loc[part["adcode"]].get("province", []) if text]
        if (provinces == code).any():
            row["parent"] = code
        elif above:
            row["parent"] = sorted(above)[0]
        elif ADMINISTRATIVE_CODE.fullmatch(code):
            row["parent"] = code_of_level(code, "province")
    elif level == "county" and ADMINISTRATIVE_CODE.fullmatch(code):
        row["parent"] = code_of_level(code, "city")
    row |= {"synthetic": bool(part["synthetic"].any()), "geometry": shapely.union_all(part.geometry.to_numpy())}
    if "population" in part and part["population"].notna().all():
        row["population"] = int(part["population"].sum())
    if "province_name" in part:
        row["province_name"] = part["province_name"].iloc[0]
    return row


def _name_of(code: str, level: str, part: Any, table: Any, whole: str) -> str:
    column = f"{level}_name"
    if column in part and isinstance(part[column].iloc[0], str) and part[column].iloc[0]:
        return str(part[column].iloc[0])
    if code == WHOLE:
        return whole or str(both("io.whole_zone"))
    same = table.loc[table["adcode"] == code, "name"]
    return str(same.iloc[0]) if len(same) else code


def _with_level_below(table: Any, above: str, below: str, faults: FaultList) -> Any:
    """Zones without a zone of the level below get one with their own outline."""
    parents = table.loc[table["level"] == above]
    childless = parents.loc[~parents["adcode"].isin(table.loc[table["level"] == below, "parent"])]
    copies = childless.assign(level=below, parent=childless["adcode"])
    taken = frozenset(table.loc[table["level"] == below, "adcode"])
    return _added(table, [row for row in copies.to_dict("records") if row["adcode"] not in taken], below, above, faults)


def _added(table: Any, rows: list[dict[str, Any]], level: str, source: str, faults: FaultList) -> Any:
    """The table with the rows before it, and a warning that names them."""
    if not rows:
        return table
    names = ", ".join(dict.fromkeys(" ".join(dict.fromkeys((str(row["name"]), str(row["adcode"])))) for row in rows[:10]))
    faults.add("io.zones_made", severity="warning", column="level", count_made=len(rows), names=names,
               level=both(f"io.level_{level}"), source=both(f"io.level_{source}"))  # fmt: skip
    joined: Any = pd.concat([gpd.GeoDataFrame(rows, geometry="geometry", crs=table.crs), table], ignore_index=True)
    if "population" in joined:
        joined["population"] = joined["population"].astype("Int64")
    joined["synthetic"] = joined["synthetic"].astype(bool)
    return joined
