"""Footprints and best servers over terrain, by ITU-R P.1812: geometry once a mast, all its bands; sectors only add antenna patterns.

The best-server map leaves out, exactly, every pixel whose margin in free space could not change it; stations on one mast share its rays.
Near pixels of all masts come first, so that far ones can be compared with them. The grid is cut into bands of rows that depend on
the grid alone; a thread takes one band at a time: any number of workers gives the same bytes.
"""

from __future__ import annotations

import math
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Floats32, Ints
from infraplan.coverage.mast_arrays import MEDIAN, Masts, check_terrain, ground_of, masts_of, radius_of, scene_of
from infraplan.coverage.own_clutter import some_of, surroundings_of
from infraplan.coverage.receivers_in_rows import Rows, Strips, near_in_strips, pixel_rows
from infraplan.coverage.shared_tables import Footprint, Radio
from infraplan.coverage.spread import spread
from infraplan.coverage.terrain_kernels import best_over_terrain, fill_margins, mark_cut
from infraplan.geo.grids import Grid
from infraplan.radio.ground_profiles import Ground
from infraplan.radio.p1812_area import AreaLoss, area_loss

LEAST_BAND_ROWS = 64
CHUNK = 500
LEAST_ELSEWHERE = 1_500
"""Stations that a band meets, in the mean, to be worth another machine: about two seconds."""
RINGS = (0.25, 0.4, 0.6, 0.85, 1.2, 1.7, 2.5, 4.0, 7.0)
"""All masts' pixels are taken ring by ring, outward, in shares of the masts' mean spacing: most far ones then cannot change the map."""


@dataclass
class FootprintCache:
    """Path loss over terrain that was computed already, the least recently used dropped beyond `max_bytes`. Belongs to one terrain.

    A window of float32 costs 4 bytes a pixel and band: radius 5 km on a 100 m grid 42 kB a site, 10 km 165 kB.

    Parameters
    ----------
    max_bytes : int
        Most memory of the windows. [bytes]
    bytes : int
        Memory of the windows that are kept. [bytes]
    hits, misses : int
        How often a window was kept already, and how often not.
    terrain : Terrain, optional
        The ground of the windows.
    windows : OrderedDict
        The windows, the least recently used first.

    Examples
    --------
    >>> import infraplan as ip
    >>> cache = ip.FootprintCache(max_bytes=64 * 2**20)
    >>> cache.hits, cache.bytes_per_site
    (0, 0.0)
    """

    max_bytes: int = 512 * 2**20
    bytes: int = 0
    hits: int = 0
    misses: int = 0
    terrain: Any = None
    windows: OrderedDict[tuple[Any, ...], AreaLoss] = field(default_factory=OrderedDict)

    @property
    def bytes_per_site(self) -> float:
        """Mean size of a kept window; 0 when empty."""
        return self.bytes / len(self.windows) if self.windows else 0.0

    def get(self, terrain: Any, key: tuple[Any, ...], compute: Callable[[], AreaLoss]) -> AreaLoss:
        """The window of a key, computed when it is not kept. Another terrain empties the cache.

        Parameters
        ----------
        terrain : Terrain
            The ground of the window.
        key : tuple
            What the window depends on.
        compute : callable
            Makes the window.

        Returns
        -------
        AreaLoss
            Path loss around the mast. [dB]
        """
        if terrain is not self.terrain:
            self.windows.clear()
            self.bytes, self.terrain = 0, terrain
        if key in self.windows:
            self.hits += 1
            self.windows.move_to_end(key)
            return self.windows[key]
        self.misses += 1
        area = compute()
        if area.loss_db.nbytes <= self.max_bytes:
            self.windows[key] = area
            self.bytes += area.loss_db.nbytes
            while self.bytes > self.max_bytes:
                self.bytes -= self.windows.popitem(last=False)[1].loss_db.nbytes
        return area


def path_loss_window(masts: Masts, m: int, grid: Grid, radio: Radio, ground: Ground) -> AreaLoss:
    """Path loss of one mast to every pixel of the map within its radius, a plane a band; from the cache where it is kept. [dB]"""
    bands_ghz = tuple(float(b) for b in masts.band_ghz[masts.band[m] : masts.band[m + 1]])
    x_m, y_m, tx_m, rx_m, radius_m = (float(v[m]) for v in (masts.x_m, masts.y_m, masts.tx_height_m, masts.rx_height_m, masts.radius_m))
    time_percent, location_percent, sigma_db, _, delta_n, n0 = MEDIAN
    pixel_m = grid.resolution_m

    def compute() -> AreaLoss:
        return area_loss(
            ground, x_m, y_m, grid.x0_m + 0.5 * pixel_m, grid.y0_m - 0.5 * pixel_m, pixel_m, grid.shape, radius_m,
            frequencies_ghz=bands_ghz, tx_height_m=tx_m, rx_height_m=rx_m, latitude_deg=math.degrees(float(masts.latitude[m])),
            step_m=radio.terrain.profile_step_m, time_percent=time_percent, location_percent=location_percent, location_sigma_db=sigma_db,
            delta_n=delta_n, n0=n0,
        )  # fmt: skip

    key = (grid, x_m, y_m, tx_m, rx_m, radius_m, bands_ghz)
    return radio.cache.get(radio.terrain, key, compute) if radio.cache is not None else compute()


