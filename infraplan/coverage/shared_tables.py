"""The tables that footprints of many sites share: loss curves, antenna cuts, and the radial margin of each kind of sector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from infraplan.arrays import Floats32
from infraplan.radio.antennas import ELEVATIONS_DEG, Antenna, antenna_named, cuts
from infraplan.radio.budgets import Service, gain_offset_db
from infraplan.radio.model_selection import LossCurve, loss_curve

CURVE_STEP_M = 10.0
NEAREST_M = 10.0
FLOOR_DB = -10.0
"""Pixels are computed as far as the boresight margin stays above this: a gap list can then say how much is missing."""


@dataclass(frozen=True)
class Footprint:
    """Margins of one site's sectors on a window of the grid: `margin_db[k, r, c]` is its k-th at pixel (`row0 + r`, `col0 + c`). [dB]"""

    row0: int
    col0: int
    margin_db: Floats32
    capped: bool


@dataclass(frozen=True)
class Radial:
    """Margin of one kind of sector at boresight azimuth, every `CURVE_STEP_M` metres [dB].

    The least value that its horizontal cut may have there, so that both cuts together stay above the antenna's floor [dB]; the distance up
    to which it is computed [m]; whether a cap cut service off
    there; the models behind it."""

    margin_db: Floats32
    lowest_across_db: Floats32
    radius_m: float
    capped: bool
    models: frozenset[str]


@dataclass
class Radio:
    """Tables that many footprints share, each made when first used: without terrain all but the horizontal pattern depends on distance.

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
    patterns: dict[tuple[str, float], tuple[Floats32, Floats32]] = field(default_factory=dict)

    @property
    def models(self) -> set[str]:
        """Names of the propagation models that were used so far."""
        return set().union(*(radial.models for radial in self.radials.values()))

    def cap_km(self, family: str) -> float:
        """Largest radius of the sectors of a family. [km]"""
        return min(self.max_radius_km, self.caps_km.get(family, self.max_radius_km))

    def antenna(self, name: str) -> Antenna:
        """The antenna of that name: one of a service, else the preset."""
        own = (service.antennas[name] for service in self.services.values() if name in service.antennas)
        found = next(own, None)
        return antenna_named(name) if found is None else found

    def cuts(self, antenna: str, tilt_deg: float) -> tuple[Floats32, Floats32]:
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
