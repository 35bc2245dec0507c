"""report.docx for WPS and Word: East Asian fonts set everywhere, tables with repeated heads, equal bytes for equal content."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from infraplan.files import atomic_path
from infraplan.report.document import Heading, Paragraph, Report, Table, chinese_number, png_size

BODY, BLACK, TITLE, LATIN = "仿宋", "黑体", "方正小标宋简体", "Times New Roman"
FIXED_DAY = datetime(2020, 1, 1)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LAST_ROWS = 4
"""Rows at the end of a table that stay on one page."""
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
WIDE_TWIPS, NARROW_TWIPS = 12_750, 8_800  # room between the margins of an A4 page on its side and upright


def write_docx(report: Report, path: str | Path) -> None:
    """The report as an editable document. Names are written as text of runs; a character XML cannot hold is left out."""
    import docx
    from docx.enum.section import WD_ORIENT, WD_SECTION
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import parse_xml
    from docx.shared import Cm, Pt

    document = docx.Document()
    _styles(document)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Cm(3.7), Cm(3.5), Cm(2.8), Cm(2.6)
    head = " · ".join(part for part in (report.words.get("synthetic"), report.words.get("stamp")) if part)
    if head:
        _line(section.header.paragraphs[0], head, size=8, align=WD_ALIGN_PARAGRAPH.CENTER)
    _page_number(section.footer.paragraphs[0], parse_xml)
    for _ in range(4):
        document.add_paragraph()
    if report.study:
        _line(document.add_paragraph(), report.study, size=12, align=WD_ALIGN_PARAGRAPH.CENTER)
    for line in (report.zone, report.subject):
        _line(document.add_paragraph(), line, font=TITLE, size=22, bold=True, align=WD_ALIGN_PARAGRAPH.CENTER)
    if report.words.get("stamp"):
        _line(document.add_paragraph(), report.words["stamp"], size=12, align=WD_ALIGN_PARAGRAPH.CENTER)
    document.add_paragraph()
    for banner in report.banners:
        _line(document.add_paragraph(), banner, size=12)
    _line(document.add_paragraph(), report.words["basis"], font=BLACK, size=14)
    for item, content in report.basis:
        _line(document.add_paragraph(), f"{item}：{content}" if report.lang == "zh" else f"{item}: {content}", size=12)
    _line(document.add_paragraph(), report.words["no_author"], size=10.5)
    _line(document.add_paragraph(), report.footer, size=10.5)
    document.add_page_break()  # type: ignore[no-untyped-call]
    sections = 0
    for block in report.body:
        if isinstance(block, Heading):
            sections += 1
            label = f"{chinese_number(sections)}、{block.text}" if report.lang == "zh" else f"{sections}  {block.text}"
            heading = document.add_paragraph(clean(label), style="Heading 1")
            heading.paragraph_format.first_line_indent = Pt(32)
        elif isinstance(block, Paragraph):
            paragraph = document.add_paragraph(style="Normal")
            if block.note:
                _line(paragraph, block.text, size=12)
            else:
                paragraph.paragraph_format.first_line_indent = Pt(32)
                paragraph.add_run(clean(block.text))
        elif isinstance(block, Table):
            title = _line(document.add_paragraph(), block.title, font=BLACK, size=12, align=WD_ALIGN_PARAGRAPH.CENTER)
            title.paragraph_format.keep_with_next = True
            end = _small_end(document)
            end._p.addprevious(parse_xml(table_xml(block, NARROW_TWIPS)))
        else:
            wide, high = png_size(block.png)
            picture = document.add_picture(io.BytesIO(block.png), width=Cm(min(15.4, 9.2 * wide / high)))
            picture._inline.docPr.set("descr", clean(block.caption))
            document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
            document.paragraphs[-1].paragraph_format.line_spacing = 1.0
            document.paragraphs[-1].paragraph_format.keep_with_next = True
            _line(document.add_paragraph(), block.caption, font=BLACK, size=12, align=WD_ALIGN_PARAGRAPH.CENTER)
    lines = [report.words["attached"], *(f"{table.number}. {table.title}" for table in report.tables)]
    for number, line in enumerate(lines):
        paragraph = _line(document.add_paragraph(), line, size=16 if number == 0 else 14)
        paragraph.paragraph_format.first_line_indent = Pt(32)
        paragraph.paragraph_format.keep_with_next = number < len(lines) - 1
    wide = document.add_section(WD_SECTION.NEW_PAGE)
    wide.orientation, wide.page_width, wide.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21.0)
    wide.top_margin, wide.bottom_margin, wide.left_margin, wide.right_margin = Cm(2.8), Cm(2.6), Cm(3.6), Cm(3.6)
    for index, table in enumerate(report.tables):
        if index:
            document.add_page_break()  # type: ignore[no-untyped-call]
        _line(document.add_paragraph(), f"附件{table.number}" if report.lang == "zh" else f"Annex {table.number}", font=BLACK, size=16)
        title = f"{report.zone}{table.title}" if report.lang == "zh" else f"{report.zone}: {table.title}"
        _line(document.add_paragraph(), title, font=TITLE, size=18, bold=True, align=WD_ALIGN_PARAGRAPH.CENTER)
        if table.note:
            _line(document.add_paragraph(), table.note, size=9)
        end = _small_end(document)
        end._p.addprevious(parse_xml(table_xml(table)))
    _save(document, report, path)


def clean(value: str) -> str:
    """Text without the characters that XML cannot hold."""
    return FORBIDDEN.sub("", value)


def _fonts_of(element: Any, font: str) -> None:
    from docx.oxml.ns import qn

    fonts = element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for name, value in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", font)):
        fonts.set(qn(f"w:{name}"), value)


def _styles(document: Any) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")

    for name, font, size in (
        ("Normal", BODY, 16),
        ("Heading 1", BLACK, 16),
        ("Heading 2", "楷体", 16),
        ("Header", BODY, 9),
        ("Footer", BODY, 14),
    ):
        style = document.styles[name]
        _fonts_of(style.element, font)
        style.font.size = Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        style.font.bold = False
    for name in ("Heading 1", "Heading 2"):
        spaces = document.styles[name].paragraph_format
        spaces.space_before, spaces.space_after = Pt(0), Pt(0)
    normal = document.styles["Normal"].paragraph_format
    normal.line_spacing, normal.space_after, normal.space_before = Pt(29), Pt(0), Pt(0)


def _small_end(document: Any) -> Any:
    """The paragraph that Word wants behind a table, of so little height that it fills no page of its own."""
    from docx.shared import Pt

    end = document.add_paragraph()
    end.paragraph_format.line_spacing, end.paragraph_format.space_after = Pt(6), Pt(0)
    return end


def _line(paragraph: Any, content: str, font: str = BODY, size: float = 16, bold: bool = False, align: Any = None) -> Any:
    """The text as a run of the paragraph, which is returned; lines of small print stand closer."""
    from docx.shared import Pt

    run = paragraph.add_run(clean(content))
    _fonts_of(run._r, font)
    run.font.size, run.font.bold = Pt(size), bold
    if align is not None:
        paragraph.alignment = align
    if size != 16:
        paragraph.paragraph_format.line_spacing = 1.25
    return paragraph


def _page_number(paragraph: Any, parse_xml: Any) -> None:
    """— 1 —"""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run("— ")
    paragraph._p.append(parse_xml(f'<w:fldSimple {W} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'))
    paragraph.add_run(" —")


def table_xml(table: Table, room_twips: int = WIDE_TWIPS) -> str:
    """A bordered table as WordprocessingML: written at once, a thousand times faster than cell by cell."""
    total = sum(table.widths)
    widths = [round(room_twips * width / total) for width in table.widths]
    border = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="8794A1"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    rows = [_row(table.heads, widths, table.numeric, head=True)]
    together = len(table.rows) - LAST_ROWS
    for index, row in enumerate(table.rows):
        kept = together <= index < len(table.rows) - 1
        rows.append(_row(row, widths, table.numeric, bold=index in table.totals, kept=kept))
    return (
        f'<w:tbl {W}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{border}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )


def _row(cells: Any, widths: list[int], numeric: Any, *, head: bool = False, bold: bool = False, kept: bool = False) -> str:
    shade = (
        '<w:shd w:val="clear" w:color="auto" w:fill="E8EEF3"/>'
        if head
        else '<w:shd w:val="clear" w:color="auto" w:fill="F4F7F9"/>'
        if bold
        else ""
    )
    heavy = "<w:b/>" if bold else ""
    font = BLACK if head else BODY
    out = []
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        align = "center" if head else "right" if index in numeric else "left"
        fonts = f'<w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{font}" w:cs="{LATIN}"/>'
        cell_properties = f'<w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>'
        spacing = (
            f'<w:pPr>{"<w:keepNext/>" if kept or head else ""}<w:spacing w:line="240" w:lineRule="auto"/><w:jc w:val="{align}"/></w:pPr>'
        )
        content = f'<w:t xml:space="preserve">{escape(clean(str(cell)))}</w:t>'
        run = f'<w:r><w:rPr>{fonts}{heavy}<w:sz w:val="18"/></w:rPr>{content}</w:r>'
        out.append(f"<w:tc>{cell_properties}<w:p>{spacing}{run}</w:p></w:tc>")
    properties = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>" if head else "<w:trPr><w:cantSplit/></w:trPr>"
    return f"<w:tr>{properties}{''.join(out)}</w:tr>"


def _save(document: Any, report: Report, path: str | Path) -> None:
    """Saves without author, time or template names; the times in the archive are fixed too."""
    core = document.core_properties
    core.author, core.last_modified_by, core.comments, core.keywords = "", "", "", ""
    core.title, core.created, core.modified, core.revision = clean(report.title), FIXED_DAY, FIXED_DAY, 1
    stream = io.BytesIO()
    document.save(stream)
    with atomic_path(path) as part, zipfile.ZipFile(stream) as source, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)
