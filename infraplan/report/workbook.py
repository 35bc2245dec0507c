"""annex.xlsx: scorecard, gaps, new sites and method as official annex tables that a county can fill in and send back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.files import atomic_path
from infraplan.messages import say
from infraplan.report import page_rows
from infraplan.report.context import PageContext
from infraplan.report.map_data import hosts, spaced
from infraplan.report.style import day, integer, is_share, missing, percent, percent_up, text, units
from infraplan.report.words import Words, field_label

FIXED_DAY = datetime(2020, 1, 1)  # the workbook's "created": a clock inside would change the bytes of equal content
HEAD_ROW = 4
A3, A4 = 8, 9
OFFICIAL = {"scorecard": 12, "gaps": 25}  # columns of the official table; what stands right of them is not printed
MOST_GAPS = 20_000  # rows of the province's own list; every city's annex is complete


@dataclass(frozen=True)
class Column:
    """A column of a sheet: catalogue key, width in characters, format, values (None: left for the reader to fill in)."""

    key: str
    width: float
    form: str
    values: Sequence[Any] | None = None
    total: Any = None

    def label(self, words: Words) -> str:
        """The heading; a key with a dot is another room's."""
        return say(self.key, words.lang) if "." in self.key else words.t(self.key)


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
        sheets = (
            ("scorecard", scorecard_columns(context, words), 2),
            ("gaps", gap_columns(context, words), 6),
            ("sites", site_columns(context, words), 3),
        )
        for number, (key, columns, frozen) in enumerate(sheets, 1):
            rows = _write(book, forms, context, words, key, number, columns, frozen)
            if key == "gaps":
                _validations(book.get_worksheet_by_name(words.t("sheet_gaps")), columns, rows, words)
        _method(book, forms, context, words, len(sheets) + 1)
        book.close()


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
    _page(sheet, words, rows + totals, printed, A3 if key == "gaps" else A4)
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
        elif isinstance(value, tuple):
            sheet.write_number(row, index, float(value[0]), forms[value[1]])
        elif isinstance(value, (date, datetime)):
            sheet.write_datetime(row, index, value, form)
        else:
            sheet.write_number(row, index, float(value), form)


def scorecard_columns(context: PageContext, words: Words) -> list[Column]:
    """The official columns of a scorecard, then what an engineer wants beside them."""
    frame = context.targets.reset_index(drop=True)
    rows = frame.to_dict("records")
    share = [is_share(row) for row in rows]

    def figure(name: str) -> list[Any]:
        return [
            None if missing(row[name]) else (row[name], "share" if is_share else "int") for row, is_share in zip(rows, share, strict=True)
        ]

    rate = [
        None
        if missing(row["required"]) or missing(row["achieved"]) or not float(row["required"])
        else float(row["achieved"]) / float(row["required"]) * 100
        for row in rows
    ]
    document = ["; ".join(part for part in (text(row["document"]), text(row["quotation"])) if part) for row in rows]
    return [
        Column("x_number", 6, "int", range(1, len(rows) + 1)),
        Column("x_task", 28, "wrap", [page_rows.full_title(row, words) for row in rows]),
        Column("x_document", 40, "wrap", document),
        Column("x_departments", 34, "wrap", [assigned(row["departments"], words) for row in rows]),
        Column("x_required", 11, "int", figure("required")),
        Column("x_achieved", 11, "int", figure("achieved")),
        Column("x_rate", 10, "rate", rate),
        Column("x_shortfall", 11, "int", [row["shortfall"] for row in rows]),
        Column("x_due", 15, "code", [day(row["due"], words.lang) for row in rows]),
        Column("x_evidence", 52, "wrap", [words.one(text(row["evidence"])) for row in rows]),
        Column("x_interpretation", 9, "code", [words.t("yes" if row["interpretation"] else "no") for row in rows]),
        Column("x_remark", 14, "fill"),
        Column("x_status", 10, "code", [words.code("status", row["status"]) for row in rows]),
        Column("x_numerator", 12, "int", [row["numerator"] for row in rows]),
        Column("x_denominator", 13, "int", [row["denominator"] for row in rows]),
        Column("x_unit", 9, "code", [words.code("unit", row["unit"]) for row in rows]),
        Column("x_family", 9, "code", [words.family(text(row["family"])) for row in rows]),
        Column("x_network", 12, "code", [words.network(row["network"]) if text(row["network"]) else "" for row in rows]),
        Column("x_target", 17, "code", [row["id"] for row in rows]),
    ]


