"""What a measure counts: units that can be added up over zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools, Floats
from infraplan.coverage.places import NO_DATA, SERVED, UNCERTAIN

Note = tuple[str, dict[str, object]]
"""Key of a sentence in the catalogue `policy`, and the values it takes."""


@dataclass(frozen=True)
class Units:
    """What is counted, one entry a unit (a village, a place, a piece of line, a zone's area, a row).

    Attributes
    ----------
    zone : DataFrame
        One column a level: the adcode the unit counts in, "" outside.
    total, served, uncertain, unknown : float64 arrays
        Weight of the unit, and the parts of it that are served, depend on an unsure position, or cannot be judged.
    measured : float64 array
        The part of the weight whose status rests on measurement.
    absent : str
        Name of the layer that is missing; empty when it is there.
    unsaid, others : DataFrame, optional
        Zones of things of the same class that are not counted: because the data does not say whether the clause means them, or because it
        surely does not. In a zone without units they say whether this is not known or the clause does not apply.
    reports : bool
        A unit is what a zone reports: a zone without one has not reported.
    """

    zone: pd.DataFrame
    total: Floats
    served: Floats
    uncertain: Floats
    unknown: Floats
    unit: str
    synthetic: bool
    notes: tuple[Note, ...] = ()
    absent: str = ""
    measured: Floats | None = None
    unsaid: pd.DataFrame | None = None
    others: pd.DataFrame | None = None
    reports: bool = False


def missing(layer: str, unit: str) -> Units:
    """Units of a layer that is not there."""
    none = np.zeros(0)
    return Units(pd.DataFrame(), none, none, none, none, unit, False, (("evidence_absent", {"layer": layer}),), layer)


def units_by_code(
    zone: pd.DataFrame,
    weight: Floats,
    codes: npt.NDArray[Any],
    unit: str,
    synthetic: bool,
    notes: tuple[Note, ...] = (),
    measured: Bools | None = None,
    left_out: tuple[pd.DataFrame, pd.DataFrame] | None = None,
) -> Units:
    """Units of some weight, each wholly served, uncertain, unserved or unknown by its code."""
    served, uncertain, unknown = weight * (codes == SERVED), weight * (codes == UNCERTAIN), weight * (codes == NO_DATA)
    rests = None if measured is None else weight * measured
    return Units(zone, weight, served, uncertain, unknown, unit, synthetic, notes, "", rests, *(left_out or (None, None)))
