"""MSI / Planet antenna patterns (`.msi`, `.pln`): text with a heading and two cuts of attenuation in dB.

Azimuth runs clockwise from the boresight. The vertical cut starts at the boresight and runs downward (90 is the ground below), as Planet
writes it; files that run upward are read with `vertical="up"`. Of the vertical cut the front half is used; the back comes from the
horizontal cut. A gain without a unit is dBd, as the format has it (0 dBd = 2.15 dBi).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from infraplan.errors import DataError, Fault
from infraplan.messages import both
from infraplan.presets import choose
from infraplan.radio.antennas import ELEVATIONS_DEG, Antenna

Array = npt.NDArray[np.float64]

DBD_DBI = 2.15
WIDEST_GAP_DEG = 10.0
FLOOR_DB = -40.0
_KEYS = {"MAKE", "FREQUENCY", "H_WIDTH", "V_WIDTH", "FRONT_TO_BACK", "GAIN", "TILT", "POLARIZATION", "COMMENT", "HORIZONTAL", "VERTICAL"}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass
class _Cut:
    """The rows of one section as they stand in the file."""

    row: int
    announced: int | None
    angles_deg: list[float]
    losses_db: list[float]


def parse_pattern(text: str, *, file: str, vertical: str = "down") -> Antenna:
    """An antenna from the text of a pattern file.

    Parameters
    ----------
    text : str
        Content of the file.
    file : str
        Its name, for the faults and, without a NAME line, for the antenna.
    vertical : str
        "down" or "up": which way the vertical cut runs from the boresight.

    Returns
    -------
    Antenna
        kind "measured"; its peak is 0 dB in both cuts.

    Raises
    ------
    DataError
        Every fault of the file at once, each with its line.
    """
    choose(vertical, ("down", "up"), "vertical")
    faults: list[Fault] = []
    heading, found = _sections(text, file, faults)
    gain_dbi = _gain_dbi(heading, file, faults)
    horizontal = _circle_db(found, "HORIZONTAL", file, faults)
    upright = _circle_db(found, "VERTICAL", file, faults)
    frequency_mhz = _optional_number(heading, "FREQUENCY", file, faults)
    if frequency_mhz is not None and heading["FREQUENCY"][1].lower().endswith("ghz"):
        frequency_mhz *= 1e3
    tilt_deg = _electrical_tilt_deg(heading, file, faults)
    if faults:
        raise DataError(sorted(faults, key=lambda fault: fault.row or 0))
    below_deg = (-ELEVATIONS_DEG if vertical == "down" else ELEVATIONS_DEG) % 360.0
    front_db = np.interp(below_deg, np.arange(361.0), np.append(upright, upright[0]))
    return Antenna(
        name=heading.get("NAME", (0, ""))[1] or _first_line(text) or file.rsplit(".", 1)[0],
        kind="measured",
        gain_dbi=gain_dbi,
        floor_db=FLOOR_DB,
        electrical_tilt_deg=tilt_deg,
        frequency_mhz=frequency_mhz,
        horizontal_db=tuple((horizontal - horizontal.max()).tolist()),
        vertical_db=tuple((front_db - front_db.max()).tolist()),
        source=file,
    )


def _first_line(text: str) -> str:
    """Some makers write the antenna's name without the word NAME."""
    first = text.lstrip("\ufeff").lstrip().split("\n", 1)[0].strip()
    return "" if first.split(" ", 1)[0].upper() in _KEYS else first


def _fault(
    faults: list[Fault], file: str, rule: str, *, row: int | None = None, column: str = "", value: str = "", **values: object
) -> None:
    message, cure = both(f"radio.pattern_{rule}", **values), both(f"radio.pattern_{rule}_cure", **values)
    faults.append(Fault(file=file, message=message, cure=cure, rule=f"pattern_{rule}", row=row, column=column, value=value))


def _sections(text: str, file: str, faults: list[Fault]) -> tuple[dict[str, tuple[int, str]], dict[str, _Cut]]:
    """Heading keys with their line and text, and the cuts."""
    heading: dict[str, tuple[int, str]] = {}
    found: dict[str, _Cut] = {}
    cut: _Cut | None = None
    for row, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        words = line.replace(",", " ").split()
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


def _circle_db(found: dict[str, _Cut], section: str, file: str, faults: list[Fault]) -> Array:
    """Gain at whole degrees 0..359 from the losses of a section. [dB]"""
    if section not in found:
        _fault(faults, file, "missing", column=section, section=section)
        return np.zeros(360)
    cut = found[section]
    if cut.announced is not None and cut.announced != len(cut.angles_deg):
        shown = {"announced": cut.announced, "found": len(cut.angles_deg)}
        _fault(faults, file, "count", row=cut.row, column=section, value=str(cut.announced), **shown)
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
    number = _NUMBER.match(shown)
    if number is None:
        _fault(faults, file, "number", row=row, column=key, value=shown[:40])
        return None
    return float(number.group())


def _electrical_tilt_deg(heading: dict[str, tuple[int, str]], file: str, faults: list[Fault]) -> float:
    """ELECTRICAL_TILT n, or TILT n, or TILT ELECTRICAL (the angle unknown: 0)."""
    for key in ("ELECTRICAL_TILT", "ELECTRICALTILT"):
        if key in heading:
            return _optional_number(heading, key, file, faults) or 0.0
    shown = heading.get("TILT", (0, ""))[1]
    number = _NUMBER.match(shown)
    return float(number.group()) if number else 0.0