def assigned(departments: Any, words: Words) -> str:
    """The departments as the document names them; where it names none, so in the page's language."""
    written = text(departments)
    return say("policy.annex_not_assigned", words.lang) if written == "not assigned" else written


def _distinct(values: Any, name: Any) -> list[str]:
    """Words for codes, one lookup a distinct code."""
    column = pd.Series(values).astype("object").where(lambda cell: cell.notna(), "")
    return [str(entry) for entry in column.map({code: name(code) for code in column.unique()})]


def gap_columns(context: PageContext, words: Words) -> list[Column]:
    """The official columns of a gap list; those of the inspection are left to be filled in; codes follow at the right."""
    frame = context.gaps
    once = ~frame["id"].duplicated() if len(frame) else slice(None)
    totals = [pd.to_numeric(frame[name], errors="coerce")[once].sum() for name in ("households", "population")]
    if context.level == "province" and len(frame) > MOST_GAPS:
        frame = frame.assign(_people=pd.to_numeric(frame["population"], errors="coerce")).nlargest(MOST_GAPS, "_people")
    if len(frame):
        frame = page_rows.provincial_order(frame.sort_values(["county", "town", "committee", "id", "family"], kind="stable"), "city")

    def plain(name: str) -> list[Any]:
        return frame[name].tolist() if name in frame else [None] * len(frame)

    people, households = (pd.to_numeric(frame[name], errors="coerce") for name in ("population", "households"))
    remarks = _remarks(plain("id"), plain("family"), plain("priority"), words)
    villages = [text(village) or text(name) for village, name in zip(plain("village"), plain("name"), strict=True)]
    return [
        Column("x_number", 6, "int", range(1, len(frame) + 1)),
        Column("x_city", 10, "text", plain("city_name")),
        Column("x_county", 14, "text", plain("county_name")),
        Column("x_town", 14, "text", plain("town")),
        Column("x_committee", 16, "text", plain("committee")),
        Column("x_village", 16, "text", villages),
        Column("x_households", 8, "int", households.tolist(), totals[0]),
        Column("x_people", 10, "int", people.tolist(), totals[1]),
        Column("x_lon", 11, "degree", plain("lon")),
        Column("x_lat", 10, "degree", plain("lat")),
        Column("x_operator", 14, "code", _distinct(plain("network"), words.network)),
        Column("x_outdoor", 10, "db", plain("outdoor_margin_db")),
        Column("x_indoor", 10, "db", plain("indoor_margin_db")),
        Column("x_nearest", 13, "code", plain("nearest_site")),
        Column("x_distance", 9, "km", plain("nearest_site_km")),
        Column("x_reason", 24, "text", _distinct(plain("reason"), words.reason)),
        Column("x_remedy", 22, "text", _distinct(plain("remedy"), lambda code: page_rows.remedy(code, words))),
        Column("x_departments", 14, "fill"),
        Column("x_plan_due", 13, "fill_date"),
        Column("x_check_date", 12, "fill_date"),
        Column("x_checker", 10, "fill"),
        Column("x_rsrp", 11, "fill"),
        Column("x_result", 10, "fill"),
        Column("x_closed", 10, "fill"),
        Column("x_remark", 24, "text", remarks),
        Column("policy.head_band", 10, "fill"),
        Column("policy.head_device", 10, "fill"),
        Column("policy.head_where", 10, "fill"),
        Column("x_kind", 10, "code", _distinct(plain("kind"), lambda code: words.code("kind", code))),
        Column("x_status", 9, "code", _distinct(plain("status"), lambda code: words.code("village", code))),
        Column("x_family", 9, "code", _distinct(plain("family"), words.family)),
        Column("x_target", 14, "code", plain("target")),
        Column("x_id", 14, "code", plain("id")),
    ]


