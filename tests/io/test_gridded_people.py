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

from infraplan.errors import DataError, DataWarning
from infraplan.geo.grids import Grid
from infraplan.io.gridded_people import read_population_raster, whole
from infraplan.tables import faults_of


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


def test_people_beside_the_grid_are_reported_and_the_rest_add_up(tmp_path: Path) -> None:
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


def test_an_undeclared_no_data_value_is_refused_with_the_fix(tmp_path: Path) -> None:
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


SQUARE = Grid.over(gpd.GeoSeries([box(113.0, 24.8, 113.2, 25.0)], crs=4326), 200)


def people_file(path: Path, west: float = 113.0, *, crs: str = "EPSG:4326", value: float = 1.5, empty_columns: int = 0) -> Path:
    values = np.full((200, 200), value)
    values[:, :empty_columns] = -99999.0
    return write_people(path, values, crs, west, 25.0, 0.001, -99999.0)


def test_rasters_that_count_the_same_people_are_refused(tmp_path: Path) -> None:
    """2015 beside 2020, a country beside a mosaic, two products: nobody knows which count."""
    folder = tmp_path / "pop"
    folder.mkdir()
    people_file(folder / "ppp_2015.tif", value=1.2)
    alone = read_population_raster(people_file(folder / "ppp_2020.tif"), SQUARE)["population"].sum()
    half = people_file(tmp_path / "half.tif", west=113.1)
    other = people_file(tmp_path / "other_datum.tif", crs="EPSG:4490", value=0.7)
    for source in (folder, [folder / "ppp_2020.tif", half], [folder / "ppp_2020.tif", other]):
        with pytest.raises(DataError) as refused:
            read_population_raster(source, SQUARE)
        assert [fault.rule for fault in refused.value.fault_list] == ["people_twice"]
        assert "ppp_2020" in str(refused.value)
    assert alone == pytest.approx(1.5 * 200 * 200, rel=0.01)


def test_one_file_by_several_paths_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = people_file(tmp_path / "ppp.tif")
    (tmp_path / "link.tif").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    alone = read_population_raster(path, SQUARE)
    many = read_population_raster([path, "ppp.tif", Path("../") / tmp_path.name / "ppp.tif", "link.tif", tmp_path], SQUARE)
    assert many["population"].equals(alone["population"])


def test_tiles_side_by_side_add_up_and_a_shared_seam_counts_once(tmp_path: Path) -> None:
    west, east = people_file(tmp_path / "a.tif", 112.95), people_file(tmp_path / "b.tif", 113.15)
    apart = read_population_raster([west, east], SQUARE)
    assert apart["population"].sum() == sum(read_population_raster(path, SQUARE)["population"].sum() for path in (west, east))
    lying_over = people_file(tmp_path / "c.tif", 113.05, empty_columns=100)  # its bounds lie on a.tif's, its people beside them
    assert read_population_raster([west, lying_over], SQUARE).attrs["faults"] == []
    seam = people_file(tmp_path / "d.tif", 113.149)
    with pytest.warns(DataWarning, match="seam|接边"):
        joined = read_population_raster([west, seam], SQUARE)
    one_column = 200 * 1.5
    assert joined["population"].sum() == pytest.approx(apart["population"].sum(), abs=one_column)
    assert [fault.rule for fault in faults_of(joined)] == ["people_seam"]
