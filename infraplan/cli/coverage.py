"""`infraplan coverage`: the map alone, and people served by zone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import AsJson, Cities, Overwrite, StudyPath, open_study, progress, show, split, tell
from infraplan.errors import UsageError
from infraplan.messages import both


def coverage(
    study: StudyPath,
    cities: Cities = None,
    raster: Annotated[Path | None, typer.Option("--raster", help=both("cli.raster"), show_default=False)] = None,
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Predict coverage and count people served."""
    from infraplan.io.writing import write_coverage_cog
    from infraplan.run import assess
    from infraplan.run.batch import chosen_cities

    opened = open_study(study)
    if raster is not None and raster.exists() and not overwrite:
        raise UsageError(both("cli.exists", file=raster.name))
    with progress() as bars:
        findings = assess(opened, bars, chosen_cities(opened, split(cities)) if cities else ())
    if raster is not None:
        cover = findings.cover
        write_coverage_cog(
            raster,
            cover.grid,
            {family: cover[family].margin_db for family in cover.families},
            {family: cover[family].server for family in cover.families},
            cover.sector_ids,
        )
        tell(both("cli.raster_written", file=str(raster)))
    rows = findings.by_zone
    show(rows if json else rows.loc[(rows["network"] == "any") & (rows["level"] != "county")], as_json=json, limit=80)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("coverage", help=both("cli.verb_coverage"))(coverage)
