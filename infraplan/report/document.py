"""The report as a sequence of blocks that PDF and Word print alike: texts and tables in their order, without layout."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

from infraplan.outputs import TABLES
from infraplan.report import page_rows, plan_words, stamps
from infraplan.report.headline import headline_sentences, shown_headline
from infraplan.report.method_lines import method_lines
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import Shown
from infraplan.report.style import integer, percent, percent_up
from infraplan.report.words import Words

WIDEST = 36.0
"""Characters that the widest column of a table is taken to hold."""
GAPS, GAPS_OF_A_COUNTY, SITES = 60, 14, 60


@dataclass(frozen=True)
class Heading:
    """一、 on level 1, (一) on level 2."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of running text; `note`: small print."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Picture:
    """A PNG with its caption."""

    png: bytes
    caption: str


@dataclass(frozen=True)
class Table:
    """A table, of the annex where it has a number: title, heads, relative widths, numeric columns, rows; `totals`: rows in bold.

    `breaks`: rows before which a new page begins.
    """

    number: int
    title: str
    heads: Sequence[str]
    widths: Sequence[float]
    numeric: Sequence[int]
    rows: Sequence[Sequence[str]]
    totals: Sequence[int] = ()
    note: str = ""
    breaks: Sequence[int] = ()

    def parts(self) -> list[Table]:
        """The table cut at its breaks; itself where it has none."""
        cuts = list(pairwise([0, *self.breaks, len(self.rows)]))
        return [replace(self, rows=self.rows[a:b], totals=[row - a for row in self.totals if a <= row < b], breaks=()) for a, b in cuts]


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
    body: Sequence[Heading | Paragraph | Picture | Table]
    tables: Sequence[Table]
    footer: str
    words: Mapping[str, str] = field(default_factory=dict)


