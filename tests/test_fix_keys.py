"""What a message tells to do can be done: its key is in study.toml, and following it mends the study."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from square_study import build_square

from infraplan import messages
from infraplan.errors import DataError, Fault
from infraplan.study import Study
from infraplan.study.config import USED_BY, About, CoverageChoice, FileOptions, Files, PlanChoice
from infraplan.study.fix_keys import ELSEWHERE, with_study_keys

PYTHON_ONLY = {"mcc", "bbox", "zones", "grid"}  # arguments of functions that no study calls, or that a study always gives
KEY = re.compile(r"\[([\w.]+)\] (\w+)")


def faults_of(study: Path, layer: str) -> list[Fault]:
    with pytest.raises(DataError) as raised:
        getattr(Study.open(study), layer)
    return raised.value.fault_list


def with_keys(study: Path, section: str, **keys: str) -> Path:
    file = study / "study.toml"
    lines = "\n".join(f"{name} = {value}" for name, value in keys.items())
    file.write_text(file.read_text(encoding="utf-8") + f"\n[{section}]\n{lines}\n", encoding="utf-8")
    return study


def test_every_argument_that_a_message_tells_has_its_key() -> None:
    found = {
        (room, name)
        for room in ("io", "tables", "geo")
        for entry in messages.catalogue(room).values()
        for text in entry.values()
        for name in re.findall(r"\b([a-z_]+)=", text, flags=re.ASCII)
    }
    assert {name for _, name in found} - PYTHON_ONLY <= {*FileOptions.model_fields, *ELSEWHERE}
    assert {option for options in USED_BY.values() for option in options} == set(FileOptions.model_fields)


def test_the_key_of_the_file_is_named_in_both_languages() -> None:
    fault = Fault("villages.csv", messages.both("tables.not_a_number"), messages.both("io.looks_shifted_fix", name="gcj02"))
    fix = with_study_keys(fault, "villages", USED_BY["villages"]).how_to_fix
    assert fix.count('[options.villages] datum = "gcj02"') == 2
    assert isinstance(fix, messages.Bilingual) and "datum=" not in fix
    holes = messages.both("geo.terrain_holes_fix")
    assert '[coverage] terrain_holes = "fill"' in with_study_keys(Fault("dem.tif", "x", holes), "terrain", USED_BY["terrain"]).how_to_fix


def test_metres_without_a_crs(tmp_path: Path) -> None:
    study = build_square(tmp_path / "study", 113, 24)
    whole = Study.open(study).villages
    plane = whole.geometry.to_crs(4547)
    table = pd.read_csv(study / "villages.csv").assign(lon=plane.x.round(2), lat=plane.y.round(2))
    table.to_csv(study / "villages.csv", index=False)
    fix = faults_of(study, "villages")[0].how_to_fix
    assert ("options.villages", "crs") in KEY.findall(fix) and "EPSG:4547" in fix
    mended = Study.open(with_keys(study, "options.villages", crs='"EPSG:4547"')).villages
    assert mended.geometry.to_crs(4547).distance(plane, align=False).max() < 0.1


def test_another_encoding(tmp_path: Path) -> None:
    study = build_square(tmp_path / "study", 113, 24)
    table = pd.read_csv(study / "villages.csv", dtype=str).assign(name="Peña\xff")
    (study / "villages.csv").write_bytes(table.to_csv(index=False).encode("cp1252"))
    fault = faults_of(study, "villages")[0]
    assert fault.rule == "unknown_encoding" and ("options.villages", "encoding") in KEY.findall(fault.how_to_fix)
    assert set(Study.open(with_keys(study, "options.villages", encoding='"cp1252"')).villages["name"]) == {"Peña\xff"}


def test_a_class_for_the_whole_table(tmp_path: Path) -> None:
    study = build_square(tmp_path / "study", 113, 24)
    pd.read_csv(study / "villages.csv")[["id", "name", "lon", "lat"]].to_csv(study / "schools.csv", index=False)
    file = study / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('sites = "', 'places = "schools.csv"\nsites = "'), encoding="utf-8")
    fault = next(fault for fault in faults_of(study, "places") if fault.rule == "no_place_class")
    assert ("options.places", "place_class") in KEY.findall(fault.how_to_fix)
    assert set(Study.open(with_keys(study, "options.places", place_class='"school"')).places["place_class"]) == {"school"}


def test_a_village_beyond_the_study(tmp_path: Path) -> None:
    study = build_square(tmp_path / "study", 113, 24)
    table = pd.read_csv(study / "villages.csv")
    table.loc[0, "lon"] = 119.0
    table.to_csv(study / "villages.csv", index=False)
    fault = faults_of(study, "villages")[0]
    assert '[options.villages] outside = "warning"' in fault.how_to_fix and "[options.villages] datum" in fault.how_to_fix
    assert len(Study.open(with_keys(study, "options.villages", outside='"warning"')).villages) == len(table)


def test_a_value_for_no_data_that_the_terrain_does_not_declare(tmp_path: Path) -> None:
    study = build_square(tmp_path / "study", 113, 24)
    heights = np.full((140, 140), 100, np.int16)
    heights[60:80, 60:80] = -32000
    with rasterio.open(
        study / "dem.tif", "w", driver="GTiff", width=140, height=140, count=1, dtype="int16", crs="EPSG:4326",
        transform=rasterio.Affine(0.01, 0, 112.8, 0, -0.01, 25.2),
    ) as out:  # fmt: skip
        out.write(heights, 1)
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8").replace('sites = "', 'terrain = "dem.tif"\nsites = "')
    file.write_text(text.replace("reliability = 0.9", 'reliability = 0.9\nmodel = "p1812"\nterrain_holes = "sea"'), encoding="utf-8")
    fault = faults_of(study, "terrain")[0]
    assert fault.rule == "height_impossible" and ("options.terrain", "nodata") in KEY.findall(fault.how_to_fix)
    assert Study.open(with_keys(study, "options.terrain", nodata="-32000")).terrain is not None


def test_zones_of_counties_alone_with_a_census(tmp_path: Path) -> None:
    study = build_square(tmp_path / "study", 113, 24)
    zones = gpd.read_file(study / "zones.gpkg")
    zones[zones["level"] == "county"].to_file(study / "zones.gpkg", layer="zones", driver="GPKG")
    counties = zones.loc[zones["level"] == "county", "adcode"]
    pd.DataFrame({"代码": counties, "户籍人口": 1, "常住人口": range(100, 100 + len(counties))}).to_csv(
        study / "census.csv", index=False, encoding="gb18030"
    )
    file = study / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('sites = "', 'census = "census.csv"\nsites = "'), encoding="utf-8")
    with_keys(with_keys(study, "options.zones", parents="true"), "options.census", encoding='"gb18030"')
    found = Study.open(study).zones
    assert set(found["level"]) == {"province", "city", "county"}
    assert int(found.loc[found["level"] == "province", "population"].iloc[0]) == 100 + 101 + 102 + 103


def test_every_key_of_study_toml_is_explained() -> None:
    known = messages.catalogue("keys")
    for section, model in (("study", About), ("files", Files), ("coverage", CoverageChoice), ("options", FileOptions)):
        assert {f"{section}_{name}" for name in model.model_fields} == {key for key in known if key.startswith(f"{section}_")}
    page = (Path(__file__).resolve().parents[1] / "docs" / "planning.md").read_text(encoding="utf-8")
    assert not [name for name in PlanChoice.model_fields if f"`{name}" not in page]


def test_a_shifted_sheet_of_a_shared_workbook_names_its_own_key(tmp_path: Path) -> None:
    """Villages and sites of one file: the sheet tells whose key it is."""
    study = build_square(tmp_path / "study", 113, 24)
    with pd.ExcelWriter(study / "all.xlsx", engine="xlsxwriter") as book:
        for name in ("villages", "sites"):
            pd.read_csv(study / f"{name}.csv").to_excel(book, sheet_name=name, index=False)
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8").replace('"villages.csv"', '"all.xlsx"').replace('"sites.csv"', '"all.xlsx"')
    file.write_text(text, encoding="utf-8")
    opened = Study.open(with_keys(with_keys(study, "options.villages", sheet='"villages"'), "options.sites", sheet='"sites"'))
    assert len(opened.villages) == 40 and len(opened.sites) == 12
    fix = messages.both("io.looks_shifted_fix", name="gcj02")
    for sheet in ("villages", "sites"):
        (found,) = opened.with_study_keys([Fault("all.xlsx", "x", fix, sheet=sheet)])
        assert f'[options.{sheet}] datum = "gcj02"' in found.how_to_fix


def test_a_census_in_a_workbook_names_its_own_section(tmp_path: Path) -> None:
    study = build_square(tmp_path / "study", 113, 24)
    counties = [f"69{city}{county}" for city in ("01", "02") for county in ("01", "02")]
    pd.DataFrame({"代码": counties, "人口": 100}).to_excel(study / "census.xlsx", sheet_name="普查", index=False, engine="xlsxwriter")
    file = study / "study.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('sites = "', 'census = "census.xlsx"\nsites = "'), encoding="utf-8")
    whole = file.read_text(encoding="utf-8")
    fault = faults_of(with_keys(study, "options.census", sheet='"人口"'), "zones")[0]
    assert (
        fault.rule == "no_such_sheet"
        and "[options.census]" in fault.how_to_fix
        and "普查" in fault.how_to_fix
        and "options.zones" not in fault.how_to_fix
    )
    file.write_text(whole, encoding="utf-8")
    zones = Study.open(with_keys(study, "options.census", sheet='"普查"')).zones
    assert int(zones.loc[zones["level"] == "province", "population"].iloc[0]) == 400
