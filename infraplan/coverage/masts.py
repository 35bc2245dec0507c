"""Sectors over terrain as flat arrays: sectors that share a mast, an antenna height and a radius share the geometry of its rays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.footprints import Radio
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.radio.antennas import antenna_named
from infraplan.radio.budgets import gain_offset_db
from infraplan.radio.p1812_tables import OFFSETS_PER_PIXEL, Scene, pull_table, scene

Floats = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int16]
MEDIAN = (50.0, 50.0, 0.0, True, 45.0, 325.0)
"""Time 50 %, locations 50 %, no variability (the budget holds the margin), vertical polarisation, Guangdong's refractivity (ours)."""
COLUMNS = ("service", "height_m", "azimuth_deg", "tilt_deg", "antenna", "power_offset_db")


@dataclass(frozen=True)
class Masts:
    """One entry a mast, height and radius; its sectors are `sector[m] : sector[m + 1]` of the sector arrays, its bands likewise."""

    row: Floats
    col: Floats
    tx_height_m: Floats
    rx_height_m: Floats
    latitude: Floats
    samples: Ints
    pull: Ints
    sector: Ints
    band: Ints
    index: Ints
    azimuth_deg: Floats
    level_db: Floats
    floor_db: Floats
    cut: Ints
    band_of_sector: Ints
    horizontal: Float32
    vertical: Float32
    band_ghz: Floats
    first: Ints
    first_at: Ints
    rays: Ints
    pull_sample: Shorts
    pull_row: Shorts
    pull_col: Shorts
    beyond: Ints

    def __len__(self) -> int:
        return len(self.row)


def masts_of(sectors: Any, x_m: Floats, y_m: Floats, radio: Radio, terrain: Any) -> Masts:
    """Arrays of all sectors whose mast stands on known ground; `beyond` holds the indices of the others.

    Parameters
    ----------
    sectors : mapping of arrays
        `site_id, service, height_m, azimuth_deg, tilt_deg, antenna, power_offset_db`, one entry a sector.
    x_m, y_m : ndarray
        Mast of each sector in the CRS of the terrain's grid. [m]
    """
    ground: Grid = terrain.grid
    column = {name: np.asarray(sectors[name]) for name in COLUMNS}
    count, resolution_m = len(column["service"]), ground.resolution_m
    row, col = (ground.y0_m - y_m) / resolution_m - 0.5, (x_m - ground.x0_m) / resolution_m - 0.5
    on_ground = stands_on(terrain, x_m, y_m)
    kind_of, level, ghz, rx_height, steps = _kinds(column, radio, resolution_m)
    samples = steps[kind_of]
    cut, at = _distinct(column["antenna"], column["tilt_deg"])
    tables = [radio.cuts(str(column["antenna"][i]), float(column["tilt_deg"][i])) for i in at]
    floors = np.array([antenna_named(str(column["antenna"][i])).floor_db for i in at])

    height_m = column["height_m"].astype(float)
    sites = pd.factorize(np.asarray(sectors["site_id"]))[0]
    order = np.lexsort((np.arange(count), ghz[kind_of], samples, rx_height[kind_of], height_m, sites))
    order = order[on_ground[order]]
    key = np.stack([sites, height_m, rx_height[kind_of], samples, x_m, y_m])[:, order]
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

    quarter = [
        np.rint(v[lead] * OFFSETS_PER_PIXEL).astype(int) - np.floor(v[lead] + 0.5).astype(int) * OFFSETS_PER_PIXEL for v in (row, col)
    ]
    wanted, pull = np.unique(np.stack([samples[lead], *quarter], axis=1), axis=0, return_inverse=True)
    pulls = [pull_table(float(n), int(a), int(b)) for n, a, b in wanted]
    entries = np.concatenate([[0], np.cumsum([len(p.sample) for p in pulls])])
    firsts = [p.first.astype(np.int64) + entries[k] for k, p in enumerate(pulls)]
    return Masts(
        row=row[lead], col=col[lead], tx_height_m=height_m[lead], rx_height_m=rx_height[kind_of][lead], latitude=np.radians(latitude),
        samples=samples[lead], pull=pull.astype(np.int64).reshape(-1), sector=np.append(starts, len(order)),
        band=np.append(band_number[starts], band_number[-1] + 1 if len(order) else 0),
        index=order.astype(np.int64), azimuth_deg=column["azimuth_deg"].astype(float)[order], level_db=level[kind_of][order],
        floor_db=floors[cut][order], cut=cut[order].astype(np.int64),
        band_of_sector=band_number - np.repeat(band_number[starts], ends - starts),
        horizontal=_stacked([t[0] for t in tables], 362), vertical=_stacked([t[1] for t in tables], 181), band_ghz=sector_ghz[new_band],
        first=_joined_ints(firsts), first_at=np.concatenate([[0], np.cumsum([len(f) for f in firsts])]).astype(np.int64),
        rays=np.array([p.rays for p in pulls], np.int64), pull_sample=_short([p.sample for p in pulls]),
        pull_row=_short([p.row for p in pulls]), pull_col=_short([p.col for p in pulls]), beyond=np.flatnonzero(~on_ground),
    )  # fmt: skip


