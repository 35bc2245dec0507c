"""Terrain from files: mosaics, gaps, the sea, odd formats, and errors instead of silent zeros."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.fill import fillnodata
from rasterio.transform import from_origin

from infraplan.errors import DataError, UsageError, collected
from infraplan.geo.grids import Grid, metric_crs
from infraplan.geo.terrain import SEA
from infraplan.io import raster_holes, rasters
from infraplan.io.rasters import read_terrain

STEP_DEG = 1 / 1200
WEST, NORTH = 113.0, 24.0


def formula(lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """A smooth hill country every tile is cut from. [m]"""
    return 300 + 120 * np.sin(np.asarray(lon) * 40) + 80 * np.cos(np.asarray(lat) * 30)


def write_tile(path: Path, west: float, north: float, size: int = 240, **more: Any) -> Path:
    """One tile of the formula; `values=` replaces its heights, `tags=` adds tags, what else is given goes into its profile."""
    lon, lat = west + (np.arange(size) + 0.5) * STEP_DEG, north - (np.arange(size) + 0.5) * STEP_DEG
    values = more.pop("values", None)
    data = formula(lon[None, :], lat[:, None]) if values is None else values
    tags = more.pop("tags", {})
    profile = {"dtype": "float32", "crs": "EPSG:4326", "nodata": -32768, "height": size, "width": size, **more}
    with rasterio.open(path, "w", driver="GTiff", count=1, transform=from_origin(west, north, STEP_DEG, STEP_DEG), **profile) as out:
        out.write(np.asarray(data, profile["dtype"]), 1)
        out.update_tags(**tags)
    return path


def grid_inside(west: float, south: float, east: float, north: float, resolution_m: float = 100.0) -> Grid:
    """A grid well inside a box of degrees."""
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    left, bottom = Transformer.from_crs(4326, crs, always_xy=True).transform(west, south)
    right, top = Transformer.from_crs(4326, crs, always_xy=True).transform(east, north)
    height, width = (top - bottom - 600) // resolution_m, (right - left - 600) // resolution_m
    return Grid(crs, left + 300, top - 300, resolution_m, int(height), int(width))


def expected(grid: Grid) -> npt.NDArray[np.float64]:
    row, col = np.mgrid[0 : grid.height, 0 : grid.width]
    return formula(*grid.unproject(*grid.centre_of(row, col)))


def test_a_mosaic_has_no_seam(tmp_path: Path) -> None:
    for k, (dx, dy) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)]):
        write_tile(tmp_path / f"t{k}.tif", WEST + 0.2 * dx, NORTH - 0.2 * dy)
    grid = grid_inside(WEST, NORTH - 0.4, WEST + 0.4, NORTH)
    terrain = read_terrain(tmp_path, grid)
    assert np.abs(terrain.height_m - expected(grid)).max() < 2.5, "half a pixel at a tile's edge, on slopes of 5 %"
    assert terrain.filled_pixels == terrain.sea_pixels == 0
    assert "t0.tif" in terrain.source and "(+1)" in terrain.source


def test_any_crs_gives_the_same_ground(tmp_path: Path) -> None:
    resolution_m, size = 90.0, 300
    to_degrees = Transformer.from_crs(32649, 4326, always_xy=True)
    west, north = Transformer.from_crs(4326, 32649, always_xy=True).transform(WEST, NORTH)
    x, y = west + (np.arange(size) + 0.5) * resolution_m, north - (np.arange(size) + 0.5) * resolution_m
    lon, lat = to_degrees.transform(*np.meshgrid(x, y))
    with rasterio.open(
        tmp_path / "utm.tif", "w", driver="GTiff", dtype="float32", count=1, height=size, width=size, crs="EPSG:32649",
        transform=from_origin(west, north, resolution_m, resolution_m),
    ) as out:  # fmt: skip
        out.write(formula(lon, lat).astype("float32"), 1)
    grid = grid_inside(WEST + 0.05, NORTH - 0.15, WEST + 0.15, NORTH - 0.05)
    assert np.abs(read_terrain(tmp_path / "utm.tif", grid).height_m - expected(grid)).max() < 1.0
    own = read_terrain(tmp_path / "utm.tif")
    assert own.grid.resolution_m == 90.0 and own.grid.shape == (size, size)


def test_srtm_hgt_with_voids(tmp_path: Path) -> None:
    """The layout of SRTM3: 1201 x 1201 big-endian 16-bit, the corner in the file's name, -32768 void."""
    lon, lat = WEST + np.arange(1201) * STEP_DEG, NORTH - np.arange(1201) * STEP_DEG
    data = formula(lon[None, :], lat[:, None]).round().astype(">i2")
    data[600:606, 600:606] = -32768
    (tmp_path / "N23E113.hgt").write_bytes(data.tobytes())
    grid = grid_inside(113.4, 23.4, 113.6, 23.6)
    with pytest.raises(DataError, match="fill"):
        read_terrain(tmp_path / "N23E113.hgt", grid)
    terrain = read_terrain(tmp_path, grid, holes="fill")
    assert 0 < terrain.filled_pixels < 100
    assert np.abs(terrain.height_m - expected(grid)).max() < 12.0
    assert np.abs(terrain.height_m - expected(grid)).mean() < 1.0


