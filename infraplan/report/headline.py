"""The headline of every page: how many people are served, how certain that is, and whether the goal is met; and the table below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.networks import counted_networks
from infraplan.outputs import column, types
from infraplan.policy.verdicts import people_needed, verdict
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import ANYONE, Shown
from infraplan.report.style import day, integer, missing, percent, text
from infraplan.report.words import Words
from infraplan.tables.number_formats import people_amount
from infraplan.tables.row_values import dicts_of
from infraplan.tables.wording import worded

FIGURES = ("served", "other", "uncertain", "unserved", "after")
"""Figures of the table, in their order."""
PEOPLE = {"other": "other_served", "after": "served_after"}
"""The column of people of a figure, where its name is another."""


def headline_table(context: PageContext) -> pd.DataFrame:
    """The figures behind the first lines: one row a family, figure and network, columns of the output table `headline`."""
    found: pd.DataFrame = context.once("headline", lambda: _headline_table(context))
    return found


def _headline_table(context: PageContext) -> pd.DataFrame:
    parts = [context.people(family, network) for family in context.families for network in counted_networks(context.networks)]
    people = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    found = []
    for figure in FIGURES:
        name = PEOPLE.get(figure, figure)
        rows = people[people[name].notna()] if name in people else people.head(0)
        if figure == "other":
            rows = rows.assign(receiver=rows.get("other_receiver", ""))
        else:
            rows = rows.assign(receiver=rows["family"].map(context.receiver))
        if figure != "served":
            rows = rows.drop(columns=[one for one in ("share_weaker", "share_stronger") if one in rows])
        residents = rows["population"].where(rows["population"] > 0)
        found.append(rows.assign(figure=figure, people=rows.get(name), share=rows.get(name) / residents))
    table = pd.concat(found, ignore_index=True)
    order = table["family"].map(list(context.families).index)
    table = table.iloc[np.argsort(order.to_numpy(), kind="stable")]
    return pd.DataFrame(table.reindex(columns=list(types("headline"))).astype(types("headline")).reset_index(drop=True))


def shown_headline(context: PageContext, words: Words) -> Shown:
    """The table below the first lines: a row a family and figure, a column a network."""
    table = headline_table(context)
    label, share = (cells.texts() for cells in worded(table, "headline", "page", words))
    networks = [network for network in counted_networks(context.networks) if (table["network"] == network).any()]
    kinds = list(zip(table["family"], table["figure"], strict=True))
    labels = dict(zip(kinds, label, strict=True))
    cells = dict(zip(zip(kinds, table["network"], strict=True), share, strict=True))
    rows = [[name, *(cells.get((kind, network), "—") for network in networks)] for kind, name in labels.items()]
    heads = [words.t("headline_first"), *(network_label(network, context.networks, words) for network in networks)]
    columns = [column("headline", "figure"), *([column("headline", "share_text")] * len(networks))]
    return Shown(columns, heads, rows, rows, [figure == "served" for _, figure in labels])


def network_label(network: str, mapped: Sequence[str], words: Words) -> str:
    """Heading of the column of a network; all networks at once are "both" where there are two."""
    two = len(mapped) == 3 and network not in mapped
    return words.t("both_networks") if two else words.network(network)


def headline_sentences(context: PageContext, words: Words) -> list[str]:
    """The first lines: a paragraph a family."""
    asked = [family for family in context.families if len(context.people(family))]
    found: list[str] = context.once(("first_lines", words.lang), lambda: [_paragraph(context, family, words) for family in asked])
    return found


def _paragraph(context: PageContext, family: str, words: Words) -> str:
    own = context.people(family).iloc[0].to_dict()
    facts, place = context.facts, words.receiver(context.receiver(family))
    residents = int(own["population"])

    def part(name: str) -> str:
        return percent(own[name] / residents if residents else float("nan"), 1)

    named = context.tops or context.title_en or context.level == "county"
    predicted = words.t(
        "headline_people",
        zone=context.title_name(words.lang) if named else words.t(f"headline_zone_{context.level}"),
        basis=words.one(facts.population_basis),
        people=people_amount(residents, words.lang),
        receiver=place,
        family=words.family(family),
        served=people_amount(own["served"], words.lang),
        share=percent(own["share"], 1),
        range=_range(own, context, words),
        uncertain=part("uncertain"),
        unserved=part("unserved"),
    )
    since = words.t("headline_as_of", day=day(facts.as_of, words.lang)) if facts.as_of else words.t("headline_no_as_of")
    sentences = [since + predicted, _beside(own, context, family, words), _goal(own, context, family, words)]
    sentences.append(words.t("headline_reading", receiver=place, reliability=percent(facts.reliability, 0)))
    return ("" if words.lang == "zh" else " ").join(sentence for sentence in sentences if sentence)


def _range(own: Mapping[str, Any], context: PageContext, words: Words) -> str:
    """The shares when every signal is weaker or stronger, with their comma before them; "" where they are not counted."""
    if missing(own.get("share_weaker")) or missing(own.get("share_stronger")):
        return ""
    low, high = (percent(own[f"share_{name}"], 1) for name in ("weaker", "stronger"))
    return words.t("headline_band", band=f"{context.facts.band_db:g}", low=low[:-1], high=high)


def _beside(own: Mapping[str, Any], context: PageContext, family: str, words: Words) -> str:
    """Every network, and the other receiver."""
    parts = []
    every = [network for network in counted_networks(context.networks) if network not in context.networks]
    for network in every:
        for row in dicts_of(context.people(family, network)):
            label = network_label(network, context.networks, words)
            parts.append(words.t("headline_network", network=label, share=percent(row["share"], 1)))
    other = text(own.get("other_receiver"))
    if other and not missing(own.get("other_share")):
        place = words.code("place", other)
        place = words.receiver(other) if place == other else place
        parts.append(words.t("headline_other", receiver=place, share=percent(own["other_share"], 1)))
    return words.t("headline_beside", parts=("，" if words.lang == "zh" else ", ").join(parts)) if parts else ""


def goal_row(context: PageContext, family: str) -> dict[str, Any] | None:
    """The first clause of the zone for a share of all its residents, any network: one with a requirement, else one without; or None."""
    found: dict[str, Any] | None = context.once(("goal_row", family), lambda: _goal_row(context, family))
    return found


def _goal_row(context: PageContext, family: str) -> dict[str, Any] | None:
    card = context.targets
    if not len(card):
        return None
    asks = (card["measure"] == "population_share") & (card["family"] == family) & card["network"].isin(ANYONE)
    asks &= ~card["beside"].astype(bool) if "beside" in card else True
    own = context.people(family)
    residents = int(own["population"].iloc[0]) if len(own) else 0
    rows = card[asks & (card["denominator"] == residents)]
    with_threshold = rows[rows["required"].notna()]
    found = with_threshold if len(with_threshold) else rows
    return None if not len(found) else found.iloc[0].to_dict()


def headline_verdict(context: PageContext, family: str) -> str:
    """met, not_met, uncertain; else why there is no verdict.

    "example": data are made up. "none": no clause asks the zone for a share of its people. "part": the study's provinces are several, or
    made from the cities it has, so that it is not known whether it holds a whole one.
    """
    row = goal_row(context, family)
    if row is None or missing(row["required"]):
        return "none"
    if context.tops:
        return "part"
    if context.facts.synthetic or row["status"] == "example":
        return "example"
    own = context.people(family).iloc[0].to_dict()
    return verdict(people_needed(float(row["required"]), int(own["population"])), own)


def _goal(own: Mapping[str, Any], context: PageContext, family: str, words: Words) -> str:
    row, found = goal_row(context, family), headline_verdict(context, family)
    if row is None:
        return ""
    clause = text(row.get("quotation")) if words.lang == "zh" else ""
    clause = clause or text(row.get("task" if words.lang == "zh" else "task_en")) or text(row.get("task")) or text(row["id"])
    if found == "none":
        return words.t("headline_goal_none", clause=clause)
    checked = integer(own["to_check"]) if not missing(own.get("to_check")) else ""
    key = "headline_goal_unsure" if found == "uncertain" and not checked else f"headline_goal_{found}"
    return words.t(key, clause=clause, count=checked)


def headline_of(context: PageContext) -> dict[str, Any]:
    """The first lines for programs: text in both languages, verdict by family, and the figures."""
    texts = {lang: headline_sentences(context, Words(lang).about(context)) for lang in ("zh", "en")}
    figures = headline_table(context)
    return {
        "text": texts,
        "verdict": {family: headline_verdict(context, family) for family in context.families},
        "figures": figures.astype(object).where(figures.notna(), None).to_dict("records"),
    }
