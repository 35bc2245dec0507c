"""A plan judged from its list of sites alone: people, places, counties, distances, each family; and the check of a wrong list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point

from infraplan.coverage.map_update import cover_with
from infraplan.coverage.population import service_status
from infraplan.run.steps import Findings, assess, check_of, plan_of, planning_instance
from infraplan.siting.checks import check_plan, too_close
from infraplan.siting.goals import ShareTarget, goal_of
from infraplan.siting.plans import Plan
from infraplan.study import Study


@pytest.fixture(scope="module")
def findings(mini_study: Path) -> Findings:
    return assess(Study.open(mini_study), gaps=False)


@pytest.fixture(scope="module")
def plan(findings: Findings) -> Plan:
    return plan_of(findings, planning_instance(findings))


def check(findings: Findings, sites: Any, **options: Any) -> dict[str, Any]:
    study = findings.study
    goal = options.pop("goal", goal_of(study.targets, "nr-pop90"))
    kept = {"targets": study.targets, "places": study.places, "zones": study.zones, "villages": findings.villages} | options
    return check_plan(sites, findings.cover, goal=goal, services=study.plan_services, **kept)


def test_the_plan_passes_and_is_recounted(findings: Findings, plan: Plan) -> None:
    found_check = check_of(findings, plan)
    assert found_check["feasible"] and not found_check["too_close"]
    after = cover_with(plan.sites, findings.cover, findings.study.plan_services)
    served = service_status(findings.villages, after, ("nr",))["nr"] == "served"
    assert found_check["served"] == int(findings.villages.loc[served.to_numpy(), "population"].sum()) >= plan.served_after
    assert found_check["cost"] == plan.cost
    assert found_check["shares"]["nr-pop90"]["met"] and found_check["shares"]["nr-pop90"]["served"] == found_check["served"]
    weaker = list(found_check["share_if_weaker"].values())
    assert weaker == sorted(weaker, reverse=True) and weaker[0] == found_check["share"]
    assert 0 < found_check["expected_people"] <= found_check["population"]
    today = found_check["today"]
    assert today == found_check["shares"]["nr-pop90"]["today"] and today["served"] == plan.served_before
    assert list(today["served_if_weaker"]) == list(found_check["served_if_weaker"]) == ["0", "3", "6", "10"]
    people = found_check["population"]
    for row in (found_check, today):
        assert row["share_if_weaker"] == {lost: count / people for lost, count in row["served_if_weaker"].items()}
    assert all(today["served_if_weaker"][lost] <= count for lost, count in found_check["served_if_weaker"].items())
    assert 0 < today["expected_people"] < found_check["expected_people"]
    by_zone = findings.by_zone
    band = by_zone[(by_zone["level"] == "province") & (by_zone["family"] == "nr") & (by_zone["network"] == "any")]
    assert today["served_if_weaker"]["6"] == int(band["served_weaker"].sum())


def test_without_a_needed_site_the_goal_is_missed(findings: Findings, plan: Plan) -> None:
    needed = plan.sites.sort_values("people_lost").iloc[:-12]
    found_check = check(findings, needed)
    assert not found_check["feasible"] and not found_check["shares"]["nr-pop90"]["met"]


def test_a_county_below_the_floor_is_named(findings: Findings, plan: Plan) -> None:
    goal = replace(plan.goal, share=0.0, county_floor=0.5)
    found_check = check(findings, plan.sites.iloc[:1], goal=goal)
    people = findings.villages.groupby("county")["population"].sum()
    assert set(found_check["county_short"]) <= set(people.index) and found_check["county_short"] and not found_check["feasible"]
    assert not check(findings, plan.sites, goal=replace(goal, county_floor=0.0))["county_short"]


def test_places_that_must_be_served_are_judged_again(findings: Findings, plan: Plan) -> None:
    goal = replace(plan.goal, share=0.0, must=("nr-county-seats",))
    found_check = check(findings, plan.sites.iloc[:0], goal=goal)["places"]["nr-county-seats"]
    assert found_check["asked"] == found_check["served"] + len(found_check["missed"]) == 8
    places = findings.study.places
    seat = places.loc[places["id"] == found_check["missed"][0]]
    beside = plan.sites.iloc[:1].copy()
    beside.geometry = [Point(seat.geometry.x.iloc[0], seat.geometry.y.iloc[0])]
    beside["height_m"] = 60.0
    again = check(findings, beside, goal=goal)
    assert seat["id"].iloc[0] not in again["places"]["nr-county-seats"]["missed"]
    assert not again["feasible"]


def test_each_family_is_judged_by_its_own_map(findings: Findings, plan: Plan) -> None:
    goal = replace(plan.goal, others=(ShareTarget("iot", "nbiot", 1.0),))
    found_check = check(findings, plan.sites, goal=goal)
    assert found_check["shares"]["nr-pop90"]["met"] and not found_check["shares"]["iot"]["met"] and not found_check["feasible"]
    served = service_status(findings.villages, findings.cover, ("nbiot",))["nbiot"] == "served"
    assert found_check["shares"]["iot"]["served"] == int(findings.villages.loc[served.to_numpy(), "population"].sum())


def moved(site: Any, grid: Any, east_m: float) -> Any:
    x_m, y_m = grid.place(site)
    lon, lat = grid.unproject(x_m + east_m, y_m)
    return gpd.points_from_xy(lon, lat)


def test_distances_are_measured_new_to_new_and_new_to_existing(findings: Findings, plan: Plan) -> None:
    grid, existing = findings.cover.grid, findings.study.sites
    pair = plan.sites.iloc[[0, 1]].copy()
    pair.geometry = [pair.geometry.iloc[0], moved(pair.iloc[[0]], grid, 400.0)[0]]
    assert too_close(pair, findings.cover, None, 500.0) == [("N00001", "N00002")]
    assert too_close(pair, findings.cover, None, 399.0) == []
    found_check = check(findings, pair, spacing_m=500.0)
    assert found_check["too_close"] == [("N00001", "N00002")] and not found_check["feasible"]
    nr = existing.loc[existing["services"] == "nr-n28"].iloc[[0]]
    iot = existing.loc[existing["services"] == "nbiot-900"].iloc[[0]]
    for standing, close in ((nr, True), (iot, False)):
        one = plan.sites.iloc[[0]].copy()
        one.geometry = moved(standing, grid, 300.0)
        found = too_close(one, findings.cover, existing.loc[existing["id"].isin(standing["id"])], 500.0)
        assert bool(found) == close
        assert too_close(one, findings.cover, existing.loc[existing["id"].isin(standing["id"])], 299.0) == []


def test_exactly_at_the_distance_is_allowed(findings: Findings, plan: Plan) -> None:
    grid = findings.cover.grid
    pair = plan.sites.iloc[[0, 1]].copy()
    pair.geometry = [pair.geometry.iloc[0], moved(pair.iloc[[0]], grid, 500.0)[0]]
    apart = float(np.hypot(*(np.diff(np.column_stack(grid.place(pair)), axis=0)[0])))
    assert apart == pytest.approx(500.0, abs=1e-5)
    assert too_close(pair, findings.cover, None, 500.0) == []
