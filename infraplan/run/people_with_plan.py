"""People served once a plan is built, zone by zone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from infraplan.coverage.networks import counted_networks
from infraplan.coverage.prediction import Coverage
from infraplan.run.findings import Findings
from infraplan.run.steps import zones_of_cities
from infraplan.siting.capacity import limited_family
from infraplan.siting.carried_people import CarriedPeople, carried_people
from infraplan.siting.checks import people_after
from infraplan.siting.maps import Maps
from infraplan.siting.plans import Plan


def with_plan_counted(findings: Findings, plan: Plan, after: Coverage, cities: tuple[str, ...] = ()) -> Findings:
    """`by_zone` with served_after: people served once the plan is built, by the rules of `check_plan`, by zone, family and network."""
    study, cover, people = findings.study, findings.cover, findings.villages
    zones = zones_of_cities(study.zones, cities) if cities else study.zones
    keys = ["level", "adcode", "family", "network"]
    carried = carried_by_plan(findings, plan, after)
    how: dict[str, Any] = {"measured": study.measured, "carried": carried}
    parts = [
        people_after(people, zones, cover, after, plan.sites, study.plan_services, network, **how)[[*keys, "served"]]
        for network in counted_networks(cover.networks)
    ]
    later = pd.concat(parts, ignore_index=True).rename(columns={"served": "served_after"})
    return replace(findings, by_zone=findings.by_zone.merge(later, on=keys, how="left", validate="one_to_one"))


def carried_by_plan(findings: Findings, plan: Plan, after: Coverage) -> CarriedPeople | None:
    """Whom the plan's sites can carry, without a planning margin; None where no family has limited users."""
    study = findings.study
    family = limited_family(study.capacity, plan.goal.families, study.plan_services)
    if not family:
        return None
    maps = Maps(findings.cover, after, plan.sites, study.plan_services, study.measured)
    return carried_people(replace(plan.goal, margin_db=0.0), maps, study.zones, findings.villages, study.capacity, family)
