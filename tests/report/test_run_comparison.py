"""Two runs compared: every change is found, once, and nothing else."""

from __future__ import annotations

import copy
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from infraplan.errors import DataError
from infraplan.report.comparison_pages import sentences, write_comparison
from infraplan.report.run_comparison import compare_runs
from infraplan.report.run_records import FOLDER, UNDATED, day_of, records_before, summary_of, trend, write_record
from infraplan.report.words import Words
from infraplan.report.workbook import HEAD_ROW
from infraplan.tables.number_formats import points, signed


def target(name: str, achieved: float | None, status: str, zone: str = "990000") -> dict[str, Any]:
    return {
        "id": name,
        "part": "main",
        "zone_level": "province" if zone == "990000" else "city",
        "zone": zone,
        "zone_name": "<b>样例省</b>",
        "family": "nr",
        "network": "any",
        "measure": "place_share",
        "required": 0.9,
        "achieved": achieved,
        "unit": "places",
        "status": status,
    }


def zone(level: str, adcode: str, served: int) -> dict[str, Any]:
    return {
        "level": level,
        "adcode": adcode,
        "name": "甲市",
        "population": 1000,
        "nr": {"served": served, "uncertain": 0, "unserved": 1000 - served, "share": served / 1000},
    }


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    old = {
        "population_basis": "resident",
        "model": ["uma"],
        "resolution_m": 250.0,
        "reliability": 0.9,
        "synthetic": False,
        "as_of": "2020-08-31",
        "report_date": "2020-09-15",
        "version": "0.1.0",
        "receivers": {"nr": "outdoor"},
        "zones": [zone("province", "990000", 700), zone("city", "990100", 300)],
        "targets": [target("a", 0.5, "not_met"), target("b", 0.95, "met"), target("c", 0.2, "not_met"), target("d", None, "no_data")],
    }
    new = copy.deepcopy(old)
    new["reliability"] = 0.95
    new |= {"as_of": "2020-12-31", "report_date": None, "version": "0.2.0", "synthetic": True}
    new["zones"][0] = zone("province", "990000", 750)
    new["targets"] = [target("a", 0.91, "met"), target("b", 0.8, "not_met"), target("c", 0.2, "not_met"), target("e", 0.1, "not_met")]
    folders = []
    for name, content, ids in (("a", old, ["S1", "S2"]), ("b", new, ["S2", "S3", "=1+1"])):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "summary.json").write_text(json.dumps(content), encoding="utf-8")
        sites = gpd.GeoDataFrame(
            {"id": ids, "name": ids, "services": "nr-n41", "city": "990100"},
            geometry=gpd.points_from_xy([113.0] * len(ids), [24.0] * len(ids)),
            crs=4326,
        )
        sites.to_file(folder / "plan.gpkg", layer="existing_sites")
        folders.append(folder)
    return folders[0], folders[1]


def test_every_change_is_found(runs: tuple[Path, Path]) -> None:
    found = compare_runs(*runs)
    assert dict(zip(found.targets["id"], found.targets["change"], strict=True)) == {"a": "won", "b": "lost", "e": "new", "d": "gone"}
    assert found.coverage["served_change"].tolist() == [50, 0] and found.coverage["share_change"].round(6).tolist() == [0.05, 0.0]
    assert dict(zip(found.sites["id"], found.sites["change"], strict=True)) == {"S3": "added", "=1+1": "added", "S1": "removed"}
    assert found.unlike == ("reliability: 0.9 → 0.95", "synthetic: False → True")
    assert found.ranks.to_dict("records") == [
        {"name": "甲市", "share_before": 0.3, "share_after": 0.3, "rank_before": 1, "rank_after": 1, "move": 0}
    ]
    assert found.villages is None and found.gaps is None


