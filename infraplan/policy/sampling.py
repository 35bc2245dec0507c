"""Which villages to visit: a sample with unequal, exactly known probabilities, from the prediction of each village.

The rate of a village (its chance per resident) grows with how little the prediction settles it. Two limits keep the sample sound where the
prediction is worth nothing: `WORTHLESS` bounds the variance of the whole's share, as a multiple of that of a sample by people alone.
Särndal, Swensson, Wretman, Model Assisted Survey Sampling (1992), sections 3.6 (probability proportional to size), 12.2 (optimal design).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr

from infraplan.arrays import Bools, Floats, Ints

CLASS_BOUNDS_DB = (-20.0, -5.0, 5.0, 20.0)
"""Bounds of the classes of predicted margin. [dB]"""
CLASSES = ("far_below", "below", "near", "above", "far_above", "uncertain", "unknown")
"""Classes of villages by their margin; `uncertain`: the position decides; `unknown`: nothing is predicted there."""
WORTHLESS = 1.08
"""Most variance of the whole's share under a prediction worth nothing, as a multiple of a sample by people alone."""
CITIES = 1.04
"""How much of it small cities may cost, which get more visits than their people alone would give them."""
OPEN = 0.5
"""Standard deviation of an answer that the prediction leaves open."""
LEAST_RATE = 1e-3
"""Below the floor of `rates` for any prediction; it keeps divisions finite."""


@dataclass(frozen=True)
class Drawn:
    """A sample: the chosen rows in their order, and the inclusion probability and rate of every village."""

    rows: Ints
    probability: Floats
    rate: Floats


def served_chance(margin_db: Any, sigma_db: Any, shadow_margin_db: Any = 0.0) -> Floats:
    """Chance that a measurement finds service where a margin is predicted; 0.5 where none is known (NaN).

    Parameters
    ----------
    margin_db : array_like
        Predicted margin; -inf where no sector reaches. [dB]
    sigma_db : array_like
        Standard deviation of measured minus predicted signal. [dB]
    shadow_margin_db : array_like
        Margin for shadowing that the prediction has taken off already. [dB]
    """
    margin = np.asarray(margin_db, dtype=float)
    chance = ndtr((margin + np.asarray(shadow_margin_db, dtype=float)) / np.asarray(sigma_db, dtype=float))
    return np.where(np.isnan(margin), 0.5, chance)


def margin_classes(margin_db: Any, uncertain: Any = False) -> npt.NDArray[np.object_]:
    """The class of each village, a word of `CLASSES`. Margins in dB."""
    margin = np.asarray(margin_db, dtype=float)
    names = np.array(CLASSES, dtype=object)
    found = names[np.searchsorted(CLASS_BOUNDS_DB, np.nan_to_num(margin, nan=0.0, neginf=-1e9, posinf=1e9), side="right")]
    found = np.where(np.asarray(uncertain, dtype=bool), "uncertain", found)
    return np.where(np.isnan(margin), "unknown", found).astype(object)


def doubt(chance: Any, margin_db: Any, sigma_db: Any, classes: Any) -> Floats:
    """How open each village's answer is, as the standard deviation of its 0 or 1: at most 0.5.

    The larger of two: that of the measured answer (`chance`), and that of the side of 0 dB on which the margin lies, so that villages near
    the prediction's own limit are visited too. Uncertain and unknown ones are fully open.
    """
    near, margin = np.asarray(chance, dtype=float), np.asarray(margin_db, dtype=float)
    side = served_chance(margin, sigma_db)
    spread = np.sqrt(np.maximum(near * (1 - near), side * (1 - side)))
    return np.where(np.isin(np.asarray(classes, dtype=object), ("uncertain", "unknown")), OPEN, spread)


def harm(people: Floats, rate: Floats) -> float:
    """Variance of the whole's share under a prediction worth nothing, as a multiple of that of equal rates (Cauchy: never below 1)."""
    share = people / people.sum()
    return float((share @ rate) * (share @ (1.0 / rate)))


