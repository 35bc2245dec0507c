"""The workbook a city fills in: one sheet a table, made from `fields.py`, with explanations, drop-downs and an example row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from infraplan.fields import TABLES, Field
from infraplan.files import atomic_path
from infraplan.messages import both
from infraplan.presets import load

SHEETS = {"village": "自然村", "site": "站点", "place": "场所", "host": "可用载体", "register": "登记表"}
EXPLAINED = SHEETS | {"corridor": "线路（图层）"}  # lines are read from a layer: their columns are explained, but have no sheet to fill in
ROWS = 2000  # rows prepared with drop-downs and text formats
HIDDEN = ("lonlat",)  # readable, but not in the template


def write_template(path: str | Path) -> None:
    """Write the workbook: a sheet a table of `SHEETS` with a header and one example row, and a sheet of explanations.

    It reads back without a fault: `read_villages(path, sheet="自然村")` and so on. Codes are text cells, so that Excel keeps their zeros.
    """
    import xlsxwriter

    with atomic_path(path) as part, xlsxwriter.Workbook(part, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        _explanations(book)
        for table, name in SHEETS.items():
            _sheet(book, name, [field for field in TABLES[table] if field.name not in HIDDEN and not field.part_of])


def drop_down_words(field: Field) -> list[str]:
    """The words in the drop-down of a field, in Chinese; empty where any text may be written."""
    if field.kind == "boolean":
        return ["是", "否"]
    groups = load("aliases").get(field.name, {})
    return [groups[choice][0] for choice in field.choices if choice in groups]


def _sheet(book: Any, name: str, fields: list[Field]) -> None:
    sheet = book.add_worksheet(name)
    must = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True, "valign": "vcenter"})
    may = book.add_format({"bold": True, "bg_color": "#E2EFDA", "border": 1, "text_wrap": True, "valign": "vcenter"})
    text = book.add_format({"num_format": "@"})
    for column, field in enumerate(fields):
        needed = field.required or field.name in ("lon", "lat")
        sheet.write_string(0, column, _heading(field), must if needed else may)
        sheet.set_column(column, column, max(10, 2 * len(field.zh) + 4), text if field.kind in ("code", "text", "date") else None)
        sheet.write_comment(0, column, f"{field.meaning_zh}\n{field.meaning_en}", {"x_scale": 2})
        _example(sheet, column, field, text)
        options = drop_down_words(field)
        if options:
            sheet.data_validation(1, column, ROWS, column, {
                "validate": "list", "source": options, "error_title": field.zh[:32], "error_message": both("io.template_choose")[:255],
                "error_type": "warning" if field.open else "stop",
            })  # fmt: skip
        elif field.kind in ("number", "integer") and field.minimum is not None and field.maximum is not None:
            sheet.data_validation(1, column, ROWS, column, {
                "validate": "decimal" if field.kind == "number" else "integer", "criteria": "between", "minimum": field.minimum,
                "maximum": min(field.maximum, 2_000_000_000), "error_title": field.zh[:32], "error_message": field.meaning_zh[:255],
            })  # fmt: skip
    sheet.freeze_panes(1, 2)
    sheet.set_row(0, 32)


def _heading(field: Field) -> str:
    return f"{field.zh}({field.unit})" if field.unit else field.zh


def _example(sheet: Any, column: int, field: Field, text: Any) -> None:
    if field.example and field.kind in ("number", "integer"):
        sheet.write_number(1, column, float(field.example))
    else:
        sheet.write_string(1, column, field.example, text)


def _explanations(book: Any) -> None:
    sheet = book.add_worksheet("填报说明")
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for row, key in enumerate(("template_title", "template_example", "template_colours", "template_coordinates", "template_codes")):
        sheet.write_string(row, 0, both(f"io.{key}"), bold if row == 0 else None)
    row = 6
    for column, key in enumerate(("template_sheet", "template_column", "template_needed", "template_meaning", "template_choices")):
        sheet.write_string(row, column, both(f"io.{key}"), bold)
        sheet.set_column(column, column, (14, 26, 12, 80, 50)[column])
    for table, name in EXPLAINED.items():
        for field in TABLES[table]:
            if field.name in HIDDEN or field.part_of:
                continue
            row += 1
            needed = both("io.template_yes") if field.required or field.name in ("lon", "lat") else ""
            cells = (name, _heading(field), needed, f"{field.meaning_zh} / {field.meaning_en}", "、".join(drop_down_words(field)))
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell, wrap)
