"""A sample goes out by its workbook and comes back filled: the share, its interval, the goals, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from arranged_study import build_arranged, sites_at, villages
from filled_sample import HEAD, cells_of, rewritten, visited
from results import copy_of

from infraplan.errors import DataError, collected
from infraplan.io.sample_shares import read_shares
from infraplan.messages import in_language
from infraplan.run.page_contexts import facts_of
from infraplan.run.steps import assess
from infraplan.study import Study
from infraplan.units import cut_percent

Call = Callable[..., Any]
Rows = list[list[Any]]
PEOPLE = villages(30)
GOOD, BAD = -80.0, -130.0
VISITS = 40
EVERY = {
    "序号", "县(市、区)", "路线次序", "编码", "经度", "纬度", "常住人口", "运营商", "测试频段", "测试位置", "实测RSRP(dBm)",
    "核查日期", "核查人", "照片编号", "测试终端", "核查结果", "销号状态", "核实经度", "核实纬度", "备注",
    "分层", "预测达标概率", "入样概率", "代表人口",
}  # fmt: skip
"""Headings that the sheet has in any case."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sampled")
    people = PEOPLE.assign(name=["=1+1" if number == 0 else name for number, name in enumerate(PEOPLE["name"])])
    return build_arranged(folder / "study", people=people, network=sites_at(PEOPLE.iloc[::5]))


@pytest.fixture()
def own(study: Path, tmp_path: Path) -> Path:
    """A copy of the study, so that no test sees the measurements of another."""
    return copy_of(study, tmp_path)


@pytest.fixture()
def sheet(own: Path, tmp_path: Path, infraplan: Call) -> Path:
    path = tmp_path / "sheet.xlsx"
    answer = infraplan("inspect", "sample", own, "--visits", VISITS, "--seed", "3", "-o", path)
    assert answer.code == 0, answer.err
    return path


def as_predicted(row: dict[str, Any]) -> float:
    return GOOD if row["预测达标概率"] > 0.5 else BAD


def test_the_sheet(sheet: Path) -> None:
    """Everything that the visits are judged by is in the workbook."""
    rows = cells_of(sheet, "抽样核查")
    assert len(rows) == VISITS and set(rows[0]) >= EVERY
    stub = {row["编码"]: row for row in cells_of(sheet, "抽样存根")}
    totals = cells_of(sheet, "抽样总体")
    design = {row["键"]: row["内容"] for row in cells_of(sheet, "抽样设计")}
    assert design["seed"] == "3" and design["visits"] == str(VISITS) and design["family"] == "nr" and design["network"] == "any"
    assert sum(row["居民点"] for row in totals) == len(PEOPLE) and sum(row["常住人口"] for row in totals) == PEOPLE["population"].sum()
    assert all(abs(row["入样概率"] - stub[row["编码"]]["入样概率"]) < 1e-9 for row in rows)
    assert all(row["代表人口"] == pytest.approx(row["常住人口"] / row["入样概率"]) for row in rows)
    by_county = pd.DataFrame(rows).groupby("县(市、区)")["路线次序"].apply(list)
    assert all(stops == list(range(1, len(stops) + 1)) for stops in by_county)


def test_the_same_sample_whatever_the_order_of_rows(own: Path, sheet: Path, tmp_path: Path, infraplan: Call) -> None:
    table = pd.read_csv(own / "villages.csv", dtype=str)
    table.iloc[::-1].to_csv(own / "villages.csv", index=False)
    again = tmp_path / "again.xlsx"
    assert infraplan("inspect", "sample", own, "--visits", VISITS, "--seed", "3", "-o", again).code == 0
    assert again.read_bytes() == sheet.read_bytes()


