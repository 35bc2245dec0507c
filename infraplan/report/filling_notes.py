"""The sheet 填报说明 of a workbook: what an inspector writes into each column, and how the sheet is read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from infraplan.outputs import shown
from infraplan.report.words import Words

NEEDED = ("network", "band", "indoors", "date", "inspector", "rsrp_dbm", "remark")
"""Columns without which a measured row is refused."""
RULES = ("row", "ids", "stretch", "family", "empty", "back")
EXAMPLE_DAY = date(2026, 11, 22)
EXAMPLES = {
    "rsrp_dbm": "-98", "band": "n28", "date": EXAMPLE_DAY.isoformat(), "planned": EXAMPLE_DAY.isoformat(), "photo": "IMG_0412；IMG_0413",
    "confirmed_lon": "113.26436", "confirmed_lat": "23.12908",
}  # fmt: skip


def filling_lines(words: Words) -> Iterator[tuple[str, str, str, str]]:
    """Rows of the sheet: the rules, then each column with whether it is needed, how to fill it in, and an example."""
    for rule in RULES:
        yield words.t("fill_rule"), "", words.t(f"fill_rule_{rule}"), ""
    for entry in shown("gaps", "annex"):
        if entry.form.startswith("fill") or entry.name in NEEDED:
            needed = words.t("fill_needed" if entry.name in NEEDED else "fill_optional")
            example = EXAMPLES.get(entry.name) or words.t(f"fill_example_{entry.name}")
            yield entry.label(words.lang), needed, words.t(f"fill_{entry.name}"), example
