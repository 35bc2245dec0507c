"""Zones and what lies in them: whose zone a point is, the share matrix (zone x pixel), and where zones overlap or leave gaps."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from scipy.sparse import csr_matrix

from infraplan.geo.grids import Grid, metric_crs
from infraplan.tables import arguments
from infraplan.tables.column_types import typed
from infraplan.tables.reprojection import to_plane
from infraplan.tables.zone_parents import ancestors, levels_present

LEVELS = ("province", "city", "county")
OVERLAP_TYPES = {
    **dict.fromkeys(("kind", "level", "zone", "zone_name", "other", "other_name"), "str"),
    "area_km2": "float64",
    "people": "int64",
}
OVERLAP_COLUMNS = tuple(OVERLAP_TYPES)
SLIVER_KM2 = 1e-4
THIN_M = 1.0


def levels_of(zones: Any) -> tuple[str, ...]:
    """Levels present, from the province down to the county."""
    return tuple(level for level in levels_present(zones) if level in LEVELS)


def membership(frame: Any, zones: Any) -> pd.DataFrame:
    """The zone each row is counted in, at every level. Each row counts once.

    The rule, in this order: the row's own `county` or `city` code when it names a zone; else the zone whose polygon holds the point (its
    boundary included); among several the lowest adcode. Polygons and lines are placed by a point inside them. A county's city and a city's
    province are its `ancestors`.

    Parameters
    ----------
    frame : GeoDataFrame or DataFrame
        Villages, places, sites: any geometry, may be missing; optional `county`, `city`. A register without geometry has only its codes.
    zones : GeoDataFrame
        level, adcode, parent, geometry.

    Returns
    -------
    DataFrame
        Index of `frame`, one column a level present in `zones`; "" where the row lies in no zone of that level.
    """
    levels = levels_of(zones)
    geometry = getattr(frame, "geometry", None)
    by_level = {level: zones.loc[zones["level"] == level].drop_duplicates("adcode") for level in levels}
    higher = {level: ancestors(zones, level) for level in levels}
    codes = {level: _stated(frame, level, by_level[level]["adcode"]) for level in levels}
    for level in reversed(levels):
        lacking = np.flatnonzero(codes[level] == "")
        if (level != "province" or len(levels) == 1) and len(lacking) and geometry is not None:
            found = _holding(geometry.iloc[lacking], by_level[level])
            codes[level][lacking] = np.where(_consistent(found, codes, lacking, higher[level]), found, "")
        for above in levels[: levels.index(level)]:
            fill = _mapped(codes[level], dict(higher[level][above].items()))
            codes[above] = np.where(codes[above] == "", fill, codes[above]).astype(object)
    return pd.DataFrame(codes, index=frame.index, columns=list(levels), dtype=object)


def _stated(frame: Any, level: str, known: Any) -> npt.NDArray[np.object_]:
    if level not in frame:
        return np.full(len(frame), "", dtype=object)
    return _mapped(frame[level].fillna("").astype(str).to_numpy(dtype=object), {code: code for code in known})


def _mapped(codes: npt.NDArray[np.object_], table: dict[Any, Any]) -> npt.NDArray[np.object_]:
    """table[code], "" for unknown codes; looked up once per distinct code."""
    at, distinct = pd.factorize(codes)
    return np.array([table.get(code, "") for code in distinct] or [""], dtype=object)[at]


def _holding(points: Any, zones: Any) -> npt.NDArray[np.object_]:
    """Lowest adcode of the polygons that hold each point."""
    geometry = points if points.crs is None or zones.crs is None or points.crs == zones.crs else points.to_crs(zones.crs)
    array = np.asarray(geometry.array)
    there = ~(shapely.is_missing(array) | shapely.is_empty(array))
    inner = np.full(len(array), None, dtype=object)
    inner[there] = array[there]
    spread = there & (shapely.get_type_id(array) != 0)
    inner[spread] = shapely.point_on_surface(array[spread])
    ordered = zones.sort_values("adcode")
    at, of = shapely.STRtree(inner).query(np.asarray(ordered.geometry.array), predicate="intersects")
    first = np.full(len(array), len(ordered), dtype=np.int64)
    np.minimum.at(first, of, at)
    return np.append(ordered["adcode"].to_numpy(dtype=object), "")[first]


def _consistent(
    found: npt.NDArray[np.object_], codes: dict[str, npt.NDArray[np.object_]], rows: npt.NDArray[np.int64], higher: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Whether a zone found by place lies in the zone the row itself states one level up (or the row states none)."""
    if not len(higher.columns):
        return np.ones(len(found), dtype=bool)
    above = higher.columns[-1]
    stated = codes[above][rows]
    return np.asarray((stated == "") | (_mapped(found, dict(higher[above].items())) == stated), dtype=bool)


