"""plan.gpkg and coverage.tif: what was written is read back, styles lie inside, equal content gives equal bytes."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely

from infraplan.files import sha256
from infraplan.geo.grids import Grid
from infraplan.io.qgis import layer_style
from infraplan.io.writing import write_coverage_cog, write_geopackage

GRID = Grid("+proj=laea +lat_0=24 +lon_0=113.5 +datum=WGS84 +units=m +no_defs", -10_000.0, 8_000.0, 250.0, 300, 310)


@pytest.fixture
def layers() -> dict[str, gpd.GeoDataFrame]:
    zones = gpd.GeoDataFrame(
        {"level": ["city", "county"], "adcode": ["990100", "990101"], "name": ["甲市", "<甲东县>"], "nr_share": [0.8, np.nan]},
        geometry=[
            shapely.box(113, 24, 114, 25),
            shapely.MultiPolygon([shapely.box(113, 24, 113.5, 24.5), shapely.box(113.6, 24, 113.7, 24.1)]),
        ],
        crs=4326,
    )
    status = pd.Categorical(["unserved", "uncertain"], ["served", "uncertain", "unserved"])
    gaps = gpd.GeoDataFrame(
        {"id": ["V1", "V2"], "status": status, "tags": [["a", "b"], []]},
        geometry=gpd.points_from_xy([113.1, 113.2], [24.1, 24.2]),
        crs=4326,
    )
    sites = gpd.GeoDataFrame({"id": ["S1"], "name": ["=1+1"]}, geometry=gpd.points_from_xy([113.1], [24.3]), crs=4326)
    return {"zones": zones, "gaps": gaps, "existing_sites": sites, "new_sites": sites.iloc[:0]}


def test_layers_come_back(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    write_geopackage(layers, path)
    assert [name for name, _ in pyogrio.list_layers(path)] == [*layers, "layer_styles"]
    zones = gpd.read_file(path, layer="zones")
    assert (
        zones["name"].tolist() == ["甲市", "<甲东县>"] and zones["adcode"].tolist() == ["990100", "990101"] and zones.crs.to_epsg() == 4326
    )
    gaps = gpd.read_file(path, layer="gaps")
    assert gaps["status"].tolist() == ["unserved", "uncertain"] and gaps["tags"].tolist() == ["a;b", ""]
    assert len(gpd.read_file(path, layer="new_sites")) == 0


def test_each_layer_has_a_readable_style(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    write_geopackage(layers, path)
    with sqlite3.connect(path) as base:
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall())
        columns = dict(base.execute("SELECT f_table_name, f_geometry_column FROM layer_styles").fetchall())
        assert base.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone() == ("attributes",)
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert set(styles) == set(layers) and set(columns.values()) == {"geom"}
    renderers = {name: ElementTree.fromstring(qml.split(">", 1)[1]).find("renderer-v2").get("type") for name, qml in styles.items()}
    assert renderers == {
        "zones": "graduatedSymbol",
        "gaps": "categorizedSymbol",
        "existing_sites": "singleSymbol",
        "new_sites": "singleSymbol",
    }


def test_equal_content_equal_bytes(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_geopackage(layers, tmp_path / f"{name}.gpkg")
    assert sha256(tmp_path / "a.gpkg") == sha256(tmp_path / "b.gpkg")
    assert str(tmp_path).encode() not in (tmp_path / "a.gpkg").read_bytes()


def test_every_layer_and_raster_carries_the_dates(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    tags = {"AS_OF": "2020-08-31", "REPORT_DATE": "2020-09-15", "VERSION": "infraplan 0.1.0"}
    write_geopackage(layers, tmp_path / "a.gpkg", tags=tags)
    with sqlite3.connect(tmp_path / "a.gpkg") as file:
        found = dict(file.execute("SELECT table_name, description FROM gpkg_contents").fetchall())
    assert {found[name] for name in layers} == {"AS_OF=2020-08-31; REPORT_DATE=2020-09-15; VERSION=infraplan 0.1.0"}
    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "coverage.tif", GRID, margins, servers, ids, tags=tags)
    for name in ("coverage.tif", "coverage-nr.tif", "coverage-nbiot.tif"):
        with rasterio.open(tmp_path / name) as source:
            assert tags.items() <= source.tags().items()


def test_other_crs_is_brought_to_wgs84(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    write_geopackage({"gaps": layers["gaps"].to_crs(32649)}, tmp_path / "a.gpkg")
    assert gpd.read_file(tmp_path / "a.gpkg").geometry.x.tolist() == pytest.approx([113.1, 113.2])


def test_a_failure_leaves_the_old_file(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    write_geopackage(layers, path)
    before = sha256(path)
    with pytest.raises(Exception):  # noqa: B017
        write_geopackage({"zones": layers["zones"], "broken": pd.DataFrame({"a": [1]})}, path)
    assert sha256(path) == before and [entry.name for entry in tmp_path.iterdir()] == ["plan.gpkg"]


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
        assert source.descriptions == ("nr margin_db", "nr best_server", "nbiot margin_db", "nbiot best_server")
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and source.overviews(1)
        assert np.isnan(source.nodata) and source.tags()["MODEL"] == "uma"
        assert source.transform.c == GRID.x0_m and source.transform.f == GRID.y0_m
        np.testing.assert_array_equal(source.read(1), margins["nr"])
        used = json.loads(source.tags()["SECTORS_nr"])
        assert used == [ids[3], ids[7], ids[11]]
        band = source.read(2)
        assert np.isnan(band[:40]).all()
        np.testing.assert_array_equal(np.array([3, 7, 11])[band[40:].astype(int)], servers["nr"][40:])


def test_classes_carry_a_colour_table_and_qgis_a_style(tmp_path: Path) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    write_coverage_cog(tmp_path / "coverage.tif", GRID, margins, servers, ids)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["coverage-nbiot.tif", "coverage-nr.tif", "coverage.qml", "coverage.tif"]
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
        assert source.descriptions[0] == "nr margin_db outdoor" and source.descriptions[2] == "nbiot margin_db indoor"
    zones = gpd.GeoDataFrame({"nr_share": [0.5], "nr_receiver": ["indoor"]}, geometry=[shapely.box(113, 23, 114, 24)], crs=4326)
    assert 'label="5G（室内） 0 - ' in layer_style("zones", zones)
    assert "receiver" in layer_style("gaps", zones.assign(status="unserved")), "each gap has its own place"


def test_cog_bytes_are_equal(tmp_path: Path) -> None:
    margins, servers, ids = coverage(np.random.default_rng(1))
    for name in ("a", "b"):
        write_coverage_cog(tmp_path / f"{name}.tif", GRID, margins, servers, ids)
    for kind in (".tif", "-nr.tif", ".qml"):
        assert sha256(tmp_path / f"a{kind}") == sha256(tmp_path / f"b{kind}")


def test_a_band_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shape"):
        write_coverage_cog(tmp_path / "a.tif", GRID, {"nr": np.zeros((3, 3), np.float32)})
    assert list(tmp_path.iterdir()) == []


def test_nobody_serves(tmp_path: Path) -> None:
    nothing = np.full(GRID.shape, np.nan, np.float32)
    write_coverage_cog(tmp_path / "a.tif", GRID, {"nr": nothing}, {"nr": np.full(GRID.shape, -1, np.int32)}, [])
    with rasterio.open(tmp_path / "a.tif") as source:
        assert np.isnan(source.read()).all() and json.loads(source.tags()["SECTORS_nr"]) == []
