"""summary.json: every number the pages show, for programs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import infraplan
from infraplan.coverage.networks import ANY
from infraplan.policy.gap_counts import gap_counts
from infraplan.radio.receivers import signal_band_db
from infraplan.run.steps import Findings
from infraplan.siting.goals import Goal, ShareTarget
from infraplan.siting.plan_sites import as_sites
from infraplan.siting.plans import Plan
from infraplan.tables.faults import grouped

BESIDE = ("receiver", "served_weaker", "share_weaker", "served_stronger", "share_stronger", "other_receiver", "other_served", "other_share")
"""What a zone's figures carry beside its share, as `with_ranges` names it."""

TARGET_COLUMNS = (
    "id",
    "part",
    "zone_level",
    "zone",
    "zone_name",
    "family",
    "network",
    "measure",
    "required",
    "achieved",
    "achieved_most",
    "numerator",
    "denominator",
    "uncertain",
    "unit",
    "shortfall",
    "shortfall_most",
    "status",
    "force",
    "due",
    "expired",
    "interpretation",
)


def plain(value: Any) -> Any:
    """A value as JSON knows it: no NaN, no numpy."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | str) else str(value)


def records(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of a frame as plain objects."""
    known = [name for name in columns if name in frame]
    return [{name: plain(item) for name, item in zip(known, row, strict=True)} for row in frame[known].itertuples(index=False, name=None)]


def plan_numbers(plan: Plan | None, check: dict[str, Any] | None) -> dict[str, Any] | None:
    """The plan's totals and its check from the list of sites alone."""
    if plan is None:
        return None
    return {
        "goal": plain(asdict(plan.goal)),
        "target": plan.goal.target,
        "family": plan.goal.family,
        "required_share": plan.goal.share,
        "county_floor": plan.goal.county_floor,
        "cities": list(plan.goal.cities),
        "margin_db": plan.goal.margin_db,
        "sites": len(plan.sites),
        "cost_cny": plan.cost_cny,
        "asked": plan.objective,
        "bound_cny": plan.bound_cny,
        "bound": plan.bound,
        "proven_gap": plan.proven_gap,
        "proven": "within the model",
        "status": plan.status,
        "candidates": plan.candidates,
        "population": plan.population,
        "served_before": plan.served_before,
        "served_after": plan.served_after,
        "population_gained": plan.population_gained,
        "unreachable_people": plan.unreachable_people,
        "extras_cny": dict(plan.extras_cny),
        "families": plain(plan.families),
        "weighted": plan.weighted,
        "worth": plain(plan.worth),
        "phases": None if plan.phases is None else records(plan.phases, tuple(plan.phases.columns)),
        "pareto": None if plan.pareto is None else records(plan.pareto, tuple(plan.pareto.columns)),
        "check": plain(check),
    }


def restore_plan(output: Path) -> Plan | None:
    """The provincial plan of a finished run, read back from its summary and its list of sites; None where either is missing."""
    import geopandas as gpd

    summary, layers = output / "summary.json", output / "plan.gpkg"
    if not (summary.is_file() and layers.is_file()):
        return None
    numbers = json.loads(summary.read_text(encoding="utf-8")).get("plan")
    if numbers is None or "goal" not in numbers:
        return None
    sites = gpd.read_file(layers, layer="new_sites").to_crs(4326)
    sites = as_sites(sites, [name for name in sites.columns if name.startswith("people_gained_")])
    taken = {
        name: numbers[name]
        for name in (
            "cost_cny",
            "bound",
            "proven_gap",
            "status",
            "population",
            "served_before",
            "served_after",
            "candidates",
            "unreachable_people",
            "extras_cny",
            "families",
            "weighted",
            "worth",
        )
    }
    return Plan(goal=_goal(numbers["goal"]), sites=sites, objective=numbers["asked"], **taken)


def _goal(stated: dict[str, Any]) -> Goal:
    """A goal from its plain form."""

    def frozen(entry: dict[str, Any]) -> dict[str, Any]:
        return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}

    others = tuple(ShareTarget(**frozen(one)) for one in stated["others"])
    return Goal(**{**frozen(stated), "others": others})


