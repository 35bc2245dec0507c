"""Tables that a narrow screen shows as cards: each cell has the words of its column's head."""

from __future__ import annotations

import re
from html import unescape

TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
HEAD_CELL = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
ENGLISH = re.compile(r'<span class="en".*?</span>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<td\b(?![^>]*\bcolspan)")


NARROW = "@media screen and (max-width: 719.98px)"
"""Where page.css shows rows as cards."""


def labelled(page: str) -> str:
    """The page with the number of its label (`data-l`) in every cell of every table that has a head; the labels are in a style of its head.

    All values of the page are escaped, so that < begins a tag. A cell over several columns gets none. Where English is beside the Chinese
    of a head, the label is the Chinese alone.
    """
    labels: dict[str, int] = {}
    tables = TABLE.sub(lambda found: _table(found.group(), labels), page)
    rules = "".join(f"td[data-l='{number}']::before{{content:{_css_text(label)}}}" for label, number in labels.items())
    return tables.replace("</head>", f"<style>{NARROW}{{{rules}}}</style>\n</head>", 1) if rules else tables


def _css_text(label: str) -> str:
    """A text as CSS writes it; what could end the string or the style is a code."""
    plain = "".join(f"\\{ord(char):x} " if char in '"\\<>&' or ord(char) < 32 else char for char in label)
    return f'"{plain}"'


def _table(table: str, labels: dict[str, int]) -> str:
    head = HEAD.search(table)
    if head is None:
        return table
    own = [unescape(TAG.sub("", ENGLISH.sub("", cell)).strip()) for cell in HEAD_CELL.findall(head.group())]
    numbers = [labels.setdefault(label, len(labels) + 1) if label else 0 for label in own]
    return table[: head.end()] + ROW.sub(lambda found: _row(found.group(), numbers), table[head.end() :])


def _row(row: str, numbers: list[int]) -> str:
    remaining = iter(numbers)

    def cell(found: re.Match[str]) -> str:
        number = next(remaining, 0)
        return f"<td data-l={number}" if number else found.group()

    return CELL.sub(cell, row)
