"""A study with a calibration: its constants are in the budgets, its left-out error is their sigma, reports say so; one that does not fit is
refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest import approx
from results import copy_of

from infraplan.coverage.calibration_terms import Calibration
from infraplan.errors import DataError, collected
from infraplan.io.calibration_files import write_calibration
from infraplan.run.calibration_notes import calibration_notes
from infraplan.study import Study
from infraplan.study.grid_and_terrain import input_hashes

Call = Callable[..., Any]


def calibration(model: str = "statistical", mhz: float = 770.0, *, left_out: bool = True) -> Calibration:
    band = {"low_mhz": mhz, "high_mhz": mhz, "constant_db": -4.0, "power_dbm": 15.0, "squares": 900, "masts": 12}
    errors = {"rms_before_db": 11.0, "rms_db": 8.5, "sigma_db": 8.5, "band": [band]}
    return Calibration.model_validate({
        "evidence": {"file": "drive.csv", "rows": 1000, "squares": 900, "square_m": 5, "masts": 12, "cells": 36, "folds": 10,
                     "first_day": "2024-05-06", "last_day": "2024-05-09"},
        "points": {"model": "free-space", "rms_constant_db": 9.0, **errors},
        "map": [{"model": model, "left_out": left_out, **errors}],
    })  # fmt: skip


def with_calibration(study: Path, made: Calibration) -> Study:
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    if "calibration =" not in text:
        file.write_text(text.replace("[coverage]\n", '[coverage]\ncalibration = "calibration.toml"\n'), encoding="utf-8")
    write_calibration(made, study / "calibration.toml")
    return Study.open(study)


def test_the_budgets_take_the_constant_and_the_spread(mini_study: Path, tmp_path: Path) -> None:
    folder = copy_of(mini_study, tmp_path)
    usual = Study.open(folder).services
    with collected() as warned:
        study = with_calibration(folder, calibration())
        made = study.services
    old, new = usual["nr-n28"], made["nr-n28"]
    assert new.shadowing_sigma_db == 8.5 and old.shadowing_sigma_db == 10.0
    gained_db = old.shadow_margin_db - new.shadow_margin_db
    assert gained_db > 0.5
    assert new.max_path_loss_db == approx(old.max_path_loss_db - 4.0 + gained_db)
    assert new.uplink_max_path_loss_db == approx(old.uplink_max_path_loss_db - 4.0 + gained_db)
    assert new.rsrp_at_zero_loss_dbm == approx(old.rsrp_at_zero_loss_dbm - 4.0)
    assert made["nbiot-900"] == usual["nbiot-900"], "900 MHz was not measured"
    assert [fault.value for fault in warned if fault.rule == "calibration-unmeasured"] == ["calibration.toml"]
    rows = [row for row in new.budget if row.key == "calibration_db"]
    assert len(rows) == 3 and "8.5 dB on masts left out" in rows[0].source
    said = " ".join(str(note) for note in calibration_notes(study))
    assert "8.5 dB on masts left out" in said and "nr-n28 -4.0 dB" in said and "2024-05-06" in said and "nbiot-900" in said
    assert "calibration" in input_hashes(study)


def test_without_a_calibration_reports_say_so(mini_study: Path) -> None:
    (note,) = calibration_notes(Study.open(mini_study))
    assert "not calibrated" in str(note) and "10 dB" in str(note) and "没有校准" in str(note)


def test_one_mast_alone_gives_the_constant_but_not_the_spread(mini_study: Path, tmp_path: Path) -> None:
    study = with_calibration(copy_of(mini_study, tmp_path), calibration(left_out=False))
    with collected():
        assert study.services["nr-n28"].shadowing_sigma_db == 10.0
        assert "nothing confirms them" in str(calibration_notes(study)[0])


def test_a_calibration_that_does_not_fit_is_refused(infraplan: Call, mini_study: Path, tmp_path: Path) -> None:
    folder = copy_of(mini_study, tmp_path)
    with pytest.raises(DataError, match="no constants for the model statistical"), collected():
        _ = with_calibration(folder, calibration("p1812")).services
    with pytest.raises(DataError, match="band of no service"), collected():
        _ = with_calibration(folder, calibration(mhz=3500.0)).services
    (folder / "calibration.toml").write_text("form = 2\n", encoding="utf-8")
    answer = infraplan("coverage", folder, "--json", "--lang", "en")
    assert answer.code == 3 and "calibration.toml" in answer.err and "evidence" in answer.err
    (folder / "calibration.toml").unlink()
    assert infraplan("coverage", folder, "--json").code == 3
