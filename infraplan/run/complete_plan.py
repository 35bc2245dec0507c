"""A plan on top of edits of sites: keep my sites, leave out my places, reach the goal or spend the budget.

As a program (`python -m infraplan.run.complete_plan`) it reads one JSON document from stdin and writes lines of JSON, so that a page
can start it beside itself, show the best plan so far, and stop it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from shapely import Point

from infraplan.coverage.sectors import azimuths
from infraplan.errors import InfraplanError
from infraplan.geo.grids import Grid
from infraplan.messages import both, in_language
from infraplan.policy.gap_lists import no_gaps
from infraplan.run.counting import with_status
from infraplan.run.findings import Findings
from infraplan.run.plain_values import plain, records
from infraplan.run.progress import Progress, Silent
from infraplan.run.run_scope import chosen_cities
from infraplan.run.steps import limits_of, plan_of, planning_instance, without_points
from infraplan.run.what_if import WhatIf
from infraplan.siting.cover.incumbent import Follow
from infraplan.siting.explanations import reason_sentence
from infraplan.siting.instances import Instance
from infraplan.siting.plan_explanations import explain_plan
from infraplan.siting.plans import Plan, most_served
from infraplan.study import Study
from infraplan.study.scenarios import MOST_EDITS, Edit, Scenario
from infraplan.tables.reprojection import to_plane

NEAREST, NEAR_KM = 3, 5.0
"""Candidates that are looked at around a place, and how far they may be."""
SAID_EVERY_S = 1.0
"""Progress is said no more often."""


class Place(BaseModel):
    """A place, WGS-84. [deg]"""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    longitude: float = Field(ge=-180.0, le=180.0)
    latitude: float = Field(ge=-90.0, le=90.0)


class ForbiddenPlace(Place):
    """A disc in which nothing may be built."""

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
    why_not : list of Place
        Places of which the answer says why the plan does not build there.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    study: str
    edits: tuple[Edit, ...] = Field(default=(), max_length=MOST_EDITS)
    budget: float | None = Field(default=None, gt=0.0)
    cities: tuple[str, ...] = ()
    forbidden: tuple[ForbiddenPlace, ...] = Field(default=(), max_length=MOST_EDITS)
    why_not: tuple[Place, ...] = Field(default=(), max_length=5)


def complete_plan(
    state: WhatIf, request: PlanRequest, progress: Progress | None = None, follow: Follow | None = None
) -> tuple[Plan, Instance]:  # fmt: skip
    """The plan on top of the edits of a state: that of `infraplan plan`.

    Parameters
    ----------
    state : WhatIf
        With the edits of `request` applied.
    request : PlanRequest
        What is asked.
    progress : Progress, optional
        Gets a call for each step.
    follow : callable, optional
        Hears of the best plan so far while the search goes on (`SearchLimits`).

    Returns
    -------
    Plan, Instance
        The plan, and its problem.
    """
    steps = progress or Silent()
    study = state.study.under(Scenario(name="page", edits=state.edits, inputs=state.study.inputs))
    study.__dict__.update(sites=state.sites(), exclusions=(*study.exclusions, *_discs(state.study, request.forbidden)))
    cities = chosen_cities(study, request.cities) if request.cities else ()
    cover = state.network.cover
    villages = study.villages if not cities else study.villages.loc[study.villages["city"].isin(cities)]
    steps.step("run.counting")
    villages = with_status(villages, cover, study.measured)
    findings = Findings(study, cover, villages, pd.DataFrame(), pd.DataFrame(), without_points(no_gaps()))
    instance = planning_instance(findings, steps, cities)
    steps.step("run.searching")
    limits = replace(limits_of(study), follow=follow)
    if request.budget is not None:
        return most_served(instance, limits, budget=request.budget), instance
    return plan_of(findings, instance, None, cities, limits), instance


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


def why_not(plan: Plan, instance: Instance, place: Place, grid: Grid) -> list[dict[str, Any]]:
    """The candidates nearest to a place, and why the plan does not have them.

    Parameters
    ----------
    plan : Plan
        Of the instance.
    instance : Instance
        The problem.
    place : Place
        The place that is asked for.
    grid : Grid
        Of the study; its plane measures distances.

    Returns
    -------
    list of dict
        id, name, host, cost, distance_km, why (zh, en) of at most `NEAREST` candidates within `NEAR_KM`, nearest first; empty where no
        candidate is near.
    """
    x_m, y_m = grid.place(instance.candidates)
    at_x_m, at_y_m = grid.project(place.longitude, place.latitude)
    apart_km = np.hypot(x_m - at_x_m, y_m - at_y_m) / 1000.0
    rows = [row for row in np.argsort(apart_km, kind="stable")[:NEAREST] if apart_km[row] <= NEAR_KM]
    ids = [str(instance.candidates["id"].iloc[row]) for row in rows]
    if not ids:
        return []
    table = explain_plan(plan, candidates=ids, instance=instance).candidates
    answers = {str(answer["id"]): answer for answer in table.to_dict("records")}
    found = []
    for row, name in zip(rows, ids, strict=True):
        answer = answers[name]
        sentence = reason_sentence(answer)
        about = {"id": name, "name": str(answer["name"]), "host": str(answer["host"]), "cost": float(answer["cost"])}
        found.append(about | {"distance_km": float(apart_km[row]), "why": {"zh": sentence.zh, "en": sentence.en}})
    return found


def _discs(study: Study, places: Sequence[ForbiddenPlace]) -> tuple[Any, ...]:
    """The places as an exclusion layer."""
    if not places:
        return ()
    points = gpd.GeoSeries([Point(place.longitude, place.latitude) for place in places], crs="EPSG:4326")
    plane = to_plane(points.to_frame("geometry"), study.grid.crs)
    discs = plane.buffer([place.radius_km * 1000.0 for place in places])
    return (gpd.GeoDataFrame(geometry=discs.to_crs("EPSG:4326"), crs="EPSG:4326"),)


def substitutes_of(plan: Plan) -> list[dict[str, Any]]:
    """What replaces each site of a plan if it cannot be had: id, substitute (sites, or a word where none is known), cost, bound."""
    table = plan.sites[["id", "substitute", "substitute_cost", "substitute_bound"]]
    return records(table, tuple(table.columns))


def numbers_of(plan: Plan) -> dict[str, Any]:
    """What a page shows of a plan."""
    bound = None if plan.cost_bound is None else float(plan.cost_bound)
    return {
        "status": plan.status, "sites": len(plan.sites), "cost": float(plan.cost), "bound": bound, "gap": plan.proven_gap,
        "served": int(plan.served_after), "served_before": int(plan.served_before), "population": int(plan.population),
        "currency": plan.currency,
    }  # fmt: skip


class _Lines:
    """Progress as lines of JSON: the step with the share of it that is done, and the best plan so far; at most one a second of each step.

    Parameters
    ----------
    say : callable
        Writes a line.
    goal : bool
        The value of a plan is its cost, otherwise the people it serves.
    """

    def __init__(self, say: Callable[..., None], goal: bool):
        self.say, self.goal, self.said = say, goal, 0.0

    def step(self, key: str) -> Callable[[int, int], None]:
        self.say(kind="progress", step=key)
        self.said = time.monotonic()
        return lambda done, total: self._now(step=key, part=done / max(total, 1))

    def best(self, value: float, bound: float, sites: int) -> None:
        """The best plan so far."""
        if not np.isfinite(value):
            return
        proven = {"bound": bound, "gap": abs(value - bound) / max(value, bound)} if np.isfinite(bound) and max(value, bound) > 0 else {}
        money = {"cost": value} if self.goal else {}
        self._now(step="run.searching", sites=sites, **money, **(proven if self.goal else {"gap": proven["gap"]} if proven else {}))

    def _now(self, **content: Any) -> None:
        if time.monotonic() - self.said >= SAID_EVERY_S:
            self.said = time.monotonic()
            self.say(kind="progress", **content)


def main() -> int:
    """Reads the request, writes progress and the plan."""

    def say(**content: Any) -> None:
        print(json.dumps(plain(content), ensure_ascii=False, allow_nan=False), flush=True)

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
        lines = _Lines(say, goal=request.budget is None)
        plan, instance = complete_plan(state, request, lines, lines.best)
        edits = edits_of(plan, [*study.sites["id"], *(edit.id for edit in request.edits)])
        fits = len(edits) + len(request.edits) <= MOST_EDITS
        listed = [edit.written() | {"longitude": edit.longitude, "latitude": edit.latitude} for edit in edits] if fits else None
        answers = [place.model_dump() | {"candidates": why_not(plan, instance, place, study.grid)} for place in request.why_not]
        say(kind="done", **numbers_of(plan), edits=listed, substitutes=substitutes_of(plan), why_not=answers)
    except InfraplanError as error:
        return failed(error)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
