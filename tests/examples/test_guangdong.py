"""The example study: whole people, real names, points inside their counties, everything synthetic marked."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from results import demo_of_this_code, summary_of
from scipy.spatial import cKDTree

from infraplan import presets
from infraplan.errors import UsageError
from infraplan.examples.city_extract import Example, city_codes, of_cities
from infraplan.examples.guangdong import build, study_text, write_example
from infraplan.examples.random_points import Plane
from infraplan.examples.relief import read_means, with_means
from infraplan.examples.source_data import Sources, data_folder, read_sources

PEOPLE = 126_012_510
SEED = 440_000
CODES = {"county": str, "city": str}


@pytest.fixture(scope="module")
def folder(example: Path) -> Path:
    return example / "study"


@pytest.fixture(scope="module")
def qingyuan(tmp_path_factory: pytest.TempPathFactory, made: Example, sources: Sources) -> Path:
    target = tmp_path_factory.mktemp("qingyuan")
    cities = city_codes(sources, ["清远市"])
    write_example(of_cities(made, sources, cities), target, sources, SEED, cities)
    return target


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
    assert (villages["position_error_m"] > 0).all() and villages["synthetic"].all() and sites["synthetic"].all()
    assert (places["synthetic"] == ~places["place_class"].isin(["township", "county_seat"])).all()


def test_places_are_real_or_have_no_point(places: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, sources: Sources) -> None:
    towns = places[places["place_class"] == "township"]
    assert len(towns) == 1757 and set(towns["id"]) == set(sources.townships["code"])
    assert set(towns["kind"]) <= {"镇", "乡", "街道", "其他"}
    located = towns[~towns.geometry.isna()]
    assert len(located) == 1295
    real = set(zip(sources.settlements["lon"].round(5), sources.settlements["lat"].round(5), strict=True))
    everywhere = places[~places.geometry.isna() & ~places["synthetic"]]
    assert set(zip(everywhere.geometry.x.round(5), everywhere.geometry.y.round(5), strict=True)) <= real
    assert (everywhere["position_error_m"] > 0).all() and everywhere["point_source"].str.startswith("GeoNames ").all()
    seats = places[places["place_class"] == "county_seat"]
    assert seats["county"].is_unique and len(seats) == 123
    outlines = zones[zones["level"] == "county"].set_index("adcode").geometry
    assert everywhere.within(outlines.reindex(everywhere["county"]).set_axis(everywhere.index)).all()


def test_5g_stations_are_those_published(sites: pd.DataFrame, zones: gpd.GeoDataFrame) -> None:
    nr = sites[sites["services"].str.startswith("nr-")]
    by_city = nr.groupby("city").size()
    assert len(nr) == 98_613
    assert by_city[["440300", "440100", "441900", "440600"]].tolist() == [30_591, 23_555, 8_305, 7_472]
    others = zones[(zones["level"] == "city") & ~zones["adcode"].isin(["440300", "440100", "441900", "440600"])].set_index("adcode")
    urban = others["population"] * others["urban_share"]
    assert (by_city[others.index] - (98_613 - 69_923) * urban / urban.sum()).abs().max() <= 1
    assert (nr["built"] <= "2019-12-31").sum() == 36_988
    assert nr["built"].between("2019-06-06", "2020-08-31").all()


def test_5g_networks_and_masts_follow_the_rule(sites: pd.DataFrame) -> None:
    nr = sites[sites["services"].str.startswith("nr-")]
    assert set(zip(nr["services"], nr["operators"], strict=True)) == {("nr-n41", "cmcc"), ("nr-n78", "ctcc+cucc")}
    assert (nr["services"] == "nr-n41").mean() == pytest.approx(0.472, abs=0.001)
    assert len(nr) / nr["mast"].nunique() == pytest.approx(1.64, abs=0.01)
    assert (nr["azimuth_deg"].str.count("/") == 2).all() and sites[["carrier_power_dbm", "antenna"]].notna().all().all()
    one_a_mast = sites.groupby("mast")[["lon", "lat", "height_m", "azimuth_deg", "host", "city"]].nunique()
    assert (one_a_mast == 1).all().all(), "what stands on a mast stands at one place, at one height"


def test_nbiot_stays_below_its_goal_and_follows_people(sites: pd.DataFrame, zones: gpd.GeoDataFrame) -> None:
    nbiot = sites[sites["services"].str.startswith("nbiot-")]
    assert len(nbiot) == round(70_000 * 1182 / 1304) == 63_451
    assert set(nbiot["services"]) == {"nbiot-800", "nbiot-900", "nbiot-1800"} and set(nbiot["operators"]) == {"cmcc", "ctcc", "cucc"}
    people = zones[zones["level"] == "city"].set_index("adcode")["population"]
    assert (nbiot.groupby("city").size() - 63_451 * people / PEOPLE).abs().max() <= 10, "a few stand on a mast across the border"
    assert nbiot["built"].between("2017-06-06", "2020-08-31").all() and (nbiot["azimuth_deg"] == "omni").any()
    assert not sites.duplicated(["mast", "operators", "services"]).any()


def test_masts_stand_apart(sites: pd.DataFrame) -> None:
    masts = sites.drop_duplicates("mast")
    place = np.column_stack(Plane(masts["lon"], masts["lat"]).flat(masts["lon"], masts["lat"]))
    assert len(cKDTree(place).query_pairs(20.0)) == 0


def test_sites_stand_where_people_live(sites: pd.DataFrame, villages: gpd.GeoDataFrame) -> None:
    """Within a city by people: a county's share of its city's masts is its share of its people."""
    nr = sites[sites["services"].str.startswith("nr-")].drop_duplicates("mast")
    people = villages.groupby(["city", "county"])["population"].sum()
    wanted = people / people.groupby("city").transform("sum") * nr.groupby("city").size().reindex(people.index, level="city")
    found = nr.groupby(["city", "county"]).size().reindex(wanted.index, fill_value=0)
    assert ((found - wanted).abs() <= 5 + 0.03 * wanted).all()


def test_relief_keeps_the_means_of_p1511(folder: Path, sources: Sources) -> None:
    with rasterio.open(folder / "dem.tif") as dem:
        assert dem.tags()["synthetic"] == "true" and "P.1511" in dem.tags()["source"]
        height_m, bounds = dem.read(1), dem.bounds
        sea = [value[0] for value in dem.sample([(114.5, 21.0), (116.5, 22.0), (112.0, 20.5)])]
    assert sea == [0, 0, 0] and height_m.min() == 0 and 1500 < height_m.max() < 2500
    means = read_means(sources.folder / sources.rules["relief"]["means"], (bounds.left, bounds.bottom, bounds.right, bounds.top))
    rows, cols = means.height_m.shape
    assert (rows * 40, cols * 40) == height_m.shape
    blocks = height_m.reshape(rows, 40, cols, 40)
    land = (blocks > 0).mean(axis=(1, 3))
    error_m = np.abs(blocks.mean(axis=(1, 3)) - np.maximum(means.height_m, 0))
    assert error_m[land >= 0.25].max() <= 2.0 and np.median(error_m[land >= 0.25]) < 0.2
    assert (land >= 0.25).sum() > 4000 and blocks.std(axis=(1, 3))[land == 1].mean() > 50, "there is relief inside the cells"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_any_cell_means_can_be_kept(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted_m = rng.uniform(20, 800, (4, 5))
    detail = rng.uniform(0.3, 2.0, (160, 200)).astype(np.float32)
    height_m = with_means(wanted_m, detail, np.ones(detail.shape, bool))
    assert np.allclose(height_m.reshape(4, 40, 5, 40).mean(axis=(1, 3)), wanted_m, rtol=0.05)


def test_an_existing_study_is_not_overwritten(folder: Path) -> None:
    before = (folder / "study.toml").read_bytes()
    with pytest.raises(UsageError):
        build(folder)
    assert (folder / "study.toml").read_bytes() == before


def test_every_file_the_study_names_is_there(folder: Path) -> None:
    from infraplan.study import Study

    study = Study.open(folder)
    assert study.config.study.synthetic and study.config.plan.target == "nr-pop90"
    for name in ("zones", "villages", "places", "sites", "corridors"):
        path = study.path(name)
        assert path is not None and path.is_file()
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "GeoNames" in readme and "CC BY 4.0" in readme and "审图号" in readme


@pytest.mark.thorough
@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    """The study that `make demo` left, if this very code made it whole; else one made here."""
    none: list[str] = []
    demo = demo_of_this_code(none.append)
    whole = not none and summary_of(demo)["population"]["total"] == PEOPLE
    again = demo / "study" if whole else build(tmp_path / "again", output="..").parent
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [name for name in files if (folder / name).read_bytes() != (again / name).read_bytes()] == []


def test_data_is_found_and_small() -> None:
    data = data_folder()
    assert (data / "boundaries" / "guangdong.gpkg").stat().st_size < 2_000_000
    for room in ("boundaries", "settlements", "sites", "relief"):
        assert (data / room / "PROVENANCE.md").is_file()


def test_land_cover_knows_towns_villages_woods_and_water(folder: Path, villages: gpd.GeoDataFrame) -> None:
    with rasterio.open(folder / "landcover.tif") as cover, rasterio.open(folder / "dem.tif") as dem:
        assert cover.tags()["synthetic"] == "true" and cover.bounds == pytest.approx(dem.bounds)
        assert cover.shape == (dem.height * 3, dem.width * 3)
        assert cover.res[0] * 111_320 < 100, "finer than a radio path's step"
        classes, height_m, transform = cover.read(1), dem.read(1), cover.transform
    assert set(np.unique(classes)) == {1, 2, 3, 4, 5}
    height_m = np.repeat(np.repeat(height_m, 3, axis=0), 3, axis=1)
    assert (classes[height_m == 0] == 1).all() and (classes[height_m > 0] != 1).all()
    assert (classes[height_m > 600] == 4).mean() > 0.95, "mountains are wooded"
    rural = villages[(villages["kind"] == "village").to_numpy()]
    col, row = ~transform * (rural.geometry.x.to_numpy(), rural.geometry.y.to_numpy())
    here = classes[np.floor(row).astype(int), np.floor(col).astype(int)]
    assert (here >= 3).mean() > 0.95 and (here == 2).mean() < 0.01, "a village stands among its houses, not in the open"


def test_the_ground_goes_in_by_the_readers_door(folder: Path, zones: gpd.GeoDataFrame) -> None:
    from infraplan.geo.grids import Grid
    from infraplan.io.rasters import read_terrain

    terrain = read_terrain(folder / "dem.tif", Grid.over(zones, 1000), clutter=folder / "landcover.tif", clutter_table="p1812")
    assert terrain.synthetic and np.isfinite(terrain.height_m).all() and terrain.filled_pixels == terrain.sea_pixels == 0
    assert terrain.clutter is not None and set(np.unique(terrain.clutter.height_m)) == {0.0, 10.0, 15.0, 20.0}
    assert set(np.unique(terrain.zone)) == {1, 3, 4}


def test_any_output_path_gives_a_readable_study(sources: Sources, zones: gpd.GeoDataFrame) -> None:
    import tomllib

    for path in ("results", 'a"b', "..\\结果", "x\ny"):
        for lang in ("zh", "en"):
            assert tomllib.loads(study_text(lang, sources, zones, (), path))["study"]["output"] == path


def test_committees_are_not_called_village_village(villages: gpd.GeoDataFrame) -> None:
    for column in ("name", "committee"):
        assert not villages[column].fillna("").str.contains("村村").any()


def test_a_city_s_study_is_a_part_of_the_whole(qingyuan: Path, folder: Path, sites: pd.DataFrame) -> None:
    part = pd.read_csv(qingyuan / "sites.csv", dtype=CODES)
    own, neighbours = part[part["city"] == "441800"], part[part["city"] != "441800"]
    whole = sites.set_index("id").loc[part["id"]].reset_index()[part.columns]
    pd.testing.assert_frame_equal(part, whole)
    assert len(own) == (sites["city"] == "441800").sum() and set(neighbours["city"]) >= {"440100", "440200"}
    zones = gpd.read_file(qingyuan / "zones.gpkg")
    assert set(zones["level"]) == {"city", "county"} and len(zones) == 9
    flat = zones[zones["level"] == "city"].to_crs(32649)
    points = gpd.GeoSeries(gpd.points_from_xy(neighbours["lon"], neighbours["lat"]), crs=4326).to_crs(32649)
    away_km = points.distance(flat.geometry.iloc[0]).to_numpy() / 1000
    nr = neighbours["services"].str.startswith("nr-").to_numpy()
    assert 9 < away_km[nr].max() <= 10 and 19 < away_km[~nr].max() <= 20
    for name in ("dem.tif", "landcover.tif"):
        with rasterio.open(qingyuan / name) as some, rasterio.open(folder / name) as every:
            window = every.window(*some.bounds).round_offsets().round_lengths()
            assert np.array_equal(some.read(1), every.read(1, window=window))
            west, south, east, north = some.bounds
        assert points.to_crs(4326).within(shapely.box(west, south, east, north)).all()


def test_a_city_s_study_goes_in_by_the_readers_door(qingyuan: Path) -> None:
    from infraplan.study import Study

    study = Study.open(qingyuan)
    sites = study.sites
    assert set(sites["city"]) > {"441800"} and study.config.study.name == "guangdong-441800"
    assert set(study.villages["city"]) == {"441800"} and study.villages["population"].sum() == study.zones["population"].iloc[0]
    assert any("neighbour" in str(fault.rule) for fault in sites.attrs.get("warnings", [])) or len(sites)


def test_an_unknown_city_is_refused() -> None:
    with pytest.raises(UsageError, match="441800"):
        city_codes(read_sources("example_guangdong"), ["441899"])


def test_the_first_network_is_kept() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
    from old_network import old_sites

    sites = old_sites()
    assert len(sites) == 11_000 and sites["id"].is_unique and set(sites["city"].str[:2]) == {"44"}
