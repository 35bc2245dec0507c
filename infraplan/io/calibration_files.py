"""Files of calibrations: what `infraplan calibrate` writes, and `signal` and studies read."""

from __future__ import annotations

import os
from pathlib import Path

import tomlkit
from pydantic import ValidationError

from infraplan.coverage.calibration_terms import Calibration
from infraplan.errors import DataError
from infraplan.files import write_text
from infraplan.io.opening import existing_file
from infraplan.messages import say
from infraplan.toml_faults import key_faults
from infraplan.toml_files import parse_toml, read_toml_text


def read_calibration(source: str | os.PathLike[str]) -> Calibration:
    """A calibration from the file that `infraplan calibrate` or `write_calibration` wrote.

    Parameters
    ----------
    source : path
        TOML with the sections evidence, points and map.

    Returns
    -------
    Calibration
        For `predict_points(..., calibration=...)`.

    Raises
    ------
    DataError
        Every fault of the file at once: unknown keys, values out of range.

    Examples
    --------
    >>> import infraplan as ip
    >>> band = {"low_mhz": 1800, "high_mhz": 1800, "constant_db": -7, "power_dbm": 15, "squares": 900, "masts": 3}
    >>> made = ip.Calibration.model_validate(
    ...     {
    ...         "evidence": {"rows": 900, "squares": 900, "square_m": 5, "masts": 3, "cells": 3, "folds": 3},
    ...         "points": {
    ...             "model": "statistical",
    ...             "rms_before_db": 12,
    ...             "rms_constant_db": 9,
    ...             "rms_db": 9,
    ...             "sigma_db": 9,
    ...             "band": [band],
    ...         },
    ...     }
    ... )
    >>> ip.write_calibration(made, "calibration.toml")
    >>> ip.read_calibration("calibration.toml") == made
    True
    """
    path = existing_file(source)
    text = read_toml_text(path, "calibration")
    raw = parse_toml(text, path.name, "calibration")
    try:
        return Calibration.model_validate(raw)
    except ValidationError as error:
        raise DataError(key_faults(error, Calibration, path.name, text, kind="calibration")) from None


def write_calibration(calibration: Calibration, path: str | os.PathLike[str]) -> None:
    """A calibration as a file: TOML, whole or not at all.

    Parameters
    ----------
    calibration : Calibration
        What `calibrate` found.
    path : path
        The file to write.

    Examples
    --------
    >>> import infraplan as ip
    >>> band = {"low_mhz": 1800, "high_mhz": 1800, "constant_db": -7, "power_dbm": 15, "squares": 900, "masts": 3}
    >>> made = ip.Calibration.model_validate(
    ...     {
    ...         "evidence": {"rows": 900, "squares": 900, "square_m": 5, "masts": 3, "cells": 3, "folds": 3},
    ...         "points": {
    ...             "model": "statistical",
    ...             "rms_before_db": 12,
    ...             "rms_constant_db": 9,
    ...             "rms_db": 9,
    ...             "sigma_db": 9,
    ...             "band": [band],
    ...         },
    ...     }
    ... )
    >>> ip.write_calibration(made, "calibration.toml")
    """
    document = tomlkit.document()
    for lang in ("zh", "en"):
        document.add(tomlkit.comment(say("io.calibration_head", lang)))
    document.update(calibration.model_dump(mode="json", exclude_none=True))
    write_text(Path(path), tomlkit.dumps(document))
