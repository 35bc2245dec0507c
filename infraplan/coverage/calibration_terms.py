"""What a calibration adds to a prediction, as the file of `infraplan calibrate` holds it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from infraplan.arrays import Floats, Ints
from infraplan.coverage.links import Links, Places
from infraplan.coverage.transmitters import Transmitters

SAME_BAND = 0.1
"""A carrier this part beside the measured carriers of a band is still of that band (ours)."""
REFERENCE_M = 200.0
"""The slope turns about this distance. [m]"""
Environment = Literal["", "dense_urban", "urban", "suburban", "rural"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class BandTerms(_Table):
    """The constant of the carriers from `low_mhz` to `high_mhz`; `power_dbm` is the mean stated power of the measured cells."""

    low_mhz: float = Field(gt=0)
    high_mhz: float = Field(gt=0)
    constant_db: float = Field(ge=-100, le=100)
    power_dbm: float = Field(ge=-200, le=200)
    squares: int = Field(ge=1)
    masts: int = Field(ge=1)


class MapTerms(_Table):
    """Constants for coverage maps: the full pattern and the stated powers count, nothing else is added."""

    model: Literal["p1812", "statistical"]
    environment: Environment = ""
    rms_before_db: float = Field(ge=0)
    rms_db: float = Field(ge=0)
    sigma_db: float = Field(ge=0, le=40)
    left_out: bool = True
    nominal_m: dict[str, float] = Field(default_factory=dict)
    band: tuple[BandTerms, ...] = Field(min_length=1)


class PointTerms(_Table):
    """The terms that `infraplan signal` uses."""

    model: Literal["p1812", "statistical", "free-space"]
    environment: Environment = ""
    rms_before_db: float = Field(ge=0)
    rms_constant_db: float = Field(ge=0)
    rms_db: float = Field(ge=0)
    sigma_db: float = Field(ge=0, le=40)
    rms_known_masts_db: float | None = Field(default=None, ge=0)
    slope_db_per_decade: float = Field(default=0.0, ge=-60, le=60)
    nearest_m: float = Field(default=10.0, ge=1)
    farthest_m: float = Field(default=100_000.0, ge=1)
    pattern_share: float = Field(default=1.0, ge=0, le=1)
    power_share: float = Field(default=1.0, ge=0, le=1)
    indoors_db: float = Field(default=0.0, ge=-80, le=80)
    nominal_m: dict[str, float] = Field(default_factory=dict)
    class_db: dict[str, float] = Field(default_factory=dict)
    site_db: dict[str, float] = Field(default_factory=dict)
    band: tuple[BandTerms, ...] = Field(min_length=1)


class Evidence(_Table):
    """What was measured."""

    file: str = ""
    rows: int = Field(ge=1)
    set_aside: int = Field(default=0, ge=0)
    censored: int = Field(default=0, ge=0)
    floor_dbm: float | None = None
    indoors: int = Field(default=0, ge=0)
    squares: int = Field(ge=1)
    square_m: float = Field(gt=0)
    masts: int = Field(ge=1)
    cells: int = Field(ge=1)
    folds: int = Field(ge=0)
    first_day: str = ""
    last_day: str = ""
    forced: bool = False
    synthetic: bool = False


class Calibration(_Table):
    """What measurements say of the models: constants and other terms, with the error they leave on masts that were left out.

    Parameters
    ----------
    form : int
        Version of the schema.
    evidence : Evidence
        Rows, squares, masts, days.
    points : PointTerms
        Terms for predictions at points.
    map : tuple of MapTerms
        Constants for coverage maps, one entry a model.

    Examples
    --------
    >>> import infraplan as ip
    >>> band = {"low_mhz": 2585, "high_mhz": 2625, "constant_db": -8.5, "power_dbm": 11.1, "squares": 900, "masts": 12}
    >>> made = ip.Calibration.model_validate(
    ...     {
    ...         "evidence": {"rows": 1000, "squares": 900, "square_m": 5, "masts": 12, "cells": 30, "folds": 10},
    ...         "points": {
    ...             "model": "statistical",
    ...             "rms_before_db": 14.0,
    ...             "rms_constant_db": 10.4,
    ...             "rms_db": 9.8,
    ...             "sigma_db": 9.8,
    ...             "band": [band],
    ...         },
    ...     }
    ... )
    >>> made.points.band[0].constant_db
    -8.5
    """

    form: Literal[1] = 1
    evidence: Evidence
    points: PointTerms
    map: tuple[MapTerms, ...] = ()

    def map_of(self, model: str) -> MapTerms | None:
        """The constants for maps of a model.

        Parameters
        ----------
        model : str
            "p1812" or "statistical".

        Returns
        -------
        MapTerms or None
            None where the measurements were not compared with that model.
        """
        return next((one for one in self.map if one.model == model), None)


def band_of(bands: tuple[BandTerms, ...], frequency_mhz: Floats) -> Ints:
    """Number of the band of each carrier; -1 where none was measured."""
    low = np.array([band.low_mhz for band in bands]) * (1.0 - SAME_BAND)
    high = np.array([band.high_mhz for band in bands]) * (1.0 + SAME_BAND)
    middle = np.array([0.5 * (band.low_mhz + band.high_mhz) for band in bands])
    far = np.abs(np.log(frequency_mhz[:, None] / middle))
    far = np.where((frequency_mhz[:, None] >= low) & (frequency_mhz[:, None] <= high), far, np.inf)
    return np.where(np.isfinite(far.min(axis=1)), far.argmin(axis=1), -1)


def corrections_db(terms: PointTerms, links: Links, places: Places, transmitters: Transmitters) -> Floats:
    """What a calibration adds to the level of each pair; 0 where the carrier's band was not measured. [dB]"""
    band = band_of(terms.band, transmitters.numbers("frequency_mhz"))[links.of]
    constant = np.array([one.constant_db for one in terms.band])[band]
    power = transmitters.numbers("power_dbm")[links.of] - np.array([one.power_dbm for one in terms.band])[band]
    added = constant + (terms.power_share - 1.0) * power + (terms.pattern_share - 1.0) * links.pattern_db
    added = added + terms.slope_db_per_decade * decades(links.distance_m, terms.nearest_m, terms.farthest_m)
    added = added + terms.indoors_db * (np.nan_to_num(places.building_m[links.at]) > 0.0)
    if terms.class_db:
        added = added + np.array([terms.class_db.get(str(code), 0.0) for code in places.clutter_class])[links.at]
    if terms.site_db:
        added = added + np.array([terms.site_db.get(str(site), 0.0) for site in transmitters.frame["site"]])[links.of]
    return np.where(band >= 0, added, 0.0)


def decades(distance_m: Floats, nearest_m: float, farthest_m: float) -> Floats:
    """Decades from the reference distance, no further than what was measured."""
    return np.log10(np.clip(distance_m, nearest_m, farthest_m) / REFERENCE_M)
