"""What the pages and tables of a run say, as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineWorkbook

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


def texts_of(folder: Path) -> Iterator[tuple[str, str]]:
    """(file, text) of every page, table and cell below a folder of results, the reports of `check` left out."""
    for path in sorted(folder.rglob("*")):
        if path.name.startswith("check."):
            continue
        if path.suffix in (".html", ".csv", ".qml"):
            yield path.name, path.read_text(encoding="utf-8-sig")
        elif path.suffix == ".xlsx":
            book = CalamineWorkbook.from_path(str(path))
            for sheet in book.sheet_names:
                yield path.name, sheet
                for row in book.get_sheet_by_name(sheet).to_python():
                    yield from ((f"{path.name}/{sheet}", cell) for cell in row if isinstance(cell, str))


def visible(html: str) -> str:
    """A page's text without markup and scripts, blanks made one."""
    plain = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", plain).split())
