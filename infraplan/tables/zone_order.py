"""The official order of a province's cities, where a preset has one."""

from __future__ import annotations

from typing import Any

import numpy as np

from infraplan.presets import load


def official_order(name: str) -> list[str]:
    """Codes of the cities in the order of the preset `zones_<name>`; none for ""."""
    return list(load(f"zones_{name}")["city_order"]) if name else []


def in_city_order(frame: Any, name: str, column: str = "adcode") -> Any:
    """Rows in the official order of their cities.

    A county follows its city, rows that the order does not name come last, in their own order.

    Parameters
    ----------
    frame : DataFrame
    name : str
        `city_order` of study.toml; "" leaves the rows as they are.
    column : str
        Holds codes of cities or, of six digits, of their counties.
    """
    place = {code: index for index, code in enumerate(official_order(name))}
    codes = frame[column].astype(str)
    rank = [place.get(code, place.get(code[:4] + "00", len(place))) for code in codes]
    return frame.iloc[np.argsort(rank, kind="stable")]
