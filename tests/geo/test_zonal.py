"""Zones: whose a point is, exact shares, and where zones overlap or leave gaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis.strategies import floats
from pytest import approx
from shapely.geometry import MultiPolygon, Point, Polygon, box

from infraplan.geo.grids import Grid, metric_crs
from infraplan.geo.zonal import membership, share, zone_faults
from infraplan.io import read_zones

CRS = metric_crs(113.0, 23.0)


def frame(shapes: dict[tuple[str, str, str], Any]) -> Any:
    """Zones from {(level, adcode, parent): geometry in km}."""
    geometry = gpd.GeoSeries([Polygon(np.asarray(one.segmentize(0.25).exterior.coords) * 1000) for one in shapes.values()], crs=CRS)
    rows = [(level, code, f"区{code}", parent) for level, code, parent in shapes]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["level", "adcode", "name", "parent"]), geometry=geometry.to_crs(4326).to_list(), crs=4326
    )


def points(*places: tuple[float, float], **columns: list[str]) -> Any:
    geometry = gpd.GeoSeries([Point(x * 1000, y * 1000) for x, y in places], crs=CRS).to_crs(4326)
    return gpd.GeoDataFrame(columns, geometry=geometry.to_list(), crs=4326, index=range(100, 100 + len(places)))


TREE = {
    ("province", "440000", ""): box(0, 0, 20, 10),
    ("city", "440100", "440000"): box(0, 0, 10, 10),
    ("city", "441900", "440000"): box(10, 0, 20, 10),
    ("county", "440101", "440100"): box(0, 0, 5, 10),
    ("county", "440102", "440100"): box(5, 0, 10, 10),
    ("county", "441900", "441900"): box(10, 0, 20, 10),
}


def test_point_counts_in_its_county_city_and_province() -> None:
    table = membership(points((2, 5), (7, 5), (15, 5), (25, 5)), frame(TREE))
    assert table.to_dict("list") == {
        "province": ["440000", "440000", "440000", ""], "city": ["440100", "440100", "441900", ""],
        "county": ["440101", "440102", "441900", ""],
    }  # fmt: skip
    assert list(table.index) == [100, 101, 102, 103]


def test_stated_code_wins_over_the_map() -> None:
    table = membership(points((2, 5), (2, 5), (30, 5), county=["440102", "", "440101"], city=["440100", "441900", ""]), frame(TREE))
    # the second states a city that does not hold the county found by place: the county stays open
    assert list(table["county"]) == ["440102", "", "440101"] and list(table["city"]) == ["440100", "441900", "440100"]
    assert list(table["province"]) == ["440000"] * 3


def test_a_point_in_two_zones_counts_once_in_the_lower_code() -> None:
    both = {("county", "440102", ""): box(0, 0, 6, 10), ("county", "440101", ""): box(4, 0, 10, 10)}
    assert list(membership(points((5, 5), (3, 5), (8, 5)), frame(both))["county"]) == ["440101", "440102", "440101"]


def test_missing_position_lies_nowhere_unless_a_code_is_stated() -> None:
    table = gpd.GeoDataFrame({"county": ["", "440101"]}, geometry=[None, None], crs=4326)
    assert list(membership(table, frame(TREE))["county"]) == ["", "440101"]


def test_register_without_geometry() -> None:
    table = membership(pd.DataFrame({"county": ["440102", "999999"]}), frame(TREE))
    assert table.to_dict("list") == {"province": ["440000", ""], "city": ["440100", ""], "county": ["440102", ""]}


@settings(deadline=None, max_examples=40)
@given(x=floats(0.001, 19.999), y=floats(0.001, 9.999))
def test_every_point_inside_is_in_exactly_one_county(x: float, y: float) -> None:
    assert membership(points((x, y)), ZONES)["county"].iloc[0] != ""


ZONES = frame(TREE)


def test_share_is_exact() -> None:
    """A triangle and a square that cut pixels: areas to 1e-6, and every pixel at most once over zones that tile."""
    grid = Grid(CRS, 0.0, 10_000.0, 700.0, 15, 29)
    matrix = share(frame(TREE), grid)
    area_km2 = np.asarray(matrix.sum(axis=1)).ravel() * 0.49
    assert area_km2 == approx([200, 100, 100, 50, 50, 100], rel=1e-6)
    counties = np.asarray(matrix[3:].sum(axis=0)).ravel()
    assert counties.max() <= 1 + 1e-6
    triangle = gpd.GeoDataFrame(geometry=[Polygon([(0, 0), (9000, 0), (0, 9000)])], crs=CRS)
    assert share(triangle, grid).sum() * 0.49 == approx(40.5, rel=1e-6)


def test_share_against_brute_force(rng_seed: int = 3) -> None:
    """Fractions of a random multipolygon equal the areas shapely cuts pixel by pixel."""
    rng = np.random.default_rng(rng_seed)
    shape = MultiPolygon([Point(*rng.uniform(2000, 6000, 2)).buffer(1500, 8), Point(9000, 9000).buffer(800, 4)])
    grid = Grid(CRS, 0.0, 10_000.0, 1000.0, 10, 10)
    row = share(gpd.GeoDataFrame(geometry=[shape], crs=CRS), grid).toarray().reshape(10, 10)
    for r in range(10):
        for c in range(10):
            pixel = box(c * 1000, 10_000 - (r + 1) * 1000, (c + 1) * 1000, 10_000 - r * 1000)
            assert row[r, c] == approx(shape.intersection(pixel).area / 1e6, abs=1e-5)


def test_polygon_beyond_the_grid_keeps_its_inner_part() -> None:
    grid = Grid(CRS, 0.0, 1000.0, 500.0, 2, 2)
    polygons = gpd.GeoDataFrame(geometry=[box(500, 0, 5000, 1000), box(90_000, 0, 91_000, 1000), None], crs=CRS)
    assert np.asarray(share(polygons, grid).sum(axis=1)).ravel() == approx([2, 0, 0])


def test_overlap_and_gap_with_area_and_people() -> None:
    """Counties 0-6 and 5-9 of a city 0-10: 10 km2 are counted twice, 10 km2 nowhere."""
    shapes = {
        ("city", "440100", ""): box(0, 0, 10, 10),
        ("county", "440101", "440100"): box(0, 0, 6, 10),
        ("county", "440102", "440100"): box(5, 0, 9, 10),
    }
    villages = points((5.5, 5), (9.5, 5), (9.2, 1), (2, 2)).assign(population=[11, 200, 30, 4000])
    table = zone_faults(frame(shapes), villages).set_index("kind")
    assert set(table.index) == {"overlap", "gap"}
    assert table.loc["overlap", "area_km2"] == approx(10, rel=1e-4) and table.loc["gap", "area_km2"] == approx(10, rel=1e-4)
    assert table.loc["overlap", "people"] == 11 and table.loc["gap", "people"] == 230
    assert (table.loc["overlap", "zone"], table.loc["overlap", "other"]) == ("440101", "440102")


def test_zones_that_tile_have_no_faults() -> None:
    assert len(zone_faults(frame(TREE))) == 0


def test_real_counties_tile_their_cities(shared_dir: Path) -> None:
    data = shared_dir / "data" / "guangdong"
    counties, cities = gpd.read_file(data / "gd_district_tianditu.geojson"), gpd.read_file(data / "gd_city_tianditu.geojson")
    parts = [
        cities.assign(level="city", adcode=cities["city_adcode"].astype(str), name=cities["city_name"], parent="440000"),
        counties.assign(
            level="county",
            adcode=counties["district_adcode"].astype(str),
            name=counties["district_name"],
            parent=counties["city_adcode"].astype(str),
        ),
    ]
    zones = gpd.GeoDataFrame(pd.concat(parts)[["level", "adcode", "name", "parent", "geometry"]], crs=4326).reset_index(drop=True)
    faults = zone_faults(zones)
    assert faults["area_km2"].sum() < 1.0
    hospitals = pd.read_csv(data / "gd_hospitals_3a.csv")
    at = gpd.GeoDataFrame(hospitals, geometry=gpd.points_from_xy(hospitals["longitude_wgs84"], hospitals["latitude_wgs84"]), crs=4326)
    assert (membership(at, zones)["county"] != "").mean() > 0.95


@pytest.mark.parametrize("levels", [("county",), ("city",), ("province",)])
def test_a_single_level_will_do(levels: tuple[str, ...]) -> None:
    zones = ZONES[ZONES["level"].isin(levels)]
    table = membership(points((2, 5), (25, 5)), zones)
    assert list(table.columns) == list(levels) and table.iloc[0, 0] != "" and table.iloc[1, 0] == ""


@pytest.mark.parametrize("lat", [0.0, 24.0, 60.0, -45.0])
def test_long_edges_along_a_parallel_make_no_gap_and_no_overlap(lat: float) -> None:
    """A province with a corner at each end of a 3-degree edge, its cities with more corners along it: in a plane the edges would part."""
    shapes = {"690000": box(100, lat, 103, lat + 2), "690100": box(100, lat, 101, lat + 2), "690200": box(101, lat, 103, lat + 2)}
    rows = [("province" if code == "690000" else "city", code, code, "" if code == "690000" else "690000") for code in shapes]
    zones = gpd.GeoDataFrame(rows, columns=["level", "adcode", "name", "parent"], geometry=list(shapes.values()), crs=4326)
    assert len(zone_faults(zones)) == 0
    grid = Grid.over(zones, 10_000)
    area = np.asarray(share(zones, grid).sum(axis=1)).ravel()
    assert area[0] == approx(area[1] + area[2], rel=1e-7)
    edge = grid.place(points_at(np.linspace(100.001, 102.999, 300), np.full(300, lat + 0.0001)))
    assert (grid.pixel_of(*edge)[0] >= 0).all()  # in the middle a parallel lies farther out than at its ends


def points_at(lon: Any, lat: Any) -> Any:
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)


def test_edges_of_a_projected_file_are_bent_too() -> None:
    """Counties drawn with straight edges in a Gauss-Krueger zone still tile their city once they are in degrees."""
    metric = "EPSG:4547"
    shapes = [box(west, 2_600_000, east, 2_700_000) for west, east in ((400_000, 600_000), (400_000, 470_000), (470_000, 600_000))]
    table = gpd.GeoDataFrame({"adcode": ["440200", "440281", "440282"]}, geometry=shapes, crs=metric)
    assert len(zone_faults(read_zones(table))) == 0


def test_a_true_gap_is_reported_with_its_names() -> None:
    shapes = {("city", "440100", ""): box(0, 0, 10, 10), ("county", "440101", "440100"): box(0, 0, 6, 10)}
    (gap,) = zone_faults(frame(shapes)).to_dict("records")
    assert gap["kind"] == "gap" and gap["zone_name"] == gap["other_name"] == "区440100" and gap["area_km2"] == approx(40, rel=1e-3)
