"""A province one can work out by hand: three counties, twelve villages, four schools, two lines, five sites, on pixels of one kilometre.

Kilometres east of the western edge (x) and north of the southern one (y). City 440100 holds county 440101 (x 0-10) and 440102 (10-20),
city 440200 holds county 440203 (20-30); all run from y 0 to 10.

Margins by pixel column, the same in every row [dB]:
    nr,    any and cbn+cmcc: x 0-3: 60, 3-15: 5, 15-25: -5, 25-30: nothing computed
    nr,    ctcc+cucc:        x 0-5: 5, 5-25: -5
    nbiot, any, both:        x 0-10: 25, 10-20: 12, 20-25: 1, 25-30: -5
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point, Polygon, box

from infraplan.coverage.prediction import Coverage, Layer
from infraplan.geo.grids import Grid, metric_crs
from infraplan.radio.budgets import services

CRS = metric_crs(113.0, 23.0)
GRID = Grid(CRS, 0.0, 10_000.0, 1000.0, 10, 30)

POLICY = """
[policy]
document = "小府〔2020〕1号"
title = "小省数字计划"
expires = 2020-12-31
province = "440000"
currency = "CNY"
source = "worked out by hand"

[scopes.first]
name = "一市"
cities = ["440100"]

[departments]
1 = "小省工业厅、财政厅"

[[target]]
id = "people"
task = "人口覆盖"
quotation = "覆盖全省60%以上人口"
measure_number = "1"
force = "覆盖"
measure = "population_share"
family = "nr"
asked_of = "scope"
required = 0.6
due = 2020-12-31

[[target]]
id = "people"
part = "indoors"
task = "人口室内覆盖"
force = "实现"
measure = "population_share"
family = "nr"
receiver = "indoor"
required = 0.9

[[target]]
id = "people"
part = "urban"
task = "城镇人口"
measure = "population_share"
family = "nr"
setting = "urban"

[[target]]
id = "people"
part = "rural"
task = "乡村人口"
measure = "population_share"
family = "nr"
setting = "rural"

[[target]]
id = "people"
part = "named"
task = "一市全部与县城三公里内"
measure = "population_share"
family = "nr"
residents = { cities = "first", near = "county_seat", radius_m = 3000 }
beside = true

[[target]]
id = "meters"
part = "class_144"
task = "NB-IoT 144"
measure = "population_share"
family = "nbiot"
coupling_class_db = 144

[[target]]
id = "meters"
part = "class_154"
task = "NB-IoT 154"
measure = "population_share"
family = "nbiot"
coupling_class_db = 154

[[target]]
id = "meters"
part = "class_164"
task = "NB-IoT 164"
measure = "population_share"
family = "nbiot"
coupling_class_db = 164

[[target]]
id = "area"
task = "面积覆盖"
force = "实现"
measure = "area_share"
family = "nr"
required = 0.4

[[target]]
id = "villages"
task = "20户以上自然村"
force = "实现"
measure = "place_share"
family = "nr"
layer = "villages"
min_households = 20
required = 0.5

[[target]]
id = "villages"
part = "check_points"
task = "20户以上自然村检查点"
measure = "place_share"
family = "nr"
layer = "villages"
min_households = 20
check_points = ["clinic"]

[[target]]
id = "schools"
task = "学校"
force = "实现"
measure = "place_share"
family = "nr"
place_classes = ["school"]
indoor_system = true
required = 0.5

[[target]]
id = "hundred"
task = "一百所学校"
force = "实现"
measure = "place_count"
family = "nr"
place_classes = ["school"]
required = 100

[[target]]
id = "two"
task = "两所学校"
force = "实现"
measure = "place_count"
family = "nr"
place_classes = ["school"]
indoor_system = true
required = 2

[[target]]
id = "seats"
task = "县城"
force = "实现"
measure = "place_share"
family = "nr"
place_classes = ["county_seat"]
radius_m = 3000
served_part = 0.5
required = 1.0

[[target]]
id = "campus"
task = "校园面积"
measure = "area_share"
family = "nr"
place_classes = ["school"]

[[target]]
id = "railway"
task = "铁路"
force = "加快"
measure = "line_share"
family = "nr"
line_classes = ["railway"]
required = 0.95

[[target]]
id = "expressway"
task = "高速公路"
force = "实现"
measure = "line_share"
family = "nr"
line_classes = ["expressway"]
required = 0.5

[[target]]
id = "sites"
part = "q3"
task = "三季度新建"
force = "确保"
measure = "site_count"
family = "nr"
since = 2020-01-01
until = 2020-09-30
required = 1

[[target]]
id = "sites"
part = "year"
task = "全年新建"
force = "确保"
measure = "site_count"
family = "nr"
since = 2020-01-01
until = 2020-12-31
required = 3

