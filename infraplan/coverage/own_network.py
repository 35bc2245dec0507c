"""A map on which "any operator" is one network: who is served is asked of that network alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from infraplan.arrays import Bools, Floats, Floats32, Indices
from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import ANY, members
from infraplan.coverage.position_margins import Known
from infraplan.presets import choose


@dataclass(frozen=True)
class OneNetwork:
    """The margins of one network in place of those of any operator."""

    margins: Any
    network: str

    @property
    def known(self) -> Known:
        """As `PositionMargins.known`."""
        return self.margins.known  # type: ignore[no-any-return]

    def at(self, x_m: Floats, y_m: Floats, plane: tuple[str, str, str]) -> tuple[Floats32, Indices]:
        """As `PositionMargins.at`."""
        family, network, receiver = plane
        margin_db, server = self.margins.at(x_m, y_m, (family, self.network if network == ANY else network, receiver))
        return margin_db, server

    def on_ground(self, x_m: Floats, y_m: Floats) -> Bools:
        """As `PositionMargins.on_ground`."""
        return self.margins.on_ground(x_m, y_m)  # type: ignore[no-any-return]


def of_one_network(cover: Coverage, network: str) -> Coverage:
    """The map with the layers of one network as those of any operator; the other networks stay.

    Raises
    ------
    UsageError
        A network that is not on the map.
    """
    choose(network, cover.networks, "network")

    def shown(layers: Mapping[Any, Any]) -> dict[Any, Any]:
        return {key: layers[(key[0], network, *key[2:])] if key[1] == ANY else layer for key, layer in layers.items()}

    positions = None if cover.positions is None else OneNetwork(cover.positions, network)
    return replace(cover, layers=shown(cover.layers), elsewhere=shown(cover.elsewhere), positions=positions)


def measured_of(measured: Measured | None, network: str) -> Measured | None:
    """The measurements of a network's own operators; those of others say nothing of it."""
    if measured is None:
        return None
    own = measured.table["operator"].astype(str).isin(members(network))
    return replace(measured, table=measured.table.loc[own]) if own.any() else None
