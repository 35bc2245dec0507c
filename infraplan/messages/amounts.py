"""Amounts of money as each language writes them: 万元 in Chinese, millions in English; the one place for every message and page."""

from __future__ import annotations

import math

from infraplan.messages import LANGUAGES, Bilingual, say

LARGE = {"zh": (1e4, 1), "en": (1e6, 2)}
"""Amount from which a language counts in ten thousands (millions), and the number of decimals. [CNY]"""
MINUS = "\u2212"


def amount(cny: float, lang: str, *, least: bool = False) -> str:
    """An amount with its unit: 597.3 万元, CNY 5.97 million; small ones in yuan. `least`: a bound, never rounded up.

    The amount is in CNY; a negative one begins with a minus sign.
    """
    scale, digits = LARGE[lang]
    value = abs(float(cny))
    whole = math.floor(value) if least else round(value)
    large = whole >= scale
    shown, digits = (value / scale, digits) if large else (float(whole), 0)
    if least:
        shown = math.floor(round(shown * 10**digits, 6)) / 10**digits
    text = say("general.yuan_many" if large else "general.yuan", lang, amount=f"{shown:,.{digits}f}")
    return MINUS + text if cny < 0 and whole else text


def amounts(cny: float, *, least: bool = False) -> Bilingual:
    """An amount in both languages, for `both`."""
    return Bilingual(*(amount(cny, lang, least=least) for lang in LANGUAGES))
