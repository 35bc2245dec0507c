"""Which county and city a row belongs to: by the name or code it states, else by where its point lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from infraplan.arrays import Texts
from infraplan.presets import load
from infraplan.tables.faults import FaultList
from infraplan.tables.reprojection import to_plane
from infraplan.tables.values import folded
from infraplan.tables.zone_codes import ADMINISTRATIVE_CODE, code_of_level
from infraplan.tables.zone_parents import ancestors, levels_present

NEAR_M = 2_000.0  # a point nearer than this outside a boundary counts in, with a warning: coasts are simplified
LONGEST_ENDING = re.compile(r"(特别行政区|自治州|自治县|自治旗|地区|林区|新区|省|市|县|区|州|盟|旗)$")


def short_name(name: str) -> str:
    """A zone's name without its kind: 乐昌市 -> 乐昌; a name of one letter keeps it (赣县, 城区)."""
    stem = LONGEST_ENDING.sub("", name)
    return stem if len(stem) >= 2 else name


def folded_name(name: str) -> str:
    """A name or code in the form that is compared: narrow, lower case, without blanks."""
    return str(folded(np.array([name], dtype=object))[0]).replace(" ", "")


@dataclass(frozen=True)
class ZoneIndex:
    """Names and codes of the zones of one level."""

    level: str
    names: dict[str, str]
    by_name: dict[str, list[str]]
    above: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, zones: pd.DataFrame, level: str) -> ZoneIndex:
        """Index of the zones of a level."""
        part = zones[zones["level"] == level]
        names = dict(zip(part["adcode"].astype(str), part["name"].astype(str), strict=True))
        by_name: dict[str, list[str]] = {}
        for code, name in names.items():
            plain = folded_name(name)
            for key in dict.fromkeys((plain, short_name(plain), folded_name(code), code.lstrip("0") if code.isdigit() else plain)):
                by_name.setdefault(key, []).append(code)
        old = load("aliases").get("old_zone_names", {})
        for former, today in old.items():
            for code in by_name.get(today, []):
                by_name.setdefault(former, []).append(code)
        higher = ancestors(zones, level)
        return cls(level, names, by_name, dict(zip(higher.index, higher.itertuples(index=False, name=None), strict=True)))

    def candidates(self, cell: str, within: str = "") -> list[str]:
        """Codes a name or code may mean; `within` is the code of the zone one level up, where it is known."""
        if cell in self.names:
            return [cell]
        if ADMINISTRATIVE_CODE.fullmatch(cell) and (cut := code_of_level(cell, self.level)) in self.names:
            return [cut]
        plain = cell.replace(" ", "")
        found = self.by_name.get(plain) or self.by_name.get(short_name(plain)) or self._tail(plain)
        exact = [code for code in found if folded_name(self.names[code]) == plain]
        found = exact or found
        inside = [code for code in found if within and within in self.above[code]]
        return list(dict.fromkeys(inside or found))

    def _tail(self, plain: str) -> list[str]:
        """A name written after its parents: 广东省韶关市乐昌市."""
        for start in range(1, max(len(plain) - 1, 1)):
            if plain[start - 1] in "省市州盟区县" and plain[start:] in self.by_name:
                return self.by_name[plain[start:]]
        return []


def zone_codes(cells: Texts, zones: pd.DataFrame, level: str, faults: FaultList, column: str, within: Texts | None = None) -> Texts:
    """Codes of the zones that names or codes mean; unknown and ambiguous ones are faults, "" where empty."""
    if not any(cells):
        return cells
    index = ZoneIndex.of(zones, level)
    parents = within if within is not None else np.full(len(cells), "", dtype=object)
    plain = folded(cells)
    pairs = list(zip(plain, parents, strict=True))
    once = {pair: index.candidates(*pair) if pair[0] else [] for pair in dict.fromkeys(pairs)}
    found = np.array([once[pair][0] if len(once[pair]) == 1 else "" for pair in pairs], dtype=object)
    many = np.array([len(once[pair]) > 1 for pair in pairs], dtype=bool)
    unknown = np.array([bool(pair[0]) and not once[pair] for pair in pairs], dtype=bool)

    def listed(position: int) -> dict[str, object]:
        return {"candidates": ", ".join(f"{index.names[code]} {code}" for code in once[pairs[position]][:8])}

    faults.at(many, "tables.ambiguous_zone", column, cells, detail=listed)
    faults.at(unknown, "tables.unknown_zone", column, cells, nearest="")
    return found


def zone_at(points: npt.NDArray[Any], zones: gpd.GeoDataFrame, level: str) -> Texts:
    """Code of the zone of a level that holds each point; "" where none does. Where zones overlap, the lowest code."""
    part = zones[zones["level"] == level].sort_values("adcode", kind="stable")
    found = np.full(len(points), "", dtype=object)
    if part.empty or not len(points):
        return found
    tree = shapely.STRtree(points)
    held, which = tree.query(part.geometry.to_numpy(), predicate="intersects")[::-1]
    order = np.argsort(which, kind="stable")[::-1]
    found[held[order]] = part["adcode"].to_numpy(object)[which[order]]
    return found


