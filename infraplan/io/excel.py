"""XLSX, XLS and ODS: title rows, merged cells, several sheets, hidden rows, formulas nobody calculated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from infraplan.io.excel_scan import SheetScan, scan_sheet
from infraplan.io.headings import HEADER_DEPTH, header_depth, joined_headings, recognise
from infraplan.io.opening import MOST_CELLS, MOST_ROWS, refuse_bombs
from infraplan.io.raw import RawTable, column_names
from infraplan.io.template import SHEETS
from infraplan.tables.faults import FaultList

Rows = list[list[Any]]


def read_workbook(path: Path, table: str, *, sheet: str | int | None = None) -> RawTable:
    """One sheet of a workbook, by name or by number from 1; else the one whose headings are known best."""
    from python_calamine import CalamineWorkbook

    faults = FaultList(file=path.name)
    with open(path, "rb") as stream:
        zipped = stream.read(2) == b"PK"
    if zipped:
        refuse_bombs(path)
    with CalamineWorkbook.from_path(path) as book:
        name = _choose(book, path if zipped else None, table, sheet, faults)
        faults.sheet = name
        scan = scan_sheet(path, name) if zipped else SheetScan()
        if scan.too_large:
            faults.add("io.sheet_too_large", rows=scan.last_row, columns=scan.last_column)
            faults.stop()
        opened = book.get_sheet_by_name(name)
        if opened.total_height * opened.total_width > MOST_CELLS:
            faults.add("io.sheet_too_large", rows=opened.total_height, columns=opened.total_width)
            faults.stop()
        rows = opened.to_python(skip_empty_area=False)
        merged = opened.merged_cell_ranges or []
    return _table(rows, merged, table, scan, faults)


def _choose(book: Any, path: Path | None, table: str, sheet: str | int | None, faults: FaultList) -> str:
    names = list(book.sheet_names)
    if not names:
        faults.add("io.no_sheets")
        faults.stop()
    if isinstance(sheet, int):
        if not 1 <= sheet <= len(names):
            faults.add("io.no_such_sheet", value=sheet, known=", ".join(names))
            faults.stop()
        return str(names[sheet - 1])
    if sheet is not None:
        if sheet not in names:
            faults.add("io.no_such_sheet", value=sheet, known=", ".join(names))
            faults.stop()
        return str(sheet)
    if len(names) == 1:
        return str(names[0])
    visible = {entry.name for entry in book.sheets_metadata if "Visible" in str(entry.visible) and "Work" in str(entry.typ)}
    scores = {name: _known(book, path, name, table) for name in names if name in visible} or {names[0]: 0}
    best = max(scores.values())
    first = [name for name, score in scores.items() if score == best]
    first = [name for name in first if name == SHEETS.get(table)] or first
    if len(first) > 1 and best > 0:
        faults.sheet = first[0]
        faults.add("io.several_sheets", severity="warning", sheets=", ".join(first), chosen=first[0])
    return str(first[0])


def _known(book: Any, path: Path | None, name: str, table: str) -> int:
    if path is not None and scan_sheet(path, name, head_only=True).too_large:
        return 0
    opened = book.get_sheet_by_name(name)
    rows = [row for row, _ in zip(opened.iter_rows(), range(HEADER_DEPTH), strict=False)] if opened.height else []
    if not rows:
        return 0
    where, height = header_depth(rows, table)
    header = joined_headings(rows[where], rows[where + 1]) if height == 2 else [str(cell) for cell in rows[where]]
    return len(recognise(header, table))


def _table(rows: Rows, merged: list[Any], table: str, scan: SheetScan, faults: FaultList) -> RawTable:
    if not rows:
        faults.add("tables.no_rows")
        faults.stop()
    _spread_merged(rows, merged)
    where, height = header_depth(rows, table)
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
    """A merged cell speaks for all the cells under it: one county name merged over its villages."""
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