def share(zones: Any, grid: Grid) -> csr_matrix:
    """Fraction of every pixel that lies in each polygon, exactly: with it any raster on the grid becomes a number of each zone.

    Parameters
    ----------
    zones : GeoDataFrame
        Polygons in any CRS; missing geometries give empty rows.
    grid : Grid

    Returns
    -------
    csr_matrix of float64, shape (zones, height * width)
        Values 0..1; columns in row-major order of the grid.
    """
    polygons = to_plane(zones, grid.crs).reset_index(drop=True)
    kept = np.flatnonzero(np.asarray(polygons.notna() & ~polygons.is_empty & polygons.geom_type.isin(["Polygon", "MultiPolygon"])))
    left, bottom, right, top = grid.bounds_m
    blank = np.broadcast_to(np.zeros(1, np.uint8), grid.shape)
    source = NumPyRasterSource(blank, xmin=left, ymin=bottom, xmax=right, ymax=top)
    table = exact_extract(source, polygons.iloc[kept].to_frame("geometry"), ["cell_id", "coverage"], output="pandas")
    cells = [np.asarray(ids, dtype=np.int64) for ids in table["cell_id"]]
    parts = [np.asarray(part, dtype=np.float64) for part in table["coverage"]]
    counts = np.zeros(len(polygons), dtype=np.int64)
    counts[kept] = [len(ids) for ids in cells]
    indptr = np.concatenate([[0], np.cumsum(counts)])
    shape = (len(polygons), grid.height * grid.width)
    if not cells:
        return csr_matrix(shape, dtype=np.float64)
    return csr_matrix((np.concatenate(parts), np.concatenate(cells), indptr), shape=shape)


