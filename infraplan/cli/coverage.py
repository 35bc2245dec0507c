"""`infraplan coverage`: the map alone, and people served by zone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infraplan.cli.shared import (
    AsJson,
    Cities,
    Language,
    Overwrite,
    Scenario,
    StudyPath,
    open_study,
    print_note,
    progress,
    refuse_output,
    show,
    split,
)
from infraplan.messages import both


def coverage(
    study: StudyPath,
    cities: Cities = None,
    scenario: Scenario = None,
    raster: Annotated[Path | None, typer.Option("--raster", help=both("cli.raster"), show_default=False)] = None,
    lang: Language = "both",
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Predict coverage and count people served; land, where a study has no villages."""
    from infraplan.io.coverage_rasters import write_coverage
    from infraplan.radio.receivers import signal_band_db
    from infraplan.run.counting import count_area, count_people
    from infraplan.run.file_tags import dates_of, stated_dates
    from infraplan.run.run_scope import chosen_cities
    from infraplan.run.steps import predict_part

    opened = open_study(study, scenario)
    refuse_output(raster, overwrite, only=(".tif", ".tiff"))
    opened.read_all(people=False)
    with progress() as bars:
        cover, zones, villages = predict_part(opened, bars, chosen_cities(opened, split(cities)) if cities else ())
    if raster is not None:
        dates = dates_of(**stated_dates(opened), synthetic=opened.synthetic)
        write_coverage(cover, raster, tags=dates)
        print_note(both("cli.raster_written", file=str(raster)))
    rows = count_people(villages, cover, zones, opened.measured) if villages is not None else count_area(cover, zones)
    if json:
        show(rows, as_json=True)
        return
    shown = rows.loc[rows["network"] == "any"]
    show(shown, "population" if villages is not None else "area", limit=len(shown))
    print_note(both("cli.coverage_note", reliability=f"{cover.reliability * 100:g}", band=f"{signal_band_db():g}"))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("coverage", help=both("cli.verb_coverage"))(coverage)
