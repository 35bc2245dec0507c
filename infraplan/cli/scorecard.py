"""`infraplan scorecard`: each target, and whether it is met."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from infraplan.cli.shared import AsJson, Language, OutputPath, Overwrite, Scenario, StudyPath, open_study, progress, refuse_output, show
from infraplan.messages import both
from infraplan.presets import choose


def scorecard(
    study: StudyPath,
    scenario: Scenario = None,
    zone: Annotated[str | None, typer.Option("--zone", help=both("cli.zone"), show_default=False)] = None,
    output: OutputPath = None,
    lang: Language = "both",
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Every clause: required, achieved, shortfall."""
    from infraplan.run import assess

    refuse_output(output, overwrite)
    opened = open_study(study, scenario)
    if zone is not None:
        choose(zone, set(opened.zones["adcode"]), "zone")
    with progress() as bars:
        card = assess(opened, bars, gaps=False).card
    if zone is not None:
        card = card.loc[card["zone"] == zone]
    elif not json and output is None:
        card = card.loc[card["zone_level"] == "province"]
    if output is not None:
        show(_with_outlines(card, opened.zones), output=output, overwrite=overwrite)
    if json or output is None:
        show(card, "scorecard", as_json=json, limit=200)


def _with_outlines(card: Any, zones: Any) -> Any:
    """The scorecard as a map layer: each row with the outline of its zone."""
    import geopandas as gpd

    outlines = zones[["level", "adcode", "geometry"]].rename(columns={"level": "zone_level", "adcode": "zone"})
    return gpd.GeoDataFrame(card.merge(outlines, on=["zone_level", "zone"], how="left"), geometry="geometry", crs=zones.crs)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("scorecard", help=both("cli.verb_scorecard"))(scorecard)
