"""study.toml: every fault at once with its line and cure; layers read once; what two equal studies share."""

from __future__ import annotations

from pathlib import Path

import pytest
from results import copy_of

from infraplan.errors import DataError, UsageError
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
        assert fault.cure and fault.value


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
    with pytest.raises(UsageError, match="nbiot"):
        named.check_choices()


def test_no_people_is_a_fault_that_names_the_cure(mini_study: Path, tmp_path: Path) -> None:
    study = Study.open(edited(copy_of(mini_study, tmp_path), ('villages = "villages.csv"\n', "")))
    assert not study.peopled
    study.read_all(people=False)
    with pytest.raises(DataError, match="infraplan coverage"):
        study.read_all()


def test_inputs_change_with_any_byte(mini_study: Path, tmp_path: Path) -> None:
    same = copy_of(mini_study, tmp_path)
    before = Study.open(same).inputs
    assert before == Study.open(mini_study).inputs
    assert set(before) == {"study.toml", "zones", "villages", "places", "sites"}
    (same / "sites.csv").write_bytes((same / "sites.csv").read_bytes() + b"\n")
    after = Study.open(same).inputs
    assert {name for name in before if before[name] != after[name]} == {"sites"}


def test_p1812_without_terrain_is_a_fault(mini_study: Path, tmp_path: Path) -> None:
    study = Study.open(edited(copy_of(mini_study, tmp_path), ("reliability = 0.9", 'reliability = 0.9\nmodel = "p1812"')))
    with pytest.raises(DataError, match="terrain"):
        study.read_all()
