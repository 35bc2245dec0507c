"""How the numbers were made, as lines that the workbook, the pages and the documents print."""

from __future__ import annotations

from collections.abc import Iterable

from infraplan.report import plan_words
from infraplan.report.page_context import PageContext
from infraplan.report.style import day, integer, percent, percent_up
from infraplan.report.words import Words, field_label
from infraplan.tables.faults import fault_line


def warning_lines(context: PageContext, words: Words) -> list[str]:
    """Warnings of the readers of the input, a line each; values filled in from presets have lines of their own."""
    return [fault_line(fault, words.lang) for fault in context.facts.warnings if fault.rule != "filled_in"]


def method_lines(context: PageContext, words: Words) -> Iterable[tuple[str, str]]:
    """How the numbers were made, as pairs of item and content."""
    facts = context.facts
    yield words.t("method_model"), words.model(facts)
    yield words.t("method_resolution"), f"{facts.resolution_m:g} m"
    yield words.t("method_reliability"), words.t("reliability_of_area", share=percent(facts.reliability, 0))
    for item, content in facts.evidence:
        yield words.one(item), words.one(content)
    for line in facts.services:
        yield words.t("method_services"), words.one(line)
    yield words.t("method_people"), words.one(facts.population_basis)
    for document in facts.documents:
        state = (
            words.t("expires", day=day(document.expires, words.lang)) + (f"（{words.t('expired')}）" if document.expired else "")
            if document.expires
            else ""
        )
        yield words.t("method_documents"), f"{words.title(document.title)}{document.number} {state}".strip()
    for name, count in facts.filled_in.items():
        yield words.t("method_filled"), words.t("method_filled_row", field=field_label(name, words.lang), count=integer(count))
    for line in warning_lines(context, words):
        yield words.t("method_warnings"), line
    for entry in facts.datasets:
        mark = f" · {words.t('example_mark')}" if entry.synthetic else ""
        yield words.t("method_data"), f"{entry.name} © {words.one(entry.holder)} ({words.one(entry.licence)}){mark}"
    if context.plan is not None:
        whole = context.level == "province"
        if whole and context.plan.bounded:
            yield words.t("plan_bound"), words.money(context.plan.cost_bound, least=True)
        if context.plan.bounded:
            yield words.t("plan_gap" if whole else "plan_gap_whole"), percent_up(context.plan.proven_gap)
        for sentence in plan_words.bound_of_goal(context, words):
            yield words.t("plan_bound"), sentence
        for sentence in plan_words.price_sentences(context, words):
            yield words.t("plan_prices"), sentence
        for sentence in plan_words.robust_sentences(context, words):
            yield words.t("method_robust"), sentence
    yield words.t("method_plan"), plan_words.plan_note(context, words)
    yield words.t("limits"), words.t("method_plan_text")
    for key in ("limits_model", "limits_outdoor", "limits_parts", "reading_note"):
        yield words.t("limits"), words.t(key)
    for note in facts.notes:
        yield words.t("limits"), words.one(note)
    yield words.t("method_version"), f"infraplan {facts.version}"
    yield words.t("method_data"), words.one(facts.map_approval) or words.t("no_map_approval")
