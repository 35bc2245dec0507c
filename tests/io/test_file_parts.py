"""A table in several sheets, layers, folders or files is read whole, or the run stops and names the key that settles it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import xlsxwriter

from infraplan.errors import DataError
from infraplan.io import read_corridors, read_hosts, read_places, read_register, read_sites, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions
from infraplan.tables import faults_of
from infraplan.tables.faults import rows_of, sheets_of

pytestmark = pytest.mark.filterwarnings("ignore::infraplan.errors.DataWarning")
COUNTIES = ("乐昌", "南雄", "仁化", "翁源")


def villages() -> dict[str, pd.DataFrame]:
    """Eleven to fourteen villages a county, 100 people each."""
    return {
        name: pd.DataFrame({"村名": [f"{name}{k}村" for k in range(11 + at)], "经度": [113 + at / 4 + k / 100 for k in range(11 + at)],
                            "纬度": 24.5, "人口": 100})
        for at, name in enumerate(COUNTIES)
    }  # fmt: skip


def by_county(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a county, with the people of all its villages."""
    return pd.DataFrame({"村名": COUNTIES, "经度": 113.9, "纬度": 24.9, "人口": [100 * len(tables[name]) for name in COUNTIES]})


PEOPLE = 100 * (11 + 12 + 13 + 14)


def write_book(path: Path, sheets: dict[str, pd.DataFrame], hidden: tuple[str, ...] = ()) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, table in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate([tuple(table.columns), *table.itertuples(index=False)]):
                sheet.write_row(row, 0, [cell if isinstance(cell, str) else float(cell) for cell in cells])
            if name in hidden:
                sheet.hide()
    return path


def geo(table: pd.DataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table.drop(columns=["经度", "纬度"]), geometry=gpd.points_from_xy(table["经度"], table["纬度"]), crs=4326)


def placemarks(table: pd.DataFrame) -> str:
    return "".join(
        f'<Placemark><name>{row.村名}</name><ExtendedData><Data name="人口"><value>{row.人口}</value></Data></ExtendedData>'
        f"<Point><coordinates>{row.经度},{row.纬度}</coordinates></Point></Placemark>"
        for row in table.itertuples()
    )