def test_reading_back(own: Path, sheet: Path, tmp_path: Path, infraplan: Call) -> None:
    filled = rewritten(sheet, tmp_path / "filled.xlsx", visited(as_predicted))
    answer = infraplan("inspect", "import", filled, own, "--json")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    assert 0 <= found["low"] < found["share"] < found["high"] <= 1 and found["visits_needed"] == 0
    assert (found["visits"], found["answered"], found["rows"], found["seed"], found["method"]) == (VISITS, VISITS, VISITS, 3, "regression")
    assert found["share"] == pytest.approx(found["zones"][0]["predicted"], abs=0.1)
    assert {row["zone"] for row in found["zones"]} == {"", "440100", "440200"}
    goal = next(row for row in found["goals"] if row["target"] == "nr-pop90")
    assert goal["verdict"] == "missed" and goal["visits_needed"] == 0
    table = pd.read_csv(own / "inspections.csv")
    assert len(table) == VISITS and set(table["sample"]) == {found["sample"]}
    said = infraplan("inspect", "import", filled, own, "--overwrite")
    assert said.code == 0 and "95%" in said.err and "可确认未达到" in said.out
    assert len(pd.read_csv(own / "inspections.csv")) == VISITS  # read again, not counted twice
    assert infraplan("check", own).code == 0
    with collected():
        rows = facts_of(assess(Study.open(own), gaps=False)).evidence
    assert [str(item).partition(" / ")[0] for item, _ in rows] == ["模型误差", "实测", "抽样核查"]
    share, low, high = (cut_percent(found[name]) for name in ("share", "low", "high"))
    for text in (in_language(rows[2][1], "zh"), in_language(rows[2][1], "en")):
        assert share in text and low in text and high in text and f"{VISITS}" in text
    assert f"{VISITS}" in str(rows[1][1]) and "not calibrated" in str(rows[0][1])
    (own / "sample_shares.json").write_text("[{]", encoding="utf-8")
    with pytest.raises(DataError, match=r"sample_shares\.json"):
        read_shares(own)
    before = (own / "inspections.csv").read_bytes()
    refused = infraplan("inspect", "import", rewritten(sheet, tmp_path / "worse.xlsx", visited(lambda row: BAD)), own, "--overwrite")
    assert refused.code == 3 and "sample_shares.json" in refused.err and (own / "inspections.csv").read_bytes() == before


def test_several_inspectors(own: Path, sheet: Path, tmp_path: Path, infraplan: Call) -> None:
    """Each county in a workbook of its own; the figures after the last are those of one workbook."""
    first = rewritten(sheet, tmp_path / "1.xlsx", visited(lambda row: as_predicted(row) if row["县(市、区)"] == "县440101" else None))
    rest = rewritten(sheet, tmp_path / "2.xlsx", visited(as_predicted))  # says of the first county what the first file says
    part = infraplan("inspect", "import", first, own, "--json")
    assert part.code == 0 and "东市" in part.err  # no visit there yet
    found = json.loads(part.out)
    assert 0 < found["answered"] < VISITS and next(row for row in found["zones"] if row["zone"] == "440200")["method"] == "none"
    answer = infraplan("inspect", "import", rest, own, "--json")
    assert f"{found['answered']} 条与已有的一条相同" in answer.err
    both = json.loads(answer.out)
    assert both["answered"] == both["total"] == VISITS
    shutil.copytree(own, tmp_path / "one" / "study")
    (tmp_path / "one" / "study" / "inspections.csv").unlink()
    whole = json.loads(infraplan("inspect", "import", rest, tmp_path / "one" / "study", "--json").out)
    assert [whole[name] for name in ("share", "low", "high")] == [both[name] for name in ("share", "low", "high")]


def test_a_wrong_prediction_is_named(own: Path, sheet: Path, tmp_path: Path, infraplan: Call) -> None:
    filled = rewritten(sheet, tmp_path / "filled.xlsx", visited(lambda row: BAD))
    found = json.loads(infraplan("inspect", "import", filled, own, "--json").out)
    assert {row["direction"] for row in found["wrong"]} == {"optimistic"} and found["share"] == pytest.approx(0, abs=0.05)
    assert "stratum" in {row["group"] for row in found["wrong"]}
    english = infraplan("inspect", "import", filled, own, "--overwrite", "--lang", "en")
    assert english.code == 0 and "margin" in english.out and "余量" not in english.out and "合计" not in english.out


