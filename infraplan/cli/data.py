"""`infraplan data fetch`: open data into a cache; the only verb that uses the network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import print_note, progress
from infraplan.errors import UsageError
from infraplan.messages import both

group = typer.Typer(no_args_is_help=True)


def fetch(
    what: Annotated[str, typer.Argument(help=both("cli.dataset"))],
    folder: Annotated[Path, typer.Option("-o", "--output", help=both("cli.cache_folder"))] = Path("data-cache"),
    option: Annotated[list[str] | None, typer.Option("--set", help=both("cli.dataset_option"), show_default=False)] = None,
) -> None:
    """Fetch an open data set, resumed and checked; print its licence and attribution."""
    from infraplan.io.downloads import dataset, fetch_dataset

    pairs = [text.partition("=") for text in option or []]
    if any(not sign for _, sign, _ in pairs):
        raise UsageError(both("cli.dataset_option"))
    options = {name: value for name, _, value in pairs}
    entry = dataset(what, options)
    print_note(f"{entry['title_zh']} / {entry['title_en']}")
    print_note(both("cli.dataset_terms", licence=entry["licence"], attribution=entry["attribution"]))
    with progress() as bars:
        show = bars.step("cli.fetching")
        path = fetch_dataset(what, folder, options, progress=lambda done, total: show(done, total or done))
    print_note(str(path))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    group.command("fetch", help=both("cli.verb_fetch"))(fetch)
    group.callback()(lambda: None)
    app.add_typer(group, name="data", help=both("cli.verb_data"))