def footprint_over_terrain(site: Mapping[str, Any], grid: Grid, radio: Radio) -> Footprint | None:
    """Margins of the sectors of one site over `radio.terrain`, as `site_footprint`; None when the mast stands on no known ground."""
    terrain = radio.terrain
    count = len(site["service"])
    same = {name: np.full(count, site[name]) for name in ("x_m", "y_m")}
    masts = masts_of(dict(site) | {"site_id": np.zeros(count, int)}, same["x_m"], same["y_m"], radio, terrain)
    if not len(masts):
        return None
    check_terrain(grid, terrain)
    ground = ground_of(terrain)
    reach_m = float(masts.radius_m.max())
    window = grid.window(site["x_m"] - reach_m, site["y_m"] - reach_m, site["x_m"] + reach_m, site["y_m"] + reach_m)
    rows, cols = window.slices_in(grid)
    margin_db = np.full((count, window.height, window.width), np.nan, np.float32)
    for m in range(len(masts)):
        area = path_loss_window(masts, m, grid, radio, ground)
        sector = slice(masts.sector[m], masts.sector[m + 1])
        planes = np.full((sector.stop - sector.start, *area.loss_db.shape[1:]), np.nan, np.float32)
        cut = masts.cut[sector]
        left_m, up_m = (float(v) for v in grid.centre_of(area.row0, area.col0))
        fill_margins(
            planes, area.loss_db, left_m, up_m, grid.resolution_m, ground, masts.x_m[m], masts.y_m[m], masts.tx_height_m[m],
            masts.rx_height_m[m], masts.azimuth_deg[sector], masts.level_db[sector], masts.floor_db[sector], masts.band_of_sector[sector],
            masts.horizontal[cut], masts.vertical[cut],
        )  # fmt: skip
        for target, source in _overlap(rows.start, cols.start, window.shape, area.row0, area.col0, planes.shape[1:]):
            margin_db[(masts.index[sector], *target)] = planes[(slice(None), *source)]
    return Footprint(rows.start, cols.start, margin_db, False)


