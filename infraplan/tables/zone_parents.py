"""Which zone lies in which: every zone's zone at each level above it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.arrays import Texts
from infraplan.tables.zone_codes import LEVELS


def levels_present(zones: Any) -> tuple[str, ...]:
    """Levels that a table of zones has, from the province down to the township."""
    there = frozenset(zones["level"])
    return tuple(level for level in LEVELS if level in there)


@dataclass(frozen=True)
class _Zones:
    """A table of zones as a cache key: two tables with the same codes, names, parents and shapes are equal."""

    values: tuple[Any, ...]
    table: Any = field(compare=False)
    shapes: Any = field(compare=False)  # kept, so that no other shape takes an id that `values` holds

    @classmethod
    def of(cls, zones: Any) -> _Zones:
        shapes = zones.geometry.to_numpy().copy() if isinstance(zones, gpd.GeoDataFrame) else np.zeros(0, dtype=object)
        columns = (tuple(zones[name]) for name in ("level", "adcode", "name", "parent") if name in zones)
        return cls((tuple(zones.columns), *columns, tuple(map(id, shapes))), zones, shapes)


def ancestors(zones: Any, level: str) -> pd.DataFrame:
    """The zone above each zone of a level, at every coarser level present.

    A zone's parent is the zone it names by code or by name. Where it names none that the table has, it is the zone that holds a point
    inside it (of several the lowest code), and the only zone of the coarsest level where there is but one.

    Returns
    -------
    DataFrame
        Index: codes of the level, each once; one column a coarser level present; "" where there is none.
    """
    return _ancestors(_Zones.of(zones), level).copy()


@lru_cache(maxsize=32)
def _ancestors(known: _Zones, level: str) -> pd.DataFrame:
    zones = known.table
    above = [name for name in levels_present(zones) if LEVELS.index(name) < LEVELS.index(level)]
    own = zones.loc[zones["level"] == level].drop_duplicates("adcode")
    table = pd.DataFrame("", index=pd.Index(own["adcode"].to_numpy(object)), columns=above, dtype=object)
    stated = own["parent"].fillna("").to_numpy(object) if "parent" in own else np.full(len(own), "", dtype=object)
    for name in reversed(above):
        part = zones.loc[zones["level"] == name].drop_duplicates("adcode")
        direct = _named(stated, part)
        table[name] = np.where(table[name] == "", direct, table[name])
        _climb(table, name, known)
    for name in reversed(above):
        lost = (table[name] == "").to_numpy()
        if lost.any():
            part = zones.loc[zones["level"] == name].drop_duplicates("adcode")
            table.loc[lost, name] = _by_place(own.loc[lost], part, table.loc[lost], known, only=name == above[0] and len(part) == 1)
            _climb(table, name, known)
    return table


def _climb(table: pd.DataFrame, name: str, zones: _Zones) -> None:
    """Fills the levels above `name` from the zones known at that level."""
    if (table[name] == "").all():
        return
    higher = _ancestors(zones, name)
    for column in higher.columns:
        found = table[name].map(higher[column]).fillna("")
        table[column] = np.where(table[column] == "", found, table[column])


def _named(stated: Texts, part: Any) -> Texts:
    """Codes of the zones that texts mean: their codes, else the name of one zone alone."""
    codes = part["adcode"].to_numpy(object)
    names = part["name"].to_numpy(object) if "name" in part else codes
    once = pd.Series(codes, index=names)
    once = once[~once.index.duplicated(keep=False)]
    known = dict(once.items()) | {code: code for code in codes}
    return np.array([known.get(text, "") if text else "" for text in stated], dtype=object)


def _by_place(own: Any, part: Any, known: pd.DataFrame, zones: _Zones, *, only: bool) -> Texts:
    """Codes of the zones of `part` that hold a point inside each zone, among those that agree with the known zones above."""
    found = np.full(len(own), "", dtype=object)
    if isinstance(own, gpd.GeoDataFrame):
        shapes = own.geometry.to_numpy()
        there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        ordered = part.sort_values("adcode", kind="stable")
        codes = ordered["adcode"].to_numpy(object)
        higher = _ancestors(zones, str(ordered["level"].iloc[0])) if len(ordered) else pd.DataFrame()
        at, of = shapely.STRtree(shapely.point_on_surface(shapes[there])).query(ordered.geometry.to_numpy(), predicate="intersects")
        for zone, row in sorted(zip(at.tolist(), there[of].tolist(), strict=True)):
            agrees = all(not known[column].iloc[row] or known[column].iloc[row] == higher.at[codes[zone], column] for column in higher)
            if not found[row] and agrees:
                found[row] = codes[zone]
    return np.where((found == "") & only, part["adcode"].iloc[0] if len(part) else "", found).astype(object)
