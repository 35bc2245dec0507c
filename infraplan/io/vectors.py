"""Vector files: GeoPackage, GeoJSON, FlatGeobuf, shapefile (GBK too, zipped too), KML and KMZ, GeoParquet."""

from __future__ import annotations

import codecs
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from infraplan.io.headings import recognise
from infraplan.io.opening import LARGEST_MEMBER_BYTES, MOST_ROWS, Bounded, byte_stream, refuse_bombs
from infraplan.io.raw import RawTable
from infraplan.io.text_encoding import text_encoding
from infraplan.tables.faults import FaultList

LONGEST_EXACT = 2**53  # above this a float is no longer an exact whole number
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
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
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*?\?>")
DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([\w.\-]+)["']""")


def read_vectors(path: Path, kind: str, table: str, *, layer: str | int | None = None, encoding: str | None = None) -> RawTable:
    """One layer, its features numbered from 1. `layer` by name or number from 1; else the one whose columns are known best."""
    faults = FaultList(file=path.name)
    if kind == "parquet":
        return _read_parquet(path, faults)
    with _plain_file(path, kind, encoding, faults) as (plain, settled_encoding):
        name = _choose(plain, table, layer, faults)
        info = pyogrio.read_info(plain, layer=name, **settled_encoding)
        if info["features"] > MOST_ROWS:
            faults.add("io.too_many_rows", limit=f"{MOST_ROWS:,}")
            faults.stop()
        frame = _read_layer(plain, name, settled_encoding, faults)
    if kind in ("kml", "kmz"):
        frame = frame.rename(columns={"Name": "name"}).drop(
            columns=[column for column in frame.columns if str(column).lower() in KML_NOISE]
        )
    frame = _sound_texts(frame, faults)
    if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.has_z.any():
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return RawTable(frame, np.arange(1, len(frame) + 1, dtype=np.int64), faults)


def _read_layer(plain: Path, name: str, encoding: dict[str, str], faults: FaultList) -> pd.DataFrame:
    # not by Arrow: it is half a second faster for a province, and a damaged GeoPackage can crash the process through it
    frame: pd.DataFrame = pyogrio.read_dataframe(plain, layer=name, use_arrow=False, on_invalid="ignore", **encoding)
    frame = _whole_numbers(frame, plain, name, encoding)
    if isinstance(frame, gpd.GeoDataFrame):
        unread = shapely.is_missing(frame.geometry.to_numpy())
        if unread.all() and len(frame):
            return pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return frame


def _whole_numbers(frame: pd.DataFrame, plain: Path, name: str, encoding: dict[str, str]) -> pd.DataFrame:
    """Integers too long for a float, which is what pyogrio makes of a column with an empty cell, read again as text."""
    info = pyogrio.read_info(plain, layer=name, **encoding)
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


def _sound_texts(frame: pd.DataFrame, faults: FaultList) -> pd.DataFrame:
    """Text columns whose bytes are all UTF-8: a damaged file may hold others, which no later step could bear."""
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


def _choose(plain: Path, table: str, layer: str | int | None, faults: FaultList) -> str:
    layers = [(str(name), geometry) for name, geometry in pyogrio.list_layers(plain)]
    names = [name for name, _ in layers]
    if not names:
        faults.add("io.no_sheets")
        faults.stop()
    if layer is not None:
        wanted = names[layer - 1] if isinstance(layer, int) and 1 <= layer <= len(names) else str(layer)
        if wanted not in names:
            faults.add("io.no_such_sheet", value=layer, known=", ".join(names))
            faults.stop()
        faults.sheet = wanted
        return wanted
    with_geometry = [name for name, geometry in layers if geometry] or names
    if len(with_geometry) == 1:
        return with_geometry[0]
    known = {
        name: len(recognise([str(field) for field in pyogrio.read_info(plain, layer=name)["fields"]], table)) for name in with_geometry
    }
    called = [name for name in with_geometry if name.lower().rstrip("s") == table]
    best = called or [name for name in with_geometry if known[name] == max(known.values())]
    faults.sheet = best[0]
    if len(best) > 1:
        faults.add("io.several_sheets", severity="warning", sheets=", ".join(best), chosen=best[0])
    return best[0]


