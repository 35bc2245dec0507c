"""The report as a sequence of blocks that page, PDF and Word print alike: the six sections, then the annexes in their order."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pandas as pd

from infraplan.report import page_rows, stamps
from infraplan.report.blocks import Block, Heading, Paragraph, Picture, Table, table_of
from infraplan.report.editions import PUBLIC, lacking_towns
from infraplan.report.method_lines import method_lines
from infraplan.report.page_context import PageContext
from infraplan.report.sections import Drawn, body_of
from infraplan.report.style import integer, percent, percent_up
from infraplan.report.words import Words

GAPS, GAPS_OF_A_COUNTY, SITES = 60, 14, 60


@dataclass(frozen=True)
class Report:
    """Title, banners, basis, then body and annex tables."""

    title: str
    subject: str
    study: str
    zone: str
    lang: str
    banners: Sequence[str]
    basis: Sequence[tuple[str, str]]
    body: Sequence[Block]
    tables: Sequence[Table]
    footer: str
    words: Mapping[str, str] = field(default_factory=dict)


def report_of(context: PageContext, pictures: Sequence[Drawn], lang: str = "both", *, paired: bool = False) -> Report:
    """The report of a zone. `paired`: for a page that has English beside its headings; paper is in one language."""
    words = replace(Words.of(lang).about(context), paired=paired and lang == "both")
    tables = annexes(context, words)
    return Report(
        title=words.titled("report_title", context),
        subject=words.titled("doc_subject", context),
        study=words.one(context.facts.title),
        zone=context.title_name(words.lang),
        lang=words.lang,
        banners=banners(context, words),
        basis=list(_basis(context, words)),
        body=list(body_of(context, words, pictures)),
        tables=tables,
        footer=words.t("footer_made", version=context.facts.version),
        words={
            "basis": words.t("doc_basis"),
            "attached": words.t("doc_attached"),
            "no_author": words.t("doc_no_author"),
            "synthetic": stamps.mark(context.facts, words),
            "stamp": stamps.stamp(context.facts, words),
        },
    )


def banners(context: PageContext, words: Words) -> list[str]:
    """Synthetic, and expired documents."""
    out = [words.t("synthetic_banner")] if context.facts.synthetic else []
    groups: dict[str, list[str]] = {}
    for document in context.facts.documents:
        if document.expired:
            groups.setdefault(document.expires, []).append(document.number or document.title)
    return out + [words.t("expired_banner", day=due, titles="、".join(names)) for due, names in sorted(groups.items())]


def _basis(context: PageContext, words: Words) -> Iterator[tuple[str, str]]:
    facts = context.facts
    for document in facts.documents:
        yield words.t("method_documents"), f"{words.title(document.title)}{document.number}"
    yield words.t("method_people"), words.one(facts.population_basis)
    yield words.t("method_model"), words.model(facts)
    yield words.t("method_resolution"), f"{facts.resolution_m:g} m"
    yield words.t("method_reliability"), words.t("reliability_of_area", share=percent(facts.reliability, 0))


def annexes(context: PageContext, words: Words) -> list[Table]:
    """附件 in their order; one without rows is left out."""
    lists = [partial(_gaps, part) for part in page_rows.gap_lists(context, words, GAPS, GAPS_OF_A_COUNTY)]
    listed = [_towns] if context.facts.edition == PUBLIC else [*lists, _sites]
    made: list[Callable[[PageContext, Words], Iterator[Table]]] = [_targets, _people, _cities, *listed, _method]
    found = [table for make in made for table in make(context, words)]
    return [replace(table, number=number) for number, table in enumerate(found, 1)]


def _targets(context: PageContext, words: Words) -> Iterator[Table]:
    rows = page_rows.own_targets(context)
    rows = rows[~rows["beside"].astype(bool)] if len(rows) and "beside" in rows else rows
    shown = _said_once(page_rows.shown_table(rows, "scorecard", "paper", words), words)
    yield from table_of(words.t("doc_targets"), shown, note=words.t("reading_note"), key="targets")


def _said_once(shown: page_rows.Shown, words: Words) -> page_rows.Shown:
    """The scorecard with 同上 for a quotation that the row above has."""
    at = next((index for index, one in enumerate(shown.columns) if one.name == "quotation"), None)
    if at is None:
        return shown
    quoted = [row[at] for row in shown.rows]
    same = [number > 0 and quoted[number] == quoted[number - 1] != "" for number in range(len(quoted))]
    rows = [[*row[:at], words.t("as_above"), *row[at + 1 :]] if again else list(row) for row, again in zip(shown.rows, same, strict=True)]
    return replace(shown, rows=rows)


def _people(context: PageContext, words: Words) -> Iterator[Table]:
    rows = [row for family in context.families for row in page_rows.people_rows(context, family, words.lang)]
    shown = page_rows.people_table(rows, "paper", words)
    yield from table_of(words.t("doc_people"), shown, note=words.t("limits_parts"), key="people")


def _cities(context: PageContext, words: Words) -> Iterator[Table]:
    if context.level == "province" and context.cities is not None:
        rows = page_rows.city_frame(context, words, context.families[:1]).iloc[1:]
        rows = rows.drop(columns="folder").sort_values([f"{context.families[0]}_rank", "adcode"], kind="stable")
        yield from table_of(words.t("doc_ranking"), page_rows.shown_table(rows, "cities", "paper", words), key="ranking")


def _gaps(part: page_rows.GapList, context: PageContext, words: Words) -> Iterator[Table]:
    shown = page_rows.shown_table(part.frame, "gaps", "paper", words)
    yield from table_of(words.t(f"doc_{part.key}"), shown, note=page_rows.gap_note(part, words, GAPS_OF_A_COUNTY), key=part.key)


def _towns(context: PageContext, words: Words) -> Iterator[Table]:
    rows = lacking_towns(context, words)
    note = words.t("towns_note", total=integer(len(rows)), shown=min(len(rows), GAPS))
    yield from table_of(words.t("doc_towns"), page_rows.shown_table(rows.head(GAPS), "towns", "paper", words), note=note, key="towns")


def _sites(context: PageContext, words: Words) -> Iterator[Table]:
    rows = page_rows.first_sites(context, SITES)
    note = words.t("doc_sites_note", total=integer(len(context.plan_sites)), shown=len(rows))
    if context.plan is not None and context.plan.bounded:
        note += words.gap + words.t("plan_gap_whole") + f" {percent_up(context.plan.proven_gap)}"
    yield from table_of(words.t("doc_sites"), page_rows.shown_table(rows, "sites", "paper", words), note=note, key="sites")


def _method(context: PageContext, words: Words) -> Iterator[Table]:
    lines = list(method_lines(context, words))
    items = [item if number == 0 or lines[number - 1][0] != item else "" for number, (item, _) in enumerate(lines)]
    rows = pd.DataFrame({"item": items, "content": [content for _, content in lines]})
    yield from table_of(words.t("doc_method"), page_rows.shown_table(rows, "method", "paper", words), key="method")


def every_text(report: Report) -> Iterator[str]:
    """All text that will be printed, for the check of glyphs."""
    yield from (report.title, report.zone, report.subject, report.study, report.footer, *report.banners, *report.words.values())
    for pair in report.basis:
        yield from pair
    for block in report.body:
        if not isinstance(block, Table):
            yield block.caption if isinstance(block, Picture) else block.text
    for table in (*report.tables, *(block for block in report.body if isinstance(block, Table))):
        yield from (table.title, table.note, *table.heads)
        for row in table.rows:
            yield from row


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG. [pixels]"""
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


def chinese_number(number: int) -> str:
    """1 -> 一, 12 -> 十二, 21 -> 二十一; up to 99."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[ones] if ones or not tens else "")


__all__ = [
    "Drawn",
    "Heading",
    "Paragraph",
    "Picture",
    "Report",
    "Table",
    "annexes",
    "banners",
    "chinese_number",
    "every_text",
    "png_size",
    "report_of",
]
