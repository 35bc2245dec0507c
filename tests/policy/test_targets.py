"""Policy files: the presets against the documents they quote, and every fault of a file with its line."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import miniature
import pytest

from infraplan.errors import DataError, UsageError
from infraplan.policy.targets import read_policy
from infraplan.presets import load, names

TEXTS = {
    "guangdong-2020": "guangdong-2020-37-information-services.txt",
    "guangdong-2018": "guangdong-2018-information-consumption.txt",
}
TARGET_ROW = re.compile(r"^\| ([a-z0-9, -]+?) \| (.+?) \| (.*?) \| ([a-z_, ]+?)(?: \(.*?\))?(?:;.*?)? \|", re.MULTILINE)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_quotations_are_verbatim(name: str, shared_dir: Path) -> None:
    document = (shared_dir / "policy" / TEXTS[name]).read_text(encoding="utf-8")
    rows = [row for row in read_policy(name) if row.document != "-"]
    assert len(rows) > 5
    for row in rows:
        assert row.quotation and row.quotation in document, row.id


def test_departments_are_verbatim(shared_dir: Path) -> None:
    text = (shared_dir / "policy" / TEXTS["guangdong-2020"]).read_text(encoding="utf-8")
    cells = [cell.strip() for cell in text[text.index("任务分工表") :].split("|")]
    table = {cells[at]: cells[at + 2] for at in range(3, len(cells) - 2, 3)}
    assert len(table) == 25
    assert load("policies/guangdong-2020")["departments"] == table
    for row in read_policy("guangdong-2020"):
        assert row.departments == (table[row.measure_number] if row.measure_number else "not assigned")
    assert {row.departments for row in read_policy("guangdong-2018")} == {"not assigned"}


def test_every_row_of_the_list_of_clauses(shared_dir: Path) -> None:
    """Each id of targets.md is there, with its measures."""
    text = (shared_dir / "policy" / "targets.md").read_text(encoding="utf-8")
    targets = read_policy("guangdong-2020", "guangdong-2018")
    wanted = {(name.strip(), measures) for ids, _, _, measures in TARGET_ROW.findall(text) for name in ids.split(",") if name != "id"}
    assert len(wanted) >= 36
    for name, measures in wanted:
        found = {row.measure for row in targets.only(name)}
        assert {measure.strip() for measure in measures.split(",")} <= found, (name, measures, found)
    further = set(targets.ids) - {name for name, _ in wanted}
    assert further == {
        "priority-first", "sme-fees", "education-video", "smart-transport", "nr-clubs", "uhd-projects", "uhd-events", "nr-culture",
        "digital-culture", "central-premises", "city-iot", "connected-vehicles",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "part", "required", "due", "force"),
    [
        ("nr-sites-q3", "new", 48_000, date(2020, 9, 30), "确保"),
        ("nr-sites-2020", "new", 60_000, date(2020, 12, 31), "力争"),
        ("nr-users", "subscribers", 20_000_000, date(2020, 12, 31), "达到"),
        ("nr-pop90", "all_residents", 0.9, date(2020, 12, 31), "覆盖"),
        ("nr-prd-townships", "towns", 1.0, date(2020, 12, 31), "实现"),
        ("nr-county-seats", "main", 1.0, date(2020, 12, 31), "实现"),
        ("nbiot-sites", "main", 70_000, date(2020, 12, 31), "达到"),
        ("nbiot-prd", "people_164", 0.95, date(2020, 12, 31), "实现"),
        ("nr-hospitals", "main", 100, date(2020, 12, 31), "实现"),
        ("nr-schools", "main", 0.95, date(2020, 12, 31), "力争"),
        ("nr-parks", "parks", 1.0, date(2020, 12, 31), "力争"),
        ("monitors", "monitored", 0.97, date(2020, 12, 31), "达到"),
        ("power-direct", "2020", 0.8, date(2020, 12, 31), "达到"),
        ("power-direct", "2021", 1.0, date(2021, 12, 31), "达到"),
        ("village-nr", "main", 1.0, None, ""),
    ],
)
def test_thresholds(name: str, part: str, required: float, due: date | None, force: str) -> None:
    row = read_policy("guangdong-2020").row(name, part)
    assert (row.required, row.due, row.force) == (required, due, force)


def test_ours_is_marked() -> None:
    """Where the clause has no number, the number is an interpretation with its reading."""
    targets = read_policy("guangdong-2020", "guangdong-2018")
    for name in ("nr-schools", "nr-venues", "nr-transport", "nbiot-prd", "village-nr", "village-nbiot", "nr-sa"):
        for row in targets.only(name):
            assert row.required is None or (row.interpretation and row.reading and row.reading_en), (row.id, row.part)
    assert targets.row("nr-pop90").interpretation and not targets.row("nbiot-sites").interpretation


def test_scopes() -> None:
    targets = read_policy("guangdong-2020")
    delta, rest = targets.row("nr-prd-townships").cities, targets.row("nr-county-seats").cities
    assert len(delta) == 9 and len(rest) == 12 and not delta & rest
    assert targets.row("nr-pop90").provincial and targets.row("nr-pop90").asked_of == "scope"


def test_expiry() -> None:
    policy = read_policy("guangdong-2020").policies[0]
    assert policy.expires == date(2020, 12, 31)
    assert policy.expired(date(2021, 1, 1)) and not policy.expired(date(2020, 12, 31))


@pytest.mark.parametrize("name", names("policies"))
def test_every_preset_reads(name: str) -> None:
    targets = read_policy(name)
    assert len(targets) and all(row.policy.source for row in targets)
    assert len(targets.frame) == len(targets)


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="guangdong-2020"):
        read_policy("guangdon-2020")
    with pytest.raises(UsageError, match="nr-pop90"):
        read_policy("guangdong-2020").only("nr-pop9")


BROKEN = """[policy]
document = "某府〔2026〕1号"
title = "某省计划"
expires = 2026-13-45
province = " "
source = "test"

