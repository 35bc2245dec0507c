"""The pages tell what the frames hold, mark what is synthetic or expired, and run nothing of what they quote."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest

from infraplan.policy.annex import by_place
from infraplan.report import printed_maps
from infraplan.report.county_pages import county_context
from infraplan.report.html_pages import index_page, report_page
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import gaps_by_place
from infraplan.report.style import day, decimal, integer, percent, percent_up
from infraplan.report.words import Words
from infraplan.tables.number_formats import money


class Reader(HTMLParser):
    """Links, scripts and the plain text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def test_every_link_of_the_site_leads_to_a_file(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) == 3 + 2 * 2 + 2 * 2, "index, reports, maps and the reports of two counties each"
    for page in pages:
        for link in read(page.read_text(encoding="utf-8")).links:
            if not link.startswith(("data:", "#", "http")):
                assert (page.parent / unquote(link)).is_file(), (page, link)


def test_pages_ask_the_network_for_nothing(site: Path) -> None:
    for page in [*site.rglob("report.html"), site / "index.html"]:
        assert not re.search(r"(src|href)=[\"'](https?:)?//", page.read_text(encoding="utf-8"))


def test_cities_in_provincial_order_total_first(contexts) -> None:
    reader = read(index_page(contexts[0]))
    assert reader.text.index("合计") < reader.text.index("甲市") < reader.text.index("乙市", reader.text.index("合计"))


def test_the_phases_of_a_county_are_its_own(contexts) -> None:
    """The plan's sites and cost of a phase are not printed as those of one county."""
    province, (city, *_) = contexts
    for code, _ in city.counties:
        own = county_context(replace(city, phases=province.phases), code)
        assert own.phases["sites"].sum() == len(own.plan_sites) > 0 and own.phases["cost"].sum() == own.plan_sites["cost"].sum()
        assert own.phases["phase"].tolist() == province.phases["phase"].tolist()


def test_synthetic_and_expired_are_said_on_every_page(contexts) -> None:
    province, cities = contexts
    for html in (index_page(province), report_page(province), report_page(cities[0])):
        text = read(html).text
        assert "示例数据" in text and "合成" in text
        assert "按已于2020-12-31到期的目标评估" in text and "Judged against goals that expired on 2020-12-31" in text
        assert "示例" in text and "未达标" not in text.replace("不作达标或未达标判断", "")


def test_real_data_is_judged(contexts) -> None:
    from sample import sample_contexts

    _, cities = sample_contexts(synthetic=False)
    text = read(report_page(cities[0])).text
    assert "未达标" in text and "合成" not in text


def test_numbers_of_the_page_are_those_of_the_frame(contexts) -> None:
    city = contexts[1][0]
    text = read(report_page(city)).text
    for row in city.people("nr").to_dict("records") + city.people("nbiot", level="county").to_dict("records"):
        for name in ("population", "served", "uncertain", "unserved"):
            assert integer(row[name]) in text
    assert percent(city.people("nr")["share"].iloc[0]) in text


def test_hostile_names_stay_text(hostile) -> None:
    html = report_page(hostile)
    reader = read(html)
    assert "script" not in reader.tags
    assert all(not link.startswith("x") for link in reader.links)
    assert "<script>alert(1)</script>" in reader.text and "{{ 7 * 7 }}" in reader.text


def test_missing_tables_read_as_no_data(contexts) -> None:
    city = contexts[1][0]
    bare = replace(
        city, scorecard=city.scorecard.iloc[:0], gaps=city.gaps.iloc[:0], plan_sites=city.plan_sites.iloc[:0], margins={}, plan=None
    )
    text = read(report_page(bare)).text
    assert "没有数据" in text and "没有缺口" in text and "没有建议新建站点" in text


def test_a_failed_city_is_a_row_without_a_link(contexts) -> None:
    province = contexts[0]
    cities = province.cities.copy()
    cities.loc[cities.index[1], ["state", "reason", "folder"]] = ["failed", "sites.csv 第 3 行", ""]
    html = index_page(replace(province, cities=cities))
    assert "sites.csv 第 3 行" in html and len(re.findall(r'href="cities/990200', html)) == 0 and 'href="cities/990100' in html


def test_english_page_holds_no_chinese_sentence(contexts) -> None:
    text = read(report_page(contexts[1][0], "en")).text
    for sentence in ("常住人口", "覆盖率", "合计", "建议新建", "图例"):
        assert sentence not in text
    assert "Total" in text and "31 December 2020" in text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.89999, "89.99%"), (0.9, "90.00%"), (1.0, "100.00%"), (0.0, "0.00%"), (float("nan"), "—"), (None, "—"), (0.57, "57.00%")],
)
def test_a_share_is_cut_never_rounded_up(fraction: float | None, text: str) -> None:
    assert percent(fraction) == text


def test_writing_of_numbers() -> None:
    assert percent_up(0.00001) == "0.01%" and percent_up(0.018) == "1.80%"
    assert money(420_000, "CNY") == "42.0 万元" and money(420_000_000, "CNY", "en") == "CNY 420.00 million"
    assert day("2020-12-31") == "2020年12月31日" and day("2020-09-01", "en") == "1 September 2020" and day("", "en") == ""
    assert integer(126012510) == "126,012,510" and integer(pd.NA) == "—" and decimal(-3.25, 1) == "\u22123.2"


def test_no_cell_holds_a_value_of_a_program(site: Path) -> None:
    """True, nan, None and the like are no words of a page."""
    for page in [*site.rglob("report.html"), site / "index.html"]:
        found = re.findall(r">\s*(True|False|nan|None|NaT|NaN|&lt;NA&gt;)\s*<", page.read_text(encoding="utf-8"))
        assert not found, (page, found[:3])


def test_the_gaps_of_a_county_are_those_of_its_city(contexts: tuple[PageContext, list[PageContext]]) -> None:
    """A county's rows, taken from the list of its city, are what its own gaps give; so are they where it lacks one family alone."""
    _, (city, *_) = contexts
    for number, (code, _name) in enumerate(city.counties):
        kept = (city.gaps["county"] != code) | (city.gaps["family"] == "nr") if number == 0 else city.gaps["county"].notna()
        whole = replace(city, gaps=city.gaps[kept])
        own, words = county_context(whole, code), Words("zh")
        shown = gaps_by_place(own, words.about(own))
        alone = by_place(own.gaps, words.about(own))
        assert len(shown) and ("nbiot_status" in alone) == (number > 0)
        pd.testing.assert_frame_equal(shown, alone)


def test_a_picture_that_two_pages_show_is_drawn_once(
    contexts: tuple[PageContext, list[PageContext]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The map of the province by city is on the index and in the report."""
    province, made = replace(contexts[0]), []
    monkeypatch.setattr(printed_maps, "png_of", lambda figure, dpi=None: made.append(figure) or b"\x89PNG")
    first, again = (printed_maps.choropleth(province, "nr") for _ in range(2))
    assert first == again and len(made) == 1
    printed_maps.choropleth(province, "nr", "en")
    assert len(made) == 2