def kml(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2">{body}</kml>'


def as_book(folder: Path) -> Path:
    return write_book(folder / "村.xlsx", {"封面": pd.DataFrame({"填报单位": ["甲"]}), **villages(), "Sheet9": pd.DataFrame()})


def as_folders(folder: Path) -> Path:
    nested = "".join(f"<Folder><name>乡</name>{placemarks(table)}</Folder>" for table in villages().values())
    (folder / "村.kml").write_text(kml(f"<Document><Folder><name>全市</name>{nested}</Folder></Document>"), encoding="utf-8")
    return folder / "村.kml"


def as_loose_folders(folder: Path) -> Path:
    first, *others = villages().values()
    body = placemarks(first) + "".join(f"<Folder>{placemarks(table)}</Folder>" for table in others)
    (folder / "村.kml").write_text(kml(body), encoding="utf-8")
    return folder / "村.kml"


def as_kmz(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "村.kmz", "w") as archive:
        links = "".join(f"<NetworkLink><Link><href>files/{at}.kml</href></Link></NetworkLink>" for at in range(4))
        archive.writestr("doc.kml", kml(f"<Document>{links}</Document>"))
        for at, table in enumerate(villages().values()):
            archive.writestr(f"files/{at}.kml", kml(f"<Document><name>乡</name>{placemarks(table)}</Document>"))
    return folder / "村.kmz"


def as_layers(folder: Path) -> Path:
    for at, (name, table) in enumerate(villages().items()):
        geo(table).to_crs(4490 if at % 2 else 4326).to_file(folder / "村.gpkg", layer=name, driver="GPKG")
    return folder / "村.gpkg"


def as_archive(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "村.zip", "w") as archive:
        for name, table in villages().items():
            geo(table).to_file(folder / f"{name}.shp", encoding="GB18030")
            for part in folder.glob(f"{name}.*"):
                archive.write(part, f"县/{part.name}")
    return folder / "村.zip"


@pytest.mark.parametrize("make", [as_book, as_folders, as_loose_folders, as_kmz, as_layers, as_archive])
def test_a_part_for_each_county_is_read_whole(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    frame = read_villages(make(tmp_path))
    assert frame["population"].sum() == PEOPLE and frame["id"].is_unique
    assert sorted(frame["name"]) == sorted(name for table in villages().values() for name in table["村名"])
    assert [fault.rule for fault in faults_of(frame)] == ["sheets_joined"]
    sheets, rows = sheets_of(frame), rows_of(frame)
    assert sheets is not None and rows is not None and len(set(sheets)) == 4 and rows.max() <= 15


def test_faults_tell_the_sheet_the_row_and_its_own_heading(tmp_path: Path) -> None:
    tables = villages()
    tables["南雄"] = tables["南雄"].rename(columns={"人口": "常住人口"})
    tables["南雄"].loc[2, "常住人口"] = -5
    tables["仁化"].loc[0, "人口"] = -1
    with pytest.raises(DataError) as caught:
        read_villages(write_book(tmp_path / "村.xlsx", tables))
    faults = {(fault.sheet, fault.row, fault.column) for fault in caught.value.fault_list if fault.severity == "error"}
    assert faults == {("南雄", 4, "常住人口"), ("仁化", 2, "人口")}


def test_each_sheet_has_its_own_unit_and_datum(tmp_path: Path) -> None:
    tables = villages()
    tables["南雄"] = tables["南雄"].assign(人口=0.01).rename(columns={"人口": "人口(万人)"})
    frame = read_villages(write_book(tmp_path / "村.xlsx", tables))
    assert frame["population"].tolist() == [100] * 50
    shifted = tables | {"南雄": tables["南雄"].rename(columns={"经度": "经度(GCJ-02)", "纬度": "纬度(GCJ-02)"})}
    moved = read_villages(write_book(tmp_path / "村.xlsx", shifted)).geometry.distance(frame.geometry, align=False) > 1e-3
    assert moved.sum() == 12


def test_named_sheets_are_read_and_no_others(tmp_path: Path) -> None:
    path = as_book(tmp_path)
    assert len(read_villages(path, sheet="南雄")) == 12 and len(read_villages(path, sheet=["乐昌", 3])) == 11 + 12
    with pytest.raises(DataError, match=r"options.villages"):
        read_villages(path, sheet=["乐昌", "无"])


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda tables: tables | {"汇总": pd.concat(tables.values())}, "in_two_sheets"),
        (lambda tables: tables | {"各县": by_county(tables)}, "sheet_of_sums"),
        (lambda tables: tables | {"自然村": tables["乐昌"].assign(纬度=24.6)}, "sheet_unclear"),
        (lambda tables: tables | {"仁化": tables["仁化"].rename(columns={"人口": "人囗"})}, "sheet_lacks"),
        (lambda tables: tables | {"乐昌": tables["乐昌"].drop(columns="经度")}, "sheet_lacks"),
    ],
)
def test_what_is_not_clear_stops_the_run_and_names_the_key(tmp_path: Path, change: Callable[..., object], rule: str) -> None:
    path = write_book(tmp_path / "村.xlsx", change(villages()))  # type: ignore[arg-type]
    with pytest.raises(DataError) as caught:
        read_villages(path)
    fault = next(fault for fault in caught.value.fault_list if fault.severity == "error")
    assert fault.rule == rule and "[options.villages]" in fault.how_to_fix and "sheet = [" in fault.how_to_fix


def test_a_hidden_sheet_of_the_same_kind_stops_the_run(tmp_path: Path) -> None:
    path = write_book(tmp_path / "村.xlsx", villages(), hidden=("翁源",))
    with pytest.raises(DataError) as caught:
        read_villages(path)
    assert [fault.rule for fault in caught.value.fault_list] == ["hidden_sheet"]
    assert len(read_villages(path, sheet=list(COUNTIES))) == 50


def test_every_reader_reads_all_parts(tmp_path: Path) -> None:
    halves = ("东", "西")
    points = {name: pd.DataFrame({"名称": [f"{name}站"], "经度": [113.0 + at], "纬度": [24.5]}) for at, name in enumerate(halves)}
    for table, read in (
        ({"制式": ["5G"], "频段": ["n28"]}, read_sites), ({"场所类别": ["学校"]}, read_places), ({"载体": ["铁塔"]}, read_hosts),
    ):  # fmt: skip
        path = write_book(tmp_path / "点.xlsx", {name: part.assign(**table) for name, part in points.items()})
        assert len(read(path)) == 2, read
    figures = {name: pd.DataFrame({"行政区划代码": [code], "数值": [3.0]}) for name, code in zip(halves, ("440281", "440282"), strict=True)}
    assert len(read_register(write_book(tmp_path / "数.xlsx", figures))) == 2
    lines = {
        name: gpd.GeoDataFrame({"类别": ["铁路"]}, geometry=[shapely.LineString([(at, 0), (at, 1)])], crs=4326)
        for at, name in enumerate(halves)
    }
    squares = {
        name: gpd.GeoDataFrame({"adcode": [f"44028{at + 1}"], "name": [name]}, geometry=[shapely.box(113 + at, 24, 114 + at, 25)], crs=4326)
        for at, name in enumerate(halves)
    }
    for name in halves:
        lines[name].to_file(tmp_path / "线.gpkg", layer=name, driver="GPKG")
        squares[name].to_file(tmp_path / "面.gpkg", layer=name, driver="GPKG")
        squares[name][["geometry"]].to_file(tmp_path / "水.gpkg", layer=name, driver="GPKG")
    assert len(read_corridors(tmp_path / "线.gpkg")) == 2 and len(read_zones(tmp_path / "面.gpkg")) == 2
    assert len(read_exclusions(tmp_path / "水.gpkg")) == 2
    people = {name: pd.DataFrame({"代码": [code], "人口": [7]}) for name, code in zip(halves, ("440281", "440282"), strict=True)}
    zones = read_zones(tmp_path / "面.gpkg", population=write_book(tmp_path / "人.xlsx", people))
    assert zones["population"].tolist() == [7, 7]


