"""What is wrong with a file is said at once, with its place and how to fix it; nothing but DataError is ever raised."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xlsxwriter

from infraplan.errors import DataError, Fault, UsageError
from infraplan.io import read_corridors, read_places, read_sites, read_villages, read_zones
from infraplan.tables import faults_of

HEAD = "编号,自然村,人口,户数,经度,纬度\n"


def written(tmp_path: Path, text: str, name: str = "村.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def faults_in(read: Callable[[], object]) -> list[Fault]:
    with pytest.raises(DataError) as caught:
        read()
    assert caught.value.exit_code == 3
    assert len(caught.value.faults) == len(caught.value.fault_list)
    return caught.value.fault_list


def square(lon: float, lat: float, adcode: str, name: str) -> dict[str, object]:
    return {"adcode": adcode, "name": name, "geometry": shapely.box(lon, lat, lon + 1, lat + 1)}


@pytest.fixture
def zones() -> gpd.GeoDataFrame:
    rows = [
        square(113, 24, "440281", "乐昌市"),
        square(114, 24, "440282", "南雄市"),
        square(113, 25, "441502", "城区"),
        square(114, 25, "441402", "城区"),
    ]
    return read_zones(gpd.GeoDataFrame(rows, crs=4326))


def test_everything_wrong_is_said_at_once_with_line_column_value(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "a,上村,约一百五,1,113.1,25.1\nb,下村,-3,2,24.77,113.2\na,中村,12.5,3,东边,25.3\nd,新村,,4,113.4,95\n")
    faults = faults_in(lambda: read_villages(path))
    found = {(fault.row, fault.rule): fault for fault in faults}
    assert set(found) == {
        (2, "not_a_number"),
        (3, "negative"),
        (3, "swapped"),
        (4, "not_whole"),
        (4, "bad_coordinate"),
        (4, "repeated"),
        (5, "empty_cell"),
        (5, "lat_out_of_range"),
    }
    assert found[2, "not_a_number"].value == "约一百五" and found[2, "not_a_number"].column == "人口"
    assert "第 2 行" in found[4, "repeated"].message
    for fault in faults:
        assert fault.file == "村.csv" and " / " in fault.message and " / " in fault.how_to_fix
    table = DataError(faults).faults
    assert list(table.columns)[:3] == ["file", "message", "cure"]


def test_a_fault_in_many_rows_is_one_line_with_a_count_and_the_first_rows(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "".join(f"v{row},村,-1,0,113.1,25.1\n" for row in range(10_000)))
    (fault,) = faults_in(lambda: read_villages(path))
    assert (fault.count, fault.row, fault.rule) == (10_000, 2, "negative")
    assert "2, 3, 4" in fault.message


def test_missing_columns_name_what_they_may_be_called(tmp_path: Path) -> None:
    faults = faults_in(lambda: read_villages(written(tmp_path, "编号,名称\n1,村\n")))
    assert {fault.column for fault in faults} == {"经度", "纬度", "常住人口"}
    assert any("人口数" in fault.how_to_fix for fault in faults)


def test_excel_rows_sheets_uncalculated_formulas_and_error_cells(tmp_path: Path) -> None:
    path = tmp_path / "村.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("自然村清单")
        sheet.merge_range(0, 0, 0, 4, "韶关市自然村")
        sheet.write_row(1, 0, ["编码", "自然村", "人口", "经度", "纬度"])
        sheet.write_row(2, 0, [440232001, "上村", 10, 113.1, 25.1])
        sheet.write_row(3, 0, [440232002, "下村"])
        sheet.write_formula(3, 2, "=C3*2", None, "")
        sheet.write_row(3, 3, [113.2, 25.2])
        sheet.write_row(4, 0, [440232001, "中村"])
        sheet.write_formula(4, 2, "=1/0", None, "#DIV/0!")
        sheet.write_row(4, 3, [113.2, 25.2])
    faults = faults_in(lambda: read_villages(path))
    assert {(fault.row, fault.rule) for fault in faults} >= {(4, "formula_without_value"), (5, "cell_error"), (5, "repeated")}
    assert {fault.sheet for fault in faults} == {"自然村清单"}
    assert next(fault.value for fault in faults if fault.rule == "repeated") == "440232001"


def test_codes_that_excel_turned_to_numbers_come_back_and_lost_ones_are_reported(tmp_path: Path) -> None:
    frame = read_villages(pd.DataFrame({"编码": [440232001.0, 440232002.0], "人口": [1, 2], "lon": [113.1, 113.2], "lat": [25.1, 25.1]}))
    assert frame["id"].tolist() == ["440232001", "440232002"]
    path = written(tmp_path, "编码,人口,lon,lat\n4.40232E+11,1,113.1,25\n")
    assert faults_in(lambda: read_villages(path))[0].rule == "code_lost_digits"


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("方位角", "400", "bad_azimuth"),
        ("方位角", "0/120/x", "bad_azimuth"),
        ("挂高", "-2", "negative"),
        ("挂高", "1e308", "too_large"),
        ("频段", "n999", "unknown_band"),
        ("运营商", "阿里", "unknown_operator"),
        ("下倾角", "200", "too_large"),
        ("状态", "maybe", "not_a_choice"),
        ("建成日期", "2020-13-40", "not_a_date"),
        ("挂高", "inf", "not_a_number"),
        ("lat", "95", "lat_out_of_range"),
        ("lat", "1e308", "metric_coordinate"),
        ("lat", "nan", "no_coordinate"),
        ("lat", "inf", "bad_coordinate"),
        ("SA", "也许", "not_boolean"),
    ],
)
def test_impossible_site_values_are_errors(column: str, value: str, rule: str) -> None:
    record = {"编号": "s1", "lon": "113.1", "lat": "25.1", "频段": "n41"} | {column: value}
    faults = faults_in(lambda: read_sites(pd.DataFrame([record])))
    assert [fault.rule for fault in faults if fault.severity == "error"] == [rule]


@pytest.mark.parametrize(("column", "value"), [("挂高", "0"), ("挂高", "900"), ("载波功率", "70"), ("下倾角", "45")])
def test_improbable_values_only_warn(column: str, value: str) -> None:
    frame = read_sites(pd.DataFrame([{"编号": "s1", "lon": 113.1, "lat": 25.1, "频段": "n41", column: value}]))
    assert [fault.rule for fault in faults_of(frame) if fault.rule != "filled_in"] == ["improbable"]


def test_what_a_site_file_leaves_out_is_filled_and_counted() -> None:
    table = pd.DataFrame(
        {
            "编号": ["a", "b"],
            "lon": [113.1, 113.2],
            "lat": [25.1, 25.1],
            "制式": ["5G", "NB-IoT"],
            "运营商": ["中国电信", "移动、广电"],
            "挂高(m)": ["30", ""],
            "方位角": ["0/120/240", ""],
            "功率(W)": ["200", ""],
            "场景": ["农村", "密集城区"],
        }
    )
    frame = read_sites(table)
    assert frame["services"].tolist() == ["nr-n78", "nbiot-900"]
    assert frame["operators"].tolist() == ["ctcc", "cbn+cmcc"]
    assert frame["height_m"].tolist() == [30.0, 25.0]
    assert frame["azimuth_deg"].tolist() == ["0/120/240", "0/120/240"]
    assert frame["carrier_power_dbm"].iloc[0] == pytest.approx(53.01, abs=0.01)
    filled = frame.attrs["filled"]
    assert {name: filled[name] for name in ("band", "height_m", "azimuth_deg", "carrier_power_dbm", "host", "tilt_deg")} == {
        "band": 2,
        "height_m": 1,
        "azimuth_deg": 1,
        "carrier_power_dbm": 1,
        "host": 2,
        "tilt_deg": 2,
    }


def test_sites_of_other_technologies_are_set_aside_and_said() -> None:
    frame = read_sites(pd.DataFrame({"lon": [113.1, 113.2], "lat": [25.1, 25.1], "制式": ["4G", "4G+5G n28"]}))
    assert frame["services"].tolist() == ["nr-n28"] and frame.attrs["set_aside"] == 1
    assert "other_technology" in [fault.rule for fault in faults_of(frame)]


def test_units_in_headings_are_obeyed() -> None:
    table = pd.DataFrame({"自然村": ["a"], "人口(万人)": ["0.12"], "经度/度": [113.1], "纬度[°]": [25.1], "位置误差(km)": ["0.5"]})
    frame = read_villages(table)
    assert frame["population"].tolist() == [1200] and frame["position_error_m"].tolist() == [500.0]


@pytest.mark.parametrize(
    ("cell", "lon", "lat"),
    [
        ("113.25,24.5", 113.25, 24.5),
        ("113.25，24.5", 113.25, 24.5),
        ("113.25 24.5", 113.25, 24.5),
        ("113°15′E 24°30′N", 113.25, 24.5),
        ("24°30′N,113°15′E", 113.25, 24.5),
        ("东经113°15′0″，北纬24°30′", 113.25, 24.5),
        ("N24°30′ E113°15′", 113.25, 24.5),
        ("(113.25, 24.5)", 113.25, 24.5),
    ],
)
def test_both_coordinates_in_one_cell(cell: str, lon: float, lat: float) -> None:
    frame = read_villages(pd.DataFrame({"人口": [1], "经纬度": [cell]}))
    assert (frame.geometry.x[0], frame.geometry.y[0]) == pytest.approx((lon, lat))


def test_datums_by_argument_and_by_heading() -> None:
    by_argument = read_villages(pd.DataFrame({"人口": [1], "lon": [113.2645], "lat": [23.1291]}), datum="gcj02")
    by_heading = read_villages(pd.DataFrame({"人口": [1], "经度(GCJ-02)": [113.2645], "纬度(GCJ-02)": [23.1291]}))
    assert by_argument.geometry.x[0] == by_heading.geometry.x[0] != 113.2645
    assert 300 < by_argument.to_crs(32649).distance(gpd.GeoSeries.from_xy([113.2645], [23.1291], crs=4326).to_crs(32649))[0] < 700
    both = pd.DataFrame({"人口": [1], "lng_bd09": [113.2645], "lat_bd09": [23.1291]})
    assert faults_in(lambda: read_villages(both, datum="gcj02"))[0].rule == "datum_conflict"
    with pytest.raises(UsageError, match="gcj02"):
        read_villages(both, datum="gcj")
    for name in ("xian80", "beijing54"):
        assert faults_in(lambda name=name: read_villages(both, datum=name))[0].rule == "old_datum"


def test_crs_is_settled_or_refused() -> None:
    frame = gpd.GeoDataFrame({"pop": [1]}, geometry=gpd.points_from_xy([113.1], [25.1]))
    assert [fault.rule for fault in faults_of(read_villages(frame))] == ["no_crs_degrees"]
    metres = gpd.GeoDataFrame({"pop": [1]}, geometry=gpd.points_from_xy([500_000], [2_500_000]))
    assert faults_in(lambda: read_villages(metres))[0].rule == "no_crs_metres"
    assert faults_in(lambda: read_villages(metres.set_crs(4326)))[0].rule == "crs_belied"
    assert faults_in(lambda: read_villages(metres.set_crs(2383)))[0].rule == "old_datum"
    assert faults_in(lambda: read_villages(metres.set_crs(2433)))[0].rule == "old_datum"
    assert read_villages(metres, crs="EPSG:4547").geometry.y[0] == pytest.approx(22.6, abs=0.1)


def test_zones_settle_names_codes_and_say_what_is_ambiguous_or_outside(zones: gpd.GeoDataFrame) -> None:
    def villages(county: list[str], lon: list[float], lat: list[float], **more: list[str]) -> pd.DataFrame:
        return pd.DataFrame({"人口": [1] * len(county), "县区": county, "经度": lon, "纬度": lat, **more})

    frame = read_villages(villages(["乐昌", "440282102000", "440281", ""], [113.5, 114.5, 113.6, 114.2], [24.5] * 4), zones=zones)
    assert frame["county"].tolist() == ["440281", "440282", "440281", "440282"] and set(frame["city"]) == {"440200"}
    faults = faults_in(lambda: read_villages(villages(["城区", "火星县"], [113.5, 113.5], [25.5, 25.5]), zones=zones))
    assert {fault.rule for fault in faults} == {"ambiguous_zone", "unknown_zone"}
    assert "441502" in faults[0].message + faults[1].message
    faults = faults_in(lambda: read_villages(villages(["", ""], [113.5, 120.0], [24.5, 24.5]), zones=zones))
    assert [(fault.row, fault.rule) for fault in faults] == [(2, "outside_zones")]
    near = read_villages(villages([""], [112.99], [24.5]), zones=zones)
    assert near["county"].tolist() == ["440281"] and faults_of(near)[0].rule == "just_outside"
    assert len(read_sites(villages(["", ""], [113.5, 120.0], [24.5, 24.5]), zones=zones, services="nr-n28")) == 2


def test_a_neighbours_site_keeps_its_codes_and_is_in_no_zone(zones: gpd.GeoDataFrame) -> None:
    def sites(county: str, lon: float) -> pd.DataFrame:
        return pd.DataFrame({"制式": ["nr-n41"], "县区": [county], "经度": [lon], "纬度": [24.5]})

    for lon in (112.99, 112.0):
        frame = read_sites(sites("441882", lon), zones=zones)
        assert frame[["county", "city"]].to_numpy().tolist() == [["441882", "441800"]]
        assert [fault.rule for fault in faults_of(frame) if fault.column in ("city", "county", "lon")] == ["neighbour"]
    faults = faults_in(lambda: read_sites(sites("441882", 113.5), zones=zones))
    errors = [fault.rule for fault in faults if fault.severity == "error"]
    assert errors == ["unknown_zone"], "a point inside a zone that states another's code is a fault"
    own = read_sites(sites("440281", 112.99), zones=zones)
    assert own["county"].tolist() == ["440281"] and "just_outside" in {fault.rule for fault in faults_of(own)}


def test_zone_faults() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), shapely.Point(0, 0)]
    twice = gpd.GeoDataFrame({"adcode": ["440281", 440281.0, "440282", "44028x"], "name": list("abcd")}, geometry=shapes, crs=4326)
    rules = {fault.rule for fault in faults_in(lambda: read_zones(twice))}
    assert rules == {"repeated", "wrong_geometry", "bad_adcode", "polygon_mended"}
    assert faults_in(lambda: read_zones(pd.DataFrame({"adcode": ["440281"]})))[0].rule == "needs_geometry"


def test_corridors() -> None:
    lines = gpd.GeoDataFrame(
        {"类型": ["高速公路", "铁路"], "隧道": ["是", ""]}, geometry=[shapely.LineString([(0, 0), (1, 1)])] * 2, crs=4326
    )
    frame = read_corridors(lines)
    assert frame["line_class"].tolist() == ["expressway", "railway"] and frame["tunnel"].tolist() == [True, False]
    assert faults_in(lambda: read_corridors(lines.set_geometry([shapely.Point(0, 0)] * 2, crs=4326)))[0].rule == "wrong_geometry"


def test_polygon_villages_become_points_with_their_radius() -> None:
    frame = gpd.GeoDataFrame({"pop": [5]}, geometry=gpd.points_from_xy([500_000], [2_600_000]), crs=4547).buffer(300, quad_segs=64)
    village = read_villages(gpd.GeoDataFrame({"pop": [5]}, geometry=frame))
    assert village.geometry.geom_type.tolist() == ["Point"] and village["position_error_m"][0] == pytest.approx(300, rel=0.01)


def test_population_basis_follows_the_heading_and_the_argument() -> None:
    both = {"经度": [113.1], "纬度": [25.1], "常住人口": [10], "户籍人口": [12]}
    assert read_villages(pd.DataFrame(both)).attrs["population_basis"] == "resident"
    registered = read_villages(pd.DataFrame(both), population_basis="registered")
    assert registered["population"].tolist() == [12] and registered.attrs["population_basis"] == "registered"
    del both["常住人口"]
    assert read_villages(pd.DataFrame(both)).attrs["population_basis"] == "registered"


@pytest.mark.parametrize(
    "name",
    [
        "no.csv",
        "folder",
        "empty.csv",
        "empty.xlsx",
        "junk.xlsx",
        "junk.gpkg",
        "junk.geojson",
        "junk.kml",
        "junk.shp",
        "junk.parquet",
        "junk.fgb",
        "junk.zip",
        "a.docx",
        "half.xlsx",
        "html.xls",
        "a.dbf",
        "vrt.geojson",
        "nul.csv",
    ],
)
def test_a_bad_file_is_always_a_data_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    contents = {
        "empty.csv": b"",
        "empty.xlsx": b"",
        "html.xls": b"<html><table></table></html>",
        "nul.csv": b"\x00" * 5000,
        "vrt.geojson": b"<OGRVRTDataSource></OGRVRTDataSource>",
        "a.docx": b"PK\x03\x04abc",
    }
    if name == "folder":
        path.mkdir()
    elif name == "half.xlsx":
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write_column(0, 0, range(500))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif name != "no.csv":
        path.write_bytes(contents.get(name, b"\x13\x37 junk that is no table at all" * 20))
    for read in (read_villages, read_sites, read_places, read_zones, read_corridors):
        for fault in faults_in(lambda read=read: read(path)):
            assert fault.message and fault.how_to_fix


def test_hostile_files_end_in_a_fault_not_in_a_full_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    assert faults_in(lambda: read_villages(bomb))[0].rule == "bomb"
    far = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(far) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["人口", "经度", "纬度"])
        sheet.write(1_048_575, 16_383, "x")
    assert faults_in(lambda: read_villages(far))[0].rule == "sheet_too_large"
    laughs = '<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><kml><Placemark><name>&b;</name></Placemark></kml>'
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "laughs.kml").write_bytes(laughs.encode(encoding))
        assert faults_in(lambda: read_villages(tmp_path / "laughs.kml"))[0].rule == "xml_entities"
    quote = written(tmp_path, HEAD + 'a,"' + "x" * 300_000 + "\n", "quote.csv")
    assert faults_in(lambda: read_villages(quote))[0].rule == "broken_csv"


def test_names_stay_text_and_never_reach_the_terminal_as_codes() -> None:
    nasty = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "{0.__class__}", "../../etc/passwd", "\x1b[31m红", "村" * 5000]
    frame = read_villages(pd.DataFrame({"自然村": nasty, "人口": [1] * 6, "经度": [113.1] * 6, "纬度": [25.1] * 6}))
    assert frame["name"].tolist()[:4] == nasty[:4]
    faults = faults_in(lambda: read_villages(pd.DataFrame({"人口": nasty, "经度": [113.1] * 6, "纬度": [25.1] * 6})))
    assert len(faults) == 6 and all("\x1b" not in str(fault) and len(fault.value) <= 80 for fault in faults)


def test_numbers_that_are_no_numbers() -> None:
    values = [np.nan, np.inf, -np.inf, 1e308, True, "0x1F", "1_000", "１２", "1，200", "12人", "1e3"]
    frame = pd.DataFrame({"人口": pd.Series(values, dtype=object), "经度": 113.1, "纬度": 25.1})
    rules = {fault.row: fault.rule for fault in faults_in(lambda: read_villages(frame))}
    assert rules == {
        1: "empty_cell",
        2: "not_a_number",
        3: "not_a_number",
        4: "too_large",
        5: "not_a_number",
        6: "not_a_number",
        7: "not_a_number",
    }


def test_a_sheet_of_repeated_cells_is_refused(tmp_path: Path) -> None:
    names = "".join(f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text"))
    cell = '<table:table-cell office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    rows = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    body = f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
        archive.writestr("content.xml", f"<office:document-content{names}>{body}</office:document-content>")
    assert faults_in(lambda: read_villages(tmp_path / "a.ods"))[0].rule in ("unreadable", "sheet_too_large")


def test_a_file_that_vanishes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplan.io import file_kinds

    path = written(tmp_path, HEAD + "a,村,1,1,113.1,25.1\n")
    found = file_kinds.kind_of(path)

    def vanish(gone: Path) -> str:
        gone.unlink(missing_ok=True)
        return found

    monkeypatch.setattr(file_kinds, "kind_of", vanish)
    assert faults_in(lambda: read_villages(path))[0].rule == "vanished"


def test_a_table_of_too_many_rows_is_refused_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplan.io import delimited

    monkeypatch.setattr(delimited, "MOST_ROWS", 1000)
    path = written(tmp_path, HEAD + "a,村,1,1,113.1,25.1\n" * 5000)
    assert [fault.rule for fault in faults_in(lambda: read_villages(path))] == ["too_many_rows"]


def test_swapped_coordinates_that_are_both_possible_are_reported_by_the_zones() -> None:
    west = read_zones(gpd.GeoDataFrame({"adcode": ["653101"], "name": ["喀什市"]}, geometry=[shapely.box(75, 39, 77, 40)], crs=4326))
    table = pd.DataFrame({"人口": [1, 1], "经度": [76.0, 39.5], "纬度": [39.5, 76.0]})
    assert [(fault.row, fault.rule) for fault in faults_in(lambda: read_villages(table, zones=west))] == [(2, "swapped_inside")]


def test_free_columns_of_mixed_cells_get_one_type(tmp_path: Path) -> None:
    table = pd.DataFrame({"人口": [1, 2], "经度": 113.1, "纬度": 24.1, "备注": [1.0, "x"], "海拔": pd.Series([12.0, ""], dtype=object)})
    frame = read_villages(table)
    assert frame["备注"].tolist() == ["1", "x"] and frame["海拔"].dtype == "float64"
    frame.to_file(tmp_path / "v.gpkg")


def test_totals_and_notes_at_the_foot_are_no_records(tmp_path: Path) -> None:
    foot = "合 计,,300,40,,\n注：人口为常住人口,,,,,\n"
    frame = read_villages(written(tmp_path, HEAD + "a,上村,150,20,113.1,25.1\nb,总计,150,20,113.2,25.1\n" + foot))
    assert frame["name"].tolist() == ["上村", "总计"]
    assert [(fault.rule, fault.row) for fault in faults_of(frame)] == [("total_row", 4), ("total_row", 5)]