def nearest_zone(points: npt.NDArray[Any], zones: gpd.GeoDataFrame, level: str) -> tuple[Texts, npt.NDArray[np.float64]]:
    """(code, distance in metres) of the zone of a level nearest to each point, on a local metric plane."""
    part = zones[zones["level"] == level].sort_values("adcode", kind="stable")
    west, south, east, north = part.total_bounds
    plane = f"+proj=aeqd +lat_0={(south + north) / 2:.4f} +lon_0={(west + east) / 2:.4f} +datum=WGS84 +units=m"
    flat_zones = to_plane(part, plane).to_numpy()
    flat_points = gpd.GeoSeries(points, crs=4326).to_crs(plane).to_numpy()
    (who, which), metres = shapely.STRtree(flat_zones).query_nearest(flat_points, return_distance=True, all_matches=False)
    codes_found, distance_m = np.full(len(points), "", dtype=object), np.full(len(points), np.inf)
    codes_found[who], distance_m[who] = part["adcode"].to_numpy(object)[which], metres
    return codes_found, distance_m


def with_zones(frame: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None, faults: FaultList, *, outside: str) -> gpd.GeoDataFrame:
    """`county` and `city` as codes. `outside` is the severity of a point that lies in no zone: "error", "warning" or "ignore"."""
    stated = {name: frame[name].to_numpy(object) for name in ("city", "county")}
    if zones is None:
        return frame.assign(**{name: pd.Series(_codes_only(cells, name, faults), dtype=str) for name, cells in stated.items()})
    levels = [level for level in ("county", "city") if (zones["level"] == level).any()]
    points = frame.geometry.to_numpy()
    located = np.flatnonzero(~(shapely.is_missing(points) | shapely.is_empty(points)))
    finest = levels[0] if levels else levels_present(zones)[-1]
    here = np.full(len(frame), "", dtype=object)
    here[located] = zone_at(_inner_points(points[located]), zones, finest)
    astray = located[here[located] == ""]
    foreign = _foreign_codes(stated, astray, zones, faults) if outside == "warning" else None
    if foreign is not None:
        abroad = foreign["city"] != ""
        stated = {name: np.where(abroad, "", cells).astype(object) for name, cells in stated.items()}
        astray = astray[~abroad[astray]]
    of_sheet = _zones_from_sheets(stated, here, points, zones, finest, faults) if finest in ("county", "city") and foreign is None else {}
    city = zone_codes(stated["city"], zones, "city", faults, "city") if "city" in levels else stated["city"]
    county = zone_codes(stated["county"], zones, "county", faults, "county", city) if "county" in levels else stated["county"]
    if astray.size:
        here[astray] = _nearest_zones(astray, points, zones, finest, faults, outside)
    if of_sheet:
        city, county = (np.where(own == "", of_sheet[name], own).astype(object) for name, own in (("city", city), ("county", county)))
    if finest == "county":
        county = np.where(county == "", here, county)
        of_county = _cities_of(county, zones)
        city = np.where(city == "", of_county, city)
    elif finest == "city":
        city = np.where(city == "", here, city)
    if foreign is not None:
        city, county = (np.where(foreign["city"] != "", foreign[name], own) for name, own in (("city", city), ("county", county)))
    return frame.assign(county=pd.Series(county, dtype=str), city=pd.Series(city, dtype=str))


def zones_of_sheets(silent: npt.NDArray[np.bool_], zones: pd.DataFrame, faults: FaultList) -> dict[str, Texts]:
    """Codes of the county and the city in the name of the sheet of each row without one; "" where the name fits none, or several.

    A sheet whose name is a number of less than six digits fits no zone.
    """
    found = {level: np.full(len(silent), "", dtype=object) for level in ("county", "city")}
    if not silent.any():
        return found
    sheets = np.full(len(silent), faults.sheet, dtype=object) if faults.sheets is None else faults.sheets
    for sheet in dict.fromkeys(sheets[silent]):
        plain = folded_name(str(sheet))
        if not plain or (plain.isdigit() and len(plain) < 6):
            continue
        for level in ("county", "city"):
            codes = ZoneIndex.of(zones, level).candidates(plain)
            if len(codes) == 1:
                found[level][silent & (sheets == sheet)] = codes[0]
                break
    return found


def _zones_from_sheets(
    stated: dict[str, Texts], here: Texts, points: npt.NDArray[Any], zones: gpd.GeoDataFrame, finest: str, faults: FaultList
) -> dict[str, Texts]:
    """What sheets say about rows that state nothing: the zones of those without a point; a warning for those whose point lies elsewhere."""
    silent = np.asarray((stated["county"] == "") & (stated["city"] == ""), dtype=bool)
    of_sheets = zones_of_sheets(silent, zones, faults)
    located = {"county": here, "city": _cities_of(here, zones)} if finest == "county" else {"county": here, "city": here}
    names = dict(zip(zones["adcode"], zones["name"], strict=True))
    for level in ("county", "city") if finest == "county" else ("city",):
        away = (of_sheets[level] != "") & (located[level] != "") & (of_sheets[level] != located[level])
        faults.at(away, "tables.outside_its_sheet", "lon", detail=lambda row: {"here": f"{names.get(here[row], '')} {here[row]}".strip()},
                  severity="warning")  # fmt: skip
    nowhere = np.asarray(shapely.is_missing(points) | shapely.is_empty(points), dtype=bool)
    taken = {level: np.where(nowhere, codes, "").astype(object) for level, codes in of_sheets.items()}
    for level, codes in taken.items():
        faults.at(codes != "", "tables.zone_of_sheet", level, codes, severity="warning")
    return taken


