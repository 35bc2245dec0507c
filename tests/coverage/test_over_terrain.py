"""Coverage over terrain: the streamed map equals the full computation, one pixel equals the published functions, laws of shadow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hilly_ground import hills

from infraplan.coverage.footprints import by_site, site_footprint
from infraplan.coverage.map_update import update_coverage
from infraplan.coverage.mast_arrays import ground_of, masts_of
from infraplan.coverage.over_terrain import FootprintCache, keep_best_over_terrain
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.coverage.shared_tables import Radio
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.geo.terrain import Clutter, Terrain
from infraplan.radio.antennas import pattern_db
from infraplan.radio.budgets import gain_offset_db
from infraplan.radio.p1812_area import area_loss


@pytest.fixture(scope="module")
def fine(zones: Any) -> Grid:
    return Grid.over(zones, 125)


@pytest.fixture(scope="module")
def terrain(fine: Grid) -> Terrain:
    return hills(fine)


@pytest.fixture(scope="module")
def sectors(sites: Any, presets: Any) -> Any:
    return sectors_of(sites, presets)


@pytest.fixture(scope="module")
def cover(sectors: Any, fine: Grid, presets: Any, terrain: Terrain) -> Coverage:
    return predict_coverage(sectors, fine, presets, terrain=terrain, max_radius_km=6.0, caps_km={"nr": 4.0})


def test_the_streamed_map_equals_the_best_of_all_footprints(
    sectors: Any, fine: Grid, presets: Any, terrain: Terrain, cover: Coverage
) -> None:
    radio = Radio(presets, 6.0, terrain=terrain, caps_km={"nr": 4.0})
    best = {family: np.full(fine.shape, np.nan, np.float32) for family in cover.families}
    server = {family: np.full(fine.shape, -1) for family in cover.families}
    family_of = sectors["family"].to_numpy()
    for _, first, site in by_site(sectors, fine):
        footprint = site_footprint(site, fine, radio)
        height, width = footprint.margin_db.shape[1:]
        at = slice(footprint.row0, footprint.row0 + height), slice(footprint.col0, footprint.col0 + width)
        for k, plane in enumerate(footprint.margin_db):
            kept, index = best[family_of[first + k]], server[family_of[first + k]]
            with np.errstate(invalid="ignore"):
                better = (plane > kept[at]) | (np.isnan(kept[at]) & ~np.isnan(plane))
            kept[at] = np.where(better, plane, kept[at])
            index[at] = np.where(better, first + k, index[at])
    for family in cover.families:
        np.testing.assert_array_equal(cover[family].margin_db, best[family])
        np.testing.assert_array_equal(cover[family].server, server[family])
    assert cover.model == "p1812"
    assert cover.models_used == ("p1812",)
    assert cover.synthetic_terrain


def test_leaving_pixels_out_changes_nothing(sectors: Any, fine: Grid, presets: Any, terrain: Terrain) -> None:
    radio = Radio(presets, 5.0, terrain=terrain)
    layers = np.where(sectors["family"].to_numpy() == "nr", 1, 2)
    maps = []
    for skip, workers in ((False, 1), (True, 1), (True, 3)):
        best, server = np.full((2, *fine.shape), np.nan, np.float32), np.full((2, *fine.shape), -1, np.int32)
        keep_best_over_terrain(best, server, sectors, layers, fine, radio, skip=skip, workers=workers)
        maps.append((best, server))
    for best, server in maps[1:]:
        np.testing.assert_array_equal(best, maps[0][0])
        np.testing.assert_array_equal(server, maps[0][1])


def test_a_pixel_from_the_published_functions(sectors: Any, fine: Grid, presets: Any, terrain: Terrain) -> None:
    """Path loss from the area kernel's own test, pattern from `pattern_db`, level from the budget."""
    _, first, site = next(iter(by_site(sectors, fine)))
    footprint = site_footprint(site, fine, Radio(presets, 4.0, terrain=terrain))
    row, col = (fine.y0_m - site["y_m"]) / 125.0 - 0.5, (site["x_m"] - fine.x0_m) / 125.0 - 0.5
    first_x, first_y = (float(v) for v in fine.centre_of(0, 0))
    latitude_deg = float(fine.unproject(site["x_m"], site["y_m"])[1])
    off_db = []
    for k in range(len(site["service"])):
        sector, service = sectors.iloc[first + k], presets[site["service"][k]]
        area = area_loss(
            ground_of(terrain), site["x_m"], site["y_m"], first_x, first_y, 125.0, fine.shape, 4000.0,
            frequencies_ghz=(service.frequency_mhz / 1000.0,), tx_height_m=sector.height_m, rx_height_m=service.rx_height_m,
            latitude_deg=latitude_deg,
        )  # fmt: skip
        mast_m = terrain.height_at(site["x_m"], site["y_m"])[0] + sector.height_m
        level_db = service.largest_loss_db(sector.power_offset_db, gain_offset_db(service, sector.antenna))
        for r, c in np.random.default_rng(2).integers(-25, 25, (30, 2)):
            at_row, at_col = round(row) + int(r), round(col) + int(c)
            if not (0 <= at_row < fine.height and 0 <= at_col < fine.width) or math.hypot(r, c) < 5:
                continue
            expected_db = level_db - area.loss_db[0, at_row - area.row0, at_col - area.col0]
            bearing_deg = math.degrees(math.atan2(at_col - col, row - at_row))
            up_m = float(terrain.height_m[at_row, at_col]) + service.rx_height_m - mast_m
            elevation_deg = math.degrees(math.atan2(up_m, math.hypot(at_row - row, at_col - col) * 125.0))
            gain_db = pattern_db(sector.antenna, bearing_deg - sector.azimuth_deg, elevation_deg, sector.tilt_deg)
            got_db = footprint.margin_db[k, at_row - footprint.row0, at_col - footprint.col0]
            off_db.append(abs(float(got_db) - float(expected_db + gain_db)))
    # the kernel interpolates cuts between whole degrees: that shows in the nulls of a pattern
    assert np.median(off_db) < 0.05
    assert np.quantile(off_db, 0.9) < 0.5
    assert len(off_db) > 40


