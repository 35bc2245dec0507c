"""The contracts: every column there, every type right, whatever the table left out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from infraplan.errors import DataError
from infraplan.fields import contract_columns
from infraplan.tables import FaultList, check_corridors, check_places, check_sites, check_villages, check_zones
from infraplan.tables.radio_names import known_services, service_words
from infraplan.tables.values import booleans, codes, dates, numbers
from infraplan.tables.zoning import ZoneIndex, code_of_level, short_name


def points(**columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy([113.1, 113.2], [24.1, 24.2]), crs=4326)


def test_villages_keep_their_contract() -> None:
    frame = check_villages(points(population=[3, 4], 备注=["x", "y"]))
    assert list(frame.columns) == [*contract_columns("village")[:-1], "备注", "geometry"]
    types = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert types["population"] == "int64" and types["households"] == "Int64" and types["fibre"] == "boolean"
    assert types["urban"] == types["synthetic"] == "bool" and types["position_error_m"] == "float64"
    assert all(types[name] == "str" for name in ("id", "name", "kind", "county", "city", "town", "committee"))
    assert frame["id"].tolist() == frame["name"].tolist() == ["V000001", "V000002"]
    assert set(frame["kind"]) == {"village"} and not frame["urban"].any()


def test_sites_keep_their_contract() -> None:
    frame = check_sites(points(services=["nr-n41", "nbiot-900"], smart=[1, 2], host=["smart_pole", None]))
    assert list(frame.columns) == [*contract_columns("site")[:-1], "smart", "geometry"]
    assert frame["mast"].tolist() == frame["id"].tolist()
    assert frame["height_m"].tolist() == [10.0, 30.0] and frame["azimuth_deg"].tolist() == ["omni", "0/120/240"]
    assert frame["carrier_power_dbm"].isna().all() and frame["antenna"].isna().all() and str(frame["sa"].dtype) == "boolean"


def test_places_keep_their_contract_without_a_geometry() -> None:
    table = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[None, shapely.box(0, 0, 1, 1)], crs=4326)
    frame = check_places(table, place_class="park")
    assert list(frame.columns) == list(contract_columns("place"))
    assert frame.geometry.isna().tolist() == [True, False]
    with pytest.raises(DataError):
        check_places(table)


def test_zones_and_corridors_keep_their_contract() -> None:
    zones = check_zones(
        gpd.GeoDataFrame({"adcode": ["440000", "440200", "440281", "440281100"]}, geometry=[shapely.box(0, 0, 1, 1)] * 4, crs=4326)
    )
    assert zones["level"].tolist() == ["province", "city", "county", "township"]
    assert zones["parent"].tolist() == ["", "440000", "440200", "440281"]
    assert list(zones.columns) == ["level", "adcode", "name", "parent", "synthetic", "geometry"]
    lines = check_corridors(gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=4326), line_class="railway")
    assert list(lines.columns) == ["id", "name", "line_class", "tunnel", "indoor_system", "synthetic", "a", "geometry"]


def test_a_frame_without_a_crs_or_rows_is_refused() -> None:
    for frame in (
        points(population=[1, 2]).set_crs(None, allow_override=True),
        points(population=[1, 2]).iloc[:0],
        pd.DataFrame({"population": [1]}),
    ):
        with pytest.raises(DataError):
            check_villages(frame)


def test_another_crs_is_brought_to_degrees() -> None:
    frame = check_villages(points(population=[1, 2]).to_crs(4547))
    assert frame.crs.to_epsg() == 4326 and frame.geometry.x[0] == pytest.approx(113.1)


@pytest.mark.parametrize(
    ("cell", "operators", "services"),
    [
        ("5g", "cmcc", "nr-n41"),
        ("5g", "ctcc+cucc", "nr-n78"),
        ("nr", "cbn", "nr-n28"),
        ("5g n41", "", "nr-n41"),
        ("5gn78;nb-iot", "cmcc", "nr-n78;nbiot-900"),
        ("n41/n28", "", "nr-n41;nr-n28"),
        ("nr 700m", "", "nr-n28"),
        ("nb-iot 800", "", "nbiot-800"),
        ("nb900", "", "nbiot-900"),
        ("2.6ghz", "", "nr-n41"),
        ("nr-n28;nbiot-1800", "", "nr-n28;nbiot-1800"),
        ("nr 900", "", "nr-n8"),
        ("5g 2565", "", "nr-n41"),
        ("5g 773mhz", "", "nr-n28"),
        ("5g;4g 2.6g;900m", "", "nr-n41"),
        ("5g 700m频段", "", "nr-n28"),
        ("900m", "", "?"),
        ("b8", "", "?"),
        ("4g", "", ""),
        ("2g/3g/4g 1800m", "", ""),
    ],
)
def test_technologies_and_bands(cell: str, operators: str, services: str) -> None:
    found = service_words(cell, operators)
    assert found is not None and found[0] == services


@pytest.mark.parametrize(
    ("cell", "services"),
    [
        ("4g 1800", "lte-b3"),
        ("4g 900m", "lte-b8"),
        ("lte b20", "lte-b20"),
        ("4g", "lte-b3"),
        ("5g 700m", "nr-n28"),
    ],
)
def test_bands_of_4g_where_it_is_planned(cell: str, services: str) -> None:
    found = service_words(cell, "", lte=True)
    assert found is not None and set(found[0].split(";")) == set(services.split(";"))


@pytest.mark.parametrize("cell", ["n999", "5g n999", "6g", "nr 1800", "n41 foo", "5g;4g 900m", "n41;1800"])
def test_unknown_bands(cell: str) -> None:
    assert service_words(cell, "") is None


@given(st.sampled_from(known_services()), st.sampled_from(known_services()))
def test_service_names_stand_for_themselves(first: str, second: str) -> None:
    assert service_words(f"{first};{second}", "") == (";".join(dict.fromkeys((first, second))), False)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_numbers_come_back_from_text(values: list[float]) -> None:
    read, unread = numbers(pd.Series([repr(value) for value in values], dtype=object))
    assert not unread.any() and np.array_equal(read, np.array(values))


def test_cells() -> None:
    assert booleans(pd.Series(["是", "√", "无", "", "0", "TRUE"]))[0].tolist() == [True, True, False, pd.NA, False, True]
    read, bad = dates(pd.Series(["2020/3/1", "2020年3月1日", "202003", "2020", "43891", "2020-02-30", "", "明年"], dtype=object))
    assert read.tolist() == ["2020-03-01", "2020-03-01", "2020-03", "2020", "2020-03-01", "", "", ""]
    assert bad.tolist() == [False] * 5 + [True, False, True]
    assert codes(pd.Series([440281.0, "440281.0", "'0123", "４４０２８１", None, "-"], dtype=object))[0].tolist() == [
        "440281", "440281", "0123", "440281", "", "",
    ]  # fmt: skip


def test_codes_and_names_of_zones() -> None:
    assert [code_of_level("440281102000", level) for level in ("province", "city", "county", "township")] == [
        "440000",
        "440200",
        "440281",
        "440281102",
    ]
    assert [short_name(name) for name in ("乐昌市", "连南瑶族自治县", "城区", "广东省")] == ["乐昌", "连南瑶族", "城区", "广东"]
    zones = pd.DataFrame({"level": "county", "adcode": ["440112", "440205"], "name": ["黄埔区", "曲江区"]})
    index = ZoneIndex.of(zones, "county")
    assert (
        index.candidates("萝岗区") == ["440112"]
        and index.candidates("曲江县") == ["440205"]
        and index.candidates("广东省韶关市曲江区") == ["440205"]
    )


def test_a_fault_list_counts_and_places() -> None:
    faults = FaultList("a.csv", rows=np.arange(5, 105))
    faults.at(np.arange(100) % 2 == 0, "tables.negative", "population", np.arange(100), limit="0", unit="")
    (fault,) = faults.items
    assert (fault.row, fault.count, fault.value) == (5, 50, "0") and faults.failed