def test_levels_in_layers_of_one_file_come_from_each_heading(tmp_path: Path) -> None:
    square = [shapely.box(113, 24, 114, 25)]
    for name in ("province", "city", "district"):
        frame = gpd.GeoDataFrame({f"{name}_adcode": ["440200"], "name": [name]}, geometry=square, crs=4326)
        frame.to_file(tmp_path / "面.gpkg", layer=name, driver="GPKG")
    assert set(read_zones(tmp_path / "面.gpkg")["level"]) == {"province", "city", "county"}


def test_tables_of_a_study_in_one_file_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "study.gpkg"
    table = pd.concat(villages().values(), ignore_index=True).rename(columns={"村名": "name", "人口": "population"})
    geo(table).to_file(path, layer="villages", driver="GPKG")
    geo(table.drop(columns="population")).assign(services="nr-n28").to_file(path, layer="sites", driver="GPKG")
    geo(table.drop(columns="population")).assign(place_class="school").to_file(path, layer="places", driver="GPKG")
    gpd.GeoDataFrame({"adcode": ["440200"]}, geometry=[shapely.box(112, 24, 115, 25)], crs=4326).to_file(path, layer="zones", driver="GPKG")
    for read in (read_villages, read_sites, read_places, read_zones):
        frame = read(path)
        assert {fault.rule for fault in faults_of(frame)} <= {"filled_in"} and len(frame) == (1 if read is read_zones else 50)


def test_what_a_kml_links_to_is_said_to_be_unread(tmp_path: Path) -> None:
    link = "<NetworkLink><Link><href>http://example.invalid/more.kml</href></Link></NetworkLink>"
    path = tmp_path / "村.kml"
    path.write_text(kml(f"<Document>{placemarks(villages()['乐昌'])}{link}</Document>"), encoding="utf-8")
    assert [fault.rule for fault in faults_of(read_villages(path))] == ["kml_links"]


MIF = """Version 300
Charset "{charset}"
Delimiter ","
CoordSys Earth Projection 1, {datum}
Columns 3
  村名 Char(20)
  人口 Integer
  乡镇 Char(20)
Data

"""


def write_mif(folder: Path, charset: str, encoding: str, datum: int) -> Path:
    table = pd.concat(villages().values(), ignore_index=True)
    body = "".join(f"Point {row.经度} {row.纬度}\n    Symbol (35,0,12)\n" for row in table.itertuples())
    rows = "".join(f'"{row.村名}",{row.人口},"坪石镇"\n' for row in table.itertuples())
    (folder / "村.mif").write_bytes((MIF.format(charset=charset, datum=datum) + body).encode(encoding))
    (folder / "村.mid").write_bytes(rows.encode(encoding))
    return folder / "村.mif"


@pytest.mark.parametrize(
    ("charset", "encoding"), [("WindowsSimpChinese", "gbk"), ("Neutral", "gbk"), ("WindowsLatin1", "gbk"), ("UTF-8", "utf-8")]
)
@pytest.mark.parametrize("datum", [0, 104])
def test_mapinfo_mif_in_any_charset(tmp_path: Path, charset: str, encoding: str, datum: int) -> None:
    frame = read_villages(write_mif(tmp_path, charset, encoding, datum))
    assert frame["population"].sum() == PEOPLE and frame["name"].iloc[0] == "乐昌0村" and frame["town"].iloc[0] == "坪石镇"
    assert frame.geometry.x.iloc[0] == pytest.approx(113.0) and faults_of(frame) == []


