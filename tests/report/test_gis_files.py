"""The files for a GIS of a folder, in QGIS itself: project.qgz opens whole, its layers, sheet and atlas render."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from infraplan.errors import DataError
from infraplan.io.coordinate_systems import output_crs
from infraplan.io.qgis import QUALITY_UNITS
from infraplan.outputs import types
from infraplan.radio.link_quality import QualityGoal
from infraplan.report.page_context import PageContext, QualityOfZone
from infraplan.run.gis_files import write_layers
from infraplan.run.page_contexts import CityLayers

SCRIPT = Path(__file__).parents[1] / "helpers" / "qgis_script.py"
Contexts = tuple[PageContext, list[PageContext]]


def page_of(context: PageContext, crs: str = "") -> CityLayers:
    """A page with a server wherever there is a margin, and with the columns that a run adds."""
    villages = context.villages
    for family in context.families:
        villages = villages.assign(**{f"{family}_not_spot": "none", f"{family}_served_by": "", f"{family}_measured": False})
    card = context.scorecard.reindex(columns=list(types("scorecard")))
    context = replace(context, villages=villages, scorecard=card)
    servers = {family: np.where(np.isnan(margin), -1, 0).astype(np.int32) for family, margin in context.margins.items()}
    return CityLayers(context, servers, np.array(["S1/nr-n41/1"]), crs=crs)


def opened(python: str, folder: Path, pictures: Path) -> dict[str, Any]:
    """What QGIS says of a project."""
    done = subprocess.run([python, str(SCRIPT), str(folder / "project.qgz"), str(pictures)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def city(contexts: Contexts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gis") / "city"
    folder.mkdir()
    write_layers(page_of(with_quality(contexts[1][0])), folder, "zh")
    return folder


def with_quality(context: PageContext) -> PageContext:
    """The page with SINR and rates, the same everywhere."""
    planes = {name: np.full(context.grid.shape, 12.0, np.float32) for name in QUALITY_UNITS}
    return replace(context, quality=QualityOfZone(QualityGoal(), None, {"nr": {"outdoor": planes, "indoor": planes}}))


def test_the_project_opens_whole_elsewhere(city: Path, tmp_path: Path, system_python: str) -> None:
    """In another folder, so that no path is absolute: every layer is valid, has its aliases, and the sheet and the atlas are drawn."""
    moved = tmp_path / "moved"
    shutil.copytree(city, moved)
    found = opened(system_python, moved, tmp_path / "picture")
    assert found["read"] and found["errors"] == [] and found["exported"] == [0, 0]
    layers = found["layers"]
    assert {name: one for name, one in layers.items() if not one["valid"]} == {}
    assert layers["infraplan_villages"]["rows"] > 0 and layers["infraplan_gaps"]["rows"] > 0
    assert layers["infraplan_villages"]["aliases"]["nr_status"] == "5G（室外）状态"
    assert layers["infraplan_zones_county"]["labels"] == "name" and layers["infraplan_zones_county"]["rows"] == 2
    assert layers["infraplan_new_sites"]["aliases"]["people_gained"]
    assert layers["infraplan_classes_nr"]["renderer"] == "paletted"
    assert layers["infraplan_downlink_mbps_nr_indoor"]["renderer"] == "singlebandpseudocolor"
    assert "infraplan Lambert" in found["crs"] and layers["infraplan_gaps"]["crs"] == "EPSG:4326"
    assert [name for name, _ in found["pages"]] == ["甲东县", "甲西县"] and found["pages"][0][1] == "990101-甲东县"
    assert found["paper"] == [420.0, 297.0] and found["groups"] == ["站点", "村庄和缺口", "行政区划", "信号", "SINR 和速率"]
    assert "示例" in found["texts"] and "审图号" in found["texts"]
    assert any("没有计算" in text and "合成数据" in text for text in found["texts"])
    for name, least in (("view", 20), ("sheet", 20), ("page", 20)):
        with Image.open(tmp_path / f"picture-{name}.png") as picture:
            assert len(picture.convert("RGB").getcolors(1_000_000) or []) > least, name


def test_no_path_and_no_clock(contexts: Contexts, city: Path, tmp_path: Path) -> None:
    other = tmp_path / "a" / "b"
    other.mkdir(parents=True)
    write_layers(page_of(with_quality(contexts[1][0])), other, "zh")
    assert {path.name: path.read_bytes() for path in other.iterdir()} == {path.name: path.read_bytes() for path in city.iterdir()}
    with zipfile.ZipFile(city / "project.qgz") as archive:
        text = archive.read("project.qgs").decode()
    assert str(city.parent) not in text and "/tmp" not in text


@pytest.mark.parametrize(("crs", "wanted"), [("EPSG:4490", "EPSG:4490"), ("gauss-kruger", "EPSG:4547")])
def test_the_project_in_a_chinese_crs(contexts: Contexts, tmp_path: Path, system_python: str, crs: str, wanted: str) -> None:
    """甲市 lies around 113.25 E: its 3-degree zone is that of 114 E, EPSG:4547."""
    folder = tmp_path / "city"
    folder.mkdir()
    write_layers(page_of(contexts[1][0], crs), folder, "zh")
    found = opened(system_python, folder, tmp_path / "picture")
    assert {one["crs"] for one in found["layers"].values()} == {wanted}
    assert all(one["valid"] for one in found["layers"].values()) and found["exported"] == [0, 0]


def test_no_zone_outside_china() -> None:
    assert output_crs("gauss-kruger", 113.2) == "EPSG:4547" and output_crs("", 10.0) == ""
    with pytest.raises(DataError, match=r"study\.toml"):
        output_crs("gauss-kruger", 13.4)


def test_a_name_is_no_expression_of_the_sheet(contexts: Contexts, tmp_path: Path) -> None:
    """QGIS evaluates what is between [% and %] in a label; a name with them is printed as it is."""
    city = contexts[1][0]
    zones = city.zones.copy()
    zones.loc[zones["level"] == "city", "name"] = "[% 1+1 %]市"
    write_layers(page_of(replace(city, name="[% 1+1 %]市", zones=zones)), tmp_path, "zh")
    with zipfile.ZipFile(tmp_path / "project.qgz") as archive:
        labels = re.findall(r'labelText="([^"]*)"', archive.read("project.qgs").decode())
    named = [label for label in labels if "1+1" in label]
    assert len(named) == 2 and all("[% '[%' %] 1+1 %]市" in label and "[% 1+1" not in label for label in named)


def test_hostile_names_stay_text(hostile: PageContext, tmp_path: Path, system_python: str) -> None:
    folder = tmp_path / "city"
    folder.mkdir()
    write_layers(page_of(hostile), folder, "zh")
    found = opened(system_python, folder, tmp_path / "picture")
    assert found["read"] and all(one["valid"] for one in found["layers"].values())
