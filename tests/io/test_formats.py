"""Every format a city may send goes in, and comes out the same."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter

from infraplan.io import read_places, read_villages, read_zones
from infraplan.tables import faults_of

VILLAGES = pd.DataFrame(
    {
        "编号": ["001", "002", "003"],
        "自然村": ["坪石村", "老街村,东", "㙟塱村"],
        "人口": ["318", "1,204", "0"],
        "户数": ["86", "", "0"],
        "经度": ["113.05", "113°15′30″E", "113.1"],
        "纬度": ["25.28", "24°30′", "25.1"],
        "是否通光纤": ["是", "", "否"],
    }
)


def points() -> gpd.GeoDataFrame:
    """The same villages as points."""
    frame = VILLAGES.drop(columns=["经度", "纬度"]).assign(人口=[318, 1204, 0], 户数=pd.array([86, None, 0], dtype="Int64"))
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([113.05, 113.0 + 15.5 / 60, 113.1], [25.28, 24.5, 25.1]), crs=4326)


def is_right(frame: gpd.GeoDataFrame) -> None:
    assert list(frame["id"]) == ["001", "002", "003"]
    assert list(frame["name"]) == list(VILLAGES["自然村"])
    assert list(frame["population"]) == [318, 1204, 0] and frame["population"].dtype == "int64"
    assert frame["households"].tolist() == [86, pd.NA, 0]
    assert frame["fibre"].tolist() == [True, pd.NA, False]
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.x.tolist() == pytest.approx([113.05, 113.258333, 113.1], abs=1e-6)
    assert frame.geometry.y.tolist() == pytest.approx([25.28, 24.5, 25.1], abs=1e-6)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_tables(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "村.csv"
    path.write_bytes(VILLAGES.to_csv(index=False, sep=separator).encode(encoding))
    is_right(read_villages(path))


def test_gzipped_text_with_quoted_newlines_counts_lines(tmp_path: Path) -> None:
    path = tmp_path / "村.csv.gz"
    text = '自然村,人口,经度,纬度\n"上\n村",10,113.1,25.1\n\n下村,20,113.2,25.2\n'
    path.write_bytes(gzip.compress(text.encode()))
    frame = read_villages(path)
    assert list(frame["id"]) == ["V000002", "V000005"]
    assert list(frame["name"]) == ["上\n村", "下村"]


def test_big5_is_read_when_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "村.csv"
    path.write_bytes("name,population,lon,lat\n長洲,10,113.1,25.1\n".encode("big5"))
    assert read_villages(path, encoding="big5")["name"].tolist() == ["長洲"]


def write_sheet(path: Path, title_rows: int = 0) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").write_row(0, 0, ["填报说明", "请勿改动表头"])
        sheet = book.add_worksheet("自然村清单")
        for row in range(title_rows):
            sheet.merge_range(row, 0, row, 6, f"韶关市自然村通信情况表 {row}")
        for column, name in enumerate(VILLAGES.columns):
            sheet.write(title_rows, column, name)
        for row, record in enumerate(VILLAGES.itertuples(index=False), start=title_rows + 1):
            for column, value in enumerate(record):
                sheet.write_string(row, column, value)


@pytest.mark.parametrize("title_rows", [0, 1, 4])
def test_workbook_with_title_rows_and_several_sheets(tmp_path: Path, title_rows: int) -> None:
    path = tmp_path / "村.xlsx"
    write_sheet(path, title_rows)
    frame = read_villages(path)
    is_right(frame)
    is_right(read_villages(path, sheet="自然村清单"))
    is_right(read_villages(path, sheet=2))


def test_merged_cells_speak_for_the_cells_under_them_and_a_header_may_take_two_rows(tmp_path: Path) -> None:
    path = tmp_path / "村.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 4, "乐昌市")
        sheet.merge_range(1, 0, 2, 0, "乡镇")
        sheet.merge_range(1, 1, 2, 1, "自然村")
        sheet.merge_range(1, 2, 2, 2, "人口(人)")
        sheet.merge_range(1, 3, 1, 4, "位置")
        sheet.write_row(2, 3, ["经度", "纬度"])
        sheet.merge_range(3, 0, 4, 0, "坪石镇")
        sheet.write_row(3, 1, ["上村", 10, 113.1, 25.1])
        sheet.write_row(4, 1, ["下村", 20, 113.2, 25.2])
        sheet.set_row(4, None, None, {"hidden": True})
    frame = read_villages(path)
    assert frame["town"].tolist() == ["坪石镇", "坪石镇"]
    assert frame["population"].tolist() == [10, 20]
    hidden = [fault for fault in faults_of(frame) if fault.rule == "hidden_rows"]
    assert [fault.row for fault in hidden] == [5]


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "fgb", "parquet", "shp", "kml"])
def test_vector_formats(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"villages.{ending}"
    frame = points()
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "shp":
        short = frame.rename(columns={"编号": "id", "自然村": "name", "人口": "pop", "户数": "hh", "是否通光纤": "fibre"})
        short.to_file(path, encoding="GB18030")
        path.with_suffix(".cpg").unlink()
    elif ending == "kml":
        frame.rename(columns={"自然村": "Name"}).astype({"人口": str, "户数": str}).replace("<NA>", "").to_file(path, driver="KML")
    else:
        frame.to_file(path, **({"SPATIAL_INDEX": "NO"} if ending == "fgb" else {}))  # its index would reorder the rows
    is_right(read_villages(path))


def test_zipped_shapefile_and_kmz(tmp_path: Path) -> None:
    points().rename(columns={"编号": "id", "自然村": "name", "人口": "pop", "户数": "hh", "是否通光纤": "fibre"}).to_file(
        tmp_path / "a.shp", encoding="GB18030"
    )
    (tmp_path / "a.cpg").write_text("GBK")
    with zipfile.ZipFile(tmp_path / "村.zip", "w") as archive:
        for part in tmp_path.glob("a.*"):
            archive.write(part, f"../../outside/{part.name}")
    is_right(read_villages(tmp_path / "村.zip"))
    points().rename(columns={"自然村": "Name"}).astype({"人口": str, "户数": str}).replace("<NA>", "").to_file(
        tmp_path / "b.kml", driver="KML"
    )
    with zipfile.ZipFile(tmp_path / "b.kmz", "w") as archive:
        archive.write(tmp_path / "b.kml", "doc.kml")
    is_right(read_villages(tmp_path / "b.kmz"))


def test_ods(tmp_path: Path, soffice: str) -> None:
    import subprocess

    write_sheet(tmp_path / "村.xlsx", title_rows=2)
    for ending in ("ods", "xls"):
        subprocess.run(
            [
                soffice,
                f"-env:UserInstallation=file://{tmp_path}/profile",
                "--headless",
                "--convert-to",
                ending,
                "--outdir",
                tmp_path,
                tmp_path / "村.xlsx",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        is_right(read_villages(tmp_path / f"村.{ending}"))


def test_frames_are_taken_as_they_are_and_not_changed() -> None:
    before = VILLAGES.copy()
    is_right(read_villages(VILLAGES))
    pd.testing.assert_frame_equal(VILLAGES, before)
    is_right(read_villages(points()))


def test_a_projected_file_comes_out_in_degrees(tmp_path: Path) -> None:
    path = tmp_path / "v.gpkg"
    points().to_crs(4547).to_file(path)
    is_right(read_villages(path))
    table = VILLAGES.drop(columns=["经度", "纬度"]).assign(x=points().to_crs(4547).geometry.x, y=points().to_crs(4547).geometry.y)
    is_right(read_villages(table, crs="EPSG:4547"))


def test_real_files_load_by_the_documented_call(shared_dir: Path) -> None:
    folder = shared_dir / "data"
    zones = read_zones([folder / "guangdong" / f"gd_{level}_tianditu.geojson" for level in ("province", "city", "district")])
    assert zones["level"].value_counts().to_dict() == {"county": 124, "city": 21, "province": 1}
    assert zones[zones["adcode"] == "441900"]["level"].tolist() == ["city", "county"]
    universities = read_places(folder / "guangdong" / "gd_universities_baidu_wgs84.csv", place_class="school", zones=zones)
    assert len(universities) == 482 and (universities["county"] != "").all()
    hospitals = read_places(folder / "guangdong" / "gd_hospitals_3a.csv", place_class="hospital", zones=zones)
    assert len(hospitals) == 99 and hospitals["city"].str.match("44..00").all()
    townships = read_places(folder / "guangdong" / "gd_township_points_merged.csv", place_class="township", zones=zones)
    assert len(townships) == 1757 and townships.geometry.isna().sum() == 192
    with gzip.open(folder / "guangdong" / "gd_district_amap.geojson.gz"):
        detailed = read_zones(folder / "guangdong" / "gd_district_amap.geojson.gz")
    assert len(detailed) == 125
