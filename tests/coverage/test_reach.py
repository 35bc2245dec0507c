"""Reach and map give one answer."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hilly_ground import hills

from infraplan.coverage.population import positions_on, service_status
from infraplan.coverage.prediction import Coverage, Layer, predict_coverage
from infraplan.coverage.reach import Wanted, reach, reaches
from infraplan.coverage.sectors import sectors_of
from infraplan.geo.grids import Grid


@pytest.fixture(scope="module")
def known(sites: Any, grid: Grid, presets: Any) -> Coverage:
    return predict_coverage(sectors_of(sites.iloc[:4], presets), grid, presets)


def test_a_column_is_what_the_map_shows_with_that_site(sites: Any, villages: Any, grid: Grid, presets: Any, known: Coverage) -> None:
    candidates = sectors_of(sites.iloc[4:], presets)
    matrix = reach(villages, candidates, known, presets, family="nr").toarray()
    before = (service_status(villages, known)["nr"] == "served").to_numpy()
    for column, (site, sectors) in enumerate(candidates.groupby("site_id", sort=False)):
        after = predict_coverage(sectors, grid, presets, families=("nr", "nbiot"), base=known)
        served = (service_status(villages, after)["nr"] == "served").to_numpy()
        np.testing.assert_array_equal(matrix[~before, column], served[~before], err_msg=str(site))


def test_a_planning_margin_asks_for_more(sites: Any, villages: Any, grid: Grid, presets: Any, known: Coverage) -> None:
    candidates = sectors_of(sites.iloc[4:], presets)
    usual = reach(villages, candidates, known, presets, family="nr")
    strict = reach(villages, candidates, known, presets, family="nr", required_db=6.0)
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
    row, col = np.argwhere(alone >= 0)[0] + [1, 0]
    x_m, y_m = grid.centre_of(row - 1, col)
    lon, lat = grid.unproject(x_m, y_m)
    village = gpd.GeoDataFrame({"position_error_m": [250.0]}, geometry=gpd.points_from_xy([lon], [lat]), crs=4326)
    known_db = np.full(grid.shape, 5.0, np.float32)
    known_db[row, col] = -5.0

    def pixels_alone(margin_db: Any) -> Coverage:
        layers = {("nr", "any"): Layer(margin_db, np.zeros(grid.shape, np.int32))}
        return Coverage(grid, presets, layers, np.array(["A"], object), np.array(["nr-n41"], object), "statistical", (), 0.9, 30.0, 0)

    assert reach(village, sectors, pixels_alone(known_db), presets, family="nr").toarray().tolist() == [[True]]
    nobody = pixels_alone(np.full(grid.shape, np.nan, np.float32))
    assert reach(village, sectors, nobody, presets, family="nr").toarray().tolist() == [[False]]


@pytest.mark.parametrize("required_db", [0.0, 6.3])
def test_over_terrain_leaving_positions_out_changes_no_column(
    sites: Any, villages: Any, zones: Any, presets: Any, required_db: float
) -> None:
    """The matrix from each site's own margins at all positions is the matrix of `reach`, which computes only those that lack service."""
    grid = Grid.over(zones, 250)
    terrain = hills(grid)
    mixed = sectors_of(sites, presets)
    choice: dict[str, Any] = {"terrain": terrain, "max_radius_km": 6.0}
    before = predict_coverage(mixed.loc[mixed["site_id"].isin(["S00", "S03"])], grid, presets, **choice)
    alone = np.arange(len(villages)) % 7 == 0
    found = reach(villages, mixed, before, presets, family="nr", alone=alone, required_db=required_db).toarray()
    positions, counts = positions_on(villages, before)
    at = positions.x_m, positions.y_m
    known = before.at_positions(*at, "nr").margin_db >= required_db
    for column, site in enumerate(mixed["site_id"].unique()):
        only = predict_coverage(mixed.loc[mixed["site_id"] == site].reset_index(drop=True), grid, presets, families=("nr",), **choice)
        own = only.at_positions(*at, "nr").margin_db >= required_db
        for i in range(len(villages)):
            disc = [k for k in range(positions.start[i], positions.start[i + 1]) if counts[k]]
            everything = bool(disc) and all(known[k] for k in disc)
            served = [bool(own[k]) for k in disc]
            helped = any(own[k] for k in disc if alone[i] or everything or not known[k])
            whole = all(a or (bool(known[k]) and not alone[i]) for a, k in zip(served, disc, strict=True))
            if everything and not alone[i]:
                whole = all(served)  # nothing is open: `reach` asks for the whole disc
            assert found[i, column] == (helped and whole), (site, i)


@pytest.mark.parametrize("over_terrain", [True, False])
def test_several_margins_at_once_are_each_margin_alone(sites: Any, villages: Any, zones: Any, presets: Any, over_terrain: bool) -> None:
    """Other points, other margins, points of one place twice: the matrices are those of a prediction for each question."""
    grid = Grid.over(zones, 250)
    mixed = sectors_of(sites, presets)
    choice: dict[str, Any] = {"terrain": hills(grid) if over_terrain else None, "max_radius_km": 6.0}
    before = predict_coverage(mixed.loc[mixed["site_id"].isin(["S00", "S03"])], grid, presets, **choice)
    some, twice = villages.iloc[::2], villages.iloc[[*range(len(villages)), 3]]
    asked = [
        Wanted(some, 6.3, np.arange(len(some)) % 7 == 0),
        Wanted(twice),
        Wanted(villages.iloc[:0], 2.0),
        Wanted(villages, 12.0, np.arange(len(villages)) % 5 == 0),
    ]
    found = reaches(asked, mixed, before, presets, family="nr")
    assert [matrix.nnz > 0 for matrix in found] == [True, True, False, True]
    for wanted, matrix in zip(asked, found, strict=True):
        single = reach(wanted.demand, mixed, before, presets, family="nr", alone=wanted.alone, required_db=wanted.required_db, workers=1)
        assert matrix.shape == single.shape == (len(wanted.demand), mixed["site_id"].nunique())
        assert (matrix != single).nnz == 0
