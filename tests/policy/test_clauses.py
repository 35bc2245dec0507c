"""What a clause may ask beside a share: counties, priority areas, other ways to be reached; and what a row says where nothing is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import miniature
import pandas as pd
import pytest
from shapely.geometry import Point

from infraplan.errors import DataError
from infraplan.io.completed_zones import with_parents
from infraplan.policy.gap_lists import find_gaps
from infraplan.policy.priority import areas_of_places
from infraplan.policy.scorecards import STATUSES, scorecard
from infraplan.policy.targets import Targets, read_policy
from infraplan.presets import names
from infraplan.tables.language import Speech
from infraplan.tables.number_formats import is_share

POLICY = """
[policy]
document = ""
title = "小省边疆计划"
province = "440000"
draft = true
source = "worked out by hand"

[scopes.coast]
name = "沿海县"
counties = ["440102"]

[scopes.both]
name = "二市和乙县"
cities = ["440200"]
counties = ["440102"]

[[target]]
id = "coast"
task = "沿海县人口"
force = "力争"
measure = "population_share"
family = "nr"
scope = "coast"
required = 0.3
rests_on = "三份抄本"
rests_on_en = "three copies"

[[target]]
id = "both"
task = "二市和乙县人口"
measure = "population_share"
family = "nr"
scope = "both"

[[target]]
id = "first"
task = "优先地区的村"
measure = "place_share"
family = "nr"
layer = "villages"
areas = "priority"
min_households = 20

[[target]]
id = "elsewhere"
task = "其他村"
measure = "place_share"
family = "nr"
layer = "villages"
areas = "elsewhere"
min_households = 20

[[target]]
id = "fibre"
task = "光纤或5G"
measure = "place_share"
family = "nr"
layer = "villages"
min_households = 20
also = ["fibre"]

[[target]]
id = "meters"
task = "5G或NB-IoT"
measure = "place_share"
family = "nr"
layer = "villages"
min_households = 20
also = ["nbiot", "lte"]

[[target]]
id = "near"
task = "5公里内有站"
measure = "place_share"
family = "nr"
layer = "villages"
min_households = 20
site_within_m = 5000

[[target]]
id = "committees"
task = "行政村通5G"
measure = "place_share"
family = "nr"
place_classes = ["committee"]
check_points = ["clinic"]

[[target]]
id = "towns"
task = "镇"
force = "实现"
measure = "place_share"
family = "nr"
place_classes = ["township"]
kinds = ["镇"]
required = 1.0

[[target]]
id = "half"
task = "力争一半"
force = "力争"
measure = "place_count"
family = "nr"
place_classes = ["school"]
required = 1

