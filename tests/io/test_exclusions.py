"""Land to keep free: polygons of any vector file, everything else refused."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, Polygon, box

from infraplan.errors import DataError
from infraplan.io.exclusions import read_exclusions


def written(folder: Path, shapes: list[object], name: str = "water.gpkg", crs: object = 4326) -> Path:
    gpd.GeoDataFrame({"name": ["<b>湖</b>"] * len(shapes)}, geometry=shapes, crs=crs).to_file(folder / name)
    return folder / name


def test_polygons_come_in_degrees(tmp_path: Path) -> None:
    metres = gpd.GeoSeries([box(113, 23, 113.1, 23.1)], crs=4326).to_crs(32649)
    found = read_exclusions(written(tmp_path, list(metres), crs=32649))
    assert found.crs == "EPSG:4326" and list(found.columns) == ["geometry"]
    assert found.total_bounds == pytest.approx([113, 23, 113.1, 23.1], abs=1e-4)


def test_a_bow_tie_is_mended(tmp_path: Path) -> None:
    found = read_exclusions(written(tmp_path, [Polygon([(113, 23), (113.1, 23.1), (113.1, 23), (113, 23.1)])], "bow.geojson"))
    assert found.is_valid.all() and not found.is_empty.any()


def test_points_and_lines_are_reported_row_by_row(tmp_path: Path) -> None:
    file = written(tmp_path, [box(113, 23, 113.1, 23.1), Point(113, 23), LineString([(113, 23), (114, 23)])], "mixed.geojson")
    with pytest.raises(DataError) as caught:
        read_exclusions(file)
    assert [(fault.file, fault.row, fault.value) for fault in caught.value.fault_list] == [
        ("mixed.geojson", 2, "Point"),
        ("mixed.geojson", 3, "LineString"),
    ]


def test_a_table_and_an_absent_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "water.csv").write_text("name\nlake\n", encoding="utf-8")
    for name in ("water.csv", "nothing.gpkg"):
        with pytest.raises(DataError):
            read_exclusions(tmp_path / name)
