"""One command, all outputs: every city in its own folder, the province above, the ledger beside them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from infraplan.errors import InfraplanError, UsageError
from infraplan.files import write_text
from infraplan.io.table_files import write_csv
from infraplan.io.writing import write_coverage_cog, write_geopackage
from infraplan.messages import both, say
from infraplan.presets import choose
from infraplan.report.pages import write_city_pages, write_province_pages
from infraplan.run import ledger
from infraplan.run.pages import CityLayers, city_layers, city_order, facts_of, folder_name, plan_layers, province_layers, village_table
from infraplan.run.steps import Findings, Progress, Silent, assess, make_plan
from infraplan.run.summary import dumps, restore_plan, summarise
from infraplan.siting.planning import Plan, check_plan
from infraplan.study import Study


@dataclass(frozen=True)
class RunOutcome:
    """Where the results are, and what became of each city."""

    output: Path
    cities: pd.DataFrame
    summary: dict[str, Any] | None
    plan: Plan | None
    check: dict[str, Any] | None

    @property
    def failed(self) -> list[str]:
        """Adcodes of the cities that failed."""
        return list(self.cities.loc[self.cities["state"] == "failed", "adcode"])


def run_study(
    study: Study,
    *,
    cities: tuple[str, ...] = (),
    jobs: int = 2,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> RunOutcome:
    """Everything the study asks for.

    With `cities` only those are written: the provincial plan is reused where the ledger shows that it was made from the same inputs, else
    those cities' own goal is planned for alone, and said so; the provincial pages and summary stay untouched.
    """
    progress = progress or Silent()
    output = study.output
    known = ledger.read(output)
    chosen = chosen_cities(study, cities)
    if known is not None and not (overwrite or resume or cities):
        raise UsageError(both("run.exists", folder=output.name))
    fingerprint = ledger.fingerprint(study)
    same = known is not None and known.get("fingerprint") == fingerprint
    findings = assess(study, progress, cities=chosen if cities else ())
    plan, scope = _plan(findings, output, chosen if cities else (), same, progress)
    facts = facts_of(findings)
    done = dict(known.get("cities", {})) if same and known is not None and (resume or cities) else {}
    record: dict[str, Any] = {"fingerprint": fingerprint, "cities": done, "plan": _plan_record(plan), "complete": False}
    if not cities:
        ledger.write(output, record)
    rows = _write_cities(findings, plan, chosen, scope, facts, output, record, resume, jobs, progress)
    table = _city_table(study, findings, plan, rows)
    if cities:
        if same and known is not None:
            ledger.write(output, {**known, "cities": {**known.get("cities", {}), **record["cities"]}})
        return RunOutcome(output, table, None, plan, None)
    check = (
        check_plan(plan.goal, plan.sites, study.plan_services, findings.cover, zones=study.zones, villages=findings.villages)
        if plan is not None
        else None
    )
    summary = summarise(findings, plan, check)
    tell = progress.step("run.province")
    page = province_layers(findings, plan, table, scope, facts)
    write_province_pages(page.context, output)
    write_layers(page, output)
    write_text(output / "summary.json", dumps(summary))
    ledger.write(output, {**record, "complete": True})
    tell(1, 1)
    return RunOutcome(output, table, summary, plan, check)


def chosen_cities(study: Study, cities: tuple[str, ...]) -> tuple[str, ...]:
    """City codes in the official order; names are understood, an unknown one is refused with the nearest."""
    order = city_order(study)
    if not cities:
        return tuple(order)
    table = study.zones.loc[study.zones["level"] == "city"]
    by_name = dict(zip(table["name"], table["adcode"], strict=True))
    options = [*order, *by_name]
    picked = {by_name.get(found, found) for found in (choose(city, options, say("run.city")) for city in cities)}
    return tuple(code for code in order if code in picked)


def _plan(findings: Findings, output: Path, cities: tuple[str, ...], same: bool, progress: Progress) -> tuple[Plan | None, str]:
    """The study's plan, reused for some cities where it exists, and a sentence on what it covers."""
    if not cities:
        return make_plan(findings, progress), both("run.plan_whole")
    stored = restore_plan(output) if same else None
    if stored is not None:
        return stored, both("run.plan_reused")
    return make_plan(findings, progress, cities), both("run.plan_alone", cities="、".join(cities))


