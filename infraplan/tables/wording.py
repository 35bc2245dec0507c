"""The one function that words a frame for a place that shows it: codes become words, numbers keep their values and get a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from infraplan.columns import Column
from infraplan.messages import catalogue, say, split_languages
from infraplan.outputs import shown
from infraplan.tables import number_formats
from infraplan.tables.families import service_name
from infraplan.tables.headings import heading, named
from infraplan.tables.language import Speech
from infraplan.tables.number_formats import missing, text
from infraplan.tables.row_values import dicts_of, values_of
from infraplan.units import cut


@dataclass(frozen=True)
class Figure:
    """A share or a count with its unit; `most` where what is uncertain makes an interval."""

    least: float
    share: bool
    unit: str = ""
    most: float | None = None
    lang: str = "zh"

    @property
    def single(self) -> bool:
        """Whether it is one number."""
        return missing(self.most) or float(self.most) <= float(self.least)  # type: ignore[arg-type]

    def __str__(self) -> str:
        ends = [self.least] if self.single else [self.least, self.most]
        shown = [number_formats.percent(end, 2 if self.single else 1) if self.share else number_formats.count(end) for end in ends]
        joined = shown[0] if len(shown) == 1 else number_formats.interval(shown[0], shown[1], self.lang)
        one = self.lang == "en" and joined == "1" and self.unit.endswith("s")
        return joined if self.share or not self.unit else f"{joined} {self.unit[:-1] if one else self.unit}"


@dataclass(frozen=True)
class Cells:
    """A column as one place shows it.

    `values`: words; numbers in the form of the column; `Figure`; None where the value is unknown, or a person fills it in.
    `family`: whose column it is, "" where the table has one for all.
    """

    column: Column
    label: str
    values: list[Any]
    lang: str
    currency: str = ""
    family: str = ""

    def texts(self) -> list[str]:
        """Every cell as it is printed."""
        return [written(self.column.form, value, self.lang, self.currency) for value in self.values]


def written(form: str, value: Any, lang: str = "zh", currency: str = "") -> str:
    """One cell as it is printed; "—" for a number nobody knows."""
    if isinstance(value, str | Figure):
        return str(value)
    if form in ("text", "wrap", "code", "fill", "fill_day", "truth", "day"):
        return text(value)
    if value is None:
        return "—"
    if form == "money":
        return number_formats.money(value, currency, lang)
    if form in ("share", "points", "signed"):
        return (
            number_formats.percent(value)
            if form == "share"
            else number_formats.points(value)
            if form == "points"
            else number_formats.signed(value)
        )
    digits = {"whole": 0, "db": 1, "km": 2, "degree": 5, "rate": 2, "dbm": 1, "mbps": 1}[form]
    return number_formats.integer(value) if form == "whole" else number_formats.decimal(value, digits)


def worded(frame: Any, table: str, place: str, speech: Speech) -> list[Cells]:
    """The columns that a place shows of a frame, in words of one language.

    Parameters
    ----------
    frame : DataFrame
        Raw values under the names of `outputs`.
    table : str
        Key of `outputs.TABLES`.
    place : str
        Key of `columns.PLACES`: what is shown, and in which order.
    speech : Speech
        Language and names.

    Returns
    -------
    list of Cells
        A column that the frame lacks is left out, unless it is in the official annex; one with a family appears once for each family.
    """
    found = []
    for entry in shown(table, place):
        for name, family in named(entry, frame, table):
            values = _values(entry, name, frame, speech)
            if values is not None:
                found.append(Cells(entry, label_of(entry, family, speech), values, speech.lang, speech.own.currency, family))
    return found


def label_of(entry: Column, family: str, speech: Speech) -> str:
    """The heading of a column in the words of one language."""
    about = {"judged": speech.judged(family), "band": f"{speech.band_db:g}", "first": speech.judged(speech.first)}
    return heading(entry, speech.lang, **about)


def _values(entry: Column, name: str, frame: Any, speech: Speech) -> list[Any] | None:
    if entry.form.startswith("fill"):
        return [None] * len(frame)
    key, _, about = entry.words.partition(":")
    if key in FROM_ROWS:
        return FROM_ROWS[key](frame, speech, name)
    if name not in frame:
        return [None] * len(frame) if entry.official else None
    column = frame[name]
    if key:
        word = CODES[key](speech) if key in CODES else lambda value: speech.code(about, value)
        word = (lambda value: say(f"{key}.{about}_{value}", speech.lang)) if key in ("cli", "radio") else word
        return _distinct(column, word)
    if entry.form == "truth":
        return _distinct(column, lambda value: "" if value == "" else say(f"report.{'yes' if value else 'no'}", speech.lang))
    if entry.numeric:
        return [None if missing(value) else float(value) for value in pd.to_numeric(column, errors="coerce").tolist()]
    return [text(value) for value in values_of(column)]


def _distinct(values: Any, name: Callable[[Any], str]) -> list[str]:
    """Words for codes, one look-up a distinct code."""
    codes = ["" if missing(code) else code for code in values_of(values)]
    words = {code: str(name(code)) for code in dict.fromkeys(codes)}
    return [words[code] for code in codes]


NO_SUBSTITUTE = ("none", "not_found", "not_computed")
"""Words in place of the ids of what replaces a site."""
CODES: dict[str, Callable[[Speech], Callable[[Any], str]]] = {
    "family": lambda speech: lambda value: speech.family(text(value)),
    "judged": lambda speech: lambda value: speech.judged(text(value)) if text(value) else "",
    "network": lambda speech: lambda value: speech.joined([speech.network(one) for one in text(value).split(";")], "、"),
    "receiver": lambda speech: lambda value: speech.receiver(text(value)),
    "unit": lambda speech: lambda value: speech.code("unit", value),
    "reason": lambda speech: speech.reason,
    "host": lambda speech: lambda value: speech.host(text(value)),
    "substitute": lambda speech: lambda value: say(f"report.substitute_{value}", speech.lang) if value in NO_SUBSTITUTE else text(value),
    "tasks": lambda speech: lambda value: speech.targets(text(value)),
    "services": lambda speech: lambda value: ", ".join(service_name(part) for part in text(value).split(";") if part),
    "day": lambda speech: lambda value: number_formats.day(value, speech.lang),
    "language": lambda speech: speech.one,
    "one_language": lambda speech: lambda value: speech.one(split_languages(text(value))),
    "departments": lambda speech: lambda value: say("policy.annex_not_assigned", speech.lang) if value == "not assigned" else text(value),
    "asked": lambda speech: lambda value: speech.code("asked", "met" if value else "missed"),
}


def _rows(frame: Any, *names: str) -> list[tuple[Any, ...]]:
    """Some columns row by row, None where the frame lacks one."""
    return list(zip(*(values_of(frame[name]) if name in frame else [None] * len(frame) for name in names), strict=True))


FIGURE_PARTS = ("measure", "unit", "achieved", "numerator", "denominator")
"""What says whether the figures of a row are shares."""
CLAUSE_PARTS = ("task", "task_en", "part", "network", "id", "family", "receiver", "measure")
"""What names a clause."""


def clause_of(row: Mapping[str, Any], speech: Speech) -> str:
    """The name of a scorecard row: the clause's task where it is known, else its id; with its network, where it is one of them."""
    task = text(row.get("task_en" if speech.lang == "en" else "task")) or text(row.get("task"))
    part, network = text(row.get("part")), text(row.get("network"))
    code = text(row["id"]) if part in ("", "main") else f"{text(row['id'])} ({part})"
    judged = "" if not text(row.get("family")) else speech.judged(text(row["family"]), text(row.get("receiver")))
    measure = f"measure_{text(row.get('measure'))}"
    name = task or (say(f"report.{measure}", speech.lang, judged=judged, id=code).strip() if measure in catalogue("report") else code)
    if network in ("", "any"):
        return name
    return f"{name}（{speech.network(network)}）" if speech.lang == "zh" else f"{name} ({speech.network(network)})"


