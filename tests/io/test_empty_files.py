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
from infraplan.io import read_places, read_sites, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions

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
    with collected() as told:
        none = read_sites(path)
    assert not len(none) and [fault.rule for fault in told] == ["none_yet"]
    with collected():
        some = read_sites(SITES)
    assert list(none.columns) == list(some.columns) and list(map(str, none.dtypes)) == list(map(str, some.dtypes))
    with collected() as told:
        assert not len(read_places(path))
    assert {fault.rule for fault in told} <= {"none_yet", "unused_columns"} and "none_yet" in {fault.rule for fault in told}


def test_no_land_to_keep_free(tmp_path: Path) -> None:
    WRITERS["sites.geojson"](tmp_path / "none.geojson")
    with collected() as told:
        assert not len(read_exclusions(tmp_path / "none.geojson"))
    assert {fault.rule for fault in told} <= {"none_yet", "unused_columns"} and "none_yet" in {fault.rule for fault in told}


@pytest.mark.parametrize("read", [read_villages, read_zones])
def test_people_and_zones_are_needed(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    path = tmp_path / "none.geojson"
    WRITERS["sites.geojson"](path)
    with pytest.raises(DataError) as caught:
        read(path)
    assert [fault.rule for fault in caught.value.fault_list] == ["no_rows"]
