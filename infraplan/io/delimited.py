"""CSV and TSV, plain or gzipped, in the forms that occur: any of five separators, quoted newlines, title rows above the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from infraplan.io.heading_matching import HEADER_DEPTH, header_depth, joined_headings
from infraplan.io.opening import MOST_COLUMNS, MOST_ROWS, Bounded, byte_stream
from infraplan.io.raw_table import RawTable, column_names
from infraplan.io.text_encoding import text_encoding
from infraplan.tables.faults import FaultList

SEPARATORS = (",", "\t", ";", "|", "，")
CHUNK_ROWS = 50_000
Record = tuple[int, list[str]]


class _Raw(io.RawIOBase):
    """The bounded stream with the interface that Python's text layer needs."""

    def __init__(self, stream: Bounded):
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self.stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def read_delimited(path: Path, table: str, *, encoding: str | None = None) -> RawTable:
    """A text table with the line number each record starts on. Every ragged line is a fault."""
    faults = FaultList(file=path.name)
    name = text_encoding(path, encoding)
    with byte_stream(path) as stream:
        text = io.TextIOWrapper(io.BufferedReader(_Raw(stream), 2**18), encoding=name, errors="strict", newline="")
        try:
            return _parse(text, table, faults)
        except UnicodeDecodeError:
            faults.add("io.wrong_encoding", value=name)
            faults.stop()
        except csv.Error as problem:
            faults.add("io.broken_csv", reason=str(problem))
            faults.stop()
    raise AssertionError("unreachable")


def _records(lines: Iterator[str], separator: str) -> Iterator[Record]:
    reader = csv.reader(lines, delimiter=separator)
    start = 1
    for record in reader:
        yield start, record
        start = reader.line_num + 1


def _parse(text: io.TextIOWrapper, table: str, faults: FaultList) -> RawTable:
    opening = list(islice(text, HEADER_DEPTH + 5))
    if any(len(line) > 2**20 for line in opening):
        raise csv.Error("a line of more than a million characters")
    separator = _separator(opening)
    records = _records(chain(opening, text), separator)
    first = list(islice(records, HEADER_DEPTH + 2))
    where, height = header_depth([record for _, record in first], table)
    if not first:
        faults.add("tables.no_rows")
        faults.stop()
    header = joined_headings(first[where][1], first[where + 1][1]) if height == 2 else first[where][1]
    while header and not header[-1].strip():
        header = header[:-1]
    names = column_names(header)
    if len(names) > MOST_COLUMNS:
        faults.add("io.too_many_columns", limit=MOST_COLUMNS)
        faults.stop()
    lines, columns = _collect(chain(first[where + height :], records), len(names), faults)
    frame = pd.DataFrame(dict(zip(names, columns, strict=True)))
    return RawTable(frame, np.array(lines, dtype=np.int64), faults)


def _separator(opening: list[str]) -> str:
    """The separator that cuts the first lines into most columns, most evenly."""

    def score(separator: str) -> tuple[int, int]:
        widths = [len(record) for record in csv.reader(opening, delimiter=separator) if record]
        common = max(sorted(set(widths)), key=widths.count) if widths else 0
        return (widths.count(common) if common > 1 else 0, common)

    return max(SEPARATORS, key=score)


def _collect(records: Iterator[Record], width: int, faults: FaultList) -> tuple[list[int], list[Any]]:
    """Columns as arrow strings, a chunk at a time; blank lines are skipped."""
    lines: list[int] = []
    chunks: list[list[pa.Array]] = [[] for _ in range(width)]
    long_lines: list[int] = []
    rows: list[list[str]] = []

    def flush() -> None:
        for position, cells in enumerate(zip(*rows, strict=True)):
            chunks[position].append(_as_meant(pa.array(cells, type=pa.large_string())))
        rows.clear()

    for line, record in records:
        if not any(record):
            continue
        if len(record) != width:
            if any(cell.strip() for cell in record[width:]):
                long_lines.append(line)
            record = (record + [""] * (width - len(record)))[:width]
        lines.append(line)
        rows.append(record)
        if len(rows) == CHUNK_ROWS:
            flush()
        if len(lines) > MOST_ROWS:
            faults.add("io.too_many_rows", limit=f"{MOST_ROWS:,}")
            faults.stop()
    if rows:
        flush()
    if long_lines:
        listed = FaultList(faults.file, rows=np.array(long_lines, dtype=np.int64))
        listed.at(np.ones(len(long_lines), dtype=bool), "io.long_line", width=width)
        faults.items += listed.items
    dtype = pd.StringDtype(na_value=np.nan)
    made = [cast(Any, dtype).__from_arrow__(pa.chunked_array(pieces, type=pa.large_string())) for pieces in chunks]
    return lines, made


def _as_meant(cells: pa.Array) -> pa.Array:
    """Cells without the apostrophe that `write_csv` and others put before texts that a spreadsheet would run as a formula."""
    if not pc.any(pc.starts_with(cells, "'")).as_py():
        return cells
    return pc.replace_substring_regex(cells, pattern=r"^'([=+\-@\t\r])", replacement=r"\1")
