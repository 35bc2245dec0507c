"""One command, all outputs: every city in its own folder, the province above, the ledger beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from infraplan.backhaul.fibre_plan import FibrePlan
from infraplan.coverage.map_update import cover_with
from infraplan.errors import UsageError
from infraplan.files import move_files, write_text
from infraplan.io.table_files import write_csv
from infraplan.messages import both, joined_texts
from infraplan.outputs import types
from infraplan.policy.fibre_awards import awarded, fibre_award
from infraplan.policy.gap_counts import gap_counts
from infraplan.policy.scorecards import absent_layers
from infraplan.presets import choose
from infraplan.report.editions import EDITIONS, INTERNAL, PUBLIC, public_context, public_summary
from infraplan.report.headline import headline_of
from infraplan.report.html_pages import FORMATS
from infraplan.run import ledger
from infraplan.run.collector import seldom_collected
from infraplan.run.connections import plan_connections
from infraplan.run.crew import Crew, crew_for
from infraplan.run.fibre import with_fibre
from infraplan.run.findings import Findings
from infraplan.run.folders import Batch, folders_of, write_folders, write_whole
from infraplan.run.history import earlier_runs, file_run, months_of
from infraplan.run.map_states import with_map_states
from infraplan.run.page_contexts import (
    CityLayers,
    city_layers,
    facts_of,
    plan_note,
    province_layers,
)
from infraplan.run.people_with_plan import with_plan_counted
from infraplan.run.progress import Progress, Silent
from infraplan.run.quality import with_quality
from infraplan.run.reach_blocks import ReachBlocks
from infraplan.run.reused_map import RunMap
from infraplan.run.run_scope import chosen_cities, last_plan, planned_target
from infraplan.run.steps import assess, check_of, make_plan, plan_on_map, with_gaps
from infraplan.run.stored_network import store_network
from infraplan.run.summary import dumps, part_numbers, plan_numbers, restore_plan, summarise
from infraplan.siting.plan_sites import with_closed_gaps
from infraplan.siting.plans import Plan
from infraplan.study import Study


@dataclass(frozen=True)
class RunOutcome:
    """Where the results are, and the state of each city."""

    output: Path
    cities: pd.DataFrame
    summary: dict[str, Any] | None
    plan: Plan | None
    check: dict[str, Any] | None
    absent: dict[str, list[str]]
    fibre: FibrePlan | None = None
    fibre_note: str = ""
    crew: str = ""
    taken_over: tuple[str, ...] = ()

    @property
    def failed(self) -> list[str]:
        """Adcodes of the cities that failed."""
        return list(self.cities.loc[self.cities["state"] == "failed", "adcode"])


def run_study(
    study: Study,
    *,
    cities: tuple[str, ...] = (),
    jobs: int = 2,
    scheduler: str = "",
    resume: bool = False,
    overwrite: bool = False,
    fresh: bool = False,
    lang: str = "both",
    edition: str = INTERNAL,
    formats: tuple[str, ...] = FORMATS,
    progress: Progress | None = None,
) -> RunOutcome:
    """Writes all results of a study: the folder of every city, and that of the whole study.

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
    scheduler : str
        `tcp://host:port` or `tls://host:port` of a Dask scheduler whose workers do the work instead, or `local:4` for four workers of this
        machine; the results do not depend on it.
    resume, overwrite : bool
        Keep the cities that an interrupted run has finished; replace the results of an earlier run.
    fresh : bool
        Compute everything. By default the map is taken from the last whole run of the same folder where only some sites differ, and what
        they cannot have changed is not computed again; the results are equal.
    lang : {"zh", "both", "en"}
        Pages and texts in Chinese alone, in Chinese with English beside it, in English alone.
    edition : {"internal", "public"}
        Internal files say 内部资料. A public edition has no site and no village, settlements are counted by town; it is written into the
        folder `public` of the results, with the plan of the last whole run where nothing has changed since.
    formats : tuple of str
        Pages beside the data: "html", "map", "xlsx", "pdf", "docx", "kmz".
    progress : Progress, optional
        Gets a call for each step.

    Returns
    -------
    RunOutcome
        `.output` (the folder), `.cities` (the state of each), `.summary`, `.plan`, `.check`, `.absent`, `.fibre`, and `.fibre_note`: why
        there is no plan of fibre, `.crew`: who did the work, where it was a cluster, `.taken_over`: sentences on what of the last run was
        taken over, or why nothing was.

    Raises
    ------
    UsageError
        Results exist already, and neither `resume`, `overwrite` nor `cities` is given. Faults of the files are one DataError, and so are
        a scheduler and workers that cannot do the work.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> outcome = ip.run_study(study, jobs=1, formats=())
    >>> outcome.cities[["adcode", "state"]].values.tolist(), outcome.check["feasible"]
    ([['440100', 'done']], True)
    """
    edition = choose(edition, EDITIONS, "edition")
    output = study.output if edition == INTERNAL else study.output / PUBLIC
    with seldom_collected(), crew_for(study, output, jobs=jobs, scheduler=scheduler) as crew:
        outcome = _run_with(
            crew, study, output, cities=cities, resume=resume, overwrite=overwrite, fresh=fresh, lang=lang, edition=edition,
            formats=formats, progress=progress or Silent(),
        )  # fmt: skip
        return replace(outcome, crew=crew.words)


def _run_with(
    crew: Crew,
    study: Study,
    output: Path,
    *,
    cities: tuple[str, ...],
    resume: bool,
    overwrite: bool,
    fresh: bool,
    lang: str,
    edition: str,
    formats: tuple[str, ...],
    progress: Progress,
) -> RunOutcome:
    """`run_study`, by a crew, into the folder of the edition."""
    known = ledger.read(output)
    chosen = chosen_cities(study, cities)
    if known is not None and not (overwrite or resume or cities):
        raise UsageError(both("run.exists", folder=output.name))
    planned_target(study)
    formats = tuple(choose(name, FORMATS, "format") for name in formats)
    fingerprint = ledger.fingerprint(study) | {"pages": {"lang": lang, "formats": list(formats), "edition": edition}}
    if edition == PUBLIC:
        fingerprint = ledger.without_parameters(fingerprint)
    same = known is not None and known.get("fingerprint") == fingerprint
    listed: dict[str, Any] = dict(known.get("cities", {})) if same and known is not None else {}
    if cities and not (overwrite or resume):
        _refuse_changed_folder(study, output, chosen, listed)
    only = chosen if cities else ()
    run_map = RunMap(fresh)
    findings = assess(study, progress, only, gaps=False, predicted=run_map.predict)
    whole = bool(known is not None and known.get("complete") and ledger.same_plan(known.get("fingerprint", {}), fingerprint))
    stored = last_plan(study) if edition == PUBLIC else restore_plan(output) if cities and whole else None
    blocks = ReachBlocks(output, fresh=fresh or bool(cities))
    with blocks.used():
        plan, kind = _plan(findings, stored, only, progress)
    after = None if plan is None else cover_with(plan.sites, findings.cover, study.plan_services)
    if plan is not None and after is not None and kind != "reused":
        plan = plan_on_map(findings, plan, after)
    scope = _scope(plan, kind, only)
    findings = with_gaps(findings, plan, after, only)
    if plan is not None and after is not None:
        findings = with_plan_counted(findings, plan, after, only)
        plan = replace(plan, sites=with_closed_gaps(plan.sites, findings.gaps))
    findings = with_map_states(with_quality(findings, progress, only), plan, after)
    findings = with_fibre(findings, progress)
    if plan is not None:
        findings = replace(findings, connections=plan_connections(study, plan.sites))
    facts = facts_of(findings, edition=edition)
    begun: dict[str, Any] = {"code": ledger.program_hash(), "fingerprint": fingerprint, "plan": None, "complete": False}
    if not cities:
        begun["plan"] = _plan_record(plan)
    elif same and known is not None:
        begun = known
    if not cities:
        begun["taken_over"] = {} if same else run_map.record | blocks.record
    record = {**begun, "complete": whole and same if cities else False, "cities": listed if resume or cities else {}}
    ledger.remove_temporary(output, (crew.kept,))
    if not cities or same or known is None:
        ledger.write(output, record)
    batch = Batch(output, scope, kind, facts, resume, writes_ledger=not cities or same or known is None, lang=lang, formats=formats)
    batch = replace(batch, earlier={} if fresh or known is None else dict(known.get("cities", {})))
    check = None if plan is None or kind == "reused" else check_of(findings, plan, after)

    def said(content: dict[str, Any]) -> dict[str, Any]:
        """A summary as the edition may say it."""
        return public_summary(content) if edition == PUBLIC else content | {"edition": edition}

    def of_edition(page: CityLayers) -> CityLayers:
        """A page's data as the edition may show them."""
        return page if edition == INTERNAL else replace(page, context=public_context(page.context), servers={}, sector_ids=[])

    def summary_of(page: CityLayers) -> str:
        """summary.json of a city."""
        city = page.context.adcode
        if plan is None or after is None or plan.goal.cities == (city,):
            numbers = plan_numbers(plan, check)
        else:
            numbers = part_numbers(plan, findings, after, city)
        return dumps(said(summarise(findings, numbers, city, headline=headline_of(page.context))), lang)

    folders = folders_of(study, chosen)
    earlier = [] if cities or edition == PUBLIC else earlier_runs(output, study)
    months, changes = months_of(earlier, summarise(findings, None)) if earlier else (None, {})

    def layers_of(city: str) -> CityLayers:
        return of_edition(city_layers(findings, plan, city, scope, facts))

    def whole_of(rows: dict[str, dict[str, Any]]) -> CityLayers:
        table = _city_table(study, findings, plan, rows, changes)
        return of_edition(province_layers(findings, plan, table, scope, facts, check, months))

    # The files of the whole study are written beside the cities', as if none could fail; else they are written again.
    expected = {city: {"state": "done", "folder": folder, "reason": ""} for city, folder in folders.items()}
    page = None if cities else whole_of(expected)
    rows, whole_is_there, kept = write_folders(folders, layers_of, summary_of, page, batch, record, progress, crew)
    ledger.remove_temporary(output, (crew.kept, batch.part.name))  # of workers that died
    if kept and not (same or cities):
        record["taken_over"] = {**record["taken_over"], "cities": kept}
    said_of = (both("run.cities_kept", kept=len(kept), cities=len(folders)),) if kept else ()
    taken_over = tuple(text for text in (run_map.note, blocks.note, *said_of) if text)
    table = _city_table(study, findings, plan, rows, changes)
    if page is None:
        return RunOutcome(output, table, None, plan, None, absent_layers(findings.card), taken_over=taken_over)
    advance = progress.step("run.province")
    if not whole_is_there or (table["state"] != "done").any():
        page = whole_of(rows)
        write_whole(page, batch)
    move_files(batch.part, output)
    summary = said(summarise(findings, plan_numbers(plan, check), headline=headline_of(page.context)))
    about = study.config.study
    award = fibre_award(study.targets, zones=study.zones, villages=findings.villages, until=about.as_of) if awarded(study.targets) else None
    for name, asked_for in (("pareto", None if plan is None else plan.pareto), ("fibre_award", award)):
        if asked_for is None:
            (output / f"{name}.csv").unlink(missing_ok=True)  # of an earlier run
        else:
            write_csv(output / f"{name}.csv", asked_for)
    write_text(output / "summary.json", dumps(summary, lang))
    if edition == INTERNAL:  # a record has villages by name
        file_run(output, findings, earlier, lang)
        if findings.villages is not None:
            store_network(findings.cover, study, output, after)
            blocks.write()
    ledger.write(output, {**record, "complete": True})
    advance(1, 1)
    absent = absent_layers(findings.card)
    return RunOutcome(output, table, summary, plan, check, absent, findings.fibre, findings.fibre_note, taken_over=taken_over)


