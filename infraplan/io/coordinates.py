"""Where a row's point is: decimal degrees, degrees with minutes and seconds, both coordinates in one cell, a geometry, a shifted datum."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from infraplan.arrays import Bools, Floats, Texts
from infraplan.errors import UsageError
from infraplan.geo.datums import DATUMS, to_wgs84
from infraplan.messages import both
from infraplan.presets import choose
from infraplan.tables.column_conversion import report_unread
from infraplan.tables.faults import FaultList, shown
from infraplan.tables.reprojection import to_plane, transformer
from infraplan.tables.values import decimal_commas, no_answer, numbers, texts

LARGEST_MISS_M = 10.0  # interpretation: a point that comes back farther off is not in the area of the projection
METRES_PER_DEGREE = 111_320.0
REFUSED_DATUMS = ("xian80", "beijing54")
REFUSED_NAMES = re.compile(r"xian|xi'an|beijing|pulkovo|krass?ovsky|bj54|new_beijing", re.IGNORECASE)
MARK = r"[°度ºd\s]"
SEXAGESIMAL = re.compile(
    rf"(?P<front>[nsewNSEW东西南北]?)[经纬]?\s*(?P<sign>-?)(?P<d>\d{{1,3}}(\.\d+)?)\s*{MARK}\s*"
    r"((?P<m>\d{1,2}(\.\d+)?)\s*(['′’分]|$)\s*)?((?P<s>\d{1,2}(\.\d+)?)\s*(\"|″|”|''|′′|秒|$)?\s*)?(?P<back>[nsewNSEW东西南北]?)"
)
PAIR_BREAK = re.compile(r"\s*[,，;；、|/]\s*|\s+")
COMMA_PAIR = re.compile(r"\d,\d+\D{1,5}\d+,\d")
POINT_WORD = re.compile(r"^\s*point\b", re.IGNORECASE)
CURLY = str.maketrans({"’": "′", "‘": "′", "”": "″", "“": "″", "`": "′"})


def one_angle(text: str) -> float:
    """Degrees of one cell: 113.2583, 113°15′30″E, 北纬24度30分; NaN where it cannot be read. South and west are negative."""
    plain = unicodedata.normalize("NFKC", text.translate(CURLY)).strip()
    plain = re.sub(r"''|′′", "″", plain)
    try:
        value = float(plain) if len(plain) < 30 and not re.search(r"[a-df-z_]", plain.lower()) else float("nan")
        if np.isfinite(value):
            return value
    except ValueError:
        pass
    match = SEXAGESIMAL.fullmatch(plain) or SEXAGESIMAL.fullmatch(plain + "°")
    if match is None:
        return float("nan")
    minutes, seconds = float(match["m"] or 0), float(match["s"] or 0)
    if minutes >= 60 or seconds >= 60:
        return float("nan")
    side = (match["front"] or match["back"]).lower()
    sign = -1.0 if match["sign"] or side in ("s", "w", "西", "南") else 1.0
    return sign * (float(match["d"]) + minutes / 60 + seconds / 3600)


def angles(column: pd.Series[Any]) -> tuple[Floats, Bools]:
    """(degrees, unreadable) of a column of longitudes or latitudes."""
    values, unread = numbers(column)
    huge = np.flatnonzero(np.abs(values) > 360)
    if huge.size:  # 113,258 is no thousand of degrees: the comma is a decimal point
        unread[huge] = decimal_commas(texts(column.iloc[huge]))
        values[unread] = np.nan
    if unread.any():
        cells = texts(column)
        for position in np.flatnonzero(unread):
            values[position] = one_angle(str(cells[position]))
        unread = unread & ~np.isfinite(values)
        values[unread] = np.nan
    return values, unread


def pairs(column: pd.Series[Any]) -> tuple[Floats, Floats, Bools]:
    """(longitudes, latitudes, unreadable) of a column with both in one cell. Longitude first, unless letters or sizes say otherwise."""
    cells = texts(column)
    lon, lat = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    for position, cell in enumerate(cells):
        lon[position], lat[position] = _one_pair(str(cell))
    return lon, lat, np.asarray((np.isnan(lon) | np.isnan(lat)) & ~no_answer(cells), dtype=bool)


def _one_pair(cell: str) -> tuple[float, float]:
    plain = POINT_WORD.sub("", cell.translate(CURLY)).strip("()[]（） ")
    parts = [part for part in re.split(r"\s*[,，;；、|_]\s*", plain) if part]
    if len(parts) != 2:
        parts = [part for part in re.split(r"\s+", plain) if part]
    if len(parts) != 2:
        parts = [part for part in re.split(r"(?<=[EWNSewns东西南北秒″\"])\s*(?=[\dEWNSewns东西南北])", plain, maxsplit=1) if part]
    if len(parts) != 2:
        return float("nan"), float("nan")
    first, second = (one_angle(part) for part in parts)
    says_lat_first = re.search(r"[nsNS北南]|纬", parts[0]) is not None and re.search(r"[ewEW东西]|经", parts[1]) is not None
    return (second, first) if says_lat_first else (first, second)


def choose_datum(given: str | None, named: str, faults: FaultList) -> str:
    """The datum of a file: the argument, else what the headings name, else WGS-84. Both naming different ones is a fault."""
    if given is not None:
        given = given.lower().replace("-", "").replace("_", "")
        if given in REFUSED_DATUMS or REFUSED_NAMES.search(given):
            faults.add("io.old_datum", value=given)
            faults.stop()
        given = choose(given, DATUMS, "datum")
    if named in REFUSED_DATUMS:
        faults.add("io.old_datum", value=named)
        faults.stop()
    alike = {"wgs84", "cgcs2000"}
    if given and named and given != named and not {given, named} <= alike:
        faults.add("io.datum_conflict", value=named, given=given)
        faults.stop()
    return given or named or "wgs84"


def locate(frame: pd.DataFrame, faults: FaultList, *, datum: str, crs: str | None, optional: bool = False) -> gpd.GeoDataFrame:
    """The frame with a geometry in EPSG:4326, from its coordinates or its own geometry. `optional`: a row may have none."""
    if isinstance(frame, gpd.GeoDataFrame):
        return _from_geometry(frame, faults, datum, crs)
    frame = with_whole_angles(frame, faults)
    if "lonlat" in frame and not {"lon", "lat"} <= set(frame.columns):
        lon, lat, unread = pairs(frame["lonlat"])
        cells = texts(frame["lonlat"])
        commas = unread & np.array([bool(COMMA_PAIR.search(str(cell))) for cell in cells], dtype=bool)
        faults.at(commas, "tables.decimal_comma", "lonlat", cells, point="113.2583,24.7764")
        faults.at(unread & ~commas, "io.bad_coordinate", "lonlat", cells)
        empty = np.asarray(no_answer(texts(frame["lonlat"])), dtype=bool)
        shown_lon = shown_lat = texts(frame["lonlat"])
    elif {"lon", "lat"} <= set(frame.columns):
        projected = datum == "bd09mc" or crs is not None
        (lon, bad_lon), (lat, bad_lat) = (numbers(frame[name]) if projected else angles(frame[name]) for name in ("lon", "lat"))
        shown_lon, shown_lat = texts(frame["lon"]), texts(frame["lat"])
        report_unread(bad_lon, "io.bad_coordinate", "lon", frame["lon"], faults)
        report_unread(bad_lat, "io.bad_coordinate", "lat", frame["lat"], faults)
        unread = bad_lon | bad_lat
        empty = (np.isnan(lon) | np.isnan(lat)) & ~unread
    else:
        for name, zh, en in (("lon", "经度", "longitude"), ("lat", "纬度", "latitude")):
            if name not in frame:
                faults.add("tables.missing_column", column=zh, zh=zh, en=en, aliases=f"{name}, {zh}, 经纬度")
        faults.reported = np.ones(len(frame), dtype=bool)
        return gpd.GeoDataFrame(frame, geometry=np.full(len(frame), None, dtype=object), crs=4326)
    if not optional:
        faults.at(empty, "io.no_coordinate", "lon", shown_lon)
    if crs is not None:
        lon, lat = _reprojected(lon, lat, crs, faults)
    elif datum == "bd09mc":
        lon, lat = to_wgs84(lon, lat, datum)
    good = _possible(lon, lat, shown_lon, shown_lat, faults)
    if crs is None and datum not in ("wgs84", "cgcs2000", "bd09mc"):
        lon, lat = to_wgs84(lon, lat, datum)
    faults.reported = ~good
    points = np.full(len(frame), None, dtype=object)
    points[good] = shapely.points(lon[good], lat[good])
    rest = frame.drop(columns=[name for name in ("lon", "lat", "lonlat") if name in frame])
    return gpd.GeoDataFrame(rest, geometry=gpd.array.from_shapely(points, crs=4326))


def with_whole_angles(frame: pd.DataFrame, faults: FaultList) -> pd.DataFrame:
    """The frame with minutes and seconds that have columns of their own added to the degrees of `lon` and `lat`."""
    for name in ("lon", "lat"):
        parts = [(f"{name}_{unit}", share) for unit, share in (("minutes", 60.0), ("seconds", 3600.0)) if f"{name}_{unit}" in frame]
        if not parts or name not in frame:
            continue
        degrees, unread = angles(frame[name])
        sign = np.where(np.signbit(degrees), -1.0, 1.0)
        for column, share in parts:
            part, bad = numbers(frame[column])
            faults.at(bad | (part < 0) | (part >= 60), "io.bad_angle_part", column, texts(frame[column]))
            degrees = degrees + sign * np.nan_to_num(part) / share
        frame = frame.drop(columns=[column for column, _ in parts])
        frame[name] = pd.Series(degrees, index=frame.index).astype(object).where(~unread, frame[name])
    return frame


def _possible(lon: Floats, lat: Floats, shown_lon: Texts, shown_lat: Texts, faults: FaultList) -> Bools:
    """True where both coordinates can be degrees; the others are faults of three kinds: swapped, zero, or out of range."""
    known = ~(np.isnan(lon) | np.isnan(lat))
    swapped = known & (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
    faults.at(swapped, "io.swapped", "lat", shown_lat)
    zero = known & (lon == 0) & (lat == 0)
    faults.at(zero, "io.zero_coordinate", "lon", shown_lon)
    metres = known & ~swapped & ((np.abs(lon) > 360) | (np.abs(lat) > 360))
    faults.at(metres, "io.metric_coordinate", "lon", shown_lon)
    faults.at(known & ~swapped & ~metres & (np.abs(lon) > 180), "io.lon_out_of_range", "lon", shown_lon)
    faults.at(known & ~swapped & ~metres & (np.abs(lat) > 90), "io.lat_out_of_range", "lat", shown_lat)
    return np.asarray(known & ~swapped & ~zero & (np.abs(lon) <= 180) & (np.abs(lat) <= 90), dtype=bool)


def _reprojected(x: Floats, y: Floats, crs: str, faults: FaultList) -> tuple[Floats, Floats]:
    plane = trusted_crs(crs, faults)
    lon, lat, beyond = _degrees(x, y, plane)
    lost = beyond & ~(np.isnan(x) | np.isnan(y))
    faults.at(lost, "io.outside_projection", "lon", x, crs=plane.name)
    lon[lost] = lat[lost] = np.nan
    return lon, lat


def _degrees(x: Floats, y: Floats, crs: pyproj.CRS) -> tuple[Floats, Floats, Bools]:
    """Longitudes and latitudes, and where coordinates are not valid in a CRS: they have no degrees, or degrees that lead back to another
    place.

    Web Mercator wraps coordinates beyond its edges around the Earth, and moves those far north to the pole.
    """
    there = transformer(crs, 4326)
    lon, lat = (np.asarray(part, dtype=float) for part in there.transform(x, y))
    back_x, back_y = (np.asarray(part, dtype=float) for part in there.transform(lon, lat, direction="INVERSE"))
    step = LARGEST_MISS_M if crs.is_projected else LARGEST_MISS_M / METRES_PER_DEGREE
    with np.errstate(invalid="ignore"):
        missed = np.maximum(np.abs(back_x - x), np.abs(back_y - y)) > step
    return lon, lat, np.asarray(missed | ~np.isfinite(lon) | ~np.isfinite(lat) | ~np.isfinite(back_x), dtype=bool)


def trusted_crs(crs: object, faults: FaultList) -> pyproj.CRS:
    """A CRS that can be trusted: Xi'an 80 and Beijing 54 need local parameters that are not published, and are refused."""
    try:
        trusted = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise UsageError(both("io.unknown_crs", crs=shown(crs))) from None
    geodetic = trusted.geodetic_crs
    described = f"{trusted.name} {geodetic.name if geodetic else ''} {geodetic.datum.name if geodetic and geodetic.datum else ''}"
    if REFUSED_NAMES.search(described):
        faults.add("io.old_datum", value=trusted.name)
        faults.stop()
    return trusted


