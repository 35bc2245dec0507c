"""The official order of a province's cities, where a preset has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from infraplan.presets import load


def official_order(order: str | Sequence[str]) -> list[str]:
    """Codes of the cities: those listed, or the order of the preset `zones_<name>`; none for ""."""
    return list(load(f"zones_{order}")["city_order"]) if isinstance(order, str) and order else list(order)


def in_city_order(frame: Any, order: str | Sequence[str], column: str = "adcode") -> Any:
    """Rows in the official order of their cities; a county follows its city, what the order does not name comes last, as it was.

    Parameters
    ----------
    frame : DataFrame
    order : str or sequence of str
        `city_order` of study.toml; "" leaves the rows as they are.
    column : str
        Holds codes of cities or, of six digits, of their counties.
    """
    place = {code: index for index, code in enumerate(official_order(order))}
    codes = frame[column].astype(str)
    rank = [place.get(code, place.get(code[:4] + "00", len(place))) for code in codes]
    return frame.iloc[np.argsort(rank, kind="stable")]
