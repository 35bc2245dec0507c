"""The heart: what one site does to the pixels around it.

A footprint is a window of margins in dB, one plane a sector. The best-server map, reach and the cache consume it; nobody computes a margin
elsewhere.

    margin = min(downlink_max_path_loss_db + power_offset_db, uplink_max_path_loss_db) + pattern_db(azimuth, elevation) - path_loss_db

`Radio` holds what many sites share: loss curves by (environment, service, height), antenna cuts by (antenna, tilt).
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
from infraplan.radio.antennas import cuts
from infraplan.radio.budgets import Service
from infraplan.radio.selection import default_plan, loss_curve

Float32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

CURVE_STEP_M = 25.0
FLOOR_DB = -10.0
"""Pixels are computed as far as the boresight margin stays above this: a gap list can then say how much is missing."""


@dataclass(frozen=True)
class Footprint:
    """Margins of one site's sectors on a window of the grid: `margin_db[k, r, c]` is its k-th at pixel (`row0 + r`, `col0 + c`). [dB]"""

    row0: int
    col0: int
    margin_db: Float32
    capped: bool


@dataclass
class Radio:
    """Tables shared by many footprints, filled as they are asked for."""

    services: Mapping[str, Service]
    max_radius_km: float = 30.0
    curves: dict[tuple[str, str, float], tuple[Float32, float, bool]] = field(default_factory=dict)
    patterns: dict[tuple[str, float], tuple[Float32, Float32]] = field(default_factory=dict)
    models: set[str] = field(default_factory=set)

    def curve(self, environment: str, service_name: str, height_m: float) -> tuple[Float32, float, bool]:
        """Path loss every `CURVE_STEP_M` metres [dB], the radius worth computing [m], and whether a cap cut service off there."""
        key = environment, service_name, height_m
        if key not in self.curves:
            service = self.services[service_name]
            distance_m = np.arange(0.0, self.max_radius_km * 1000.0 + CURVE_STEP_M, CURVE_STEP_M)
            distance_m[0] = 1.0
            curve = loss_curve(default_plan(service.family), service.frequency_mhz, height_m, environment, service.rx_height_m, distance_m)
            loss_db = curve.loss_db
            margin_db = service.max_path_loss_db - loss_db
            near = np.flatnonzero(margin_db >= FLOOR_DB)
            last = int(near[-1]) if len(near) else 0
            ends = last + 1 >= len(loss_db) or not np.isfinite(loss_db[last + 1])
            self.models.update(name for part in curve.model[: last + 1] for name in part.split("+"))
            self.curves[key] = loss_db.astype(np.float32), float(distance_m[last]), bool(ends and margin_db[last] > 0)
        return self.curves[key]

    def cuts(self, antenna: str, tilt_deg: float) -> tuple[Float32, Float32]:
        """Horizontal (360) and vertical (181) cut of a tilted antenna, relative to its boresight. [dB]"""
        key = antenna, tilt_deg
        if key not in self.patterns:
            horizontal_db, vertical_db = cuts(antenna, tilt_deg)
            self.patterns[key] = np.asarray(horizontal_db, np.float32), np.asarray(vertical_db, np.float32)
        return self.patterns[key]


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _fill(
    margin_db: Float32,
    x_m: float,
    y_m: float,
    left_m: float,
    top_m: float,
    resolution_m: float,
    azimuth_deg: Floats,
    height_m: Floats,
    level_db: Floats,
    curves: Float32,
    curve_radius_m: Floats,
    step_m: float,
    horizontal: Float32,
    vertical: Float32,
) -> None:
    """margin_db[sector, row, column] of one site whose sectors stand at one point. NaN beyond a sector's radius."""
    sectors, height, width = margin_db.shape
    to_deg = 180.0 / math.pi
    for r in range(height):
        dy = top_m - (r + 0.5) * resolution_m - y_m
        for c in range(width):
            dx = left_m + (c + 0.5) * resolution_m - x_m
            distance = max(math.sqrt(dx * dx + dy * dy), 10.0)
            bearing = math.atan2(dx, dy) * to_deg
            at = distance / step_m
            low = int(at)
            part = at - low
            for k in range(sectors):
                if distance > curve_radius_m[k]:
                    margin_db[k, r, c] = np.nan
                    continue
                loss = curves[k, low] + part * (curves[k, low + 1] - curves[k, low]) if part > 0.0 else curves[k, low]
                pattern = 0.0
                if not math.isnan(azimuth_deg[k]):
                    off = (bearing - azimuth_deg[k]) % 360.0
                    i = int(off)
                    f = off - i
                    pattern += horizontal[k, i % 360] + f * (horizontal[k, (i + 1) % 360] - horizontal[k, i % 360])
                elevation = 90.0 - math.atan2(height_m[k], distance) * to_deg
                j = min(int(elevation), 179)
                g = elevation - j
                pattern += vertical[k, j] + g * (vertical[k, j + 1] - vertical[k, j])
                margin_db[k, r, c] = level_db[k] + pattern - loss


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
    x_m, y_m = float(site["x_m"]), float(site["y_m"])
    count = len(site["service"])
    tables = [radio.curve(site["environment"][k], site["service"][k], float(site["height_m"][k])) for k in range(count)]
    radius_m = np.array([table[1] for table in tables])
    reach_m = float(radius_m.max(initial=0.0))
    window = grid.window(x_m - reach_m, y_m - reach_m, x_m + reach_m, y_m + reach_m)
    margin_db = np.empty((count, window.height, window.width), np.float32)
    row0, col0 = round((grid.y0_m - window.y0_m) / grid.resolution_m), round((window.x0_m - grid.x0_m) / grid.resolution_m)
    if margin_db.size:
        patterns = [radio.cuts(str(site["antenna"][k]), float(site["tilt_deg"][k])) for k in range(count)]
        services = [radio.services[name] for name in site["service"]]
        downlink_db = np.array([s.downlink_max_path_loss_db for s in services]) + np.asarray(site["power_offset_db"], float)
        level_db = np.minimum(downlink_db, [s.uplink_max_path_loss_db for s in services])
        above_m = np.asarray(site["height_m"], float) - np.array([s.rx_height_m for s in services])
        _fill(
            margin_db,
            x_m,
            y_m,
            window.x0_m,
            window.y0_m,
            grid.resolution_m,
            np.asarray(site["azimuth_deg"], float),
            above_m,
            level_db,
            np.stack([t[0] for t in tables]),
            radius_m,
            CURVE_STEP_M,
            np.stack([p[0] for p in patterns]),
            np.stack([p[1] for p in patterns]),
        )
    return Footprint(row0, col0, margin_db, any(table[2] for table in tables))


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
