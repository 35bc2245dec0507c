"""Levels at points: the arithmetic by hand, the best server, the ground, rows and columns kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hilly_ground import hills
from made_drive import made_cells, made_points, made_sites
from pytest import approx

import infraplan as ip
from infraplan.coverage.mast_arrays import CLIMATE, ground_of
from infraplan.coverage.point_prediction import predict_points
from infraplan.errors import DataError, DataWarning, UsageError
from infraplan.io.transmitter_tables import read_measured, read_transmitters
from infraplan.radio.antennas import pattern_db
from infraplan.radio.p1812_area import area_loss


def one_cell(**changes: Any) -> Any:
    row = {"cell": "A", "x_m": 0.0, "y_m": 0.0, "height_m": 31.5, "azimuth_deg": 90.0, "electrical_tilt_deg": 4.0, "frequency_mhz": 2600.0,
           "rs_power_dbm": 10.0} | changes  # fmt: skip
    return read_transmitters(pd.DataFrame([row]), crs="local")


def test_the_level_is_power_gain_pattern_and_loss_by_hand() -> None:
    points = pd.DataFrame({"cell": ["A"], "x_m": [400.0], "y_m": [300.0]})
    found = predict_points(points, one_cell(mechanical_tilt_deg=2.0), model="free-space").iloc[0]
    slant_m = float(np.hypot(500.0, 30.0))
    loss_db = 20.0 * np.log10(4.0 * np.pi * slant_m * 2600e6 / 299_792_458.0)
    off = np.degrees(np.arctan2(400.0, 300.0)) - 90.0
    pattern = pattern_db("sector-65", off, np.degrees(np.arctan2(-30.0, 500.0)), 4.0, mechanical_tilt_deg=2.0)
    assert found["loss_db"] == approx(loss_db, abs=0.01) and found["pattern_db"] == approx(float(pattern), abs=0.01)
    assert found["predicted_dbm"] == approx(10.0 + 17.0 + float(pattern) - loss_db, abs=0.02)
    assert found["distance_m"] == 500.0 and found["off_axis_deg"] == approx(off, abs=0.06)


def test_eirp_is_taken_as_it_is() -> None:
    points = pd.DataFrame({"x_m": [400.0], "y_m": [0.0]})
    one, other = (predict_points(points, one_cell(**power), model="free-space")["predicted_dbm"].iloc[0] for power in
                  ({"rs_power_dbm": 10.0}, {"rs_power_dbm": np.nan, "eirp_dbm": 27.0}))  # fmt: skip
    assert one == other


def test_the_best_server_is_the_strongest_of_all_cells() -> None:
    cells = made_cells()
    sites, points = made_sites(cells), made_points(cells, 3).drop(columns="cell")
    best = predict_points(points, sites)
    each = np.stack([predict_points(points.assign(cell=name), sites)["predicted_dbm"] for name in cells["cell"]])
    assert best["predicted_dbm"].to_numpy() == approx(each.max(axis=0))


def test_rows_keep_their_order_and_every_row_has_a_level() -> None:
    cells = made_cells()
    points = made_points(cells, 4)
    points.loc[0, ["x_m", "y_m"]] = [80_000.0, 0.0]  # beyond every model without terrain
    points.loc[1, ["x_m", "y_m"]] = [0.0, 0.0]  # under the mast
    whole = predict_points(points, made_sites(cells))
    assert np.isfinite(whole["predicted_dbm"]).all() and np.isfinite(whole["line_of_sight"]).all()
    assert "40 dB a decade" in whole["model"].iloc[0]
    mixed = points.sample(frac=1.0, random_state=1)
    pd.testing.assert_frame_equal(predict_points(mixed, made_sites(cells)).loc[points.index], whole)


def test_over_terrain_the_loss_is_that_of_p1812_at_the_point() -> None:
    zone = ip.example_world().zones
    terrain = hills(ip.Grid.over(zone, 100.0))
    left, bottom, right, top = terrain.grid.bounds_m
    x_m, y_m = (left + right) / 2, (bottom + top) / 2
    lon, lat = (float(value) for value in terrain.grid.unproject(x_m, y_m))
    cell = pd.DataFrame([{"cell": "A", "lon": lon, "lat": lat, "height_m": 30.0, "frequency_mhz": 700.0, "eirp_dbm": 30.0}])
    sites = read_transmitters(cell)
    px, py = x_m + np.arange(-8, 9) * 300.0, np.full(17, y_m + 1200.0)
    to = terrain.grid.unproject(px, py)
    found = predict_points(pd.DataFrame({"lon": to[0], "lat": to[1]}), sites, terrain=terrain)
    area = area_loss(
        ground_of(terrain), x_m, y_m, px[0], py[0], 300.0, (1, 17), 20_000.0, frequencies_ghz=(0.7,), tx_height_m=30.0, rx_height_m=1.5,
        latitude_deg=lat, step_m=terrain.profile_step_m, delta_n=CLIMATE["delta_n"], n0=CLIMATE["n0"],
    )  # fmt: skip
    assert found["loss_db"].to_numpy() == approx(area.loss_db[0, 0], abs=0.02)
    assert set(found["model"]) == {"p1812"} and set(found["line_of_sight"]) <= {0.0, 1.0}
    seen = found["line_of_sight"].to_numpy() == 1.0
    assert 0 < seen.sum() < 17 and found["loss_db"][seen].mean() < found["loss_db"][~seen].mean()
    many = pd.concat([cell.assign(cell=f"C{k}", lon=lon + 0.02 * k, lat=lat - 0.01 * k) for k in range(6)], ignore_index=True)
    others = read_transmitters(many)
    points = pd.DataFrame({"lon": to[0], "lat": to[1]})
    best = predict_points(points, others, terrain=terrain)
    each = np.stack([predict_points(points.assign(cell=name), others, terrain=terrain)["predicted_dbm"] for name in many["cell"]])
    assert best["predicted_dbm"].to_numpy() == approx(each.max(axis=0))


def test_operator_and_band_choose_among_the_cells() -> None:
    cells = made_cells(2, bands=(700.0, 2600.0)).assign(operator="cmcc")
    points = pd.DataFrame({"x_m": [300.0, 300.0], "y_m": [100.0, 100.0], "operator": ["中国移动", ""], "band": ["n41", "n28"]})
    found = predict_points(points, made_sites(cells))
    assert [name.split("-")[1] for name in found["server"]] == ["2600", "700"]
    with pytest.raises(DataError, match="n78"):
        predict_points(points.assign(band="n78"), made_sites(cells))


def test_what_cannot_be_predicted_is_refused_with_its_row() -> None:
    cells = made_cells(2)
    with pytest.raises(DataError) as error:
        predict_points(pd.DataFrame({"cell": ["0-1800-0", "nowhere"], "x_m": 1.0, "y_m": 1.0}), made_sites(cells))
    assert error.value.faults[["row", "value"]].values.tolist() == [[2, "nowhere"]]
    with pytest.raises(UsageError, match="p1812"):
        predict_points(pd.DataFrame({"x_m": [1.0], "y_m": [1.0]}), made_sites(cells), model="p1812")
    with pytest.raises(DataError, match="--crs local"):
        read_measured(pd.DataFrame({"x_m": [1.0], "y_m": [1.0]}))
    with pytest.raises(DataError, match="rs_power_dbm"):
        read_transmitters(cells.drop(columns="rs_power_dbm"), crs="local")
    with pytest.raises(DataError, match="0-1800-0"):
        read_transmitters(pd.concat([cells, cells.head(1)]), crs="local")


def test_checked_sites_have_the_powers_of_their_services() -> None:
    world = ip.example_world()
    services = {"nr-n28": world.services["nr-n28"]}
    sectors = ip.sectors_of(world.sites, services)
    cover = ip.predict_coverage(sectors, world.grid, services)
    signal = ip.predict_signal(cover, sectors, "nr-n28")
    row, col = (values[:40] for values in np.nonzero(np.isfinite(signal.rsrp_dbm)))
    lon, lat = world.grid.unproject(*world.grid.centre_of(row, col))
    found = predict_points(pd.DataFrame({"lon": lon, "lat": lat}), world.sites, services)
    assert found["predicted_dbm"].to_numpy() == approx(signal.rsrp_dbm[row, col], abs=0.15)  # the map reads its curve every 10 m


def test_points_far_from_their_cell_are_reported() -> None:
    with pytest.warns(DataWarning, match="100 km"):
        predict_points(pd.DataFrame({"x_m": [300_000.0], "y_m": [0.0]}), one_cell())
