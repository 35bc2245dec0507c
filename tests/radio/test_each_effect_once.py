"""Terrain, clutter, location variability and entry loss: each is in the model or in the budget, never in both, and the page says which."""

from __future__ import annotations

import inspect
import math
import re
from pathlib import Path

import numpy as np
import pytest

from infraplan.coverage.mast_arrays import MEDIAN
from infraplan.presets import load
from infraplan.radio import models, p1812
from infraplan.radio.budgets import service_names, services
from infraplan.radio.entry_loss import p2109
from infraplan.radio.model_selection import default_plan, loss_curve

EFFECTS = ("terrain", "clutter", "location_variability", "entry_loss")
CONTAINS = {name: {effect: row[effect] for effect in EFFECTS} for name, row in load("radio_environment")["contains"].items()}
IN_BUDGET = {"location_variability": "shadow_margin_db", "entry_loss": "entry_loss_db"}
PAGE = Path(__file__).resolve().parents[2] / "docs/propagation.md"


def test_every_model_is_in_the_table() -> None:
    assert set(CONTAINS) == {*models, "p1812"}


@pytest.mark.parametrize("name", sorted(CONTAINS))
def test_model_and_budget_never_add_the_same_effect(name: str) -> None:
    for receiver in ("outdoor", "indoor"):
        rows = [row for row in services("nr-n28", receiver=receiver)["nr-n28"].budget if row.link == "downlink" and row.sign]
        for effect, held in CONTAINS[name].items():
            in_budget = sum(row.key == IN_BUDGET.get(effect) for row in rows)
            if effect in IN_BUDGET:
                assert in_budget + int(held) == 1, effect
            else:
                assert in_budget == 0, effect


def test_the_simple_models_know_no_location_and_no_wall() -> None:
    for function in models.values():
        names = set(inspect.signature(function).parameters)
        assert not {name for name in names if "location" in name or "sigma" in name or "entry" in name or "indoor" in name}


def test_p1812_at_half_of_the_locations_holds_no_variability_but_clutter() -> None:
    def loss_db(percent: float, sigma_db: float, clutter_m: float) -> float:
        path = p1812.loss(
            np.linspace(0, 3, 101),
            np.full(101, 100.0),
            np.full(101, clutter_m),
            np.full(101, 4),
            frequency_ghz=0.773,
            time_percent=50.0,
            location_percent=percent,
            location_sigma_db=sigma_db,
            tx_height_m=35.0,
            rx_height_m=1.5,
            polarisation="vertical",
            delta_n=45.0,
            n0=325.0,
            tx_lonlat=(113.0, 24.0),
            rx_lonlat=(113.03, 24.0),
        )
        return path.loss_db

    assert loss_db(50.0, 8.0, 10.0) == pytest.approx(loss_db(50.0, 0.0, 10.0), abs=1e-6)
    assert loss_db(95.0, 8.0, 10.0) > loss_db(50.0, 8.0, 10.0) + 8.0
    assert loss_db(50.0, 0.0, 10.0) > loss_db(50.0, 0.0, 0.0) + 5.0


def test_the_whole_chain_by_hand() -> None:
    """Threshold met exactly where transmit power, gains and every loss, each once, say so."""
    service = services("nr-n28", receiver="indoor", reliability=0.9, reliability_of="edge")["nr-n28"]
    sigma_db = service.shadowing_sigma_db
    margin_db = 1.2815515655446004 * sigma_db
    by_hand_db = 52 - 10 * math.log10(1920) - 0.5 + 15 - (-110) - 3 - float(p2109(0.773, 50.0)) - margin_db
    assert service.downlink_max_path_loss_db == pytest.approx(by_hand_db)


def test_the_page_shows_the_figures_of_the_presets() -> None:
    shown = set()
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if len(cells) != 11 or cells[0] not in service_names():
            continue
        service = services(cells[0])[cells[0]]
        given = [float(cell) for cell in (*cells[1:6], cells[8])]
        expected = [
            service.carrier_power_dbm,
            service.rsrp_at_zero_loss_dbm,
            service.required_rsrp_dbm,
            service.downlink_max_path_loss_db,
            service.uplink_max_path_loss_db,
            service.entry_loss_db,
        ]
        assert given == pytest.approx(expected, abs=0.0501), cells[0]
        assert cells[6:8] == [service.limiting_link, service.receiver]
        for cell, environment, height_m in ((cells[9], "rural", 35.0), (cells[10], "urban", 25.0)):
            arguments = (default_plan(service.family), service.frequency_mhz, height_m, environment, service.rx_height_m)
            near_db, far_db = loss_curve(*arguments, [float(cell) * 0.995, float(cell) * 1.005]).loss_db
            assert near_db < service.max_path_loss_db < far_db
        shown.add(cells[0])
    assert shown == {name for name in service_names() if not name.startswith("lte-b")}


def test_the_page_shows_this_table() -> None:
    shown = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("| `") and cells[0] in CONTAINS and len(cells) >= 5 and set(cells[1:5]) <= {"yes", "no"}:
            shown[cells[0]] = dict(zip(EFFECTS, (cell == "yes" for cell in cells[1:5]), strict=True))
    assert shown == CONTAINS


def test_one_edition_of_the_recommendation_is_cited() -> None:
    """P.1812-8 everywhere; the two passages that tell the editions apart may name another."""
    root = PAGE.parents[1]
    texts = [*root.glob("infraplan/**/*.py"), *root.glob("infraplan/**/*.toml"), *root.glob("docs/*.md"), root / "README.md"]
    cited = {
        (path.relative_to(root).as_posix(), number)
        for path in texts
        for number in re.findall(r"P\.1812-(\d+)", path.read_text(encoding="utf-8"))
        if number != "8"
    }
    assert cited <= {("docs/p1812.md", "7"), ("infraplan/radio/p1812.py", "7")}


def test_refractivity_of_the_maps_is_the_preset() -> None:
    """N0 of Guangdong lies in 352 to 368; both ends give one loss wherever anything is served."""
    climate = load("radio_environment")["climate"]
    assert 352 <= climate["n0"] <= 368
    assert MEDIAN[4:] == (climate["delta_n"], climate["n0"])
    distance_km = np.linspace(0.0, 30.0, 301)
    ridge_m = 60.0 * np.exp(-(((distance_km - 20.0) / 2.0) ** 2))
    losses_db = [
        p1812.loss(
            distance_km, ridge_m, np.zeros(301), np.full(301, 4), frequency_ghz=0.77, time_percent=50.0, location_percent=50.0,
            location_sigma_db=0.0, tx_height_m=35.0, rx_height_m=1.5, polarisation="vertical", delta_n=45.0, n0=n0,
            tx_lonlat=(113.0, 24.0), rx_lonlat=(113.3, 24.0),
        ).loss_db
        for n0 in (352.0, 368.0)
    ]  # fmt: skip
    assert abs(losses_db[0] - losses_db[1]) < 0.5
    assert losses_db[0] > 140.0
