"""The texts of a shapefile: the encoding its .dbf is read by, and half letters at the end of full fields, which are cut off."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from infraplan.io.encoding_guess import judged, whole_letters
from infraplan.presets import load
from infraplan.tables.faults import FaultList

MOST_CELLS = 100_000  # texts that are looked at
FIELD_BYTES = 32


class DbfTexts:
    """Header and records of a .dbf, as far as they are there."""

    def __init__(self, path: Path):
        self.content = np.fromfile(path, dtype=np.uint8)
        head = self.content[:32].tobytes().ljust(32, b"\0")
        self.driver = head[29]
        start, width = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
        rows = min(int.from_bytes(head[4:8], "little"), max(len(self.content) - start, 0) // width if width else 0)
        self.records = self.content[start : start + rows * width].reshape(rows, width) if width else self.content[:0].reshape(0, 0)
        self.fields: list[tuple[str, int, int]] = []
        self.heading = b""
        offset = 1
        for place in range(32, min(start, len(self.content)) - FIELD_BYTES + 1, FIELD_BYTES):
            field = self.content[place : place + FIELD_BYTES].tobytes()
            if field[0] == 0x0D:
                break
            name, size = field[:11].split(b"\0")[0], field[16] if field[11:12] != b"C" else field[16] + 256 * field[17]
            if field[11:12] == b"C" and offset + size <= width:
                self.fields.append((name.decode("latin-1"), offset, size))
            self.heading += name + b"\n"
            offset += size

    def cells(self) -> dict[tuple[int, int], bytes]:
        """The texts beyond ASCII, by record and field."""
        found: dict[tuple[int, int], bytes] = {}
        for number, (_, offset, size) in enumerate(self.fields):
            part = self.records[:, offset : offset + size]
            for row in np.flatnonzero((part >= 0x80).any(axis=1)).tolist():
                found[row, number] = part[row].tobytes().split(b"\0")[0].rstrip(b" ")
        return found


def encoding_of(dbf: Path, cpg: Path | None, given: str | None, faults: FaultList) -> tuple[str, bytes | None]:
    """(encoding of a .dbf, its content where letters were cut off).

    The encoding is `given`, else `judged` by the texts and by what the .cpg, else the language driver id, declares. A doubtful choice is
    a warning; texts that do not decode are faults with their row; a half letter at the end of a full field is cut off, with a warning.
    """
    texts = DbfTexts(dbf)
    cells = texts.cells()
    headings = [word for word in texts.heading.split(b"\n") if not word.isascii()]
    sample = [*headings, *cells.values()][:MOST_CELLS]
    declared = _of_cpg(cpg) or load("code_pages")["language_driver"].get(str(texts.driver), "")
    encoding, sure = (given, True) if given is not None else judged(sample, declared)
    if not encoding:
        faults.add("io.unknown_encoding", value=declared)
        faults.stop()
    if not sure:
        shown = _sample(list(dict.fromkeys(sample)), encoding)
        faults.add("io.encoding_judged", severity="warning", encoding=encoding, declared=declared or "—", sample=shown)
    return encoding, _without_half_letters(texts, cells, encoding, faults)


def _sample(cells: list[bytes], encoding: str) -> str:
    return ", ".join(cell.decode(encoding, "replace") for cell in cells[:3])


def _of_cpg(cpg: Path | None) -> str:
    """A .cpg's encoding as Python names it; "" where there is none or it is empty."""
    if cpg is None:
        return ""
    says = cpg.read_bytes()[:40].decode("ascii", "replace").strip().lower()
    number = re.fullmatch(r"(?:ansi|cp|windows|ms|ibm|oem)?[\s_-]*(\d+)", says)
    digits = number[1] if number else ""
    if digits in ("65001", "88591", "54936"):
        return {"65001": "utf-8", "88591": "latin-1", "54936": "gb18030"}[digits]
    return f"cp{digits}" if digits else says.replace(" ", "-")


def _without_half_letters(texts: DbfTexts, cells: dict[tuple[int, int], bytes], encoding: str, faults: FaultList) -> bytes | None:
    """The .dbf with half letters blanked, None where it has none; faults for texts damaged elsewhere."""
    cut, damaged = {}, np.zeros(len(texts.records), dtype=bool)
    whole = {cell: whole_letters(cell, encoding) for cell in dict.fromkeys(cells.values())}
    shown: dict[int, tuple[str, str]] = {}
    for (row, number), cell in cells.items():
        kept = whole[cell]
        if kept is None:
            damaged[row] = True
            shown.setdefault(row, (texts.fields[number][0], cell.decode(encoding, "replace")))
        elif len(kept) < len(cell):
            cut[row, number] = kept
    for row in np.flatnonzero(damaged)[:10].tolist():
        faults.add("io.bad_text", row=row + 1, column=shown[row][0], value=shown[row][1])
    if damaged.sum() > 10:
        faults.add("io.bad_text", count=int(damaged.sum()) - 10)
    faults.stop()
    if not cut:
        return None
    rows = sorted({row for row, _ in cut})
    first = ", ".join(str(row + 1) for row in rows[:10])
    faults.add("io.text_cut", row=rows[0] + 1, severity="warning", count=len(cut), rows=first)
    for (row, number), kept in cut.items():
        _, offset, size = texts.fields[number]
        texts.records[row, offset : offset + size] = np.frombuffer(kept.ljust(size), dtype=np.uint8)
    return texts.content.tobytes()
