"""A file with a heading alone, in every format: no site stands yet, which is said and is no error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter

from infraplan.errors import DataError, collected
from infraplan.io import read_hosts, read_places, read_register, read_sites, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions
from infraplan.io.reading import read_corridors

SITES = pd.DataFrame({"id": ["S1"], "name": ["站"], "lon": [113.1], "lat": [23.1], "services": ["nr-n28"], "operators": ["cmcc"]})
POINTS = gpd.GeoDataFrame(SITES.drop(columns=["lon", "lat"]), geometry=gpd.points_from_xy(SITES["lon"], SITES["lat"]), crs=4326)


def _workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("站点").write_row(0, 0, list(SITES.columns))


WRITERS: dict[str, Callable[[Path], Any]] = {
    "sites.csv": lambda path: SITES.iloc[:0].to_csv(path, index=False),
    "blank.csv": lambda path: path.write_text("id,lon,lat,services\n\n,,,\n", encoding="utf-8"),
    "sites.xlsx": _workbook,
    "sites.gpkg": lambda path: POINTS.iloc[:0].to_file(path, driver="GPKG", geometry_type="Point"),
    "sites.shp": lambda path: POINTS.iloc[:0].to_file(path, geometry_type="Point"),
    "sites.parquet": lambda path: POINTS.iloc[:0].to_parquet(path),
    "sites.geojson": lambda path: path.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_heading_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    with collected() as warned:
        none = read_sites(path)
    assert not len(none) and [fault.rule for fault in warned] == ["none_yet"]
    with collected():
        some = read_sites(SITES)
    assert list(none.columns) == list(some.columns) and list(map(str, none.dtypes)) == list(map(str, some.dtypes))
    with collected() as warned:
        assert not len(read_places(path))
    assert {fault.rule for fault in warned} <= {"none_yet", "unused_columns"} and "none_yet" in {fault.rule for fault in warned}


def test_no_land_to_keep_free(tmp_path: Path) -> None:
    WRITERS["sites.geojson"](tmp_path / "none.geojson")
    with collected() as warned:
        assert not len(read_exclusions(tmp_path / "none.geojson"))
    assert {fault.rule for fault in warned} <= {"none_yet", "unused_columns"} and "none_yet" in {fault.rule for fault in warned}


@pytest.mark.parametrize("read", [read_villages, read_zones])
def test_people_and_zones_are_needed(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    path = tmp_path / "none.geojson"
    WRITERS["sites.geojson"](path)
    with pytest.raises(DataError) as caught:
        read(path)
    assert [fault.rule for fault in caught.value.fault_list] == ["no_rows"]


@pytest.mark.parametrize("read", [read_villages, read_sites, read_places, read_hosts, read_register])
@pytest.mark.parametrize("text", ["\x00", "甲,乙\n", "甲,乙\n1,2\n", "foo;bar;baz\n;;\n"])
def test_a_table_of_which_no_heading_is_known_is_refused(tmp_path: Path, read: Callable[[Path], Any], text: str) -> None:
    (tmp_path / "other.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read(tmp_path / "other.csv")
    (fault,) = caught.value.fault_list
    assert fault.rule == "no_known_heading" and "docs/data.md" in fault.how_to_fix
    assert ("县(市、区)" if read is read_register else "名称") in fault.how_to_fix


@pytest.mark.parametrize("read", [read_zones, read_corridors, read_exclusions])
def test_a_plain_table_is_no_layer_whatever_its_headings(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    (tmp_path / "other.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read(tmp_path / "other.csv")
    assert [fault.rule for fault in caught.value.fault_list] == ["needs_geometry"]


def test_a_register_whose_columns_a_policy_names_needs_no_other(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("项目,进度\n甲,0.5\n", encoding="utf-8")
    with collected() as warned:
        assert len(read_register(tmp_path / "other.csv", used=["进度"])) == 1
    assert [fault.rule for fault in warned] == ["register_without_zone"]
