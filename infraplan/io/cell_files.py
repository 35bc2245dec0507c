"""The layout of cell files: OpenCelliD's and Mozilla's headings, older ones, or none; blank figures where they may be blank."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

COLUMNS = (
    "radio",
    "mcc",
    "net",
    "area",
    "cell",
    "unit",
    "lon",
    "lat",
    "range",
    "samples",
    "changeable",
    "created",
    "updated",
    "averageSignal",
)
KEYS = ("mcc", "net", "area", "cell")
BLANK_ALLOWED = ("range", "samples", "updated")
TYPES = {"radio": pa.string(), "lon": pa.float64(), "lat": pa.float64()} | dict.fromkeys((*KEYS, *BLANK_ALLOWED), pa.int64())
OTHER_NAMES = {
    "mnc": "net", "lac": "area", "tac": "area", "cid": "cell", "cellid": "cell", "cell_id": "cell", "ci": "cell",
    "lng": "lon", "long": "lon", "longitude": "lon", "latitude": "lat", "act": "radio", "rat": "radio", "type": "radio",
    "sample": "samples", "nbsamples": "samples", "updated_at": "updated", "created_at": "created", "psc": "unit",
    "averagesignal": "averageSignal",
}  # fmt: skip
OTHER_RADIOS = {"WCDMA": "UMTS", "5G": "NR", "4G": "LTE", "NB-IOT": "NBIOT"}
WHOLE, DEGREES = r"^-?\d{1,15}(\.0*)?$", r"^-?\d{1,15}(\.\d+)?$"


class Layout(NamedTuple):
    """Names of the columns in the file's order, whether its first line is a heading, and the separator of its cells."""

    names: tuple[str, ...]
    headed: bool
    delimiter: str


def first_line(path: Path) -> str:
    """The first line of a file, packed or not."""
    with pa.input_stream(str(path), compression="detect" if path.suffix.lower() == ".gz" else None) as head:
        start: bytes = head.read(4096)
    return (start.decode("utf-8-sig", "replace").splitlines() or [""])[0]


def layout_of(line: str) -> Layout | None:
    """The layout that a file's first line shows; None where it is no cell file."""
    delimiter = max(",;\t", key=line.count)
    words = [word.strip().strip("\"'").strip() for word in line.split(delimiter)]
    known = {name.lower(): name for name in COLUMNS} | OTHER_NAMES
    names = tuple(known.get(word.lower(), word) for word in words)
    if {"radio", *KEYS, "lon", "lat"} <= frozenset(names) and len(frozenset(names)) == len(names):
        return Layout(names, True, delimiter)
    return Layout(COLUMNS[: len(words)], False, delimiter) if len(words) in (13, 14) and words[1].isdigit() else None


def typed(table: pa.Table) -> tuple[pa.Table, int]:
    """Columns as numbers, columns that may be blank as 0 where they are; rows with a cell that is no number are left out and counted."""
    nothing = pa.nulls(table.num_rows, pa.string())
    texts = {name: pc.utf8_trim_whitespace(table[name] if name in table.column_names else nothing) for name in TYPES}
    for name in BLANK_ALLOWED:
        filled = pc.fill_null(texts[name], "")
        texts[name] = pc.if_else(pc.equal(filled, ""), "0", pc.replace_substring_regex(filled, r"(\d)\.\d*$", r"\1"))
    radio = pc.utf8_upper(pc.fill_null(texts["radio"], ""))
    for other, ours in OTHER_RADIOS.items():
        radio = pc.if_else(pc.equal(radio, other), ours, radio)
    texts["radio"] = radio
    try:
        return pa.table({name: pc.cast(texts[name], kind) for name, kind in TYPES.items()}), 0
    except pa.ArrowInvalid:
        good = pc.not_equal(radio, "")
        for name in TYPES:
            if name != "radio":
                good = pc.and_(good, pc.match_substring_regex(texts[name], DEGREES if name in ("lon", "lat") else WHOLE))
        part = pa.table(texts).filter(pc.fill_null(good, False))
        whole = {name: pc.replace_substring_regex(part[name], r"\.0*$", "") if name in KEYS else part[name] for name in TYPES}
        return pa.table({name: pc.cast(whole[name], kind) for name, kind in TYPES.items()}), table.num_rows - part.num_rows