def test_few_visits_have_an_exact_interval(own: Path, tmp_path: Path, infraplan: Call) -> None:
    path = tmp_path / "few.xlsx"
    assert (
        infraplan("inspect", "sample", own, "--visits", "5", "--family", "nr", "--cities", "440100", "-o", path, "--lang", "zh").code == 0
    )
    filled = rewritten(path, tmp_path / "filled.xlsx", visited(lambda row: GOOD))
    found = json.loads(infraplan("inspect", "import", filled, own, "--json").out)
    assert found["method"] == "exact" and found["share"] == found["high"] == 1.0 and found["low"] < 0.6
    assert {row["zone"] for row in found["zones"]} == {"", "440100"} and found["goals"] == []  # of one city, no goal of the province


def in_english(name: str, rows: Rows) -> Rows:
    """Every village measured as served, under English headings."""
    if name == "Visits":
        filled = {"Operator": "China Mobile", "Band tested": "n28", "Indoors or outdoors": "outdoors", "Date of inspection": "2020-11-03",
                  "Inspector": "Li", "Measured RSRP (dBm)": GOOD}  # fmt: skip
        for row in rows[HEAD + 1 :]:
            for head, value in filled.items():
                row[rows[HEAD].index(head)] = value
    return rows


def test_a_sheet_in_english(own: Path, tmp_path: Path, infraplan: Call) -> None:
    path = tmp_path / "sheet.xlsx"
    assert infraplan("inspect", "sample", own, "--visits", VISITS, "-o", path, "--lang", "en").code == 0
    found = json.loads(infraplan("inspect", "import", rewritten(path, tmp_path / "filled.xlsx", in_english), own, "--json").out)
    assert found["answered"] == VISITS and found["share"] > 0.9


def test_nobody_went(own: Path, sheet: Path, infraplan: Call) -> None:
    found = json.loads(infraplan("inspect", "import", sheet, own, "--json").out)
    assert (found["share"], found["low"], found["high"], found["answered"]) == (None, 0.0, 1.0, 0)
    assert found["visits_needed"] == len(PEOPLE)


def swapped(name: str, rows: Rows) -> Rows:
    """The codes of the first two villages exchanged."""
    if name == "抽样核查":
        at = rows[HEAD].index("编码")
        rows[HEAD + 1][at], rows[HEAD + 2][at] = rows[HEAD + 2][at], rows[HEAD + 1][at]
    return visited(as_predicted)(name, rows)


def foreign(name: str, rows: Rows) -> Rows:
    """The first code is that of a village that was not drawn."""
    if name == "抽样核查":
        drawn = {row[rows[HEAD].index("编码")] for row in rows[HEAD + 1 :]}
        rows[HEAD + 1][rows[HEAD].index("编码")] = next(one for one in PEOPLE["id"] if one not in drawn)
    return visited(as_predicted)(name, rows)


def twice(name: str, rows: Rows) -> Rows:
    """The first village again, with another result."""
    rows = visited(as_predicted)(name, rows)
    if name == "抽样核查":
        again = list(rows[HEAD + 1])
        again[rows[HEAD].index("实测RSRP(dBm)")] = -97.0
        rows.append(again)
    return rows


def less_likely(name: str, rows: Rows) -> Rows:
    """A probability of the stub halved."""
    if name == "抽样存根":
        at = rows[HEAD].index("入样概率")
        rows[HEAD + 1][at] = rows[HEAD + 1][at] / 2
    return visited(as_predicted)(name, rows)


@pytest.mark.parametrize(
    ("change", "only", "says"),
    [
        (swapped, (), "存根"),
        (foreign, (), "不在样本里"),
        (twice, (), "有两个结果"),
        (less_likely, (), "与发出时不同"),
        (visited(as_predicted), ("抽样核查",), "缺少抽样设计"),
        (visited(as_predicted), ("抽样核查", "抽样设计", "抽样存根"), "与发出时不同"),
    ],
)
def test_what_is_refused(own: Path, sheet: Path, tmp_path: Path, infraplan: Call, change: Any, only: tuple[str, ...], says: str) -> None:
    answer = infraplan("inspect", "import", rewritten(sheet, tmp_path / "bad.xlsx", change, only), own)
    assert answer.code == 3 and says in answer.err and "bad.xlsx" in answer.err and "Traceback" not in answer.err
    assert answer.out == "" and not (own / "inspections.csv").exists()


