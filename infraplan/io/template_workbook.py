"""The workbook a city fills in: one sheet a table, made from `fields.py`, with explanations, drop-downs and an example row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from infraplan.common_fields import Field
from infraplan.fields import TABLES
from infraplan.files import atomic_path
from infraplan.messages import Bilingual, both, in_language, main_language, say
from infraplan.presets import load

SHEETS = ("village", "site", "place", "host", "register")
EXPLAINED = (*SHEETS, "corridor")  # lines come as a layer: their columns are explained, there is nothing to fill in
ROWS = 2000  # rows prepared with drop-downs and text formats
HIDDEN = ("lonlat",)  # readable, but not in the template


def sheet_name(table: str, lang: str = "both") -> str:
    """What the sheet of a table is called."""
    return say(f"io.sheet_{table}", main_language(lang))


def write_template(path: str | Path, lang: str = "both", *, examples: bool = True) -> None:
    """Write the workbook: a sheet a table of `SHEETS` with a header and one example row, and a sheet of explanations.

    It reads back without a fault: `read_villages(path, sheet="自然村")` and so on. Codes are text cells, so that Excel keeps their zeros.
    `lang`: of sheets, headings and explanations; with "en" there is no Chinese word. Without `examples` the tables are empty.
    """
    import xlsxwriter

    with atomic_path(path) as part, xlsxwriter.Workbook(part, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        _explanations(book, lang, examples)
        for table in SHEETS:
            fields = [field for field in TABLES[table] if field.name not in HIDDEN and not field.part_of]
            _sheet(book, sheet_name(table, lang), fields, lang, examples)


def _said(text: str, lang: str) -> str:
    """A text in a form of `messages.FORMS`."""
    return str(in_language(text, lang))


def drop_down_words(field: Field, lang: str = "both") -> list[str]:
    """The words in the drop-down of a field; empty where any text may be written."""
    if field.kind == "boolean":
        return ["yes", "no"] if lang == "en" else ["是", "否"]
    if lang == "en":
        return list(field.choices)
    groups = load("aliases").get(field.name, {})
    return [groups[choice][0] for choice in field.choices if choice in groups]


def _sheet(book: Any, name: str, fields: list[Field], lang: str, examples: bool) -> None:
    sheet = book.add_worksheet(name)
    must = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True, "valign": "vcenter"})
    may = book.add_format({"bold": True, "bg_color": "#E2EFDA", "border": 1, "text_wrap": True, "valign": "vcenter"})
    text = book.add_format({"num_format": "@"})
    for column, field in enumerate(fields):
        needed = field.required or field.name in ("lon", "lat")
        sheet.write_string(0, column, _heading(field, lang), must if needed else may)
        sheet.set_column(
            column,
            column,
            max(10, 2 * len(field.zh) + 4, len(_heading(field, lang)) + 2),
            text if field.kind in ("code", "text", "date") else None,
        )
        sheet.write_comment(
            0,
            column,
            _said(Bilingual(field.meaning_zh, field.meaning_en), lang),
            {"x_scale": 2},
        )
        if examples:
            _example(sheet, column, field, text)
        options = drop_down_words(field, lang)
        meaning = field.meaning_en if lang == "en" else field.meaning_zh
        title = (field.en if lang == "en" else field.zh)[:32]
        if options:
            sheet.data_validation(1, column, ROWS, column, {
                "validate": "list", "source": options, "error_title": title, "error_message": _said(both("io.template_choose"), lang)[:255],
                "error_type": "warning" if field.open else "stop",
            })  # fmt: skip
        elif field.kind in ("number", "integer") and field.minimum is not None and field.maximum is not None:
            sheet.data_validation(1, column, ROWS, column, {
                "validate": "decimal" if field.kind == "number" else "integer", "criteria": "between", "minimum": field.minimum,
                "maximum": min(field.maximum, 2_000_000_000), "error_title": title, "error_message": meaning[:255],
            })  # fmt: skip
    sheet.freeze_panes(1, 2)
    sheet.set_row(0, 32)


def _heading(field: Field, lang: str) -> str:
    label = field.en if lang == "en" else field.zh
    return f"{label}({field.unit})" if field.unit else label


def _example(sheet: Any, column: int, field: Field, text: Any) -> None:
    if field.example and field.kind in ("number", "integer"):
        sheet.write_number(1, column, float(field.example))
    else:
        sheet.write_string(1, column, field.example, text)


def _explanations(book: Any, lang: str, examples: bool) -> None:
    sheet = book.add_worksheet(say("io.sheet_explanations", main_language(lang)))
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    keys = ["template_title", *(["template_example"] if examples else []), "template_colours", "template_coordinates", "template_codes"]
    for row, key in enumerate(keys):
        sheet.write_string(row, 0, _said(both(f"io.{key}"), lang), bold if row == 0 else None)
    row = 6
    for column, key in enumerate(("template_sheet", "template_column", "template_needed", "template_meaning", "template_choices")):
        sheet.write_string(row, column, _said(both(f"io.{key}"), lang), bold)
        sheet.set_column(column, column, (14, 26, 12, 80, 50)[column])
    for table in EXPLAINED:
        for field in TABLES[table]:
            if field.name in HIDDEN or field.part_of:
                continue
            row += 1
            needed = _said(both("io.template_yes"), lang) if field.required or field.name in ("lon", "lat") else ""
            meaning = _said(Bilingual(field.meaning_zh, field.meaning_en), lang)
            choices = (", " if lang == "en" else "、").join(drop_down_words(field, lang))
            cells = (sheet_name(table, lang), _heading(field, lang), needed, meaning, choices)
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell, wrap)
