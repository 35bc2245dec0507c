"""`infraplan gaps`: villages and places without service, why, and what would help."""

from __future__ import annotations

from typing import Annotated

import typer

from infraplan.cli.shared import AsJson, Language, OutputPath, Overwrite, StudyPath, open_study, progress, refuse_output, show
from infraplan.messages import both
from infraplan.presets import choose


def gaps(
    study: StudyPath,
    target: Annotated[str | None, typer.Option("--target", help=both("cli.target"), show_default=False)] = None,
    network: Annotated[str | None, typer.Option("--network", help=both("cli.gaps_network"), show_default=False)] = None,
    output: OutputPath = None,
    lang: Language = "zh",
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Villages and places without service, and why."""
    from infraplan.coverage.networks import ANY, counted_networks
    from infraplan.policy.annex import gaps_annex
    from infraplan.run.steps import assess, with_gaps

    refuse_output(output, overwrite)
    opened = open_study(study)
    if target is not None:
        choose(target, opened.targets.ids, "target")
    if network is not None:
        choose(network, counted_networks(opened.networks), "network")
    with progress() as bars:
        table = with_gaps(assess(opened, bars, gaps=False), None, None, target=target, networks=(network or ANY,)).gaps
    if output is not None and output.suffix.lower() in (".xlsx", ".csv") and not json:
        table = gaps_annex(table, lang, total=False, tests=True, order=opened.config.study.city_order)
    show(table, "gaps", output=output, as_json=json, overwrite=overwrite)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("gaps", help=both("cli.verb_gaps"))(gaps)
