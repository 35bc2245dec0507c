"""report.pdf, set by typst: the text goes in as JSON, so that no name can be markup."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from infraplan.errors import Fault, InfraplanError, warn
from infraplan.files import atomic_path
from infraplan.messages import both
from infraplan.report.document import Heading, Paragraph, Report, Table, chinese_number, every_text, png_size
from infraplan.report.fonts import LATIN, check_glyphs, chinese_family, package_fonts
from infraplan.report.pdf_size import smaller

SERIF = (
    "FangSong",
    "仿宋",
    "STFangsong",
    "Noto Serif CJK SC",
    "Noto Serif SC",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "Songti SC",
    "SimSun",
)
TEXT_WIDTH_MM, MOST_HEIGHT_MM = 156.0, 92.0
EPOCH = 1577836800  # 2020-01-01: the time of writing would change the bytes of equal content


@cache
def _fonts() -> Any:
    """Fonts of the system and of the installed packages, found once."""
    import matplotlib
    import typst

    folders = {str(Path(matplotlib.get_data_path()) / "fonts" / "ttf"), *(str(path.parent) for path in package_fonts())}
    return typst.Fonts(include_system_fonts=True, font_paths=sorted(folders))


@cache
def font_names() -> dict[str, list[str]]:
    """Families for running text and for headings, best first."""
    known = {str(getattr(family, "family", family)) for family in _families()}
    sans = chinese_family()
    serif = [family for family in SERIF if family in known][:1]
    return {"body": [*serif, sans, LATIN], "heading": [sans, LATIN]}


def _families() -> list[Any]:
    found = _fonts().families() if hasattr(_fonts(), "families") else _fonts().fonts()
    return list(found)


def write_pdf(report: Report, path: str | Path) -> None:
    """The report as a PDF.

    Raises
    ------
    InfraplanError
        typst is not installed, no Chinese font is found, or a character is in none of the fonts (the message names it).
    """
    try:
        import typst
    except ImportError as error:
        raise InfraplanError(both("report.no_typst")) from error
    check_glyphs(every_text(report), extra=font_names()["body"][0])
    data, pictures = _data(report)
    template = files("infraplan.report").joinpath("templates", "report.typ").read_bytes()
    content = {"report.typ": template, "data.json": json.dumps(data, ensure_ascii=False).encode("utf-8"), **pictures}
    with tempfile.TemporaryDirectory() as folder:
        for name, written in content.items():
            (Path(folder) / name).write_bytes(written)
        choice: dict[str, Any] = {"root": folder, "format": "pdf", "font_paths": _fonts(), "timestamp": EPOCH}
        source = str(Path(folder) / "report.typ")
        try:
            pdf = typst.compile(source, **choice)
        except typst.TypstError as error:
            if "internal error" not in str(error):
                raise
            # typst 0.15 fails on the tags of some page breaks
            message = both("report.pdf_untagged", reason=str(error)[:80])
            warn([Fault(Path(path).name, message, both("report.pdf_untagged_fix"), rule="pdf_untagged", severity="warning")])
            pdf = typst.compile(source, pdf_tags=False, **choice)
    with atomic_path(path) as part:
        part.write_bytes(smaller(pdf, list(pictures.values())))


def _height_mm(png: bytes) -> float:
    """Height at which a picture fills the width of the text, or the page with room for its caption. [mm]"""
    width, height = png_size(png)
    return min(TEXT_WIDTH_MM * height / width, MOST_HEIGHT_MM)


def _data(report: Report) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The report as JSON, and its pictures by file name."""
    chinese = report.lang == "zh"
    body: list[dict[str, Any]] = []
    pictures: dict[str, bytes] = {}
    sections = 0
    for block in report.body:
        if isinstance(block, Heading):
            sections += 1
            body.append(
                {"kind": "heading", "text": f"{chinese_number(sections)}、{block.text}" if chinese else f"{sections}  {block.text}"}
            )
        elif isinstance(block, Paragraph):
            body.append({"kind": "note" if block.note else "paragraph", "text": block.text})
        elif isinstance(block, Table):
            body.append({"kind": "table", "title": block.title, **_table(block)})
        else:
            name = f"picture{len(pictures) + 1}.png"
            pictures[name] = block.png
            body.append({"kind": "picture", "file": name, "caption": block.caption, "height": f"{_height_mm(block.png):.1f}"})
    tables = [
        {
            "listed": f"{table.number}. {table.title}",
            "annex": f"附件{table.number}" if chinese else f"Annex {table.number}",
            "title": f"{report.zone}{table.title}" if chinese else f"{report.zone}: {table.title}",
            "note": table.note,
            "table": _table(table),
        }
        for table in report.tables
    ]
    return {
        "title": report.title,
        "zone": report.zone,
        "subject": report.subject,
        "study": report.study,
        "lang": report.lang,
        "fonts": font_names(),
        "banners": list(report.banners),
        "basis": [list(pair) for pair in report.basis],
        "body": body,
        "tables": tables,
        "footer": report.footer,
        "words": dict(report.words),
    }, pictures


def _table(table: Table) -> dict[str, Any]:
    """A table as the template needs it."""
    return {
        "heads": list(table.heads),
        "widths": list(table.widths),
        "numeric": list(table.numeric),
        "rows": [list(row) for row in table.rows],
        "bold": list(table.totals),
        "note": table.note,
    }
