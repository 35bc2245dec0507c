"""MSI / Planet antenna patterns (`.msi`, `.pln`): text with a heading and two cuts of attenuation in dB.

Azimuth runs clockwise from the boresight. The vertical cut starts at the boresight and runs downward (90 is the ground below), as Planet
writes it. The electrical tilt is where that cut has its peak, not what the heading says: makers write TILT in many ways. A cut whose
peak lies above the horizon is taken to run upward, with a warning. Of the vertical cut the front half is used; the back comes from the
horizontal cut. A gain without a unit is dBd, as the format has it (0 dBd = 2.15 dBi). Decimal commas are understood.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from infraplan.arrays import Floats
from infraplan.errors import DataError, Fault, warn
from infraplan.messages import both
from infraplan.presets import choose
from infraplan.radio.antennas import ELEVATIONS_DEG, Antenna

DBD_DBI = 2.15
WIDEST_GAP_DEG = 10.0
FLOOR_DB = -40.0
PEAK_DB = 0.05
"""Of several directions within this of the highest gain the middle one is the peak: cuts are written with one decimal. [dB]"""
TILT_STEP_DEG = 1.0
"""A heading that differs from the cut by more is reported; a lobe that peaks more than this above the horizon is read as running upward."""
_KEYS = {"MAKE", "FREQUENCY", "H_WIDTH", "V_WIDTH", "FRONT_TO_BACK", "GAIN", "TILT", "POLARIZATION", "COMMENT", "HORIZONTAL", "VERTICAL"}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


@dataclass
class _Cut:
    """The rows of one section as they are in the file."""

    row: int
    announced: int | None
    angles_deg: list[float]
    losses_db: list[float]


def parse_pattern(text: str, *, file: str, vertical: str | None = None) -> Antenna:
    """An antenna from the text of a pattern file.

    Parameters
    ----------
    text : str
        Content of the file.
    file : str
        Its name, for the faults and, without a NAME line, for the antenna.
    vertical : str, optional
        "down" or "up": which way the vertical cut runs from the boresight. Left out, downward unless its peak then lies above the horizon.

    Returns
    -------
    Antenna
        kind "measured"; its peak is 0 dB in both cuts; `electrical_tilt_deg` is where the vertical cut has its peak.

    Raises
    ------
    DataError
        Every fault of the file at once, each with its line.

    Warns
    -----
    DataWarning
        The heading states another tilt than the cut has; a cut was read as running upward.
    """
    if vertical is not None:
        choose(vertical, ("down", "up"), "vertical")
    faults: list[Fault] = []
    heading, found = _sections(text, file, faults)
    gain_dbi = _gain_dbi(heading, file, faults)
    horizontal = _circle_db(found, "HORIZONTAL", file, faults)
    upright = _circle_db(found, "VERTICAL", file, faults)
    frequency_mhz = _optional_number(heading, "FREQUENCY", file, faults)
    if frequency_mhz is not None and heading["FREQUENCY"][1].lower().endswith("ghz"):
        frequency_mhz *= 1e3
    if faults:
        raise DataError(sorted(faults, key=lambda fault: fault.row or 0))
    front_db, tilt_deg = _front(upright, vertical or "down")
    if vertical is None and tilt_deg < -TILT_STEP_DEG:
        front_db, tilt_deg = _front(upright, "up")
        row, shown = found["VERTICAL"].row, f"{360.0 - tilt_deg:g}"
        _fault(faults, file, "upward", row=row, column="VERTICAL", value=shown, severity="warning", tilt=f"{tilt_deg:g}")
    _compare_tilt(heading, tilt_deg, file, faults)
    warn(faults)
    return Antenna(
        name=heading.get("NAME", (0, ""))[1] or _first_line(text) or file.rsplit(".", 1)[0],
        kind="measured",
        gain_dbi=gain_dbi,
        floor_db=FLOOR_DB,
        electrical_tilt_deg=tilt_deg,
        frequency_mhz=frequency_mhz,
        horizontal_db=tuple((horizontal - horizontal.max()).tolist()),
        vertical_db=tuple(front_db.tolist()),
        source=file,
    )


def _first_line(text: str) -> str:
    """The antenna's name where the maker writes it without the word NAME."""
    first = text.lstrip("\ufeff").lstrip().split("\n", 1)[0].strip()
    return "" if first.split(" ", 1)[0].upper() in _KEYS else first


def _fault(
    faults: list[Fault], file: str, rule: str, *, row: int | None = None, column: str = "", value: str = "", severity: str = "error",
    **values: object,
) -> None:  # fmt: skip
    message, fix = both(f"radio.pattern_{rule}", **values), both(f"radio.pattern_{rule}_fix", **values)
    faults.append(Fault(file, message, fix, rule=f"pattern_{rule}", row=row, column=column, value=value, severity=severity))


def _front(upright_db: Floats, vertical: str) -> tuple[Floats, float]:
    """The front half of the vertical cut at elevations -90..90, 0 at its peak [dB], and how far below the horizon that lies [deg]."""
    below_deg = (-ELEVATIONS_DEG if vertical == "down" else ELEVATIONS_DEG) % 360.0
    front_db = np.interp(below_deg, np.arange(361.0), np.append(upright_db, upright_db[0]))
    front_db = front_db - front_db.max()
    first = last = int(front_db.argmax())
    while first > 0 and front_db[first - 1] >= -PEAK_DB:
        first -= 1
    while last < len(front_db) - 1 and front_db[last + 1] >= -PEAK_DB:
        last += 1
    return front_db, float(-0.5 * (ELEVATIONS_DEG[first] + ELEVATIONS_DEG[last])) + 0.0


