"""`infraplan new`: an example study to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import Cities, Overwrite, split, tell
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.presets import choose

EXAMPLES = ("guangdong",)


def new(
    example: Annotated[str, typer.Argument(help=both("cli.example"))],
    folder: Annotated[Path, typer.Argument(help=both("cli.folder"), show_default=False)],
    cities: Cities = None,
    results: Annotated[str, typer.Option("--results", help=both("cli.results"))] = "results",
    overwrite: Overwrite = False,
) -> None:
    """Make an example study in a folder."""
    choose(example, EXAMPLES, "example")
    if folder.exists() and not folder.is_dir():
        raise UsageError(both("cli.not_a_folder", folder=str(folder)))
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise UsageError(both("cli.folder_in_use", folder=str(folder)))
    from infraplan.examples import guangdong

    guangdong.build(folder, cities=split(cities), output=results, overwrite=overwrite)
    tell(both("cli.made", folder=str(folder)))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("new", help=both("cli.verb_new"))(new)
