"""A plan on top of edits of sites: keep my sites, leave out my places, reach the goal or spend the budget.

As a program (`python -m infraplan.run.complete_plan`) it reads one JSON document from stdin and writes lines of JSON, so that a page
can start it beside itself, show the best plan so far, and stop it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from shapely import Point

from infraplan.coverage.sectors import azimuths
from infraplan.errors import InfraplanError
from infraplan.messages import both, in_language
from infraplan.policy.gap_lists import no_gaps
from infraplan.run.counting import with_status
from infraplan.run.findings import Findings
from infraplan.run.run_scope import chosen_cities
from infraplan.run.steps import limits_of, plan_of, planning_instance, without_points
from infraplan.run.what_if import WhatIf
from infraplan.siting.plans import Plan, most_served
from infraplan.study import Study
from infraplan.study.scenarios import MOST_EDITS, Edit, Scenario
from infraplan.tables.reprojection import to_plane

ROUNDS = (16, 4, 1)
"""The search is run with the study's steps divided by each of these: the first answers come soon, the last is that of `infraplan plan`."""


class ForbiddenPlace(BaseModel):
    """A disc in which nothing may be built."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    longitude: float = Field(ge=-180.0, le=180.0)
    latitude: float = Field(ge=-90.0, le=90.0)
    radius_km: float = Field(gt=0.0, le=100.0)


class PlanRequest(BaseModel):
    """What is asked of a plan.

    Parameters
    ----------
    study : str
        The folder of a study that was run.
    edits : list of Edit
        They are kept.
    budget : float, optional
        The most that new sites may cost, in the currency of the study: the most people are served. Without it the goal of study.toml is
        reached at the least cost.
    cities : list of str
        Adcodes of the cities to plan for; all of them where it is empty.
    forbidden : list of ForbiddenPlace
        Where nothing may be built.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    study: str
    edits: tuple[Edit, ...] = Field(default=(), max_length=MOST_EDITS)
    budget: float | None = Field(default=None, gt=0.0)
    cities: tuple[str, ...] = ()
    forbidden: tuple[ForbiddenPlace, ...] = Field(default=(), max_length=MOST_EDITS)


def complete_plan(state: WhatIf, request: PlanRequest, step: Callable[[str], None] = lambda key: None) -> Iterator[Plan]:
    """Plans on top of the edits of a state, each at least as good as the one before.

    Parameters
    ----------
    state : WhatIf
        With the edits of `request` applied.
    request : PlanRequest
        What is asked.
    step : callable
        Called with the key of each step that begins.

    Yields
    ------
    Plan
        After each round of the search; the last has the steps of study.toml.
    """
    study = state.study.under(Scenario(name="page", edits=state.edits, inputs=state.study.inputs))
    study.__dict__.update(sites=state.sites(), exclusions=(*study.exclusions, *_discs(state.study, request.forbidden)))
    cities = chosen_cities(study, request.cities) if request.cities else ()
    cover = state.network.cover
    villages = study.villages if not cities else study.villages.loc[study.villages["city"].isin(cities)]
    step("run.counting")
    villages = with_status(villages, cover, study.measured)
    findings = Findings(study, cover, villages, pd.DataFrame(), pd.DataFrame(), without_points(no_gaps()))
    step("run.planning")
    instance, usual, best = planning_instance(findings, None, cities), limits_of(study), None
    for part in ROUNDS:
        step("run.searching")
        limits = replace(usual, work_limit=None if usual.work_limit is None else max(usual.work_limit // part, 1))
        if usual.work_limit is None:
            limits = replace(limits, time_limit_s=usual.time_limit_s / part)
        found = (
            plan_of(findings, instance, None, cities, limits)
            if request.budget is None
            else most_served(instance, limits, budget=request.budget)
        )
        best = found if best is None else _better(best, found, request.budget)
        yield best


def edits_of(plan: Plan, known: Sequence[str]) -> list[Edit]:
    """The sites of a plan as edits, under ids that the study does not have."""
    taken, edits = set(known), []
    for row in plan.sites.itertuples():
        name = str(row.id)
        while name in taken:
            name = f"{name}-2"
        angles = [angle for angle in azimuths(str(row.azimuth_deg)) if not np.isnan(angle)]
        edits.append(
            Edit(
                do="add",
                id=name,
                name=str(row.name) or None,
                longitude=row.geometry.x,
                latitude=row.geometry.y,
                services=tuple(str(row.services).split(";")),
                operators=row.operators,
                host=row.host,
                height_m=row.height_m,
                azimuth_deg=tuple(angles),
                tilt_deg=row.tilt_deg,
                carrier_power_dbm=None if pd.isna(row.carrier_power_dbm) else row.carrier_power_dbm,
            )
        )
    return edits


def _better(one: Plan, other: Plan, budget: float | None) -> Plan:
    """The better of two plans for one problem, with the better of both bounds."""
    if budget is not None:
        return other if other.served_after >= one.served_after else one
    reached = ("optimal", "feasible")
    if (one.status in reached) != (other.status in reached):
        return one if one.status in reached else other
    return other if other.cost <= one.cost else one


def _discs(study: Study, places: Sequence[ForbiddenPlace]) -> tuple[Any, ...]:
    """The places as an exclusion layer."""
    if not places:
        return ()
    points = gpd.GeoSeries([Point(place.longitude, place.latitude) for place in places], crs="EPSG:4326")
    plane = to_plane(points.to_frame("geometry"), study.grid.crs)
    discs = plane.buffer([place.radius_km * 1000.0 for place in places])
    return (gpd.GeoDataFrame(geometry=discs.to_crs("EPSG:4326"), crs="EPSG:4326"),)


def numbers_of(plan: Plan) -> dict[str, Any]:
    """What a page shows of a plan."""
    bound = None if plan.cost_bound is None else float(plan.cost_bound)
    return {
        "status": plan.status, "sites": len(plan.sites), "cost": float(plan.cost), "bound": bound, "gap": plan.proven_gap,
        "served": int(plan.served_after), "served_before": int(plan.served_before), "population": int(plan.population),
        "currency": plan.currency,
    }  # fmt: skip


def main() -> int:
    """Reads the request, writes progress and plans."""

    def say(**content: Any) -> None:
        print(json.dumps(content, ensure_ascii=False, allow_nan=False), flush=True)

    def failed(text: Any) -> int:
        say(kind="failed", message_zh=str(in_language(text, "zh")), message_en=str(in_language(text, "en")))
        return 1

    try:
        request = PlanRequest.model_validate_json(sys.stdin.read())
    except ValidationError as error:
        return failed(both("run.what_if_request", what="; ".join(str(item["loc"]) for item in error.errors()[:5])))
    try:
        study = Study.open(request.study)
        say(kind="progress", step="run.loading")
        state = WhatIf(study)
        state.apply(request.edits)
        plan = None
        for plan in complete_plan(state, request, lambda key: say(kind="progress", step=key)):
            say(kind="progress", step="run.searching", **numbers_of(plan))
        assert plan is not None
        edits = edits_of(plan, [*study.sites["id"], *(edit.id for edit in request.edits)])
        fits = len(edits) + len(request.edits) <= MOST_EDITS
        listed = [edit.written() | {"longitude": edit.longitude, "latitude": edit.latitude} for edit in edits] if fits else None
        say(kind="done", **numbers_of(plan), edits=listed)
    except InfraplanError as error:
        return failed(error)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
