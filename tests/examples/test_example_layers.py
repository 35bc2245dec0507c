"""The example shows each clause: its synthetic places, lines, answers and registers, and a number in every row that data could fill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import infraplan as ip
from infraplan.backhaul import road_network
from infraplan.coverage.prediction import Coverage, Layer
from infraplan.examples.city_extract import Example, near_lines
from infraplan.examples.invented_places import answers, polygon_about
from infraplan.examples.invented_registers import invented_registers
from infraplan.examples.source_data import Sources, read_sources
from infraplan.geo.grids import metric_crs
from infraplan.policy.targets import read_policy
from infraplan.tables.reprojection import to_plane

SEED = 440_000
POLICIES = ("guangdong-2020", "guangdong-2018")
NOT_MEASURED = {
    "sme-fees": "a price", "smart-poles": "a candidate host", "data-centres": "no coverage", "enterprises-cloud": "software",
    "free-premises": "a cost scenario", "central-premises": "candidate hosts", "private-bands": "spectrum",
}  # fmt: skip
NONE_IN_A_CITY = {"metro", "intercity"}
"""Parts of nr-transport that most cities have none of."""


@pytest.fixture(scope="module")
def card(made: Example) -> pd.DataFrame:
    """The scorecard on a map that serves everywhere: what it says is not asked here, but that every row has a number."""
    grid = ip.Grid.over(made.zones, resolution_m=5000)
    everywhere = Layer(np.full(grid.shape, 12.0, np.float32), np.zeros(grid.shape, np.int32))
    layers = {(family, network): everywhere for family in ("nr", "nbiot") for network in ("any", "cbn+cmcc", "ctcc+cucc")}
    services = ip.services("nr-n41", "nbiot-900", reliability=0.9)
    first: Any = np.array(["x/nr-n41/1"], object), np.array(["nr-n41"], object)
    cover = Coverage(grid, services, layers, *first, "statistical", ("by hand",), 0.9, 20.0, 0)
    sites = gpd.GeoDataFrame(made.sites, geometry=gpd.points_from_xy(made.sites["lon"], made.sites["lat"]), crs=4326)
    registers = {name: table.drop(columns="city") for name, table in made.registers.items()}
    found = ip.scorecard(
        read_policy(*POLICIES), cover, zones=made.zones, villages=made.people, places=made.places, sites=sites, corridors=made.lines,
        registers=registers, synthetic=True,
    )  # fmt: skip
    return found[found["network"].isin(["any", ""]) & (found["zone"] != "")]


def test_no_clause_lacks_data(card: pd.DataFrame) -> None:
    """No level has a row without data; of the province every row has a number, but for those that no map or table measures."""
    lacking = card.loc[card["status"] == "no_data", ["id", "part", "zone_level", "zone", "evidence"]]
    assert not len(lacking), lacking.to_string()
    whole = card[card["zone_level"] == "province"]
    assert len(whole) == 91
    assert set(whole.loc[whole["status"] == "not_measured", "id"]) == set(NOT_MEASURED)
    assert set(whole["status"]) <= {"example", "layer_incomplete", "not_measured"}
    judged = whole[whole["status"] != "not_measured"]
    assert (judged["achieved"].notna() & (judged["denominator"] > 0)).all()


def test_cities_have_a_number_or_none_of_the_things(card: pd.DataFrame) -> None:
    city = card[card["zone_level"] == "city"]
    none = city[city["status"] == "none_here"]
    assert set(none["id"]) == {"nr-transport"} and set(none["part"]) == NONE_IN_A_CITY
    other = city[city["status"] == "not_applicable"]
    assert set(other["id"]) == {"nr-prd-townships", "priority-first"}


def test_shenzhen_has_no_town(card: pd.DataFrame) -> None:
    rows = card[(card["zone"] == "440300") & (card["id"] == "nr-prd-townships")].set_index("part")
    assert rows.loc["towns", "status"] == "not_applicable" and rows.loc["subdistricts", "status"] == "example"


def test_all_that_is_invented_says_so(made: Example) -> None:
    invented = made.places[made.places["synthetic"]]
    assert len(invented) > 25_000 and invented["name"].str.startswith("示例").all() and (invented["point_source"] == "infraplan").all()
    assert set(made.places.loc[~made.places["synthetic"], "place_class"]) == {"township", "county_seat"}
    assert made.lines["synthetic"].all() and made.lines["name"].str.startswith("示例").all()
    assert all(table["synthetic"].all() for table in made.registers.values())
    assert made.places["id"].is_unique and made.lines["id"].is_unique


def test_places_follow_the_people(made: Example, sources: Sources) -> None:
    """As many as the rule says, in every city at least one of each class, in the county they state."""
    rules = sources.layers["place"]
    counts = made.places.groupby(["place_class", "city"]).size()
    people = sources.zones[sources.zones["level"] == "city"].set_index("adcode")["population"]
    wanted = (people / rules["school"]["people"]).round()
    assert (counts["school"] == wanted.reindex(counts["school"].index)).all()
    assert set(counts["utility_point"].index) == {"440100", "440300", "440400"} and len(counts["event_venue"]) == 21
    assert (made.places[made.places["place_class"] == "culture"].groupby("county")["kind"].nunique() == 4).all()
    points = made.places[(made.places["place_class"] == "hospital").to_numpy()]
    outlines = sources.counties.geometry.reindex(points["county"]).set_axis(points.index)
    assert points.within(outlines).all()
    events = set(made.places.loc[made.places["place_class"] == "event_venue", "name"].str.removeprefix("示例会场："))
    quotation = read_policy("guangdong-2020").row("uhd-events", "coverage").quotation
    assert all(event["name"] in quotation and event["name"] in events for event in rules["event_venue"]["named"])


def test_parks_have_the_area_of_the_rule(made: Example, sources: Sources) -> None:
    parks = made.places[made.places["place_class"] == "park"]
    area_km2 = to_plane(parks, "EPSG:32649").area / 1e6
    low, high = sources.layers["place"]["park"]["area_km2"]
    assert area_km2.min() > 0.97 * low and area_km2.max() < 1.03 * high
    assert polygon_about(gpd.points_from_xy([113.0], [23.0])[0], 2.0).is_valid


def test_lines_run_inside_the_province(made: Example, sources: Sources) -> None:
    assert set(made.lines["line_class"]) == set(sources.layers["line"])
    length_km = made.lines.to_crs("EPSG:32649").length / 1000
    assert 5000 < length_km[made.lines["line_class"] == "expressway"].sum() < 12_000 and length_km.min() > 0.5
    province = sources.zones.loc[sources.zones["level"] == "province"].geometry.union_all()
    corners = made.lines[made.lines["line_class"] != "expressway"].get_coordinates()
    assert gpd.GeoSeries(gpd.points_from_xy(corners["x"], corners["y"])).within(province).mean() == 1.0
    metro = made.lines[made.lines["line_class"] == "metro"]
    assert metro["tunnel"].sum() * 2 == len(metro) and metro.loc[~metro["tunnel"], "indoor_system"].isna().all()


def test_registers_add_up(made: Example, sources: Sources) -> None:
    rule = sources.layers["registers"]
    for name in ("smart_transport_projects", "uhd_projects", "digital_culture_projects"):
        assert made.registers[name]["value"].sum() == rule[name]
    assert len(made.registers["education_authorities"]) == 22 and len(made.registers["nr_users"]) == 124
    tiers = made.registers["fibre_subscribers"].groupby("adcode").size()
    assert (tiers == len(rule["fibre_speeds"])).all()


def test_answers_of_a_mast_and_of_villages(made: Example) -> None:
    one = made.sites.groupby("mast")[["power_eligible"]].nunique(dropna=False)
    assert (one == 1).all().all() and made.sites.loc[made.sites["power_eligible"] != True, "direct_power"].isna().all()  # noqa: E712
    villages = made.people[made.people["kind"] == "village"]
    assert made.people.loc[made.people["kind"] == "block", "fibre"].isna().all()
    assert 0.9 < villages["fibre"].mean() < 0.97 and ((villages["fibre_built"] != "") == villages["fibre"].fillna(False)).all()


def test_answers_keep_their_shares() -> None:
    said = answers((0.2, 0.5), 20_000, np.random.default_rng(1))
    assert said.isna().mean() == pytest.approx(0.3, abs=0.02) and said.mean() == pytest.approx(0.2 / 0.7, abs=0.02)


def test_the_study_names_every_layer(tmp_path: Path) -> None:
    import tomllib

    from infraplan.examples.guangdong import study_text

    every = read_sources("example_guangdong")
    for lang in ("zh", "en"):
        files = tomllib.loads(study_text(lang, every, every.zones, (), "x"))["files"]
        assert files["corridors"] == "corridors.gpkg" and set(files["registers"]) == set(invented_registers(every, SEED))
        asked = {row.register for row in read_policy(*POLICIES) if row.register}
        assert asked <= set(files["registers"])


def test_roads_are_synthetic_join_most_committees_and_have_faults_to_be_found(made: Example) -> None:
    roads, nodes = made.roads, made.fibre_nodes
    assert roads["synthetic"].all() and nodes["synthetic"].all() and roads["id"].is_unique and nodes["id"].is_unique
    assert set(roads["road_class"]) == {"省道", "县道", "村道", "轮渡"}
    network = road_network(roads, crs=metric_crs(113.5, 23.5))
    length, part = network.pieces.length_m, network.pieces.part_of()[network.pieces.edges[:, 0]]
    assert np.bincount(part, weights=length).max() > 0.95 * length.sum(), "one network but for islands"
    assert {"island", "ferry"} <= set(network.findings["kind"])
    kept = near_lines(roads, made.zones[made.zones["adcode"] == "442000"])
    assert 0 < len(kept) < len(roads) / 10
