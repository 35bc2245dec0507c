"""Each verb: data on stdout, messages on stderr, exit codes, nothing overwritten unasked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from results import copy_of, digests

from infraplan import __version__, cli
from infraplan.run import folders

VERBS = ("new", "check", "budget", "coverage", "scorecard", "gaps", "plan", "run")
Call = Callable[..., Any]


@pytest.fixture(scope="session")
def ready(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the smallest study with results beside it, to which verbs add their files."""
    return Path(shutil.copytree(small, tmp_path_factory.mktemp("ready") / "small")) / "study"


def test_help_names_every_verb(infraplan: Call) -> None:
    answer = infraplan("--help")
    assert answer.code == 0
    assert all(verb in answer.out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_in_both_languages(infraplan: Call, verb: str) -> None:
    answer = infraplan(verb, "--help")
    assert answer.code == 0
    assert " / " in answer.out


def test_verbs_are_registered_once_however_often_the_program_runs(infraplan: Call) -> None:
    infraplan("--version")
    before = len(cli.app.registered_commands)
    infraplan("--version")
    assert len(cli.app.registered_commands) == before


def test_version(infraplan: Call) -> None:
    assert infraplan("--version")[:2] == (0, f"infraplan {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [("fly",), ("run",), ("run", "x", "--jobs", "0"), ("run", "x", "--jobs", "many"), ("budget", "nr-n41", "--reliability", "2")],
)
def test_wrong_usage_is_two(infraplan: Call, arguments: tuple[str, ...]) -> None:
    answer = infraplan(*arguments)
    assert answer.code == 2
    assert answer.err and not answer.out
    assert "Traceback" not in answer.err


def test_budget(infraplan: Call) -> None:
    answer = infraplan("budget", "nr-n41", "--json")
    assert answer.code == 0
    assert len(json.loads(answer.out)) > 10
    wrong = infraplan("budget", "nr-n14")
    assert wrong.code == 2
    assert "nr-n41" in wrong.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("coverage",),
        ("coverage", "--cities", "445100"),
        ("scorecard",),
        ("scorecard", "--zone", "445100"),
        ("gaps", "--target", "village-nr"),
        ("plan",),
        ("plan", "--cities", "揭阳市"),
    ],
    ids=" ".join,
)
def test_json_is_one_document(infraplan: Call, ready: Path, arguments: tuple[str, ...]) -> None:
    answer = infraplan(arguments[0], ready, *arguments[1:], "--json")
    assert answer.code == 0, answer.err
    content = json.loads(answer.out)
    assert isinstance(content, list | dict)
    assert content or arguments == ("check",)


def test_coverage_adds_up_and_writes_a_map(infraplan: Call, ready: Path, tmp_path: Path) -> None:
    import rasterio

    raster = tmp_path / "map.tif"
    rows = pd.DataFrame(json.loads(infraplan("coverage", ready, "--raster", raster, "--json").out))
    people = pd.read_csv(ready / "villages.csv")["population"].sum()
    sums = rows.groupby(["level", "family", "network"])[["population", "served", "uncertain", "unserved"]].sum()
    assert (sums["population"] == people).all()
    assert (sums[["served", "uncertain", "unserved"]].sum(axis=1) == people).all()
    with rasterio.open(raster) as bands:
        assert bands.descriptions == ("nr margin_db outdoor", "nbiot margin_db indoor")
    before = raster.read_bytes()
    again = infraplan("coverage", ready, "--raster", raster)
    assert again.code == 2
    assert "--overwrite" in again.err
    assert raster.read_bytes() == before


def test_a_map_alone_needs_no_people(infraplan: Call, small_study: Path, tmp_path: Path) -> None:
    """Land served instead: part of the whole, and the cities' land is the province's."""
    study = copy_of(small_study, tmp_path)
    text = (study / "study.toml").read_text(encoding="utf-8").replace('villages = "villages.csv"\n', "")
    (study / "study.toml").write_text(text, encoding="utf-8")
    (study / "villages.csv").unlink()
    answer = infraplan("coverage", study, "--raster", tmp_path / "map.tif", "--json")
    assert answer.code == 0, answer.err
    rows = pd.DataFrame(json.loads(answer.out))
    assert (rows["served_km2"] <= rows["area_km2"]).all() and rows["served_km2"].sum() > 0
    one = rows.loc[(rows["family"] == "nr") & (rows["network"] == "any")].groupby("level")[["area_km2", "served_km2"]].sum()
    assert one.loc["city"].to_numpy() == pytest.approx(one.loc["province"].to_numpy(), rel=1e-3)
    assert infraplan("check", study).code == 0
    refused = infraplan("run", study)
    assert refused.code == 3
    assert "infraplan coverage" in refused.err


def test_tables_go_to_files_and_are_not_overwritten(infraplan: Call, ready: Path, tmp_path: Path) -> None:
    for name in ("gaps.csv", "gaps.xlsx", "gaps.gpkg"):
        answer = infraplan("gaps", ready, "-o", tmp_path / name)
        assert answer.code == 0, answer.err
        assert not answer.out
    before = digests(tmp_path)
    refused = infraplan("gaps", ready, "-o", tmp_path / "gaps.csv")
    assert refused.code == 2
    assert digests(tmp_path) == before
    assert infraplan("gaps", ready, "-o", tmp_path / "gaps.csv", "--overwrite").code == 0
    assert infraplan("gaps", ready, "-o", tmp_path / "gaps.doc").code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gaps.csv", "gaps.gpkg", "gaps.xlsx"]


