"""A scan for what the workbook reader does not report: hidden rows, formulas without a value, error cells, and how far a sheet reaches.

The sheet's XML is streamed through a few patterns; no tree is built, and the decompression is bounded.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import unescape

from infraplan.io.opening import LARGEST_MEMBER_BYTES, MOST_CELLS, MOST_COLUMNS, Bounded

PIECE_BYTES = 2**20
LONGEST_CELL = 2**17
ROW_NUMBER = re.compile(rb'\br="(\d+)"')
HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
PREFIX = re.compile(rb"<(\w+:)sheetData\b")
SHEET_ENTRY = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
RELATION = re.compile(r"<Relationship\b[^>]*>")
ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')


@dataclass(frozen=True)
class Patterns:
    """The patterns of a scan; `prefix` is the namespace's, mostly empty: a literal start keeps the search fast."""

    row: re.Pattern[bytes]
    far_cell: re.Pattern[bytes]
    formula: re.Pattern[bytes]
    error: re.Pattern[bytes]

    @classmethod
    def of(cls, prefix: bytes) -> Patterns:
        """The patterns under one namespace prefix."""
        p = re.escape(prefix)
        place = rb'[^>]*?\br="([A-Z]{1,3})(\d+)"[^>]*>'
        formula = rb"<%bf\b(?:[^>]*/>|[^>]*>[^<]*</%bf>)" % (p, p)
        value = rb"(?:<%bv\s*/>|<%bv>\s*</%bv>)?" % (p, p, p)
        return cls(
            row=re.compile(rb"<%brow\b([^>]*)>" % p),
            far_cell=re.compile(rb' r="([A-Z]{2,3})(\d+)"'),
            formula=re.compile(rb"<%bc\b%b\s*%b\s*%b\s*</%bc>" % (p, place, formula, value, p)),
            error=re.compile(rb'<%bc\b(?=[^>]*\bt="e")%b' % (p, place)),
        )


@dataclass
class SheetScan:
    """Rows and columns count from 1."""

    hidden: set[int] = field(default_factory=set)
    uncalculated: list[tuple[int, int]] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0

    @property
    def too_large(self) -> bool:
        """True where the sheet is so large that its rectangle of cells would fill the memory."""
        return self.last_column > MOST_COLUMNS or self.last_row * max(self.last_column, 26) > MOST_CELLS


def column_number(letters: bytes) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def scan_sheet(path: Path, sheet: str, *, head_only: bool = False) -> SheetScan:
    """Scan one sheet of an XLSX; an empty scan for other formats. `head_only` looks at extents alone."""
    scan = SheetScan()
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        if part is None:
            return scan
        with archive.open(part) as raw:
            stream = Bounded(raw, LARGEST_MEMBER_BYTES, path)
            kept, patterns = b"", None
            while piece := stream.read(PIECE_BYTES):
                text = kept + piece
                last = max(text.rfind(mark) for mark in (b"<c ", b":c ", b"<row", b":row"))
                cut = text.rfind(b"<", 0, last + 1) if last > 0 else text.rfind(b"<")
                ready, kept = (text[:cut], text[cut:]) if cut > 0 else (text, b"")
                kept = kept[:LONGEST_CELL]
                if patterns is None:
                    found = PREFIX.search(text)
                    patterns = Patterns.of(found.group(1) if found else b"")
                _scan_piece(ready, scan, head_only, patterns)
            if patterns is not None:
                _scan_piece(kept, scan, head_only, patterns)
    return scan


def _scan_piece(text: bytes, scan: SheetScan, head_only: bool, patterns: Patterns) -> None:
    for attributes in patterns.row.findall(text):
        number = ROW_NUMBER.search(attributes)
        scan.last_row = int(number.group(1)[:9]) if number else scan.last_row + 1
        if b"hidden" in attributes and HIDDEN.search(attributes):
            scan.hidden.add(scan.last_row)
    for letters, row in patterns.far_cell.findall(text):
        scan.last_column = max(scan.last_column, column_number(letters))
        scan.last_row = max(scan.last_row, int(row[:9]))
    if head_only:
        return
    if b"<f" in text or b":f" in text:
        scan.uncalculated += [(int(row[:9]), column_number(letters)) for letters, row in patterns.formula.findall(text)]
    if b't="e"' in text:
        scan.errors += [(int(row[:9]), column_number(letters)) for letters, row in patterns.error.findall(text)]


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The archive's member that holds a sheet, by the workbook's own list."""
    try:
        book = _text(archive, "xl/workbook.xml")
        relations = _text(archive, "xl/_rels/workbook.xml.rels")
    except KeyError:
        return None
    targets = {found["Id"]: found.get("Target", "") for found in map(_attributes, RELATION.findall(relations)) if "Id" in found}
    for entry in map(_attributes, SHEET_ENTRY.findall(book)):
        if unescape(entry.get("name", ""), {"&quot;": '"', "&apos;": "'"}) == sheet:
            target = targets.get(next((value for key, value in entry.items() if key.endswith(":id")), ""), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            return part if part in archive.namelist() else None
    return None


def _text(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as stream:
        return stream.read(2**24).decode("utf-8", "replace")


def _attributes(element: str) -> dict[str, str]:
    return dict(ATTRIBUTE.findall(element))
