"""The values of frames as lists, row by row: texts of a column at once, since one by one they take most of the time of a table."""

from __future__ import annotations

from typing import Any

import pandas as pd


def values_of(column: Any) -> list[Any]:
    """The values of a column."""
    texts = isinstance(getattr(column, "dtype", None), pd.StringDtype)
    found: list[Any] = column.to_numpy(dtype=object).tolist() if texts else column.tolist()
    return found


def dicts_of(frame: Any, *names: str) -> list[dict[str, Any]]:
    """Each row as name -> value; `names`: of these columns alone, those that the frame has."""
    known = [name for name in names if name in frame] if names else list(frame.columns)
    if not known:
        return [{} for _ in range(len(frame))]
    return [dict(zip(known, row, strict=True)) for row in zip(*(values_of(frame[name]) for name in known), strict=True)]
