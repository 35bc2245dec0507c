"""The faults of a study as a page and as a workbook, in Chinese and English, for the people who correct them."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from infraplan.errors import Fault
from infraplan.files import atomic_path, write_text
from infraplan.messages import both, in_language, main_language, say
from infraplan.tables.faults import tally

COLUMNS = ("severity", "file", "sheet", "row", "column", "value", "count", "message", "how_to_fix", "rule")
WIDTHS = (14, 24, 20, 8, 16, 24, 8, 48, 48, 20)
STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 2em; color: #222 }
table { border-collapse: collapse; width: 100% } 
th, td { border: 1px solid #ccc; padding: .3em .6em; text-align: left; vertical-align: top }
th { background: #f2f2f2; position: sticky; top: 0 } td { overflow-wrap: anywhere }
tr.error td:first-child { color: #b00020; font-weight: 600 }
tr.warning td:first-child { color: #8a5a00 } td.number { text-align: right }
"""


def ordered(faults: Iterable[Fault]) -> list[Fault]:
    """Errors first, then by file, sheet and row."""
    return sorted(faults, key=lambda fault: (fault.severity != "error", fault.file, fault.sheet, fault.row or 0))


def said(text: str, lang: str) -> str:
    """A text in a form of `messages.FORMS`."""
    return str(in_language(text, lang))


def summary_line(faults: Iterable[Fault], lang: str = "both") -> str:
    """How many errors and warnings."""
    listed = list(faults)
    return said(both("io.check_summary", **tally(listed)) if listed else both("io.check_clean"), lang)


def write_check_html(faults: Iterable[Fault], path: str | Path, lang: str = "both") -> None:
    """A page that needs no network; every value of a file is text in it."""
    listed = ordered(faults)
    language = "en" if lang == "en" else "zh-CN"
    head = "".join(f"<th>{escape(said(both(f'io.check_{name}'), lang))}</th>" for name in COLUMNS)
    body = "\n".join(
        f'<tr class="{escape(fault.severity)}">{"".join(_cell(fault, name, lang) for name in COLUMNS)}</tr>' for fault in listed
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>" if listed else ""
    title = escape(said(both("io.check_title"), lang))
    head_of_page = f'<head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
    page = f'<!doctype html>\n<html lang="{language}">{head_of_page}'
    write_text(path, f"{page}\n<body><h1>{title}</h1><p>{escape(summary_line(listed, lang))}</p>\n{table}\n</body></html>\n")


def write_check_xlsx(faults: Iterable[Fault], path: str | Path, lang: str = "both") -> None:
    """A workbook with a filter on every column; nothing in it is a formula or a link."""
    import xlsxwriter

    listed = ordered(faults)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with atomic_path(path) as part, xlsxwriter.Workbook(part, options) as book:
        sheet = book.add_worksheet(say("io.report_sheet", main_language(lang)))
        head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#F2F2F2", "border": 1})
        text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        sheet.write_string(0, 0, summary_line(listed, lang), book.add_format({"bold": True}))
        for column, (name, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(1, column, said(both(f"io.check_{name}"), lang), head)
        for line, fault in enumerate(listed, start=2):
            for column, name in enumerate(COLUMNS):
                value = _value(fault, name, lang)
                if isinstance(value, int):
                    sheet.write_number(line, column, value)
                else:
                    sheet.write_string(line, column, value[:32_000], text)
        sheet.freeze_panes(2, 0)
        sheet.autofilter(1, 0, max(len(listed) + 1, 2), len(COLUMNS) - 1)


def _value(fault: Fault, name: str, lang: str) -> str | int:
    if name == "severity":
        return said(both(f"io.check_{fault.severity}"), lang)
    value = getattr(fault, name)
    return "" if value is None else value if isinstance(value, int) else said(value, lang)


def _cell(fault: Fault, name: str, lang: str) -> str:
    value = _value(fault, name, lang)
    return f'<td class="number">{value}</td>' if isinstance(value, int) else f"<td>{escape(value)}</td>"