[departments]
1 = "某厅"

[[target]]
id = "one"
task = "一"
measure = "population_shares"
family = "nr"
required = 0.9

[[target]]
id = "two"
task = "二"
measure = "population_share"
family = "nr"
required = 90
due = 2026-02-30

[[target]]
id = "two"
task = "三"
measure = "place_share"
reciever = "indoor"
scope = "delta"
measure_number = "7"

[[target]]
id = "four"
task = "四"
measure = "none"
receiver = "cellar"
"""


def test_all_faults_at_once_with_their_lines(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_policy(write(tmp_path, BROKEN))
    found = {(fault.rule, fault.row) for fault in caught.value.fault_list}
    line = {text: number for number, text in enumerate(BROKEN.splitlines(), start=1)}
    assert caught.value.exit_code == 3
    assert {
        ("not_a_date", line["expires = 2026-13-45"]),
        ("wrong_value", line['province = " "']),
        ("unknown_measure", line['measure = "population_shares"']),
        ("share_range", line["required = 90"]),
        ("not_a_date", line["due = 2026-02-30"]),
        ("unknown_key", line['reciever = "indoor"']),
        ("unknown_scope", line['scope = "delta"']),
        ("unknown_number", line['measure_number = "7"']),
        ("duplicate_key", line['task = "三"'] - 1),
        ("unknown_receiver", line['receiver = "cellar"']),
    } <= found
    assert "population_share" in str(caught.value) and "receiver" in str(caught.value)


def test_syntax_error_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_policy(write(tmp_path, '[policy]\ndocument = "x\n'))
    assert caught.value.fault_list[0].row == 2


def test_faults_of_several_files_come_together(tmp_path: Path) -> None:
    first = write(tmp_path, BROKEN)
    with pytest.raises(DataError) as caught:
        read_policy(first, tmp_path / "absent.toml")
    assert {fault.file for fault in caught.value.fault_list} == {str(first), str(tmp_path / "absent.toml")}


def test_two_files_may_not_share_a_key(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="已有同样的编号"):
        read_policy(write(tmp_path, miniature.POLICY), write(tmp_path, miniature.POLICY))


def test_a_copy_serves_another_province(tmp_path: Path) -> None:
    text = miniature.POLICY.replace('province = "440000"', 'province = "500000"').replace("440100", "500100")
    targets = read_policy(write(tmp_path, text))
    assert targets.policies[0].province == "500000"
    residents = targets.row("people", "named").residents
    assert residents is not None and residents.cities == {"500100"}


def test_priority_areas_are_counties_with_a_source(shared_dir: Path) -> None:
    outlines = json.loads((shared_dir / "data" / "guangdong" / "gd_district_tianditu.geojson").read_text(encoding="utf-8"))
    known = {str(item["properties"]["district_adcode"]): item["properties"]["district_name"] for item in outlines["features"]}
    for key, entry in load("priority_areas").items():
        assert entry["source"] and entry["zh"] and entry["en"], key
        for code in entry["counties"]:
            assert code in known
            stem = known[code].removesuffix("县").removesuffix("市").removesuffix("区").removesuffix("自治")
            assert stem[:2] in entry["source"] or known[code] == "城区", (code, known[code])


def drafts() -> list[str]:
    return [name for name in names("policies") if read_policy(name).policies[0].draft]


@pytest.mark.parametrize("name", drafts())
def test_a_draft_says_what_each_row_rests_on(name: str) -> None:
    targets = read_policy(name)
    assert all(row.rests_on and row.rests_on_en for row in targets)
    if not load(f"policies/{name}")["policy"]["document"]:
        assert not any(row.quotation or row.binding for row in targets), "no sentence was seen, no verb is known"
        assert {row.document for row in targets} == {targets.policies[0].title}


def test_drafts() -> None:
    assert drafts() == ["admin-village-5g", "broadband-frontier-2024", "signal-upgrade-2023", "universal-service-2018"]
    assert {row.family for row in read_policy("signal-upgrade-2023") if row.family} == {"lte", "nr"}


def test_there_are_goals_in_force() -> None:
    """At least twelve clauses of documents that have not expired and that are due on this day or later, seven of them with a number."""
    day = date(2026, 11, 29)
    rows = [row for name in names("policies") for row in read_policy(name) if not row.policy.expired(day)]
    open_rows = [row for row in rows if row.due is None or row.due >= day]
    assert len(rows) >= 23 and len(open_rows) >= 12 and sum(row.required is not None for row in open_rows) >= 8


@pytest.mark.parametrize(
    ("name", "part", "required", "due"),
    [
        ("frontier-villages", "broadband", 1.0, date(2025, 12, 31)),
        ("frontier-villages", "nr", 0.95, date(2027, 12, 31)),
        ("frontier-border-posts", "nr", 0.95, date(2027, 12, 31)),
        ("frontier-islands", "nr", 1.0, date(2027, 12, 31)),
        ("universal-lte", "main", 0.98, date(2020, 12, 31)),
        ("su-test-rates", "2024", 0.9, date(2024, 12, 31)),
        ("su-test-rates", "2025", 0.95, date(2025, 12, 31)),
    ],
)
def test_thresholds_in_force(name: str, part: str, required: float, due: date) -> None:
    row = read_policy(*drafts()).row(name, part)
    assert (row.required, row.due) == (required, due)


def test_universities_are_not_all_schools() -> None:
    row = read_policy("signal-upgrade-2023").row("su-key-places", "universities_nr")
    assert "school" in row.place_classes and "高等学校" in row.kinds
    assert "school" not in read_policy("signal-upgrade-2023").row("su-key-places", "nr").place_classes


def test_the_coast_is_counties_of_the_province(shared_dir: Path) -> None:
    scope = load("policies/broadband-frontier-2024")["scopes"]["coast"]
    assert scope["interpretation"] and scope["source"]
    outlines = json.loads((shared_dir / "data" / "guangdong" / "gd_district_tianditu.geojson").read_text(encoding="utf-8"))
    names_of = {str(item["properties"]["district_adcode"]): item["properties"]["district_name"] for item in outlines["features"]}
    coast = {names_of[code] for code in scope["counties"]}
    assert {"徐闻县", "南澳县", "惠来县", "台山市"} <= coast and not coast & {"乐昌市", "连南瑶族自治县", "越秀区"}
