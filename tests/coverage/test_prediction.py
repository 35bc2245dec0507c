"""The best-server map: equal to brute force, indifferent to order and windows, never lowered by a sector."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infraplan.coverage.footprints import by_site, site_footprint
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.coverage.shared_tables import FLOOR_DB, Radio
from infraplan.coverage.signal import predict_signal
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.radio.antennas import antenna_named, cuts, pattern_db
from infraplan.radio.budgets import gain_offset_db
from infraplan.radio.model_selection import default_plan, loss_curve


@pytest.fixture(scope="module")
def sectors(sites: Any, presets: Any) -> Any:
    return sectors_of(sites, presets)


@pytest.fixture(scope="module")
def cover(sectors: Any, grid: Grid, presets: Any) -> Coverage:
    return predict_coverage(sectors, grid, presets)


def expected_margin_db(sector: Any, x_m: float, y_m: float, at_x_m: float, at_y_m: float, presets: Any) -> float:
    """One sector at one pixel, straight from the published functions."""
    service = presets[sector.service]
    distance_m = max(math.hypot(at_x_m - x_m, at_y_m - y_m), 10.0)
    curve = loss_curve(
        default_plan(service.family), service.frequency_mhz, sector.height_m, sector.environment, service.rx_height_m, [distance_m]
    )
    horizontal_db, vertical_db = cuts(sector.antenna, sector.tilt_deg)
    elevation_deg = -math.degrees(math.atan2(sector.height_m - service.rx_height_m, distance_m))
    cut_db = np.interp(elevation_deg, np.arange(-90, 91), vertical_db)
    if not math.isnan(sector.azimuth_deg):
        off_deg = (math.degrees(math.atan2(at_x_m - x_m, at_y_m - y_m)) - sector.azimuth_deg) % 360
        cut_db += np.interp(off_deg, np.arange(361), np.append(horizontal_db, horizontal_db[0]))
    cut_db = max(cut_db, antenna_named(sector.antenna).floor_db)
    return float(service.max_path_loss_db + gain_offset_db(service, sector.antenna) + cut_db - curve.loss_db[0])


def test_against_brute_force(sectors: Any, grid: Grid, presets: Any, cover: Coverage) -> None:
    rng = np.random.default_rng(3)
    x_m, y_m = grid.place(sectors)
    for row, col in zip(rng.integers(0, grid.height, 40), rng.integers(0, grid.width, 40), strict=True):
        at_x_m, at_y_m = (float(v) for v in grid.centre_of(row, col))
        for family in ("nr", "nbiot"):
            every = [
                expected_margin_db(sector, x_m[k], y_m[k], at_x_m, at_y_m, presets)
                for k, sector in enumerate(sectors.itertuples())
                if sector.family == family
            ]
            best_db = cover[family].margin_db[row, col]
            if max(every) > FLOOR_DB + 31:  # certainly inside the computed radius, whatever the pattern took
                assert best_db == pytest.approx(max(every), abs=0.05)
            elif not np.isnan(best_db):
                assert best_db <= max(every) + 0.05


@pytest.mark.parametrize("antenna", ["massive-64t64r", "sector-65", "3gpp-element", "omni"])
def test_both_cuts_together_stay_above_the_floor(antenna: str, sectors: Any, grid: Grid, presets: Any) -> None:
    """Behind a mast and below it both cuts are low: their sum ends at the antenna's floor, as in `pattern_db` and over terrain."""
    x_m, y_m = (float(value) for value in grid.centre_of(grid.height // 2, grid.width // 2))
    site = {"x_m": x_m, "y_m": y_m, "service": ["nr-n41"], "environment": ["urban"], "height_m": [25.0], "azimuth_deg": [40.0]}
    site |= {"tilt_deg": [6.0], "antenna": [antenna], "power_offset_db": [0.0]}
    radio = Radio(presets)
    footprint = site_footprint(site, grid, radio)
    plane = footprint.margin_db[0]
    rows, cols = np.nonzero(~np.isnan(plane))
    at_x_m, at_y_m = grid.centre_of(rows + footprint.row0, cols + footprint.col0)
    distance_m = np.hypot(at_x_m - x_m, at_y_m - y_m)
    service = presets["nr-n41"]
    curve = radio.curve("urban", service, 25.0)
    bearing_deg = np.degrees(np.arctan2(at_x_m - x_m, at_y_m - y_m))
    drop_m = 25.0 - service.rx_height_m
    taken_db = plane[rows, cols] - service.max_path_loss_db - gain_offset_db(service, antenna)
    taken_db += np.interp(distance_m, curve.distance_m, curve.loss_db)
    up_deg = -np.degrees(np.arctan2(drop_m, np.maximum(distance_m, 1e-3)))
    far = distance_m > 100.0  # nearer, ten metres are several degrees of elevation
    assert taken_db[far] == pytest.approx(pattern_db(antenna, bearing_deg - 40.0, up_deg, 6.0)[far], abs=0.6)
    floor_db = antenna_named(antenna).floor_db
    assert taken_db.min() >= floor_db - 0.01
    if antenna == "massive-64t64r":
        assert taken_db.min() == pytest.approx(floor_db, abs=0.01)


def test_a_site_reaches_all_that_it_serves(sectors: Any, grid: Grid, presets: Any) -> None:
    """No served pixel lies outside a footprint: its rim is below the requirement."""
    radio = Radio(presets)
    for _, _, site in by_site(sectors, grid):
        footprint = site_footprint(site, grid, radio)
        for plane in footprint.margin_db:
            rim = np.zeros(plane.shape, bool)
            if footprint.row0 > 0:
                rim[0] = True
            if footprint.col0 > 0:
                rim[:, 0] = True
            assert not (plane[rim] >= 0).any()


def test_a_window_equals_the_whole(sectors: Any, grid: Grid, presets: Any, cover: Coverage) -> None:
    left, bottom, right, top = grid.bounds_m
    window = grid.window(left + 5000, bottom + 4000, right - 6000, top - 3000)
    alone = predict_coverage(sectors, window, presets)
    for key, layer in cover.within(window).layers.items():
        np.testing.assert_array_equal(alone.layers[key].margin_db, layer.margin_db)
        np.testing.assert_array_equal(alone.layers[key].server, layer.server)


def test_adding_in_two_steps_equals_all_at_once(sites: Any, grid: Grid, presets: Any, cover: Coverage) -> None:
    first = predict_coverage(sectors_of(sites.iloc[:6], presets), grid, presets)
    both = predict_coverage(sectors_of(sites.iloc[6:], presets), grid, presets, base=first)
    for key, layer in cover.layers.items():
        np.testing.assert_array_equal(both.layers[key].margin_db, layer.margin_db)
    assert list(both.sector_ids) == list(cover.sector_ids)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=st.sets(st.integers(0, 11), min_size=1, max_size=11))
def test_a_sector_never_lowers_the_best_margin(kept: set[int], sites: Any, grid: Grid, presets: Any, cover: Coverage) -> None:
    fewer = predict_coverage(sectors_of(sites.iloc[sorted(kept)], presets), grid, presets, families=("nr", "nbiot"))
    for key, layer in fewer.layers.items():
        more_db = np.nan_to_num(cover.layers[key].margin_db, nan=-np.inf)
        assert (more_db >= np.nan_to_num(layer.margin_db, nan=-np.inf)).all()


def test_any_operator_is_the_best_of_the_networks(cover: Coverage) -> None:
    with np.errstate(all="ignore"):
        best_db = np.fmax(cover["nr", "cbn+cmcc"].margin_db, cover["nr", "ctcc+cucc"].margin_db)
    np.testing.assert_array_equal(cover["nr"].margin_db, best_db)


def test_ties_go_to_the_lower_sector(sites: Any, grid: Grid, presets: Any) -> None:
    twin = sites.iloc[[1]].assign(id="A")
    import pandas as pd

    sectors = sectors_of(pd.concat([sites.iloc[[1]], twin]), presets)
    cover = predict_coverage(sectors, grid, presets)
    server = cover["nr"].server
    assert set(np.unique(server[server >= 0])) == {0}
    assert cover.sector_ids[0].startswith("A/")


def test_caps_are_counted(sectors: Any, grid: Grid, presets: Any, cover: Coverage) -> None:
    short = predict_coverage(sectors, grid, presets, max_radius_km=0.3)
    assert short.capped_sites == sectors["site_id"].nunique()
    assert short.max_radius_km == 0.3


def test_unknown_names_are_refused(sectors: Any, grid: Grid, presets: Any, cover: Coverage) -> None:
    with pytest.raises(UsageError, match="statistical"):
        predict_coverage(sectors, grid, presets, model="statistic")
    with pytest.raises(UsageError, match="nbiot"):
        cover["nbiott"]


def test_a_network_of_an_operator_nobody_knows_is_refused(sectors: Any, grid: Grid, presets: Any, cover: Coverage) -> None:
    for wrong in ("cmmc", "cbn+cmmc", "", "any+cmcc", "cmcc+"):
        with pytest.raises(UsageError, match="operator") as refused:
            predict_coverage(sectors, grid, presets, networks=("any", wrong))
        assert "cmcc" in str(refused.value)
    with pytest.raises(UsageError, match="Airtel"):
        predict_coverage(sectors, grid, presets, networks=("Airtel",))
    own = predict_coverage(sectors, grid, presets, networks=("any", "Airtel", "cmcc"), own_operators=("Airtel",))
    assert own.networks == ("any", "Airtel", "cmcc") and np.isnan(own["nr", "Airtel"].margin_db).all()
    theirs = predict_coverage(sectors.assign(operators="Airtel"), grid, presets, networks=("any", "Airtel"))
    assert (theirs["nr", "Airtel"].server == cover["nr"].server).all()
    with pytest.raises(UsageError, match="cmcc"):
        predict_signal(cover, sectors, next(iter(presets)), network="cmmc")
