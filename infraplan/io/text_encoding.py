"""Which encoding a text file is in: its byte-order mark, else UTF-8 if every byte fits, else GB18030 if every byte fits."""

from __future__ import annotations

import codecs
from pathlib import Path

from infraplan.io.opening import byte_stream
from infraplan.presets import choose
from infraplan.tables.faults import FaultList

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OFFERED = ("utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "utf-16", "utf-16-le", "utf-16-be", "big5", "big5hkscs", "cp1252", "latin-1")


def text_encoding(path: Path, given: str | None = None) -> str:
    """Name of the encoding: `given` where it is given.

    A file that fits none is a DataError with the line of the first byte that does not fit.

    GB18030 is taken for GBK and GB2312, which it contains. Big5 bytes often fit GB18030 too: then `encoding="big5"` must be given.
    """
    if given is not None:
        name = choose(given.lower().replace("_", "-"), OFFERED, "encoding")
        return "gb18030" if name in ("gbk", "gb2312") else name
    with byte_stream(path) as stream:
        head = stream.read(4096)
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if len(head) >= 4 and head[1::2].count(0) > 0.4 * len(head[1::2]):
        return "utf-16-le"
    if len(head) >= 4 and head[0::2].count(0) > 0.4 * len(head[0::2]):
        return "utf-16-be"
    misfit = _first_misfit(path, "utf-8")
    if misfit is None:
        return "utf-8"
    if _first_misfit(path, "gb18030") is None:
        return "gb18030"
    faults = FaultList(file=path.name)
    faults.add("io.unknown_encoding", row=misfit)
    faults.stop()
    return ""


def _first_misfit(path: Path, encoding: str) -> int | None:
    """Line of the first byte that is not of this encoding; None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    with byte_stream(path) as stream:
        while piece := stream.read(2**20):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as problem:
                return line + problem.object[: problem.start].count(b"\n")
            line += piece.count(b"\n")
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return line
    return None
