"""Numbers, shares, money and dates as each language writes them."""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from typing import Any

from infraplan.messages import say
from infraplan.messages.amounts import amount
from infraplan.units import cut, cut_percent


def missing(value: object) -> bool:
    """None, NaN, NaT or <NA>."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:
        return True


def text(value: object) -> str:
    """A cell's text, "" when it is missing."""
    return "" if missing(value) else str(value)


@lru_cache(maxsize=1 << 15)
def units(written: str) -> int:
    """Width of a text in half characters: a Chinese one is two."""
    return sum(2 if ord(char) > 0x2E7F else 1 for char in written)


def integer(value: Any) -> str:
    """1234567 -> 1,234,567; "—" when missing."""
    return "—" if missing(value) else f"{round(float(value)):,}"


def out_of(part: Any, whole: Any) -> str:
    """12 of 340 things -> 12 / 340; the part alone where the whole is not known, "—" where neither is."""
    return integer(part) if missing(whole) else f"{integer(part)} / {integer(whole)}"


def decimal(value: Any, digits: int = 1) -> str:
    """A number with that number of decimals; "—" when missing."""
    return "—" if missing(value) or math.isinf(float(value)) else f"{float(value):,.{digits}f}".replace("-", "\u2212")


def percent(fraction: Any, digits: int = 2) -> str:
    """A fraction as %, cut and never rounded up: 0.89999 must not read 90.00 % beside a goal of 90 %."""
    return "—" if missing(fraction) else cut_percent(fraction, digits)


def percent_up(fraction: Any, digits: int = 2) -> str:
    """A fraction as %, rounded up: a gap to a bound must not look smaller than it is."""
    if missing(fraction) or math.isinf(float(fraction)):
        return "—"
    scale = 10**digits
    return f"{math.ceil(round(float(fraction) * 100 * scale, 6)) / scale:.{digits}f}%"


def people_amount(people: Any, lang: str = "zh") -> str:
    """People in 万 from 100,000 on in Chinese, in millions from a million on in English, else whole; cut, never rounded up."""
    number = int(people)
    if lang == "zh":
        return f"{float(cut(number / 1e4, 1)):.1f}万人" if number >= 100_000 else f"{number:,}人"
    return f"{float(cut(number / 1e6, 2)):.2f} million" if number >= 1_000_000 else f"{number:,}"


def money(value: Any, currency: str, lang: str = "zh", *, least: bool = False) -> str:
    """An amount as `messages.amounts` writes it; "—" when missing. `least`: a bound, never rounded up."""
    return "—" if missing(value) else amount(float(value), currency, lang, least=least)


def day(iso: Any, lang: str = "zh") -> str:
    """2020-12-31 -> 2020年12月31日 / 31 December 2020; other text is kept."""
    written = text(iso)
    try:
        when = date.fromisoformat(written[:10])
    except ValueError:
        return written
    if lang == "zh":
        return f"{when.year}年{when.month}月{when.day}日"
    month = say("report.months", "en").split()[when.month - 1]
    return f"{when.day} {month} {when.year}"


INPUTS = ("people", "projects", "households", "bodies")
"""Units in which figures are reported."""


def is_share(row: Any) -> bool:
    """Whether a scorecard row's figures are fractions: its measure says so, or a reported figure is its own numerator over denominator."""
    if str(row["measure"]).endswith("_share"):
        return True
    parts = (row["achieved"], row["numerator"], row["denominator"])
    if row["measure"] != "reported" or any(missing(part) for part in parts) or not float(parts[2]):
        return False
    achieved, numerator, denominator = (float(part) for part in parts)
    if str(row["unit"]) in INPUTS and achieved == numerator == denominator:
        return False  # a figure that somebody reports, not all of a share
    return abs(achieved - numerator / denominator) < 1e-9 and achieved <= 1.0 and str(row["unit"]) != "sites"


def count(value: Any) -> str:
    """A number that is meant to be whole without decimals, any other with one."""
    return integer(value) if abs(float(value) - round(float(value))) < 0.005 else decimal(value)


def quantity(value: Any, row: Any) -> str:
    """A scorecard's required or achieved: % where it is a share, else a count."""
    if missing(value):
        return "—"
    return percent(value) if is_share(row) else count(value)


def interval(least: str, most: str, lang: str = "zh") -> str:
    """An interval; one figure where both ends are written alike."""
    return least if least == most else say("report.interval", lang, least=least, most=most)


def points(change: Any) -> str:
    """A difference of shares in percentage points with its sign."""
    return "—" if missing(change) else _signed(f"{float(change) * 100:+.2f}")


def signed(change: Any) -> str:
    """A whole number with its sign."""
    return "—" if missing(change) else _signed(f"{round(float(change)):+,}")


def _signed(written: str) -> str:
    """A minus sign (−), and none before a zero."""
    return written.replace("-", "\u2212") if any(digit in written for digit in "123456789") else written[1:]
