"""Tables for MapInfo and Atoll, read back: by GDAL, and line by line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

import infraplan as ip
from infraplan.errors import collected
from infraplan.io.atoll import write_atoll
from infraplan.io.mapinfo_tables import write_mapinfo


@pytest.fixture
def gaps() -> gpd.GeoDataFrame:
    """Two gaps: an empty number, a whole column of numbers, a truth, a long text, a character that GBK lacks."""
    return gpd.GeoDataFrame(
        {
            "id": ["V1", "V2"],
            "name": ["上坪村", "𠮷村"],
            "population": [120.0, np.nan],
            "margin_db": [-3.25, -11.5],
            "row": np.array([7, 8], dtype="int64"),
            "measured": [True, False],
            "reason": ["远" * 200, ""],
        },
        geometry=gpd.points_from_xy([113.1, 113.2], [24.1, 24.2]),
        crs=4326,
    )


def test_mapinfo_comes_back(gaps: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with collected() as faults:
        write_mapinfo({"gaps": gaps}, tmp_path / "mapinfo.zip")
    back = pyogrio.read_dataframe(f"/vsizip/{tmp_path}/mapinfo.zip/gaps.tab")
    assert back["name"].tolist() == ["上坪村", "?村"] and back["row"].tolist() == [7, 8] and back["measured"].tolist() == ["true", "false"]
    assert back["population"].tolist() == ["120", ""], "an empty number is not 0"
    assert back["margin_db"].tolist() == [-3.25, -11.5]
    assert back.geometry.x.tolist() == pytest.approx([113.1, 113.2], abs=1e-5)
    assert back["reason"][0] == "远" * 127
    assert sorted((fault.rule, fault.column) for fault in faults) == [("mapinfo-cut", "reason"), ("mapinfo-lacks", "name")]
    with zipfile.ZipFile(tmp_path / "mapinfo.zip") as archive:
        assert archive.namelist() == ["gaps.dat", "gaps.id", "gaps.map", "gaps.tab"]
        assert b"WindowsSimpChinese" in archive.read("gaps.tab")


def test_numbers_of_a_column_with_an_empty_cell_keep_their_digits(gaps: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """A place without a position must not make every longitude 100 m wrong, nor a cost a power of ten."""
    with collected():
        write_mapinfo({"gaps": gaps.assign(lon=[113.264361, np.nan], cost=[1234567.0, np.nan])}, tmp_path / "mapinfo.zip")
    back = pyogrio.read_dataframe(f"/vsizip/{tmp_path}/mapinfo.zip/gaps.tab")
    assert back["lon"].tolist() == ["113.264361", ""] and back["cost"].tolist() == ["1234567", ""]


def test_mapinfo_in_a_chinese_crs(gaps: gpd.GeoDataFrame, tmp_path: Path) -> None:
    with collected():
        write_mapinfo({"gaps": gaps}, tmp_path / "mapinfo.zip", crs="EPSG:4547")
    back = pyogrio.read_dataframe(f"/vsizip/{tmp_path}/mapinfo.zip/gaps.tab")
    assert back.geometry.x.tolist() == pytest.approx(gaps.to_crs(4547).geometry.x.tolist(), abs=1.0)


def test_an_empty_layer_is_written(gaps: gpd.GeoDataFrame, tmp_path: Path) -> None:
    write_mapinfo({"gaps": gaps.iloc[:0]}, tmp_path / "mapinfo.zip")
    assert len(pyogrio.read_dataframe(f"/vsizip/{tmp_path}/mapinfo.zip/gaps.tab")) == 0


def test_mapinfo_bytes_are_equal(gaps: gpd.GeoDataFrame, tmp_path: Path) -> None:
    """GDAL leaves some of its memory in the head of a .dat."""
    with collected():
        for name in "abc":
            write_mapinfo({"gaps": gaps}, tmp_path / name / "mapinfo.zip")
    assert len({(tmp_path / name / "mapinfo.zip").read_bytes() for name in "abc"}) == 1


def test_a_network_without_sites_has_empty_tables(tmp_path: Path) -> None:
    world = ip.example_world()
    sectors = ip.sectors_of(world.sites, world.services)
    write_atoll(world.sites.iloc[:0], sectors.iloc[:0], tmp_path / "atoll.zip")
    with zipfile.ZipFile(tmp_path / "atoll.zip") as archive:
        assert [archive.read(name).count(b"\n") for name in archive.namelist()] == [1, 1]


def test_atoll_gets_a_row_a_site_and_one_a_sector(tmp_path: Path) -> None:
    world = ip.example_world()
    sites = world.sites.copy()
    sites.loc[0, "name"] = "=1+1\t甲"
    sectors = ip.sectors_of(sites, world.services)
    write_atoll(sites, sectors, tmp_path / "atoll.zip", note="合成数据")
    with zipfile.ZipFile(tmp_path / "atoll.zip") as archive:
        tables = {name: pd.read_csv(archive.open(name), sep="\t", encoding="utf-8-sig") for name in archive.namelist()}
        assert archive.read("sites.txt").startswith(b"\xef\xbb\xbfName\tLongitude\tLatitude\tAltitude (m)\tComments\r\n")
    listed, sent = tables["sites.txt"], tables["transmitters.txt"]
    assert listed["Name"].tolist() == sites["id"].tolist() and listed["Longitude"].tolist() == pytest.approx(sites.geometry.x.tolist())
    assert len(sent) == len(sectors) and set(sent["Site"]) <= set(listed["Name"]) and not sent["Transmitter"].duplicated().any()
    assert sent["Azimuth (°)"].tolist() == sectors["azimuth_deg"].fillna(0).tolist() and (sent["Height (m)"] > 0).all()
    assert sent["Comments"].str.contains("合成数据").all() and "=1+1 甲" in listed["Comments"][0]
