"""Sharing out whole people; the shipped outlines and names against their reference."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from infraplan.examples.people import scaled_to_sum
from infraplan.examples.random_points import scatter_inside, uniform_inside
from infraplan.examples.source_data import apportion, data_folder, near_parts


@given(st.integers(0, 10**9), st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_apportion_shares_out_every_one(total: int, weights: list[float]) -> None:
    share = apportion(total, weights)
    assert (share >= 0).all()
    if sum(weights) > 0:
        assert share.sum() == total
        scaled = np.array(weights) / max(weights)
        exact = scaled * (total / scaled.sum())
        assert (np.abs(share - exact) <= 1 + 1e-6 * total).all()
    else:
        assert share.sum() == 0


@given(st.integers(1, 10**6), st.lists(st.floats(0.1, 1e4), min_size=1, max_size=50), st.integers(1, 5))
def test_sizes_sum_exactly_and_keep_the_floor(people: int, draws: list[float], minimum: int) -> None:
    size = scaled_to_sum(people, np.array(draws), minimum)
    assert size.sum() == people
    assert size.min() >= min(minimum, people // len(draws))


def test_points_stay_inside() -> None:
    star = shapely.Point(113, 23).buffer(0.1).difference(shapely.Point(113.03, 23).buffer(0.09))
    rng = np.random.default_rng(1)
    lon, lat = uniform_inside(star, 500, rng)
    assert len(lon) == 500 and shapely.contains_xy(star, lon, lat).all()
    x, y = scatter_inside(star, lon, lat, lambda rows: (rng.normal(0, 5000, len(rows)), rng.normal(0, 5000, len(rows))), rng)
    assert shapely.contains_xy(star, x, y).all()


def test_an_atoll_far_away_is_left_out() -> None:
    shape = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1.1, 0, 1.2, 0.1), shapely.box(5, 5, 5.2, 5.2)])
    assert near_parts(shape, 0.6).area == pytest.approx(1.01)


def test_outlines_are_whole_and_nested() -> None:
    zones = gpd.read_file(data_folder() / "boundaries" / "guangdong.gpkg")
    assert zones.crs == "EPSG:4326" and zones["level"].value_counts().to_dict() == {"county": 124, "city": 21, "province": 1}
    assert zones.geometry.is_valid.all() and zones["adcode"].str.fullmatch("44\\d{4}").all()
    assert zones.loc[zones["adcode"].isin(["441900", "442000"]), "level"].tolist() == ["city", "city", "county", "county"]
    flat = zones.to_crs("ESRI:54034")
    city, county = flat[flat["level"] == "city"].set_index("adcode"), flat[flat["level"] == "county"]
    area = county.geometry.area.groupby(county["parent"].to_numpy()).sum()
    assert np.allclose(area, city.geometry.area.reindex(area.index), rtol=1e-3)
    assert county.geometry.area.sum() == pytest.approx(county.geometry.union_all().area, rel=1e-6), "counties do not overlap"
    assert county.geometry.area.sum() == pytest.approx(flat.loc[flat["level"] == "province"].geometry.area.iloc[0], rel=1e-6)
    assert zones["name_en"].str.fullmatch("[A-Z][A-Za-z' ]+").all()


def test_outlines_are_those_of_the_reference(shared_dir: Path) -> None:
    ours = gpd.read_file(data_folder() / "boundaries" / "guangdong.gpkg")
    for level, file, key in (("province", "province", "province"), ("city", "city", "city"), ("county", "district", "district")):
        theirs = gpd.read_file(shared_dir / "data" / "guangdong" / f"gd_{file}_tianditu.geojson")
        theirs = theirs.assign(adcode=theirs[f"{key}_adcode"].astype(str)).set_index("adcode").to_crs("ESRI:54034")
        mine = ours[ours["level"] == level].set_index("adcode").to_crs("ESRI:54034")
        assert set(mine.index) == set(theirs.index)
        assert (mine["name"] == theirs[f"{key}_name"].reindex(mine.index)).all()
        gap = mine.geometry.symmetric_difference(theirs.geometry.reindex(mine.index)).area / mine.geometry.area
        assert gap.max() < 0.004 and gap.median() < 1e-4


def test_settlements_are_those_of_the_reference(shared_dir: Path) -> None:
    ours = pd.read_csv(data_folder() / "settlements" / "guangdong_places.csv", dtype={"county": str, "township": str})
    ours = ours.set_index("geonameid")
    theirs = pd.read_csv(shared_dir / "data" / "guangdong" / "gd_geonames_cities500.csv").set_index("geonameid").reindex(ours.index)
    assert len(ours) == 1657 and theirs["lon"].notna().all()
    assert np.allclose(ours[["lon", "lat"]], theirs[["lon", "lat"]], atol=1e-5)
    code = theirs["county_adcode"].map(lambda value: "" if pd.isna(value) else f"{value:.0f}")
    assert (ours["county"].fillna("") == code).mean() > 0.998