def _from_geometry(frame: gpd.GeoDataFrame, faults: FaultList, datum: str, crs: str | None) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    bounds = shapely.total_bounds(shapes[there]) if there.any() else np.zeros(4)
    vertices, owner = shapely.get_coordinates(shapes, return_index=True)
    wild = np.zeros(len(shapes), dtype=bool)
    wild[owner[~np.isfinite(vertices).all(axis=1)]] = True  # bounds ignore a vertex that is no number
    if wild.any():
        faults.at(wild & there, "io.infinite_geometry", "geometry")
        faults.stop()
    in_degrees = bool(abs(bounds[[0, 2]]).max() <= 180 and abs(bounds[[1, 3]]).max() <= 90)
    own = frame.crs if frame.crs is not None and pyproj.CRS(frame.crs).geodetic_crs is not None else None  # else a local plane
    chosen = crs if crs is not None else own
    if chosen is None and datum in ("gcj02", "bd09", "bd09mc"):
        chosen = 4326
    if chosen is None:
        if not in_degrees:
            faults.add("io.no_crs_metres", value=", ".join(f"{bound:.0f}" for bound in bounds))
            faults.stop()
        faults.add("io.no_crs_degrees", severity="warning")
        chosen = 4326
    known = trusted_crs(chosen, faults)
    if known.is_geographic and not in_degrees and datum != "bd09mc":
        faults.add("io.crs_belied", value=", ".join(f"{bound:.6g}" for bound in bounds), crs=known.name)
        faults.stop()
    located = frame.set_geometry(gpd.array.from_shapely(shapes, crs=known))
    if known != pyproj.CRS.from_epsg(4326):
        if known.is_projected:
            beyond = np.zeros(len(shapes), dtype=bool)
            beyond[owner[_degrees(vertices[:, 0], vertices[:, 1], known)[2]]] = True
            faults.at(beyond & there, "io.outside_projection", "geometry", crs=known.name)
            if (beyond & there).any():
                faults.stop()
        located = located.set_geometry(to_plane(located, 4326))
        lost = there & ~np.isfinite(shapely.bounds(located.geometry.to_numpy())).all(axis=1)
        faults.at(lost, "io.outside_projection", "geometry", crs=known.name)
        if lost.any():
            faults.stop()
    if datum not in ("wgs84", "cgcs2000"):

        def moved(coordinates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return np.column_stack(to_wgs84(coordinates[:, 0], coordinates[:, 1], datum))

        located = located.set_geometry(gpd.array.from_shapely(shapely.transform(located.geometry.to_numpy(), moved), crs=4326))
    return located
