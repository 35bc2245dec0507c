"""One command, all outputs: every city in its own folder, the province above, the ledger beside them."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import joblib
import pandas as pd

from infraplan.coverage.map_update import cover_with
from infraplan.errors import Fault, InfraplanError, UsageError, ValidityWarning, collected, warn
from infraplan.files import replace_folder, write_text
from infraplan.io.table_files import write_csv
from infraplan.io.writing import raster_tags, write_coverage_cog, write_geopackage
from infraplan.messages import both, in_language, joined_texts
from infraplan.outputs import types
from infraplan.policy.fibre_awards import awarded, fibre_award
from infraplan.policy.gap_counts import gap_counts
from infraplan.policy.scorecards import absent_layers
from infraplan.presets import choose
from infraplan.report.headline import headline_of
from infraplan.report.html_pages import FORMATS, write_city_pages, write_province_pages
from infraplan.run import ledger
from infraplan.run.file_tags import dates_of
from infraplan.run.findings import Findings
from infraplan.run.page_contexts import (
    CityLayers,
    city_layers,
    facts_of,
    folder_name,
    plan_layers,
    plan_note,
    province_layers,
    village_table,
)
from infraplan.run.progress import Progress, Silent
from infraplan.run.run_scope import chosen_cities, planned_target
from infraplan.run.steps import assess, check_of, make_plan, plan_on_map, with_gaps, with_plan_counted
from infraplan.run.summary import dumps, part_numbers, plan_numbers, restore_plan, summarise
from infraplan.siting.plan_sites import with_closed_gaps
from infraplan.siting.plans import Plan
from infraplan.study import Study


@dataclass(frozen=True)
class RunOutcome:
    """Where the results are, and what became of each city."""

    output: Path
    cities: pd.DataFrame
    summary: dict[str, Any] | None
    plan: Plan | None
    check: dict[str, Any] | None
    absent: dict[str, list[str]]

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
    lang: str = "zh",
    formats: tuple[str, ...] = FORMATS,
    progress: Progress | None = None,
) -> RunOutcome:
    """Write everything a study asks for: the folder of every city, and the whole study's.

    With `cities` only those are written: the plan of the whole study is used again where it was made from the same inputs, else these
    cities' own goal is planned for alone, and their pages say so. The pages of the whole study stay untouched.

    Parameters
    ----------
    study : Study
        `Study.open(folder)`.
    cities : tuple of str
        Adcodes of the cities to write; all of them where it is empty.
    jobs : int
        Processes; the results do not depend on it.
    resume, overwrite : bool
        Keep the cities that an interrupted run has finished; replace the results of an earlier run.
    lang : {"zh", "en"}
        Language of the pages.
    formats : tuple of str
        Pages beside the data: "html", "map", "xlsx", "pdf", "docx", "kmz".
    progress : Progress, optional
        Gets a call for each step.

    Returns
    -------
    RunOutcome
        `.output` (the folder), `.cities` (what became of each), `.summary`, `.plan`, `.check` and `.absent`.

    Raises
    ------
    UsageError
        Results exist already, and neither `resume`, `overwrite` nor `cities` is given. Faults of the files are one DataError.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> outcome = ip.run_study(study, jobs=1, formats=())
    >>> outcome.cities[["adcode", "state"]].values.tolist(), outcome.check["feasible"]
    ([['440100', 'done']], True)
    """
    progress = progress or Silent()
    output = study.output
    known = ledger.read(output)
    chosen = chosen_cities(study, cities)
    if known is not None and not (overwrite or resume or cities):
        raise UsageError(both("run.exists", folder=output.name))
    planned_target(study)
    formats = tuple(choose(name, FORMATS, "format") for name in formats)
    fingerprint = ledger.fingerprint(study) | {"pages": {"lang": lang, "formats": list(formats)}}
    same = known is not None and known.get("fingerprint") == fingerprint
    listed: dict[str, Any] = dict(known.get("cities", {})) if same and known is not None else {}
    if cities and not (overwrite or resume):
        _refuse_changed_folder(study, output, chosen, listed)
    only = chosen if cities else ()
    findings = assess(study, progress, only, gaps=False)
    whole = bool(known is not None and known.get("complete") and ledger.same_plan(known.get("fingerprint", {}), fingerprint))
    plan, kind = _plan(findings, output, only, whole, progress)
    after = None if plan is None else cover_with(plan.sites, findings.cover, study.plan_services)
    if plan is not None and after is not None and kind != "reused":
        plan = plan_on_map(findings, plan, after)
    scope = _scope(plan, kind, only)
    findings = with_gaps(findings, plan, after, only)
    if plan is not None and after is not None:
        findings = with_plan_counted(findings, plan, after, only)
        plan = replace(plan, sites=with_closed_gaps(plan.sites, findings.gaps))
    facts = facts_of(findings)
    begun: dict[str, Any] = {"code": ledger.program_hash(), "fingerprint": fingerprint, "plan": None, "complete": False}
    if not cities:
        begun["plan"] = _plan_record(plan)
    elif same and known is not None:
        begun = known
    record = {**begun, "complete": whole and same if cities else False, "cities": listed if resume or cities else {}}
    ledger.remove_temporary(output)
    if not cities or same or known is None:
        ledger.write(output, record)
    batch = _Batch(output, scope, kind, facts, resume, jobs, writes_ledger=not cities or same or known is None, lang=lang, formats=formats)
    check = None if plan is None or kind == "reused" else check_of(findings, plan, after)

    def summary_of(page: CityLayers) -> str:
        """summary.json of a city."""
        city = page.context.adcode
        if plan is None or after is None or plan.goal.cities == (city,):
            numbers = plan_numbers(plan, check)
        else:
            numbers = part_numbers(plan, findings, after, city)
        return dumps(summarise(findings, numbers, city, headline=headline_of(page.context)))

    rows = _write_cities(findings, plan, chosen, batch, record, progress, summary_of)
    table = _city_table(study, findings, plan, rows)
    if cities:
        return RunOutcome(output, table, None, plan, None, absent_layers(findings.card))
    tell = progress.step("run.province")
    page = province_layers(findings, plan, table, scope, facts)
    summary = summarise(findings, plan_numbers(plan, check), headline=headline_of(page.context))
    write_province_pages(page.context, output, lang=lang, formats=formats)
    write_layers(page, output, lang)
    about = study.config.study
    award = fibre_award(study.targets, zones=study.zones, villages=findings.villages, until=about.as_of) if awarded(study.targets) else None
    for name, asked_for in (("pareto", None if plan is None else plan.pareto), ("fibre_award", award)):
        if asked_for is None:
            (output / f"{name}.csv").unlink(missing_ok=True)  # of an earlier run
        else:
            write_csv(output / f"{name}.csv", asked_for)
    write_text(output / "summary.json", dumps(summary))
    ledger.write(output, {**record, "complete": True})
    tell(1, 1)
    return RunOutcome(output, table, summary, plan, check, absent_layers(findings.card))


def _refuse_changed_folder(study: Study, output: Path, cities: tuple[str, ...], listed: dict[str, Any]) -> None:
    """A city's folder is written again only over what the same inputs made and nobody touched since."""
    names = study.zones.loc[study.zones["level"] == "city"].set_index("adcode")["name"]
    for adcode in cities:
        folder = output / "cities" / folder_name(adcode, str(names[adcode]))
        if folder.exists() and not ledger.unchanged(folder, listed.get(adcode, {}).get("files", {})):
            raise UsageError(both("run.city_exists", folder=folder.name))


