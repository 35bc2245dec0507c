"""`infraplan explain`: why a candidate is not in the plan, who serves a village, which targets are out of reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from infraplan.cli.shared import (
    AsJson,
    Language,
    OutputPath,
    Overwrite,
    StudyPath,
    open_study,
    print_note,
    progress,
    refuse_output,
    show,
    show_json,
)
from infraplan.messages import both

if TYPE_CHECKING:
    from infraplan.siting.explanations import Explanation

CandidateIds = Annotated[list[str] | None, typer.Option("--candidate", help=both("cli.explain_candidate"), show_default=False)]
VillageIds = Annotated[list[str] | None, typer.Option("--village", help=both("cli.explain_village"), show_default=False)]
SHOWN = 30


def explain(
    study: StudyPath,
    candidate: CandidateIds = None,
    village: VillageIds = None,
    output: OutputPath = None,
    lang: Language = "both",
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Why these candidates were not chosen, and whom no candidate can serve."""
    from infraplan.run.plain_values import records
    from infraplan.run.run_scope import last_plan, planned_target
    from infraplan.run.steps import before_counting, known_points, plan_of, planning_instance
    from infraplan.siting.plan_explanations import explain_plan
    from infraplan.siting.unreachable import best_margins

    refuse_output(output, overwrite)
    opened = open_study(study)
    opened.read_all()
    _refuse_unknown_ids(opened, village or [])
    planned_target(opened)
    with progress() as bars:
        findings = before_counting(opened, bars)
        instance = planning_instance(findings, bars)
        made = last_plan(opened) or plan_of(findings, instance, bars)
        explained = explain_plan(made, candidates=candidate or None, villages=village or (), instance=instance)
        lost = explained.unreachable
        if village:
            lost = lost.loc[lost["id"].astype(str).isin(village)]
        lost = best_margins(instance, lost, known_points(findings), opened.plan_services, findings.cover)
    if json:
        tables = {"targets": explained.targets, "unreachable": lost, "candidates": explained.candidates, "villages": explained.villages}
        content = {name: records(table, tuple(table.columns)) for name, table in tables.items()}
        show_json({"status": made.status, "sites": len(made.sites), "proven": "within the model", **content})
    else:
        _print(explained, lost, bool(village), opened.own_names)
    if output is not None:
        show(lost, output=output, overwrite=overwrite)


def _refuse_unknown_ids(study: Any, villages: list[str]) -> None:
    """Raises for ids of villages and places that the study does not have; the message names the nearest."""
    from infraplan.presets import choose

    known = dict.fromkeys(study.villages["id"].astype(str))
    if study.places is not None:
        known |= dict.fromkeys(study.places["id"].astype(str))
    for name in villages:
        if name not in known:
            near = [other for other in known if other[:2] == name[:2]][:2000] or list(known)[:2000]
            choose(name, near, "village")


def _print(explained: Explanation, lost: Any, only_named: bool, own: Any) -> None:
    """The tables a reader sees, reasons in words."""
    from infraplan.siting.explanations import reason_sentence

    if not only_named:
        print_note(both("cli.explain_targets"))
        show(explained.targets, "explained_targets", own=own)
    if len(explained.villages):
        print_note(both("cli.explain_villages"))
        show(explained.villages, "explained_villages", own=own)
    if len(lost):
        print_note(both("cli.explain_unreachable", rows=f"{len(lost):,}", people=f"{int(lost['population'].sum()):,}"))
        show(lost, "certificate", limit=SHOWN, own=own)
    candidates = explained.candidates
    if len(candidates):
        print_note(both("cli.explain_candidates"))
        said = [reason_sentence(row) for row in candidates.to_dict("records")]
        show(candidates.assign(why=said), "explained_candidates", limit=SHOWN, own=own)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("explain", help=both("cli.verb_explain"))(explain)
