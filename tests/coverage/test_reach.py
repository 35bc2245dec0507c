"""Reach and map give one answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from infraplan.coverage.population import service_status
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.reach import reach
from infraplan.coverage.sectors import sectors_of
from infraplan.geo.grids import Grid


@pytest.fixture(scope="module")
def known(sites: Any, grid: Grid, presets: Any) -> Coverage:
    return predict_coverage(sectors_of(sites.iloc[:4], presets), grid, presets)


def test_a_column_is_what_the_map_shows_with_that_site(sites: Any, villages: Any, grid: Grid, presets: Any, known: Coverage) -> None:
    candidates = sectors_of(sites.iloc[4:], presets)
    matrix = reach(villages, candidates, grid, presets, family="nr", known=known["nr"]).toarray()
    before = (service_status(villages, known)["nr"] == "served").to_numpy()
    for column, (site, sectors) in enumerate(candidates.groupby("site_id", sort=False)):
        after = predict_coverage(sectors, grid, presets, families=("nr", "nbiot"), base=known)
        served = (service_status(villages, after)["nr"] == "served").to_numpy()
        np.testing.assert_array_equal(matrix[~before, column], served[~before], err_msg=str(site))


def test_a_planning_margin_asks_for_more(sites: Any, villages: Any, grid: Grid, presets: Any, known: Coverage) -> None:
    candidates = sectors_of(sites.iloc[4:], presets)
    usual = reach(villages, candidates, grid, presets, family="nr", known=known["nr"])
    strict = reach(villages, candidates, grid, presets, family="nr", known=known["nr"], required_db=6.0)
    assert strict.nnz < usual.nnz
    assert (strict > usual).nnz == 0
