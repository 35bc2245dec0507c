"""A made-up flat country for trying the functions: two counties, 40 villages, 5 masts. Synthetic throughout."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.files import write_text
from infraplan.geo.grids import Grid
from infraplan.policy.targets import Targets, read_policy
from infraplan.radio.budgets import Service, services

LON, LAT, SIDE = 113.0, 23.0, 0.3
MIDDLE = LON + SIDE / 2


STUDY = """[study]
name = "example"
title_zh = "示例项目"
title_en = "Example study"
synthetic = true
policies = ["guangdong-2020"]
as_of = "2020-12-31"
output = "results"

[files]
zones = "zones.gpkg"
villages = "villages.gpkg"
sites = "sites.csv"

[coverage]
resolution_m = 1000
services = ["nr-n28", "nbiot-800"]
reliability = 0.9

[plan]
target = "nr-pop90"
services = ["nr-n28"]
candidate_spacing_m = 6000
work_limit = 2000
"""


@dataclass(frozen=True)
class ExampleWorld:
    """Frames as the readers return them; targets, services, grid and map are made when they are first used."""

    zones: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame

    @cached_property
    def targets(self) -> Targets:
        """The goals of Guangdong of 2020."""
        return read_policy("guangdong-2020")

    @cached_property
    def services(self) -> dict[str, Service]:
        """5G at 700 MHz and NB-IoT at 800 MHz, 90 % of the area."""
        return services("nr-n28", "nbiot-800", reliability=0.9)

    @cached_property
    def grid(self) -> Grid:
        """Pixels of 500 m."""
        return Grid.over(self.zones, resolution_m=500.0)

    @cached_property
    def cover(self) -> Coverage:
        """The map of the masts without terrain."""
        return predict_coverage(self.sites, self.grid, self.services)

    def write(self, folder: str | Path) -> Path:
        """Write a study folder: study.toml and the files that it names.

        Parameters
        ----------
        folder : path
            Made where it does not exist; files of these names in it are replaced.

        Returns
        -------
        Path
            The folder, for `Study.open`.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        self.zones.to_file(place / "zones.gpkg")
        self.villages.drop(columns=["county", "city"]).to_file(place / "villages.gpkg")
        sites = self.sites.drop(columns=["geometry", "county", "city", "antenna", "carrier_power_dbm"])
        write_text(place / "sites.csv", sites.assign(lon=self.sites.geometry.x, lat=self.sites.geometry.y).to_csv(index=False))
        write_text(place / "study.toml", STUDY)
        return place


def example_world() -> ExampleWorld:
    """A made-up flat country of two counties, for examples and first steps. All of it is synthetic.

    Returns
    -------
    ExampleWorld
        `.zones`, `.villages`, `.sites` (GeoDataFrames in EPSG:4326, in the columns that the readers return); `.targets`, `.services`,
        `.grid`, `.cover`; `.write(folder)` makes a study folder of it.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> len(world.villages), int(world.villages["population"].sum())
    (40, 12234)
    """
    return ExampleWorld(_zones(), _villages(), _sites())


def _zones() -> gpd.GeoDataFrame:
    west, east = box(LON, LAT, MIDDLE, LAT + SIDE), box(MIDDLE, LAT, LON + SIDE, LAT + SIDE)
    rows = [
        ("province", "440000", "示例省", "", box(LON, LAT, LON + SIDE, LAT + SIDE)),
        ("city", "440100", "示例市", "440000", box(LON, LAT, LON + SIDE, LAT + SIDE)),
        ("county", "440101", "西县", "440100", west),
        ("county", "440102", "东县", "440100", east),
    ]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["level", "adcode", "name", "parent", "geometry"]), geometry="geometry", crs=4326)


def _villages() -> gpd.GeoDataFrame:
    chance, count = np.random.default_rng(7), 40
    lon, lat = LON + SIDE * (0.05 + 0.9 * chance.random(count)), LAT + SIDE * (0.05 + 0.9 * chance.random(count))
    block = np.arange(count) % 10 == 0
    table = pd.DataFrame(
        {
            "id": [f"V{number:03d}" for number in range(count)],
            "name": [f"示例村{number}" for number in range(count)],
            "kind": np.where(block, "block", "village"),
            "population": chance.integers(20, 600, count),
            "households": chance.integers(5, 150, count),
            "urban": block,
            "county": np.where(lon < MIDDLE, "440101", "440102"),
            "city": "440100",
            "position_error_m": 200.0,
            "synthetic": True,
        }
    )
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def _sites() -> gpd.GeoDataFrame:
    lon, lat = LON + SIDE * np.array([0.1, 0.3, 0.2, 0.75, 0.5]), LAT + SIDE * np.array([0.2, 0.5, 0.8, 0.3, 0.1])
    table = pd.DataFrame(
        {
            "id": [f"S{number}" for number in range(1, 6)],
            "name": [f"示例站{number}" for number in range(1, 6)],
            "operators": ["cmcc+cbn", "cmcc+cbn", "ctcc+cucc", "ctcc+cucc", "cmcc"],
            "services": ["nr-n28;nbiot-800", "nr-n28", "nr-n28;nbiot-800", "nr-n28", "nbiot-800"],
            "environment": "rural",
            "height_m": 35.0,
            "azimuth_deg": "0/120/240",
            "tilt_deg": 3.0,
            "carrier_power_dbm": np.nan,
            "antenna": None,
            "status": "existing",
            "city": "440100",
            "county": np.where(lon < MIDDLE, "440101", "440102"),
            "synthetic": True,
        }
    )
    table["mast"] = table["id"]
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)
