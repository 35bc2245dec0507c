"""An inspector fills in the workbook of a sample: its sheets are read, changed and written again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

Rows = list[list[Any]]
HEAD = 4
FILLED = {"运营商": "中国移动", "测试频段": "n28", "测试位置": "室外", "核查日期": "2020-11-03", "核查人": "张三"}


def rewritten(source: Path, target: Path, change: Callable[[str, Rows], Rows], only: Sequence[str] = ()) -> Path:
    """The workbook with changed sheets, or with some of them alone."""
    book = CalamineWorkbook.from_path(str(source))
    with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False}) as out:
        for name in book.sheet_names:
            if not only or name in only:
                page = out.add_worksheet(name)
                for row, cells in enumerate(change(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))):
                    for column, value in enumerate(cells):
                        if value != "":
                            page.write(row, column, value)
    return target


def visited(rsrp_dbm: Callable[[dict[str, Any]], float | None], **filled: str) -> Callable[[str, Rows], Rows]:
    """Each row of the first sheet with its measurement, None for a village that nobody visited; the row is given by its headings."""

    def change(name: str, rows: Rows) -> Rows:
        if name not in ("抽样核查", "Visits"):
            return rows
        at = {head: index for index, head in enumerate(rows[HEAD])}
        for row in rows[HEAD + 1 :]:
            value = rsrp_dbm(dict(zip(at, row, strict=True)))
            if value is not None:
                for head, text in (FILLED | filled).items():
                    row[at[head]] = text
                row[at["实测RSRP(dBm)"]] = value
        return rows

    return change


def cells_of(path: Path, sheet: str) -> list[dict[str, Any]]:
    """Rows below the headings of a sheet."""
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return [dict(zip(rows[HEAD], row, strict=True)) for row in rows[HEAD + 1 :]]