@contextmanager
def _plain_file(path: Path, kind: str, encoding: str | None, faults: FaultList) -> Iterator[tuple[Path, dict[str, str]]]:
    """The file as GDAL may open it: unpacked, decompressed, without XML entities; and the encoding to tell it."""
    if kind == "shapefile":
        yield path, _shapefile_encoding(path, encoding)
        return
    if kind in ("gpkg", "flatgeobuf") or (kind == "geojson" and path.suffix.lower() != ".gz"):
        yield path, {}
        return
    folder = Path(tempfile.mkdtemp(prefix="infraplan-"))
    try:
        if kind == "zip":
            plain = _unzip_shapefile(path, folder, faults)
            yield plain, _shapefile_encoding(plain, encoding)
        elif kind in ("kml", "kmz"):
            yield _plain_kml(path, kind, folder, faults), {}
        else:
            plain = folder / "plain.geojson"
            with byte_stream(path) as stream, open(plain, "wb") as out:
                while piece := stream.read(2**20):
                    out.write(piece)
            yield plain, {}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _shapefile_encoding(path: Path, asked: str | None) -> dict[str, str]:
    """What the .cpg says is left to GDAL, GBK widened to GB18030; without one, the texts of the .dbf decide."""
    if asked is not None:
        return {"encoding": asked}
    beside = {entry.suffix.lower(): entry for entry in path.parent.glob(path.stem + ".*")}
    if ".cpg" in beside:
        says = beside[".cpg"].read_bytes()[:40].decode("ascii", "replace").strip().lower().removeprefix("cp")
        return {"encoding": "GB18030"} if says in ("gbk", "gb2312", "gb18030", "936") else {}
    if ".dbf" not in beside:
        return {}
    return {"encoding": "UTF-8" if _decodes(beside[".dbf"]) else "GB18030"}


def _decodes(dbf: Path) -> bool:
    """True where the records of a .dbf are UTF-8; its header holds arbitrary bytes and is passed over."""
    with open(dbf, "rb") as stream:
        head = stream.read(32)
        stream.seek(int.from_bytes(head[8:10], "little"))
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        try:
            while piece := stream.read(2**20):
                decoder.decode(piece)
        except UnicodeDecodeError:
            return False
    return True


def _unzip_shapefile(path: Path, folder: Path, faults: FaultList) -> Path:
    """The one shapefile of an archive, under our own names: a member's path decides nothing."""
    refuse_bombs(path)
    with zipfile.ZipFile(path) as archive:
        members = [entry for entry in archive.infolist() if not entry.is_dir()]
        shapes = [entry for entry in members if entry.filename.lower().endswith(".shp")]
        if len(shapes) != 1:
            faults.add("io.zip_content", count_found=len(shapes))
            faults.stop()
        stem = shapes[0].filename[:-4].lower()
        for entry in members:
            name = entry.filename.lower()
            if name[:-4] == stem and name[-4:] in SHAPEFILE_PARTS:
                _unpack(archive, entry, folder / f"layer{name[-4:]}", path)
    return folder / "layer.shp"


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, path: Path) -> None:
    with archive.open(entry) as raw, open(target, "wb") as out:
        stream = Bounded(raw, LARGEST_MEMBER_BYTES, path)
        while piece := stream.read(2**20):
            out.write(piece)


def _plain_kml(path: Path, kind: str, folder: Path, faults: FaultList) -> Path:
    """KML as UTF-8, refused where it declares a document type: nothing in KML needs one, and entities expand without end."""
    packed = folder / "packed.kml"
    if kind == "kmz":
        refuse_bombs(path)
        with zipfile.ZipFile(path) as archive:
            inside = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".kml")]
            if not inside:
                faults.add("io.kmz_content")
                faults.stop()
            _unpack(archive, next((entry for entry in inside if entry.filename.lower() == "doc.kml"), inside[0]), packed, path)
    else:
        with byte_stream(path) as stream, open(packed, "wb") as out:
            while piece := stream.read(2**20):
                out.write(piece)
    content = packed.read_bytes()
    declared = DECLARED_ENCODING.match(content[:200])
    name = (
        text_encoding(packed)
        if declared is None or declared.group(1).lower() in (b"utf-8", b"gbk", b"gb2312", b"gb18030")
        else declared.group(1).decode()
    )
    text = XML_DECLARATION.sub("", content.decode(name, "strict").lstrip("\ufeff"))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        faults.add("io.xml_entities")
        faults.stop()
    plain = folder / "plain.kml"
    plain.write_text('<?xml version="1.0" encoding="UTF-8"?>\n' + text, encoding="utf-8")
    packed.unlink()
    return plain


def _read_parquet(path: Path, faults: FaultList) -> RawTable:
    import pyarrow.parquet as pq

    described = pq.read_schema(path).metadata or {}
    if pq.read_metadata(path).num_rows > MOST_ROWS:
        faults.add("io.too_many_rows", limit=f"{MOST_ROWS:,}")
        faults.stop()
    frame: Any = gpd.read_parquet(path) if b"geo" in described else pd.read_parquet(path)
    frame = _sound_texts(frame.reset_index(drop=True), faults)
    return RawTable(frame, np.arange(1, len(frame) + 1, dtype=np.int64), faults)
