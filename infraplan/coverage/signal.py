"""The signal of a device on the map: strongest and second sector, interference at a stated load, probability of service."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numba import njit

from infraplan.arrays import Floats32, Indices
from infraplan.coverage.footprints import by_site, site_footprint
from infraplan.coverage.networks import ANY, in_network, known_networks
from infraplan.coverage.over_terrain import FootprintCache
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.shared_tables import Radio
from infraplan.geo.grids import Grid
from infraplan.presets import choose
from infraplan.radio.budgets import gain_offset_db
from infraplan.radio.shadowing import coverage_probability
from infraplan.tables import arguments
from infraplan.units import noise_floor_dbm


@dataclass(frozen=True)
class Signal:
    """One service on a window. Levels a resource element [dBm], `sinr_db` [dB], `probability` of service 0..1; server -1 and NaN: none.

    `load` is the share of time every other sector of the network transmits on the same resource element.
    """

    grid: Grid
    service: str
    load: float
    rsrp_dbm: Floats32
    server: Indices
    second_rsrp_dbm: Floats32
    second_server: Indices
    sinr_db: Floats32
    probability: Floats32


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add(margin_db, to_rsrp_db, index, row0, col0, first_db, first, second_db, second, total_mw, best_margin_db):  # type: ignore[no-untyped-def]
    """Adds a sector to the two strongest and to the sum of all powers; of equal levels the first sector stays."""
    height, width = margin_db.shape
    for r in range(height):
        for c in range(width):
            margin = margin_db[r, c]
            if np.isnan(margin):
                continue
            i = row0 + r
            j = col0 + c
            level = margin + to_rsrp_db
            total_mw[i, j] += 10.0 ** (0.1 * level)
            if np.isnan(best_margin_db[i, j]) or margin > best_margin_db[i, j]:
                best_margin_db[i, j] = margin
            if np.isnan(first_db[i, j]) or level > first_db[i, j]:
                second_db[i, j] = first_db[i, j]
                second[i, j] = first[i, j]
                first_db[i, j] = level
                first[i, j] = index
            elif np.isnan(second_db[i, j]) or level > second_db[i, j]:
                second_db[i, j] = level
                second[i, j] = index


def predict_signal(
    cover: Coverage,
    sectors: gpd.GeoDataFrame,
    service: str,
    *,
    window: Grid | None = None,
    network: str = ANY,
    load: float = 0.5,
    noise_figure_db: float = 7.0,
    cache: FootprintCache | None = None,
) -> Signal:
    """Levels, interference and probability of service of one carrier, on the map or on a window of its grid.

    Parameters
    ----------
    cover : Coverage
        The map whose terrain, services and caps are used.
    sectors : GeoDataFrame
        The sectors of `cover` (`sectors_of`); `server` is the position of a row.
    service : str
        The carrier, a service of `cover`: only sectors on it interfere with each other.
    window : Grid, optional
        A part of the grid (`grid.window(...)`); by default the whole grid.
    network : str
        "any", or a network whose sectors alone count: its operators joined by "+".
    load : float
        Share of time the other sectors transmit, 0..1. A planning assumption: state it with the number.
    noise_figure_db : float
        Noise figure of the device; 7 dB is the value of the NR presets. [dB]
    cache : FootprintCache, optional
        Path loss over terrain of sites that were computed before.

    Returns
    -------
    Signal
        Arrays of the shape (height, width): rsrp_dbm, second_rsrp_dbm [dBm], sinr_db [dB], probability 0..1, server, second_server (-1:
        none). `server` is the strongest sector; a sector with more uplink margin but less level may serve the coverage map.

    Raises
    ------
    UsageError
        A service or network that is not on the map; a table without the columns of `sectors_of`.
    ValueError
        A load outside 0..1.

    See Also
    --------
    throughput_mbps : Turns SINR into a rate.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> sectors = ip.sectors_of(world.sites, world.services)
    >>> x_m, y_m = world.grid.place(world.sites)
    >>> window = world.grid.window(x_m[0] - 2000, y_m[0] - 2000, x_m[0] + 2000, y_m[0] + 2000)
    >>> signal = ip.predict_signal(world.cover, sectors, "nr-n28", window=window, load=0.5)
    >>> signal.rsrp_dbm.shape, float(signal.rsrp_dbm.max().round(1))
    ((9, 9), -59.0)
    >>> rate_mbps = ip.throughput_mbps(signal.sinr_db, world.services["nr-n28"].bandwidth_mhz)
    >>> float(rate_mbps.max().round(1))
    132.0
    """
    arguments.require("predict_signal", cover=(cover, arguments.COVER), sectors=(sectors, arguments.SECTORS))
    choose(service, cover.services, "service")
    if not 0.0 <= load <= 1.0:
        raise ValueError(f"load = {load:g} is outside 0 to 1")
    operators = sectors["operators"].astype(str).to_numpy()
    known_networks([network], dict.fromkeys(operators), cover.networks)
    grid, carrier = window or cover.grid, cover.services[service]
    rows = (sectors["service"].to_numpy() == service) & in_network(operators, network)
    chosen, number = sectors[rows], np.flatnonzero(rows)
    first_db, second_db, best_db = (np.full(grid.shape, np.nan) for _ in range(3))
    first, second = (np.full(grid.shape, -1, np.int32) for _ in range(2))
    total_mw = np.zeros(grid.shape)
    radio = Radio(cover.services, cover.max_radius_km, caps_km=cover.caps_km, terrain=cover.terrain, cache=cache)
    power_db, antenna = chosen["power_offset_db"].to_numpy(dtype=float), chosen["antenna"].to_numpy()
    for _, at, site in by_site(chosen, grid):
        footprint = site_footprint(site, grid, radio)
        for k, plane in enumerate(footprint.margin_db):
            gain_db = gain_offset_db(carrier, str(antenna[at + k]))
            extra_db = float(power_db[at + k])
            to_rsrp_db = carrier.rsrp_at_zero_loss_dbm + extra_db + gain_db - carrier.largest_loss_db(extra_db, gain_db)
            here = footprint.row0, footprint.col0
            _add(plane, to_rsrp_db, number[at + k], *here, first_db, first, second_db, second, total_mw, best_db)
    noise_mw = 10.0 ** (0.1 * noise_floor_dbm(carrier.subcarrier_khz * 1000.0, noise_figure_db))
    own_mw = 10.0 ** (0.1 * first_db)
    with np.errstate(invalid="ignore"):
        sinr_db = 10.0 * np.log10(own_mw / (noise_mw + load * np.maximum(total_mw - own_mw, 0.0)))
    probability = coverage_probability(best_db, carrier.shadowing_sigma_db, carrier.shadow_margin_db)
    return Signal(
        grid,
        service,
        load,
        first_db.astype(np.float32),
        first,
        second_db.astype(np.float32),
        second,
        sinr_db.astype(np.float32),
        np.where(np.isnan(best_db), 0.0, probability).astype(np.float32),
    )