[[target]]
id = "sites"
part = "masts"
task = "物理站址"
measure = "site_count"
family = "nr"
count_basis = "mast"

[[target]]
id = "sites"
part = "operators"
task = "分运营商"
measure = "site_count"
family = "nr"
count_basis = "operator"

[[target]]
id = "sa"
task = "SA"
force = "完成"
measure = "attribute_share"
family = "nr"
layer = "sites"
column = "sa"
thresholds = [
    { part = "half", required = 0.5, due = 2020-12-31 },
    { part = "all", required = 1.0, due = 2021-12-31 },
]

[[target]]
id = "fibre"
task = "光纤到村"
force = "实现"
measure = "attribute_share"
layer = "villages"
column = "fibre"
min_households = 20
award = 30000
required = 1.0

[[target]]
id = "speed"
task = "百兆"
force = "完成"
measure = "attribute_share"
register = "fibre_subscribers"
column = "speed_mbps"
at_least = 100
weight = "subscribers"
required = 0.8

[[target]]
id = "users"
task = "用户数"
force = "达到"
measure = "reported"
register = "users"
asked_of = "scope"
required = 1000

[[target]]
id = "parks"
task = "园区"
force = "实现"
measure = "place_share"
family = "nr"
place_classes = ["park"]
required = 1.0

