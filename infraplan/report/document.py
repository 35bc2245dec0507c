"""The report as a sequence of blocks that PDF and Word print alike: what is said, in which order, in which tables. No layout here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from infraplan.report import page_rows, plan_words
from infraplan.report.annex_columns import method_lines
from infraplan.report.context import PageContext
from infraplan.report.style import decimal, integer, money, percent, percent_up, text
from infraplan.report.words import Words

TARGETS, GAPS, SITES = 60, 60, 60


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
    """An annex table: number, title, heads, relative widths, which columns are numbers, rows; `totals`: leading rows in bold."""

    number: int
    title: str
    heads: Sequence[str]
    widths: Sequence[float]
    numeric: Sequence[int]
    rows: Sequence[Sequence[str]]
    totals: int = 0
    note: str = ""


@dataclass(frozen=True)
class Report:
    """Title, banners, what it rests on, then body and annex tables."""

    title: str
    subject: str
    zone: str
    lang: str
    banners: Sequence[str]
    basis: Sequence[tuple[str, str]]
    body: Sequence[Heading | Paragraph | Picture]
    tables: Sequence[Table]
    footer: str
    words: Mapping[str, str] = field(default_factory=dict)


def report_of(context: PageContext, pictures: Sequence[tuple[str, bytes]], lang: str = "zh") -> Report:
    """The report of a zone; `pictures` are captions with PNGs."""
    words = Words(lang)
    tables = list(_tables(context, words))
    return Report(
        title=words.t("report_title", name=context.title_name(lang)),
        subject=words.t("doc_subject"),
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
            "synthetic": words.t("synthetic_short") if context.facts.synthetic else "",
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
    yield words.t("method_model"), facts.model
    yield words.t("method_resolution"), f"{facts.resolution_m:g} m"
    yield words.t("method_reliability"), words.t("reliability_of_area", share=percent(facts.reliability, 0))


def _body(
    context: PageContext, words: Words, pictures: Sequence[tuple[str, bytes]], tables: Sequence[Table]
) -> Iterator[Heading | Paragraph | Picture]:
    yield Heading(words.t("doc_summary"))
    for sentence in page_rows.summary_sentences(context, words):
        yield Paragraph(sentence)
    if len(context.plan_sites):
        yield Paragraph(words.t("doc_summary_plan"))
    unreachable = plan_words.unreachable_sentences(context, words)
    if unreachable:
        yield Heading(words.t("unreachable_section"))
        yield Paragraph(("" if words.lang == "zh" else " ").join(unreachable))
    yield Heading(words.t("doc_maps"))
    for number, (caption, png) in enumerate(pictures, 1):
        yield Picture(png, words.t("doc_figure", number=number, caption=caption))
    if not pictures:
        yield Paragraph(words.t("no_data"))
    yield Heading(words.t("doc_method"))
    for item, content in method_lines(context, words):
        if item != words.t("limits"):
            yield Paragraph(f"{item}：{content}" if words.lang == "zh" else f"{item}: {content}", note=True)
    yield Heading(words.t("doc_limits"))
    for item, content in method_lines(context, words):
        if item == words.t("limits"):
            yield Paragraph(content)
    yield Paragraph(words.t("doc_attached"))
    for table in tables:
        yield Paragraph(f"{table.number}. {table.title}", note=True)


def _tables(context: PageContext, words: Words) -> Iterator[Table]:
    """附件 in their order; one without rows is left out."""
    number = 0
    for make in (_targets, _people, _cities, _phases, _gaps, _sites):
        table = make(context, words, number + 1)
        if table is not None:
            number += 1
            yield table


def _targets(context: PageContext, words: Words, number: int) -> Table | None:
    rows = [row for row in page_rows.target_rows(context, words) if row["judged"]][:TARGETS]
    if not rows:
        return None
    body = []
    for index, row in enumerate(rows, 1):
        task = f"{row['title']}（{words.t('reading_mark')}）" if row["interpretation"] else row["title"]
        quotation = f"{words.quoted(row['quotation'])}{row['document']}" if row["quotation"] else ""
        body.append([str(index), task, quotation, row["required"], row["achieved"], row["shortfall"], row["due"], row["status_text"]])
    heads = [words.t(key) for key in ("x_number", "x_task", "x_quotation", "x_required", "x_achieved", "x_shortfall", "x_due", "x_status")]
    return Table(number, words.t("doc_targets"), heads, (0.6, 3, 3.5, 1.1, 1.1, 1.4, 1.9, 1.1), (3, 4, 5), body, 0, words.t("reading_note"))


def _people(context: PageContext, words: Words, number: int) -> Table | None:
    heads = [
        words.t(key)
        for key in ("col_zone", "col_code", "col_family", "col_people", "col_served", "col_uncertain", "col_unserved", "col_share")
    ]
    heads += [words.t("col_range", band=f"{context.facts.band_db:g}"), words.t("col_other")]
    rows = []
    for family in context.families:
        for row in page_rows.people_rows(context, family, words.lang):
            name = words.t("total") if row["total"] else text(row["name"])
            counts = [integer(row[key]) for key in ("population", "served", "uncertain", "unserved")]
            judged, other = words.family_in(context, family), page_rows.other_share(row, words)
            rows.append([name, text(row["adcode"]), judged, *counts, percent(row["share"], 1), page_rows.span(row), other])
    if not rows:
        return None
    return Table(
        number, words.t("doc_people"), heads, (1.6, 1.0, 1.8, 1.4, 1.4, 1.2, 1.4, 1.0, 1.8, 1.5), (3, 4, 5, 6, 7, 8, 9), rows,
        0, words.t("limits_parts"),
    )


def _cities(context: PageContext, words: Words, number: int) -> Table | None:
    if context.level != "province" or context.cities is None:
        return None
    family = context.families[0]
    people = context.people(family, level="city").sort_values(["share", "adcode"], ascending=[False, True], kind="stable")
    listed = context.cities.set_index("adcode")
    names = context.names(words.lang)
    rows = []
    for rank, row in enumerate(people.to_dict("records"), 1):
        city = listed.loc[row["adcode"]] if row["adcode"] in listed.index else {}
        rows.append(
            [
                str(rank),
                names.get(row["adcode"], text(row["name"])),
                integer(row["population"]),
                percent(row["share"]),
                integer(row["unserved"]),
                integer(city.get("gaps")),
                integer(city.get("new_sites")),
                money(city.get("cost_cny"), words.lang),
            ]
        )
    keys = ("col_rank", "col_city", "col_people", "served_share", "col_unserved", "col_gaps", "col_new_sites", "col_cost")
    heads = [words.t(key, family=words.family_in(context, family)) if key == "served_share" else words.t(key) for key in keys]
    return Table(number, words.t("doc_ranking"), heads, (0.7, 1.3, 1.7, 1.4, 1.6, 1.2, 1.4, 1.7), (2, 3, 4, 5, 6, 7), rows)


def _phases(context: PageContext, words: Words, number: int) -> Table | None:
    found = page_rows.phase_rows(context, words)
    if not found:
        return None
    keys = ("phase", "name", "period", "sites", "cost", "gained", "share", "asked")
    heads = ("col_phase", "col_name", "col_period", "col_new_sites", "col_cost", "col_gained", "col_share", "col_asked")
    rows = [[row[key] for key in keys] for row in found]
    return Table(
        number, words.t("doc_phases"), [words.t(key) for key in heads], (0.8, 2, 3, 1.2, 1.6, 1.4, 1.2, 1.2), (3, 4, 5, 6), rows
    )


def _gaps(context: PageContext, words: Words, number: int) -> Table | None:
    rows = page_rows.gap_rows(context, words, GAPS)
    if not rows:
        return None
    keys = ("name", "where", "family", "people", "households", "status", "margin", "nearest", "reason", "remedy")
    heads = (
        "col_name",
        "col_where",
        "col_family",
        "col_people",
        "col_households",
        "col_status",
        "col_margin_outdoor",
        "col_nearest",
        "col_reason",
        "col_remedy",
    )
    note = words.t("doc_gaps_note", total=integer(len(context.gaps)), shown=len(rows))
    widths = (1.5, 2.2, 0.95, 1.1, 0.8, 0.9, 1.1, 1.1, 2.4, 2.4)
    return Table(
        number,
        words.t("doc_gaps"),
        [words.t(key) for key in heads],
        widths,
        (3, 4, 6, 7),
        [[row[key] for key in keys] for row in rows],
        0,
        note,
    )


def _sites(context: PageContext, words: Words, number: int) -> Table | None:
    rows = page_rows.plan_rows(context, words, SITES)
    if not rows:
        return None
    keys = ("order", "id", "name", "where", "services", "host", "cost", "gained", "villages", "lost", "targets", "reason")
    heads = (
        "col_order",
        "col_code",
        "col_name",
        "col_zone",
        "col_services",
        "col_host",
        "col_cost",
        "col_gained",
        "col_villages",
        "col_lost",
        "col_targets",
        "field_reason",
    )
    note = words.t("doc_sites_note", total=integer(len(context.plan_sites)), shown=len(rows))
    if context.plan is not None and context.plan.bounded:
        note += " " + words.t("plan_gap_whole") + f" {percent_up(context.plan.proven_gap)}"
    widths = (0.7, 1.1, 1.5, 1.3, 1.1, 1.4, 1.3, 1.1, 0.9, 1.2, 2.4, 1.7)
    return Table(
        number,
        words.t("doc_sites"),
        [words.t(key) for key in heads],
        widths,
        (6, 7, 8, 9),
        [[row[key] for key in keys] for row in rows],
        0,
        note,
    )


def every_text(report: Report) -> Iterator[str]:
    """All text that will be printed, for the check of glyphs."""
    yield from (report.title, report.zone, report.footer, *report.banners, *report.words.values())
    for pair in report.basis:
        yield from pair
    for block in report.body:
        yield block.caption if isinstance(block, Picture) else block.text
    for table in report.tables:
        yield from (table.title, table.note, *table.heads)
        for row in table.rows:
            yield from row


def chinese_number(number: int) -> str:
    """1 -> 一, 12 -> 十二, 21 -> 二十一; up to 99."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[ones] if ones or not tens else "")


__all__ = ["Heading", "Paragraph", "Picture", "Report", "Table", "banners", "chinese_number", "decimal", "every_text", "report_of"]
