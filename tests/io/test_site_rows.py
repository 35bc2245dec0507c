"""A site table says the same however its rows and columns are cut: one base station is counted once, and each column is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infraplan.coverage.sectors import sectors_of
from infraplan.errors import DataError
from infraplan.io import read_sites, read_villages
from infraplan.policy.site_counts import site_weights
from infraplan.tables import faults_of

pytestmark = pytest.mark.filterwarnings("ignore::infraplan.errors.DataWarning")
MASTS = 5


def one_row_a_site(**columns: object) -> pd.DataFrame:
    table = {"id": [f"A{k}" for k in range(MASTS)], "lon": [113 + k / 10 for k in range(MASTS)], "lat": 24.5, "services": "nr-n28",
             "operators": "移动+广电", "height_m": 35, "azimuth_deg": "0/120/240"}  # fmt: skip
    return pd.DataFrame(table | columns)


def cut(sites: pd.DataFrame, **by_cell: object) -> pd.DataFrame:
    """One row a sector; `by_cell` are functions of the number of the cell (0, 1, 2) and the site's row."""
    rows = [row | {"azimuth_deg": str(120 * k)} | {name: make(k, row) for name, make in by_cell.items()}  # type: ignore[operator]
            for row in sites.to_dict("records") for k in range(3)]  # fmt: skip
    return pd.DataFrame(rows)


def sectors(frame: object) -> set[tuple[object, ...]]:
    found = sectors_of(frame)
    kept = ["service", "operators", "height_m", "azimuth_deg", "tilt_deg", "power_offset_db", "antenna"]
    rows = found[kept].round(6).itertuples(index=False, name=None)
    return {(round(point.x, 6), *row) for point, row in zip(found.geometry, rows, strict=True)}


CUTS = {
    "mast named, ids numbered": {"id": lambda k, row: f"{row['id']}-{k + 1}", "mast": lambda k, row: row["id"]},
    "ids numbered": {"id": lambda k, row: f"{row['id']}_{k + 1}"},
    "ids alien": {"id": lambda k, row: f"{'xyz'[k]}{ord(row['id'][1])}"},
    "one id": {},
    "cells named": {"小区名称": lambda k, row: f"{row['id']}-{k + 1}小区"},
    "cells without azimuth": {"小区编号": lambda k, row: f"{row['id']}{k}", "azimuth_deg": lambda k, row: ""},
    "no id": {"id": lambda k, row: ""},
    "a few metres apart": {"id": lambda k, row: f"{row['id']}-{k + 1}", "lat": lambda k, row: row["lat"] + k * 2e-5},
}


@pytest.mark.parametrize("how", CUTS)
def test_cells_are_joined_to_their_site(how: str) -> None:
    whole, frame = read_sites(one_row_a_site()), read_sites(cut(one_row_a_site(), **CUTS[how]))
    assert len(frame) == MASTS and frame["id"].is_unique
    assert sectors(frame) == sectors(whole)
    assert "rows_joined" in [fault.rule for fault in faults_of(frame)]
    everything = np.ones(MASTS, dtype=bool)
    assert [site_weights(basis, frame, everything).sum() for basis in ("site", "mast", "operator")] == [MASTS, MASTS, 2 * MASTS]


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_order_of_rows_does_not_matter(order: int) -> None:
    rows = cut(one_row_a_site(), **CUTS["mast named, ids numbered"])
    frame = read_sites(rows.sample(frac=1, random_state=order, ignore_index=True))
    assert set(frame["id"]) == {f"A{k}" for k in range(MASTS)} and sectors(frame) == sectors(read_sites(rows))


def test_cells_keep_their_own_tilt_height_power_and_antenna() -> None:
    own = {"tilt_deg": lambda k, row: (3, None, 5)[k], "height_m": lambda k, row: 30 + k, "carrier_power_dbm": lambda k, row: 46 + k,
           "antenna": lambda k, row: ("omni", "sector-65", "")[k]}  # fmt: skip
    rows = cut(one_row_a_site(), id=lambda k, row: f"{row['id']}-{k}", **own)
    assert sectors(read_sites(rows)) == sectors(read_sites(rows, unit="site"))
    assert len(read_sites(rows)) == MASTS and len(read_sites(rows, unit="site")) == 3 * MASTS


