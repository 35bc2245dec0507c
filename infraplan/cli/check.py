"""`infraplan check`: read everything, change nothing, say what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from infraplan.cli.shared import AsJson, StudyPath, open_study, show_error, show_json, tell
from infraplan.errors import DataError
from infraplan.messages import both

if TYPE_CHECKING:
    from infraplan.errors import Fault
    from infraplan.study import Study

MOST_ZONES = 20
LAYERS = ("zones", "villages", "sites", "places", "corridors", "hosts", "targets", "services", "plan_services", "terrain")


def check(study: StudyPath, json: AsJson = False) -> None:
    """Check every input of a study; the report stands beside its results as check.html and check.xlsx."""
    from infraplan.io.check_reports import write_check_html, write_check_xlsx

    opened = open_study(study)
    faults = faults_of_study(opened)
    errors = [fault for fault in faults if fault.severity == "error"]
    if json:
        show_json(DataError(faults).faults.to_dict("records"))
    elif faults:
        show_error(DataError(faults))
    write_check_html(faults, opened.output / "check.html")
    write_check_xlsx(faults, opened.output / "check.xlsx")
    tell(both("cli.checked", errors=len(errors), warnings=len(faults) - len(errors), folder=str(opened.output)))
    if errors:
        raise typer.Exit(3)


def faults_of_study(opened: Study) -> list[Fault]:
    """What each layer says of itself, and what the layers say of each other."""
    from infraplan.geo.zonal import zone_faults
    from infraplan.io.checking import cross_check
    from infraplan.tables import faults_of

    faults: list[Fault] = []
    read: dict[str, Any] = {}
    for layer in LAYERS:
        if layer == "villages" and not opened.peopled:
            continue
        try:
            read[layer] = getattr(opened, layer)
        except DataError as error:
            faults += error.fault_list
            if layer == "zones":
                return faults
        else:
            faults += faults_of(read[layer])
    faults += [_zone_fault(row) for row in zone_faults(read["zones"], read.get("villages")).head(MOST_ZONES).to_dict("records")]
    return faults + cross_check(zones=read["zones"], villages=read.get("villages"), sites=read.get("sites"), places=read.get("places"))


def _zone_fault(row: Mapping[Any, Any]) -> Fault:
    """An overlap or a gap between zones, with its area and the people who stand in it."""
    from infraplan.errors import Fault

    facts = {"zone": row["zone_name"], "other": row["other_name"], "area": f"{row['area_km2']:.1f}", "people": f"{row['people']:,.0f}"}
    message, rule = both(f"cli.zones_{row['kind']}", **facts), f"zones-{row['kind']}"
    return Fault("zones", message, both("cli.zones_cure"), rule=rule, value=str(row["zone"]), severity="warning")


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check", help=both("cli.verb_check"))(check)
