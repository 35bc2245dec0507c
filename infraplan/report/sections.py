"""The body of the report: 总体情况, 目标完成, 缺口, 建设建议与投资, 分期, 方法与局限; a few sentences and one short table each.

Page, PDF and Word print these blocks in this order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import NamedTuple

import pandas as pd

from infraplan.messages import split_languages
from infraplan.policy.gap_counts import COUNTED, gap_counts
from infraplan.report import page_rows, plan_words
from infraplan.report.blocks import Block, Heading, Paragraph, Picture, Table, table_of
from infraplan.report.connection_words import connection_blocks
from infraplan.report.fibre_words import fibre_blocks
from infraplan.report.headline import headline_sentences, shown_headline
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import Shown, shown_table
from infraplan.report.plan_outcome import listed_gaps, shown_kinds
from infraplan.report.quality_blocks import quality_blocks
from infraplan.report.style import integer, percent
from infraplan.report.words import Words
from infraplan.tables.families import service_name
from infraplan.tables.zone_order import in_city_order

SECTIONS = ("summary", "targets", "gaps", "plan", "phases", "method")
MOST_CLAUSES = 8
"""Rows of the short table of clauses."""
OPEN_FIRST = ("not_met", "uncertain", "example", "on_the_way", "met", "reached")


class Drawn(NamedTuple):
    """A picture with its caption, and the section it belongs to."""

    caption: str
    png: bytes
    section: str = "summary"


def body_of(context: PageContext, words: Words, pictures: Sequence[Drawn]) -> Iterator[Block]:
    """The blocks of the six sections; tables and pictures are numbered through."""
    tables, figures = count(1), count(1)
    make = {"summary": _summary, "targets": _targets, "gaps": _gaps, "plan": _plan, "phases": _phases, "method": _method}
    for key in SECTIONS:
        yield Heading(words.t(f"section_{key}"), key)
        for block in make[key](context, words):
            if isinstance(block, Table):
                yield replace(block, title=words.t("doc_table", number=next(tables), caption=block.title))
            else:
                yield block
        for picture in pictures:
            if picture.section == key:
                caption = words.t("doc_figure", number=next(figures), caption=picture.caption)
                yield Picture(picture.png, words.t("doc_source", caption=caption, source=_source(context, words)))


def _source(context: PageContext, words: Words) -> str:
    """Where a picture's figures come from."""
    own = words.t("source_own", model=words.model(context.facts))
    return words.joined([own, words.t("example_mark") if context.facts.synthetic else ""], "；")


def _summary(context: PageContext, words: Words) -> Iterator[Block]:
    if not any(len(context.people(family)) for family in context.families):
        yield Paragraph(words.t("words_people", name=context.title_name(words.lang), people=words.t("no_data")))
    for sentence in headline_sentences(context, words):
        yield Paragraph(sentence)
    yield from table_of(words.t("table_summary"), shown_headline(context, words))
    yield from quality_blocks(context, words)


def _targets(context: PageContext, words: Words) -> Iterator[Block]:
    rows = page_rows.own_targets(context)
    asked = rows[page_rows.judged(rows)] if len(rows) else rows
    if not len(asked):
        yield Paragraph(words.t("targets_none"))
        return
    kinds = asked["status"].value_counts()
    order = {status: place for place, status in enumerate(OPEN_FIRST)}
    listed = sorted(kinds.index, key=lambda status: (order.get(status, len(order)), status))
    counts = [words.t("outcome_rows", name=words.code("status", status), count=integer(kinds[status])) for status in listed]
    documents = len(context.facts.documents) or asked["document"].nunique()
    yield Paragraph(words.t("targets_counted", documents=documents, rows=integer(len(asked)), counts=words.joined(counts, "、")))
    known = asked[asked["status"].isin(OPEN_FIRST)]
    known = known.assign(_order=known["status"].map(order)).sort_values("_order", kind="stable").head(MOST_CLAUSES)
    yield from table_of(words.t("table_targets"), shown_table(known, "scorecard", "brief", words))
    yield Paragraph(words.t("targets_annex"), note=True)


def _gaps(context: PageContext, words: Words) -> Iterator[Block]:
    if not len(context.gaps):
        yield Paragraph(words.t("gaps_none"))
        return
    form = "{} {}（{}）" if words.lang == "zh" else "{} {} ({})"
    counts = [form.format(*row) if row[2] else f"{row[0]} {row[1]}" for row in page_rows.lacking_words(context, words)]
    yield Paragraph(words.t("words_gaps", gaps=words.joined(counts)))
    if context.plan is not None:
        listed, still = listed_gaps(context)
        numbers = {"listed": listed, "closed": listed - still, "left": still}
        yield Paragraph(words.t("gaps_after", **{key: integer(value) for key, value in numbers.items()}))
    yield from table_of(words.t("table_gaps"), _gap_zones(context, words))


