"""Level and interference of one carrier at positions: the strongest sector, and the power of all others on the same carrier.

Over terrain a receiver of a city is near thousands of sectors, and the sum of the many far ones counts. The `STRONGEST` masts by antenna,
distance and the highest knife edge, and the one that serves the map, are computed by P.1812; of the others `SAMPLED` are, and stand for the
rest by a ratio estimate. In the example's province 95 % of the sums are right to 0.4 dB (benchmarks/interference.py). Without terrain all
sectors are computed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from infraplan.arrays import Floats, Indices, Ints
from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.footprints import by_site, margins_at, radials_of
from infraplan.coverage.interference_kernels import Senders, choose_masts, levels_of_pairs, sum_pairs
from infraplan.coverage.mast_arrays import Masts, ground_of, masts_of, scene_of
from infraplan.coverage.networks import in_network
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.shared_tables import CURVE_STEP_M, Radio
from infraplan.geo.grids import Grid
from infraplan.radio.budgets import Service, gain_offset_db
from infraplan.units import SPEED_OF_LIGHT_M_S, ratio

STRONGEST = 10
SAMPLED = 4
BLOCK = 1 << 15
"""Receivers that a thread takes at a time: it bounds the memory."""
CELL_M = 1000.0
LOW_FLOOR_DB = -40.0
"""Without terrain a sector counts as far as its margin stays above this: 20 dB below the noise of a device, and less. [dB]"""


@dataclass(frozen=True)
class Carrier:
    """The sectors of one network on one frequency: their frame, their numbers on the map, what one resource element of each radiates."""

    network: str
    frequency_mhz: float
    sectors: Any
    number: Ints
    radiated_dbm: Floats


@dataclass(frozen=True)
class Received:
    """One carrier at positions: level of the strongest sector [dBm], its number on the map (-1: none), power of all others [mW].

    Median levels of a resource element outdoors, before body and walls; the others send all the time.
    """

    carrier: Carrier
    own_dbm: Floats
    server: Indices
    others_mw: Floats


def radiated_dbm(sectors: Any, services: Any) -> Floats:
    """What one resource element of each sector radiates at boresight. [dBm]"""
    kinds = sectors.groupby(["service", "antenna"], sort=False).ngroup().to_numpy()
    _, first, inverse = np.unique(kinds, return_index=True, return_inverse=True)
    known = [services[str(sectors["service"].iloc[i])] for i in first]
    base = [one.rsrp_at_zero_loss_dbm + gain_offset_db(one, str(sectors["antenna"].iloc[i])) for one, i in zip(known, first, strict=True)]
    return np.asarray(np.array(base, dtype=float)[inverse] + sectors["power_offset_db"].to_numpy(dtype=float))


def carriers_of(sectors: Any, cover: Coverage, family: str, network: str) -> list[Carrier]:
    """The carriers of a network: its sectors by frequency. `sectors` are those of the map, in its numbering."""
    operators = sectors["operators"].astype(str).to_numpy()
    own = (sectors["family"].to_numpy() == family) & in_network(operators, network)
    frequency = sectors["service"].map({name: one.frequency_mhz for name, one in cover.services.items()}).to_numpy(dtype=float)
    found = []
    for mhz in sorted(set(frequency[own])):
        rows = np.flatnonzero(own & (frequency == mhz))
        some = sectors.iloc[rows]
        found.append(Carrier(network, float(mhz), some, rows, radiated_dbm(some, cover.services)))
    return found


def received_at(
    carrier: Carrier, cover: Coverage, x_m: Floats, y_m: Floats, serving: Indices, *, exact: bool = False, workers: int | None = None
) -> Received:
    """Levels and interference of a carrier at positions in the plane of the map.

    Parameters
    ----------
    carrier : Carrier
        One of `carriers_of`.
    cover : Coverage
        The map: its terrain, services and caps are used.
    x_m, y_m : ndarray of float64, shape (positions,)
        The receivers. [m]
    serving : ndarray of int32, shape (positions,)
        Number of the sector that serves the map there, -1 for none: its mast is always computed.
    exact : bool
        Compute every mast within the cap, for tests and benchmarks: slow.
    workers : int, optional
        Threads; the result does not depend on it.
    """
    count = len(x_m)
    result = Received(carrier, np.full(count, np.nan), np.full(count, -1, np.int32), np.zeros(count))
    if not count or not len(carrier.sectors):
        return result
    radio = Radio(cover.services, cover.max_radius_km, LOW_FLOOR_DB, caps_km=cover.caps_km)
    left = np.arange(len(carrier.sectors))
    if cover.terrain is not None:
        masts = masts_of(carrier.sectors, *cover.grid.place(carrier.sectors), radio, cover.terrain, joint=True)
        left = masts.beyond
        if len(masts):
            _over_terrain(result, masts, cover, radio, x_m, y_m, serving, exact, workers)
    if len(left):
        _without_terrain(result, left, cover.grid, radio, x_m, y_m)
    return result


def _without_terrain(result: Received, rows: Ints, grid: Grid, radio: Radio, x_m: Floats, y_m: Floats) -> None:
    """Adds sectors without terrain, site by site, all of them; of the serving site as `levels_of_pairs` does."""
    carrier, services = result.carrier, radio.services
    sectors, strips, flat = carrier.sectors.iloc[rows], Strips.of(x_m, y_m), replace(radio, terrain=None)
    columns = sectors[["service", "power_offset_db", "antenna"]].itertuples(index=False)
    to_dbm = carrier.radiated_dbm[rows] - np.array([_largest_loss_db(services, *row) for row in columns])
    own_mw = np.where(result.server >= 0, ratio(np.nan_to_num(result.own_dbm)), 0.0)
    total_mw, serving_mw, beside_mw = result.others_mw + own_mw, own_mw, np.zeros(len(x_m))
    for _, first, site in by_site(sectors, grid):
        near, margin_db = margins_at(site, strips.rows, flat)
        if not len(near):
            continue
        number = carrier.number[rows[first : first + len(margin_db)]]
        dbm = np.where(np.isnan(margin_db), -np.inf, margin_db + to_dbm[first : first + len(margin_db), None])
        apart_mw = ratio(dbm + _below_floor_db(site, strips.rows.x_m[near], strips.rows.y_m[near], flat))
        at, top_dbm, top = strips.order[near], dbm.max(axis=0), number[dbm.argmax(axis=0)]
        power_mw = ratio(dbm).sum(axis=0)
        total_mw[at] += power_mw
        own, server = result.own_dbm[at], result.server[at]
        better = np.isfinite(top_dbm) & ((server < 0) | (top_dbm > own) | ((top_dbm == own) & (top < server)))
        some = at[better]
        result.own_dbm[some], result.server[some], serving_mw[some] = top_dbm[better], top[better], power_mw[better]
        of_top_mw = np.where(dbm == top_dbm, apart_mw, 0.0).max(axis=0)[better]
        beside_mw[some] = ratio(top_dbm[better]) * np.maximum(apart_mw.sum(axis=0)[better] / of_top_mw - 1.0, 0.0)
    result.others_mw[:] = np.maximum(total_mw - serving_mw, 0.0) + beside_mw


def _below_floor_db(site: Mapping[str, Any], x_m: Floats, y_m: Floats, radio: Radio) -> Floats:
    """What the whole horizontal cut takes off each sector's level where its gain is the floor. (sectors, receivers) [dB]"""
    dx, dy = x_m - float(site["x_m"]), y_m - float(site["y_m"])
    distance_m, bearing_deg = np.hypot(dx, dy), np.degrees(np.arctan2(dx, dy))
    found = np.zeros((len(site["service"]), len(x_m)))
    for k, radial in enumerate(radials_of(site, radio)):
        azimuth_deg, floor_db = float(site["azimuth_deg"][k]), radio.antenna(str(site["antenna"][k])).floor_db
        if np.isnan(azimuth_deg):
            continue
        horizontal_db, _ = radio.cuts(str(site["antenna"][k]), float(site["tilt_deg"][k]))
        across_db = np.interp((bearing_deg - azimuth_deg) % 360.0, np.arange(len(horizontal_db)), horizontal_db)
        at_m = np.arange(len(radial.lowest_across_db)) * CURVE_STEP_M
        vertical_db = floor_db - np.interp(distance_m, at_m, radial.lowest_across_db)
        found[k] = across_db + np.maximum(vertical_db, floor_db) - np.maximum(across_db + vertical_db, floor_db)
    return found