def part_of(fractions: csr_matrix, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Pixels of each polygon, in fractions, on which `mask` (height, width) holds."""
    held = mask.ravel()
    if fractions.nnz * 2 > held.size:
        return np.asarray(fractions @ held.astype(np.float64)).ravel()
    row = np.repeat(np.arange(fractions.shape[0]), np.diff(fractions.indptr))
    return np.asarray(np.bincount(row, weights=fractions.data * held[fractions.indices], minlength=fractions.shape[0]), dtype=np.float64)


def zone_faults(zones: gpd.GeoDataFrame, villages: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Where zones of one level overlap, and where children leave part of their parent uncovered.

    Parameters
    ----------
    zones : GeoDataFrame
        Zones of one or several levels: `read_zones(...)`.
    villages : GeoDataFrame, optional
        Points with `population`: the people who live on the faulty ground are counted.

    Returns
    -------
    DataFrame
        The columns kind ("overlap" | "gap"), level, zone, zone_name, other, other_name (of a gap the parent, which `zone` is too),
        area_km2, people; largest first. Parts under 100 square metres, or narrower than 1 m on average, are left out: they come from
        rounding and reprojection.

    Raises
    ------
    UsageError
        Tables without the columns of their readers.

    Examples
    --------
    >>> import infraplan as ip
    >>> zones = ip.example_world().zones
    >>> ip.zone_faults(zones).empty
    True
    >>> ip.zone_faults(zones[zones["adcode"] != "440102"])[["kind", "level", "zone", "area_km2"]].round(1).values.tolist()
    [['gap', 'county', '440100', 510.4]]
    """
    arguments.require(
        "zone_faults", zones=(zones, (*arguments.ZONES, arguments.GEOMETRY)), **arguments.given(villages=(villages, arguments.PEOPLE))
    )  # fmt: skip
    degrees = zones.set_geometry(to_plane(zones, 4326))
    west, south, east, north = degrees.total_bounds
    plane = metric_crs((west + east) / 2, (south + north) / 2)
    people = None if villages is None else villages.to_crs(4326)
    rows: list[tuple[Any, ...]] = []
    levels = levels_of(degrees)
    for level in levels:
        rows += _overlaps(degrees.loc[degrees["level"] == level], level, people, plane)
    for above, level in pairwise(levels):
        parents = ancestors(degrees, level)[above].to_dict()
        own = degrees.loc[degrees["level"] == level]
        rows += _gaps(degrees.loc[degrees["level"] == above], own.assign(parent=own["adcode"].map(parents)), level, people, plane)
    table = typed([dict(zip(OVERLAP_COLUMNS, row, strict=True)) for row in rows], OVERLAP_TYPES)
    return table.sort_values(["area_km2", "zone", "other"], ascending=[False, True, True], kind="stable", ignore_index=True)


def _people_in(area: Any, people: Any) -> int:
    if people is None:
        return 0
    at = np.unique(shapely.STRtree(np.asarray(people.geometry.array)).query(area, predicate="intersects"))
    return int(people["population"].to_numpy(dtype=np.int64)[at].sum())


def _wide_parts(shapes: npt.NDArray[Any], plane: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64]]:
    """The areal parts of each shape that are wider than `THIN_M` on average, and their area. [km2]"""
    pieces, owner = shapely.get_parts(shapes, return_index=True)
    areal = shapely.get_dimensions(pieces) == 2
    pieces, owner = pieces[areal], owner[areal]
    if not len(pieces):
        return np.full(len(shapes), shapely.MultiPolygon(), dtype=object), np.zeros(len(shapes))
    flat = np.asarray(to_plane(gpd.GeoSeries(pieces, crs=4326), plane).array)
    area_m2, length_m = shapely.area(flat), shapely.length(flat)
    wide = (2.0 * area_m2 > THIN_M * length_m) & (area_m2 > SLIVER_KM2 * 1e6)
    kept = np.array([shapely.multipolygons(pieces[wide & (owner == row)]) for row in range(len(shapes))], dtype=object)
    return kept, np.asarray(np.bincount(owner[wide], weights=area_m2[wide] / 1e6, minlength=len(shapes)), dtype=np.float64)


def _overlaps(zones: Any, level: str, people: Any, plane: str) -> list[tuple[Any, ...]]:
    zones = zones.sort_values("adcode", kind="stable")
    shapes, codes, names = np.asarray(zones.geometry.array), zones["adcode"].to_numpy(), zones["name"].to_numpy()
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, two = one[one < two], two[one < two]
    common, area_km2 = _wide_parts(shapely.intersection(shapes[one], shapes[two]), plane)
    return [
        ("overlap", level, codes[one[k]], names[one[k]], codes[two[k]], names[two[k]], float(area_km2[k]), _people_in(common[k], people))
        for k in np.flatnonzero(area_km2 > 0)
    ]


def _gaps(parents: Any, children: Any, level: str, people: Any, plane: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for code, name, outline in zip(parents["adcode"], parents["name"], parents.geometry, strict=True):
        own = children.loc[children["parent"] == code]
        if not len(own):
            continue
        lacking = shapely.difference(outline, shapely.union_all(np.asarray(own.geometry.array)))
        (left,), (area_km2,) = _wide_parts(np.array([lacking]), plane)
        if area_km2 > 0:
            rows.append(("gap", level, code, name, code, name, float(area_km2), _people_in(left, people)))
    return rows
