"""annex.xlsx: scorecard, gaps, new sites and method as official annex tables that a county can fill in and send back."""

from __future__ import annotations

import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

from infraplan.files import atomic_path
from infraplan.report.annex_columns import (
    MOST_GAPS,
    Column,
    gap_columns,
    method_lines,
    scorecard_columns,
    site_columns,
    unreachable_columns,
)
from infraplan.report.context import PageContext
from infraplan.report.style import integer, missing, text, units
from infraplan.report.words import Words

FIXED_DAY = datetime(2020, 1, 1)  # the workbook's "created": a clock inside would change the bytes of equal content
HEAD_ROW = 4
A3, A4 = 8, 9
OFFICIAL = {"scorecard": 12, "gaps": 25}  # columns of the official table; what stands right of them is not printed


def write_annex(context: PageContext, path: str | Path, lang: str = "zh") -> None:
    """The annex of one zone. Names are written as text, so that a formula in one stays text; equal content gives equal bytes."""
    import xlsxwriter

    words = Words(lang)
    with atomic_path(path) as part:
        book = xlsxwriter.Workbook(
            str(part), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
        )
        book.set_properties({"title": words.t("annex_title", name=context.name), "author": "", "company": "", "created": FIXED_DAY})
        forms = _formats(book)
        sheets: tuple[tuple[str, list[Column], int], ...] = (
            ("scorecard", scorecard_columns(context, words), 2),
            ("gaps", gap_columns(context, words), 6),
            ("sites", site_columns(context, words), 3),
            *_certificate(context, words),
        )
        for number, (key, columns, frozen) in enumerate(sheets, 1):
            rows = _write(book, forms, context, words, key, number, columns, frozen)
            if key == "gaps":
                _validations(book.get_worksheet_by_name(words.t("sheet_gaps")), columns, rows, words)
        _method(book, forms, context, words, len(sheets) + 1)
        book.close()


def _certificate(context: PageContext, words: Words) -> list[tuple[str, list[Column], int]]:
    """The sheet of those no candidate can serve, where a goal is out of reach."""
    there = context.unreachable is not None and len(context.unreachable)
    return [("unreachable", unreachable_columns(context, words), 4)] if there else []


