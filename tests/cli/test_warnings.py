"""What readers and comparisons warn of is on stderr of every verb, once, and in the report's data section."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from square_study import build_square

from infraplan.errors import collected
from infraplan.study import Study

ODD = "经纬度可能写反"


@pytest.fixture()
def swapped(tmp_path: Path) -> Path:
    """A study whose sites all have longitude and latitude exchanged: both orders are possible degrees here."""
    study = build_square(tmp_path / "study", -70, -52)
    sites = pd.read_csv(study / "sites.csv")
    sites[["lon", "lat"]] = sites[["lat", "lon"]].to_numpy()
    sites.drop(columns="height_m").to_csv(study / "sites.csv", index=False)
    return study


@pytest.mark.parametrize("verb", [["coverage"], ["scorecard"], ["gaps"], ["plan", "--max-sites", "1"], ["explain"]], ids=" ".join)
def test_every_verb_says_what_check_knows_once(swapped: Path, infraplan: Callable[..., object], verb: list[str]) -> None:
    answer = infraplan(verb[0], swapped, *verb[1:])
    assert answer.code == 0, answer.err  # type: ignore[attr-defined]
    lines = answer.err.splitlines()  # type: ignore[attr-defined]
    told = [line for line in lines if ODD in line]
    assert len(told) == 1 and "sites.csv" in told[0] and "×12" in told[0] and "2, 3, 4" in told[0]
    filled = [line for line in lines if "height_m" in line]
    assert len(filled) == 1 and "12" in filled[0]
    assert "DataWarning" not in answer.err and "warnings.warn" not in answer.err  # type: ignore[attr-defined]


def test_check_and_the_verbs_tell_the_same(swapped: Path, infraplan: Callable[..., object]) -> None:
    checked = json.loads(infraplan("check", swapped, "--json").out)  # type: ignore[attr-defined]
    with collected() as found:
        Study.open(swapped).read_all()
    key = ("rule", "file", "row", "column")
    assert {tuple(one[name] for name in key) for one in checked} == {tuple(getattr(one, name) for name in key) for one in found}


def test_the_report_has_them_in_its_data_section(swapped: Path, infraplan: Callable[..., object]) -> None:
    answer = infraplan("run", swapped, "--jobs", "1", "--formats", "html,xlsx", "--lang", "en")
    assert answer.code == 0 and answer.err.count(ODD) == 1  # type: ignore[attr-defined]
    results = swapped / "results"
    for page in (results / "report.html", next((results / "cities").glob("*/report.html"))):
        text = page.read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if "may be swapped" in line)
        assert "Warnings about the input" in line and "×12" in line and "经纬度" not in line
    book = pd.read_excel(results / "annex.xlsx", sheet_name=None, header=None, engine="calamine")
    assert any(sheet.astype(str).apply(lambda column: column.str.contains("may be swapped")).any(axis=None) for sheet in book.values())
    told = json.loads((results / "summary.json").read_text(encoding="utf-8"))["warnings"]
    assert [one["count"] for one in told if one["rule"] == "swapped_inside"] == [12]


def test_warnings_come_before_an_error(swapped: Path, infraplan: Callable[..., object]) -> None:
    villages = pd.read_csv(swapped / "villages.csv", dtype=str)
    villages.loc[0, "population"] = "many"
    villages.to_csv(swapped / "villages.csv", index=False)
    answer = infraplan("coverage", swapped)
    assert answer.code == 3  # type: ignore[attr-defined]
    err = answer.err  # type: ignore[attr-defined]
    assert err.index(ODD) < err.index("many")
    assert err.count(ODD) == 1
