"""`infraplan plan`: the cheapest new sites for the study's goal, with their proof."""

from __future__ import annotations

import typer

from infraplan.cli.shared import AsJson, Cities, OutputPath, Overwrite, StudyPath, open_study, progress, show, show_json, split, tell
from infraplan.messages import both


def plan(study: StudyPath, cities: Cities = None, output: OutputPath = None, json: AsJson = False, overwrite: Overwrite = False) -> None:
    """The cheapest sites found, and what no plan can beat."""
    from infraplan.run import assess, make_plan
    from infraplan.run.batch import chosen_cities
    from infraplan.run.pages import plan_note
    from infraplan.run.summary import plan_numbers
    from infraplan.siting.planning import check_plan

    opened = open_study(study)
    only = chosen_cities(opened, split(cities)) if cities else ()
    with progress() as bars:
        findings = assess(opened, bars, only)
        made = make_plan(findings, bars, only)
    checked = check_plan(made.goal, made.sites, opened.plan_services, findings.cover, zones=opened.zones, villages=findings.villages)
    numbers = plan_numbers(made, checked)
    if json:
        show_json({**(numbers or {}), "list": [dict(row) for row in made.sites.drop(columns="geometry").to_dict("records")]})
    else:
        show(
            made.sites.drop(columns="geometry")[["order", "id", "name", "host", "cost_cny", "people_gained", "villages_gained", "county"]],
            limit=30,
        )
        tell(
            both(
                "cli.plan_totals",
                sites=len(made.sites),
                cost=f"{made.cost_cny / 1e4:,.0f}",
                bound=f"{made.bound_cny / 1e4:,.0f}",
                gap=f"{made.proven_gap * 100:.2f}",
                people=f"{made.population_gained:,}",
                share=f"{checked['share'] * 100:.2f}",
            )
        )
    if plan_note(made):
        tell(plan_note(made))
    if output is not None:
        show(made.sites, output=output, overwrite=overwrite, as_json=False)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("plan", help=both("cli.verb_plan"))(plan)
