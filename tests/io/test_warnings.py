"""What a reader notices and does not refuse reaches its caller: as Python warnings, as a list, in every thread its own."""

from __future__ import annotations

import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from infraplan.errors import DataWarning, Fault, collected, warn
from infraplan.io import read_places, read_sites, read_zones
from infraplan.messages import both

SITES = pd.DataFrame({"id": ["a", "b"], "lon": [113.0, 113.1], "lat": [24.0, 24.1], "services": ["2G", "nr-n41"], "operators": "cmcc"})


def test_a_plain_reader_shows_python_warnings_at_the_callers_line() -> None:
    with pytest.warns(DataWarning, match="5G") as shown:
        read_sites(SITES)
    fault = next(one.message.fault for one in shown if one.message.fault.rule == "other_technology")  # type: ignore[union-attr]
    assert (fault.severity, fault.row, fault.column, fault.value) == ("warning", 1, "services", "2G")
    assert fault.message.zh in str(fault.message) and fault.message.en in str(fault.message)
    assert {one.filename for one in shown} == {__file__}


def test_collected_takes_them_instead_and_blocks_nest() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        with collected() as outer:
            with collected() as inner:
                read_sites(SITES)
            assert inner and not outer
            warn(inner)
        assert outer == inner
    with pytest.warns(DataWarning):
        read_sites(SITES)


def test_threads_do_not_take_each_others_warnings() -> None:
    def read(number: int) -> list[str]:
        with collected() as found:
            read_places(pd.DataFrame({"id": [f"p{number}"], "name": [f"学校{number}"], "类别": "school", "lon": [None], "lat": [None]}))
        return [fault.value for fault in found if fault.rule == "place_without_point"]

    with ThreadPoolExecutor(4) as crew:
        assert list(crew.map(read, range(40))) == [[f"学校{number}"] for number in range(40)]


def test_each_warning_comes_once_for_zones_of_several_files() -> None:
    bow = shapely.Polygon([(113, 24), (114, 25), (114, 24), (113, 25)])
    one, other = (
        gpd.GeoDataFrame({"adcode": [code], "name": ["x"], "level": ["county"]}, geometry=[bow], crs=4326) for code in ("440101", "440102")
    )
    with collected() as found:
        read_zones([one, other])
    assert [fault.rule for fault in found] == ["polygon_mended", "polygon_mended"]


def test_an_error_is_no_warning_and_messages_keep_their_halves() -> None:
    fault = Fault("a.csv", both("tables.not_a_number"), both("tables.not_a_date_fix"))
    with collected() as found:
        warn([fault])
    assert found == []
    again = pickle.loads(pickle.dumps(fault))
    assert again == fault and again.message.en == "not a number"
