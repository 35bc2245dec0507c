"""Sites become sectors: one row an antenna on a carrier."""

from __future__ import annotations

import math
from typing import Any

import pytest

from infraplan.coverage.networks import in_network, networks
from infraplan.coverage.sectors import azimuths, sectors_of
from infraplan.errors import UsageError


def test_azimuth_cells() -> None:
    assert azimuths("0/120/240") == (0.0, 120.0, 240.0)
    assert azimuths("480") == (120.0,)
    assert math.isnan(azimuths("omni")[0]) and math.isnan(azimuths("")[0])


def test_one_row_a_sector(sites: Any, presets: Any) -> None:
    sectors = sectors_of(sites, presets)
    expected = sum(len(azimuths(cell)) * len(names.split(";")) for cell, names in zip(sites["azimuth_deg"], sites["services"], strict=True))
    assert len(sectors) == expected
    assert sectors["id"].is_unique and sectors["id"].is_monotonic_increasing
    assert set(sectors.loc[sectors["service"] == "nbiot-900", "family"]) == {"nbiot"}
    assert (sectors.loc[sectors["azimuth_deg"].isna(), "antenna"] == "omni").all()
    assert (sectors["power_offset_db"] == 0).all()


def test_power_beside_the_preset(sites: Any, presets: Any) -> None:
    louder = sites.assign(carrier_power_dbm=presets["nr-n41"].carrier_power_dbm + 2.0)
    sectors = sectors_of(louder, presets)
    assert sectors.loc[sectors["service"] == "nr-n41", "power_offset_db"].to_numpy() == pytest.approx(2.0)


def test_only_what_stands(sites: Any, presets: Any) -> None:
    retired = sites.assign(status=["retired", *["existing"] * (len(sites) - 1)])
    assert "S00" not in set(sectors_of(retired, presets)["site_id"])
    assert set(sectors_of(retired, presets, include=("retired",))["site_id"]) == {"S00"}


def test_a_service_listed_twice_is_refused(sites: Any, presets: Any) -> None:
    with pytest.raises(UsageError, match="S00"):
        sectors_of(sites.assign(services="nr-n41;nr-n41"), presets)


def test_networks() -> None:
    assert networks()[0] == "any"
    assert list(in_network(["cmcc", "ctcc+cucc", "cbn+cmcc", ""], "cbn+cmcc")) == [True, False, True, False]
    assert in_network(["", "x"], "any").all()
    assert list(in_network(["mtn", "mtn+orange", "airtel"], "orange")) == [False, True, False]
