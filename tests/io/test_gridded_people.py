"""People from rasters: none lost, none made."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.transform import from_origin
from shapely.geometry import box

from infraplan.errors import DataError
from infraplan.geo.grids import Grid
from infraplan.io.gridded_people import read_population_raster, whole


def write_people(path: Path, values: np.ndarray, crs: str, west: float, north: float, step: float, nodata: float | None) -> Path:
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float64", count=1, height=height, width=width, crs=crs, nodata=nodata,
        transform=from_origin(west, north, step, step),
    ) as out:  # fmt: skip
        out.write(values, 1)
    return path


def mollweide_file(path: Path) -> tuple[Path, float]:
    """The layout of GHS-POP: Mollweide, 100 m, no data -200."""
    values = np.random.default_rng(7).gamma(0.3, 20.0, (300, 400))
    values[:40] = -200.0
    west, north = Transformer.from_crs(4326, "ESRI:54009", always_xy=True).transform(113.2, 23.4)
    return write_people(path, values, "ESRI:54009", round(west, -2), round(north, -2), 100.0, -200.0), float(values[40:].sum())


@pytest.mark.parametrize("resolution_m", [90.0, 250.0, 3000.0])
def test_mollweide_people_are_conserved(tmp_path: Path, resolution_m: float) -> None:
    path, total = mollweide_file(tmp_path / "ghs.tif")
    grid = Grid.over(gpd.GeoSeries([box(112.0, 22.0, 114.5, 24.5)], crs=4326), resolution_m)
    found = read_population_raster(path, grid, whole_people=False)
    assert found["population"].sum() == pytest.approx(total, rel=1e-9)
    assert found.attrs["people_outside"] == 0.0
    assert read_population_raster(path, grid)["population"].sum() == round(total)


def test_people_beside_the_grid_are_told_and_the_rest_add_up(tmp_path: Path) -> None:
    path, total = mollweide_file(tmp_path / "ghs.tif")
    with rasterio.open(path) as dataset:
        outline = gpd.GeoSeries([box(*dataset.bounds)], crs="ESRI:54009").to_crs(4326)
    west, south, east, north = outline.total_bounds
    grid = Grid.over(gpd.GeoSeries([box(west, south, (west + east) / 2, north)], crs=4326), 250)
    found = read_population_raster(path, grid, whole_people=False)
    kept = found["population"].sum()
    assert 0.3 * total < kept < 0.7 * total
    assert found.attrs["people_read"] == pytest.approx(found.attrs["people_outside"] + kept, rel=1e-9)
    other = Grid(grid.crs, grid.bounds_m[2], grid.y0_m, 250.0, grid.height, grid.width * 3)
    assert kept + read_population_raster(path, other, whole_people=False)["population"].sum() == pytest.approx(total, rel=1e-9)


def test_points_stand_where_the_people_are(tmp_path: Path) -> None:
    values = np.zeros((10, 10))
    values[3, 7] = 40.0
    path = write_people(tmp_path / "one.tif", values, "EPSG:4326", 113.0, 23.0, 1 / 1200, None)
    grid = Grid.over(gpd.GeoSeries([box(112.9, 22.9, 113.1, 23.1)], crs=4326), 250)
    found = read_population_raster(path, grid)
    assert len(found) == 1 and found["population"].tolist() == [40]
    assert found.geometry.x[0] == pytest.approx(113.0 + 7.5 / 1200, abs=1e-7)
    assert found.geometry.y[0] == pytest.approx(23.0 - 3.5 / 1200, abs=1e-7)
    assert found["position_error_m"][0] == pytest.approx(250 * np.sqrt(0.5))


def test_an_undeclared_no_data_value_is_refused_with_the_cure(tmp_path: Path) -> None:
    values = np.ones((10, 10))
    values[0, 0] = -99999
    path = write_people(tmp_path / "world.tif", values, "EPSG:4326", 113.0, 23.0, 1 / 1200, None)
    grid = Grid.over(gpd.GeoSeries([box(112.9, 22.9, 113.1, 23.1)], crs=4326), 250)
    with pytest.raises(DataError, match="nodata="):
        read_population_raster(path, grid)
    assert read_population_raster(path, grid, nodata=-99999)["population"].sum() == 99


def test_a_raster_elsewhere_is_refused(tmp_path: Path) -> None:
    path = write_people(tmp_path / "far.tif", np.ones((10, 10)), "EPSG:4326", 10.0, 50.0, 1 / 1200, None)
    with pytest.raises(DataError):
        read_population_raster(path, Grid.over(gpd.GeoSeries([box(112.9, 22.9, 113.1, 23.1)], crs=4326), 250))


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=60))
def test_whole_people_keep_the_rounded_sum(people: list[float]) -> None:
    values = np.array(people)
    rounded = whole(values)
    assert rounded.sum() == np.rint(values.sum())
    assert (np.abs(rounded - values) < 1 + 1e-9).all()


def test_a_real_worldpop_raster_is_conserved(shared_dir: Path) -> None:
    path = shared_dir / "data" / "terrain" / "worldpop_like_pointe_noire_3arcsec.tif"
    with rasterio.open(path) as dataset:
        total = float(dataset.read(1, masked=True).astype("float64").sum())
        grid = Grid.over(gpd.GeoSeries([box(*dataset.bounds)], crs=4326), 250)
    found = read_population_raster(path, grid, whole_people=False)
    assert found["population"].sum() == pytest.approx(total, rel=1e-9)
    assert round(total) == 266_831
