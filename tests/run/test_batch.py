"""One command, all outputs: equal bytes from any number of workers, failures as rows, plans reused, nothing overwritten unasked."""

from __future__ import annotations

import gc
import json
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook
from results import copy_of, digests, run_light, summary_of

import infraplan
from infraplan.errors import DataError, InfraplanError, UsageError
from infraplan.report.run_comparison import compare_runs
from infraplan.report.workbook import HEAD_ROW
from infraplan.run import RunOutcome, folders, run_study
from infraplan.run.collector import SELDOM
from infraplan.run.ledger import NAME
from infraplan.study import Study

FILES = {"report.html", "map.html", "annex.xlsx", "plan.gpkg", "coverage.tif", "villages.csv"}


@pytest.fixture()
def mine(small_study: Path, small_results: Path, tmp_path: Path) -> Path:
    """A study of one's own with finished results beside it."""
    shutil.copytree(small_results, tmp_path / "results")
    return copy_of(small_study, tmp_path)


def test_the_collector_comes_seldom_while_a_folder_is_written() -> None:
    """The collector of reference cycles comes as often as before afterwards, also where writing failed; one that is off stays off."""
    seen: list[int] = []

    def write(fails: bool) -> dict[str, str]:
        seen.append(gc.get_threshold()[0])
        if fails:
            raise ValueError("no")
        return {}

    before = gc.get_threshold()
    assert [folders._noticing(write, fails)[0]["state"] for fails in (False, True)] == ["done", "failed"]
    assert seen == [SELDOM, SELDOM] and gc.get_threshold() == before
    gc.set_threshold(0)
    try:
        folders._noticing(write, False)
        assert seen[-1] == 0 == gc.get_threshold()[0]
    finally:
        gc.set_threshold(*before)


def failing(monkeypatch: pytest.MonkeyPatch, adcode: str, error: Exception) -> None:
    """Make the pages of one city fail."""
    write = folders.write_city_pages

    def pages(context: Any, folder: Path, **options: Any) -> Any:
        if context.adcode == adcode:
            (folder / "report.html").write_text("half a page", encoding="utf-8")
            raise error
        return write(context, folder, **options)

    monkeypatch.setattr(folders, "write_city_pages", pages)


def test_every_county_has_its_list_and_its_sheets(tiny_results: Path) -> None:
    """A county's workbook holds the rows of the city's annex that lie in it; its page and the city's link each other."""
    for folder in sorted((tiny_results / "cities").iterdir()):
        summary = summary_of(folder)
        counties = {row["adcode"]: row["name"] for row in summary["zones"] if row["level"] == "county"}
        pages = sorted((folder / "counties").glob("*.html"))
        assert [path.stem for path in pages] == [f"{adcode}-{name}" for adcode, name in sorted(counties.items())]
        city = _sheet_rows(folder / "annex.xlsx")
        for path in pages:
            name = path.stem.partition("-")[2]
            own = _sheet_rows(path.with_suffix(".xlsx"))
            assert own.keys() <= city.keys()
            for sheet, rows in own.items():
                assert rows == [row for row in city[sheet] if row[1] == name], sheet
            page = path.read_text(encoding="utf-8")
            assert f"<h1>{name}" in page and 'href="../report.html"' in page and 'href="../../../index.html"' in page
            assert quote(f"counties/{path.name}") in (folder / "report.html").read_text(encoding="utf-8")


def _sheet_rows(book: Path) -> dict[str, list[list[Any]]]:
    """Code and county of the rows of the lists of a workbook: of all sheets but the scorecard and the method."""
    workbook, found = CalamineWorkbook.from_path(book), {}
    for name in workbook.sheet_names[1:-1]:
        head, *rows = workbook.get_sheet_by_name(name).to_python()[HEAD_ROW:]
        if "编码" not in head:
            continue  # how the sheets are filled in
        code, county = head.index("编码"), head.index("县(市、区)")
        found[name] = [[row[code], row[county]] for row in rows if row[code]]
    return found