def _cities_of(county: Texts, zones: gpd.GeoDataFrame) -> Texts:
    """City of each county; where the zones have no cities, the parent that the county names."""
    counties = zones[zones["level"] == "county"]
    if (zones["level"] == "city").any():
        known = ancestors(zones, "county")["city"].to_dict()
    else:
        known = dict(zip(counties["adcode"], counties["parent"], strict=True))
    by_digits = [code_of_level(code, "city") if ADMINISTRATIVE_CODE.fullmatch(code) else "" for code in county]
    return np.array([known.get(code, "") or cut for code, cut in zip(county, by_digits, strict=True)], dtype=object)


def _foreign_codes(
    stated: dict[str, Texts], astray: npt.NDArray[np.int64], zones: gpd.GeoDataFrame, faults: FaultList
) -> dict[str, Texts] | None:
    """Codes of rows that lie outside every zone and state codes of none: a neighbour's. "" elsewhere; None where there is no such row."""
    found = {name: np.full(len(cells), "", dtype=object) for name, cells in stated.items()}
    known = {name: set(zones.loc[zones["level"] == name, "adcode"].astype(str)) for name in stated}
    known["city"] |= {code_of_level(code, "city") for code in known["county"]}
    known["city"] |= set(zones.loc[zones["level"] == "county", "parent"].astype(str))
    for row in astray:
        codes = {name: code_of_level(cells[row], name) for name, cells in stated.items() if ADMINISTRATIVE_CODE.fullmatch(cells[row])}
        if codes and not any(codes[name] in known[name] for name in codes):
            found["county"][row] = codes.get("county", "")
            found["city"][row] = codes.get("city") or code_of_level(codes["county"], "city")
    abroad = found["city"] != ""
    faults.at(abroad, "tables.neighbour", "city", stated["city"], severity="warning")
    return found if abroad.any() else None


def _inner_points(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return shapes if (shapely.get_type_id(shapes) == 0).all() else np.asarray(shapely.point_on_surface(shapes))


def _codes_only(cells: Texts, name: str, faults: FaultList) -> Texts:
    """Without zones only codes are understood; a name stays empty, with a warning."""
    if not any(cells):
        return cells
    numeric = np.array([bool(ADMINISTRATIVE_CODE.fullmatch(cell)) for cell in cells], dtype=bool)
    faults.at(~numeric & (cells != ""), "tables.name_without_zones", name, cells, severity="warning")
    return np.array([code_of_level(cell, name) if known else "" for cell, known in zip(cells, numeric, strict=True)], dtype=object)


def _inside_when_swapped(
    points: npt.NDArray[Any], far: npt.NDArray[np.bool_], zones: gpd.GeoDataFrame, level: str
) -> npt.NDArray[np.bool_]:
    """True for the far points that would lie in a zone with longitude and latitude exchanged."""
    held = np.zeros(len(points), dtype=bool)
    inner = _inner_points(points[far])
    held[far] = zone_at(np.asarray(shapely.points(shapely.get_y(inner), shapely.get_x(inner))), zones, level) != ""
    return held


def _nearest_zones(
    astray: npt.NDArray[np.int64], points: npt.NDArray[Any], zones: gpd.GeoDataFrame, level: str, faults: FaultList, outside: str
) -> Texts:
    nearest, distance_m = nearest_zone(_inner_points(points[astray]), zones, level)
    close = distance_m <= NEAR_M
    names = dict(zip(zones["adcode"], zones["name"], strict=True))

    def where_it_lies(position: int) -> dict[str, object]:
        place = int(np.flatnonzero(astray == position)[0])
        return {"km": f"{distance_m[place] / 1000:.1f}", "zone": f"{names.get(nearest[place], '')} {nearest[place]}".strip()}

    mask = np.zeros(len(points), dtype=bool)
    mask[astray[close]] = True
    cells = np.array(
        [f"{point.x:.5f}, {point.y:.5f}" if point is not None and point.geom_type == "Point" else "" for point in points[astray]],
        dtype=object,
    )
    shown = np.full(len(points), "", dtype=object)
    shown[astray] = cells
    if outside != "ignore":
        faults.at(mask, "tables.just_outside", "lon", shown, severity="warning", detail=where_it_lies)
        far = np.zeros(len(points), dtype=bool)
        far[astray[~close]] = True
        swapped = far & _inside_when_swapped(points, far, zones, level)
        faults.at(swapped, "tables.swapped_inside", "lon", shown, severity=outside, detail=where_it_lies)
        far &= ~swapped
        faults.at(far, "tables.outside_zones", "lon", shown, severity=outside, detail=where_it_lies)
    return np.where(close, nearest, "").astype(object)
