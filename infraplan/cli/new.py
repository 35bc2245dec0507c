"""`infraplan new`: a blank study, or an example to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import Cities, Language, Overwrite, print_note, split
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.presets import choose

BLANK = "blank"
EXAMPLES = ("guangdong", BLANK)


def new(
    example: Annotated[str, typer.Argument(help=both("cli.example"))],
    folder: Annotated[Path, typer.Argument(help=both("cli.folder"), show_default=False)],
    cities: Cities = None,
    results: Annotated[str, typer.Option("--results", help=both("cli.results"))] = "results",
    lang: Language = "both",
    overwrite: Overwrite = False,
) -> None:
    """Make a blank study, or an example, in a folder."""
    choose(example, EXAMPLES, "example")
    if folder.exists() and not folder.is_dir():
        raise UsageError(both("cli.not_a_folder", folder=str(folder)))
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise UsageError(both("cli.folder_in_use", folder=str(folder)))
    if example == BLANK:
        from infraplan.study.blank import write_blank

        if cities or results != "results":
            raise UsageError(both("cli.blank_alone"))
        write_blank(folder, lang)
        print_note(both("cli.made_blank", folder=str(folder)))
        return
    from infraplan.examples import guangdong

    guangdong.build(folder, cities=split(cities), output=results, overwrite=overwrite, lang=lang)
    print_note(both("cli.made", folder=str(folder)))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("new", help=both("cli.verb_new"))(new)
