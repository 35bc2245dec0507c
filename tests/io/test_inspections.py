"""A gap sheet goes out, comes back filled, and its measurements are read; what a hurried inspector writes wrong is said with its row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from infraplan.errors import DataError
from infraplan.io.inspections import add_measured, read_inspection, read_measured, unused_measurements

HEADINGS = ["序号", "自然村", "运营商", "核查日期", "核查人", "实测RSRP(dBm)", "核查结果", "备注", "频段", "终端", "室内外"]


def filled(path: Path, rows: list[list[Any]]) -> Path:
    from infraplan.outputs import column

    names = {"频段": column("gaps", "band").zh, "终端": column("gaps", "device").zh, "室内外": column("gaps", "indoors").zh}
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("缺口清单")
        sheet.write(0, 0, "附件2")
        sheet.merge_range(1, 0, 1, 5, "覆盖缺口清单")
        for column, name in enumerate(HEADINGS):
            sheet.write(3, column, names.get(name, name))
        for number, row in enumerate(rows, start=4):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    return path


GOOD = [1, "上坪", "移动", "2020-11-03", "李工", -98.5, "达标", "编号：V1", "n28", "手机", "室外"]
EMPTY = [2, "下坪", "", "", "", "", "", "编号：V2", "", "", ""]


def test_measurements_come_back(tmp_path: Path) -> None:
    table = read_inspection(filled(tmp_path / "back.xlsx", [GOOD, EMPTY]), ["V1", "V2"])
    assert list(table["id"]) == ["V1"] and list(table["row"]) == [5]
    assert table.loc[0, ["operator", "service", "rsrp_dbm", "indoors", "inspector"]].tolist() == ["cmcc", "nr-n28", -98.5, False, "李工"]
    assert add_measured(tmp_path, table) == 1
    assert add_measured(tmp_path, table) == 1  # the same file twice counts once
    again = read_measured(tmp_path)
    assert again is not None
    pd.testing.assert_frame_equal(again, table, check_dtype=False)


def test_every_fault_with_its_row(tmp_path: Path) -> None:
    wrong = [*GOOD]
    wrong[5], wrong[7], wrong[10] = "很好", "编号：V9", "门口"
    with pytest.raises(DataError) as caught:
        read_inspection(filled(tmp_path / "bad.xlsx", [GOOD, wrong]), ["V1"])
    assert {fault.row for fault in caught.value.fault_list} == {6}
    assert len(caught.value.fault_list) >= 3


def test_no_such_sheet(tmp_path: Path) -> None:
    path = tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write(0, 0, "无关")
    with pytest.raises(DataError, match=r"other\.xlsx"):
        read_inspection(path, [])


def test_a_sheet_that_nobody_filled(tmp_path: Path) -> None:
    table = read_inspection(filled(tmp_path / "back.xlsx", [EMPTY]), ["V2"])
    some = read_inspection(filled(tmp_path / "some.xlsx", [GOOD]), ["V1"])
    assert not len(table) and list(table.dtypes) == list(some.dtypes)
    assert add_measured(tmp_path, table) == 0
    assert add_measured(tmp_path, some) == 1
    again = read_measured(tmp_path)
    assert again is not None and list(again.dtypes) == list(some.dtypes)


def test_measurements_that_change_nothing_warn() -> None:
    table = pd.DataFrame({"id": ["V1", "gone", "V2"], "service": ["nr-n28", "nr-n28", "nr-n41"]})
    faults = unused_measurements(table, {"V1", "V2"}, ("nr-n28",))
    assert [(fault.rule, fault.row, fault.value, fault.severity) for fault in faults] == [
        ("no_place", 3, "gone", "warning"), ("no_service", 4, "nr-n41", "warning"),
    ]  # fmt: skip


def test_files_of_earlier_versions_are_read(tmp_path: Path) -> None:
    """inspections.csv without photo, position and stretch."""
    table = read_inspection(filled(tmp_path / "back.xlsx", [GOOD]), ["V1"])
    add_measured(tmp_path, table)
    path = tmp_path / "inspections.csv"
    old = pd.read_csv(path).drop(columns=["photo", "confirmed_lon", "confirmed_lat", "from_km", "to_km"])
    old.to_csv(path, index=False)
    again = read_measured(tmp_path)
    assert again is not None and again["photo"].tolist() == [""] and again["from_km"].isna().all()
    assert list(again.dtypes) == list(table.dtypes)
