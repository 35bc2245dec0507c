"""summary.json: every number the pages show, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

import infraplan
from infraplan.coverage.networks import ANY
from infraplan.coverage.prediction import Coverage
from infraplan.messages import LANGUAGES, in_language
from infraplan.outputs import names, types
from infraplan.outputs.summary_keys import units
from infraplan.policy.gap_counts import gap_counts
from infraplan.radio.receivers import signal_band_db
from infraplan.run.evidence import evidence_of
from infraplan.run.fibre_numbers import fibre_numbers
from infraplan.run.findings import Findings
from infraplan.run.plain_values import plain, records
from infraplan.run.planning import phases_of
from infraplan.run.quality_numbers import quality_numbers
from infraplan.run.steps import zones_of_cities
from infraplan.run.study_names import whole_name
from infraplan.siting.build_alone import BuildAlone
from infraplan.siting.capacity import limited_family
from infraplan.siting.checks import served_by_family
from infraplan.siting.connections import connection_sums
from infraplan.siting.goals import Goal, LineTarget, ShareTarget, WeakGridTarget
from infraplan.siting.low_end import LowEnd
from infraplan.siting.plan_sites import as_sites
from infraplan.siting.plans import Plan
from infraplan.tables.column_types import typed
from infraplan.tables.faults import grouped

BESIDE = (
    "receiver", "served_weaker", "share_weaker", "served_stronger", "share_stronger", "other_receiver", "other_served", "other_share",
    "partial_not_spot", "total_not_spot",
)  # fmt: skip
"""Figures of a zone beside its share, as named by `with_ranges` and `count_people`."""

IN_YUAN = {
    "cost_cny": "cost", "cost_low_cny": "cost_low", "cost_high_cny": "cost_high", "bound_cny": "cost_bound",
    "substitute_cost_cny": "substitute_cost", "substitute_bound_cny": "substitute_bound",
}  # fmt: skip
"""Keys beside their neutral ones where the currency is CNY: programs of others ask for them."""
OF_THE_WHOLE = (
    "cost_bound", "bound", "proven_gap", "refuted_bounds", "candidates", "unreachable_people", "extras", "worth", "pareto", "check",
    "low_end", "build_alone", "lines", "weak_grid",
)  # fmt: skip
"""Keys that hold for a whole plan and not for a city's part of it."""
LEVELS = ("province", "city", "county", "township")
"""From the top down."""
SCHEMA_VERSION = 3
"""Form of summary.json: raised when a key goes or changes its meaning; runs before it was written have none."""


def plan_numbers(plan: Plan | None, check: dict[str, Any] | None) -> dict[str, Any] | None:
    """The plan's totals and its check from the list of sites alone."""
    if plan is None:
        return None
    numbers = {
        "scope": "whole",
        "goal": plain(asdict(plan.goal)),
        "target": plan.goal.target,
        "family": plan.goal.family,
        "required_share": plan.goal.share,
        "county_floor": plan.goal.county_floor,
        "cities": list(plan.goal.cities),
        "margin_db": plan.goal.margin_db,
        "sites": len(plan.sites),
        "currency": plan.currency,
        "cost": plan.cost,
        "cost_low": plan.cost_low,
        "cost_high": plan.cost_high,
        "asked": plan.objective,
        "cost_bound": plan.cost_bound,
        "bound": plan.cost_bound if plan.objective == "cheapest" else plan.bound,
        "proven_gap": plan.proven_gap,
        "proven": "within the model",
        "refuted_bounds": plan.refuted_bounds,
        "substitutes": plan.substitutes,
        "low_end": None if plan.low_end is None else in_yuan({"currency": plan.currency, **asdict(plan.low_end)}),
        "build_alone": None if plan.build_alone is None else in_yuan({"currency": plan.currency, **asdict(plan.build_alone)}),
        "status": plan.status,
        "candidates": plan.candidates,
        "population": plan.population,
        "served_before": plan.served_before,
        "served_after": plan.served_after,
        "population_gained": plan.population_gained,
        "unreachable_people": plan.unreachable_people,
        "extras": dict(plan.extras),
        "families": plain(plan.families),
        "lines": plain(plan.lines),
        "weak_grid": plain(plan.weak_grid),
        "connections": connection_sums(plan.sites),
        "weighted": plan.weighted,
        "worth": plain(plan.worth),
        "phases": None if plan.phases is None else records(plan.phases, tuple(plan.phases.columns)),
        "pareto": None if plan.pareto is None else records(plan.pareto, tuple(plan.pareto.columns)),
        "check": plain(check),
    }
    return in_yuan(numbers)


