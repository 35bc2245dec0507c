"""Functions that the verbs share: opening a study, writing and printing tables, progress and errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from infraplan.errors import DataError, InfraplanError, UsageError, take_collected
from infraplan.messages import Bilingual, both, in_language

if TYPE_CHECKING:
    from infraplan.errors import Fault
    from infraplan.policy.targets import Targets
    from infraplan.radio.budgets import Service
    from infraplan.siting.build_alone import BuildAlone
    from infraplan.siting.capacity import Capacity
    from infraplan.siting.plans import Plan
    from infraplan.study import Study
    from infraplan.tables.language import OwnNames

StudyPath = Annotated[Path, typer.Argument(help=both("cli.study"), show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help=both("cli.as_json"))]
OutputPath = Annotated[Path | None, typer.Option("-o", "--output", help=both("cli.output"), show_default=False)]
Cities = Annotated[list[str] | None, typer.Option("--cities", "--city", help=both("cli.cities"), show_default=False)]
_LANGUAGE: ContextVar[str] = ContextVar("language", default="both")


def _chosen(lang: str) -> str:
    """Keeps the language of the verb for its messages."""
    _LANGUAGE.set(lang)
    return lang


Language = Annotated[Literal["zh", "both", "en"], typer.Option("--lang", help=both("cli.lang"), callback=_chosen)]
Scenario = Annotated[str | None, typer.Option("--scenario", help=both("cli.scenario"), show_default=False)]
Overwrite = Annotated[bool, typer.Option("--overwrite", help=both("cli.overwrite"))]
MOST_FAULTS = 50
PIPED_WIDTH = 400


def open_study(path: Path, scenario: str | None = None) -> Study:
    """Opens the study that the user named, with the edits of a scenario where one is named."""
    from infraplan.study import Study

    return Study.open(path, scenario=scenario or "")


def split(cities: list[str] | None) -> tuple[str, ...]:
    """`--cities 440100,440200 --cities 440300` as three codes."""
    return tuple(part.strip() for text in cities or [] for part in text.replace("，", ",").split(",") if part.strip())


class Bars:
    """Progress on stderr: a bar a step with time left; none where stderr is no terminal."""

    def __init__(self, bars: Any):
        self.bars = bars

    def step(self, key: str) -> Callable[[int, int], None]:
        """Begin a step; warnings of readers so far are printed first."""
        print_warnings(take_collected())
        task = self.bars.add_task(spoken(both(key)), total=None)

        def advance(done: int, total: int) -> None:
            self.bars.update(task, completed=done, total=total)

        return advance


@contextmanager
def progress() -> Iterator[Bars]:
    """Bars while the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        yield Bars(bars)


def spoken(content: Any) -> Any:
    """Bilingual texts in the form that `--lang` asks for; anything else as it is."""
    if _LANGUAGE.get() == "both":
        return content
    if isinstance(content, dict):
        return {key: spoken(value) for key, value in content.items()}
    return [spoken(value) for value in content] if isinstance(content, list | tuple) else in_language(content, _LANGUAGE.get())


def print_note(text: str) -> None:
    """One line on stderr."""
    print(spoken(text), file=sys.stderr)


def percent(part: float, whole: float) -> str:
    """A share in percent, cut at one decimal; — of nobody."""
    from infraplan.units import cut_percent

    return cut_percent(part / whole)[:-1] if whole else "—"


def proof_of(cost_bound: int | None, currency: str) -> Bilingual:
    """What no plan that reaches the goal costs less than, or that nothing is proven: for plans that fall short of it."""
    from infraplan.messages.amounts import amounts

    return both("cli.nothing_proven") if cost_bound is None else both("cli.proven", bound=amounts(cost_bound, currency, least=True))


