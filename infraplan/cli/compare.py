"""`infraplan compare`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import Language, Overwrite, print_note
from infraplan.errors import UsageError
from infraplan.messages import both


def compare(
    run_a: Annotated[Path, typer.Argument(help=both("cli.run_a"), show_default=False)],
    run_b: Annotated[Path, typer.Argument(help=both("cli.run_b"), show_default=False)],
    output: Annotated[Path | None, typer.Option("-o", "--output", help=both("cli.compare_output"), show_default=False)] = None,
    lang: Language = "both",
    overwrite: Overwrite = False,
) -> None:
    """Coverage, targets won and lost and sites added between two output folders, as HTML and XLSX."""
    from infraplan.report.comparison_pages import write_comparison
    from infraplan.report.run_comparison import compare_runs

    comparison = compare_runs(run_a, run_b)
    folder = output or run_b / f"compare-{run_a.resolve().name}"
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise UsageError(both("cli.folder_in_use", folder=str(folder)))
    for path in write_comparison(comparison, folder, lang=lang):
        print_note(str(path))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("compare", help=both("cli.verb_compare"))(compare)
