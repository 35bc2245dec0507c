"""Levels on the map: the strongest two by brute force, interference that only takes away, probabilities that agree with margins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from infraplan.coverage.footprints import by_site, site_footprint
from infraplan.coverage.prediction import predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.coverage.shared_tables import Radio
from infraplan.coverage.signal import predict_signal
from infraplan.geo.grids import Grid
from infraplan.radio.budgets import gain_offset_db


@pytest.fixture(scope="module")
def sectors(sites: Any, presets: Any) -> Any:
    return sectors_of(sites, presets)


def test_the_two_strongest_and_the_sum_by_brute_force(sectors: Any, grid: Grid, presets: Any) -> None:
    cover = predict_coverage(sectors, grid, presets)
    signal = predict_signal(cover, sectors, "nr-n41", load=1.0, noise_figure_db=7.0)
    service, planes = presets["nr-n41"], []
    for _, first, site in by_site(sectors, grid):
        footprint = site_footprint(site, grid, Radio(presets))
        height, width = footprint.margin_db.shape[1:]
        for k, plane in enumerate(footprint.margin_db):
            sector = sectors.iloc[first + k]
            if sector.service == "nr-n41":
                gain_db = gain_offset_db(service, sector.antenna)
                whole = np.full(grid.shape, -np.inf)
                level_db = plane - service.largest_loss_db(0.0, gain_db) + service.rsrp_at_zero_loss_dbm + gain_db
                at = slice(footprint.row0, footprint.row0 + height), slice(footprint.col0, footprint.col0 + width)
                whole[at] = np.nan_to_num(level_db, nan=-np.inf)
                planes.append(whole)
    levels = np.sort(np.stack(planes), axis=0)[::-1]
    for found, expected in ((signal.rsrp_dbm, levels[0]), (signal.second_rsrp_dbm, levels[1])):
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
        np.testing.assert_allclose(found[np.isfinite(found)], expected[np.isfinite(found)], atol=1e-3)
    known = np.isfinite(signal.rsrp_dbm)
    assert (signal.server[known] != signal.second_server[known]).all()
    others_mw = (10.0 ** (0.1 * levels[1:])).sum(axis=0)
    noise_mw = 10.0 ** (0.1 * (-173.975 + 10 * np.log10(30_000) + 7.0))
    expected_db = levels[0] - 10 * np.log10(noise_mw + others_mw)
    np.testing.assert_allclose(signal.sinr_db[known], expected_db[known], atol=0.01)


def test_more_load_takes_away_and_no_load_is_noise_only(sectors: Any, grid: Grid, presets: Any) -> None:
    cover = predict_coverage(sectors, grid, presets)
    quiet, busy = (predict_signal(cover, sectors, "nr-n41", load=load) for load in (0.0, 0.8))
    known = np.isfinite(quiet.sinr_db)
    assert (busy.sinr_db[known] <= quiet.sinr_db[known] + 1e-4).all()
    noise_dbm = -173.975 + 10 * np.log10(30_000) + 7.0
    np.testing.assert_allclose(quiet.sinr_db[known], quiet.rsrp_dbm[known] - noise_dbm, atol=0.01)
    with pytest.raises(ValueError, match="load"):
        predict_signal(cover, sectors, "nr-n41", load=1.5)


def test_probability_grows_with_the_margin_and_half_is_the_median(sectors: Any, grid: Grid, presets: Any) -> None:
    cover = predict_coverage(sectors, grid, presets, families=("nbiot",))
    signal = predict_signal(cover, sectors, "nbiot-900")
    margin_db = cover["nbiot"].margin_db
    known = np.isfinite(margin_db)
    order = np.argsort(margin_db[known])
    assert (np.diff(signal.probability[known][order]) >= -1e-6).all()
    assert (signal.probability[~known] == 0.0).all()
    service = presets["nbiot-900"]
    at_median = np.abs(margin_db + service.shadow_margin_db) < 0.05
    if at_median.any():
        np.testing.assert_allclose(signal.probability[at_median], 0.5, atol=0.01)


def test_a_window_equals_the_whole(sectors: Any, grid: Grid, presets: Any) -> None:
    cover = predict_coverage(sectors, grid, presets)
    left, bottom, right, top = grid.bounds_m
    window = grid.window(left + 5000, bottom + 4000, right - 6000, top - 3000)
    whole, part = predict_signal(cover, sectors, "nr-n41"), predict_signal(cover, sectors, "nr-n41", window=window)
    at = window.slices_in(grid)
    np.testing.assert_array_equal(part.server, whole.server[at])
    np.testing.assert_allclose(part.sinr_db, whole.sinr_db[at], atol=1e-4)
