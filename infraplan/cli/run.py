"""`infraplan run`: everything, for every city."""

from __future__ import annotations

from typing import Annotated

import typer

from infraplan.cli.shared import (
    AsJson,
    Cities,
    Language,
    Overwrite,
    StudyPath,
    open_study,
    percent,
    progress,
    show_json,
    split,
    tell,
    tell_plan,
)
from infraplan.messages import both
from infraplan.presets import shortened


def run(
    study: StudyPath,
    cities: Cities = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=256, help=both("cli.jobs"))] = 2,
    resume: Annotated[bool, typer.Option("--resume", help=both("cli.resume"))] = False,
    overwrite: Overwrite = False,
    formats: Annotated[str | None, typer.Option("--formats", help=both("cli.formats"), show_default="html,map,xlsx,pdf,docx,kmz")] = None,
    lang: Language = "zh",
    json: AsJson = False,
) -> None:
    """Coverage, targets, gaps, sites, a report for each city."""
    from infraplan.run import run_study

    opened = open_study(study)
    wanted = {} if formats is None else {"formats": split([formats])}
    with progress() as bars:
        outcome = run_study(opened, cities=split(cities), jobs=jobs, resume=resume, overwrite=overwrite, lang=lang, progress=bars, **wanted)
    if json:
        show_json(outcome.summary or {"cities": outcome.cities.to_dict("records")})
    for row in outcome.cities.loc[outcome.cities["state"] == "failed"].itertuples():
        tell(both("cli.city_failed", city=f"{row.adcode} {row.name}", reason=row.reason))
    if outcome.summary is not None:
        people = outcome.summary["population"]
        for family in opened.families:
            tell(
                both(
                    "cli.people",
                    family=family,
                    served=f"{people[family]['served']:,}",
                    total=f"{people['total']:,}",
                    share=percent(people[family]["served"], people["total"]),
                    uncertain=f"{people[family]['uncertain']:,}",
                )
            )
    if outcome.plan is not None:
        tell_plan(outcome.plan)
    for layer, ids in outcome.absent.items():
        tell(both("cli.absent", layer=layer, ids=shortened(ids)))
    tell(both("cli.look", folder=str(outcome.output)))
    if outcome.failed:
        raise typer.Exit(4)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run", help=both("cli.verb_run"))(run)
