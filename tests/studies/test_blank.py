"""A city of Congo from `infraplan new blank --lang en`: francs, its own names, people from a raster, 4G, and no Chinese word anywhere."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import congo_study as made
import numpy as np
import pandas as pd
import pytest
import rasterio
from pages import CHINESE, texts_of, visible

from infraplan.study import Study

Call = Callable[..., Any]
PICTURES = re.compile(r"base64,[A-Za-z0-9+/=]+")
FOREIGN = re.compile(r"CNY|cost_cny|yuan\b|Guangdong|Broadnet|approval number")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build_with_people(tmp_path_factory.mktemp("congo") / "matadi")


@pytest.fixture(scope="module")
def study(folder: Path) -> Study:
    return Study.open(folder)


def test_people_come_from_the_raster_and_are_urban_by_density(folder: Path, study: Study) -> None:
    people = study.villages
    with rasterio.open(folder / "people.tif") as file:
        assert people["population"].sum() == round(float(file.read(1).sum()))  # nobody lives on the rim around the communes
    assert set(people["kind"]) == {"pixel"} and people["county"].isin(made.COMMUNES).all() and (people["city"] == made.CITY).all()
    rows, cols = (people["id"].str.extract(r"r(\d+)c(\d+)").astype(int)[part].to_numpy() for part in (0, 1))  # pixels of 500 m
    near = np.hypot(rows[:, None] - rows, cols[:, None] - cols) * 0.5 <= 1.0
    per_km2 = near @ people["population"].to_numpy() / (13 * 0.25)  # 13 pixels have their middle within 1 km of one's
    assert (people["urban"] == (per_km2 >= 1500)).all()
    assert 0 < people["urban"].sum() < len(people)
    sites = study.sites.set_index("id")
    assert sites.loc["MTD005", "services"] == "lte-b3" and sites.loc["MTD001", "environment"] in ("urban", "dense_urban")
    assert study.config.options_of("villages") == {}


def test_own_defaults_names_and_order(study: Study) -> None:
    assert study.costs.currency == "XAF" and study.own_names.networks["MTN"]["zh"] == "MTN Congo"
    areas = study.targets.priority_areas
    assert areas is not None and list(areas) == ["port"] and areas["port"]["counties"] == ("CG160102",)
    assert study.config.study.title_zh == study.config.study.title_en


@pytest.mark.parametrize(
    ("section", "key", "value", "column"),
    [
        ("study", "city_order", ["CG1609"], "study.city_order"),
        ("options.villages", "sheet", "Villages", "options.villages.sheet"),
        ("plan", "smart_poles", True, "hosts.smart_pole"),
        ("site_defaults", "operators", "Vodacom", "site_defaults.operators"),
    ],
)
def test_what_names_nothing_is_told_before_any_work(
    tmp_path: Path, infraplan: Call, section: str, key: str, value: object, column: str
) -> None:
    keys = {name: {**made.WITH_PEOPLE.get(name, {})} for name in (*made.WITH_PEOPLE, section)}
    keys[section] |= {key: value}
    made.build_with_people(tmp_path / "study", keys)
    answer = infraplan("check", tmp_path / "study", "--json", "--lang", "en")
    faults = [fault for fault in json.loads(answer.out) if fault["severity"] == "error"]
    assert answer.code == 3 and [fault["column"] for fault in faults] == [column] and faults[0]["cure"]
    assert not CHINESE.search(answer.out + answer.err)


def test_a_host_without_a_price_and_a_name_nobody_bears(tmp_path: Path, infraplan: Call) -> None:
    study = made.build_with_people(tmp_path / "study")
    costs = (study / "costs.toml").read_text(encoding="utf-8")
    (study / "costs.toml").write_text(costs.replace("[hosts.rooftop]", "[hosts.roof]"), encoding="utf-8")
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text.replace("[networks.MTN]", "[networks.MTM]"), encoding="utf-8")
    faults = {fault["column"]: fault for fault in json.loads(infraplan("check", study, "--json").out) if fault["severity"] == "error"}
    assert set(faults) == {"hosts.rooftop", "networks.MTM"} and "MTN" in faults["networks.MTM"]["message"]


def texts_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Texts of the files that `texts_of` leaves out: json, Google Earth, Word, GeoPackage, tags of rasters, the report of `check`."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".json" or path.name == "check.html":
            yield path.name, path.read_text(encoding="utf-8")
        elif path.suffix in (".kmz", ".docx"):
            with zipfile.ZipFile(path) as packed:
                names = [name for name in packed.namelist() if name.endswith(".kml") or name == "word/document.xml"]
                yield from ((f"{path.name}/{name}", visible(packed.read(name).decode("utf-8"))) for name in names)
        elif path.suffix == ".gpkg":
            with sqlite3.connect(path) as file:
                for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    rows = file.execute(f'SELECT * FROM "{table}"').fetchall()
                    yield f"{path.name}/{table}", " ".join(value for row in rows for value in row if isinstance(value, str))
        elif path.suffix == ".tif":
            with rasterio.open(path) as raster:
                yield path.name, str([raster.tags(), raster.descriptions, *(raster.tags(band) for band in raster.indexes)])


def test_every_result_is_in_english_and_in_francs(folder: Path, infraplan: Call) -> None:
    answer = infraplan("run", folder, "--lang", "en", "--overwrite", "--jobs", "1", "--formats", "html,map,xlsx,docx,kmz")
    assert answer.code == 0, answer.err
    assert not CHINESE.search(answer.out + answer.err) and "XAF" in answer.err
    results = folder / "results"
    for file, text in [*texts_of(results), *texts_in(results)]:
        found = CHINESE.search(text)
        assert found is None, (file, text[max(0, found.start() - 60) : found.end() + 60])
        foreign = FOREIGN.search(PICTURES.sub("", text))
        assert foreign is None, (file, foreign)
    page = visible((results / "index.html").read_text(encoding="utf-8"))
    assert all(word in page for word in ("XAF", "Matadi", "4G", "MTN Congo", made.KEYS["study"]["title_en"]))
    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    plan = summary["plan"]
    assert plan["currency"] == "XAF" and plan["cost"] >= plan["cost_bound"] > 0 and summary["units"]["plan.cost"] == "XAF"
    assert set(summary["headline"]["text"]) == {"en"} and summary["city_order"] == ["CG1601"]
    sites = pd.read_csv(results / "targets.csv")
    assert {"nr", "lte"} <= set(sites["family"].dropna())
    with sqlite3.connect(results / "plan.gpkg") as file:
        rows = file.execute("SELECT cost, currency, host, operators FROM new_sites").fetchall()
    assert sum(row[0] for row in rows) == plan["cost"] and {row[1] for row in rows} == {"XAF"} and {row[3] for row in rows} == {"MTN"}
    assert {"rooftop", "tower"} <= {row[2] for row in rows}  # in town people live under roofs that may carry a site
