"""Units summed by zone, level by level: the parts add up to the whole because every level sums the same units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.geo.zonal import levels_of
from infraplan.policy.counted_units import Units

OUTSIDE = "outside"
SUMS = ("numerator", "denominator", "uncertain", "unknown", "measured")
LEFT_OUT = ("unsaid", "others")
"""Beside `SUMS`: things of the class that are not counted, as in `Units`."""
HERE, ABOVE = "here", "above"
"""Beside `SUMS`: units in the zone, whatever their weight, and in the zones above it that no finer zone holds."""
Table = dict[str, npt.NDArray[Any]]
"""Columns by name, all of one length: much faster than a frame for each of some hundred targets."""


@dataclass(frozen=True)
class ZoneList:
    """Zones of one level in their own order, each with the city it belongs to ("" for a province).

    `parents`: (county, city) of the whole study.
    """

    level: str
    codes: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    cities: npt.NDArray[np.object_]
    parents: frozenset[tuple[str, str]] = frozenset()

    def only(self, cities: frozenset[str], counties: frozenset[str] = frozenset()) -> ZoneList:
        """Those of some cities and counties, with the cities that these counties belong to; of the province all."""
        if not (cities or counties) or self.level == "province":
            return self
        meant = cities | (counties if self.level == "county" else {city for county, city in self.parents if county in counties})
        kept = np.array([city in meant or code in meant for code, city in zip(self.codes, self.cities, strict=True)], dtype=bool)
        return replace(self, codes=self.codes[kept], names=self.names[kept], cities=self.cities[kept])


def zone_lists(zones: Any) -> tuple[ZoneList, ...]:
    """One list a level, from the province down."""
    lists = []
    rows = zones.loc[zones["level"] == "county", ["adcode", "parent"]].astype(str)
    of_city = frozenset(zip(rows["adcode"], rows["parent"], strict=True))
    for level in levels_of(zones):
        rows = zones.loc[zones["level"] == level].drop_duplicates("adcode")
        codes, parents = (rows[name].astype(str).to_numpy(dtype=object) for name in ("adcode", "parent"))
        cities = codes if level == "city" else parents if level == "county" else np.full(len(rows), "", dtype=object)
        lists.append(ZoneList(level, codes, rows["name"].astype(str).to_numpy(dtype=object), cities, of_city))
    return tuple(lists)


def tallied(units: Units, lists: Iterable[ZoneList]) -> Table:
    """`SUMS` and `LEFT_OUT` by zone, and a row for what lies outside every zone of a level; NaN where the layer is absent."""
    parts: list[Table] = []
    for one in lists:
        count = len(one.codes)
        table: Table = {"zone_level": np.full(count, one.level, dtype=object), "zone": one.codes, "zone_name": one.names}
        if units.absent:
            parts.append(table | {name: np.full(count, np.nan) for name in (*SUMS, *LEFT_OUT, HERE, ABOVE)})
            continue
        at = _positions(units.zone[one.level], one.codes) + 1 if one.level in units.zone else np.zeros(len(units.total), dtype=np.int64)
        weights = (units.served, units.total, units.uncertain, units.unknown, units.measured)
        sums = {
            name: np.zeros(count + 1) if weight is None else np.bincount(at, weights=weight, minlength=count + 1)
            for name, weight in zip(SUMS, weights, strict=True)
        }
        sums[HERE], sums[ABOVE] = np.bincount(at, minlength=count + 1).astype(float), _above(units.zone, one)
        for name, zone in zip(LEFT_OUT, (units.unsaid, units.others), strict=True):
            rows = None if zone is None or one.level not in zone or not len(zone) else _positions(zone[one.level], one.codes) + 1
            sums[name] = np.zeros(count + 1) if rows is None else np.bincount(rows, minlength=count + 1).astype(float)
        parts.append(table | {name: values[1:] for name, values in sums.items()})
        if sums["denominator"][0] > 0:
            named = {"zone_level": one.level, "zone": "", "zone_name": OUTSIDE}
            outside = {name: np.array([value], dtype=object) for name, value in named.items()}
            parts.append(outside | {name: values[:1] for name, values in sums.items()})
    return joined(parts)


def nothing_here(units: Units, table: Table, in_scope: bool) -> npt.NDArray[np.object_]:
    """What each zone lacks, "" where something is counted.

    `in_scope` False: the study has no zone of the clause's scope. A zone for which the zone above reports is not asked; another has not
    reported; nobody says what is meant; all is of another kind; or nothing is there.
    """
    count = len(table["zone"])
    reports = np.full(count, units.reports)
    causes = [
        (np.full(count, not in_scope), "out_of_scope"),
        ((table["denominator"] > 0) | (reports & (table[HERE] > 0)), ""),
        (reports & (table[ABOVE] > 0), "other_level"),
        (reports, "unreported"),
        (table["unsaid"] > 0, "unsaid"),
        (table["others"] > 0, "other_kind"),
    ]
    return np.asarray(np.select([holds for holds, _ in causes], [name for _, name in causes], default="none_here"), dtype=object)


def _above(zone: pd.DataFrame, one: ZoneList) -> npt.NDArray[np.float64]:
    """1 for each zone (the first entry is outside) where a unit counts in its city or province without a finer zone, else 0."""
    found = np.zeros(len(one.codes) + 1)
    if one.level == "province" or one.level not in zone:
        return found
    rows = (zone[one.level] == "").to_numpy(dtype=bool)
    if not rows.any():
        return found
    here = zone.loc[rows]
    whole = "province" in zone and ((here["province"] != "") & (here["city"] == "" if "city" in zone else True)).any()
    found[1:] = whole or (np.isin(one.cities, here["city"].unique()) if one.level != "city" and "city" in zone else False)
    return found


def joined(parts: list[Table]) -> Table:
    """Tables with the same columns, one under the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}


def _positions(codes: pd.Series[Any], zones: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Row of each unit's zone in the list of zones, -1 outside; looked up once per distinct code."""
    grouped = codes.cat if isinstance(codes.dtype, pd.CategoricalDtype) else codes.astype("category").cat
    place = {code: index for index, code in enumerate(zones)}
    found = np.array([place.get(code, -1) for code in grouped.categories] or [-1], dtype=np.int64)
    return np.asarray(found[grouped.codes.to_numpy()], dtype=np.int64)
