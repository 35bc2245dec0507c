"""The heart: what one site does to the pixels around it.

A footprint is a window of margins in dB, one plane a sector. The best-server map, reach and the cache consume it; nobody computes a margin
elsewhere.

    margin = largest loss the sector's budget bears (both links close) + pattern_db(azimuth, elevation) - path_loss_db
    pattern_db = max(horizontal_db + vertical_db, the antenna's floor)

`Radio` holds what many sites share: loss curves, antenna cuts, and the radial margin of each kind of sector.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from infraplan.geo.grids import Grid
from infraplan.radio.antennas import ELEVATIONS_DEG, Antenna, antenna_named, cuts
from infraplan.radio.budgets import Service, gain_offset_db
from infraplan.radio.selection import LossCurve, loss_curve

Float32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

CURVE_STEP_M = 10.0
NEAREST_M = 10.0
FLOOR_DB = -10.0
"""Pixels are computed as far as the boresight margin stays above this: a gap list can then say how much is missing."""


@dataclass(frozen=True)
class Footprint:
    """Margins of one site's sectors on a window of the grid: `margin_db[k, r, c]` is its k-th at pixel (`row0 + r`, `col0 + c`). [dB]"""

    row0: int
    col0: int
    margin_db: Float32
    capped: bool


@dataclass(frozen=True)
class Radial:
    """Margin of one kind of sector at boresight azimuth, every `CURVE_STEP_M` metres [dB]; the least its horizontal cut may count there,
    so that both cuts together stay above the antenna's floor [dB]; how far it is worth computing [m]; whether a cap cut service off
    there; the models behind it."""

    margin_db: Float32
    lowest_across_db: Float32
    radius_m: float
    capped: bool
    models: frozenset[str]


@dataclass
class Radio:
    """Tables many footprints share, filled as they are asked for: without terrain all but the horizontal pattern depends on distance.

    Pixels whose margin at boresight would lie below `floor_db` are not computed. `caps_km` tightens `max_radius_km` for a family. With
    `terrain` the footprints are ITU-R P.1812's, and `cache`, a `FootprintCache`, keeps their path loss.
    """

    services: Mapping[str, Service]
    max_radius_km: float = 30.0
    floor_db: float = FLOOR_DB
    terrain: Any = None
    cache: Any = None
    caps_km: Mapping[str, float] = field(default_factory=dict)
    radials: dict[tuple[str, str, float, str, float, float], Radial] = field(default_factory=dict)
    curves: dict[tuple[str, str, float], LossCurve] = field(default_factory=dict)
    patterns: dict[tuple[str, float], tuple[Float32, Float32]] = field(default_factory=dict)

    @property
    def models(self) -> set[str]:
        """Names of the propagation models that decided a pixel so far."""
        return set().union(*(radial.models for radial in self.radials.values()))

    def cap_km(self, family: str) -> float:
        """How far sectors of a family are computed at most. [km]"""
        return min(self.max_radius_km, self.caps_km.get(family, self.max_radius_km))

    def antenna(self, name: str) -> Antenna:
        """The antenna of that name: one that a service brings along, else the preset."""
        own = (service.antennas[name] for service in self.services.values() if name in service.antennas)
        found = next(own, None)
        return antenna_named(name) if found is None else found

    def cuts(self, antenna: str, tilt_deg: float) -> tuple[Float32, Float32]:
        """Horizontal (0..361 degrees) and vertical (-90..90) cut of a tilted antenna, relative to its boresight. [dB]"""
        key = antenna, tilt_deg
        if key not in self.patterns:
            horizontal_db, vertical_db = cuts(self.antenna(antenna), tilt_deg)
            self.patterns[key] = np.append(horizontal_db, horizontal_db[:2]).astype(np.float32), np.asarray(vertical_db, np.float32)
        return self.patterns[key]

    def curve(self, environment: str, service: Service, height_m: float) -> LossCurve:
        """Median path loss over distance without terrain."""
        key = environment, service.name, height_m
        if key not in self.curves:
            distance_m = np.arange(0.0, self.max_radius_km * 1000.0 + 2 * CURVE_STEP_M, CURVE_STEP_M)
            self.curves[key] = loss_curve(
                service.plan,
                service.frequency_mhz,
                height_m,
                environment,
                service.rx_height_m,
                np.maximum(distance_m, NEAREST_M),
            )
        return self.curves[key]

    def radial(self, environment: str, service_name: str, height_m: float, antenna: str, tilt_deg: float, power_offset_db: float) -> Radial:
        """The radial table of one kind of sector."""
        key = environment, service_name, height_m, antenna, tilt_deg, power_offset_db
        if key not in self.radials:
            service = self.services[service_name]
            curve = self.curve(environment, service, height_m)
            level_db = service.largest_loss_db(power_offset_db, gain_offset_db(service, antenna))
            near = np.flatnonzero(level_db - curve.loss_db[:-1] >= self.floor_db)
            cap_m = self.cap_km(service.family) * 1000.0
            last = min(int(near[-1]) if len(near) else 0, int(cap_m / CURVE_STEP_M) + 1)
            ends = last + 2 >= len(curve.loss_db) or last * CURVE_STEP_M >= cap_m or not np.isfinite(curve.loss_db[last + 1])
            capped = level_db > curve.loss_db[last] and ends
            elevation_deg = -np.degrees(np.arctan2(height_m - service.rx_height_m, curve.distance_m))
            vertical_db = np.interp(elevation_deg, ELEVATIONS_DEG, self.cuts(antenna, tilt_deg)[1])
            models = frozenset(name for part in dict.fromkeys(curve.model[: last + 1]) for name in part.split("+"))
            table = (level_db - curve.loss_db + vertical_db).astype(np.float32)
            lowest_db = (self.antenna(antenna).floor_db - vertical_db).astype(np.float32)
            self.radials[key] = Radial(table, lowest_db, float(min(last * CURVE_STEP_M, cap_m)), bool(capped), models)
        return self.radials[key]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _polar(
    distance_m: Float32, bearing_deg: Float32, x_m: float, y_m: float, left_m: float, top_m: float, resolution_m: float, far_m: float
) -> None:
    """Distance [m] and bearing from north [deg, 0..360] of every pixel centre from the mast; bearings only within `far_m`."""
    height, width = distance_m.shape
    for r in range(height):
        dy = top_m - (r + 0.5) * resolution_m - y_m
        for c in range(width):
            dx = left_m + (c + 0.5) * resolution_m - x_m
            distance_m[r, c] = math.sqrt(dx * dx + dy * dy)
            if distance_m[r, c] <= far_m:
                bearing = math.degrees(math.atan2(dx, dy))
                bearing_deg[r, c] = bearing if bearing >= 0.0 else bearing + 360.0


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _fill(
    margin_db: Float32,
    distance_m: Float32,
    bearing_deg: Float32,
    azimuth_deg: float,
    radius_m: float,
    step_m: float,
    radial: Float32,
    lowest_across: Float32,
    horizontal: Float32,
) -> None:
    """margin_db[row, column] of one sector. NaN beyond its radius."""
    height, width = margin_db.shape
    directional = not math.isnan(azimuth_deg)
    per_step = 1.0 / step_m
    for r in range(height):
        for c in range(width):
            distance = distance_m[r, c]
            if distance > radius_m:
                margin_db[r, c] = np.nan
                continue
            at = distance * per_step
            low = int(at)
            value = radial[low] + (at - low) * (radial[low + 1] - radial[low])
            if directional:
                off = bearing_deg[r, c] - azimuth_deg
                if off < 0.0:
                    off += 360.0
                i = int(off)
                across = horizontal[i] + (off - i) * (horizontal[i + 1] - horizontal[i])
                value += max(across, lowest_across[low] + (at - low) * (lowest_across[low + 1] - lowest_across[low]))
            margin_db[r, c] = value


