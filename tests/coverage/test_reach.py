"""Reach and map give one answer."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hilly_ground import hills

from infraplan.coverage.footprints import by_site, site_footprint
from infraplan.coverage.population import service_status
from infraplan.coverage.prediction import Coverage, Layer, predict_coverage
from infraplan.coverage.reach import reach
from infraplan.coverage.sectors import sectors_of
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.discs import meets_disc
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


@pytest.mark.parametrize("required_db", [0.0, 6.3])
def test_over_terrain_leaving_pixels_out_changes_no_column(sites: Any, villages: Any, zones: Any, presets: Any, required_db: float) -> None:
    """The matrix of the whole footprints, disc by disc, is the matrix of `reach`, which computes only what a disc depends on."""
    grid = Grid.over(zones, 250)
    terrain = hills(grid)
    mixed = sectors_of(sites, presets)
    before = predict_coverage(mixed.loc[mixed["site_id"].isin(["S00", "S03"])], grid, presets, terrain=terrain, max_radius_km=6.0)
    alone = np.arange(len(villages)) % 7 == 0
    found = reach(
        villages, mixed, grid, presets, family="nr", known=before["nr"], alone=alone, required_db=required_db, max_radius_km=6.0,
        terrain=terrain,
    ).toarray()  # fmt: skip
    radio = Radio(presets, 6.0, floor_db=required_db, terrain=terrain)
    x_m, y_m = grid.place(villages)
    pixels = [(r, c) for r in range(grid.height) for c in range(grid.width)]
    of_disc = (grid.x0_m, grid.y0_m, grid.resolution_m)
    some = range(0, len(villages), 10)
    error_m = villages["position_error_m"].to_numpy()
    discs = {i: [at for at in pixels if meets_disc(*at, x_m[i], y_m[i], error_m[i], *of_disc)] for i in some}
    for column, (_, first, site) in enumerate(by_site(mixed, grid)):
        footprint = site_footprint(site, grid, radio)
        own_db = np.full(grid.shape, -np.inf, np.float32)
        for k, plane in enumerate(footprint.margin_db):
            if mixed["family"].iloc[first + k] == "nr":
                height, width = plane.shape
                window = own_db[footprint.row0 : footprint.row0 + height, footprint.col0 : footprint.col0 + width]
                np.fmax(window, plane, out=window)
        for i, disc in discs.items():
            own = [bool(own_db[at] >= required_db) for at in disc]
            known = [bool(before["nr"].margin_db[at] >= required_db) and not alone[i] for at in disc]
            assert found[i, column] == (any(own) and all(a or b for a, b in zip(own, known, strict=True))), (column, i)
