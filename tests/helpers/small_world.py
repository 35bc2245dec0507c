"""A flat country of two counties with villages, a thin network and a policy, to plan in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.geo.grids import Grid
from infraplan.policy.targets import Targets, read_policy
from infraplan.radio.budgets import Service, services

LON, LAT, SIDE = 113.0, 23.0, 0.3
POLICY = """
[policy]
document = "小府〔2020〕1号"
title = "小省数字计划"
expires = 2020-12-31
province = "440000"
source = "worked out by hand"

[scopes.west]
name = "西市"
cities = ["440100"]

[departments]
1 = "小省工业厅"
"""
TARGET = """
[[target]]
id = "{id}"
task = "{id}"
force = "实现"
measure = "{measure}"
family = "{family}"
{more}
"""
TARGETS = (
    ("nr-people", "population_share", "nr", 'required = 0.8\nasked_of = "scope"'),
    ("nr-again", "population_share", "nr", "required = 0.5"),
    ("nb-people", "population_share", "nbiot", 'required = 0.9\nasked_of = "scope"'),
    ("nr-west", "population_share", "nr", 'required = 0.9\nscope = "west"'),
    ("nr-open", "population_share", "nr", ""),
    ("nr-indoors", "population_share", "nr", 'required = 0.8\nreceiver = "indoor"'),
    ("nr-rural", "population_share", "nr", 'required = 0.8\nsetting = "rural"'),
    ("nb-strict", "population_share", "nbiot", "required = 0.8\ncoupling_class_db = 144"),
    ("nr-seats", "place_share", "nr", 'required = 1.0\nplace_classes = ["township"]'),
    ("nr-schools", "place_share", "nr", 'required = 0.95\nplace_classes = ["school"]\nindoor_system = true'),
    ("nr-parks", "place_count", "nr", 'required = 1\nplace_classes = ["park"]'),
    ("nr-metro", "place_share", "nr", 'required = 1.0\nplace_classes = ["metro_station"]'),
    ("nb-villages", "place_share", "nbiot", 'required = 1.0\nlayer = "villages"\nmin_households = 60'),
)


@dataclass(frozen=True)
class World:
    """Everything a plan is made of."""

    zones: Any
    villages: Any
    places: Any
    sites: Any
    targets: Targets
    services: dict[str, Service]
    grid: Grid
    cover: Coverage


@cache
def small_world() -> World:
    zones = _zones()
    grid = Grid.over(zones, 500)
    presets = dict(services("nr-n28", "nbiot-800", reliability=0.9))
    sites = _sites()
    cover = predict_coverage(sectors_of(sites, presets), grid, presets, families=("nr", "nbiot"), max_radius_km=8)
    return World(zones, _villages(), _places(), sites, _targets(), presets, grid, cover)


def _zones() -> Any:
    middle = LON + SIDE / 2
    west, east = box(LON, LAT, middle, LAT + SIDE), box(middle, LAT, LON + SIDE, LAT + SIDE)
    rows = [("county", "440101", "西县", "440100", west), ("county", "440201", "东县", "440200", east)]
    rows += [("city", "440100", "西市", "440000", west), ("city", "440200", "东市", "440000", east)]
    rows += [("province", "440000", "小省", "", box(LON, LAT, LON + SIDE, LAT + SIDE))]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["level", "adcode", "name", "parent", "geometry"]), geometry="geometry", crs=4326)


def _located(table: pd.DataFrame, lon: Any, lat: Any) -> Any:
    west = np.asarray(lon) < LON + SIDE / 2
    table = table.assign(county=np.where(west, "440101", "440201"), city=np.where(west, "440100", "440200"))
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def _villages() -> Any:
    rng = np.random.default_rng(3)
    count = 160
    table = pd.DataFrame(
        {
            "id": [f"V{number:03d}" for number in range(count)],
            "name": "村",
            "kind": np.where(np.arange(count) % 10 == 0, "block", "village"),
            "population": rng.integers(20, 600, count),
            "households": rng.integers(5, 80, count),
            "urban": np.arange(count) % 10 == 0,
            "position_error_m": rng.choice([0.0, 200.0], count),
            "synthetic": True,
        }
    )
    return _located(table, LON + SIDE * rng.random(count), LAT + SIDE * rng.random(count))


def _places() -> Any:
    rows = [
        ("T1", "township", "镇", None, 0.02, 0.02),
        ("T2", "township", "镇", None, 0.28, 0.28),
        ("T3", "township", "镇", None, 0.05, 0.25),
    ]
    rows += [("S1", "school", "", True, 0.27, 0.03), ("S2", "school", "", None, 0.25, 0.05), ("P1", "park", "", None, 0.15, 0.28)]
    table = pd.DataFrame([row[:4] for row in rows], columns=["id", "place_class", "kind", "indoor_system"])
    table = table.assign(name=table["id"] + "处", position_error_m=300.0, synthetic=True)
    places = _located(table, [LON + row[4] for row in rows], [LAT + row[5] for row in rows])
    lost = places["id"] == "T3"
    park = places["id"] == "P1"
    shapes = places.geometry.copy()
    shapes[park] = box(LON + 0.148, LAT + 0.278, LON + 0.152, LAT + 0.282)
    shapes[lost] = None
    return places.set_geometry(shapes)


def _sites() -> Any:
    rows = [
        ("A", "A", "nr-n28", "cbn+cmcc", 0.10, 0.10),
        ("B", "B", "nbiot-800", "cmcc", 0.20, 0.10),
        ("C-nr", "C", "nr-n28", "ctcc+cucc", 0.20, 0.20),
        ("C-nb", "C", "nbiot-800", "ctcc", 0.20, 0.20),
        ("D", "D", "lte-b3", "cmcc", 0.05, 0.20),
        ("E", "E", "lte-b3", "ctcc", 0.25, 0.25),
    ]
    table = pd.DataFrame([row[:4] for row in rows], columns=["id", "mast", "services", "operators"])
    table = table.assign(
        name=table["id"] + "站", status="existing", environment="rural", height_m=30.0, azimuth_deg="omni", tilt_deg=3.0,
        carrier_power_dbm=np.nan, antenna=None, host="tower", built="", synthetic=True,
    )  # fmt: skip
    return _located(table, [LON + row[4] for row in rows], [LAT + row[5] for row in rows])


def _targets() -> Targets:
    text = POLICY + "".join(TARGET.format(id=name, measure=measure, family=family, more=more) for name, measure, family, more in TARGETS)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "small.toml"
        path.write_text(text, encoding="utf-8")
        return read_policy(path)