def test_gaps_of_one_county_are_those_of_the_whole_list(infraplan: Call, ready: Path) -> None:
    whole = pd.DataFrame(json.loads(infraplan("gaps", ready, "--json").out))
    row = whole[whole["county"] != ""].iloc[0]
    for zone, column in ((row["county"], "county"), (row["county_name"], "county_name"), (row["city"], "city")):
        answer = infraplan("gaps", ready, "--zone", zone, "--json")
        assert answer.code == 0, answer.err
        own = whole[whole[column] == zone].reset_index(drop=True)
        assert len(own) and pd.DataFrame(json.loads(answer.out))["id"].tolist() == own["id"].tolist()
    refused = infraplan("gaps", ready, "--zone", "999999")
    assert refused.code == 2 and "999999" in refused.err


def test_a_formula_in_a_name_stays_text(infraplan: Call, small_study: Path, tmp_path: Path) -> None:
    from python_calamine import CalamineWorkbook

    villages = pd.read_csv(small_study / "villages.csv")
    hostile = next(name for name in villages["name"] if name.startswith("="))
    study = copy_of(small_study, tmp_path)
    villages.loc[villages["name"] == hostile, ["lon", "lat", "kind", "households"]] = [*villages.loc[9, ["lon", "lat"]], "village", 90]
    villages.to_csv(study / "villages.csv", index=False)
    sites = pd.read_csv(study / "sites.csv").iloc[:1]
    sites.to_csv(study / "sites.csv", index=False)
    assert infraplan("gaps", study, "-o", tmp_path / "gaps.csv").code == 0
    assert infraplan("gaps", study, "-o", tmp_path / "gaps.xlsx").code == 0
    cells = [cell for line in (tmp_path / "gaps.csv").read_text(encoding="utf-8-sig").splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell.strip('"').startswith("=")]
    rows = CalamineWorkbook.from_path(str(tmp_path / "gaps.xlsx")).get_sheet_by_index(0).to_python()
    assert any(hostile in row for row in rows)


def test_run_says_what_became_of_it(infraplan: Call, small_study: Path, tmp_path: Path) -> None:
    study = copy_of(small_study, tmp_path)
    answer = infraplan("run", study, "--jobs", "1", "--formats", "kmz", "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out) == json.loads((tmp_path / "results/summary.json").read_text(encoding="utf-8"))
    before = digests(tmp_path / "results")
    again = infraplan("run", study, "--jobs", "1", "--formats", "kmz")
    assert again.code == 2
    assert "--overwrite" in again.err and "--resume" in again.err
    assert digests(tmp_path / "results") == before
    some = infraplan("run", study, "--jobs", "1", "--formats", "kmz", "--cities", "445100，揭阳市", "--json")
    assert some.code == 0, some.err
    assert [row["adcode"] for row in json.loads(some.out)["cities"]] == ["445100", "445200"]


def test_a_failed_city_is_exit_code_four(infraplan: Call, small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = folders.write_city_pages

    def pages(context: Any, folder: Path, **options: Any) -> Any:
        if context.adcode == "445100":
            raise ValueError("no ink")
        return write(context, folder, **options)

    monkeypatch.setattr(folders, "write_city_pages", pages)
    answer = infraplan("run", copy_of(small_study, tmp_path), "--jobs", "1", "--formats", "xlsx")
    assert answer.code == 4
    assert "445100" in answer.err and "no ink" in answer.err
    assert "Traceback" not in answer.err
    assert (tmp_path / "results/index.html").is_file()


def test_an_unknown_city_names_the_nearest(infraplan: Call, small_study: Path, tmp_path: Path) -> None:
    for verb in ("run", "coverage", "plan"):
        answer = infraplan(verb, small_study, "--cities", "445201")
        assert answer.code == 2
        assert "445200" in answer.err
    answer = infraplan("scorecard", small_study, "--zone", "445199")
    assert answer.code == 2
    assert "4451" in answer.err


def test_interrupted_is_130(infraplan: Call, ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplan.run import predicting

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(predicting, "predict_coverage", interrupt)
    answer = infraplan("coverage", ready)
    assert answer.code == 130
    assert "Traceback" not in answer.err


def test_new_makes_a_study_and_keeps_what_is_there(infraplan: Call, tmp_path: Path) -> None:
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy/letter.txt").write_text("mine", encoding="utf-8")
    refused = infraplan("new", "guangdong", tmp_path / "busy")
    assert refused.code == 2
    assert [path.name for path in (tmp_path / "busy").iterdir()] == ["letter.txt"]
    assert infraplan("new", "guangdong", tmp_path / "busy/letter.txt").code == 2
    unknown = infraplan("new", "guangxi", tmp_path / "other")
    assert unknown.code == 2
    assert "guangdong" in unknown.err
    assert not (tmp_path / "other").exists()
