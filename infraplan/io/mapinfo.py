"""MapInfo tables (TAB, MIF) with the right charset: many programs write Neutral or Latin 1 over Chinese text, which GDAL believes."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from infraplan.io.encoding_guess import judged

CHARSET = re.compile(rb"""(^\s*!charset\s+"?|\bcharset\s+")([\w\-]+)""", re.IGNORECASE | re.MULTILINE)
CHARSETS = {"utf-8": b"UTF-8", "gb18030": b"WindowsSimpChinese", "big5": b"WindowsTradChinese", "cp1252": b"WindowsLatin1"}
UNSURE = (b"neutral", b"windowslatin1", b"")
FIELDS = re.compile(rb"^\s*Fields\s+\d+\s*?\r?\n((?:[^\r\n]*;[^\r\n]*\r?\n?)*)", re.IGNORECASE | re.MULTILINE)
CHARACTERS = re.compile(rb"\bchar\s*\(", re.IGNORECASE)
BETWEEN_CELLS = re.compile(rb"""[",;\t\r\n]+""")
ROWS_JUDGED = 20_000


def with_known_charset(main: Path, given: str | None) -> Path:
    """The unpacked .tab or .mif, rewritten where another charset than the declared one is given or found."""
    content = main.read_bytes()
    found = CHARSET.search(content[:4096])
    says = found.group(2).lower() if found else b""
    wanted = CHARSETS.get("gb18030" if given in ("gbk", "gb2312") else given or "")
    if wanted is None and says in UNSURE:
        side = main.with_suffix({".tab": ".dat", ".mif": ".mid"}[main.suffix])
        data = side.read_bytes() if side.exists() else b""
        cells = [*_headings(content), *_characters(content, data)] if main.suffix == ".tab" else BETWEEN_CELLS.split(content + b"\n" + data)
        texts = [cell for cell in cells if not cell.isascii()]
        wanted = CHARSETS.get(judged(texts)[0]) if texts else None
    if wanted is None:
        return main
    if found is None:
        content = re.sub(rb"(?im)^(version\s+\d+\s*?\r?\n)", rb'\1Charset "' + wanted + rb'"\n', content, count=1)
    main.write_bytes(CHARSET.sub(lambda match: match.group(1) + wanted, content))
    return main


def _definitions(content: bytes) -> list[bytes]:
    """The lines of a .tab that define its fields."""
    found = FIELDS.search(content)
    return [line for line in found.group(1).split(b"\n") if line.strip()] if found else []


def _headings(content: bytes) -> list[bytes]:
    return [line.split()[0] for line in _definitions(content)]


def _characters(content: bytes, table: bytes) -> list[bytes]:
    """The cells of the text fields of a .dat. Its numbers and the lengths in its heading are binary, no text."""
    definitions = _definitions(content)
    if len(table) < 32:
        return []
    rows, start, width = struct.unpack_from("<iHH", table, 4)
    if start < 32 * (len(definitions) + 1) or start > len(table):
        return []
    lengths = [table[32 * (number + 1) + 16] for number in range(len(definitions))]
    cells, first = [], 1
    for line, length in zip(definitions, lengths, strict=True):
        if CHARACTERS.search(line):
            starts = (start + row * width + first for row in range(min(max(rows, 0), ROWS_JUDGED)))
            cells += [table[at : at + length].split(b"\0", 1)[0].rstrip() for at in starts]
        first += length
    return cells
