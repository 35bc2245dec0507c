"""Pictures of the edited map, what serves a place, and what a page knows of a study."""

from __future__ import annotations

import io
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import infraplan as ip
from infraplan.errors import UsageError
from infraplan.report.margin_images import NOTHING, classes_of
from infraplan.run.stored_network import AFTER, FOLDER, stored_network
from infraplan.run.what_if_views import TILE, TOP_WITHIN_M, answer_at, facts, highest_near, picture


@pytest.fixture(scope="module")
def state(example_run: Path) -> ip.WhatIf:
    """A study that was run, on land without terrain."""
    return ip.WhatIf(ip.Study.open(example_run))


def world_pixel(lon: Any, lat: Any, zoom: int) -> tuple[Any, Any]:
    """Where a place is in the world of Web Mercator. [pixels]"""
    world = TILE * 2.0**zoom
    return (lon + 180.0) / 360.0 * world, (1.0 - np.arcsinh(np.tan(np.radians(lat))) / math.pi) / 2.0 * world


@pytest.mark.parametrize("zoom", [7, 9, 11])
@pytest.mark.parametrize("family", ["nr", "nbiot"])
def test_a_picture_shows_the_class_of_the_pixel_at_each_place(state: ip.WhatIf, zoom: int, family: str) -> None:
    cover = state.network.cover
    grid, layer = cover.grid, cover[family]
    west, south, east, north = facts(state)["bounds"]
    (left, top), (right, bottom) = world_pixel(west, north, zoom), world_pixel(east, south, zoom)
    x, y, width, height = int(left) - 3, int(top) - 3, int(right - left) + 6, int(bottom - top) + 6
    image = Image.open(io.BytesIO(picture(state, family, "any", zoom, x, y, width, height)))
    shown = np.asarray(image)
    assert shown.shape == (height, width) and image.info["transparency"] == NOTHING
    rows, columns = np.mgrid[0:height, 0:width]
    world = TILE * 2.0**zoom
    lon = (x + columns + 0.5) / world * 360.0 - 180.0
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * (y + rows + 0.5) / world))))
    row, column = grid.pixel_of(*grid.project(lon, lat))
    expected = np.where(row >= 0, classes_of(layer.margin_db)[row, column], NOTHING)
    assert (shown != expected).mean() < 0.002, "only pixels on an edge may fall to the neighbour"


def test_a_picture_of_the_plan_differs_where_its_sites_serve(state: ip.WhatIf, tmp_path: Path) -> None:
    (left, top), (right, bottom) = world_pixel(112.9, 23.3, 9), world_pixel(113.3, 22.9, 9)
    where = 9, int(left), int(top), int(right - left), int(bottom - top)
    now, after = (picture(state, "nr", "any", *where, after=after) for after in (False, True))
    better = np.asarray(Image.open(io.BytesIO(after))).astype(int) - np.asarray(Image.open(io.BytesIO(now))).astype(int)
    assert (better != 0).any() and facts(state)["after"]
    shutil.copytree(state.study.folder, tmp_path / "bare")
    (tmp_path / "bare" / state.study.output.relative_to(state.study.folder) / FOLDER / AFTER).unlink()  # as after a run without a plan
    bare = ip.WhatIf(ip.Study.open(tmp_path / "bare"))
    assert not facts(bare)["after"]
    with pytest.raises(ip.UsageError, match="plan"):
        picture(bare, "nr", "any", *where, after=True)


def test_pictures_out_of_bounds_are_refused(state: ip.WhatIf) -> None:
    for wrong in ((40, 0, 0, 10, 10), (9, 0, 0, 0, 10), (9, 0, 0, 4096, 10), (9, 2**50, 0, 10, 10)):
        with pytest.raises(ip.UsageError):
            picture(state, "nr", "any", *wrong)
    with pytest.raises(ip.UsageError):
        picture(state, "nr", "no-network", 9, 0, 0, 10, 10)


def test_the_first_server_of_a_place_is_the_one_of_the_map(state: ip.WhatIf) -> None:
    state.apply([ip.Edit(do="change", id="S4", height_m=60.0)])
    for lon, lat in ((113.05, 23.07), (113.2, 23.1), (113.06, 23.25)):
        found = answer_at(state, lon, lat, "nr")
        x_m, y_m = (np.atleast_1d(v) for v in state.study.grid.project(lon, lat))
        layer = state.network.cover.at_positions(x_m, y_m, "nr")
        first = found["servers"][0]
        assert first["margin_db"] == pytest.approx(float(layer.margin_db[0]), abs=1e-4)
        assert first["sector"] == state.network.ids[layer.server[0]]
        margins = [one["margin_db"] for one in found["servers"]]
        assert margins == sorted(margins, reverse=True) and len({one["site"] for one in found["servers"]}) == len(margins)
        assert found["networks"]["any"] == max(value for value in found["networks"].values() if value is not None)
        json.dumps(found, allow_nan=False)


