"""Calibration on made measurements of a known truth, and on measured cities where they are at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hilly_ground import hills
from made_drive import made_cells, made_points, made_sites, measured
from pytest import approx

import infraplan as ip
from infraplan.coverage.calibration import calibrate
from infraplan.coverage.measured_squares import floor_of
from infraplan.coverage.point_prediction import errors_db, predict_points
from infraplan.coverage.term_fit import Sums, Term, bounded, fitted, folds_of, left_out_squares
from infraplan.errors import DataError, DataWarning, collected
from infraplan.geo.terrain import Clutter
from infraplan.io.calibration_files import read_calibration, write_calibration
from infraplan.io.transmitter_tables import read_measured, read_transmitters


def run(points: pd.DataFrame, sites: Any, **choice: Any) -> tuple[Any, list[Any]]:
    with collected() as found:
        made = calibrate(points, sites, models=["statistical"], **choice)
    return made, found


def test_known_constants_come_back_by_band() -> None:
    cells = made_cells(bands=(700.0, 2600.0))
    sites, points = made_sites(cells), made_points(cells)
    offset = np.where(points["cell"].str.contains("-700-"), -9.0, 4.0)
    made, _ = run(measured(points, sites, offset), sites)
    terms = made.calibration.points
    assert [band.low_mhz for band in terms.band] == [700.0, 2600.0]
    assert [band.constant_db for band in terms.band] == approx([-9.0, 4.0], abs=0.6)
    assert terms.rms_before_db > 8.0 and terms.rms_db == approx(6.0, abs=0.3)
    assert terms.pattern_share > 0.95 and terms.power_share > 0.9 and abs(terms.slope_db_per_decade) < 1.5
    bands = made.calibration.map_of("statistical").band
    assert [band.constant_db for band in bands] == approx([-9.0, 4.0], abs=0.6)


def test_known_terms_come_back_and_absent_ones_do_not() -> None:
    cells = made_cells()
    sites = made_sites(cells)
    points = made_points(cells, 150).assign(building_m=np.tile([0.0, 20.0, 0.0], len(cells) * 50))
    bare = predict_points(points, sites, model="statistical")
    decades = np.log10(bare["distance_m"] / 200.0)
    offset = -5.0 + 8.0 * decades - 0.6 * bare["pattern_db"] - 12.0 * (points["building_m"] > 0)
    made, _ = run(measured(points, sites, offset.to_numpy(), 5.0), sites)
    terms = made.calibration.points
    assert terms.pattern_share == approx(0.4, abs=0.04) and terms.indoors_db == approx(-12.0, abs=0.6)
    assert terms.slope_db_per_decade == approx(8.0, abs=1.5) and terms.rms_db == approx(5.0, abs=0.2)
    story = made.terms.set_index("term")
    assert story.loc[["pattern", "indoors", "slope"], "kept"].all() and (story["rms_db"].iloc[0] > story["rms_db"].min())
    again = predict_points(points, sites, calibration=made.calibration)
    error = errors_db(points.assign(rsrp_dbm=bare["predicted_dbm"] + offset), again)
    assert np.abs(error).mean() < 0.8
    map_terms = made.calibration.map_of("statistical")
    assert map_terms.rms_db > terms.rms_db, "a map has the constant alone"


def test_no_order_of_rows_changes_a_byte(tmp_path: Path) -> None:
    cells = made_cells()
    sites = made_sites(cells)
    points = measured(made_points(cells, 40), sites, -5.0).round(2)
    files = []
    for name, rows in (("one.toml", points), ("other.toml", points.sample(frac=1.0, random_state=4).reset_index(drop=True))):
        made, _ = run(rows, sites)
        write_calibration(made.calibration, tmp_path / name)
        assert read_calibration(tmp_path / name) == made.calibration
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


def test_values_at_the_floor_do_not_pull_the_constant() -> None:
    cells = made_cells()
    sites = made_sites(cells)
    points = measured(made_points(cells, 100), sites, -8.0, 8.0)
    floor = float(np.round(np.quantile(points["rsrp_dbm"], 0.4)))
    cut = points.assign(rsrp_dbm=points["rsrp_dbm"].clip(lower=floor))
    assert floor_of(cut["rsrp_dbm"].to_numpy()) == floor and floor_of(points["rsrp_dbm"].to_numpy()) is None
    made, found = run(cut, sites)
    naive, _ = run(cut.assign(rsrp_dbm=cut["rsrp_dbm"] + np.arange(len(cut)) % 7 * 1e-3), sites, floor_dbm=-200.0)
    assert made.calibration.points.band[0].constant_db == approx(-8.0, abs=1.0)
    assert naive.calibration.map[0].band[0].constant_db > made.calibration.map[0].band[0].constant_db + 1.0
    assert made.calibration.evidence.censored == int((cut["rsrp_dbm"] <= floor + 0.05).sum())
    assert made.calibration.points.sigma_db == approx(8.0, abs=0.4)
    assert "at_the_floor" in {fault.rule for fault in found}
    with pytest.raises(DataError, match="floor"):
        run(cut.assign(rsrp_dbm=floor), sites, floor_dbm=floor)


def test_a_parked_car_counts_once() -> None:
    cells = made_cells()
    sites = made_sites(cells)
    points = measured(made_points(cells, 60), sites, -5.0)
    parked = pd.concat([points.head(1).assign(rsrp_dbm=-40.0)] * 20_000)
    made, _ = run(pd.concat([points, parked], ignore_index=True), sites)
    assert made.calibration.points.band[0].constant_db == approx(-5.0, abs=0.6) and made.calibration.evidence.squares <= len(points)


def test_a_turned_azimuth_is_found_and_no_other() -> None:
    cells = made_cells()
    points = measured(made_points(cells, 120), made_sites(cells), -5.0)
    wrong = cells.assign(azimuth_deg=np.where(cells["cell"] == "5-1800-1", 300.0, cells["azimuth_deg"]))
    made, found = run(points, made_sites(wrong))
    assert made.turned == ("5-1800-1",)
    assert [fault.value for fault in found if fault.rule == "azimuth_turned"] == ["5-1800-1"]
    assert run(points, made_sites(cells))[0].turned == ()


def test_faults_of_rows_are_named_and_set_aside() -> None:
    cells = made_cells().assign(pci=[str(number) for number in range(36)])
    sites = made_sites(cells)
    points = measured(made_points(cells, 30), sites, -5.0)
    away = predict_points(points, sites)["distance_m"]
    rows = points.assign(distance_m=away)
    rows.loc[[3, 4], "distance_m"] *= 10.0
    rows.loc[7, "rsrp_dbm"] = np.nan
    rows.loc[9, "cell"] = "unknown"
    made, found = run(rows, sites)
    rules = {fault.rule: fault.count for fault in found}
    assert {"decimal_moved", "row_without_level", "unknown_cell"} <= set(rules)
    assert made.calibration.evidence.set_aside == 4 and "distance_unit" not in rules
    made, found = run(points.assign(distance_m=away / 1000.0), sites)
    assert made.calibration.evidence.set_aside == 0 and "distance_unit" in {fault.rule for fault in found}
    pci = points.assign(pci=points["cell"].map(dict(zip(cells["cell"], cells["pci"], strict=True))), cell="")
    pci.loc[0, ["x_m", "y_m"]] = [50_000.0, 0.0]
    made, found = run(pci, sites)
    assert made.calibration.evidence.set_aside == 1 and "pci_far" in {fault.rule for fault in found}
    assert made.calibration.points.band[0].constant_db == approx(-5.0, abs=0.6)


def test_one_mast_is_refused_unless_forced() -> None:
    cells = made_cells(1)
    sites = made_sites(cells)
    points = measured(made_points(cells, 60), sites, -5.0)
    with pytest.raises(DataError, match="--force"):
        run(points, sites)
    made, _ = run(points, sites, force=True)
    assert made.calibration.evidence.forced and made.calibration.evidence.folds == 0 and not made.calibration.map[0].left_out


def test_what_cannot_be_compared_is_refused() -> None:
    cells = made_cells(3)
    sites = made_sites(cells)
    points = measured(made_points(cells, 20), sites, -5.0)
    with pytest.raises(DataError, match="no site is near"):
        run(points.assign(x_m=points["x_m"] + 1e6), sites)
    with pytest.raises(DataError, match="level"):
        run(points.drop(columns="rsrp_dbm"), sites)
    with pytest.raises(DataError, match="band"):
        run(points.assign(cell="", band="n258"), sites)


def test_site_offsets_help_at_known_masts_and_are_shrunk() -> None:
    cells = made_cells(12)
    sites = made_sites(cells)
    points = made_points(cells, 150)
    rng = np.random.default_rng(2)
    own = dict(zip(sorted(set(cells["site"])), rng.normal(0.0, 5.0, 12), strict=True))
    site = points["cell"].map(dict(zip(cells["cell"], cells["site"], strict=True))).map(own).to_numpy()
    made, _ = run(measured(points, sites, site, 5.0), sites)
    terms = made.calibration.points
    assert terms.rms_known_masts_db < terms.rms_db - 0.5
    found = np.array([terms.site_db[name] for name in sorted(own)])
    true = np.array([own[name] for name in sorted(own)])
    assert np.corrcoef(found, true)[0, 1] > 0.95 and found.std() < true.std() * 1.1


def test_sums_by_fold_give_the_errors_of_refitting() -> None:
    rng = np.random.default_rng(1)
    design, fold = np.column_stack([np.ones(300), rng.normal(size=(300, 2))]), rng.integers(0, 5, 300)
    level = design @ [2.0, -1.0, 0.5] + rng.normal(size=300)
    sums, terms = Sums.of(design, level, fold, 5), [Term("all", np.arange(3), -0.4, 5.0)]
    errors = left_out_squares(sums, terms, 3)
    for k in range(5):
        b = fitted(sums, terms, 3, without=k)
        assert b.min() >= -0.4 - 1e-9
        assert errors[k] == approx(((level - design @ b)[fold == k] ** 2).sum())
    free = bounded(design.T @ design, design.T @ level, np.full(3, -np.inf), np.full(3, np.inf))
    assert free == approx(np.linalg.lstsq(design, level, rcond=None)[0], abs=1e-6)
    assert set(folds_of([f"m{k}" for k in range(23)])) == set(range(10)) and len(set(folds_of(["a", "b", "a"]))) == 2


@pytest.fixture(scope="module")
def chengdu(shared_dir: Path) -> tuple[pd.DataFrame, Any]:
    folder = shared_dir / "data" / "radio"
    if not (folder / "chengdu_lte2600_dev.csv.gz").is_file():
        pytest.skip("the measured levels of Chengdu are absent")
    sites = read_transmitters(folder / "chengdu_lte2600_dev_cells.csv", crs="local")
    return read_measured(folder / "chengdu_lte2600_dev.csv.gz", crs="local"), sites


def test_chengdu_leaves_less_than_ten_db_on_masts_left_out(chengdu: tuple[pd.DataFrame, Any]) -> None:
    points, sites = chengdu
    with collected():
        made = calibrate(points, sites)
    assert made.calibration.points.rms_db < 9.7 and made.calibration.evidence.masts == 250
    east = (sites.frame["x_m"] >= sites.frame["x_m"].median()).to_numpy()
    eastern = points["cell"].isin(set(sites.frame["cell"][east])).to_numpy()
    with collected():
        west = calibrate(points[~eastern].reset_index(drop=True), sites)
    error = errors_db(points[eastern], predict_points(points[eastern], sites, calibration=west.calibration))
    assert np.sqrt(np.mean(error**2)) < 10.0


def test_warnings_are_data_warnings() -> None:
    cells = made_cells(3)
    sites = made_sites(cells)
    points = measured(made_points(cells, 20), sites, -5.0)
    points.loc[0, "rsrp_dbm"] = np.nan
    with pytest.warns(DataWarning, match="no measured level"):
        calibrate(points, sites, models=["statistical"])


def test_nominal_distances_come_back_by_class() -> None:
    """Over terrain with land cover: a nominal distance of 10 m in towns is found, that of woods stays."""
    terrain = hills(ip.Grid.over(ip.example_world().zones, 100.0), top_m=60.0)
    rng = np.random.default_rng(6)
    code = np.kron(rng.choice([0, 1, 2], size=(90, 90)), np.ones((4, 4)))[: terrain.grid.height, : terrain.grid.width].astype(np.uint16)
    clutter = Clutter(terrain.grid, code, np.array([0.0, 15.0, 12.0]), np.full(3, 30.0), ("", "10", "50"))
    terrain = replace(terrain, clutter=clutter)
    left, bottom, right, top = terrain.grid.bounds_m
    x_m, y_m = np.linspace(left + 4000.0, right - 4000.0, 6), np.linspace(bottom + 4000.0, top - 4000.0, 6)
    lon, lat = terrain.grid.unproject(x_m, y_m)
    cells = pd.DataFrame({"cell": list("ABCDEF"), "lon": lon, "lat": lat, "height_m": 30.0, "frequency_mhz": 900.0, "eirp_dbm": 40.0})
    sites = read_transmitters(cells)
    way, far, of = rng.uniform(0.0, 6.28, 900), rng.uniform(300.0, 3000.0, 900), rng.integers(0, 6, 900)
    at = terrain.grid.unproject(x_m[of] + far * np.sin(way), y_m[of] + far * np.cos(way))
    points = pd.DataFrame({"cell": np.array(list("ABCDEF"))[of], "lon": at[0], "lat": at[1]})
    truth = replace(terrain, clutter=clutter.with_own_nominal({"50": 10.0}))
    level = predict_points(points, sites, terrain=truth)["predicted_dbm"] + 3.0 + rng.normal(0.0, 3.0, 900)
    with collected():
        made = calibrate(points.assign(rsrp_dbm=level), sites, terrain)
    assert made.calibration.points.model == "p1812"
    nominal = made.calibration.map_of("p1812").nominal_m
    assert nominal["50"] == 10.0 and nominal.get("10", 30.0) == 30.0
    assert made.calibration.map_of("p1812").band[0].constant_db == approx(3.0, abs=0.8)
    again = predict_points(points, sites, terrain=terrain, calibration=made.calibration)
    assert np.abs(errors_db(points.assign(rsrp_dbm=level), again)).mean() < 3.0
