"""What the steps say of their own limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from results import summary_of

from infraplan.coverage.prediction import Coverage, Layer
from infraplan.geo.grids import Grid
from infraplan.radio.budgets import services
from infraplan.run.counting import cap_warnings
from infraplan.run.summary import beside


def test_a_capped_family_is_named_with_its_own_cap() -> None:
    presets = services("nr-n41", "nbiot-900")
    grid = Grid("EPSG:3857", 0.0, 0.0, 250.0, 2, 2)
    layer = Layer(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.int32))
    layers = {("nr", "any"): layer, ("nbiot", "any"): layer}
    cover = Coverage(
        grid, presets, layers, np.array(["A"], object), np.array(["nr-n41"], object), "statistical", (), 0.9, 20.0, 1460,
        caps_km={"nr": 8.0}, capped_by_family={"nr": 1460, "nbiot": 3},
    )  # fmt: skip
    near, far = cap_warnings(cover)
    assert "5G" in near.message and "1,460" in near.message and "8 km" in near.message and "偏低" in near.message
    assert near.severity == "warning" and near.column == "coverage.caps_km.nr"
    assert "NB-IoT" in far.message and "20 km" in far.message and far.column == "coverage.max_radius_km"
    assert cap_warnings(Coverage(grid, presets, layers, cover.sector_ids, cover.sector_services, "statistical", (), 0.9, 20.0, 0)) == []


def test_what_stands_beside_a_share_adds_up() -> None:
    row = {"level": "county", "family": "nr", "receiver": "outdoor", "other_receiver": "indoor"}
    counts = {"population": 100, "served_weaker": 30, "served_stronger": 80, "other_served": 20, "other_uncertain": 5, "other_unserved": 75}
    table = pd.DataFrame([row | counts, row | counts | {"population": 300}, row | counts | {"level": "city"}])
    figures = beside(table, "nr")
    assert (figures["receiver"], figures["served_weaker"], figures["share_stronger"]) == ("outdoor", 60, 160 / 400)
    assert (figures["other_receiver"], figures["other_served"], figures["other_share"]) == ("indoor", 40, 40 / 400)


def test_a_run_prints_both_receivers_and_the_band(small_results: Path) -> None:
    summary = summary_of(small_results)
    for family, own, other in (("nr", "outdoor", "indoor"), ("nbiot", "indoor", "outdoor")):
        found = summary["population"][family]
        assert (found["receiver"], found["other_receiver"]) == (own, other)
        assert found["served_weaker"] <= found["served"] <= found["served_stronger"]
        assert (found["other_served"] <= found["served"]) == (own == "outdoor")
        assert found["other_served"] + found["other_uncertain"] + found["other_unserved"] == summary["population"]["total"]
    page = (small_results / "index.html").read_text(encoding="utf-8")
    assert "5G（室外）" in page and "NB-IoT（室内）" in page and "信号整体偏差±6 dB" in page and "面积的 90%" in page
    assert "边缘" not in page
