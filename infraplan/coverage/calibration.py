"""Calibration of the models by measurements: constants and a few other terms, each only where masts that were left out confirm it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Ints
from infraplan.coverage.calibration_terms import Calibration, Evidence, MapTerms
from infraplan.coverage.links import MODELS, default_environment, places_of
from infraplan.coverage.measured_squares import SQUARE_M, Squares, by_pci, floor_of, new_faults, set_aside, squares_of, turned_azimuths
from infraplan.coverage.model_fits import Fit, band_terms, fit_model, fits_of
from infraplan.coverage.point_prediction import best_cells, cells_named
from infraplan.coverage.term_fit import folds_of
from infraplan.coverage.transmitters import Transmitters, carried_by
from infraplan.errors import DataError, Fault
from infraplan.geo.terrain import Terrain
from infraplan.messages import both
from infraplan.presets import choose
from infraplan.tables.faults import FaultList

ALIKE_DB = 0.02
"""Models whose errors differ by less count as equal: the first one of `MODELS` is taken, which knows more of what was not measured. [dB]"""


@dataclass(frozen=True)
class CalibrationRun:
    """A calibration, the story of its terms, and the cells whose azimuth the measurements contradict.

    Parameters
    ----------
    calibration : Calibration
        For `predict_points` and `write_calibration`.
    terms : DataFrame
        One row a term that was tried: term, rms_db on masts left out, gain_db, kept.
    turned : tuple of str
        Cells that fit better when their antenna is turned round.

    Examples
    --------
    >>> import infraplan as ip
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> cells = pd.DataFrame(
    ...     {"cell": ["A", "B"], "x_m": [0, 900], "y_m": [0, 0], "height_m": 30, "frequency_mhz": 1800, "eirp_dbm": 30.0}
    ... )
    >>> sites = ip.read_transmitters(cells, crs="local")
    >>> points = pd.DataFrame({"cell": ["A", "B"] * 200, "x_m": rng.uniform(0, 900, 400), "y_m": 100.0})
    >>> points["rsrp_dbm"] = ip.predict_points(points, sites)["predicted_dbm"] + 3.0
    >>> run = ip.calibrate(points, sites, models=["statistical"])
    >>> run.terms.loc[0, "term"], run.turned
    ('constant', ())
    """

    calibration: Calibration
    terms: pd.DataFrame
    turned: tuple[str, ...]


def calibrate(
    measured: pd.DataFrame,
    sites: Transmitters,
    terrain: Terrain | None = None,
    *,
    models: Sequence[str] | None = None,
    floor_dbm: float | None = None,
    square_m: float = SQUARE_M,
    force: bool = False,
    file: str = "",
) -> CalibrationRun:
    """Constants by band and other terms from measured levels, with the error they leave on masts that were left out.

    Rows are averaged by cell and squares. Tenths of the masts, by a hash of their names, are left out in turn. Terms that are tried: a
    slope over the model's, shares of the antenna pattern and of the stated powers, indoors, classes of land cover at the receiver, over
    terrain with clutter nominal distances by class; each is kept only where it lowers the error on masts left out. Sites get offsets,
    shrunk by how little was measured of them; they count at known masts alone. Values at the receiver's floor count as "not above it".

    Parameters
    ----------
    measured : DataFrame
        `read_measured(...)`, with rsrp_dbm; a row without a cell or PCI is compared with its best server.
    sites : Transmitters
        `read_transmitters(...)`.
    terrain : Terrain, optional
        Ground under both.
    models : sequence of str, optional
        Of "p1812", "statistical", "free-space": the one that leaves the least error is taken. By default "p1812" over terrain, the other
        two without.
    floor_dbm : float, optional
        The receiver's floor; by default found where many rows have the lowest value. [dBm]
    square_m : float
        Side of the squares. [m]
    force : bool
        Also with one mast alone, where no error on others can be stated.
    file : str
        Name of the file of measurements, for the evidence.

    Returns
    -------
    CalibrationRun
        `calibration`, `terms` (a table), `turned` (cells with a contradicted azimuth).

    Raises
    ------
    DataError
        No level, no site near, unknown bands, all values at the floor, one mast alone without `force`.

    Warns
    -----
    DataWarning
        Rows set aside, by kind; contradicted azimuths; points indoors; values at the floor.

    Examples
    --------
    >>> import infraplan as ip
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> cells = pd.DataFrame(
    ...     {
    ...         "cell": ["A", "B", "C"],
    ...         "x_m": [0, 900, 1800],
    ...         "y_m": [0, 0, 0],
    ...         "height_m": 30,
    ...         "frequency_mhz": 1800,
    ...         "eirp_dbm": 30.0,
    ...     }
    ... )
    >>> sites = ip.read_transmitters(cells, crs="local")
    >>> points = pd.DataFrame(
    ...     {"cell": rng.choice(["A", "B", "C"], 900), "x_m": rng.uniform(0, 1800, 900), "y_m": rng.uniform(-300, 300, 900)}
    ... )
    >>> points["rsrp_dbm"] = ip.predict_points(points, sites)["predicted_dbm"] - 7.0
    >>> made = ip.calibrate(points, sites, models=["statistical"]).calibration
    >>> round(made.points.band[0].constant_db, 1), made.evidence.masts
    (-7.0, 3)
    """
    faults = new_faults(measured)
    wanted = tuple(choose(name, MODELS, "model") for name in models or (("p1812",) if terrain is not None else MODELS[1:]))
    if "rsrp_dbm" not in measured or not np.isfinite(measured["rsrp_dbm"].to_numpy(float)).any():
        _refuse("no_levels", faults, column="rsrp_dbm")
    places = places_of(measured, sites, terrain)
    of = by_pci(measured, places, sites, cells_named(measured, sites, severity="warning"))
    of = _best_servers(measured, places, sites, of, wanted[0], faults)
    out = set_aside(measured, places, sites, of, faults)
    if out.all():
        _refuse("no_site_near", faults)
    level = measured["rsrp_dbm"].to_numpy(float)
    floor = floor_of(level[~out]) if floor_dbm is None else floor_dbm
    at_floor = ~out & (level <= floor + 0.05) if floor is not None else np.zeros(len(level), bool)
    if floor is not None and (at_floor == ~out).all():
        _refuse("all_at_the_floor", faults, value=f"{floor:g}", column="rsrp_dbm")
    if at_floor.any():
        faults.add("coverage.at_the_floor", column="rsrp_dbm", value=f"{floor:g}", severity="warning", count=int(at_floor.sum()),
                   share=f"{at_floor.sum() / (~out).sum():.0%}")  # fmt: skip
    indoors = ~out & (np.nan_to_num(places.building_m) > 0.0)
    if indoors.any():
        faults.add("coverage.points_indoors", column="building_m", severity="warning", count=int(indoors.sum()))
    squares = squares_of(measured, places, sites, of, ~out, floor, square_m)
    masts = sites.frame["site"].astype(str).to_numpy(object)[squares.of]
    count = len(set(masts))
    if count < 2 and not force:
        _refuse("one_mast", faults, value=str(masts[0]))
    fold = folds_of(masts.tolist()) if count > 1 else np.zeros(len(squares), np.int64)
    fits = [fit for name in wanted for fit in fits_of(name, squares, sites, terrain, fold, floor, count > 1)]
    usual = next(fit for fit in fits if fit.environment in ("", default_environment()))
    least_db = min(fit.rms_db for fit in fits)
    best = next(fit for fit in fits if fit.rms_db <= least_db + ALIKE_DB)
    turned = turned_azimuths(squares, sites, best.without_pattern_db, faults)
    days = sorted(set(measured["date"].astype(str)) - {"", "nan"}) if "date" in measured else []
    evidence = Evidence(
        file=file, rows=int((~out).sum()), set_aside=int(out.sum()), censored=int(at_floor.sum()), floor_dbm=floor, squares=len(squares),
        indoors=int(indoors.sum()), square_m=square_m, masts=count, cells=len(set(squares.of.tolist())),
        folds=int(fold.max()) + 1 if count > 1 else 0, first_day=days[0] if days else "",
        last_day=days[-1] if days else "", forced=count < 2,
    )  # fmt: skip
    faults.warn()
    maps = tuple(_map_terms(name, fits, squares, sites, fold, floor, count > 1) for name in wanted if name != "free-space")
    points = best.terms(squares, masts, usual.rms_before_db)
    story = pd.DataFrame(best.story, columns=["term", "rms_db", "gain_db", "kept"]).astype({"term": "str", "kept": "boolean"}).round(3)
    return CalibrationRun(Calibration(evidence=evidence, points=points, map=maps), story, tuple(turned))


def _refuse(rule: str, faults: FaultList, value: str = "", column: str = "") -> None:
    """Raises with everything found so far."""
    message, fix = both(f"coverage.{rule}"), both(f"coverage.{rule}_fix")
    faults.warn()
    raise DataError(Fault(faults.file, message, fix, rule=rule, column=column, value=value))


def _best_servers(measured: pd.DataFrame, places: Any, sites: Transmitters, of: Ints, model: str, faults: FaultList) -> Ints:
    """Cells of rows without one: the strongest predicted of their operator and band. A band that no cell carries is an error."""
    rest = np.flatnonzero(of == -1)
    if not len(rest):
        return of
    of = of.copy()
    words = [measured[name].fillna("").astype(str).to_numpy(object) if name in measured else np.full(len(measured), "", object)
             for name in ("operator", "band")]  # fmt: skip
    for operator, band in sorted(set(zip(words[0][rest], words[1][rest], strict=True))):
        some = rest[(words[0][rest] == operator) & (words[1][rest] == band)]
        allowed = np.flatnonzero(carried_by(sites, operator, band))
        if len(allowed):
            of[some] = best_cells(places, sites, some, allowed, model, "", None)
        else:
            mask = np.zeros(len(of), bool)
            mask[some] = True
            faults.at(mask, "coverage.points_nowhere", "band", words[1], operator=operator, band=band)
    faults.stop()
    faults.add("coverage.best_servers_taken", severity="warning", count=len(rest))
    return of


def _map_terms(
    model: str, fits: list[Fit], squares: Squares, sites: Transmitters, fold: Ints, floor: float | None, left_out: bool
) -> MapTerms:
    """Constants for maps: outdoor squares alone, the full pattern, the stated powers."""
    fit = next(one for one in fits if one.model == model and one.environment in ("", default_environment()))
    outdoors = np.nan_to_num(squares.places.building_m) <= 0.0
    some = np.flatnonzero(outdoors) if outdoors.any() else np.arange(len(squares))
    part = Squares(_part(squares.places, some), squares.of[some], squares.level_dbm[some], squares.censored[some], squares.rows[some])
    kept = ("of", "distance_m", "off_deg", "elevation_deg", "pattern_db", "loss_db", "seen", "model")
    links = replace(fit.links, at=np.arange(len(some)), **{name: getattr(fit.links, name)[some] for name in kept})
    folds = pd.factorize(fold[some], sort=True)[0].astype(np.int64)
    many = left_out and len(set(folds)) > 1
    made = fit_model(model, fit.environment, links, part, sites, folds, floor, fit.nominal_m, many, True)
    masts = sites.frame["site"].astype(str).to_numpy(object)[part.of]
    kind: dict[str, Any] = {"model": model, "environment": fit.environment or _only_environment(sites)}
    return MapTerms(
        rms_before_db=round(made.rms_before_db, 3), rms_db=round(made.rms_db, 3),
        sigma_db=round(made.sigma_db, 3), left_out=many, nominal_m=fit.nominal_m, band=band_terms(made, made.coefficients, masts), **kind,
    )  # fmt: skip


def _only_environment(sites: Transmitters) -> str:
    """The environment that all cells state; "" where they differ."""
    stated = set(sites.frame["environment"])
    return str(next(iter(stated))) if len(stated) == 1 else ""


def _part(places: Any, some: Ints) -> Any:
    """Some of the points, with all cells."""
    names = ("x_m", "y_m", "ground_m", "building_m", "clutter_class")
    return replace(places, **{name: getattr(places, name)[some] for name in names})
