"""The annex, read back: official columns, totals first, text stays text, equal content gives equal bytes."""

from __future__ import annotations

import re
import zipfile
from itertools import pairwise
from pathlib import Path

import pandas as pd
from python_calamine import CalamineWorkbook

from infraplan.report.page_rows import county_breaks
from infraplan.report.workbook import FONT_PT, HEAD_ROW, write_annex

GAP_COLUMNS = [
    "序号",
    "地市",
    "县(市、区)",
    "乡镇(街道)",
    "行政村",
    "自然村",
    "户数",
    "常住人口",
    "经度",
    "纬度",
    "运营商",
    "室外余量(dB)",
    "室内余量(dB)",
    "最近站点",
    "距离(km)",
    "未覆盖原因",
    "整改措施",
    "责任单位",
    "计划完成时限",
    "核查日期",
    "核查人",
    "实测RSRP(dBm)",
    "核查结果",
    "销号状态",
    "备注",
]
SCORE_COLUMNS = [
    "序号",
    "工作任务",
    "文件依据",
    "责任单位",
    "目标值",
    "完成值",
    "完成率(%)",
    "差额",
    "完成时限",
    "数据来源",
    "是否解读口径",
    "备注",
]


def rows(path: Path, sheet: str) -> list[list[object]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def test_official_layout(contexts, site: Path) -> None:
    annex = site / "annex.xlsx"
    score, gaps = rows(annex, "记分牌"), rows(annex, "缺口清单")
    assert score[0][0] == "附件1" and gaps[0][0] == "附件2"
    assert score[HEAD_ROW][: len(SCORE_COLUMNS)] == SCORE_COLUMNS
    assert [head for head in gaps[HEAD_ROW] if head in GAP_COLUMNS] == GAP_COLUMNS
    assert gaps[HEAD_ROW][6:10] == ["5G（室外）", "NB-IoT（室内）", "5G（室外）余量(dB)", "NB-IoT（室内）余量(dB)"]
    assert gaps[-1][0] == "合计"
    assert "填报单位（盖章）：" in gaps[2] and "填报日期：" in gaps[2]


def test_rows_and_totals_are_those_of_the_frame(contexts, site: Path) -> None:
    province = contexts[0]
    table = rows(site / "annex.xlsx", "缺口清单")
    head = [str(cell) for cell in table[HEAD_ROW]]
    body = table[HEAD_ROW + 1 : -1]
    once = province.gaps.drop_duplicates("id")
    assert len(body) == len(once)
    assert table[-1][head.index("常住人口")] == once["population"].sum()
    assert {str(row[head.index("编码")]) for row in body} == set(province.gaps["id"])
    assert all(isinstance(row[head.index("编码")], str) for row in body)
    sites = rows(site / "annex.xlsx", "建议站点")
    cost = [str(cell) for cell in sites[HEAD_ROW]].index("费用")
    assert sites[-1][cost] == province.plan_sites["cost"].sum() and len(sites) == HEAD_ROW + 2 + len(province.plan_sites)


def test_formulas_in_names_stay_text(hostile, tmp_path: Path) -> None:
    path = tmp_path / "annex.xlsx"
    write_annex(hostile, path)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        formulas = [formula for sheet in sheets for formula in re.findall("<f>(.*?)</f>", sheet)]
        assert formulas and all(re.fullmatch(r"SUBTOTAL\(109,[A-Z]+\d+:[A-Z]+\d+\)", formula) for formula in formulas)
        assert all("<hyperlink" not in sheet for sheet in sheets)
    names = {row[5] for row in rows(path, "缺口清单")}
    assert '=HYPERLINK("http://example.invalid","点我")' in names and "#set text(red)" in names


def test_filters_freeze_and_validation(site: Path) -> None:
    with zipfile.ZipFile(site / "annex.xlsx") as archive:
        gaps = archive.read("xl/worksheets/sheet2.xml").decode()
    assert "<autoFilter" in gaps and 'state="frozen"' in gaps
    assert len(re.findall("<dataValidation ", gaps)) == 8 and "已销号" in gaps


def test_equal_content_equal_bytes_and_no_name_inside(contexts, tmp_path: Path) -> None:
    first, second = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_annex(contexts[1][0], first)
    write_annex(contexts[1][0], second)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        core = archive.read("docProps/core.xml").decode()
        assert str(tmp_path) not in "".join(archive.read(name).decode("utf-8", "ignore") for name in archive.namelist())
    assert "<dc:creator></dc:creator>" in core


def test_an_empty_zone_has_its_sheets(contexts, tmp_path: Path) -> None:
    from dataclasses import replace

    city = contexts[1][0]
    write_annex(
        replace(city, gaps=city.gaps.iloc[:0], plan_sites=city.plan_sites.iloc[:0], scorecard=city.scorecard.iloc[:0]), tmp_path / "a.xlsx"
    )
    assert CalamineWorkbook.from_path(str(tmp_path / "a.xlsx")).sheet_names == ["记分牌", "缺口清单", "建议站点", "方法与来源", "填报说明"]


def test_a_filled_sheet_is_read_back(site: Path) -> None:
    """What an inspector writes into the sheet reaches `policy.inspection` with its id, operator and band."""
    import pandas as pd

    from infraplan.policy.inspection import measurements

    table = rows(site / "cities" / "990100-甲市" / "annex.xlsx", "缺口清单")
    frame = pd.DataFrame(table[HEAD_ROW + 1 :], columns=table[HEAD_ROW])
    code = frame.loc[3, "编码"]
    written = {"运营商": "移动", "实测RSRP(dBm)": -98.5, "核查日期": "2020-11-03", "核查人": "张三", "测试频段": "n28", "测试位置": "室外"}
    missing = set(written) - set(frame.columns)
    assert not missing, (missing, list(frame.columns))
    for column, value in written.items():
        frame[column] = frame[column].astype("object")
        frame.loc[3, column] = value
    back = measurements(frame, frame["编码"])
    assert back["id"].tolist() == [code] and back["rsrp_dbm"].tolist() == [-98.5] and back["operator"].tolist() == ["cmcc"]


def test_a_village_is_one_row_with_a_status_for_each_family_and_a_county_begins_a_page(contexts, tmp_path: Path) -> None:
    """The sum follows the filter and stands outside it; seats and sites have sheets of their own; print is no smaller than 8 pt."""
    from dataclasses import replace

    city = contexts[1][0]
    lacking = city.gaps[city.gaps["family"] == "nr"]
    gaps = pd.concat([lacking, lacking.assign(family="nbiot", target="village-nbiot")], ignore_index=True)
    both = set(gaps["id"].iloc[5:])
    kinds = gaps["kind"].where(~gaps["id"].isin(gaps["id"].iloc[:2]), "county_seat")
    kinds = kinds.where(gaps["id"] != gaps["id"].iloc[2], "site")
    write_annex(replace(city, gaps=gaps.assign(kind=kinds)), tmp_path / "a.xlsx")
    names = CalamineWorkbook.from_path(str(tmp_path / "a.xlsx")).sheet_names
    assert names[1:4] == ["缺口清单", "县城缺口", "站点缺口"]
    table = rows(tmp_path / "a.xlsx", "缺口清单")
    head = table[HEAD_ROW]
    listed = {row[head.index("编码")]: row for row in table[HEAD_ROW + 1 : -1]}
    assert len(listed) == len(table) - HEAD_ROW - 2
    twice = [listed[name] for name in both if name in listed]
    assert twice and all(row[6] and row[7] for row in twice)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
    last = re.search(r'<autoFilter ref="[A-Z]+5:[A-Z]+(\d+)"', sheet)
    assert last and int(last[1]) == len(table) - 1 and f"SUBTOTAL(109,K6:K{len(table) - 1})" in sheet
    counties = [row[head.index("县(市、区)")] for row in table[HEAD_ROW + 1 : -1]]
    assert sheet.count("<brk ") == sum(a != b for a, b in pairwise(counties)) > 0
    scale = re.search(r'<pageSetup [^>]*scale="(\d+)"', sheet)
    assert scale and FONT_PT * int(scale[1]) / 100 >= 8


def test_a_list_with_hardly_a_row_a_county_runs_on() -> None:
    """Eight county seats are eight rows of one page, not eight pages."""
    assert county_breaks(pd.DataFrame({"county": [f"44140{number}" for number in range(8)]})) == []
    assert county_breaks(pd.DataFrame({"county": ["a"] * 4 + ["b"] * 2 + ["c"] * 3})) == [4, 6]
    assert county_breaks(pd.DataFrame({"county": []})) == []
