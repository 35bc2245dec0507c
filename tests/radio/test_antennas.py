"""Patterns, tilt, cuts, and pattern files with their faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import floats, sampled_from

from infraplan.errors import DataError, UsageError, collected
from infraplan.presets import load
from infraplan.radio.antennas import antenna_named, cuts, pattern_db, sector_element_db
from infraplan.radio.pattern_files import parse_pattern

NAMES = sorted(load("antennas"))


def pattern_text(*, gain: str = "17.5 dBi", tilt: float = 4.0, horizontal: int = 360, vertical: int = 360) -> str:
    across = [f"{a} {min(12 * (((a + 180) % 360 - 180) / 65) ** 2, 30):.3f}" for a in range(horizontal)]
    down = [f"{a} {min(12 * ((((a - tilt) + 180) % 360 - 180) / 7) ** 2, 30):.3f}" for a in range(vertical)]
    head = ["NAME test-antenna", "MAKE nobody", "FREQUENCY 1855", f"GAIN {gain}", "TILT ELECTRICAL", f"ELECTRICAL_TILT {tilt:g}"]
    return "\n".join([*head, "COMMENT 示例", "HORIZONTAL 360", *across, "VERTICAL 360", *down])


def test_element_by_the_table() -> None:
    assert sector_element_db([0, 32.5, 65, 180], [0, 0, 32.5, 90]).tolist() == pytest.approx([0, -3, -15, -30])


@pytest.mark.parametrize("name", NAMES)
def test_the_tables_are_the_pattern_at_whole_degrees(name: str) -> None:
    across_db, up_db = cuts(name, 6.0)
    assert (across_db.dtype, up_db.dtype, across_db.shape, up_db.shape) == (np.float32, np.float32, (360,), (181,))
    added_db = np.maximum(across_db[:, None] + up_db[None, :], antenna_named(name).floor_db)
    exact_db = pattern_db(name, np.arange(360.0)[:, None], np.arange(-90.0, 91.0)[None, :], 6.0)
    assert np.abs(added_db - exact_db).max() < 1e-4
    assert exact_db.max() > -0.05
    assert np.argmax(up_db) - 90 == -6


@settings(max_examples=80)
@given(name=sampled_from(NAMES), off_deg=floats(-720, 720), up_deg=floats(-90, 90), tilt_deg=floats(0, 15))
def test_never_above_the_peak_and_alike_left_and_right(name: str, off_deg: float, up_deg: float, tilt_deg: float) -> None:
    here_db = float(pattern_db(name, off_deg, up_deg, tilt_deg))
    assert antenna_named(name).floor_db <= here_db <= 0.0
    assert here_db == pytest.approx(float(pattern_db(name, -off_deg, up_deg, tilt_deg)), abs=1e-6)
    assert here_db == pytest.approx(float(pattern_db(name, off_deg + 360.0, up_deg, tilt_deg)), abs=1e-6)


def test_mechanical_tilt_lowers_the_front_lifts_the_back_and_leaves_the_side() -> None:
    def best_deg(off_deg: float) -> float:
        angles_deg = np.arange(-30.0, 30.0, 0.1)
        return float(angles_deg[np.argmax(pattern_db("omni", off_deg, angles_deg, 2.0, mechanical_tilt_deg=5.0))])

    assert [best_deg(off_deg) for off_deg in (0.0, 90.0, 180.0)] == pytest.approx([-7.0, -2.0, 3.0], abs=0.11)


def test_a_column_of_eight_is_as_narrow_as_theory_says() -> None:
    angles_deg = np.arange(-20.0, 20.0, 0.01)
    beam_deg = np.ptp(angles_deg[pattern_db("sector-65", 0.0, angles_deg) > -3.0103])
    assert beam_deg == pytest.approx(50.8 / (8 * 0.8), rel=0.03)


def test_omni_has_no_azimuth() -> None:
    assert float(pattern_db("omni", np.nan, 0.0)) == 0.0
    assert float(pattern_db("sector-65", np.nan, 0.0)) == pytest.approx(0.0)


def test_unknown_antenna_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="massive-64t64r"):
        pattern_db("massive-64t64", 0.0, 0.0)


def test_a_pattern_file_is_read_as_it_is_meant() -> None:
    antenna = parse_pattern(pattern_text(), file="a.msi")
    assert (antenna.name, antenna.gain_dbi, antenna.electrical_tilt_deg, antenna.frequency_mhz) == ("test-antenna", 17.5, 4.0, 1855.0)
    assert float(pattern_db(antenna, 0.0, -4.0, 4.0)) == pytest.approx(0.0)
    assert float(pattern_db(antenna, 32.5, -4.0, 4.0)) == pytest.approx(-3.0, abs=0.01)
    assert float(pattern_db(antenna, 0.0, -7.5, 4.0)) == pytest.approx(-3.0, abs=0.1)
    assert float(pattern_db(antenna, 0.0, -6.0, 6.0)) == pytest.approx(0.0)
    assert np.argmax(cuts(antenna, 4.0)[1]) == 90 - 4
    upward = parse_pattern(pattern_text(), file="a.msi", vertical="up")
    assert upward.electrical_tilt_deg == -4.0
    assert np.argmax(cuts(upward, -4.0)[1]) == 90 + 4


HEADINGS = [
    "TILT ELECTRICAL\nELECTRICAL_TILT 6", "TILT 6", "TILT ELECTRICAL", "TILT ELECTRICAL 6", "TILT T06", "TILT -6", "ELECTRICAL_TILT -6",
    "COMMENT tilt 06T", "TILT 5,8", "TILT ELECTRICAL T0-T10", "TILT MECHANICAL 2", "ELECTRICAL_TILT",
]  # fmt: skip


def made_up(heading: str, peak_deg: float, gain: str = "17,5 dBi") -> str:
    """A file whose vertical lobe, 7 degrees wide, lies `peak_deg` along the cut."""

    def cut(peak_deg: float, width_deg: float, floor_db: float) -> str:
        return "\n".join(f"{a} {min(12 * (((a - peak_deg + 180) % 360 - 180) / width_deg) ** 2, floor_db):.1f}" for a in range(360))

    return f"NAME MADE_UP\nFREQUENCY 2600\nGAIN {gain}\n{heading}\nHORIZONTAL 360\n{cut(0, 65, 25)}\nVERTICAL 360\n{cut(peak_deg, 7, 30)}\n"


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_tilt_is_where_the_cut_has_its_peak(heading: str) -> None:
    """Makers write the tilt in many ways, or not at all; a site with a total tilt of 6 has its lobe 6 degrees below the horizon."""
    with collected() as warned:
        antenna = parse_pattern(made_up(heading, 6), file="made-up.msi")
    assert (antenna.electrical_tilt_deg, antenna.gain_dbi, warned) == (6.0, 17.5, [])
    assert float(pattern_db(antenna, 0.0, -6.0, 6.0)) == 0.0
    assert float(pattern_db(antenna, 0.0, -9.0, 9.0)) == 0.0


@settings(max_examples=30, deadline=None)
@given(peak_deg=floats(0.0, 15.0), width_deg=floats(5.0, 30.0))
def test_the_peak_is_found_within_half_a_degree(peak_deg: float, width_deg: float) -> None:
    text = pattern_text(tilt=peak_deg).replace("ELECTRICAL_TILT", "REMARK")
    assert parse_pattern(text, file="a.msi").electrical_tilt_deg == pytest.approx(peak_deg, abs=0.51)


def test_a_heading_that_differs_is_a_warning() -> None:
    with collected() as warned:
        antenna = parse_pattern(made_up("ELECTRICAL_TILT 2", 6), file="made-up.msi")
    assert antenna.electrical_tilt_deg == 6.0
    assert [(fault.rule, fault.row, fault.severity, fault.value) for fault in warned] == [("pattern_tilt", 4, "warning", "2")]
    assert "6" in warned[0].message


@pytest.mark.parametrize("heading", ["ELECTRICAL_TILT 6", "TILT -6", "TILT ELECTRICAL"])
def test_a_cut_that_runs_upward_is_turned_and_reported(heading: str) -> None:
    with collected() as warned:
        antenna = parse_pattern(made_up(heading, 354), file="made-up.msi")
    assert [fault.rule for fault in warned] == ["pattern_upward"]
    assert antenna.electrical_tilt_deg == 6.0
    assert float(pattern_db(antenna, 0.0, -6.0, 6.0)) == 0.0
    assert parse_pattern(made_up(heading, 354), file="made-up.msi", vertical="down").electrical_tilt_deg == -6.0


def test_decimal_commas_in_the_cuts() -> None:
    plain = parse_pattern(made_up("TILT 6", 6), file="a.msi")
    head, body = made_up("TILT 6", 6).split("HORIZONTAL", 1)
    for changed in (body.replace(".", ","), body.replace(" ", ", "), body.replace(" ", ";"), body.replace(" ", "\t").replace(".", ",")):
        other = parse_pattern(head + "HORIZONTAL" + changed.replace("VERTICAL,", "VERTICAL"), file="a.msi")
        assert (other.horizontal_db, other.vertical_db) == (plain.horizontal_db, plain.vertical_db)


@pytest.mark.parametrize(("gain", "dbi"), [("15.35 dBd", 17.5), ("15.35", 17.5), ("17.5dBi", 17.5), ("17,5 dBi", 17.5), ("17,5", 19.65)])
def test_gain_units(gain: str, dbi: float) -> None:
    assert parse_pattern(pattern_text(gain=gain), file="a.pln").gain_dbi == pytest.approx(dbi)


def test_all_faults_at_once_with_their_lines() -> None:
    text = pattern_text(gain="lots", horizontal=350).replace("\n90 ", "\n九十 ", 1).replace("\n100 28.402", "\n100 -28.402", 1)
    with pytest.raises(DataError) as caught:
        parse_pattern(text, file="bad.msi")
    rules = [fault.rule for fault in caught.value.fault_list]
    assert rules == ["pattern_gain", "pattern_count", "pattern_gap", "pattern_line", "pattern_loss"]
    assert [fault.row for fault in caught.value.fault_list] == [4, 8, 8, 8 + 91, 8 + 101]
    assert "九十" in str(caught.value)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("text", ["", "GAIN 3 dBi", "HORIZONTAL 0\nVERTICAL 0\nGAIN 1", "\x00\x01", "HORIZONTAL\nVERTICAL"])
def test_rubbish_is_a_fault_not_a_traceback(text: str) -> None:
    with pytest.raises(DataError):
        parse_pattern(text, file="rubbish.msi")


def test_a_name_without_the_word_and_a_frequency_in_gigahertz() -> None:
    text = pattern_text().replace("NAME test-antenna", "ABC 123-45").replace("FREQUENCY 1855", "FREQUENCY 1.855 GHz")
    antenna = parse_pattern(text, file="a.msi")
    assert (antenna.name, antenna.frequency_mhz) == ("ABC 123-45", pytest.approx(1855.0))
    assert parse_pattern(text.split("\n", 1)[1], file="a.msi").name == "a"
