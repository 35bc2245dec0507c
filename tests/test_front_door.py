"""The path of a planner at a notebook, by public names alone: from files to map, gaps, plan, proof and files."""

from __future__ import annotations

import ast
import re
from itertools import zip_longest
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

import infraplan as ip
from infraplan.errors import DataWarning
from infraplan.tables import arguments

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example world as a clerk's files."""
    made, place = ip.example_world(), tmp_path_factory.mktemp("files")
    made.zones.to_file(place / "zones.gpkg")
    made.villages.drop(columns=["county", "city"]).to_file(place / "villages.gpkg")
    sites = made.sites.drop(columns="geometry").assign(lon=made.sites.geometry.x, lat=made.sites.geometry.y)
    sites.drop(columns=["county", "city", "antenna", "carrier_power_dbm"]).to_csv(place / "sites.csv", index=False)
    return place


@pytest.fixture(scope="module")
def world(folder: Path) -> dict[str, Any]:
    zones = ip.read_zones(folder / "zones.gpkg")
    villages = ip.read_villages(folder / "villages.gpkg", zones=zones)
    sites = ip.read_sites(folder / "sites.csv", zones=zones)
    services = ip.services("nr-n28", "nbiot-800", reliability=0.9)
    grid = ip.Grid.over(zones, resolution_m=500)
    cover = ip.predict_coverage(sites, grid, services)
    return {"zones": zones, "villages": villages, "sites": sites, "services": services, "grid": grid, "cover": cover}


@pytest.fixture(scope="module")
def plan(world: dict[str, Any]) -> ip.Plan:
    found = candidates(world)
    policy = ip.read_policy("guangdong-2020")
    return ip.place_sites(policy, world["cover"], found, zones=world["zones"], villages=world["villages"], work_limit=3000)


def candidates(world: dict[str, Any]) -> gpd.GeoDataFrame:
    demand = ip.unserved_demand(world["cover"], zones=world["zones"], villages=world["villages"], sites=world["sites"])
    return ip.candidate_sites(world["zones"], demand=demand, services=["nr-n28"], existing=world["sites"], spacing_m=4000)


def test_sites_and_sectors_give_the_same_map(world: dict[str, Any]) -> None:
    sectors = ip.sectors_of(world["sites"], world["services"])
    again = ip.predict_coverage(sectors, world["grid"], world["services"])
    for key, layer in again.layers.items():
        np.testing.assert_array_equal(layer.margin_db, world["cover"].layers[key].margin_db)


def test_what_lists_points_has_points_and_a_crs(world: dict[str, Any], plan: ip.Plan) -> None:
    policy, cover = ip.read_policy("guangdong-2020"), world["cover"]
    layers = {name: world[name] for name in ("zones", "villages", "sites")}
    gaps = ip.find_gaps(policy, cover, **layers)
    demand = ip.unserved_demand(cover, **layers)
    for frame in (gaps, demand, candidates(world), plan.sites):
        assert isinstance(frame, gpd.GeoDataFrame) and frame.crs == "EPSG:4326" and len(frame)
        assert frame.geometry.geom_type.isin(["Point"]).all()
    known = world["villages"].set_index("id").geometry
    own = demand.drop_duplicates("id").set_index("id").geometry
    assert (own.distance(known.reindex(own.index)) < 1e-6).all()


def test_a_scorecard_takes_the_outlines_of_its_zones(world: dict[str, Any]) -> None:
    card = ip.scorecard(ip.read_policy("guangdong-2020"), world["cover"], zones=world["zones"], villages=world["villages"])
    assert not isinstance(card, gpd.GeoDataFrame)
    drawn = ip.with_geometry(card, world["zones"])
    assert drawn.crs == world["zones"].crs and len(drawn) == len(card)
    outline = world["zones"].set_index("adcode").geometry["440101"]
    assert drawn.loc[drawn["zone"] == "440101"].geometry.iloc[0].equals(outline)
    assert drawn.loc[drawn["zone"] == ""].geometry.isna().all()


