"""A table as its file holds it: the file's own headings, the row number of every record, what is wrong so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.tables.faults import FaultList


@dataclass
class RawTable:
    """Records under their own headings; a GeoDataFrame where the file has geometry."""

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    faults: FaultList
    notes: dict[str, object] = field(default_factory=dict)


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
