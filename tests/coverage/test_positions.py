"""Margins at positions: those of the map at pixel centres, for every way a map is made; and the positions of a disc."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hilly_ground import hills
from hypothesis import given
from hypothesis import strategies as st

from infraplan.coverage.disc_positions import disc_positions, unit_disc
from infraplan.coverage.map_update import update_coverage
from infraplan.coverage.networks import EVERY
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.geo.grids import Grid


def same_at_centres(cover: Coverage, *, exact: bool) -> None:
    """Positions at pixel centres have the margins and servers of the pixels."""
    grid = cover.grid
    row, col = (index.ravel() for index in np.mgrid[0 : grid.height, 0 : grid.width])
    order = np.random.default_rng(1).permutation(len(row))
    row, col = row[order], col[order]
    at = grid.centre_of(row, col)
    layers = {(*key, ""): layer for key, layer in cover.layers.items()} | dict(cover.elsewhere)
    assert any((layer.margin_db >= 0).any() for layer in layers.values())
    for key, layer in layers.items():
        found = cover.at_positions(*at, *key)
        if exact:
            np.testing.assert_array_equal(found.margin_db, layer.margin_db[row, col], err_msg=str(key))
            np.testing.assert_array_equal(found.server, layer.server[row, col], err_msg=str(key))
        else:  # without terrain the bearing's last bits differ
            np.testing.assert_allclose(found.margin_db, layer.margin_db[row, col], atol=1e-3, err_msg=str(key))


@pytest.fixture(scope="module", params=["p1812", "statistical"])
def model(request: Any) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def coarse(zones: Any) -> Grid:
    return Grid.over(zones, 500)


@pytest.fixture(scope="module")
def choice(coarse: Grid, model: str) -> dict[str, Any]:
    return {"terrain": hills(coarse) if model == "p1812" else None, "max_radius_km": 5.0}


def test_a_map(sites: Any, presets: Any, coarse: Grid, choice: dict[str, Any], model: str) -> None:
    same_at_centres(predict_coverage(sectors_of(sites, presets), coarse, presets, both_receivers=True, **choice), exact=model == "p1812")


def test_a_map_on_another(sites: Any, presets: Any, coarse: Grid, choice: dict[str, Any], model: str) -> None:
    sectors = sectors_of(sites, presets)
    first = sectors["site_id"].isin(sites["id"].iloc[:4]).to_numpy()
    some, rest = (sectors.loc[own].reset_index(drop=True) for own in (first, ~first))
    base = predict_coverage(some, coarse, presets, **choice)
    both = predict_coverage(rest, coarse, presets, base=base, **choice)
    same_at_centres(both, exact=model == "p1812")
    same_at_centres(both.within(coarse.window(*coarse.bounds_m)), exact=model == "p1812")
    same_at_centres(pickle.loads(pickle.dumps(both)), exact=model == "p1812")


def test_a_changed_map(sites: Any, presets: Any, coarse: Grid, choice: dict[str, Any], model: str) -> None:
    before = sectors_of(sites, presets)
    changed = sites.copy()
    changed.loc[changed.index[1], "height_m"] += 15.0
    after = sectors_of(changed.drop(index=changed.index[3]), presets)
    cover = predict_coverage(before, coarse, presets, **choice)
    same_at_centres(update_coverage(cover, before, after), exact=model == "p1812")
    empty = update_coverage(cover, before, after.iloc[:0])
    assert np.isnan(empty.at_positions(*coarse.centre_of(np.arange(20), np.arange(20)), "nr").margin_db).all()


def test_every_network_is_the_least_of_them(sites: Any, presets: Any, coarse: Grid, choice: dict[str, Any]) -> None:
    cover = predict_coverage(sectors_of(sites, presets), coarse, presets, **choice)
    x_m, y_m = coarse.centre_of(np.arange(40), np.arange(40))
    each = [cover.at_positions(x_m + 77.0, y_m, "nr", network).margin_db for network in cover.networks if network != "any"]
    np.testing.assert_array_equal(cover.at_positions(x_m + 77.0, y_m, "nr", EVERY).margin_db, np.minimum.reduce(each))


def test_who_asked_first_changes_no_margin(sites: Any, presets: Any, coarse: Grid, choice: dict[str, Any]) -> None:
    """Positions nearer to each other than 1 cm are one, whichever is asked for first; windows of a map know the positions of the whole."""
    sectors = sectors_of(sites, presets)
    first, second = (predict_coverage(sectors, coarse, presets, **choice) for _ in range(2))
    x_m, y_m = coarse.centre_of(np.arange(30), np.arange(30))
    at, aside = (x_m + 33.001, y_m), (x_m + 33.004, y_m)
    there = [
        cover.at_positions(*place, "nr").margin_db for cover, places in ((first, (at, aside)), (second, (aside, at))) for place in places
    ]
    for other in there[1:]:
        np.testing.assert_array_equal(there[0], other)
    left, bottom, right, top = coarse.bounds_m
    window = first.within(coarse.window(left + 2100.0, bottom, right, top - 1600.0))
    again = predict_coverage(sectors.iloc[:0], window.grid, presets, base=window, **choice)
    np.testing.assert_array_equal(again.at_positions(*at, "nr").margin_db, there[0])
    known = [set(np.round(np.hypot(*cover.positions.positions_of(np.asarray(cover.positions.known.keys))), 2)) for cover in (first, again)]
    assert known[0] == known[1]


@given(st.integers(0, 4))
def test_positions_share_the_disc_equally(rings: int) -> None:
    """Ring k has 6 k positions, and its radius splits its area in two."""
    x, y = unit_disc(rings)
    assert len(x) == 1 + 3 * rings * (rings + 1) and (x[0], y[0]) == (0.0, 0.0)
    radius = np.hypot(x, y)
    for ring in range(1, rings + 1):
        own = np.isclose(radius, radius[1 + 3 * ring * (ring - 1)])
        assert own.sum() == 6 * ring
        assert np.isclose(radius[own] ** 2 * len(x), 1 + 3 * ring * (ring - 1) + 3 * ring).all()
    assert np.isclose(x.sum(), 0.0, atol=1e-9) and np.isclose(y.sum(), 0.0, atol=1e-9) and (radius < 1.0).all()


def test_positions_of_points() -> None:
    found = disc_positions(np.array([10.0, np.nan, 0.0, 5.0]), np.array([20.0, 1.0, 0.0, 5.0]), np.array([100.0, 100.0, 50.0, 2000.0]))
    assert np.diff(found.start).tolist() == [7, 0, 1, 19]
    assert found.own.tolist() == [0, 7, 8] and found.placed.tolist() == [True, False, True, True]
    assert (found.x_m[0], found.y_m[0]) == (10.0, 20.0)
    assert np.allclose(np.hypot(found.x_m[1:7] - 10.0, found.y_m[1:7] - 20.0), 75.6, atol=0.02)
