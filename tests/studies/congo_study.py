"""One city of Congo as an English-speaking user would hand it in: P-codes, English headings, other operators, south of the equator.

Everything is made up.

Written from README.md and docs/*.md alone. `SETTLEMENTS` and `STATIONS` are what the files say, for tests that count by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from edited import blank_with, fill
from rasterio.transform import from_origin

PROVINCE, CITY = "CG16", "CG1601"
COMMUNES = {"CG160101": "Matadi", "CG160102": "Nzanza", "CG160103": "Mvuzi"}
WEST, SOUTH, WIDTH, HEIGHT = 13.40, -5.90, 0.07, 0.14
"""South-west corner of the first commune; the others follow to the east. [deg]"""

KEYS = {
    "study": {
        "name": "matadi", "title_en": "5G and NB-IoT in Matadi (made-up example)", "area_en": "Matadi", "synthetic": True,
        "operators": ["MTN", "Airtel+Orange", "Africell"], "city_order": ["CG1601"],
    },
    "files": {"zones": "communes.gpkg", "villages": "settlements.csv", "sites": "towers.xlsx", "places": "schools.geojson"},
    "options.villages": {"sheet": None},
    "options.sites": {"sheet": "Sites"},
    "coverage": {"reliability": 0.9, "max_radius_km": 8},
    "site_defaults": {"source": "made up"},
    "site_defaults.height_m": {"rural": 38},
    "plan": {"targets": ["nr-people"], "operators": "MTN", "candidate_spacing_m": 2000, "gap": 0.05, "work_limit": 5000},
}  # fmt: skip
"""What the user sets in the study.toml of `infraplan new blank --lang en`."""
NAMES = """
[networks.MTN]
en = "MTN Congo"

[priority_areas.port]
en = "port zone"
source = "made up"
counties = ["CG160102"]
"""
POLICY = ("Plan 2030 (made up)", "Digital plan 2030 (made up)", "CG16", "made up", "regulator", "5G for 85 % of the people",
          "5G shall reach 85 % of the people", 0.85)  # fmt: skip
SCHOOLS_CLAUSE = """
[[target]]
id = "schools"
task = "schools with 5G"
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
PRICES = (45e6, 3.6e6, "tender", 17e6, 2.2e6, "tender", 12e6, 1.5e6, "tender", 7e6, 6e5, "tender", 25e6, 4e6, "tender", 6e6, 5e5, "tender")
"""Of a tower, a shared tower, an upgrade, an overlay, a rooftop, a further service: to build, a year, source. [XAF]"""


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
    Station("MTD001", 13.435, -5.830, "5G", "n78", "MTN", 30, "0/120/240", 4),
    Station("MTD002", 13.455, -5.800, "5G", "n28", "Airtel", 35, "0/120/240", 4),
    Station("MTD003", 13.510, -5.845, "5G", "n28", "Orange", 30, "30/150/270", 5),
    Station("MTD004", 13.435, -5.830, "NB-IoT", "900", "MTN", 30, "0/120/240", 4),
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


def build(folder: Path, keys: Mapping[str, Mapping[str, Any]] | None = None) -> Path:
    """Write the study; its folder. Nothing of a blank study is edited but study.toml, the policy and the costs."""
    blank_with(folder, "en", KEYS | {name: KEYS[name] | more for name, more in (keys or {}).items()}, NAMES)
    fill(folder / "policy.toml", *POLICY)
    policy = (folder / "policy.toml").read_text(encoding="utf-8").replace('id = "people"', 'id = "nr-people"')
    (folder / "policy.toml").write_text(policy + SCHOOLS_CLAUSE, encoding="utf-8")
    fill(folder / "costs.toml", "XAF", "central bank", *PRICES)
    zones().to_file(folder / "communes.gpkg", driver="GPKG")
    settlements().to_csv(folder / "settlements.csv", index=False)
    towers().to_excel(folder / "towers.xlsx", sheet_name="Sites", index=False, engine="xlsxwriter")
    schools = pd.DataFrame(SCHOOLS, columns=["name", "class", "x", "y"])
    points = gpd.points_from_xy(schools.x, schools.y)
    gpd.GeoDataFrame(schools[["name", "class"]], geometry=points, crs=4326).to_file(folder / "schools.geojson")
    return folder


def people(step: float = 0.0025) -> np.ndarray:
    """People by pixel of `step` degrees, north first: the settlements, and a dense town in the first commune."""
    shape = (round((HEIGHT + 0.04) / step), round((3 * WIDTH + 0.04) / step))
    grid = np.zeros(shape)
    for s in SETTLEMENTS:
        grid[int((SOUTH + HEIGHT + 0.02 - s.lat) / step), int((s.lon - WEST + 0.02) / step)] += s.people
    row, col = int((SOUTH + HEIGHT + 0.02 + 5.83) / step), int((13.435 - WEST + 0.02) / step)
    grid[row - 6 : row + 6, col - 6 : col + 6] += 400
    return grid


def write_people(file: Path, step: float = 0.0025) -> None:
    """The same as a raster in degrees, a rim of 2 km around the communes included."""
    grid = people(step).astype("float32")
    place = {"driver": "GTiff", "width": grid.shape[1], "height": grid.shape[0], "count": 1, "crs": "EPSG:4326", "dtype": "float32"}
    with rasterio.open(file, "w", nodata=-99999, transform=from_origin(WEST - 0.02, SOUTH + HEIGHT + 0.02, step, step), **place) as target:
        target.write(grid, 1)


LTE_CLAUSE = """
[[target]]
id = "lte-people"
task = "4G for 60 % of the people"
quotation = "4G shall reach 60 % of the people"
measure_number = "1"
force = "shall"
binding = true
measure = "population_share"
family = "lte"
required = 0.6
due = 2030-12-31
"""
WITH_PEOPLE = {
    "files": {"villages": "people.tif"},
    "coverage": {"resolution_m": 500, "services": ["nr-n28", "nr-n78", "nbiot-900", "lte-b3"]},
    "plan": {
        "targets": ["nr-people", "lte-people"],
        "services": ["nr-n28", "lte-b3"],
        "candidate_spacing_m": 4000,
        "work_limit": 1000,
        "pareto": 3,
    },
}


def build_with_people(folder: Path, keys: Mapping[str, Mapping[str, Any]] = WITH_PEOPLE) -> Path:
    """The same city with its people as a raster, and 4G planned beside 5G."""
    build(folder, keys)
    write_people(folder / "people.tif")
    with (folder / "policy.toml").open("a", encoding="utf-8") as file:
        file.write(LTE_CLAUSE)
    return folder
