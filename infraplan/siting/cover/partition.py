"""Where to cut a problem into parts: along its zones, and large zones into neighbourhoods."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import reverse_cuthill_mckee

from infraplan.arrays import Floats, Ints
from infraplan.siting.cover.model import Reduced

PART_SITES = 16.0  # sites of the fractional plan in a part, about
LARGEST = 3  # a zone of up to this many times as much stays whole


def parts_of(reduced: Reduced, y: Floats) -> Ints:
    """Number of the part of every class. Zones of more than `LARGEST` x `PART_SITES` sites (of the fractional plan `y`) are halved
    across their longer side, by weight of sites, until the pieces are small; without positions along a narrow ordering of the model.
    """
    model = reduced.model
    across = model.matrix.T.tocsr()
    size = np.maximum(np.asarray(across.sum(axis=1)).ravel(), 1.0)
    reach = np.maximum(np.asarray(across.sum(axis=0)).ravel(), 1.0)
    sites = np.asarray(across @ (y / reach)).ravel()
    if reduced.position_m is not None:
        at = np.asarray(across @ reduced.position_m) / size[:, None]
    else:
        at = np.column_stack([_along(across), np.zeros(model.classes)])
    part, count = np.empty(model.classes, np.int64), 0
    for home in np.unique(reduced.home):
        own = np.flatnonzero(reduced.home == home)
        whole = float(sites[own].sum())
        pieces = [own] if whole <= LARGEST * PART_SITES else _halved(own, at, sites, whole)
        for piece in pieces:
            part[piece] = count
            count += 1
    return part


def _halved(classes: Ints, at: Floats, sites: Floats, whole: float) -> list[Ints]:
    """Pieces of about `PART_SITES`."""
    if whole <= 1.5 * PART_SITES or classes.size < 2:
        return [classes]
    side = int(np.argmax(np.ptp(at[classes], axis=0)))
    order = classes[np.argsort(at[classes, side], kind="stable")]
    sums = np.cumsum(sites[order])
    cut = int(np.clip(np.searchsorted(sums, sums[-1] / 2), 1, order.size - 1))
    first, second = np.sort(order[:cut]), np.sort(order[cut:])
    return _halved(first, at, sites, float(sites[first].sum())) + _halved(second, at, sites, float(sites[second].sum()))


def _along(across: sp.csr_matrix) -> Floats:
    """Place of every class on a line where neighbours are near each other."""
    rows, columns = across.shape
    entries = across.tocoo()
    ends = entries.row, entries.col + rows
    both = sp.csr_matrix((np.ones(2 * entries.nnz), (np.concatenate(ends), np.concatenate(ends[::-1]))), shape=(rows + columns,) * 2)
    order = reverse_cuthill_mckee(both, symmetric_mode=True)
    place = np.empty(rows + columns)
    place[order] = np.arange(rows + columns)
    return place[:rows]