def _build_alone_line(plan: Plan, alone: BuildAlone, own: OwnNames | None) -> Bilingual:
    """Build or share: what the goal costs the new sites' own network alone, and what sharing saves."""
    from infraplan.messages.amounts import amounts
    from infraplan.siting.plan_repr import goal_in_words
    from infraplan.tables.language import OwnNames, Speech

    named = Bilingual(*(Speech(lang, own=own or OwnNames()).network(alone.network) for lang in ("zh", "en")))
    money = {"cost": alone.cost, "saving": alone.saving, "least": alone.saving_least, "most": alone.saving_most}
    return both(
        "cli.build_alone" if alone.saving is not None else "cli.build_alone_short",
        network=named,
        goal=goal_in_words(plan.goal.share if plan.goal.asks_people else None, plan.lines),
        sites=alone.sites,
        share=percent(alone.served_after, alone.population),
        bound=amounts(alone.cost_bound or 0, plan.currency, least=True),
        proof=proof_of(alone.cost_bound, plan.currency),
        **{name: amounts(amount, plan.currency) for name, amount in money.items() if amount is not None},
    )


def print_plan(
    plan: Plan,
    services: Mapping[str, Service],
    targets: Targets,
    capacity: Capacity,
    without_lines: Sequence[str] = (),
    own: OwnNames | None = None,
) -> None:
    """A plan's totals on stderr: sites, cost, its bound, people of each family, and the cost that each option adds.

    `targets`: the study's policies, one of which may ask for premises free of rent. `capacity`: of a new site.
    `without_lines`: lines whose distance the costs do not have. `own`: names of the study's networks.
    """
    from infraplan.messages import joined_texts
    from infraplan.messages.amounts import amounts
    from infraplan.policy.layer_names import rent_measure
    from infraplan.radio.receivers import receiver_of
    from infraplan.siting.capacity import capacity_in_use
    from infraplan.siting.connections import connection_sums
    from infraplan.siting.plan_repr import goal_in_words, line_kilometres
    from infraplan.siting.plans import SAVINGS
    from infraplan.siting.target_lines import joined_pieces
    from infraplan.tables.language import Speech
    from infraplan.units import cut

    def where(family: str) -> Bilingual:
        """The family, and where its devices are."""
        return Bilingual(*(Speech(lang).judged(family, receiver_of(services, family)) for lang in ("zh", "en")))

    share, first = percent(plan.served_after, plan.population), where(plan.goal.family)
    cheapest = "cli.plan_totals" if plan.proven_gap < 1.0 else "cli.plan_short"
    proof = proof_of(plan.cost_bound, plan.currency)
    key = cheapest if plan.objective == "cheapest" else "cli.plan_most_weighted" if plan.weighted else "cli.plan_most"
    bound = amounts(plan.bound, plan.currency, least=True) if plan.objective == "cheapest" else f"{plan.bound:,}"
    gap, cost, worth = f"{-float(cut(-plan.proven_gap * 100, 2)):.2f}", amounts(plan.cost, plan.currency), f"{plan.worth:,.0f}"
    people = f"{plan.population_gained:,}"
    print_note(
        both(key, sites=len(plan.sites), cost=cost, bound=bound, gap=gap, people=people, share=share, worth=worth, where=first, proof=proof)
    )
    if len(plan.sites):
        levels = {name: amounts(value, plan.currency) for name, value in (("low", plan.cost_low), ("high", plan.cost_high))}
        print_note(both("cli.plan_cost_range", cost=cost, **levels))
    connected = connection_sums(plan.sites)
    if connected is not None and len(plan.sites):
        parts = {"radio": plan.cost - connected["cost"], "backhaul": connected["cost"]}
        counts = {kind: f"{count:,}" for kind, count in connected["sites"].items()}
        print_note(both("cli.plan_connections", **{name: amounts(value, plan.currency) for name, value in parts.items()}, **counts))
    if without_lines:
        print_note(both("cli.plan_without_lines", lines=line_names(without_lines)))
    if len(plan.sites):
        limit = capacity_in_use(capacity, plan.sites, services, plan.goal.families)
        each = f"{plan.population_gained // len(plan.sites):,}"
        if limit is None:
            print_note(both("cli.plan_coverage_only", people=each))
        else:
            most = f"{limit.most:,}" if limit.least == limit.most else f"{limit.least:,}–{limit.most:,}"
            key = "cli.plan_capacity" if limit.by_spectrum else "cli.plan_capacity_number"
            print_note(both(key, people=each, family=where(limit.family), most=most))
            if limit.further:
                print_note(both("siting.one_limited_family", first=where(limit.family), others=", ".join(limit.further)))
    if plan.low_end is not None:
        low = plan.low_end
        key = {"optimal": "cli.low_end", "feasible": "cli.low_end", "unreachable": "cli.low_end_short"}.get(
            low.status, "cli.low_end_missed"
        )
        money = {"cost": amounts(low.cost, plan.currency), "bound": amounts(low.cost_bound or 0, plan.currency, least=True)}
        money["proof"] = proof_of(low.cost_bound, plan.currency)
        reached = percent(low.served_after, low.population)
        asked = goal_in_words(plan.goal.share if plan.goal.asks_people else None, plan.lines, plan.weak_grid)
        print_note(both(key, band=f"{low.band_db:g}", goal=asked, sites=low.sites, share=reached, **money))
    if plan.build_alone is not None:
        print_note(_build_alone_line(plan, plan.build_alone, own))
    for family, count in plan.families.items() if len(plan.families) > 1 else ():
        before, after, total = (count[name] for name in ("served_before", "served_after", "population"))
        share = percent(after, total)
        print_note(
            both("cli.family_share", family=where(family), before=f"{before:,}", after=f"{after:,}", total=f"{total:,}", share=share)
        )
    for name, row in plan.lines.items():
        kilometres = {key: f"{value:,.1f}" for key, value in line_kilometres(row).items()}
        verdict = both("report.lines_met" if row["met"] else "report.lines_missed")
        share = percent(row["served_km"], row["total_km"])
        print_note(both("cli.plan_lines", target=name, family=where(row["family"]), share=share, verdict=verdict, **kilometres))
        if row["out_of_reach_km"]:
            pieces = plan.unreachable.loc[(plan.unreachable["target"] == name) & (plan.unreachable["unit"] == "m")]
            longest = joined_pieces(pieces).sort_values(["length_m", "name"], ascending=[False, True], kind="stable")["name"].head(5)
            listed = joined_texts(longest.tolist(), "；", "; ")
            print_note(both("cli.plan_lines_lost", target=name, km=f"{row['out_of_reach_km']:,.1f}", stretches=listed))
    for row in plan.weak_grid.values():
        key = f"cli.plan_weak_{row['count']}"
        counts = {name: f"{row[name]:,}" for name in ("required", "weak", "covered")}
        verdict = both("report.lines_met" if row["met"] else "report.lines_missed")
        shares = {when: "—" if row[f"good_share_{when}"] is None else percent(row[f"good_share_{when}"], 1.0) + " %" for when in
                  ("before", "after")}  # fmt: skip
        share = percent(row["covered"], row["weak"])
        print_note(both(key, family=where(row["family"]), share=share, verdict=verdict, **counts, **shares))
    for option, extra in plan.extras.items():
        measure = rent_measure(targets.measure_of("public_rent")) if option == "rent_free" else ""
        print_note(both(f"cli.extra_{option}", extra=amounts(-extra if option in SAVINGS else extra, plan.currency), measure=measure))
    if not len(plan.sites) and plan.status in ("optimal", "feasible"):
        print_note(both("cli.plan_met" if plan.objective == "cheapest" else "cli.plan_buys_nothing", zero=amounts(0, plan.currency)))
    if plan.status == "unreachable":
        print_note(both("cli.unreachable", people=f"{plan.unreachable_people:,}"))


