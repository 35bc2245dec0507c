"""Reach and map give one answer."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest

from infraplan.coverage.population import service_status
from infraplan.coverage.prediction import Coverage, Layer, predict_coverage
from infraplan.coverage.reach import reach
from infraplan.coverage.sectors import sectors_of
from infraplan.geo.grids import Grid


@pytest.fixture(scope="module")
def known(sites: Any, grid: Grid, presets: Any) -> Coverage:
    return predict_coverage(sectors_of(sites.iloc[:4], presets), grid, presets)


def test_a_column_is_what_the_map_shows_with_that_site(sites: Any, villages: Any, grid: Grid, presets: Any, known: Coverage) -> None:
    candidates = sectors_of(sites.iloc[4:], presets)
    matrix = reach(villages, candidates, grid, presets, family="nr", known=known["nr"]).toarray()
    before = (service_status(villages, known)["nr"] == "served").to_numpy()
    for column, (site, sectors) in enumerate(candidates.groupby("site_id", sort=False)):
        after = predict_coverage(sectors, grid, presets, families=("nr", "nbiot"), base=known)
        served = (service_status(villages, after)["nr"] == "served").to_numpy()
        np.testing.assert_array_equal(matrix[~before, column], served[~before], err_msg=str(site))


def test_a_planning_margin_asks_for_more(sites: Any, villages: Any, grid: Grid, presets: Any, known: Coverage) -> None:
    candidates = sectors_of(sites.iloc[4:], presets)
    usual = reach(villages, candidates, grid, presets, family="nr", known=known["nr"])
    strict = reach(villages, candidates, grid, presets, family="nr", known=known["nr"], required_db=6.0)
    assert strict.nnz < usual.nnz
    assert (strict > usual).nnz == 0


def test_a_site_may_finish_a_disc_whose_middle_is_served(grid: Grid, presets: Any) -> None:
    """The village's own pixel is served already, a neighbour in its disc is not: who serves the neighbour serves the village."""
    site = gpd.GeoDataFrame(
        {
            "id": ["C"], "status": "planned", "services": "nr-n41", "operators": "cmcc", "environment": "rural", "height_m": 30.0,
            "azimuth_deg": "omni", "tilt_deg": 3.0, "carrier_power_dbm": np.nan, "antenna": None,
        },
        geometry=gpd.points_from_xy([113.1], [23.1]), crs=4326,
    )  # fmt: skip
    sectors = sectors_of(site, presets, include=("planned",))
    alone = predict_coverage(sectors, grid, presets)["nr"].margin_db
    row, col = np.argwhere(alone >= 0)[0]
    x_m, y_m = grid.centre_of(row - 1, col)
    lon, lat = grid.unproject(x_m, y_m)
    village = gpd.GeoDataFrame({"position_error_m": [130.0]}, geometry=gpd.points_from_xy([lon], [lat]), crs=4326)
    known_db = np.full(grid.shape, 5.0, np.float32)
    known_db[row, col] = -5.0
    known = Layer(known_db, np.zeros(grid.shape, np.int32))
    assert reach(village, sectors, grid, presets, family="nr", known=known).toarray().tolist() == [[True]]
    nobody = Layer(np.full(grid.shape, np.nan, np.float32), np.full(grid.shape, -1, np.int32))
    assert reach(village, sectors, grid, presets, family="nr", known=nobody).toarray().tolist() == [[False]]