def _remarks(ids: list[Any], families: list[Any], priorities: list[Any], words: Words) -> list[str]:
    """The id by which a filled sheet is read back, and the priority area."""
    form = say("policy.annex_id", words.lang)
    marks = [form.format(id=code, family=words.family(text(family))) for code, family in zip(ids, families, strict=True)]
    return [f"{mark}；{text(priority)}" if text(priority) else mark for mark, priority in zip(marks, priorities, strict=True)]


def site_columns(context: PageContext, words: Words) -> list[Column]:
    """Suggested sites in build order."""
    frame = context.plan_sites
    frame = frame.sort_values("order", kind="stable") if "order" in frame else frame
    names = dict(zip(context.zones["adcode"], context.zones["name"], strict=True))

    def plain(name: str) -> list[Any]:
        return list(frame[name]) if name in frame else [None] * len(frame)

    def total(name: str) -> Any:
        return pd.to_numeric(pd.Series(plain(name)), errors="coerce").sum() if len(frame) else None

    where = [
        text(names.get(county)) or text(names.get(city)) or text(county)
        for county, city in zip(plain("county"), plain("city"), strict=True)
    ]
    points = frame.geometry if len(frame) else []
    return [
        Column("x_order", 8, "int", plain("order")),
        Column("x_id", 11, "code", plain("id")),
        Column("x_name", 20, "text", plain("name")),
        Column("x_county", 14, "text", where),
        Column("x_services", 18, "text", [spaced(value) for value in plain("services")]),
        Column("x_host", 16, "text", list(hosts(plain("host"), words)) if len(frame) else []),
        Column("x_height", 9, "int", plain("height_m")),
        Column("x_cost", 13, "money", plain("cost_cny"), total("cost_cny")),
        Column("x_gained", 13, "int", plain("people_gained"), total("people_gained")),
        Column("x_villages_gained", 13, "int", plain("villages_gained"), total("villages_gained")),
        Column("x_lon", 11, "degree", [point.x for point in points]),
        Column("x_lat", 10, "degree", [point.y for point in points]),
        Column("x_site_reason", 34, "text", _distinct(plain("reason"), words.reason)),
        Column("x_remark", 16, "fill"),
    ]


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


def method_lines(context: PageContext, words: Words) -> Iterable[tuple[str, str]]:
    """How the numbers were made, as pairs of item and content."""
    facts = context.facts
    yield words.t("method_model"), facts.model
    yield words.t("method_resolution"), f"{facts.resolution_m:g} m"
    yield words.t("method_reliability"), percent(facts.reliability, 0)
    for line in facts.services:
        yield words.t("method_services"), line
    yield words.t("method_people"), words.one(facts.population_basis)
    for document in facts.documents:
        state = (
            words.t("expires", day=day(document.expires, words.lang)) + (f"（{words.t('expired')}）" if document.expired else "")
            if document.expires
            else ""
        )
        yield words.t("method_documents"), f"《{document.title}》{document.number} {state}".strip()
    for name, count in facts.filled_in.items():
        yield words.t("method_filled"), words.t("method_filled_row", field=field_label(name, words.lang), count=integer(count))
    for entry in facts.datasets:
        mark = f" · {words.t('example_mark')}" if entry.synthetic else ""
        yield words.t("method_data"), f"{entry.name} © {entry.holder} ({entry.licence}){mark}"
    if context.plan is not None:
        yield words.t("plan_bound"), integer(context.plan.bound_cny)
        yield words.t("plan_gap"), percent_up(context.plan.proven_gap)
    yield words.t("method_plan"), words.t("plan_note")
    yield words.t("limits"), words.t("method_plan_text")
    for key in ("limits_model", "limits_outdoor", "limits_parts", "reading_note"):
        yield words.t("limits"), words.t(key)
    for note in facts.notes:
        yield words.t("limits"), words.one(note)
    yield words.t("method_version"), f"infraplan {facts.version}"
    yield words.t("method_data"), facts.map_approval or words.t("no_map_approval")


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
