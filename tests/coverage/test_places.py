"""Places against a coverage one can read off: columns of pixels with known margins."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis.strategies import floats, integers, lists
from pyproj import Geod
from pytest import approx
from shapely.geometry import LineString, MultiLineString, Point, box

from infraplan.coverage.places import (
    NO_DATA,
    SERVED,
    UNCERTAIN,
    UNSERVED,
    corridor_pieces,
    corridor_status,
    place_status,
    served_area,
    stretches,
    village_status,
    with_extra_loss,
    yes_answers,
)
from infraplan.coverage.population import service_status
from infraplan.coverage.prediction import Coverage, Layer
from infraplan.geo.grids import Grid, metric_crs
from infraplan.radio.budgets import services

CRS = metric_crs(113.0, 23.0)
GRID = Grid(CRS, 0.0, 10_000.0, 500.0, 20, 20)


def cover(edge_km: float = 5.0, second_km: float | None = None) -> Coverage:
    """NR is served (+6 dB) west of `edge_km`, -6 dB east of it; network ctcc+cucc east of `second_km` only."""
    x_km = (np.arange(20) + 0.5) / 2

    def layer(served: Any) -> Layer:
        return Layer(np.broadcast_to(np.where(served, 6.0, -6.0), GRID.shape).astype(np.float32).copy(), np.zeros(GRID.shape, np.int32))

    first = x_km < edge_km
    second = x_km > (second_km if second_km is not None else 99)
    layers = {("nr", "any"): layer(first | second), ("nr", "cbn+cmcc"): layer(first), ("nr", "ctcc+cucc"): layer(second)}
    return Coverage(GRID, services("nr-n41", "nr-n28"), layers, np.array(["s/nr-n41/1"], object), np.array(["nr-n41"], object),
                    "statistical", ("by hand",), 0.95, 20.0, 0)  # fmt: skip


def at(*geometries: Any, **columns: Any) -> Any:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(list(geometries), crs=CRS).to_crs(4326).to_list(), crs=4326)


def test_points_agree_with_service_status() -> None:
    table = at(Point(1000, 5000), Point(4900, 5000), Point(9000, 5000), position_error_m=[0.0, 800.0, 800.0])
    codes = place_status(table, cover(), "nr")
    assert list(codes) == [SERVED, UNCERTAIN, UNSERVED]
    assert list(service_status(table, cover(), ("nr",))["nr"]) == ["served", "uncertain", "unserved"]


def test_a_place_without_position_is_no_data() -> None:
    assert list(place_status(at(None, Point(1000, 5000)), cover(), "nr")) == [NO_DATA, SERVED]


def test_polygon_is_served_when_its_stated_part_is() -> None:
    """A square from x 4 to 6 km: half of it."""
    square = at(box(4000, 2000, 6000, 4000))
    area_km2, served_km2 = served_area(square, cover(), "nr")
    assert area_km2[0] == approx(4, rel=1e-4) and served_km2[0] == approx(2, rel=1e-3)
    assert place_status(square, cover(), "nr", served_part=0.95)[0] == UNSERVED
    assert place_status(square, cover(), "nr", served_part=0.49)[0] == SERVED


def test_polygon_smaller_than_a_pixel() -> None:
    assert list(place_status(at(box(1010, 1010, 1020, 1020), box(9010, 10, 9020, 20)), cover(), "nr")) == [SERVED, UNSERVED]


@settings(deadline=None, max_examples=40)
@given(edge_km=floats(0, 10))
def test_served_area_grows_with_coverage(edge_km: float) -> None:
    square = at(box(1000, 1000, 9000, 9000))
    less, more = served_area(square, cover(edge_km), "nr")[1][0], served_area(square, cover(min(edge_km + 1, 10)), "nr")[1][0]
    assert less <= more + 1e-9 <= served_area(square, cover(10), "nr")[0][0] + 1e-6


def test_seat_by_the_people_around_it() -> None:
    """900 of 1000 people within 1 km are served: enough for 0.9, not for 0.95; nobody near: the seat's own pixel."""
    people = at(Point(4600, 5000), Point(5400, 5000), Point(8000, 5000), population=[900, 100, 5000], position_error_m=[0.0, 0.0, 0.0])
    seat = at(Point(5200, 5000), Point(1000, 1000))
    assert list(place_status(seat, cover(), "nr", radius_m=1000, people=people, served_part=0.9)) == [SERVED, SERVED]
    assert list(place_status(seat, cover(), "nr", radius_m=1000, people=people, served_part=0.95)) == [UNSERVED, SERVED]
    people["position_error_m"] = [0.0, 800.0, 0.0]
    assert place_status(seat, cover(), "nr", radius_m=1000, people=people, served_part=0.95)[0] == UNCERTAIN


