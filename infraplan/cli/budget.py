"""`infraplan budget`: a link budget, dB by dB, with the source of each value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import AsJson, Language, OutputPath, Overwrite, refuse_output, show
from infraplan.messages import both


def budget(
    service: Annotated[str, typer.Argument(help=both("cli.service"))],
    reliability: Annotated[float, typer.Option(min=0.5, max=0.999, help=both("cli.reliability"))] = 0.95,
    power_class: Annotated[int, typer.Option("--power-class", min=2, max=3, help=both("cli.power_class"))] = 3,
    file: Annotated[Path | None, typer.Option("--services-file", help=both("cli.services_file"), show_default=False)] = None,
    output: OutputPath = None,
    overwrite: Overwrite = False,
    lang: Language = "both",
    json: AsJson = False,
) -> None:
    """The ladder of a link budget, dB by dB."""
    import pandas as pd

    from infraplan.io.patterns import read_patterns
    from infraplan.io.services import read_services
    from infraplan.radio.budgets import budget_rows, services

    refuse_output(output, overwrite, placed=False)
    presets, paths = (None, {}) if file is None else read_services(file, folders=(Path(),))
    made = services(service, reliability=reliability, power_class=power_class, presets=presets, antennas=read_patterns(paths))
    rows = budget_rows(made[service])
    show(pd.DataFrame(rows), "budget", output=output, as_json=json, limit=200, overwrite=overwrite)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("budget", help=both("cli.verb_budget"))(budget)
