"""XLSX, XLS and ODS: title rows, merged cells, several sheets, hidden rows, formulas without a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from infraplan.io.excel_scan import SheetScan, scan_sheet
from infraplan.io.file_parts import Part, Wanted, chosen_parts, columns_of
from infraplan.io.heading_matching import HEADER_DEPTH, header_depth, joined_headings
from infraplan.io.opening import MOST_CELLS, MOST_ROWS, refuse_bombs
from infraplan.io.raw_table import RawTable, column_names
from infraplan.tables.faults import FaultList

Rows = list[list[Any]]


def read_workbook(path: Path, table: str, *, sheet: Wanted = None) -> list[RawTable]:
    """The sheets of a workbook that hold the table, or those named."""
    from python_calamine import CalamineWorkbook

    faults = FaultList(file=path.name)
    with open(path, "rb") as stream:
        zipped = path if stream.read(2) == b"PK" else None
    if zipped:
        refuse_bombs(path)
    with CalamineWorkbook.from_path(path) as book:
        parts = _parts(book, zipped, table, named_by_caller=sheet is not None)
        chosen = [parts[position].name for position in chosen_parts(parts, table, sheet, faults)]
        tables = [_sheet(book, zipped, name, table, FaultList(file=path.name, sheet=name)) for name in chosen]
    tables[0].faults.items = [*faults.items, *tables[0].faults.items]
    return tables


def _parts(book: Any, path: Path | None, table: str, named_by_caller: bool) -> list[Part]:
    """The sheets with their headings, in their order; charts hold none. Only the first rows are looked at."""
    names = [str(name) for name in book.sheet_names]
    if named_by_caller or len(names) == 1:
        return [Part(name, (), 1) for name in names]
    hidden = {entry.name: not str(entry.visible).endswith(".Visible") for entry in book.sheets_metadata if "Work" in str(entry.typ)}
    return [_part(book, path, name, table, hidden[name]) if name in hidden else Part(name, (), 0) for name in names]


def _part(book: Any, path: Path | None, name: str, table: str, hidden: bool) -> Part:
    scan = SheetScan() if path is None else scan_sheet(path, name, head_only=True)
    if scan.too_large:
        return Part(name, (), scan.last_row, hidden=hidden, too_large=True)
    opened = book.get_sheet_by_name(name)
    rows = [row for row, _ in zip(opened.iter_rows(), range(HEADER_DEPTH), strict=False)] if opened.height else []
    if not rows:
        return Part(name, (), 0, hidden=hidden)
    where, height = header_depth(rows, columns_of(table))
    header = joined_headings(rows[where], rows[where + 1]) if height == 2 else [str(cell) for cell in rows[where]]
    below = sum(any(cell != "" for cell in row) for row in rows[where + height :])
    return Part(name, tuple(header), below + max(opened.height - len(rows), 0), hidden=hidden)


def _sheet(book: Any, path: Path | None, name: str, table: str, faults: FaultList) -> RawTable:
    scan = scan_sheet(path, name) if path is not None else SheetScan()
    if scan.too_large:
        faults.add("io.sheet_too_large", rows=scan.last_row, columns=scan.last_column)
        faults.stop()
    opened = book.get_sheet_by_name(name)
    if opened.total_height * opened.total_width > MOST_CELLS:
        faults.add("io.sheet_too_large", rows=opened.total_height, columns=opened.total_width)
        faults.stop()
    rows = opened.to_python(skip_empty_area=False)
    return _table(rows, opened.merged_cell_ranges or [], table, scan, faults)


def _table(rows: Rows, merged: list[Any], table: str, scan: SheetScan, faults: FaultList) -> RawTable:
    if not rows:
        faults.add("tables.no_rows")
        faults.stop()
    _spread_merged(rows, merged)
    where, height = header_depth(rows, columns_of(table))
    header = joined_headings(rows[where], rows[where + 1]) if height == 2 else [str(cell) for cell in rows[where]]
    names = column_names(header)
    body = rows[where + height :]
    numbers = np.arange(where + height + 1, len(rows) + 1, dtype=np.int64)
    full = np.array([any(cell != "" for cell in row) for row in body], dtype=bool)
    columns = list(zip(*body, strict=True)) if body else [()] * len(names)
    used = [position for position, name in enumerate(names) if header[position].strip() or any(cell != "" for cell in columns[position])]
    frame = pd.DataFrame({names[position]: pd.Series(columns[position], dtype=object)[full].to_numpy() for position in used})
    numbers = numbers[full]
    _report_scan(scan, names, numbers, where + height, faults)
    return RawTable(frame, numbers, faults)


def _spread_merged(rows: Rows, merged: list[Any]) -> None:
    """The value of a merged cell is written to all cells under it, such as a county name merged over its villages."""
    for (top, left), (bottom, right) in merged:
        if bottom - top > MOST_ROWS or top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        if bottom == top and right - left >= len(rows[top]) - 2:
            continue  # a title across the sheet
        for line in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, len(rows[line]))):
                rows[line][column] = value


def _report_scan(scan: SheetScan, names: list[str], numbers: Any, header_end: int, faults: FaultList) -> None:
    """Formulas without a value, cells with an error, rows that are hidden but read."""
    present = {int(number) for number in numbers}
    for rule, cells in (("io.formula_without_value", scan.uncalculated), ("io.cell_error", scan.errors)):
        by_column: dict[int, list[int]] = {}
        for row, column in cells:
            if row > header_end and column <= len(names):
                by_column.setdefault(column, []).append(row)
        for column, lines in by_column.items():
            listed = FaultList(faults.file, faults.sheet, rows=np.array(lines, dtype=np.int64))
            listed.at(np.ones(len(lines), dtype=bool), rule, names[column - 1])
            faults.items += listed.items
    hidden = sorted(present & scan.hidden)
    if hidden:
        faults.add("io.hidden_rows", row=hidden[0], severity="warning", count=len(hidden), rows=", ".join(map(str, hidden[:10])))
