"""Registers, hosts and classes: any file a clerk saves gives the same table; a word used as a key is known or reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from python_calamine import CalamineWorkbook

from infraplan.errors import DataError, Fault
from infraplan.fields import PLACE, field_of
from infraplan.io import read_corridors, read_hosts, read_places, read_register, read_zones
from infraplan.io.template_workbook import SHEETS, drop_down_words, sheet_name, write_template
from infraplan.tables import faults_of

ROWS = [("乐昌市", "韶关市", 1200, "是"), ("南雄市", "韶关市", 800, "否")]
HEADINGS = ("区县", "地市", "用户数", "已上报")
TEXT = "\n".join(",".join(map(str, row)) for row in (HEADINGS, *ROWS)) + "\n"


@pytest.fixture(scope="module")
def zones() -> gpd.GeoDataFrame:
    rows = [
        ("province", "440000", "广东省", "", shapely.box(113, 24, 115, 26)),
        ("city", "440200", "韶关市", "440000", shapely.box(113, 24, 115, 26)),
        ("county", "440281", "乐昌市", "440200", shapely.box(113, 24, 114, 26)),
        ("county", "440282", "南雄市", "440200", shapely.box(114, 24, 115, 26)),
    ]
    return read_zones(gpd.GeoDataFrame(rows, columns=["level", "adcode", "name", "parent", "geometry"], crs=4326))


def _workbook(path: Path) -> None:
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        pd.DataFrame(ROWS, columns=list(HEADINGS)).to_excel(book, index=False, startrow=2)
        book.sheets["Sheet1"].write(0, 0, "光纤用户登记表")


SAVED: dict[str, Callable[[Path], object]] = {
    "utf-8.csv": lambda path: path.write_bytes(TEXT.encode()),
    "excel.csv": lambda path: path.write_bytes(TEXT.encode("utf-8-sig")),
    "gbk.csv": lambda path: path.write_bytes(TEXT.encode("gbk")),
    "semicolon.csv": lambda path: path.write_bytes(TEXT.replace(",", ";").encode("gb18030")),
    "unicode.txt": lambda path: path.write_bytes(TEXT.replace(",", "\t").encode("utf-16")),
    "total.csv": lambda path: path.write_bytes((TEXT + "合计,,2000,\n").encode("gbk")),
    "book.xlsx": _workbook,
}


@pytest.mark.parametrize("name", SAVED)
def test_a_register_reads_alike_however_it_was_saved(tmp_path: Path, zones: gpd.GeoDataFrame, name: str) -> None:
    SAVED[name](tmp_path / name)
    table = read_register(tmp_path / name, zones=zones)
    assert table["county"].tolist() == ["440281", "440282"]
    assert table["city"].tolist() == ["440200", "440200"]
    assert table["subscribers"].tolist() == [1200.0, 800.0]
    assert table["已上报"].tolist() == ["是", "否"]
    assert [fault.rule for fault in faults_of(table)] == (["total_row"] if name == "total.csv" else [])


@pytest.mark.parametrize(
    ("cell", "code"),
    [("440281", "440281"), ("440281.0", "440281"), ("乐昌市", "440281"), ("韶关市", "440200"), ("4402", "440200"), ("440000", "440000")],
)
def test_a_zone_of_any_level_is_known_by_code_or_name(zones: gpd.GeoDataFrame, cell: str, code: str) -> None:
    table = read_register(pd.DataFrame({"行政区划代码": [cell], "数值": ["1,200"]}), zones=zones)
    row = table.iloc[0]
    assert (row["adcode"], row["county"], row["city"], row["province"], row["value"]) == (code, code, code, code, 1200.0)


def faults_in(read: Callable[[], object]) -> dict[str, Fault]:
    with pytest.raises(DataError) as raised:
        read()
    return {fault.rule: fault for fault in raised.value.fault_list}


def test_what_cannot_be_read_names_row_and_column(tmp_path: Path, zones: gpd.GeoDataFrame) -> None:
    path = tmp_path / "users.csv"
    path.write_text("区县,用户数,是否合成数据\n乐昌市,约一千,否\n南雄市,-3,大概\n", encoding="utf-8")
    found = faults_in(lambda: read_register(path, zones=zones))
    assert {rule: (fault.file, fault.row, fault.column) for rule, fault in found.items()} == {
        "not_a_number": ("users.csv", 2, "用户数"),
        "negative": ("users.csv", 3, "用户数"),
        "not_boolean": ("users.csv", 3, "是否合成数据"),
    }


def test_a_row_of_no_zone_is_reported_and_kept(zones: gpd.GeoDataFrame) -> None:
    table = read_register(pd.DataFrame({"区县": ["乐昌市", "某某县"], "数值": [1, None]}), zones=zones)
    assert table["county"].tolist() == ["440281", ""]
    assert {(fault.rule, fault.severity, fault.row) for fault in faults_of(table)} == {
        ("unknown_zone", "warning", 2),
        ("empty_figure", "warning", 2),
    }
    assert [fault.rule for fault in faults_of(read_register(pd.DataFrame({"数值": [1]}), zones=zones))] == ["register_without_zone"]
    empty = read_register(pd.DataFrame({"区县": [], "数值": []}), zones=zones)
    assert len(empty) == 0 and [fault.rule for fault in faults_of(empty)] == ["empty_register"]


def test_hosts_have_a_point_and_a_host_of_the_cost_preset(zones: gpd.GeoDataFrame) -> None:
    table = pd.DataFrame({"编号": ["a", "b"], "经度": [113.5, 114.5], "纬度": [25, 25], "载体": ["楼面", "灯杆"]})
    hosts = read_hosts(table, zones=zones)
    assert hosts["host"].tolist() == ["rooftop", "smart_pole"]
    assert hosts["city"].tolist() == ["440200", "440200"]
    assert read_hosts(table.drop(columns="编号"), zones=zones)["id"].tolist() == ["H000001", "H000002"]
    assert "missing_column" in faults_in(lambda: read_hosts(table.drop(columns="载体"), zones=zones))
    assert faults_in(lambda: read_hosts(table.assign(载体=["楼面", "热气球"]), zones=zones))["not_a_choice"].row == 2
    assert faults_in(lambda: read_hosts(table.assign(载体=["楼面", ""]), zones=zones))["no_host"].row == 2
    assert faults_in(lambda: read_hosts(table.assign(经度=[113.5, None]), zones=zones))


def test_every_host_of_the_cost_preset_may_be_offered() -> None:
    from infraplan.presets import load

    assert set(field_of("host", "host").choices) == set(load("costs")["hosts"])


def test_place_classes_are_known_in_chinese_and_english() -> None:
    words = ["学校", "school", "School", "卫生院", "县城", "文化站"]
    table = pd.DataFrame({"名称": words, "经度": 113.5, "纬度": 25.0, "场所类别": words})
    places = read_places(table)
    assert places["place_class"].tolist() == ["school", "school", "school", "hospital", "county_seat", "文化站"]
    assert [(fault.rule, fault.row, fault.value) for fault in faults_of(places)] == [("not_a_known_word", 6, "文化站")]
    assert faults_of(read_places(table, classes=("文化站",))) == []
    (near,) = faults_of(read_places(table.assign(场所类别="shcool")[:1]))
    assert "school" in near.message


def test_line_classes_are_known_in_chinese_and_english() -> None:
    words = ["高速铁路", "高速公路", "Metro", "索道"]
    lines = gpd.GeoDataFrame({"线路类别": words}, geometry=[shapely.LineString([(113, 25), (114, 25)])] * 4, crs=4326)
    assert faults_in(lambda: read_corridors(lines))["not_a_choice"].row == 4
    assert read_corridors(lines, classes=("索道",))["line_class"].tolist() == ["railway", "expressway", "metro", "索道"]


def test_the_template_offers_the_classes(tmp_path: Path) -> None:
    choice = next(field for field in PLACE if field.name == "place_class")
    words = drop_down_words(choice)
    assert len(words) == len(choice.choices) and "学校" in words and len(",".join(words)) <= 255  # what Excel takes
    read = read_places(pd.DataFrame({"名称": words, "经度": 113.5, "纬度": 25.0, "场所类别": words}))
    assert read["place_class"].tolist() == list(choice.choices)
    write_template(tmp_path / "a.xlsx")
    assert [*CalamineWorkbook.from_path(tmp_path / "a.xlsx").sheet_names] == ["填报说明", *map(sheet_name, SHEETS)]