def test_a_place_off_the_map_is_refused(state: ip.WhatIf) -> None:
    with pytest.raises(ip.UsageError):
        answer_at(state, 10.0, 50.0, "nr")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_facts_are_plain_values(state: ip.WhatIf, lang: str) -> None:
    known = facts(state, lang)
    json.dumps(known, allow_nan=False, ensure_ascii=False)
    assert [one["key"] for one in known["families"]] == ["nr", "nbiot"] and known["synthetic"] is True
    assert known["limits"]["height_m"] == [0, 1000]
    chinese = any("\u4e00" <= letter <= "\u9fff" for one in known["hosts"] for letter in one["label"])
    assert chinese == (lang == "zh")


def test_the_profile_is_the_ground_of_the_map(hilly_state: ip.WhatIf) -> None:
    lon, lat = 113.1, 23.1
    profile = answer_at(hilly_state, lon, lat, "nr")["profile"]
    assert profile is not None
    terrain, grid = hilly_state.network.base.terrain, hilly_state.study.grid
    assert terrain is not None
    x_m, y_m = grid.project(lon, lat)
    assert profile["ground_m"][-1] == pytest.approx(float(terrain.height_at(x_m, y_m)[0]), abs=1.0)
    assert profile["distance_km"][0] == 0.0 and profile["distance_km"] == sorted(profile["distance_km"])
    assert profile["sight_m"][0] > profile["ground_m"][0]


def test_the_highest_ground_is_the_highest_pixel_of_the_circle(hilly_state: ip.WhatIf) -> None:
    terrain = hilly_state.network.base.terrain
    assert terrain is not None
    west, south, east, north = facts(hilly_state)["bounds"]
    longitude, latitude = 0.5 * (west + east), 0.5 * (south + north)
    top = highest_near(hilly_state, longitude, latitude)
    x_m, y_m = terrain.grid.project(longitude, latitude)
    col_x_m, row_y_m = terrain.grid.centre_of(*np.indices(terrain.grid.shape))
    near = np.hypot(col_x_m - x_m, row_y_m - y_m) <= TOP_WITHIN_M
    here_m, best_m = float(terrain.height_at(x_m, y_m)[0]), float(np.nanmax(terrain.height_m[near]))
    assert top["ground_m"] == max(best_m, here_m) and top["above_m"] == pytest.approx(max(best_m - here_m, 0.0))
    assert float(terrain.height_at(*terrain.grid.project(top["longitude"], top["latitude"]))[0]) == pytest.approx(top["ground_m"], abs=0.05)


def test_highest_ground_needs_terrain_and_a_place_on_it(state: ip.WhatIf, hilly_state: ip.WhatIf) -> None:
    with pytest.raises(UsageError, match="terrain"):
        highest_near(state, 113.1, 23.1)
    with pytest.raises(UsageError, match="map"):
        highest_near(hilly_state, 10.0, 50.0)


@pytest.fixture(scope="module")
def hilly_state(tmp_path_factory: pytest.TempPathFactory) -> ip.WhatIf:
    from tests.helpers.hilly_study import write_hilly_study

    place = write_hilly_study(tmp_path_factory.mktemp("hills") / "study")
    ip.run_study(ip.Study.open(place), jobs=1, formats=())
    return ip.WhatIf(ip.Study.open(place))


def test_hills_are_a_whole_prediction_too(hilly_state: ip.WhatIf, tmp_path: Path) -> None:
    edits = [
        ip.Edit(do="change", id="S4", longitude=113.15, latitude=23.14),
        ip.Edit(do="remove", id="S1"),
        ip.Edit(do="add", id="W1", longitude=113.1, latitude=23.1, services=("nr-n28", "nbiot-800"), operators="cbn+cmcc"),
    ]
    for some in (edits[:1], edits, edits[2:]):
        hilly_state.apply(some)
        study = hilly_state.study.under(ip.Scenario(name="t", edits=some))
        found = ip.assess(study, gaps=False)
        for key, layer in {**found.cover.layers, **found.cover.elsewhere}.items():
            now = hilly_state.network.cover
            own = now.layers.get(key) or now.elsewhere[key]
            np.testing.assert_array_equal(own.margin_db, layer.margin_db, err_msg=str(key))
        served = found.by_zone.set_index(["adcode", "family", "network"])["served"]
        shares = hilly_state.counts.shares(list(study.zones["adcode"])).set_index(["adcode", "family", "network"])["served"]
        assert (shares == served.loc[shares.index]).all()


def test_a_stored_map_answers_at_positions_that_the_run_did_not_ask(hilly_state: ip.WhatIf) -> None:
    study = hilly_state.study
    x_m, y_m = study.grid.project([113.071, 113.183], [23.083, 23.217])
    stored, whole = stored_network(study), ip.assess(study, gaps=False).cover
    for family, network, receiver in (("nr", "any", ""), ("nbiot", "cbn+cmcc", "outdoor")):
        own, other = (cover.at_positions(x_m, y_m, family, network, receiver).margin_db for cover in (stored, whole))
        np.testing.assert_array_equal(own, other)
        assert np.isfinite(own).any()