def in_yuan(numbers: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a plan or of one of its sites with `cost_cny`, `bound_cny` and the like beside, where their currency is CNY."""
    twins = {twin: numbers[name] for twin, name in IN_YUAN.items() if name in numbers}
    return numbers | (twins if numbers.get("currency") == "CNY" else {})


def part_numbers(plan: Plan, findings: Findings, after: Coverage, city: str) -> dict[str, Any]:
    """A city's part of a plan that is made for more than the city, under the keys of `plan_numbers`.

    Its sites, their cost and gains; its people, whichever site serves them. Figures that only the whole plan has (bound, check, prices of
    options ...) are None.
    """
    study, sites = findings.study, plan.sites.loc[plan.sites["city"] == city]
    goal, villages = replace(plan.goal, cities=(city,)), findings.villages.loc[findings.villages["city"] == city]
    kept = {"zones": study.zones, "villages": villages, "measured": study.measured}
    counted = served_by_family(goal, plan.sites, study.plan_services, findings.cover, after, **kept)
    by_family: dict[str, dict[str, int | None]] = {family: dict(numbers) for family, numbers in counted.items()}
    limited = limited_family(study.capacity, goal.families, study.plan_services)
    if limited:  # whom the sites can carry, not whom their signal reaches
        zone = findings.by_zone
        own = (zone["level"] == "city") & (zone["adcode"] == city) & (zone["family"] == limited) & (zone["network"] == ANY)
        by_family[limited] = by_family[limited] | {"served_after": int(zone.loc[own, "served_after"].iloc[0]) if own.any() else None}
    phases = []
    for number, phase in enumerate(phases_of(study), start=1):
        own = sites.loc[sites["phase"] == number]
        row = dict.fromkeys(types("phases")) | {"phase": number, "name": phase.name, "start": phase.start, "end": phase.end}
        phases.append(row | {"sites": len(own)} | {name: int(own[name].sum()) for name in ("cost", "people_gained")})
    numbers = {
        **(plan_numbers(plan, None) or {}),
        **dict.fromkeys(OF_THE_WHOLE),
        "scope": "part",
        "sites": len(sites),
        **{name: int(sites[name].sum()) for name in ("cost", "cost_low", "cost_high")},
        **by_family[plan.goal.family],
        "population_gained": int(sites["people_gained"].sum()),
        "families": by_family,
        "phases": phases or None,
        "connections": connection_sums(sites),
    }
    return in_yuan(numbers)


def restore_plan(output: Path) -> Plan | None:
    """The provincial plan of a finished run, read back from its summary and its list of sites; None where either is missing.

    The certificate (`unreachable`) and the problem (`instance`) are not among the outputs: the first is empty, the second None.
    """
    import geopandas as gpd

    summary, layers = output / "summary.json", output / "plan.gpkg"
    if not (summary.is_file() and layers.is_file()):
        return None
    numbers = json.loads(summary.read_text(encoding="utf-8")).get("plan")
    if numbers is None or not {"goal", "currency"} <= numbers.keys():  # of a run before that form
        return None
    sites = gpd.read_file(layers, layer="new_sites").to_crs(4326)
    sites = as_sites(sites, [name for name in sites.columns if name.startswith("people_gained_")])
    taken = {
        name: numbers[name]
        for name in (
            "currency",
            "cost",
            "bound",
            "proven_gap",
            "status",
            "population",
            "served_before",
            "served_after",
            "candidates",
            "unreachable_people",
            "extras",
            "families",
            "weighted",
            "worth",
            "refuted_bounds",
        )
    }
    taken["bound"] = taken["bound"] or 0  # null: nothing is proven
    taken["substitutes"] = numbers.get("substitutes", "")
    taken |= {name: numbers.get(name) or {} for name in ("lines", "weak_grid")}
    seconds: tuple[tuple[str, Any], ...] = (("low_end", LowEnd), ("build_alone", BuildAlone))
    for name, kind in seconds:
        second = numbers.get(name)
        taken[name] = None if second is None else kind(**{one.name: second[one.name] for one in fields(kind)})
    phases, pareto = (
        None if numbers[name] is None else typed(numbers[name], types(table)) for name, table in (("phases", "phases"), ("pareto", "curve"))
    )
    return Plan(goal=_goal(numbers["goal"]), sites=sites, objective=numbers["asked"], phases=phases, pareto=pareto, **taken)


def _goal(stated: dict[str, Any]) -> Goal:
    """A goal from its plain form."""

    def frozen(entry: dict[str, Any]) -> dict[str, Any]:
        return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}

    others = tuple(ShareTarget(**frozen(one)) for one in stated["others"])
    lines = tuple(LineTarget(**one) for one in stated.get("lines", ()))
    cells = None if not stated.get("weak_grid") else WeakGridTarget(**frozen(stated["weak_grid"]))
    return Goal(**{**frozen(stated), "others": others, "lines": lines, "weak_grid": cells})


def beside(anyone: pd.DataFrame, family: str) -> dict[str, Any]:
    """The figures beside a family's share, for all people: every level of `anyone` adds up to them, so the first is summed."""
    rows = anyone.loc[(anyone["family"] == family) & (anyone["level"] == anyone["level"].iloc[0])] if len(anyone) else anyone
    if not len(rows):
        return {}
    people = int(rows["population"].sum())
    figures: dict[str, Any] = {"receiver": str(rows["receiver"].iloc[0])}
    for name in ("weaker", "stronger"):
        served = int(rows[f"served_{name}"].sum())
        figures |= {f"served_{name}": served, f"share_{name}": served / people if people else None}
    for name in ("partial_not_spot", "total_not_spot"):
        if name in rows:
            figures[name] = None if rows[name].isna().any() else int(rows[name].sum())
    if str(rows["other_receiver"].iloc[0]):
        figures["other_receiver"] = str(rows["other_receiver"].iloc[0])
        figures |= {f"other_{name}": int(rows[f"other_{name}"].sum()) for name in ("served", "uncertain", "unserved")}
        figures["other_share"] = figures["other_served"] / people if people else None
    return figures


@dataclass(frozen=True)
class Scope:
    """The scope of a summary: the whole study (`code` "") or one city, with its part of every table."""

    level: str
    adcode: str
    name: str
    villages: Any
    by_zone: pd.DataFrame
    card: pd.DataFrame
    gaps: pd.DataFrame
    things: Any
    sites: Any
    quality: Any

    @classmethod
    def whole(cls, findings: Findings) -> Scope:
        """The study. It has its province's name where it has one province, else its own title."""
        study = findings.study
        tops = study.zones.loc[study.zones["level"] == "province"]
        adcode, name = (tops["adcode"].iloc[0], tops["name"].iloc[0]) if len(tops) == 1 else ("", study.config.study.title_zh)
        name = whole_name(study, "zh") if name == adcode else name  # a zone that was made from its cities has no name of its own
        of_whole = str(adcode), str(name), findings.villages, findings.by_zone, findings.card, findings.gaps, findings.things, study.sites
        return cls("province", *of_whole, findings.quality)

    @classmethod
    def city(cls, findings: Findings, adcode: str) -> Scope:
        """One city: its row and its counties'."""
        study, by_zone, card = findings.study, findings.by_zone, findings.card
        zones = zones_of_cities(study.zones, (adcode,))
        name = str(zones.loc[zones["level"] == "city", "name"].iloc[0])
        own = (by_zone["level"] == "city") & (by_zone["adcode"] == adcode)
        below = (by_zone["level"] == "county") & (by_zone["parent"] == adcode)
        parts = [table.loc[table["city"] == adcode] for table in (findings.villages, findings.gaps, study.sites)]
        listed = card.loc[card["zone_level"].isin(["city", "county"]) & card["zone"].isin(frozenset(zones["adcode"]))]
        things = None if findings.things is None else findings.things.loc[findings.things["city"] == adcode]
        quality = findings.quality
        quality = None if quality is None else quality.loc[quality["adcode"].isin(frozenset(zones["adcode"]))]
        return cls("city", adcode, name, parts[0], by_zone.loc[own | below], listed, parts[1], things, parts[2], quality)

    @property
    def top(self) -> str:
        """The highest level that has rows."""
        known = {*self.by_zone["level"], *self.card["zone_level"]}
        return next((level for level in LEVELS if level in known), "")

    @property
    def next_below(self) -> str:
        """The level below the top."""
        return {"province": "city", "city": "county"}.get(self.top, "")


def summarise(findings: Findings, plan: dict[str, Any] | None, city: str = "", *, headline: dict[str, Any] | None = None) -> dict[str, Any]:
    """population, zones, targets and plan at the top level, and how they were made, of the study or of one city.

    `plan`: `plan_numbers` or `part_numbers`; `headline`: `report.headline.headline_of`. `outputs.summary_keys` describes every key.
    """
    study, cover = findings.study, findings.cover
    scope = Scope.city(findings, city) if city else Scope.whole(findings)
    anyone = scope.by_zone.loc[scope.by_zone["network"] == ANY]
    about = study.config.study
    verdicts = scope.card.groupby("zone_level", sort=False)["status"]
    return {
        "schema_version": SCHEMA_VERSION,
        "study": about.name,
        "zone": {"level": scope.level, "adcode": scope.adcode, "name": scope.name},
        "as_of": plain(about.as_of),
        "report_date": plain(about.dated),
        "version": infraplan.__version__,
        "synthetic": study.synthetic,
        "units": units(study.costs.currency),
        "headline": plain(headline),
        "city_order": plain(about.city_order),
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
        "population": people(scope.villages, anyone, cover.families),
        "zones": zone_rows(anyone, english_names(study.zones)),
        "networks": records(scope.by_zone.loc[scope.by_zone["level"].isin([scope.top, scope.next_below])], names("population", "summary")),
        "quality": quality_numbers(findings, scope.quality),
        "evidence": [{"item": item, "content": content} for item, content in evidence_of(findings)],
        "targets": records(scope.card.loc[scope.card["zone_level"] == scope.top], names("scorecard", "summary")),
        "targets_by_status": {str(level): {str(name): int(n) for name, n in sorted(own.value_counts().items())} for level, own in verdicts},
        "gaps": gap_counts(scope.gaps, scope.things, cover.families),
        "sites": int((scope.sites["status"] == "existing").sum()),
        "warnings": [fault.record() for fault in grouped(study.warnings)],
        "plan": plan,
        "fibre": fibre_numbers(findings.fibre, frozenset(zones_of_cities(study.zones, (city,))["adcode"]) if city else None),
    }


def people(villages: Any, anyone: pd.DataFrame, families: tuple[str, ...]) -> dict[str, Any]:
    """All people by family and status, and what is shown `beside` each share."""
    total = int(villages["population"].sum())
    found: dict[str, Any] = {"total": total}
    for family in families:
        counts = villages.groupby(f"{family}_status", observed=False)["population"].sum()
        numbers = {name: int(counts.get(name, 0)) for name in ("served", "uncertain", "unserved")}
        share = numbers["served"] / total if total else None
        rests = int(villages.loc[villages[f"{family}_measured"], "population"].sum())
        found[family] = numbers | {"share": share, "measured": rests} | beside(anyone, family)
    return found


def english_names(zones: pd.DataFrame) -> dict[str, str]:
    """Code -> English name, of the zones that have one."""
    if "name_en" not in zones:
        return {}
    return {str(code): str(name) for code, name in zip(zones["adcode"], zones["name_en"].fillna(""), strict=True) if name}


def zone_rows(anyone: pd.DataFrame, names_en: dict[str, str]) -> list[dict[str, Any]]:
    """A row a zone: its people, and for each family who is served."""
    zones = []
    for (level, adcode, name), rows in anyone.groupby(["level", "adcode", "name"], sort=False):
        entry: dict[str, Any] = {
            "level": level,
            "adcode": adcode,
            "name": name,
            **({"name_en": names_en[adcode]} if adcode in names_en else {}),
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
    return zones


def in_one_language(content: Any, lang: str) -> Any:
    """A summary without another language where one alone is asked: texts that know both, and the first lines by language."""
    if lang == "both":
        return content
    if isinstance(content, dict):
        own = {key: value for key, value in content.items() if not ({*content} == set(LANGUAGES) and key != lang)}
        return {key: in_one_language(value, lang) for key, value in own.items()}
    return [in_one_language(item, lang) for item in content] if isinstance(content, list | tuple) else in_language(content, lang)


def dumps(content: dict[str, Any], lang: str = "both") -> str:
    """JSON text, Chinese readable, no NaN, one line a row of the long lists."""
    parts = []
    for key, value in plain(in_one_language(content, lang)).items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in value)
            parts.append(f"{json.dumps(key)}: [\n  {rows}\n ]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)}")
    return "{\n " + ",\n ".join(parts) + "\n}\n"
