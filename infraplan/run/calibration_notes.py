"""What the model is worth in a study: the evidence of its calibration, or that there is none."""

from __future__ import annotations

from infraplan.coverage.calibrated_presets import measured_services
from infraplan.messages import Bilingual, both
from infraplan.presets import load
from infraplan.study import Study


def calibration_notes(study: Study) -> tuple[Bilingual, ...]:
    """One sentence for the section on method and limits: error on masts left out, what was measured, when; or the assumed spread."""
    presets, _ = study.own_presets
    usual = float(load("services")["common"]["shadowing_sigma_db"]["value"])
    stated = float(presets["common"]["shadowing_sigma_db"]["value"])
    calibration = study.calibration
    if calibration is None:
        return (both("run.not_calibrated" if stated == usual else "run.own_sigma", sigma=f"{stated:g}"),)
    terms, evidence = calibration.map_of(study.config.coverage.model), calibration.evidence
    assert terms is not None
    names = tuple(study.services)
    with_constant = measured_services(presets, names)
    days = f"{evidence.first_day} – {evidence.last_day}" if evidence.first_day else "—"
    constants = ", ".join(f"{name} {presets['service'][name]['calibration_db']['value']:+.1f} dB" for name in with_constant)
    key = "run.calibrated" if terms.left_out else "run.calibrated_alone"
    sizes = {
        "rms": f"{terms.rms_db:.1f}",
        "before": f"{terms.rms_before_db:.1f}",
        "masts": evidence.masts,
        "squares": f"{evidence.squares:,}",
    }
    notes = [both(key, days=days, constants=constants, sigma=f"{stated:g}", file=evidence.file, **sizes)]
    rest = [name for name in names if name not in with_constant]
    return (*notes, both("run.not_measured", services=", ".join(rest), sigma=f"{stated:g}")) if rest else tuple(notes)
