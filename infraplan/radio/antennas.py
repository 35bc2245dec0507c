"""Antenna patterns: omni, the 3GPP sector element and panels of it, measured cuts; tilt; the two tables the kernels read.

How the cuts are combined: as planners do, by adding them. pattern_db = max(horizontal_db(azimuth off boresight) + vertical_db(elevation),
floor_db), both cuts 0 at their peak. Electrical tilt moves the main lobe of the vertical cut at every azimuth alike (for a panel by phase,
so that the lobe changes its shape, as a real panel's does); mechanical tilt t turns with the azimuth: elevation + t cos(azimuth). Elevation
is positive upward, tilt positive downward. A site's `tilt_deg` is taken as electrical: a site table gives only the total.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats, Floats32
from infraplan.presets import choose, load

ELEVATIONS_DEG = np.arange(-90.0, 91.0)


@dataclass(frozen=True)
class Antenna:
    """A pattern relative to its peak. `kind`: omni | element | panel | measured.

    A measured antenna brings `horizontal_db` (360 values, azimuth 0..359) and `vertical_db` (181 values, elevation -90..90), both <= 0,
    and the `electrical_tilt_deg` its vertical cut already contains.
    """

    name: str
    kind: str
    gain_dbi: float
    floor_db: float = -30.0
    vertical_hpbw_deg: float = 65.0
    rows: int = 1
    columns: int = 1
    row_spacing: float = 0.5
    column_spacing: float = 0.5
    electrical_tilt_deg: float = 0.0
    frequency_mhz: float | None = None
    horizontal_db: tuple[float, ...] = field(default=(), repr=False)
    vertical_db: tuple[float, ...] = field(default=(), repr=False)
    source: str = ""


def antenna_named(name: str) -> Antenna:
    """The preset antenna `name`. An unknown name raises UsageError with the list and the nearest match."""
    presets = load("antennas")
    values: dict[str, Any] = {key: value for key, value in presets[choose(name, presets, "antenna")].items() if key != "interpretation"}
    return Antenna(name=name, **values)


def sector_element_db(azimuth_off_deg: npt.ArrayLike, elevation_deg: npt.ArrayLike) -> Floats:
    """One 3GPP element, 65 by 65 degrees, relative to its 8 dBi peak. [dB]

    References
    ----------
    3GPP TR 38.901 v16.1.0, Floats32 7.3-1 (its zenith angle is 90 - elevation).
    """
    both_db = _element_cut_db(_wrapped(azimuth_off_deg)) + _element_cut_db(np.asarray(elevation_deg, dtype=float))
    return np.asarray(np.maximum(both_db, -30.0))


def pattern_db(
    antenna: str | Antenna,
    azimuth_off_deg: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    tilt_deg: float = 0.0,
    *,
    mechanical_tilt_deg: float = 0.0,
) -> Floats:
    """Gain relative to the peak, 0 or less. [dB]

    Parameters
    ----------
    antenna : str or Antenna
        A preset's name or an antenna read from a file.
    azimuth_off_deg : array_like
        Direction of the receiver less the antenna's azimuth, any multiple of a turn. NaN means omni: no horizontal loss. [deg]
    elevation_deg : array_like
        Direction of the receiver above the horizon, seen from the antenna: negative for a mast above it. [deg]
    tilt_deg : float
        Electrical downtilt; a measured antenna's own is part of it (4 on a file measured at 6 raises the lobe by 2). [deg]
    mechanical_tilt_deg : float
        Downtilt of the housing. [deg]

    Returns
    -------
    numpy.ndarray
        Broadcast of the angles. [dB]
    """
    made = antenna_named(antenna) if isinstance(antenna, str) else antenna
    off_deg, up_deg = np.asarray(azimuth_off_deg, dtype=float), np.asarray(elevation_deg, dtype=float)
    if mechanical_tilt_deg:
        up_deg = up_deg + mechanical_tilt_deg * np.where(np.isnan(off_deg), 0.0, np.cos(np.radians(np.nan_to_num(off_deg))))
    across_db = np.where(np.isnan(off_deg), 0.0, _horizontal_db(made, np.nan_to_num(off_deg)))
    return np.asarray(np.maximum(across_db + _vertical_db(made, up_deg, tilt_deg), made.floor_db))


def cuts(antenna: str | Antenna, tilt_deg: float = 0.0) -> tuple[Floats32, Floats32]:
    """Tables for the kernels: horizontal_db[360] (azimuth off boresight 0..359) and vertical_db[181] (elevation -90..90). [dB]

    Both are relative to the peak and not below `floor_db`; the kernel adds them, keeps the sum at or above `floor_db`, and so computes what
    `pattern_db` computes at whole degrees. The tables are shared and read-only.
    """
    made = antenna_named(antenna) if isinstance(antenna, str) else antenna
    return _cuts(made, float(tilt_deg))


@lru_cache(maxsize=1024)
def _cuts(antenna: Antenna, tilt_deg: float) -> tuple[Floats32, Floats32]:
    tables = []
    for values in (_horizontal_db(antenna, np.arange(360.0)), _vertical_db(antenna, ELEVATIONS_DEG, tilt_deg)):
        table = np.maximum(values, antenna.floor_db).astype(np.float32)
        table.setflags(write=False)
        tables.append(table)
    return tables[0], tables[1]


def _wrapped(angle_deg: npt.ArrayLike) -> Floats:
    """To -180..180."""
    return np.asarray((np.asarray(angle_deg, dtype=float) + 180.0) % 360.0 - 180.0)


def _element_cut_db(angle_deg: Floats) -> Floats:
    return np.asarray(-np.minimum(12.0 * (angle_deg / 65.0) ** 2, 30.0))


def _horizontal_db(antenna: Antenna, off_deg: Floats) -> Floats:
    if antenna.kind == "omni":
        return np.zeros(off_deg.shape)
    if antenna.kind == "measured":
        return np.asarray(np.interp(off_deg % 360.0, np.arange(361.0), np.append(antenna.horizontal_db, antenna.horizontal_db[0])))
    element_db = _element_cut_db(_wrapped(off_deg))
    if antenna.kind == "panel" and antenna.columns > 1:
        return np.asarray(element_db + _array_factor_db(antenna.columns, antenna.column_spacing, np.sin(np.radians(off_deg))))
    return element_db


def _vertical_db(antenna: Antenna, up_deg: Floats, tilt_deg: float) -> Floats:
    if antenna.kind == "panel":
        phase = np.sin(np.radians(up_deg)) + np.sin(np.radians(tilt_deg))
        raw_db = _element_cut_db(up_deg) + _array_factor_db(antenna.rows, antenna.row_spacing, phase)
        return np.asarray(np.minimum(raw_db - _panel_peak_db(antenna, tilt_deg), 0.0))
    lowered_deg = up_deg + tilt_deg - antenna.electrical_tilt_deg
    if antenna.kind == "measured":
        return np.asarray(np.interp(lowered_deg, ELEVATIONS_DEG, antenna.vertical_db))
    if antenna.kind == "element":
        return _element_cut_db(lowered_deg)
    return np.asarray(np.maximum(-12.0 * (lowered_deg / antenna.vertical_hpbw_deg) ** 2, antenna.floor_db))


def _array_factor_db(count: int, spacing: float, phase: Floats) -> Floats:
    """Pattern of a uniform line of `count` elements, `spacing` wavelengths apart, 0 dB at its peak.

    TR 38.901 section 7.3, TR 36.897 section 5.2.
    """
    half = np.pi * spacing * phase
    below = np.sin(half)
    full = np.where(np.abs(below) < 1e-9, 1.0, np.sin(count * half) / np.where(np.abs(below) < 1e-9, 1.0, count * below))
    return np.asarray(20.0 * np.log10(np.maximum(np.abs(full), 1e-6)))


@lru_cache(maxsize=1024)
def _panel_peak_db(antenna: Antenna, tilt_deg: float) -> float:
    """The panel's true peak, to which its pattern is relative: the element's pattern moves the steered lobe a little."""
    angles_deg = np.arange(-90.0, 90.01, 0.05)
    phase = np.sin(np.radians(angles_deg)) + np.sin(np.radians(tilt_deg))
    return float(np.max(_element_cut_db(angles_deg) + _array_factor_db(antenna.rows, antenna.row_spacing, phase)))
