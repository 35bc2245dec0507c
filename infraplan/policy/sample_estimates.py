"""The share of people served that a sample of visits shows, with its interval, and where the prediction is wrong beyond chance.

The estimator is the regression (difference) estimator with the prediction as auxiliary: the mean of the prediction over all residents is
known, the sample corrects it. Its slope is estimated, so that a worthless prediction does no harm. Särndal, Swensson, Wretman, Model
Assisted Survey Sampling (1992), sections 6.3 to 6.6; Cochran, Sampling Techniques (3rd ed. 1977), sections 7.1 to 7.5, 9A.
The interval is that of Clopper and Pearson on an effective number of visits (Korn and Graubard 1998, Survey Methodology 24, 193-201).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta, t

from infraplan.arrays import Floats

LEVEL = 0.95
FEW = 30
"""Below so many visits the interval is exact, on the effective number of visits, without the prediction."""
SMALL_CLASS = 4
"""Classes with fewer visits are joined for the variance."""


@dataclass(frozen=True)
class Share:
    """A share with its interval.

    Attributes
    ----------
    share, low, high : float
        Share of people served and the ends of its interval, 0..1; NaN, 0 and 1 without a visit.
    visits : int
        Visits with an answer.
    effective : float
        Number of equal, independent visits that would know the share as well.
    method : str
        "regression", "exact" (below `FEW` visits) or "none".
    """

    share: float
    low: float
    high: float
    visits: int
    effective: float
    method: str


def exact_interval(share: float, effective: float, level: float = LEVEL) -> tuple[float, float]:
    """Clopper-Pearson interval for a share of a number of visits that need not be whole; within [0, 1], never of width 0.

    Examples
    --------
    >>> [round(end, 3) for end in exact_interval(1.0, 30)], [round(end, 3) for end in exact_interval(0.5, 10)]
    ([0.884, 1.0], [0.187, 0.813])
    """
    hits, tail = share * effective, (1.0 - level) / 2
    misses = effective - hits
    low = 0.0 if hits <= 1e-9 else float(beta.ppf(tail, hits, misses + 1.0))
    high = 1.0 if misses <= 1e-9 else float(beta.ppf(1.0 - tail, hits + 1.0, misses))
    return low, high


def kish(weight: Any) -> float:
    """Effective number of visits of unequal weights: the sum squared over the sum of squares (Kish 1965)."""
    weights = np.asarray(weight, dtype=float)
    return float(weights.sum() ** 2 / (weights**2).sum())


def slope(answer: Floats, chance: Floats, weight: Floats) -> float:
    """Weighted regression slope of the answers on the prediction; 0 where the prediction is the same everywhere."""
    middle = np.average(chance, weights=weight)
    spread = float(weight @ (chance - middle) ** 2)
    return float(weight @ ((chance - middle) * answer)) / spread if spread > 1e-9 * weight.sum() else 0.0


def joined_classes(classes: Any, least: int = SMALL_CLASS) -> Any:
    """Codes of classes, those with few rows joined with the next."""
    codes = pd.factorize(np.asarray(classes, dtype=object), sort=True)[0]
    counts = np.bincount(codes)
    joined, number, held = np.zeros(len(counts), dtype=np.int64), 0, 0
    for code, count in enumerate(counts):
        joined[code], held = number, held + count
        if held >= least:
            number, held = number + 1, 0
    if held and number:
        joined[joined == number] = number - 1
    return joined[codes]


@dataclass(frozen=True)
class Fit:
    """What the whole sample says of the prediction, used for its parts too.

    Attributes
    ----------
    slope : float
        Weighted regression slope of the answers on the prediction.
    spread : mapping of float
        Variance of what the regression leaves, by class, weighted as it enters the variance of the share.
    """

    slope: float
    spread: Mapping[str, float]


def fit(answer: Any, chance: Any, weight: Any, classes: Any) -> Fit:
    """The regression of a whole sample, with the variance it leaves in each class.

    A class in which all visits agree may still hold villages that do not: its variance is at least that of half a visit with the other
    answer (the rate (0 + 1/2) / (n + 1) of Jeffreys' prior).
    """
    y, p, w = (np.asarray(values, dtype=float) for values in (answer, chance, weight))
    names = np.asarray(classes, dtype=object)
    if not len(y):
        return Fit(0.0, {})
    b = slope(y, p, w)
    left, spread = y - np.average(y, weights=w) - b * (p - np.average(p, weights=w)), {}
    for name in dict.fromkeys(sorted(names)):
        own = names == name
        rare, heavy = 0.5 / (own.sum() + 1.0), w[own] ** 2
        spread[str(name)] = max(
            float(np.average((left[own] - np.average(left[own], weights=heavy)) ** 2, weights=heavy)), rare * (1 - rare)
        )
    return Fit(b, spread)


def estimate_share(
    answer: Any, chance: Any, weight: Any, probability: Any, classes: Any, mean_chance: float, of_whole: Fit | None = None
) -> Share:
    """Share of people served from the answers of a sample.

    Parameters
    ----------
    answer : array_like
        1 served, 0 not, one a visit.
    chance : array_like
        Predicted chance of it.
    weight : array_like
        People that the visit stands for: residents divided by inclusion probability.
    probability : array_like
        Inclusion probability.
    classes : array_like of str
        Classes of margin, the strata of the variance.
    mean_chance : float
        Mean of the chance over all residents.
    of_whole : Fit, optional
        The regression of the sample of which these visits are a part; their own without it.
    """
    y, p, w, pi = (np.asarray(values, dtype=float) for values in (answer, chance, weight, probability))
    visits = len(y)
    if not visits:
        return Share(np.nan, 0.0, 1.0, 0, 0.0, "none")
    plain = float(np.clip(np.average(y, weights=w), 0.0, 1.0))
    if visits < FEW:
        low, high = exact_interval(plain, kish(w))
        return Share(plain, low, high, visits, kish(w), "exact")
    known = fit(y, p, w, classes) if of_whole is None else of_whole
    parts, middle = w / w.sum(), np.average(p, weights=w)
    away = mean_chance - float(middle)
    share = float(np.clip(plain + known.slope * away, 0.0, 1.0))
    residual = y - plain - known.slope * (p - middle)
    strata = joined_classes(classes)
    by_class = np.array([known.spread.get(str(name), 0.25) for name in classes])
    variance = max(
        stratified_variance(parts * residual * (1.0 if of_whole else _adjustment(p, w, away)), strata, pi),
        float((parts**2 * (1.0 - pi)) @ by_class),
    )
    freedom = max(visits - int(strata.max()) - 2, 1)
    effective = share * (1.0 - share) / variance if variance > 0 and 0 < share < 1 else kish(w)
    effective *= (t.ppf(0.5 + LEVEL / 2, visits - 1) / t.ppf(0.5 + LEVEL / 2, freedom)) ** 2
    low, high = exact_interval(share, effective)
    return Share(share, low, high, visits, effective, "regression")


def _adjustment(chance: Floats, weight: Floats, away: float) -> Floats:
    """The regression's own weights (g of Särndal, 6.5.12), which make its variance honest in small samples."""
    middle = np.average(chance, weights=weight)
    spread = float(np.average((chance - middle) ** 2, weights=weight))
    return np.ones(len(chance)) if spread < 1e-9 else np.asarray(1.0 + away * (chance - middle) / spread)


def stratified_variance(parts: Floats, strata: Any, probability: Floats) -> float:
    """Variance of the sum of `parts` over a sample with unequal probabilities, stratum by stratum (Hájek's approximation)."""
    total = 0.0
    for code in np.unique(strata):
        own = strata == code
        count, rest = int(own.sum()), 1.0 - probability[own]
        middle = np.average(parts[own], weights=rest) if rest.sum() > 0 else 0.0
        total += count / max(count - 1, 1) * float(rest @ (parts[own] - middle) ** 2)
    return total
