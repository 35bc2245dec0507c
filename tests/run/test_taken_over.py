"""A run takes the map of the last run over where only some sites differ: the bytes are those of a run that computes everything."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from results import copy_of, digests, run_light

import infraplan as ip
from infraplan.errors import DataWarning
from infraplan.run.content_hash import content_hash
from infraplan.run.ledger import NAME
from infraplan.run.stored_network import ABOUT, FOLDER
from tests.helpers.hilly_study import write_hilly_study


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study over terrain that was run."""
    folder = write_hilly_study(tmp_path_factory.mktemp("taken_over") / "study")
    assert ip.run_study(ip.Study.open(folder), jobs=1, formats=()).taken_over == ()
    return folder


@pytest.fixture
def folder(ran: Path, tmp_path: Path) -> Path:
    """A copy of it, with its results."""
    return Path(shutil.copytree(ran, tmp_path / "study"))


def rerun(folder: Path, **options: bool) -> tuple[str, dict[str, str], dict[str, object]]:
    """What a run says of the map, the hashes of its files but for the ledger, and the ledger's record."""
    outcome = ip.run_study(ip.Study.open(folder), jobs=1, formats=(), overwrite=True, **options)
    found = digests(outcome.output)
    found.pop(NAME)
    return "\n".join(outcome.taken_over), found, json.loads((outcome.output / NAME).read_text(encoding="utf-8"))["taken_over"]


def change_sites(folder: Path) -> None:
    """One site moved, one removed, a twin of one added."""
    sites = pd.read_csv(folder / "sites.csv", dtype=str)
    sites.loc[3, "longitude" if "longitude" in sites else "lon"] = "113.2"
    twin = sites.iloc[[0]].assign(id="A0")
    pd.concat([sites.drop(index=1), twin]).to_csv(folder / "sites.csv", index=False)


def test_changed_sites_give_the_bytes_of_a_whole_run(folder: Path) -> None:
    change_sites(folder)
    said, found, record = rerun(folder)
    assert "taken over from the run of 2020-12-31" in said
    assert record["map"]["changed_sectors"] > 0 and record["map"]["changed_pixels"] > 0
    assert (folder / "results/network/reach.parquet").is_file()
    again, same, nothing = rerun(folder)
    assert "; 0 sectors changed since" in again and nothing == {}
    blocks = re.search(r"candidates: (\d+) of (\d+) blocks taken over", again)
    assert blocks is not None and blocks[1] == blocks[2]
    said, whole, record = rerun(folder, fresh=True)
    assert said == "" and record == {}
    assert found == whole == same


@pytest.mark.parametrize("damage", ["pixels.parquet", "sectors.parquet", ABOUT, "foreign"])
def test_damaged_files_are_not_used(folder: Path, damage: str) -> None:
    network = folder / "results" / FOLDER
    if damage == "foreign":
        (network / ABOUT).write_text('{"planes": 3}', encoding="utf-8")
    elif damage == ABOUT:
        (network / ABOUT).write_text("{", encoding="utf-8")
    else:
        content = bytearray((network / damage).read_bytes())
        content[len(content) // 2] ^= 1
        (network / damage).write_bytes(bytes(content))
    change_sites(folder)
    said, found, record = rerun(folder)
    assert "map: computed whole, because network/" in said and "is damaged" in said
    assert record == {}
    if damage == "pixels.parquet":
        assert found == rerun(folder, fresh=True)[1]


def test_missing_files_are_named(folder: Path) -> None:
    (folder / "results" / FOLDER / ABOUT).unlink()
    change_sites(folder)
    said, _, record = rerun(folder)
    assert "map: computed whole, because the results have no network/about.json" in said
    assert "map" not in record


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [("reliability = 0.9", "reliability = 0.8", "caps on the radius"), ("profile_step_m = 100", "profile_step_m = 90", "terrain")],
)
def test_other_settings_are_named(folder: Path, old: str, new: str, what: str) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "study.toml").write_text(text.replace(old, new), encoding="utf-8")
    said, _, _ = rerun(folder)
    assert "computed whole, because something changed since the run of 2020-12-31" in said and what in said


def test_content_hash_knows_values_and_types() -> None:
    values = [1, 1.0, True, "1", None, [1], [[1]], {"a": 1}, np.array([1]), np.array([1.0]), np.array([[1]])]
    assert len({content_hash(value) for value in values}) == len(values)
    assert content_hash([("a", 0.1)]) == content_hash((("a", 0.1),))
    with pytest.raises(TypeError):
        content_hash(object())


def test_cities_that_cannot_be_compared_are_named(small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(value: object) -> str:
        raise TypeError("content_hash cannot hash Novelty")

    study = copy_of(small_study, tmp_path)
    monkeypatch.setattr("infraplan.run.folders.content_hash", unknown)
    with pytest.warns(DataWarning, match="cannot be compared with that of the last run.*Novelty"):
        outcome = run_light(study)
    assert set(outcome.cities["state"]) == {"done"}


def test_cities_whose_content_is_the_same_are_kept(small_study: Path, tmp_path: Path) -> None:
    study = copy_of(small_study, tmp_path)
    first = run_light(study, formats=("html",))
    assert first.taken_over == ()
    cities = {folder.name[:6]: folder for folder in sorted((first.output / "cities").iterdir())}
    times = {adcode: (folder / "report.html").stat().st_mtime_ns for adcode, folder in cities.items()}
    sites = pd.read_csv(study / "sites.csv", dtype=str)
    row = sites.index[sites["city"] == "445200"][0]
    sites.loc[row, "name"] = "改名站"
    sites.to_csv(study / "sites.csv", index=False)
    second = run_light(study, formats=("html",), overwrite=True)
    assert "cities: 1 of 2 kept" in second.taken_over[-1]
    again = {adcode: (folder / "report.html").stat().st_mtime_ns for adcode, folder in cities.items()}
    assert again["445100"] == times["445100"] and again["445200"] > times["445200"]
    ledger = json.loads((first.output / NAME).read_text(encoding="utf-8"))
    assert ledger["taken_over"]["cities"] == ["445100"]
    found = digests(first.output)
    page = cities["445100"] / "report.html"
    page.write_bytes(page.read_bytes() + b"\n")  # a file that was changed since is written again
    (cities["445200"] / "own.txt").write_text("note", encoding="utf-8")
    third = run_light(study, formats=("html",), overwrite=True)
    assert not any("kept" in sentence for sentence in third.taken_over)
    whole = digests(third.output)
    assert {name for name in whole if whole[name] != found.get(name)} <= {NAME}
    assert found.keys() == whole.keys()
