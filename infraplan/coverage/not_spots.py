"""Not-spots: people whom no network serves (total), and people whom some networks serve and others do not (partial)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Codes
from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import ANY, EVERY, single_networks
from infraplan.coverage.places import SERVED, UNCERTAIN, UNSERVED
from infraplan.coverage.population import point_statuses
from infraplan.coverage.prediction import Coverage

NOT_SPOTS = ("", "none", "partial", "uncertain", "total")
"""Kinds: not known (nothing is judged there, or the map shows a single network); every network serves; some do; the position decides; none
does."""


def kinds_of(anyone: Codes, everyone: Codes | None) -> npt.NDArray[np.object_]:
    """The kind of each point from its status for any operator and for every network at once; None where the map shows a single network."""
    if everyone is None:
        everyone = np.full(len(anyone), -1, dtype=np.int8)
    undecided = (anyone == UNCERTAIN) | ((anyone == SERVED) & (everyone == UNCERTAIN))
    causes = [anyone == UNSERVED, undecided, (anyone == SERVED) & (everyone == UNSERVED), (anyone == SERVED) & (everyone == SERVED)]
    return np.asarray(np.select(causes, ["total", "uncertain", "partial", "none"], default=""), dtype=object)


def names_of_serving(codes: dict[str, Codes], count: int) -> npt.NDArray[np.object_]:
    """The networks that serve each point, joined by ";". `codes`: statuses by network."""
    names = np.full(count, "", dtype=object)
    for network, statuses in codes.items():
        names = np.where(statuses == SERVED, np.where(names == "", network, names + ";" + network), names)
    return np.asarray(names, dtype=object)


def not_spots(points: Any, cover: Coverage, family: str, *, measured: Measured | None = None) -> pd.DataFrame:
    """Kind of not-spot of every point for a family, where the family is judged, and the networks that serve it.

    Returns
    -------
    DataFrame
        Index of `points`; not_spot, one of `NOT_SPOTS`; served_by, networks joined by ";".

    Notes
    -----
    A point is partial when it is served by any operator (for one that lies somewhere in a disc: at every position, perhaps by several
    networks together) and no position of it is served by all networks that the map shows apart.
    """
    single = single_networks(cover.networks)
    codes = {one: point_statuses(points, cover, family, one, measured=measured)[0] for one in single}
    if ANY in cover.networks:
        anyone = point_statuses(points, cover, family, ANY, measured=measured)[0]
    else:
        anyone = np.minimum.reduce([*codes.values()])
    everyone = point_statuses(points, cover, family, EVERY, measured=measured)[0] if len(single) > 1 else None
    columns = {"not_spot": kinds_of(anyone, everyone), "served_by": names_of_serving(codes, len(points))}
    return pd.DataFrame(columns, index=points.index).astype("str")