def _plan_record(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {
        "status": plan.status,
        "sites": len(plan.sites),
        "cost_cny": plan.cost_cny,
        "bound_cny": plan.bound_cny,
        "proven_gap": plan.proven_gap,
    }


def _write_cities(
    findings: Findings,
    plan: Plan | None,
    cities: tuple[str, ...],
    scope: str,
    facts: Any,
    output: Path,
    record: dict[str, Any],
    resume: bool,
    jobs: int,
    progress: Progress,
) -> dict[str, dict[str, Any]]:
    """Each city's folder; finished ones are skipped on resume. A failure is a row with its reason."""
    tell = progress.step("run.cities")
    names = findings.study.zones.loc[findings.study.zones["level"] == "city"].set_index("adcode")["name"]
    rows: dict[str, dict[str, Any]] = {}
    waiting = []
    for adcode in cities:
        folder = folder_name(adcode, str(names[adcode]))
        old = record["cities"].get(adcode, {})
        if resume and old.get("state") == "done" and ledger.intact(output / "cities" / folder, old.get("files", {})):
            rows[adcode] = old
        else:
            waiting.append((adcode, folder))
    tell(len(rows), len(cities))
    tasks = (
        joblib.delayed(_write_city)(city_layers(findings, plan, adcode, scope, facts), output / "cities" / folder)
        for adcode, folder in waiting
    )
    workers = min(jobs, max(len(waiting), 1))
    whole = findings.cover.grid == findings.study.grid
    for adcode, row in joblib.Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch=workers * 2)(tasks):
        rows[adcode] = row
        record["cities"] = {**record["cities"], adcode: row}
        if whole:
            ledger.write(output, record)
        tell(len(rows), len(cities))
    return {adcode: rows[adcode] for adcode in cities}


def _write_city(page: CityLayers, folder: Path) -> tuple[str, dict[str, Any]]:
    """All files of one city, in a folder that takes its final name when it is whole."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    adcode = page.context.adcode
    try:
        write_city_pages(page.context, part)
        write_layers(page, part)
        files = ledger.hashes(part)
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
        return adcode, {"state": "done", "folder": folder.name, "files": files, "reason": ""}
    except Exception as error:  # one city's failure is a row with its reason, not the end of the run
        shutil.rmtree(part, ignore_errors=True)
        reason = str(error) if isinstance(error, InfraplanError) else f"{type(error).__name__}: {error}"
        return adcode, {"state": "failed", "folder": folder.name, "files": {}, "reason": reason[:500]}


def write_layers(page: CityLayers, folder: Path) -> None:
    """What a GIS opens: plan.gpkg, coverage.tif; and every village with its status, from which the totals can be recounted."""
    context = page.context
    write_geopackage(folder / "plan.gpkg", plan_layers(context))
    write_coverage_cog(folder / "coverage.tif", context.grid, context.margins, page.servers, page.sector_ids)
    write_csv(folder / "villages.csv", village_table(context))


def _city_table(study: Study, findings: Findings, plan: Plan | None, rows: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """One row a city for the scoreboard: its folder, gaps, new sites, and what became of it."""
    names = study.zones.loc[study.zones["level"] == "city"].set_index("adcode")["name"]
    gaps = findings.gaps.groupby("city").size()
    sites = plan.sites.groupby("city")["cost_cny"].agg(["size", "sum"]) if plan is not None else pd.DataFrame(columns=["size", "sum"])
    return pd.DataFrame(
        [
            {
                "adcode": adcode,
                "name": names[adcode],
                "folder": f"cities/{row['folder']}" if row["state"] == "done" else "",
                "gaps": int(gaps.get(adcode, 0)),
                "new_sites": int(sites["size"].get(adcode, 0)),
                "cost_cny": int(sites["sum"].get(adcode, 0)),
                "state": row["state"],
                "reason": row["reason"],
            }
            for adcode, row in rows.items()
        ],
        columns=["adcode", "name", "folder", "gaps", "new_sites", "cost_cny", "state", "reason"],
    )
