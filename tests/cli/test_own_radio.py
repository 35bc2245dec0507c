"""Services and antennas of a study's own, through every verb; what would leave the map empty is an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from own_radio import SERVICES, pattern_text, with_own_radio
from results import copy_of

from infraplan.coverage.footprints import by_site, site_footprint
from infraplan.coverage.shared_tables import Radio
from infraplan.errors import DataError, Fault
from infraplan.radio.antennas import pattern_db
from infraplan.radio.budgets import services
from infraplan.study import Study

Call = Callable[..., Any]


@pytest.fixture()
def study(mini_study: Path, tmp_path: Path) -> Path:
    return with_own_radio(copy_of(mini_study, tmp_path))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def faults_of(infraplan: Call, study: Path) -> list[dict[str, Any]]:
    """The errors that `check` finds; its exit code is 3 where there are any."""
    answer = infraplan("check", study, "--json")
    errors = [fault for fault in json.loads(answer.out) if fault["severity"] == "error"]
    assert answer.code == (3 if errors else 0)
    return errors


def test_check_and_coverage(infraplan: Call, study: Path, mini_study: Path) -> None:
    assert faults_of(infraplan, study) == []
    rows = pd.DataFrame(json.loads(infraplan("coverage", study, "--json").out))
    rows = rows.loc[(rows["level"] == "province") & (rows["network"] == "any")].set_index("family")
    assert set(rows.index) == {"nr", "nbiot", "lte"}
    assert rows.loc["lte", "served"] > 0
    plain = pd.DataFrame(json.loads(infraplan("coverage", mini_study, "--json").out))
    plain = plain.loc[(plain["level"] == "province") & (plain["network"] == "any")].set_index("family")
    assert rows.loc["nbiot", "served"] < plain.loc["nbiot", "served"]  # a third of its sites carry the private service


def test_a_run_by_two_workers_tells_its_services_and_antennas(infraplan: Call, study: Path, tmp_path: Path) -> None:
    answer = infraplan("run", study, "--jobs", "2", "--formats", "html")
    assert answer.code == 0, answer.err
    pages = [tmp_path / "results/index.html", *(tmp_path / "results/cities").glob("*/report.html")]
    assert len(pages) == 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert all(word in text for word in ("private-1400", "1457", "patterns/low.msi", "patterns/eight.msi", "lte-1"))
    listed = json.loads((tmp_path / "results/ledger.json").read_text(encoding="utf-8"))["fingerprint"]["inputs"]
    assert {"services", "antennas.patterns/low.msi", "antennas.patterns/eight.msi"} <= set(listed)


def test_a_plan_builds_what_the_services_file_describes(infraplan: Call, study: Path, tmp_path: Path) -> None:
    """A service whose name does not begin with its family is planned, listed and judged like any other."""
    opened = Study.open(study)
    built_in = services("nr-n28", reliability=0.9)["nr-n28"]
    assert built_in.downlink_max_path_loss_db - opened.plan_services["nr-n28"].downlink_max_path_loss_db == pytest.approx(2.5)
    change(study / "services.toml", 'family = "lte"', 'family = "nr"')
    change(study / "study.toml", 'services = ["nr-n28", "private-1400"]', 'services = ["private-1400"]')
    answer = infraplan("plan", study, "--max-sites", "3", "-o", tmp_path / "plan.csv")
    assert answer.code == 0, answer.err
    table = pd.read_csv(tmp_path / "plan.csv")
    assert 0 < len(table) <= 3
    assert any(set(table[name].astype(str)) == {"private-1400"} for name in table.columns)


def test_a_site_with_a_pattern_file_has_that_pattern(study: Path) -> None:
    """Margins around one site are budget, the file's gain against the service's antenna, the file's cuts at the site's tilt, and loss."""
    opened = Study.open(study)
    sectors = opened.sectors
    own = sectors.loc[sectors["antenna"] == "patterns/eight.msi"]
    assert len(own) and set(own["service"]) == {"nr-n28"}
    one = own.loc[own["site_id"] == own["site_id"].iloc[0]].assign(tilt_deg=8.0).reset_index(drop=True)
    radio = Radio(opened.services)
    _, _, site = next(by_site(one, opened.grid))
    footprint = site_footprint(site, opened.grid, radio)
    rows, cols = np.nonzero(~np.isnan(footprint.margin_db[0]))
    x_m, y_m = opened.grid.centre_of(rows + footprint.row0, cols + footprint.col0)
    dx_m, dy_m = x_m - site["x_m"], y_m - site["y_m"]
    distance_m = np.hypot(dx_m, dy_m)
    service, antenna = opened.services["nr-n28"], opened.antennas["patterns/eight.msi"]
    assert (antenna.electrical_tilt_deg, antenna.gain_dbi) == (8.0, 15.0)
    curve = radio.curve(str(site["environment"][0]), service, float(site["height_m"][0]))
    drop_deg = -np.degrees(np.arctan2(site["height_m"][0] - service.rx_height_m, distance_m))
    taken_db = pattern_db(antenna, np.degrees(np.arctan2(dx_m, dy_m)) - site["azimuth_deg"][0], drop_deg, 8.0)
    level_db = service.largest_loss_db(0.0, antenna.gain_dbi - 15.0)
    expected_db = level_db + taken_db - np.interp(distance_m, curve.distance_m, curve.loss_db)
    far = distance_m > 300.0
    assert footprint.margin_db[0][rows, cols][far] == pytest.approx(expected_db[far], abs=0.2)


def test_inputs_change_with_the_antenna_and_the_services(study: Path) -> None:
    before = Study.open(study).inputs
    (study / "patterns/low.msi").write_text(pattern_text(5), encoding="utf-8")
    middle = Study.open(study).inputs
    (study / "services.toml").write_text(SERVICES.replace("43.0", "42.0"), encoding="utf-8")
    after = Study.open(study).inputs
    assert {name for name in before if before[name] != middle[name]} == {"antennas.patterns/low.msi"}
    assert {name for name in before if middle[name] != after[name]} == {"services"}


def test_files_beside_the_site_table_are_found_first(study: Path) -> None:
    (study / "network").mkdir()
    (study / "sites.csv").rename(study / "network/sites.csv")
    change(study / "study.toml", 'sites = "sites.csv"', 'sites = "network/sites.csv"')
    (study / "network/patterns").mkdir()
    (study / "network/patterns/eight.msi").write_text(pattern_text(2, frequency_mhz=780), encoding="utf-8")
    opened = Study.open(study)
    assert {name: antenna.electrical_tilt_deg for name, antenna in opened.antennas.items()} == {
        "patterns/eight.msi": 2.0, "patterns/low.msi": 6.0,
    }  # fmt: skip


def test_cells_of_one_site_may_carry_files_of_their_own(study: Path) -> None:
    """A table with a row a cell: the sectors of one site have different antennas."""
    sites = pd.read_csv(study / "sites.csv", dtype=str)
    row = sites.loc[sites["services"] == "nr-n28"].iloc[0]
    cells = pd.DataFrame([row] * 3).assign(
        azimuth_deg=["0", "120", "240"], antenna=["patterns/eight.msi", "sector-65", "patterns/deep.msi"], 小区名称=["甲-1", "甲-2", "甲-3"]
    )
    pd.concat([sites.loc[sites["id"] != row["id"]], cells]).to_csv(study / "sites.csv", index=False)
    absent = [fault for fault in errors_of(study) if fault.rule == "no_pattern"]
    assert [fault.value for fault in absent] == ["patterns/deep.msi"]
    (study / "patterns/deep.msi").write_text(pattern_text(10, frequency_mhz=780), encoding="utf-8")
    sectors = Study.open(study).sectors
    found = sectors.loc[sectors["site_id"] == row["id"]].set_index("azimuth_deg")["antenna"].to_dict()
    assert found == {0.0: "patterns/eight.msi", 120.0: "sector-65", 240.0: "patterns/deep.msi"}


def test_what_a_pattern_file_says_reaches_check(infraplan: Call, study: Path) -> None:
    (study / "patterns/low.msi").write_text(pattern_text(6, frequency_mhz=2600, heading="ELECTRICAL_TILT 2"), encoding="utf-8")
    answer = infraplan("check", study, "--json")
    result = {(fault["rule"], fault["severity"]) for fault in json.loads(answer.out)}
    assert {("pattern_tilt", "warning"), ("pattern-band", "warning")} <= result
    assert answer.code == 0


BAD = {
    "absent file": ("sites.csv", "patterns/eight.msi", "patterns/nine.msi", "no_pattern", "patterns/nine.msi"),
    "bad file": ("patterns/low.msi", "GAIN 15 dBi", "GAIN much", "pattern_gain", "much"),
    "bad value": ("services.toml", "1457.0", "1.457", "services_range", "1.457"),
    "no source": ("services.toml", 'value = 3.0, source = "sheet"', 'value = 3.0, source = "shet"', "services_entry", "shet"),
    "not TOML": ("services.toml", "[service.nr-n28]", "[service.nr-n28", "services-toml", ""),
    "absent services file": ("study.toml", '"services.toml"', '"servces.toml"', "no_such_file", "servces.toml"),
    "unknown service": ("study.toml", '"nbiot-900", "private-1400"', '"nbiot-900", "private-140"', "study-choice", "private-140"),
    "unknown plan service": ("study.toml", '"nr-n28", "private-1400"]\ncandidate', '"nr-n82"]\ncandidate', "study-choice", "nr-n82"),
    "service of a site": ("sites.csv", "private-1400", "private-1500", "unknown_band", "private-1500"),
    "all fall out": ("study.toml", '["nr-n28", "nbiot-900", "private-1400"]', '["nr-n79"]', "no_sector", "nbiot-900"),
    "none stands": ("sites.csv", "existing", "planned", "none-standing", "planned"),
    "none stands yet": ("study.toml", 'as_of = "2020-12-31"', 'as_of = "2019-12-31"', "none-standing", "sites.csv"),
    "above 6 GHz over terrain": ("services.toml", "1457.0", "6500.0", "service-beyond-model", "6500"),
}


def errors_of(study: Path) -> list[Fault]:
    """What stops every verb before any work."""
    with pytest.raises(DataError) as raised:
        Study.open(study).read_all(people=False)
    return raised.value.fault_list


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_stops_every_verb(study: Path, case: str) -> None:
    file, old, new, rule, value = BAD[case]
    change(study / file, old, new)
    if case == "above 6 GHz over terrain":
        change(study / "study.toml", "[coverage]\n", '[coverage]\nmodel = "p1812"\n')
    found = [fault for fault in errors_of(study) if fault.rule == rule]
    assert found and any(value in f"{fault.value} {fault.file}" for fault in found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("case", ["absent file", "all fall out"])
def test_check_and_coverage_end_with_three(infraplan: Call, study: Path, case: str) -> None:
    file, old, new, rule, _ = BAD[case]
    change(study / file, old, new)
    assert rule in {fault["rule"] for fault in faults_of(infraplan, study)}
    answer = infraplan("coverage", study, "--json")
    assert (answer.code, answer.out) == (3, "")
    assert "Traceback" not in answer.err


def test_a_band_without_a_model_is_an_error_not_an_empty_map(study: Path) -> None:
    change(study / "services.toml", "1457.0", "100.0")
    change(study / "study.toml", '["nr-n28", "nbiot-900", "private-1400"]', '["private-1400"]')
    change(study / "study.toml", '["nr-n28", "private-1400"]', '["private-1400"]')
    assert {fault.rule for fault in errors_of(study)} == {"no-model"}


def test_a_header_alone_is_a_network_to_be_built(study: Path) -> None:
    header = (study / "sites.csv").read_text(encoding="utf-8").split("\n", 1)[0]
    (study / "sites.csv").write_text(header + "\n", encoding="utf-8")
    try:
        assert len(Study.open(study).sectors) == 0
    except DataError as error:  # a reader may refuse the empty table; it must not be for want of sectors
        assert {fault.rule for fault in error.fault_list}.isdisjoint({"no_sector", "none-standing"})


def test_a_path_may_be_written_as_windows_does(study: Path) -> None:
    change(study / "sites.csv", "patterns/eight.msi", "patterns\\eight.msi")
    assert {"patterns\\eight.msi", "patterns/low.msi"} == set(Study.open(study).antennas)


def test_power_class_2_is_a_choice_of_the_study(study: Path) -> None:
    change(study / "study.toml", "[coverage]\n", "[coverage]\npower_class = 1\n")
    with pytest.raises(DataError, match="2, 3"):
        Study.open(study)
    change(study / "study.toml", "power_class = 1\n", "")
    change(study / "study.toml", "[coverage]\n", "[coverage]\npower_class = 2\n")
    opened = Study.open(study)
    assert {service.ue_power_dbm for service in opened.services.values()} == {23.0}
    assert [fault.rule for fault in opened.warnings if fault.rule == "power-class"] == ["power-class"]
    added = 'band = "n41"\nuplink_share = { value = 0.3, source = "sheet" }\n'
    change(study / "services.toml", "[service.nr-n28]\n", f"[service.nr-n28]\n{added}")
    strong = Study.open(study)
    assert {name: service.ue_power_dbm for name, service in strong.services.items()}["nr-n28"] == 26.0
    assert not [fault for fault in strong.warnings if fault.rule == "power-class"]