def line_names(lines: Sequence[str]) -> str:
    """Roads, power lines, fibre by their names."""
    from infraplan.messages import joined_texts

    return joined_texts([both(f"siting.line_{name}") for name in lines], "、", ", ")


def show_json(content: Any) -> None:
    """Exactly one JSON document on stdout."""
    from infraplan.run.plain_values import plain

    print(json.dumps(plain(spoken(content)), ensure_ascii=False, indent=1, allow_nan=False))


def refuse_output(output: Path | None, overwrite: bool, *, placed: bool = True, only: tuple[str, ...] = ()) -> None:
    """Raises before any work for a file that cannot be written as its name says, or that exists already.

    `placed`: the table has a place a row, so that a map layer can hold it. `only`: the endings possible instead of those of tables.
    """
    if output is None:
        return
    from infraplan.io.table_files import PLAIN, SUFFIXES, known_suffix

    known_suffix(output, only or (SUFFIXES if placed else PLAIN))
    if output.exists() and not overwrite:
        raise UsageError(both("cli.exists", file=output.name))


def show(
    table: Any,
    kind: str = "",
    *,
    output: Path | None = None,
    as_json: bool = False,
    limit: int = 40,
    overwrite: bool = False,
    names: Mapping[str, str] | None = None,
    own: OwnNames | None = None,
) -> None:
    """Writes or prints a table: to a file by its suffix, as JSON, or as text on stdout.

    `kind`: the table of `outputs` whose words and columns the text takes. `names`: zones by code. `own`: the study's own names.
    """
    if output is not None:
        from infraplan.io.table_files import write_table

        refuse_output(output, overwrite)
        write_table(table, output)
        print_note(both("cli.written", rows=len(table), file=str(output)))
    if as_json:
        show_json([dict(zip(table.columns, row, strict=True)) for row in table.itertuples(index=False, name=None)])
    elif output is None:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        view = Table(show_lines=False, header_style="bold")
        heads, rows = in_words(table.head(limit), kind, names or {}, own) if kind else raw_rows(table.head(limit))
        for head in heads:
            view.add_column(head)
        for row in rows:
            view.add_row(*map(Text, row))
        Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(view)
        if len(table) > limit:
            print_note(both("cli.more", rows=len(table) - limit))


