"""The scripts of examples/ run as they are, are short, and print what they promise."""

from __future__ import annotations

import io
import runpy
from contextlib import redirect_stdout
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).resolve().parents[1] / "examples").glob("*.py"))
PROMISED = {
    "1_valley": ("this valley", "behind the ridges"),
    "2_gaps": ("西县", "villages lack"),
    "3_plan": ("no plan costs less", "feasible True", "half the budget"),
    "4_another_country": ("Airtel+Orange", "nr-people"),
    "5_drive_test": ("points heard", "served as predicted"),
    "6_lines_and_cells": ("feasible True", "km today", "weak cells"),
}


def test_there_are_six() -> None:
    assert [path.stem for path in SCRIPTS] == sorted(PROMISED)
    assert all(len(path.read_text(encoding="utf-8").splitlines()) < 60 for path in SCRIPTS)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_runs(path: Path) -> None:
    with redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(str(path), run_name="__main__")
    assert not [text for text in PROMISED[path.stem] if text not in printed.getvalue()], printed.getvalue()
