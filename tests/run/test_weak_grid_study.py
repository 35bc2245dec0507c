"""A study whose plan covers measured weak cells alone, beside lines and people, and what its keys refuse."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

import infraplan as ip
from infraplan.errors import DataError
from infraplan.run.planning import plan_faults
from infraplan.run.summary import restore_plan

CELLS = pd.DataFrame(
    {
        "栅格编号": [f"113.{5 + 2 * number:02d}1_23.{3 + number:02d}2" for number in range(12)],
        "采样点数": np.arange(12) * 10 + 5,
        "平均RSRP": -110.0,
        "运营商": ["移动"] * 10 + ["电信"] * 2,
        "频段": "n28",
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = Path(ip.example_world().write(tmp_path / "study"))
    CELLS.to_csv(place / "weak.csv", index=False)
    lines = {"id": ["R1", "R2"], "name": ["铁路", "隧道"], "line_class": "railway", "tunnel": ["no", "yes"], "indoor_system": ["", "yes"]}
    ways = [LineString([(113.02, 23.05), (113.25, 23.2)]), LineString([(113.25, 23.2), (113.26, 23.2)])]
    gpd.GeoDataFrame(lines, geometry=ways, crs=4326).to_file(place / "lines.gpkg")
    return place


def changed(place: Path, files: str, plan: str) -> ip.Study:
    text = (place / "study.toml").read_text(encoding="utf-8")
    text = text.replace("[coverage]", f"{files}\n[coverage]", 1).replace('target = "nr-pop90"', plan)
    text = text.replace('policies = ["guangdong-2020"]', 'policies = ["guangdong-2020", "signal-upgrade-2023"]')
    (place / "study.toml").write_text(text, encoding="utf-8")
    return ip.Study.open(place)


def test_weak_cells_alone(folder: Path) -> None:
    study = changed(folder, 'weak_grid = "weak.csv"', "targets = []\nweak_grid_share = 0.6")
    assert not [fault for fault in plan_faults(study) if fault.severity == "error"]
    outcome = ip.run_study(study, jobs=1, formats=("html",))
    assert outcome.plan is not None and outcome.check is not None and outcome.check["feasible"]
    row = json.loads((study.output / "summary.json").read_text(encoding="utf-8"))["plan"]["weak_grid"]["weak_grid-nr"]
    assert row["weak"] == 10 and row["covered"] >= 6 and row == outcome.plan.weak_grid["weak_grid-nr"]
    assert "实测弱覆盖栅格" in (study.output / "index.html").read_text(encoding="utf-8")
    again = restore_plan(study.output)
    assert again is not None and again.goal == outcome.plan.goal and again.weak_grid == outcome.plan.weak_grid


def test_people_lines_and_cells_together(folder: Path) -> None:
    files = 'weak_grid = "weak.csv"\ncorridors = "lines.gpkg"'
    study = changed(folder, files, 'targets = ["nr-pop90", "su-corridors/railway_nr"]\nweak_grid_count = "samples"')
    outcome = ip.run_study(study, jobs=1, formats=("html",))
    plan, check = outcome.plan, outcome.check
    assert plan is not None and check is not None and check["feasible"]
    summary = json.loads((study.output / "summary.json").read_text(encoding="utf-8"))["plan"]
    lines = summary["lines"]["su-corridors/railway_nr"]
    assert lines["served_km"] == check["lines"]["su-corridors/railway_nr"]["served_km"] >= lines["required_km"]
    assert summary["weak_grid"]["weak_grid-nr"]["count"] == "samples" and summary["check"]["weak_grid"] == summary["weak_grid"]
    page = (study.output / "index.html").read_text(encoding="utf-8")
    assert "公里；现有网络" in page and f"{lines['served_km']:,.1f}" in page
    assert "线路 su-corridors/railway_nr" in page and "要求" in page
    assert "weak_grid-nr" not in page and "实测弱覆盖（5G）" in page
    (city,) = sorted((study.output / "cities").iterdir())  # the only city: its kilometres are those of the study, nothing is required of it
    own = (city / "report.html").read_text(encoding="utf-8")
    kilometres = (lines["total_km"], lines["today"]["served_km"], lines["served_km"])
    assert "在本市 {:,.1f} 公里：现有网络 {:,.1f} 公里，方案建成后 {:,.1f} 公里".format(*kilometres) in own
    assert f"{summary['weak_grid']['weak_grid-nr']['covered']:,} 个（" in own and "本市实测弱覆盖栅格" in own
    counties = sorted((city / "counties").glob("*.html"))
    assert counties and all("在本市" not in county.read_text(encoding="utf-8") for county in counties)
    again = restore_plan(study.output)
    assert again is not None and again.goal == plan.goal and again.lines == plan.lines


def test_faults_come_before_any_work(folder: Path) -> None:
    elsewhere = gpd.read_file(folder / "lines.gpkg")
    elsewhere.assign(geometry=elsewhere.translate(5, 5)).to_file(folder / "lines.gpkg")
    study = changed(folder, 'corridors = "lines.gpkg"', 'targets = ["su-corridors/railway_nr", "su-corridors/road_nr"]')
    found = [fault for fault in plan_faults(study) if fault.severity == "error"]
    assert any("railway" in str(fault) for fault in found) and any("expressway" in str(fault) for fault in found)
    CELLS.assign(采样点数=-1).to_csv(folder / "weak.csv", index=False)
    with pytest.raises(DataError):
        _ = changed(folder, 'weak_grid = "weak.csv"', "targets = []").weak_grid
