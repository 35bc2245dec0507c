"""What readers and comparisons warn of is on stderr of every verb, once, and in the report's data section."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import xlsxwriter
from square_study import build_square

from infraplan.errors import collected
from infraplan.study import Study
from infraplan.tables.faults import fault_line, grouped

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
    found = [line for line in lines if ODD in line]
    assert len(found) == 1 and "sites.csv" in found[0] and "×12" in found[0] and "2, 3, 4" in found[0]
    filled = [line for line in lines if "height_m" in line]
    assert len(filled) == 1 and "12" in filled[0]
    assert sum("guangdong-2020.toml province" in line for line in lines) == 1  # a policy of another province
    assert "DataWarning" not in answer.err and "warnings.warn" not in answer.err  # type: ignore[attr-defined]


def test_check_and_the_verbs_tell_the_same(swapped: Path, infraplan: Callable[..., object]) -> None:
    checked = json.loads(infraplan("check", swapped, "--json").out)  # type: ignore[attr-defined]
    with collected() as found:
        Study.open(swapped).read_all()
    key = ("rule", "file", "row", "column")
    shown = {tuple(getattr(one, name) for name in key) for one in found}
    assert shown == {tuple(one[name] for name in key) for one in checked}
    assert any(rule.startswith("unmatched_") for rule, *_ in shown)  # a policy of another province


def counts_in(text: str) -> list[tuple[int, int]]:
    """(errors, warnings) of every sentence in English that counts them."""
    return [(int(errors), int(warned)) for errors, warned in re.findall(r"(\d+) errors[^,]*, (\d+) warnings", text)]


@pytest.mark.parametrize("wrong", [False, True], ids=["warnings alone", "errors too"])
def test_faults_are_counted_once_and_alike_everywhere(swapped: Path, infraplan: Callable[..., object], wrong: bool) -> None:
    """A fault of many rows is one line with their number, and one fault in every count."""
    if wrong:
        villages = pd.read_csv(swapped / "villages.csv")
        villages.astype({"population": object}).assign(population="many").to_csv(swapped / "villages.csv", index=False)
    answer = infraplan("check", swapped)
    listed = json.loads(infraplan("check", swapped, "--json").out)  # type: ignore[attr-defined]
    errors = sum(one["severity"] == "error" for one in listed)
    both = (errors, len(listed) - errors)
    assert sum(one["count"] for one in listed) > len(listed) > 1 and bool(errors) == wrong
    assert counts_in(answer.err) == [both]  # type: ignore[attr-defined]
    assert sum(line.startswith("  ") for line in answer.err.splitlines()) == len(listed)  # type: ignore[attr-defined]
    assert counts_in((swapped / "results/check.html").read_text(encoding="utf-8")) == [both]
    if wrong:
        refused = infraplan("coverage", swapped)
        assert refused.code == 3 and [found[0] for found in counts_in(refused.err)] == [errors]  # type: ignore[attr-defined]


def test_the_report_has_them_in_its_data_section(swapped: Path, infraplan: Callable[..., object]) -> None:
    answer = infraplan("run", swapped, "--jobs", "1", "--formats", "html,xlsx", "--lang", "en")
    assert answer.code == 0 and answer.err.count("longitude and latitude may be swapped") == 1  # type: ignore[attr-defined]
    results = swapped / "results"
    for page in (results / "report.html", next((results / "cities").glob("*/report.html"))):
        text = page.read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if "may be swapped" in line)
        assert "Warnings about the input" in line and "×12" in line and "经纬度" not in line
    book = pd.read_excel(results / "annex.xlsx", sheet_name=None, header=None, engine="calamine")
    assert any(sheet.astype(str).apply(lambda column: column.str.contains("may be swapped")).any(axis=None) for sheet in book.values())
    result = json.loads((results / "summary.json").read_text(encoding="utf-8"))["warnings"]
    assert [one["count"] for one in result if one["rule"] == "swapped_inside"] == [12]
    assert [one["rule"] for one in result if one["rule"].startswith("unmatched_")]


def test_warnings_come_before_an_error(swapped: Path, infraplan: Callable[..., object]) -> None:
    villages = pd.read_csv(swapped / "villages.csv", dtype=str)
    villages.loc[0, "population"] = "many"
    villages.to_csv(swapped / "villages.csv", index=False)
    answer = infraplan("coverage", swapped)
    assert answer.code == 3  # type: ignore[attr-defined]
    err = answer.err  # type: ignore[attr-defined]
    assert err.index(ODD) < err.index("many")
    assert err.count(ODD) == 1


def test_every_kind_of_warning_arrives_once(tmp_path: Path, infraplan: Callable[..., object]) -> None:
    """Hidden rows, a mended polygon, a village just outside, households above people, a 2G site, twins, no id, an odd height, a total."""
    study = build_square(tmp_path / "study", 113, 24)
    zones = gpd.read_file(study / "zones.gpkg")
    county = zones.index[zones["level"] == "county"][0]
    zones.loc[county, "geometry"] = shapely.Polygon(
        [(113, 24), (113.5, 24), (113.5, 24.5), (113, 24.5), (113, 24.2), (113.1, 24.2), (113, 24.2)]
    )
    zones.to_file(study / "zones.gpkg", layer="zones", driver="GPKG")
    villages = pd.read_csv(study / "villages.csv")
    villages.loc[0, ["lon", "lat"]] = 113.25, 23.99
    villages.loc[1, "households"] = 100_000
    villages["id"] = villages["id"].where(villages.index != 2, "")
    with xlsxwriter.Workbook(study / "villages.xlsx") as book:
        sheet = book.add_worksheet("村")
        for row, cells in enumerate([villages.columns, *villages.fillna("").to_numpy(object)]):
            sheet.write_row(row, 0, list(cells))
        sheet.write_row(len(villages) + 1, 0, ["合计", "", "", int(villages["population"].sum())])
        sheet.set_row(5, options={"hidden": True})
    sites = pd.read_csv(study / "sites.csv", dtype=str)
    twin = sites.iloc[[0]].assign(id="twin")
    sites = pd.concat([sites, twin, sites.iloc[[1]].assign(id="old", services="2G")])
    sites.loc[sites["id"] == sites["id"].iloc[3], "height_m"] = "400"
    sites.drop(columns="azimuth_deg").to_csv(study / "sites.csv", index=False)
    file = study / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("villages.csv", "villages.xlsx"), encoding="utf-8")

    expected = {
        "hidden_rows", "total_row", "polygon_mended", "just_outside", "households_exceed_people", "other_technology", "twin_site",
        "id_made", "improbable", "filled_in",
    }  # fmt: skip
    opened = Study.open(study)
    with collected():
        opened.read_all()
    assert expected <= {fault.rule for fault in opened.warnings}
    for arguments in (["coverage"], ["run", "--jobs", "1", "--formats", "html"]):
        answer = infraplan(arguments[0], study, *arguments[1:])
        assert answer.code == 0, answer.err  # type: ignore[attr-defined]
        for fault in grouped(opened.warnings):
            assert answer.err.count(f"  {fault}\n") == 1  # type: ignore[attr-defined]
    page = unescape((study / "results" / "report.html").read_text(encoding="utf-8"))
    for fault in grouped(opened.warnings):
        assert page.count(fault_line(fault, "zh")) == (0 if fault.rule == "filled_in" else 1)
