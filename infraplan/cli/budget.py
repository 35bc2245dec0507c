"""`infraplan budget`: a link budget, dB by dB, with the source of each value."""

from __future__ import annotations

from typing import Annotated

import typer

from infraplan.cli.shared import AsJson, OutputPath, Overwrite, refuse_output, show
from infraplan.messages import both


def budget(
    service: Annotated[str, typer.Argument(help=both("cli.service"))],
    reliability: Annotated[float, typer.Option(min=0.5, max=0.999, help=both("cli.reliability"))] = 0.95,
    output: OutputPath = None,
    overwrite: Overwrite = False,
    json: AsJson = False,
) -> None:
    """The ladder of a link budget, dB by dB."""
    import pandas as pd

    from infraplan.radio.budgets import budget_rows, services

    refuse_output(output, overwrite, placed=False)
    rows = budget_rows(services(service, reliability=reliability)[service])
    show(pd.DataFrame(rows), output=output, as_json=json, limit=200, overwrite=overwrite)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("budget", help=both("cli.verb_budget"))(budget)
