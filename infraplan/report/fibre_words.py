"""What a report says of fibre: a paragraph and a short table of counties."""

from __future__ import annotations

from collections.abc import Iterator

from infraplan.report.blocks import Block, Paragraph, table_of
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import shown_table
from infraplan.report.style import integer, percent
from infraplan.report.words import Words

MOST_COUNTIES = 10
"""Counties of the short table, those with the highest cost."""


def fibre_blocks(context: PageContext, words: Words) -> Iterator[Block]:
    """The plan of fibre of a page's zone; nothing where the study has none."""
    plan = context.fibre
    if plan is None:
        return
    totals = plan.totals
    if not totals["villages"] and not totals["no_line"]:
        yield Paragraph(words.t("words_fibre_none"))
        return
    new, existing = (f"{totals[name]:,.1f}" for name in ("new_km", "existing_km"))
    counts = {name: integer(totals[name]) for name in ("villages", "households")}
    said = [words.t("words_fibre", **counts, cost=words.money(totals["cost"]), new=new, existing=existing)]
    if "bound" in totals:
        said.append(words.t("words_fibre_bound", bound=words.money(totals["bound"]), gap=percent(totals["proven_gap"], 1)))
    if totals["no_line"]:
        said.append(words.t("words_fibre_no_line", count=integer(totals["no_line"])))
    if totals.get("award"):
        share, more = percent(totals["subsidy"], 0), integer(totals["subsidy_villages"])
        villages = integer(totals["award_villages"])
        said.append(words.t("words_fibre_award", award=words.money(totals["award"]), villages=villages, share=share, more=more))
    yield Paragraph(words.sentences(said))
    rows = plan.counties.sort_values(["cost", "county"], ascending=[False, True], kind="stable").head(MOST_COUNTIES)
    yield from table_of(words.t("table_fibre"), shown_table(rows, "backhaul_counties", "brief", words))
