"""Layers as MapInfo tables in one .zip: text columns as wide as their longest cell, Chinese in the charset that MapInfo expects."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.errors import Fault, warn
from infraplan.files import atomic_path
from infraplan.io.coordinate_systems import named_crs
from infraplan.io.writing import geometry_type, plain
from infraplan.messages import both

CHARSET = "cp936"
MOST_BYTES = 254
"""A text column of a MapInfo table holds no more."""
FIXED_DAY = (1980, 1, 1, 0, 0, 0)
HEAD_BYTES, FIELD_BYTES, NAME_BYTES, END_OF_FIELDS = 32, 32, 11, 0x0D
"""The head of a .dat, each description of a column and the name in it, as in dBase files."""
GEOMETRY = "wkb_geometry"


def write_mapinfo(layers: Mapping[str, Any], path: str | Path, *, crs: str = "EPSG:4326") -> None:
    """Write `<layer>.tab` with its files for each frame of points into one .zip; equal content gives equal bytes.

    A cell longer than a column can hold is cut, a character that the charset lacks becomes "?"; both are warned of, with their number.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory() as folder, atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, frame in layers.items():
            _write(plain(frame, crs), name, Path(folder), crs, path.name)
        for file in sorted(Path(folder).iterdir()):
            content = file.read_bytes()
            content = _without_leftovers(content) if file.suffix == ".dat" else content
            archive.writestr(zipfile.ZipInfo(file.name, FIXED_DAY), content, zipfile.ZIP_DEFLATED)


def _write(frame: Any, name: str, folder: Path, crs: str, archive: str) -> None:
    import pyarrow as pa
    import pyogrio
    from shapely import to_wkb

    fields, columns = [], []
    for column in frame.columns:
        if column == frame.geometry.name:
            continue
        cells, width = frame[column], 0
        if _is_number(cells):
            kind = pa.int32() if pd.api.types.is_integer_dtype(cells) and (cells.abs() < 2**31).all() else pa.float64()
            array = pa.array(cells.astype(float).tolist(), pa.float64()).cast(kind)
        else:
            texts, width = _narrow(cells, name, str(column), archive)
            array = pa.array(texts, pa.string())
        known = {b"GDAL:OGR:type": b"String", b"GDAL:OGR:width": str(width).encode()} if width else None
        fields.append(pa.field(str(column), array.type, metadata=known))
        columns.append(array)
    fields.append(pa.field(GEOMETRY, pa.binary()))
    columns.append(pa.array(list(to_wkb(frame.geometry.to_numpy())), pa.binary()))
    pyogrio.write_arrow(
        pa.Table.from_arrays(columns, schema=pa.schema(fields)), folder / f"{name}.tab", driver="MapInfo File", layer=name,
        geometry_name=GEOMETRY, geometry_type=geometry_type(frame), crs=named_crs(crs).to_wkt(), layer_options={"ENCODING": "CP936"},
    )  # fmt: skip


def _without_leftovers(table: bytes) -> bytes:
    """A .dat whose names of columns are filled with zeros: behind their end GDAL leaves what was in memory."""
    content, at = bytearray(table), HEAD_BYTES
    while content[at] != END_OF_FIELDS:
        name = bytes(content[at : at + NAME_BYTES])
        content[at : at + NAME_BYTES] = name.split(b"\0")[0].ljust(NAME_BYTES, b"\0")
        at += FIELD_BYTES
    return bytes(content)


def _is_number(cells: Any) -> bool:
    """Whether a column is written as numbers: MapInfo has no empty ones, it would show 0, so that a column with empty cells is text."""
    return pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells) and bool(cells.notna().all())


def _text(cell: Any) -> str:
    """A cell as text; a number with all its digits."""
    if pd.isna(cell):
        return ""
    return str(cell).lower() if isinstance(cell, bool) else f"{cell:.15g}" if isinstance(cell, float) else str(cell)


def _narrow(cells: Any, layer: str, column: str, archive: str) -> tuple[list[str], int]:
    """Texts that the table can hold, and the width of their column in bytes."""
    texts = cells.map(_text)
    distinct = {text: _held(text) for text in texts.unique()}
    for kind, at in (("cut", 1), ("lacks", 2)):
        lost = [text for text, held in distinct.items() if held[at]]
        if lost:
            message, fix = both(f"gis.mapinfo_{kind}", count=int(texts.isin(lost).sum()), layer=layer), both("gis.mapinfo_fix")
            warn([Fault(archive, message, fix, rule=f"mapinfo-{kind}", severity="warning", column=column, value=lost[0][:60])])
    kept = texts.map({text: held[0] for text, held in distinct.items()})
    return kept.tolist(), max((len(held[0].encode(CHARSET)) for held in distinct.values()), default=0) or 1


def _held(text: str) -> tuple[str, bool, bool]:
    """A text in the charset and the room of a column; whether it was cut, and whether characters were lost."""
    coded = text.encode(CHARSET, "replace")
    lost = coded.decode(CHARSET) != text
    return coded[:MOST_BYTES].decode(CHARSET, "ignore"), len(coded) > MOST_BYTES, lost
