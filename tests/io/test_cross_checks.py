"""Cross-checks, the shift's measurement, the reports for clerks, the template."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from python_calamine import CalamineWorkbook

from infraplan.errors import Fault
from infraplan.geo.datums import from_wgs84
from infraplan.io import read_hosts, read_places, read_register, read_sites, read_villages, read_zones
from infraplan.io.check_reports import write_check_html, write_check_xlsx
from infraplan.io.cross_checks import cross_check
from infraplan.io.datum_shift import measure_shift
from infraplan.io.template_workbook import sheet_name, write_template
from infraplan.tables import faults_of
from infraplan.tables.faults import rows_of


@pytest.fixture
def zones() -> gpd.GeoDataFrame:
    rows = [
        {
            "adcode": f"4402{31 + i}",
            "name": f"{'甲乙丙丁'[i]}县",
            "population": 1000,
            "geometry": shapely.box(113 + i % 2 / 4, 24 + i // 2 / 4, 113.25 + i % 2 / 4, 24.25 + i // 2 / 4),
        }
        for i in range(4)
    ]
    return read_zones(gpd.GeoDataFrame(rows, crs=4326))


def villages(zones: gpd.GeoDataFrame, count: int = 2000, datum: str = "wgs84") -> gpd.GeoDataFrame:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(113.0001, 113.4999, count), rng.uniform(24.0001, 24.4999, count)
    county = np.array([["440231", "440232"], ["440233", "440234"]])[(lat > 24.25).astype(int), (lon > 113.25).astype(int)]
    moved = from_wgs84(lon, lat, datum)
    table = pd.DataFrame(
        {
            "编号": [f"v{i}" for i in range(count)],
            "自然村": [f"第{i}村" for i in range(count)],
            "人口": 2,
            "户数": 1,
            "县": county,
            "经度": moved[0],
            "纬度": moved[1],
        }
    )
    return read_villages(table, zones=zones, outside="ignore")


def rules(faults: list[Fault]) -> list[str]:
    return sorted(fault.rule for fault in faults)


def test_a_clean_study_has_no_cross_faults(zones: gpd.GeoDataFrame) -> None:
    frame = villages(zones)
    zones["population"] = zones["adcode"].map(frame.groupby("county")["population"].sum())
    assert cross_check(zones=zones, villages=frame) == []


def test_totals_stated_counties_and_bases(zones: gpd.GeoDataFrame) -> None:
    frame = villages(zones)
    zones["population"] = zones["adcode"].map(frame.groupby("county")["population"].sum())
    frame.loc[5, "population"] = 900
    frame.loc[7, "county"] = "440234" if frame.loc[7, "county"] != "440234" else "440231"
    frame.attrs["population_basis"] = "registered"
    found = cross_check(zones=zones, villages=frame)
    assert rules(found) == ["mixed_bases", "outside_stated_county", "population_differs"]
    stray = next(fault for fault in found if fault.rule == "outside_stated_county")
    assert stray.row == 8 and " km" in stray.message
    assert next(fault for fault in found if fault.rule == "mixed_bases").severity == "error"


def test_sites_in_the_sea_and_twins() -> None:
    table = pd.DataFrame(
        {
            "编号": list("abcde"),
            "lon": [113.3, 113.30005, 113.30005, 113.5, 114.5],
            "lat": [23.1, 23.1, 23.1, 23.3, 20.0],
            "频段": ["n41", "n41", "nb900", "n41", "n41"],
            "运营商": "移动",
        }
    )
    found = cross_check(sites=read_sites(table))
    assert [(fault.rule, fault.row) for fault in found] == [("in_the_sea", 5), ("twin_site", 2)]
    same_mast = read_sites(table.assign(物理站址=["m", "m", "m", "n", "o"]))
    assert rules(cross_check(sites=same_mast)) == ["in_the_sea"]


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_the_shift_is_recognised_by_stated_counties(zones: gpd.GeoDataFrame, datum: str) -> None:
    assert measure_shift(villages(zones, datum=datum), zones=zones).datum == datum


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_the_shift_is_recognised_by_known_settlements(datum: str) -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(112, 115, 400), rng.uniform(23, 25, 400)
    known = gpd.GeoDataFrame({"name": [f"第{i}墟|旧{i}" for i in range(400)]}, geometry=gpd.points_from_xy(lon, lat), crs=4326)
    moved = from_wgs84(lon + rng.normal(0, 0.005, 400), lat + rng.normal(0, 0.005, 400), datum)
    frame = read_places(pd.DataFrame({"name": [f"第{i}墟" for i in range(400)], "lon": moved[0], "lat": moved[1]}), place_class="township")
    evidence = measure_shift(frame, settlements=known)
    assert evidence.datum == datum and evidence.matches > 300
    if datum == "gcj02":
        assert 350 < evidence.offset_m < 800 and 70 < evidence.bearing_deg < 150
        (fault,) = cross_check(places=frame, settlements=known)
        assert fault.rule == "looks_shifted" and "GCJ-02" in fault.message and "datum=gcj02" in fault.how_to_fix


def test_on_real_townships(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "guangdong"
    counties = read_zones(folder / "gd_district_tianditu.geojson")
    table = pd.read_csv(folder / "gd_township_points_merged.csv", dtype=str)
    table = table[table["bbox_lon"].notna()]
    places = pd.read_csv(folder / "gd_geonames_cities500.csv")
    known = gpd.GeoDataFrame({"name": places["names_zh"]}, geometry=gpd.points_from_xy(places["lon"], places["lat"]), crs=4326)
    for datum in ("wgs84", "gcj02"):
        lon, lat = from_wgs84(table["bbox_lon"].astype(float), table["bbox_lat"].astype(float), datum)
        frame = pd.DataFrame({"name": table["name"], "pop": 1, "county": table["county_adcode"], "lon": lon, "lat": lat})
        assert measure_shift(read_villages(frame, zones=counties, outside="ignore"), zones=counties, settlements=known).datum == datum


def test_row_numbers_travel_with_the_frame(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("人口,经度,纬度\n\n1,113,24\n2,113,24\n\n\n3,113,24\n", encoding="utf-8")
    frame = read_villages(path)
    rows = rows_of(frame)
    assert rows is not None and rows.tolist() == [3, 4, 7]
    assert rows_of(frame.iloc[1:]) is None
    frame.to_parquet(tmp_path / "v.parquet")


def test_check_reports_hold_everything_as_text(tmp_path: Path) -> None:
    faults = [
        Fault("a.xlsx", "坏 / bad", "改 / mend", rule="r", sheet="<b>", row=7, column="人口", value="=1+1<script>", count=10_000),
        Fault("b.csv", "warn / warn", "x", severity="warning"),
    ]
    write_check_html(faults, tmp_path / "check.html")
    page = (tmp_path / "check.html").read_text(encoding="utf-8")
    assert "<script>" not in page and "=1+1&lt;script&gt;" in page and "10000" in page and "http" not in page
    write_check_xlsx(faults, tmp_path / "check.xlsx")
    rows = CalamineWorkbook.from_path(tmp_path / "check.xlsx").get_sheet_by_index(0).to_python()
    assert rows[2][5] == "=1+1<script>" and rows[2][3] == 7.0 and "错误" in rows[2][0]
    write_check_html([], tmp_path / "clean.html")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_template_reads_back_without_a_fault(tmp_path: Path, lang: str) -> None:
    path = tmp_path / "填报模板.xlsx"
    write_template(path, lang)
    doors = {"village": read_villages, "site": read_sites, "place": read_places, "host": read_hosts, "register": read_register}
    for name, read in ((sheet_name(table, lang), door) for table, door in doors.items()):
        for frame in (read(path, sheet=name), read(path)):
            assert len(frame) == 1 and {fault.rule for fault in faults_of(frame)} <= {"filled_in"}, name
    site = read_sites(path).iloc[0]
    assert (site["services"], site["operators"], site["azimuth_deg"], site["host"]) == ("nr-n41;nr-n28", "cbn+cmcc", "0/120/240", "tower")
