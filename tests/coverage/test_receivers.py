"""The map for the other receiver: as if the services had been built for it, whatever the mix of services."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from infraplan.coverage.map_update import cover_with
from infraplan.coverage.networks import EVERY, counted_networks, single_networks
from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.geo.grids import Grid
from infraplan.geo.terrain import Terrain
from infraplan.radio.budgets import services
from infraplan.radio.receivers import at_receiver, other_receiver, receiver_loss_db, receiver_of

NAMES = ("nr-n41", "nr-n28", "nbiot-900")


@pytest.fixture(scope="module", params=[False, True], ids=["flat", "terrain"])
def ground(request: Any, grid: Grid) -> Any:
    if not request.param:
        return None
    row, col = np.mgrid[0 : grid.height, 0 : grid.width]
    height_m = (60 + 60 * np.sin(row / 9) * np.cos(col / 7)).astype(np.float32)
    return Terrain(grid, height_m, None, np.full(grid.shape, 4, np.uint8))


@pytest.fixture(scope="module")
def cover(sites: Any, grid: Grid, presets: Any, ground: Any) -> Coverage:
    return predict_coverage(sectors_of(sites, presets), grid, presets, terrain=ground, max_radius_km=8.0, both_receivers=True)


def test_the_layers_equal_a_map_made_for_that_receiver(cover: Coverage, sites: Any, grid: Grid, presets: Any, ground: Any) -> None:
    for family, receiver in (("nr", "indoor"), ("nbiot", "outdoor")):
        there = services(*(name for name in NAMES if presets[name].family == family), reliability=0.9, receiver=receiver)
        alone = predict_coverage(sectors_of(sites, there), grid, there, terrain=ground, max_radius_km=8.0)
        for network in cover.networks:
            layer, expected = cover.at(family, network, receiver), alone[family, network]
            np.testing.assert_allclose(layer.margin_db, expected.margin_db, atol=1e-3)
            named, wanted = cover.sector_ids[layer.server], sectors_of(sites, there)["id"].to_numpy()[expected.server]
            clear = layer.server >= 0
            assert (named[clear] == wanted[clear]).mean() > 0.999


def test_every_network_serves_where_each_does(cover: Coverage) -> None:
    shared = single_networks(cover.networks)
    assert counted_networks(cover.networks) == (*cover.networks, EVERY)
    assert len(shared) == 2
    for receiver in ("outdoor", "indoor"):
        every = cover.at("nr", EVERY, receiver)
        each = np.stack([cover.at("nr", network, receiver).margin_db >= 0 for network in shared])
        np.testing.assert_array_equal(every.margin_db >= 0, each.all(axis=0))
        assert receiver == "indoor" or each.any(axis=0).sum() > each.all(axis=0).sum()
    assert counted_networks(("any", "cmcc")) == ("any", "cmcc")


def test_own_layers_do_not_change(cover: Coverage, sites: Any, grid: Grid, presets: Any, ground: Any) -> None:
    plain = predict_coverage(sectors_of(sites, presets), grid, presets, terrain=ground, max_radius_km=8.0)
    for key, layer in plain.layers.items():
        np.testing.assert_array_equal(cover.layers[key].margin_db, layer.margin_db)
        np.testing.assert_array_equal(cover.layers[key].server, layer.server)
    assert (cover.capped_sites, cover.capped_by_family) == (plain.capped_sites, plain.capped_by_family)
    assert sum(plain.capped_by_family.values()) >= plain.capped_sites


def test_a_constant_shift_of_the_best_layer_would_be_wrong(cover: Coverage, presets: Any) -> None:
    """What a wall takes differs between 700 MHz and 2.6 GHz: the best server indoors may be another."""
    losses = [receiver_loss_db(presets[name], "indoor") for name in ("nr-n41", "nr-n28")]
    assert abs(losses[0] - losses[1]) > 0.3
    indoors_db = cover.at("nr", receiver="indoor").margin_db
    shifts = (cover["nr"].margin_db - indoors_db)[indoors_db >= -10]
    assert np.nanmax(shifts) - np.nanmin(shifts) > 0.2


def test_names(presets: Any, cover: Coverage) -> None:
    assert (receiver_of(presets, "nr"), other_receiver(presets, "nr")) == ("outdoor", "indoor")
    assert (receiver_of(presets, "nbiot"), other_receiver(presets, "nbiot")) == ("indoor", "outdoor")
    assert (cover.receiver("nbiot"), cover.other_receiver("nbiot")) == ("indoor", "outdoor")
    assert cover.at("nr", receiver="outdoor") is cover["nr"]
    there = at_receiver(presets["nr-n41"], "indoor")
    built = services("nr-n41", reliability=0.9, receiver="indoor")["nr-n41"]
    assert there.max_path_loss_db == pytest.approx(built.max_path_loss_db, abs=1e-6)


def test_sites_added_to_a_map_change_its_other_receivers_too(sites: Any, grid: Grid, presets: Any, ground: Any, cover: Coverage) -> None:
    given = {"terrain": ground, "max_radius_km": 8.0, "both_receivers": True}
    first = predict_coverage(sectors_of(sites.iloc[:7], presets), grid, presets, **given)
    whole = cover_with(sites.iloc[7:].assign(status="planned"), first, presets)
    assert set(whole.elsewhere) == set(cover.elsewhere)
    for key, layer in cover.elsewhere.items():
        np.testing.assert_array_equal(whole.elsewhere[key].margin_db, layer.margin_db)
        assert (whole.sector_ids[whole.elsewhere[key].server] == cover.sector_ids[layer.server])[layer.server >= 0].all()
