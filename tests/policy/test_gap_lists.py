"""Gap lists of the miniature: who is listed, in which order, why, and what helps."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import replace
from typing import Any

import geopandas as gpd
import miniature
import numpy as np
import pandas as pd
import pytest
from pytest import approx

from infraplan.coverage.networks import networks
from infraplan.coverage.population import population_coverage
from infraplan.messages import catalogue
from infraplan.policy.annex import gaps_annex, scorecard_annex
from infraplan.policy.fibre_awards import fibre_award
from infraplan.policy.gap_lists import COLUMNS, find_gaps, unserved_demand
from infraplan.policy.gap_reasons import REASONS
from infraplan.policy.priority import priority_counties
from infraplan.policy.remedies import REMEDIES
from infraplan.policy.scorecards import scorecard
from infraplan.policy.targets import Targets


def gaps(targets: Targets, **changes: Any) -> pd.DataFrame:
    given: dict[str, Any] = {
        "zones": miniature.zones(), "villages": miniature.villages(), "places": miniature.places(), "sites": miniature.sites(),
        "corridors": miniature.corridors(), "registers": miniature.registers(),
    }  # fmt: skip
    cover = changes.pop("cover", None) or miniature.coverage()
    return find_gaps(targets, cover, **(given | changes))


@pytest.fixture(scope="module")
def listed(small_policy: Targets) -> pd.DataFrame:
    return gaps(small_policy)


def test_columns(listed: pd.DataFrame) -> None:
    assert list(listed.columns) == [*COLUMNS, "geometry"]
    assert set(listed["reason"]) <= set(REASONS) and set(listed["status"]) == {"unserved", "uncertain"}


# Of 8 villages in zones and o1 outside: b2 is uncertain, b3 b4 c1 c3 o1 are not served.
def test_villages_and_their_reasons(listed: pd.DataFrame) -> None:
    table = listed[(listed["target"] == "villages") & (listed["part"] == "main")].set_index("id")
    assert dict(table["reason"]) == {
        "b2": "position_uncertain", "b3": "nbiot_only", "b4": "nbiot_only", "c1": "nbiot_only",
        "c3": "no_site_in_range", "o1": "no_site_in_range",
    }  # fmt: skip
    assert list(table.index) == ["b3", "b2", "b4", "c3", "c1", "o1"]  # zone by zone, the largest first, outside last
    b3 = table.loc["b3"]
    assert (b3["city_name"], b3["county_name"], b3["population"], b3["households"]) == ("一市", "乙县", 120, 40)
    entry_db = miniature.coverage().services["nr-n41"].entry_loss_db
    assert b3["outdoor_margin_db"] == -5
    assert b3["indoor_margin_db"] == math.floor((-5 - entry_db) * 10) / 10  # margins are cut, never rounded up
    # g3 is at x 12, b3 at 16.5 on the same y
    assert (b3["nearest_site"], b3["nearest_site_km"]) == ("g3", approx(4.5, abs=0.01))
    assert np.isnan(table.loc["c3", "outdoor_margin_db"])


def test_gaps_are_what_the_card_lacks(small_policy: Targets, listed: pd.DataFrame) -> None:
    """Every part that lists things: rows of the gap list = denominator - numerator, everywhere and outside."""
    card = scorecard(
        small_policy, miniature.coverage(), zones=miniature.zones(), villages=miniature.villages(), places=miniature.places(),
        sites=miniature.sites(), corridors=miniature.corridors(), registers=miniature.registers(),
    )  # fmt: skip
    rows = card[
        card["network"].isin(["any", ""]) & (card["zone_level"] == "province") & card["unit"].isin(["places", "rows"]) & ~card["beside"]
    ]
    lacking = (rows["denominator"] - rows["numerator"]).groupby([rows["id"], rows["part"]]).sum()
    for (name, part), count in lacking.items():
        if name != "speed":
            assert len(listed[(listed["target"] == name) & (listed["part"] == part)]) == count, (name, part)


def test_places_without_position_are_listed(listed: pd.DataFrame) -> None:
    schools = listed[listed["target"] == "schools"].set_index("id")
    assert dict(schools["reason"]) == {"s2": "part_uncovered", "s4": "no_position"}
    assert schools.loc["s4", "county_name"] == "乙县" and np.isnan(schools.loc["s4", "lon"])


# The railway lacks km 10 to 20 (x 15 to 25), in one piece.
def test_stretches_from_km_to_km(listed: pd.DataFrame) -> None:
    rail = listed[listed["target"] == "railway"]
    assert len(rail) == 1
    one = rail.iloc[0]
    assert (one["from_km"], one["to_km"], one["length_km"]) == (approx(10, abs=0.11), approx(20, abs=0.11), approx(10, abs=0.2))
    assert one["kind"] == "railway" and one["status"] == "unserved"
    tunnel = listed[listed["target"] == "expressway"].iloc[0]
    assert tunnel["status"] == "uncertain" and tunnel["length_km"] == approx(6, rel=2e-3)


def test_fibre_lists_no_and_nothing_stated(listed: pd.DataFrame) -> None:
    fibre = listed[listed["target"] == "fibre"].set_index("id")
    assert dict(fibre["reason"]) == {"b2": "attribute_no", "c1": "attribute_no", "c3": "attribute_no", "b3": "not_stated"}


def test_weak_indoors(small_policy: Targets) -> None:
    table = gaps(small_policy, target="people")
    inside = table[table["part"] == "indoors"].set_index("id")
    assert inside.loc["a2", "reason"] == "weak_indoors" and inside.loc["a2", "remedy"] == "new_site", "a village is no building"


def test_uplink_limited(small_policy: Targets) -> None:
    cover = miniature.coverage()
    service = cover.services["nr-n41"]
    weak_up = dataclasses.replace(service, limiting_link="uplink", downlink_max_path_loss_db=service.max_path_loss_db + 6)
    cover = dataclasses.replace(cover, services={**cover.services, "nr-n41": weak_up})
    table = gaps(small_policy, cover=cover, target="villages").set_index("id")
    assert table.loc["b3", "reason"].iloc[0] == "uplink_limited"


def test_networks_can_be_listed_apart(small_policy: Targets) -> None:
    table = gaps(small_policy, target="villages", networks=networks())
    assert set(table["network"]) == set(networks())
    second = table[(table["network"] == "ctcc+cucc") & (table["part"] == "main")]
    assert "b1" in set(second["id"])
    assert set(second["nearest_site"]) == {"g2"}


def test_another_network_is_named_and_shared_before_building(small_policy: Targets) -> None:
    """ctcc+cucc serves x 0 to 5, cbn+cmcc x 0 to 15: a3, a4, b1 of the first are partial, what neither serves is total."""
    table = gaps(small_policy, target="villages", networks=("ctcc+cucc",))
    rows = table[table["part"] == "main"].set_index("id")
    assert (rows.loc["b1", "reason"], rows.loc["b1", "remedy"]) == ("served_by_another_network", "share")
    assert (rows.loc["b1", "served_by"], rows.loc["b1", "not_spot"]) == ("cbn+cmcc", "partial")
    assert (rows.loc["b3", "served_by"], rows.loc["b3", "not_spot"]) == ("", "total")
    assert (rows.loc["b2", "served_by"], rows.loc["b2", "not_spot"]) == ("", "uncertain"), "its disc crosses the rim of the other network"
    sheet = gaps_annex(table, total=False).set_index("自然村")
    assert sheet.loc["B1村", "未覆盖原因"] == "移动+广电有服务，本网没有"
    assert sheet.loc["B1村", "整改措施"] == "与移动+广电共享或异网漫游"
    served = gaps(small_policy, target="villages", networks=("every",)).set_index("id")
    assert served.loc["b1", "served_by"].iloc[0] == "cbn+cmcc"


def test_a_gap_of_any_operator_is_a_total_not_spot(listed: pd.DataFrame) -> None:
    asked = (listed["family"] != "") & ~listed["reason"].isin(["attribute_no", "not_stated"])
    assert set(listed.loc[asked & (listed["status"] == "unserved"), "not_spot"]) == {"total"}
    assert set(listed.loc[~asked, "not_spot"]) <= {""} and set(listed["served_by"]) == {""}


def test_the_clause_decides_who_serves(small_policy: Targets) -> None:
    """Indoors cbn+cmcc serves x 0 to 3 alone: a1 is served outdoors by both networks, indoors by one."""
    table = gaps(small_policy, target="people", networks=("ctcc+cucc",))
    inside = table[table["part"] == "indoors"].set_index("id")
    assert (inside.loc["a1", "served_by"], inside.loc["a1", "not_spot"]) == ("cbn+cmcc", "partial")
    assert "a1" not in set(table.loc[table["part"] == "main", "id"])


def test_lines_and_places_name_who_serves(small_policy: Targets) -> None:
    """The railway lacks ctcc+cucc from km 0 (x 5) on: that stretch holds km 10 to 20 that nobody serves."""
    table = gaps(small_policy, networks=("ctcc+cucc",))
    rail = table[table["target"] == "railway"].iloc[0]
    assert (rail["served_by"], rail["not_spot"]) == ("", "total")
    schools = table[table["target"] == "schools"].set_index("id")
    assert schools.loc["s4", "not_spot"] == "", "no position"


def test_unserved_demand_recounts_coverage() -> None:
    """From the list of the unserved alone: total = served + uncertain + unserved, to the person."""
    villages = miniature.villages().assign(city="440100")
    table = unserved_demand(miniature.coverage(), zones=miniature.zones(), villages=villages, sites=miniature.sites())
    counted = population_coverage(villages, miniature.coverage(), miniature.zones())
    for family in ("nr", "nbiot"):
        rows = counted[(counted["family"] == family) & (counted["level"] == "city")]
        mine = table[table["family"] == family]
        for status in ("uncertain", "unserved"):
            assert mine.loc[mine["status"] == status, "population"].sum() == rows[status].sum()


def test_a_planned_site_is_the_remedy(small_policy: Targets) -> None:
    """A new mast beside b3 serves it; the map with the plan decides, not the distance."""
    point = miniature.villages().set_index("id").loc["b3"].geometry
    site = {
        "id": "N00001", "name": "新站", "services": "nr-n41", "operators": "cmcc", "environment": "rural",
        "height_m": 35.0, "azimuth_deg": "omni", "tilt_deg": 3.0,
        "carrier_power_dbm": None, "antenna": None, "status": "planned",
    }  # fmt: skip
    plan = gpd.GeoDataFrame([site], geometry=[point], crs=4326)
    table = gaps(small_policy, plan=plan, target="villages")
    helped = table[table["part"] == "main"].set_index("id")
    assert helped.loc["b3", "remedy"] == "N00001"
    assert helped.loc["c3", "remedy"] == "new_site"
    assert "新建规划站 N00001" in gaps_annex(table)["整改措施"].tolist()


def test_priority_areas_come_first(small_policy: Targets) -> None:
    zones, villages = miniature.zones(), miniature.villages()
    zones["adcode"] = zones["adcode"].replace({"440203": "441825"})
    table = gaps(small_policy, zones=zones, villages=villages, target="villages")
    main = table[table["part"] == "main"]
    assert list(main["id"])[:2] == ["c3", "c1"] and main["priority"].iloc[0] == priority_counties()["441825"]


def test_nothing_lacking_is_an_empty_table(small_policy: Targets) -> None:
    villages = miniature.villages()
    table = gaps(small_policy, villages=villages[villages["id"] == "a1"], target="villages")
    assert len(table) == 0 and list(table.columns) == [*COLUMNS, "geometry"]


def test_every_key_has_words() -> None:
    words = catalogue("policy")
    assert {f"reason_{key}" for key in REASONS} | {f"remedy_{key}" for key in REMEDIES} <= set(words)


def test_gap_annex_has_the_official_columns(listed: pd.DataFrame) -> None:
    sheet = gaps_annex(listed[listed["target"] == "villages"])
    assert " ".join(head for head in sheet.columns if not head.startswith("5G")) == (
        "序号 地市 县(市、区) 乡镇(街道) 行政村 自然村 户数 常住人口 经度 纬度 运营商 室外余量(dB) 室内余量(dB) 最近站点 "
        "距离(km) 未覆盖原因 整改措施 责任单位 计划完成时限 核查日期 核查人 实测RSRP(dBm) 核查结果 销号状态 备注"
    )
    total = sheet.iloc[0]
    # b1 (clinic) b2 b3 b4 c1 c3 o1, each once: households 50 + 30 + 40 + 20 + 70 + 150 + 25
    assert (total["序号"], total["自然村"], total["户数"], total["常住人口"]) == ("合计", 7, 385, 150 + 90 + 120 + 80 + 210 + 500 + 7)
    assert (sheet.iloc[1:][["责任单位", "核查人", "销号状态"]] == "").all(axis=None)
    assert "编号b3" in set(sheet["备注"]) and "任一运营商" in set(sheet["运营商"])


def test_scorecard_annex_has_the_official_columns(small_policy: Targets) -> None:
    card = scorecard(
        small_policy,
        miniature.coverage(),
        zones=miniature.zones(),
        villages=miniature.villages(),
        places=miniature.places(),
        sites=miniature.sites(),
    )
    sheet = scorecard_annex(card[card["zone"] == "440000"])
    assert " ".join(sheet.columns) == "序号 工作任务 文件依据 责任单位 目标值 完成值 完成率(%) 差额 完成时限 数据来源 是否解读口径 备注"
    first = sheet.iloc[0]
    assert (first["目标值"], first["完成值"], first["差额"]) == ("60.00%", "62.1% 至 65.4%", "0 人")
    assert first["文件依据"] == "小府〔2020〕1号第1条"
    assert first["完成率(%)"] == approx(103.63) and first["备注"] == "达标；文件已过执行期"
    assert not any("/" in text for text in sheet["数据来源"])


# With fibre: a1 a2 b1 b4 (and o1 outside). a1 opened in 2019, a2 in 2020-05, b1 in "2020" which may lie outside a half year, b4 unknown.
def test_fibre_award_is_a_ledger_of_its_own(small_policy: Targets) -> None:
    import datetime

    villages = miniature.villages()
    villages["fibre_built"] = villages["id"].map({"a1": "2019-12-31", "a2": "2020-05-10", "b1": "2020", "o1": "2020-03"}).fillna("")
    ledger = fibre_award(
        small_policy, zones=miniature.zones(), villages=villages, since=datetime.date(2020, 1, 1), until=datetime.date(2020, 6, 30)
    )
    whole = ledger[(ledger["zone"] == "440000")].iloc[0]
    assert (whole["villages"], whole["with_fibre"], whole["newly"], whole["award"]) == (8, 4, 1, 30_000)
    assert (whole["newly_unknown"], whole["not_stated"], whole["lacking"], whole["award_open"]) == (2, 1, 3, 90_000)
    assert ledger[ledger["zone_level"] == "county"]["award"].sum() == 60_000  # with o1 outside
    (policy,) = small_policy.policies
    rows = tuple(replace(row, policy=replace(policy, issued=datetime.date(2020, 4, 1))) for row in small_policy)
    since_its_day = fibre_award(replace(small_policy, rows=rows), zones=miniature.zones(), villages=villages)
    assert since_its_day.loc[since_its_day["zone"] == "440000", "newly"].item() == 1, "a2; a1 is older, of b1 only the year is known"
