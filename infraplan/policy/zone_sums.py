"""Units summed by zone, level by level: the parts add up to the whole because every level sums the same units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.geo.zonal import levels_of
from infraplan.policy.measures import Units

OUTSIDE = "outside"
SUMS = ("numerator", "denominator", "uncertain", "unknown", "measured")
Table = dict[str, npt.NDArray[Any]]
"""Columns by name, all of one length: much lighter than a frame for each of some hundred targets."""


@dataclass(frozen=True)
class ZoneList:
    """Zones of one level in their own order, each with the city it belongs to ("" for a province)."""

    level: str
    codes: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    cities: npt.NDArray[np.object_]

    def only(self, cities: frozenset[str]) -> ZoneList:
        """Those of some cities; of the province all."""
        if not cities or self.level == "province":
            return self
        kept = np.array([city in cities for city in self.cities], dtype=bool)
        return ZoneList(self.level, self.codes[kept], self.names[kept], self.cities[kept])


def zone_lists(zones: Any) -> tuple[ZoneList, ...]:
    """One list a level, from the province down."""
    lists = []
    for level in levels_of(zones):
        rows = zones.loc[zones["level"] == level].drop_duplicates("adcode")
        codes, parents = (rows[name].astype(str).to_numpy(dtype=object) for name in ("adcode", "parent"))
        cities = codes if level == "city" else parents if level == "county" else np.full(len(rows), "", dtype=object)
        lists.append(ZoneList(level, codes, rows["name"].astype(str).to_numpy(dtype=object), cities))
    return tuple(lists)


def tallied(units: Units, lists: Iterable[ZoneList]) -> Table:
    """`SUMS` by zone, and a row for what lies outside every zone of a level where there is any; NaN where the layer is absent."""
    parts: list[Table] = []
    for one in lists:
        count = len(one.codes)
        table: Table = {"zone_level": np.full(count, one.level, dtype=object), "zone": one.codes, "zone_name": one.names}
        if units.absent:
            parts.append(table | {name: np.full(count, np.nan) for name in SUMS})
            continue
        at = _positions(units.zone[one.level], one.codes) + 1 if one.level in units.zone else np.zeros(len(units.total), dtype=np.int64)
        weights = (units.served, units.total, units.uncertain, units.unknown, units.measured)
        sums = {
            name: np.zeros(count + 1) if weight is None else np.bincount(at, weights=weight, minlength=count + 1)
            for name, weight in zip(SUMS, weights, strict=True)
        }
        parts.append(table | {name: values[1:] for name, values in sums.items()})
        if sums["denominator"][0] > 0:
            named = {"zone_level": one.level, "zone": "", "zone_name": OUTSIDE}
            outside = {name: np.array([value], dtype=object) for name, value in named.items()}
            parts.append(outside | {name: values[:1] for name, values in sums.items()})
    return joined(parts)


def joined(parts: list[Table]) -> Table:
    """Tables with the same columns, one under the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _positions(codes: pd.Series[Any], zones: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Row of each unit's zone in the list of zones, -1 outside; looked up once per distinct code."""
    grouped = codes.cat if isinstance(codes.dtype, pd.CategoricalDtype) else codes.astype("category").cat
    place = {code: index for index, code in enumerate(zones)}
    found = np.array([place.get(code, -1) for code in grouped.categories] or [-1], dtype=np.int64)
    return np.asarray(found[grouped.codes.to_numpy()], dtype=np.int64)
