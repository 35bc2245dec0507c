"""Measured cells of a grid: what is read, and every fault at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infraplan as ip
from infraplan.errors import DataError


def table(**columns: Any) -> pd.DataFrame:
    known = {
        "lon": [113.05, 113.06, 113.07],
        "lat": [23.1, 23.1, 23.2],
        "samples": [10, 20, 0],
        "mean_rsrp_dbm": [-112, -98.5, -120],
        "operator": ["移动", "cbn", "中国移动"],
        "band": ["n28", "n41", "n28"],
    }
    return pd.DataFrame(known | columns)


def test_every_form_reads_the_same(tmp_path: Path) -> None:
    plain = table()
    chinese = plain.rename(columns={"samples": "采样点数", "mean_rsrp_dbm": "平均RSRP", "operator": "运营商", "band": "频段"})
    points = gpd.points_from_xy(plain["lon"], plain["lat"])
    layer = gpd.GeoDataFrame(plain.drop(columns=["lon", "lat"]), geometry=points, crs=4326)
    ids = chinese.drop(columns=["lon", "lat"]).assign(栅格编号=[f"{x}_{y}" for x, y in zip(plain["lon"], plain["lat"], strict=True)])
    chinese.to_csv(tmp_path / "a.csv", index=False)
    chinese.to_excel(tmp_path / "a.xlsx", index=False)
    layer.to_file(tmp_path / "a.gpkg")
    first = ip.read_weak_grid(plain)
    assert first[["operator", "band", "family"]].values.tolist()[1] == ["cbn", "nr-n41", "nr"]
    for source in (chinese, ids, layer, *(tmp_path / f"a.{kind}" for kind in ("csv", "xlsx", "gpkg"))):
        found = ip.read_weak_grid(source)
        pd.testing.assert_frame_equal(pd.DataFrame(found.drop(columns="geometry")), pd.DataFrame(first.drop(columns="geometry")))
        assert found.geometry.x.to_numpy() == pytest.approx(first.geometry.x.to_numpy(), abs=1e-6)


@pytest.mark.parametrize(
    ("columns", "text", "rows"),
    [
        ({"samples": [10, -2, 3]}, "samples", 1),
        ({"samples": [10, None, 3]}, "samples", 1),
        ({"mean_rsrp_dbm": [-112, -20, -200]}, "mean_rsrp_dbm", 2),
        ({"operator": ["移动", "张三", ""]}, "operator", 2),
        ({"operator": ["移动+广电", "移动", "移动"]}, "operator", 1),
        ({"band": ["n28", "n999", ""]}, "band", 2),
        ({"lon": [113.05, 113.05, 113.07], "lat": [23.1, 23.1, 23.2], "operator": "移动", "band": "n28"}, "id", 1),
    ],
)
def test_a_fault_names_its_column_and_rows(columns: dict[str, Any], text: str, rows: int) -> None:
    with pytest.raises(DataError) as caught:
        ip.read_weak_grid(table(**columns))
    own = [fault for fault in caught.value.fault_list if fault.column == text and fault.severity == "error"]
    assert sum(fault.count for fault in own) >= rows or len(own) >= rows, caught.value.fault_list


def test_all_faults_come_at_once() -> None:
    with pytest.raises(DataError) as caught:
        ip.read_weak_grid(
            table(samples=[-1, 2, 3], mean_rsrp_dbm=[-300, -99, -98], operator=["谁", "移动", "移动"], band=["n28", "?", "n28"])
        )
    assert {"samples", "mean_rsrp_dbm", "operator", "band"} <= {fault.column for fault in caught.value.fault_list}


def test_row_and_column_numbers_are_no_coordinates() -> None:
    with pytest.raises(DataError):
        ip.read_weak_grid(table().drop(columns=["lon", "lat"]).assign(grid_id=["R12C7", "R12C8", "R13C8"]))


def test_a_heading_alone_is_read() -> None:
    assert not len(ip.read_weak_grid(table().iloc[:0]))


@given(order=st.permutations(range(3)))
@settings(max_examples=6, deadline=None)
def test_the_order_of_rows_changes_no_cell(order: list[int]) -> None:
    first = ip.read_weak_grid(table()).set_index("id").drop(columns="geometry")
    mixed = ip.read_weak_grid(table().iloc[list(order)]).set_index("id").drop(columns="geometry")
    pd.testing.assert_frame_equal(pd.DataFrame(mixed.loc[first.index]), pd.DataFrame(first))
