"""The calibration of a study: its constants in the budgets, its nominal distances in the clutter; one that does not fit is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from infraplan.coverage.calibrated_presets import calibrated_presets, measured_services
from infraplan.errors import DataError, Fault, warn
from infraplan.messages import both
from infraplan.study.config import FILE_NAME

if TYPE_CHECKING:
    from infraplan.coverage.calibration_terms import MapTerms
    from infraplan.geo.terrain import Terrain
    from infraplan.study import Study

COLUMN = "coverage.calibration"


def map_terms(study: Study) -> MapTerms | None:
    """The constants for the model of the study; None where it has no calibration.

    Raises
    ------
    DataError
        The calibration was made with other models.
    """
    calibration, model = study.calibration, study.config.coverage.model
    if calibration is None:
        return None
    terms = calibration.map_of(model)
    if terms is None:
        known = ", ".join(one.model for one in calibration.map) or "—"
        message, fix = both("study.calibration_model", model=model, known=known), both("study.calibration_model_fix", model=model)
        raise DataError(
            Fault(FILE_NAME, message, fix, rule="calibration-model", column=COLUMN, value=str(study.config.coverage.calibration))
        )
    return terms


def with_calibration(study: Study, presets: dict[str, Any]) -> dict[str, Any]:
    """The presets with the constants of the calibration; unchanged without one.

    Raises
    ------
    DataError
        The calibration does not have the study's model, or none of its bands.
    """
    terms = map_terms(study)
    if terms is None or study.calibration is None:
        return presets
    choice, file = study.config.coverage, str(study.config.coverage.calibration)
    made = calibrated_presets(presets, study.calibration, terms, file)
    wanted = tuple(name for name in choice.services if name in presets["service"])
    found = measured_services(made, wanted)
    if wanted and not found:
        measured = ", ".join(f"{band.low_mhz:g}–{band.high_mhz:g}" for band in terms.band)
        message, fix = both("study.calibration_bands", measured=measured), both("study.calibration_bands_fix")
        raise DataError(Fault(FILE_NAME, message, fix, rule="calibration-bands", column=COLUMN, value=file))
    rest = [name for name in wanted if name not in found]
    if rest:
        message, fix = both("study.calibration_unmeasured", services=", ".join(rest)), both("study.calibration_unmeasured_fix")
        warn([Fault(FILE_NAME, message, fix, rule="calibration-unmeasured", column=COLUMN, value=file, severity="warning")])
    return made


def calibrated_ground(study: Study, terrain: Terrain) -> Terrain:
    """The terrain with the nominal clutter distances of the calibration; `nominal_clutter_m` of the study stands above them."""
    terms = map_terms(study)
    if terms is None or not terms.nominal_m or terrain.clutter is None or study.config.coverage.nominal_clutter_m is not None:
        return terrain
    return replace(terrain, clutter=terrain.clutter.with_own_nominal(terms.nominal_m))
