"""Three counties of Guangxi as their own people would hand them in: Chinese tables, boundaries of counties alone. Everything is made up.

Written from README.md and docs/*.md alone. `VILLAGES` and `STATIONS` are what the files say, for tests that count by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
import xlsxwriter
from edited import blank_with
from rasterio.transform import from_origin

COUNTIES = {"450321": "阳朔县", "450330": "平乐县", "450332": "恭城瑶族自治县"}
WEST, SOUTH, WIDTH, HEIGHT = 110.40, 24.70, 0.12, 0.14
"""South-west corner of the first county; the others follow to the east. [deg]"""

KEYS = {
    "study": {
        "name": "guilin-3", "title_zh": "桂林三县 5G 与 NB-IoT 覆盖（示例）",
        "title_en": "5G and NB-IoT in three counties of Guilin (example)",
        "synthetic": True, "policies": ["桂林.toml"], "as_of": "2026-06-30",
    },
    "files": {
        "zones": "县界.tab", "census": "人口普查.xlsx", "villages": "自然村台账.xlsx", "sites": "工参表.xlsx", "places": "学校.csv",
        "terrain": "高程.tif", "clutter": "地表.tif", "exclusions": "保护区.kml", "costs": None,
    },
    "options.villages": {"sheet": None},
    "options.sites": {"sheet": None},
    "options.places": {"place_class": "学校"},
    "coverage": {
        "resolution_m": 500, "services": ["nr-n28", "nr-n41", "nbiot-900"], "reliability": 0.9, "model": "p1812", "max_radius_km": 6.0,
        "profile_step_m": 100,
    },
    "plan": {"targets": ["nr-people"], "operators": "移动+广电", "candidate_spacing_m": 3000, "gap": 0.05, "work_limit": 5000},
}  # fmt: skip
"""What the user sets in the study.toml of `infraplan new blank`."""

POLICY = """[policy]
document = "市政发〔2026〕1号（示例）"
title = "三县数字乡村行动计划（示例）"
expires = 2028-12-31
province = "450000"
source = "示例，虚构的文件"

[departments]
1 = "市工业和信息化局"
2 = "市农业农村局、市教育局"

[[target]]
id = "nr-people"
task = "5G网络覆盖80%以上人口"
task_en = "5G for 80 % of the people"
quotation = "到2028年5G网络覆盖80%以上人口"
measure_number = "1"
force = "覆盖"
measure = "population_share"
family = "nr"
asked_of = "scope"
required = 0.8
due = 2028-12-31

[[target]]
id = "nr-villages"
task = "20户以上自然村通5G"
quotation = "实现20户以上自然村通5G"
measure_number = "2"
force = "实现"
measure = "place_share"
family = "nr"
layer = "villages"
min_households = 20
required = 0.9
due = 2028-12-31

[[target]]
id = "schools"
task = "学校通5G"
quotation = "学校全部通5G"
measure_number = "2"
force = "实现"
measure = "place_share"
family = "nr"
place_classes = ["学校"]
required = 1.0
due = 2028-12-31