def beside(anyone: pd.DataFrame, family: str) -> dict[str, Any]:
    """What stands beside a family's share, for all people: every level of `anyone` adds up to them, so the first is summed."""
    rows = anyone.loc[(anyone["family"] == family) & (anyone["level"] == anyone["level"].iloc[0])] if len(anyone) else anyone
    if not len(rows):
        return {}
    people = int(rows["population"].sum())
    told: dict[str, Any] = {"receiver": str(rows["receiver"].iloc[0])}
    for name in ("weaker", "stronger"):
        served = int(rows[f"served_{name}"].sum())
        told |= {f"served_{name}": served, f"share_{name}": served / people if people else None}
    if str(rows["other_receiver"].iloc[0]):
        told["other_receiver"] = str(rows["other_receiver"].iloc[0])
        told |= {f"other_{name}": int(rows[f"other_{name}"].sum()) for name in ("served", "uncertain", "unserved")}
        told["other_share"] = told["other_served"] / people if people else None
    return told


def summarise(findings: Findings, plan: Plan | None, check: dict[str, Any] | None) -> dict[str, Any]:
    """population, zones, targets and plan at the top level, and how they were made."""
    study, cover, by_zone = findings.study, findings.cover, findings.by_zone
    anyone = by_zone.loc[by_zone["network"] == ANY]
    total = int(findings.villages["population"].sum())
    population: dict[str, Any] = {"total": total}
    for family in cover.families:
        counts = findings.villages.groupby(f"{family}_status", observed=False)["population"].sum()
        numbers = {name: int(counts.get(name, 0)) for name in ("served", "uncertain", "unserved")}
        share = numbers["served"] / total if total else None
        rests = int(findings.villages.loc[findings.villages[f"{family}_measured"], "population"].sum())
        population[family] = numbers | {"share": share, "measured": rests} | beside(anyone, family)
    zones = []
    for (level, adcode, name), rows in anyone.groupby(["level", "adcode", "name"], sort=False):
        entry: dict[str, Any] = {
            "level": level,
            "adcode": adcode,
            "name": name,
            "population": int(rows["population"].iloc[0]),
            "served": {},
        }
        for row in rows.to_dict("records"):
            entry["served"][row["family"]] = int(row["served"])
            entry[row["family"]] = {
                "served": int(row["served"]),
                "uncertain": int(row["uncertain"]),
                "unserved": int(row["unserved"]),
                "share": plain(float(row["share"])),
                **{name: plain(row[name]) for name in BESIDE},
            }
        zones.append(entry)
    by_network = by_zone.loc[by_zone["level"].isin(["province", "city"])]
    about = study.config.study
    return {
        "study": about.name,
        "as_of": plain(about.as_of),
        "report_date": plain(about.dated),
        "version": infraplan.__version__,
        "synthetic": study.synthetic,
        "population_basis": study.population_basis,
        "model": list(cover.models_used),
        "resolution_m": cover.grid.resolution_m,
        "reliability": cover.reliability,
        "reliability_of": "area",
        "bare_earth": cover.terrain is not None and cover.terrain.clutter is None,
        "receivers": cover.receivers,
        "signal_band_db": signal_band_db(),
        "capped_sites": cover.capped_sites,
        "capped_by_family": plain(dict(cover.capped_by_family)),
        "caps_km": {family: min(cover.max_radius_km, cover.caps_km.get(family, cover.max_radius_km)) for family in cover.families},
        "population": population,
        "zones": zones,
        "networks": records(
            by_network, ("level", "adcode", "name", "family", "network", "population", "served", "uncertain", "unserved", "share")
        ),
        "targets": records(findings.card, TARGET_COLUMNS),
        "gaps": gap_counts(findings.gaps, findings.asked, cover.families),
        "sites": len(study.sites),
        "warnings": [asdict(fault) for fault in grouped(study.warnings)],
        "plan": plan_numbers(plan, check),
    }


def dumps(content: dict[str, Any]) -> str:
    """JSON text, Chinese readable, no NaN, one line a row of the long lists."""
    parts = []
    for key, value in plain(content).items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in value)
            parts.append(f"{json.dumps(key)}: [\n  {rows}\n ]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)}")
    return "{\n " + ",\n ".join(parts) + "\n}\n"
