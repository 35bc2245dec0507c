"""What a run writes is read again: the plan as sites of the next study, the villages as villages, under either kind of headings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from results import copy_of, run_light, summary_of

from infraplan.coverage.map_update import cover_with
from infraplan.coverage.population import service_status
from infraplan.errors import Fault, collected
from infraplan.io.reading import read_sites, read_villages
from infraplan.presets import load
from infraplan.run import RunOutcome, run_study
from infraplan.run.steps import assess
from infraplan.study import Study

RADIO = ["services", "operators", "environment", "height_m", "azimuth_deg", "tilt_deg", "carrier_power_dbm", "antenna"]
TOLD = {"plan.gpkg": ("cost", "people_gained"), "zh": ("费用", "新增覆盖人口"), "en": ("Cost", "people gained")}
"""Columns that a site table cannot take, which a warning names."""


@pytest.fixture(scope="module")
def outcomes(mini_study: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunOutcome]:
    """The smallest study, written in Chinese and in English."""
    made = {}
    for lang in ("zh", "en"):
        study = copy_of(mini_study, tmp_path_factory.mktemp(lang))
        made[lang] = run_study(Study.open(study), jobs=1, formats=("xlsx", "kmz"), lang=lang)
    return made


def quietly(read: Any, *arguments: Any, **options: Any) -> tuple[Any, list[Fault]]:
    """What a reader returns, and what it noticed."""
    with collected() as faults:
        return read(*arguments, **options), faults


def served_with(outcome: RunOutcome, mini_study: Path, sites: Any) -> int:
    """People served by what stands and these sites."""
    findings = assess(Study.open(mini_study), gaps=False)
    after = cover_with(sites, findings.cover, findings.study.plan_services)
    status = service_status(findings.villages, after, ("nr",))["nr"]
    return int(findings.villages.loc[(status == "served").to_numpy(), "population"].sum())


@pytest.mark.parametrize(
    ("lang", "name", "sheet"),
    [("zh", "plan.gpkg", "new_sites"), ("zh", "annex.xlsx", "建议站点"), ("zh", "annex.xlsx", None), ("en", "annex.xlsx", None)],
)
def test_a_plan_is_read_as_planned_sites_and_serves_the_same(
    outcomes: dict[str, RunOutcome], mini_study: Path, lang: str, name: str, sheet: str | None
) -> None:
    outcome = outcomes[lang]
    assert outcome.plan is not None and outcome.check is not None
    sites, faults = quietly(read_sites, outcome.output / name, sheet=sheet)
    plan = outcome.plan.sites.set_index("id").loc[sites["id"]].reset_index()
    assert len(sites) == len(outcome.plan.sites) and (sites["status"] == "planned").all()
    for column in (*RADIO, "host", "mast", "status"):
        ours, theirs = plan[column].fillna("").astype(str), sites[column].fillna("").astype(str)
        assert ours.tolist() == theirs.tolist(), column
    assert np.allclose(sites.geometry.x, plan.geometry.x, atol=1e-9) and np.allclose(sites.geometry.y, plan.geometry.y, atol=1e-9)
    assert served_with(outcome, mini_study, sites) == outcome.check["served"] == outcome.plan.served_after
    listed = " ".join(str(fault) for fault in faults if fault.rule == "unused_columns")
    for column in TOLD.get(name, TOLD[lang]):
        assert column in listed
    assert not [fault for fault in faults if fault.severity == "error"]


def test_existing_and_new_sites_of_a_geopackage_are_read_together(outcomes: dict[str, RunOutcome]) -> None:
    outcome = outcomes["zh"]
    assert outcome.plan is not None
    sites, faults = quietly(read_sites, outcome.output / "plan.gpkg")
    assert (sites["status"] == "planned").sum() == len(outcome.plan.sites)
    assert (sites["status"] == "existing").sum() == len(gpd.read_file(outcome.output / "plan.gpkg", layer="existing_sites"))
    assert any("new_sites" in str(fault) and "existing_sites" in str(fault) for fault in faults)


def test_the_placemarks_of_a_plan_are_read_as_planned_sites(outcomes: dict[str, RunOutcome]) -> None:
    """Google Earth shows coordinates of six decimals, and no more."""
    outcome = outcomes["zh"]
    assert outcome.plan is not None
    sites, _ = quietly(read_sites, outcome.output / "plan.kmz", sheet="建议新建站点")
    plan = outcome.plan.sites.set_index("id").loc[sites["id"]].reset_index()
    assert len(plan) == len(outcome.plan.sites) > 0 and (sites["status"] == "planned").all()
    for column in ("services", "operators", "environment", "height_m", "azimuth_deg", "tilt_deg", "host"):
        assert plan[column].astype(str).tolist() == sites[column].astype(str).tolist(), column
    assert np.allclose(sites.geometry.x, plan.geometry.x, atol=1e-6) and np.allclose(sites.geometry.y, plan.geometry.y, atol=1e-6)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_host_is_read_as_it_is_printed(lang: str) -> None:
    hosts = load("costs")["hosts"]
    printed = [row[lang] for row in hosts.values()]
    table = pd.DataFrame({"id": list(hosts), "lon": 113.0, "lat": 23.0, "services": "nr-n28", "host": printed})
    sites, _ = quietly(read_sites, table)
    assert sites["host"].tolist() == list(hosts)


def test_villages_are_read_under_either_headings(outcomes: dict[str, RunOutcome], mini_study: Path, tmp_path: Path) -> None:
    study, plain = copy_of(mini_study, tmp_path), outcomes["zh"].output
    text = (study / "study.toml").read_text(encoding="utf-8")
    other = text.replace('output = "../results"', 'output = "../chinese"') + '\n[outputs]\nvillage_headings = "zh"\n'
    assert other.count("../chinese") == 1
    (study / "study.toml").write_text(other, encoding="utf-8")
    chinese = run_light(study, formats=()).output
    heads = {folder.name: list(pd.read_csv(folder / "villages.csv", encoding="utf-8-sig", nrows=1)) for folder in (plain, chinese)}
    assert {"id", "population", "nr_status", "lon"} <= set(heads[plain.name])
    assert {"编码", "常住人口", "5G（室外）状态", "NB-IoT（室内）余量(dB)", "位置误差(m)", "经度"} <= set(heads[chinese.name])
    for folder in ("", *(path.relative_to(plain).as_posix() for path in sorted((plain / "cities").iterdir()))):
        first, warned = quietly(read_villages, plain / folder / "villages.csv")
        second, also = quietly(read_villages, chinese / folder / "villages.csv")
        kept = [name for name in first.columns if not name.startswith(("nr_", "nbiot_"))]
        assert first[kept].equals(second[kept]) and len(first)
        assert [fault.rule for fault in warned] == [fault.rule for fault in also] == ["unused_columns"]
        original, _ = quietly(read_villages, study / "villages.csv")
        own = original.set_index("id").loc[first["id"]]
        assert own["name"].tolist() == first["name"].tolist() and own["population"].tolist() == first["population"].tolist()
    assert summary_of(plain)["population"] == summary_of(chinese)["population"]
