"""Frames whose columns have the same types with rows and without: an empty column of a list has no type of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def typed(table: Any, types: Mapping[str, str]) -> pd.DataFrame:
    """The columns of `types` in their order, each of its type, whatever the number of rows.

    Parameters
    ----------
    table : DataFrame, or what `DataFrame` takes
        Records or columns. A column it lacks is empty; one that `types` lacks is left out.
    types : mapping of str
        Column -> pandas type: "str", "int64", "Int64", "float64", "bool", "object".

    Raises
    ------
    ValueError, TypeError
        A value that its column's type cannot hold.
    """
    if isinstance(table, Mapping):  # texts that know two languages would become plain ones
        table = {name: pd.Series(values, dtype=object) if types.get(name) == "object" else values for name, values in table.items()}
    frame = pd.DataFrame(table)
    return frame.reindex(columns=list(types)).astype(dict(types))
