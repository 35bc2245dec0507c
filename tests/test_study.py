"""study.toml: every fault at once with its line and how to fix it; layers read once; what two equal studies share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_bounds
from results import copy_of

from infraplan.errors import DataError, DataWarning
from infraplan.study import Study, read_config


def edited(study: Path, *changes: tuple[str, str]) -> Path:
    """The same study with words of study.toml changed."""
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return study


def test_folder_and_file_open_alike(mini_study: Path) -> None:
    assert Study.open(mini_study).config == Study.open(mini_study / "study.toml").config
    assert Study.open(mini_study).output == (mini_study / "../results").resolve()


def test_all_faults_of_study_toml_at_once(mini_study: Path, tmp_path: Path) -> None:
    study = edited(
        copy_of(mini_study, tmp_path),
        ("resolution_m = 1000", 'resolution_m = "fine"'),
        ("reliability = 0.9", "reliability = 1.5"),
        ("gap = 0.05", "gaap = 0.05"),
    )
    with pytest.raises(DataError) as raised:
        read_config(study / "study.toml")
    faults = {fault.column: fault for fault in raised.value.fault_list}
    assert set(faults) == {"coverage.resolution_m", "coverage.reliability", "plan.gaap"}
    lines = (study / "study.toml").read_text(encoding="utf-8").splitlines()
    for key, fault in faults.items():
        assert fault.row is not None
        assert lines[fault.row - 1].startswith(key.partition(".")[2])
        assert fault.how_to_fix and fault.value


def test_a_layer_is_read_once(mini_study: Path) -> None:
    study = Study.open(mini_study)
    assert study.villages is study.villages
    assert len(study.villages) == 400
    assert set(study.zones["level"]) == {"province", "city", "county"}


def test_absent_layers_are_none(mini_study: Path, tmp_path: Path) -> None:
    study = Study.open(edited(copy_of(mini_study, tmp_path), ('places = "places.csv"\n', "")))
    assert (study.places, study.hosts, study.corridors, study.terrain) == (None, None, None, None)


def test_families_follow_the_services(mini_study: Path, tmp_path: Path) -> None:
    assert Study.open(mini_study).families == ("nr", "nbiot")
    fewer = edited(copy_of(mini_study, tmp_path), ('services = ["nr-n28", "nbiot-900"]', 'services = ["nbiot-900"]'))
    assert Study.open(fewer).families == ("nbiot",)
    named = Study.open(edited(fewer, ("reliability = 0.9", 'reliability = 0.9\nfamilies = ["nr"]')))
    with pytest.raises(DataError, match="nbiot"):
        named.check_choices()


def test_no_people_is_a_fault_that_names_the_fix(mini_study: Path, tmp_path: Path) -> None:
    study = Study.open(edited(copy_of(mini_study, tmp_path), ('villages = "villages.csv"\n', "")))
    assert not study.has_people
    study.read_all(people=False)
    with pytest.raises(DataError, match="infraplan coverage"):
        study.read_all()


def test_inputs_change_with_any_byte(mini_study: Path, tmp_path: Path) -> None:
    same = copy_of(mini_study, tmp_path)
    before = Study.open(same).inputs
    assert before == Study.open(mini_study).inputs
    assert set(before) == {"study.toml", "clauses.toml", "zones", "villages", "places", "sites"}
    (same / "sites.csv").write_bytes((same / "sites.csv").read_bytes() + b"\n")
    after = Study.open(same).inputs
    assert {name for name in before if before[name] != after[name]} == {"sites"}


def test_p1812_without_terrain_is_a_fault(mini_study: Path, tmp_path: Path) -> None:
    study = Study.open(edited(copy_of(mini_study, tmp_path), ("reliability = 0.9", 'reliability = 0.9\nmodel = "p1812"')))
    with pytest.raises(DataError, match="terrain"):
        study.read_all()


def test_unknown_and_misplaced_keys_name_what_exists_and_the_nearest(mini_study: Path, tmp_path: Path) -> None:
    study = copy_of(mini_study, tmp_path)
    file = study / "study.toml"
    lines = (
        "[options.villages]", 'shet = "村"', 'datum = "gcj-2"', 'crs = "EPSG:1"', 'encoding = "utf-9"',
        "[options.terrain]", "parents = true", "[options.vilages]", "sheet = 1", "[datum]", 'sites = "gcj02"', "[options.sites]",
        'datum = "bd09"',
    )  # fmt: skip
    file.write_text(file.read_text(encoding="utf-8") + "\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_config(file)
    faults = {fault.column: fault for fault in raised.value.fault_list}
    assert set(faults) == {
        "options.villages.shet", "options.villages.datum", "options.villages.crs", "options.villages.encoding",
        "options.terrain.parents", "options.vilages", "datum.sites",
    }  # fmt: skip
    assert "nearest: sheet" in faults["options.villages.shet"].message and "parents" not in faults["options.villages.shet"].message
    assert "nearest: gcj02" in faults["options.villages.datum"].message
    assert "EPSG:4547" in faults["options.villages.crs"].message
    assert "nodata" in faults["options.terrain.parents"].message
    assert "nearest: villages" in faults["options.vilages"].message
    text = file.read_text(encoding="utf-8").splitlines()
    assert {key: text[fault.row - 1] for key, fault in faults.items() if fault.row} == {
        "options.villages.shet": 'shet = "村"', "options.villages.datum": 'datum = "gcj-2"', "options.villages.crs": 'crs = "EPSG:1"',
        "options.villages.encoding": 'encoding = "utf-9"', "options.terrain.parents": "parents = true",
        "options.vilages": "[options.vilages]", "datum.sites": 'sites = "gcj02"',
    }  # fmt: skip
    assert all("valid" not in fault.message and "Input" not in fault.message for fault in faults.values())


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("gap = 0,05", "point"), ("gap = “a”", "quotes"), ("gap = 1\ngap = 2", "twice"), ("gap 1", "no ="),
        ('gap = "c:\\Users"', "backslash"),
        ("间距 = 3", "Chinese"), ('gap = "x', "partner"), ("[plam", "bracket"),
    ],
)  # fmt: skip
def test_syntax_errors_are_in_our_words_with_the_line(tmp_path: Path, line: str, word: str) -> None:
    file = tmp_path / "study.toml"
    file.write_text(f"[plan]\n{line}", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_config(file)
    (fault,) = raised.value.fault_list
    assert word in fault.message and fault.row in (2, 3)


def test_options_reach_the_readers(mini_study: Path, tmp_path: Path) -> None:
    study = copy_of(mini_study, tmp_path)
    plain = Study.open(study)
    villages = pd.read_csv(study / "villages.csv", dtype=str)
    villages.to_csv(study / "villages.csv", index=False, encoding="big5", errors="replace")
    with pd.ExcelWriter(study / "sites.xlsx") as book:
        sites = pd.read_csv(study / "sites.csv", dtype=str)
        sites.head(3).to_excel(book, sheet_name="旧", index=False)
        sites.to_excel(book, sheet_name="新", index=False)
    options = '[options.villages]\nencoding = "big5"\n[options.sites]\nsheet = "旧"\ndatum = "GCJ-02"\n'
    file = edited(study, ('sites = "sites.csv"', 'sites = "sites.xlsx"')) / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + options, encoding="utf-8")
    opened = Study.open(study)
    assert len(opened.villages) == len(plain.villages) and len(opened.sites) == 3
    moved_m = opened.sites.geometry.to_crs(3857).distance(plain.sites.head(3).geometry.to_crs(3857), align=False)
    assert moved_m.between(100, 1500).all()


def test_a_study_keeps_what_its_readers_warn_of_and_passes_it_on_once(mini_study: Path, tmp_path: Path) -> None:
    study = copy_of(mini_study, tmp_path)
    sites = pd.read_csv(study / "sites.csv", dtype=str)
    sites.loc[0, "services"] = "2G"
    sites.to_csv(study / "sites.csv", index=False)
    opened = Study.open(study)
    with pytest.warns(DataWarning) as shown:
        opened.read_all()
        _ = opened.sites
    foreign = [one.message for one in shown if one.message.fault.rule == "other_technology"]  # type: ignore[union-attr]
    assert len(foreign) == 1
    assert {one.filename for one in shown} == {__file__}
    assert [fault.row for fault in opened.warnings if fault.rule == "other_technology"] == [2]


def test_faults_of_licences_are_reported_before_any_work(mini_study: Path, tmp_path: Path) -> None:
    study = copy_of(mini_study, tmp_path)
    (study / "licences.toml").write_text('[[dataset]]\nname = "zones"\nlicence = 3\n', encoding="utf-8")
    with pytest.raises(DataError) as raised:
        Study.open(study).read_all()
    assert {(fault.file, fault.column) for fault in raised.value.fault_list if fault.severity == "error"} == {
        ("licences.toml", "dataset.0.holder"), ("licences.toml", "dataset.0.licence"),
    }  # fmt: skip
    (study / "licences.toml").write_text("[[dataset]\n", encoding="utf-8")
    with pytest.raises(DataError, match="bracket"):
        Study.open(study).read_all()


def messages_of(study: Study, rule: str) -> list[str]:
    return [fault.message for fault in study.warnings if fault.rule == rule]


def test_sites_built_after_the_day_do_not_count(mini_study: Path, tmp_path: Path) -> None:
    folder = copy_of(mini_study, tmp_path)
    sites = pd.read_csv(folder / "sites.csv", dtype=str)
    sites["built"] = "2019-06-30"
    sites.loc[:4, "built"] = ["2021-01-01", "2020-12-31", "2021", "2020", ""]
    sites.to_csv(folder / "sites.csv", index=False)
    study = Study.open(folder)  # as_of = "2020-12-31"
    assert len(study.sites) == len(sites) - 2
    assert not set(sites.loc[[0, 2], "id"]) & set(study.sites["id"])
    assert "2 个站" in messages_of(study, "built-after")[0] and not messages_of(study, "built-unclear")
    earlier = Study.open(edited(folder, ('as_of = "2020-12-31"', 'as_of = "2020-08-31"')))
    assert len(earlier.sites) == len(sites) - 3  # 31 December is after that day, "2020" may be before
    assert "1 个站" in messages_of(earlier, "built-unclear")[0]
    anyday = Study.open(edited(folder, ('as_of = "2020-08-31"\n', "")))
    assert len(anyday.sites) == len(sites) and not messages_of(anyday, "built-after")


def test_the_report_is_dated_by_the_study_alone(mini_study: Path, tmp_path: Path) -> None:
    from datetime import date

    folder = copy_of(mini_study, tmp_path)
    assert read_config(folder / "study.toml").study.dated == date(2020, 12, 31)  # its as_of
    edited(folder, ('as_of = "2020-12-31"', 'as_of = "2020-12-31"\nreport_date = "2021-01-15"'))
    assert read_config(folder / "study.toml").study.dated == date(2021, 1, 15)
    edited(folder, ('report_date = "2021-01-15"', 'report_date = "2020-12-30"'))
    with pytest.raises(DataError, match="早于数据截止日") as raised:
        read_config(folder / "study.toml")
    assert [fault.column for fault in raised.value.fault_list] == ["study.report_date"]
    edited(folder, ('as_of = "2020-12-31"\nreport_date = "2020-12-30"\n', ""))
    assert read_config(folder / "study.toml").study.dated is None


def test_the_environment_follows_from_the_people_around(mini_study: Path, tmp_path: Path) -> None:
    folder = copy_of(mini_study, tmp_path)
    sites = pd.read_csv(folder / "sites.csv", dtype=str)
    villages = pd.read_csv(folder / "villages.csv", dtype=str)
    sites["environment"] = ""
    home = villages.iloc[:4].reset_index(drop=True)
    sites.loc[:3, ["lon", "lat"]] = home[["lon", "lat"]].to_numpy()
    for name in ("county", "city"):
        sites.loc[:3, name] = home[name].to_numpy()
    villages.loc[:3, "population"] = ["60000", "20000", "6000", "30"]
    villages.to_csv(folder / "villages.csv", index=False)
    sites.to_csv(folder / "sites.csv", index=False)
    study = Study.open(folder)
    found = study.sites.set_index("id").loc[sites["id"].head(4), "environment"].tolist()
    assert found[:3] == ["dense_urban", "urban", "suburban"] and found[3] in ("rural", "suburban")
    assert study.sites.attrs["filled"]["environment"] == len(sites)
    assert any("人口推断" in message or "人口" in message for message in messages_of(study, "filled_in"))


def raster(path: Path, zones: Any, value: Any) -> Path:
    """A raster over the zones and 20 km around them, 500 columns and rows: `value(lon, lat)` in each pixel."""
    west, south, east, north = zones.total_bounds
    west, south, east, north = west - 0.25, south - 0.25, east + 0.25, north + 0.25
    lon = west + (np.arange(500) + 0.5) * (east - west) / 500
    lat = north - (np.arange(500) + 0.5) * (north - south) / 500
    band = np.asarray(value(*np.meshgrid(lon, lat)))
    profile = {"driver": "GTiff", "count": 1, "width": 500, "height": 500, "dtype": band.dtype, "crs": "EPSG:4326"}
    with rasterio.open(path, "w", **profile, transform=from_bounds(west, south, east, north, 500, 500)) as target:
        target.write(band, 1)
    return path


def test_bare_earth_is_said(mini_study: Path, tmp_path: Path) -> None:
    folder = edited(
        copy_of(mini_study, tmp_path),
        ('sites = "sites.csv"\n', 'sites = "sites.csv"\nterrain = "dem.tif"\n'),
        ("reliability = 0.9", 'reliability = 0.9\nmodel = "p1812"\nmax_radius_km = 5'),
        ("max_radius_km = 12\n", ""),
    )
    zones = Study.open(folder).zones
    raster(folder / "dem.tif", zones, lambda lon, lat: np.full(lon.shape, 20.0, np.float32))
    bare = Study.open(folder)
    assert bare.terrain.clutter is None and "地物" in messages_of(bare, "bare-earth")[0]
    edited(folder, ('terrain = "dem.tif"\n', 'terrain = "dem.tif"\nclutter = "cover.tif"\n'))
    raster(folder / "cover.tif", zones, lambda lon, lat: np.where(lon > lon.mean(), 50, 40).astype(np.uint8))
    covered = Study.open(folder)
    assert covered.terrain.clutter is not None and not messages_of(covered, "bare-earth")


def test_the_environment_follows_from_the_land_where_nobody_is_known(mini_study: Path, tmp_path: Path) -> None:
    folder = edited(copy_of(mini_study, tmp_path), ('villages = "villages.csv"\n', 'clutter = "cover.tif"\n'))
    sites = pd.read_csv(folder / "sites.csv", dtype=str)
    sites["environment"] = ["rural", *[""] * (len(sites) - 1)]
    sites.to_csv(folder / "sites.csv", index=False)
    middle = float(Study.open(mini_study).sites.geometry.x.median())
    raster(folder / "cover.tif", Study.open(mini_study).zones, lambda lon, lat: np.where(lon > middle, 50, 40).astype(np.uint8))
    study = Study.open(folder)
    east = study.sites.geometry.x > middle + 0.02
    west = study.sites.geometry.x < middle - 0.02
    silent = study.sites["id"] != sites["id"].iloc[0]
    assert set(study.sites.loc[east & silent, "environment"]) == {"urban"}
    assert set(study.sites.loc[west & silent, "environment"]) == {"rural"}
    assert study.sites.attrs["filled"]["environment"] == len(sites) - 1