def _figures(frame: Any, speech: Speech, name: str) -> list[Any]:
    """Required, achieved or shortfall: one number or, with its `_most`, an interval; % where the row is a share."""
    cells: list[Any] = []
    for row in dicts_of(frame, *dict.fromkeys((name, f"{name}_most", "is_share", *FIGURE_PARTS))):
        value: Any = row.get(name)
        short = name.startswith("shortfall")
        unit = speech.code("unit", row.get("unit"))
        known = row.get("is_share")  # of a row that holds the figures of two runs
        share = not short and bool(
            number_formats.is_share({"achieved": None, "numerator": None, "denominator": None, **row}) if known is None else known
        )
        cells.append(None if missing(value) else Figure(float(value), share, unit, row.get(f"{name}_most"), speech.lang))
    return cells


def _documents(frame: Any, speech: Speech, name: str) -> list[str]:
    texts = []
    for document, number in _rows(frame, "document", "measure_number"):
        clause = say("policy.annex_clause", speech.lang, number=number) if text(number).isdigit() else text(number)
        texts.append("" if document == "-" else f"{text(document)}{clause}")
    return texts


def _rates(frame: Any, speech: Speech, name: str) -> list[Any]:
    """Achieved over required in %, never rounded up to 100 %."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = [
            np.nan if missing(done) or missing(required) or not float(required) else float(done) / float(required)
            for done, required in _rows(frame, "achieved", "required")
        ]
    return [None if missing(part) else float(cut(part * 100.0, 2)) for part in exact]


def _fractions(frame: Any, speech: Speech, name: str) -> list[str]:
    """Numerator / denominator; nothing beside a figure that somebody reports, which has none."""
    cells = []
    for row in dicts_of(frame, *FIGURE_PARTS):
        part: Any = row.get("numerator")
        whole: Any = row.get("denominator")
        reported = row.get("measure") == "reported" and not number_formats.is_share({"achieved": None, "unit": "", **row})
        known = not (missing(part) or missing(whole)) and float(whole) > 0 and not reported
        figures = f"{number_formats.count(part)} / {number_formats.count(whole)}" if known else ""
        cells.append(f"{figures} {speech.code('unit', row.get('unit'))}" if known else "")
    return cells


def _verdicts(frame: Any, speech: Speech, name: str) -> list[str]:
    return [
        speech.joined([speech.code("status", status), say("policy.annex_expired", speech.lang) if expired is True else ""])
        for status, expired in _rows(frame, "status", "expired")
    ]


def _remarks(frame: Any, speech: Speech, name: str) -> list[str]:
    """The id by which a filled sheet is read back, where a stretch lies on its line, the priority area."""
    texts = []
    for place, priority, start, end, length in _rows(frame, "id", "priority", "from_km", "to_km", "length_km"):
        parts = [say("policy.annex_id", speech.lang, id=place)]
        if not missing(start):  # to the metre: stretches may be shorter than 100 m
            parts.append(say("policy.annex_stretch", speech.lang, start=f"{start:.3f}", end=f"{end:.3f}", length=f"{length:.1f}"))
        texts.append(speech.joined([*parts, speech.area(text(priority))]))
    return texts


def _deciding(frame: Any, speech: Speech, name: str) -> list[str]:
    """The margin with where it was judged: −3.2（室外）."""
    form = "{}（{}）" if speech.lang == "zh" else "{} {}"
    return [
        form.format(number_formats.decimal(db), speech.receiver(place)) if text(place) and not missing(db) else number_formats.decimal(db)
        for db, place in _rows(frame, "margin_db", "receiver")
    ]


def _status_at(frame: Any, speech: Speech, name: str) -> list[str]:
    """A family's status, with the networks that lack service where others serve: 未覆盖（电信+联通）."""
    form, texts = "{}（{}）" if speech.lang == "zh" else "{} ({})", []
    for code, network in _rows(frame, name, name.replace("_status", "_network")):
        status, names = speech.code("village", code), "" if missing(network) or network == "any" else CODES["network"](speech)(network)
        texts.append(form.format(status, names) if status and names else status)
    return texts


