"""Names for synthetic villages, in the style of the region: none is meant to be a real village."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

TWINS = ("上", "下", "新", "老", "东", "西", "南", "北", "前", "后")


def area_of(city: str, rules: dict[str, Any]) -> str:
    """The naming area of a city; the first listed when it is in none."""
    areas: dict[str, list[str]] = rules["areas"]
    return next((area for area, cities in areas.items() if city in cities), next(iter(areas)))


def village_names(count: int, area: str, rules: dict[str, Any], rng: np.random.Generator) -> pd.Series:
    """`count` names: a stem and a tail, half of them of the area's own stock."""

    def draw(table: dict[str, list[str]]) -> Any:
        local = rng.random(count) < rules["local_share"]
        return np.where(local, rng.choice(np.array(table[area]), count), rng.choice(np.array(table["common"]), count))

    return pd.Series(draw(rules["stems"])) + pd.Series(draw(rules["tails"]))


def part_twins(names: pd.Series, group: pd.Series) -> pd.Series:
    """Equal names within a group get 上, 下, 新 ... before them, as villages do, then a number."""
    order = names.groupby([group.to_numpy(), names.to_numpy()]).cumcount().to_numpy()
    front = np.array(["", *TWINS])[np.minimum(order, len(TWINS))]
    back = np.where(order > len(TWINS), order.astype(str), "")
    return pd.Series([f"{a}{name}{b}" for a, name, b in zip(front, names, back, strict=True)])