def test_the_plan_is_judged_explained_and_priced(world: dict[str, Any], plan: ip.Plan) -> None:
    kept = {"zones": world["zones"], "villages": world["villages"]}
    checked = ip.check_plan(plan, world["cover"], **kept)
    assert checked["feasible"] and checked["served"] == plan.served_after and checked["cost"] == plan.cost
    bare = ip.check_plan(plan.sites, world["cover"], goal=plan.goal, **kept)
    assert bare == checked
    explanation = ip.explain_plan(plan)
    assert explanation.targets["met"].all() and set(explanation.candidates["reason"])
    curve = ip.cost_curve(plan, points=3)
    assert len(curve) == 3 and curve["people"].is_monotonic_increasing
    assert curve["budget"].iloc[-1] == plan.cost


def test_a_budget_several_targets_and_sectors(world: dict[str, Any], plan: ip.Plan) -> None:
    policy, found = ip.read_policy("guangdong-2020"), candidates(world)
    kept = {"zones": world["zones"], "villages": world["villages"], "work_limit": 500}
    half = ip.place_sites(policy, world["cover"], found, budget=plan.cost / 2, **kept)
    assert half.objective == "most" and half.cost <= plan.cost / 2 and half.served_after <= half.bound
    one = ip.place_sites(policy, world["cover"], found, max_sites=1, **kept)
    assert len(one.sites) == 1
    sectors = ip.sectors_of(world["sites"], world["services"])
    fresh = ip.place_sites(policy, None, found, existing=sectors, grid=world["grid"], services=world["services"], **kept)
    assert fresh.served_before == plan.served_before


def test_a_line_and_a_table(world: dict[str, Any], plan: ip.Plan) -> None:
    for shown in (world["cover"], plan):
        assert "\n" not in repr(shown) and len(repr(shown)) < 200
        assert shown._repr_html_().count("<tr>") > 1 and "<script" not in shown._repr_html_()
    assert repr(world["cover"]).startswith("<Coverage: nr outdoor, nbiot indoor; any network and 2 apart;")
    hostile = plan.sites.assign(name="<script>alert(1)</script>")
    assert "<script" not in ip.Plan(**{**vars(plan), "sites": hostile})._repr_html_()


def test_a_map_becomes_files_and_a_dataset(world: dict[str, Any], tmp_path: Path) -> None:
    cover = world["cover"]
    cover.write(tmp_path / "map.tif")
    with rasterio.open(tmp_path / "map.tif") as source:
        np.testing.assert_array_equal(source.read(1), cover["nr"].margin_db)
        assert source.tags()["RECEIVER_nr"] == "outdoor" and source.tags()["RELIABILITY"] == "0.9"
    data = cover.to_xarray()
    assert dict(data.sizes) == {"network": 3, "y": cover.grid.height, "x": cover.grid.width, "sector_index": len(cover.sector_ids)}
    np.testing.assert_array_equal(data["nr_margin_db"].sel(network="any"), cover["nr"].margin_db)
    assert data["nr_margin_db"].attrs["units"] == "dB" and data["nbiot_margin_db"].attrs["receiver"] == "indoor"
    row, col = np.argwhere(cover["nr"].server >= 0)[0]
    x_m, y_m = cover.grid.centre_of(row, col)
    assert int(data["nr_server"].sel(network="any").sel(x=x_m, y=y_m, method="nearest")) == cover["nr"].server[row, col]
    assert "Lambert" in data["spatial_ref"].attrs["crs_wkt"]


def test_errors_are_children_of_built_ins_and_say_what_to_call(world: dict[str, Any]) -> None:
    assert issubclass(ip.UsageError, ValueError)
    policy, found = ip.read_policy("guangdong-2020"), candidates(world)
    with pytest.raises(ValueError, match="predict_coverage"):
        ip.place_sites(policy, None, found, zones=world["zones"], villages=world["villages"])
    made = ip.place_sites(policy, world["cover"], found, zones=world["zones"], villages=world["villages"], max_sites=1, work_limit=50)
    read_back = ip.Plan(**{**vars(made), "instance": None})
    for ask in (ip.explain_plan, ip.cost_curve):
        with pytest.raises(ValueError, match="place_sites"):
            ask(read_back)
    with pytest.raises(ValueError, match="goal_of"):
        ip.check_plan(read_back.sites, world["cover"], zones=world["zones"], villages=world["villages"])


