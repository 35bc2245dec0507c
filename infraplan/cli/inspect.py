"""`infraplan inspect`: reads measurements into a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import open_study, print_note
from infraplan.messages import both

group = typer.Typer(no_args_is_help=True)


def load(
    file: Annotated[Path, typer.Argument(help=both("cli.filled_sheet"), show_default=False)],
    study: Annotated[Path, typer.Argument(help=both("cli.study"))] = Path(),
) -> None:
    """Read a filled gap sheet; its measurements then override prediction for their operator and band at their place."""
    from infraplan.io.inspections import add_measured, read_inspection

    opened = open_study(study)
    ids = [*(opened.villages["id"] if opened.has_people else ()), *(() if opened.places is None else opened.places["id"])]
    lines = () if opened.corridors is None else opened.corridors["id"].astype(str)
    fresh = read_inspection(file, ids, opened.own_services, opened.config.study.operators, lines)
    total = add_measured(opened.folder, fresh, tuple(opened.own_services), opened.config.study.operators)
    print_note(both("cli.measured", rows=len(fresh), total=total))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    group.command("import", help=both("cli.verb_import"))(load)
    group.callback()(lambda: None)
    app.add_typer(group, name="inspect", help=both("cli.verb_inspect"))
