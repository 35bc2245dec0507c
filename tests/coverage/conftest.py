"""A small country for the coverage tests: flat, 20 km wide, two cities of two counties each."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from infraplan.geo.grids import Grid
from infraplan.radio.budgets import services

LON, LAT = 113.0, 23.0


@pytest.fixture(scope="session")
def presets() -> dict[str, Any]:
    return dict(services("nr-n41", "nr-n28", "nbiot-900", reliability=0.9))


@pytest.fixture(scope="session")
def zones() -> Any:
    def square(i: int, j: int) -> Any:
        return box(LON + 0.1 * i, LAT + 0.1 * j, LON + 0.1 * (i + 1), LAT + 0.1 * (j + 1))

    rows = [("county", f"4401{i}{j}", f"county {i}{j}", f"440{i + 1}00", square(i, j)) for i in range(2) for j in range(2)]
    rows += [("city", f"440{i + 1}00", f"city {i}", "440000", box(LON + 0.1 * i, LAT, LON + 0.1 * (i + 1), LAT + 0.2)) for i in range(2)]
    rows += [("province", "440000", "province", "", box(LON, LAT, LON + 0.2, LAT + 0.2))]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["level", "adcode", "name", "parent", "geometry"]), geometry="geometry", crs=4326)


@pytest.fixture(scope="session")
def grid(zones: Any) -> Grid:
    return Grid.over(zones, 250)


@pytest.fixture(scope="session")
def sites() -> Any:
    rng = np.random.default_rng(7)
    count = 12
    table = pd.DataFrame(
        {
            "id": [f"S{i:02d}" for i in range(count)],
            "status": "existing",
            "services": ["nr-n41", "nr-n28", "nbiot-900", "nr-n41;nbiot-900"] * 3,
            "operators": ["cbn+cmcc", "ctcc+cucc", "cmcc"] * 4,
            "environment": ["urban", "rural", "suburban", "dense_urban"] * 3,
            "height_m": [25.0, 35.0, 30.0, 30.0] * 3,
            "azimuth_deg": ["0/120/240", "omni", "30/150/270"] * 4,
            "tilt_deg": 3.0,
            "carrier_power_dbm": np.nan,
            "antenna": None,
        }
    )
    lon, lat = LON + 0.2 * rng.random(count), LAT + 0.2 * rng.random(count)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)


@pytest.fixture(scope="session")
def villages() -> Any:
    rng = np.random.default_rng(11)
    count = 400
    lon, lat = LON - 0.005 + 0.21 * rng.random(count), LAT + 0.2 * rng.random(count)
    column, row = np.floor((lon - LON) / 0.1).astype(int), np.minimum(np.floor((lat - LAT) / 0.1), 1).astype(int)
    inside = (column >= 0) & (column < 2)
    table = pd.DataFrame(
        {
            "id": [f"V{i}" for i in range(count)],
            "name": "village",
            "kind": "village",
            "population": rng.integers(1, 900, count),
            "households": rng.integers(1, 300, count),
            "urban": rng.random(count) < 0.3,
            "county": np.where(inside, [f"4401{i}{j}" for i, j in zip(column, row, strict=True)], ""),
            "city": np.where(inside, [f"440{i + 1}00" for i in column], ""),
            "position_error_m": rng.choice([0.0, 100.0, 400.0, 900.0], count),
        }
    )
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(lon, lat), crs=4326)
