"""A plan counted on the map: site by site, against maps made anew; and the check finds the same people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infraplan.coverage.map_update import cover_with
from infraplan.coverage.population import point_statuses, service_status
from infraplan.coverage.reach import reach
from infraplan.coverage.sectors import sectors_of
from infraplan.run.steps import Findings, assess, check_of, plan_of, plan_on_map, planning_instance
from infraplan.siting.explanations import explained_by_search
from infraplan.siting.on_map import counted_on_map
from infraplan.siting.phases import Phase
from infraplan.siting.plan_explanations import explain_plan
from infraplan.siting.plans import Plan, SearchLimits, cheapest_plan, most_served
from infraplan.study import Study

CITY = "445100"
PHASES = (Phase("one", share=0.5), Phase("two", sites=4), Phase("three"))


@pytest.fixture(scope="module")
def findings(mini_study: Path) -> Findings:
    """Villages whose position is uncertain by a pixel and more: many discs that two sites serve together."""
    found = assess(Study.open(mini_study), gaps=False)
    villages = found.villages.assign(position_error_m=1200.0)
    today = point_statuses(villages, found.cover, "nr")[0]
    return replace(found, villages=villages.assign(nr_status=np.array(["served", "uncertain", "unserved"])[today]))


@pytest.fixture(scope="module")
def plan(findings: Findings) -> Plan:
    return most_served(planning_instance(findings, cities=(CITY,)), SearchLimits(work_limit=2000), max_sites=18, phases=PHASES)


def after(findings: Findings, sites: Any) -> Any:
    return cover_with(sites, findings.cover, findings.study.plan_services)


def on_map(findings: Findings, plan: Plan) -> Plan:
    study = findings.study
    kept = {"zones": study.zones, "villages": findings.villages, "targets": study.targets, "places": study.places, "phases": PHASES}
    return counted_on_map(plan, study.plan_services, findings.cover, after(findings, plan.sites), **kept)


def served(findings: Findings, sites: Any) -> Any:
    """Which villages of the city the map with these sites serves."""
    own = (findings.villages["city"] == CITY).to_numpy()
    return own & (service_status(findings.villages, after(findings, sites), ("nr",))["nr"] == "served").to_numpy()


def test_every_step_is_what_the_map_shows(findings: Findings, plan: Plan) -> None:
    found, people = on_map(findings, plan), findings.villages["population"].to_numpy()
    natural = (findings.villages["kind"] == "village").to_numpy()
    whole, before = served(findings, plan.sites), served(findings, plan.sites.iloc[:0])
    assert found.served_before == int(people[before].sum())
    for number in range(len(plan.sites)):
        now = served(findings, plan.sites.iloc[: number + 1])
        row = found.sites.iloc[number]
        assert row["people_gained"] == int(people[now & ~before].sum()), number
        assert row["villages_gained"] == int((now & ~before & natural).sum()), number
        without = served(findings, plan.sites.drop(index=plan.sites.index[number]))
        assert row["people_lost"] == int(people[whole & ~without].sum()), number
        before = now
    assert found.served_after == int(people[whole].sum()) == found.families["nr"]["served_after"]
    assert int(found.sites["people_gained"].sum()) == found.population_gained
    assert found.served_after > plan.served_after, "the study has discs that two sites serve together"


def test_the_difference_to_the_search_is_who_is_served_together(findings: Findings, plan: Plan) -> None:
    """Those the map serves and the search does not count: no single new site serves the whole disc; and the search counts nobody else."""
    villages, services = findings.villages, findings.study.plan_services
    sectors = sectors_of(plan.sites, services, include=("planned",), part=True)
    gained = served(findings, plan.sites) & ~served(findings, plan.sites.iloc[:0])
    matrix = reach(villages, sectors, findings.cover, services, family="nr")
    alone = np.asarray(matrix.sum(axis=1)).ravel() > 0
    people = villages["population"].to_numpy()
    assert int(people[gained & alone].sum()) == plan.population_gained
    assert int(people[gained & ~alone].sum()) == on_map(findings, plan).served_after - plan.served_after > 0


def test_the_check_finds_the_same_people(findings: Findings, plan: Plan, mini_study: Path) -> None:
    found = on_map(findings, plan)
    assert check_of(findings, found)["served"] == found.served_after
    usual = assess(Study.open(mini_study), gaps=False)
    cheapest = plan_of(usual, planning_instance(usual, cities=(CITY,)))
    outcome = plan_on_map(usual, cheapest, after(usual, cheapest.sites))
    assert check_of(usual, outcome)["served"] == outcome.served_after == int(outcome.sites["people_gained"].sum()) + outcome.served_before
    assert (outcome.cost, outcome.bound, outcome.status) == (cheapest.cost, cheapest.bound, cheapest.status)


def test_phases_add_up_on_the_map(findings: Findings, plan: Plan) -> None:
    found = on_map(findings, plan)
    assert found.phases is not None and plan.phases is not None
    assert found.phases.dtypes.to_dict() == plan.phases.dtypes.to_dict()
    assert int(found.phases["people_gained"].sum()) == found.population_gained
    assert found.phases["share"].iloc[-1] == pytest.approx(found.served_after / found.population)
    gains = found.sites.groupby("phase")["people_gained"].sum()
    assert found.phases.set_index("phase")["people_gained"].reindex(gains.index).tolist() == gains.tolist()


def test_whom_sites_serve_together_is_not_called_unreachable(findings: Findings, mini_study: Path) -> None:
    """With one candidate left out of reach of all, the certificate lists nobody whom the map serves."""
    instance = planning_instance(findings, cities=(CITY,))
    goal = replace(instance.goal, share=1.0)
    total = float(instance.rows["population"].sum())
    made = cheapest_plan(replace(instance, goal=goal, problem=replace(instance.problem, required=total)), SearchLimits(work_limit=2000))
    assert made.status in ("unreachable", "short") and len(made.unreachable)
    found = on_map(findings, replace(made, phases=None))
    ids = set(findings.villages.loc[served(findings, made.sites), "id"].astype(str))
    assert not ids & set(found.unreachable["id"]) and ids & set(made.unreachable["id"])
    assert found.unreachable_people == int(found.unreachable["population"].sum()) < made.unreachable_people
    assert found.served_after + found.unreachable_people <= found.population


def test_an_explanation_knows_whom_sites_serve_together(findings: Findings, plan: Plan) -> None:
    instance, people = planning_instance(findings, cities=(CITY,)), findings.villages["population"].to_numpy()
    assert instance.inputs is not None and not instance.problem.is_limited
    instance = replace(instance, inputs=replace(instance.inputs, capacity_people=None))
    whole, before = served(findings, plan.sites), served(findings, plan.sites.iloc[:0])
    ids = findings.villages["id"].astype(str).to_numpy()
    gained = ids[whole & ~before].tolist()
    plain, found = explained_by_search(plan, instance, villages=gained), explain_plan(plan, villages=gained, instance=instance)
    assert found.targets["served"].tolist() == [int(people[whole].sum())] > plain.targets["served"].tolist()
    assert (found.villages["status"] == "served_by_plan").all() and (plain.villages["status"] != "served_by_plan").any()
    new = found.villages.loc[(plain.villages["status"] != "served_by_plan").to_numpy()]
    for row in new.to_dict("records"):
        some = plan.sites.loc[plan.sites["id"].isin(row["by"].split(";"))]
        assert len(some) > 1 and served(findings, some)[ids == row["id"]][0] and not served(findings, some.iloc[:1])[ids == row["id"]][0]
    assert not set(found.unreachable["id"]) & set(ids[whole]) and set(plain.unreachable["id"]) & set(ids[whole])
    assert found.villages.dtypes.to_dict() == plain.villages.dtypes.to_dict()


def test_a_plan_of_nothing_and_a_plan_with_a_capacity_stay_as_they_are(findings: Findings, plan: Plan) -> None:
    empty = replace(plan, sites=plan.sites.iloc[:0], phases=None)
    found = on_map(findings, empty)
    assert found.served_after == found.served_before and not len(found.sites)
    study = findings.study
    kept = {"zones": study.zones, "villages": findings.villages, "capacity_people": 100}
    assert counted_on_map(plan, study.plan_services, findings.cover, findings.cover, **kept) is plan