def test_a_second_result_in_another_file(own: Path, sheet: Path, tmp_path: Path, infraplan: Call) -> None:
    first = rewritten(sheet, tmp_path / "first.xlsx", visited(as_predicted))
    assert infraplan("inspect", "import", first, own).code == 0
    kept = (own / "inspections.csv").read_bytes()
    again = infraplan("inspect", "import", first, own)
    assert again.code == 3 and "已经读入过" in again.err
    other = rewritten(sheet, tmp_path / "other.xlsx", visited(lambda row: -97.0))
    answer = infraplan("inspect", "import", other, own)
    assert answer.code == 3 and "first.xlsx" in answer.err and "-80 dBm" in answer.err
    assert (own / "inspections.csv").read_bytes() == kept
    replaced = json.loads(infraplan("inspect", "import", other, own, "--overwrite", "--json").out)
    assert replaced["answered"] == replaced["total"] == VISITS
    assert set(pd.read_csv(own / "inspections.csv")["rsrp_dbm"]) == {-97.0}


def test_a_village_that_is_gone(own: Path, sheet: Path, tmp_path: Path, infraplan: Call) -> None:
    filled = rewritten(sheet, tmp_path / "filled.xlsx", visited(as_predicted))
    gone = cells_of(sheet, "抽样存根")[0]["编码"]
    table = pd.read_csv(own / "villages.csv", dtype=str)
    table[table["id"] != gone].to_csv(own / "villages.csv", index=False)
    answer = infraplan("inspect", "import", filled, own)
    assert answer.code == 3 and gone in answer.err and "已不在项目里" in answer.err and not (own / "inspections.csv").exists()


def test_other_people_are_said(own: Path, sheet: Path, tmp_path: Path, infraplan: Call) -> None:
    filled = rewritten(sheet, tmp_path / "filled.xlsx", visited(as_predicted))
    table = pd.read_csv(own / "villages.csv")
    table.assign(population=table["population"] + 1).to_csv(own / "villages.csv", index=False)
    answer = infraplan("inspect", "import", filled, own)
    assert answer.code == 0 and "抽样时为" in answer.err


def test_more_visits_than_villages(own: Path, tmp_path: Path, infraplan: Call) -> None:
    path = tmp_path / "big.xlsx"
    answer = infraplan("inspect", "sample", own, "--visits", len(PEOPLE) + 1, "-o", path)
    assert answer.code == 3 and str(len(PEOPLE)) in answer.err and not path.exists()
    assert infraplan("inspect", "sample", own, "--visits", "5", "-o", tmp_path / "no.csv").code == 2
    assert infraplan("inspect", "sample", own, "--visits", "5", "--family", "gsm").code == 2
    assert infraplan("inspect", "sample", own, "--visits", "0").code == 2


def test_every_village(own: Path, tmp_path: Path, infraplan: Call) -> None:
    """Who visits all knows the share; the interval is not a point."""
    path = tmp_path / "all.xlsx"
    assert infraplan("inspect", "sample", own, "--visits", len(PEOPLE), "-o", path).code == 0
    filled = rewritten(path, tmp_path / "filled.xlsx", visited(lambda row: GOOD if row["常住人口"] > 400 else BAD))
    assert "=1+1" in {row["自然村"] for row in cells_of(path, "抽样核查")}  # a name stays text
    found = json.loads(infraplan("inspect", "import", filled, own, "--json").out)
    served = PEOPLE.loc[PEOPLE["population"] > 400, "population"].sum() / PEOPLE["population"].sum()
    assert found["share"] == pytest.approx(served) and found["low"] < served < found["high"] < found["low"] + 0.02


def test_the_sheet_in_a_spreadsheet(own: Path, sheet: Path, tmp_path: Path, infraplan: Call) -> None:
    """LibreOffice opens it, saves it, and what it saves is read back: the design is still as it was sent."""
    if shutil.which("libreoffice") is None:
        pytest.skip("no LibreOffice here")
    filled = rewritten(sheet, tmp_path / "filled.xlsx", visited(as_predicted))
    (tmp_path / "saved").mkdir()
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    subprocess.run(
        ["libreoffice", home, "--headless", "--convert-to", "xlsx", "--outdir", tmp_path / "saved", filled], check=True, capture_output=True
    )
    found = json.loads(infraplan("inspect", "import", tmp_path / "saved" / "filled.xlsx", own, "--json").out)
    assert found["answered"] == VISITS
