"""`infraplan run`: all results, for every city."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from infraplan.cli.shared import (
    AsJson,
    Cities,
    Language,
    Overwrite,
    Scenario,
    StudyPath,
    open_study,
    percent,
    print_note,
    print_plan,
    progress,
    show_json,
    split,
)
from infraplan.messages import both
from infraplan.presets import shortened


def run(
    study: StudyPath,
    cities: Cities = None,
    scenario: Scenario = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=256, help=both("cli.jobs"))] = 2,
    scheduler: Annotated[str, typer.Option("--scheduler", help=both("cli.scheduler"), show_default=False)] = "",
    resume: Annotated[bool, typer.Option("--resume", help=both("cli.resume"))] = False,
    overwrite: Overwrite = False,
    fresh: Annotated[bool, typer.Option("--fresh", help=both("cli.fresh"))] = False,
    formats: Annotated[str | None, typer.Option("--formats", help=both("cli.formats"), show_default="html,map,xlsx,pdf,docx,kmz")] = None,
    lang: Language = "both",
    edition: Annotated[Literal["internal", "public"], typer.Option("--edition", help=both("cli.edition"))] = "internal",
    json: AsJson = False,
) -> None:
    """Coverage, targets, gaps, sites, a report for each city."""
    from infraplan.run import run_study

    opened = open_study(study, scenario)
    if scheduler:
        from infraplan.run.cluster import is_open

        if is_open(scheduler):
            print_note(both("cli.scheduler_open", address=scheduler))
    wanted = {} if formats is None else {"formats": split([formats])}
    with progress() as bars:
        outcome = run_study(
            opened, cities=split(cities), jobs=jobs, scheduler=scheduler, resume=resume, overwrite=overwrite, fresh=fresh, lang=lang,
            edition=edition, progress=bars, **wanted,
        )  # fmt: skip
    if json:
        show_json(outcome.summary or {"cities": outcome.cities.to_dict("records")})
    for row in outcome.cities.loc[outcome.cities["state"] == "failed"].itertuples():
        print_note(both("cli.city_failed", city=f"{row.adcode} {row.name}", reason=row.reason))
    if outcome.summary is not None:
        print_people(outcome.summary["population"], opened.families, outcome.summary["signal_band_db"])
    if outcome.plan is not None:
        print_plan(outcome.plan, opened.services, opened.targets, opened.capacity, opened.lines_not_given, opened.own_names)
    if outcome.fibre is not None:
        from infraplan.cli.backhaul import print_totals

        print_totals(outcome.fibre)
    elif outcome.fibre_note:
        print_note(outcome.fibre_note)
    for layer, ids in outcome.absent.items():
        print_note(both("cli.absent", layer=layer, ids=shortened(ids)))
    for sentence in outcome.taken_over:
        print_note(sentence)
    if outcome.crew:
        print_note(outcome.crew)
    print_note(both("cli.look", folder=str(outcome.output)))
    if outcome.failed:
        raise typer.Exit(4)


def print_people(people: dict[str, Any], families: tuple[str, ...], band_db: float) -> None:
    """People served, each family where it is judged and at the other receiver, on stderr."""
    from infraplan.tables.language import Speech

    total = people["total"]
    for family in families:
        row, names = people[family], {"family": Speech().family(family), "total": f"{total:,}"}

        def where(receiver: str) -> dict[str, str]:
            return {"receiver": Speech().receiver(receiver), "receiver_en": Speech("en").receiver(receiver)}

        shares = {name: percent(row[f"served_{name}"], total) for name in ("weaker", "stronger")} if "receiver" in row else {}
        if not shares:
            continue
        served = {"served": f"{row['served']:,}", "share": percent(row["served"], total), "uncertain": f"{row['uncertain']:,}"}
        print_note(both("cli.people", **names, **where(row["receiver"]), **served, **shares, band=f"{band_db:g}"))
        if "other_receiver" in row:
            other = {"served": f"{row['other_served']:,}", "share": percent(row["other_served"], total)}
            print_note(both("cli.people_other", **names, **where(row["other_receiver"]), **other))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run", help=both("cli.verb_run"))(run)
