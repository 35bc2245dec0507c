"""Priority areas: which villages a policy asks to serve first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.presets import load


def priorities() -> dict[str, str]:
    """County adcode -> names of the priority areas it belongs to, joined by 、."""
    result: dict[str, str] = {}
    for entry in load("priority_areas").values():
        for code in entry.get("counties", ()):
            result[code] = "、".join([result[code], entry["zh"]] if code in result else [entry["zh"]])
    return result


def priority_names(county: Any, town: Any = None) -> npt.NDArray[np.object_]:
    """Names of the priority areas of each place, joined by 、; "" for none.

    Parameters
    ----------
    county : Series of str
        County adcodes.
    town : Series of str, optional
        Names of the townships: an area may be some townships of a county, named by how their names begin.

    Returns
    -------
    ndarray of str
    """
    codes = pd.Series(county).astype(str)
    names = codes.map(priorities()).fillna("").to_numpy(dtype=object)
    if town is None:
        return names
    for entry in load("priority_areas").values():
        towns: Mapping[str, list[str]] = entry.get("towns", {})
        for code, stems in towns.items():
            rows = np.flatnonzero((codes == code).to_numpy())
            inside = pd.Series(town).iloc[rows].fillna("").astype(str).str.startswith(tuple(stems)).to_numpy(dtype=bool)
            for row in rows[inside]:
                names[row] = f"{names[row]}、{entry['zh']}" if names[row] else entry["zh"]
    return names