def _largest_loss_db(services: Any, service: str, power_offset_db: float, antenna: str) -> float:
    one: Service = services[str(service)]
    return one.largest_loss_db(float(power_offset_db), gain_offset_db(one, str(antenna)))


def _over_terrain(
    result: Received,
    masts: Masts,
    cover: Coverage,
    radio: Radio,
    x_m: Floats,
    y_m: Floats,
    serving: Indices,
    exact: bool,
    workers: int | None,
) -> None:
    """Fills the result, block by block of receivers from north to south."""
    carrier, terrain = result.carrier, cover.terrain
    assert terrain is not None
    about, constants = scene_of(masts, terrain.profile_step_m)
    constants = constants[:1]  # one frequency
    ground = ground_of(terrain)
    senders = senders_of(masts, carrier, terrain)
    radius_m = float(masts.radius_m.max())
    mast_of_sector = np.full(int(carrier.number.max()) + 1, -1)
    mast_of_sector[carrier.number[masts.index]] = np.repeat(np.arange(len(masts)), np.diff(masts.sector))
    known = (serving >= 0) & (serving < len(mast_of_sector))
    serving_mast = np.where(known, mast_of_sector[np.where(known, serving, 0)], -1)
    order = Strips.of(x_m, y_m).order
    strongest = len(masts) if exact else STRONGEST

    def run(begin: int) -> None:
        some = order[begin : begin + BLOCK]
        px, py = x_m[some], y_m[some]
        room, width = 4096, strongest + 1 + SAMPLED
        while True:
            mast_of, weight = np.full((len(some), width), -1, np.int64), np.zeros((len(some), width))
            needed = choose_masts(senders, ground, px, py, serving_mast[some], radius_m, strongest, SAMPLED, mast_of, weight, room)
            if needed <= room:
                break
            room = needed
        row, column = np.nonzero(mast_of >= 0)
        by_mast = np.lexsort((row, mast_of[row, column]))
        row, column = row[by_mast], column[by_mast]
        found, starts = np.unique(mast_of[row, column], return_index=True)
        starts = np.append(starts, len(row)).astype(np.int64)
        top_dbm, top_sector = np.full(len(row), np.nan), np.full(len(row), -1, np.int64)
        power_mw, beside_mw = np.zeros(len(row)), np.zeros(len(row))
        levels_of_pairs(
            senders, found, starts, row, px, py, ground, about.values, constants, radius_m + 1.0, top_dbm, top_sector, power_mw, beside_mw,
        )  # fmt: skip
        pair_of = np.full(mast_of.shape, -1, np.int64)
        pair_of[row, column] = np.arange(len(row))
        own_dbm, server, others_mw = (values[some] for values in (result.own_dbm, result.server, result.others_mw))
        sum_pairs(pair_of, weight, top_dbm, top_sector, power_mw, beside_mw, carrier.number[masts.index], own_dbm, server, others_mw)
        result.own_dbm[some], result.server[some], result.others_mw[some] = own_dbm, server, others_mw

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        list(pool.map(run, range(0, len(order), BLOCK)))


