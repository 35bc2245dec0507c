"""Lines in a plan: against all choices of sites on small instances, against the scorecard, and what bad layers say."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

import infraplan as ip
from infraplan.coverage.map_update import cover_with
from infraplan.errors import UsageError
from infraplan.siting.cover.cover_check import check_cover
from infraplan.siting.goals import goal_of
from infraplan.siting.instances import Instance, instance_of
from infraplan.siting.plans import SearchLimits, cheapest_plan
from infraplan.siting.target_lines import joined_pieces, target_lines

WORLD = ip.example_world()
TARGETS = ip.read_policy("guangdong-2020", "signal-upgrade-2023")
RAIL, ROAD = "su-corridors/railway_nr", "su-corridors/road_nr"


def layer(**options: Any) -> gpd.GeoDataFrame:
    """A railway of two parts with a tunnel beside it, and a road."""
    lines = [
        LineString([(113.02, 23.05), (113.12, 23.12), (113.2, 23.13)]),
        LineString([(113.2, 23.13), (113.21, 23.13)]),
        MultiLineString([[(113.05, 23.25), (113.1, 23.22)], [(113.11, 23.21), (113.25, 23.2)]]),
    ]
    table = {
        "id": ["R1", "R1T", "E1"],
        "name": ["省际铁路", "省际铁路隧道", "高速"],
        "line_class": ["railway", "railway", "expressway"],
        "tunnel": ["no", "yes", "no"],
        "indoor_system": ["", "no", ""],
    } | options
    return gpd.GeoDataFrame(table, geometry=lines, crs=4326)


LINES = layer()
KEPT = {"zones": WORLD.zones, "corridors": LINES}


def candidates(target: str = RAIL, **options: Any) -> Any:
    lacking = ip.unserved_lines(TARGETS, WORLD.cover, target, **KEPT)
    demand = ip.unserved_demand(WORLD.cover, zones=WORLD.zones, villages=WORLD.villages)
    given = {"demand": demand, "services": ["nr-n28"], "existing": WORLD.sites, "along": lacking} | options
    return ip.candidate_sites(WORLD.zones, **given)


def instance(chosen: Any, names: Any, **options: Any) -> Instance:
    goal = goal_of(TARGETS, names, **options)
    return instance_of(goal, chosen, WORLD.services, WORLD.cover, villages=WORLD.villages, targets=TARGETS, **KEPT)


def check(sites: Any, goal: Any) -> dict[str, Any]:
    return ip.check_plan(sites, WORLD.cover, goal=goal, villages=WORLD.villages, targets=TARGETS, **KEPT)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from((0.2, 0.4, 0.6)), people=st.booleans())
def test_the_cheapest_plan_of_all_choices(seed: int, share: float, people: bool) -> None:
    """Nine candidates: the plan costs what the best of all 512 choices costs; each choice is judged from its list of sites on a new map."""
    rng = np.random.default_rng(seed)
    every = candidates()
    some = every.iloc[np.sort(rng.choice(len(every), 9, replace=False))].reset_index(drop=True)
    some["cost"] = rng.integers(1, 9, len(some)) * 1000
    made = instance(some, ["nr-pop90", RAIL] if people else [RAIL])
    goal, problem = made.goal, made.problem
    able = np.asarray(problem.cover.sum(axis=1)).ravel() > 0
    reachable = problem.weight * (able | problem.covered)
    metres = float(np.floor(share * reachable[~problem.in_whole].sum()))
    needed = float(np.floor(share * reachable[problem.in_whole].sum())) if people else 0.0
    made = replace(made, problem=replace(problem, required=needed, zone_required=np.where(problem.separate, metres, 0.0)))
    found = cheapest_plan(made, SearchLimits(gap=0.0, work_limit=3000))
    choices = [np.flatnonzero(bits) for bits in product((False, True), repeat=len(some))]
    costs = [made.problem.cost[one].sum() for one in choices if check_cover(made.problem, one).feasible]
    assert found.status in ("optimal", "feasible") and found.cost == pytest.approx(min(costs))
    asked = replace(goal, share=0.0, lines=(replace(goal.lines[0], share=metres / made.rows.loc[_of(made), "amount"].sum()),))
    counted = check(found.sites, asked)["lines"][RAIL]
    served = made.problem.covered | (np.asarray(made.problem.cover[:, _columns(made, found)].sum(axis=1)).ravel() > 0)
    assert counted["served_km"] * 1000 == pytest.approx(made.rows.loc[_of(made) & served, "amount"].sum())
    assert counted["met"] and counted["served_km"] * 1000 >= metres - 1e-6


def _of(made: Instance) -> Any:
    return (made.rows["unit"] == "m").to_numpy()


def _columns(made: Instance, found: Any) -> Any:
    return made.candidates["id"].isin(found.sites["candidate"]).to_numpy().nonzero()[0]


def test_pieces_are_those_of_the_scorecard() -> None:
    """Kilometres in total, served today, and served with the plan: the figures of the scorecard on either map."""
    chosen = candidates()
    plan = ip.place_sites(TARGETS, WORLD.cover, chosen, villages=WORLD.villages, target=["nr-pop90", RAIL], work_limit=1000, **KEPT)
    row = plan.lines[RAIL]
    for cover, own in ((WORLD.cover, row["today"]), (cover_with(plan.sites, WORLD.cover, WORLD.services), row)):
        card = ip.scorecard(TARGETS, cover, villages=WORLD.villages, sites=WORLD.sites, **KEPT)
        clause = (card["id"] == "su-corridors") & (card["part"] == "railway_nr") & (card["zone_level"] == "province")
        judged = card.loc[clause & (card["network"] == "any")].iloc[0]
        assert judged["denominator"] == pytest.approx(row["total_km"], abs=0.002)
        assert judged["achieved"] == pytest.approx(own["served_km"] / row["total_km"], abs=1e-3)
    counted = check(plan.sites, plan.goal)["lines"][RAIL]
    assert {name: counted[name] for name in row if name in counted} == {name: row[name] for name in row if name in counted}
    assert row["out_of_reach_km"] == pytest.approx(counted["tunnel_km"]), "only the tunnel"
    assert plan.sites["km_gained"].sum() == pytest.approx(row["served_km"] - row["today"]["served_km"])


def test_every_site_gains_what_the_map_shows() -> None:
    plan = ip.place_sites(TARGETS, WORLD.cover, candidates(), villages=WORLD.villages, target=[RAIL], work_limit=1000, **KEPT)
    served = [check(plan.sites.iloc[:count], plan.goal)["lines"][RAIL]["served_km"] for count in range(len(plan.sites) + 1)]
    assert plan.sites["km_gained"].to_numpy() == pytest.approx(np.diff(served))
    whole = served[-1]
    for number in (0, len(plan.sites) - 1):
        without = check(plan.sites.drop(index=plan.sites.index[number]), plan.goal)["lines"][RAIL]["served_km"]
        assert plan.sites["km_lost"].iloc[number] == pytest.approx(whole - without)


def test_a_list_without_a_needed_site_fails_the_check() -> None:
    plan = ip.place_sites(TARGETS, WORLD.cover, candidates(), villages=WORLD.villages, target=[RAIL], work_limit=1000, **KEPT)
    assert check(plan.sites, plan.goal)["feasible"]
    fewer = check(plan.sites.sort_values("km_lost").iloc[:-2], plan.goal)
    assert not fewer["feasible"] and not fewer["lines"][RAIL]["met"] and fewer["lines"][RAIL]["missed"]


def test_must_serves_every_piece_in_the_open_air() -> None:
    plan = ip.place_sites(TARGETS, WORLD.cover, candidates(), villages=WORLD.villages, must=[RAIL], work_limit=1000, **KEPT)
    row = check(plan.sites, plan.goal)["lines"][RAIL]
    assert plan.status in ("optimal", "feasible") and row["met"] and not row["missed"] and row["share"] == 1.0
    assert row["tunnel_km"] == pytest.approx(1.02, abs=0.05), "the tunnel is left out, and said"


def test_a_tunnel_counts_in_the_share_and_nobody_reaches_it() -> None:
    made = instance(candidates(), [RAIL])
    inside = (made.rows["kind"] == "tunnel").to_numpy()
    assert inside.any() and not made.problem.cover[np.flatnonzero(inside)].nnz
    fitted = target_lines(TARGETS, RAIL, cover=WORLD.cover, zones=WORLD.zones, corridors=layer(indoor_system=["", "yes", ""]))
    whole = target_lines(TARGETS, RAIL, cover=WORLD.cover, **KEPT)
    assert fitted.judged(np.zeros(len(fitted.points), bool)).sum() == inside.sum() == whole.in_tunnel.sum()
    assert fitted.length_m.sum() == whole.length_m.sum()


def test_what_no_candidate_reaches_is_named() -> None:
    """Candidates in the west alone: the status says it, and the certificate names the line and the kilometres."""
    west = candidates()
    west = west.loc[west.geometry.x < 113.08].reset_index(drop=True)
    plan = ip.place_sites(TARGETS, WORLD.cover, west, villages=WORLD.villages, target=[RAIL], work_limit=1000, **KEPT)
    assert plan.status == "unreachable" and not check(plan.sites, plan.goal)["feasible"]
    lost = plan.unreachable
    assert set(lost["unit"]) == {"m"} and lost["name"].str.startswith("省际铁路").all()
    stretches = joined_pieces(lost)
    assert stretches["length_m"].sum() == pytest.approx(lost["amount"].sum(), rel=0.05)
    assert len(stretches) < len(lost) / 5
    assert plan.lines[RAIL]["out_of_reach_km"] == pytest.approx(lost["amount"].sum() / 1000)


def test_two_lines_and_people_are_added_up_apart() -> None:
    made = instance(candidates(), ["nr-pop90", RAIL, ROAD])
    problem = made.problem
    assert problem.required > 0 and problem.separate.sum() == 2, "people are the whole, each target of lines is a zone of its own"
    for target, unit in (("nr-pop90", "people"), (RAIL, "m"), (ROAD, "m")):
        zones = np.unique(problem.zone[(made.rows["target"] == target).to_numpy()])
        own = np.isin(problem.zone, zones)
        assert set(made.rows.loc[own, "target"]) == {target} and set(made.rows.loc[own, "unit"]) == {unit}
    assert made.worth.sum() == made.rows["population"].sum(), "metres are worth nothing where most people are sought"


def test_lines_are_due_in_the_last_phase() -> None:
    kept = {"villages": WORLD.villages, "target": ["nr-pop90", RAIL], "work_limit": 1000, **KEPT}
    phases = [ip.Phase("one", share=0.3), ip.Phase("two", share=0.5)]
    plan = ip.place_sites(TARGETS, WORLD.cover, candidates(), phases=phases, **kept)
    assert plan.phases is not None and plan.phases["asked_met"].all()
    assert plan.phases["km"].iloc[0] < plan.phases["km"].iloc[-1] == pytest.approx(plan.lines[RAIL]["served_km"])
    cut = ip.place_sites(TARGETS, WORLD.cover, candidates(), phases=[ip.Phase("one", sites=3)], **kept)
    assert cut.phases is not None and not cut.phases["asked_met"].iloc[-1], "three sites do not reach the lines"


def test_candidates_stand_along_the_line() -> None:
    made = candidates(line_spacing_m=2000.0, least_people=10_000)
    beside = made.loc[made["origin"] == "line"]
    lines = LINES.to_crs(WORLD.grid.crs).union_all()
    assert len(beside) >= 8 and (beside.to_crs(WORLD.grid.crs).distance(lines) < 60).all()
    assert (made.to_crs(WORLD.grid.crs).distance(lines) < 3200).all(), "of the others only those near the line stay"


@given(order=st.permutations(range(3)))
@settings(max_examples=6, deadline=None)
def test_the_order_of_the_lines_changes_nothing(order: list[int]) -> None:
    mixed = LINES.iloc[list(order)].reset_index(drop=True)
    own = target_lines(TARGETS, RAIL, cover=WORLD.cover, zones=WORLD.zones, corridors=mixed).points
    first = target_lines(TARGETS, RAIL, cover=WORLD.cover, **KEPT).points
    assert sorted(zip(own["id"], own["length_m"], strict=True)) == sorted(zip(first["id"], first["length_m"], strict=True))


def plan_with(lines: Any, target: str = RAIL) -> Any:
    kept = {"zones": WORLD.zones, "villages": WORLD.villages, "target": ["nr-pop90", target], "corridors": lines, "work_limit": 10}
    return ip.place_sites(TARGETS, WORLD.cover, candidates(), **kept)


def test_bad_layers_are_named_before_any_search() -> None:
    metres = LINES.to_crs(WORLD.grid.crs)
    for lines, text in (
        (None, "railway"),
        (LINES.loc[LINES["line_class"] == "expressway"], "railway"),
        (LINES.set_crs(None, allow_override=True), "CRS"),
        (LINES.set_crs(WORLD.grid.crs, allow_override=True), "are degrees"),
        (metres.assign(geometry=metres.translate(6e5, 2e6)).set_crs(4326, allow_override=True), "look like metres"),
        (LINES.assign(geometry=LINES.translate(5, 5)), "no piece"),
    ):
        with pytest.raises(UsageError, match=text):
            plan_with(lines)


def test_goals_that_no_plan_can_have() -> None:
    for names, options, text in (
        ([RAIL, RAIL], {}, "twice"),
        ([RAIL], {"must": [RAIL]}, "twice"),
        (["nr-private"], {}, "number"),
    ):
        with pytest.raises(UsageError, match=text):
            goal_of(TARGETS, names, **options)
    with pytest.raises(UsageError, match="budget"):
        ip.place_sites(TARGETS, WORLD.cover, candidates(), villages=WORLD.villages, target=[RAIL], max_sites=2, **KEPT)


def test_lines_with_a_capacity_and_a_county_floor() -> None:
    kept = {**KEPT, "villages": WORLD.villages}
    limited = {"capacity_people": 900, "county_floor": 0.5}
    plan = ip.place_sites(TARGETS, WORLD.cover, candidates(), target=["nr-pop90", RAIL], work_limit=3000, **limited, **kept)
    assert plan.status in ("optimal", "feasible") and plan.lines[RAIL]["met"]
    checked = ip.check_plan(plan, WORLD.cover, targets=TARGETS, capacity_people=900, **kept)
    assert checked["feasible"] and checked["lines"][RAIL]["met"] and checked["capacity"]["met"] and not checked["county_short"]
    assert checked["capacity"]["served"] == plan.served_after
    free = ip.place_sites(TARGETS, WORLD.cover, candidates(), target=["nr-pop90", RAIL], work_limit=3000, **kept)
    assert plan.cost >= free.bound