def rates(people: Floats, doubts: Floats, city: Any) -> Floats:
    """Relative chance per resident: by doubt with a floor, times a factor that favours small cities, within `WORTHLESS`."""
    codes = pd.factorize(np.asarray(city, dtype=object), sort=True)[0]
    share = np.bincount(codes, weights=people) / people.sum()

    def of_city(power: float) -> Floats:
        return np.asarray(share[codes] ** -power)

    favour = of_city(_largest(lambda power: harm(people, of_city(power)) <= CITIES))
    floor = OPEN * (1.0 - _largest(lambda cut: harm(people, favour * np.maximum(doubts, OPEN * (1.0 - cut) + LEAST_RATE)) <= WORTHLESS))
    return np.asarray(favour * np.maximum(doubts, floor + LEAST_RATE))


def _largest(holds: Any, steps: int = 40) -> float:
    """The largest number from 0 to 1 for which a condition holds that holds at 0 and fails from some number on."""
    if holds(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def inclusion_probabilities(size: Any, visits: int) -> Floats:
    """Probabilities in proportion to `size` that add up to `visits`; who would get more than 1 is taken for sure.

    Examples
    --------
    >>> inclusion_probabilities([1, 1, 2, 12], 2).round(2).tolist()
    [0.25, 0.25, 0.5, 1.0]
    """
    sizes = np.asarray(size, dtype=float)
    if not 0 <= visits <= len(sizes) or (sizes <= 0).any():
        raise ValueError("visits must lie between 0 and the number of villages, and every size above 0")
    sure, probability = np.zeros(len(sizes), dtype=bool), np.zeros(len(sizes))
    while True:
        rest = visits - int(sure.sum())
        probability = np.where(sure, 1.0, sizes * (rest / sizes[~sure].sum() if rest > 0 else 0.0))
        more = (probability >= 1.0) & ~sure
        if not more.any():
            return probability
        sure |= more


def draw(people: Any, doubts: Any, city: Any, classes: Any, ids: Any, *, visits: int, seed: int) -> Drawn:
    """A systematic sample with probabilities proportional to people times rate, spread over cities and classes of margin.

    Villages are sorted by city, class and a random number of the seed; every chosen one lies a whole number of probabilities after the
    first, so that each city and class gets its expected number of visits, up to one. The same for any order of the rows.

    Parameters
    ----------
    people : array_like
        Residents, at least 1.
    doubts : array_like
        `doubt(...)`.
    city, classes, ids : array_like of str
        City, class of margin and id of each village; ids differ.
    visits : int
        Number of villages to choose, at most all.
    seed : int
        Of the random numbers.

    Returns
    -------
    Drawn
        Chosen rows, ordered by id.
    """
    names = np.asarray(ids, dtype=str)
    by_id = np.argsort(names, kind="stable")
    count, rng = np.asarray(people, dtype=float)[by_id], np.random.default_rng(seed)
    place, kind = (np.asarray(values, dtype=str)[by_id] for values in (city, classes))
    rate = rates(count, np.asarray(doubts, dtype=float)[by_id], place)
    probability = inclusion_probabilities(count * rate, visits)
    chosen = systematic(probability, np.lexsort((rng.random(len(names)), kind, place)), float(rng.random()))
    back = np.empty(len(names), dtype=np.int64)
    back[by_id] = np.arange(len(names))
    return Drawn(by_id[np.flatnonzero(chosen)], probability[back], rate[back])


def systematic(probability: Floats, order: Any, start: float) -> Bools:
    """Which are chosen by a systematic sample along an order; `start` in [0, 1). Who has probability 1 is always chosen."""
    sure = probability >= 1.0
    along = np.asarray(order)[~sure[np.asarray(order)]]
    chosen, ends = sure.copy(), np.cumsum(probability[along])
    number = round(float(ends[-1])) if len(ends) else 0
    if number:
        ends *= number / ends[-1]
        at = np.searchsorted(ends, start + np.arange(number), side="right")
        chosen[along[np.minimum(at, len(along) - 1)]] = True
    return chosen
