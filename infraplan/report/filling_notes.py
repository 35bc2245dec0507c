"""The sheet 填报说明 of a workbook: what an inspector writes into each column, and how the sheet is read back."""

from __future__ import annotations

from collections.abc import Iterator

from infraplan.coverage.networks import ANY
from infraplan.outputs import shown
from infraplan.policy.inspection import NEEDED
from infraplan.report.page_context import PageContext
from infraplan.report.words import Words

RULES = ("row", "ids", "stretch", "family", "empty", "back")


def filling_lines(context: PageContext, words: Words) -> Iterator[tuple[str, str, str, str]]:
    """Rows of the sheet: the rules, then each column with whether it is needed, how to fill it in, and an example."""
    for rule in RULES:
        yield words.t("fill_rule"), "", words.t(f"fill_rule_{rule}"), ""
    for entry in shown("gaps", "annex"):
        if entry.form.startswith("fill") or entry.name in NEEDED:
            needed = words.t("fill_needed" if entry.name in NEEDED else "fill_optional")
            example = _network(context, words) if entry.name == "network" else words.t(f"fill_example_{entry.name}")
            yield entry.label(words.lang), needed, words.t(f"fill_{entry.name}"), example


def _network(context: PageContext, words: Words) -> str:
    """The first network of the study, "" for one without networks."""
    names = [name for name in context.population["network"].unique() if name and name != ANY] if len(context.population) else []
    return words.network(names[0]) if names else ""