def in_words(table: Any, kind: str, names: Mapping[str, str], own: OwnNames | None = None) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the columns a terminal shows, in both languages where they differ."""
    from infraplan.tables.language import OwnNames, Speech
    from infraplan.tables.wording import worded

    def paired(chinese: str, in_english: str) -> str:
        return str(spoken(chinese if chinese == in_english else Bilingual(chinese, in_english)))

    pairs = list(
        zip(*(worded(table, kind, "terminal", Speech(lang, zones=names, own=own or OwnNames())) for lang in ("zh", "en")), strict=True)
    )
    columns = [[paired(*cell) for cell in zip(zh.texts(), en.texts(), strict=True)] for zh, en in pairs]
    return [paired(zh.label, en.label) for zh, en in pairs], [list(row) for row in zip(*columns, strict=True)]


def raw_rows(table: Any) -> tuple[list[str], list[list[str]]]:
    """Names and values as they are."""
    from infraplan.run.plain_values import plain

    return list(table.columns), [[_cell(plain(value)) for value in row] for row in table.itertuples(index=False, name=None)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def print_warnings(faults: list[Fault]) -> None:
    """Warnings about the input on stderr, those of one kind as one line with a count."""
    from infraplan.tables.faults import grouped

    if not faults:
        return
    groups = grouped(faults)
    print_note(both("cli.warnings", count=len(groups)))
    list_faults(groups)


def list_faults(faults: list[Fault]) -> None:
    """A line a fault on stderr; of more than `MOST_FAULTS` only the first."""
    from infraplan.tables.faults import fault_line

    for fault in faults[:MOST_FAULTS]:
        print_note(f"  {fault if _LANGUAGE.get() == 'both' else fault_line(fault, _LANGUAGE.get())}")
    if len(faults) > MOST_FAULTS:
        print_note("  " + spoken(both("cli.more_faults", count=len(faults) - MOST_FAULTS)))


def show_error(error: InfraplanError) -> None:
    """The error's text on stderr; of more than `MOST_FAULTS` faults only the first."""
    if isinstance(error, DataError):
        from infraplan.tables.faults import tally

        print_note(both("cli.faults", **tally(error.fault_list)))
        list_faults(error.fault_list)
    else:
        print_note(error.args[0] if error.args else str(error))
