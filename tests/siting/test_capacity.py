"""How many people a site serves at most: by hand, by sectors and services, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import infraplan as ip
from infraplan.errors import DataError, UsageError
from infraplan.presets import load
from infraplan.siting.capacity import limited_family, people_at_most, spectral_efficiency

SERVICES = ip.services("nr-n28", "nr-n41", "nbiot-900")


def sites(*rows: tuple[str, str]) -> Any:
    return pd.DataFrame(rows, columns=["services", "azimuth_deg"])


def test_a_sector_by_hand() -> None:
    hour = ip.BusyHour(traffic_gb_per_month=30.4, busy_hour_share=0.09, users_per_resident=0.5, load=0.5)
    # 1 GB a day, 9 % of it in an hour: 8000 Mbit x 0.09 / 3600 s = 0.2 Mbit/s a user, 0.1 a resident
    assert hour.mbps_per_resident == pytest.approx(0.1)
    service = SERVICES["nr-n28"]
    mbps = service.bandwidth_mhz * service.downlink_share * 3.3 * 0.5
    assert hour.people_of_a_sector(service) == pytest.approx(mbps / 0.1)
    assert spectral_efficiency(SERVICES["nr-n41"]) == 7.8 and spectral_efficiency(SERVICES["nbiot-900"]) is None


def test_sectors_and_services_add_up_and_things_are_not_people() -> None:
    hour = ip.usual_busy_hour()
    n28, n41 = (hour.people_of_a_sector(SERVICES[name]) for name in ("nr-n28", "nr-n41"))
    listed = sites(("nr-n28", "0/120/240"), ("nr-n28;nr-n41", "0/180"), ("nbiot-900;nr-n28", ""), ("nbiot-900", "0/120/240"))
    found = people_at_most(hour, listed, SERVICES, "nr")
    assert found is not None and found.tolist() == [np.floor(3 * n28), np.floor(2 * (n28 + n41)), np.floor(n28), 0.0]
    assert people_at_most(hour, listed, SERVICES, "nbiot") is None and people_at_most(None, listed, SERVICES, "nr") is None
    assert people_at_most(700, listed, SERVICES, "nr").tolist() == [700.0] * 4  # type: ignore[union-attr]


@given(st.floats(0.1, 500), st.floats(0.01, 1), st.floats(0.01, 2), st.floats(0.05, 1))
def test_more_traffic_serves_fewer_people_and_more_load_more(traffic: float, share: float, users: float, load: float) -> None:
    service = SERVICES["nr-n28"]
    usual = ip.BusyHour(traffic, share, users, load).people_of_a_sector(service)
    assert ip.BusyHour(2 * traffic, share, users, load).people_of_a_sector(service) == pytest.approx(usual / 2)
    assert ip.BusyHour(traffic, share, users, load / 2).people_of_a_sector(service) == pytest.approx(usual / 2)


def test_what_serves_nobody_is_refused_with_a_fix() -> None:
    for capacity, word in (
        (0, "none"),
        (-5, "auto"),
        (ip.usual_busy_hour(load=0.0), "load"),
        (ip.usual_busy_hour(users_per_resident=-1), "users"),
    ):
        with pytest.raises(UsageError, match=word):
            limited_family(capacity, ["nr"], SERVICES)
    assert limited_family(ip.usual_busy_hour(), ["nr", "lte"], ip.services("nr-n28", "lte-b3")) == "nr", "one family is limited, the first"
    assert limited_family(ip.usual_busy_hour(), ["nbiot"], SERVICES) == "" and limited_family(None, ["nr"], SERVICES) == ""
    assert limited_family(500, ["nbiot", "nr"], SERVICES) == "nr"


def test_every_figure_of_the_presets_has_a_source() -> None:
    presets = load("capacity")
    entries = [*presets["busy_hour"].values(), *presets["spectral_efficiency"]["nr"].values(), presets["spectral_efficiency"]["lte"]]
    assert all(entry["source"] and entry["value"] > 0 for entry in entries)
    assert all(entry.get("interpretation") for entry in entries if "planner" in entry["source"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ip.usual_busy_hour()),
        ('capacity_people = "none"', None),
        ("capacity_people = 9000", 9000),
        ("[plan.busy_hour]\nload = 0.5", ip.usual_busy_hour(load=0.5)),
    ],
)
def test_a_study_chooses_its_capacity(tmp_path: Path, text: str, expected: object) -> None:
    assert ip.Study.open(study_with(tmp_path, text)).capacity == expected


@pytest.mark.parametrize("text", ["capacity_people = 0", "capacity_people = -1", 'capacity_people = "no"', "[plan.busy_hour]\nload = 0.0"])
def test_a_study_with_a_capacity_of_0_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError) as error:
        ip.Study.open(study_with(tmp_path, text))
    assert "plan." in str(error.value)


def study_with(folder: Path, text: str) -> Path:
    """The example world's study with these lines in [plan]."""
    place = ip.example_world().write(folder / "study")
    file = Path(place) / "study.toml" if Path(place).is_dir() else Path(place)
    lines = file.read_text(encoding="utf-8").splitlines()
    at = lines.index("[plan]") + 1
    own, _, section = text.partition("[plan.busy_hour]")
    ends = next((n for n in range(at, len(lines)) if lines[n].startswith("[")), len(lines))
    lines[ends:ends] = ["[plan.busy_hour]", *section.strip().splitlines()] if section else []
    lines[at:at] = [own] if own.strip() else []
    file.write_text("\n".join(lines), encoding="utf-8")
    return file.parent