[[target]]
id = "projects"
task = "示范项目"
force = "完成"
measure = "reported"
register = "projects"
unit = "projects"
required = 3
"""


def places() -> Any:
    """Towns: in 甲县 a 镇 and a 街道, in 乙县 a 街道 alone, in 丙县 one of which nobody says what it is.

    Two administrative villages, m1 and m2, each with a clinic: the first network (x < 15) serves both points of m2, the second (x < 5)
    only its committee.
    """
    rows = [
        ("t1", "township", "镇", 1500, "", 0), ("t2", "township", "街道", 2500, "", 0), ("t3", "township", "街道", 12500, "", 0),
        ("t4", "township", "", 22500, "", 0), ("m1", "committee", "", 2500, "", 0), ("m2", "committee", "", 4500, "", 0),
        ("d1", "clinic", "", 16500, "m1", 0), ("d2", "clinic", "", 12500, "m2", 0), ("s1", "school", "", 2500, "", 0),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["id", "place_class", "kind", "x", "village", "position_error_m"])
    points = gpd.GeoSeries([Point(x, 5500) for x in frame.pop("x")], crs=miniature.CRS).to_crs(4326)
    frame = frame.assign(name=frame["id"], county="", city="", synthetic=False, indoor_system=pd.array([pd.NA] * len(frame), "boolean"))
    return gpd.GeoDataFrame(frame, geometry=points.to_list(), crs=4326)


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Targets:
    path = tmp_path_factory.mktemp("policy") / "small.toml"
    path.write_text(POLICY, encoding="utf-8")
    return read_policy(path)


LAYERS: dict[str, Any] = {"zones": miniature.zones(), "villages": miniature.villages(), "places": places(), "sites": miniature.sites()}


@pytest.fixture(scope="module")
def card(targets: Targets) -> pd.DataFrame:
    registers = {"projects": pd.DataFrame({"adcode": ["440101"], "value": [2]})}
    return scorecard(targets, miniature.coverage(), registers=registers, **LAYERS)


def row(card: pd.DataFrame, id: str, zone: str = "440000", network: str = "any") -> pd.Series[Any]:
    found = card[(card["id"] == id) & (card["zone"] == zone) & card["network"].isin([network, ""])]
    assert len(found) == 1, found
    return found.iloc[0]


def figure(card: pd.DataFrame, id: str, zone: str = "440000", network: str = "any") -> tuple[float, ...]:
    found = row(card, id, zone, network)
    return tuple(found[name] for name in ("numerator", "denominator", "uncertain", "unknown"))


# 乙: 150 of 440 served, 90 uncertain (b2); 丙: none of 750.
def test_a_scope_of_counties(card: pd.DataFrame) -> None:
    assert figure(card, "coast") == (150, 440, 90, 0)
    assert set(card.loc[card["id"] == "coast", "zone"]) == {"440000", "440100", "440102"}
    assert figure(card, "both") == (150, 1190, 90, 0)
    assert set(card.loc[card["id"] == "both", "zone"]) == {"440000", "440100", "440102", "440200", "440203"}


# 150 of 440 are more than 0.3; the verb only strives.
def test_a_figure_that_is_reached_says_so_beside_on_the_way(card: pd.DataFrame) -> None:
    assert row(card, "coast")["status"] == "reached" and row(card, "half")["status"] == "reached"
    assert "推进中" in Speech("zh").code("status", "reached") and "已达到" in Speech("zh").code("status", "reached")
    assert Speech("en").code("status", "reached").startswith("on the way")


def test_a_draft_says_what_it_rests_on(card: pd.DataFrame) -> None:
    evidence = row(card, "coast")["evidence"]
    assert "草稿，依据：三份抄本" in evidence.zh and "a draft, which rests on: three copies" in evidence.en
    assert "worked out by hand" in row(card, "both")["evidence"].zh


# Eight villages of the province have 20 households: a1, a2, b1 served by 5G, b2 uncertain. Fibre: b4 says yes, b2, c1, c3 no, b3 nothing.
def test_reached_in_another_way(card: pd.DataFrame) -> None:
    assert figure(card, "fibre") == (4, 8, 1, 1)
    # NB-IoT serves all but c3 (x 26.5); there is no 4G, and the row says so
    assert figure(card, "meters") == (7, 8, 0, 0)
    assert "NB-IoT" in row(card, "meters")["evidence"].en and "4G would count as well" in row(card, "meters")["evidence"].en


# 5G stands at x 1 and 12, y 5.5: within 5 km a1, a2 (4.6), b1, b2 (2.5), b3 (4.5); b4 is 7.6 km away. g5 is only planned.
def test_a_site_nearby_counts(card: pd.DataFrame) -> None:
    assert figure(card, "near") == (5, 8, 0, 0)


def test_administrative_villages_by_their_check_points(card: pd.DataFrame) -> None:
    assert figure(card, "committees") == (1, 2, 0, 0)
    assert figure(card, "committees", network="ctcc+cucc") == (0, 2, 0, 0)


def test_gaps_are_what_these_clauses_lack(targets: Targets) -> None:
    gaps = find_gaps(targets, miniature.coverage(), **LAYERS)
    assert set(gaps.loc[gaps["target"] == "committees", "id"]) == {"m1"}
    fibre = gaps[gaps["target"] == "fibre"].set_index("id")
    assert set(fibre.index) == {"b2", "b3", "c1", "c3"} and fibre.loc["b3", "reason"] == "not_stated"


def test_what_does_not_apply_is_not_what_nobody_knows(card: pd.DataFrame) -> None:
    """甲县 has a 镇; 乙县 has 街道 alone, as Shenzhen; of the township of 丙县 nobody says what it is."""
    assert row(card, "towns", "440101")["status"] == "met"
    second, third = row(card, "towns", "440102"), row(card, "towns", "440203")
    assert second["status"] == "not_applicable" and "不适用" in second["evidence"].zh
    assert third["status"] == "no_data" and "没有写明" in third["evidence"].zh
    assert Speech("zh").code("status", "not_applicable") == "不适用"


def test_a_zone_without_any_and_one_that_did_not_report(card: pd.DataFrame) -> None:
    assert row(card, "half", "440102")["status"] == "none_here"
    assert row(card, "projects", "440102")["status"] == "no_data" and "没有填报" in row(card, "projects", "440102")["evidence"].zh
    whole = row(card, "projects")
    assert (whole["achieved"], whole["unit"], whole["status"]) == (2, "projects", "not_met")


def test_a_clause_of_another_scope_and_a_level_at_which_nobody_reports(targets: Targets) -> None:
    """A study of the second city alone, whose counties' figures are not asked for; a zero that is reported is a figure."""
    zones = miniature.zones()
    zones = zones[zones["adcode"].isin(["440200", "440203"])]
    registers = {"projects": pd.DataFrame({"adcode": ["440200"], "value": [0]})}
    card = scorecard(targets.only("coast", "projects"), miniature.coverage(), registers=registers, **(LAYERS | {"zones": zones}))
    assert len(card[card["id"] == "coast"]) == 0, "no zone of the scope, and no province"
    assert row(card, "projects", "440200")["achieved"] == 0 and row(card, "projects", "440200")["status"] == "not_met"
    assert (
        row(card, "projects", "440203")["status"] == "not_applicable" and "由上一级填报" in row(card, "projects", "440203")["evidence"].zh
    )
    whole = with_parents(zones.assign(synthetic=False), warned=False)
    card = scorecard(targets.only("coast"), miniature.coverage(), **(LAYERS | {"zones": whole}))
    assert set(card["status"]) == {"not_applicable"} and "没有范围内的地市或县" in card["evidence"].iloc[0].zh


