"""Amounts of money as each language writes them: in ten thousands in Chinese, in millions in English; the one place for all of them."""

from __future__ import annotations

import math

from infraplan.messages import LANGUAGES, Bilingual, catalogue, say

LARGE = {"zh": ((1e4, 1, "money_many"),), "en": ((1e9, 3, "money_billions"), (1e6, 2, "money_many"))}
"""From how many units on a language counts in ten thousands (billions, millions), with how many decimals; the largest first."""
MINUS = "\u2212"


def unit(currency: str, lang: str) -> str:
    """What a language calls a currency of ISO 4217: 元, CNY; the code where the catalogue has no word."""
    known = catalogue("general").get(f"currency_{currency}")
    return known[lang] if known else currency


def millions(currency: str) -> Bilingual:
    """The unit of an axis in millions of a currency: 百万元, CNY million."""
    return Bilingual(f"百万{_spaced(unit(currency, 'zh'))}", f"{unit(currency, 'en')} million".strip())


def axis_unit(most: float, currency: str, lang: str) -> tuple[float, str]:
    """By what an axis up to `most` divides amounts, and what its numbers then are: 亿元, CNY million."""
    if lang != "zh":
        return 1e6, f"{unit(currency, lang)} million".strip()
    scale, word = (1e8, "亿") if most >= 1e8 else (1e4, "万")
    return scale, f"{word}{_spaced(unit(currency, lang))}"


def _spaced(named: str) -> str:
    """A space before a currency code in Chinese text, none before a Chinese unit."""
    return f" {named}" if named and named.isascii() else named


def amount(value: float, currency: str, lang: str, *, least: bool = False) -> str:
    """An amount with its unit: 597.3 万元, CNY 5.97 million, XAF 8,500. `least`: a bound, never rounded up.

    A negative amount begins with a minus sign.
    """
    size = abs(float(value))
    whole = math.floor(size) if least else round(size)
    scale, digits, key = next((step for step in LARGE[lang] if whole >= step[0]), (1.0, 0, "money"))
    shown = size / scale if scale > 1.0 else float(whole)
    if least:
        shown = math.floor(round(shown * 10**digits, 6)) / 10**digits
    named = unit(currency, lang)
    spaced = _spaced(named) if lang == "zh" and scale > 1.0 else named
    text = say(f"general.{key}", lang, amount=f"{shown:,.{digits}f}", unit=spaced).strip()
    return MINUS + text if value < 0 and whole else text


def amounts(value: float, currency: str, *, least: bool = False) -> Bilingual:
    """An amount in both languages, for `both`."""
    return Bilingual(*(amount(value, currency, lang, least=least) for lang in LANGUAGES))
