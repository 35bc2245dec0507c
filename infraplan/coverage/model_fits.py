"""One model fitted to measured squares: its terms, their story, its error on masts that were left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import norm

from infraplan.arrays import Bools, Floats, Ints
from infraplan.coverage.calibration_terms import SAME_BAND, BandTerms, PointTerms, decades
from infraplan.coverage.links import Links, links_of, with_losses
from infraplan.coverage.mast_arrays import ground_of
from infraplan.coverage.measured_squares import Squares
from infraplan.coverage.point_prediction import levels_dbm
from infraplan.coverage.site_offsets import known_masts_rms, site_offsets
from infraplan.coverage.term_fit import Sums, Term, choose_terms, fitted, left_out_squares, rms_of
from infraplan.coverage.transmitters import Transmitters
from infraplan.geo.terrain import Terrain

ENVIRONMENTS = ("dense_urban", "urban", "suburban", "rural")
FEWEST_SQUARES, FEWEST_MASTS = 100, 5
"""A class of land cover has a term of its own from so many squares and masts on. [ours]"""
NOMINAL_M = (10.0, 20.0, 30.0, 50.0)
"""Nominal clutter distances that are tried. [m]"""
ROUNDS = 33
"""Times the values below the floor are estimated anew; the terms are chosen at every eighth."""


@dataclass
class Fit:
    """A model with the terms that were kept."""

    model: str
    environment: str
    links: Links
    start_dbm: Floats
    design: Floats
    terms_kept: list[Term]
    story: list[tuple[str, float, float, bool]]
    coefficients: Floats
    bands: list[tuple[float, float]]
    power: list[float]
    band: Ints
    classes: list[str]
    nominal_m: dict[str, float]
    rms_before_db: float
    rms_db: float
    rms_constant_db: float
    level_dbm: Floats
    span_m: tuple[float, float]
    sigma_db: float

    @property
    def residual_db(self) -> Floats:
        """Measured less predicted with all terms."""
        return np.asarray(self.level_dbm - self.start_dbm - self.design @ self.coefficients)

    @property
    def without_pattern_db(self) -> Floats:
        """The same as if the antenna had no pattern: what the azimuths are judged by."""
        column = len(self.bands) + 1
        share = 1.0 + self.coefficients[column]
        return np.asarray(self.residual_db + share * self.design[:, column])

    def terms(self, squares: Squares, masts: Any, before_db: float) -> PointTerms:
        """The terms as the file has them, with offsets of sites where they help on squares left out."""
        k, b = len(self.bands), self.coefficients
        offsets = site_offsets(self.residual_db, masts, squares.places.x_m, squares.places.y_m)
        known = known_masts_rms(self.residual_db, masts, squares.places.x_m, squares.places.y_m)
        classes = {name: round(float(value), 3) for name, value in zip(self.classes, b[k + 4 :], strict=True) if value}
        kind: dict[str, Any] = {"model": self.model, "environment": self.environment if self.model == "statistical" else ""}
        return PointTerms(
            rms_before_db=round(before_db, 3),
            rms_constant_db=round(self.rms_constant_db, 3), rms_db=round(self.rms_db, 3), sigma_db=round(self.sigma_db, 3),
            rms_known_masts_db=None if known is None else round(known[1], 3), slope_db_per_decade=round(float(b[k]), 3),
            nearest_m=round(self.span_m[0], 1), farthest_m=round(self.span_m[1], 1), pattern_share=round(1.0 + float(b[k + 1]), 3),
            power_share=round(1.0 + float(b[k + 2]), 3), indoors_db=round(float(b[k + 3]), 3), nominal_m=self.nominal_m, class_db=classes,
            site_db=offsets if known is not None and known[1] < known[0] else {}, band=band_terms(self, b, masts), **kind,
        )  # fmt: skip


def band_terms(fit: Fit, coefficients: Floats, masts: Any, used: Bools | None = None) -> tuple[BandTerms, ...]:
    """Constants by band, with what is behind them."""
    counted = np.ones(len(fit.band), bool) if used is None else used
    found = []
    for number, (low, high) in enumerate(fit.bands):
        some = counted & (fit.band == number)
        if some.any():
            found.append(BandTerms(
                low_mhz=low, high_mhz=high, constant_db=round(float(coefficients[number]), 3), power_dbm=round(fit.power[number], 3),
                squares=int(some.sum()), masts=len(set(masts[some])),
            ))  # fmt: skip
    return tuple(found)


def bands_of(frequency_mhz: Floats) -> list[tuple[float, float]]:
    """Measured carriers as bands: from the lowest on all that lie within a tenth of the first of the band."""
    found: list[tuple[float, float]] = []
    for mhz in np.unique(frequency_mhz):
        if found and mhz <= found[-1][0] * (1.0 + SAME_BAND):
            found[-1] = (found[-1][0], float(mhz))
        else:
            found.append((float(mhz), float(mhz)))
    return found


def fits_of(
    model: str, squares: Squares, sites: Transmitters, terrain: Terrain | None, fold: Ints, floor: float | None, left_out: bool
) -> list[Fit]:
    """The fits of a model: of the statistical one for each environment that cells without one may have."""
    known = bool((sites.frame["environment"] != "").all())
    environments = ENVIRONMENTS if model == "statistical" and not known else ("",)
    fits = []
    bare = links_of(squares.places, sites, np.arange(len(squares)), squares.of)
    for environment in environments:
        links = with_losses(bare, squares.places, sites, model, environment)
        nominal: dict[str, float] = {}
        if model == "p1812" and terrain is not None and terrain.clutter is not None and terrain.clutter.class_code:
            links, nominal = _nominal_distances(links, squares, sites, terrain, fold, floor)
        fits.append(fit_model(model, environment, links, squares, sites, fold, floor, nominal, left_out))
    return fits


def fit_model(
    model: str, environment: str, links: Links, squares: Squares, sites: Transmitters, fold: Ints, floor: float | None,
    nominal: dict[str, float], left_out: bool, only_constants: bool = False,
) -> Fit:  # fmt: skip
    """One model with its terms. Columns: constants of bands, slope, pattern, power, indoors, classes."""
    mhz = sites.numbers("frequency_mhz")[squares.of]
    bands = bands_of(mhz)
    band = np.searchsorted([low for low, _ in bands], mhz, side="right") - 1
    power = sites.numbers("power_dbm")[squares.of]
    reference = [float(power[band == number].mean()) for number in range(len(bands))]
    near, far = np.percentile(links.distance_m, [1, 99])
    span = max(round(float(near), 1), 10.0), max(round(float(far), 1), 11.0)
    classes = _classes(squares, sites)
    k = len(bands)
    design = np.column_stack([
        *(band == number for number in range(k)), decades(links.distance_m, *span), links.pattern_db, power - np.array(reference)[band],
        np.nan_to_num(squares.places.building_m) > 0.0, *(squares.places.clutter_class == name for name in classes),
    ]).astype(float)  # fmt: skip
    terms = [Term("constant", np.arange(k), base=True)]
    if not only_constants:
        terms += [Term("slope", np.array([k]), -60.0, 60.0), Term("pattern", np.array([k + 1]), -1.0, 0.0)]
        terms += [Term("power", np.array([k + 2]), -1.0, 0.0), Term("indoors", np.array([k + 3]), -60.0, 20.0)]
        terms += [Term("classes", np.arange(k + 4, k + 4 + len(classes)), -30.0, 30.0)] if classes else []
        terms = [term for term in terms if term.base or design[:, term.columns].std(axis=0).max(initial=0.0) > 0]
    start = levels_dbm(links, sites)
    level = squares.level_dbm.copy()
    seen = ~squares.censored
    sums, kept, found, count = None, terms[:1], np.zeros(design.shape[1]), int(fold.max()) + 1
    story: list[tuple[str, float, float, bool]] = []
    sigma = 10.0
    for number in range(ROUNDS if squares.censored.any() else 1):
        sums = Sums.of(design, level - start, fold, count)
        if left_out and number % 8 == 0:
            kept, story = choose_terms(sums, terms, design.shape[1])
        found = fitted(sums, kept, design.shape[1])
        if squares.censored.any() and floor is not None:
            level, sigma = _below_the_floor(start + design @ found, squares.level_dbm, squares.censored, floor, sigma)
    assert sums is not None
    if left_out:
        rms = seen_rms(sums, kept, design, level - start, fold, seen)
        constant = seen_rms(sums, terms[:1], design, level - start, fold, seen)
    else:
        rms = constant = float(np.sqrt(np.mean((level - start - design @ found)[seen] ** 2)))
        story = [("constant", rms, 0.0, True)]
    before = float(np.sqrt(np.mean((squares.level_dbm - start)[seen] ** 2)))
    return Fit(model, environment, links, start, design, kept, story, found, bands, reference, band, classes, nominal, before, rms,
               constant, level, span, max(rms, sigma) if squares.censored.any() else rms)  # fmt: skip


def _below_the_floor(mean: Floats, level: Floats, censored: Bools, floor: float, sigma: float) -> tuple[Floats, float]:
    """Levels with the expected value, below the floor, of those at it; and the spread that goes with it (a step of the EM algorithm)."""
    z = (floor - mean) / sigma
    hazard = np.exp(norm.logpdf(z) - norm.logcdf(z))
    filled = np.where(censored, mean - sigma * hazard, level)
    square = np.where(censored, sigma**2 * (1.0 - z * hazard), (level - mean) ** 2)
    return filled, max(float(np.sqrt(np.mean(square))), 1.0)


def seen_rms(sums: Sums, kept: list[Term], design: Floats, wanted: Floats, fold: Ints, seen: Bools) -> float:
    """Error on masts left out, of the values above the floor. [dB]"""
    if seen.all():
        return rms_of(left_out_squares(sums, kept, design.shape[1]), sums)
    error = np.concatenate([
        (wanted - design @ fitted(sums, kept, design.shape[1], without=k))[(fold == k) & seen] for k in range(len(sums.rows))
    ])  # fmt: skip
    return float(np.sqrt(np.mean(error**2)))


def _classes(squares: Squares, sites: Transmitters) -> list[str]:
    """Classes at the receivers that were measured often enough, less the most frequent one, which the constant has."""
    codes, counts = np.unique(squares.places.clutter_class.astype(str), return_counts=True)
    site = sites.frame["site"].astype(str).to_numpy(object)[squares.of]
    usual = str(codes[counts.argmax()]) if len(codes) else ""
    enough = [
        str(code) for code, count in zip(codes, counts, strict=True)
        if code and code != usual and count >= FEWEST_SQUARES and len(set(site[squares.places.clutter_class == code])) >= FEWEST_MASTS
    ]  # fmt: skip
    return enough


def _nominal_distances(
    links: Links, squares: Squares, sites: Transmitters, terrain: Terrain, fold: Ints, floor: float | None
) -> tuple[Links, dict[str, float]]:
    """Nominal clutter distances: one for all classes, then by class, each only where it lowers the error on masts left out."""
    clutter = terrain.clutter
    assert clutter is not None
    codes = [code for code in clutter.class_code if code]
    own = dict(zip(clutter.class_code, clutter.class_nominal_m.tolist(), strict=True))
    at = np.arange(len(squares))

    def tried(nominal: dict[str, float]) -> tuple[float, Links]:
        ground = ground_of(replace(terrain, clutter=clutter.with_own_nominal(nominal)))
        made = with_losses(links_of(replace(squares.places, ground=ground), sites, at, squares.of),
                           replace(squares.places, ground=ground), sites, "p1812", "")  # fmt: skip
        return fit_model("p1812", "", made, squares, sites, fold, floor, nominal, len(set(fold)) > 1, True).rms_db, made

    best_db, best, chosen = (
        fit_model("p1812", "", links, squares, sites, fold, floor, {}, len(set(fold)) > 1, True).rms_db,
        links,
        dict[str, float](),
    )
    classes, counts = np.unique(squares.places.clutter_class.astype(str), return_counts=True)
    measured = [str(code) for code, count in zip(classes, counts, strict=True) if code in codes and count >= FEWEST_SQUARES]
    for group in (codes, *([code] for code in sorted(measured)), *([code] for code in sorted(measured))):
        for nominal_m in NOMINAL_M:
            if all({**own, **chosen}.get(code) == nominal_m for code in group):
                continue
            trial = {**chosen, **dict.fromkeys(group, nominal_m)}
            rms_db, made = tried(trial)
            if rms_db < best_db - 0.01:
                best_db, best, chosen = rms_db, made, trial
    return best, chosen
