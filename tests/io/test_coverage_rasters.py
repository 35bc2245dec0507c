"""Coverage as rasters: bands, servers and their table, names of classes; GDAL of Debian reads them too. Equal content, equal bytes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from infraplan.files import sha256
from infraplan.geo.grids import Grid
from infraplan.io.coverage_rasters import write_coverage_cog
from infraplan.io.qgis import layer_style

GRID = Grid("+proj=laea +lat_0=24 +lon_0=113.5 +datum=WGS84 +units=m +no_defs", -10_000.0, 8_000.0, 250.0, 300, 310)


def coverage(rng: np.random.Generator) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], list[str]]:
    margin = rng.normal(5, 9, GRID.shape).astype(np.float32)
    margin[:40] = np.nan
    server = rng.choice([3, 7, 11], GRID.shape).astype(np.int32)
    server[:40] = -1
    return {"nr": margin, "nbiot": margin + 3}, {"nr": server, "nbiot": server}, [f"S{i}/nr-n41/1" for i in range(12)]


def test_bands_come_back(tmp_path: Path) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    path = tmp_path / "coverage.tif"
    write_coverage_cog(path, GRID, margins, servers, ids, tags={"MODEL": "uma"})
    with rasterio.open(path) as source:
        assert source.descriptions == ("nr margin_db", "nbiot margin_db") and source.units == ("dB", "dB")
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and source.overviews(1)
        assert np.isnan(source.nodata) and source.tags()["MODEL"] == "uma"
        assert source.transform.c == GRID.x0_m and source.transform.f == GRID.y0_m
        np.testing.assert_array_equal(source.read(1), margins["nr"])
        found = {name: float(value) for name, value in source.tags(1).items() if name.startswith("STATISTICS_")}
    assert found["STATISTICS_MEAN"] == pytest.approx(np.nanmean(margins["nr"]), abs=1e-4)
    assert found["STATISTICS_MINIMUM"] == pytest.approx(np.nanmin(margins["nr"]), abs=1e-5)


def test_servers_are_whole_numbers_with_a_table(tmp_path: Path) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "coverage.tif", GRID, margins, servers, ids)
    table = pd.read_csv(tmp_path / "coverage-servers.csv")
    assert table["sector"].tolist() == [ids[3], ids[7], ids[11]] and table["site"].tolist() == ["S3", "S7", "S11"]
    assert set(table["service"]) == {"nr-n41"}
    with rasterio.open(tmp_path / "coverage-servers.tif") as source:
        assert source.dtypes == ("int32", "int32") and source.nodata == -1
        assert source.descriptions == ("nr best_server", "nbiot best_server")
        band = source.read(1)
    assert (band[:40] == -1).all()
    np.testing.assert_array_equal(np.array([3, 7, 11])[band[40:]], servers["nr"][40:])


def test_the_crs_has_a_name(tmp_path: Path) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "coverage.tif", GRID, margins, servers, ids)
    for name in ("coverage", "coverage-nr", "coverage-servers"):
        with rasterio.open(tmp_path / f"{name}.tif") as source:
            assert "infraplan Lambert Azimuthal Equal Area 24N 113.5E" in source.crs.to_wkt()
            assert source.crs.to_dict()["proj"] == "laea"


@pytest.mark.parametrize(("crs", "metres"), [("EPSG:4490", False), ("EPSG:4547", True)])
def test_rasters_in_a_chinese_crs(tmp_path: Path, crs: str, metres: bool) -> None:
    """The same value at the same place, pixels of the same size where the CRS counts in metres."""
    from pyproj import Transformer

    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "a.tif", GRID, margins, servers, ids)
    write_coverage_cog(tmp_path / "b.tif", GRID, margins, servers, ids, crs=crs)
    with rasterio.open(tmp_path / "a.tif") as own, rasterio.open(tmp_path / "b.tif") as other:
        assert other.crs.to_epsg() == int(crs[5:]) and (other.res[0] == 250.0) is metres
        x, y = GRID.x0_m + 250.0 * np.arange(60, 240, 3) + 125.0, GRID.y0_m - 250.0 * np.arange(60, 240, 3) - 125.0
        there = Transformer.from_crs(GRID.crs, crs, always_xy=True).transform(x, y)
        a = np.array([value[0] for value in own.sample(zip(x, y, strict=True))])
        b = np.array([value[0] for value in other.sample(zip(*there, strict=True))])
    assert (a == b).mean() > 0.6  # the others are their neighbours
    with rasterio.open(tmp_path / "b-servers.tif") as source:
        assert set(np.unique(source.read(1))) == {-1, 0, 1, 2}


def test_classes_have_names_that_gdal_reads(tmp_path: Path, system_python: str) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "coverage.tif", GRID, margins, servers, ids, tags={"RECEIVER_nr": "outdoor"})
    code = (
        "import sys, json; from osgeo import gdal; file = gdal.Open(sys.argv[1]);"
        "band = file.GetRasterBand(1); table = band.GetDefaultRAT(); columns = range(table.GetColumnCount());"
        "n = table.GetRowCount(); print(json.dumps([band.GetCategoryNames(), [table.GetNameOfCol(c) for c in columns],"
        "[[table.GetValueAsInt(r, 0), table.GetValueAsInt(r, 1), table.GetValueAsString(r, 2)] for r in range(n)]]))"
    )
    said = subprocess.run([system_python, "-c", code, str(tmp_path / "coverage-nr.tif")], capture_output=True, text=True, check=True)
    names, columns, rows = json.loads(said.stdout.splitlines()[-1])
    assert names[2] == "5G（室外） 0 至 10 dB（可用）" and columns[:3] == ["Value", "Count", "Class"]
    assert [row[0] for row in rows] == [0, 1, 2, 3, 4] and rows[2][2] == names[2]
    edges = [-np.inf, -10, 0, 10, 20, np.inf]
    assert [row[1] for row in rows] == np.histogram(margins["nr"][40:].astype(float), edges)[0].tolist()


def test_classes_carry_a_colour_table_and_qgis_a_style(tmp_path: Path) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "coverage.tif", GRID, margins, servers, ids)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "coverage-nbiot.qml", "coverage-nbiot.tif", "coverage-nbiot.tif.aux.xml", "coverage-nr.qml", "coverage-nr.tif",
        "coverage-nr.tif.aux.xml", "coverage-servers.csv", "coverage-servers.tif", "coverage.qml", "coverage.tif",
    ]  # fmt: skip
    with rasterio.open(tmp_path / "coverage-nr.tif") as source:
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and source.nodata == 255
        band, table = source.read(1), source.colormap(1)
        assert table[4] == (47, 143, 134, 255)
        served = margins["nr"] >= 0
        assert ((band >= 2) & (band != 255) == served).all() and (band[:40] == 255).all()
    style = ElementTree.fromstring((tmp_path / "coverage.qml").read_text(encoding="utf-8").split(">", 1)[1])
    assert len(list(style.iter("item"))) == 5


def test_legends_in_qgis_say_where_the_devices_are(tmp_path: Path) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "coverage.tif", GRID, margins, servers, ids, tags={"RECEIVER_nr": "outdoor", "RECEIVER_nbiot": "indoor"})
    style = (tmp_path / "coverage.qml").read_text(encoding="utf-8")
    assert style.count("<item ") == style.count('label="5G（室外） ')
    with rasterio.open(tmp_path / "coverage.tif") as source:
        assert source.descriptions == ("nr margin_db outdoor", "nbiot margin_db indoor")
    zones = gpd.GeoDataFrame({"nr_share": [0.5], "nr_receiver": ["indoor"]}, geometry=[shapely.box(113, 23, 114, 24)], crs=4326)
    assert 'label="5G（室内） 0 - ' in layer_style("zones", zones)
    assert "接收位置" in layer_style("gaps", zones.assign(status="unserved")), "each gap has its own place"


def test_cog_bytes_are_equal(tmp_path: Path) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    for name in ("a", "b"):
        write_coverage_cog(tmp_path / f"{name}.tif", GRID, margins, servers, ids)
    for kind in (".tif", "-nr.tif", "-nr.tif.aux.xml", "-servers.tif", "-servers.csv", ".qml"):
        assert sha256(tmp_path / f"a{kind}") == sha256(tmp_path / f"b{kind}")


def test_a_band_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"):
        write_coverage_cog(tmp_path / "a.tif", GRID, {"nr": np.zeros((3, 3), np.float32)})
    assert list(tmp_path.iterdir()) == []


def test_nobody_serves(tmp_path: Path) -> None:
    nothing = np.full(GRID.shape, np.nan, np.float32)
    write_coverage_cog(tmp_path / "a.tif", GRID, {"nr": nothing}, {"nr": np.full(GRID.shape, -1, np.int32)}, [])
    with rasterio.open(tmp_path / "a.tif") as source:
        assert np.isnan(source.read()).all()
    assert len(pd.read_csv(tmp_path / "a-servers.csv")) == 0


def test_every_raster_carries_the_dates(tmp_path: Path) -> None:
    tags = {"AS_OF": "2020-08-31", "REPORT_DATE": "2020-09-15", "VERSION": "infraplan 0.1.0"}
    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "coverage.tif", GRID, margins, servers, ids, tags=tags)
    for name in ("coverage.tif", "coverage-nr.tif", "coverage-nbiot.tif", "coverage-servers.tif"):
        with rasterio.open(tmp_path / name) as source:
            assert tags.items() <= source.tags().items()
