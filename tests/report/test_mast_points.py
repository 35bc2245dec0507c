"""One point a mast on maps: nothing that differs is lost, nothing that is alike is drawn twice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest

from infraplan.report.mast_points import points_of_masts
from infraplan.report.words import Words


def sites(**columns: object) -> gpd.GeoDataFrame:
    given = {
        "id": ["a", "b", "c", "d"],
        "name": ["西一", "西一-5G", "西二", None],
        "mast": ["M1", "M1", "M2", ""],
        "services": ["nr-n41", "nr-n78", "nbiot-900", "nr-n41;nr-n28"],
        "operators": ["cmcc", "ctcc+cucc", "cmcc", ""],
        "status": ["existing"] * 4,
        "height_m": [30.0] * 4,
        "azimuth_deg": ["0/120/240"] * 4,
        **columns,
    }
    lon = [113.1, 113.1, 113.2, 113.3]
    return gpd.GeoDataFrame(given, geometry=gpd.points_from_xy(lon, [24.1] * 4), crs=4326)


def test_stations_of_a_mast_are_one_point_that_names_them_all() -> None:
    points = points_of_masts(sites(), Words("en"))
    assert points["stations"].tolist() == [2, 1, 1] and points["name"].tolist() == ["西一 + 1", "西二", "d"]
    assert points["services"].tolist() == [
        "5G 2.6 GHz (n41), China Mobile; 5G 3.5 GHz (n78), China Telecom + China Unicom", "NB-IoT 900 MHz, China Mobile",
        "5G 2.6 GHz (n41), 5G 700 MHz (n28)",
    ]  # fmt: skip
    assert points.geometry.x.tolist() == [113.1, 113.2, 113.3]


@pytest.mark.parametrize("change", [{"height_m": [30.0, 25.0, 30.0, 30.0]}, {"status": ["existing", "retired", "existing", "existing"]},
                                    {"azimuth_deg": ["0/120/240", "omni", "0/120/240", "omni"]}, {"mast": ["M1", "M3", "M2", ""]},
                                    {"mast": ["", None, np.nan, ""]}])  # fmt: skip
def test_what_differs_stays_apart(change: dict[str, object]) -> None:
    points = points_of_masts(sites(**change), Words("zh"))
    assert len(points) == 4 and (points["stations"] == 1).all()


def test_a_table_without_the_columns_and_an_empty_one() -> None:
    bare = sites()[["id", "geometry"]]
    assert points_of_masts(bare, Words("zh"))["name"].tolist() == ["a", "b", "c", "d"]
    assert len(points_of_masts(sites().iloc[:0], Words("zh"))) == 0
