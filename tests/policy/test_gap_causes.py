"""What weakens the path to a neighbour, on made ground: a ridge blocks, flat ground never does; and the rules of the remedies."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pytest import approx
from shapely.geometry import Polygon

import infraplan as ip
from infraplan.geo.grids import Grid, metric_crs
from infraplan.geo.terrain import Clutter, Terrain
from infraplan.policy.gap_lists import unserved_demand
from infraplan.policy.gap_reasons import REASONS, _causes_on_the_path
from infraplan.policy.layers import Layers
from infraplan.policy.neighbours import Neighbours, Paths, _turn_db
from infraplan.policy.remedies import REMEDIES, RULES, can_lower_band, can_raise_or_turn, remedies_of
from infraplan.radio.line_of_sight import clearance_m

GRID = Grid(metric_crs(113.0, 23.0), 0.0, 6_000.0, 100.0, 60, 120)
MAST_X, MAST_Y = 6_000.0, 3_000.0


def ground(ridge_m: float = 0.0, forest_m: float = 0.0) -> Terrain:
    """Flat at 100 m; a ridge from north to south 700 m east of the mast; a forest from 1,300 m east of it on."""
    x_m = np.broadcast_to(GRID.x0_m + (np.arange(GRID.width) + 0.5) * GRID.resolution_m, GRID.shape)
    height_m = 100.0 + ridge_m * np.exp(-(((x_m - MAST_X - 700.0) / 150.0) ** 2))
    clutter = Clutter.of_heights(GRID, np.where(x_m > MAST_X + 1_300.0, forest_m, 0.0))
    return Terrain(GRID, height_m.astype(np.float32), clutter, np.full(GRID.shape, 4, np.uint8), synthetic=True)


def points(x_m: list[float], y_m: float = MAST_Y) -> Any:
    lon, lat = GRID.unproject(np.array(x_m), np.full(len(x_m), y_m))
    return gpd.points_from_xy(lon, lat, crs=4326)


def zones() -> Any:
    corners = np.array([(100.0, 100.0), (11_900.0, 100.0), (11_900.0, 5_900.0), (100.0, 5_900.0)])
    lon, lat = GRID.unproject(corners[:, 0], corners[:, 1])
    rows = [("city", "440100", "市", "440000"), ("county", "440101", "县", "440100")]
    shape = Polygon(zip(lon, lat, strict=True))
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["level", "adcode", "name", "parent"]), geometry=[shape, shape], crs=4326)


def gaps(terrain: Terrain, **changes: Any) -> pd.DataFrame:
    """West of the mast villages are served up to 3 km away; the one in question is 1.5 km east of it."""
    villages = gpd.GeoDataFrame(
        {"id": ["w1", "w2", "w3", "w4", "east"], "name": "", "population": 100, "county": "", "city": "", "town": ""},
        geometry=points([MAST_X - 3_000.0, MAST_X - 2_800.0, MAST_X - 2_600.0, MAST_X - 2_500.0, MAST_X + 1_500.0]),
    )  # fmt: skip
    site = {
        "id": "M", "name": "M", "services": "nr-n41", "operators": "cbn+cmcc", "environment": "rural", "height_m": 30.0,
        "azimuth_deg": "omni", "tilt_deg": 3.0, "carrier_power_dbm": None, "antenna": None, "status": "existing",
    }  # fmt: skip
    sites = gpd.GeoDataFrame([site | changes], geometry=points([MAST_X]))
    cover = ip.predict_coverage(sites, GRID, ip.services("nr-n41", "nr-n28", reliability=0.9), terrain=terrain, max_radius_km=5.0)
    return unserved_demand(cover, zones=zones(), villages=villages, sites=sites).set_index("id")


def test_a_ridge_between_blocks_and_a_repeater_on_it_helps() -> None:
    row = gaps(ground(ridge_m=120.0)).loc["east"]
    assert (row["reason"], row["neighbour"], row["remedy"]) == ("terrain_blocked", "M", "ridge_repeater")


def test_a_second_ridge_behind_the_first_needs_a_site() -> None:
    """A repeater on the higher ridge does not see the village behind another one: a site in line of sight."""
    terrain = ground(ridge_m=120.0)
    x_m = GRID.x0_m + (np.arange(GRID.width) + 0.5) * GRID.resolution_m
    second = 90.0 * np.exp(-(((x_m - MAST_X - 1_250.0) / 80.0) ** 2))
    terrain = Terrain(GRID, (terrain.height_m + second).astype(np.float32), terrain.clutter, terrain.zone, synthetic=True)
    row = gaps(terrain).loc["east"]
    assert (row["reason"], row["remedy"]) == ("terrain_blocked", "relay_site")


@pytest.mark.parametrize("forest_m", [10.0, 15.0, 25.0])
def test_flat_ground_never_blocks(forest_m: float) -> None:
    table = gaps(ground(forest_m=forest_m))
    assert "terrain_blocked" not in set(table["reason"])
    assert table.loc["east", "reason"] == "clutter"


def test_bare_flat_ground_serves() -> None:
    assert "east" not in gaps(ground()).index, "what the ridge and the forest break is there without them"


def test_unknown_heights_claim_nothing() -> None:
    """Without the height of the antenna no path is judged."""
    table = gaps(ground(ridge_m=120.0))
    assert table.loc["east", "reason"] == "terrain_blocked"
    villages = gpd.GeoDataFrame(
        {"id": ["east"], "name": "", "population": 1, "county": "", "city": "", "town": ""}, geometry=points([7500.0])
    )
    sites = gpd.GeoDataFrame({"id": ["M"], "services": ["nr-n41"], "operators": "cmcc", "status": "existing", "environment": "rural",
                              "height_m": 30.0, "azimuth_deg": "omni", "tilt_deg": 3.0, "carrier_power_dbm": None, "antenna": None},
                             geometry=points([MAST_X]))  # fmt: skip
    cover = ip.predict_coverage(sites, GRID, ip.services("nr-n41", reliability=0.9), terrain=ground(ridge_m=120.0), max_radius_km=5.0)
    silent = unserved_demand(cover, zones=zones(), villages=villages, sites=sites.drop(columns="height_m"))
    assert set(silent["reason"]) == {"no_site_in_range"}


def test_line_of_sight_by_hand() -> None:
    """10 km, both ends at 0 m: half-way the Earth stands 5000^2 / (2 x 8495 km) = 1.47 m higher."""
    flat = clearance_m([0, 5000, 10000], [0, 0, 0], tx_height_m=20.0, rx_height_m=10.0, earth_radius_m=8495e3)
    assert flat == approx([15.0 - 25e6 / (2 * 8495e3)])
    hill = clearance_m([0, 2500, 5000, 10000], [0, 30, 0, 0], tx_height_m=20.0, rx_height_m=10.0, earth_radius_m=8495e3)
    assert hill[0] == approx(17.5 - 30.0 - 2500 * 7500 / (2 * 8495e3)) and (hill < 0).tolist() == [True, False]


def test_causes_by_hand() -> None:
    """Missing 10 dB each: obstructed or not, and what clutter and ground take."""
    margin_db, excess_db = np.full(6, -10.0), np.array([5.0, 40.0, 40.0, 40.0, 12.0, np.nan])
    paths = Paths(
        obstructed=np.array([True, True, True, False, False, True]), clutter_db=np.array([0.0, 5.0, 30.0, 30.0, 2.0, np.nan]),
        excess_db=excess_db, raise_m=np.zeros(6), ridge_sees=np.zeros(6, bool),
    )  # fmt: skip
    causes = _causes_on_the_path(margin_db, paths)
    found = np.select([holds for _, holds in causes], [name for name, _ in causes], default="")
    assert list(found) == ["too_far", "terrain_blocked", "clutter", "clutter", "weak_signal", ""]


def neighbours(count: int, **changes: Any) -> Neighbours:
    given: dict[str, Any] = {
        "row": np.zeros(count, np.int64), "site": np.full(count, "M", object), "x_m": np.zeros(count), "y_m": np.zeros(count),
        "height_m": np.full(count, 30.0), "service": np.full(count, "nr-n41", object), "turn_db": np.zeros(count),
    }  # fmt: skip
    return Neighbours(**(given | changes))


def paths(count: int, **changes: Any) -> Paths:
    given = {"obstructed": np.zeros(count, bool), "clutter_db": np.zeros(count), "excess_db": np.full(count, 20.0)}
    return Paths(**(given | {"raise_m": np.zeros(count), "ridge_sees": np.zeros(count, bool)} | changes))


def test_raising_and_turning_by_hand() -> None:
    """From 30 to 40 m: 20 log(4/3) = 2.5 dB; turning gives its own; over a ridge only an antenna that then sees the village."""
    gain_db = 20 * math.log10(40 / 30)
    missing_db = np.array([gain_db - 0.01, gain_db + 0.01, gain_db + 0.01, 15.0, 15.0, -1.0, np.nan])
    given = neighbours(7, turn_db=np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]))
    between = paths(7, obstructed=np.array([0, 0, 0, 1, 1, 0, 0], bool), raise_m=np.array([0, 0, 0, 9.0, 11.0, 0, 0]))
    assert list(can_raise_or_turn(missing_db, given, between)) == [True, False, True, True, False, False, False]


def test_turning_gives_what_the_pattern_takes_and_no_more_than_the_preset() -> None:
    assert _turn_db("0/120/240", 0.0) == 0.0 and _turn_db("0/120/240", 350.0) == approx(12 * (10 / 65) ** 2)
    assert _turn_db("0/120/240", 60.0) == 3.0 and _turn_db("omni", 60.0) == 0.0 and _turn_db("", 60.0) == 0.0


def test_a_low_band_helps_where_it_is_not_radiated_and_strong_enough() -> None:
    services = ip.services("nr-n41", "nr-n28")
    sites = pd.DataFrame({
        "id": ["M", "N", "P"], "mast": ["T1", "T2", "T2"], "services": ["nr-n41", "nr-n41", "nr-n28"], "operators": "cbn+cmcc",
        "status": "existing",
    })  # fmt: skip
    gain_db = services["nr-n28"].max_path_loss_db - services["nr-n41"].max_path_loss_db
    gain_db += 20 * math.log10(services["nr-n41"].frequency_mhz / services["nr-n28"].frequency_mhz)
    cover = type("Map", (), {"services": services, "receiver": lambda self, family: "outdoor"})()
    layers: Any = Layers(cover, None, None, sites=sites)
    given = neighbours(3, row=np.array([0, 0, 1]))
    missing_db = np.array([gain_db - 0.1, gain_db + 0.1, 1.0])
    found = can_lower_band(missing_db, given, "nr", "any", "outdoor", layers)
    assert list(found) == [True, False, False], "the third mast has the band already, on another site of its"
    assert list(can_lower_band(missing_db, given, "nr", "ctcc+cucc", "outdoor", layers)) == [True, False, True], "not in that network"
    none: Any = Layers(type("Map", (), {"services": {"nr-n41": services["nr-n41"]}})(), None, None, sites=sites)
    assert not can_lower_band(missing_db, given, "nr", "any", "outdoor", none).any(), "the study has no low band"


@pytest.mark.parametrize("reason", REASONS)
def test_a_village_never_gets_an_indoor_system(reason: str) -> None:
    kinds = ["village", "block", "pixel", "school", "expressway"]
    found = pd.DataFrame({"reason": reason, "kind": kinds, "length_km": [np.nan] * 4 + [2.0]})
    given = remedies_of(found, {name: lambda: np.zeros(5, bool) for name in ("share", "raise_or_turn", "lower_band", "ridge_repeater")})
    assert "indoor_system" not in set(given[[0, 1, 2, 4]])
    assert (given[3] == "indoor_system") == (reason == "weak_indoors")
    assert (given != "").all() or reason == "served_by_another_network", "every rule ends with a remedy without condition"


def test_the_first_remedy_whose_condition_holds() -> None:
    found = pd.DataFrame({"reason": "clutter", "kind": "village", "length_km": np.nan}, index=range(4))
    raising, lower = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    given = remedies_of(found, {"raise_or_turn": lambda: raising, "lower_band": lambda: lower})
    assert list(given) == ["raise_or_turn", "raise_or_turn", "lower_band", "new_site"]
    assert {"any"} <= set.union(*(set(rule) for rule in RULES.values())) and "raise_or_turn" in REMEDIES
