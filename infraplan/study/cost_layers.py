"""What sites of a study cost: its costs file, and the lines to which new sites have to be connected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from infraplan.backhaul.fibre_prices import FibrePrices, usual_fibre_prices
from infraplan.backhaul.roads import RoadNetwork, road_network
from infraplan.errors import DataError, Fault
from infraplan.io.cost_files import read_costs
from infraplan.io.cost_lines import read_cost_lines
from infraplan.io.fibre_files import read_fibre_nodes, read_fibre_prices
from infraplan.messages import both
from infraplan.siting.capacity import Capacity, usual_busy_hour
from infraplan.siting.costs import Costs, usual_costs
from infraplan.siting.costs_schema import LINES
from infraplan.study.cached_layers import layer

if TYPE_CHECKING:
    import geopandas as gpd

    from infraplan.study.config import Config

NEAR_DEG = 1.0
"""Lines that begin farther from the study's outline than this belong elsewhere (ours)."""


class StudyCosts:
    """The layers behind the costs of a plan, each read once."""

    config: Config
    zones: Any
    grid: Any
    terrain: Any

    if TYPE_CHECKING:  # of `Study`

        def path(self, name: str) -> Path | None: ...

    @layer
    def costs(self) -> Costs:
        """What sites cost: the study's own file, else the presets."""
        path = self.path("costs")
        return usual_costs() if path is None else read_costs(path)

    @layer
    def roads(self) -> gpd.GeoDataFrame | None:
        """Roads, as `read_cost_lines` returns them; None where the study names none."""
        return self._lines("roads")

    @layer
    def power_lines(self) -> gpd.GeoDataFrame | None:
        """Power lines."""
        return self._lines("power_lines")

    @layer
    def fibre(self) -> gpd.GeoDataFrame | None:
        """Fibre routes."""
        return self._lines("fibre")

    @layer
    def fibre_nodes(self) -> gpd.GeoDataFrame | None:
        """Nodes of today's fibre network; None where the study names none."""
        path = self.path("fibre_nodes")
        return None if path is None else read_fibre_nodes(path, **self.config.options_of("fibre_nodes"))

    @layer
    def fibre_prices(self) -> FibrePrices:
        """What fibre costs: the study's own file, else the presets."""
        path = self.path("fibre_prices")
        return usual_fibre_prices() if path is None else read_fibre_prices(path)

    @layer
    def fibre_roads(self) -> RoadNetwork:
        """The roads as a network at typical prices, as `[backhaul]` says."""
        return self.roads_priced("typical")

    def roads_priced(self, level: str) -> RoadNetwork:
        """The roads, and existing fibre, as a network with prices.

        Parameters
        ----------
        level : {"low", "typical", "high"}
            Which figures count.

        Returns
        -------
        RoadNetwork
            Of a study that names roads.
        """
        choice = self.config.backhaul
        assert self.roads is not None
        return road_network(
            self.roads, crs=self.grid.crs, prices=self.fibre_prices, fibre=self.fibre, terrain=self.terrain, level=level,
            tolerance_m=choice.tolerance_m, gap_m=choice.gap_m, file=self.config.files.roads or "roads",
        )  # fmt: skip

    @property
    def cost_lines(self) -> dict[str, gpd.GeoDataFrame]:
        """Layers of lines whose distance a site pays for, by name.

        Fibre is left out where the study prices each site's connection (`[backhaul] sites`).
        """
        given = {name: getattr(self, name) for name in LINES if name != "fibre" or not self.connects_sites}
        return {name: lines for name, lines in given.items() if lines is not None}

    @property
    def capacity(self) -> Capacity:
        """How many people a new site serves: from its spectrum, a number of the study's own, or no limit."""
        choice = self.config.plan
        if choice.capacity_people == "auto":
            return usual_busy_hour(**choice.busy_hour.model_dump())
        return None if choice.capacity_people == "none" else choice.capacity_people

    @property
    def lines_not_given(self) -> tuple[str, ...]:
        """Lines that some host of the costs has to be connected to and that the study does not give: their distance adds nothing.

        Not fibre where the connection of each site is priced along the roads.
        """
        priced = ("fibre",) if self.connects_sites else ()
        return tuple(name for name in self.costs.lines_needed if self.path(name) is None and name not in priced)

    @property
    def connects_sites(self) -> bool:
        """Whether connecting a new site is part of its cost: `[backhaul]` is written, and roads and nodes are given."""
        choice = self.config.backhaul
        asked = "backhaul" in self.config.model_fields_set and choice.sites and self.path("roads") is not None
        return asked and (self.path("fibre_nodes") is not None or choice.villages_with_fibre)

    def _lines(self, name: str) -> gpd.GeoDataFrame | None:
        path = self.path(name)
        if path is None:
            return None
        lines = read_cost_lines(path, **self.config.options_of(name))
        theirs, ours = lines.total_bounds, self.zones.to_crs(4326).total_bounds
        if (theirs[:2] > ours[2:] + NEAR_DEG).any() or (theirs[2:] < ours[:2] - NEAR_DEG).any():
            facts = {key: ", ".join(f"{bound:.3f}" for bound in bounds) for key, bounds in (("theirs", theirs), ("ours", ours))}
            message, fix = both("io.lines_elsewhere", **facts), both("io.lines_elsewhere_fix")
            raise DataError(Fault(path.name, message, fix, rule="lines-elsewhere", column=f"files.{name}"))
        return lines
