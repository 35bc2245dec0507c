"""Sheets called after counties, site types, and cells with the numbers of several sectors."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from arranged_study import zones as made_zones

from infraplan.errors import DataError, collected
from infraplan.io import read_places, read_register, read_sites, read_villages, read_zones

SITES = """编号,经度,纬度,业务制式,运营商,方位角,下倾角,{heading}
S1,113.1,23.1,nr-n28,移动,0/120/240,{tilt},{first}
S2,113.2,23.2,nr-n28,移动,omni,3,{second}
"""


@pytest.fixture(scope="module")
def zones():
    return read_zones(made_zones())


def workbook(path: Path, sheets: dict[str, pd.DataFrame]) -> Path:
    with pd.ExcelWriter(path, engine="xlsxwriter") as book:
        for name, table in sheets.items():
            table.to_excel(book, sheet_name=name, index=False)
    return path


def test_a_register_takes_its_county_from_the_sheet(tmp_path: Path, zones) -> None:
    sheets = {"县440101": pd.DataFrame({"用户数": [10, 20]}), "县440202": pd.DataFrame({"用户数": [5]})}
    with collected() as warned:
        table = read_register(workbook(tmp_path / "users.xlsx", sheets), zones=zones, sheet=[1, 2])
    assert table.groupby("county")["subscribers"].sum().to_dict() == {"440101": 30, "440202": 5}
    assert {fault.rule for fault in warned} == {"zone_of_sheet"} and {fault.sheet for fault in warned} == set(sheets)


def test_a_sheet_called_after_a_city_tells_the_city_and_a_number_nothing(tmp_path: Path, zones) -> None:
    sheets = {"西市": pd.DataFrame({"用户数": [10]}), "1": pd.DataFrame({"用户数": [5]})}
    with collected() as warned:
        table = read_register(workbook(tmp_path / "users.xlsx", sheets), zones=zones, sheet=[1, 2])
    assert table["city"].tolist() == ["440100", ""] and table["county"].tolist() == ["", ""]
    assert [fault.rule for fault in warned] == ["zone_of_sheet"]


def test_a_stated_county_stands_above_the_name_of_the_sheet(tmp_path: Path, zones) -> None:
    table = pd.DataFrame({"用户数": [10, 20], "区县": ["县440102", ""]})
    with collected():
        read = read_register(workbook(tmp_path / "users.xlsx", {"县440101": table}), zones=zones)
    assert read["county"].tolist() == ["440102", "440101"]


def test_villages_lie_where_their_coordinates_say_and_a_sheet_that_differs_is_reported(tmp_path: Path, zones) -> None:
    row = {"名称": ["甲"], "人口": [10], "经度": [113.1], "纬度": [23.1]}
    sheets = {"县440101": pd.DataFrame(row), "县440202": pd.DataFrame(row | {"名称": ["乙"]})}
    with collected() as warned:
        read = read_villages(workbook(tmp_path / "villages.xlsx", sheets), zones=zones)
    assert read["county"].tolist() == ["440101", "440101"]
    (away,) = [fault for fault in warned if fault.rule == "outside_its_sheet"]
    assert (away.sheet, away.row) == ("县440202", 2) and "440101" in away.message


def test_a_place_without_a_point_takes_its_county_from_the_sheet(tmp_path: Path, zones) -> None:
    row = {"名称": ["甲校"], "场所类别": ["学校"], "经度": [""], "纬度": [""]}
    sheets = {"县440101": pd.DataFrame(row), "县440202": pd.DataFrame(row | {"名称": ["乙校"]})}
    with collected() as warned:
        read = read_places(workbook(tmp_path / "places.xlsx", sheets), zones=zones)
    assert read["county"].tolist() == ["440101", "440202"] and read["city"].tolist() == ["440100", "440200"]
    assert "zone_of_sheet" in {fault.rule for fault in warned}


@pytest.mark.parametrize("heading", ["站型", "站点类型", "覆盖类型"])
def test_indoor_systems_are_set_aside_and_reported(tmp_path: Path, heading: str) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(SITES.format(heading=heading, tilt=3, first="宏站", second="室分"), encoding="utf-8")
    with collected() as warned:
        sites = read_sites(path)
    assert sites["id"].tolist() == ["S1"] and sites.attrs["set_aside"] == 1
    (indoor,) = [fault for fault in warned if fault.rule == "indoor_site"]
    assert (indoor.row, indoor.value, indoor.column) == (3, "室分", heading)
    assert ("type_is_no_host" in {fault.rule for fault in warned}) == (heading == "站型")
    assert sites["host"].tolist() == ["tower"]


def test_a_table_of_indoor_systems_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(SITES.format(heading="站型", tilt=3, first="室内分布", second="室分"), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_sites(path)
    assert "only_indoor" in {fault.rule for fault in caught.value.fault_list}


def test_an_unknown_site_type_counts_outdoors_and_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(SITES.format(heading="站点类型", tilt=3, first="某型", second="微站"), encoding="utf-8")
    with collected() as warned:
        assert len(read_sites(path)) == 2
    assert [fault.value for fault in warned if fault.rule == "unknown_site_type"] == ["某型"]


@pytest.mark.parametrize("cell", ["3/5/6", "3、5、6", "3；5", "3°/5°/6°"])
def test_the_tilts_of_several_sectors_in_a_cell(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(SITES.format(heading="备注", tilt=cell, first="", second=""), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_sites(path)
    (fault,) = [fault for fault in caught.value.fault_list if fault.severity == "error"]
    assert (
        (fault.rule, fault.row, fault.value) == ("several_sectors", 2, cell)
        and "下倾角" in fault.how_to_fix
        and "same id" in fault.how_to_fix
    )


def test_what_the_message_says_of_several_tilts_works(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    rows = "".join(f"S1,113.1,23.1,nr-n28,移动,{azimuth},{tilt}\n" for azimuth, tilt in ((0, 3), (120, 5), (240, 6)))
    path.write_text("编号,经度,纬度,业务制式,运营商,方位角,下倾角\n" + rows, encoding="utf-8")
    with collected():
        sites = read_sites(path)
    assert sites["azimuth_deg"].tolist() == ["0/120/240"] and '"tilt_deg": 5.0' in sites["sectors"].iloc[0]


def test_several_numbers_in_a_cell_of_another_table(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("名称,人口,经度,纬度\n甲,3/5,113.1,23.1\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_villages(tmp_path / "v.csv")
    assert [fault.rule for fault in caught.value.fault_list] == ["several_numbers"]
