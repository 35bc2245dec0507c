"""`infraplan plan`: new sites for the study's goal, with their proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infraplan.cli.shared import (
    AsJson,
    Cities,
    Language,
    OutputPath,
    Overwrite,
    Scenario,
    StudyPath,
    open_study,
    percent,
    print_note,
    print_plan,
    progress,
    refuse_output,
    show,
    show_json,
    split,
)
from infraplan.errors import UsageError
from infraplan.extras import require
from infraplan.messages import both

if TYPE_CHECKING:
    from infraplan.siting.plans import SearchLimits
    from infraplan.study import Study


def plan(
    study: StudyPath,
    budget: Annotated[float | None, typer.Option("--budget", min=0, help=both("cli.budget"), show_default=False)] = None,
    max_sites: Annotated[int | None, typer.Option("--max-sites", min=0, help=both("cli.max_sites"), show_default=False)] = None,
    time: Annotated[float | None, typer.Option("--time", min=1, help=both("cli.time"), show_default=False)] = None,
    gap: Annotated[float | None, typer.Option("--gap", min=0, max=1, help=both("cli.gap"), show_default=False)] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help=both("cli.seed"))] = 0,
    pareto: Annotated[int, typer.Option("--pareto", min=0, max=50, help=both("cli.pareto"))] = 0,
    substitute: Annotated[list[str] | None, typer.Option("--substitute", help=both("cli.substitute"), show_default=False)] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help=both("cli.plot"), show_default=False)] = None,
    cities: Cities = None,
    scenario: Scenario = None,
    output: OutputPath = None,
    lang: Language = "both",
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """The cheapest sites found, and what no plan can beat; or the most people within a budget."""
    from infraplan.cli.substitutes import print_substitutes, refuse_unknown_sites
    from infraplan.coverage.map_update import cover_with
    from infraplan.run.plain_values import records
    from infraplan.run.planning import phases_of
    from infraplan.run.run_scope import chosen_cities, last_plan, planned_target
    from infraplan.run.steps import before_counting, check_of, plan_of, plan_on_map, planning_instances, with_build_alone, with_low_end
    from infraplan.run.summary import in_yuan, plan_numbers
    from infraplan.siting.cost_curves import budgets_up_to, pareto_curve
    from infraplan.siting.plan_sites import without_lines
    from infraplan.siting.plans import most_served

    refuse_output(output, overwrite)
    _refuse_plot(plot, pareto, overwrite)
    opened = open_study(study, scenario)
    if substitute:
        if budget is not None or max_sites is not None:
            raise UsageError(both("siting.substitutes_budget"))
        usual = not cities and time is None and gap is None and seed == 0 and not pareto
        known = last_plan(opened) if usual else None
        if known is not None and known.substitutes:
            print_substitutes(known, substitute, opened, as_json=json, output=output, overwrite=overwrite)
            return
    only = chosen_cities(opened, split(cities)) if cities else ()
    opened.read_all()
    planned_target(opened)
    limits = _limits(opened, time, gap, seed)
    curve = None
    with progress() as bars:
        findings = before_counting(opened, bars, only)
        second = budget is None and max_sites is None and not substitute
        instance, weaker = planning_instances(findings, bars, only, low_end=second)
        if substitute:
            refuse_unknown_sites(substitute, instance)
        if budget is not None or max_sites is not None:
            made = most_served(instance, limits, budget=budget, max_sites=max_sites, phases=phases_of(opened))
        else:
            made = plan_of(findings, instance, bars, only, limits)
            if second:
                made = with_build_alone(findings, with_low_end(findings, made, weaker, limits), bars, only, limits)
        if pareto:
            top = made.cost if budget is None else budget
            curve = pareto_curve(instance, budgets_up_to(top, pareto), limits, bars.step("run.pareto"), known=made)
        after = cover_with(made.sites, findings.cover, opened.plan_services)
        made = plan_on_map(findings, made, after)
    if substitute:
        print_substitutes(made, substitute, opened, as_json=json, output=output, overwrite=overwrite)
        return
    checked = check_of(findings, made, after)
    table = without_lines(made.sites, made.lines).drop(columns="geometry")
    if plot is not None and curve is not None:
        _draw(plot, curve, made, opened)
    if json:
        extra: dict[str, Any] = {} if curve is None else {"pareto": records(curve, tuple(curve.columns))}
        extra |= {"lines_not_given": list(opened.lines_not_given)}
        show_json({**(plan_numbers(made, checked) or {}), **extra, "list": [in_yuan(row) for row in records(table, tuple(table.columns))]})
    else:
        names = dict(zip(opened.zones["adcode"].astype(str), opened.zones["name"].astype(str), strict=True))
        show(table, "sites", limit=30, names=names, own=opened.own_names)
        if curve is not None:
            show(curve, "curve", own=opened.own_names)
        print_plan(made, opened.services, opened.targets, opened.capacity, opened.lines_not_given, opened.own_names)
        print_note(
            both(
                "cli.robust",
                expected=f"{checked['expected_people']:,}",
                today=f"{checked['today']['expected_people']:,}",
                **{f"people{key}": f"{count:,}" for key, count in checked["served_if_weaker"].items()},
                **{f"today{key}": percent(value, 1.0) for key, value in checked["today"]["share_if_weaker"].items()},
                **{f"weaker{key}": percent(value, 1.0) for key, value in checked["share_if_weaker"].items()},
            )
        )
    if output is not None:
        show(made.sites, output=output, overwrite=overwrite)


def _limits(study: Study, time: float | None, gap: float | None, seed: int) -> SearchLimits:
    """The study's limits with what the command line changes: wall time replaces counted work."""
    from dataclasses import replace

    from infraplan.run.steps import limits_of

    limits = replace(limits_of(study), seed=seed)
    limits = limits if gap is None else replace(limits, gap=gap)
    return limits if time is None else replace(limits, work_limit=None, time_limit_s=time)


def _refuse_plot(plot: Path | None, pareto: int, overwrite: bool) -> None:
    """Raises before any work for a picture without --pareto, of another kind than PNG, or one that exists already."""
    if plot is None:
        return
    if not pareto:
        raise UsageError(both("cli.plot_without_pareto"))
    if plot.suffix.lower() != ".png":
        raise UsageError(both("cli.plot_is_png", file=plot.name))
    if plot.exists() and not overwrite:
        raise UsageError(both("cli.exists", file=plot.name))
    require("report")


def _draw(plot: Path, curve: Any, made: Any, study: Any) -> None:
    import infraplan
    from infraplan.files import atomic_path
    from infraplan.report.charts import pareto_picture
    from infraplan.report.page_context import Facts
    from infraplan.report.words import Words
    from infraplan.run.file_tags import stated_dates

    dates = stated_dates(study)
    facts = Facts(
        "",
        0.0,
        0.0,
        "",
        synthetic=study.synthetic,
        version=infraplan.__version__,
        as_of=dates["as_of"],
        report_date=dates["report_date"],
        own=study.own_names,
    )
    before = made.served_before / max(made.population, 1)
    with atomic_path(plot) as part:
        part.write_bytes(
            pareto_picture(
                curve, Words(own=study.own_names), goal=made.goal.share if made.goal.asks_people else None, before=before, facts=facts
            )
        )
    print_note(both("cli.plotted", file=str(plot)))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("plan", help=both("cli.verb_plan"))(plan)
