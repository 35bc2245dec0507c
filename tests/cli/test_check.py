"""`infraplan check` reads all that any verb reads, runs every choice of study.toml, and tells what a policy asks of data nobody has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from arranged_study import build_arranged, villages
from rasterio.transform import Affine

Call = Callable[..., Any]
KEYS = ["severity", "rule", "file", "sheet", "row", "column", "value", "message", "cure", "count"]
POLICY = """[policy]
document = "-"
title = "自定"
province = "{province}"
source = "test"

[scopes.west]
name = "西"
cities = ["440100"]

[[target]]
id = "people"
task = "人口"
measure = "population_share"
family = "nr"
required = 0.5
asked_of = "scope"

{rows}
"""


def found(infraplan: Call, study: Path, code: int) -> list[dict[str, Any]]:
    """The faults as `check --json` tells them."""
    answer = infraplan("check", study, "--json")
    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    faults = json.loads(answer.out)
    assert isinstance(faults, list) and all(list(fault) == KEYS for fault in faults)
    assert any(fault["severity"] == "error" for fault in faults) == (code == 3)
    return list(faults)


def errors(infraplan: Call, study: Path) -> list[tuple[str, int | None, str, str]]:
    """(file, row, column, value) of each error."""
    listed = [fault for fault in found(infraplan, study, 3) if fault["severity"] == "error"]
    return [(fault["file"], fault["row"], fault["column"], fault["value"]) for fault in listed]


def line(study: Path, start: str) -> int:
    """The line of study.toml that begins so, from 1."""
    lines = (study / "study.toml").read_text(encoding="utf-8").splitlines()
    return next(number for number, text in enumerate(lines, start=1) if text.startswith(start))


def test_rows_are_whole_numbers_and_absent_ones_null(infraplan: Call, tmp_path: Path) -> None:
    people = villages().astype({"population": object})
    people.loc[3, "population"] = "多"
    faults = found(infraplan, build_arranged(tmp_path / "study", people=people), 3)
    assert {type(fault["row"]) for fault in faults} <= {int, type(None)}
    assert [fault["row"] for fault in faults if fault["severity"] == "error"] == [5]


def test_faults_of_study_toml_are_a_list_too(infraplan: Call, tmp_path: Path) -> None:
    study = build_arranged(tmp_path / "study", change=lambda text: text.replace("gap = 0.05", "gaap = 0.05").replace("= 1000", '= "fine"'))
    assert {fault["column"] for fault in found(infraplan, study, 3)} == {"plan.gaap", "coverage.resolution_m"}
    (study / "study.toml").write_bytes(b"[study\n")
    assert [fault["rule"] for fault in found(infraplan, study, 3)] == ["study-toml"]
    (study / "study.toml").unlink()
    assert [fault["rule"] for fault in found(infraplan, study, 3)] == ["study-file"]


REGISTER = "区县,city,county,value\n某区,440100,440101,1000\n".encode("gb18030")


def registered(text: str) -> str:
    return text.replace("[files]\n", '[files]\nregisters = { nr_users = "users.csv" }\n')


def test_a_register_saved_by_excel_is_read(infraplan: Call, tmp_path: Path) -> None:
    study = build_arranged(tmp_path / "study", change=registered)
    (study / "users.csv").write_bytes(REGISTER)
    assert not [fault for fault in found(infraplan, study, 0) if fault["file"] == "users.csv"]
    card = pd.DataFrame(json.loads(infraplan("scorecard", study, "--json").out))
    row = card.loc[(card["id"] == "nr-users") & (card["part"] == "subscribers") & (card["zone"] == "440000")].iloc[0]
    assert row["numerator"] == 1000


def _hosts(study: Path) -> None:
    (study / "hosts.csv").write_text("id,lon,lat,host\nH1,113.1,23.1,zeppelin\n", encoding="utf-8")


def _exclusions(study: Path) -> None:
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(113.1, 23.1)], crs=4326).to_file(study / "lakes.geojson")


def _measured(study: Path) -> None:
    (study / "inspections.csv").write_text("id,rsrp_dbm\nx,-90\n", encoding="utf-8")


BROKEN: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "register": (
        'registers = { nr_users = "users.csv" }',
        lambda study: (study / "users.csv").write_bytes(b"\x00\xff\x00\xff\xfe"),
        "users.csv",
    ),
    "figures of a register": (
        'registers = { nr_users = "users.csv" }',
        lambda study: (study / "users.csv").write_text("county,value\n440101,约一千\n", encoding="utf-8"),
        "users.csv",
    ),
    "a register that is not there": ('registers = { nr_users = "users.csv" }', lambda study: None, "users.csv"),
    "hosts": ('hosts = "hosts.csv"', _hosts, "hosts.csv"),
    "hosts without a host": ('hosts = "villages.csv"', lambda study: None, "villages.csv"),
    "exclusions": ('exclusions = ["lakes.geojson"]', _exclusions, "lakes.geojson"),
    "measurements": ("", _measured, "inspections.csv"),
    "corridors": ('corridors = "villages.csv"', lambda study: None, "villages.csv"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_everything_that_a_verb_reads_is_read(infraplan: Call, tmp_path: Path, case: str) -> None:
    key, spoil, file = BROKEN[case]
    study = build_arranged(tmp_path / "study", change=lambda text: text.replace("[files]\n", f"[files]\n{key}\n"))
    spoil(study)
    assert {place[0] for place in errors(infraplan, study)} == {file}
    answer = infraplan("scorecard", study)
    assert answer.code == 3 and file in answer.err


CHOICES = {
    "study.city_order": ('title_en = "square"', 'title_en = "square"\ncity_order = "guangdnog"', "guangdnog"),
    "study.output": ('output = "../results"', 'output = "sites.csv"', "sites.csv"),
    "study.policies": ('"guangdong-2020"]', '"guangdong-2002"]', ""),
    "coverage.services": ('services = ["nr-n28", "nbiot-900"]', 'services = ["nr-n82", "nbiot-900"]', "nr-n82"),
    "coverage.families": ("max_radius_km = 8", 'max_radius_km = 8\nfamilies = ["nr", "nbt"]', "nbt"),
    "coverage.caps_km.nrr": ("max_radius_km = 8", "max_radius_km = 8\ncaps_km = { nrr = 3 }", "nrr"),
    "coverage.caps_km.nr": ("max_radius_km = 8", "max_radius_km = 8\ncaps_km = { nr = -1 }", "-1"),
    "coverage.resolution_m": ("resolution_m = 1000", "resolution_m = 0.1", "0.1"),
    "plan.services": ('services = ["nr-n28"]', 'services = ["nr-n82"]', ""),
    "plan.operators": ("gap = 0.05", 'gap = 0.05\noperators = "cmcc+cbm"', "cbm"),
    "plan.target": ('target = "nr-pop90"', 'target = "nr-pop09"', "nr-pop09"),
    "plan.targets": ('target = "nr-pop90"', 'targets = ["nr-pop90", "nr-sa"]', "nr-sa"),
    "plan.must": ("gap = 0.05", 'gap = 0.05\nmust = ["nr-schools"]', "nr-schools"),
    "plan.phases": ("gap = 0.05", 'gap = 0.05\nphases = [{ name = "一", must = ["village-nr"] }]', ""),
    "plan.candidate_spacing_m": ("spacing_m = 8000", "spacing_m = 1", "1"),
    "plan.forced": ("gap = 0.05", 'gap = 0.05\nforced = ["nowhere"]', "nowhere"),
    "plan.forbidden": ("gap = 0.05", 'gap = 0.05\nforbidden = ["C999999"]', "C999999"),
}


@pytest.mark.parametrize("key", CHOICES)
def test_every_choice_of_study_toml_is_run(infraplan: Call, tmp_path: Path, key: str) -> None:
    old, new, value = CHOICES[key]
    study = build_arranged(tmp_path / "study", change=lambda text: text.replace(old, new, 1))
    faults = errors(infraplan, study)
    assert {(place[0], place[2]) for place in faults} == {("study.toml", key)}
    assert faults[0][3] in (value, "") or value in faults[0][3]


def test_choices_are_reported_together_each_with_its_line(infraplan: Call, tmp_path: Path) -> None:
    def change(text: str) -> str:
        for key in ("study.city_order", "coverage.families", "plan.operators", "plan.target", "plan.must"):
            text = text.replace(*CHOICES[key][:2], 1)
        return text

    people = villages().assign(population=-1)
    study = build_arranged(tmp_path / "study", change=change, people=people)
    faults = errors(infraplan, study)
    rows = {column: row for file, row, column, _ in faults if file == "study.toml"}
    starts = {"study.city_order": "city_order", "coverage.families": "families", "plan.operators": "operators"}
    assert rows == {key: line(study, start) for key, start in starts.items()}
    assert "villages.csv" in {file for file, *_ in faults}


def own_policy(study: Path, *rows: str, province: str = "440000") -> Path:
    """The study judged by a policy beside it."""
    shown = ["\n".join(("[[target]]", 'task = "-"', f'id = "t{number}"', row)) for number, row in enumerate(rows)]
    (study / "mine.toml").write_text(POLICY.format(province=province, rows="\n\n".join(shown)), encoding="utf-8")
    text = (study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('"guangdong-2020"', '"mine.toml"').replace("nr-pop90", "people")
    (study / "study.toml").write_text(text, encoding="utf-8")
    return study


PLACES = pd.DataFrame(
    {
        "id": ["a", "b"],
        "lon": 113.1,
        "lat": [23.1, 23.2],
        "场所类别": ["学校", "卫生院"],
        "小类": ["小学", "卫生院"],
        "monitored": ["是", "也许"],
    }
)
SHARE = 'measure = "place_share"\nfamily = "nr"\n'
UNMATCHED = {
    "class": (SHARE + 'place_classes = ["schol"]', "place_classes", "schol"),
    "class of lines": ('measure = "line_share"\nfamily = "nr"\nline_classes = ["铁路"]', "line_classes", "railway"),
    "kind": (SHARE + 'place_classes = ["学校"]\nkinds = ["大学"]', "kinds", "大学"),
    "scope": (SHARE + 'place_classes = ["学校"]\nscope = ["449900"]', "scope", "449900"),
    "family": ('measure = "area_share"\nfamily = "lte"', "family", "lte"),
    "register": ('measure = "reported"\nregister = "users"', "register", "users"),
    "column": ('measure = "attribute_share"\nlayer = "villages"\ncolumn = "gas"', "column", "villages.gas"),
}


@pytest.mark.parametrize("case", UNMATCHED)
def test_what_a_policy_asks_and_no_data_has_is_reported(infraplan: Call, tmp_path: Path, case: str) -> None:
    row, column, value = UNMATCHED[case]
    study = own_policy(build_arranged(tmp_path / "study", places=PLACES), row)
    faults = [fault for fault in found(infraplan, study, 0) if fault["file"] == "mine.toml"]
    assert [(fault["severity"], fault["column"], fault["value"]) for fault in faults] == [("warning", column, value)]
    assert "t0" in faults[0]["message"]


def test_a_province_elsewhere_is_reported_once(infraplan: Call, tmp_path: Path) -> None:
    study = own_policy(build_arranged(tmp_path / "study"), 'measure = "area_share"\nfamily = "nr"\nscope = "west"', province="450000")
    faults = [fault for fault in found(infraplan, study, 0) if fault["file"] == "mine.toml"]
    assert [(fault["rule"], fault["value"]) for fault in faults] == [("unmatched_province", "450000")]


def test_classes_match_in_chinese_and_english_on_both_sides(infraplan: Call, tmp_path: Path) -> None:
    rows = (SHARE + 'place_classes = ["学校"]', SHARE + 'place_classes = ["hospital"]\nkinds = ["卫生院"]')
    study = own_policy(build_arranged(tmp_path / "study", places=PLACES), *rows)
    faults = [fault for fault in found(infraplan, study, 0) if fault["file"] in ("mine.toml", "places.csv")]
    assert [fault["rule"] for fault in faults] == ["unused_columns"]  # monitored: none of these two rows asks for it
    card = pd.DataFrame(json.loads(infraplan("scorecard", study, "--json").out))
    whole = card.loc[(card["zone"] == "440000") & (card["network"] == "any")].set_index("id")
    assert whole.loc[["t0", "t1"], "denominator"].tolist() == [1, 1]


def test_cells_that_a_policy_cannot_read_are_reported_with_their_row(infraplan: Call, tmp_path: Path) -> None:
    asked = 'measure = "attribute_share"\nlayer = "places"\nplace_classes = ["学校", "医院"]\n'
    study = own_policy(build_arranged(tmp_path / "study", places=PLACES), asked + 'column = "monitored"')
    faults = [fault for fault in found(infraplan, study, 0) if fault["file"] == "places.csv"]
    assert [(fault["severity"], fault["row"], fault["column"], fault["value"]) for fault in faults] == [("warning", 3, "monitored", "也许")]
    own_policy(study, asked + 'column = "monitored"\nat_least = 3')
    assert {place[:3] for place in errors(infraplan, study)} == {("places.csv", 2, "monitored"), ("places.csv", 3, "monitored")}


def test_a_register_that_no_target_reads_is_reported(infraplan: Call, tmp_path: Path) -> None:
    study = build_arranged(tmp_path / "study", change=lambda text: registered(text).replace("nr_users =", "nr_user ="))
    (study / "users.csv").write_bytes(REGISTER)
    faults = {fault["rule"]: fault for fault in found(infraplan, study, 0)}
    assert faults["unused_register"]["value"] == "nr_user" and "nr_users?" in faults["unused_register"]["cure"]


def test_measurements_saved_by_a_spreadsheet_mean_the_same(tmp_path: Path) -> None:
    from infraplan.io.inspections import FILE_NAME, read_measured
    from infraplan.policy.inspection import COLUMNS

    row = ("440101-00", "cmcc", "nr-n28", "nr", "-90.0", "True", "2020-06-03", "张三", "", "合格", *[""] * 6, "表.xlsx", "0" * 64, "2", "")
    changed = {"indoors": "TRUE", "date": "2020/6/3", "rsrp_dbm": "-90"}
    again = [changed.get(name, cell) for name, cell in zip(COLUMNS, row, strict=True)]
    frames = []
    for cells, separator, encoding in ((row, ",", "utf-8-sig"), (again, ";", "gbk")):
        text = f"{separator.join(COLUMNS)}\n{separator.join(cells)}\n"
        (tmp_path / FILE_NAME).write_bytes(text.encode(encoding))
        frames.append(read_measured(tmp_path))
    pd.testing.assert_frame_equal(*frames)
    assert frames[0]["indoors"].tolist() == [True] and frames[0]["row"].tolist() == [2]


def _raster(path: Path, heights: Any, crs: str | None, west: float) -> None:
    values = np.asarray(heights, dtype="float32")
    shape = {"height": values.shape[0], "width": values.shape[1], "transform": Affine(0.01, 0, west, 0, -0.01, 24.0)}
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype="float32", crs=crs, **shape) as made:
        made.write(values, 1)


RASTERS: dict[str, Callable[[Path], Any]] = {
    "no raster": lambda path: path.write_bytes(b"nothing"),
    "a bitten one": lambda path: (_raster(path, np.zeros((99, 99)), "EPSG:4326", 112.8), path.write_bytes(path.read_bytes()[:300])),
    "no crs": lambda path: _raster(path, np.zeros((99, 99)), None, 112.8),
    "elsewhere": lambda path: _raster(path, np.zeros((99, 99)), "EPSG:4326", 12.8),
    "impossible": lambda path: _raster(path, np.full((150, 150), 1e6), "EPSG:4326", 112.5),
    "holes": lambda path: _raster(path, np.full((150, 150), np.nan), "EPSG:4326", 112.5),
    "absent": lambda path: None,
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("name", RASTERS)
def test_faults_of_rasters_are_records_too(infraplan: Call, tmp_path: Path, name: str) -> None:
    def change(text: str) -> str:
        return text.replace("[files]\n", '[files]\nterrain = "dem.tif"\n').replace("[coverage]\n", '[coverage]\nmodel = "p1812"\n')

    study = build_arranged(tmp_path / "study", change=change)
    RASTERS[name](study / "dem.tif")
    faults = [fault for fault in found(infraplan, study, 3) if fault["severity"] == "error"]
    assert faults and all(fault["file"] == "dem.tif" and fault["rule"] and fault["message"] and fault["cure"] for fault in faults)
