"""For every candidate the others near it: where a search removes and builds sites together."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from infraplan.arrays import Floats, Ints, kernel
from infraplan.siting.cover.model import Model

NEIGHBOURS = 50
WALKED = 64
"""Classes of a candidate, and candidates of a class, that `_related` looks at: a sample where there are more."""
ITSELF = 1e18
"""Score of a candidate in its own neighbourhood: it comes first."""
FURTHER_SHARE = 1e-3
"""What a meeting by way of another candidate counts, beside 1 for a direct one."""


def neighbours(model: Model, position_m: Floats | None, count: int = NEIGHBOURS) -> Ints:
    """For every candidate the `count` nearest, itself first: by distance where positions are known, else by how many classes they share."""
    count = min(count, model.candidates)
    if position_m is not None:
        return nearest_of(position_m, np.arange(model.candidates), count)
    return _related(model, count)


def nearest_of(position_m: Floats, pool: Ints, count: int) -> Ints:
    """For every candidate of `pool` the `count` nearest of them, itself first."""
    count = min(count, pool.size)
    nearest = cKDTree(position_m[pool]).query(position_m[pool], count)[1].reshape(pool.size, count)
    return np.asarray(pool[nearest], np.int64)


@kernel
def _related(model: Model, count: int) -> Ints:
    """Candidates met most often when walking from a candidate to its classes and from those to their candidates, breadth first."""
    candidates = len(model.cost)
    near = np.empty((candidates, count), np.int64)
    score = np.zeros(candidates)
    met = np.empty(candidates, np.int64)
    for i in range(candidates):
        known, walked = 1, 0
        met[0], score[i] = i, ITSELF
        while walked < known and known < 4 * count:
            k = met[walked]
            share = 1.0 if k == i else FURTHER_SHARE
            step = max(1, (model.start[k + 1] - model.start[k]) // WALKED)
            for p in range(model.start[k], model.start[k + 1], step):
                j = model.rows[p]
                wide = max(1, (model.row_start[j + 1] - model.row_start[j]) // WALKED)
                for q in range(model.row_start[j], model.row_start[j + 1], wide):
                    c = model.columns[q]
                    if score[c] == 0.0:
                        met[known] = c
                        known += 1
                    score[c] += share
            walked += 1
        order = np.argsort(-score[met[:known]], kind="mergesort")
        for a in range(count):
            near[i, a] = met[order[a]] if a < known else i
        for a in range(known):
            score[met[a]] = 0.0
    return near