def report_of(context: PageContext, pictures: Sequence[tuple[str, bytes]], lang: str = "zh") -> Report:
    """The report of a zone; `pictures` are captions with PNGs."""
    words = Words(lang).about(context)
    tables = list(_tables(context, words))
    return Report(
        title=words.titled("report_title", context),
        subject=words.titled("doc_subject", context),
        study=words.one(context.facts.title),
        zone=context.title_name(lang),
        lang=lang,
        banners=banners(context, words),
        basis=list(_basis(context, words)),
        body=list(_body(context, words, pictures, tables)),
        tables=tables,
        footer=words.t("footer_made", version=context.facts.version),
        words={
            "basis": words.t("doc_basis"),
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


def _body(
    context: PageContext, words: Words, pictures: Sequence[tuple[str, bytes]], tables: Sequence[Table]
) -> Iterator[Heading | Paragraph | Picture | Table]:
    yield Heading(words.t("doc_summary"))
    for sentence in headline_sentences(context, words):
        yield Paragraph(sentence)
    first = _table(0, "", shown_headline(context, words))
    if first is not None:
        yield first
    for sentence in page_rows.summary_sentences(context, words):
        yield Paragraph(sentence)
    if len(context.plan_sites):
        yield Paragraph(words.t("doc_summary_plan"))
    unreachable = plan_words.unreachable_sentences(context, words)
    if unreachable:
        yield Heading(words.t("unreachable_section"))
        yield Paragraph(("" if words.lang == "zh" else " ").join(unreachable))
    yield Heading(words.t("doc_maps"))
    if pictures:
        yield Paragraph(words.t("doc_maps_note", count=len(pictures)))
    for number, (caption, png) in enumerate(pictures, 1):
        yield Picture(png, words.t("doc_figure", number=number, caption=caption))
    if not pictures:
        yield Paragraph(words.t("no_data"))
    yield Heading(words.t("doc_method"))
    lines = list(method_lines(context, words))
    kept = [line for line in lines if line[0] != words.t("limits")]
    items = [item if number == 0 or kept[number - 1][0] != item else "" for number, (item, _) in enumerate(kept)]
    rows = [(item, content) for item, (_, content) in zip(items, kept, strict=True)]
    yield Table(0, "", [entry.label(words.lang) for entry in TABLES["method"]], (20, 80), (), rows)
    yield Heading(words.t("doc_limits"))
    for number, content in enumerate((content for item, content in lines if item == words.t("limits")), 1):
        yield Paragraph(f"{number}. {content}")
    yield Paragraph(words.t("doc_attached"))
    for table in tables:
        yield Paragraph(f"{table.number}. {table.title}", note=True)


def _tables(context: PageContext, words: Words) -> Iterator[Table]:
    """附件 in their order; one without rows is left out."""
    lists = [partial(_gaps, part) for part in page_rows.gap_lists(context, words, GAPS, GAPS_OF_A_COUNTY)]
    made: list[Callable[[PageContext, Words, int], Table | None]] = [_targets, _people, _cities, _phases, *lists, _sites]
    number = 0
    for make in made:
        table = make(context, words, number + 1)
        if table is not None:
            number += 1
            yield table


def _table(number: int, title: str, shown: Shown, note: str = "", breaks: Sequence[int] = ()) -> Table | None:
    """A worded frame as an annex; None without rows."""
    if not shown.rows:
        return None
    widths = [min(max(column.characters, 7), WIDEST) for column in shown.columns]
    numeric = [index for index, column in enumerate(shown.columns) if column.numeric]
    totals = [index for index, bold in enumerate(shown.bold) if bold]
    return Table(number, title, shown.heads, widths, numeric, shown.rows, totals, note, breaks)


def _targets(context: PageContext, words: Words, number: int) -> Table | None:
    rows = page_rows.own_targets(context)
    rows = rows[~rows["beside"].astype(bool)] if len(rows) and "beside" in rows else rows
    return _table(number, words.t("doc_targets"), page_rows.shown_table(rows, "scorecard", "paper", words), words.t("reading_note"))


def _people(context: PageContext, words: Words, number: int) -> Table | None:
    rows = [row for family in context.families for row in page_rows.people_rows(context, family, words.lang)]
    return _table(number, words.t("doc_people"), page_rows.people_table(rows, "paper", words), words.t("limits_parts"))


def _cities(context: PageContext, words: Words, number: int) -> Table | None:
    if context.level != "province" or context.cities is None:
        return None
    rows = page_rows.city_frame(context, words, context.families[:1]).iloc[1:]
    rows = rows.drop(columns="folder").sort_values([f"{context.families[0]}_rank", "adcode"], kind="stable")
    return _table(number, words.t("doc_ranking"), page_rows.shown_table(rows, "cities", "paper", words))


def _phases(context: PageContext, words: Words, number: int) -> Table | None:
    if context.phases is None or not len(context.phases):
        return None
    return _table(number, words.t("doc_phases"), page_rows.shown_table(context.phases, "phases", "paper", words))


def _gaps(part: page_rows.GapList, context: PageContext, words: Words, number: int) -> Table | None:
    shown, note = page_rows.shown_table(part.frame, "gaps", "paper", words), page_rows.gap_note(part, words, GAPS_OF_A_COUNTY)
    return _table(number, words.t(f"doc_{part.key}"), shown, note, part.breaks)


def _sites(context: PageContext, words: Words, number: int) -> Table | None:
    rows = page_rows.first_sites(context, SITES)
    note = words.t("doc_sites_note", total=integer(len(context.plan_sites)), shown=len(rows))
    if context.plan is not None and context.plan.bounded:
        note += " " + words.t("plan_gap_whole") + f" {percent_up(context.plan.proven_gap)}"
    return _table(number, words.t("doc_sites"), page_rows.shown_table(rows, "sites", "paper", words), note)


def every_text(report: Report) -> Iterator[str]:
    """All text that will be printed, for the check of glyphs."""
    yield from (report.title, report.zone, report.footer, *report.banners, *report.words.values())
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


__all__ = ["Heading", "Paragraph", "Picture", "Report", "Table", "banners", "chinese_number", "every_text", "png_size", "report_of"]
