"""`infraplan check`: read everything, change nothing, say what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from infraplan.cli.shared import AsJson, StudyPath, open_study, show_error, show_json, tell
from infraplan.errors import DataError, collected
from infraplan.messages import both

if TYPE_CHECKING:
    from infraplan.errors import Fault
    from infraplan.study import Study

LAYERS = ("zones", "villages", "sites", "places", "corridors", "hosts", "targets", "services", "plan_services", "terrain")


def check(study: StudyPath, json: AsJson = False) -> None:
    """Check every input of a study; the report stands beside its results as check.html and check.xlsx."""
    from infraplan.io.check_reports import write_check_html, write_check_xlsx

    opened = open_study(study)
    with collected():
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
                return [*faults, *opened.warnings]
    layers = {name: read.get(name) for name in ("zones", "villages", "sites", "places")}
    return [*faults, *opened.warnings, *opened.compare(**layers)]


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check", help=both("cli.verb_check"))(check)
