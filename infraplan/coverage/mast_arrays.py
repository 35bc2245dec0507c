"""Sectors over terrain as flat arrays: sectors that share a mast, an antenna height and a radius share the geometry of its rays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Floats, Floats32, Ints
from infraplan.coverage.shared_tables import Radio
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.geo.terrain import NOMINAL_M, Clutter
from infraplan.messages import both
from infraplan.presets import load
from infraplan.radio.budgets import gain_offset_db
from infraplan.radio.ground_profiles import Ground
from infraplan.radio.p1812_tables import Scene, scene

CLIMATE = load("radio_environment")["climate"]
MEDIAN = (50.0, 50.0, 0.0, True, CLIMATE["delta_n"], CLIMATE["n0"])
"""Time 50 %, locations 50 %, no variability (the budget holds the margin), vertical polarisation, lapse rate and N0 of the preset."""
BARE = np.zeros((1, 1), np.uint16)
COLUMNS = ("service", "height_m", "azimuth_deg", "tilt_deg", "antenna", "power_offset_db")


@dataclass(frozen=True)
class Masts:
    """One entry a mast; its sectors are `sector[m] : sector[m + 1]` of the sector arrays, its bands likewise.

    `radius_m` is the largest of a mast, `reach_m` that of each sector.
    """

    x_m: Floats
    y_m: Floats
    tx_height_m: Floats
    rx_height_m: Floats
    latitude: Floats
    radius_m: Floats
    sector: Ints
    band: Ints
    index: Ints
    reach_m: Floats
    azimuth_deg: Floats
    level_db: Floats
    floor_db: Floats
    cut: Ints
    band_of_sector: Ints
    horizontal: Floats32
    vertical: Floats32
    band_ghz: Floats
    beyond: Ints

    def __len__(self) -> int:
        return len(self.x_m)


def masts_of(sectors: Any, x_m: Floats, y_m: Floats, radio: Radio, terrain: Any, *, joint: bool = False) -> Masts:
    """Arrays of all sectors whose mast stands on known ground; `beyond` holds the indices of the others.

    Sectors of one site, antenna height and radius make a mast; with `joint` those of one position and height, whatever their site.

    Parameters
    ----------
    sectors : mapping of arrays
        `site_id, service, height_m, azimuth_deg, tilt_deg, antenna, power_offset_db`, one entry a sector.
    x_m, y_m : ndarray
        Mast of each sector in the CRS of the terrain's grid. [m]
    """
    ground: Grid = terrain.grid
    column = {name: np.asarray(sectors[name]) for name in COLUMNS}
    count = len(column["service"])
    on_ground = stands_on(terrain, x_m, y_m)
    kind_of, level, ghz, rx_height, radius = _kinds(column, radio)
    radius_m = radius[kind_of]
    cut, at = _distinct(column["antenna"], column["tilt_deg"])
    tables = [radio.cuts(str(column["antenna"][i]), float(column["tilt_deg"][i])) for i in at]
    floors = np.array([radio.antenna(str(column["antenna"][i])).floor_db for i in at])

    height_m = column["height_m"].astype(float)
    sites = pd.factorize(np.asarray(sectors["site_id"]))[0]
    same = [x_m, y_m] if joint else [x_m, y_m, radius_m, sites]
    order = np.lexsort((np.arange(count), ghz[kind_of], *same[:-1], rx_height[kind_of], height_m, same[-1]))
    order = order[on_ground[order]]
    key = np.stack([*same, height_m, rx_height[kind_of]])[:, order]
    new = np.ones(len(order), bool)
    new[1:] = (key[:, 1:] != key[:, :-1]).any(axis=0)
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(order)).astype(np.int64)
    lead = order[starts]
    sector_ghz = ghz[kind_of][order]
    new_band = new.copy()
    new_band[1:] |= sector_ghz[1:] != sector_ghz[:-1]
    band_number = np.cumsum(new_band) - 1
    latitude = ground.unproject(x_m[lead], y_m[lead])[1] if len(lead) else np.zeros(0)

    return Masts(
        x_m=x_m[lead], y_m=y_m[lead], tx_height_m=height_m[lead], rx_height_m=rx_height[kind_of][lead], latitude=np.radians(latitude),
        radius_m=np.maximum.reduceat(radius_m[order], starts) if len(starts) else np.zeros(0), sector=np.append(starts, len(order)),
        band=np.append(band_number[starts], band_number[-1] + 1 if len(order) else 0),
        index=order.astype(np.int64), reach_m=radius_m[order], azimuth_deg=column["azimuth_deg"].astype(float)[order],
        level_db=level[kind_of][order],
        floor_db=floors[cut][order], cut=cut[order].astype(np.int64),
        band_of_sector=band_number - np.repeat(band_number[starts], ends - starts),
        horizontal=_stacked([t[0] for t in tables], 362), vertical=_stacked([t[1] for t in tables], 181), band_ghz=sector_ghz[new_band],
        beyond=np.flatnonzero(~on_ground),
    )  # fmt: skip


def scene_of(masts: Masts, step_m: float) -> tuple[Scene, Floats]:
    """Constants of the prediction, and those of every band, median loss."""
    bands, which = np.unique(masts.band_ghz, return_inverse=True)
    degrees = np.abs(np.degrees(masts.latitude))
    longest_km = float(masts.radius_m.max(initial=1000.0)) / 1000.0
    about = scene(longest_km, step_m / 1000.0, tuple(map(float, bands)), math.floor(degrees.min(initial=70.0)), *MEDIAN)
    return about, about.constants[which]


def ground_of(terrain: Any) -> Ground:
    """The terrain as the kernels take it."""
    grid, clutter = terrain.grid, terrain.clutter
    if clutter is None:
        clutter = Clutter(Grid(grid.crs, grid.x0_m, grid.y0_m, grid.resolution_m, 1, 1), BARE, np.zeros(1), np.full(1, NOMINAL_M))
    x_m, y_m, step_m = _first_centre(grid)
    clutter_x_m, clutter_y_m, clutter_step_m = _first_centre(clutter.grid)
    return Ground(
        np.ascontiguousarray(terrain.height_m, np.float32), x_m, y_m, step_m,
        np.ascontiguousarray(clutter.code), clutter_x_m, clutter_y_m, clutter_step_m, clutter.class_height_m, clutter.class_nominal_m,
    )  # fmt: skip


def _first_centre(grid: Grid) -> tuple[float, float, float]:
    """x and y of the centre of the first pixel, and the side of a pixel, as floats: kernels are compiled once for each type. [m]"""
    return grid.x0_m + 0.5 * grid.resolution_m, grid.y0_m - 0.5 * grid.resolution_m, float(grid.resolution_m)


def check_terrain(grid: Grid, terrain: Any) -> None:
    """UsageError where the terrain does not lie under every pixel centre of the map."""
    inner = 0.5 * grid.resolution_m - 1e-6
    left, bottom, right, top = grid.bounds_m
    west, south, east, north = terrain.grid.bounds_m
    inside = left + inner >= west and bottom + inner >= south and right - inner <= east and top - inner <= north
    if grid.crs != terrain.grid.crs or not inside:
        raise UsageError(both("coverage.terrain_grid"))


def stands_on(terrain: Any, x_m: Floats, y_m: Floats) -> npt.NDArray[np.bool_]:
    """Whether points are on known ground."""
    return np.asarray(np.isfinite(terrain.height_at(x_m, y_m)))


def radius_of(sectors: Any, radio: Radio) -> Floats:
    """How far each sector is computed. [m]"""
    kind_of, _, _, _, radius_m = _kinds({name: np.asarray(sectors[name]) for name in COLUMNS}, radio)
    return radius_m[kind_of]


def _kinds(column: Mapping[str, npt.NDArray[Any]], radio: Radio) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """Sectors alike in service, antenna and power: the kind of each; level [dB], carrier [GHz], receiver [m], radius [m] of a kind."""
    kind_of, first = _distinct(column["service"], column["antenna"], column["power_offset_db"])
    level, ghz, rx_height, radius_km = (np.empty(len(first)) for _ in range(4))
    for kind, i in enumerate(first):
        service = radio.services[str(column["service"][i])]
        power_db = float(column["power_offset_db"][i])
        level[kind] = service.largest_loss_db(power_db, gain_offset_db(service, str(column["antenna"][i])))
        ghz[kind], rx_height[kind] = service.frequency_mhz / 1000.0, service.rx_height_m
        free_km = 10.0 ** ((level[kind] - radio.floor_db - 92.4 - 20.0 * math.log10(ghz[kind])) / 20.0)
        radius_km[kind] = min(radio.cap_km(service.family), free_km)
    return kind_of, level, ghz, rx_height, radius_km * 1000.0


def _distinct(*columns: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Number of each row's combination of values, in order of appearance, and the first row of each."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        codes, values = pd.factorize(column)
        code = pd.factorize(code * (len(values) + 1) + codes)[0]
    _, first = np.unique(code, return_index=True)
    return code, first


def _stacked(tables: list[Floats32], length: int) -> Floats32:
    return np.stack(tables) if tables else np.zeros((0, length), np.float32)
