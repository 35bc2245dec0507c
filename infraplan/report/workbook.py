"""annex.xlsx: scorecard, gaps, new sites and method as official annex tables that a county can fill in and send back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from infraplan.files import atomic_path
from infraplan.messages.amounts import unit as money_unit
from infraplan.outputs import TABLES
from infraplan.policy.annex import RESIDENTIAL, gap_parts
from infraplan.report import stamps
from infraplan.report.editions import PUBLIC
from infraplan.report.filling_notes import filling_lines
from infraplan.report.method_lines import method_lines
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import county_breaks, gaps_by_place
from infraplan.report.style import integer, text, units
from infraplan.report.words import Words
from infraplan.tables.wording import Cells, Figure, worded
from infraplan.tables.zone_order import in_city_order
from infraplan.units import cut

FIXED_DAY = datetime(2020, 1, 1)  # the workbook's "created": the time of writing would change the bytes of equal content
HEAD_ROW = 4
A3, A4 = 8, 9
MOST_GAPS = 20_000  # rows of the province's own list; every city's annex is complete
SUMMED = ("share", "span_km", "households", "population", "cost", "people_gained", "villages_gained", "places_gained")
FONT_PT, WIDTH_PT = 14, 11  # of cells; of the font in which widths of columns are counted
LEAST_PT = 8.0  # on paper
WRAPPED = ("text", "wrap")
BASE = {"font_name": "宋体", "font_size": FONT_PT, "valign": "vcenter", "border": 1, "border_color": "#B4C0CB"}
FROZEN = {"scorecard": 2, "sites": 3, "unreachable": 4}
ROOM_MM, CHARACTER_MM = {A3: 398.0, A4: 275.0}, 2.65  # width of paper between its margins; of a character of a column at 100 %


def write_annex(context: PageContext, path: str | Path, lang: str = "both") -> None:
    """The annex of one zone. Names are written as text, so that a formula in one stays text; equal content gives equal bytes."""
    import xlsxwriter

    words = Words.of(lang).about(context)
    with atomic_path(path) as part:
        safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
        font = {"font_name": BASE["font_name"], "font_size": WIDTH_PT}
        book = xlsxwriter.Workbook(str(part), {**safe, "default_format_properties": font})
        book.set_properties({"title": words.titled("annex_title", context), "author": "", "company": "", "created": FIXED_DAY})
        sheets = _sheets(context, words)
        for number, (key, columns, breaks) in enumerate(sheets, 1):
            rows = _write(book, context, words, key, number, columns, breaks)
            if key.startswith("gaps"):
                _validations(book.get_worksheet_by_name(words.t(f"sheet_{key}")), columns, rows, words)
        forms = formats(book)
        _notes(book, forms, context, words, "method", len(sheets) + 1, list(method_lines(context, words)))
        _notes(book, forms, context, words, "filling", len(sheets) + 2, list(filling_lines(context, words)))
        book.close()


def _sheets(context: PageContext, words: Words) -> list[tuple[str, list[Cells], list[int]]]:
    """Each sheet's name, columns, and the rows before which a new page begins."""
    sites = context.plan_sites.sort_values("order", kind="stable") if "order" in context.plan_sites else context.plan_sites
    found: list[tuple[str, list[Cells], list[int]]] = [("scorecard", worded(context.targets, "scorecard", "annex", words), [])]
    if context.facts.edition == PUBLIC:
        found.append(("towns", worded(context.towns, "towns", "annex", words), []))
        return found
    for key, rows in gap_parts(gaps_by_place(context, words)).items():
        if context.level == "province":
            rows = rows.sort_values("population", ascending=False, kind="stable").head(MOST_GAPS)
        rows = in_city_order(rows.sort_values(["county", "town", "committee", "id"], kind="stable"), context.city_order, "city")
        found.append((key, worded(rows, "gaps", "annex", words), county_breaks(rows)[:1000]))
    found.append(("sites", worded(sites, "sites", "annex", words), []))
    if context.fibre is not None:
        found.append(("fibre_spans", worded(context.fibre.spans, "backhaul_spans", "annex", words), []))
        found.append(("fibre_villages", worded(context.fibre.villages, "backhaul_villages", "annex", words), []))
    if context.unreachable is not None and len(context.unreachable):
        found.append(("unreachable", worded(context.unreachable, "certificate", "annex", words), []))
    return found


