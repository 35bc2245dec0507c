"""One loss a distance: continuous, never falling, never outside a published range."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import floats, sampled_from

from infraplan.errors import UsageError, ValidityWarning
from infraplan.radio.model_selection import PLANS, default_plan, loss_curve, valid_range_m
from infraplan.radio.path_loss import expected_loss, okumura_hata

ENVIRONMENTS = ("dense_urban", "urban", "suburban", "rural")
DISTANCES_M = np.geomspace(1.0, 30_000.0, 3000)


@settings(max_examples=60)
@given(
    plan=sampled_from(PLANS),
    environment=sampled_from(ENVIRONMENTS),
    frequency_mhz=floats(400, 6000),
    base_height_m=floats(3, 250),
    rx_height_m=floats(1, 22),
)
def test_continuous_monotone_and_inside_every_range(
    plan: str, environment: str, frequency_mhz: float, base_height_m: float, rx_height_m: float
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ValidityWarning)
        curve = loss_curve(plan, frequency_mhz, base_height_m, environment, rx_height_m, DISTANCES_M)
    first_m, last_m = valid_range_m(plan, frequency_mhz, base_height_m, environment, rx_height_m)
    computed = np.isfinite(curve.loss_db)
    assert np.array_equal(computed, np.less_equal(DISTANCES_M, last_m))
    assert [name == "none" for name in curve.model] == [not one for one in computed]
    steps_db = np.diff(curve.loss_db[computed])
    assert (steps_db >= -1e-9).all()
    assert (steps_db < 1.0).all()
    assert len(set(curve.loss_db[computed & np.less(DISTANCES_M, first_m)])) <= 1


def test_one_distance_gives_what_many_give() -> None:
    arguments = ("hata", 945.0, 35.0, "urban", 1.5)
    many = loss_curve(*arguments, DISTANCES_M)
    for k in (0, 500, 2000, 2100, 2200, 2500, 2999):
        assert loss_curve(*arguments, DISTANCES_M[k]).loss_db == many.loss_db[k]


def test_the_models_stand_unchanged_outside_the_join() -> None:
    near, far = loss_curve("hata", 945.0, 35.0, "urban", 1.5, [400.0, 6000.0]).loss_db
    assert near == pytest.approx(float(expected_loss("tr38901-uma", 0.4, 945.0, base_height_m=25.0, mobile_height_m=1.5)))
    assert far == pytest.approx(float(okumura_hata(6.0, 945.0, base_height_m=35.0, mobile_height_m=1.5)))


def test_choices_by_height_and_frequency() -> None:
    assert set(loss_curve("hata", 945.0, 25.0, "rural", 1.5, [500.0, 4900.0, 5100.0]).model) == {"tr38901-rma", "none"}
    assert loss_curve("hata", 1840.0, 35.0, "urban", 1.5, 9000.0).model == ("cost231-hata",)
    assert loss_curve("tr38901", 773.0, 35.0, "rural", 1.5, 3000.0).model == ("tr38901-rma+okumura-hata",)
    assert loss_curve("tr38901", 2565.0, 12.0, "urban", 1.5, 200.0).model == ("tr38901-umi",)
    assert loss_curve("tr38901", 2565.0, 32.0, "urban", 1.5, 200.0).held == (("tr38901-uma", "base_height_m", 32.0, 25.0),)
    assert valid_range_m("tr38901", 400.0, 20.0, "rural", 1.5) == (0.0, 0.0)
    assert np.isinf(loss_curve("tr38901", 400.0, 20.0, "rural", 1.5, [1.0, 100.0]).loss_db).all()


def test_shape_is_kept() -> None:
    curve = loss_curve("tr38901", 2565.0, 25.0, "urban", 1.5, np.full((4, 3), 300.0))
    assert curve.loss_db.shape == (4, 3)
    assert len(curve.model) == 12


def test_unknown_names() -> None:
    assert (default_plan("nr"), default_plan("nbiot")) == ("tr38901", "hata")
    with pytest.raises(UsageError, match="rural"):
        loss_curve("hata", 945.0, 35.0, "rurral", 1.5, 100.0)
    with pytest.raises(UsageError, match="family"):
        default_plan("source")
