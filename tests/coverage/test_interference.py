"""Level and interference of a carrier: against the footprints of all sectors, with and without terrain, and the estimate of many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hilly_ground import hills

from infraplan.coverage.footprints import by_site, site_footprint
from infraplan.coverage.interference import LOW_FLOOR_DB, Carrier, Received, carriers_of, received_at
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.grids import Grid
from infraplan.geo.terrain import Terrain
from infraplan.radio.budgets import gain_offset_db

CAPS = {"nr": 8.0}


@pytest.fixture(scope="module")
def sectors(sites: Any, presets: Any) -> Any:
    return sectors_of(sites, presets)


@pytest.fixture(scope="module")
def terrain(zones: Any) -> Terrain:
    return hills(Grid.over(zones, 125))


@pytest.fixture(scope="module")
def flat(sectors: Any, grid: Grid, presets: Any) -> Coverage:
    return predict_coverage(sectors, grid, presets, caps_km=CAPS)


@pytest.fixture(scope="module")
def hilly(sectors: Any, presets: Any, terrain: Terrain) -> Coverage:
    return predict_coverage(sectors, terrain.grid, presets, terrain=terrain, caps_km=CAPS)


def levels_by_footprint(cover: Coverage, sectors: Any, carrier: Carrier) -> Any:
    """Level of every sector of a carrier at every pixel. dBm (sectors, rows, columns), -inf where none was computed."""
    radio = Radio(cover.services, cover.max_radius_km, LOW_FLOOR_DB, terrain=cover.terrain, caps_km=cover.caps_km)
    planes = np.full((len(carrier.sectors), *cover.grid.shape), -np.inf)
    for _, first, site in by_site(carrier.sectors, cover.grid):
        footprint = site_footprint(site, cover.grid, radio)
        height, width = footprint.margin_db.shape[1:]
        at = slice(footprint.row0, footprint.row0 + height), slice(footprint.col0, footprint.col0 + width)
        for k, plane in enumerate(footprint.margin_db):
            row = carrier.sectors.iloc[first + k]
            service = cover.services[row.service]
            gain_db, power_db = gain_offset_db(service, row.antenna), float(row.power_offset_db)
            level = plane - service.largest_loss_db(power_db, gain_db) + service.rsrp_at_zero_loss_dbm + gain_db + power_db
            planes[(first + k, *at)] = np.nan_to_num(level.astype(float), nan=-np.inf)
    return planes


def at_pixels(cover: Coverage, carrier: Carrier, some: Any, **how: Any) -> Received:
    x_m, y_m = cover.grid.centre_of(*some)
    none = np.full(len(x_m), -1, np.int32)
    return received_at(carrier, cover, np.asarray(x_m), np.asarray(y_m), none, **how)


@pytest.mark.parametrize(("ground", "tolerance_db"), [("flat", 0.01), pytest.param("hilly", 1.5, marks=pytest.mark.thorough)])
def test_level_and_sum_are_those_of_all_footprints(ground: str, tolerance_db: float, sectors: Any, request: pytest.FixtureRequest) -> None:
    cover: Coverage = request.getfixturevalue(ground)
    rows, cols = np.meshgrid(np.arange(0, cover.grid.height, 7), np.arange(0, cover.grid.width, 5), indexing="ij")
    some = rows.ravel(), cols.ravel()
    carriers = carriers_of(sectors, cover, "nr", "cbn+cmcc")
    assert [one.frequency_mhz for one in carriers] == [773.0, 2565.0]
    compared = []
    for carrier in carriers:
        found = at_pixels(cover, carrier, some)
        planes = levels_by_footprint(cover, sectors, carrier)[:, some[0], some[1]]
        best = planes.max(axis=0)
        known = np.isfinite(best)
        assert known.any()
        np.testing.assert_array_equal(found.server >= 0, known)
        error = found.own_dbm[known] - best[known]
        assert np.sqrt((error**2).mean()) < tolerance_db / 5
        assert np.abs(error).max() < tolerance_db
        power = 10.0 ** (0.1 * planes)
        site_of = pd.factorize(carrier.sectors["site_id"])[0]
        of_server = site_of[:, None] == site_of[planes.argmax(axis=0)]
        most, least = power.sum(axis=0) - 10.0 ** (0.1 * best), np.where(of_server, 0.0, power).sum(axis=0)
        off = 10.0 ** (0.1 * tolerance_db)
        assert (found.others_mw[known] <= most[known] * off).all(), "never more than all other sectors"
        assert (found.others_mw[known] >= least[known] / off).all(), "never less than those of other sites"
        others = known & (least > 0.8 * most)
        compared.append(10.0 * np.log10(found.others_mw[others] / most[others]))
    ratio_db = np.concatenate(compared)
    assert len(ratio_db) > 10, "positions where other sites outweigh the serving one's sectors"
    assert np.sqrt((ratio_db**2).mean()) < tolerance_db / 3 + 0.5


@pytest.mark.parametrize("ground", ["flat", pytest.param("hilly", marks=pytest.mark.thorough)])
def test_below_a_mast_its_sectors_differ_by_their_horizontal_cuts(ground: str, presets: Any, request: pytest.FixtureRequest) -> None:
    """One site alone: where all gains are the floor, the sector that looks the other way is weaker by its horizontal cut."""
    whole: Coverage = request.getfixturevalue(ground)
    grid = whole.grid
    x_m, y_m = (float(v) for v in grid.centre_of(grid.height // 2, grid.width // 2))
    lon, lat = grid.unproject(x_m, y_m)
    table = pd.DataFrame(
        {
            "id": ["A"], "status": "existing", "services": "nr-n41", "operators": "cbn+cmcc", "environment": "urban", "height_m": 40.0,
            "azimuth_deg": "0/120/240", "tilt_deg": 0.0, "carrier_power_dbm": np.nan, "antenna": None,
        }
    )  # fmt: skip
    sectors = sectors_of(gpd.GeoDataFrame(table, geometry=gpd.points_from_xy([lon], [lat]), crs=4326), presets)
    cover = predict_coverage(sectors, grid, {"nr-n41": presets["nr-n41"]}, terrain=whole.terrain, caps_km=CAPS)
    (carrier,) = carriers_of(sectors, cover, "nr", "cbn+cmcc")
    angles = np.radians([0.0, 60.0, 120.0])
    found = received_at(carrier, cover, x_m + 45.0 * np.sin(angles), y_m + 45.0 * np.cos(angles), np.full(3, -1, np.int32))
    own_over_others_db = found.own_dbm - 10.0 * np.log10(found.others_mw)
    assert (own_over_others_db[[0, 2]] > 15.0).all(), "along an azimuth"
    assert own_over_others_db[1] == pytest.approx(0.0, abs=1.0), "half-way between two sectors"


def test_networks_and_frequencies_are_kept_apart(sectors: Any, flat: Coverage) -> None:
    for network in ("cbn+cmcc", "ctcc+cucc"):
        for carrier in carriers_of(sectors, flat, "nr", network):
            own = sectors.iloc[carrier.number]
            assert (own["family"] == "nr").all()
            assert all(set(text.split("+")) & set(network.split("+")) for text in own["operators"])
            assert {flat.services[name].frequency_mhz for name in own["service"]} == {carrier.frequency_mhz}


@pytest.fixture(scope="module")
def crowd(presets: Any, terrain: Terrain) -> tuple[Any, Coverage]:
    """Four hundred masts on hills: far more than are computed one by one."""
    rng = np.random.default_rng(3)
    count = 400
    table = pd.DataFrame(
        {
            "id": [f"C{i:03d}" for i in range(count)], "status": "existing", "services": "nr-n41", "operators": "cbn+cmcc",
            "environment": "urban", "height_m": rng.choice([25.0, 35.0], count),
            "azimuth_deg": rng.choice(["0/120/240", "60/180/300"], count), "tilt_deg": 6.0, "carrier_power_dbm": np.nan, "antenna": None,
        }
    )  # fmt: skip
    geometry = gpd.points_from_xy(113.0 + 0.2 * rng.random(count), 23.0 + 0.2 * rng.random(count))
    sectors = sectors_of(gpd.GeoDataFrame(table, geometry=geometry, crs=4326), presets)
    services = {"nr-n41": presets["nr-n41"]}
    return sectors, predict_coverage(sectors, terrain.grid, services, terrain=terrain, caps_km=CAPS)


def test_of_many_masts_the_rest_is_estimated(crowd: tuple[Any, Coverage]) -> None:
    sectors, cover = crowd
    (carrier,) = carriers_of(sectors, cover, "nr", "cbn+cmcc")
    rng = np.random.default_rng(5)
    some = rng.integers(0, cover.grid.height, 300), rng.integers(0, cover.grid.width, 300)
    whole = at_pixels(cover, carrier, some, exact=True)
    found = received_at(carrier, cover, *map(np.asarray, cover.grid.centre_of(*some)), whole.server)
    np.testing.assert_array_equal(found.server, whole.server)
    np.testing.assert_array_equal(found.own_dbm, whole.own_dbm)
    error_db = 10.0 * np.log10(found.others_mw / whole.others_mw)
    assert abs(error_db.mean()) < 0.3
    assert np.sqrt((error_db**2).mean()) < 1.0
    alone = at_pixels(cover, carrier, some)
    assert (alone.own_dbm <= whole.own_dbm).all(), "without the map's server the strongest may be missed behind a hill, never invented"
    assert (alone.server == whole.server).mean() > 0.9


def test_neither_workers_nor_company_nor_order_change_anything(crowd: tuple[Any, Coverage]) -> None:
    sectors, cover = crowd
    (carrier,) = carriers_of(sectors, cover, "nr", "cbn+cmcc")
    some = np.arange(0, cover.grid.height), np.arange(0, cover.grid.height) % cover.grid.width
    one, two = (at_pixels(cover, carrier, some, workers=workers) for workers in (1, 2))
    half = at_pixels(cover, carrier, (some[0][::2], some[1][::2]))
    turned = np.random.default_rng(1).permutation(len(sectors) // 3)
    rows = (3 * turned[:, None] + np.arange(3)).ravel()
    mixed = replace(carrier, sectors=sectors.iloc[rows], number=rows, radiated_dbm=carrier.radiated_dbm[rows])
    other = at_pixels(cover, mixed, some)
    for name in ("own_dbm", "others_mw", "server"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        np.testing.assert_array_equal(getattr(one, name)[::2], getattr(half, name))
    np.testing.assert_array_equal(one.own_dbm, other.own_dbm)
    np.testing.assert_array_equal(one.server, other.server)
    np.testing.assert_allclose(one.others_mw, other.others_mw, rtol=1e-9)


def test_nobody_and_nothing(sectors: Any, flat: Coverage) -> None:
    carrier = carriers_of(sectors, flat, "nr", "cbn+cmcc")[0]
    assert len(received_at(carrier, flat, np.zeros(0), np.zeros(0), np.zeros(0, np.int32)).own_dbm) == 0
    empty = replace(carrier, sectors=carrier.sectors.iloc[:0], number=carrier.number[:0], radiated_dbm=carrier.radiated_dbm[:0])
    none = received_at(empty, flat, np.zeros(2), np.zeros(2), np.full(2, -1, np.int32))
    assert (none.server == -1).all()
    assert np.isnan(none.own_dbm).all()