def test_a_missing_tile_is_refused_filled_or_drowned_but_never_silent(tmp_path: Path) -> None:
    write_tile(tmp_path / "a.tif", WEST, NORTH)
    grid = grid_inside(WEST, NORTH - 0.2, WEST + 0.4, NORTH)  # its eastern half has no tile
    with pytest.raises(DataError) as refused:
        read_terrain(tmp_path / "a.tif", grid)
    assert refused.value.fault_list[0].rule == "terrain_holes"
    with pytest.raises(DataError) as wide:
        read_terrain(tmp_path / "a.tif", grid, holes="fill", fill_km=1.0)
    assert wide.value.fault_list[0].rule == "terrain_holes_wide"
    with collected() as found:
        drowned = read_terrain(tmp_path / "a.tif", grid, holes="sea")
    assert [fault.rule for fault in found] == ["holes_sea"] and f"{drowned.sea_pixels:,}" in found[0].message
    half = grid.width // 2 + 3
    assert (drowned.height_m[:, half:] == 0).all() and (drowned.zone[:, half:] == SEA).all()
    assert drowned.sea_pixels == pytest.approx(grid.height * grid.width / 2, rel=0.05)
    with collected() as found:
        both = read_terrain(tmp_path / "a.tif", grid, holes="fill_then_sea", fill_km=1.0)
    assert {fault.rule for fault in found} == {"holes_filled", "holes_sea"}
    assert both.filled_pixels == pytest.approx(10 * grid.height, rel=0.25)
    assert np.isfinite(both.height_m).all()


def test_filling_looks_no_farther_than_it_reaches(tmp_path: Path) -> None:
    """A small tile on a large map: only its surroundings are searched, with the heights that a search of the whole map gives."""
    rough = formula(WEST, NORTH - np.arange(60)[:, None] * STEP_DEG) + np.arange(60)
    write_tile(tmp_path / "a.tif", WEST + 0.2, NORTH - 0.2, size=60, values=rough)
    grid = grid_inside(WEST, NORTH - 0.6, WEST + 0.6, NORTH)
    searched: list[tuple[int, ...]] = []

    def fill(image: Any, **how: Any) -> Any:
        searched.append(image.shape)
        return fillnodata(image, **how)

    known, _ = rasters.mosaic([tmp_path / "a.tif"], grid, Resampling.bilinear, None)
    with mock.patch.object(raster_holes, "fillnodata", fill), collected():
        terrain = read_terrain(tmp_path / "a.tif", grid, holes="fill_then_sea", fill_km=1.0)
    assert len(searched) == 1 and max(searched[0]) < 0.3 * min(grid.shape)
    hole = np.isnan(known)
    whole = fillnodata(np.where(hole, np.float32(-9999), known), mask=~hole, max_search_distance=10, smoothing_iterations=0)
    assert (terrain.height_m == np.where(whole == -9999, 0, whole)).all()
    assert terrain.filled_pixels == int((hole & (whole != -9999)).sum()) > 0


@pytest.mark.parametrize("size", [1e-9, 1e-7, 4e-7])
def test_pixels_too_small_for_any_map_are_a_fault_with_words(tmp_path: Path, size: float) -> None:
    profile = {"height": 60, "width": 60, "dtype": "float32", "crs": "EPSG:4326", "transform": from_origin(WEST, NORTH, size, size)}
    with rasterio.open(tmp_path / "a.tif", "w", driver="GTiff", count=1, **profile) as out:
        out.write(np.ones((60, 60), "float32"), 1)
    grid = grid_inside(WEST, NORTH - 0.2, WEST + 0.2, NORTH)
    for how in ({}, {"over": grid}, {"grid": grid}):
        with pytest.raises(DataError) as refused:
            read_terrain(tmp_path / "a.tif", **how)
        assert [fault.rule for fault in refused.value.fault_list] == ["raster_pixels"]


