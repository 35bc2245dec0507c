"""The workbook of a sample: the sheet to fill in by route, how to fill it in, and the design by which it is read back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from infraplan.files import atomic_path
from infraplan.messages import main_language, say
from infraplan.outputs import column, shown
from infraplan.policy.inspection import NEEDED
from infraplan.policy.sample_designs import KEYS, Sample
from infraplan.tables.language import Speech
from infraplan.tables.number_formats import text, units
from infraplan.tables.wording import Cells, worded

FIXED_DAY = datetime(2020, 1, 1)  # the workbook's "created": the time of writing would change the bytes of equal content
HEAD_ROW = 4
LAST_PRINTED = "photo"
"""The columns behind it are not printed: an inspector who knows the prediction is not blind."""
FONT_PT, COUNTED_PT, LEAST_PT = 13, 11, 8.0  # of cells; of the font in which widths are counted; on paper
ROOM_MM, CHARACTER_MM = 275.0, 2.65  # width of A4 across between its margins; of a character of a column at 100 %
A4 = 9
CODES = {"whole": "#,##0", "db": "0.0", "km": "0.00", "degree": "0.00000", "share": "0.00%", "rate": "0.00000000"}
LINE = "#B4C0CB"
TESTED = ("result_covered", "result_uncovered", "result_recheck")
NOTE_WIDTHS = (18, 13, 82, 24)  # of the sheet how to fill in, which is printed on A4
RULES = ("order", "row", "networks", "nothing", "ids", "blind", "back")


def write_sample(sample: Sample, path: str | Path, lang: str = "both", *, speech: Speech | None = None, title: str = "") -> None:
    """Write the workbook of a sample. Names are written as text, so that a formula in one stays text; equal content gives equal bytes.

    `speech` words codes and networks in the main language of `lang`; `title`: of the study.
    """
    import xlsxwriter

    words = speech or Speech(main_language(lang))
    safe = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
        "nan_inf_to_errors": False,
    }
    with atomic_path(path) as part:
        book = xlsxwriter.Workbook(str(part), {**safe, "default_format_properties": {"font_name": "宋体", "font_size": COUNTED_PT}})
        heading = say("samples.title", words.lang, study=title or sample.about["study"], code=sample.key)
        book.set_properties({"title": heading, "author": "", "company": "", "created": FIXED_DAY})
        forms = _formats(book)
        _visits(book, forms, sample, words, heading)
        _lines(book, forms, "filling", list(filling_lines(sample, words)), words, heading)
        _lines(book, forms, "design", list(design_lines(sample, words)), words, heading)
        for key, table in (("stub", sample.stub), ("totals", sample.totals)):
            _plain(book, forms, key, table, words, heading)
        book.close()


def filling_lines(sample: Sample, words: Speech) -> Iterator[tuple[str, str, str, str]]:
    """Rows of the sheet that says how to fill in: the rules, then each column with whether it is needed, how, and an example."""
    about = {"family": words.judged(sample.about["family"], sample.about["receiver"]), "network": words.network(sample.about["network"])}
    for rule in RULES:
        yield say("report.fill_rule", words.lang), "", say(f"samples.rule_{rule}", words.lang, **about), ""
    for entry in shown("sample", "annex"):
        if entry.form.startswith("fill"):
            needed = entry.name in NEEDED and entry.name != "remark"
            how = f"samples.fill_{entry.name}" if entry.name in ("network", "rsrp_dbm", "remark") else f"report.fill_{entry.name}"
            example = "samples.example_" if entry.name in ("network", "remark") else "report.fill_example_"
            yield (entry.label(words.lang), say(f"report.fill_{'needed' if needed else 'optional'}", words.lang), say(how, words.lang),
                   say(f"{example}{entry.name}", words.lang))  # fmt: skip


def design_lines(sample: Sample, words: Speech) -> Iterator[tuple[str, str, str]]:
    """Rows of the sheet of the design: key, value, meaning; the last is the hash of them all and of the two sheets behind it."""
    for name in KEYS:
        yield name, str(sample.about.get(name, "")), say(f"samples.key_{name}", words.lang)
    yield "key", sample.key, say("samples.key_key", words.lang)


def _formats(book: Any) -> dict[str, Any]:
    base = {"font_name": "宋体", "font_size": FONT_PT, "valign": "vcenter", "border": 1, "border_color": LINE}
    forms = {name: book.add_format({**base, "num_format": code, "align": "right"}) for name, code in CODES.items()}
    forms["text"] = forms["wrap"] = book.add_format({**base, "num_format": "@", "text_wrap": True})
    forms["code"] = book.add_format({**base, "num_format": "@", "align": "center", "text_wrap": True})
    forms["fill"] = book.add_format({**base, "bg_color": "#FFF9E5", "text_wrap": True})
    forms["fill_day"] = book.add_format({**base, "bg_color": "#FFF9E5", "num_format": "yyyy-mm-dd"})
    head = {"bold": True, "align": "center", "text_wrap": True, "bg_color": "#E8EEF3", "font_name": "黑体"}
    forms["head"] = book.add_format({**base, **head})
    forms["title"] = book.add_format({"font_name": "宋体", "bold": True, "font_size": FONT_PT + 4, "align": "center", "valign": "vcenter"})
    forms["line"] = book.add_format({"font_name": "宋体", "font_size": FONT_PT})
    forms["note"] = book.add_format({"font_name": "宋体", "font_size": FONT_PT, "font_color": "#45378A"})
    return forms


def _top(sheet: Any, forms: Mapping[str, Any], heading: str, words: Speech, last: int, sample: Sample | None) -> None:
    """The title, the mark of synthetic data, and who fills it in."""
    sheet.merge_range(1, 0, 1, last, "", forms["title"])
    sheet.write_string(1, 0, heading, forms["title"])
    sheet.set_row(1, 30)
    sheet.set_row(2, 20)
    sheet.set_row(3, 20)
    if sample is None:
        return
    if sample.about["synthetic"] == "1":
        sheet.write_string(0, 0, say("report.synthetic_short", words.lang), forms["note"])
    for index, label in enumerate(("annex_filled_by", "annex_person", "annex_phone", "annex_date")):
        sheet.write_string(2, index * (last + 1) // 4, say(f"report.{label}", words.lang), forms["line"])
    about = {"family": words.judged(sample.about["family"], sample.about["receiver"]), "network": words.network(sample.about["network"])}
    line = say("samples.line", words.lang, visits=len(sample.visits), seed=sample.about["seed"], **about)
    sheet.write_string(3, 0, line, forms["line"])


def _page(sheet: Any, widths: Sequence[float], words: Speech, rows: int, heading: str, note: str) -> None:
    """A4 across, as wide as the paper, its head on every page."""
    scale = min(100, int(100 * ROOM_MM / (sum(widths) * CHARACTER_MM)))
    size = f"&{math.ceil(100 * LEAST_PT / scale)}"
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(0.4, 0.4, 0.6, 0.6)
    sheet.set_print_scale(scale)
    sheet.repeat_rows(HEAD_ROW, HEAD_ROW)
    sheet.set_header(f"&L{size}{note.replace('&', '&&')}&R{size}{heading.replace('&', '&&')}")
    sheet.set_footer(f"&C{size}{say('report.annex_page', words.lang)}")
    sheet.print_area(0, 0, HEAD_ROW + max(rows, 1), len(widths) - 1)
    sheet.freeze_panes(HEAD_ROW + 1, 0)


def _visits(book: Any, forms: Mapping[str, Any], sample: Sample, words: Speech, heading: str) -> None:
    """The sheet to fill in; a page ends where a city does."""
    sheet, rows = book.add_worksheet(say("samples.sheet_visits", words.lang)), len(sample.visits)
    cells = worded(sample.visits, "sample", "annex", words)
    printed = [one.column.name for one in cells].index(LAST_PRINTED)
    widths = [_width(one) for one in cells]
    _top(sheet, forms, heading, words, printed, sample)
    sheet.set_row(HEAD_ROW, 62)
    for row, height in enumerate(_heights(cells, rows), HEAD_ROW + 1):
        sheet.set_row(row, height)
    for index, one in enumerate(cells):
        sheet.set_column(index, index, widths[index])
        sheet.write_string(HEAD_ROW, index, one.label, forms["head"])
        for row, value in enumerate(one.values, HEAD_ROW + 1):
            _cell(sheet, row, index, value, one.column.form, forms)
    sheet.freeze_panes(HEAD_ROW + 1, [one.column.name for one in cells].index("name") + 1)
    sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + max(rows, 1), len(cells) - 1)
    note = say("report.synthetic_short", words.lang) if sample.about["synthetic"] == "1" else ""
    _page(sheet, widths[: printed + 1], words, rows, heading, note)
    city = sample.visits["city"].tolist()
    sheet.set_h_pagebreaks([HEAD_ROW + 1 + row for row in range(1, rows) if city[row] != city[row - 1]][:1000])
    _validations(sheet, cells, rows, words)


def _width(cells: Cells) -> float:
    """Width of a column that breaks no word of its heading; Chinese breaks anywhere. [characters]"""
    longest = max(len(word) for word in cells.label.split()) if cells.lang == "en" else 0
    return max(cells.column.characters, 1.15 * longest * FONT_PT / COUNTED_PT + 0.8)


def _cell(sheet: Any, row: int, index: int, value: Any, form: str, forms: Mapping[str, Any]) -> None:
    look = forms.get(form, forms["code"])
    if value is None or value == "":
        sheet.write_blank(row, index, None, look)
    elif isinstance(value, str):
        sheet.write_string(row, index, value, look if form in ("text", "wrap", "code") else forms["code"])
    else:
        sheet.write_number(row, index, float(value), look)


def _heights(cells: Sequence[Cells], rows: int) -> list[float]:
    """Row heights that show every text whole. [pt]"""
    lines = [1] * rows
    for one in cells:
        if one.column.form in ("text", "wrap", "code"):
            room = max(2.0, one.column.characters * COUNTED_PT / FONT_PT - 0.6)
            lines = [max(most, math.ceil(units(text(value)) / room)) for most, value in zip(lines, one.values, strict=True)]
    return [1.36 * FONT_PT * most + 6.0 for most in lines]


def _validations(sheet: Any, cells: Sequence[Cells], rows: int, words: Speech) -> None:
    """What each column of an inspector may hold."""
    if not rows:
        return
    where = {one.column.name: index for index, one in enumerate(cells)}
    between = {"validate": "decimal", "criteria": "between"}
    days = {"validate": "date", "criteria": "between", "minimum": date(2018, 1, 1), "maximum": date(2100, 1, 1)}
    rules = {
        "date": days | {"error_message": say("report.check_date_error", words.lang)},
        "rsrp_dbm": between | {"minimum": -156, "maximum": -31, "error_message": say("report.check_rsrp_error", words.lang)},
        "indoors": {"validate": "list", "source": [say(f"report.{one}", words.lang) for one in ("outdoors", "indoors")]},
        "result": {"validate": "list", "source": [say(f"report.{one}", words.lang) for one in TESTED]},
        "closed": {"validate": "list", "source": [say(f"report.{one}", words.lang) for one in ("closed_no", "closed_yes")]},
    }
    for name, most in (("confirmed_lon", 180), ("confirmed_lat", 90)):
        rules[name] = between | {"minimum": -most, "maximum": most, "error_message": say("report.check_position_error", words.lang)}
    for name, rule in rules.items():
        sheet.data_validation(HEAD_ROW + 1, where[name], HEAD_ROW + rows, where[name], rule)


def _lines(book: Any, forms: Mapping[str, Any], key: str, lines: Sequence[Sequence[str]], words: Speech, heading: str) -> None:
    """A sheet of sentences."""
    sheet = book.add_worksheet(say(f"samples.sheet_{key}", words.lang))
    entries = shown("filling" if key == "filling" else "sample_design", "annex")
    widths = NOTE_WIDTHS if key == "filling" else [entry.characters for entry in entries]
    heads = list(zip((entry.label(words.lang) for entry in entries), widths, strict=True))
    _top(sheet, forms, heading, words, len(heads) - 1, None)
    for index, (label, width) in enumerate(heads):
        sheet.set_column(index, index, width)
        sheet.write_string(HEAD_ROW, index, label, forms["head"])
    for row, line in enumerate(lines, HEAD_ROW + 1):
        rooms = [max(2.0, width * COUNTED_PT / FONT_PT - 2.5) for _, width in heads]
        most = max(math.ceil(units(cell) / room) for cell, room in zip(line, rooms, strict=True))
        sheet.set_row(row, 1.36 * FONT_PT * max(most, 1) + 3.0)
        for index, cell in enumerate(line):
            sheet.write_string(row, index, cell, forms["wrap"])
    _page(sheet, [width for _, width in heads], words, len(lines), heading, "")


def _plain(book: Any, forms: Mapping[str, Any], key: str, table: Any, words: Speech, heading: str) -> None:
    """A sheet of raw values that is read back."""
    sheet, entries = book.add_worksheet(say(f"samples.sheet_{key}", words.lang)), shown(f"sample_{key}", "annex")
    _top(sheet, forms, heading, words, len(entries) - 1, None)
    sheet.write_string(2, 0, say("samples.leave", words.lang), forms["note"])
    sheet.set_row(HEAD_ROW, 40)
    for index, entry in enumerate(entries):
        sheet.set_column(index, index, entry.characters)
        sheet.write_string(HEAD_ROW, index, column(f"sample_{key}", entry.name).label(words.lang), forms["head"])
        for row, value in enumerate(table[entry.name].tolist(), HEAD_ROW + 1):
            _cell(sheet, row, index, value, entry.form, forms)
    _page(sheet, [entry.characters for entry in entries], words, len(table), heading, "")