def _refuse_changed_folder(study: Study, output: Path, cities: tuple[str, ...], listed: dict[str, Any]) -> None:
    """A city's folder is replaced only where the same inputs made it and it is unchanged."""
    for adcode, name in folders_of(study, cities).items():
        folder = output / "cities" / name
        if folder.exists() and not ledger.unchanged(folder, listed.get(adcode, {}).get("files", {})):
            raise UsageError(both("run.city_exists", folder=folder.name))


def _plan(
    findings: Findings, stored: Plan | None, cities: tuple[str, ...], progress: Progress
) -> tuple[Plan | None, Literal["whole", "reused", "alone"]]:
    """The study's plan, reused for some cities from an earlier whole run, and one word for what it covers."""
    kind: Literal["whole", "reused", "alone"] = "whole" if not cities else "reused" if stored is not None else "alone"
    if not planned_target(findings.study):
        return None, kind
    return stored or make_plan(findings, progress, cities), kind


def _scope(plan: Plan | None, kind: str, cities: tuple[str, ...]) -> str:
    """A sentence on what the plan covers, and on what it lacks."""
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
        "currency": plan.currency,
        "cost": plan.cost,
        "cost_bound": plan.cost_bound,
        "proven_gap": plan.proven_gap,
    }


def gaps_of_city(findings: Findings, adcode: str) -> dict[str, Any]:
    """`gap_counts` of one city: its villages that lack the first family."""
    first, asked = findings.cover.families[0], findings.things
    own = None if asked is None else asked.loc[asked["city"] == adcode]
    counts: dict[str, Any] = gap_counts(findings.gaps.loc[findings.gaps["city"] == adcode], own, (first,))["villages"][first]
    return counts


def _city_table(
    study: Study, findings: Findings, plan: Plan | None, rows: dict[str, dict[str, Any]], changes: dict[str, float]
) -> pd.DataFrame:  # fmt: skip
    """One row a city for the scoreboard: its folder, gaps, new sites and state."""
    names = study.zones.loc[study.zones["level"] == "city"].set_index("adcode")["name"]
    lacking = {adcode: gaps_of_city(findings, adcode) for adcode in rows}
    sites = plan.sites.groupby("city")["cost"].agg(["size", "sum"]) if plan is not None else pd.DataFrame(columns=["size", "sum"])
    return pd.DataFrame(
        [
            {
                "adcode": adcode,
                "name": names[adcode],
                "folder": f"cities/{row['folder']}" if row["state"] == "done" else "",
                "gaps": lacking[adcode]["lacking"],
                "asked": lacking[adcode]["asked"],
                "share_change": changes.get(adcode, float("nan")),
                "new_sites": int(sites["size"].get(adcode, 0)),
                "cost": int(sites["sum"].get(adcode, 0)),
                "state": row["state"],
                "reason": row["reason"],
            }
            for adcode, row in rows.items()
        ],
        columns=list(types("cities")),
    )
