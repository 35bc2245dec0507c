"""Tables that a narrow screen shows as cards: each cell has the words of its column's head."""

from __future__ import annotations

import re
from html import unescape

from markupsafe import escape

TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
HEAD_CELL = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
ENGLISH = re.compile(r'<span class="en".*?</span>', re.DOTALL)
TAG = re.compile(r"<[^>]+>")
ROW = re.compile(r"<tr\b.*?</tr>", re.DOTALL)
CELL = re.compile(r"<td\b(?![^>]*\bcolspan)")


def labelled(page: str) -> str:
    """The page with `data-label` in every cell of every table that has a head; all values in it are escaped, so that < begins a tag.

    A cell over several columns gets none. Where English is beside the Chinese of a head, the label is the Chinese alone.
    """
    return TABLE.sub(lambda found: _table(found.group()), page)


def _table(table: str) -> str:
    head = HEAD.search(table)
    if head is None:
        return table
    labels = [str(escape(unescape(TAG.sub("", ENGLISH.sub("", cell)).strip()))) for cell in HEAD_CELL.findall(head.group())]
    return table[: head.end()] + ROW.sub(lambda found: _row(found.group(), labels), table[head.end() :])


def _row(row: str, labels: list[str]) -> str:
    remaining = iter(labels)

    def cell(found: re.Match[str]) -> str:
        label = next(remaining, "")
        return f'<td data-label="{label}"' if label else found.group()

    return CELL.sub(cell, row)