def test_a_province_made_of_one_city_counts_no_other_city_s_kilometres(tmp_path: Path) -> None:
    path = tmp_path / "lines.toml"
    path.write_text(miniature.POLICY, encoding="utf-8")
    zones = miniature.zones()
    whole = with_parents(zones[zones["adcode"].isin(["440200", "440203"])].assign(synthetic=False), warned=False)
    asked = LAYERS | {"zones": whole, "corridors": miniature.corridors()}
    card = scorecard(read_policy(path).only("railway"), miniature.coverage(), **asked)
    found = card[(card["zone_level"] == "province") & (card["network"] == "any")]
    assert list(found["zone"]) == ["440000"] and found["denominator"].to_numpy() == pytest.approx([5], abs=0.11)


def test_a_city_without_counties_does_not_hide_the_reports_of_others(targets: Targets) -> None:
    """Dongguan is a city and its own county. The figure of a city whose counties report is the sum of theirs, its own row is not added."""
    zones = miniature.zones()
    zones["adcode"] = zones["adcode"].replace({"440203": "440200"})
    registers = {"projects": pd.DataFrame({"adcode": ["440100", "440200"], "value": [7, 4]})}
    card = scorecard(targets.only("projects"), miniature.coverage(), registers=registers, **(LAYERS | {"zones": zones}))
    assert list(card.loc[card["zone_level"] == "city", "achieved"]) == [7, 4] and row(card, "projects")["achieved"] == 11
    registers = {"projects": pd.DataFrame({"adcode": ["440100", "440101", "440102", "440200"], "value": [7, 5, 2, 4]})}
    card = scorecard(targets.only("projects"), miniature.coverage(), registers=registers, **(LAYERS | {"zones": zones}))
    assert list(card.loc[card["zone_level"] == "city", "achieved"]) == [7, 4]