[[target]]
id = "poles"
task = "智慧灯杆"
measure = "none"
reason = "不是覆盖指标"
"""

VILLAGES = (
    # id, x_km, y_km, kind, urban, population, households, position_error_m, fibre
    ("a1", 1.5, 5.5, "village", True, 300, 100, 0, True),
    ("a2", 4.5, 2.5, "village", False, 200, 60, 0, True),
    ("a3", 8.5, 7.5, "village", False, 60, 19, 0, False),
    ("a4", 6.5, 4.5, "block", True, 1000, None, 0, None),
    ("b1", 11.5, 3.5, "village", False, 150, 50, 0, True),
    ("b2", 14.5, 5.5, "village", False, 90, 30, 1200, False),
    ("b3", 16.5, 5.5, "village", False, 120, 40, 0, None),
    ("b4", 18.5, 1.5, "village", False, 80, 20, 0, True),
    ("c1", 21.5, 5.5, "village", False, 210, 70, 0, False),
    ("c2", 23.5, 8.5, "village", False, 40, 10, 0, True),
    ("c3", 26.5, 5.5, "village", False, 500, 150, 0, False),
    ("o1", 35.5, 5.5, "village", False, 7, 25, 0, True),
)


def _degrees(geometries: list[Any]) -> Any:
    return gpd.GeoSeries(geometries, crs=CRS).to_crs(4326)


def zones() -> Any:
    shapes = {
        "440101": box(0, 0, 10, 10),
        "440102": box(10, 0, 20, 10),
        "440203": box(20, 0, 30, 10),
        "440100": box(0, 0, 20, 10),
        "440200": box(20, 0, 30, 10),
    }
    shapes["440000"] = box(0, 0, 30, 10)
    rows = [
        ("province", "440000", "小省", ""), ("city", "440100", "一市", "440000"), ("city", "440200", "二市", "440000"),
        ("county", "440101", "甲县", "440100"), ("county", "440102", "乙县", "440100"), ("county", "440203", "丙县", "440200"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["level", "adcode", "name", "parent"])
    metres = [Polygon([(x * 1000, y * 1000) for x, y in shapes[code].segmentize(0.5).exterior.coords]) for code in frame["adcode"]]
    return gpd.GeoDataFrame(frame, geometry=_degrees(metres).to_list(), crs=4326)


def villages(synthetic: bool = False) -> Any:
    names = ["id", "x", "y", "kind", "urban", "population", "households", "position_error_m", "fibre"]
    frame = pd.DataFrame(VILLAGES, columns=names)
    points = _degrees([Point(x * 1000, y * 1000) for x, y in zip(frame["x"], frame["y"], strict=True)])
    frame = frame.drop(columns=["x", "y"]).assign(
        name=frame["id"].str.upper() + "村", county="", city="", town="镇", committee="", synthetic=synthetic
    )
    frame["households"], frame["fibre"] = frame["households"].astype("Int64"), frame["fibre"].astype("boolean")
    return gpd.GeoDataFrame(frame, geometry=points.to_list(), crs=4326)


def places() -> Any:
    """Four schools: s1 a point, s2 a campus of 3 x 2 km of which 2 x 2 are served, s3 unserved but fitted inside, s4 without a position.

    Two seats: that of 甲县 where 300 of 300 people near it are served, that of 乙县 (x 17) near b2 (90, unsure), b3 (120, none): 2.5 km.
    b1's clinic is at x 16.5, outside service.
    """

    def km(*corners: tuple[float, float]) -> Any:
        return Polygon([(x * 1000, y * 1000) for x, y in corners])

    rows: list[tuple[str, str, Any, str, bool | None, str]] = [
        ("s1", "school", Point(2500, 5500), "", None, ""),
        ("s2", "school", km((13, 3), (16, 3), (16, 5), (13, 5)), "", None, ""),
        ("s3", "school", Point(22500, 5500), "", True, ""),
        ("s4", "school", None, "440102", None, ""),
        ("k1", "county_seat", Point(1500, 5500), "", None, ""),
        ("k2", "county_seat", Point(17000, 5500), "", None, ""),
        ("d1", "clinic", Point(16500, 3500), "", None, "b1"),
    ]
    frame = pd.DataFrame(rows, columns=["id", "place_class", "geometry", "county", "indoor_system", "village"])
    geometry = _degrees(frame.pop("geometry").to_list())
    frame = frame.assign(name=frame["id"], kind="", city="", position_error_m=0.0, synthetic=False)
    frame["indoor_system"] = frame["indoor_system"].astype("boolean")
    return gpd.GeoDataFrame(frame, geometry=geometry.to_list(), crs=4326)


def corridors() -> Any:
    """A railway from x 5 to 25 along y 5, and an expressway from x 12 to 18, all of it a tunnel nobody says anything about."""
    lines = [LineString([(5000, 5000), (25000, 5000)]), LineString([(12000, 7000), (18000, 7000)])]
    frame = pd.DataFrame({"id": ["r1", "e1"], "name": ["小铁", "小高速"], "line_class": ["railway", "expressway"], "tunnel": [False, True]})
    return gpd.GeoDataFrame(frame, geometry=_degrees(lines).to_list(), crs=4326)


def sites() -> Any:
    rows = [
        ("g1", 1.0, "M1", "existing", "nr-n41", "cbn+cmcc", "2020-03-05", True),
        ("g2", 1.0, "M1", "existing", "nr-n41", "ctcc+cucc", "2020-11", False),
        ("g3", 12.0, "M2", "existing", "nr-n41;nbiot-900", "cmcc", "2019", True),
        ("g4", 22.0, "M3", "existing", "nbiot-900", "ctcc", "2020", None),
        ("g5", 22.0, "M4", "planned", "nr-n41", "cmcc", "", None),
    ]
    frame = pd.DataFrame(rows, columns=["id", "x", "mast", "status", "services", "operators", "built", "sa"])
    points = _degrees([Point(x * 1000, 5500) for x in frame.pop("x")])
    frame["sa"] = frame["sa"].astype("boolean")
    return gpd.GeoDataFrame(frame.assign(county="", city="", synthetic=False, name=frame["id"]), geometry=points.to_list(), crs=4326)


def registers() -> dict[str, pd.DataFrame]:
    subscribers = pd.DataFrame({"county": ["440101", "440101", "440203"], "speed_mbps": [50, 300, 1000], "subscribers": [100, 300, 100]})
    users = pd.DataFrame({"adcode": ["440100", "440200"], "value": [700, 400]})
    return {"fibre_subscribers": subscribers, "users": users}


def coverage() -> Coverage:
    columns = np.arange(30) + 0.5
    nr = np.select([columns < 3, columns < 15, columns < 25], [60.0, 5.0, -5.0], np.nan)
    second = np.select([columns < 5, columns < 25], [5.0, -5.0], np.nan)
    nbiot = np.select([columns < 10, columns < 20, columns < 25], [25.0, 12.0, 1.0], -5.0)

    def layer(row: Any, sector: int) -> Layer:
        margin_db = np.broadcast_to(row, GRID.shape).astype(np.float32).copy()
        return Layer(margin_db, np.where(np.isnan(margin_db), -1, sector).astype(np.int32))

    layers = {
        ("nr", "any"): layer(nr, 0), ("nr", "cbn+cmcc"): layer(nr, 0), ("nr", "ctcc+cucc"): layer(second, 1),
        ("nbiot", "any"): layer(nbiot, 2), ("nbiot", "cbn+cmcc"): layer(nbiot, 2), ("nbiot", "ctcc+cucc"): layer(nbiot, 2),
    }  # fmt: skip
    presets = services("nr-n41", "nbiot-900")
    ids = np.array(["g1/nr-n41/1", "g2/nr-n41/1", "g3/nbiot-900/1"], dtype=object)
    names = np.array(["nr-n41", "nr-n41", "nbiot-900"], dtype=object)
    return Coverage(GRID, presets, layers, ids, names, "statistical", ("by hand",), 0.95, 20.0, 0)
