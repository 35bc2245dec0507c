"""`infraplan backhaul`: what it prints and writes, what it refuses with place and fix."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from fibre_study import build_fibre_study
from shapely import Point

import infraplan as ip

Call = Callable[..., Any]


@pytest.fixture()
def fibre_study(tmp_path: Path) -> Path:
    return build_fibre_study(tmp_path / "study")


def changed(folder: Path, old: str, new: str) -> Path:
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def test_json_has_totals_counties_and_one_row_a_village(infraplan: Call, fibre_study: Path) -> None:
    answer = infraplan("backhaul", fibre_study, "--json")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    rows = found["list"]
    assert found["villages"] == len(rows) > 10 and found["bound"] <= found["cost"] == sum(row["share"] for row in rows)
    assert found["cost"] == sum(row["cost"] for row in found["counties"]) and found["award"] == 30000
    assert found["findings"]["not_stated"] == found["not_stated"] > 0
    assert [row["order"] for row in rows] == list(range(1, len(rows) + 1))
    assert found == json.loads(infraplan("backhaul", fibre_study, "--json").out), "the same whenever it is run"
    some = json.loads(infraplan("backhaul", fibre_study, "--json", "--budget", found["cost"] / 2).out)
    assert 0 < len(some["list"]) == some["budget_villages"] < len(rows) and some["budget_cost"] <= found["cost"] / 2
    paid = json.loads(infraplan("backhaul", fibre_study, "--json", "--award").out)
    assert len(paid["list"]) == found["subsidy_villages"]


def test_the_table_and_its_totals_are_in_both_languages_and_files_are_layers(infraplan: Call, fibre_study: Path, tmp_path: Path) -> None:
    answer = infraplan("backhaul", fibre_study)
    assert answer.code == 0 and "建设顺序 / Build order" in answer.out
    assert "no plan costs less than" in answer.err and "优先" not in answer.out
    layer = tmp_path / "spans.gpkg"
    assert infraplan("backhaul", fibre_study, "--spans", "-o", layer).code == 0
    spans = gpd.read_file(layer)
    assert (spans.geometry.geom_type == "LineString").all() and spans.crs == 4326 and spans["cost"].sum() > 0
    listed = infraplan("backhaul", fibre_study, "--findings", "--lang", "en")
    assert "does not say whether it has fibre" in listed.out and "不" not in listed.err


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ('roads = "roads.gpkg"\n', "", 2, "[files] roads"),
        ('fibre_nodes = "fibre_nodes.gpkg"\n', "", 2, "fibre_nodes"),
        ('[options.roads]\ncrs = "EPSG:4326"\n', "", 3, "in degrees"),
        ("[options.roads]", '[backhaul]\ntarget = "nr-pop90"\n[options.roads]', 2, "nr-pop90"),
        ("[options.roads]", "[backhaul]\nsubsidy = 2\n[options.roads]", 3, "subsidy"),
        ('roads = "roads.gpkg"', 'roads = "roads.gpkg"\nfibre_prices = "prices.toml"', 3, "capex_per_km"),
    ],
)
def test_what_is_missing_or_wrong_is_named(infraplan: Call, fibre_study: Path, old: str, new: str, code: int, says: str) -> None:
    prices = Path(ip.__file__).with_name("presets") / "fibre_prices.toml"
    (fibre_study / "prices.toml").write_text(prices.read_text(encoding="utf-8").replace("[40000,", "[-1,"), encoding="utf-8")
    answer = infraplan("backhaul", changed(fibre_study, old, new))
    assert answer.code == code and says in answer.err and "Traceback" not in answer.err, answer.err


def test_ids_twice_and_nodes_far_away(infraplan: Call, fibre_study: Path) -> None:
    node = fibre_study / "fibre_nodes.gpkg"
    gpd.GeoDataFrame({"id": ["F1", "F1"]}, geometry=[Point(113.15, 23.15), Point(113.1, 23.1)], crs=4326).to_file(node)
    answer = infraplan("backhaul", fibre_study)
    assert answer.code == 3 and "fibre_nodes.gpkg" in answer.err and "F1" in answer.err
    gpd.GeoDataFrame({"id": ["F1"]}, geometry=[Point(112.0, 22.0)], crs=4326).to_file(node)
    answer = infraplan("backhaul", fibre_study)
    assert answer.code == 3 and "no line leads" in answer.err, answer.err


def test_villages_with_fibre_may_be_the_nodes(infraplan: Call, fibre_study: Path) -> None:
    one = json.loads(infraplan("backhaul", fibre_study, "--json").out)
    many = json.loads(
        infraplan(
            "backhaul", changed(fibre_study, "[options.roads]", "[backhaul]\nvillages_with_fibre = true\n[options.roads]"), "--json"
        ).out
    )
    assert many["fibre_nodes"] == 1 + many["with_fibre"] and many["cost"] < one["cost"]
