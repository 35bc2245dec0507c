"""A run of a study whose new sites are connected: their cost in the plan, in every output, and without [backhaul] nothing of it."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from fibre_study import build_fibre_study
from shapely import LineString

import infraplan as ip
from infraplan.errors import DataError, UsageError, collected
from infraplan.run.planning import goal_in, study_candidates
from infraplan.run.steps import assess, check_of, make_plan
from infraplan.run.study_check import check_study
from infraplan.run.summary import restore_plan


def connected_study(folder: Path, backhaul: str = "[backhaul]\n", roads: bool = True) -> Path:
    """The world with level ground, and one road in its west: fibre near it, microwave beyond; a mast in use at 113.12, 23.12."""
    build_fibre_study(folder)
    shapes = [LineString([(113.0, y), (113.06, y)]) for y in (23.0, 23.15, 23.3)]
    shapes.append(LineString([(113.0, y) for y in (23.0, 23.15, 23.3)]))
    if roads:
        gpd.GeoDataFrame({"highway": ["unclassified"] * 4}, geometry=shapes, crs=4326).to_file(folder / "roads.gpkg")
        nodes = gpd.points_from_xy([113.03] * 3, [23.0, 23.15, 23.3])
        gpd.GeoDataFrame({"id": ["F1", "F2", "F3"]}, geometry=nodes, crs=4326).to_file(folder / "fibre_nodes.gpkg")
    edge, step = 112.6, 0.01
    shape = (120, 120)
    with rasterio.open(folder / "dem.tif", "w", driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="float32", crs="EPSG:4326",
                       transform=rasterio.transform.from_origin(edge, 23.8, step, step)) as raster:  # fmt: skip
        raster.write(np.full(shape, 10.0, np.float32), 1)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    text = text.replace("[files]\n", '[files]\nterrain = "dem.tif"\n')
    text = re.sub(r"\[coverage\]\n", '[coverage]\nmodel = "p1812"\n', re.sub(r"\nmodel = .*", "", text))
    (folder / "study.toml").write_text(f"{text}\n{backhaul}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:
    folder = connected_study(tmp_path_factory.mktemp("connected") / "study")
    study = ip.Study.open(folder)
    findings = assess(study, gaps=False)
    known = study_candidates(study, goal_in(study), findings.cover, findings.villages, study.zones)
    forced = [known.loc[known["connection"] == kind, "id"].iloc[0] for kind in ("fibre", "microwave", "in_use")]
    text = (folder / "study.toml").read_text(encoding="utf-8").replace("[plan]\n", f"[plan]\nforced = {json.dumps(forced)}\n")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    study = ip.Study.open(folder)
    with collected() as warned:
        outcome = ip.run_study(study, jobs=1, formats=("html", "map", "xlsx", "kmz"))
    return study, outcome, warned


@pytest.fixture(scope="module")
def candidates(made: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    """Candidates with connections, and those of the same study without [backhaul]; findings."""
    study, _, _ = made
    findings = assess(study, gaps=False)
    args = goal_in(study), findings.cover, findings.villages, study.zones
    own = study_candidates(study, *args)
    other = ip.Study.open(study.folder)
    object.__setattr__(other, "config", study.config.model_copy(update={}))
    other.config.__pydantic_fields_set__.discard("backhaul")
    assert not other.connects_sites
    plain = study_candidates(other, *args)
    study.config.__pydantic_fields_set__.add("backhaul")
    return own, plain, findings


def test_connections_are_added_to_the_cost_and_to_nothing_else(candidates: tuple[Any, Any, Any]) -> None:
    own, plain, _ = candidates
    assert own["id"].tolist() == plain["id"].tolist() and "connection" not in plain
    for name in ("", "_low", "_high"):
        assert (own[f"cost{name}"] - own[f"connection_cost{name}"]).tolist() == plain[f"cost{name}"].tolist()
    kinds = own["connection"]
    assert {"fibre", "microwave", "in_use"} <= set(kinds) and own.loc[kinds == "in_use", "connection_cost"].eq(0).all()
    assert (kinds == "in_use").tolist() == (own["origin"] == "co_location").tolist()
    untouched = [name for name in plain.columns if name not in ("cost", "cost_low", "cost_high", "capex", "opex_per_year", "annuity")]
    pd.testing.assert_frame_equal(pd.DataFrame(own[untouched]), pd.DataFrame(plain[untouched]))
    assert (own["capex"] >= plain["capex"]).all() and (own["annuity"] >= plain["annuity"]).all()


def test_the_plan_is_judged_from_its_list(made: tuple[Any, Any, Any]) -> None:
    _, outcome, _ = made
    plan, numbers = outcome.plan, outcome.summary["plan"]
    assert outcome.check["cost"] == plan.cost == plan.sites["cost"].sum() and outcome.check["feasible"]
    found = numbers["connections"]
    assert found["cost"] == plan.sites["connection_cost"].sum() > 0 and sum(found["sites"].values()) == len(plan.sites)
    assert found["cost_low"] < found["cost"] < found["cost_high"]
    restored = restore_plan(outcome.output)
    assert restored is not None
    names = [name for name in plan.sites.columns if name.startswith("connection")]
    assert len(names) == 6
    pd.testing.assert_frame_equal(pd.DataFrame(restored.sites[names]), pd.DataFrame(plan.sites[names]), check_dtype=False)


def test_lines_of_connections_are_a_layer_of_every_map(made: tuple[Any, Any, Any]) -> None:
    _, outcome, _ = made
    sites = outcome.plan.sites
    lines = gpd.read_file(outcome.output / "plan.gpkg", layer="site_connections")
    new = sites[sites["connection"].isin(["fibre", "microwave"])]
    assert sorted(lines["id"]) == sorted(new["id"]) and {"fibre", "microwave"} == set(lines["connection"])
    assert lines.set_index("id")["connection_cost"].to_dict() == new.set_index("id")["connection_cost"].to_dict()
    hops = lines[lines["connection"] == "microwave"]
    assert (hops["clearance"] >= 0.6).all() and (hops.geometry.geom_type == "LineString").all() and (hops["connection_km"] <= 15).all()
    project = zipfile.ZipFile(outcome.output / "project.qgz")
    text = project.read(next(name for name in project.namelist() if name.endswith(".qgs"))).decode()
    assert "layername=site_connections" in text and "规划站的回传" in text
    drawn = zipfile.ZipFile(outcome.output / "plan.kmz").read("doc.kml").decode()
    assert drawn.count("#site_microwave<") == len(hops) and "规划站的回传" in drawn
    page = (outcome.output / "map.html").read_text(encoding="utf-8")
    assert "规划站接微波" in page and "site_microwave" in page


def test_pages_say_radio_and_backhaul(made: tuple[Any, Any, Any]) -> None:
    _, outcome, _ = made
    page = re.sub("<[^>]+>", " ", (outcome.output / "report.html").read_text(encoding="utf-8"))
    assert "方案费用中无线" in page and "无线与回传投资" in page and "站点回传" in page and "无须新接" in page
    county = next((next((outcome.output / "cities").iterdir()) / "counties").glob("*.html")).read_text(encoding="utf-8")
    assert "回传" in county
    sheet = pd.read_excel(outcome.output / "annex.xlsx", sheet_name=None, header=4, engine="calamine")
    heads = [str(name) for table in sheet.values() for name in table.columns]
    assert any(name.startswith("其中回传") for name in heads) and any(name.startswith("回传方式") for name in heads)


def test_the_summary_has_the_plan_of_fibre(made: tuple[Any, Any, Any]) -> None:
    _, outcome, _ = made
    fibre = json.loads((outcome.output / "summary.json").read_text(encoding="utf-8"))["fibre"]
    totals = outcome.fibre.totals
    assert (
        fibre["cost"] == totals["cost"] and fibre["bound"] <= fibre["cost"] and fibre["lacking"] == totals["villages"] + totals["no_line"]
    )
    city = json.loads((next((outcome.output / "cities").iterdir()) / "summary.json").read_text(encoding="utf-8"))["fibre"]
    assert city["cost"] == fibre["cost"] and city["bound"] is None, "one city holds all villages; a part has no bound"


def test_gaps_of_the_clause_name_the_plan_of_fibre(made: tuple[Any, Any, Any]) -> None:
    _, outcome, _ = made
    gaps = pd.read_excel(outcome.output / "annex.xlsx", sheet_name=None, header=4, engine="calamine")
    texts = " ".join(str(value) for table in gaps.values() for value in table.to_numpy(object).ravel())
    assert "按光纤到村方案接入" in texts


def test_a_public_edition_has_no_connection(made: tuple[Any, Any, Any]) -> None:
    study, _, _ = made
    outcome = ip.run_study(ip.Study.open(study.folder), jobs=1, formats=("html", "kmz"), edition="public")
    assert "site_connections" not in gpd.list_layers(outcome.output / "plan.gpkg")["name"].tolist()
    assert "LineString" not in zipfile.ZipFile(outcome.output / "plan.kmz").read("doc.kml").decode()


def test_what_nothing_reaches_is_priced_straight_or_left_out(tmp_path: Path) -> None:
    """Without terrain no hop is clear: what lies beyond 5 km of a road is priced by the straight line, or is no candidate."""
    found = {}
    for how in ("straight", "refuse"):
        folder = connected_study(tmp_path / how, f'[backhaul]\nunconnected = "{how}"\n')
        text = (folder / "study.toml").read_text(encoding="utf-8")
        (folder / "study.toml").write_text(text.replace('model = "p1812"\n', ""), encoding="utf-8")
        study = ip.Study.open(folder)
        with collected() as warned:
            findings = assess(study, gaps=False)
            found[how] = study_candidates(study, goal_in(study), findings.cover, findings.villages, study.zones)
        said = [fault for fault in warned if fault.rule == "site-connections"]
        assert len(said) == 1 and "unconnected" in said[0].column
    straight, refused = found["straight"], found["refuse"]
    lost = straight["connection"] == "straight"
    assert lost.any() and straight.loc[lost, "connection_cost"].gt(0).all()
    assert set(refused["id"]) == set(straight.loc[~lost, "id"])


def test_two_currencies_are_refused_before_any_work(tmp_path: Path) -> None:
    folder = connected_study(tmp_path / "study")
    prices = (Path(ip.__file__).parent / "presets" / "fibre_prices.toml").read_text(encoding="utf-8")
    (folder / "prices.toml").write_text(prices.replace('currency = "CNY"', 'currency = "USD"'), encoding="utf-8")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace("[files]\n", '[files]\nfibre_prices = "prices.toml"\n'), encoding="utf-8")
    faults = [fault for fault in check_study(ip.Study.open(folder)) if fault.severity == "error"]
    assert len(faults) == 1 and "USD" in str(faults[0].message) and "CNY" in str(faults[0].message)
    with pytest.raises((UsageError, DataError), match="USD"):
        make_plan(assess(ip.Study.open(folder), gaps=False))


def test_check_of_a_bare_list(made: tuple[Any, Any, Any], candidates: tuple[Any, Any, Any]) -> None:
    study, outcome, _ = made
    checked = check_of(candidates[2], outcome.plan)
    assert checked["cost"] == outcome.plan.cost and checked["cost_low"] == outcome.plan.cost_low
    assert study.lines_not_given == ("power_lines",)


def test_nodes_that_no_road_passes_are_refused_by_check_and_plan(tmp_path: Path) -> None:
    folder = connected_study(tmp_path / "study")
    gpd.GeoDataFrame({"id": ["F1"]}, geometry=gpd.points_from_xy([113.9], [23.9]), crs=4326).to_file(folder / "fibre_nodes.gpkg")
    faults = [fault for fault in check_study(ip.Study.open(folder)) if fault.severity == "error"]
    assert [fault.rule for fault in faults] == ["connections-no-node"] and faults[0].file == "fibre_nodes.gpkg"
    with pytest.raises(DataError, match="sites = false"):
        make_plan(assess(ip.Study.open(folder), gaps=False))


def test_edits_pay_for_their_connection_as_candidates_do(made: tuple[Any, Any, Any], candidates: tuple[Any, Any, Any]) -> None:
    study, known = ip.Study.open(made[0].folder), candidates[0]
    state = ip.WhatIf(study)
    for kind in ("fibre", "microwave"):
        row = known.loc[(known["connection"] == kind) & (known["host"] == "tower")].iloc[0]
        place = {"longitude": row.geometry.x, "latitude": row.geometry.y, "height_m": row["height_m"]}
        carried = {"services": tuple(row["services"].split(";")), "operators": "cbn+cmcc", "host": "tower"}
        found = state.apply([ip.Edit(do="add", id="W1", **place, **carried)]).cost.iloc[0]
        assert [found["connection"], found["connection_cost"]] == [kind, row["connection_cost"]]
        prices = ["cost_low", "cost", "cost_high"]  # the way through degrees moves a place by millimetres
        assert found[prices].tolist() == pytest.approx(row[prices].tolist(), abs=2)
    on_mast = ip.Edit(do="add", id="W2", **{**place, **carried, "host": "overlay"})
    assert state.apply([on_mast]).cost[["connection", "connection_cost"]].values.tolist() == [["in_use", 0.0]]
