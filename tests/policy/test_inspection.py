"""A filled sheet comes back: what is kept, what is refused, and what a measurement may override."""

from __future__ import annotations

import dataclasses
from typing import Any

import miniature
import numpy as np
import pandas as pd
import pytest

from infraplan.coverage.measurements import latest
from infraplan.errors import DataError, collected
from infraplan.policy.annex import gaps_annex
from infraplan.policy.gap_lists import find_gaps
from infraplan.policy.inspection import COLUMNS, measurements
from infraplan.policy.scorecards import scorecard
from infraplan.policy.targets import Targets
from infraplan.presets import load
from infraplan.radio.budgets import services
from infraplan.tables.language import Speech

IDS = [row[0] for row in miniature.VILLAGES] + ["s1", "s2", "s3", "s4"]
GOOD = {
    "实测RSRP(dBm)": -95, "运营商": "中国移动", "测试频段": "n41", "测试终端": "测试手机A", "测试位置": "室外",
    "核查日期": "2026/11/3", "核查人": "张三", "核查结果": "合格", "销号状态": "已销号", "备注": "编号b3；5G",
}  # fmt: skip


def sheet(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([GOOD | change for change in changes])


def read(*changes: dict[str, Any]) -> pd.DataFrame:
    return measurements(sheet(*changes), IDS, source="sent.xlsx", sha256="ab" * 32)


def score(small_policy: Targets, measured: pd.DataFrame | None, target: str = "villages") -> pd.DataFrame:
    card = scorecard(
        small_policy.only(target), miniature.coverage(), zones=miniature.zones(), villages=miniature.villages(),
        places=miniature.places(), sites=miniature.sites(), measured=measured,
    )  # fmt: skip
    return card[card["zone"] == "440000"].set_index(["part", "network"])


def test_everything_an_inspector_writes_is_kept() -> None:
    table = read({})
    assert list(table.columns) == list(COLUMNS)
    one = table.iloc[0]
    assert (one["id"], one["operator"], one["service"], one["family"], one["rsrp_dbm"]) == ("b3", "cmcc", "nr-n41", "nr", -95)
    assert (one["indoors"], one["date"], one["inspector"], one["device"], one["closed"]) == (
        False,
        "2026-11-03",
        "张三",
        "测试手机A",
        "已销号",
    )
    assert (one["source"], one["sha256"], one["row"]) == ("sent.xlsx", "ab" * 32, 2)


def test_a_sent_sheet_comes_back(small_policy: Targets) -> None:
    """The sheet this program makes, filled in by hand, is read by this program; its 合计 row and untouched rows are no measurements."""
    gaps = find_gaps(
        small_policy,
        miniature.coverage(),
        zones=miniature.zones(),
        villages=miniature.villages(),
        sites=miniature.sites(),
        target="villages",
    )
    sent = gaps_annex(gaps[gaps["part"] == "main"], tests=True)
    row = sent.index[sent["备注"].str.startswith("编号c1")][0]
    for name in ("实测RSRP(dBm)", "运营商", "测试频段", "测试终端", "测试位置", "核查日期", "核查人", "核查结果", "销号状态"):
        sent.loc[row, name] = GOOD[name]
    table = measurements(sent, IDS)
    assert list(table["id"]) == ["c1"] and table["row"].iloc[0] == row + 2


def test_all_faults_at_once() -> None:
    with pytest.raises(DataError) as caught:
        read(
            {},
            {"实测RSRP(dBm)": "弱"},
            {"实测RSRP(dBm)": 95},
            {"运营商": "移动+电信"},
            {"测试频段": "n999"},
            {"测试位置": "门口"},
            {"核查日期": "昨天"},
            {"核查人": ""},
            {"备注": "编号zz"},
        )
    found = {(fault.rule, fault.row) for fault in caught.value.fault_list}
    assert found == {
        ("not_rsrp", 3), ("not_rsrp", 4), ("measured_operator", 5), ("measured_band", 6), ("measured_where", 7), ("measured_date", 8),
        ("measured_inspector", 9), ("unknown_place", 10),
    }  # fmt: skip
    assert {fault.file for fault in caught.value.fault_list} == {"sent.xlsx"}


def test_a_pass_serves_the_networks_of_its_operator(small_policy: Targets) -> None:
    before, after = score(small_policy, None), score(small_policy, read({}))
    gain = (after["numerator"] - before["numerator"]).loc["main"]
    assert dict(gain) == {"any": 1, "cbn+cmcc": 1, "ctcc+cucc": 0}
    assert after.loc[("main", "any"), "measured"] == 1
    assert "实测" in after.loc[("main", "any"), "evidence"] and "实测" not in before.loc[("main", "any"), "evidence"]


def test_weaker_than_required_changes_nothing_for_the_unserved(small_policy: Targets) -> None:
    before, after = score(small_policy, None), score(small_policy, read({"实测RSRP(dBm)": -130}))
    assert (after["numerator"] == before["numerator"]).all()
    assert after.loc[("main", "any"), "measured"] == 1


def test_a_failure_takes_only_its_own_band_and_operator(small_policy: Targets) -> None:
    """a1 is served by g1 (cbn+cmcc, n41). China Mobile fails there: no longer sure. China Telecom fails there: not g1's matter."""
    before = score(small_policy, None)
    mobile = score(small_policy, read({"备注": "编号a1", "实测RSRP(dBm)": -135}))
    assert mobile.loc[("main", "any"), "numerator"] == before.loc[("main", "any"), "numerator"] - 1
    assert mobile.loc[("main", "any"), "uncertain"] == before.loc[("main", "any"), "uncertain"] + 1
    assert mobile.loc[("main", "ctcc+cucc"), "numerator"] == before.loc[("main", "ctcc+cucc"), "numerator"]
    telecom = score(small_policy, read({"备注": "编号a1", "实测RSRP(dBm)": -135, "运营商": "电信"}))
    assert telecom.loc[("main", "any"), "numerator"] == before.loc[("main", "any"), "numerator"]
    assert telecom.loc[("main", "ctcc+cucc"), "numerator"] == before.loc[("main", "ctcc+cucc"), "numerator"] - 1


def test_another_band_says_nothing(small_policy: Targets) -> None:
    """n78 is not on this map: its measurement cannot contradict n41."""
    after = score(small_policy, read({"备注": "编号a1", "实测RSRP(dBm)": -135, "测试频段": "3.5G"}))
    assert (after["numerator"] == score(small_policy, None)["numerator"]).all()


def test_another_band_of_the_same_mast_says_nothing(small_policy: Targets) -> None:
    """n78 is on the map too, but a1's best server is n41: a failure on n78 leaves it served."""
    cover = miniature.coverage()
    cover = dataclasses.replace(cover, services=cover.services | services("nr-n78"))
    measured = read({"备注": "编号a1", "实测RSRP(dBm)": -135, "测试频段": "3.5G"})
    given = {"zones": miniature.zones(), "villages": miniature.villages(), "sites": miniature.sites()}
    plain, found = (scorecard(small_policy.only("villages"), cover, measured=table, **given) for table in (None, measured))
    assert (plain["numerator"] == found["numerator"]).all() and (plain["uncertain"] == found["uncertain"]).all()


def test_the_street_does_not_prove_the_inside(small_policy: Targets) -> None:
    outside = score(small_policy, read({"备注": "编号a2"}), "people").loc[("indoors", "any"), "numerator"]
    inside = score(small_policy, read({"备注": "编号a2", "测试位置": "室内"}), "people").loc[("indoors", "any"), "numerator"]
    assert (outside, inside) == (300, 500)


def test_the_last_measurement_counts() -> None:
    table = latest(read({"核查日期": "2026-11-05", "实测RSRP(dBm)": -90}, {"核查日期": "2026-11-01"}, {"运营商": "电信"}))
    assert sorted(zip(table["operator"], table["rsrp_dbm"], strict=True)) == [("cmcc", -90), ("ctcc", -95)]


def test_nothing_filled_in_is_no_measurement() -> None:
    assert len(measurements(sheet({"实测RSRP(dBm)": ""}, {"实测RSRP(dBm)": np.nan}), IDS)) == 0
    assert len(measurements(pd.DataFrame({"备注": ["编号b3"]}), IDS)) == 0


def test_a_measured_gap_says_so(small_policy: Targets) -> None:
    """What the map shows and a measurement denies is a gap of its own kind, not an unsure position."""
    gaps = find_gaps(
        small_policy, miniature.coverage(), zones=miniature.zones(), villages=miniature.villages(), sites=miniature.sites(),
        measured=read({"备注": "编号a1", "实测RSRP(dBm)": -135}), target="villages",
    )  # fmt: skip
    one = gaps[(gaps["id"] == "a1") & (gaps["part"] == "main") & (gaps["network"] == "any")].squeeze()
    assert (one["status"], one["reason"], one["remedy"]) == ("uncertain", "measured_weak", "check_site")


def test_photo_and_position_come_back() -> None:
    table = read({"照片编号": "IMG_1；IMG_2", "核实经度": 113.26436, "核实纬度": 23.12908}, {"备注": "编号a1"})
    assert table["photo"].tolist() == ["IMG_1；IMG_2", ""]
    assert table["confirmed_lon"].tolist()[0] == 113.26436 and np.isnan(table["confirmed_lat"][1]) and np.isnan(table["from_km"]).all()
    with pytest.raises(DataError) as caught:
        read({"核实经度": 113.2}, {"核实经度": "东边", "核实纬度": 23.1}, {"核实经度": 113.2, "核实纬度": 123.1})
    found = {(fault.rule, fault.row) for fault in caught.value.fault_list}
    assert found == {("measured_half_position", 2), ("measured_position", 3), ("measured_position", 4)}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_families_are_known_at_any_receiver(lang: str) -> None:
    """A sheet of meters in cellars, or of phones in cars: its headings name the family all the same."""
    for receiver in load("radio_environment")["receivers"]:
        head, other = (Speech(lang).judged(family, receiver) for family in ("nbiot", "nr"))
        sent = {head: "未覆盖", other: "", "备注": "编号b3"}
        with pytest.raises(DataError) as caught:
            read(sent)
        assert [fault.rule for fault in caught.value.fault_list] == ["measured_family"], receiver
        assert read(sent | {"测试频段": "NB-IoT 900"})["family"].tolist() == ["nbiot"]
        margin = f"{head}余量(dB)" if lang == "zh" else f"{head} margin (dB)"
        assert len(read({margin: "-3.2"})) == 1, "a margin says nothing of what lacks service"


@pytest.mark.parametrize(("head", "status"), [("5G（室外）", "未覆盖"), ("5G outdoors", "unserved")])
def test_a_band_of_another_family_is_a_fault(head: str, status: str) -> None:
    """A row that lacks 5G alone is not answered by NB-IoT; one that lacks both takes either."""
    wrong = {head: status, "NB-IoT（室内）": "", "测试频段": "NB-IoT 900", f"{head}余量(dB)": "-3.2"}
    with pytest.raises(DataError) as caught:
        read({head: status, "NB-IoT（室内）": ""}, wrong)
    assert [(fault.rule, fault.row) for fault in caught.value.fault_list] == [("measured_family", 3)]
    assert "5G" in caught.value.fault_list[0].message
    both = read(wrong | {"NB-IoT（室内）": "待核实"})
    assert both["family"].tolist() == ["nbiot"]


def test_a_row_that_was_begun_and_has_no_signal_is_warned_of() -> None:
    with collected() as faults:
        table = read({"实测RSRP(dBm)": "", "照片编号": "IMG_1"}, {})
    assert len(table) == 1 and [(fault.rule, fault.row, fault.severity) for fault in faults] == [("measured_nothing", 2, "warning")]


def railway(small_policy: Targets, measured: pd.DataFrame | None) -> pd.Series:
    card = scorecard(
        small_policy.only("railway"), miniature.coverage(), zones=miniature.zones(), villages=miniature.villages(),
        corridors=miniature.corridors(),
        sites=miniature.sites(), measured=measured,
    )  # fmt: skip
    return card[(card["zone"] == "440000") & (card["network"] == "any")].squeeze()


def test_a_stretch_of_railway_is_filled_in_and_read_back(small_policy: Targets) -> None:
    """The line has 20 km, its second half is weak; a pass on the stretch of the sheet serves all of it, on 5 km only these."""
    gaps = find_gaps(
        small_policy, miniature.coverage(), zones=miniature.zones(), villages=miniature.villages(),
        corridors=miniature.corridors(), sites=miniature.sites(),
        target="railway",
    )  # fmt: skip
    sent = gaps_annex(gaps[gaps["network"] == "any"], total=False, tests=True).astype(object)
    assert len(sent) == 1 and "9.950 至 20.000 km" in sent.loc[0, "备注"]
    for name in set(GOOD) - {"备注"}:
        sent.loc[0, name] = GOOD[name]
    table = measurements(sent, IDS, lines=["r1", "e1"])
    assert table[["id", "from_km", "to_km"]].to_numpy().tolist() == [["r1", 9.95, 20.0]]
    before, after = railway(small_policy, None), railway(small_policy, table)
    assert (before["numerator"], after["numerator"]) == (pytest.approx(10.0, abs=0.11), pytest.approx(20.0, abs=0.01))
    assert after["measured"] == pytest.approx(10.0, abs=0.11) and before["measured"] == 0
    sent.loc[0, "备注"] = str(sent.loc[0, "备注"]).replace("9.950 至 20.000", "15.000 至 20.000")
    part = railway(small_policy, measurements(sent, IDS, lines=["r1", "e1"]))
    assert part["numerator"] == pytest.approx(15.0, abs=0.11)


def test_english_sheets_state_the_stretch_too(small_policy: Targets) -> None:
    gaps = find_gaps(
        small_policy, miniature.coverage(), zones=miniature.zones(), villages=miniature.villages(),
        corridors=miniature.corridors(), sites=miniature.sites(),
        target="railway",
    )  # fmt: skip
    sent = gaps_annex(gaps[gaps["network"] == "any"], "en", total=False, tests=True).astype(object)
    sent[["Operator", "Band tested", "Indoors or outdoors"]] = "China Mobile", "n41", "outdoors"
    sent[["Measured RSRP (dBm)", "Date of inspection", "Inspector"]] = -95, "2026-11-03", "Li"
    assert measurements(sent, IDS, lines=["r1"])[["from_km", "to_km"]].to_numpy().tolist() == [[9.95, 20.0]]


def test_a_stretch_shorter_than_100_metres_comes_back(small_policy: Targets) -> None:
    """A piece of a line may be 91 m long: its ends in the sheet are not the same number."""
    gaps = find_gaps(
        small_policy, miniature.coverage(), zones=miniature.zones(), villages=miniature.villages(),
        corridors=miniature.corridors(), sites=miniature.sites(), target="railway",
    )  # fmt: skip
    own = gaps[gaps["network"] == "any"].assign(from_km=9.354804, to_km=9.446312, length_km=0.091508)
    sent = gaps_annex(own, total=False, tests=True).astype(object)
    for name in set(GOOD) - {"备注"}:
        sent.loc[0, name] = GOOD[name]
    assert measurements(sent, IDS, lines=["r1"])[["from_km", "to_km"]].to_numpy().tolist() == [[9.355, 9.446]]


def test_a_failure_on_a_stretch_leaves_it_uncertain(small_policy: Targets) -> None:
    failed = measurements(sheet({"备注": "编号r1；2.0 至 4.0 km，长 2.0 km", "实测RSRP(dBm)": -135}), IDS, lines=["r1"])
    after = railway(small_policy, failed)
    assert after["numerator"] == pytest.approx(8.0, abs=0.21) and after["uncertain"] == pytest.approx(2.0, abs=0.21)


def test_a_line_without_its_stretch_is_a_fault() -> None:
    with pytest.raises(DataError) as caught:
        measurements(sheet({"备注": "编号r1"}, {"备注": "编号r1；4.0 至 2.0 km，长 2.0 km"}), IDS, lines=["r1"])
    assert [(fault.rule, fault.row) for fault in caught.value.fault_list] == [("measured_stretch", 2), ("measured_stretch", 3)]