def test_months(mine: Path, tmp_path: Path) -> None:
    """A later run of the same study shows the trend, and what changed by name; the first one is kept as it was."""
    output, first = tmp_path / "results", date(2020, 8, 31)
    text = (mine / "study.toml").read_text(encoding="utf-8")
    days = re.sub(r"^as_of.*$", "", text, flags=re.M)
    (mine / "study.toml").write_text(days.replace("[study]", f"[study]\nas_of = {first}", 1), encoding="utf-8")
    shutil.rmtree(output / "history")
    run_light(mine, overwrite=True)
    before, old = summary_of(output), digests(output / "history")
    assert sorted(path.name for path in (output / "history" / f"{first}").iterdir()) == [
        "existing_sites.csv.gz", "gaps.csv.gz", "summary.json", "targets.csv", "villages.csv.gz",
    ]  # fmt: skip
    assert not (output / "compare.html").exists() and "历次运行" not in (output / "index.html").read_text(encoding="utf-8")
    sites = pd.read_csv(mine / "sites.csv", dtype=str)
    retired = sites.index < len(sites) // 2
    sites.assign(status=sites["status"].where(~retired, "retired")).to_csv(mine / "sites.csv", index=False)
    (mine / "study.toml").write_text(days.replace("[study]", "[study]\nas_of = 2020-09-30", 1), encoding="utf-8")
    run_light(mine, overwrite=True)
    now, index = summary_of(output), (output / "index.html").read_text(encoding="utf-8")
    assert {name: digest for name, digest in digests(output / "history").items() if name.startswith(f"{first}")} == old
    assert "历次运行" in index and 'href="compare.html"' in index and f"与 {first} 相比" in index
    change = now["population"]["nr"]["share"] - before["population"]["nr"]["share"]
    assert change < 0 and f"{change * 100:+.2f}".replace("-", "−") in index.replace("-", "−")
    page = (output / "compare.html").read_text(encoding="utf-8")
    assert f"退网 {int(retired.sum())} 座" in page and "失去覆盖" in page
    found = compare_runs(output / "history" / f"{first}", output)
    lost = found.villages[(found.villages["family"] == "nr") & (found.villages["change"] == "uncovered")]
    assert before["population"]["nr"]["served"] - now["population"]["nr"]["served"] == int(lost["population"].sum())
    assert len(CalamineWorkbook.from_path(output / "compare.xlsx").get_sheet_by_name("村庄变化").to_python()) > len(lost)


def test_every_city_has_its_folder(tiny_results: Path) -> None:
    folders = sorted((tiny_results / "cities").iterdir())
    assert [folder.name for folder in folders] == ["440500-汕头市", "445100-潮州市", "445200-揭阳市"]
    for folder in (tiny_results, *folders):
        assert {path.name for path in folder.iterdir()} >= FILES
        assert all(path.stat().st_size > 0 for path in folder.iterdir() if path.is_file())
    assert not [name for name in digests(tiny_results) if Path(name).name.startswith(".")]
    page = (tiny_results / "index.html").read_text(encoding="utf-8")
    assert page.index("汕头市") < page.index("潮州市") < page.index("揭阳市")


def test_summary_has_what_programs_ask_for(tiny_results: Path) -> None:
    summary = summary_of(tiny_results)
    assert {"population", "zones", "targets", "plan"} <= set(summary)
    assert {"served", "uncertain", "unserved", "share"} <= set(summary["population"]["nr"]) & set(summary["population"]["nbiot"])
    assert {"adcode", "name", "level", "population", "served"} <= set(summary["zones"][0])
    assert {"id", "zone", "required", "achieved", "numerator", "denominator", "shortfall", "status"} <= set(summary["targets"][0])
    assert {"sites", "cost", "cost_bound", "proven_gap", "population_gained"} <= set(summary["plan"])
    assert (summary["as_of"], summary["report_date"]) == ("2020-12-31", "2020-12-31") and summary["version"] == infraplan.__version__


def test_no_machine_in_any_text(tiny_results: Path, tiny_study: Path) -> None:
    """Neither the study's path nor the user's home is in a file that people hand on, packed or not."""
    needles = [str(tiny_study.parent).encode(), str(Path.home()).encode() + b"/"]
    for path in tiny_results.rglob("*"):
        if not path.is_file():
            continue
        parts = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                parts += [packed.read(name) for name in packed.namelist()]
        assert not [needle for needle in needles for content in parts if needle in content], path.name


