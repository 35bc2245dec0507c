"""The kind of a source: a frame in memory, or a file, whose kind is found from its content and its ending."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from infraplan.io.delimited import read_delimited
from infraplan.io.excel import read_workbook
from infraplan.io.file_parts import Wanted, columns_of
from infraplan.io.opening import existing_file, reading
from infraplan.io.raw_table import RawTable, column_names
from infraplan.io.vectors import read_vectors
from infraplan.tables.faults import FaultList

ENDINGS = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "text"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".et"), "workbook"),
    **dict.fromkeys((".geojson", ".json"), "geojson"),
    **dict.fromkeys((".parquet", ".geoparquet"), "parquet"),
    ".gpkg": "gpkg",
    ".fgb": "flatgeobuf",
    ".shp": "shapefile",
    ".kml": "kml",
    ".kmz": "kmz",
    ".zip": "zip",
    ".tab": "mapinfo",
    ".mif": "mapinfo",
}
SHAPEFILE_SIDES = (".dbf", ".shx", ".prj", ".cpg", ".sbn")
MAPINFO_SIDES = {".dat": ".tab", ".map": ".tab", ".id": ".tab", ".ind": ".tab", ".mid": ".mif"}
MAGIC = (
    ("gpkg", (b"SQLite format 3\x00",)),
    ("flatgeobuf", (b"fgb\x03",)),
    ("parquet", (b"PAR1",)),
    ("shapefile", (b"\x00\x00\x27\x0a",)),
    ("ole", (b"\xd0\xcf\x11\xe0",)),
    ("packed", (b"PK\x03\x04", b"PK\x05\x06")),
    ("gzip", (b"\x1f\x8b",)),
    ("pdf", (b"%PDF",)),
    ("image", (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")),
)
FITTING = {
    "gpkg": ("gpkg",), "flatgeobuf": ("flatgeobuf",), "parquet": ("parquet",), "shapefile": ("shapefile",), "workbook": ("ole", "packed"),
    "kmz": ("packed",), "zip": ("packed",), "text": ("plain", "gzip"), "geojson": ("plain", "gzip"), "kml": ("plain", "gzip"),
    "mapinfo": ("plain",),
}  # fmt: skip

Source = str | os.PathLike[str] | pd.DataFrame


def load_source(source: Source, table: str, *, sheet: Wanted = None, encoding: str | None = None) -> list[RawTable]:
    """Records of a frame or a file, under the file's own headings: a table for each sheet or layer that belongs to it, mostly one."""
    if isinstance(source, pd.DataFrame):
        return [_from_frame(source)]
    path = existing_file(source)
    with reading(path):
        kind = kind_of(path)
        if kind == "text":
            return [read_delimited(path, columns_of(table), encoding=encoding)]
        if kind == "workbook":
            return read_workbook(path, table, sheet=sheet)
        return read_vectors(path, kind, table, layer=sheet, encoding=encoding)


def kind_of(path: Path) -> str:
    """Which reader a file is for. An ending that does not fit the content is a DataError: GDAL would read by the content alone."""
    faults = FaultList(file=path.name)
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    if endings and endings[-1] == ".gz":
        endings.pop()
    ending = endings[-1] if endings else ""
    if ending in SHAPEFILE_SIDES:
        faults.add("io.shapefile_side", value=path.name, wanted=path.with_suffix(".shp").name)
        faults.stop()
    if ending in MAPINFO_SIDES:
        faults.add("io.mapinfo_side", value=path.name, wanted=path.with_suffix(MAPINFO_SIDES[ending]).name)
        faults.stop()
    with open(path, "rb") as stream:
        head = stream.read(512)
    content = next((name for name, marks in MAGIC if head.startswith(marks)), "plain")
    kind = ENDINGS.get(ending) or {"gpkg": "gpkg", "parquet": "parquet", "flatgeobuf": "flatgeobuf"}.get(content)
    if kind is None:
        faults.add("io.unknown_format", value=ending or path.name, known=" ".join(sorted(ENDINGS)))
        faults.stop()
    elif content not in FITTING[kind]:
        if kind == "workbook" and content in ("plain", "gzip"):
            faults.add("io.not_a_workbook", value=ending)
        else:
            faults.add("io.content_belies", value=ending, content=content)
        faults.stop()
    elif (
        kind in ("geojson", "kml")
        and content == "plain"
        and head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] != {"geojson": b"{", "kml": b"<"}[kind]
    ):
        faults.add("io.content_belies", value=ending, content="text")
        faults.stop()
    return str(kind)


def _from_frame(frame: pd.DataFrame) -> RawTable:
    copy: Any = frame.reset_index(drop=True)
    plain = column_names([str(name) for name in copy.columns])
    faults = FaultList(file=type(frame).__name__)
    if plain != [str(name) for name in copy.columns] or not all(isinstance(name, str) for name in copy.columns):
        copy = copy.copy(deep=False)
        copy.columns = plain
    return RawTable(copy, np.arange(1, len(copy) + 1, dtype=np.int64), faults)
