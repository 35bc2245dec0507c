"""People by name or code, and the levels that are missing."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from infraplan.errors import DataError
from infraplan.io import read_zones
from infraplan.tables import faults_of


def counties() -> gpd.GeoDataFrame:
    codes = ["440281", "440282", "441502", "441900"]
    names = ["乐昌市", "南雄市", "城区", "东莞市"]
    cities = ["韶关市", "韶关市", "汕尾市", "东莞市"]
    shapes = [shapely.box(113 + i, 24, 114 + i, 25) for i in range(4)]
    return gpd.GeoDataFrame(
        {"district_adcode": codes, "district_name": names, "city_name": cities, "province_name": "广东省"}, geometry=shapes, crs=4326
    )


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"区划代码": [440281.0, 440282.0, 441502.0, 441900.0], "人口": [1, 2, 4, 8]}),
        pd.DataFrame({"代码": ["440281000000", "440282", "441502001", "441900"], "常住人口": ["1", "2", "4", "8"]}),
        pd.DataFrame({"名称": ["乐昌", "南雄县", "汕尾市城区", "东莞市"], "人口(万人)": [0.0001, 0.0002, 0.0004, 0.0008]}),
    ],
)
def test_people_by_code_or_name_sum_up_to_cities_and_the_province(table: pd.DataFrame) -> None:
    zones = read_zones(counties(), parents=True, population=table)
    people = {(level, code): count for level, code, count in zip(zones["level"], zones["adcode"], zones["population"], strict=True)}
    assert people == {
        ("province", "440000"): 15, ("city", "440200"): 3, ("city", "441500"): 4, ("city", "441900"): 8,
        ("county", "440281"): 1, ("county", "440282"): 2, ("county", "441502"): 4, ("county", "441900"): 8,
    }  # fmt: skip
    assert zones.loc[zones["adcode"] == "440200", "name"].tolist() == ["韶关市"]
    assert zones.geometry.iloc[0].area == pytest.approx(4.0)


def test_zones_without_people_are_reported_and_unknown_ones_refused() -> None:
    zones = read_zones(counties(), parents=True, population=pd.DataFrame({"代码": ["440281"], "人口": [1]}))
    assert zones.loc[zones["level"] == "province", "population"].isna().all()
    assert [fault.rule for fault in faults_of(zones)] == ["zones_without_people"]
    for bad in (
        {"代码": ["440281", "440281"], "人口": [1, 2]},
        {"名称": ["火星"], "人口": [1]},
        {"名称": ["乐昌"]},
        {"代码": ["440281"], "人口": [-1]},
    ):
        with pytest.raises(DataError):
            read_zones(counties(), population=pd.DataFrame(bad))


def test_the_real_census(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "guangdong"
    zones = read_zones(folder / "gd_district_tianditu.geojson", parents=True, population=folder / "gd_census2020_county.csv")
    assert zones["level"].value_counts().to_dict() == {"county": 124, "city": 21, "province": 1}
    assert zones.loc[zones["level"] == "province", "population"].tolist() == [126_012_510]
    assert zones.loc[zones["adcode"] == "440100", "population"].tolist() == [18_676_605]
