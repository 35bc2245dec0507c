"""Layers of roads, power lines and fibre: lines in a stated CRS; what is in degrees, in none, elsewhere, or no line is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from results import copy_of
from shapely.geometry import LineString, Point

from infraplan import read_cost_lines
from infraplan.errors import DataError
from infraplan.run.planning import plan_faults
from infraplan.run.steps import assess, planning_instance
from infraplan.study import Study
from infraplan.study.input_checks import input_faults

ROAD = LineString([(116.6, 23.3), (116.9, 23.6)])


def written(folder: Path, shapes: list[Any], crs: Any = 4547, name: str = "roads.gpkg") -> Path:
    """Shapes given in degrees, in a file of another CRS."""
    series = gpd.GeoSeries(shapes, crs=4326)
    frame = gpd.GeoDataFrame({"kind": "x"}, index=series.index, geometry=series if crs is None else series.to_crs(crs))
    (frame.set_crs(None, allow_override=True) if crs is None else frame).to_file(folder / name)
    return folder / name


def rules(told: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [fault.rule for fault in told.value.fault_list]


def test_metres_come_in_degrees(tmp_path: Path) -> None:
    found = read_cost_lines(written(tmp_path, [ROAD]))
    assert found.crs == "EPSG:4326" and list(found.columns) == ["geometry"]
    assert found.total_bounds == pytest.approx(ROAD.bounds, abs=1e-6)


@pytest.mark.parametrize(("crs", "rule"), [(4326, "lines_in_degrees"), (4490, "lines_in_degrees"), (None, "lines_without_crs")])
def test_degrees_and_no_crs_are_refused_until_they_are_stated(tmp_path: Path, crs: Any, rule: str) -> None:
    file = written(tmp_path, [ROAD], crs, "roads.shp")
    if crs is None:
        file.with_suffix(".prj").unlink(missing_ok=True)
    with pytest.raises(DataError) as told:
        read_cost_lines(file)
    assert rules(told) == [rule] and told.value.fault_list[0].file == "roads.shp"
    found = read_cost_lines(file, crs="EPSG:4326" if crs is None else f"EPSG:{crs}")
    assert found.total_bounds == pytest.approx(ROAD.bounds, abs=1e-6)


def test_points_and_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as told:
        read_cost_lines(written(tmp_path, [ROAD, Point(116.7, 23.4)], name="mixed.geojson"), crs="EPSG:4547")
    assert rules(told) == ["not_lines"] and told.value.fault_list[0].row == 2
    with pytest.raises(DataError) as told:
        read_cost_lines(written(tmp_path, [], name="none.gpkg"))
    assert rules(told) == ["no_lines"]
    (tmp_path / "roads.csv").write_text("name\nS1\n", encoding="utf-8")
    for name in ("roads.csv", "nothing.gpkg"):
        with pytest.raises(DataError):
            read_cost_lines(tmp_path / name)


def study_with(mini_study: Path, folder: Path, roads: list[Any], crs: Any = 4547, options: str = "") -> Study:
    copied = copy_of(mini_study, folder)
    written(copied, roads, crs)
    file = copied / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[files]\n", '[files]\nroads = "roads.gpkg"\n') + options, encoding="utf-8")
    return Study.open(copied)


def test_a_study_names_its_keys_before_any_search(mini_study: Path, tmp_path: Path) -> None:
    faults = input_faults(study_with(mini_study, tmp_path / "degrees", [ROAD], 4326))
    assert [(fault.rule, fault.file, fault.severity) for fault in faults if fault.file == "roads.gpkg"] == [
        ("lines_in_degrees", "roads.gpkg", "error")
    ]
    assert '[options.roads] crs = "EPSG:4326"' in next(fault for fault in faults if fault.file == "roads.gpkg").how_to_fix
    stated = study_with(mini_study, tmp_path / "stated", [ROAD], 4326, '\n[options.roads]\ncrs = "EPSG:4326"\n')
    assert not [fault for fault in input_faults(stated) if fault.file == "roads.gpkg"]
    away = [LineString([(100.0, 10.0), (101.0, 10.0)])]
    assert "lines-elsewhere" in [fault.rule for fault in input_faults(study_with(mini_study, tmp_path / "away", away, 32647))]


def test_a_study_with_roads_prices_the_distance(mini_study: Path, tmp_path: Path) -> None:
    study = study_with(mini_study, tmp_path, [ROAD])
    assert study.lines_not_given == ("power_lines", "fibre") and list(study.cost_lines) == ["roads"]
    assert "roads" in study.inputs
    found = planning_instance(assess(study, gaps=False)).candidates
    towers = found.loc[found["host"] == "tower"]
    per_km = study.costs.line_cost_per_km("roads")
    np.testing.assert_allclose(towers["cost"] - study.costs.life_cost("tower"), towers["roads_km"] * per_km, atol=1)
    assert towers["roads_km"].max() > 1 and towers["power_lines_km"].isna().all()


def test_summits_need_a_price_where_they_are_offered(mini_study: Path, tmp_path: Path) -> None:
    folder = copy_of(mini_study, tmp_path)
    hosts = "".join(
        f'[hosts.{name}]\nen = "x"\ncapex = 2\nopex_per_year = 1\nheight_m = 30\nsource = "x"\n'
        for name in ("tower", "rooftop", "existing_tower", "upgrade_4g", "overlay", "public_building")
    )
    added = '[added_service]\ncapex = 1\nopex_per_year = 0\nsource = "x"\n'
    text = f'currency = "CNY"\n[annuity]\nrate = 0\nyears = 5\nsource = "x"\n{added}{hosts}'
    (folder / "costs.toml").write_text(text, encoding="utf-8")
    file = folder / "study.toml"
    plain = file.read_text(encoding="utf-8").replace("[files]\n", '[files]\ncosts = "costs.toml"\nterrain = "dem.tif"\n')
    file.write_text(plain, encoding="utf-8")
    assert not [fault for fault in plan_faults(Study.open(folder)) if fault.rule == "costs-host"]
    file.write_text(plain.replace("[coverage]\n", '[coverage]\nmodel = "p1812"\n'), encoding="utf-8")
    faults = [fault for fault in plan_faults(Study.open(folder)) if fault.rule == "costs-host"]
    assert [fault.column for fault in faults] == ["hosts.summit"] and "ridges_per_square" in faults[0].message