def _plan(
    findings: Findings, output: Path, cities: tuple[str, ...], whole: bool, progress: Progress
) -> tuple[Plan | None, Literal["whole", "reused", "alone"]]:
    """The study's plan, reused for some cities where a whole run left it, and what it covers in a word."""
    stored = restore_plan(output) if cities and whole else None
    kind: Literal["whole", "reused", "alone"] = "whole" if not cities else "reused" if stored is not None else "alone"
    if not planned_target(findings.study):
        return None, kind
    return stored or make_plan(findings, progress, cities), kind


def _scope(plan: Plan | None, kind: str, cities: tuple[str, ...]) -> str:
    """A sentence on what the plan covers, and what it falls short of."""
    if plan is None:
        return ""
    names = {"cities": "、".join(cities)} if kind == "alone" else {}
    return joined_texts((both(f"run.plan_{kind}", **names), plan_note(plan)))


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


@dataclass(frozen=True)
class _Batch:
    """How the cities are written: where, what is said of the plan, who works."""

    output: Path
    scope: str
    kind: str
    facts: Any
    resume: bool
    jobs: int
    writes_ledger: bool
    lang: str
    formats: tuple[str, ...]

    def finished(self, row: dict[str, Any], folder: str) -> bool:
        """Whether a resumed run may keep what is there: complete, unchanged, and with a plan of the same kind."""
        same_plan = row.get("plan") == self.kind or (self.kind == "reused" and row.get("plan") == "whole")
        return self.resume and same_plan and row.get("state") == "done" and ledger.unchanged(self.output / "cities" / folder, row["files"])