def test_a_study_answers_by_itself(mini_study: Path) -> None:
    study = ip.Study.open(mini_study)
    assert repr(study).startswith("<Study ") and "study.toml" in repr(study)
    findings = study.assess(gaps=False)
    plan = study.plan()
    assert plan.population == int(findings.villages["population"].sum()) and len(plan.sites)


def test_type_checkers_see_every_public_name() -> None:
    """Names that open when they are first used are imported for type checkers, from the same homes."""
    tree = ast.parse((ROOT / "infraplan" / "__init__.py").read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {name: f"infraplan.{home}" for name, home in ip._HOMES.items()}
    assert sorted(seen) == ip.__all__


@pytest.fixture(scope="module")
def small(world: dict[str, Any]) -> dict[str, Any]:
    """The same with a dozen villages, one service and large pixels, for what is called once a column."""
    services, grid = ip.services("nr-n28", reliability=0.9), ip.Grid.over(world["zones"], resolution_m=2000)
    cover = ip.predict_coverage(world["sites"].head(2), grid, services, networks=["any"])
    sites, villages = world["sites"].head(2), world["villages"].head(12)
    return {**world, "services": services, "grid": grid, "cover": cover, "sites": sites, "villages": villages}


@pytest.fixture(scope="module")
def calls(small: dict[str, Any], plan: ip.Plan) -> dict[str, tuple[Any, dict[str, gpd.GeoDataFrame]]]:
    return calls_of(small, plan)


def calls_of(world: dict[str, Any], plan: ip.Plan) -> dict[str, tuple[Any, dict[str, gpd.GeoDataFrame]]]:
    """Function -> how to call it with the tables that a caller may forget to read or to make, and these tables as they should be."""
    policy, cover = ip.read_policy("guangdong-2020"), world["cover"]
    zones, villages, sites = world["zones"], world["villages"], world["sites"]
    listed = policy.only("nr-schools", "nr-transport", "village-nr")
    few, sectors, found = policy.only("nr-pop90"), ip.sectors_of(sites, world["services"]), candidates(world)
    demand = ip.unserved_demand(cover, zones=zones, villages=villages)
    new, after = plan.sites.head(1), ip.cover_with(plan.sites.head(1), cover)
    places = villages[["id", "name", "geometry"]].assign(place_class="school", synthetic=True)
    lines = gpd.GeoDataFrame({"id": ["C1"], "line_class": ["expressway"]}, geometry=zones.geometry.iloc[[0]].boundary.to_numpy(), crs=4326)
    layers = {"zones": zones, "villages": villages}
    return {
        "predict_coverage": (lambda sectors: ip.predict_coverage(sectors, world["grid"], world["services"]), {"sectors": sites}),
        "predict_signal": (lambda sectors: ip.predict_signal(cover, sectors, "nr-n28"), {"sectors": sectors}),
        "sectors_of": (lambda sites: ip.sectors_of(sites, world["services"]), {"sites": sites}),
        "update_coverage": (lambda before, after: ip.update_coverage(cover, before, after), {"before": sectors, "after": sectors}),
        "cover_with": (lambda plan_sites: ip.cover_with(plan_sites, cover), {"plan_sites": plan.sites}),
        "service_status": (lambda demand: ip.service_status(demand, cover), {"demand": villages}),
        "population_coverage": (lambda demand, zones: ip.population_coverage(demand, cover, zones), {"demand": villages, "zones": zones}),
        "scorecard": (lambda **tables: ip.scorecard(few, cover, **tables),
                      {**layers, "sites": sites, "places": places, "corridors": lines}),
        "find_gaps": (lambda **tables: ip.find_gaps(listed, cover, **tables, after=after),
                      {**layers, "sites": sites, "places": places, "corridors": lines, "plan": new}),
        "unserved_demand": (lambda **tables: ip.unserved_demand(cover, **tables, after=after), {**layers, "sites": sites, "plan": new}),
        "candidate_sites": (lambda **tables: ip.candidate_sites(**tables, spacing_m=9000),
                            {"zones": zones, "demand": demand, "existing": sites}),
        "place_sites": (lambda candidates, **tables: ip.place_sites(policy, cover, candidates, **tables, max_sites=1, work_limit=20),
                        {**layers, "candidates": found}),
        "check_plan": (lambda plan, **tables: ip.check_plan(plan, cover, goal=GOAL, spacing_m=10.0, **tables),
                       {**layers, "plan": plan.sites, "existing": sites}),
        "with_geometry": (ip.with_geometry, {"card": ip.scorecard(few, cover, **layers), "zones": zones}),
        "zone_faults": (ip.zone_faults, layers),
        "fibre_award": (lambda **tables: ip.fibre_award(policy, **tables), layers),
        "gaps_annex": (ip.gaps_annex, {"gaps": ip.find_gaps(policy, cover, **layers, target="nr-pop90")}),
        "scorecard_annex": (ip.scorecard_annex, {"card": ip.scorecard(few, cover, **layers)}),
        "absent_layers": (ip.absent_layers, {"card": ip.scorecard(few, cover, **layers)}),
        "Grid.over": (ip.Grid.over, {"zones": zones}),
    }  # fmt: skip


GOAL = ip.goal_of(ip.read_policy("guangdong-2020"))
FUNCTIONS = (
    "predict_coverage", "predict_signal", "sectors_of", "update_coverage", "cover_with", "service_status", "population_coverage",
    "scorecard", "find_gaps", "unserved_demand", "candidate_sites", "place_sites", "check_plan", "with_geometry", "zone_faults",
    "fibre_award", "gaps_annex", "scorecard_annex", "absent_layers", "Grid.over",
)  # fmt: skip


class Passed(Exception):
    """The arguments of a function have all columns that it says it needs."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_forgotten_step_is_an_error_that_names_the_call(function: str, calls: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any one column a function works, or says which table lacks it and which public call makes that table.

    Columns that it says it needs are refused at once. Of the others it runs without one of each table at a time.
    """
    call, tables = calls[function]
    require = arguments.require

    def passed(*given: Any, **named: Any) -> None:
        require(*given, **named)
        raise Passed

    refused, free = 0, {argument: list[str]() for argument in tables}
    with monkeypatch.context() as patched:
        patched.setattr(arguments, "require", passed)
        for argument, table in tables.items():
            for column in table.columns:
                try:
                    call(**{**tables, argument: without(table, column)})
                except Passed:
                    free[argument].append(column)
                except ip.UsageError as error:
                    refused += 1
                    assert f"{function}()" in str(error) and f"argument {argument} lacks the columns {column}" in str(error)
                    named = re.findall(r"infraplan\.([A-Za-z_]+)", str(error).partition("argument")[2])
                    assert named and set(named) <= set(ip.__all__)
    for columns in zip_longest(*free.values()):
        dropped = {argument: column for argument, column in zip(free, columns, strict=True) if column is not None}
        call(**tables | {argument: without(tables[argument], column) for argument, column in dropped.items()})
    for argument in tables:
        with pytest.raises(ValueError, match=f"argument {argument} is str; give what"):
            call(**{**tables, argument: "file.gpkg"})
    assert refused or function == "absent_layers"


def without(table: Any, column: str) -> Any:
    """A table without a column; without its geometry it is a plain one."""
    return pd.DataFrame(table).drop(columns=column) if column == "geometry" else table.drop(columns=column)


def test_a_policy_and_a_map_are_not_their_names(world: dict[str, Any]) -> None:
    layers = {"zones": world["zones"], "villages": world["villages"]}
    with pytest.raises(ValueError, match=r"read_policy\(.*predict_coverage\("):
        ip.scorecard("guangdong-2020", None, **layers)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="argument villages is None"):
        ip.place_sites(ip.read_policy("guangdong-2020"), world["cover"], candidates(world), zones=world["zones"], villages=None)


def test_a_family_that_no_site_carries_is_no_silent_zero(world: dict[str, Any]) -> None:
    with pytest.warns(DataWarning, match=r'no site carries nr-n41.*services\("nr-n28"'):
        ip.predict_coverage(world["sites"], world["grid"], ip.services("nr-n41", "nbiot-800"))


def test_the_example_world_is_a_study_too(tmp_path: Path) -> None:
    study = ip.Study.open(ip.example_world().write(tmp_path / "study"))
    assert len(study.villages) == 40 and set(study.zones["level"]) == {"province", "city", "county"} and len(study.sectors)
