"""`infraplan backhaul`: fibre to the villages of a clause, along the roads, with its proof."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from infraplan.cli.shared import (
    AsJson,
    Cities,
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
    split,
)
from infraplan.messages import both


def backhaul(
    study: StudyPath,
    award: Annotated[bool, typer.Option("--award", help=both("cli.backhaul_award"))] = False,
    budget: Annotated[float | None, typer.Option("--budget", min=0, help=both("cli.backhaul_budget"), show_default=False)] = None,
    findings: Annotated[bool, typer.Option("--findings", help=both("cli.backhaul_findings"))] = False,
    spans: Annotated[bool, typer.Option("--spans", help=both("cli.backhaul_spans"))] = False,
    cities: Cities = None,
    output: OutputPath = None,
    lang: Language = "both",
    json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """The cheapest tree of fibre along the roads, and what it means for each village."""
    from infraplan.run.fibre import plan_fibre
    from infraplan.run.plain_values import records
    from infraplan.run.run_scope import chosen_cities

    refuse_output(output, overwrite)
    opened = open_study(study)
    only = chosen_cities(opened, split(cities)) if cities else ()
    with progress() as bars:
        _, plan = plan_fibre(opened, bars, only, budget)
    villages = plan.villages
    if award:
        villages = villages[villages["award_pays"] | villages["award_pays_subsidy"]]
    elif budget is not None:
        villages = villages[villages["in_budget"]]
    table, kind = (villages, "backhaul_villages")
    if findings or spans:
        table, kind = (plan.findings, "network_findings") if findings else (plan.spans, "backhaul_spans")
    if output is not None:
        show(_placed(table, kind), output=output, overwrite=overwrite)
    if json:
        show_json(_numbers(plan) | {"list": records(_plain(table), tuple(_plain(table).columns))})
        return
    if output is None:
        show(_plain(table), kind, limit=30, own=opened.own_names)
    print_totals(plan)


def _plain(table: Any) -> Any:
    return table.drop(columns="geometry") if "geometry" in table else table


def _placed(table: Any, kind: str) -> Any:
    """Villages and findings with their points, so that they can be a map layer."""
    import geopandas as gpd

    if kind == "backhaul_spans":
        return table
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)


def _numbers(plan: Any) -> dict[str, Any]:
    """Totals, sums by county, and how many findings there are of each kind."""
    from infraplan.run.plain_values import records

    kinds = plan.findings["kind"].value_counts(sort=False).to_dict()
    return {**plan.totals, "counties": records(plan.counties, tuple(plan.counties.columns)), "findings": kinds}


def print_totals(plan: Any) -> None:
    """What the plan costs, its bound, its kilometres and its scenarios, on stderr."""
    from infraplan.messages.amounts import amounts

    totals = plan.totals
    currency = totals["currency"]

    def money(name: str, least: bool = False) -> Any:
        return amounts(totals[name], currency, least=least)

    counts = {name: f"{totals[name]:,}" for name in ("villages", "households", "no_line", "not_stated")}
    gap, kilometres = f"{totals['proven_gap'] * 100:.2f}", {name: f"{totals[name]:,.1f}" for name in ("new_km", "existing_km")}
    print_note(both("cli.backhaul_totals", cost=money("cost"), bound=money("bound", True), gap=gap, **counts, **kilometres))
    if totals["by_county"]:
        print_note(both("cli.backhaul_by_county", parts=f"{len(plan.parts):,}"))
    if totals["award"]:
        share = f"{totals['subsidy']:.0%}"
        print_note(
            both(
                "cli.backhaul_awarded",
                award=money("award"),
                villages=f"{totals['award_villages']:,}",
                cost=money("award_cost"),
                paid=money("award_paid"),
                share=share,
                more=f"{totals['subsidy_villages']:,}",
            )
        )
    if totals["radio_limit"] is not None:
        print_note(both("cli.backhaul_radio", limit=money("radio_limit"), villages=f"{totals['radio_cheaper']:,}"))
    if totals["priority_villages"]:
        households = f"{totals['priority_extra_at']:,}"
        print_note(
            both("cli.backhaul_priority", villages=f"{totals['priority_villages']:,}", extra=money("priority_extra"), households=households)
        )
    if totals["budget"] is not None:
        counted = {name: f"{totals[f'budget_{name}']:,}" for name in ("villages", "households")}
        print_note(both("cli.backhaul_within", budget=money("budget"), cost=money("budget_cost"), **counted))
    kinds = plan.findings["kind"].value_counts(sort=False).to_dict()
    if kinds:
        from infraplan.messages import joined_texts

        listed = joined_texts(
            [both("cli.backhaul_finding", kind=both(f"report.finding_{kind}"), count=f"{n:,}") for kind, n in kinds.items()], "；", "; "
        )
        print_note(both("cli.backhaul_found", list=listed))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("backhaul", help=both("cli.verb_backhaul"))(backhaul)
