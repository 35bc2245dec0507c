"""A table as it is in its file: the file's own headings, the row number of every record, the faults so far."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.presets import load
from infraplan.tables.faults import FaultList
from infraplan.tables.values import no_answer, texts


@dataclass
class RawTable:
    """Records under their own headings; a GeoDataFrame where the file has geometry."""

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    faults: FaultList
    notes: dict[str, object] = field(default_factory=dict)


def without_totals(raw: RawTable) -> RawTable:
    """The table without rows of totals and notes at its foot: they have no coordinates and say 合计, 小计, 注: and so on.

    They give a warning.
    """
    words = load("aliases")["totals"]
    total = np.zeros(len(raw.frame), dtype=bool)
    for name in raw.frame.columns[:3]:
        cells = texts(raw.frame[name])
        plain = {cell: re.sub(r"\s", "", str(cell)).lower() for cell in dict.fromkeys(cells)}
        says = {cell for cell, text in plain.items() if text in words["words"] or text.startswith(tuple(words["starts"]))}
        total |= np.fromiter((cell in says for cell in cells), dtype=bool, count=len(cells))
    for name in ("lon", "lat", "lonlat"):
        if total.any() and name in raw.frame:
            total &= np.asarray(no_answer(texts(raw.frame[name])), dtype=bool)
    if not total.any():
        return raw
    raw.faults.rows = raw.rows
    raw.faults.at(total, "io.total_row", "", texts(raw.frame.iloc[:, 0]), severity="warning")
    raw.frame, raw.rows = raw.frame[~total].reset_index(drop=True), raw.rows[~total]
    raw.faults.rows = raw.rows
    return raw


def column_names(headings: Sequence[object]) -> list[str]:
    """Headings as unique column names: blank ones are numbered, repeated ones get a number after them."""
    names: list[str] = []
    for position, heading in enumerate(headings, start=1):
        name = " ".join(str(heading).split()) or f"column_{position}"
        repeat = 2
        base = name
        while name in names:
            name, repeat = f"{base}_{repeat}", repeat + 1
        names.append(name)
    return names