def test_villages_and_gaps_won_and_lost_by_name(runs: tuple[Path, Path], tmp_path: Path) -> None:
    """Kept tables of two runs: who is served now and was not, which gaps are closed, which sites are retired."""
    about = {"city": "990100", "county": "990101", "town": "甲镇", "committee": "", "population": 10}
    changed = {"v1": ("unserved", "served"), "v2": ("served", "uncertain"), "v3": ("served", "served"), "v4": ("uncertain", "served")}
    for folder, at in zip(runs, (0, 1), strict=True):
        villages = pd.DataFrame([{"id": name, "name": f"=村{name}", **about, "nr_status": status[at]} for name, status in changed.items()])
        villages = pd.concat([villages, villages.tail(1).assign(id=f"only{at}")], ignore_index=True)
        rows = [("t", "v1", "any"), ("t", "v3", "any"), ("t", "L", "any"), ("t", "L", "any")][: 4 if at == 0 else 1]
        gaps = pd.DataFrame(
            [
                {"target": t, "id": i, "network": n, "name": i, "kind": "village", **about, "city_name": "", "county_name": ""}
                for t, i, n in rows
            ]
        )
        gaps = pd.concat([gaps, gaps.head(1).assign(id="new")]) if at else gaps
        status = ["existing", "retired" if at else "existing"]
        sites = pd.DataFrame({"id": ["S1", "S2"], "name": "", "services": "", "city": "990100", "status": status})
        (folder / "targets.csv").write_text("id\n")
        write_record(folder, day_of(summary_of(folder)), {"villages": villages, "gaps": gaps, "existing_sites": sites})
    found = compare_runs(*runs)
    assert found.villages[["id", "change", "status_before", "status_after"]].values.tolist() == [
        ["v1", "covered", "unserved", "served"], ["v4", "covered", "uncertain", "served"], ["v2", "uncovered", "served", "uncertain"],
    ]  # fmt: skip
    assert found.changed_villages == (1, 1)
    assert found.gaps[["id", "change"]].values.tolist() == [["L", "closed"], ["v3", "closed"], ["new", "opened"]]
    assert dict(zip(found.sites["id"], found.sites["change"], strict=True)) == {"S2": "retired"}
    html, book = write_comparison(found, tmp_path / "out")
    page = html.read_text(encoding="utf-8")
    assert "新覆盖 2 个村和居民点（20 人），失去覆盖 1 个（10 人）" in page and "销号 2 项，新出现 1 项" in page and "退网 1 座" in page
    assert "=村v1" in page and "1 个只在之前，1 个只在之后" in page
    rows = CalamineWorkbook.from_path(str(book)).get_sheet_by_name("村庄变化").to_python()[HEAD_ROW + 1 :]
    assert [row[1] for row in rows] == ["v1", "v4", "v2"]
    own = compare_runs(runs[0] / FOLDER / "2020-08-31", runs[1])
    assert own.villages.equals(found.villages) and own.gaps.equals(found.gaps)


def test_gaps_of_a_clause_or_village_of_one_run_alone_are_not_closed(runs: tuple[Path, Path]) -> None:
    """A clause that is no longer asked (d), one that is new (e), a village with another id: nothing was built for them."""
    about = {"city": "990100", "county": "990101", "town": "", "committee": "", "population": 10}
    listed = {0: [("a", "v1"), ("d", "v1"), ("a", "was")], 1: [("e", "v1"), ("a", "is"), ("a", "v2")]}
    for folder, at in zip(runs, (0, 1), strict=True):
        villages = pd.DataFrame([{"id": i, "name": i, **about, "nr_status": "unserved"} for i in ("v1", "v2", ("was", "is")[at])])
        rows = [{"target": t, "id": i, "network": "any", "name": i, "kind": "village", **about} for t, i in listed[at]]
        gaps = pd.DataFrame(rows).assign(city_name="", county_name="")
        sites = pd.DataFrame({"id": ["S1"], "name": "", "services": "", "city": "990100", "status": "existing"})
        (folder / "targets.csv").write_text("id\n")
        write_record(folder, day_of(summary_of(folder)), {"villages": villages, "gaps": gaps, "existing_sites": sites})
    found = compare_runs(*runs)
    assert found.gaps[["target", "id", "change"]].values.tolist() == [["a", "v1", "closed"], ["a", "v2", "opened"]]
    assert found.unmatched_gaps == 4
    assert any("另有 4 项缺口" in sentence for sentence in sentences(found, Words("zh")))


