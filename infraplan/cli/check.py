"""`infraplan check`: read everything, change nothing, say what is wrong."""

from __future__ import annotations

import typer

from infraplan.cli.shared import AsJson, StudyPath, open_study, show_error, show_json, tell
from infraplan.errors import DataError
from infraplan.messages import both

LAYERS = ("zones", "villages", "sites", "places", "corridors", "hosts", "targets", "services")


def check(study: StudyPath, json: AsJson = False) -> None:
    """Check every input of a study."""
    from infraplan.tables import faults_of

    opened = open_study(study)
    faults = []
    for layer in LAYERS:
        if layer == "villages" and not opened.peopled:
            continue
        try:
            frame = getattr(opened, layer)
        except DataError as error:
            faults += error.fault_list
            if layer == "zones":
                break
        else:
            faults += faults_of(frame)
    errors = [fault for fault in faults if fault.severity == "error"]
    if json:
        show_json(DataError(faults).faults.to_dict("records"))
    elif faults:
        show_error(DataError(faults))
    tell(both("cli.checked", errors=len(errors), warnings=len(faults) - len(errors)))
    if errors:
        raise typer.Exit(3)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check", help=both("cli.verb_check"))(check)
