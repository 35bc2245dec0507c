"""The texts on every page, picture and sheet: the dates of data and report, the version, the mark of synthetic data."""

from __future__ import annotations

from infraplan.report.page_context import Facts
from infraplan.report.style import day
from infraplan.report.words import Words


def stamp(facts: Facts, words: Words) -> str:
    """ "数据截至2020年8月31日 · 报告日期2020年9月15日 · infraplan 0.1.0", in one text; a missing data date is said to be missing.

    Dates come from the study alone: the day of the run would change the bytes of equal content. "" for facts without a version,
    which come from no study.
    """
    if not facts.version:
        return ""
    parts = [words.t("stamp_as_of", day=day(facts.as_of, words.lang)) if facts.as_of else words.t("stamp_no_as_of")]
    if facts.report_date:
        parts.append(words.t("stamp_report", day=day(facts.report_date, words.lang)))
    return " · ".join([*parts, f"infraplan {facts.version}"])


def mark(facts: Facts, words: Words) -> str:
    """That the file is for internal use, that the data are synthetic; "" where neither is so."""
    parts = [words.t("internal_mark") if facts.edition == "internal" else "", words.t("synthetic_short") if facts.synthetic else ""]
    return " · ".join(part for part in parts if part)


def marked_stamp(facts: Facts, words: Words) -> str:
    """The mark before the stamp, for places with room for one line."""
    return " · ".join(part for part in (mark(facts, words), stamp(facts, words)) if part)


def corners(facts: Facts, words: Words) -> tuple[str, str]:
    """Mark and stamp: the texts at the left and at the right of the head of every printed page."""
    return mark(facts, words), stamp(facts, words)