def test_a_row_a_band_under_one_id_is_one_site() -> None:
    bands = pd.concat([one_row_a_site(services="nr-n28"), one_row_a_site(services="nr-n41", height_m=30)], ignore_index=True)
    frame = read_sites(bands)
    assert len(frame) == MASTS and set(frame["services"]) == {"nr-n28;nr-n41"}
    found = sectors_of(frame)
    assert set(zip(found["service"], found["height_m"], strict=True)) == {("nr-n28", 35.0), ("nr-n41", 30.0)}


def test_other_operators_services_and_places_stay_apart() -> None:
    services, operators = ["nr-n28"] * 2 + ["nr-n78"] * 2 + ["nr-n41"], ["移动"] * 2 + ["电信"] * 2 + ["移动"]
    azimuths = ["0", "120", "0", "120", "0"]
    table = one_row_a_site(lon=113.0, azimuth_deg=azimuths, mast="T1", services=services, operators=operators)
    frame = read_sites(table)
    assert sorted(zip(frame["services"], frame["operators"], frame["azimuth_deg"], strict=True)) == [
        ("nr-n28", "cmcc", "0/120"), ("nr-n41", "cmcc", "0"), ("nr-n78", "ctcc", "0/120"),
    ]  # fmt: skip
    far = read_sites(one_row_a_site(mast="T1", azimuth_deg=[str(60 * k) for k in range(MASTS)]))
    assert len(far) == MASTS and "mast_apart" in [fault.rule for fault in faults_of(far)]


def test_what_the_rows_do_not_tell_is_asked_and_the_key_settles_it() -> None:
    table = one_row_a_site(lon=113.0, mast="T1", azimuth_deg="", id=list("abcde"))
    frame = read_sites(table)
    faults = [fault for fault in faults_of(frame) if fault.rule == "perhaps_cells"]
    assert len(frame) == MASTS and faults and "unit" in faults[0].how_to_fix and "options.sites" in faults[0].how_to_fix
    assert len(read_sites(table, unit="sector")) == 1
    settled = read_sites(table, unit="site")
    assert len(settled) == MASTS and "perhaps_cells" not in [fault.rule for fault in faults_of(settled)]


def test_a_row_a_mast_is_split_by_network() -> None:
    table = one_row_a_site(operators="移动+电信+联通", services="5G")
    assert "several_networks" in [fault.rule for fault in faults_of(read_sites(table))]
    frame = read_sites(table, unit="mast")
    assert sorted(set(zip(frame["operators"], frame["services"], strict=True))) == [("cmcc", "nr-n41"), ("ctcc+cucc", "nr-n78")]
    assert len(frame) == 2 * MASTS and frame["id"].is_unique and frame["mast"].nunique() == MASTS
    mixed = table.assign(小区编号="1", services=["5G"] * 4 + ["4G"])
    assert len(read_sites(mixed, unit="mast")) == 2 * (MASTS - 1)


def test_a_true_repetition_is_still_a_fault() -> None:
    with pytest.raises(DataError) as caught:
        read_sites(pd.concat([one_row_a_site(), one_row_a_site()[:1]]))
    assert [(fault.rule, fault.row) for fault in caught.value.fault_list if fault.severity == "error"] == [("repeated", 6)]


# columns that say one thing together


def read_one(**columns: object) -> pd.Series:
    table = {"编号": ["a"], "经度": [113.1], "纬度": [24.5]} | {name: [value] for name, value in columns.items()}
    return read_sites(pd.DataFrame(table)).iloc[0]


@pytest.mark.parametrize(
    ("columns", "services"),
    [
        ({"制式": "5G", "频段": "n28"}, "nr-n28"),
        ({"频段": "n28", "制式": "5G"}, "nr-n28"),
        ({"网络制式": "5G NR", "频率": "700M"}, "nr-n28"),
        ({"制式": "NR", "工作频段": "2.6G"}, "nr-n41"),
        ({"technology": "5G", "band": "n78", "operator": "ctcc"}, "nr-n78"),
        ({"制式": "5G", "中心频率(MHz)": 2565}, "nr-n41"),
        ({"制式": "5G", "频段": "3.5GHz"}, "nr-n78"),
        ({"制式": "NB-IoT", "频段": "900M"}, "nbiot-900"),
        ({"制式": "5G;4G", "频段": "n28/B3"}, "nr-n28"),
        ({"制式": "5G", "频段": ""}, "nr-n41"),
        ({"制式": "5G SA", "频段": "700MHz(n28)"}, "nr-n28"),
        ({"制式": "NR-TDD", "频段": "2600"}, "nr-n41"),
        ({"业务制式": "nr-n28", "制式": "5G"}, "nr-n28"),
    ],
)
def test_technology_and_band_together(columns: dict[str, object], services: str) -> None:
    assert read_one(**columns)["services"] == services