[[target]]
id = "nr-stations"
task = "建成5G基站10座"
quotation = "确保建成10座5G基站"
measure_number = "1"
force = "确保"
measure = "site_count"
family = "nr"
count_basis = "site"
required = 10
due = 2028-12-31
"""


class Village(NamedTuple):
    county: str
    town: str
    committee: str
    name: str
    lon: float
    lat: float
    households: int
    people: int


class Station(NamedTuple):
    """One base station: its technology, band and three or fewer cells."""

    county: str
    name: str
    lon: float
    lat: float
    technology: str
    band: str
    operator: str
    shared: str
    height_m: int
    azimuths: tuple[int, ...]
    mechanical: int
    electrical: int


def _villages() -> list[Village]:
    rng = np.random.default_rng(45)
    rows = []
    for k, code in enumerate(COUNTIES):
        for n in range(24):
            lon, lat = WEST + WIDTH * (k + rng.uniform(0.05, 0.95)), SOUTH + HEIGHT * rng.uniform(0.05, 0.95)
            households = int(rng.integers(8, 120))
            town = f"{'东西南北'[n % 4]}镇"
            rows.append(Village(code, town, f"{'东西南北'[n % 4]}{n // 4 + 1}村委", f"{code[-2:]}号{n + 1}屯", round(lon, 5), round(lat, 5),
                                households, households * int(rng.integers(3, 6))))  # fmt: skip
    return rows


VILLAGES: Sequence[Village] = _villages()
STATIONS: Sequence[Station] = [
    Station("450321", "阳朔镇A", 110.452, 24.765, "5G", "700M", "广电", "移动", 35, (0, 120, 240), 2, 4),
    Station("450321", "阳朔镇B", 110.470, 24.790, "5G", "2.6G", "移动", "否", 30, (30, 150, 270), 3, 3),
    Station("450321", "阳朔镇N", 110.452, 24.765, "NB-IoT", "900M", "移动", "", 35, (0, 120, 240), 2, 2),
    Station("450330", "平乐镇A", 110.575, 24.760, "5G", "n28", "移动", "广电", 40, (0, 120, 240), 0, 5),
    Station("450330", "平乐镇B", 110.600, 24.800, "5G", "n78", "电信", "联通", 30, (0, 120, 240), 3, 3),
    Station("450330", "平乐镇N", 110.575, 24.760, "NB-IoT", "900", "移动", "", 40, (0, 120, 240), 0, 5),
    Station("450330", "平乐镇L", 110.610, 24.740, "4G", "1800M", "移动", "", 30, (0, 120, 240), 3, 3),
    Station("450332", "恭城镇A", 110.690, 24.775, "5G", "700M", "广电", "移动", 45, (60, 180, 300), 1, 5),
    Station("450332", "莲花镇A", 110.730, 24.740, "5G", "2.6G", "移动", "", 35, (0, 180), 2, 4),
]
SERVICE = {("5G", "700M"): "nr-n28", ("5G", "n28"): "nr-n28", ("5G", "2.6G"): "nr-n41", ("5G", "n78"): "nr-n78",
           ("NB-IoT", "900M"): "nbiot-900", ("NB-IoT", "900"): "nbiot-900"}  # fmt: skip
CENSUS = {code: sum(v.people for v in VILLAGES if v.county == code) for code in COUNTIES}
SCHOOLS = [("东镇小学", 110.455, 24.768), ("平乐小学", 110.578, 24.763), ("恭城小学", 110.733, 24.742), ("山里教学点", 110.745, 24.825)]


def county_shape(code: str) -> shapely.Polygon:
    west = WEST + WIDTH * list(COUNTIES).index(code)
    return shapely.box(west, SOUTH, west + WIDTH, SOUTH + HEIGHT)


def zones() -> gpd.GeoDataFrame:
    rows = {"区划代码": list(COUNTIES), "县名": list(COUNTIES.values())}
    return gpd.GeoDataFrame(rows, geometry=[county_shape(code) for code in COUNTIES], crs=4326)


def write_zones(file: Path) -> None:
    """A MapInfo table as in China, headings and names in GBK; GDAL writes no such headings, they are put in afterwards."""
    renamed = {"区划代码": "QHDM", "县名": "XM"}
    zones().rename(columns=renamed).to_file(file, driver="MapInfo File", encoding="CP936")
    text = file.read_bytes()
    for chinese, plain in renamed.items():
        text = text.replace(b" " + plain.encode() + b" ", b" " + chinese.encode("gb18030") + b" ")
    file.write_bytes(text)


VILLAGE_HEADINGS = ("序号", "乡镇", "行政村", "自然村", "东经", "北纬", "户数", "常住人口")


def write_villages(file: Path, villages: Sequence[Village] = VILLAGES) -> None:
    """A workbook with a sheet for each county: a title over the table, a total and the writer's name below, no codes."""
    with xlsxwriter.Workbook(file) as book:
        for code, name in COUNTIES.items():
            sheet, mine = book.add_worksheet(name), [v for v in villages if v.county == code]
            sheet.merge_range(0, 0, 0, len(VILLAGE_HEADINGS) - 1, f"{name}自然村基本情况台账（示例数据）")
            sheet.write_row(1, 0, VILLAGE_HEADINGS)
            for n, v in enumerate(mine):
                sheet.write_row(2 + n, 0, [n + 1, v.town, v.committee, v.name, v.lon, v.lat, v.households, v.people])
            total = 2 + len(mine)
            sheet.write_row(total, 0, ["合计", "", "", "", "", "", sum(v.households for v in mine), sum(v.people for v in mine)])
            sheet.write(total + 1, 0, "填表人：示例")


