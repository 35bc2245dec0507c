"""The example study: whole people, real names, points inside their counties, everything synthetic marked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from infraplan import presets
from infraplan.errors import UsageError
from infraplan.examples.guangdong import build
from infraplan.examples.network import tuned
from infraplan.examples.sources import Sources, data_folder, read_sources

PEOPLE = 126_012_510
CODES = {"county": str, "city": str}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("example")).parent


@pytest.fixture(scope="module")
def sources() -> Sources:
    return read_sources("example_guangdong")


@pytest.fixture(scope="module")
def zones(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "zones.gpkg")


@pytest.fixture(scope="module")
def villages(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "villages.gpkg", use_arrow=True)


@pytest.fixture(scope="module")
def places(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(folder / "places.gpkg")


@pytest.fixture(scope="module")
def sites(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "sites.csv", dtype=CODES)


def test_the_census_is_the_bulletin() -> None:
    census = presets.load("census_guangdong_2020")
    assert len(census["city"]) == 21
    assert sum(city["population"] for city in census["city"]) == census["population"] == PEOPLE


def test_the_zone_lists_agree_with_the_outlines(zones: gpd.GeoDataFrame) -> None:
    lists = presets.load("zones_guangdong")
    cities = zones[zones["level"] == "city"].set_index("adcode")
    assert sorted(lists["city_order"]) == sorted(cities.index) and len(set(lists["city_order"])) == 21
    order = "广州 深圳 珠海 汕头 佛山 韶关 河源 梅州 惠州 汕尾 东莞 中山 江门 阳江 湛江 茂名 肇庆 清远 潮州 揭阳 云浮"
    assert " ".join(cities["name"][code].removesuffix("市") for code in lists["city_order"]) == order
    delta, rest = (set(lists["groups"][name]["cities"]) for name in ("delta", "east_west_north"))
    assert len(delta) == 9 and not delta & rest and delta | rest == set(cities.index)


def test_every_level_sums_to_the_census(zones: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> None:
    assert zones.groupby("level")["population"].sum().to_dict() == {"province": PEOPLE, "city": PEOPLE, "county": PEOPLE}
    assert villages["population"].sum() == PEOPLE
    for level in ("city", "county"):
        wanted = zones[zones["level"] == level].set_index("adcode")["population"]
        found = villages.groupby(level)["population"].sum()
        assert (found.reindex(wanted.index) == wanted).all()
    census = pd.DataFrame(presets.load("census_guangdong_2020")["city"]).set_index("adcode")
    urban = villages[villages["urban"]].groupby("city")["population"].sum()
    assert (urban == (census["population"] * census["urban_share"]).round()).all()


def test_villages_follow_the_law_they_were_drawn_from(villages: gpd.GeoDataFrame) -> None:
    rural = villages[villages["kind"] == "village"]
    assert 110_000 < len(rural) < 120_000
    size = np.log(rural["population"])
    assert size.mean() == pytest.approx(5.256, abs=0.02) and size.std() == pytest.approx(0.877, abs=0.02)
    small = (rural["households"] < 20).mean()
    assert 0.05 < small < 0.2, "both sides of 20 households"
    assert rural["population"].sum() / rural["households"].sum() == pytest.approx(3.0, abs=0.1)


def test_blocks_are_small_and_spread(villages: gpd.GeoDataFrame) -> None:
    blocks = villages[villages["kind"] == "block"]
    assert blocks["population"].max() <= 2000 and blocks["population"].min() > 0
    assert villages.geometry.duplicated().sum() < 20, "of 176,000 points, rounded to a metre"
    per_km2 = blocks.to_crs("ESRI:54034")
    squares = pd.Series(np.floor(per_km2.geometry.x / 1000) * 1e6 + np.floor(per_km2.geometry.y / 1000))
    assert blocks.groupby(squares.to_numpy())["population"].sum().max() < 120_000


def test_every_point_lies_in_its_county(zones: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, sites: pd.DataFrame) -> None:
    outlines = zones[zones["level"] == "county"].set_index("adcode").geometry
    points = gpd.GeoDataFrame(sites, geometry=gpd.points_from_xy(sites["lon"], sites["lat"]), crs=4326)
    for table in (villages, points):
        for county, rows in table.groupby("county"):
            assert rows.within(outlines[county]).all(), county


def test_names_of_towns_and_committees_are_real(villages: gpd.GeoDataFrame, sources: Sources) -> None:
    towns = set(zip(sources.townships["county"], sources.townships["name"], strict=True))
    committees = set(zip(sources.committees["county"], sources.committees["short"], strict=True))
    rural = villages[villages["kind"] == "village"]
    assert all(pair in towns for pair in set(zip(rural["county"], rural["town"], strict=True)))
    named = rural[rural["committee"] != ""]
    assert len(named) > 0.99 * len(rural)
    assert all(pair in committees for pair in set(zip(named["county"], named["committee"], strict=True)))
    assert rural["name"].str.contains("㙟").any() and rural["name"].str.contains("坜").any(), "characters a poor font lacks"


def test_ids_are_unique_and_what_is_not_known_is_empty(villages: gpd.GeoDataFrame, sites: pd.DataFrame, places: gpd.GeoDataFrame) -> None:
    for table in (villages, sites, places):
        assert table["id"].is_unique
    assert villages["fibre"].isna().all() and (villages["position_error_m"] > 0).all()
    assert villages["synthetic"].all() and sites["synthetic"].all() and not places["synthetic"].any()


def test_places_are_real_or_have_no_point(places: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, sources: Sources) -> None:
    towns = places[places["place_class"] == "township"]
    assert len(towns) == 1757 and set(towns["id"]) == set(sources.townships["code"])
    assert set(towns["kind"]) <= {"镇", "乡", "街道", "其他"}
    located = towns[~towns.geometry.isna()]
    assert len(located) == 1295
    real = set(zip(sources.settlements["lon"].round(5), sources.settlements["lat"].round(5), strict=True))
    everywhere = places[~places.geometry.isna()]
    assert set(zip(everywhere.geometry.x.round(5), everywhere.geometry.y.round(5), strict=True)) <= real
    assert (everywhere["position_error_m"] > 0).all() and everywhere["point_source"].str.startswith("GeoNames ").all()
    seats = places[places["place_class"] == "county_seat"]
    assert seats["county"].is_unique and len(seats) == 123
    outlines = zones[zones["level"] == "county"].set_index("adcode").geometry
    assert everywhere.within(outlines.reindex(everywhere["county"]).set_axis(everywhere.index)).all()


def test_sites_are_plausible(sites: pd.DataFrame) -> None:
    nr, nbiot = sites[sites["services"].str.contains("nr-")], sites[sites["services"].str.contains("nbiot-")]
    assert len(nr) == 6000 and len(nbiot) == 5000
    assert {"nr-n41", "nr-n78"} <= set(nr["services"]) <= {"nr-n41", "nr-n41;nr-n28", "nr-n78"}
    assert set(nbiot["services"]) == {"nbiot-800", "nbiot-900", "nbiot-1800"}
    assert set(nr["operators"]) == {"cbn+cmcc", "ctcc+cucc"} and set(nbiot["operators"]) == {"cmcc", "ctcc", "cucc"}
    assert (nr.loc[nr["services"] == "nr-n78", "operators"] == "ctcc+cucc").all()
    assert (nr["azimuth_deg"].str.count("/") == 2).all() and (nbiot["azimuth_deg"] == "omni").any()
    assert nbiot["height_m"].min() >= 30 and set(sites["environment"]) <= {"dense_urban", "urban", "suburban", "rural"}
    delta = set(presets.load("zones_guangdong")["groups"]["delta"]["cities"])
    assert nr["city"].isin(delta).mean() > 0.6
    shared = nr[nr.duplicated("mast", keep=False)]
    assert len(shared) and (shared.groupby("mast")["operators"].nunique() == 2).all()
    assert pd.to_datetime(sites["built"]).between("2017-01-01", "2020-12-31").all()


def test_relief_is_high_in_the_north_flat_in_the_delta_and_zero_at_sea(folder: Path, zones: gpd.GeoDataFrame) -> None:
    with rasterio.open(folder / "dem.tif") as dem:
        assert dem.tags()["synthetic"] == "true"
        height_m = dem.read(1)
        assert 1000 < height_m.max() < 2000 and height_m.min() == 0
        sea = [value[0] for value in dem.sample([(114.5, 21.0), (116.5, 22.0), (112.0, 20.5)])]
        assert sea == [0, 0, 0]
        inside = zones[zones["level"] == "city"].set_index("name").geometry
        mean_m = {}
        for name in ("韶关市", "中山市"):
            window = rasterio.windows.from_bounds(*inside[name].bounds, dem.transform)
            mean_m[name] = dem.read(1, window=window).mean()
    assert mean_m["韶关市"] > 200 and mean_m["中山市"] < 30


def test_an_existing_study_is_not_overwritten(folder: Path) -> None:
    before = (folder / "study.toml").read_bytes()
    with pytest.raises(UsageError):
        build(folder)
    assert (folder / "study.toml").read_bytes() == before


def test_every_file_the_study_names_is_there(folder: Path) -> None:
    from infraplan.study import Study

    study = Study.open(folder)
    assert study.config.study.synthetic and study.config.plan.target == "nr-pop90"
    for name in ("zones", "villages", "places", "sites"):
        path = study.path(name)
        assert path is not None and path.is_file()
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "GeoNames" in readme and "CC BY 4.0" in readme and "审图号" in readme


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "again").parent
    files = sorted(path.name for path in folder.iterdir())
    assert files == sorted(path.name for path in again.iterdir())
    assert [name for name in files if (folder / name).read_bytes() != (again / name).read_bytes()] == []


def test_data_is_found_and_small() -> None:
    data = data_folder()
    assert (data / "boundaries" / "guangdong.gpkg").stat().st_size < 2_000_000
    for room in ("boundaries", "settlements", "sites"):
        assert (data / room / "PROVENANCE.md").is_file()


def test_land_cover_knows_towns_woods_and_water(folder: Path, zones: gpd.GeoDataFrame) -> None:
    with rasterio.open(folder / "landcover.tif") as cover, rasterio.open(folder / "dem.tif") as dem:
        assert cover.tags()["synthetic"] == "true" and cover.shape == dem.shape and cover.transform == dem.transform
        classes, height_m = cover.read(1), dem.read(1)
    assert set(np.unique(classes)) == {1, 2, 3, 4, 5}
    assert (classes[height_m == 0] == 1).all() and (classes[height_m > 0] != 1).all()
    assert (classes[height_m > 600] == 4).mean() > 0.95, "mountains are wooded"


def test_the_ground_goes_in_by_the_readers_door(folder: Path, zones: gpd.GeoDataFrame) -> None:
    from infraplan.geo.grids import Grid
    from infraplan.io.rasters import read_terrain

    terrain = read_terrain(folder / "dem.tif", Grid.over(zones, 1000), clutter=folder / "landcover.tif", clutter_table="p1812")
    assert terrain.synthetic and np.isfinite(terrain.height_m).all() and terrain.filled_pixels == terrain.sea_pixels == 0
    assert terrain.clutter is not None and set(np.unique(terrain.clutter.height_m)) == {0.0, 10.0, 15.0, 20.0}
    assert set(np.unique(terrain.zone)) == {1, 3, 4}


def test_the_model_chooses_the_network(sources: Sources) -> None:
    over_terrain = replace(sources, rules={**sources.rules, "model": "p1812"})
    without = replace(sources, rules={**sources.rules, "model": "statistical"})
    assert tuned(over_terrain, "nr") != tuned(without, "nr") == sources.rules["network"]["nr"]
    assert tuned(over_terrain, "nbiot") == tuned(without, "nbiot")


def test_any_output_path_gives_a_readable_study() -> None:
    import tomllib

    from infraplan.messages import say

    for path in ("results", 'a"b', "..\\结果", "x\ny"):
        for lang in ("zh", "en"):
            text = say("examples.study", lang, output=json.dumps(path, ensure_ascii=False), model="statistical")
            assert tomllib.loads(text)["study"]["output"] == path
