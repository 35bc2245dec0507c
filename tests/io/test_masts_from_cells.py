"""Cell files of several makers, and masts distinguished by where their cells are seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.errors import DataError
from infraplan.io.cell_files import layout_of
from infraplan.io.masts_from_cells import places_of_nodes
from infraplan.io.opencellid import read_opencellid

MOZILLA = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal"
HEADINGS = {
    MOZILLA: "LTE,460,0,9,257,,113.1,24.5,1000,7,1,1400000000,1500000000,",
    f"\ufeff{MOZILLA}": "LTE,460,0,9,257,,113.1,24.5,1000,7,1,1400000000,1500000000,",
    ",".join(f'"{name.upper()}"' for name in MOZILLA.split(",")): '"LTE",460,0,9,257,"",113.1,24.5,1000,7,1,1400000000,1500000000,""',
    MOZILLA.replace("net,area,cell,unit", "mnc,lac,cid"): "LTE,460,0,9,257,113.1,24.5,1000,7,1,1,1500000000,0",
    "lat;lon;mcc;mnc;tac;cellid;range;nbSamples;created_at;updated_at;radio": "24.5;113.1;460;0;9;257;1000;7;1;1500000000;lte",
    "radio,mcc,net,area,cell,lon,lat": "4G,460,0,9,257,113.1,24.5",
}  # fmt: skip


@pytest.mark.parametrize("heading", HEADINGS, ids=range(len(HEADINGS)))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_headings_of_several_makers(tmp_path: Path, heading: str, end: str) -> None:
    path = tmp_path / "cells.csv"
    path.write_bytes((heading + end + HEADINGS[heading] + end).encode())
    masts = read_opencellid(path)
    assert masts["id"].tolist() == ["460000-LTE-1"] and masts["operators"].tolist() == ["cmcc"]
    assert masts.geometry.x.tolist() == [113.1] and masts["samples"].tolist() == [7 if "samples" in heading.lower() else 1]


def test_blank_figures_are_nothing_and_blank_keys_are_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    rows = ["LTE,460,0,9,257,,113.1,24.5,,,1,,,", "LTE,460,0,,,,113.1,24.5,9,9,1,1,1,", "LTE,460,0,9,514,,113.5,24.5,2000.0,3.0,1,1,1.0,"]
    path.write_text("\n".join([MOZILLA, *rows]) + "\n", encoding="utf-8")
    masts = read_opencellid(path)
    assert masts["id"].tolist() == ["460000-LTE-1", "460000-LTE-2"] and masts["samples"].tolist() == [1, 3]
    with pytest.raises(DataError):
        read_opencellid(pd.DataFrame({"radio": ["LTE"], "mcc": [460]}))
    assert layout_of("a,b,c") is None and layout_of("not a cell file at all") is None


def cells(*rows: tuple[str, int, float, float, int, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["radio", "cell", "lon", "lat", "range", "samples"])
    return table.assign(mcc=460, net=0, area=9, updated=1_500_000_000)


@pytest.mark.parametrize("radio", ["LTE", "NR", "GSM", "UMTS", "NBIOT"])
def test_one_number_at_two_places_is_two_masts(radio: str) -> None:
    """Two towns 100 km apart share a node's number: the mean would lie in the fields between them."""
    number = 8 << 14 if radio == "NR" else 20 << 8
    east = (radio, number + 2, 114.0, 24.0, 1000, 5)
    table = cells((radio, number, 113.0, 24.0, 1000, 9), (radio, number + 1, 113.001, 24.0, 1000, 9), east)
    masts = read_opencellid(table)
    assert masts.geometry.x.round(3).tolist() == [113.0, 114.0] or masts.geometry.x.round(4).tolist() == [113.0005, 114.0]
    assert masts["id"].is_unique and masts["id"].str.endswith("-2").tolist() == [False, True] and masts["cells"].tolist() == [2, 1]


def test_sectors_of_one_mast_stay_together() -> None:
    """Phones of three sectors are seen 1.5 km around a country mast whose cells reach 4 km."""
    table = cells(("LTE", 257, 113.0, 24.0135, 4000, 5), ("LTE", 258, 113.0128, 23.9933, 4000, 5), ("LTE", 259, 112.9872, 23.9933, 4000, 5))
    masts = read_opencellid(table)
    assert masts["cells"].tolist() == [3] and masts.geometry.y.round(3).tolist() == [24.0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(1, 9)), min_size=1, max_size=30), st.randoms())
def test_the_order_of_cells_decides_nothing(rows: list[tuple[int, int, int]], random: st.DataObject) -> None:
    table = cells(*(("LTE", (node << 8) + index, 113 + step / 100, 24.0, 1500, seen) for index, (node, step, seen) in enumerate(rows)))
    order = list(range(len(table)))
    random.shuffle(order)  # type: ignore[attr-defined]
    one, two = read_opencellid(table), read_opencellid(table.iloc[order].reset_index(drop=True))
    assert one.drop(columns="geometry").equals(two.drop(columns="geometry")) and one.geometry.geom_equals(two.geometry).all()


def test_every_cell_has_one_place_within_reach_of_its_leader() -> None:
    rng = np.random.default_rng(5)
    node = np.sort(rng.integers(0, 40, 2000))
    lon, lat, range_m, weight = (rng.uniform(low, high, 2000) for low, high in ((113, 113.3), (24, 24.3), (0, 30_000), (1, 9)))
    place = places_of_nodes(node, lon, lat, range_m, weight)
    for number in np.unique(node):
        own = node == number
        assert sorted(set(place[own])) == list(range(place[own].max() + 1))
        first = own & (place == 0)
        assert weight[first].max() == weight[own].max()