def test_one_network_must_serve_all_check_points() -> None:
    """School west, clinic east: each has a network, no network has both."""
    villages = at(Point(1000, 5000), Point(1000, 1000), id=["v", "w"], position_error_m=[0.0, 0.0])
    checks = at(Point(1000, 5000), Point(9000, 5000), village=["v", "v"], position_error_m=[0.0, 0.0])
    both = cover(5.0, second_km=8.0)
    assert list(village_status(villages, checks, both, "nr")) == [UNSERVED, SERVED]
    near = at(Point(1000, 5000), Point(2000, 5000), village=["v", "v"], position_error_m=[0.0, 0.0])
    assert list(village_status(villages, near, both, "nr")) == [SERVED, SERVED]
    assert list(village_status(villages, near, both, "nr", "ctcc+cucc")) == [UNSERVED, UNSERVED]


def test_loss_behind_a_wall() -> None:
    """The same loss for every service is a threshold; different losses lower each pixel by that of its server."""
    plain, required_db = with_extra_loss(cover(), "nr", "any", {"nr-n41": 7.0, "nr-n28": 7.0})
    assert required_db == 7.0 and plain["nr"].margin_db.max() == 6.0
    lowered, required_db = with_extra_loss(cover(), "nr", "any", {"nr-n41": 7.0, "nr-n28": 3.0})
    assert required_db == 0.0 and lowered["nr"].margin_db.max() == approx(-1.0)


def test_corridor_lengths_are_geodesic_and_kept() -> None:
    lines = at(LineString([(1000, 1000), (9000, 1000), (9000, 9000)]), MultiLineString([[(0, 0), (1000, 0)], [(5000, 0), (5300, 0)]]), None)
    pieces = corridor_pieces(lines, GRID)
    length_km = pieces.groupby("line")["length_km"].sum()
    geod = Geod(ellps="WGS84")
    for row in (0, 1):
        assert length_km[row] == approx(geod.geometry_length(lines.geometry[row]) / 1000, rel=1e-12)
    assert pieces["length_km"].max() <= 0.1 + 1e-12
    assert set(pieces["line"]) == {0, 1}
    first = pieces[pieces["line"] == 0].iloc[0]
    x_m, y_m = GRID.project(first["lon"], first["lat"])
    assert (float(x_m), float(y_m)) == (approx(1000 + first["length_km"] * 500, abs=0.5), approx(1000, abs=0.5))  # judged at its middle
    ends = pieces.groupby("line")["to_km"].max()
    assert ends[1] == approx(length_km[1])  # the parts of a line follow one another


def test_corridor_status_and_stretches() -> None:
    """Served to x 5 km: the line from x 1 to 9 lacks km 4 to 8. The second is a tunnel, fitted; the third one of which nothing is said."""
    lines = at(*[LineString([(1000, y), (9000, y)]) for y in (1000, 3000, 5000)], tunnel=[False, True, True], indoor_system=["", "有", ""])
    pieces = corridor_pieces(lines, GRID)
    codes = corridor_status(pieces, lines, cover(), "nr")
    assert set(codes[pieces["line"] == 1]) == {SERVED} and set(codes[pieces["line"] == 2]) == {NO_DATA}
    found = stretches(pieces, codes)
    first = found[found["line"] == 0]
    assert len(first) == 1
    assert (first["from_km"].iloc[0], first["to_km"].iloc[0]) == (approx(4.0, abs=0.06), approx(8.0, rel=1e-3))
    assert found["length_km"].sum() == approx(pieces["length_km"][codes != SERVED].sum(), rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(codes=lists(integers(0, 3), min_size=1, max_size=60))
def test_stretches_partition_the_line(codes: list[int]) -> None:
    count = len(codes)
    step = np.arange(count, dtype=float)
    pieces = pd.DataFrame({"line": np.arange(count) // 20, "from_km": step % 20, "to_km": step % 20 + 1, "length_km": 1.0})
    found = stretches(pieces, np.array(codes, np.int8), wanted=range(4))
    assert found["length_km"].sum() == count
    assert (found["to_km"] - found["from_km"]).to_numpy() == approx(found["length_km"].to_numpy())
    same = (found["line"].to_numpy()[1:] == found["line"].to_numpy()[:-1]) & (found["code"].to_numpy()[1:] == found["code"].to_numpy()[:-1])
    assert not same.any()


def test_answers_in_words() -> None:
    frame = pd.DataFrame({"a": ["是", "否", "", "perhaps", None]})
    says, said = yes_answers(frame, "a")
    assert list(says) == [True, False, False, False, False] and list(said) == [True, True, False, False, False]
    assert not yes_answers(frame, "absent")[1].any()
