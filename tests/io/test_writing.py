"""plan.gpkg: what was written is read back, styles, titles, aliases and notes lie inside, equal content gives equal bytes."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from infraplan.files import sha256
from infraplan.io.writing import write_geopackage


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


def test_every_layer_carries_the_dates(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    tags = {"AS_OF": "2020-08-31", "REPORT_DATE": "2020-09-15", "VERSION": "infraplan 0.1.0"}
    write_geopackage(layers, tmp_path / "a.gpkg", tags=tags)
    with sqlite3.connect(tmp_path / "a.gpkg") as file:
        found = dict(file.execute("SELECT table_name, description FROM gpkg_contents").fetchall())
    assert {found[name] for name in layers} == {"AS_OF=2020-08-31; REPORT_DATE=2020-09-15; VERSION=infraplan 0.1.0"}


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


def test_titles_aliases_and_notes_are_read_by_gdal(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    """GDAL reads the notes of each layer; `gpkg_data_columns` says what each column is called."""
    path = tmp_path / "plan.gpkg"
    tags = {"AS_OF": "2020-08-31", "SYNTHETIC": "true"}
    write_geopackage(layers, path, tags=tags, abstract="合成数据", licences=("居民地：CC BY 4.0（GeoNames）",), receivers={"nr": "indoor"})
    about = pyogrio.read_info(path, layer="zones")["layer_metadata"]
    assert about["LICENCE_1"] == "居民地：CC BY 4.0（GeoNames）" and about["ABSTRACT"] == "合成数据" and about["SYNTHETIC"] == "true"
    with sqlite3.connect(path) as base:
        titles = dict(base.execute("SELECT table_name, identifier FROM gpkg_contents").fetchall())
        rows = base.execute("SELECT table_name, column_name, title, description FROM gpkg_data_columns").fetchall()
        known = {row[0] for row in base.execute("SELECT extension_name FROM gpkg_extensions")}
    assert titles["gaps"] == "缺口" and titles["new_sites"] == "建议新建站点"
    aliases = {(table, column): title for table, column, title, _ in rows}
    assert aliases["zones", "nr_share"] == "5G（室内）人口覆盖率" and aliases["gaps", "status"] == "状态"
    assert all(text for *_, text in rows) and {"gpkg_schema", "gpkg_metadata"} <= known
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name], "reading leaves no file behind"


def test_labels_lie_in_the_styles(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path) -> None:
    write_geopackage(layers, tmp_path / "plan.gpkg")
    with sqlite3.connect(tmp_path / "plan.gpkg") as base:
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall())
    fields = {
        name: [one.get("fieldName") for one in ElementTree.fromstring(qml.split(">", 1)[1]).iter("text-style")]
        for name, qml in styles.items()
    }
    assert fields["zones"] == ["name"] and fields["new_sites"] == ["id"] and fields["existing_sites"] == []


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547"])
def test_layers_in_a_chinese_crs(layers: dict[str, gpd.GeoDataFrame], tmp_path: Path, crs: str) -> None:
    write_geopackage(layers, tmp_path / "plan.gpkg", crs=crs)
    gaps = gpd.read_file(tmp_path / "plan.gpkg", layer="gaps")
    assert gaps.crs.to_epsg() == int(crs[5:])
    assert gaps.to_crs(4326).geometry.x.tolist() == pytest.approx([113.1, 113.2], abs=1e-6)
