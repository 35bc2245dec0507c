"""The contracts of the frames: what the rest of the house may rely on once a table has passed the door."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from infraplan.fields import LOCATING, TABLES, Field, contract_columns
from infraplan.tables.faults import FaultList, row_runs, sheet_runs
from infraplan.tables.filling import Surroundings, fill_sites, filled_by
from infraplan.tables.planes import to_plane
from infraplan.tables.radio_words import azimuth_sets, operator_sets, service_sets
from infraplan.tables.settling import settle
from infraplan.tables.values import Texts, no_answer, numbers, texts
from infraplan.tables.zone_codes import settle_codes
from infraplan.tables.zoning import settle_zones

ID_LETTER = {"village": "V", "site": "S", "place": "P", "corridor": "C", "host": "H"}
MAY_BE_EMPTY = frozenset({"site", "place", "host", "corridor"})
"""Tables that may have a heading alone: nothing stands yet. A study without people or zones has nothing to count."""
WORDS_OF_ITS_OWN = {"services", "operators", "azimuth_deg"}
POINTS = ("Point",)
POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")


def check_villages(
    frame: gpd.GeoDataFrame, faults: FaultList | None = None, *, zones: gpd.GeoDataFrame | None = None, outside: str = "error"
) -> gpd.GeoDataFrame:
    """Villages that keep the contract, or one DataError with every fault.

    Parameters
    ----------
    frame : GeoDataFrame
        Points or polygons with at least `population`. A polygon becomes a point inside it, its radius the position error.
    faults : FaultList, optional
        Where the rows stand in their file, and what the reader has found already.
    zones : GeoDataFrame, optional
        Checked zones; then `county` and `city` are settled to codes, from the point where the table is silent.
    outside : {"error", "warning", "ignore"}
        What a point more than 2 km outside every zone is.

    Raises
    ------
    DataError
        Anything impossible in the table; improbable values only warn, in `attrs["faults"]`.
    """
    faults = faults or FaultList()
    settled = _settled(frame, "village", faults)
    settled = _points(settled, faults, keep_radius=True)
    stated = int((settled["county"] != "").sum())
    settled = settle_zones(settled, zones, faults, outside=outside)
    missing = settled["population"].isna().to_numpy(bool)
    if missing.any():
        faults.at(missing & _was_empty(frame, "population"), "tables.empty_cell", "population")
    faults.at(_more(settled["households"], settled["population"]), "tables.households_exceed_people", "households",
              settled["households"].to_numpy(object), severity="warning")  # fmt: skip
    faults.stop()
    done = _finished(settled.assign(population=settled["population"].astype("int64")), "village", faults)
    done.attrs["county_stated"] = stated
    return done


def check_places(
    frame: gpd.GeoDataFrame,
    faults: FaultList | None = None,
    *,
    zones: gpd.GeoDataFrame | None = None,
    place_class: str | None = None,
    classes: Collection[str] = (),
    outside: str = "error",
) -> gpd.GeoDataFrame:
    """Places that keep the contract, or one DataError. A place may lack a geometry: it is kept, as no data, with a warning.

    A class that neither the house nor `classes` knows is kept as written, with a warning.
    """
    faults = faults or FaultList()
    settled = _settled(frame, "place", faults, further={"place_class": classes})
    if place_class is not None:
        settled["place_class"] = settled["place_class"].where(settled["place_class"] != "", place_class)
    faults.at((settled["place_class"] == "").to_numpy(bool), "tables.no_place_class", "place_class")
    shapes = settled.geometry.to_numpy()
    faults.at(shapely.is_missing(shapes), "tables.place_without_point", "lon", settled["name"].to_numpy(object), severity="warning")
    _refuse_shapes(shapes, (*POINTS, "MultiPoint", *POLYGONS), faults)
    settled = settle_zones(settled, zones, faults, outside=outside)
    faults.stop()
    return _finished(settled, "place", faults)


def check_sites(
    frame: gpd.GeoDataFrame,
    faults: FaultList | None = None,
    *,
    zones: gpd.GeoDataFrame | None = None,
    services: str | None = None,
    outside: str = "warning",
    surroundings: Surroundings | None = None,
) -> gpd.GeoDataFrame:
    """Sites that keep the contract, or one DataError.

    What the table leaves out comes from `presets/site_defaults.toml` (`services` from the argument where given); `attrs["filled"]`
    counts it by column. `surroundings` tells the environment of sites that do not say it, "" where it does not know. Sites of technologies
    the house does not plan (2G, 3G, 4G alone) are set aside with a warning. Sites outside the zones only warn: a neighbour's sectors count.
    """
    faults = faults or FaultList()
    settled = _settled(frame, "site", faults)
    operators = operator_sets(settled["operators"], faults)
    found, assumed = service_sets(settled["services"], operators, faults)
    settled = settled.assign(services=pd.Series(found, dtype=str), operators=pd.Series(operators, dtype=str))
    settled["azimuth_deg"] = pd.Series(azimuth_sets(settled["azimuth_deg"], faults), dtype=str)
    settled = _points(settled, faults, keep_radius=False)
    settled = settle_zones(settled, zones, faults, outside=outside)
    settled, filled, inferred = fill_sites(settled, services, assumed, surroundings)
    for name, count in filled.items():
        by = inferred if name == "environment" and inferred else filled_by(name, services)
        faults.add("tables.filled_in", column=name, severity="warning", count=count, blank=count, total=len(settled), by=by)
    faults.stop()
    foreign = (settled["services"] == "other").to_numpy(bool)
    faults.rows = None if faults.rows is None else faults.rows[~foreign]
    done = _finished(settled[~foreign].reset_index(drop=True) if foreign.any() else settled, "site", faults)
    done.attrs["filled"] = filled
    done.attrs["set_aside"] = int(foreign.sum())
    return done


def check_hosts(
    frame: gpd.GeoDataFrame, faults: FaultList | None = None, *, zones: gpd.GeoDataFrame | None = None, outside: str = "warning"
) -> gpd.GeoDataFrame:
    """Buildings and poles on offer that keep the contract (each with a point and a host of the cost preset), or one DataError."""
    faults = faults or FaultList()
    settled = _settled(frame, "host", faults)
    faults.at((settled["host"] == "").to_numpy(bool) & _was_empty(frame, "host"), "tables.no_host", "host")
    shapes = settled.geometry.to_numpy()
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    faults.at(missing & ~(np.zeros(len(shapes), dtype=bool) if faults.told is None else faults.told), "tables.no_geometry", "geometry")
    faults.stop()
    settled = settle_zones(_points(settled, faults, keep_radius=False), zones, faults, outside=outside)
    faults.stop()
    return _finished(settled, "host", faults)


def check_corridors(
    frame: gpd.GeoDataFrame, faults: FaultList | None = None, *, line_class: str | None = None, classes: Collection[str] = ()
) -> gpd.GeoDataFrame:
    """Corridors that keep the contract, or one DataError. `classes`: further classes, such as those a policy names."""
    faults = faults or FaultList()
    settled = _settled(frame, "corridor", faults, further={"line_class": classes})
    if line_class is not None:
        settled["line_class"] = settled["line_class"].where(settled["line_class"] != "", line_class)
    faults.at((settled["line_class"] == "").to_numpy(bool) & _was_empty(frame, "line_class"), "tables.blank_cell", "line_class")
    _refuse_shapes(settled.geometry.to_numpy(), LINES, faults, empty_too=True)
    faults.stop()
    return _finished(settled, "corridor", faults)


def check_zones(
    frame: gpd.GeoDataFrame, faults: FaultList | None = None, *, level: str | None = None, codes: str | None = None
) -> gpd.GeoDataFrame:
    """Zones that keep the contract, or one DataError: polygons with a level and a code, each (level, adcode) once.

    The level comes from the table, else the argument, else a Chinese code (440000 province, 440200 city, 440281 county, nine digits
    township). Where level and parent are stated any text is a code. `codes`: see `settle_codes`.
    """
    faults = faults or FaultList()
    settled = _settled(frame, "zone", faults)
    faults.at((settled["adcode"] == "").to_numpy(bool) & _was_empty(frame, "adcode"), "tables.blank_cell", "adcode")
    settled = settle_codes(settled, level, codes, faults)
    settled["name"] = settled["name"].where(settled["name"] != "", settled["adcode"])
    empty = (settled["adcode"] == "").to_numpy(bool)
    _repeated((settled["level"] + " " + settled["adcode"]).to_numpy(object), "adcode", faults, skip=empty)
    shapes = settled.geometry.to_numpy()
    _refuse_shapes(shapes, POLYGONS, faults, empty_too=True)
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    faults.at(broken, "tables.polygon_mended", "geometry", shapely.is_valid_reason(shapes), severity="warning")
    if broken.any():
        shapes = shapes.copy()
        shapes[broken] = [_polygons_only(shape) for shape in shapely.make_valid(shapes[broken])]
        settled = settled.set_geometry(gpd.GeoSeries(shapes, crs=settled.crs))
    faults.stop()
    return _finished(settled, "zone", faults, drop_empty=("population", "urban_share"))


def _settled(
    frame: gpd.GeoDataFrame, table: str, faults: FaultList, further: Mapping[str, Collection[str]] | None = None
) -> gpd.GeoDataFrame:
    """Every column of the table with its type, the rest as it was, geometry in EPSG:4326, a fresh index.

    `further`: more words that a column's choice may be.
    """
    faults.rows = np.arange(1, len(frame) + 1) if faults.rows is None else faults.rows
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        faults.add("tables.no_crs")
        faults.stop()
    if len(frame) == 0:
        allowed = table in MAY_BE_EMPTY
        faults.add("tables.none_yet" if allowed else "tables.no_rows", severity="warning" if allowed else "error")
        faults.stop()
    shapes = to_plane(frame, 4326)
    columns: dict[str, pd.Series[Any]] = {}
    for field in TABLES[table]:
        if field.name in LOCATING:
            continue
        if field.name not in frame:
            if field.required:
                faults.add("tables.missing_column", column=field.zh, zh=field.zh, en=field.en, aliases=", ".join(field.aliases[:6]))
            columns[field.name] = _absent(field, len(frame))
            continue
        given = frame[field.name].reset_index(drop=True)
        if further and field.name in further:
            field = replace(field, choices=tuple(dict.fromkeys((*field.choices, *further[field.name]))))
        columns[field.name] = given if field.name in WORDS_OF_ITS_OWN else _defaulted(settle(given, field, faults), field)
    if "id" in columns:
        columns["id"] = _ids(columns["id"], table, faults)
    if "name" in columns and "id" in columns:
        columns["name"] = columns["name"].where(columns["name"] != "", columns["id"])
    rest = {
        name: _of_one_type(frame[name].reset_index(drop=True))
        for name in frame.columns
        if name not in columns and name not in (*LOCATING, frame.geometry.name)
    }
    return gpd.GeoDataFrame({**columns, **rest}, geometry=shapes.reset_index(drop=True).to_numpy(), crs=4326)


def _of_one_type(column: pd.Series[Any]) -> pd.Series[Any]:
    """A free column of mixed cells, as spreadsheets have them, as numbers where all are, else as text: files cannot hold a mixture."""
    if column.dtype != object:
        return column
    read, unread = numbers(column)
    return pd.Series(read) if np.isfinite(read).any() and not unread.any() else pd.Series(texts(column), dtype=str)


def _absent(field: Field, length: int) -> pd.Series[Any]:
    value = field.default
    if field.kind == "boolean":
        return pd.Series([pd.NA if value is None else value] * length, dtype="boolean" if value is None else bool)
    if field.kind == "integer":
        return pd.Series([pd.NA] * length, dtype="Int64")
    if field.kind == "number":
        return pd.Series(np.full(length, np.nan if value is None else float(value)))
    return pd.Series(np.full(length, "" if value is None else str(value), dtype=object), dtype=str)


def _defaulted(column: pd.Series[Any], field: Field) -> pd.Series[Any]:
    if field.default is None:
        return column
    if field.kind == "boolean":
        return column.fillna(bool(field.default)).astype(bool)
    if field.kind == "number":
        return column.fillna(float(field.default))
    return column.where(column != "", str(field.default))


def _ids(column: pd.Series[Any], table: str, faults: FaultList) -> pd.Series[Any]:
    """Ids as given; the row number makes the missing ones; a repeated one is a fault that names the first."""
    given = column.to_numpy(object)
    empty = given == ""
    _repeated(given, "id", faults, skip=empty)
    if not empty.any():
        return column
    if not empty.all():
        faults.at(empty, "tables.id_made", "id", severity="warning")
    several = [""] * len(column) if faults.sheets is None else [f"{code + 1:02d}-" for code in pd.factorize(faults.sheets)[0]]
    made = [f"{ID_LETTER[table]}{sheet}{faults.row(position):06d}" for position, sheet in enumerate(several)]
    return column.where(~empty, pd.Series(made, dtype=str))


def _repeated(cells: Texts, column: str, faults: FaultList, skip: npt.NDArray[np.bool_]) -> None:
    twice = pd.Series(cells).duplicated().to_numpy() & ~skip
    if not twice.any():
        return
    first = pd.Series(np.arange(len(cells))).groupby(pd.Series(cells)).transform("first").to_numpy()
    faults.at(twice, "tables.repeated", column, cells, detail=lambda position: {"first": faults.place(int(first[position]))})


def _points(frame: gpd.GeoDataFrame, faults: FaultList, *, keep_radius: bool) -> gpd.GeoDataFrame:
    """Points from points; a polygon gives a point inside it and, for villages, the radius of a disk of its area as position error."""
    shapes = frame.geometry.to_numpy()
    kinds = shapely.get_type_id(shapes)
    if (kinds == 0).all() and not shapely.is_empty(shapes).any():
        return frame
    areal = (kinds == 3) | (kinds == 6)
    lone = (kinds == 4) & (shapely.get_num_geometries(shapes) == 1)
    told = np.zeros(len(shapes), dtype=bool) if faults.told is None else faults.told
    absent = (shapely.is_missing(shapes) | shapely.is_empty(shapes)) & ~told
    faults.at(absent, "tables.no_geometry", "geometry", frame["id"].to_numpy(object))
    unusable = ~((kinds == 0) | areal | lone) & ~absent & ~told
    faults.at(unusable, "tables.not_a_point", "geometry", frame["id"].to_numpy(object))
    points = shapes.copy()
    points[lone] = shapely.get_geometry(shapes[lone], 0)
    points[areal] = shapely.point_on_surface(shapes[areal])
    frame = frame.set_geometry(gpd.GeoSeries(points, crs=4326))
    if keep_radius and areal.any():
        area_m2 = gpd.GeoSeries(shapes[areal], crs=4326).to_crs("+proj=cea +datum=WGS84").area.to_numpy()
        error_m = frame["position_error_m"].to_numpy(float).copy()
        error_m[areal] = np.maximum(error_m[areal], np.sqrt(area_m2 / np.pi))
        frame["position_error_m"] = error_m
    return frame


def _refuse_shapes(shapes: npt.NDArray[Any], wanted: tuple[str, ...], faults: FaultList, *, empty_too: bool = False) -> None:
    kinds = np.array([shape.geom_type if shape is not None else "" for shape in shapes], dtype=object)
    missing = np.asarray((kinds == "") | shapely.is_empty(shapes), dtype=bool)
    faults.at(~np.isin(kinds.astype(str), wanted) & ~missing, "tables.wrong_geometry", "geometry", kinds, wanted=", ".join(wanted))
    if empty_too:
        faults.at(missing, "tables.no_geometry", "geometry")


def _polygons_only(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in POLYGONS]
    return shape if shape.geom_type in POLYGONS else shapely.unary_union(parts)


def _was_empty(frame: pd.DataFrame, name: str) -> npt.NDArray[np.bool_]:
    """True where the table has the column but not the answer: unreadable answers are faults of their own."""
    if name not in frame:
        return np.full(len(frame), name != "population")
    return np.asarray(no_answer(texts(frame[name])), dtype=bool)


def _more(smaller: pd.Series[Any], larger: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    return np.asarray((smaller > larger).fillna(False).to_numpy(bool) & (smaller > 0).fillna(False).to_numpy(bool))


def _finished(frame: gpd.GeoDataFrame, table: str, faults: FaultList, drop_empty: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    """Contract columns first, in order; the warnings told, and kept in `attrs`."""
    faults.warn()
    first = [name for name in contract_columns(table)[:-1] if name not in drop_empty or frame[name].notna().any()]
    rest = [name for name in frame.columns if name not in first and name != "geometry" and name not in drop_empty]
    done = frame[[*first, *rest, "geometry"]]
    done.attrs["faults"] = faults.records()
    done.attrs["file"], done.attrs["sheet"] = faults.file, faults.sheet
    if faults.rows is not None and len(faults.rows) == len(done):
        done.attrs["row_runs"], done.attrs["row_count"] = row_runs(faults.rows), len(done)
        if faults.sheets is not None:
            done.attrs["sheet_runs"] = sheet_runs(faults.sheets)
    return done