def test_two_workers_give_the_bytes_of_one(tiny_study: Path, tiny_results: Path, tmp_path: Path) -> None:
    again = run_study(Study.open(copy_of(tiny_study, tmp_path)), jobs=2).output
    assert digests(again) == digests(tiny_results)


@pytest.mark.thorough
def test_twice_gives_the_same_bytes(mine: Path) -> None:
    before = digests(mine.parent / "results")
    run_light(mine, overwrite=True)
    assert digests(mine.parent / "results") == before


def test_resume_of_a_finished_run_writes_no_city_again(mine: Path) -> None:
    results = mine.parent / "results"
    before = {path: path.stat().st_mtime_ns for path in (results / "cities").rglob("*") if path.is_file()}
    same = digests(results)
    run_light(mine, resume=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert digests(results) == same


def test_resume_mends_what_was_changed_by_hand(mine: Path) -> None:
    results = mine.parent / "results"
    before = digests(results)
    (results / "cities/445100-潮州市/annex.xlsx").write_bytes(b"scribble")
    (results / "cities/.445200-揭阳市.part").mkdir()
    (results / "cities/.445200-揭阳市.part/report.html").write_text("half", encoding="utf-8")
    (results / ".index.0123abcd.part.html").write_text("half", encoding="utf-8")
    run_light(mine, resume=True)
    assert digests(results) == before


def test_other_inputs_are_not_resumed(mine: Path) -> None:
    """A city made from other villages is made anew."""
    table = pd.read_csv(mine / "villages.csv", dtype=str)
    table.loc[0, "population"] = "777"
    table.to_csv(mine / "villages.csv", index=False)
    outcome = run_light(mine, resume=True)
    assert outcome.summary is not None
    recounted = sum(
        pd.read_csv(file, encoding="utf-8-sig")["population"].sum() for file in sorted((outcome.output / "cities").glob("*/villages.csv"))
    )
    assert outcome.summary["population"]["total"] == recounted == table["population"].astype(int).sum()


def test_nothing_is_overwritten_unasked(mine: Path) -> None:
    before = digests(mine.parent / "results")
    with pytest.raises(UsageError, match="--overwrite"):
        run_light(mine)
    assert digests(mine.parent / "results") == before


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InfraplanError("字体缺失 / no font"), "字体缺失 / no font"),
        pytest.param(ValueError("<b>oops</b>"), "ValueError: <b>oops</b>", marks=pytest.mark.thorough),
    ],
)
def test_a_city_s_failure_is_a_row(
    small_study: Path, small_results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    study = copy_of(small_study, tmp_path)
    with monkeypatch.context() as patch:
        failing(patch, "445200", error)
        outcome = run_light(study)
    assert outcome.failed == ["445200"]
    row = outcome.cities.set_index("adcode").loc["445200"]
    assert (row["state"], row["reason"], row["folder"]) == ("failed", reason, "")
    assert [path.name for path in (outcome.output / "cities").iterdir()] == ["445100-潮州市"]
    recorded = json.loads((outcome.output / NAME).read_text(encoding="utf-8"))["cities"]["445200"]
    assert (recorded["state"], recorded["reason"]) == ("failed", reason)
    page = (outcome.output / "index.html").read_text(encoding="utf-8")
    assert "445200-揭阳市" not in page
    assert "<b>oops" not in page
    if isinstance(error, InfraplanError):
        run_light(study, resume=True)
        assert digests(outcome.output) == digests(small_results)


def test_some_cities_reuse_the_plan_and_leave_the_province_alone(mine: Path) -> None:
    results = mine.parent / "results"
    before = digests(results)
    outcome = run_light(mine, cities=("揭阳市",))
    after = digests(results)
    own = "cities/445200-揭阳市/"
    assert outcome.summary is None
    assert outcome.cities["adcode"].tolist() == ["445200"]
    assert outcome.plan is not None and outcome.plan.goal.cities == ()
    assert {name for name in before if before[name] != after.get(name)} <= {name for name in after if name.startswith(own)} | {NAME}
    assert set(after) == set(before)
    assert "沿用整体方案" in (results / own / "report.html").read_text(encoding="utf-8")


def test_some_cities_get_the_numbers_of_a_whole_run(tiny_study: Path, tiny_results: Path, tmp_path: Path) -> None:
    """Villages, margins, best servers and the part of the plan are the same bytes; a neighbour's sectors count."""
    shutil.copytree(tiny_results, tmp_path / "results")
    run_study(Study.open(copy_of(tiny_study, tmp_path)), cities=("445100",), jobs=1)
    for name in ("villages.csv", "coverage.tif"):
        path = f"cities/445100-潮州市/{name}"
        assert (tmp_path / "results" / path).read_bytes() == (tiny_results / path).read_bytes(), name
    new = [
        gpd.read_file(folder / "cities/445100-潮州市/plan.gpkg", layer="new_sites").drop(columns="geometry")
        for folder in (tmp_path / "results", tiny_results)
    ]
    pd.testing.assert_frame_equal(new[0], new[1])


@pytest.fixture(scope="module")
def planned_alone(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> RunOutcome:
    """A city of the smallest study, planned for alone; the study is beside the results."""
    return run_light(copy_of(small_study, tmp_path_factory.mktemp("alone")), cities=("445100",))


def test_without_a_plan_some_cities_are_planned_for_alone(planned_alone: RunOutcome, small_study: Path, tmp_path: Path) -> None:
    outcome = planned_alone
    assert outcome.plan is not None
    assert outcome.plan.goal.cities == ("445100",)
    assert set(outcome.plan.sites["city"]) == {"445100"}
    assert not (outcome.output / "summary.json").exists()
    assert "单独规划" in (outcome.output / "cities/445100-潮州市/report.html").read_text(encoding="utf-8")
    shutil.copytree(outcome.output, tmp_path / "results")
    run_light(copy_of(small_study, tmp_path), cities=("445100",))
    assert digests(tmp_path / "results") == digests(outcome.output)


def test_a_city_planned_alone_is_not_taken_for_a_part_of_the_province(
    planned_alone: RunOutcome, small_study: Path, small_results: Path, tmp_path: Path
) -> None:
    shutil.copytree(planned_alone.output, tmp_path / "results")
    run_light(copy_of(small_study, tmp_path), resume=True)
    assert digests(tmp_path / "results") == digests(small_results)


def test_a_city_s_folder_that_somebody_changed_is_refused(mine: Path) -> None:
    mark = mine.parent / "results/cities/445100-潮州市/annex.xlsx"
    mark.write_bytes(b"notes of a planner")
    with pytest.raises(UsageError, match="445100"):
        run_light(mine, cities=("445100",))
    assert mark.read_bytes() == b"notes of a planner"


def test_an_unknown_city_names_the_nearest(small_study: Path, tmp_path: Path) -> None:
    study = Study.open(copy_of(small_study, tmp_path))
    for asked, near in (("445101", "445100"), ("潮洲市", "潮州市")):
        with pytest.raises(UsageError) as raised:
            run_study(study, cities=(asked,))
        assert asked in str(raised.value) and near in str(raised.value)
    assert not study.output.exists()


def test_a_goal_nobody_set_is_refused_before_any_work(small_study: Path, tmp_path: Path) -> None:
    study = copy_of(small_study, tmp_path)
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text.replace('target = "nr-pop90"', 'target = "nr-pop99"'), encoding="utf-8")
    with pytest.raises(InfraplanError, match="nr-pop90"):
        run_light(study)
    assert not (tmp_path / "results").exists()


def test_a_study_may_want_no_plan_and_no_policy(mini_study: Path, tmp_path: Path) -> None:
    study = copy_of(mini_study, tmp_path)
    text = (study / "study.toml").read_text(encoding="utf-8")
    text = text.replace('target = "nr-pop90"', 'target = ""').replace('policies = ["clauses.toml"]', "policies = []")
    (study / "study.toml").write_text(text, encoding="utf-8")
    outcome = run_light(study)
    assert outcome.summary is not None
    assert outcome.summary["plan"] is None
    assert outcome.summary["targets"] == []
    assert not outcome.failed


def test_a_study_without_people_is_refused_with_the_fix(small_study: Path, tmp_path: Path) -> None:
    study = copy_of(small_study, tmp_path)
    text = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(text.replace('villages = "villages.csv"\n', ""), encoding="utf-8")
    with pytest.raises(DataError, match="infraplan coverage"):
        run_light(study)
    assert not (tmp_path / "results").exists()
