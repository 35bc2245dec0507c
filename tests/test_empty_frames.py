"""Every builder of a frame: without rows it has the columns and the types that it has with rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from small_world import small_world

from infraplan.coverage.places import corridor_pieces, stretches
from infraplan.coverage.population import demand_margin, population_coverage, service_status
from infraplan.coverage.sectors import sectors_of
from infraplan.errors import DataError
from infraplan.geo.zonal import membership, zone_faults
from infraplan.policy.fibre_awards import fibre_award
from infraplan.policy.gap_lists import find_gaps, unserved_demand
from infraplan.policy.inspection import measurements
from infraplan.policy.scorecards import scorecard
from infraplan.policy.targets import read_policy
from infraplan.run.counting import count_area, count_people, with_status
from infraplan.siting.candidates import candidate_sites
from infraplan.siting.cost_curves import build_curve, pareto_curve
from infraplan.siting.goals import goal_of
from infraplan.siting.instances import instance_of
from infraplan.siting.phases import Phase, schedule
from infraplan.siting.plan_explanations import explain_plan
from infraplan.siting.plan_sites import list_sites, no_sites, with_closed_gaps
from infraplan.siting.plans import SearchLimits, cheapest_plan
from infraplan.siting.service_sets import masts_to_share
from infraplan.tables import check_corridors, check_hosts, check_places, check_sites, check_villages, check_zones

WORLD = small_world()
LIMITS = SearchLimits(gap=0.1, work_limit=2000)
LINE = gpd.GeoDataFrame({"id": ["L"], "line_class": ["railway"]}, geometry=[shapely.LineString([(113.0, 23.0), (113.1, 23.1)])], crs=4326)
SHEET = pd.DataFrame(
    [
        {
            "实测RSRP(dBm)": -95, "运营商": "中国移动", "测试频段": "n28", "测试位置": "室外", "核查日期": "2026/11/3", "核查人": "张三",
            "备注": "编号V001",
        }
    ]
)  # fmt: skip


@cache
def instance() -> Any:
    goal = goal_of(WORLD.targets, "nr-people", must=("nr-seats",))
    found = candidate_sites(WORLD.zones, grid=WORLD.grid, demand=WORLD.villages, spacing_m=9000.0, existing=WORLD.sites)
    return instance_of(
        goal, found, WORLD.services, WORLD.cover, zones=WORLD.zones, villages=WORLD.villages, targets=WORLD.targets, places=WORLD.places
    )


@cache
def plan() -> Any:
    return cheapest_plan(instance(), LIMITS, phases=(Phase("all"),))


def rows(order: Any) -> Any:
    return list_sites(instance(), np.asarray(order, np.int64), np.zeros(len(order), np.int64))


def unserved(known: Any) -> Any:
    return unserved_demand(WORLD.cover, zones=WORLD.zones, villages=known, sites=WORLD.sites)


def gaps(known: Any) -> Any:
    there = {"zones": WORLD.zones, "places": WORLD.places.iloc[: len(known)], "sites": WORLD.sites}
    return find_gaps(WORLD.targets, WORLD.cover, villages=known, **there)


def card(targets: Any) -> Any:
    return scorecard(targets, WORLD.cover, zones=WORLD.zones, villages=WORLD.villages, sites=WORLD.sites)


def award(policy: str) -> Any:
    return fibre_award(read_policy(policy), zones=WORLD.zones, villages=WORLD.villages)


def explained(names: tuple[str, ...]) -> Any:
    return explain_plan(plan(), villages=names, instance=instance()).villages


def reasons(names: list[str]) -> Any:
    return explain_plan(plan(), candidates=names, instance=instance()).candidates


def phases(given: tuple[Phase, ...]) -> Any:
    problem = instance().problem
    return schedule(problem, problem.weight, instance().rows["target"], np.zeros(0, np.int64), given).table


def lacking(known: Any) -> Any:
    goal = goal_of(WORLD.targets, "nr-people")
    found = candidate_sites(WORLD.zones, grid=WORLD.grid, spacing_m=9000.0)
    return instance_of(goal, found, WORLD.services, WORLD.cover, zones=WORLD.zones, villages=known).rows


def offered(zones: Any) -> Any:
    everything = gpd.GeoDataFrame(geometry=[shapely.box(112, 22, 115, 25)], crs=4326)
    return candidate_sites(WORLD.zones, grid=WORLD.grid, spacing_m=9000.0, exclude=(everything,) if not len(zones) else ())


def pieces_joined(pieces: Any) -> Any:
    return stretches(pieces, np.ones(len(pieces), np.int8))


VILLAGES, SITES, PLACES, ZONES = WORLD.villages, WORLD.sites, WORLD.places, WORLD.zones
HOSTS = PLACES.loc[PLACES.geometry.notna()].assign(host="rooftop")[["id", "name", "host", "geometry"]]
PIECES = corridor_pieces(LINE, WORLD.grid)
BUILDERS: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
    "checked sites": (check_sites, SITES, SITES.iloc[:0]),
    "checked places": (check_places, PLACES.drop(columns="county"), PLACES.drop(columns="county").iloc[:0]),
    "checked hosts": (check_hosts, HOSTS, HOSTS.iloc[:0]),
    "checked corridors": (check_corridors, LINE, LINE.iloc[:0]),
    "sectors": (sectors_of, SITES, SITES.iloc[:0]),
    "sectors of presets": (lambda table: sectors_of(table, WORLD.services), SITES, SITES.iloc[:0]),
    "margins": (lambda table: demand_margin(table, WORLD.cover, "nr"), VILLAGES, VILLAGES.iloc[:0]),
    "status": (lambda table: service_status(table, WORLD.cover), VILLAGES, VILLAGES.iloc[:0]),
    "villages with status": (lambda table: with_status(table, WORLD.cover), VILLAGES, VILLAGES.iloc[:0]),
    "people by zone": (lambda table: population_coverage(table, WORLD.cover, ZONES), VILLAGES, VILLAGES.iloc[:0]),
    "people by zone and network": (lambda table: count_people(table, WORLD.cover, ZONES), VILLAGES, VILLAGES.iloc[:0]),
    "land by zone": (lambda table: count_area(WORLD.cover, table), ZONES, ZONES.iloc[:0]),
    "membership": (lambda table: membership(table, ZONES), VILLAGES, VILLAGES.iloc[:0]),
    "zone faults": (zone_faults, pd.concat([ZONES, ZONES.iloc[:1].assign(adcode="440103")]), ZONES),
    "pieces": (lambda table: corridor_pieces(table, WORLD.grid), LINE, LINE.iloc[:0]),
    "stretches": (pieces_joined, PIECES, PIECES.iloc[:0]),
    "scorecard": (card, WORLD.targets, dataclasses.replace(WORLD.targets, rows=())),
    "gaps": (gaps, VILLAGES, VILLAGES.iloc[:0]),
    "unserved": (unserved, VILLAGES, VILLAGES.iloc[:0]),
    "fibre award": (award, "guangdong-2020", "guangdong-2018"),
    "measurements": (lambda table: measurements(table, ["V001"]), SHEET, SHEET.iloc[:0]),
    "offers of masts": (lambda table: masts_to_share(table, ("nr-n28",), "cmcc"), SITES, SITES.iloc[:0]),
    "candidates": (offered, ZONES, ZONES.iloc[:0]),
    "rows of an instance": (lacking, VILLAGES, VILLAGES.iloc[:0]),
    "plan sites": (rows, [0, 1], []),
    "no plan": (lambda order: rows(order) if order else no_sites(), [0, 1], []),
    "plan sites with gaps": (lambda order: with_closed_gaps(rows(order), gaps(VILLAGES)), [0, 1], []),
    "phases": (phases, (Phase("one"),), ()),
    "villages explained": (explained, ("V000",), ()),
    "candidates explained": (reasons, ["C000001"], []),
    "pareto": (lambda budgets: pareto_curve(instance(), budgets, LIMITS), [1e6], []),
    "curve": (lambda order: build_curve(dataclasses.replace(plan(), sites=rows(order))), [0, 1], []),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_types_without_rows(name: str) -> None:
    build, full, empty = BUILDERS[name]
    some, none = build(full), build(empty)
    assert len(some) > 0
    assert list(none.columns) == list(some.columns)
    types = {column: (str(some.dtypes[column]), str(none.dtypes[column])) for column in some.columns}
    assert {column: pair for column, pair in types.items() if pair[0] != pair[1]} == {}
    assert type(none) is type(some)


@pytest.mark.parametrize("check", [check_villages, check_zones])
def test_a_study_needs_people_and_zones(check: Callable[[Any], Any]) -> None:
    table = VILLAGES if check is check_villages else ZONES
    with pytest.raises(DataError) as caught:
        check(table.iloc[:0])
    assert [fault.rule for fault in caught.value.fault_list] == ["no_rows"]
