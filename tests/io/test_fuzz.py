"""Damaged and absurd files at every door: a checked frame or a DataError, never anything else."""

from __future__ import annotations

import gzip
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import infraplan
from infraplan.errors import DataError
from infraplan.io import read_corridors, read_hosts, read_places, read_register, read_sites, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions
from infraplan.io.inspections import read_measured
from infraplan.io.opencellid import read_opencellid
from infraplan.io.template import write_template
from infraplan.policy.inspection import COLUMNS
from infraplan.policy.targets import read_policy
from infraplan.study import Study
from infraplan.study.choices import input_faults

DOORS: tuple[Callable[..., Any], ...] = (
    read_villages, read_sites, read_places, read_zones, read_corridors, read_hosts, read_register, read_exclusions,
)  # fmt: skip
POLICIES = Path(infraplan.__file__).parent / "presets/policies"
STUDY = """[study]
name = "a"
title_zh = "甲"
policies = ["policy.toml", "guangdong-2018"]
city_order = "guangdong"

[files]
zones = "h.geojson"
villages = "a.csv"
sites = "o.csv"
hosts = "o.csv"
registers = { users = "n.csv" }
exclusions = ["h.geojson"]

[options.villages]
encoding = "utf-8"
datum = "gcj02"

[coverage]
services = ["nr-n28", "nbiot-900"]
caps_km = { nr = 5.0 }

[plan]
targets = ["nr-pop90"]
must = ["village-nr"]
forced = ["C000001"]
phases = [{ name = "一", end = 2020-12-31, share = 0.5 }, { name = "二" }]
"""
CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.binary(max_size=4),
    st.sampled_from(
        [
            "113.1",
            "24°30′",
            "0/120/240",
            "是",
            "5G n41",
            "移动+广电",
            "440281",
            "1e308",
            "-",
            "113,24",
            "=1+1",
            "nan",
            "\x00",
            "９９",
            "n41;;",
        ]
    ),
)
HEADINGS = [
    "编号",
    "自然村",
    "人口",
    "户数",
    "经度",
    "纬度",
    "经纬度",
    "县",
    "地市",
    "制式",
    "运营商",
    "挂高",
    "方位角",
    "是否通光纤",
    "状态",
    "类别",
    "建成日期",
    "功率(W)",
    "lng_bd09",
    "Unnamed",
    "",
]


def golden(folder: Path) -> list[Path]:
    """One small sound file of every format."""
    table = pd.DataFrame(
        {"id": list("abc"), "自然村": ["甲", "乙", "丙"], "人口": [1, 2, 3], "经度": [113.1, 113.2, 113.3], "纬度": [24.1, 24.2, 24.3]}
    )
    points = gpd.GeoDataFrame(table.drop(columns=["经度", "纬度"]), geometry=gpd.points_from_xy(table["经度"], table["纬度"]), crs=4326)
    zones = gpd.GeoDataFrame({"adcode": ["440281"], "name": ["乐昌市"]}, geometry=[shapely.box(113, 24, 114, 25)], crs=4326)
    table.to_csv(folder / "a.csv", index=False)
    table.to_csv(folder / "b.csv", index=False, encoding="gb18030", sep="\t")
    (folder / "c.csv.gz").write_bytes(gzip.compress((folder / "a.csv").read_bytes()))
    write_template(folder / "d.xlsx")
    for name in ("e.gpkg", "f.geojson", "g.fgb"):
        points.to_file(folder / name)
    zones.to_file(folder / "h.geojson")
    points.to_parquet(folder / "i.parquet")
    points.rename(columns={"自然村": "name", "人口": "pop"}).to_file(folder / "j.shp", encoding="GB18030")
    points.rename(columns={"自然村": "Name"}).to_file(folder / "k.kml", driver="KML")
    for name, inside in (("l.zip", sorted(folder.glob("j.*"))), ("m.kmz", [folder / "k.kml"])):
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in inside:
                archive.write(part, part.name)
    (folder / "n.csv").write_text("区县,数值,用户数,已上报\n乐昌市,1200,3,是\n440281,800,4,否\n合计,2000,7,\n", encoding="gb18030")
    site = "编号,经度,纬度,制式,运营商,载体,方位角\nS1,113.1,24.1,5G n28,移动,铁塔,0/120/240\n"
    (folder / "o.csv").write_text(site, encoding="utf-8-sig")
    points.assign(place_class=["学校", "医院", "乡镇"]).to_file(folder / "p.kml", driver="KML")
    points.to_file(folder / "q.gpkg", layer="villages")
    zones.to_file(folder / "q.gpkg", layer="zones")
    measured = ("a", "cmcc", "nr-n28", "nr", "-90.0", "True", "2020-06-03", "张三", "", "", "", "b.xlsx", "0" * 64, "2")
    (folder / "inspections.csv").write_text(",".join(COLUMNS) + "\n" + ",".join(measured) + "\n", encoding="utf-8-sig")
    for name in ("guangdong-2020", "guangdong-2018", "signal-upgrade-2023"):
        shutil.copy(POLICIES / f"{name}.toml", folder / f"policy-{name}.toml")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return sorted(path for path in folder.iterdir() if path.suffix not in (".shx", ".prj", ".cpg", ".dbf"))