@pytest.mark.parametrize("zipped", [False, True])
def test_mapinfo_tab(tmp_path: Path, zipped: bool) -> None:
    table = pd.concat(villages().values(), ignore_index=True).rename(columns={"村名": "name", "人口": "population"})
    path = tmp_path / "村.tab"
    geo(table).to_file(path, driver="MapInfo File", engine="pyogrio", encoding="CP936")
    if zipped:
        with zipfile.ZipFile(tmp_path / "村.zip", "w") as archive:
            for part in tmp_path.glob("村.*"):
                if part.suffix != ".zip":
                    archive.write(part, part.name.upper().replace("村", "CUN"))
        path = tmp_path / "村.zip"
    frame = read_villages(path)
    assert frame["population"].sum() == PEOPLE and frame["name"].iloc[0] == "乐昌0村"


def test_mapinfo_tab_with_chinese_headings(tmp_path: Path) -> None:
    table = pd.concat(villages().values(), ignore_index=True).rename(columns={"村名": "aaaa", "人口": "bbbb"})
    geo(table).to_file(tmp_path / "村.tab", driver="MapInfo File", engine="pyogrio", encoding="CP936")
    for ending in (".tab", ".dat"):
        content = (tmp_path / f"村{ending}").read_bytes()
        (tmp_path / f"村{ending}").write_bytes(content.replace(b"aaaa", "村名".encode("gbk")).replace(b"bbbb", "人口".encode("gbk")))
    frame = read_villages(tmp_path / "村.tab")
    assert frame["population"].sum() == PEOPLE and frame["name"].iloc[0] == "乐昌0村"


@pytest.mark.parametrize("system", ['Earth Projection 8, 104, "m", 114, 0, 1, 500000, 0', 'NonEarth Units "m"', "Earth Projection 1, 1001"])
def test_mapinfo_coordinate_systems(tmp_path: Path, system: str) -> None:
    path = write_mif(tmp_path, "WindowsSimpChinese", "gbk", 104)
    text = path.read_text(encoding="gbk").replace("Earth Projection 1, 104", system)
    if "1001" not in system:
        text = re.sub(r"Point \S+ \S+", "Point 501000 2711000", text)
    path.write_text(text, encoding="gbk")
    if "Projection 8" in system:
        assert read_villages(path).geometry.x.to_numpy() == pytest.approx(114.01, abs=0.001)
    else:
        with pytest.raises(DataError):
            read_villages(path)


def test_western_letters_in_a_mapinfo_table_stay(tmp_path: Path) -> None:
    table = geo(villages()["乐昌"].rename(columns={"村名": "name", "人口": "population"})).assign(name="Pointe-à-Pître")
    table.to_file(tmp_path / "v.tab", driver="MapInfo File", engine="pyogrio", encoding="CP1252")
    assert set(read_villages(tmp_path / "v.tab")["name"]) == {"Pointe-à-Pître"}


def test_a_side_file_names_the_table_it_belongs_to(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_bytes(b"x")
    with pytest.raises(DataError, match=r"a\.tab"):
        read_villages(tmp_path / "a.dat")


def test_a_mapinfo_table_of_numbers_is_judged_by_its_texts(tmp_path: Path) -> None:
    """Numbers are in a .dat in binary: hundreds of bytes that are no text, beside two names."""
    table = villages()["乐昌"].rename(columns={"村名": "aaaa", "人口": "bbbb"}).head(2)
    numbers = {f"n{k}": 3.14159265358979 * 10.0**k for k in range(12)}
    geo(table.assign(**numbers)).to_file(tmp_path / "村.tab", driver="MapInfo File", engine="pyogrio", encoding="CP936")
    for ending in (".tab", ".dat"):
        content = (tmp_path / f"村{ending}").read_bytes()
        (tmp_path / f"村{ending}").write_bytes(content.replace(b"aaaa", "村名".encode("gbk")).replace(b"bbbb", "人口".encode("gbk")))
    frame = read_villages(tmp_path / "村.tab")
    assert list(frame["name"]) == list(table["aaaa"]) and list(frame["population"]) == list(table["bbbb"])


@pytest.mark.parametrize("loose", [False, True])
def test_a_folder_of_folders_is_read_by_its_name(tmp_path: Path, loose: bool) -> None:
    """Points of the folder itself come first, then those of the folders in it; the folder beside it is left out."""
    first, second, third, other = villages().values()
    inner = f"<Folder><name>乡</name>{placemarks(second)}<Folder><name>片</name>{placemarks(third)}</Folder></Folder>"
    outside = placemarks(other) if loose else f"<Folder><name>另一市</name>{placemarks(other)}</Folder>"
    path = tmp_path / "村.kml"
    path.write_text(kml(f"<Document>{outside}<Folder><name>全市</name>{placemarks(first)}{inner}</Folder></Document>"), encoding="utf-8")
    read = read_villages(path, sheet="全市")
    assert sorted(read["name"]) == sorted(name for table in (first, second, third) for name in table["村名"])
    assert sorted(read_villages(path, sheet="片")["name"]) == sorted(third["村名"])
