"""`infraplan scorecard`: what is asked, what is met."""

from __future__ import annotations

from typing import Annotated

import typer

from infraplan.cli.shared import AsJson, OutputPath, Overwrite, StudyPath, open_study, progress, refuse_output, show
from infraplan.messages import both
from infraplan.presets import choose

SHORT = ("id", "part", "zone_name", "network", "required", "achieved", "numerator", "denominator", "unit", "shortfall", "status")


def scorecard(
    study: StudyPath,
    zone: Annotated[str | None, typer.Option("--zone", help=both("cli.zone"), show_default=False)] = None,
    output: OutputPath = None,
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Every clause: required, achieved, shortfall."""
    from infraplan.run import assess

    refuse_output(output, overwrite)
    opened = open_study(study)
    if zone is not None:
        choose(zone, set(opened.zones["adcode"]), "zone")
    with progress() as bars:
        card = assess(opened, bars).card
    if zone is not None:
        card = card.loc[card["zone"] == zone]
    elif not json and output is None:
        card = card.loc[card["zone_level"] == "province"]
    show(
        card if json or output else card[[name for name in SHORT if name in card]],
        output=output,
        as_json=json,
        limit=200,
        overwrite=overwrite,
    )


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("scorecard", help=both("cli.verb_scorecard"))(scorecard)