def _formats(book: Any) -> dict[str, Any]:
    base = {"font_name": "宋体", "font_size": 10, "valign": "vcenter", "border": 1, "border_color": "#B4C0CB"}
    numbers = {
        "int": "#,##0",
        "db": "0.0",
        "km": "0.00",
        "degree": "0.00000",
        "share": "0.00%",
        "rate": "0.00",
        "money": "#,##0",
        "date": "yyyy-mm-dd",
    }
    forms = {name: book.add_format({**base, "num_format": code, "align": "right"}) for name, code in numbers.items()}
    forms["text"] = book.add_format({**base, "num_format": "@"})
    forms["wrap"] = book.add_format({**base, "num_format": "@", "text_wrap": True})
    forms["code"] = book.add_format({**base, "num_format": "@", "align": "center"})
    forms["date"] = book.add_format({**base, "num_format": numbers["date"], "align": "center"})
    forms["fill"] = book.add_format({"border": 1, "border_color": "#B4C0CB", "bg_color": "#FFF9E5"})
    forms["fill_date"] = book.add_format({"border": 1, "border_color": "#B4C0CB", "bg_color": "#FFF9E5", "num_format": numbers["date"]})
    forms["head"] = book.add_format(
        {**base, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#E8EEF3", "font_name": "黑体"}
    )
    forms["annex"] = book.add_format({"font_name": "黑体", "font_size": 14, "align": "left"})
    forms["title"] = book.add_format({"font_name": "宋体", "bold": True, "font_size": 18, "align": "center", "valign": "vcenter"})
    forms["line"] = book.add_format({"font_name": "宋体", "font_size": 10.5})
    forms["note"] = book.add_format({"font_name": "宋体", "font_size": 10.5, "font_color": "#45378A", "text_wrap": True, "valign": "top"})
    forms["unit"] = book.add_format({"font_name": "宋体", "font_size": 10.5, "align": "right"})
    for name, code in numbers.items():
        forms[f"total_{name}"] = book.add_format({**base, "num_format": code, "align": "right", "bold": True, "bg_color": "#F4F7F9"})
    forms["total"] = book.add_format({**base, "bold": True, "align": "center", "bg_color": "#F4F7F9"})
    return forms


def _head(sheet: Any, forms: dict[str, Any], context: PageContext, words: Words, key: str, number: int, last: int) -> None:
    """附件N, the title in the centre, who fills it in, the unit of measure."""
    sheet.write_string(0, 0, words.t("annex_number", number=number), forms["annex"])
    if context.facts.synthetic:
        sheet.write_string(0, min(2, last), words.t("synthetic_short"), forms["note"])
    sheet.merge_range(1, 0, 1, last, "", forms["title"])
    sheet.write_string(1, 0, words.t(f"annex_{key}", name=context.name), forms["title"])
    sheet.set_row(1, 30)
    step = max(1, (last + 1) // 4)
    for index, label in enumerate(("annex_filled_by", "annex_person", "annex_phone", "annex_date")):
        sheet.write_string(2, min(index * step, last), words.t(label), forms["line"])
    if key != "method":
        sheet.write_string(3, last, words.t(f"annex_unit_{key}"), forms["unit"])
    if key == "gaps" and context.level == "province" and len(context.gaps) > MOST_GAPS:
        sheet.write_string(3, 0, words.t("annex_gaps_cut", shown=integer(MOST_GAPS), total=integer(len(context.gaps))), forms["line"])


def _page(sheet: Any, words: Words, rows: int, last: int, paper: int = A4) -> None:
    sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(0.4, 0.4, 0.6, 0.6)
    sheet.repeat_rows(HEAD_ROW)
    sheet.set_footer("&C" + words.t("annex_page"))
    sheet.print_area(0, 0, HEAD_ROW + rows, last)


def _write(
    book: Any, forms: dict[str, Any], context: PageContext, words: Words, key: str, number: int, columns: list[Column], frozen: int
) -> int:
    """One sheet; returns its number of data rows."""
    sheet = book.add_worksheet(words.t(f"sheet_{key}"))
    last = len(columns) - 1
    printed = OFFICIAL.get(key, len(columns)) - 1
    rows = next(len(column.values) for column in columns if column.values is not None)
    totals = any(column.total is not None for column in columns)
    first = HEAD_ROW + 1 + totals
    _head(sheet, forms, context, words, key, number, printed)
    sheet.set_row(HEAD_ROW, 32)
    if any(column.form == "wrap" for column in columns):
        for row, height in enumerate(_heights(columns, rows), first):
            sheet.set_row(row, height)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, column.width)
        sheet.write_string(HEAD_ROW, index, column.label(words), forms["head"])
        if totals:
            _total(sheet, HEAD_ROW + 1, index, column, forms, words)
        _fill(sheet, first, index, column, rows, forms)
    if rows == 0:
        sheet.write_string(first, 0, words.t("none_listed"), forms["line"])
    sheet.freeze_panes(HEAD_ROW + 1, frozen)
    sheet.autofilter(HEAD_ROW, 0, first + max(rows, 1) - 1, last)
    _page(sheet, words, rows + totals, printed, A3 if key in ("gaps", "sites", "unreachable") else A4)
    return rows


def _heights(columns: list[Column], rows: int) -> list[float]:
    """Row heights that show every wrapped text; a spreadsheet program does not always find them by itself. [pt]"""
    lines = [1] * rows
    for column in columns:
        if column.form == "wrap" and column.values is not None:
            room = max(2.0, column.width - 1.5)
            lines = [max(most, math.ceil(units(text(value)) / room)) for most, value in zip(lines, column.values, strict=True)]
    return [14.0 * most + 3.0 for most in lines]


def _total(sheet: Any, row: int, index: int, column: Column, forms: dict[str, Any], words: Words) -> None:
    if index == 0:
        sheet.write_string(row, index, words.t("total"), forms["total"])
    elif column.total is None or missing(column.total):
        sheet.write_blank(row, index, None, forms["total"])
    else:
        sheet.write_number(row, index, float(column.total), forms[f"total_{column.form}"])


def _fill(sheet: Any, first: int, index: int, column: Column, rows: int, forms: dict[str, Any]) -> None:
    form = forms[column.form]
    if column.values is None:
        if rows:
            for kind in ("blanks", "no_blanks"):
                sheet.conditional_format(first, index, first + rows - 1, index, {"type": kind, "format": form})
        return
    if column.form in ("text", "wrap", "code"):
        for row, value in enumerate(column.values, first):
            sheet.write_string(row, index, "" if missing(value) else str(value), form)
        return
    for row, value in enumerate(column.values, first):
        if missing(value):
            sheet.write_blank(row, index, None, form)
        elif isinstance(value, str):
            sheet.write_string(row, index, value, forms["code"])
        elif isinstance(value, tuple):
            sheet.write_number(row, index, float(value[0]), forms[value[1]])
        elif isinstance(value, (date, datetime)):
            sheet.write_datetime(row, index, value, form)
        else:
            sheet.write_number(row, index, float(value), form)


def _validations(sheet: Any, columns: list[Column], rows: int, words: Words) -> None:
    """What may stand in the inspection columns."""
    if not rows:
        return
    first, last = HEAD_ROW + 2, HEAD_ROW + 1 + rows
    where = {column.key: index for index, column in enumerate(columns)}
    dates = {
        "validate": "date",
        "criteria": "between",
        "minimum": date(2018, 1, 1),
        "maximum": date(2100, 1, 1),
        "error_message": words.t("check_date_error"),
    }
    for key in ("x_plan_due", "x_check_date"):
        sheet.data_validation(first, where[key], last, where[key], dates)
    sheet.data_validation(
        first,
        where["x_rsrp"],
        last,
        where["x_rsrp"],
        {"validate": "decimal", "criteria": "between", "minimum": -156, "maximum": -31, "error_message": words.t("check_rsrp_error")},
    )
    for key, options in (
        ("x_result", ("result_covered", "result_uncovered", "result_recheck")),
        ("x_closed", ("closed_no", "closed_yes")),
        ("policy.head_where", ("outdoors", "indoors")),
    ):
        sheet.data_validation(first, where[key], last, where[key], {"validate": "list", "source": [words.t(option) for option in options]})


def _method(book: Any, forms: dict[str, Any], context: PageContext, words: Words, number: int) -> None:
    sheet = book.add_worksheet(words.t("sheet_method"))
    _head(sheet, forms, context, words, "method", number, 1)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 110)
    lines = list(method_lines(context, words))
    for index, key in enumerate(("x_item", "x_content")):
        sheet.write_string(HEAD_ROW, index, words.t(key), forms["head"])
        for row, line in enumerate(lines, HEAD_ROW + 1):
            sheet.write_string(row, index, line[index], forms["wrap"])
    sheet.freeze_panes(HEAD_ROW + 1, 0)
    _page(sheet, words, len(lines), 1)