SITE_HEADINGS = ("区县", "基站名称", "小区名称", "经度", "纬度", "制式", "频段", "承建方", "共享方", "天线挂高(米)", "方位角", "机械下倾角",
                 "电子下倾角", "覆盖场景", "设备厂家")  # fmt: skip


def site_rows(stations: Sequence[Station] = STATIONS) -> list[list[Any]]:
    """One row a cell, as an operator's table has them."""
    return [
        [COUNTIES[s.county], s.name, f"{s.name}-{n + 1}", s.lon, s.lat, s.technology, s.band, s.operator, s.shared, s.height_m, azimuth,
         s.mechanical, s.electrical, "农村", "虚构"]
        for s in stations for n, azimuth in enumerate(s.azimuths)
    ]  # fmt: skip


def write_sites(file: Path, stations: Sequence[Station] = STATIONS) -> None:
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("工参")
        for number, row in enumerate([SITE_HEADINGS, *site_rows(stations)]):
            sheet.write_row(number, 0, row)


def elevation_m(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Invented hills: cones on a plain of 150 m."""
    east, north = (lon - WEST) * 101_000, (lat - SOUTH) * 111_000
    small, large = np.sin(east / 900) * np.cos(north / 1100), np.sin(east / 4100 + 1) * np.sin(north / 3700)
    return np.round(150 + 90 * np.clip(small, 0, None) + 220 * np.clip(large, 0, None)).astype("float32")


def write_rasters(folder: Path) -> None:
    """Elevation and land cover (WorldCover's codes) at 3 seconds, 8 km around the counties."""
    step, west, north = 1 / 1200, WEST - 0.08, SOUTH + HEIGHT + 0.08
    shape = (round((HEIGHT + 0.16) / step), round((3 * WIDTH + 0.16) / step))
    lon, lat = np.meshgrid(west + (np.arange(shape[1]) + 0.5) * step, north - (np.arange(shape[0]) + 0.5) * step)
    height = elevation_m(lon, lat)
    cover = np.where(height > 220, 10, 40).astype("uint8")
    for lon_, lat_ in ((110.455, 24.77), (110.58, 24.765), (110.69, 24.775)):
        cover[np.hypot((lon - lon_) * 101, (lat - lat_) * 111) < 1.0] = 50
    place = {"driver": "GTiff", "width": shape[1], "height": shape[0], "count": 1, "crs": "EPSG:4326"}
    place["transform"] = from_origin(west, north, step, step)
    with rasterio.open(folder / "高程.tif", "w", dtype="float32", nodata=-9999, **place) as file:
        file.write(height, 1)
    with rasterio.open(folder / "地表.tif", "w", dtype="uint8", nodata=0, **place) as file:
        file.write(cover, 1)


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>保护区</name><Placemark><name>山体保护区（示例）</name><Polygon><outerBoundaryIs>
<LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Folder></Document></kml>
"""
RESERVE = shapely.box(110.72, 24.80, 110.755, 24.84)


def build(folder: Path) -> Path:
    """Write the study; its folder."""
    blank_with(folder, "zh", KEYS)
    write_zones(folder / "县界.tab")
    census = pd.DataFrame({"区划代码": list(CENSUS), "常住人口": list(CENSUS.values())})
    census.to_excel(folder / "人口普查.xlsx", index=False, engine="xlsxwriter")
    write_villages(folder / "自然村台账.xlsx")
    write_sites(folder / "工参表.xlsx")
    pd.DataFrame(SCHOOLS, columns=["名称", "经度", "纬度"]).to_csv(folder / "学校.csv", index=False, encoding="gb18030")
    write_rasters(folder)
    (folder / "保护区.kml").write_text(KML.format(ring=" ".join(f"{x},{y},0" for x, y in RESERVE.exterior.coords)), encoding="utf-8")
    (folder / "桂林.toml").write_text(POLICY, encoding="utf-8")
    return folder
