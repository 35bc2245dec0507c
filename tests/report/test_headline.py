"""The first lines: the sentence, its verdict and the table below it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from infraplan.outputs import types
from infraplan.report.headline import headline_of, headline_sentences, headline_table, headline_verdict, shown_headline
from infraplan.report.page_context import PageContext
from infraplan.report.words import Words

PEOPLE = 1_000_000


def people(network: str, family: str, served: int, uncertain: int, **more: Any) -> dict[str, Any]:
    other = {"nr": "indoor", "nbiot": "outdoor"}[family]
    row = {
        "level": "province", "adcode": "990000", "name": "样例省", "parent": "", "family": family, "network": network,
        "receiver": {"nr": "outdoor", "nbiot": "indoor"}[family], "population": PEOPLE, "served": served, "uncertain": uncertain,
        "unserved": PEOPLE - served - uncertain, "served_weaker": served - 100_000, "served_stronger": served + 50_000,
        "uncertain_stronger": uncertain // 2, "to_check": 321, "served_after": served + 40_000, "other_receiver": other,
        "other_served": served // 2, "other_uncertain": 0, "other_unserved": PEOPLE - served // 2, **more,
    }  # fmt: skip
    return row | {
        "share": row["served"] / PEOPLE, "share_weaker": row["served_weaker"] / PEOPLE, "share_stronger": row["served_stronger"] / PEOPLE,
        "other_share": row["other_served"] / PEOPLE,
    }  # fmt: skip


def rows(nr: int = 899_999) -> pd.DataFrame:
    networks = {"any": 0, "cbn+cmcc": 100_000, "ctcc+cucc": 200_000, "every": 300_000}
    return pd.DataFrame(
        [
            people(network, family, served - less, 20_000)
            for family, served in (("nr", nr), ("nbiot", 950_000))
            for network, less in networks.items()
        ]
    )


def card(status: str = "met") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "id": "nr-pop90", "part": "all", "zone_level": "province", "zone": "990000", "zone_name": "样例省", "family": "nr",
                "network": "any", "measure": "population_share", "required": 0.9, "numerator": 899_999, "denominator": PEOPLE,
                "status": status, "quotation": "覆盖全省90%以上人口",
                "task": "5G网络覆盖全省90%以上人口", "task_en": "5G for 90 %", "beside": False,
            }
        ]
    )  # fmt: skip


@pytest.fixture
def province(contexts: tuple[PageContext, list[PageContext]]) -> PageContext:
    whole = contexts[0]
    facts = replace(whole.facts, synthetic=False, as_of="2020-08-31", band_db=6.0, population_basis="常住人口", reliability=0.9)
    return replace(whole, population=rows(), scorecard=card(), facts=facts)


def paragraphs(context: PageContext, lang: str = "zh") -> list[str]:
    return headline_sentences(context, Words(lang).about(context))


def test_the_sentence(province: PageContext) -> None:
    first, second = paragraphs(province)
    assert first == (
        "截至2020年8月31日，预测全省常住人口100.0万人中，室外至少一个5G网络可用的89.9万人（89.9%，信号整体偏差±6 dB时79.9–94.9%）；"
        "位置待核实2.0%；未覆盖8.0%。两网均可用59.9%，普通住宅室内44.9%。"
        "对照“覆盖全省90%以上人口”：不能判定，尚需核查321个村（信号偏差或位置误差会改变其结论）。"
        "规划预测，非统计或验收结果；“任一网络、室外、可靠度90%”为解读口径。"
    )
    assert second.startswith("截至2020年8月31日，预测全省常住人口100.0万人中，室内至少一个NB-IoT网络可用的95.0万人（95.0%，")
    assert "两网均可用65.0%，室外47.5%。" in second and "对照" not in second


def test_english_says_the_same(province: PageContext) -> None:
    first = paragraphs(province, "en")[0]
    assert first.startswith("As of 31 August 2020, of 1.00 million ")
    assert "899,999 (89.9%; 79.9 to 94.9% if every signal is 6 dB weaker or stronger)" in first
    assert 'Against "5G for 90 %": cannot be decided; 321 villages must be checked' in first


@pytest.mark.parametrize(
    ("served", "verdict", "words"),
    [
        (1_000_000, "met", "：达到。"),
        (999_999, "uncertain", "：不能判定"),
        (840_000, "uncertain", "：不能判定"),
        (839_999, "not_met", "：未达到。"),
    ],
)
def test_the_verdict_takes_the_ends_of_the_range(province: PageContext, served: int, verdict: str, words: str) -> None:
    """The low end is 100,000 below and must bring 900,000; the high end, 60,000 above with the uncertain, must miss it."""
    table = rows(served)
    table.loc[table["served_weaker"] + 100_000 > PEOPLE, "served_weaker"] = 900_000
    asked = replace(province, population=table)
    assert headline_verdict(asked, "nr") == verdict
    assert words in paragraphs(asked)[0]


def test_made_up_data_get_no_verdict(province: PageContext) -> None:
    made_up = replace(province, facts=replace(province.facts, synthetic=True))
    assert headline_verdict(made_up, "nr") == "example" and "示例数据，不作判定" in paragraphs(made_up)[0]
    assert headline_verdict(replace(province, scorecard=card("example")), "nr") == "example"


def test_a_zone_nobody_asks_gets_no_verdict(province: PageContext) -> None:
    free = replace(province, scorecard=card().assign(required=None))
    assert headline_verdict(free, "nr") == "none" and "不对本区域单独考核" in paragraphs(free)[0]
    assert headline_verdict(province, "nbiot") == "none" and "对照" not in paragraphs(province)[1]


def test_a_province_made_from_its_cities_gets_no_verdict(province: PageContext) -> None:
    made = replace(province, adcode="", name="甲市、乙市", tops=("990000",))
    assert headline_verdict(made, "nr") == "part"
    assert "预测甲市、乙市常住人口" in paragraphs(made)[0] and "按全省考核，区划文件没有给出这个省，不作判定" in paragraphs(made)[0]


def test_the_table(province: PageContext) -> None:
    shown = shown_headline(province, Words("zh").about(province))
    assert shown.heads == ["占常住人口", "任一运营商", "移动+广电", "电信+联通", "两网均可用"]
    assert [row[0] for row in shown.rows[:5]] == [
        "5G室外可用（±6 dB）", "5G室内可用", "5G室外位置待核实", "5G室外未覆盖", "规划建成后5G室外可用",
    ]  # fmt: skip
    assert len(shown.rows) == 10 and shown.rows[5][0] == "NB-IoT室内可用（±6 dB）" and shown.rows[6][0] == "NB-IoT室外可用"
    assert shown.rows[0][1] == "89.9%（79.9–94.9%）" and shown.rows[4][4] == "63.9%"
    table = headline_table(province)
    assert list(table.columns) == list(types("headline")) and len(table) == 2 * 5 * 4
    parts = table[table["figure"].isin(["served", "uncertain", "unserved"])].groupby(["family", "network"])["people"].sum()
    assert (parts == PEOPLE).all()


def test_without_plan_and_ranges_less_is_said(province: PageContext) -> None:
    absent = ["served_after", "share_weaker", "share_stronger", "other_share", "other_served", "other_receiver", "to_check"]
    bare = rows().drop(columns=absent)
    few = replace(province, population=bare[bare["network"] == "any"], networks=("any",))
    assert "信号整体偏差" not in paragraphs(few)[0] and "两网" not in paragraphs(few)[0] and "不能判定。" in paragraphs(few)[0]
    shown = shown_headline(few, Words("zh").about(few))
    assert len(shown.rows) == 6 and shown.heads == ["占常住人口", "任一运营商"]


def test_several_provinces_are_summed(province: PageContext) -> None:
    double = pd.concat([rows(), rows().assign(adcode="980000")], ignore_index=True)
    both = replace(province, population=double, adcode="", name="两省", tops=("990000", "980000"), scorecard=card().iloc[:0])
    first = paragraphs(both)[0]
    assert "预测两省常住人口200.0万人中" in first and "89.9%，信号整体偏差±6 dB时79.9–94.9%" in first and "普通住宅室内44.9%" in first


def test_for_programs(province: PageContext) -> None:
    found = headline_of(province)
    assert found["verdict"] == {"nr": "uncertain", "nbiot": "none"}
    assert found["text"]["zh"] == paragraphs(province) and found["text"]["en"] == paragraphs(province, "en")
    first = found["figures"][0]
    assert (first["family"], first["figure"], first["network"], first["people"]) == ("nr", "served", "any", 899_999)
    assert found["figures"][-1]["share_weaker"] is None
