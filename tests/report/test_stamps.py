"""Dates, version and the mark of synthetic data: on every page, picture and sheet, each in one text that nothing cuts."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from infraplan.report import charts, picture_footers, printed_maps, stamps
from infraplan.report.html_pages import write_city_pages, write_province_pages
from infraplan.report.page_context import PageContext
from infraplan.report.words import Words

AS_OF, REPORT = "数据截至2020年8月31日", "报告日期2020年9月15日"
MARK = "示例数据（合成），非真实网络"


@pytest.fixture(scope="module")
def dated(contexts: tuple[PageContext, list[PageContext]]) -> PageContext:
    """The province with dates."""
    province = contexts[0]
    return replace(province, facts=replace(province.facts, as_of="2020-08-31", report_date="2020-09-15"))


@pytest.fixture(scope="module")
def folder(dated: PageContext, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its files."""
    path = tmp_path_factory.mktemp("dated")
    write_province_pages(dated, path)
    return path


def test_pages_say_it_in_one_text(folder: Path, dated: PageContext) -> None:
    line = f"{AS_OF} · {REPORT} · infraplan {dated.facts.version}"
    for name in ("index.html", "report.html", "map.html"):
        page = (folder / name).read_text(encoding="utf-8")
        assert f">{line}<" in page, name
        assert MARK in page or "示例数据：" in page, name
    assert '<meta name="data-as-of" content="2020-08-31">' in (folder / "report.html").read_text(encoding="utf-8")


def test_every_sheet_and_its_printed_head(folder: Path) -> None:
    book = CalamineWorkbook.from_path(str(folder / "annex.xlsx"))
    archive = zipfile.ZipFile(folder / "annex.xlsx")
    assert len(book.sheet_names) >= 4
    for number, name in enumerate(book.sheet_names, 1):
        head = [str(value) for value in book.get_sheet_by_name(name).to_python(skip_empty_area=False)[0]]
        at = next(index for index, text in enumerate(head) if AS_OF in text)
        assert REPORT in head[at] and MARK in head[at] and not any(head[at + 1 :]), "nothing beside it may cut it"
        sheet = archive.read(f"xl/worksheets/sheet{number}.xml").decode("utf-8")
        printed = re.search("<oddHeader>(.*?)</oddHeader>", sheet)
        assert printed is not None and re.match(rf"&amp;L&amp;\d+{MARK}&amp;R&amp;\d+{AS_OF}", printed.group(1)), name


def test_word_has_it_on_the_title_page_and_on_every_head(folder: Path) -> None:
    document = docx.Document(str(folder / "report.docx"))
    assert any(AS_OF in run.text for paragraph in document.paragraphs for run in paragraph.runs)
    for section in document.sections:
        runs = [run.text for paragraph in section.header.paragraphs for run in paragraph.runs]
        assert any(AS_OF in text and MARK in text for text in runs)


def test_every_page_of_the_pdf(folder: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is absent: run tools/install_system_packages.sh")
    text = subprocess.run(["pdftotext", "-raw", folder / "report.pdf", "-"], capture_output=True, text=True, check=True).stdout
    pages = text.split("\f")[:-1]
    assert len(pages) > 3
    assert all(AS_OF in page and REPORT in page and MARK in re.sub(r"\s", "", page) for page in pages)  # typst sets ）， narrower


def test_kmz(folder: Path) -> None:
    kml = zipfile.ZipFile(folder / "plan.kmz").read("doc.kml").decode("utf-8")
    description = re.search(r"<description>(.*?)</description>", kml)
    assert description is not None and AS_OF in description.group(1) and REPORT in description.group(1)


def test_nothing_is_stated_that_the_study_does_not(contexts: tuple[PageContext, list[PageContext]]) -> None:
    facts = contexts[0].facts
    assert stamps.stamp(facts, Words("zh")) == f"项目未写明数据截止日 · infraplan {facts.version}"
    assert stamps.stamp(replace(facts, as_of="2020-08-31"), Words("en")) == f"data as of 31 August 2020 · infraplan {facts.version}"
    assert stamps.stamp(replace(facts, version=""), Words("zh")) == ""


def texts_of(figure: Any) -> list[Any]:
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that were drawn, as matplotlib's objects."""
    kept: list[Any] = []
    original = printed_maps.png_of

    def keep(figure: Any, *more: Any) -> bytes:
        kept.append(figure)
        return original(figure, *more)

    monkeypatch.setattr(printed_maps, "png_of", keep)
    monkeypatch.setattr(charts, "png_of", keep)
    return kept


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pictures_show_all_of_it(dated: PageContext, drawn: list[Any], lang: str) -> None:
    from infraplan.report.html_pages import pictures_of

    many = tuple(replace(one, name=f"{one.name} {number}", licence="CC BY 4.0 " * 9) for number, one in enumerate(dated.facts.datasets * 6))
    pictures_of(replace(dated, facts=replace(dated.facts, datasets=many)), lang)
    assert len(drawn) >= 4
    words = Words(lang)
    for figure in drawn:
        renderer = figure.canvas.get_renderer()
        written = {text.get_text(): text for text in texts_of(figure)}
        for found in (stamps.mark(dated.facts, words), stamps.stamp(dated.facts, words)):
            assert found in written
        boxes = [text.get_window_extent(renderer) for text in figure.texts]
        room = figure.bbox
        for box in boxes:
            assert box.x0 >= room.x0 and box.x1 <= room.x1 and box.y0 >= room.y0 and box.y1 <= room.y1
        foot = [text.get_window_extent(renderer) for found, text in written.items() if found in (
            stamps.mark(dated.facts, words), stamps.stamp(dated.facts, words)) or "©" in found]  # fmt: skip
        assert not any(one.overlaps(other) for number, one in enumerate(foot) for other in foot[:number])


def test_sources_are_never_cut(dated: PageContext) -> None:
    many = tuple(replace(one, name=f"{one.name} {number}") for number, one in enumerate(dated.facts.datasets * 9))
    lines, _ = picture_footers.foot_lines(replace(dated, facts=replace(dated.facts, datasets=many)), Words("zh"))
    whole = "".join(lines).replace(" ", "")
    assert all(one.name.replace(" ", "") in whole for one in many)
    assert max(picture_footers.width_in(line, picture_footers.FOOT_SIZE) for line in lines) <= picture_footers.MAP_WIDTH_IN
    assert not any(line[0] in "，。；：）、" for line in lines[1:])
    assert np.all([len(line) > 0 for line in lines])


def test_equal_input_gives_equal_bytes(dated: PageContext, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_city_pages(dated, tmp_path / name, formats=("map", "xlsx", "kmz"))
    for name in ("map.html", "annex.xlsx", "plan.kmz"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
