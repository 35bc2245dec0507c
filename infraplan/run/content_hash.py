"""Hashes of what a computation starts from: values, arrays, tables, with their types and in their order.

Equal hashes mean equal content. Content of a kind that is not known here is an error, never a hash.
"""

from __future__ import annotations

import dataclasses
import hashlib
import marshal
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import shapely

from infraplan.messages import Bilingual

PLAIN = 2
"""Version of marshal that writes each value whole: from version 3 on equal values that are one object are written once."""


def content_hash(value: Any) -> str:
    """SHA-256 of plain values, arrays, tables, dataclasses, and lists and mappings of them.

    Fields of a dataclass that are made after its arguments (`init=False`) are left out: they hold what was computed of the others.

    Raises
    ------
    TypeError
        Anything else: its content is not known.
    """
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, pd.DataFrame):
        _feed_frame(digest, value)
    elif isinstance(value, pd.Series | pd.Index):
        _feed_column(digest, value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        digest.update(f"{type(value).__name__}{{".encode())
        for entry in dataclasses.fields(value):
            if entry.init:
                digest.update(f"{entry.name}=".encode())
                _feed(digest, getattr(value, entry.name))
        digest.update(b"}")
    elif isinstance(value, np.ndarray):
        _feed_array(digest, value)
    elif isinstance(value, Mapping):
        digest.update(f"map {len(value)} ".encode())
        for key, item in value.items():
            _feed(digest, key)
            _feed(digest, item)
    elif isinstance(value, list | tuple):
        digest.update(f"list {len(value)} ".encode())
        for item in value:
            _feed(digest, item)
    elif value is None or value is pd.NA or value is pd.NaT or isinstance(value, str | bytes | bool | int | float | date | np.generic):
        text = repr(value)
        halves = repr((value.zh, value.en)) if isinstance(value, Bilingual) else ""
        digest.update(f"{type(value).__name__} {len(text)} {text}{halves}".encode("utf-8", "surrogatepass"))
    elif isinstance(value, shapely.Geometry):
        digest.update(b"shape " + shapely.to_wkb(value))
    else:
        raise TypeError(f"content_hash cannot hash {type(value).__name__}")


def _feed_frame(digest: Any, frame: pd.DataFrame) -> None:
    """A table: its index, columns, notes, and of a table with geometry the CRS."""
    digest.update(f"table {frame.shape} ".encode())
    _feed(digest, frame.attrs)
    _feed(digest, str(getattr(frame, "crs", "")))
    _feed_column(digest, frame.index)
    for name in frame.columns:
        _feed(digest, name)
        _feed_column(digest, frame[name])


def _feed_column(digest: Any, column: Any) -> None:
    """A column, or an index."""
    kind = column.dtype
    digest.update(f"column {kind} {len(column)} ".encode())
    if isinstance(kind, pd.CategoricalDtype):
        _feed(digest, bool(kind.ordered))
        _feed_column(digest, kind.categories)
        digest.update(np.ascontiguousarray(column.cat.codes if isinstance(column, pd.Series) else column.codes).tobytes())
    elif isinstance(kind, np.dtype) and kind.kind != "O":
        _feed_array(digest, column.to_numpy())
    elif str(kind) == "geometry":
        digest.update(marshal.dumps(list(shapely.to_wkb(np.asarray(column, dtype=object))), PLAIN))
    else:
        _feed_array(digest, column.to_numpy(dtype=object))


def _feed_array(digest: Any, values: Any) -> None:
    digest.update(f"array {values.dtype.str} {values.shape} ".encode())
    if values.dtype.kind != "O":
        digest.update(np.ascontiguousarray(values).ravel().view(np.uint8))  # the array itself, no copy of its bytes
        return
    items = values.ravel().tolist()
    try:
        digest.update(b"plain " + marshal.dumps(items, PLAIN))
    except ValueError:  # something that marshal does not write: one by one
        for item in items:
            _feed(digest, item)