def _gap_zones(context: PageContext, words: Words) -> Shown:
    """How much each child zone lacks, the sum first: columns of the output table `gap_zones`."""
    gaps, column, label = context.gaps, *(("city", "city_name") if context.level == "province" else ("county", "county_name"))
    zones = gaps[[column, label]].drop_duplicates(column).sort_values(column, kind="stable")
    zones = in_city_order(zones, context.city_order, column)
    names = context.names("en") if words.lang == "en" else {}
    parts = [(words.t("total"), page_rows.counts_of_gaps(context))]
    grouped = dict(tuple(gaps[list(COUNTED)].groupby(gaps[column], sort=False)))
    for code, name in zip(zones[column], zones[label], strict=True):
        zone = str(names.get(code, name)) or words.code("level", "outside")
        parts.append((zone, gap_counts(grouped[code], None, context.families)))
    rows = []
    for name, counts in parts:
        villages = {f"{family}_villages": row["lacking"] for family, row in counts["villages"].items()}
        rows.append({"name": name, **villages, "places": counts["places"]["lacking"], "sites": counts["sites"]["lacking"]})
    return shown_table(pd.DataFrame(rows), "gap_zones", "paper", words, bold=[index == 0 for index in range(len(rows))])


def _plan(context: PageContext, words: Words) -> Iterator[Block]:
    plan = context.plan
    if len(context.plan_sites):
        cost = float(pd.to_numeric(context.plan_sites["cost"], errors="coerce").sum())
        yield Paragraph(words.t("words_plan", sites=integer(len(context.plan_sites)), cost=words.money(cost)) + _after(context, words))
    elif plan is not None:
        yield Paragraph(plan_words.nothing_to_build(context, words))
    else:
        yield Paragraph(words.t("plan_absent"))
        return
    yield from connection_blocks(context, words)
    if plan is not None and plan.scope:
        yield Paragraph(words.t("plan_scope", scope=words.one(plan.scope)))
    bound = plan_words.bound_sentences(context, words)
    if bound:
        yield Paragraph(words.sentences(bound))
    prices = [*plan_words.price_sentences(context, words), *plan_words.robust_sentences(context, words)]
    if prices:
        yield Paragraph(words.sentences(prices))
    unreachable = plan_words.unreachable_sentences(context, words)
    if unreachable:
        yield Paragraph(words.sentences([words.plain(plan_words.unreachable_title(context)) + words.stop, *unreachable]))
    yield from table_of(words.t("table_kinds"), shown_kinds(context, words))
    yield from fibre_blocks(context, words)


def _after(context: PageContext, words: Words) -> str:
    """The share of the plan's first family after the plan, "" where it is not known."""
    own = context.people(words.first) if words.first else context.population.head(0)
    if not len(own) or "served_after" not in own or own["served_after"].isna().iloc[0] or not own["population"].iloc[0]:
        return ""
    share = own["served_after"].iloc[0] / own["population"].iloc[0]
    before, after = percent(own["share"].iloc[0], 1), percent(share, 1)
    return words.gap + words.t("words_after", family=words.family_in(context, words.first), before=before, after=after)


def _phases(context: PageContext, words: Words) -> Iterator[Block]:
    phases = context.phases
    if phases is None or not len(phases):
        yield Paragraph(words.t("phases_none"))
        return
    names = words.joined([words.one(split_languages(str(name))) for name in phases["name"]], "、")
    yield Paragraph(words.t("phases_counted", count=len(phases), names=names))
    yield from table_of(words.t("table_phases"), shown_table(phases, "phases", "paper", words))


def _method(context: PageContext, words: Words) -> Iterator[Block]:
    facts = context.facts
    yield Paragraph(
        words.t(
            "method_short",
            model=words.model(facts),
            resolution=f"{facts.resolution_m:g}",
            reliability=percent(facts.reliability, 0),
            basis=words.one(facts.population_basis),
        )
    )
    yield Paragraph(words.sentences([words.t("limits_model"), words.t("limits_outdoor"), words.t("limits_parts")]))
    rows = [
        (words.t("method_model"), words.model(facts)),
        (words.t("method_resolution"), f"{facts.resolution_m:g} m"),
        (words.t("method_reliability"), words.t("reliability_of_area", share=percent(facts.reliability, 0))),
        (words.t("method_people"), words.one(facts.population_basis)),
        *((words.t("method_documents"), f"{words.title(one.title)}{one.number}") for one in facts.documents),
    ]
    if len(context.plan_sites):
        served = context.plan_sites["services"].fillna("").astype(str).str.split(";").explode().unique()
        rows.append((words.t("method_new_services"), words.joined([service_name(one) for one in served], "、")))
    yield from table_of(words.t("table_method"), shown_table(pd.DataFrame(rows, columns=["item", "content"]), "method", "paper", words))
    found = pd.DataFrame([(words.one(item), words.one(content)) for item, content in facts.evidence], columns=["item", "content"])
    yield from table_of(words.t("table_evidence"), shown_table(found, "method", "paper", words))