def _margin_at(frame: Any, speech: Speech, name: str) -> list[Any]:
    """A family's deciding margin; with its place where that is not the one in the heading: −3.2（室内）."""
    usual, form = speech.receivers.get(name.partition("_")[0], ""), "{}（{}）" if speech.lang == "zh" else "{} {}"
    return [
        None if missing(db) else float(db) if text(at) in ("", usual) else form.format(number_formats.decimal(db), speech.receiver(at))
        for db, at in _rows(frame, name, name.replace("_margin_db", "_receiver"))
    ]


def _losses(frame: Any, speech: Speech, name: str) -> list[str]:
    return [loss(people, places, speech) for people, places in _rows(frame, "people_lost", "places_lost")]


def loss(people: Any, places: Any, speech: Speech) -> str:
    """Loss of the finished plan without one site: people, and places that must be served."""
    if missing(people):
        return ""
    texts = number_formats.integer(people)
    if missing(places) or not places:
        return texts
    return say("report.loss_with_places", speech.lang, people=texts, places=number_formats.integer(places))


def _spans(frame: Any, speech: Speech, name: str) -> list[str]:
    pairs = _rows(frame, "share_weaker", "share_stronger")
    return [
        "—" if missing(low) or missing(high) else f"{number_formats.percent(low, 1)} – {number_formats.percent(high, 1)}"
        for low, high in pairs
    ]