@pytest.mark.parametrize(
    ("columns", "column", "rule"),
    [
        ({"制式": "5G", "频段": "n999"}, "频段", "unknown_band"),
        ({"制式": "5G", "频段": "1800M"}, "频段", "unknown_band"),
        ({"制式": "6G", "频段": ""}, "制式", "unknown_band"),
        ({"业务制式": "nr-n28", "频段": "n41"}, "频段", "band_conflict"),
    ],
)
def test_a_band_no_preset_knows_is_a_fault_of_its_row(columns: dict[str, object], column: str, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        read_one(**columns)
    (fault,) = [fault for fault in caught.value.fault_list if fault.severity == "error"]
    assert (fault.rule, fault.column, fault.row) == (rule, column, 1)


def test_sites_without_a_technology_are_set_aside_never_counted() -> None:
    technologies, bands = ["5G", "", "-", "4G", ""], ["n28", "2.6G", "", "B3", "n41"]
    table = pd.DataFrame({"lon": [113 + k / 10 for k in range(5)], "lat": 24.5, "制式": technologies, "频段": bands})
    frame = read_sites(table)
    assert frame["services"].tolist() == ["nr-n28", "nr-n41"] and frame.attrs["set_aside"] == 3
    faults = [(fault.rule, fault.row) for fault in faults_of(frame) if fault.rule in ("no_technology", "other_technology")]
    assert sorted(faults) == [("no_technology", 2), ("no_technology", 3), ("other_technology", 4)]
    old = table[["lon", "lat"]].assign(频段="900")
    for silent in (table[["lon", "lat"]], old):
        with pytest.raises(DataError, match=r"\[options.sites\]"):
            read_sites(silent)
    assert set(read_sites(old, services="nbiot-900")["services"]) == {"nbiot-900"} and len(read_sites(old, services="nbiot-900")) == 5


@pytest.mark.parametrize(
    ("columns", "tilt_deg", "rules"),
    [
        ({"机械下倾角": 2, "电子下倾角": 4}, 6, set()),
        ({"机械下倾": "2°", "电下倾角": ""}, 2, set()),
        ({"总下倾角": 6, "机械下倾角": 2, "电子下倾角": 4}, 6, set()),
        ({"总下倾角": 5, "机械下倾角": 2, "电子下倾角": 4}, 5, {"tilt_parts_differ"}),
        ({"总下倾角": "", "机械下倾角": 2, "电子下倾角": 4}, 6, set()),
        ({"下倾角": 3, "电子下倾角": 4}, 3, {"tilt_part_unused"}),
        ({"mechanical_tilt": 1, "electrical_tilt": 2}, 3, set()),
    ],
)
def test_both_tilts_are_the_tilt(columns: dict[str, object], tilt_deg: float, rules: set[str]) -> None:
    table = pd.DataFrame({"经度": [113.1], "纬度": [24.5], "制式": "5G"} | {name: [value] for name, value in columns.items()})
    frame = read_sites(table)
    assert frame["tilt_deg"].tolist() == [tilt_deg]
    assert {fault.rule for fault in faults_of(frame) if fault.rule.startswith("tilt")} == rules


@pytest.mark.parametrize(
    ("columns", "operators"),
    [
        ({"运营商": "电信", "共享方": "联通"}, "ctcc+cucc"),
        ({"承建方": "移动", "共享方": "广电"}, "cbn+cmcc"),
        ({"运营商": "移动", "共享方": "否"}, "cmcc"),
        ({"运营商": "移动", "共享方": ""}, "cmcc"),
        ({"运营商": "", "共享方": "联通"}, "cucc"),
    ],
)
def test_an_operator_and_those_it_shares_with(columns: dict[str, object], operators: str) -> None:
    assert read_one(制式="5G", **columns)["operators"] == operators


def test_azimuths_of_several_columns() -> None:
    assert read_one(制式="5G", 方位角1=10, 方位角2=130, 方位角3="")["azimuth_deg"] == "10/130"
    assert read_one(制式="5G", 第一扇区方位角=10, 第二扇区方位角=130)["azimuth_deg"] == "10/130"


def test_degrees_minutes_and_seconds_in_columns_of_their_own() -> None:
    east, north = {"东经(度)": [113], "东经(分)": [15], "东经(秒)": [36]}, {"北纬(度)": ["24"], "北纬(分)": ["30"], "北纬(秒)": [""]}
    table = {"村名": ["甲"], "人口": [5], **east, **north}
    point = read_villages(pd.DataFrame(table)).geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((113.26, 24.5))
    with pytest.raises(DataError, match="60"):
        read_villages(pd.DataFrame(table | {"东经(分)": [75]}))


def test_a_village_known_by_its_committee_alone_takes_that_name(tmp_path: Path) -> None:
    table = pd.DataFrame({"行政村名称": ["老街村委会", "坪石村委会"], "经度": [113.1, 113.2], "纬度": 24.5, "人口": [5, 6]})
    frame = read_villages(table)
    assert frame["name"].tolist() == frame["committee"].tolist() == ["老街村委会", "坪石村委会"]
    both = read_villages(table.assign(自然村=["上村", ""]))
    assert both["name"].tolist() == ["上村", "坪石村委会"]


def test_a_second_column_of_the_same_meaning_fills_blanks_or_is_reported() -> None:
    table = pd.DataFrame({"村名": ["甲", ""], "村庄": ["", "乙"], "经度": [113.1, 113.2], "纬度": 24.5, "常住人口": [5, 6], "人口": [5, 7]})
    frame = read_villages(table)
    assert frame["name"].tolist() == ["甲", "乙"] and frame["population"].tolist() == [5, 6]
    faults = [fault for fault in faults_of(frame) if fault.rule == "second_heading" and fault.column == "人口"]
    assert len(faults) == 1 and "常住人口" in faults[0].message


def test_columns_nobody_used_are_listed() -> None:
    table = pd.DataFrame({"村名": ["甲"], "经度": [113.1], "纬度": 24.5, "人口": [5], "海拔": [100], "村长": ["某"]})
    (fault,) = faults_of(read_villages(table))
    assert fault.rule == "unused_columns" and "海拔" in fault.message and "村长" in fault.message
    assert "海拔" not in faults_of(read_villages(table, used=("海拔",)))[0].message


def test_makers_antennas_are_kept_and_counted_as_filled() -> None:
    frame = read_sites(one_row_a_site(天线型号=["AAU5613", "AAU5613", "sector-65", "", "a.msi"]))
    assert frame["antenna"].tolist()[:3] == ["AAU5613", "AAU5613", "sector-65"] and frame.attrs["filled"]["antenna"] == 3
    (fault,) = [fault for fault in faults_of(frame) if fault.rule == "maker_antenna"]
    assert fault.count == 2 and "AAU5613" in fault.value
    usual = set(sectors_of(read_sites(one_row_a_site()))["antenna"])
    assert set(sectors_of(frame)["antenna"]) == usual | {"sector-65"}


def test_ids_made_from_row_numbers_are_counted_and_reported() -> None:
    """A table of names alone: the ids are a default like any other, of the sites that are left, not of the rows."""
    named = one_row_a_site().rename(columns={"id": "name"})
    frame = read_sites(named)
    assert frame["id"].tolist() == [f"S{row:06d}" for row in range(1, MASTS + 1)]
    assert frame.attrs["filled"]["id"] == MASTS
    faults = [fault for fault in faults_of(frame) if fault.column == "id"]
    assert [(fault.rule, fault.count, fault.severity) for fault in faults] == [("filled_in", MASTS, "warning")]
    assert "row numbers" in faults[0].message and "行号" in faults[0].message
    sectors_alone = read_sites(cut(one_row_a_site()).drop(columns="id"))
    assert len(sectors_alone) == sectors_alone.attrs["filled"]["id"] == MASTS
    mixed = read_sites(pd.concat([named.assign(services="4G"), named], ignore_index=True))
    assert len(mixed) == mixed.attrs["filled"]["id"] == MASTS
    some = read_sites(one_row_a_site(id=["A0", "", "A2", "A3", "A4"]))
    assert some.attrs["filled"]["id"] == 1 and [fault.rule for fault in faults_of(some) if fault.column == "id"] == ["id_made"]
    assert "id" not in read_sites(one_row_a_site()).attrs["filled"]