def door_of(path: Path, rng: np.random.Generator) -> Callable[[Path], Any]:
    """Who reads a file: what its name says, else a door chosen at random, villages most often."""
    if path.name == "study.toml":
        return whole_study
    if path.name == "inspections.csv":
        return lambda source: read_measured(source.parent)
    if path.suffix == ".toml":
        return read_policy
    return DOORS[int(rng.integers(0, len(DOORS)))] if rng.random() < 0.6 else read_villages


def whole_study(path: Path) -> Study:
    """A study with its layers, or one DataError."""
    study = Study.open(path)
    faults = input_faults(study, people=False)
    if faults:
        raise DataError(faults)
    return study


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed, cut out, doubled or put in, or the end lost."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        place, size = int(rng.integers(0, max(len(data), 1))), int(rng.integers(1, 40))
        how = rng.integers(0, 6)
        if how == 0 and data:
            data[place] = int(rng.integers(0, 256))
        elif how == 1:
            del data[place : place + size]
        elif how == 2:
            data[place:place] = data[place : place + size]
        elif how == 3:
            data[place:place] = rng.bytes(size)
        elif how == 4 and rng.random() < 0.3:
            del data[place:]
        else:
            data[place : place + 4] = [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"9999", b'"\n,;'][int(rng.integers(0, 4))]
    return bytes(data)


def throw(files: int, folder: Path) -> dict[str, int]:
    """Read so many mutated files by doors chosen at random; how they ended."""
    rng = np.random.default_rng(20201231)
    (folder / "golden").mkdir()
    sources = golden(folder / "golden")
    for source in (*sources, *(folder / "golden").glob("j.*")):  # what a study names is there, whichever of them was mutated last
        shutil.copy(source, folder)
    ends = {"frame": 0, "fault": 0}
    for number in range(files):
        source = sources[number % len(sources)]
        path = folder / source.name
        path.write_bytes(mutated(source.read_bytes(), rng))
        for side in (".shx", ".dbf", ".prj", ".cpg"):
            if source.suffix == ".shp":
                content = source.with_suffix(side).read_bytes()
                path.with_suffix(side).write_bytes(mutated(content, rng) if rng.random() < 0.3 else content)
        (folder / "last").write_text(f"{number} {source.name}", encoding="utf-8")  # what was being read, should the process itself die
        door = door_of(path, rng)
        try:
            door(path)
            ends["frame"] += 1
        except DataError as problem:
            assert problem.fault_list and all(fault.message and fault.cure for fault in problem.fault_list)
            ends["fault"] += 1
    return ends


@pytest.mark.filterwarnings("ignore")
def test_mutated_files(tmp_path: Path) -> None:
    ends = throw(350, tmp_path)
    assert ends["frame"] > 5 and ends["fault"] > 50


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ten_thousand_mutated_files(tmp_path: Path) -> None:
    assert sum(throw(10_000, tmp_path).values()) == 10_000


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(HEADINGS), min_size=1, max_size=9, unique=True), st.data(), st.integers(1, 4))
def test_absurd_cells(headings: list[str], data: st.DataObject, rows: int) -> None:
    frame = pd.DataFrame({name: pd.Series(data.draw(st.lists(CELLS, min_size=rows, max_size=rows)), dtype=object) for name in headings})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for door in DOORS:
            try:
                door(frame)
            except DataError as problem:
                assert problem.fault_list


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(content=b"\x00", name="a.csv")
@example(content=b"\n\n", name="a.tsv")
@given(content=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.tsv", "a.geojson", "a.kml", "a.gpkg", "a.xlsx", "a", "a.csv.gz"]))
def test_any_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    for door in (*DOORS, read_opencellid):
        with pytest.raises(DataError) as refused:
            door(tmp_path / name)
        assert refused.value.fault_list