def test_an_undeclared_no_data_value_is_found_out(tmp_path: Path) -> None:
    values = np.full((240, 240), 50.0)
    values[100:120, 100:120] = -9999
    write_tile(tmp_path / "a.tif", WEST, NORTH, nodata=None, values=values)
    grid = grid_inside(WEST, NORTH - 0.2, WEST + 0.2, NORTH)
    with pytest.raises(DataError) as wrong:
        read_terrain(tmp_path / "a.tif", grid)
    assert wrong.value.fault_list[0].rule == "height_impossible"
    found = read_terrain(tmp_path / "a.tif", grid, nodata=-9999, holes="fill")
    assert found.height_m == pytest.approx(50.0)


def test_land_cover_becomes_clutter_height(tmp_path: Path) -> None:
    write_tile(tmp_path / "dem.tif", WEST, NORTH)
    codes = np.full((240, 240), 40)
    codes[:, 120:] = 10
    codes[:60, :60] = 50
    write_tile(tmp_path / "cover.tif", WEST, NORTH, values=codes, dtype="uint8", nodata=0)
    grid = grid_inside(WEST, NORTH - 0.2, WEST + 0.2, NORTH)
    terrain = read_terrain(tmp_path / "dem.tif", grid, clutter=tmp_path / "cover.tif")
    assert terrain.clutter is not None
    clutter_m = terrain.clutter.height_m
    assert set(np.unique(clutter_m)) == {0.0, 10.0, 15.0}
    assert clutter_m[-10, -10] == 15.0 and clutter_m[10, 10] == 10.0 and clutter_m[-10, 10] == 0.0
    assert terrain.clutter.grid.resolution_m < 100.0, "land cover keeps its own pixels"
    codes[5, 5:200] = 77
    codes[0:200, 0:3] = 78
    write_tile(tmp_path / "strange.tif", WEST, NORTH, values=codes, dtype="uint8", nodata=0)
    with pytest.raises(DataError, match="77"):
        read_terrain(tmp_path / "dem.tif", grid_inside(WEST, NORTH - 0.2, WEST + 0.2, NORTH, 60.0), clutter=tmp_path / "strange.tif")


@pytest.mark.parametrize("strange", [0, 33])
def test_land_cover_in_bytes_is_that_of_wider_numbers(tmp_path: Path, strange: int) -> None:
    write_tile(tmp_path / "dem.tif", WEST, NORTH, 60)
    codes = np.random.default_rng(4).choice([0, 10, 50, 60, 80], (60, 60))
    codes[30, 30] = strange or codes[30, 30]
    found: list[Any] = []
    for dtype in ("uint8", "int16"):
        write_tile(tmp_path / f"{dtype}.tif", WEST, NORTH, 60, values=codes, dtype=dtype, nodata=0)
        try:
            found.append(read_terrain(tmp_path / "dem.tif", clutter=tmp_path / f"{dtype}.tif", holes="sea").clutter)
        except DataError as error:
            found.append([fault.value for fault in error.fault_list])
    if strange:
        assert found[0] == found[1] == ["33"]
    else:
        assert found[0].code.dtype == found[1].code.dtype and np.array_equal(found[0].code, found[1].code)
        assert len(np.unique(found[0].code)) == 5, "what has no code is a class of its own"


def test_ground_keeps_its_pixels_whatever_the_map(tmp_path: Path) -> None:
    """Maps of 500 and of 50 m are on the same heights and the same land cover, with the margin asked for."""
    write_tile(tmp_path / "dem.tif", WEST, NORTH)
    codes = np.random.default_rng(3).choice([10, 40, 50], (240, 240))
    write_tile(tmp_path / "cover.tif", WEST, NORTH, values=codes, dtype="uint8", nodata=0)
    maps = [grid_inside(WEST + 0.05, NORTH - 0.15, WEST + 0.15, NORTH - 0.05, resolution_m) for resolution_m in (500.0, 50.0)]
    grounds = [
        read_terrain(tmp_path / "dem.tif", over=grid, margin_m=1500.0, clutter=tmp_path / "cover.tif", profile_step_m=50.0) for grid in maps
    ]
    coarse, fine = grounds
    assert 75.0 < coarse.grid.resolution_m == fine.grid.resolution_m < 95.0
    left, bottom, right, top = maps[0].bounds_m
    west, south, east, north = coarse.grid.bounds_m
    assert west <= left - 1500.0 and south <= bottom - 1500.0 and east >= right + 1500.0 and north >= top + 1500.0
    x_m, y_m = (values.ravel() for values in np.meshgrid(np.linspace(left, right, 40), np.linspace(bottom, top, 40)))
    np.testing.assert_array_equal(coarse.height_at(x_m, y_m), fine.height_at(x_m, y_m))
    assert coarse.profile_step_m == 50.0