def site_footprint(site: Mapping[str, Any], grid: Grid, radio: Radio) -> Footprint:
    """Margins of the sectors of one site on the window they reach.

    Parameters
    ----------
    site : mapping
        x_m, y_m of the mast in the grid's CRS; arrays `service, environment, height_m, azimuth_deg, tilt_deg, antenna, power_offset_db`,
        one entry a sector.
    grid : Grid
        The window is cut from it; a site outside the grid may still reach into it.
    radio : Radio
        Services and the tables sites share.
    """
    if radio.terrain is not None:
        from infraplan.coverage.over_terrain import footprint_over_terrain

        over_terrain = footprint_over_terrain(site, grid, radio)
        if over_terrain is not None:
            return over_terrain
    x_m, y_m = float(site["x_m"]), float(site["y_m"])
    names = ("environment", "service", "height_m", "antenna", "tilt_deg", "power_offset_db")
    radials = [radio.radial(*kind) for kind in zip(*(site[name] for name in names), strict=True)]
    reach_m = max((radial.radius_m for radial in radials), default=0.0)
    window = grid.window(x_m - reach_m, y_m - reach_m, x_m + reach_m, y_m + reach_m)
    margin_db = np.empty((len(radials), window.height, window.width), np.float32)
    row0, col0 = round((grid.y0_m - window.y0_m) / grid.resolution_m), round((window.x0_m - grid.x0_m) / grid.resolution_m)
    if margin_db.size:
        distance_m, bearing_deg = np.empty(window.shape, np.float32), np.empty(window.shape, np.float32)
        directional = not np.isnan(np.asarray(site["azimuth_deg"], float)).all()
        _polar(distance_m, bearing_deg, x_m, y_m, window.x0_m, window.y0_m, grid.resolution_m, reach_m if directional else -1.0)
        for k, radial in enumerate(radials):
            horizontal_db, _ = radio.cuts(site["antenna"][k], site["tilt_deg"][k])
            azimuth_deg = float(site["azimuth_deg"][k])
            tables = radial.margin_db, radial.lowest_across_db, horizontal_db
            _fill(margin_db[k], distance_m, bearing_deg, azimuth_deg, radial.radius_m, CURVE_STEP_M, *tables)
    return Footprint(row0, col0, margin_db, any(radial.capped for radial in radials))


def by_site(sectors: Any, grid: Grid) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(site id, index of its first sector, the mapping `site_footprint` takes) for a frame whose sectors of a site stand together."""
    x_m, y_m = grid.place(sectors)
    columns = {
        name: sectors[name].to_numpy()
        for name in ("service", "environment", "height_m", "azimuth_deg", "tilt_deg", "antenna", "power_offset_db")
    }
    site_id = sectors["site_id"].to_numpy()
    if not len(site_id):
        return
    starts = np.flatnonzero(np.concatenate([[True], site_id[1:] != site_id[:-1]]))
    for first, end in zip(starts, np.append(starts[1:], len(site_id)), strict=True):
        yield (
            str(site_id[first]),
            int(first),
            {"x_m": x_m[first], "y_m": y_m[first]} | {name: values[first:end] for name, values in columns.items()},
        )
