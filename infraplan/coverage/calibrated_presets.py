"""Link budgets with what a calibration says of the model: a constant and a spread for each service whose carrier was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from infraplan.coverage.calibration_terms import Calibration, MapTerms, band_of

SOURCE = "calibration"


def calibrated_presets(presets: Mapping[str, Any], calibration: Calibration, terms: MapTerms, file: str) -> dict[str, Any]:
    """The presets of services with `calibration_db` and the spread of the calibration, for services in measured bands.

    The spread stays where nothing was left out: one mast alone confirms nothing.
    """
    services = {}
    for name, values in presets["service"].items():
        services[name] = values
        band = int(band_of(terms.band, np.array([float(values["frequency_mhz"]["value"])]))[0])
        if band >= 0:
            own: dict[str, Any] = {"calibration_db": {"value": terms.band[band].constant_db, "source": SOURCE}}
            if terms.left_out:
                own["shadowing_sigma_db"] = {"value": terms.sigma_db, "source": SOURCE}
            services[name] = {**values, **own}
    evidence = calibration.evidence
    what = f"rms {terms.rms_db:.1f} dB on masts left out" if terms.left_out else "one mast, not confirmed"
    source = f"{file}: {what}, {evidence.squares} squares, {evidence.masts} masts"
    return {**presets, "service": services, "sources": {**presets["sources"], SOURCE: source}}


def measured_services(presets: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some services that have a constant of a calibration."""
    return tuple(name for name in names if "calibration_db" in presets["service"].get(name, {}))
