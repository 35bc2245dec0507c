"""Priority areas: which villages a policy asks to serve first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.presets import load

Areas = Mapping[str, Mapping[str, Any]]
"""Code -> zh, en, source, counties, towns (by county how the names of townships begin)."""


def usual_areas() -> Areas:
    """The priority areas of the presets."""
    return load("priority_areas")


def priority_counties(areas: Areas | None = None) -> dict[str, str]:
    """County adcode -> codes of the priority areas it belongs to, joined by ";"; `areas` are those of the presets where None."""
    result: dict[str, str] = {}
    for area, entry in (usual_areas() if areas is None else areas).items():
        for code in entry.get("counties", ()):
            result[code] = f"{result[code]};{area}" if code in result else area
    return result


def areas_of_places(county: Any, town: Any = None, areas: Areas | None = None) -> npt.NDArray[np.object_]:
    """Codes of the priority areas of each place, joined by ";"; "" for none.

    Parameters
    ----------
    county : Series of str
        County adcodes.
    town : Series of str, optional
        Names of the townships: an area may be some townships of a county, named by how their names begin.
    areas : mapping, optional
        The areas; by default those of the presets.

    Returns
    -------
    ndarray of str
    """
    known = usual_areas() if areas is None else areas
    codes = pd.Series(county).astype(str)
    found = codes.map(priority_counties(known)).fillna("").to_numpy(dtype=object)
    if town is None:
        return found
    for area, entry in known.items():
        towns: Mapping[str, list[str]] = entry.get("towns", {})
        for code, stems in towns.items():
            rows = np.flatnonzero((codes == code).to_numpy())
            inside = pd.Series(town).iloc[rows].fillna("").astype(str).str.startswith(tuple(stems)).to_numpy(dtype=bool)
            for row in rows[inside]:
                found[row] = f"{found[row]};{area}" if found[row] else area
    return found