def test_a_ridge_shadows_and_a_raised_mast_sees_more(sites: Any, fine: Grid, presets: Any) -> None:
    flat = Terrain(fine, np.zeros(fine.shape, np.float32), None, np.full(fine.shape, 4, np.uint8))
    one = sites.iloc[[1]].assign(services="nr-n28", azimuth_deg="omni")
    sectors = sectors_of(one, presets)
    x_m, _ = fine.place(sectors)
    column = int((x_m[0] - fine.x0_m) / 125.0)
    walled = flat.height_m.copy()
    walled[:, column + 10 : column + 12] = 250.0
    open_db = predict_coverage(sectors, fine, presets, terrain=flat, max_radius_km=6.0)["nr"].margin_db
    wall_db = predict_coverage(sectors, fine, presets, terrain=Terrain(fine, walled, None, flat.zone), max_radius_km=6.0)["nr"].margin_db
    behind = np.isfinite(open_db) & (np.arange(fine.width) > column + 14)
    assert (wall_db[behind] < open_db[behind] - 10.0).mean() > 0.9
    before = np.isfinite(open_db) & (np.arange(fine.width) < column)
    np.testing.assert_array_equal(wall_db[before], open_db[before])


def test_the_cache_keeps_what_was_computed_and_is_bounded(sectors: Any, fine: Grid, presets: Any, terrain: Terrain) -> None:
    cache = FootprintCache()
    radio = Radio(presets, 3.0, terrain=terrain, cache=cache)
    first = [site_footprint(site, fine, radio).margin_db for _, _, site in by_site(sectors, fine)]
    misses = cache.misses
    again = [site_footprint(site, fine, radio).margin_db for _, _, site in by_site(sectors, fine)]
    assert (cache.misses, cache.hits) == (misses, misses)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert cache.bytes == sum(area.loss_db.nbytes for area in cache.windows.values())
    assert cache.bytes_per_site > 0
    small = FootprintCache(max_bytes=cache.bytes // 2)
    for _, _, site in by_site(sectors, fine):
        site_footprint(site, fine, Radio(presets, 3.0, terrain=terrain, cache=small))
    assert small.bytes <= small.max_bytes


def test_sites_beyond_the_terrain_are_predicted_without_it_and_counted(sites: Any, fine: Grid, presets: Any, terrain: Terrain) -> None:
    holed = terrain.height_m.copy()
    holed[:, : fine.width // 2] = np.nan
    cover = predict_coverage(
        sectors_of(sites, presets), fine, presets, terrain=Terrain(fine, holed, terrain.clutter, terrain.zone), max_radius_km=4.0
    )
    assert 0 < cover.sites_beyond_terrain < len(sites)
    assert "p1812" in cover.models_used and len(cover.models_used) > 1


def test_a_window_equals_the_whole_and_terrain_must_fit(sectors: Any, fine: Grid, presets: Any, terrain: Terrain, cover: Coverage) -> None:
    left, bottom, right, top = fine.bounds_m
    window = fine.window(left + 5000, bottom + 4000, right - 6000, top - 3000)
    alone = predict_coverage(sectors, window, presets, terrain=terrain, max_radius_km=6.0, caps_km={"nr": 4.0})
    for key, layer in cover.within(window).layers.items():
        np.testing.assert_array_equal(alone.layers[key].margin_db, layer.margin_db)
    with pytest.raises(UsageError):
        predict_coverage(sectors, fine, presets, terrain=terrain.within(window))
    with pytest.raises(UsageError):
        predict_coverage(sectors, fine, presets, model="p1812")


def test_a_sector_never_lowers_the_best_margin(sites: Any, fine: Grid, presets: Any, terrain: Terrain, cover: Coverage) -> None:
    fewer = predict_coverage(
        sectors_of(sites.iloc[[0, 2, 3, 7]], presets), fine, presets, terrain=terrain, max_radius_km=6.0, caps_km={"nr": 4.0}
    )
    for key, layer in fewer.layers.items():
        known = np.isfinite(layer.margin_db)
        assert (cover.layers[key].margin_db[known] >= layer.margin_db[known]).all()


def test_adding_to_a_base_equals_all_at_once(sites: Any, fine: Grid, presets: Any, terrain: Terrain, cover: Coverage) -> None:
    first = predict_coverage(sectors_of(sites.iloc[:6], presets), fine, presets, terrain=terrain, max_radius_km=6.0, caps_km={"nr": 4.0})
    both = predict_coverage(sectors_of(sites.iloc[6:], presets), fine, presets, max_radius_km=6.0, base=first)
    for key, layer in cover.layers.items():
        np.testing.assert_array_equal(both.layers[key].margin_db, layer.margin_db)
        np.testing.assert_array_equal(both.layers[key].server, layer.server)


def test_sectors_of_a_mast_share_its_geometry(sectors: Any, fine: Grid, presets: Any, terrain: Terrain) -> None:
    x_m, y_m = fine.place(sectors)
    masts = masts_of(sectors, x_m, y_m, Radio(presets, 4.0, terrain=terrain), terrain)
    assert len(masts) == sectors["site_id"].nunique()
    assert sorted(masts.index) == list(range(len(sectors)))


def test_sites_on_one_mast_share_its_rays_and_keep_their_own_radius(sites: Any, fine: Grid, presets: Any, terrain: Terrain) -> None:
    twice = np.repeat(np.arange(len(sites)), 2)
    crowded = sites.iloc[twice].reset_index(drop=True)
    crowded["id"] = [f"{name}-{k % 2}" for k, name in enumerate(crowded["id"])]
    crowded["services"] = np.where(np.arange(len(crowded)) % 2 == 0, "nr-n28", "nbiot-900")
    crowded["height_m"] = np.where(np.arange(len(crowded)) < 6, crowded["height_m"] + np.arange(len(crowded)), crowded["height_m"])
    sectors = sectors_of(crowded, presets)
    radio = Radio(presets, 6.0, terrain=terrain, caps_km={"nr": 3.0})
    x_m, y_m = fine.place(sectors)
    masts = masts_of(sectors, x_m, y_m, radio, terrain, joint=True)
    places = np.stack([x_m, y_m, sectors["height_m"].to_numpy()])
    assert len(masts) == len(np.unique(places, axis=1).T) < sectors["site_id"].nunique()
    assert sorted(masts.index) == list(range(len(sectors)))
    assert set(masts.reach_m) == {3000.0, 6000.0} and set(masts.radius_m) >= {6000.0}
    layers = np.where(sectors["family"].to_numpy() == "nr", 1, 2)
    best, server = np.full((2, *fine.shape), np.nan, np.float32), np.full((2, *fine.shape), -1, np.int32)
    keep_best_over_terrain(best, server, sectors, layers, fine, radio)
    expected, by = np.full_like(best, np.nan), np.full_like(server, -1)
    for _, first, site in by_site(sectors, fine):
        footprint = site_footprint(site, fine, radio)
        height, width = footprint.margin_db.shape[1:]
        rows, cols = slice(footprint.row0, footprint.row0 + height), slice(footprint.col0, footprint.col0 + width)
        for k, plane in enumerate(footprint.margin_db):
            kept, index = expected[layers[first + k] - 1][rows, cols], by[layers[first + k] - 1][rows, cols]
            with np.errstate(invalid="ignore"):
                better = (plane > kept) | (np.isnan(kept) & ~np.isnan(plane))
            kept[better], index[better] = plane[better], first + k
    np.testing.assert_array_equal(best, expected)
    np.testing.assert_array_equal(server, by)


@pytest.mark.parametrize("with_terrain", [True, False])
def test_one_site_changed_equals_all_computed_again(with_terrain: bool, sites: Any, fine: Grid, presets: Any, terrain: Terrain) -> None:
    given: dict[str, Any] = {"terrain": terrain if with_terrain else None, "max_radius_km": 5.0, "caps_km": {"nr": 3.0}}
    before = sectors_of(sites, presets)
    cover = predict_coverage(before, fine, presets, **given)
    moved = sites.assign(height_m=np.where(sites["id"] == "S03", 60.0, sites["height_m"]))
    for now in (moved, sites[sites["id"] != "S05"], moved[moved["id"] != "S00"]):
        after = sectors_of(now, presets)
        expected, updated = predict_coverage(after, fine, presets, **given), update_coverage(cover, before, after)
        assert list(updated.sector_ids) == list(expected.sector_ids)
        for key, layer in expected.layers.items():
            np.testing.assert_array_equal(updated.layers[key].margin_db, layer.margin_db)
            np.testing.assert_array_equal(updated.layers[key].server, layer.server)
        if with_terrain:
            assert updated.capped_sites == expected.capped_sites


def test_turning_sector_and_map_together_changes_nothing(presets: Any, zones: Any) -> None:
    crs = Grid.over(zones, 125).crs
    square = Grid(crs, -5062.5, 5062.5, 125.0, 81, 81)
    straight = hills(square, seed=9)
    assert straight.clutter is not None
    stands = Clutter.of_heights(square, np.rot90(straight.clutter.height_m))
    turned = Terrain(square, np.rot90(straight.height_m).copy(), stands, straight.zone)
    site = {
        "x_m": 0.0, "y_m": 0.0, "service": np.array(["nr-n41"]), "environment": np.array(["rural"]), "height_m": np.array([30.0]),
        "tilt_deg": np.array([3.0]), "antenna": np.array([presets["nr-n41"].default_antenna]), "power_offset_db": np.array([0.0]),
    }  # fmt: skip
    before, after = (
        site_footprint(site | {"azimuth_deg": np.array([azimuth_deg])}, square, Radio(presets, 4.5, terrain=terrain)).margin_db[0]
        for azimuth_deg, terrain in ((70.0, straight), (340.0, turned))
    )
    off_db = np.abs(np.rot90(before) - after)
    assert np.isnan(before).sum() == np.isnan(after).sum()
    assert np.nanquantile(off_db, 0.97) < 0.01  # ties between two rays may fall either way