def scene_of(masts: Masts, resolution_m: float) -> tuple[Scene, Floats]:
    """Tables long enough for every mast, and the constants of every band, median loss."""
    bands, which = np.unique(masts.band_ghz, return_inverse=True)
    degrees = np.abs(np.degrees(masts.latitude))
    if len(masts) and degrees.max() > 70.0:
        raise UsageError(both("coverage.polar"))
    about = scene(
        int(masts.samples.max(initial=1)), resolution_m / 1000.0, tuple(map(float, bands)), math.floor(degrees.min(initial=70.0)), *MEDIAN,
    )  # fmt: skip
    return about, about.constants[which]


def offset_in(grid: Grid, ground: Grid) -> tuple[int, int]:
    """Row and column of the grid's corner in the terrain's grid. UsageError when the two do not share pixels."""
    row, col = (ground.y0_m - grid.y0_m) / ground.resolution_m, (grid.x0_m - ground.x0_m) / ground.resolution_m
    alike = grid.crs == ground.crs and grid.resolution_m == ground.resolution_m and abs(row - round(row)) + abs(col - round(col)) < 1e-6
    row0, col0 = round(row), round(col)
    if not alike or row0 < 0 or col0 < 0 or row0 + grid.height > ground.height or col0 + grid.width > ground.width:
        raise UsageError(both("coverage.terrain_grid"))
    return row0, col0


def stands_on(terrain: Any, x_m: Floats, y_m: Floats) -> npt.NDArray[np.bool_]:
    """Whether points stand on known ground: inside the outermost pixel centres, no hole beside them."""
    ground: Grid = terrain.grid
    half = 0.5 * ground.resolution_m
    left, bottom, right, top = ground.bounds_m
    with np.errstate(invalid="ignore"):
        inside = (x_m >= left + half) & (x_m <= right - half) & (y_m >= bottom + half) & (y_m <= top - half)
    return np.asarray(inside & np.isfinite(terrain.height_at(np.where(inside, x_m, np.nan), np.where(inside, y_m, np.nan))))


def samples_of(sectors: Any, radio: Radio, resolution_m: float) -> Ints:
    """How many pixels far each sector is computed."""
    kind_of, _, _, _, steps = _kinds({name: np.asarray(sectors[name]) for name in COLUMNS}, radio, resolution_m)
    return steps[kind_of]


def _kinds(column: Mapping[str, npt.NDArray[Any]], radio: Radio, resolution_m: float) -> tuple[Ints, Floats, Floats, Floats, Ints]:
    """Sectors alike in service, antenna and power: the kind of each; level [dB], carrier [GHz], receiver [m], pixels of a kind."""
    kind_of, first = _distinct(column["service"], column["antenna"], column["power_offset_db"])
    level, ghz, rx_height, radius = (np.empty(len(first)) for _ in range(4))
    for kind, i in enumerate(first):
        service = radio.services[str(column["service"][i])]
        power_db = float(column["power_offset_db"][i])
        level[kind] = service.largest_loss_db(power_db, gain_offset_db(service, str(column["antenna"][i])))
        ghz[kind], rx_height[kind] = service.frequency_mhz / 1000.0, service.rx_height_m
        free_km = 10.0 ** ((level[kind] - radio.floor_db - 92.4 - 20.0 * math.log10(ghz[kind])) / 20.0)
        radius[kind] = min(radio.cap_km(service.family), free_km)
    return kind_of, level, ghz, rx_height, np.maximum(np.ceil(radius * 1000.0 / resolution_m - 1e-9), 1).astype(np.int64)


def _distinct(*columns: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Number of each row's combination of values, in order of appearance, and the first row of each."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        codes, values = pd.factorize(column)
        code = pd.factorize(code * (len(values) + 1) + codes)[0]
    _, first = np.unique(code, return_index=True)
    return code, first


def _joined_ints(parts: list[npt.NDArray[Any]]) -> Ints:
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def _short(parts: list[npt.NDArray[Any]]) -> Shorts:
    return np.concatenate(parts).astype(np.int16) if parts else np.zeros(0, np.int16)


def _stacked(tables: list[Float32], length: int) -> Float32:
    return np.stack(tables) if tables else np.zeros((0, length), np.float32)