@pytest.mark.parametrize("renamed", [1, 2], ids=["killed between the renames", "killed after both"])
def test_a_kill_while_a_record_is_replaced_loses_no_day(runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, renamed: int) -> None:
    folder, rename, done = runs[0], Path.rename, []
    (folder / "targets.csv").write_text("id\n")
    tables = {name: pd.DataFrame({"id": ["a"]}) for name in ("villages", "gaps", "existing_sites")}
    write_record(folder, "2020-08-31", tables)
    (folder / FOLDER / "2020-08-31" / "first").write_text("")

    def killed(path: Path, target: Path) -> Path:
        if len(done) == renamed:
            raise KeyboardInterrupt
        done.append(path)
        return rename(path, target)

    def killed_remove(path: Path, **_: Any) -> None:
        if len(done) == renamed:
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", killed)
    monkeypatch.setattr("infraplan.files.shutil.rmtree", killed_remove)
    with pytest.raises(KeyboardInterrupt):
        write_record(folder, "2020-08-31", tables)
    monkeypatch.undo()
    assert (folder / FOLDER / ".2020-08-31.old").is_dir()
    assert [path.name for path in records_before(folder, "2020-09-30")] == ["2020-08-31"]
    assert (folder / FOLDER / "2020-08-31" / "first").exists() == (renamed == 1)
    write_record(folder, "2020-09-30", tables)
    assert sorted(path.name for path in (folder / FOLDER).iterdir()) == ["2020-08-31", "2020-09-30"]


def test_records_before_a_day_and_the_trend(runs: tuple[Path, Path]) -> None:
    def summary(day: str, share: float, model: str = "p1812") -> dict[str, Any]:
        return {"as_of": day, "model": model, "sites": 3, "population": {"total": 10, "nr": {"served": int(10 * share), "share": share}},
                "gaps": {"villages": {"nr": {"lacking": 4}}}}  # fmt: skip

    found = trend([summary("2020-08-31", 0.5, "uma"), summary("2020-09-30", 0.7), summary("2020-10-31", 0.6)])
    assert found["change"].round(6).fillna(9).tolist() == [9, 0.2, -0.1] and found["alike"].tolist() == [False, True, True]
    for day in ("2020-09-30", "2020-08-31", "undated"):
        folder = runs[0] / FOLDER / day
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text("{}")
    assert [path.name for path in records_before(runs[0], "2020-09-30")] == ["2020-08-31"]
    assert [path.name for path in records_before(runs[0], UNDATED)] == ["2020-08-31", "2020-09-30"]


def test_retired_sites_are_neither_added_nor_removed(runs: tuple[Path, Path]) -> None:
    """A register that lists sites of the past, or strikes them off, changes no network."""
    for folder, kinds in zip(
        runs, ({"S1": "existing", "was": "retired"}, {"S1": "existing", "S2": "existing", "old": "retired"}), strict=True
    ):
        sites = pd.DataFrame({"id": list(kinds), "status": list(kinds.values())}).assign(name="", services="", city="990100")
        (folder / "targets.csv").write_text("id\n")
        write_record(folder, day_of(summary_of(folder)), {"existing_sites": sites})
    assert compare_runs(*runs).sites[["id", "change"]].values.tolist() == [["S2", "added"]]


def test_what_a_killed_run_left_in_the_history_goes(runs: tuple[Path, Path]) -> None:
    left = runs[0] / FOLDER / ".2020-07-31.part"
    left.mkdir(parents=True)
    (runs[0] / "targets.csv").write_text("id\n")
    write_record(runs[0], "2020-08-31", {})
    assert [path.name for path in (runs[0] / FOLDER).iterdir()] == ["2020-08-31"]


