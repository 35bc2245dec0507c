"""People of zones, from a table of names or codes."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.fields import field_of
from infraplan.tables.column_conversion import converted
from infraplan.tables.faults import FaultList
from infraplan.tables.values import codes, texts
from infraplan.tables.zoning import ZoneIndex, zone_codes

LEVELS = ("province", "city", "county")


def with_population(zones: gpd.GeoDataFrame, table: pd.DataFrame, faults: FaultList) -> gpd.GeoDataFrame:
    """`zones` with `population` from a table whose columns have their names: `adcode` (or `name`) and `population`.

    Rows are matched at the finest level of the zones that has them; a level that the table does not give is summed from the level
    below, where that is complete. Unknown, ambiguous and repeated names are faults.
    """
    missing = [name for name in ("population",) if name not in table]
    if "adcode" not in table and "name" not in table:
        missing.append("adcode")
    for name in missing:
        field = field_of("zone", name)
        faults.add("tables.missing_column", column=field.zh, zh=field.zh, en=field.en, aliases=", ".join(field.aliases[:6]))
    faults.stop()
    people = converted(table["population"], field_of("zone", "population"), faults).to_numpy(object)
    cells = codes(table["adcode"])[0] if "adcode" in table else texts(table["name"])
    level = _level_of(cells, zones)
    found = zone_codes(cells, zones, level, faults, "adcode" if "adcode" in table else "name")
    twice = pd.Series(found).duplicated().to_numpy() & (found != "")
    faults.at(twice, "tables.repeated_zone", "adcode" if "adcode" in table else "name", cells)
    faults.stop()
    known = {code: int(count) for code, count in zip(found, people, strict=True) if code and not pd.isna(count)}
    part = zones["level"] == level
    values = pd.Series(pd.NA, index=zones.index, dtype="Int64")
    values[part] = zones.loc[part, "adcode"].map(known).astype("Int64")
    unknown = np.asarray(part & values.isna(), dtype=bool)
    if unknown.any():
        names = ", ".join((zones["name"] + " " + zones["adcode"])[unknown].head(10))
        faults.add("tables.zones_without_people", severity="warning", zones=int(unknown.sum()), names=names)
    return zones.assign(population=_summed_up(zones, values, level))


def _level_of(cells: Any, zones: gpd.GeoDataFrame) -> str:
    """The level at which most rows of a table are zones; the finest of equals."""
    present = [level for level in reversed(LEVELS) if (zones["level"] == level).any()]

    def known(level: str) -> int:
        index = ZoneIndex.of(zones, level)
        return sum(
            len(index.candidates(str(cell))) == 1 and (str(cell) in index.names or not str(cell).isdigit()) for cell in cells if cell
        )

    return max(present, key=known)


def _summed_up(zones: gpd.GeoDataFrame, values: pd.Series[Any], level: str) -> pd.Series[Any]:
    for below, above in (("county", "city"), ("city", "province")):
        if LEVELS.index(below) > LEVELS.index(level):
            continue
        children = zones["level"] == below
        sums = values[children].groupby(zones.loc[children, "parent"]).agg(lambda part: pd.NA if part.isna().any() else part.sum())
        parents = (zones["level"] == above) & values.isna()
        values[parents] = zones.loc[parents, "adcode"].map(sums).astype("Int64")
    return values
