"""The footprint of a site: its margins at the pixels around it.

A footprint is a window of margins in dB, one plane a sector. The best-server map, reach and the cache use it; no other module computes
a margin.

    margin = largest loss of the sector's budget (both links close) + pattern_db(azimuth, elevation) - path_loss_db
    pattern_db = max(horizontal_db + vertical_db, the antenna's floor)

Loss curves and antenna cuts, which many sites share, are in `shared_tables`; footprints over terrain are in `over_terrain`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numba import njit

from infraplan.arrays import Floats32, Ints
from infraplan.coverage.over_terrain import footprint_over_terrain
from infraplan.coverage.receivers_in_rows import Rows, near_by_x
from infraplan.coverage.shared_tables import CURVE_STEP_M, Footprint, Radial, Radio
from infraplan.geo.grids import Grid


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _polar(
    distance_m: Floats32, bearing_deg: Floats32, x_m: float, y_m: float, left_m: float, top_m: float, resolution_m: float, far_m: float
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
    margin_db: Floats32,
    distance_m: Floats32,
    bearing_deg: Floats32,
    azimuth_deg: float,
    radius_m: float,
    step_m: float,
    radial: Floats32,
    lowest_across: Floats32,
    horizontal: Floats32,
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
        over_terrain = footprint_over_terrain(site, grid, radio)
        if over_terrain is not None:
            return over_terrain
    x_m, y_m = float(site["x_m"]), float(site["y_m"])
    radials = radials_of(site, radio)
    reach_m = max((radial.radius_m for radial in radials), default=0.0)
    window = grid.window(x_m - reach_m, y_m - reach_m, x_m + reach_m, y_m + reach_m)
    margin_db = np.empty((len(radials), window.height, window.width), np.float32)
    row0, col0 = round((grid.y0_m - window.y0_m) / grid.resolution_m), round((window.x0_m - grid.x0_m) / grid.resolution_m)
    if margin_db.size:
        distance_m, bearing_deg = np.empty(window.shape, np.float32), np.empty(window.shape, np.float32)
        directional = not np.isnan(np.asarray(site["azimuth_deg"], float)).all()
        _polar(distance_m, bearing_deg, x_m, y_m, window.x0_m, window.y0_m, grid.resolution_m, reach_m if directional else -1.0)
        _fill_sectors(margin_db, distance_m, bearing_deg, site, radials, radio)
    return Footprint(row0, col0, margin_db, any(radial.capped for radial in radials))


def margins_at(site: Mapping[str, Any], rows: Rows, radio: Radio) -> tuple[Ints, Floats32]:
    """Scattered receivers within the reach of a site without terrain, and its margins there: a row a sector. [dB]"""
    x_m, y_m = float(site["x_m"]), float(site["y_m"])
    radials = radials_of(site, radio)
    near = near_by_x(rows, x_m, y_m, max((radial.radius_m for radial in radials), default=0.0))
    margin_db = np.full((len(radials), 1, len(near)), np.nan, np.float32)
    if margin_db.size:
        dx, dy = rows.x_m[near] - x_m, rows.y_m[near] - y_m
        distance_m, bearing_deg = np.sqrt(dx * dx + dy * dy), np.degrees(np.arctan2(dx, dy)) % 360.0
        _fill_sectors(margin_db, distance_m.astype(np.float32)[None], bearing_deg.astype(np.float32)[None], site, radials, radio)
    return near, margin_db[:, 0]


def radials_of(site: Mapping[str, Any], radio: Radio) -> list[Radial]:
    """The radial table of each sector of a site."""
    names = ("environment", "service", "height_m", "antenna", "tilt_deg", "power_offset_db")
    return [radio.radial(*kind) for kind in zip(*(site[name] for name in names), strict=True)]


def _fill_sectors(
    margin_db: Floats32, distance_m: Floats32, bearing_deg: Floats32, site: Mapping[str, Any], radials: list[Radial], radio: Radio
) -> None:
    """Margins of each sector of a site at receivers of known distance and bearing."""
    for k, radial in enumerate(radials):
        horizontal_db, _ = radio.cuts(site["antenna"][k], site["tilt_deg"][k])
        tables = radial.margin_db, radial.lowest_across_db, horizontal_db
        _fill(margin_db[k], distance_m, bearing_deg, float(site["azimuth_deg"][k]), radial.radius_m, CURVE_STEP_M, *tables)


def by_site(sectors: Any, grid: Grid) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """(site id, index of its first sector, the mapping `site_footprint` takes) for a frame whose sectors of a site follow one another."""
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
