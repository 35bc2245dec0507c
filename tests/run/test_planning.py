"""[plan] of study.toml as a covering problem: what is asked, offered, settled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from results import copy_of
from shapely.geometry import box

from infraplan.errors import DataError, UsageError
from infraplan.run.planning import goal_in
from infraplan.run.steps import Findings, assess, make_plan, planning_instance
from infraplan.study import Study

POLICY = """
[policy]
document = "-"
title = "小政策"
province = "440000"
source = "worked out by hand"

[[target]]
id = "nr"
task = "5G"
measure = "population_share"
family = "nr"
asked_of = "scope"
required = 0.85

[[target]]
id = "nb"
task = "NB-IoT"
measure = "population_share"
family = "nbiot"
asked_of = "scope"
required = 0.9

[[target]]
id = "towns"
task = "乡镇"
measure = "place_share"
family = "nr"
place_classes = ["township"]
required = 1.0
"""


@pytest.fixture(scope="module")
def findings(mini_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Findings:
    folder = copy_of(mini_study, tmp_path_factory.mktemp("planning"))
    (folder / "small.toml").write_text(POLICY, encoding="utf-8")
    return assess(Study.open(written(folder)), gaps=False)


def written(folder: Path, files: str = "", **plan: Any) -> Path:
    """The study with another [plan]."""
    file = folder / "study.toml"
    head, _, _ = file.read_text(encoding="utf-8").partition("[plan]")
    head = head.replace('"clauses.toml"', '"small.toml"')
    wanted = {"targets": ["nr"], "services": ["nr-n28"], "candidate_spacing_m": 6000, "gap": 0.05, "work_limit": 5000} | plan
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in wanted.items() if value is not None)
    file.write_text(head + f"[plan]\n{lines}\n", encoding="utf-8")
    if files:
        file.write_text(file.read_text(encoding="utf-8").replace("[files]\n", f"[files]\n{files}\n"), encoding="utf-8")
    return folder


def asked(findings: Findings, tmp_path: Path, files: str = "", **plan: Any) -> Findings:
    """The same findings with other wishes."""
    folder = written(copy_of(findings.study.folder, tmp_path), files, **plan)
    return Findings(Study.open(folder), findings.cover, findings.villages, findings.by_zone, findings.card, findings.gaps)


def test_target_and_targets_say_the_same(findings: Findings, tmp_path: Path) -> None:
    old = asked(findings, tmp_path / "old", targets=None, target="nr").study
    new = asked(findings, tmp_path / "new").study
    assert old.config.plan.targets == new.config.plan.targets == ("nr",)
    assert old.config.plan.target == new.config.plan.target == "nr"
    nothing = asked(findings, tmp_path / "none", targets=[]).study
    assert (nothing.config.plan.target, nothing.config.plan.targets) == ("", ())
    with pytest.raises(DataError, match="target"):
        asked(findings, tmp_path / "both", target="nr")


def test_two_families_and_places_in_one_plan(findings: Findings, tmp_path: Path) -> None:
    wishes = asked(findings, tmp_path, targets=["nr", "nb"], must=["towns"], services=["nr-n28", "nbiot-900"])
    instance = planning_instance(wishes)
    assert instance.goal.families == ("nr", "nbiot") and instance.goal.must == ("towns",)
    assert set(instance.rows["target"]) == {"nr", "nb", "towns"}
    plan = make_plan(wishes)
    assert plan.status in ("optimal", "feasible", "unreachable")
    assert set(plan.sites["services"]) <= {"nr-n28", "nbiot-900", "nr-n28;nbiot-900"}
    assert plan.sites["mast"].is_unique


def test_new_sites_keep_their_distance_to_standing_ones_of_their_family(findings: Findings, tmp_path: Path) -> None:
    instance = planning_instance(asked(findings, tmp_path, site_spacing_m=4000))
    sites = findings.study.sites
    nr = sites.loc[sites["services"].str.contains("nr-")]
    grid = findings.study.grid
    at, stands = (np.column_stack(grid.place(frame)) for frame in (instance.candidates, nr))
    near = (np.linalg.norm(at[:, None] - stands[None], axis=2) < 4000 - 1e-3).any(axis=1)
    on_their_mast = instance.candidates["mast"].isin(nr["mast"]).to_numpy()
    assert on_their_mast.any() and near[on_their_mast].all(), "another band on a mast that carries 5G needs no distance"
    near &= ~on_their_mast
    assert 0 < near.sum() < len(near)
    np.testing.assert_array_equal(near, instance.candidates["barred"] == "near_existing")
    np.testing.assert_array_equal(near, instance.problem.forbidden)


def test_exclusions_forced_and_forbidden(findings: Findings, tmp_path: Path) -> None:
    west, south, east, north = findings.study.zones.total_bounds
    middle = (west + east) / 2
    folder = copy_of(findings.study.folder, tmp_path / "a")
    for name, shape in (("lake.gpkg", box(west, south, middle, north)), ("park.geojson", box(middle, south, east, (south + north) / 2))):
        gpd.GeoDataFrame(geometry=[shape], crs=4326).to_file(folder / name)
    files = 'exclusions = ["lake.gpkg", "park.geojson"]'
    moved = Findings(
        Study.open(written(folder, files)), *(getattr(findings, name) for name in ("cover", "villages", "by_zone", "card", "gaps"))
    )
    instance = planning_instance(moved)
    bounds = instance.candidates.total_bounds
    assert bounds[0] >= middle and bounds[1] >= (south + north) / 2
    assert {"exclusions.1", "exclusions.2"} <= set(moved.study.inputs)
    mast = instance.candidates.loc[(instance.candidates["origin"] == "co_location") & (instance.candidates["barred"] == ""), "mast"].iloc[0]
    number = instance.candidates.loc[instance.candidates["origin"] == "grid", "id"].iloc[0]
    study = Study.open(written(folder, forced=[mast], forbidden=[number]))
    settled = planning_instance(Findings(study, moved.cover, moved.villages, moved.by_zone, moved.card, moved.gaps))
    assert settled.candidates.loc[settled.problem.forced, "mast"].tolist() == [mast]
    assert settled.candidates.loc[settled.candidates["barred"] == "forbidden", "id"].tolist() == [number]


def test_a_city_alone_keeps_hosts_and_masts_and_refuses_numbers(findings: Findings, tmp_path: Path) -> None:
    whole = planning_instance(findings)
    city, other = sorted(set(whole.candidates["city"]))[:2]
    there = whole.candidates.loc[(whole.candidates["city"] == other) & (whole.candidates["origin"] == "co_location"), "mast"].iloc[0]
    here = planning_instance(asked(findings, tmp_path / "a", forbidden=[there], forced=[there]), cities=(city,))
    assert set(here.candidates["city"]) == {city} and not here.problem.forced.any()
    with pytest.raises(DataError, match="C000001"):
        planning_instance(asked(findings, tmp_path / "b", forbidden=["C000001"]), cities=(city,))


def test_capacity_and_priority_reach_the_problem(findings: Findings, tmp_path: Path) -> None:
    instance = planning_instance(asked(findings, tmp_path, capacity_people=5000, priority_weight=2.5))
    assert instance.problem.capacity is not None and (instance.problem.capacity == 5000).all()
    listed = {"445122", "445224", "445222", "445281"}  # 饶平 of the central-soviet list; 惠来, 揭西, 普宁 of the hailufeng one
    inside = instance.rows["county"].isin(listed).to_numpy()
    assert inside.any() and not inside.all()
    np.testing.assert_allclose(instance.worth, instance.problem.weight * np.where(inside, 2.5, 1.0))


@pytest.mark.parametrize(
    ("plan", "found"),
    [
        ({"targets": ["nr", "nb"]}, r"\[plan\] services"),
        ({"targets": ["towns"]}, r"\[plan\] must"),
        ({"must": ["nr"]}, r"\[plan\] targets"),
        ({"must": ["town"]}, "towns"),
    ],
)
def test_what_cannot_be_planned_is_refused_before_any_work(findings: Findings, tmp_path: Path, plan: dict[str, Any], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        goal_in(asked(findings, tmp_path, **plan).study)
