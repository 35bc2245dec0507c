"""Status within the position error, against brute force; people add up to the person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from infraplan.coverage.population import demand_margin, population_coverage, service_status
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.geo.grids import Grid


@pytest.fixture(scope="module")
def cover(sites: Any, grid: Grid, presets: Any) -> Coverage:
    return predict_coverage(sectors_of(sites, presets), grid, presets)


def test_status_against_brute_force(villages: Any, cover: Coverage) -> None:
    grid = cover.grid
    margin_db = np.nan_to_num(cover["nr"].margin_db, nan=-np.inf)
    centre_x, centre_y = grid.centre_of(*np.mgrid[0 : grid.height, 0 : grid.width])
    x_m, y_m = grid.place(villages)
    row, col = grid.pixel_of(x_m, y_m)
    status = service_status(villages, cover)["nr"]
    for i, error_m in enumerate(villages["position_error_m"]):
        if row[i] < 0:
            assert status.iloc[i] == "unserved"
            continue
        disc = np.hypot(centre_x - x_m[i], centre_y - y_m[i]) <= error_m
        disc[row[i], col[i]] = True
        served = margin_db[disc] >= 0
        assert status.iloc[i] == ("served" if served.all() else "uncertain" if served.any() else "unserved")
    assert set(status) == {"served", "uncertain", "unserved"}


def test_a_village_takes_its_pixels_margin(villages: Any, cover: Coverage) -> None:
    exact = villages.assign(position_error_m=0.0)
    margins = demand_margin(exact, cover, "nbiot")
    row, col = cover.grid.pixel_of(*cover.grid.place(exact))
    inside = row >= 0
    np.testing.assert_array_equal(margins["margin_db"].to_numpy()[inside], cover["nbiot"].margin_db[row, col][inside])
    assert (service_status(exact, cover)["nbiot"] != "uncertain").all()


@pytest.mark.parametrize("network", ["any", "cbn+cmcc", "ctcc+cucc"])
def test_people_add_up_at_every_level(villages: Any, cover: Coverage, zones: Any, network: str) -> None:
    rows = population_coverage(villages, cover, zones, network=network)
    total = int(villages["population"].sum())
    for (_, _), part in rows.groupby(["level", "family"]):
        assert part["population"].sum() == total
        assert (part[["served", "uncertain", "unserved"]].sum(axis=1) == part["population"]).all()
    outside = rows.loc[rows["adcode"] == "", "population"]
    assert len(outside) and (outside == villages.loc[villages["city"] == "", "population"].sum()).all()
    for column in ("served", "uncertain", "unserved"):
        counties = rows.loc[(rows["level"] == "county") & (rows["adcode"] != "")].groupby(["family", "parent"])[column].sum()
        cities = rows.loc[(rows["level"] == "city") & (rows["adcode"] != "")].set_index(["family", "adcode"])[column]
        assert (counties.sort_index().to_numpy() == cities.sort_index().to_numpy()).all()


def test_a_place_without_a_point_is_not_served(villages: Any, cover: Coverage) -> None:
    lost = villages.copy()
    lost.loc[lost.index[0], "geometry"] = None
    assert service_status(lost, cover)["nr"].iloc[0] == "unserved"