def test_villages_smaller_than_a_pixel_of_land_cover_keep_their_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Built-up squares of 90 m in cropland, read at 400 m: the commonest class would leave none of them."""
    write_tile(tmp_path / "dem.tif", WEST, NORTH)
    codes = np.full((240, 240), 40)
    for row, col in np.random.default_rng(8).integers(0, 240, (6000, 2)):
        codes[row, col] = 50
    write_tile(tmp_path / "cover.tif", WEST, NORTH, values=codes, dtype="uint8", nodata=0)
    grid = grid_inside(WEST, NORTH - 0.2, WEST + 0.2, NORTH)
    monkeypatch.setattr(rasters, "CLUTTER_PIXELS", 2500)
    terrain = read_terrain(tmp_path / "dem.tif", over=grid, clutter=tmp_path / "cover.tif", holes="sea")
    assert terrain.clutter is not None and terrain.clutter.grid.resolution_m > 300.0
    assert (terrain.clutter.height_m == 10.0).mean() == pytest.approx((codes == 50).mean(), abs=0.03)


def test_synthetic_ground_says_so(tmp_path: Path) -> None:
    write_tile(tmp_path / "a.tif", WEST, NORTH, tags={"synthetic": "true"})
    assert read_terrain(tmp_path / "a.tif").synthetic


@pytest.mark.parametrize("fault", ["empty", "text", "no_crs", "three_bands", "elsewhere", "missing", "empty_folder"])
def test_a_bad_file_is_a_data_error(tmp_path: Path, fault: str) -> None:
    grid = grid_inside(WEST, NORTH - 0.2, WEST + 0.2, NORTH)
    path = tmp_path / "bad.tif"
    if fault == "empty":
        path.write_bytes(b"")
    elif fault == "text":
        path.write_text("not a raster", encoding="utf-8")
    elif fault == "no_crs":
        write_tile(path, WEST, NORTH, crs=None)
    elif fault == "three_bands":
        picture = {"driver": "GTiff", "dtype": "uint8", "count": 3, "height": 8, "width": 8, "crs": 4326}
        with rasterio.open(path, "w", transform=from_origin(113, 24, 1, 1), **picture) as out:
            out.write(np.zeros((3, 8, 8), "uint8"))
    elif fault == "elsewhere":
        write_tile(path, 10.0, 50.0)
    elif fault == "empty_folder":
        path = tmp_path / "nothing"
        path.mkdir()
    with pytest.raises(DataError) as raised:
        read_terrain(path, grid)
    assert all(item.message and item.how_to_fix for item in raised.value.fault_list)


def test_an_unknown_choice_lists_the_known_ones(tmp_path: Path) -> None:
    write_tile(tmp_path / "a.tif", WEST, NORTH)
    with pytest.raises(UsageError, match="refuse"):
        read_terrain(tmp_path / "a.tif", holes="zero")


def test_a_real_mountain_tile(shared_dir: Path) -> None:
    terrain = read_terrain(shared_dir / "data" / "terrain" / "n50_w115_alberta_foothills_3arcsec.tif")
    assert np.isfinite(terrain.height_m).all()
    assert terrain.height_m.min() > 990 and 3000 < terrain.height_m.max() < 3146


def test_a_header_that_claims_gigabytes_costs_nothing(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 60_000, "width": 60_000, "crs": "EPSG:4326", "nodata": -32768}
    place = from_origin(100, 40, STEP_DEG, STEP_DEG)
    with rasterio.open(tmp_path / "huge.tif", "w", transform=place, tiled=True, sparse_ok=True, **profile):
        pass
    assert (tmp_path / "huge.tif").stat().st_size < 5_000_000
    grid = grid_inside(113.0, 23.8, 113.2, 24.0)
    assert (read_terrain(tmp_path / "huge.tif", grid, holes="sea").height_m == 0).all()
    with pytest.raises(DataError, match="grid="):
        read_terrain(tmp_path / "huge.tif")


def test_mutated_files_end_in_a_data_error_or_in_ground(tmp_path: Path) -> None:
    whole = write_tile(tmp_path / "base.tif", WEST, NORTH, size=60, compress="deflate").read_bytes()
    grid, rng, refused = grid_inside(WEST, NORTH - 0.05, WEST + 0.05, NORTH), np.random.default_rng(5), 0
    for turn in range(60):
        data = bytearray(whole[: rng.integers(0, len(whole))] if turn % 4 == 0 else whole)
        for place in rng.integers(0, max(1, min(len(data), 400)), 5 if data else 0):
            data[place] = rng.integers(0, 256)
        (tmp_path / "mutated.tif").write_bytes(bytes(data))
        for target in (grid, None):
            try:
                read_terrain(tmp_path / "mutated.tif", target, holes="sea")
            except DataError:
                refused += 1
    assert refused > 10
