"""Levels at points themselves, not at pixels: of the cell that a point names, or of its best server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Floats, Ints
from infraplan.coverage.calibration_terms import Calibration, PointTerms, band_of, corrections_db
from infraplan.coverage.links import MODELS, Links, Places, links_of, places_of, with_losses
from infraplan.coverage.transmitters import Transmitters, carried_by, transmitters_of_sites
from infraplan.errors import DataError, Fault, UsageError, warn
from infraplan.geo.terrain import Terrain
from infraplan.messages import both
from infraplan.outputs import types
from infraplan.presets import choose
from infraplan.radio.budgets import Service
from infraplan.radio.path_loss import free_space
from infraplan.tables.faults import FaultList, rows_of

PAIRS = 2_000_000
"""Pairs of a point and a cell that are looked at together."""
AT_A_TIME = 4
"""Cells a point whose loss over terrain is computed before the others are compared with them."""
FARTHEST_M = 100_000.0
"""A nearest cell beyond it is reported. [m]"""


def predict_points(
    points: pd.DataFrame,
    sites: Transmitters | Any,
    services: Mapping[str, Service] | None = None,
    terrain: Terrain | None = None,
    *,
    calibration: Calibration | None = None,
    model: str | None = None,
) -> pd.DataFrame:
    """The level at each point, of the cell it names in `cell`, else of its best server.

    Parameters
    ----------
    points : DataFrame
        Columns lon and lat, or x_m and y_m where the cells are in a plane without a CRS; optional cell, operator, band, ground_m,
        building_m, clutter_class. `read_measured` makes it of a file.
    sites : Transmitters or GeoDataFrame
        Cells with their powers (`read_transmitters`), or checked sites (`read_sites`) whose powers are those of `services`.
    services : mapping of Service, optional
        Services by name, needed with checked sites.
    terrain : Terrain, optional
        Ground under points and sites: `read_terrain(...)`.
    calibration : Calibration, optional
        What measurements added: `read_calibration(...)`.
    model : {"p1812", "statistical", "free-space"}, optional
        By default the calibration's, else "p1812" over terrain and "statistical" without.

    Returns
    -------
    DataFrame
        One row a point, in their order, with their index: server, predicted_dbm [dBm], loss_db, pattern_db, correction_db [dB],
        distance_m [m], off_axis_deg, elevation_deg [deg], line_of_sight (0 or 1 over terrain, else its probability), model, clutter.

    Raises
    ------
    DataError
        A point without a position; a cell that the table of cells does not have.
    UsageError
        A model without its terrain; sites without services.

    Warns
    -----
    DataWarning
        Carriers that the calibration does not have, points far from every cell.

    References
    ----------
    Recommendation ITU-R P.1812-8. 3GPP TR 38.901, table 7.4.1-1. Recommendation ITU-R P.525-4.

    Examples
    --------
    >>> import infraplan as ip
    >>> import pandas as pd
    >>> world = ip.example_world()
    >>> points = ip.read_measured(pd.DataFrame({"lon": [113.05, 113.06], "lat": [23.1, 23.11]}))
    >>> found = ip.predict_points(points, world.sites, ip.services("nr-n28"))
    >>> found[["server", "model"]].values.tolist()
    [['S1/nr-n28/1', 'tr38901-rma+okumura-hata'], ['S2/nr-n28/3', 'okumura-hata']]
    """
    if not isinstance(sites, Transmitters):
        if services is None:
            raise UsageError(both("coverage.points_need_services"))
        sites = transmitters_of_sites(sites, services)
    terms = None if calibration is None else calibration.points
    model = choose(model or (terms.model if terms else "p1812" if terrain is not None else "statistical"), MODELS, "model")
    if model == "p1812" and terrain is None:
        raise UsageError(both("coverage.terrain_missing"))
    if terms is not None and terms.model != model:
        raise UsageError(both("coverage.calibrated_with", calibrated=terms.model, model=model))
    if not len(sites):
        raise DataError(Fault("sites", both("coverage.no_cells"), both("coverage.no_cells_fix"), rule="no_cells"))
    if terrain is not None and terrain.clutter is not None and terms is not None and terms.nominal_m:
        terrain = _with_nominal(terrain, terms)
    places = places_of(points, sites, terrain)
    _refuse_lost(points, places)
    named = cells_named(points, sites)
    environment = terms.environment if terms is not None else ""
    at = np.arange(len(points))
    of = np.where(named >= 0, named, -1)
    for operator, band, some in _searches(points, named):
        allowed = np.flatnonzero(carried_by(sites, operator, band))
        if not len(allowed):
            message, fix = both("coverage.points_nowhere", operator=operator, band=band), both("coverage.points_nowhere_fix")
            raise DataError(Fault(_file(points), message, fix, rule="points_nowhere", column="band", value=band or operator))
        of[some] = best_cells(places, sites, some, allowed, model, environment, terms)
    links = with_losses(links_of(places, sites, at, of), places, sites, model, environment)
    added = corrections_db(terms, links, places, sites) if terms is not None else np.zeros(len(at))
    _warn_of(points, links, sites, terms)
    return _table(points, links, places, sites, added)


def errors_db(points: pd.DataFrame, found: pd.DataFrame) -> Floats:
    """Measured less predicted level of the rows that have a measured one. [dB]"""
    if "rsrp_dbm" not in points:
        return np.zeros(0)
    error = points["rsrp_dbm"].to_numpy(float) - found["predicted_dbm"].to_numpy(float)
    return np.asarray(error[np.isfinite(error)])


def levels_dbm(links: Links, sites: Transmitters) -> Floats:
    """Level of each pair before any calibration. [dBm]"""
    return sites.numbers("element_dbm")[links.of] + links.pattern_db - links.loss_db


def _with_nominal(terrain: Terrain, terms: PointTerms) -> Terrain:
    assert terrain.clutter is not None
    return replace(terrain, clutter=terrain.clutter.with_own_nominal(terms.nominal_m))


def _file(points: pd.DataFrame) -> str:
    return str(points.attrs.get("file", "")) or "points"


def _refuse_lost(points: pd.DataFrame, places: Places) -> None:
    """Every point must have a position."""
    faults = FaultList(file=_file(points), rows=rows_of(points))
    faults.at(~(np.isfinite(places.x_m) & np.isfinite(places.y_m)), "coverage.point_without_place", "lon")
    faults.stop()


def cells_named(points: pd.DataFrame, sites: Transmitters, severity: str = "error") -> Ints:
    """Number of the cell that each point names; -1 where it names none, -2 where the table of cells does not have it."""
    if "cell" not in points:
        return np.full(len(points), -1, np.int64)
    cells = points["cell"].fillna("").astype(str)
    index = pd.Index(sites.frame["cell"].astype(str))
    found = np.asarray(index.get_indexer(pd.Index(cells)), np.int64)
    blank = (cells == "").to_numpy()
    unknown = (found < 0) & ~blank
    faults = FaultList(file=_file(points), rows=rows_of(points))
    faults.at(unknown, "coverage.unknown_cell", "cell", cells.to_numpy(object), severity=severity, known=", ".join(index[:5]))
    faults.stop()
    faults.warn()
    return np.where(blank, -1, np.where(unknown, -2, found))


def _searches(points: pd.DataFrame, named: Ints) -> list[tuple[str, str, Ints]]:
    """Points without a cell, by the operator and the band they name."""
    rest = np.flatnonzero(named < 0)
    if not len(rest):
        return []
    words = [points[name].fillna("").astype(str).to_numpy(object)[rest] if name in points else np.full(len(rest), "", object)
             for name in ("operator", "band")]  # fmt: skip
    keys = pd.MultiIndex.from_arrays(words)
    code, values = pd.factorize(keys)
    return [(str(values[k][0]), str(values[k][1]), rest[code == k]) for k in range(len(values))]


def best_cells(
    places: Places, sites: Transmitters, some: Ints, allowed: Ints, model: str, environment: str, terms: PointTerms | None
) -> Ints:
    """The strongest of the `allowed` cells at each of `some` points; of equal ones the first. The loss of a cell is computed only where
    it could be the strongest: none is below free space."""
    best = np.empty(len(some), np.int64)
    count = max(PAIRS // max(len(allowed), 1), 1)
    for begin in range(0, len(some), count):
        here = some[begin : begin + count]
        at, of = np.repeat(here, len(allowed)), np.tile(allowed, len(here))
        links = links_of(places, sites, at, of)
        gain = sites.numbers("element_dbm")[of] + links.pattern_db
        if terms is not None:
            gain = gain + corrections_db(terms, links, places, sites)
        if model == "p1812":
            chosen = _best_over_terrain(links, gain, places, sites, environment, len(here), len(allowed))
        else:
            level = gain - with_losses(links, places, sites, model, environment).loss_db
            chosen = level.reshape(len(here), len(allowed)).argmax(axis=1)
        best[begin : begin + count] = allowed[chosen]
    return best


def _best_over_terrain(links: Links, gain: Floats, places: Places, sites: Transmitters, environment: str, rows: int, columns: int) -> Ints:
    """As `best_cells`, a few cells of each point at a time, the most promising first."""
    far_km = np.maximum(links.distance_m, 1.0) / 1000.0
    bound = (gain - free_space(far_km, sites.numbers("frequency_mhz")[links.of])).reshape(rows, columns)
    order = np.argsort(-bound, axis=1, kind="stable")
    level = np.full((rows, columns), -np.inf)
    open_rows = np.arange(rows)
    for first in range(0, columns, AT_A_TIME):
        wanted = order[open_rows, first : first + AT_A_TIME]
        pairs = (open_rows[:, None] * columns + wanted).ravel()
        part = links_of(places, sites, links.at[pairs], links.of[pairs])
        loss_db = with_losses(part, places, sites, "p1812", environment).loss_db
        level.ravel()[pairs] = gain[pairs] - loss_db
        if first + AT_A_TIME >= columns:
            break
        following = np.take_along_axis(bound[open_rows], order[open_rows, first + AT_A_TIME][:, None], axis=1)[:, 0]
        open_rows = open_rows[following >= level[open_rows].max(axis=1)]
        if not len(open_rows):
            break
    return np.asarray(level.argmax(axis=1), np.int64)


def _warn_of(points: pd.DataFrame, links: Links, sites: Transmitters, terms: PointTerms | None) -> None:
    """Rows far from their cell, and carriers without a calibration."""
    faults = FaultList(file=_file(points), rows=rows_of(points))
    away = links.distance_m > FARTHEST_M
    faults.at(away, "coverage.point_far", "cell", np.round(links.distance_m / 1000.0), severity="warning", km=f"{FARTHEST_M / 1000:g}")
    if terms is not None:
        lacking = band_of(terms.band, sites.numbers("frequency_mhz"))[links.of] < 0
        mhz = ", ".join(f"{one:g}" for one in np.unique(sites.numbers("frequency_mhz")[links.of[lacking]]))
        faults.at(lacking, "coverage.band_not_calibrated", "band", severity="warning", frequencies=mhz)
    warn(faults.items)


def _table(points: pd.DataFrame, links: Links, places: Places, sites: Transmitters, added: Floats) -> pd.DataFrame:
    """The columns of the output, rounded so that no processor's last bits are in them."""
    level = levels_dbm(links, sites) + added
    columns = {
        "server": sites.frame["cell"].to_numpy(object)[links.of], "predicted_dbm": level.round(2), "loss_db": links.loss_db.round(2),
        "pattern_db": links.pattern_db.round(2), "correction_db": added.round(2), "distance_m": links.distance_m.round(1),
        "off_axis_deg": links.off_deg.round(1), "elevation_deg": links.elevation_deg.round(2), "line_of_sight": links.seen.round(3),
        "model": links.model, "clutter": places.clutter_class,
    }  # fmt: skip
    return pd.DataFrame(columns, index=points.index)[list(types("signal_points"))]
