"""The advice fits the fault: decimal commas, long integer codes beside an empty one, a row without geometry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from infraplan.errors import DataError, Fault, collected
from infraplan.io import read_corridors, read_sites, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions

CODE = 12_345_678_901_234_567  # 17 digits: no float holds it


def faults_in(call: Callable[[], Any]) -> list[Fault]:
    with pytest.raises(DataError) as raised:
        call()
    return [fault for fault in raised.value.fault_list if fault.severity == "error"]


@pytest.mark.parametrize("lon,lat", [("113,2583", "24,7764"), ("113,258", "24,776"), ("113,25", "24.5")])
def test_decimal_commas_are_reported_as_such(tmp_path: Path, lon: str, lat: str) -> None:
    path = tmp_path / "v.csv"
    path.write_text(f"id;lon;lat;population;households\n1;{lon};{lat};1,5;3\n", encoding="utf-8")
    faults = faults_in(lambda: read_villages(path))
    assert {fault.rule for fault in faults} == {"decimal_comma"}
    assert lon.replace(",", ".") in faults[0].how_to_fix and "crs" not in faults[0].how_to_fix
    assert {fault.column for fault in faults} == {"lon", "population"} | ({"lat"} if "," in lat else set())


def test_decimal_commas_of_sites_and_of_pairs_in_one_cell() -> None:
    sites = pd.DataFrame({"id": ["a"], "lon": [113.1], "lat": [24.1], "services": "nr-n41", "height_m": ["30,5"]})
    assert [(fault.rule, fault.column) for fault in faults_in(lambda: read_sites(sites))] == [("decimal_comma", "height_m")]
    pair = pd.DataFrame({"id": ["a"], "lonlat": ["113,2583; 24,7764"], "population": [3]})
    assert [fault.rule for fault in faults_in(lambda: read_villages(pair))] == ["decimal_comma"]


def test_thousands_stay_thousands_and_metres_stay_metres() -> None:
    table = pd.DataFrame({"id": ["a"], "lon": [113.1], "lat": [24.1], "population": ["1,500"]})
    assert read_villages(table)["population"].tolist() == [1500]
    metres = table.assign(lon="418,250.5", lat="2,741,000")
    assert {fault.rule for fault in faults_in(lambda: read_villages(metres))} == {"metric_coordinate"}


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "fgb"])
def test_long_codes_beside_an_empty_one_stay_whole(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"v.{ending}"
    ids = pd.array([CODE, None, CODE + 2], dtype="Int64")
    frame = gpd.GeoDataFrame({"id": ids, "population": [1, 2, 3]}, geometry=gpd.points_from_xy([113, 113.1, 113.2], [24, 24, 24]), crs=4326)
    frame.to_parquet(path) if ending == "parquet" else frame.to_file(path)
    with collected() as found:
        read = read_villages(path)
    ids_read = sorted(read["id"])
    assert ids_read[:2] == [str(CODE), str(CODE + 2)] and ids_read[2].startswith("V")
    assert [fault.rule for fault in found] == ["id_made"]


@pytest.mark.parametrize("code", [CODE, 2**53 + 2])
def test_floats_that_lost_digits_are_refused_with_their_cause(code: int) -> None:
    table = pd.DataFrame({"id": [code, None], "lon": [113.1, 113.2], "lat": [24.0, 24.1], "population": [1, 2]})
    (fault,) = faults_in(lambda: read_villages(table))
    assert fault.rule == "code_was_float" and "Int64" in fault.how_to_fix


def test_a_row_without_geometry_is_reported_as_such(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame({"id": ["a", "b"], "population": [1, 2]}, geometry=[shapely.Point(113, 24), None], crs=4326)
    boxes = gpd.GeoDataFrame({"adcode": ["440101", None], "level": "county"}, geometry=[shapely.box(113, 24, 114, 25), None], crs=4326)
    lines = gpd.GeoDataFrame({"line_class": ["railway", "railway"]}, geometry=[shapely.LineString([(0, 0), (1, 1)]), None], crs=4326)
    for read, frame in ((read_villages, points), (read_sites, points), (read_zones, boxes), (read_corridors, lines)):
        faults = faults_in(lambda read=read, frame=frame: read(frame))
        assert ("no_geometry", 2) in {(fault.rule, fault.row) for fault in faults}
        assert not {"not_a_point", "wrong_geometry"} & {fault.rule for fault in faults}
        assert not any("0" in fault.how_to_fix for fault in faults if fault.rule == "blank_cell")
    boxes.to_file(tmp_path / "water.gpkg")
    with collected() as found:
        assert len(read_exclusions(tmp_path / "water.gpkg")) == 1
    assert [(fault.rule, fault.row) for fault in found] == [("exclusion_without_shape", 2)]
