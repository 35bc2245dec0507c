"""Which zone lies in which: codes of any country, levels that are missing, parents found by name or place."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.errors import DataError, DataWarning
from infraplan.io import read_villages, read_zones
from infraplan.io.completed_zones import WHOLE, whole_study, with_parents
from infraplan.tables import check_register, faults_of
from infraplan.tables.zone_parents import ancestors

BOXES = {
    "P": shapely.box(0, 0, 4, 2), "A": shapely.box(0, 0, 2, 2), "B": shapely.box(2, 0, 4, 2),
    "a1": shapely.box(0, 0, 1, 2), "a2": shapely.box(1, 0, 2, 2), "b1": shapely.box(2, 0, 3, 2), "b2": shapely.box(3, 0, 4, 2),
}  # fmt: skip
LEVEL = {"P": "province", "A": "city", "B": "city", "a1": "county", "a2": "county", "b1": "county", "b2": "county"}
PARENT = {"P": "", "A": "P", "B": "P", "a1": "A", "a2": "A", "b1": "B", "b2": "B"}


def zones(*codes: str, parents: dict[str, str] | None = None) -> gpd.GeoDataFrame:
    found = PARENT | (parents or {})
    people = {"province": 40, "city": 20, "county": 10}
    rows = [(LEVEL[code], code, f"the {code}", found[code], people[LEVEL[code]]) for code in codes]
    return gpd.GeoDataFrame(rows, columns=["level", "adcode", "name", "parent", "population"], geometry=[BOXES[c] for c in codes], crs=4326)


def keys(frame: gpd.GeoDataFrame) -> dict[tuple[str, str], str]:
    return {(level, code): parent for level, code, parent in zip(frame["level"], frame["adcode"], frame["parent"], strict=True)}


@pytest.mark.parametrize(
    "codes",
    [
        ("GH01", "GH02", "GH03"), ("3550308", "3509502", "3518800"), ("0102801000", "0102802000", "0102803000"),
        ("06037", "06059", "06001"), ("1", "2", "3"), ("北", "东", "é/ñ"),
    ],
)  # fmt: skip
def test_any_text_is_a_code_where_level_and_parent_are_stated(codes: tuple[str, ...]) -> None:
    table = gpd.GeoDataFrame({"adcode": codes, "level": "county", "parent": "P"}, geometry=[BOXES[c] for c in ("a1", "a2", "b1")], crs=4326)
    read = read_zones(table)
    assert read["adcode"].tolist() == list(codes) and read["parent"].tolist() == ["P"] * 3
    points = gpd.GeoDataFrame(
        {"人口": [1, 2, 3], "区县": [code.upper() for code in codes]}, geometry=gpd.points_from_xy([3.5] * 3, [1.0] * 3), crs=4326
    )
    assert read_villages(points, zones=read, outside="ignore")["county"].tolist() == list(codes)


def test_the_digits_of_chinese_codes_tell_level_and_parent_and_the_study_may_insist() -> None:
    shapes = [BOXES["a1"], BOXES["a2"]]
    long = gpd.GeoDataFrame({"adcode": ["440281000000", "440282000000"], "level": "county"}, geometry=shapes, crs=4326)
    assert keys(read_zones(long)) == {("county", "440281"): "440200", ("county", "440282"): "440200"}
    of_province = gpd.GeoDataFrame({"adcode": ["429004", "429005"], "level": "city"}, geometry=shapes, crs=4326)
    assert keys(read_zones(of_province)) == {("city", "429004"): "420000", ("city", "429005"): "420000"}
    foreign = gpd.GeoDataFrame({"adcode": ["GH01", "GH02"], "level": "county", "parent": "GH"}, geometry=shapes, crs=4326)
    assert len(read_zones(foreign)) == 2
    with pytest.raises(DataError) as refused:
        read_zones(foreign, codes="china")
    assert [fault.rule for fault in refused.value.fault_list] == ["bad_adcode"] * 2 and "[options.zones]" in str(refused.value)
    with pytest.raises(DataError, match="level"):
        read_zones(foreign.drop(columns="level"), codes="text")
    assert read_zones(long, codes="text")["adcode"].tolist() == ["440281000000", "440282000000"]


def test_a_parent_is_a_code_or_a_name_else_the_zone_around() -> None:
    whole = zones(*BOXES, parents={"a1": "the A", "a2": "", "b1": "nobody", "b2": "P"})
    assert ancestors(whole, "county")["city"].to_dict() == {"a1": "A", "a2": "A", "b1": "B", "b2": "B"}
    assert ancestors(whole, "county")["province"].to_dict() == dict.fromkeys(("a1", "a2", "b1", "b2"), "P")
    without_cities = zones("P", "a1", "b2", parents={"a1": "gone", "b2": "P"})
    assert ancestors(without_cities, "county")["province"].to_dict() == {"a1": "P", "b2": "P"}


@settings(max_examples=30, deadline=None)
@given(st.permutations(list(BOXES)))
def test_the_order_of_rows_decides_nothing(order: list[str]) -> None:
    blank = dict.fromkeys(("a1", "b2", "A"), "")
    shuffled = whole_study(read_zones(zones(*order, parents=blank)), "study")
    ordered = whole_study(read_zones(zones(*BOXES, parents=blank)), "study")
    assert shuffled.drop(columns="geometry").equals(ordered.drop(columns="geometry"))
    assert shuffled.geometry.geom_equals(ordered.geometry).all()


@pytest.mark.parametrize(
    ("given_codes", "made"),
    [
        (("A", "B", "a1", "a2", "b1", "b2"), {("province", "P"): ""}),
        (("a1", "a2", "b1", "b2"), {("city", "A"): WHOLE, ("city", "B"): WHOLE, ("province", WHOLE): ""}),
        (("A", "B"), {("province", "P"): "", ("county", "A"): "A", ("county", "B"): "B"}),
        (("P",), {("city", "P"): "P", ("county", "P"): "P"}),
        (("P", "a1", "a2", "b1", "b2"), {("city", "A"): "P", ("city", "B"): "P"}),
        (("P", "A", "a1", "a2", "B"), {("county", "B"): "B"}),
    ],
)
def test_missing_levels_are_made_and_reported(given_codes: tuple[str, ...], made: dict[tuple[str, str], str]) -> None:
    read = read_zones(zones(*given_codes))
    with pytest.warns(DataWarning, match="made from|补出"):
        whole = whole_study(read, "study")
    assert keys(whole) == keys(read) | made
    for level in ("province", "city", "county"):
        part = whole[whole["level"] == level]
        assert shapely.union_all(part.geometry.to_numpy()).area == pytest.approx(8.0)
        assert part["population"].sum() == 40
    assert "zones_made" in [fault.rule for fault in faults_of(whole)]
    assert keys(read_zones(zones(*given_codes), parents=True)) == keys(whole)
    if len({level for level, _ in keys(read)}) < 3:
        with pytest.raises(DataError, match="parents"):
            whole_study(read, "study", parents=False)


def test_counties_of_a_province_without_cities_get_one_city() -> None:
    """States and counties: the city between them is the state again."""
    whole = with_parents(read_zones(zones("P", "a1", "b2", parents={"a1": "P", "b2": "P"})))
    assert keys(whole) == {("province", "P"): "", ("city", "P"): "P", ("county", "a1"): "P", ("county", "b2"): "P"}
    assert whole.loc[whole["level"] == "city", "name"].tolist() == ["the P"]


def test_names_are_looked_up_as_people_write_them() -> None:
    table = zones(*BOXES).assign(name=["State", "Los Angeles", "B", "East End", "São João", "b1", "b2"])
    read = read_zones(table)
    points = gpd.GeoDataFrame(
        {"人口": [1] * 4, "区县": ["east end", "SÃO JOÃO", "A1", "EastEnd"]}, geometry=gpd.points_from_xy([0.5] * 4, [1.0] * 4), crs=4326
    )
    assert read_villages(points, zones=read)["county"].tolist() == ["a1", "a2", "a1", "a1"]
    fips = read_zones(gpd.GeoDataFrame({"adcode": ["06037"], "level": "county", "parent": "06"}, geometry=[BOXES["P"]], crs=4326))
    assert read_villages(points.assign(区县=6037).iloc[:1], zones=fips)["county"].tolist() == ["06037"]


def test_a_code_of_two_places_is_ambiguous_in_a_register_and_a_zone_inside_its_namesake_is_not() -> None:
    clash = read_zones(zones(*BOXES).assign(adcode=["1", "1", "2", "1", "2", "3", "4"], parent=["", "1", "1", "1", "1", "2", "2"]))
    with pytest.warns(DataWarning, match="bear this name|同名"):
        register = check_register(_rows("2"), zones=clash)
    assert register["adcode"].tolist() == [""]
    assert check_register(_rows("1"), zones=clash)["adcode"].tolist() == ["1"]


def _rows(code: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"adcode": [code], "value": [5]})


def test_overlapping_zones_take_a_point_by_the_lowest_code_whatever_their_order() -> None:
    twice = gpd.GeoDataFrame(
        {"adcode": ["440282", "440281"], "level": "county"}, geometry=[shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)], crs=4326
    )
    point = gpd.GeoDataFrame({"人口": [1]}, geometry=gpd.points_from_xy([1.5], [1.0]), crs=4326)
    found = [read_villages(point, zones=read_zones(table))["county"].tolist() for table in (twice, twice[::-1].reset_index(drop=True))]
    assert found == [["440281"], ["440281"]] and np.all(twice.geometry.is_valid)
