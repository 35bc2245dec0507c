"""The description of one column of an output table."""

from __future__ import annotations

from dataclasses import dataclass

PLACES = {"annex": "a", "page": "p", "paper": "d", "brief": "b", "kmz": "k", "map": "m", "terminal": "t", "summary": "j", "gis": "g"}
"""Where a column may be shown: workbook, web page, PDF and Word, short table of a report, Google Earth, map, terminal, summary.json,
plan.gpkg."""
FAMILY = "{family}"
UNITS = {"db": "dB", "km": "km", "degree": "°", "money": "货币", "share": "", "rate": "%", "dbm": "dBm", "mbps": "Mbit/s"}
ENGLISH = {"人": "people", "户": "households", "处": "places", "座": "sites", "个": "villages", "货币": "currency"}
WIDTHS = {"text": 14, "wrap": 24, "code": 10, "fill": 10, "day": 13, "fill_day": 13, "db": 10, "km": 9, "money": 13, "rate": 10}


@dataclass(frozen=True)
class Column:
    """One column.

    `kind`: its pandas type; "" where it is in no frame and is worded from others. `form`: how a value is written: text | wrap | code |
    whole | count (12 / 340) | db | dbm | mbps |
    km | degree | share | rate | money | day | truth | figure, or fill and fill_day, which persons
    fill in. `places`: letters of `PLACES`; A: in a sheet it stays among the official columns. `words`: how a code becomes a word
    (`tables.wording`). `official`: its number in the official annex, 0 for none.
    "{family}" in a name means one column a family, "{judged}" in a heading for the family with its receiver.
    """

    name: str
    zh: str
    en: str
    kind: str
    form: str
    places: str
    meaning_zh: str
    meaning_en: str
    words: str = ""
    unit: str = ""
    official: int = 0
    width: float = 0.0

    def label(self, lang: str = "zh") -> str:
        """The heading."""
        return self.zh if lang == "zh" else self.en

    def units(self, lang: str = "zh") -> str:
        """The unit a raw value is in."""
        unit = self.unit or UNITS.get(self.form, "")
        return unit if lang == "zh" else ENGLISH.get(unit, unit)

    @property
    def characters(self) -> float:
        """Width of its column in a sheet."""
        return self.width or WIDTHS.get(self.form, 11)

    @property
    def numeric(self) -> bool:
        """Whether its cells are aligned right."""
        return self.form in ("whole", "db", "dbm", "mbps", "km", "degree", "share", "rate", "money", "figure", "points", "signed", "count")
