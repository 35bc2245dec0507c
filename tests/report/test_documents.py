"""PDF, Word and KMZ: readable, the same bytes, nothing of the machine inside, hostile names stay text."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import docx
import pytest
from docx.oxml.ns import qn

from infraplan.errors import InfraplanError, UsageError
from infraplan.report.document import Table, chinese_number, every_text, report_of
from infraplan.report.google_earth import write_kmz
from infraplan.report.html_pages import pictures_of, report_page, write_city_pages
from infraplan.report.page_context import PageContext
from infraplan.report.pdf import write_pdf
from infraplan.report.word_document import write_docx

KML = "{http://www.opengis.net/kml/2.2}"


@pytest.fixture(scope="module")
def city(contexts: tuple[PageContext, list[PageContext]]) -> PageContext:
    return contexts[1][0]


def test_pdf_is_small_repeatable_and_anonymous(city: PageContext, tmp_path: Path) -> None:
    report = report_of(city, pictures_of(city))
    for name in ("a", "b"):
        write_pdf(report, tmp_path / f"{name}.pdf")
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-1.7") and pdf == (tmp_path / "b.pdf").read_bytes() and len(pdf) < 3_000_000
    assert str(tmp_path).encode() not in pdf and b"/Author" not in pdf


def test_pdf_says_what_the_frames_hold(city: PageContext, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is absent: run tools/install_system_packages.sh")
    write_pdf(report_of(city, []), tmp_path / "a.pdf")
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True).stdout
    flat = re.sub(r"\s", "", text)
    people = city.people("nr").iloc[0]
    assert f"{people['served']:,}" in text and "一、总体情况" in flat and "附件1" in flat and "甲市村庄覆盖缺口清单" in flat
    assert "示例数据" in flat and "2020-12-31" in flat and "〔2020〕37号" in flat


def test_hostile_names_stay_text_in_the_pdf(hostile: PageContext, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is absent: run tools/install_system_packages.sh")
    write_pdf(report_of(hostile, []), tmp_path / "a.pdf")
    text = subprocess.run(["pdftotext", "-layout", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True).stdout
    flat = re.sub(r"\s", "", text)
    assert "#settext(red)" in flat and "alert(1)" in flat


def test_a_character_no_font_has_is_named(city: PageContext, tmp_path: Path) -> None:
    gaps = city.gaps.assign(village="村\U000e0123")
    with pytest.raises(InfraplanError, match=r"U\+E0123"):
        write_pdf(report_of(replace(city, gaps=gaps), []), tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


def test_docx_is_repeatable_and_its_fonts_are_east_asian(city: PageContext, tmp_path: Path) -> None:
    report = report_of(city, pictures_of(city))
    for name in ("a", "b"):
        write_docx(report, tmp_path / f"{name}.docx")
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
    document = docx.Document(str(tmp_path / "a.docx"))
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "仿宋" and fonts.get(qn("w:eastAsiaTheme")) is None
    assert document.styles["Heading 1"].element.rPr.rFonts.get(qn("w:eastAsia")) == "黑体"
    assert document.core_properties.author == "" and document.core_properties.title == "甲市5G与NB-IoT覆盖评估及选址报告"
    body = sum(isinstance(block, Table) for block in report.body)
    assert [table.key for table in report.tables] == ["targets", "people", "gaps", "sites", "method"]
    assert len(document.tables) == body + len(report.tables)
    people = document.tables[body + 1]
    assert [cell.text for cell in people.rows[1].cells][3] == f"{city.people('nr')['population'].iloc[0]:,}"


def test_hostile_names_stay_text_in_word(hostile: PageContext, tmp_path: Path) -> None:
    gaps = hostile.gaps.copy()
    gaps["village"] = gaps["village"].where(gaps["village"] != "#set text(red)", "坏\x0b字\x01符")
    write_docx(report_of(replace(hostile, gaps=gaps), []), tmp_path / "a.docx")
    document = docx.Document(str(tmp_path / "a.docx"))
    texts = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert "<script>alert(1)</script>" in texts and "坏字符" in texts
    assert '=HYPERLINK("http://example.invalid","点我")' in texts
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        assert "hyperlink" not in archive.read("word/document.xml").decode().replace("=HYPERLINK", "").lower()


def test_kmz_opens_offline_and_names_are_text(hostile: PageContext, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_kmz(hostile, tmp_path / f"{name}.kmz")
    assert (tmp_path / "a.kmz").read_bytes() == (tmp_path / "b.kmz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.kmz") as archive:
        kml = archive.read("doc.kml").decode()
        root = ElementTree.fromstring(kml)
        links = [element.text for element in root.iter(f"{KML}href")]
        assert set(links) <= set(archive.namelist()) and links
    names = [element.text for element in root.iter(f"{KML}name")]
    assert "<script>alert(1)</script>" in names and "http://" not in kml.replace("http://www.opengis.net/kml/2.2", "").replace(
        "http://example.invalid", ""
    )
    points = list(root.iter(f"{KML}Point"))
    assert len(points) == len(hostile.plan_sites) + len(hostile.sites) + hostile.gaps["id"].nunique()


def test_kmz_is_read_by_gdal(city: PageContext, tmp_path: Path) -> None:
    import pyogrio

    write_kmz(city, tmp_path / "plan.kmz")
    layers = [name for name, _ in pyogrio.list_layers(tmp_path / "plan.kmz")]
    assert "行政区界线" in layers
    names = dict(zip(city.zones["adcode"], city.zones["name"], strict=True))
    counted = city.plan_sites.groupby(city.plan_sites["county"].map(names)).size().to_dict()
    new = {name: pyogrio.read_dataframe(tmp_path / "plan.kmz", layer=f"建议新建站点 · {name}") for name in counted}
    assert {name: len(frame) for name, frame in new.items()} == counted
    assert sorted(x for frame in new.values() for x in frame.geometry.x) == pytest.approx(sorted(city.plan_sites.geometry.x), abs=1e-6)


FEATURE = ("name", "visibility", "open", "address", "phoneNumber", "Snippet", "description", "LookAt", "Camera", "TimeStamp", "TimeSpan",
           "styleUrl", "Style", "StyleMap", "Region", "Metadata", "ExtendedData")  # fmt: skip
ORDER = {
    "Document": (*FEATURE, "Schema", "ScreenOverlay", "Placemark", "Folder", "GroundOverlay"),
    "Folder": (*FEATURE, "Folder", "Placemark"),
    "Placemark": (*FEATURE, "Point", "MultiGeometry"),
    "GroundOverlay": (*FEATURE, "color", "drawOrder", "Icon", "altitude", "altitudeMode", "LatLonBox"),
    "ScreenOverlay": (*FEATURE, "color", "drawOrder", "Icon", "overlayXY", "screenXY", "rotationXY", "size", "rotation"),
    "Style": ("IconStyle", "LabelStyle", "LineStyle", "PolyStyle", "BalloonStyle", "ListStyle"),
    "IconStyle": ("color", "colorMode", "scale", "heading", "Icon", "hotSpot"),
    "LabelStyle": ("color", "colorMode", "scale"),
    "LineStyle": ("color", "colorMode", "width"),
    "PolyStyle": ("color", "colorMode", "fill", "outline"),
    "Polygon": ("extrude", "tessellate", "altitudeMode", "outerBoundaryIs", "innerBoundaryIs"),
    "LatLonBox": ("north", "south", "east", "west", "rotation"),
}
"""Children in the order of the schema of KML 2.2 (OGC 07-147r2, ogckml22.xsd); features may mix with each other."""
MIXED = {"ScreenOverlay", "Placemark", "Folder", "GroundOverlay"}


def test_kml_keeps_the_order_of_its_schema(city: PageContext, tmp_path: Path) -> None:
    from lxml import etree

    write_kmz(replace(city, facts=replace(city.facts, synthetic=True, version="1")), tmp_path / "plan.kmz")
    with zipfile.ZipFile(tmp_path / "plan.kmz") as archive:
        root = etree.fromstring(archive.read("doc.kml"))
        assert archive.read("legend.png")[:4] == b"\x89PNG"
    seen = set()
    for element in root.iter():
        kind = etree.QName(element).localname
        children = [etree.QName(child).localname for child in element]
        if kind not in ORDER:
            continue
        seen.add(kind)
        assert set(children) <= set(ORDER[kind]), kind
        places = [len(ORDER[kind]) if child in MIXED else ORDER[kind].index(child) for child in children]
        assert places == sorted(places), (kind, children[:12])
    assert seen == set(ORDER)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_format_at_once(city: PageContext, tmp_path: Path, lang: str) -> None:
    written = write_city_pages(city, tmp_path, lang=lang)
    assert sorted(path.name for path in written) == ["annex.xlsx", "map.html", "plan.kmz", "report.docx", "report.html", "report.pdf"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in written)


def test_an_unknown_format_lists_the_known(city: PageContext, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="docx"):
        write_city_pages(city, tmp_path, formats=["word"])


def test_english_report_holds_only_english_sentences(city: PageContext) -> None:
    texts = " ".join(every_text(report_of(city, [], "en")))
    for sentence in ("常住人口", "覆盖率", "合计", "未覆盖", "没有数据"):
        assert sentence not in texts


HEADINGS = ("总体情况", "目标完成", "缺口", "建设建议与投资", "分期", "方法与局限", "附件1", "附件2")


def printed(pdf: Path) -> list[str]:
    """The text of each page, without blanks."""
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is absent: run tools/install_system_packages.sh")
    text = subprocess.run(["pdftotext", "-raw", pdf, "-"], capture_output=True, text=True, check=True).stdout
    return ["".join(page.split()) for page in text.split("\f")[:-1]]


def as_pdf(document: Path, soffice: str) -> Path:
    """A document printed by LibreOffice."""
    home, out = document.parent / "home", document.parent / "office"
    command = [soffice, f"-env:UserInstallation={home.as_uri()}", "--headless", "--convert-to", "pdf", "--outdir", out, document]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return out / f"{document.stem}.pdf"


def test_page_pdf_and_word_have_one_order(city: PageContext, tmp_path: Path) -> None:
    write_city_pages(city, tmp_path, lang="zh", formats=["html", "pdf", "docx"])
    word = docx.Document(str(tmp_path / "report.docx"))
    texts = {
        "html": re.sub(r"<[^>]+>", "", "".join(re.findall("<h2[^>]*>.*?</h2>", (tmp_path / "report.html").read_text(encoding="utf-8")))),
        "pdf": "".join(printed(tmp_path / "report.pdf")),
        "docx": "".join(paragraph.text for paragraph in word.paragraphs),
    }
    numbered = [f"{chinese_number(at)}、{name}" for at, name in enumerate(HEADINGS[:6], 1)] + list(HEADINGS[6:])
    for name, text in texts.items():
        places = [text.replace(" ", "").find(heading) for heading in numbered]
        assert -1 not in places and places == sorted(places), (name, places)


def test_each_section_is_a_few_sentences_and_one_short_table(contexts: tuple[PageContext, list[PageContext]]) -> None:
    report = report_of(contexts[0], [], "zh")
    kinds = [type(block).__name__ for block in report.body]
    for begin, end in pairwise([at for at, kind in enumerate(kinds) if kind == "Heading"] + [len(kinds)]):
        assert 1 <= kinds[begin:end].count("Paragraph") <= 4 and kinds[begin:end].count("Table") == 1, kinds[begin:end]
    assert all(len(block.rows) <= 12 for block in report.body if isinstance(block, Table))


@pytest.fixture(scope="module")
def long_rows(city: PageContext) -> PageContext:
    """A city whose gaps have reasons of several lines, each with a mark at its beginning and its end."""
    gaps = city.gaps[city.gaps["family"] == "nr"].head(30)
    reasons = [f"始{at:02d}号" + "被地形遮挡而且距离太远" * (2 + at % 4) + f"终{at:02d}号" for at in range(len(gaps))]
    return replace(city, gaps=gaps.assign(reason=reasons))


@pytest.mark.parametrize("kind", ["pdf", pytest.param("docx", marks=pytest.mark.office)])
def test_no_row_is_split_and_no_page_has_a_row_alone(
    long_rows: PageContext, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    report = report_of(long_rows, [], "zh")
    (write_pdf if kind == "pdf" else write_docx)(report, tmp_path / f"a.{kind}")
    pages = printed(tmp_path / "a.pdf" if kind == "pdf" else as_pdf(tmp_path / "a.docx", request.getfixturevalue("soffice")))
    rows = {page: re.findall(r"始(\d\d)号", text) for page, text in enumerate(pages)}
    ends = {page: re.findall(r"终(\d\d)号", text) for page, text in enumerate(pages)}
    assert rows == ends and sum(map(len, rows.values())) == len(long_rows.gaps)
    assert len([page for page in rows.values() if page]) > 1 and all(len(page) >= 4 for page in rows.values() if page)
    assert all(len(text) > 120 for text in pages), [len(text) for text in pages]


def test_word_has_alternative_texts_repeated_heads_and_the_page_of_the_standard(city: PageContext, tmp_path: Path) -> None:
    pictures = pictures_of(city, "zh")
    write_docx(report_of(city, pictures, "zh"), tmp_path / "a.docx")
    document = docx.Document(str(tmp_path / "a.docx"))
    described = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert len(described) == len(pictures) and all(text.startswith("图") and "资料来源" in text for text in described)
    body = document.sections[0]
    assert [round(side.mm) for side in (body.top_margin, body.bottom_margin, body.left_margin, body.right_margin)] == [37, 35, 28, 26]
    assert document.styles["Normal"].font.size.pt == 16 and document.styles["Normal"].paragraph_format.line_spacing.pt == 29
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_tables_of_the_page_have_captions_and_heads_with_scope(city: PageContext) -> None:
    page = report_page(city, "zh", [])
    assert page.count("<caption>表") == 5, "all sections but that of phases, of which this city has none"
    assert "<th " in page and not re.search(r"<th(?![^>]*scope)[ >]", page.replace("<thead", ""))
    assert not re.search(r"<img(?![^>]*alt=\"[^\"]+\")", report_page(city, "zh"))


@pytest.mark.parametrize(("number", "text"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (21, "二十一"), (99, "九十九")])
def test_chinese_numbers(number: int, text: str) -> None:
    assert chinese_number(number) == text


@pytest.mark.office
def test_libreoffice_opens_them_without_repair(city: PageContext, soffice: str, tmp_path: Path) -> None:
    write_city_pages(city, tmp_path, formats=["docx", "xlsx"])
    home = tmp_path / "home"
    for name in ("report.docx", "annex.xlsx"):
        command = [
            soffice,
            f"-env:UserInstallation={home.as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            tmp_path / "out",
            tmp_path / name,
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        assert (tmp_path / "out" / name).with_suffix(".pdf").stat().st_size > 10_000


def test_a_kmz_with_too_many_sites_says_that_they_are_left_out(city: PageContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infraplan.report.google_earth.MOST_SITES", len(city.sites) - 1)
    write_kmz(city, tmp_path / "plan.kmz")
    with zipfile.ZipFile(tmp_path / "plan.kmz") as archive:
        text = archive.read("doc.kml").decode("utf-8")
    assert f"现有站点 {len(city.sites)} 个" in text and "#existing" not in text.split("</Style>")[-1]


def test_maps_draw_sites_in_service_alone(city: PageContext, tmp_path: Path) -> None:
    sites = city.sites.assign(status="existing")
    sites.loc[sites.index[:2], "status"] = ["retired", "planned"]
    context = replace(city, sites=sites, plan_sites=city.plan_sites.iloc[:0], gaps=city.gaps.iloc[:0])
    write_kmz(context, tmp_path / "a.kmz")
    with zipfile.ZipFile(tmp_path / "a.kmz") as archive:
        text = archive.read("doc.kml").decode()
    every = sum(sites.groupby("county")["mast"].nunique()) if "mast" in sites else len(sites)
    assert 0 < text.count("#existing</styleUrl>") == len(context.existing_sites) < every
    assert len(context.existing_sites) == len(sites) - 2
