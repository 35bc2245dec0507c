"""What several tests of this room do with a folder of results."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from infraplan.files import sha256
from infraplan.report import printed_maps
from infraplan.run import RunOutcome, run_study
from infraplan.run.ledger import NAME, program_hash
from infraplan.study import Study

DEMO = Path(__file__).resolve().parents[2] / "outputs/guangdong"
LIGHT = ("html", "xlsx")
"""Formats of the runs that are made many times."""
FAMILIES = ("nr", "nbiot")
STATUSES = ("served", "uncertain", "unserved")


def demo_of_this_code(skip: Callable[[str], Any]) -> Path:
    """What `make demo` left, if this very code made it; else `skip` is called with the reason."""
    if not (DEMO / "summary.json").is_file():
        skip("outputs/guangdong is absent: run make demo first")
    elif json.loads((DEMO / NAME).read_text(encoding="utf-8")).get("code") != program_hash():
        skip("outputs/guangdong was made by other code: run make demo again")
    return DEMO


def digests(folder: Path) -> dict[str, str]:
    """Name -> hash of every file below a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def copy_of(study: Path, folder: Path) -> Path:
    """The same study elsewhere, without results."""
    return Path(shutil.copytree(study, folder / "study"))


def run_light(study: Path, **options: Any) -> RunOutcome:
    """A run by one worker that writes the light formats, unless others are given, with pictures of few pixels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printed_maps, "DPI", 80)
        return run_study(Study.open(study), **({"jobs": 1, "formats": LIGHT} | options))


def summary_of(results: Path) -> dict[str, Any]:
    return dict(json.loads((results / "summary.json").read_text(encoding="utf-8")))


def city_villages(results: Path) -> dict[str, pd.DataFrame]:
    """Adcode -> the village table of each city's folder."""
    return {
        folder.name[:6]: pd.read_csv(folder / "villages.csv", dtype={"city": str, "county": str, "id": str}, encoding="utf-8-sig")
        for folder in sorted((results / "cities").iterdir())
    }


def people(table: pd.DataFrame, family: str) -> dict[str, int]:
    """People by status, recounted from a table of villages."""
    found = table.groupby(f"{family}_status")["population"].sum()
    return {status: int(found.get(status, 0)) for status in STATUSES}