def scaled(widths: Sequence[float], paper: int) -> tuple[int, int]:
    """Percent of its size at which a sheet fits the width of its paper, and the size of its font that is still legible there. [pt]"""
    scale = min(100, int(100 * ROOM_MM[paper] / (sum(widths) * CHARACTER_MM)))
    return scale, max(FONT_PT, math.ceil(100 * LEAST_PT / scale))


def formats(book: Any, size: int = FONT_PT, unit: str = "") -> dict[str, Any]:
    """How each form of `columns` looks in a sheet whose cells have a font of that size in points; `unit`: of money."""
    base = {**BASE, "font_size": size}
    numbers = {
        "whole": "#,##0",
        "signed": "#,##0",
        "points": "0.00%",
        "db": "0.0",
        "km": "0.00",
        "degree": "0.00000",
        "share": "0.00%",
        "rate": "0.00",
        "money": f'#,##0 "{unit}"' if unit else "#,##0",
        "dbm": "0.0",
        "mbps": "0.0",
    }
    forms = {name: book.add_format({**base, "num_format": code, "align": "right"}) for name, code in numbers.items()}
    forms["text"] = forms["wrap"] = book.add_format({**base, "num_format": "@", "text_wrap": True})
    forms["code"] = book.add_format({**base, "num_format": "@", "align": "center", "text_wrap": True})
    forms["truth"] = forms["day"] = forms["code"]
    forms["fill"] = book.add_format({"border": 1, "border_color": "#B4C0CB", "bg_color": "#FFF9E5"})
    forms["fill_day"] = book.add_format({"border": 1, "border_color": "#B4C0CB", "bg_color": "#FFF9E5", "num_format": "yyyy-mm-dd"})
    forms["head"] = book.add_format(
        {**base, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#E8EEF3", "font_name": "黑体"}
    )
    forms["annex"] = book.add_format({"font_name": "黑体", "font_size": size, "align": "left"})
    forms["title"] = book.add_format({"font_name": "宋体", "bold": True, "font_size": size + 4, "align": "center", "valign": "vcenter"})
    forms["line"] = book.add_format({"font_name": "宋体", "font_size": size})
    forms["note"] = book.add_format({"font_name": "宋体", "font_size": size, "font_color": "#45378A"})
    forms["unit"] = book.add_format({"font_name": "宋体", "font_size": size, "align": "right"})
    for name, code in numbers.items():
        forms[f"total_{name}"] = book.add_format({**base, "num_format": code, "align": "right", "bold": True, "bg_color": "#F4F7F9"})
    forms["total"] = book.add_format({**base, "bold": True, "align": "center", "bg_color": "#F4F7F9"})
    return forms


def _head(sheet: Any, forms: dict[str, Any], context: PageContext, words: Words, key: str, number: int, last: int) -> None:
    """附件N, the title in the centre, who fills it in, the unit of measure."""
    sheet.write_string(0, 0, words.t("annex_number", number=number), forms["annex"])
    stamp = stamps.marked_stamp(context.facts, words)
    if stamp:
        sheet.write_string(0, min(2, last), stamp, forms["note"])
    sheet.merge_range(1, 0, 1, last, "", forms["title"])
    sheet.write_string(1, 0, words.titled(f"annex_{key}", context), forms["title"])
    sheet.set_row(1, 30)
    step = max(1, (last + 1) // 4)
    for index, label in enumerate(() if key == "filling" else ("annex_filled_by", "annex_person", "annex_phone", "annex_date")):
        sheet.write_string(2, min(index * step, last), words.t(label), forms["line"])
    if key not in ("method", "filling"):
        sheet.write_string(
            3, last, words.t(f"annex_unit_{key.partition('_')[0]}", money=money_unit(words.own.currency, words.lang)), forms["unit"]
        )
    lines = [words.t("annex_filling_hint", sheet=words.t("sheet_filling"))] if key.startswith("gaps") else []
    if key == "gaps" and context.level == "province":
        total = int(context.gaps["kind"].isin(RESIDENTIAL).groupby(context.gaps["id"]).any().sum())
        if total > MOST_GAPS:
            lines.append(words.t("annex_gaps_cut", shown=integer(MOST_GAPS), total=integer(total)))
    if lines:
        sheet.write_string(3, 0, words.joined(lines), forms["line"])


def _verbatim(written: str) -> str:
    """Text of a page's head with & doubled, since & begins a code there."""
    return written.replace("&", "&&")


def set_page(sheet: Any, heads: Sequence[str], words: Words, rows: int, last: int, paper: int, scale: int) -> None:
    """How a sheet is printed; `heads`: the texts at the left and right of every page; `scale`: percent of its size."""
    sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.set_print_scale(scale)
    sheet.set_margins(0.4, 0.4, 0.6, 0.6)
    sheet.repeat_rows(HEAD_ROW, HEAD_ROW)
    size = f"&{math.ceil(100 * LEAST_PT / scale)}"  # heads are scaled with the sheet
    sheet.set_header("".join(f"&{side}{size}{_verbatim(head)}" for side, head in zip("LR", heads, strict=True)))
    sheet.set_footer(f"&C{size}{words.t('annex_page')}")
    sheet.print_area(0, 0, HEAD_ROW + rows, last)


def _write(book: Any, context: PageContext, words: Words, key: str, number: int, columns: list[Cells], breaks: list[int]) -> int:
    """One sheet; returns its number of data rows. Sums are below the list, outside its filter, and follow the filter."""
    sheet = book.add_worksheet(words.t(f"sheet_{key}"))
    last, rows, first = len(columns) - 1, len(columns[0].values), HEAD_ROW + 1
    official = [cells.column.official or "A" in cells.column.places for cells in columns]
    printed = sum(bool(one) for one in official) - 1 if any(official) else last
    scale, size = scaled([cells.column.characters for cells in columns[: printed + 1]], A3)
    forms = formats(book, size, money_unit(words.own.currency, words.lang))
    summed = [key.startswith(("gaps", "sites", "fibre")) and cells.column.name.partition("_{")[0] in SUMMED for cells in columns]
    _head(sheet, forms, context, words, key, number, printed)
    sheet.set_row(HEAD_ROW, 76)
    for row, height in enumerate(_heights(columns, rows, size), first):
        sheet.set_row(row, height)
    for index, cells in enumerate(columns):
        sheet.set_column(index, index, cells.column.characters)
        sheet.write_string(HEAD_ROW, index, cells.label, forms["head"])
        fill(book, sheet, first, index, cells, forms)
        if any(summed) and rows:
            _total(sheet, first + rows, index, cells, summed[index], rows, forms, words)
    _blank_forms(sheet, columns, rows, forms)
    if rows == 0:
        sheet.write_string(first, 0, words.t("none_listed"), forms["line"])
    village = next((index for index, cells in enumerate(columns) if cells.column.name == "village"), 0)
    sheet.freeze_panes(HEAD_ROW + 1, FROZEN.get(key, village + 1))
    sheet.autofilter(HEAD_ROW, 0, first + max(rows, 1) - 1, last)
    set_page(sheet, stamps.corners(context.facts, words), words, rows + 1, printed, A3, scale)
    if breaks:
        sheet.set_h_pagebreaks([first + row for row in breaks])
    return rows


def _heights(columns: list[Cells], rows: int, size: int) -> list[float]:
    """Row heights that show every text whole; a spreadsheet program does not always find them by itself. [pt]"""
    lines = [1] * rows
    for cells in columns:
        if cells.column.form in WRAPPED:
            room = max(2.0, cells.column.characters * WIDTH_PT / size - 2.5)
            lines = [max(most, math.ceil(units(text(value)) / room)) for most, value in zip(lines, cells.values, strict=True)]
    return [1.36 * size * most + 3.0 for most in lines]


def _total(sheet: Any, row: int, index: int, cells: Cells, summed: bool, rows: int, forms: dict[str, Any], words: Words) -> None:
    from xlsxwriter.utility import xl_rowcol_to_cell

    if index == 0:
        sheet.write_string(row, index, words.t("total"), forms["total"])
    elif summed:
        ends = xl_rowcol_to_cell(row - rows, index), xl_rowcol_to_cell(row - 1, index)
        known = sum(value for value in cells.values if value is not None)
        sheet.write_formula(row, index, f"=SUBTOTAL(109,{ends[0]}:{ends[1]})", forms[f"total_{cells.column.form}"], known)
    else:
        sheet.write_blank(row, index, None, forms["total"])


def fill(book: Any, sheet: Any, first: int, index: int, cells: Cells, forms: dict[str, Any]) -> None:
    """Write a column's cells below row `first`: words as text, numbers in their form; none of a column that a person fills in."""
    form = forms.get(cells.column.form, forms["code"])
    if cells.column.form.startswith("fill"):
        return  # `_blank_forms`
    for row, value in enumerate(cells.values, first):
        if value is None:
            sheet.write_blank(row, index, None, form)
        elif isinstance(value, str):
            sheet.write_string(row, index, value, form if cells.column.form in (*WRAPPED, "code", "truth", "day") else forms["code"])
        elif not isinstance(value, Figure):
            sheet.write_number(row, index, float(value), form)
        elif not value.single:
            sheet.write_string(row, index, str(value), forms["wrap"])
        elif value.share:
            sheet.write_number(row, index, float(cut(value.least, 4)), forms["share"])
        else:
            key = f"figure {value.unit}"
            if key not in forms:
                whole = "#,##0" if float(value.least).is_integer() else "#,##0.0"
                forms[key] = book.add_format({**BASE, "num_format": f'{whole} "{value.unit}"', "align": "right"})
            sheet.write_number(row, index, float(value.least), forms[key])


def _blank_forms(sheet: Any, columns: list[Cells], rows: int, forms: dict[str, Any]) -> None:
    """The ground of the columns that a person fills in: one rule for those side by side, in place of a cell for each row."""
    for form, side_by_side in groupby(enumerate(columns), key=lambda one: one[1].column.form):
        if form.startswith("fill") and rows:
            at = [index for index, _ in side_by_side]
            always = {"type": "formula", "criteria": "=TRUE", "format": forms[form]}
            sheet.conditional_format(HEAD_ROW + 1, at[0], HEAD_ROW + rows, at[-1], always)


def _validations(sheet: Any, columns: list[Cells], rows: int, words: Words) -> None:
    """Data validations of the inspection columns."""
    if not rows:
        return
    first, last = HEAD_ROW + 1, HEAD_ROW + rows
    where = {cells.column.name: index for index, cells in enumerate(columns)}
    between = {"criteria": "between", "validate": "date", "minimum": date(2018, 1, 1), "maximum": date(2100, 1, 1)}
    rules: dict[str, dict[str, Any]] = dict.fromkeys(("planned", "date"), between | {"error_message": words.t("check_date_error")})
    signal = between | {"validate": "decimal", "minimum": -156, "maximum": -31}
    for key, most in (("confirmed_lon", 180), ("confirmed_lat", 90)):
        rules[key] = between | {"validate": "decimal", "minimum": -most, "maximum": most, "error_message": words.t("check_position_error")}
    rules["rsrp_dbm"] = signal | {"error_message": words.t("check_rsrp_error")}
    for key, options in (
        ("result", ("result_covered", "result_uncovered", "result_recheck")),
        ("closed", ("closed_no", "closed_yes")),
        ("indoors", ("outdoors", "indoors")),
    ):
        rules[key] = {"validate": "list", "source": [words.t(option) for option in options]}
    for key, rule in rules.items():
        sheet.data_validation(first, where[key], last, where[key], rule)


def _notes(
    book: Any, forms: dict[str, Any], context: PageContext, words: Words, key: str, number: int, lines: Sequence[Sequence[str]]
) -> None:
    """A sheet of sentences: methods, or how to fill in the lists."""
    sheet, entries = book.add_worksheet(words.t(f"sheet_{key}")), TABLES[key]
    last = len(entries) - 1
    _head(sheet, forms, context, words, key, number, last)
    for index, entry in enumerate(entries):
        sheet.set_column(index, index, entry.characters)
        sheet.write_string(HEAD_ROW, index, entry.label(words.lang), forms["head"])
        for row, line in enumerate(lines, HEAD_ROW + 1):
            sheet.write_string(row, index, line[index], forms["wrap"])
    for row, line in enumerate(lines, HEAD_ROW + 1):
        rooms = [max(2.0, entry.characters * WIDTH_PT / FONT_PT - 2.5) for entry in entries]
        most = max(math.ceil(units(cell) / room) for cell, room in zip(line, rooms, strict=True))
        sheet.set_row(row, 1.36 * FONT_PT * max(most, 1) + 3.0)
    sheet.freeze_panes(HEAD_ROW + 1, 0)
    scale = scaled([entry.characters for entry in entries], A4)[0]
    set_page(sheet, stamps.corners(context.facts, words), words, len(lines), last, A4, scale)
