"""How sure a served population is: who is served if every signal is weaker, and how many people can be expected to be served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from infraplan.arrays import Bools
from infraplan.coverage.position_margins import margin_at
from infraplan.coverage.prediction import Coverage
from infraplan.radio.shadowing import coverage_probability

WEAKER_DB = (0.0, 3.0, 6.0, 10.0)
"""By how much every predicted signal is made weaker. [dB]"""


def robustness(demand: Any, cover: Coverage, family: str, served: Callable[[float], Bools]) -> dict[str, Any]:
    """People served on a map, by how much weaker every signal is, and the people expected to be served.

    Parameters
    ----------
    demand : GeoDataFrame
        Points with people.
    cover : Coverage
        The map.
    family : str
        Whose signal counts.
    served : callable
        Of a loss in dB: which points are served if every signal is weaker by it.

    Returns
    -------
    dict
        served, share, expected_people; served_if_weaker and share_if_weaker by loss ("0", "3", "6", "10").
    """
    people = demand["population"].to_numpy(dtype=np.int64)
    total, counts = max(int(people.sum()), 1), {f"{lost:g}": int(people[served(lost)].sum()) for lost in WEAKER_DB}
    return {
        "served": counts["0"],
        "share": counts["0"] / total,
        "expected_people": round(expected_people(demand, cover, family)),
        "served_if_weaker": counts,
        "share_if_weaker": {lost: count / total for lost, count in counts.items()},
    }


def expected_people(demand: Any, cover: Coverage, family: str) -> float:
    """Sum of people times the probability that the best signal at their point suffices.

    Interpretation (ours): the true median of a point is the predicted one plus a normal error with the standard deviation of the service's
    shadowing in the presets, and the points are summed one by one; measurements and position errors do not count.
    """
    layer = margin_at(*cover.grid.place(demand), cover, family)
    server, margin_db = layer.server, layer.margin_db
    there = server >= 0
    names, which = np.unique(cover.sector_services[server[there]].astype(str), return_inverse=True)
    people, probability = demand["population"].to_numpy(dtype=float)[there], np.zeros(int(there.sum()))
    for number, name in enumerate(names):
        own, service = which == number, cover.services[str(name)]
        probability[own] = coverage_probability(margin_db[there][own].astype(float), service.shadowing_sigma_db, service.shadow_margin_db)
    return float((people * probability).sum())
