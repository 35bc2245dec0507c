"""The map of a prediction: layers of best margins and best servers, with the model and the choices behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Bools, Floats
from infraplan.coverage import coverage_repr
from infraplan.coverage.networks import ANY, EVERY, single_networks
from infraplan.geo.grids import Grid
from infraplan.presets import choose
from infraplan.radio.budgets import Service
from infraplan.radio.receivers import receiver_of

if TYPE_CHECKING:
    import xarray

    from infraplan.geo.terrain import Terrain

Key = tuple[str, str]
"""Family and network of a layer."""


@dataclass(frozen=True)
class Layer:
    """Best margin [dB] (NaN where no sector was computed) and the index of its sector (-1 none), on the grid."""

    margin_db: npt.NDArray[np.float32]
    server: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Coverage:
    """The map of a prediction: a layer for each (family, network), with the model and the choices behind it.

    `cover["nr"]` is the layer of a family for any network, `cover["nr", "cmcc+cbn"]` that of one network.

    Parameters
    ----------
    grid : Grid
        Where the pixels are.
    services : mapping of Service
        The services on the map, by name.
    layers : mapping of Layer
        Layers by (family, network), for the receiver at which each family is judged. `margin_db` is float32 (height, width), NaN where
        nothing was computed [dB]; `server` is int32 (height, width), the index of the best sector, -1 for none.
    sector_ids, sector_services : ndarray of str, shape (sectors,)
        Id and service of each sector, in the numbering of `server`.
    model : str
        "p1812" or "statistical", as chosen.
    models_used : tuple of str
        The path-loss models that were used.
    reliability : float
        Share of places served, 0..1.
    max_radius_km : float
        Cap on the radius of a sector. [km]
    capped_sites : int
        Sites that still served where the cap ended their computation.
    synthetic_terrain : bool
        The ground is made up.
    caps_km : mapping of float
        Tighter caps by family. [km]
    sites_beyond_terrain : int
        Sites that were predicted without terrain, since it does not reach them.
    terrain : Terrain, optional
        The ground of the prediction.
    elsewhere : mapping of Layer
        Layers for another receiver, by (family, network, receiver).
    capped_by_family : mapping of int
        `capped_sites` by family.
    positions : PositionMargins, optional
        Computes margins of the network at positions between pixel centres; a map without it answers with the pixel that holds a position.

    See Also
    --------
    predict_coverage : Makes the map.

    Examples
    --------
    >>> import infraplan as ip
    >>> cover = ip.example_world().cover
    >>> cover
    <Coverage: nr outdoor, nbiot indoor; any network and 2 apart; 67 x 62 pixels of 500 m; 21 sectors; statistical, 90% of the area>
    >>> cover["nr"].margin_db.shape
    (67, 62)
    >>> float((cover["nr"].margin_db >= 0).mean().round(2))
    0.07
    """

    grid: Grid
    services: Mapping[str, Service]
    layers: Mapping[Key, Layer]
    sector_ids: npt.NDArray[np.object_]
    sector_services: npt.NDArray[np.object_]
    model: str
    models_used: tuple[str, ...]
    reliability: float
    max_radius_km: float
    capped_sites: int
    synthetic_terrain: bool = False
    caps_km: Mapping[str, float] = field(default_factory=dict)
    sites_beyond_terrain: int = 0
    terrain: Terrain | None = field(default=None, repr=False, compare=False)
    elsewhere: Mapping[tuple[str, str, str], Layer] = field(default_factory=dict)
    capped_by_family: Mapping[str, int] = field(default_factory=dict)
    positions: Any = field(default=None, repr=False, compare=False)

    def at(self, family: str, network: str = ANY, receiver: str = "") -> Layer:
        """The layer of a family and network.

        Parameters
        ----------
        family : str
            One of `families`.
        network : str
            One of `networks`, or "every": the least margin of the networks counted apart, without servers.
        receiver : str
            Where the device is; "" is where the family is judged. Another one has to be on the map (`predict_coverage(...,
            both_receivers=True)`).

        Returns
        -------
        Layer
            `margin_db` [dB] and `server`, each of the shape (height, width).

        Raises
        ------
        UsageError
            A family, network or receiver that is not on the map, with the list.
        """
        if network == EVERY:
            margins = [self.at(family, one, receiver).margin_db for one in single_networks(self.networks)]
            least_db = np.minimum.reduce(margins)
            return Layer(least_db, np.full(least_db.shape, -1, np.int32))
        if receiver in ("", self.receiver(family)):
            return self[family, network]
        choose(receiver, [place for known, _, place in self.elsewhere if known == family], "receiver")
        return self.elsewhere[family, network, receiver]

    def has(self, family: str, network: str, receiver: str = "") -> bool:
        """Whether a layer is on the map.

        Parameters
        ----------
        family, network, receiver : str
            As in `at`.

        Returns
        -------
        bool
            Whether `at` would find it.
        """
        return ((family, network) in self.layers) if receiver == "" else ((family, network, receiver) in self.elsewhere)

    def at_positions(self, x_m: Floats, y_m: Floats, family: str, network: str = ANY, receiver: str = "") -> Layer:
        """The margins at positions, computed there whatever the pixels of the map.

        Parameters
        ----------
        x_m, y_m : ndarray of float64, shape (positions,)
            In the CRS of the grid. [m]
        family, network, receiver : str
            As in `at`.

        Returns
        -------
        Layer
            `margin_db` [dB] and `server`, each of the shape (positions,).

        Raises
        ------
        UsageError
            As `at`.
        """
        if network == EVERY:
            each = [self.at_positions(x_m, y_m, family, one, receiver).margin_db for one in single_networks(self.networks)]
            return Layer(np.minimum.reduce(each), np.full(len(x_m), -1, np.int32))
        layer = self.at(family, network, receiver)
        if self.positions is not None:
            place = "" if receiver == self.receiver(family) else receiver
            return Layer(*self.positions.at(x_m, y_m, (family, network, place)))
        row, col = self.grid.pixel_of(x_m, y_m)
        on_map = row >= 0
        return Layer(np.where(on_map, layer.margin_db[row, col], np.float32(np.nan)), np.where(on_map, layer.server[row, col], -1))

    def computable(self, x_m: Floats, y_m: Floats) -> Bools:
        """Which positions a margin can be computed at: those on known ground; without `positions` those on the grid.

        Parameters
        ----------
        x_m, y_m : ndarray of float64, shape (positions,)
            In the CRS of the grid. [m]

        Returns
        -------
        ndarray of bool, shape (positions,)
            True where `at_positions` can answer.
        """
        if self.positions is None:
            return np.asarray(self.grid.pixel_of(x_m, y_m)[0] >= 0)
        return np.asarray(self.positions.on_ground(x_m, y_m))

    def receiver(self, family: str) -> str:
        """Where the devices of a family are judged: "outdoor", "indoor" and the like.

        Parameters
        ----------
        family : str
            One of `families`.

        Returns
        -------
        str
            A key of `receivers` in presets/radio_environment.toml.
        """
        return receiver_of(self.services, family)

    @property
    def receivers(self) -> dict[str, str]:
        """The receiver of every family, by family."""
        return {family: self.receiver(family) for family in self.families}

    def other_receiver(self, family: str) -> str:
        """The other receiver that was mapped for a family.

        Parameters
        ----------
        family : str
            One of `families`.

        Returns
        -------
        str
            The receiver; "" without one.
        """
        return next((receiver for known, _, receiver in self.elsewhere if known == family), "")

    def __getitem__(self, key: str | Key) -> Layer:
        family, network = (key, ANY) if isinstance(key, str) else key
        choose(family, self.families, "family")
        choose(network, self.networks, "network")
        return self.layers[family, network]

    @property
    def families(self) -> tuple[str, ...]:
        """Families on the map, in their order."""
        return tuple(dict.fromkeys(family for family, _ in self.layers))

    @property
    def networks(self) -> tuple[str, ...]:
        """Networks on the map, "any" first."""
        return tuple(dict.fromkeys(network for _, network in self.layers))

    def __repr__(self) -> str:
        return coverage_repr.line(self)

    def _repr_html_(self) -> str:
        return coverage_repr.html(self)

    def to_xarray(self) -> xarray.Dataset:
        """The map as a dataset for programs that know the CF conventions.

        Returns
        -------
        xarray.Dataset
            Dimensions: network, y and x (pixel centres in metres of the grid's CRS, y from north to south), sector_index. Variables:
            `{family}_margin_db` (float32, NaN where nothing was computed) [dB], `{family}_server` (int32, position in `sector`, -1 for
            none), `spatial_ref` (the CRS).

        Raises
        ------
        UsageError
            Package xarray is not installed: `pip install infraplan[xarray]`.
        """
        found: xarray.Dataset = coverage_repr.dataset(self)
        return found

    def write(self, path: str | Path) -> None:
        """Write the map as a cloud-optimised GeoTIFF with styles for QGIS, as `write_coverage` does.

        Parameters
        ----------
        path : path
            Ends with .tif.
        """
        import infraplan

        infraplan.write_coverage(self, path)

    def within(self, window: Grid) -> Coverage:
        """The map cut to a window of its grid.

        Parameters
        ----------
        window : Grid
            A part of `grid`: `grid.window(left, bottom, right, top)`.

        Returns
        -------
        Coverage
            Its layers are views of these, not copies.
        """
        rows, cols = window.slices_in(self.grid)

        def cut(layers: Mapping[Any, Layer]) -> dict[Any, Layer]:
            return {key: Layer(layer.margin_db[rows, cols], layer.server[rows, cols]) for key, layer in layers.items()}

        return replace(self, grid=window, layers=cut(self.layers), elsewhere=cut(self.elsewhere))
