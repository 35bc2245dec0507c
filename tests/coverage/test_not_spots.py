"""People whom no network serves, and people whom some networks serve, by hand and against a count position by position."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import infraplan as ip
from infraplan.coverage.not_spots import kinds_of, not_spots
from infraplan.coverage.population import positions_on
from infraplan.run.counting import count_people, with_status

sys.path.append(str(Path(__file__).parents[1] / "policy"))
import miniature


def test_kinds_by_hand() -> None:
    """Any operator and every network at once: served 0, uncertain 1, unserved 2."""
    anyone, everyone = np.array([0, 0, 0, 1, 1, 2, 3]), np.array([0, 1, 2, 1, 2, 2, 3])
    assert list(kinds_of(anyone, everyone)) == ["none", "uncertain", "partial", "uncertain", "uncertain", "total", ""]
    assert list(kinds_of(anyone, None)) == ["", "", "", "uncertain", "uncertain", "total", ""]


# nr: cbn+cmcc serves x 0 to 15, ctcc+cucc x 0 to 5. b2's disc of 1200 m crosses x 15.
def test_villages_of_the_miniature() -> None:
    found = not_spots(miniature.villages(), miniature.coverage(), "nr").set_axis(miniature.villages()["id"])
    kinds = dict(found["not_spot"])
    assert kinds == {
        "a1": "none", "a2": "none", "a3": "partial", "a4": "partial", "b1": "partial", "b2": "uncertain",
        "b3": "total", "b4": "total", "c1": "total", "c2": "total", "c3": "total", "o1": "total",
    }  # fmt: skip
    assert found.loc["a1", "served_by"] == "cbn+cmcc;ctcc+cucc" and found.loc["b1", "served_by"] == "cbn+cmcc"


def test_people_of_a_county_by_hand() -> None:
    """乙县: b1 150 partial; b3 120, b4 80 total; b2 90 uncertain. Every level adds up."""
    table = count_people(miniature.villages(), miniature.coverage(), miniature.zones())
    rows = table[(table["network"] == "any") & (table["family"] == "nr")].set_index(["level", "adcode"])
    county = rows.loc[("county", "440102")]
    assert (county["partial_not_spot"], county["total_not_spot"], county["population"]) == (150, 200, 440)
    assert table.loc[table["network"] != "any", ["partial_not_spot", "total_not_spot"]].isna().all(axis=None)
    for level in ("province", "city", "county"):
        sums = rows.loc[level][["partial_not_spot", "total_not_spot"]].sum()
        assert tuple(sums) == (60 + 1000 + 150, 120 + 80 + 210 + 40 + 500 + 7), level


@pytest.mark.parametrize("mapped", [("any",), ("any", "cbn+cmcc")])
def test_nothing_is_partial_on_a_map_of_one_network(mapped: tuple[str, ...]) -> None:
    cover = miniature.coverage()
    cover = replace(cover, layers={key: layer for key, layer in cover.layers.items() if key[1] in mapped})
    assert set(not_spots(miniature.villages(), cover, "nr")["not_spot"]) == {"", "uncertain", "total"}
    table = count_people(miniature.villages(), cover, miniature.zones())
    assert table["partial_not_spot"].isna().all() and table.loc[table["network"] == "any", "total_not_spot"].notna().all()


def test_position_by_position() -> None:
    """The example: kinds recounted from margins of each network at each position."""
    world: Any = ip.example_world()
    cover, villages = world.cover, with_status(world.villages, world.cover)
    single = [network for network in cover.networks if network != "any"]
    for family in cover.families:
        for row, kind, named in zip(range(len(villages)), villages[f"{family}_not_spot"], villages[f"{family}_served_by"], strict=True):
            positions, counts = positions_on(villages.iloc[[row]], cover)
            x_m, y_m = positions.x_m[counts], positions.y_m[counts]
            served = {one: cover.at_positions(x_m, y_m, family, one).margin_db >= 0 for one in ("any", *single)}
            every = np.logical_and.reduce([served[one] for one in single])
            anyone = served["any"]
            expected = (
                "total" if not anyone.any() else "uncertain" if not anyone.all() or every.any() != every.all() else
                "none" if every.all() else "partial"
            )  # fmt: skip
            assert kind == expected, (family, row)
            assert named == ";".join(one for one in single if served[one].all()), (family, row)
