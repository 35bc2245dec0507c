"""Every fault of a user's file gives a message with file, row and how to fix it, exit code 3, no traceback and no output."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from results import copy_of

Call = Callable[..., Any]
Spoil = Callable[[Path], None]


def text(old: str, new: str) -> Spoil:
    """Another word in study.toml."""

    def spoil(study: Path) -> None:
        content = (study / "study.toml").read_text(encoding="utf-8")
        assert old in content
        (study / "study.toml").write_text(content.replace(old, new), encoding="utf-8")

    return spoil


def cell(file: str, row: int, column: str, value: str) -> Spoil:
    """Another value in a table."""

    def spoil(study: Path) -> None:
        table = pd.read_csv(study / file, dtype=str)
        table.loc[row, column] = value
        table.to_csv(study / file, index=False)

    return spoil


def without(file: str, *columns: str) -> Spoil:
    """A table that lacks columns."""

    def spoil(study: Path) -> None:
        pd.read_csv(study / file, dtype=str).drop(columns=list(columns)).to_csv(study / file, index=False)

    return spoil


def content(file: str, what: bytes) -> Spoil:
    """Other bytes altogether."""

    def spoil(study: Path) -> None:
        (study / file).write_bytes(what)

    return spoil


def gone(file: str) -> Spoil:
    return lambda study: (study / file).unlink()


def swapped(study: Path) -> None:
    """Longitude and latitude of a row changed about."""
    cell("villages.csv", 9, "lon", "23.5")(study)
    cell("villages.csv", 9, "lat", "116.6")(study)


def twice(study: Path) -> None:
    """A site listed again elsewhere under the same id, alike in all else."""
    table = pd.read_csv(study / "sites.csv", dtype=str)
    table.loc[4] = table.loc[0]
    table.loc[4, "lat"] = str(float(table.loc[0, "lat"]) + 0.05)
    table.to_csv(study / "sites.csv", index=False)


CASES: dict[str, tuple[Spoil, str, int | None]] = {
    "no study file": (gone("study.toml"), "study.toml", None),
    "study is no TOML": (text("[files]", "[files"), "study.toml", None),
    "study is not UTF-8": (content("study.toml", "名称 = 1".encode("gb18030")), "study.toml", None),
    "unknown key": (text("[plan]\n", "[plan]\nbudgt = 3\n"), "budgt", None),
    "wrong type": (text("resolution_m = 1000", 'resolution_m = "fine"'), "resolution_m", None),
    "out of range": (text("reliability = 0.9", "reliability = 1.5"), "reliability", None),
    "unknown model": (text("reliability = 0.9", 'reliability = 0.9\nmodel = "magic"'), "model", None),
    "zones missing": (gone("zones.gpkg"), "zones.gpkg", None),
    "villages missing": (gone("villages.csv"), "villages.csv", None),
    "sites missing": (gone("sites.csv"), "sites.csv", None),
    "places missing": (gone("places.csv"), "places.csv", None),
    "zones are no GeoPackage": (content("zones.gpkg", b"not a database"), "zones.gpkg", None),
    "empty table": (content("villages.csv", b""), "villages.csv", None),
    "header alone": (content("villages.csv", b"id,name,lon,lat,population\n"), "villages.csv", None),
    "bytes of nothing": (content("villages.csv", bytes(range(256)) * 4), "villages.csv", None),
    "no column of people": (without("villages.csv", "population"), "villages.csv", None),
    "no coordinates": (without("villages.csv", "lon", "lat"), "villages.csv", None),
    "duplicate id": (cell("villages.csv", 41, "id", "V00007"), "villages.csv", 43),
    "negative people": (cell("villages.csv", 9, "population", "-3"), "villages.csv", 11),
    "people in words": (cell("villages.csv", 9, "population", "约一百五"), "villages.csv", 11),
    "infinite people": (cell("villages.csv", 9, "population", "inf"), "villages.csv", 11),
    "coordinate in words": (cell("villages.csv", 9, "lon", "东边"), "villages.csv", 11),
    "coordinate of no earth": (cell("villages.csv", 9, "lat", "123"), "villages.csv", 11),
    "coordinate outside the zones": (cell("villages.csv", 9, "lon", "104.06"), "villages.csv", 11),
    "coordinates swapped": (swapped, "villages.csv", 11),
    "site without a service we know": (cell("sites.csv", 4, "services", "warp-drive"), "sites.csv", 6),
    "site's height in words": (cell("sites.csv", 4, "height_m", "高"), "sites.csv", 6),
    "site twice": (twice, "sites.csv", 6),
    "site's azimuth": (cell("sites.csv", 4, "azimuth_deg", "north"), "sites.csv", 6),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_three(infraplan: Call, mini_study: Path, tmp_path: Path, case: str) -> None:
    spoil, named, row = CASES[case]
    study = copy_of(mini_study, tmp_path)
    spoil(study)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    answer = infraplan("run", study, "--jobs", "1")
    assert answer.code == 3, answer.err
    assert named in answer.err
    assert "→" in answer.err
    assert "Traceback" not in answer.err and not answer.out
    if row is not None:
        assert re.search(rf"第 {row} 行", answer.err), answer.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_all_files_faults_come_at_once(infraplan: Call, mini_study: Path, tmp_path: Path) -> None:
    study = copy_of(mini_study, tmp_path)
    for spoil in (
        cell("villages.csv", 9, "population", "-3"),
        cell("villages.csv", 19, "lon", "东边"),
        cell("sites.csv", 4, "height_m", "高"),
        gone("places.csv"),
    ):
        spoil(study)
    answer = infraplan("run", study)
    assert answer.code == 3
    for words in ("第 11 行", "第 21 行", "sites.csv", "places.csv"):
        assert words in answer.err


@pytest.mark.parametrize("verb", ["coverage", "scorecard", "gaps", "plan", "check"])
def test_every_verb_refuses_a_bad_table(infraplan: Call, mini_study: Path, tmp_path: Path, verb: str) -> None:
    study = copy_of(mini_study, tmp_path)
    cell("villages.csv", 9, "population", "-3")(study)
    answer = infraplan(verb, study)
    assert answer.code == 3
    assert "第 11 行" in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [
        ('"nr-n28", "nbiot-900"', '"nr-n82", "nbiot-900"', "nr-n28"),
        ('policies = ["clauses.toml"]', 'policies = ["guangdong-2002"]', "guangdong-2020"),
        ('city_order = "guangdong"', 'city_order = "guangdnog"', "guangdong"),
        ("reliability = 0.9", 'reliability = 0.9\nfamilies = ["nr", "nbt"]', "nbiot"),
        ("gap = 0.05", 'gap = 0.05\noperators = "cmmc"', "cmcc"),
    ],
)
def test_an_unknown_choice_names_the_nearest(infraplan: Call, mini_study: Path, tmp_path: Path, old: str, new: str, near: str) -> None:
    study = copy_of(mini_study, tmp_path)
    text(old, new)(study)
    answer = infraplan("run", study, "--jobs", "1")
    assert answer.code in (2, 3), answer.err
    assert near in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "results").exists()


def test_a_damaged_ledger_is_reported(infraplan: Call, mini_study: Path, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/ledger.json").write_text("{", encoding="utf-8")
    answer = infraplan("run", copy_of(mini_study, tmp_path), "--jobs", "1")
    assert answer.code == 1
    assert "ledger.json" in answer.err and "--overwrite" in answer.err
