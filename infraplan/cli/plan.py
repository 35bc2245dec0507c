"""`infraplan plan`: new sites for the study's goal, with their proof."""

from __future__ import annotations

from typing import Annotated

import typer

from infraplan.cli.shared import (
    AsJson,
    Cities,
    OutputPath,
    Overwrite,
    StudyPath,
    open_study,
    progress,
    refuse_output,
    show,
    show_json,
    split,
    tell,
    tell_plan,
)
from infraplan.messages import both

COLUMNS = ("order", "id", "name", "host", "cost_cny", "people_gained", "villages_gained", "people_lost", "county")


def plan(
    study: StudyPath,
    budget: Annotated[float | None, typer.Option("--budget", min=0, help=both("cli.budget"), show_default=False)] = None,
    max_sites: Annotated[int | None, typer.Option("--max-sites", min=0, help=both("cli.max_sites"), show_default=False)] = None,
    time: Annotated[float | None, typer.Option("--time", min=1, help=both("cli.time"), show_default=False)] = None,
    gap: Annotated[float | None, typer.Option("--gap", min=0, max=1, help=both("cli.gap"), show_default=False)] = None,
    pareto: Annotated[int, typer.Option("--pareto", min=0, max=50, help=both("cli.pareto"))] = 0,
    cities: Cities = None,
    output: OutputPath = None,
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """The cheapest sites found, and what no plan can beat; or the most people within a budget."""
    from dataclasses import replace

    import numpy as np

    from infraplan.run.batch import chosen_cities
    from infraplan.run.steps import assess, limits_of, planning_instance
    from infraplan.run.summary import plan_numbers, records
    from infraplan.siting.checks import check_plan
    from infraplan.siting.phases import pareto_curve
    from infraplan.siting.planning import cheapest_plan, most_served

    refuse_output(output, overwrite)
    opened = open_study(study)
    only = chosen_cities(opened, split(cities)) if cities else ()
    limits = limits_of(opened)
    limits = replace(limits, gap=limits.gap if gap is None else gap)
    if time is not None:
        limits = replace(limits, work_limit=None, time_limit_s=time)
    with progress() as bars:
        findings = assess(opened, bars, only, gaps=False)
        instance = planning_instance(findings, bars, only)
        limited = budget is not None or max_sites is not None
        made = most_served(instance, limits, budget_cny=budget, max_sites=max_sites) if limited else cheapest_plan(instance, limits)
        top = made.cost_cny if budget is None else budget
        curve = pareto_curve(instance, list(np.linspace(0, top, pareto + 1)[1:]), limits) if pareto else None
    checked = check_plan(made.goal, made.sites, opened.plan_services, findings.cover, zones=opened.zones, villages=findings.villages)
    table = made.sites.drop(columns="geometry")
    if json:
        extra = {} if curve is None else {"pareto": records(curve, tuple(curve.columns))}
        show_json({**(plan_numbers(made, checked) or {}), **extra, "list": records(table, tuple(table.columns))})
    else:
        show(table[list(COLUMNS)], limit=30)
        if curve is not None:
            show(curve)
        tell_plan(made)
        tell(
            both(
                "cli.robust",
                expected=f"{checked['expected_people']:,}",
                **{f"weaker{key}": f"{value * 100:.1f}" for key, value in checked["share_if_weaker"].items()},
            )
        )
    if output is not None:
        show(made.sites, output=output, overwrite=overwrite)


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("plan", help=both("cli.verb_plan"))(plan)