def _others(frame: Any, speech: Speech, name: str) -> list[str]:
    """The share at the other receiver, with that receiver: 室内 17.7%."""
    pairs = _rows(frame, "other_receiver", "other_share")
    return [f"{speech.receiver(place)} {number_formats.percent(share, 1)}" if text(place) else "—" for place, share in pairs]


def _headlines(frame: Any, speech: Speech, name: str) -> list[str]:
    """The figure of a row of the headline table, with the place of the devices."""
    band = f"{speech.band_db:g}"
    return [
        say(f"report.headline_row_{figure}", speech.lang, family=speech.family(family), receiver=speech.receiver(place), band=band)
        for family, figure, place in _rows(frame, "family", "figure", "receiver")
    ]


def _ranged(frame: Any, speech: Speech, name: str) -> list[str]:
    """A share in one decimal, with the shares when every signal is weaker and stronger: 27.8%（10.4–72.6%）."""
    texts = []
    for share, *ends in _rows(frame, "share", "share_weaker", "share_stronger"):
        low, high = (number_formats.percent(end, 1) for end in ends)
        ranged = not any(missing(end) for end in ends)
        main = number_formats.percent(share, 1)
        texts.append(say("report.headline_range", speech.lang, share=main, low=low[:-1], high=high) if ranged else main)
    return texts


def _zones(frame: Any, speech: Speech, name: str) -> list[str]:
    """The county's name, else the city's, else the code."""
    return [
        text(speech.zones.get(text(county))) or text(speech.zones.get(text(city))) or text(county)
        for county, city in _rows(frame, "county", "city")
    ]


FROM_ROWS: dict[str, Callable[[Any, Speech, str], list[Any] | None]] = {
    "given": lambda frame, speech, name: [text(value) for value in frame[name].tolist()] if name in frame else None,
    "number": lambda frame, speech, name: list(range(1, len(frame) + 1)),
    "task": lambda frame, speech, name: [clause_of(row, speech) for row in dicts_of(frame, *CLAUSE_PARTS)],
    "figure": _figures,
    "shortfall": _figures,
    "document": _documents,
    "quoted": lambda frame, speech, name: [
        f"{say('report.in_quotation_marks', speech.lang, text=words)}{text(document)}" if text(words) else ""
        for words, document in _rows(frame, "quotation", "document")
    ],
    "rate": _rates,
    "fraction": _fractions,
    "verdict": _verdicts,
    "remark": _remarks,
    "deciding": _deciding,
    "status_at": _status_at,
    "margin_at": _margin_at,
    "lacking": lambda frame, speech, name: [number_formats.out_of(*pair) for pair in _rows(frame, name, "asked")],
    "lost": _losses,
    "span": _spans,
    "other": _others,
    "headline": _headlines,
    "ranged": _ranged,
    "place": _zones,
    "village": lambda frame, speech, name: [text(village) or text(own) for village, own in _rows(frame, "village", "name")],
    "named": lambda frame, speech, name: [text(own) or text(code) for own, code in _rows(frame, "name", "id")],
    "where": lambda frame, speech, name: [
        " ".join(part for part in (text(own) or text(speech.zones.get(text(code))), text(town)) if part)
        for own, code, town in _rows(frame, "county_name", "county", "town")
    ],
    "city": lambda frame, speech, name: [text(speech.zones.get(text(code))) or text(code) for (code,) in _rows(frame, "city")],
    "county": lambda frame, speech, name: [text(speech.zones.get(text(code))) or text(code) for (code,) in _rows(frame, "county")],
    "period": lambda frame, speech, name: [
        " – ".join(number_formats.day(day, speech.lang) for day in pair if text(day)) for pair in _rows(frame, "start", "end")
    ],
    "phase": lambda frame, speech, name: (
        [int(phase) or None for (phase,) in _rows(frame, "phase")] if name in frame and (frame[name] > 0).any() else None
    ),
    "residents": lambda frame, speech, name: [None if kind == "place" else people for people, kind in _rows(frame, "population", "kind")],
    "why": lambda frame, speech, name: [text(said) for (said,) in _rows(frame, name)],
    "x": lambda frame, speech, name: [point.x for point in frame.geometry] if len(frame) else [],
    "y": lambda frame, speech, name: [point.y for point in frame.geometry] if len(frame) else [],
    "clause": lambda frame, speech, name: [
        text(code) if text(part) in ("", "main") else f"{code} ({part})" for code, part in _rows(frame, "id", "part")
    ],
    "judged_at": lambda frame, speech, name: [
        "" if not text(family) else speech.judged(text(family), text(at)) if text(at) else speech.family(text(family))
        for family, at in _rows(frame, "family", "receiver")
    ],
}