def keep_best_over_terrain(
    best: Floats32,
    server: npt.NDArray[np.int32],
    sectors: Any,
    layers: npt.NDArray[np.int64],
    grid: Grid,
    radio: Radio,
    *,
    strips: Strips | None = None,
    index: npt.NDArray[np.int64] | None = None,
    workers: int | None = None,
    skip: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Masts:
    """Fill best[layer, row, column] and server[...] with the best margin over terrain and its lowest sector.

    Parameters
    ----------
    best, server : ndarray, shape (layers, height, width)
        Kept where they are already better. [dB], index
    sectors : GeoDataFrame
        `sectors_of(sites)`.
    layers : ndarray of int64
        Bit k set: the sector takes part in layer k.
    strips : Strips, optional
        Scattered receivers instead of the pixels of `grid`: the arrays then have a single row, in the order of the strips.
    index : ndarray of int64, optional
        Number of each sector in `server`, by default its row. Ties go to the lowest.
    skip : bool
        Leave out pixels that cannot change (exact). False computes all: for tests.
    progress : callable, optional
        Called with the share done, 0..1.

    Returns
    -------
    Masts
        `beyond` lists the sectors that are on no known ground and were left out.
    """
    check_terrain(grid, radio.terrain)
    masts = masts_of(sectors, *grid.place(sectors), radio, radio.terrain, joint=True)
    if not len(masts):
        return masts
    number = (np.arange(len(sectors)) if index is None else index)[masts.index]
    about = radio.terrain, masts, number, layers[masts.index], grid, strips, skip
    scene = _Scene(*about)
    bands, of_band = scene.bands, scene.of_band
    order = sorted(range(len(bands)), key=lambda band: -len(of_band[band]))
    elsewhere = spread.get()
    if elsewhere is not None and len(bands) > 1 and sum(len(some) for some in of_band) >= LEAST_ELSEWHERE * len(bands):
        parts = [(band, best[bands[band].at], server[bands[band].at]) for band in order]
        results = elsewhere(_Scene, about, _part, parts)
        for done, (band, (best_there, server_there)) in enumerate(zip(order, results, strict=True), start=1):
            best[bands[band].at], server[bands[band].at] = best_there, server_there
            if progress is not None:
                progress(done / len(bands))
        return masts
    work, done, lock = len(scene.phases) * sum(len(some) for some in of_band), 0, Lock()

    def advance(count: int) -> None:
        nonlocal done
        with lock:
            done += count
            if progress is not None:
                progress(done / work)

    def run(band: int) -> None:
        at = bands[band].at
        best[at], server[at] = scene.band(band, best[at], server[at], advance)

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        list(pool.map(run, order))
    return masts


class _Scene:
    """What all bands of receivers share: the stations, the ground, and which stations reach which band.

    `number`: what the sectors of the masts are called in the result; `layers`: the layers in which they take part.
    """

    def __init__(
        self,
        terrain: Any,
        masts: Masts,
        number: npt.NDArray[np.int64],
        layers: npt.NDArray[np.int64],
        grid: Grid,
        strips: Strips | None,
        skip: bool,
    ) -> None:
        self.masts, self.number, self.layers, self.skip = masts, number, layers, skip
        self.about, self.constants = scene_of(masts, terrain.profile_step_m)
        self.ground, pixel_m = ground_of(terrain), grid.resolution_m
        reach_m = float(masts.radius_m.max())
        area_m2 = (np.ptp(masts.x_m) + pixel_m) * (np.ptp(masts.y_m) + pixel_m)
        near_m = float(np.clip(math.sqrt(area_m2 / len(masts)), 3.0 * pixel_m, reach_m + pixel_m))
        self.bands = _bands(grid, strips, reach_m)
        along = np.lexsort((masts.x_m, (grid.y0_m - masts.y_m) // (32 * pixel_m)))
        north_m = masts.y_m[along]
        self.of_band = [along[(north_m - reach_m <= band.top_m) & (north_m + reach_m >= band.bottom_m)] for band in self.bands]
        rims = [share * near_m for share in RINGS if share * near_m < reach_m] + [reach_m + 1.0]
        self.phases = list(zip([0.0, *rims[:-1]], rims, strict=True))

    def band(
        self, band: int, best: Floats32, server: npt.NDArray[np.int32], advance: Callable[[int], None]
    ) -> tuple[Floats32, npt.NDArray[np.int32]]:
        """Best margins and servers of one band. `advance`: called with the number of stations done."""
        masts, ground, about = self.masts, self.ground, self.about
        rows = self.bands[band].rows
        # one memory layout whatever the band: a kernel is compiled for each layout it meets
        best_here, server_here = np.ascontiguousarray(best), np.ascontiguousarray(server)
        around = surroundings_of(rows, best_here.shape[1:], ground)
        for least_m, most_m in self.phases:
            for at_mast in range(0, len(self.of_band[band]), CHUNK):
                some = self.of_band[band][at_mast : at_mast + CHUNK]
                best_over_terrain(
                    best_here, server_here, rows, around, self.skip, least_m, most_m, some, ground,
                    masts.x_m, masts.y_m, masts.tx_height_m, masts.rx_height_m, masts.latitude, masts.radius_m, masts.sector, masts.band,
                    self.number, masts.reach_m, masts.azimuth_deg, masts.level_db, masts.floor_db, masts.cut, masts.band_of_sector,
                    self.layers, masts.horizontal, masts.vertical, self.constants, about.values,
                )  # fmt: skip
                advance(len(some))
        return best_here, server_here


def _part(scene: _Scene, band: int, best: Floats32, server: npt.NDArray[np.int32]) -> tuple[Floats32, npt.NDArray[np.int32]]:
    """One band on a worker elsewhere."""
    return scene.band(band, best.copy(), server.copy(), lambda count: None)


class _Band(NamedTuple):
    """Receivers that one thread takes: `at` in the arrays of all, between two norths. [m]"""

    rows: Rows
    at: tuple[slice, slice, slice]
    top_m: float
    bottom_m: float


def _bands(grid: Grid, strips: Strips | None, reach_m: float) -> list[_Band]:
    """The receivers cut into bands of at least `reach_m`, by where they are alone."""
    height, top_m, row_m = grid.height, grid.y0_m, grid.resolution_m
    if strips is not None:
        height, top_m, row_m = len(strips.rows.start) - 1, strips.rows.up_m, strips.rows.step_m
    count = max(LEAST_BAND_ROWS, math.ceil(reach_m / row_m) + 1)
    found = []
    for start in range(0, height, count):
        stop = min(start + count, height)
        every = slice(None)
        if strips is None:
            rows, at = pixel_rows(grid, start), (every, slice(start, stop), every)
        else:
            rows, some = strips.part(start, stop)
            at = every, every, some
        found.append(_Band(rows, at, top_m - start * row_m, top_m - stop * row_m))
    return found


class NeededMargins:
    """Best margins of sites over terrain at scattered receivers: sites that cannot reach `least_db` there are not computed.

    Parameters
    ----------
    sectors : GeoDataFrame
        `sectors_of(sites)`, sectors of a site together.
    takes_part : bool array
        Which sectors count.
    rows : Rows
        The receivers.
    least_db : float32 array
        Margins below it may be left out, receiver by receiver. [dB]
    """

    def __init__(self, sectors: Any, takes_part: npt.NDArray[np.bool_], rows: Rows, grid: Grid, radio: Radio, least_db: Floats32) -> None:
        check_terrain(grid, radio.terrain)
        self.rows = rows
        self.below_db = np.nextafter(least_db, np.float32(-np.inf))  # larger margins replace it
        self.masts = masts_of(sectors, *grid.place(sectors), radio, radio.terrain)
        self.ground = ground_of(radio.terrain)
        if len(self.masts):
            self.about, self.constants = scene_of(self.masts, radio.terrain.profile_step_m)
        self.around = surroundings_of(rows, (1, len(rows.x_m)), self.ground)
        self.layers = takes_part.astype(np.int64)[self.masts.index]
        sites = pd.factorize(sectors["site_id"])[0]
        self.site_of_mast = sites[self.masts.index[self.masts.sector[:-1]]]

    def of_site(self, number: int) -> tuple[Ints, Floats32] | None:
        """The receivers near the `number`-th site and its best margin there, NaN where that is not enough. None beyond the terrain."""
        masts = self.masts
        first, end = np.searchsorted(self.site_of_mast, [number, number + 1])
        if first == end:
            return None
        reach_m = float(masts.radius_m[first:end].max())
        near, rows = near_in_strips(self.rows, float(masts.x_m[first]), float(masts.y_m[first]), reach_m)
        best = self.below_db[near].reshape(1, 1, -1)
        server = np.full(best.shape, -1, np.int32)
        if len(near):
            best_over_terrain(
                best, server, rows, some_of(self.around, near), True, 0.0, reach_m + 1.0, np.arange(first, end), self.ground,
                masts.x_m, masts.y_m, masts.tx_height_m, masts.rx_height_m, masts.latitude, masts.radius_m, masts.sector, masts.band,
                masts.index, masts.reach_m, masts.azimuth_deg, masts.level_db, masts.floor_db, masts.cut, masts.band_of_sector,
                self.layers, masts.horizontal, masts.vertical, self.constants, self.about.values,
            )  # fmt: skip
        return near, np.where(server >= 0, best, np.float32(np.nan))[0, 0]


def cut_off_sites(
    best: Floats32, server: npt.NDArray[np.int32], sectors: Any, index: npt.NDArray[np.int64], grid: Grid, radio: Radio
) -> int:
    """Sites whose sectors (numbered by `index`) are best and still serve where their radius ends: the cap cut service off there."""
    x_m, y_m = grid.place(sectors)
    mast_row, mast_col = (grid.y0_m - y_m) / grid.resolution_m - 0.5, (x_m - grid.x0_m) / grid.resolution_m - 0.5
    radius, site = radius_of(sectors, radio) / grid.resolution_m, np.asarray(sectors["site_id"])
    row_of = np.full(max(int(server.max(initial=-1)), int(index.max(initial=-1))) + 2, -1)
    row_of[index] = np.arange(len(index))
    cut = np.zeros(len(index), bool)
    for plane_db, plane in zip(best, server, strict=True):
        mark_cut(plane_db, plane, row_of, mast_row, mast_col, radius, cut)
    return len(np.unique(site[cut]))


def _overlap(
    row0: int, col0: int, shape: tuple[int, int], other_row0: int, other_col0: int, other: tuple[int, int]
) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """The slices of two windows where they meet, or nothing."""
    top, left = max(row0, other_row0), max(col0, other_col0)
    bottom, right = min(row0 + shape[0], other_row0 + other[0]), min(col0 + shape[1], other_col0 + other[1])
    if top >= bottom or left >= right:
        return []
    here = slice(top - row0, bottom - row0), slice(left - col0, right - col0)
    return [(here, (slice(top - other_row0, bottom - other_row0), slice(left - other_col0, right - other_col0)))]