def _compare_tilt(heading: dict[str, tuple[int, str]], tilt_deg: float, file: str, faults: list[Fault]) -> None:
    """A warning where the heading states another electrical tilt; its sign is not compared, since makers write both."""
    for key in ("ELECTRICAL_TILT", "ELECTRICALTILT", "TILT"):
        row, shown = heading.get(key, (0, ""))
        numbers = _NUMBER.findall(_DECIMAL_COMMA.sub(".", shown))
        if len(numbers) != 1 or "MECH" in shown.upper():  # nothing stated, a range of tilts, or the housing's
            continue
        if abs(abs(float(numbers[0])) - abs(tilt_deg)) > TILT_STEP_DEG:
            _fault(faults, file, "tilt", row=row, column=key, value=shown[:40], severity="warning", tilt=f"{tilt_deg:g}")
        return


def _sections(text: str, file: str, faults: list[Fault]) -> tuple[dict[str, tuple[int, str]], dict[str, _Cut]]:
    """Heading keys with their line and text, and the cuts."""
    heading: dict[str, tuple[int, str]] = {}
    found: dict[str, _Cut] = {}
    cut: _Cut | None = None
    for row, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        words = _words(line)
        if not words:
            continue
        key = words[0].upper()
        if key in ("HORIZONTAL", "VERTICAL"):
            if key in found:
                _fault(faults, file, "twice", row=row, column=key, section=key)
            count = words[1] if len(words) > 1 else ""
            cut = found[key] = _Cut(row, int(count) if count.isdigit() else None, [], [])
        elif cut is None or (key[0].isascii() and key[0].isalpha()):
            heading.setdefault(key, (row, line.strip()[len(words[0]) :].strip(" \t:=")))
        else:
            _point(cut, words, row, line, file, faults)
    return heading, found


def _words(line: str) -> list[str]:
    """A line cut at blanks, semicolons and commas; a comma inside one of two numbers is a decimal comma."""
    parts = [part.strip(",") for part in line.replace(";", " ").split()]
    if len(parts) == 2 and any("," in part for part in parts):
        return [_DECIMAL_COMMA.sub(".", part) for part in parts]
    return line.replace(";", " ").replace(",", " ").split()


def _point(cut: _Cut, words: list[str], row: int, line: str, file: str, faults: list[Fault]) -> None:
    if len(words) != 2 or not all(_NUMBER.fullmatch(word) for word in words):
        _fault(faults, file, "line", row=row, value=line.strip()[:40])
        return
    angle_deg, loss_db = float(words[0]), float(words[1])
    if not -180.0 <= angle_deg <= 360.0:
        _fault(faults, file, "angle", row=row, value=words[0])
    elif not -0.5 <= loss_db <= 200.0:
        _fault(faults, file, "loss", row=row, value=words[1])
    else:
        cut.angles_deg.append(angle_deg % 360.0)
        cut.losses_db.append(loss_db)


def _circle_db(found: dict[str, _Cut], section: str, file: str, faults: list[Fault]) -> Floats:
    """Gain at whole degrees 0..359 from the losses of a section. [dB]"""
    if section not in found:
        _fault(faults, file, "missing", column=section, section=section)
        return np.zeros(360)
    cut = found[section]
    if cut.announced is not None and cut.announced != len(cut.angles_deg):
        announced, count = cut.announced, len(cut.angles_deg)
        _fault(faults, file, "count", row=cut.row, column=section, value=str(announced), announced=announced, found=count)
    angles_deg, first = np.unique(np.array(cut.angles_deg), return_index=True)
    if len(angles_deg) == 0:
        _fault(faults, file, "gap", row=cut.row, column=section, gap="360", limit=f"{WIDEST_GAP_DEG:g}")
        return np.zeros(360)
    gap_deg = float(np.diff(np.append(angles_deg, angles_deg[0] + 360.0)).max())
    if gap_deg > WIDEST_GAP_DEG:
        _fault(faults, file, "gap", row=cut.row, column=section, gap=f"{gap_deg:g}", limit=f"{WIDEST_GAP_DEG:g}")
    losses_db = np.array(cut.losses_db)[first]
    whole_deg = np.concatenate([angles_deg[-1:] - 360.0, angles_deg, angles_deg[:1] + 360.0])
    whole_db = np.concatenate([losses_db[-1:], losses_db, losses_db[:1]])
    return np.asarray(-np.interp(np.arange(360.0), whole_deg, whole_db))


def _gain_dbi(heading: dict[str, tuple[int, str]], file: str, faults: list[Fault]) -> float:
    if "GAIN" not in heading:
        _fault(faults, file, "gain_missing", column="GAIN")
        return 0.0
    row, shown = heading["GAIN"]
    shown = _DECIMAL_COMMA.sub(".", shown)
    words = shown.split()
    unit = words[1].lower() if len(words) > 1 else re.sub(r"^[-+.\d]+", "", words[0] if words else "").lower()
    number = _NUMBER.match(shown)
    value = float(number.group()) if number else math.nan
    if unit not in ("", "dbd", "dbi") or not -10.0 <= value <= 60.0:
        _fault(faults, file, "gain", row=row, column="GAIN", value=shown)
        return 0.0
    return value if unit == "dbi" else value + DBD_DBI


def _optional_number(heading: dict[str, tuple[int, str]], key: str, file: str, faults: list[Fault]) -> float | None:
    if key not in heading or not heading[key][1]:
        return None
    row, shown = heading[key]
    number = _NUMBER.match(_DECIMAL_COMMA.sub(".", shown))
    if number is None:
        _fault(faults, file, "number", row=row, column=key, value=shown[:40])
        return None
    return float(number.group())
