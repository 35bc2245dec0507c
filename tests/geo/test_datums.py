"""Shifted datums: published points, laws of the round trip, the border."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.errors import UsageError
from infraplan.geo.datums import from_wgs84, in_shifted_area, to_wgs84

SHIFTED = ("gcj02", "bd09", "bd09mc")


def metres(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    return float(np.hypot((lon_a - lon_b) * np.cos(np.radians(lat_a)), lat_a - lat_b) * 111_320)


@pytest.mark.parametrize(
    ("datum", "lon", "lat"), [("gcj02", 116.41024449916938, 39.91640428150164), ("bd09", 116.41662724378733, 39.922699552216216)]
)
def test_tiananmen_as_the_public_reconstructions_give_it(datum: str, lon: float, lat: float) -> None:
    """WGS-84 116.404, 39.915: the sample point of most public converters."""
    assert from_wgs84(116.404, 39.915, datum) == (pytest.approx(lon, abs=1e-9), pytest.approx(lat, abs=1e-9))


@pytest.mark.parametrize("datum", SHIFTED)
def test_round_trip_inside_the_mainland(datum: str) -> None:
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(75, 130, 50_000), rng.uniform(20, 48, 50_000)
    inside = in_shifted_area(lon, lat)
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert np.abs(back_lon - lon)[inside].max() < 1e-9
    assert np.abs(back_lat - lat)[inside].max() < 1e-9


@given(lon=st.floats(109.7, 117.2), lat=st.floats(20.3, 25.5), datum=st.sampled_from(SHIFTED))
def test_round_trip_in_guangdong(lon: float, lat: float, datum: str) -> None:
    if in_shifted_area(lon, lat):
        back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
        assert back == (pytest.approx(lon, abs=1e-9), pytest.approx(lat, abs=1e-9))


@given(lon=st.floats(110, 116), lat=st.floats(23.5, 25))
def test_the_shift_is_a_few_hundred_metres(lon: float, lat: float) -> None:
    assert 300 < metres(lon, lat, *map(float, from_wgs84(lon, lat, "gcj02"))) < 750


@pytest.mark.parametrize(
    ("name", "lon", "lat", "shifted"),
    [
        ("Hong Kong, Central", 114.158, 22.282, False),
        ("Hong Kong, Sheung Shui", 114.128, 22.501, False),
        ("Macau", 113.543, 22.195, False),
        ("Shenzhen, Dongmen", 114.123, 22.548, True),
        ("Shenzhen, Shekou", 113.915, 22.485, True),
        ("Zhuhai, Xiangzhou", 113.550, 22.27, True),
        ("Zhuhai, Hengqin", 113.53, 22.13, True),
        ("Taipei", 121.56, 25.03, False),
        ("Lao Cai", 103.9707, 22.4856, False),
        ("Hekou", 103.962, 22.529, True),
        ("Mong Cai", 107.966, 21.524, False),
        ("Dongxing", 107.97, 21.547, True),
        ("Seoul", 126.98, 37.57, False),
        ("Nan'ao island", 117.02, 23.42, True),
        ("Shangchuan island", 112.8, 21.7, True),
        ("London", -0.1, 51.5, False),
    ],
)
def test_where_the_shift_applies(name: str, lon: float, lat: float, shifted: bool) -> None:
    assert bool(in_shifted_area(lon, lat)) is shifted
    moved = from_wgs84(lon, lat, "gcj02")
    assert (metres(lon, lat, float(moved[0]), float(moved[1])) > 50) is shifted


def test_shapes_nan_and_names() -> None:
    lon, lat = to_wgs84(np.full((2, 3), 113.26), 23.13, "gcj02")
    assert lon.shape == lat.shape == (2, 3)
    assert np.isnan(to_wgs84(np.nan, 23.0, "bd09")[0])
    assert to_wgs84(113.26, 23.13, "cgcs2000") == (113.26, 23.13)
    with pytest.raises(UsageError, match="gcj02"):
        to_wgs84(0, 0, "gcj2")
