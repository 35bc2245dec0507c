"""Fibre to the villages of a study's clause: from the study's layers to the plan of fibre, or to why there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.backhaul.fibre_plan import CONNECTED, NO_LINE, FibrePlan, Scenarios, fibre_plan
from infraplan.backhaul.findings import all_findings, findings
from infraplan.backhaul.network import BackhaulNetwork, backhaul_network
from infraplan.errors import DataError, UsageError
from infraplan.messages import Bilingual, both
from infraplan.policy.counted_rows import village_rows
from infraplan.policy.layers import Layers, answers, zones_of_rows
from infraplan.policy.priority import areas_of_places
from infraplan.policy.targets import Target
from infraplan.run.findings import Findings
from infraplan.run.progress import Progress, Silent
from infraplan.study import Study
from infraplan.study.config import FILE_NAME


def why_no_fibre(study: Study) -> Bilingual | None:
    """Why a study gets no plan of fibre; None where it gets one."""
    choice = study.config.backhaul
    if study.path("roads") is None:
        return both("run.fibre_without_roads")
    if study.path("fibre_nodes") is None and not choice.villages_with_fibre:
        return both("run.fibre_without_nodes")
    if not study.has_people:
        return both("run.fibre_without_villages")
    return None if choice.target or _awarded(study) else both("run.fibre_without_clause")


def fibre_target(study: Study) -> Target:
    """The clause whose villages get fibre: `[backhaul] target`, else the first clause of villages with an award."""
    chosen = study.config.backhaul.target
    if not chosen:
        found = _awarded(study)
        if not found:
            raise UsageError(both("run.fibre_without_clause"))
        return found[0]
    target = study.targets.row(*chosen.split("/", 1))
    if target.layer != "villages" or not target.column:
        raise UsageError(both("run.fibre_not_of_villages", target=chosen, file=FILE_NAME))
    return target


def _awarded(study: Study) -> list[Target]:
    return [target for target in study.targets if target.layer == "villages" and target.award is not None and target.column]


def plan_fibre(
    study: Study, progress: Progress | None = None, cities: tuple[str, ...] = (), budget: float | None = None
) -> tuple[BackhaulNetwork, FibrePlan]:
    """The network of a study, and the cheapest fibre for the villages of its clause that say they have none.

    Raises
    ------
    UsageError
        The study has no roads, no nodes of today's network, or no clause of villages.
    DataError
        A fault of a layer; no village has a way to today's network (each is named).
    """
    reason = why_no_fibre(study)
    if reason is not None:
        raise UsageError(reason)
    target, choice, prices = fibre_target(study), study.config.backhaul, study.fibre_prices
    steps = progress or Silent()
    lacking, silent, having = village_groups(study, target, cities)
    nodes = fibre_starts(study, having)
    advance = steps.step("run.fibre_network")
    level = choice.prices
    lines = study.fibre_roads if level == "typical" else study.roads_priced(level)
    advance(1, 2)
    network = backhaul_network(
        lines, lacking, nodes, prices=prices, level=level, place_file=study.config.files.villages or "villages",
        node_file=study.config.files.fibre_nodes or "fibre_nodes",
    )  # fmt: skip
    advance(2, 2)
    limit = prices.hop_cost(level) if choice.radio_limit is None else choice.radio_limit
    asked = Scenarios(
        award=float(target.award or 0.0), subsidy=choice.subsidy, radio_limit=limit, budget=float("inf") if budget is None else budget
    )
    plan = fibre_plan(
        network, lacking, currency=prices.currency, scenarios=asked, work_limit=choice.work_limit, advance=steps.step("run.fibre_trees")
    )
    said = findings("not_stated", _flat(silent, study), np.zeros(len(silent)), study.grid.crs, ids=silent["id"].to_numpy(object))
    totals = plan.totals | {
        "target": target.id,
        "not_stated": len(silent),
        "with_fibre": len(having),
        "fibre_nodes": len(nodes),
    }
    return network, FibrePlan(
        plan.villages, plan.spans, plan.nodes, plan.counties, all_findings([plan.findings, said]), plan.parts, totals, asked
    )


def fibre_starts(study: Study, having: Any = None) -> gpd.GeoDataFrame:
    """The nodes of today's network: those of the layer, and the villages with fibre (`having`) where `[backhaul]` counts them."""
    nodes = study.fibre_nodes
    given = gpd.GeoDataFrame({"id": []}, geometry=[], crs=4326) if nodes is None else nodes[["id", "geometry"]]
    if not study.config.backhaul.villages_with_fibre:
        return given
    having = village_groups(study, fibre_target(study))[2] if having is None else having
    free = gpd.GeoDataFrame(having[["id"]], geometry=having.geometry.to_numpy(), crs=having.crs)
    return free if nodes is None else gpd.GeoDataFrame(pd.concat([given, free], ignore_index=True), crs=4326)


def village_groups(study: Study, target: Target, cities: tuple[str, ...] = ()) -> tuple[Any, Any, Any]:
    """The villages that a clause counts: without fibre, without an answer, with fibre; with the names of their zones."""
    layers = Layers(None, study.zones, study.villages)  # type: ignore[arg-type]
    rows, _ = village_rows(target, layers)
    says, said = answers(layers, "villages", target.column)
    zone = zones_of_rows(layers, "villages")
    if cities:
        rows = rows & zone["city"].isin(cities).to_numpy()
    table = study.villages.reset_index(drop=True)
    names = dict(zip(study.zones["adcode"].astype(str), study.zones["name"].astype(str), strict=True))
    county = zone["county"].astype(str).reset_index(drop=True)
    table = table.assign(
        county=county.to_numpy(),
        county_name=county.map(names).fillna("").to_numpy(),
        priority=areas_of_places(county, table.get("town"), study.targets.priority_areas) != "",
        lon=table.geometry.x.round(6).to_numpy(),
        lat=table.geometry.y.round(6).to_numpy(),
    )
    groups = [table[rows & mask].reset_index(drop=True) for mask in (said & ~says, ~said, says)]
    return groups[0], groups[1], groups[2]


def _flat(points: Any, study: Study) -> Any:
    """Points in the plane of the study's grid."""
    return np.column_stack(study.grid.place(points)) if len(points) else np.zeros((0, 2))


def with_fibre(findings: Findings, progress: Progress | None = None) -> Findings:
    """The findings of a whole study with its plan of fibre, or with why there is none: a step of a run never ends it.

    Villages that no line joins to today's network at all, a certificate, are a warning here.
    """
    study = findings.study
    reason = why_no_fibre(study)
    if reason is not None:
        return replace(findings, fibre_note=reason)
    try:
        plan = plan_fibre(study, progress)[1]
        return replace(findings, fibre=plan, gaps=with_fibre_remedies(findings.gaps, plan))
    except DataError as error:
        study.keep([replace(fault, severity="warning") for fault in error.fault_list])
        return replace(findings, fibre_note=both("run.fibre_failed", why=error.fault_list[0].message))


def with_fibre_remedies(gaps: pd.DataFrame, plan: FibrePlan) -> pd.DataFrame:
    """The gaps of the plan's clause with what the plan of fibre does about each: it is connected, or no line leads to it."""
    status = dict(zip(plan.villages["id"], plan.villages["status"], strict=True))
    own = (gaps["target"] == plan.totals["target"]) & (gaps["remedy"] == "complete_work") & gaps["id"].isin(status)
    named = gaps["id"].map(status).map({CONNECTED: "fibre_plan", NO_LINE: "fibre_no_line"})
    return gaps.assign(remedy=gaps["remedy"].where(~own, named))
