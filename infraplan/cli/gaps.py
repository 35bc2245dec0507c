"""`infraplan gaps`: villages and places without service, why, and what would help."""

from __future__ import annotations

from typing import Annotated

import typer

from infraplan.cli.shared import AsJson, Language, OutputPath, Overwrite, Scenario, StudyPath, open_study, progress, refuse_output, show
from infraplan.messages import both, main_language
from infraplan.presets import choose


def gaps(
    study: StudyPath,
    scenario: Scenario = None,
    target: Annotated[str | None, typer.Option("--target", help=both("cli.target"), show_default=False)] = None,
    network: Annotated[str | None, typer.Option("--network", help=both("cli.gaps_network"), show_default=False)] = None,
    zone: Annotated[str | None, typer.Option("--zone", help=both("cli.gaps_zone"), show_default=False)] = None,
    output: OutputPath = None,
    lang: Language = "both",
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Villages and places without service, and why; of one city or county with `--zone`."""
    from infraplan.coverage.networks import ANY, counted_networks
    from infraplan.policy.annex import gaps_annex
    from infraplan.run.run_scope import zone_and_cities
    from infraplan.run.steps import before_counting, with_gaps

    refuse_output(output, overwrite)
    opened = open_study(study, scenario)
    if target is not None:
        choose(target, opened.targets.ids, "target")
    if network is not None:
        choose(network, counted_networks(opened.networks), "network")
    codes, cities = zone_and_cities(opened, zone) if zone is not None else ((), ())
    with progress() as bars:
        findings = before_counting(opened, bars, cities)
        table = with_gaps(findings, None, None, cities, target=target, networks=(network or ANY,)).gaps
    if zone is not None:
        table = table[table["city"].isin(codes) | table["county"].isin(codes)]
    if output is not None and output.suffix.lower() in (".xlsx", ".csv") and not json:
        table = gaps_annex(table, main_language(lang), total=False, tests=True, order=opened.config.study.city_order)
    show(table, "gaps", output=output, as_json=json, overwrite=overwrite)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("gaps", help=both("cli.verb_gaps"))(gaps)
