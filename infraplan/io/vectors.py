"""Vector files: GeoPackage, GeoJSON, FlatGeobuf, shapefile and MapInfo TAB and MIF (GBK too, zipped too), KML and KMZ, GeoParquet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from infraplan.io.file_parts import Part, Wanted, chosen_parts
from infraplan.io.opening import MOST_ROWS
from infraplan.io.raw_table import RawTable
from infraplan.io.unpacking import Opened, opened_files
from infraplan.tables.faults import FaultList

LONGEST_EXACT = 2**53  # above this a float is no longer an exact whole number
KML_NOISE = (
    "description",
    "timestamp",
    "begin",
    "end",
    "altitudemode",
    "tessellate",
    "extrude",
    "visibility",
    "draworder",
    "icon",
    "snippet",
    "id",
)


def read_vectors(path: Path, kind: str, table: str, *, layer: Wanted = None, encoding: str | None = None) -> list[RawTable]:
    """The layers that hold the table, or those named, their features numbered from 1; a folder of a KML is a layer."""
    faults = FaultList(file=path.name)
    if kind == "parquet":
        return [_read_parquet(path, faults)]
    with opened_files(path, kind, encoding, faults) as files:
        layers, parts = list[_Layer](), list[Part]()
        for file in files:
            own = [_Layer(file, number, name, shapes) for number, (name, shapes) in enumerate(_layers(file))]
            inside = _inside(file.folders, len(own), len(layers))
            parts += [replace(one.part(len(files) > 1), inside=inner) for one, inner in zip(own, inside, strict=True)]
            layers += own
        chosen = chosen_parts(parts, table, layer, faults)
        if sum(parts[position].rows for position in chosen) > MOST_ROWS:
            faults.add("io.too_many_rows", limit=f"{MOST_ROWS:,}")
            faults.stop()
        several = len(parts) > 1
        tables = [layers[position].read(path.name, parts[position].name if several else "", kind) for position in chosen]
    tables[0].faults.items = [*faults.items, *tables[0].faults.items]
    return tables


def _layers(file: Opened) -> list[tuple[str, str]]:
    """Name and kind of geometry of each layer of a file."""
    return [(str(name), "" if shapes is None else str(shapes)) for name, shapes in pyogrio.list_layers(file.path)]


def _inside(depths: Sequence[int], layers: int, first: int) -> list[tuple[int, ...]]:
    """Of each layer the positions of those that lie in its folder, counted from `first`; none where layers are not the file's folders.

    Points outside every folder are a layer of their own, before the folders.
    """
    if layers == len(depths) + 1:
        depths = (0, *depths)
    elif len(depths) != layers:
        return [()] * layers
    found = []
    for position in range(layers):
        end = next((other for other in range(position + 1, layers) if depths[other] <= depths[position]), layers)
        found.append(tuple(range(first + position + 1, first + end)))
    return found


@dataclass(frozen=True)
class _Layer:
    """A layer of a file, by its number: two folders of a KML may have one name."""

    file: Opened
    number: int
    name: str
    shapes: str

    def part(self, several_files: bool) -> Part:
        """Its headings and size, without reading its records."""
        info = pyogrio.read_info(self.file.path, layer=self.number, force_feature_count=True, **self.file.options)
        if not several_files:
            name = self.name
        else:
            alone = self.file.path.suffix != ".kml"
            name = self.file.name if alone else f"{self.file.name}/{self.name}"
        columns = {"Name": "name"} | self.file.columns
        headings = tuple(columns.get(str(field), str(field)) for field in info["fields"])
        return Part(name, headings, max(int(info["features"]), 0), _shapes(self.shapes))

    def read(self, file: str, name: str, kind: str) -> RawTable:
        """Its features."""
        faults = FaultList(file=file, sheet=name)
        frame = _read_layer(self.file.path, self.number, self.name, self.file.options)
        if kind in ("kml", "kmz"):
            noise = [column for column in frame.columns if str(column).lower() in KML_NOISE]
            label = "label" if "name" in self.file.columns.values() else "name"
            frame = frame.drop(columns=noise).rename(columns={"Name": label} | self.file.columns)
        frame = _utf8_texts(frame, faults)
        if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.has_z.any():
            frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
        return RawTable(frame, np.arange(1, len(frame) + 1, dtype=np.int64), faults)


def _shapes(kind: str) -> str:
    """point | line | polygon | any, or "" for a layer without geometry."""
    if not kind or kind == "None":
        return ""
    words = {"Point": "point", "LineString": "line", "Polygon": "polygon", "Curve": "line", "Surface": "polygon"}
    return next((shape for word, shape in words.items() if word in kind), "any")


def _read_layer(plain: Path, number: int, name: str, encoding: dict[str, str]) -> pd.DataFrame:
    # not by Arrow: it is half a second faster for a province, and a damaged GeoPackage can crash the process through it
    frame: pd.DataFrame = pyogrio.read_dataframe(plain, layer=number, use_arrow=False, on_invalid="ignore", **encoding)
    frame = _whole_numbers(frame, plain, number, name, encoding)
    if isinstance(frame, gpd.GeoDataFrame):
        unread = shapely.is_missing(frame.geometry.to_numpy())
        if unread.all() and len(frame):
            return pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return frame


def _whole_numbers(frame: pd.DataFrame, plain: Path, number: int, name: str, encoding: dict[str, str]) -> pd.DataFrame:
    """Integers too long for a float, which is what pyogrio makes of a column with an empty cell, read again as text."""
    info = pyogrio.read_info(plain, layer=number, **encoding)
    kinds = dict(zip(map(str, info["fields"]), map(str, info["dtypes"]), strict=True))
    lost = [
        column
        for column, kind in kinds.items()
        if kind == "int64" and column in frame and frame[column].dtype == np.float64 and frame[column].abs().max() >= LONGEST_EXACT
    ]
    if not lost:
        return frame
    listed = ", ".join(f'CAST("{column}" AS character(30)) AS "{column}"' for column in lost if '"' not in column)
    again = pyogrio.read_dataframe(
        plain, sql=f'SELECT {listed} FROM "{name}"', sql_dialect="OGRSQL", read_geometry=False, use_arrow=False, **encoding
    )
    return frame.assign(**{column: again[column] for column in again.columns}) if len(again) == len(frame) else frame


def _utf8_texts(frame: pd.DataFrame, faults: FaultList) -> pd.DataFrame:
    """Text columns whose bytes are all UTF-8: a damaged file may hold others, which later steps could not handle."""
    for name in frame.columns:
        if not isinstance(frame[name].dtype, pd.StringDtype):
            continue
        cells = pa.chunked_array(pa.array(frame[name].array))
        try:
            cells.validate(full=True)
        except pa.ArrowInvalid:
            raw = [piece for chunk in cells.chunks for piece in chunk.view(pa.large_binary()).to_pylist()]
            texts = [None if piece is None else piece.decode("utf-8", "replace") for piece in raw]
            faults.at(np.array([text is not None and "\ufffd" in text for text in texts]), "io.bad_text", str(name), texts)
            frame = frame.assign(**{name: pd.Series(texts, index=frame.index, dtype=str)})
    return frame


def _read_parquet(path: Path, faults: FaultList) -> RawTable:
    import pyarrow.parquet as pq

    described = pq.read_schema(path).metadata or {}
    if pq.read_metadata(path).num_rows > MOST_ROWS:
        faults.add("io.too_many_rows", limit=f"{MOST_ROWS:,}")
        faults.stop()
    frame: Any = gpd.read_parquet(path) if b"geo" in described else pd.read_parquet(path)
    frame = _utf8_texts(frame.reset_index(drop=True), faults)
    return RawTable(frame, np.arange(1, len(frame) + 1, dtype=np.int64), faults)