def senders_of(masts: Masts, carrier: Carrier, terrain: Any) -> Senders:
    """The masts of one carrier as the kernels take them."""
    left_m, up_m = float(masts.x_m.min()), float(masts.y_m.max())
    col = ((masts.x_m - left_m) // CELL_M).astype(np.int64)
    row = ((up_m - masts.y_m) // CELL_M).astype(np.int64)
    rows, cols = int(row.max()) + 1, int(col.max()) + 1
    cell = row * cols + col
    first = np.searchsorted(np.sort(cell), np.arange(rows * cols + 1)).astype(np.int64)
    own_dbm = carrier.radiated_dbm[masts.index]
    top_m = terrain.height_at(masts.x_m, masts.y_m) + masts.tx_height_m
    return Senders(
        masts.x_m, masts.y_m, masts.tx_height_m, masts.rx_height_m, masts.latitude, masts.sector.astype(np.int64), masts.azimuth_deg,
        masts.floor_db, masts.cut, masts.horizontal, masts.vertical, own_dbm, ratio(own_dbm), ratio(masts.horizontal).astype(np.float32),
        ratio(masts.vertical).astype(np.float32), ratio(masts.floor_db), np.asarray(top_m, float),
        SPEED_OF_LIGHT_M_S / (carrier.frequency_mhz * 1e6), CELL_M, left_m, up_m, rows, cols, first,
        np.argsort(cell, kind="stable").astype(np.int64),
    )  # fmt: skip
