"""The table of columns is whole: every field has a meaning, no alias is claimed twice, the contracts hold."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from infraplan.fields import TABLES, WITHOUT_GEOMETRY, contract_columns, field_of
from infraplan.io.heading_matching import parse_heading, recognise

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("table", TABLES)
def test_every_field_says_what_it_means_in_both_languages(table: str) -> None:
    for field in TABLES[table]:
        assert field.meaning_zh and field.meaning_en and field.zh and field.en
        assert field.kind != "choice" or field.choices
        assert field.minimum is None or field.maximum is None or field.minimum < field.maximum


@pytest.mark.parametrize("table", TABLES)
def test_names_labels_and_aliases_lead_back_to_their_field(table: str) -> None:
    for field in TABLES[table]:
        for heading in (field.name, field.zh, field.en, *field.aliases):
            assert recognise([heading], table) == {0: field.name}, heading
        if field.unit:
            assert recognise([f"{field.zh}({field.unit})"], table) == {0: field.name}


def test_headings_as_clerks_write_them() -> None:
    headings = ["*自然村 名称", "人口（人）", "经度/度", "纬度[°]", "挂高(m)", "乡镇\n（街道）", "备注"]
    assert recognise(headings, "village") == {0: "name", 1: "population", 2: "lon", 3: "lat", 5: "town"}
    assert recognise(["天线挂高（米）", "频率MHz", "功率(dBm)"], "site") == {0: "height_m", 1: "band", 2: "carrier_power_dbm"}
    assert parse_heading("经度(GCJ-02)").datum == "gcj02" and parse_heading("lng_bd09").datum == "bd09"
    assert parse_heading("BD-09MC x").datum == "bd09mc" and parse_heading("longitude_wgs84").datum == "wgs84"


def test_a_field_takes_the_heading_nearest_the_front_of_its_aliases() -> None:
    assert recognise(["人口", "常住人口"], "village") == {1: "population"}
    assert recognise(["city_adcode", "district_adcode", "district_name"], "zone") == {1: "adcode", 2: "name"}


def test_contracts_end_with_the_geometry_and_hold_no_coordinates() -> None:
    for table in TABLES:
        columns = contract_columns(table)
        assert (columns[-1] == "geometry") == (table not in WITHOUT_GEOMETRY) and not {"lon", "lat", "lonlat"} & set(columns)
    assert field_of("village", "population").required


def test_the_data_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("write_data_page", ROOT / "tools" / "write_data_page.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    assert tool.filled(page) == page, "run tools/write_data_page.py"
