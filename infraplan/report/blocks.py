"""The parts of a report, without layout: headings, paragraphs, pictures, tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from infraplan.report.page_rows import Shown
from infraplan.report.style import units

WIDEST = 36.0
"""Characters that the widest column of a table is taken to hold."""
ITEM_AND_CONTENT = [20.0, 80.0]
"""Widths of a table of two columns."""
LONG_TEXT = 1.7
"""By how much a column of sentences is wider on paper than in a sheet, where its lines may be many."""
SHORT_TEXT = 16
"""Widths of a figure up to which a text is kept on one line."""


@dataclass(frozen=True)
class Heading:
    """一、 in the body; `key`: which section."""

    text: str
    key: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of running text; `note`: small print."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Picture:
    """A PNG with its caption, which is its alternative text too."""

    png: bytes
    caption: str


@dataclass(frozen=True)
class Table:
    """A table, of the annex where it has a number: title, heads, relative widths, numeric columns, rows; `totals`: rows in bold.

    `key`: which annex. `shown`: the same for a web page.
    """

    number: int
    title: str
    heads: Sequence[str]
    widths: Sequence[float]
    numeric: Sequence[int]
    rows: Sequence[Sequence[str]]
    totals: Sequence[int] = ()
    note: str = ""
    key: str = ""
    shown: Shown | None = None


Block = Heading | Paragraph | Picture | Table


def table_of(title: str, shown: Shown, number: int = 0, note: str = "", key: str = "") -> Iterator[Table]:
    """A worded frame as a table; none without rows."""
    if shown.rows:
        widths = [min(max(column.characters, 7) * (LONG_TEXT if column.form == "wrap" else 1), WIDEST) for column in shown.columns]
        widths = [max(width, _one_line(row[index] for row in shown.rows)) for index, width in enumerate(widths)]
        widths = ITEM_AND_CONTENT if len(widths) == 2 else widths
        numeric = [index for index, column in enumerate(shown.columns) if column.numeric]
        totals = [index for index, bold in enumerate(shown.bold) if bold]
        yield Table(number, title, shown.heads, widths, numeric, shown.rows, totals, note, key, shown)


def _one_line(texts: Iterable[str]) -> float:
    """The width at which the short ones of a column's texts stay on one line. [widths of a figure]"""
    widths = [units(text) for text in texts if len(text) <= SHORT_TEXT]
    return max((width + 1.5 for width in widths if width <= SHORT_TEXT), default=0.0)
