"""What a plan achieves in a zone: people served after it, kinds of sites, clauses, listed gaps that remain, robustness."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from infraplan.policy.remedies import by_a_new_site
from infraplan.report.connection_words import connection_text
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import Shown, shown_table
from infraplan.report.style import decimal, integer, missing, percent, percent_up, text
from infraplan.report.words import Words
from infraplan.siting.plan_repr import line_kilometres
from infraplan.tables.families import service_name
from infraplan.tables.number_formats import people_amount

MOST_CLAUSES = 6
"""Clauses by name in a cell; the rest is a number."""


def site_kinds(context: PageContext) -> pd.DataFrame:
    """The plan's sites by what they stand on, those that cost most first: columns of the output table `site_kinds`."""
    sites = context.plan_sites
    if not len(sites):
        return pd.DataFrame({"host": [], "sites": [], "cost": [], "people_gained": []})
    numbers = sites[["cost", "people_gained"]].apply(pd.to_numeric, errors="coerce").assign(host=sites["host"].astype(str), sites=1)
    sums = numbers.groupby("host").sum().reset_index()
    return pd.DataFrame(sums.sort_values(["cost", "host"], ascending=[False, True], kind="stable"))


def shown_kinds(context: PageContext, words: Words) -> Shown:
    """`site_kinds` as a table, with its sum first."""
    kinds = site_kinds(context)
    total = pd.DataFrame([{"host": words.t("total"), **{name: kinds[name].sum() for name in ("sites", "cost", "people_gained")}}])
    rows = pd.concat([total, kinds], ignore_index=True) if len(kinds) else kinds
    return shown_table(rows, "site_kinds", "paper", words, bold=[index == 0 for index in range(len(rows))])


def listed_gaps(context: PageContext) -> tuple[int, int]:
    """Things that lists of gaps name, each once, and how many of them are still open when the plan is built."""
    gaps = context.gaps
    if not len(gaps):
        return 0, 0
    still = ~by_a_new_site(gaps["remedy"])
    return int(gaps["id"].nunique()), int(gaps.loc[still, "id"].nunique())


def _counted(values: pd.Series, words: Words, name: Callable[[str], str]) -> str:
    """Values by their name, with how many sites each has, the most frequent first."""
    labels = values.map({value: name(value) for value in values.unique()})
    sites = pd.DataFrame({"label": labels, "site": values.index}).drop_duplicates()  # two values of a site may read alike
    named = sites["label"].value_counts().rename_axis("label").reset_index(name="count")
    named = named.sort_values(["count", "label"], ascending=[False, True], kind="stable")
    rows = named.head(MOST_CLAUSES)[["label", "count"]].to_numpy(object).tolist()
    listed = [words.t("outcome_count", name=label, count=integer(count)) for label, count in rows]
    more = len(named) - MOST_CLAUSES
    return words.joined([*listed, words.t("outcome_more", count=more) if more > 0 else ""], "、")


def _lines_and_cells(context: PageContext, words: Words) -> list[tuple[str, str]]:
    """Kilometres of the plan's lines and measured weak cells, of the whole study: a requirement is of no city."""
    plan, rows = context.plan, list[tuple[str, str]]()
    if plan is None or context.level != "province":
        return rows
    for name, row in plan.lines.items():
        amounts = {key: decimal(value, 1) for key, value in line_kilometres(row).items()}
        item = words.t("outcome_lines", target=name, family=words.family(row["family"]))
        rows.append((item, words.t("outcome_km", verdict=words.t("lines_met" if row["met"] else "lines_missed"), **amounts)))
    for row in plan.weak_grid.values():
        counts = {key: integer(row[key]) for key in ("covered", "weak", "required")}
        verdict = words.t("lines_met" if row["met"] else "lines_missed")
        rows.append((words.t("outcome_weak", family=words.family(row["family"])), words.t("outcome_covered", verdict=verdict, **counts)))
    return rows


def plan_outcome(context: PageContext, words: Words) -> list[tuple[str, str]]:
    """Pairs of item and content; empty without a plan."""
    plan, sites = context.plan, context.plan_sites
    if plan is None:
        return []
    rows = []
    for family in context.families:
        for row in context.people(family).to_dict("records"):
            if not missing(row.get("served_after")) and row["population"]:
                more = int(row["served_after"]) - int(row["served"])
                content = words.t(
                    "outcome_share",
                    before=percent(row["share"], 1),
                    after=percent(row["served_after"] / row["population"], 1),
                    people=people_amount(more, words.lang),
                )
                rows.append((words.t("outcome_family", family=words.family_in(context, family)), content))
    rows += _lines_and_cells(context, words)
    money = {name: words.money(value) for name, value in (("cost", plan.cost), ("low", plan.cost_low), ("high", plan.cost_high))}
    cost = words.t("outcome_cost", sites=integer(plan.sites), **money)
    if plan.bounded and context.level == "province":
        cost += words.t("outcome_bound", bound=words.money(plan.cost_bound, least=True), gap=percent_up(plan.proven_gap))
    rows.append((words.t("outcome_sites"), cost))
    connected = connection_text(context, words)
    if connected:
        rows.append((words.t("outcome_connections"), connected))
    if len(sites):
        services = sites["services"].fillna("").astype(str).str.split(";").explode()
        kinds = [_counted(sites["host"].astype(str), words, words.host), _counted(services[services != ""], words, service_name)]
        rows.append((words.t("outcome_kinds"), words.joined(kinds)))
        targets = sites["targets"].fillna("").astype(str).str.split(";").explode() if "targets" in sites else pd.Series(dtype=str)
        targets = targets[targets != ""]
        if len(targets):
            rows.append((words.t("outcome_clauses"), _counted(targets, words, words.targets)))
    listed, still = listed_gaps(context)
    if listed:
        counts = {"listed": listed, "closed": listed - still, "left": still}
        rows.append((words.t("outcome_gaps"), words.t("outcome_gaps_left", **{key: integer(value) for key, value in counts.items()})))
    for row in plan.shares.values():
        shares = row["share_if_weaker"]
        losses = [lost for lost in shares if lost != "0"]
        family = words.judged(row["family"], context.receiver(row["family"]))
        mark = "、" if words.lang == "zh" else ", "
        content = words.t("outcome_weaker", losses=mark.join(losses), shares=mark.join(percent(shares[lost], 1) for lost in losses))
        rows.append((words.t("outcome_robust", family=family), content))
    return [(item, text(content)) for item, content in rows]


def shown_outcome(context: PageContext, words: Words) -> Shown:
    """`plan_outcome` as a table of a page."""
    return shown_table(pd.DataFrame(plan_outcome(context, words), columns=["item", "content"]), "outcome", "page", words)
