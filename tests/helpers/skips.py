"""Why tests were skipped, counted: a run without reference data or without a browser must not look like a whole one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any


def skips_by_reason(reports: Iterable[Any]) -> list[tuple[str, int]]:
    """Reason and number of tests, most frequent first; `reports` are pytest's of tests that were skipped."""
    counts = Counter(_reason(report.longrepr) for report in reports)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _reason(longrepr: Any) -> str:
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return " ".join(text.removeprefix("Skipped:").split()) or "no reason given"