# 441825 is an autonomous county; of 441882 two townships are ethnic ones.
def test_priority_areas_are_counties_and_townships(targets: Targets) -> None:
    names = areas_of_places(pd.Series(["441825", "441882", "441882", "440103"]), pd.Series(["", "瑶安瑶族乡", "连州镇", "岭南街道"]))
    assert [bool(name) for name in names] == [True, True, False, False]
    zones, villages = miniature.zones(), miniature.villages()
    zones["adcode"] = zones["adcode"].replace({"440203": "441825", "440102": "441882"})
    villages.loc[villages["id"] == "b1", "town"] = "瑶安瑶族乡"
    villages.loc[villages["id"] == "c1", "town"] = "瑶安瑶族乡"  # another county's: no priority by its name, but by its county
    card = scorecard(targets.only("first", "elsewhere"), miniature.coverage(), zones=zones, villages=villages)
    assert figure(card, "first") == (1, 3, 0, 0) and figure(card, "elsewhere") == (2, 5, 1, 0)
    assert row(card, "first", "440101")["status"] == "not_applicable"


def test_faults_of_a_scope_and_of_a_document_without_number(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        POLICY.replace('counties = ["440102"]\n\n[scopes.both]', "\n[scopes.both]").replace("draft = true\n", ""), encoding="utf-8"
    )
    with pytest.raises(DataError) as caught:
        read_policy(path)
    assert len(caught.value.fault_list) >= 2 and {fault.file for fault in caught.value.fault_list} == {str(path)}


@pytest.mark.parametrize("name", names("policies"))
def test_every_shipped_policy_is_judged(name: str) -> None:
    """On the miniature, whose zones are not those of the policy: every row has a status, none raises."""
    found = scorecard(
        read_policy(name),
        miniature.coverage(),
        sites=miniature.sites(),
        corridors=miniature.corridors(),
        **{key: value for key, value in LAYERS.items() if key != "sites"},
    )
    assert set(found["id"]) == set(read_policy(name).ids) and found["status"].isin(STATUSES).all()
    assert (found.loc[found["measure"] == "none", "status"] == "not_measured").all()


def test_a_neighbour_s_sites_are_not_counted(tmp_path: Path) -> None:
    """g3 (x 12) carries 5G in the first city; a study of the second city, whose province is made of it, counts g4 alone, for NB-IoT."""
    path = tmp_path / "sites.toml"
    path.write_text(miniature.POLICY, encoding="utf-8")
    zones = miniature.zones()
    whole = with_parents(zones[zones["adcode"].isin(["440200", "440203"])].assign(synthetic=False), warned=False)
    targets = read_policy(path).only("sites", "sa")
    card = scorecard(targets, miniature.coverage(), zones=whole, villages=miniature.villages(), sites=miniature.sites())
    assert (card["zone"] != "").all() and set(card.loc[card["part"] == "masts", "numerator"]) == {0}
    gaps = find_gaps(targets, miniature.coverage(), zones=whole, villages=miniature.villages(), sites=miniature.sites())
    assert not len(gaps[gaps["kind"] == "site"])


@pytest.mark.parametrize(
    ("unit", "achieved", "numerator", "denominator", "share"),
    [("projects", 1, 1, 1, False), ("people", 500, 500, 500, False), ("people", 1.0, 400, 400, True), ("places", 1.0, 1, 1, True),
     ("people", 0.5, 200, 400, True), ("projects", 0, 0, 0, False)],
)  # fmt: skip
def test_a_reported_figure_is_no_share(unit: str, achieved: float, numerator: float, denominator: float, share: bool) -> None:
    row = {"measure": "reported", "unit": unit, "achieved": achieved, "numerator": numerator, "denominator": denominator}
    assert is_share(row) == share
