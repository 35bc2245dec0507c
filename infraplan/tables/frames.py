"""Steps that all contracts share: columns with their types, ids, points from polygons, the finished frame."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from infraplan.arrays import Texts
from infraplan.common_fields import Field
from infraplan.fields import LOCATING, TABLES, contract_columns
from infraplan.tables.column_conversion import converted
from infraplan.tables.faults import FaultList, row_runs, sheet_runs
from infraplan.tables.reprojection import to_plane
from infraplan.tables.values import no_answer, numbers, texts

ID_LETTER = {"village": "V", "site": "S", "place": "P", "corridor": "C", "host": "H", "weak_cell": "W", "fibre_node": "F"}
MAY_BE_EMPTY = frozenset({"site", "place", "host", "corridor", "weak_cell", "fibre_node"})
"""Tables that may have a heading alone: nothing is built yet. A study without people or zones has nothing to count."""
WORDS_OF_ITS_OWN = {"services", "operators", "azimuth_deg"}


def typed_frame(
    frame: gpd.GeoDataFrame, table: str, faults: FaultList, further: Mapping[str, Collection[str]] | None = None,
    *, one_row_an_id: bool = True,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Every column of the table with its type, the rest as it was, geometry in EPSG:4326, a fresh index.

    `further`: more words that a column's choice may be. `one_row_an_id`: a repeated id is a fault.
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
        if field.name in LOCATING or field.part_of:
            continue
        if field.name not in frame:
            if field.required:
                faults.add("tables.missing_column", column=field.zh, zh=field.zh, en=field.en, aliases=", ".join(field.aliases[:6]))
            columns[field.name] = _absent(field, len(frame))
            continue
        given = frame[field.name].reset_index(drop=True)
        if further and field.name in further:
            field = replace(field, choices=tuple(dict.fromkeys((*field.choices, *further[field.name]))))
        columns[field.name] = given if field.name in WORDS_OF_ITS_OWN else _defaulted(converted(given, field, faults), field)
    if "id" in columns:
        columns["id"] = _ids(columns["id"], table, faults, one_row_an_id)
    if "committee" in columns:
        columns["name"] = columns["name"].where(columns["name"] != "", columns["committee"])
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


def _ids(column: pd.Series[Any], table: str, faults: FaultList, one_row_an_id: bool) -> pd.Series[Any]:
    """Ids as given; the row number makes the missing ones; a repeated one is a fault that names the first."""
    given = column.to_numpy(object)
    empty = given == ""
    if one_row_an_id:
        report_repeated(given, "id", faults, skip=empty)
    if not empty.any():
        return column
    if not empty.all():
        faults.at(empty, "tables.id_made", "id", severity="warning")
    several = [""] * len(column) if faults.sheets is None else [f"{code + 1:02d}-" for code in pd.factorize(faults.sheets)[0]]
    made = [f"{ID_LETTER[table]}{sheet}{faults.row(position):06d}" for position, sheet in enumerate(several)]
    return column.where(~empty, pd.Series(made, dtype=str))


def report_repeated(cells: Texts, column: str, faults: FaultList, skip: npt.NDArray[np.bool_]) -> None:
    """A fault for each cell that repeats an earlier one of the column, with its first row."""
    twice = pd.Series(cells).duplicated().to_numpy() & ~skip
    if not twice.any():
        return
    first = pd.Series(np.arange(len(cells))).groupby(pd.Series(cells)).transform("first").to_numpy()
    faults.at(twice, "tables.repeated", column, cells, detail=lambda position: {"first": faults.place(int(first[position]))})


def points_of(frame: gpd.GeoDataFrame, faults: FaultList, *, keep_radius: bool) -> gpd.GeoDataFrame:
    """Points from points; a polygon gives a point inside it and, for villages, the radius of a disk of its area as position error."""
    shapes = frame.geometry.to_numpy()
    kinds = shapely.get_type_id(shapes)
    if (kinds == 0).all() and not shapely.is_empty(shapes).any():
        return frame
    areal = (kinds == 3) | (kinds == 6)
    lone = (kinds == 4) & (shapely.get_num_geometries(shapes) == 1)
    reported = np.zeros(len(shapes), dtype=bool) if faults.reported is None else faults.reported
    absent = (shapely.is_missing(shapes) | shapely.is_empty(shapes)) & ~reported
    faults.at(absent, "tables.no_geometry", "geometry", frame["id"].to_numpy(object))
    unusable = ~((kinds == 0) | areal | lone) & ~absent & ~reported
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


def was_empty(frame: pd.DataFrame, name: str) -> npt.NDArray[np.bool_]:
    """True where the table has the column but not the answer: unreadable answers are faults of their own."""
    if name not in frame:
        return np.full(len(frame), name != "population")
    return np.asarray(no_answer(texts(frame[name])), dtype=bool)


def finished(frame: gpd.GeoDataFrame, table: str, faults: FaultList, drop_empty: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    """Contract columns first, in order; the warnings are issued and kept in `attrs`."""
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
