"""`infraplan check`: reads everything, changes nothing, and reports every fault."""

from __future__ import annotations

import typer

from infraplan.cli.shared import AsJson, Language, Scenario, StudyPath, list_faults, open_study, print_note, show_json
from infraplan.errors import DataError
from infraplan.messages import both


def check(study: StudyPath, scenario: Scenario = None, lang: Language = "both", json: AsJson = False) -> None:
    """Check every input of a study; the report is written beside its results as check.html and check.xlsx.

    Faults of study.toml itself are shown alone: without it neither the other files nor the place of the report are known.
    """
    from infraplan.io.check_reports import ordered, write_check_html, write_check_xlsx
    from infraplan.run.study_check import check_study, records
    from infraplan.tables.faults import tally

    try:
        opened = open_study(study, scenario)
    except DataError as error:
        if json:
            show_json(records(error.fault_list))
        raise
    faults = ordered(check_study(opened))
    errors = [fault for fault in faults if fault.severity == "error"]
    if json:
        show_json(records(faults))
    else:
        list_faults(faults)
    counts = tally(faults)
    if any(fault.column == "study.output" for fault in errors):
        print_note(both("cli.checked_nowhere", **counts))
    else:
        write_check_html(faults, opened.output / "check.html", lang)
        write_check_xlsx(faults, opened.output / "check.xlsx", lang)
        print_note(both("cli.checked", **counts, folder=str(opened.output)))
    if errors:
        raise typer.Exit(3)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check", help=both("cli.verb_check"))(check)
