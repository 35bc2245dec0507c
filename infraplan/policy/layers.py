"""The data that targets are judged by: a study's tables and its map, with what several targets share computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools
from infraplan.coverage.measurements import Measured
from infraplan.coverage.places import yes_answers
from infraplan.coverage.prediction import Coverage
from infraplan.geo.zonal import membership
from infraplan.policy.priority import Areas

T = TypeVar("T")


@dataclass
class Layers:
    """The frames of a study, and results that several targets use, by key (`keep`). Functions take it, it has no rules of its own.

    `registers` are tables without coordinates by name (fibre subscribers, transport projects, reported figures): columns of their own, and
    `county`, `city` or `adcode`. `measured` overrides prediction at its places. `status` is the status of the villages where it is known
    already. `synthetic_all`, `synthetic_network`: whether everything, or the sites behind `cover`, is made up.
    `priority_areas`: where to go first, of the presets where None.
    """

    cover: Coverage
    zones: Any
    villages: Any
    places: Any = None
    sites: Any = None
    corridors: Any = None
    registers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    status: pd.DataFrame | None = None
    measured: Measured | None = None
    synthetic_all: bool = False
    synthetic_network: bool = False
    priority_areas: Areas | None = None
    _kept: dict[Any, Any] = field(default_factory=dict)

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `make()`, computed once per key."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept


MAP_FREE = frozenset({
    "zone", "people", "yes", "leaf zone", "residents", "priority villages", "villages asked", "polygons", "place share", "leaves", "share",
    "zone area", "zone lists", "pieces", "piece zone", "pieces counted", "losses",
})  # fmt: skip
"""First words of the keys of results that depend on the grid and on tables other than the sites, but on no margin."""


def on_another_map(layers: Layers, cover: Coverage, sites: Any) -> Layers:
    """The same data with another map on the same grid and other sites; what depends on neither is not computed again."""

    def is_free(key: Any) -> bool:
        parts = key if isinstance(key, tuple) else (key,)
        return parts[0] in MAP_FREE and "sites" not in parts

    return replace(layers, cover=cover, sites=sites, status=None, _kept={key: value for key, value in layers._kept.items() if is_free(key)})


def table_of(layers: Layers, name: str) -> Any:
    """villages, places, corridors, sites or a register; None when absent."""
    if name in ("villages", "places", "corridors", "sites"):
        return getattr(layers, name)
    return layers.registers.get(name)


def zones_of_rows(layers: Layers, name: str) -> pd.DataFrame:
    """Zone codes of the rows of a table, one column a level."""
    return layers.keep(("zone", name), lambda: membership(_with_codes(table_of(layers, name)), layers.zones).astype("category"))


def zones_of_some(layers: Layers, name: str, rows: Bools) -> pd.DataFrame:
    """`zones_of_rows` of some rows."""
    key = "zone", name, blake2b(rows.tobytes(), digest_size=16).digest()
    return layers.keep(key, lambda: zones_of_rows(layers, name).loc[rows])


def residents(layers: Layers) -> npt.NDArray[np.int64]:
    """Residents of each village or block."""
    return layers.keep("people", lambda: np.asarray(layers.villages["population"], dtype=np.int64))


def answers(layers: Layers, name: str, column: str) -> tuple[Bools, Bools]:
    """(says yes, says anything) of a column of a table."""
    return layers.keep(("yes", name, column), lambda: yes_answers(table_of(layers, name), column))


def is_synthetic(layers: Layers, name: str) -> bool:
    """Whether any row of a table is made up."""
    return bool(layers.synthetic_all or (table_of(layers, name) is not None and answers(layers, name, "synthetic")[0].any()))


def _with_codes(table: Any) -> Any:
    """A register that names its zone by `adcode` alone gets it as code of every level: each level takes what it knows."""
    if "adcode" not in table or "county" in table or "city" in table:
        return table
    code = table["adcode"].astype(str)
    return table.assign(county=code, city=code, province=code)
