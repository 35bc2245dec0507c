"""`infraplan template`: an empty workbook with the columns a study understands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import Language, Overwrite, print_note, refuse_output
from infraplan.messages import both, main_language, say


def template(
    output: Annotated[Path | None, typer.Option("-o", "--output", help=both("cli.output"), show_default=False)] = None,
    lang: Language = "both",
    overwrite: Overwrite = False,
) -> None:
    """A workbook with the expected columns, explanations, drop-downs and an example row."""
    from infraplan.io.template_workbook import write_template

    path = output or Path(say("cli.template_name", main_language(lang)))
    refuse_output(path, overwrite, only=(".xlsx",))
    write_template(path, lang)
    print_note(both("cli.template_written", file=str(path)))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("template", help=both("cli.verb_template"))(template)