def test_a_damaged_record_is_named(runs: tuple[Path, Path]) -> None:
    record = runs[0] / FOLDER / "2020-08-31"
    record.mkdir(parents=True)
    (record / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        summary_of(record)
    assert [(fault.file, fault.rule) for fault in caught.value.fault_list] == [("history/2020-08-31/summary.json", "bad_summary")]


def test_a_new_family_makes_no_run_unlike(runs: tuple[Path, Path]) -> None:
    """NB-IoT comes in the second month: what 5G says of the first stays comparable; another receiver of 5G does not."""
    path = runs[1] / "summary.json"
    content = json.loads(path.read_text())
    for receivers, said in (({"nr": "outdoor", "nbiot": "indoor"}, ()), ({"nr": "indoor"}, ("receivers.nr: outdoor → indoor",))):
        path.write_text(json.dumps(content | {"receivers": receivers, "reliability": 0.9, "synthetic": False}))
        assert compare_runs(*runs).unlike == said
    about = {"model": ["p1812"], "population": {"total": 1, "nr": {"served": 1, "share": 1.0}}}
    before = about | {"as_of": "2020-08-31", "receivers": {"nr": "outdoor"}}
    after = about | {"as_of": "2020-09-30", "receivers": {"nr": "outdoor", "nbiot": "indoor"}}
    assert trend([before, after])["alike"].tolist() == [True, True]


def test_a_run_equals_itself(runs: tuple[Path, Path]) -> None:
    found = compare_runs(runs[0], runs[0])
    assert len(found.targets) == 0 and len(found.sites) == 0 and found.unlike == () and (found.coverage["served_change"] == 0).all()


def test_pages_tell_it_and_names_stay_text(runs: tuple[Path, Path], tmp_path: Path) -> None:
    html, book = write_comparison(compare_runs(*runs), tmp_path / "out")
    page = html.read_text(encoding="utf-8")
    assert (
        "新达标 1 项，转为未达标 1 项；站点：新增 2 座，减少 1 座，退网 0 座" in page
        and "<b>样例省</b>" not in page
        and "reliability: 0.9 → 0.95" in page
    )
    workbook = CalamineWorkbook.from_path(str(book))
    assert workbook.sheet_names == ["覆盖变化", "地市名次", "目标变化", "站点变化"]
    assert [row[0] for row in workbook.get_sheet_by_name("站点变化").to_python()[HEAD_ROW + 1 :]] == ["S3", "=1+1", "S1"]
    before = "之前：a · 数据截至2020年8月31日 · 报告日期2020年9月15日 · infraplan 0.1.0"
    after = "之后：b · 示例数据（合成），非真实网络 · 数据截至2020年12月31日 · infraplan 0.2.0"
    assert f">{before}<" in page and f">{after}<" in page and "5G（室外）" in page
    assert f'@top-left {{ content: "{before}"; }}' in page and f'@top-right {{ content: "{after}"; }}' in page
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        assert [row[0] for row in sheet[1:3]] == [before, after] and not any(sheet[1][1:]), name
    with zipfile.ZipFile(book) as archive:
        for number in range(1, 5):
            head = re.search("<oddHeader>(.*?)</oddHeader>", archive.read(f"xl/worksheets/sheet{number}.xml").decode())
            assert head is not None and before in head[1] and after in head[1]
    first = book.read_bytes()
    write_comparison(compare_runs(*runs), tmp_path / "out")
    assert book.read_bytes() == first


def test_both_folders_are_named_when_both_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        compare_runs(tmp_path / "a", tmp_path / "b")
    assert [fault.rule for fault in caught.value.fault_list] == ["not_a_run", "bad_summary"]


def test_runs_without_layers_of_sites(runs: tuple[Path, Path], tmp_path: Path) -> None:
    (runs[0] / "plan.gpkg").unlink()
    found = compare_runs(*runs)
    assert found.sites is None
    write_comparison(found, tmp_path / "out", lang="en")


def test_signs() -> None:
    assert (
        signed(0) == "0"
        and signed(1200) == "+1,200"
        and signed(-3) == "\u22123"
        and points(0.0) == "0.00"
        and points(-0.0123) == "\u22121.23"
    )


def test_english_pages_have_the_english_names_of_zones(runs: tuple[Path, Path], tmp_path: Path) -> None:
    for folder in runs:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        for row in summary["zones"]:
            row["name_en"] = f"Zone{row['adcode']}"
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    comparison = compare_runs(*runs)
    texts = {lang: write_comparison(comparison, tmp_path / lang, lang=lang)[0].read_text(encoding="utf-8") for lang in ("zh", "en")}
    code = comparison.coverage["adcode"].iloc[-1]
    assert f"Zone{code}" in texts["en"] and "甲市" not in texts["en"]
    assert f"Zone{code}" not in texts["zh"] and "甲市" in texts["zh"]