def _write_cities(
    findings: Findings,
    plan: Plan | None,
    cities: tuple[str, ...],
    batch: _Batch,
    record: dict[str, Any],
    progress: Progress,
    summary_of: Callable[[CityLayers], str],
) -> dict[str, dict[str, Any]]:
    """Each city's folder; finished ones are skipped on resume. A failure is a row with its reason."""
    tell = progress.step("run.cities")
    names = findings.study.zones.loc[findings.study.zones["level"] == "city"].set_index("adcode")["name"]
    rows: dict[str, dict[str, Any]] = {}
    waiting = []
    for adcode in cities:
        folder = folder_name(adcode, str(names[adcode]))
        old = record["cities"].get(adcode, {})
        if batch.finished(old, folder):
            rows[adcode] = old
        else:
            waiting.append((adcode, folder))
    tell(len(rows), len(cities))
    pages = ((city_layers(findings, plan, adcode, batch.scope, batch.facts), folder) for adcode, folder in waiting)
    tasks = (joblib.delayed(_write_city)(page, summary_of(page), batch.output / "cities" / folder, batch) for page, folder in pages)
    workers = min(batch.jobs, max(len(waiting), 1))
    faults: dict[Fault, None] = {}
    others: dict[str, Warning] = {}
    for adcode, row, noticed in joblib.Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch=workers * 2)(tasks):
        rows[adcode] = {**row, "plan": batch.kind}
        faults |= dict.fromkeys(notice for notice in noticed if isinstance(notice, Fault))
        others |= {str(notice): notice for notice in noticed if not isinstance(notice, Fault)}
        record["cities"] = {**record["cities"], adcode: rows[adcode]}
        if batch.writes_ledger:
            ledger.write(batch.output, record)
        tell(len(rows), len(cities))
    warn(faults)
    for text in sorted(others):
        warnings.warn(others[text], stacklevel=2)
    return {adcode: rows[adcode] for adcode in cities}


def _write_city(page: CityLayers, summary: str, folder: Path, batch: _Batch) -> tuple[str, dict[str, Any], list[Fault | Warning]]:
    """All files of one city, in a folder that takes its final name when it is whole; and what warned meanwhile, which a worker process
    has nobody to tell.
    """
    with collected() as faults, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        adcode, row = _written_city(page, summary, folder, batch)
    own = [_plain_warning(item.message) for item in caught if isinstance(item.message, UserWarning | RuntimeWarning)]
    return adcode, row, [*faults, *own]


def _plain_warning(message: Warning | str) -> Warning:
    """A warning that can leave its process: those of libraries as their text."""
    return message if isinstance(message, ValidityWarning) else UserWarning(f"{type(message).__name__}: {message}")


def _written_city(page: CityLayers, summary: str, folder: Path, batch: _Batch) -> tuple[str, dict[str, Any]]:
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    adcode = page.context.adcode
    try:
        write_city_pages(page.context, part, lang=batch.lang, formats=batch.formats)
        write_layers(page, part, batch.lang)
        write_text(part / "summary.json", summary)
        listed = ledger.hashes(part)
        replace_folder(part, folder)
        return adcode, {"state": "done", "folder": folder.name, "files": listed, "reason": ""}
    except Exception as error:  # one city's failure is a row with its reason, not the end of the run
        shutil.rmtree(part, ignore_errors=True)
        reason = str(error) if isinstance(error, InfraplanError) else f"{type(error).__name__}: {error}"
        return adcode, {"state": "failed", "folder": folder.name, "files": {}, "reason": reason[:500]}


def write_layers(page: CityLayers, folder: Path, lang: str) -> None:
    """What a GIS opens: plan.gpkg, coverage.tif; every village with its status, from which the totals can be recounted; the scorecard."""
    context = page.context
    dates = dates_of(context.facts.as_of, context.facts.report_date, context.facts.synthetic)
    write_geopackage(plan_layers(context), folder / "plan.gpkg", tags=dates, lang=lang)
    tags = raster_tags(context.facts.receivers, context.facts.reliability, context.facts.model) | dates
    write_coverage_cog(folder / "coverage.tif", context.grid, context.margins, page.servers, page.sector_ids, tags=tags, lang=lang)
    write_csv(folder / "villages.csv", village_table(context, page.village_headings))
    card = context.scorecard[list(types("scorecard"))]
    write_csv(folder / "targets.csv", card.assign(evidence=card["evidence"].map(lambda text: in_language(text, lang))))


def gaps_of_city(findings: Findings, adcode: str) -> dict[str, Any]:
    """`gap_counts` of one city: its villages that lack the first family."""
    first, asked = findings.cover.families[0], findings.asked
    own = None if asked is None else asked.loc[asked["city"] == adcode]
    counts: dict[str, Any] = gap_counts(findings.gaps.loc[findings.gaps["city"] == adcode], own, (first,))["villages"][first]
    return counts


def _city_table(study: Study, findings: Findings, plan: Plan | None, rows: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """One row a city for the scoreboard: its folder, gaps, new sites, and what became of it."""
    names = study.zones.loc[study.zones["level"] == "city"].set_index("adcode")["name"]
    lacking = {adcode: gaps_of_city(findings, adcode) for adcode in rows}
    sites = plan.sites.groupby("city")["cost_cny"].agg(["size", "sum"]) if plan is not None else pd.DataFrame(columns=["size", "sum"])
    return pd.DataFrame(
        [
            {
                "adcode": adcode,
                "name": names[adcode],
                "folder": f"cities/{row['folder']}" if row["state"] == "done" else "",
                "gaps": lacking[adcode]["lacking"],
                "asked": lacking[adcode]["asked"],
                "new_sites": int(sites["size"].get(adcode, 0)),
                "cost_cny": int(sites["sum"].get(adcode, 0)),
                "state": row["state"],
                "reason": row["reason"],
            }
            for adcode, row in rows.items()
        ],
        columns=list(types("cities")),
    )
