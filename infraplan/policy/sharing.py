"""Which other networks serve what one network lacks, as a target asks for it; total and partial not-spots among the rows of a gap list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from infraplan.arrays import Codes
from infraplan.coverage.networks import ANY, single_networks
from infraplan.coverage.not_spots import kinds_of, names_of_serving
from infraplan.coverage.places import NO_DATA


def with_networks(found: pd.DataFrame, network: str, mapped: Sequence[str], codes_of: Callable[[str], Codes]) -> pd.DataFrame:
    """The rows with `served_by` and `not_spot`.

    Parameters
    ----------
    found : DataFrame
        Rows that lack service of `network`; code is their status for it.
    network : str
        "any", "every" or one network of the map.
    mapped : sequence of str
        The networks of the map.
    codes_of : callable
        Status of the rows for another network, judged by the same clause.

    A row that asks for any operator is a total not-spot by definition, unless its position decides. One that asks for a network is partial
    where others serve it.
    """
    code = found["code"].to_numpy(dtype=np.int8)
    if network == ANY:
        return found.assign(served_by="", not_spot=kinds_of(code, None))
    others = {one: codes_of(one) for one in single_networks(mapped) if one != network}
    anyone = codes_of(ANY) if ANY in mapped else np.minimum.reduce([code, *others.values()])
    kinds = np.where(code == NO_DATA, "", kinds_of(anyone, code))
    return found.assign(served_by=names_of_serving(others, len(found)), not_spot=kinds)


def without_networks(found: pd.DataFrame) -> pd.DataFrame:
    """The rows of a clause that asks for no signal."""
    return found.assign(served_by="", not_spot="")
