"""One city of Congo as an English-speaking user would hand it in: P-codes, English headings, other operators, south of the equator.

Everything is made up.

Written from README.md and docs/*.md alone. `SETTLEMENTS` and `STATIONS` are what the files say, for tests that count by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

PROVINCE, CITY = "CD20", "CD2001"
COMMUNES = {"CD200101": "Matadi", "CD200102": "Nzanza", "CD200103": "Mvuzi"}
WEST, SOUTH, WIDTH, HEIGHT = 13.40, -5.90, 0.07, 0.14
"""South-west corner of the first commune; the others follow to the east. [deg]"""

STUDY = """[study]
name = "matadi"
title_zh = "Matadi"
title_en = "5G and NB-IoT in Matadi (made-up example)"
synthetic = true
policies = ["plan-2030.toml"]
operators = ["Vodacom", "Airtel+Orange", "Africell"]

[files]
zones = "communes.gpkg"
villages = "settlements.csv"
sites = "towers.xlsx"
places = "schools.geojson"

[coverage]
resolution_m = 250
services = ["nr-n28", "nr-n78", "nbiot-900"]
reliability = 0.9
max_radius_km = 8

[plan]
targets = ["nr-people"]
services = ["nr-n28"]
operators = "Vodacom"
candidate_spacing_m = 2000
gap = 0.05
work_limit = 5000
"""

POLICY = """[policy]
document = "Plan 2030 (made up)"
title = "Digital plan 2030 (made up)"
title_en = "Digital plan 2030 (made up)"
expires = 2030-12-31
province = "CD20"
source = "made up"

[departments]
1 = "regulator"

[[target]]
id = "nr-people"
task = "5G for 85 % of the people"
task_en = "5G for 85 % of the people"
quotation = "5G shall reach 85 % of the people"
measure_number = "1"
force = "shall"
binding = true
measure = "population_share"
family = "nr"
required = 0.85
due = 2030-12-31

[[target]]
id = "schools"
task = "schools with 5G"
task_en = "schools with 5G"
quotation = "every school has 5G"
measure_number = "1"
force = "shall"
binding = true
measure = "place_share"
family = "nr"
place_classes = ["school"]
required = 1.0
due = 2030-12-31
"""


class Settlement(NamedTuple):
    commune: str
    id: str
    name: str
    lon: float
    lat: float
    people: int


class Station(NamedTuple):
    id: str
    lon: float
    lat: float
    technology: str
    band: str
    operator: str
    height_m: int
    azimuth: str
    tilt: int


def _settlements() -> list[Settlement]:
    rng = np.random.default_rng(243)
    rows = []
    for k, code in enumerate(COMMUNES):
        for n in range(30):
            lon, lat = WEST + WIDTH * (k + rng.uniform(0.03, 0.97)), SOUTH + HEIGHT * rng.uniform(0.03, 0.97)
            name, people = f"Quartier {k + 1}.{n + 1}", int(rng.integers(60, 4000))
            rows.append(Settlement(code, f"{code}-{n + 1:03d}", name, round(lon, 5), round(lat, 5), people))
    return rows


SETTLEMENTS: Sequence[Settlement] = _settlements()
STATIONS: Sequence[Station] = [
    Station("MTD001", 13.435, -5.830, "5G", "n78", "Vodacom", 30, "0/120/240", 4),
    Station("MTD002", 13.455, -5.800, "5G", "n28", "Airtel", 35, "0/120/240", 4),
    Station("MTD003", 13.510, -5.845, "5G", "n28", "Orange", 30, "30/150/270", 5),
    Station("MTD004", 13.435, -5.830, "NB-IoT", "900", "Vodacom", 30, "0/120/240", 4),
    Station("MTD005", 13.570, -5.790, "4G", "1800", "Africell", 30, "0/120/240", 4),
    Station("MTD006", 13.575, -5.870, "NB-IoT", "900", "Airtel", 40, "omni", 2),
]
SERVICE = {("5G", "n78"): "nr-n78", ("5G", "n28"): "nr-n28", ("NB-IoT", "900"): "nbiot-900"}
SCHOOLS = [("School A", "school", 13.437, -5.832), ("School B", "school", 13.590, -5.780)]


def zones() -> gpd.GeoDataFrame:
    whole = shapely.box(WEST, SOUTH, WEST + 3 * WIDTH, SOUTH + HEIGHT)
    rows = [(PROVINCE, "Kongo Central", "province", "", whole), (CITY, "Matadi", "city", PROVINCE, whole)]
    for k, (code, name) in enumerate(COMMUNES.items()):
        rows.append((code, name, "county", CITY, shapely.box(WEST + k * WIDTH, SOUTH, WEST + (k + 1) * WIDTH, SOUTH + HEIGHT)))
    return gpd.GeoDataFrame(rows, columns=["adcode", "name", "level", "parent", "geometry"], crs=4326)


def settlements() -> pd.DataFrame:
    rows = [(s.id, s.name, s.lon, s.lat, s.people) for s in SETTLEMENTS]
    return pd.DataFrame(rows, columns=["ID", "Name", "Longitude", "Latitude", "Population"])


def towers() -> pd.DataFrame:
    columns = ["Site ID", "Longitude", "Latitude", "Technology", "Band", "Operator", "Antenna height (m)", "Azimuth", "Downtilt"]
    return pd.DataFrame([tuple(s) for s in STATIONS], columns=columns)


def build(folder: Path) -> Path:
    """Write the study; its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    zones().to_file(folder / "communes.gpkg", driver="GPKG")
    settlements().to_csv(folder / "settlements.csv", index=False)
    towers().to_excel(folder / "towers.xlsx", sheet_name="Sites", index=False, engine="xlsxwriter")
    schools = pd.DataFrame(SCHOOLS, columns=["name", "class", "x", "y"])
    points = gpd.points_from_xy(schools.x, schools.y)
    gpd.GeoDataFrame(schools[["name", "class"]], geometry=points, crs=4326).to_file(folder / "schools.geojson")
    (folder / "plan-2030.toml").write_text(POLICY, encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder
