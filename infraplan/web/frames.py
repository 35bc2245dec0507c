"""Frames as JSON that a page reads: names of columns once, then rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from infraplan.coverage.population import STATUSES
from infraplan.run.plain_values import plain


def columns_and_rows(frame: pd.DataFrame) -> dict[str, Any]:
    """A frame without its geometry: `columns` and `rows`."""
    kept = [name for name in frame.columns if name != "geometry"]
    columns = [frame[name].tolist() for name in kept]
    return {"columns": kept, "rows": [[plain(value) for value in row] for row in zip(*columns, strict=True)]}


def statuses(frame: pd.DataFrame) -> dict[str, str]:
    """Statuses before and now, a digit a village: its place in `STATUSES`."""
    digit = {name: str(place) for place, name in enumerate(STATUSES)}
    return {when: "".join(digit[status] for status in frame[when]) for when in ("before", "now")}


def joined(tables: Sequence[pd.DataFrame]) -> dict[str, Any]:
    """Frames with the same columns, one below the other."""
    parts = [columns_and_rows(table) for table in tables if len(table)]
    return {"columns": parts[0]["columns"] if parts else [], "rows": [row for part in parts for row in part["rows"]]}
