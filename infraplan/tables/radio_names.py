"""How clerks write operators, technologies, bands and azimuths, and the codes for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Texts
from infraplan.presets import load
from infraplan.tables.faults import FaultList
from infraplan.tables.values import folded, no_answer, texts

OPERATOR_BREAKS = re.compile(r"[+/、,;&|和与\s]+")
OWN_BREAKS = re.compile(r"[+/、,;&|]+")  # names of other countries' operators may hold blanks
SERVICE_BREAKS = re.compile(r"[;+/、,|\s()]+")
AZIMUTH_BREAKS = re.compile(r"[/、,;|\s]+")
NR_NAME = re.compile(r"(?<![a-z0-9])n\d+(?![a-z0-9])")
FREQUENCY = re.compile(r"(\d+(?:\.\d+)?)(mhz|m|ghz|g)?")
LTE = "lte"
OLDER = frozenset({LTE, "older"})
UNKNOWN, CONFLICT = "?", "!"  # a band that does not say the technology; two columns that name different bands
SHARED_NR = ("nr-n1", "nr-n5", "nr-n8")  # 5G shares these bands with older technologies
OMNI = frozenset({"omni", "全向", "omnidirectional", "全向天线"})


@cache
def _operator_table() -> dict[str, str]:
    groups = dict(load("aliases")["operators"])
    sets: dict[str, str] = groups.pop("sets")
    table = {alias: code for code, aliases in groups.items() for alias in (*aliases, code)}
    return table | sets


@cache
def _service_tables(lte: bool) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Technologies and bands by their names; bands of 4G only where it is planned."""
    aliases = load("aliases")
    technologies = {alias: family for family, listed in aliases["technologies"].items() for alias in (*listed, family)}
    bands = {
        family: {alias: name for name, listed in table.items() for alias in (*listed, name)}
        for family, table in aliases["bands"].items()
        if lte or family != LTE
    }
    return technologies, bands


def operator_names(own: Sequence[str] = ()) -> dict[str, str]:
    """Codes by folded name: of a study's own networks, each its operators joined by "+", else of the presets."""
    codes = [code for network in own for code in network.split("+")]
    return dict(zip(folded(np.array(codes, dtype=object)).tolist(), codes, strict=True)) if own else _operator_table()


def operator_set(text: str, own: Sequence[str] = ()) -> str | None:
    """Sorted codes joined by "+" of a cell or a key; None where one is unknown."""
    return _one_operator_set(str(folded(np.array([text], dtype=object))[0]), operator_names(own), OWN_BREAKS if own else OPERATOR_BREAKS)


def _one_operator_set(cell: str, table: Mapping[str, str], breaks: re.Pattern[str]) -> str | None:
    if cell in table:
        return table[cell]
    found = [table.get(part.strip()) for part in breaks.split(cell) if part.strip()]
    if not found or any(code is None for code in found):
        return None
    return "+".join(sorted({code for joined in found if joined for code in joined.split("+")}))


def operator_sets(column: pd.Series[Any], faults: FaultList, name: str = "operators", own: Sequence[str] = ()) -> Texts:
    """Sorted codes joined by "+"; "" where the file is silent. `own`: the networks of the study's own operators, none for the presets'."""
    cells, table, breaks = folded(texts(column)), operator_names(own), OWN_BREAKS if own else OPERATOR_BREAKS
    once = {cell: _one_operator_set(cell, table, breaks) for cell in dict.fromkeys(cells)}
    empty = no_answer(cells)
    unknown = np.array([once[cell] is None for cell in cells], dtype=bool) & ~empty
    if own:
        faults.at(unknown, "tables.not_own_operator", name, texts(column), known=", ".join(dict.fromkeys(table.values())))
    else:
        faults.at(unknown, "tables.unknown_operator", name, texts(column))
    return np.array([once[cell] or "" for cell in cells], dtype=object)


@cache
def printed_services() -> dict[str, str]:
    """Service by the name that outputs print, folded; longer names first, since one may begin another."""
    names: dict[str, str] = load("aliases")["service_names"]
    return {names[code].lower(): code for code in sorted(names, key=lambda code: -len(names[code]))}


def service_words(cell: str, operators: str, own: Mapping[str, str] | None = None, *, lte: bool = False) -> tuple[str, bool] | None:
    """("nr-n41;nr-n28", band assumed?) of a folded cell; None where a word is unknown; "" where it names no family of ours.

    A frequency that older technologies use too (900 MHz) does not say the family: alone it is `UNKNOWN`. `own` has the names of further
    services as they are written, by their folded names. `lte`: 4G is a family of ours.
    """
    own, older = own or {}, OLDER - {LTE} if lte else OLDER
    for printed, code in printed_services().items() if "hz" in cell else ():
        cell = cell.replace(printed, f" {code} ")
    exact_names = [own.get(word, word) for word in SERVICE_BREAKS.split(cell) if word]
    if exact_names and set(exact_names) <= load("services")["service"].keys() | set(own.values()):
        return ";".join(dict.fromkeys(exact_names)), False
    technologies, bands = _service_tables(lte)
    words = [word for word in SERVICE_BREAKS.split(cell.replace("nb-iot", "nbiot").replace("nb_iot", "nbiot")) if word]
    words = [piece for word in words for piece in _pieces(word, technologies, bands)]
    families = list(dict.fromkeys(technologies[word] for word in words if word in technologies))
    services: dict[str, None] = {}
    unsure = False
    for word in words:
        if word in technologies:
            continue
        named = _bands_of(word, families, bands, older)
        if named:
            services[named[0]] = None
        elif not families and word in _shared_words():
            unsure = True
        elif not families or (not set(families) <= older and (not older & set(families) or re.fullmatch(r"n\d+", word))):
            return None
    if unsure:
        return None if services else (UNKNOWN, False)
    assumed = [_usual_band(family, operators) for family in families if family in bands and not _has(family, services)]
    if assumed and len(older & set(families)) < len(families) and not services and any(word not in technologies for word in words):
        return None  # the text names a band, which is none of this family
    return ";".join(dict.fromkeys((*services, *assumed))), bool(assumed)


def _bands_of(word: str, families: list[str], bands: dict[str, dict[str, str]], older: frozenset[str]) -> list[str]:
    """Services a word may name: by its name in every family or in those the cell names; a frequency that the family of 2G to 4G has too
    only where no such family is beside it."""
    if not families and word in _shared_words():
        return []
    mixed = older & set(families) and word in _shared_words()
    named = [
        table[word]
        for family, table in bands.items()
        if word in table and (word == table[word] or (not families and not mixed) or (family in families and not mixed))
    ]
    exact = [name for name in named if name.split("-")[1] == word or name == word]
    return exact or named or ([] if mixed else _by_frequency(word, families))


def _by_frequency(word: str, families: list[str]) -> list[str]:
    match = FREQUENCY.fullmatch(word)
    if match is None:
        return []
    mhz = float(match[1]) * (1000.0 if (match[2] or "").startswith("g") else 1.0)
    edges: dict[str, dict[str, list[float]]] = load("aliases")["band_edges_mhz"]
    return [name for family in families for name, (low, high) in edges.get(family, {}).items() if low <= mhz < high][:1]


def _usual_band(family: str, operators: str) -> str:
    usual: dict[str, str] = load("aliases")["default_band"][family]
    return usual.get(operators.split("+")[0], usual[""])


def _has(family: str, services: Collection[str]) -> bool:
    return any(service.startswith(f"{family}-") for service in services)


@cache
def _shared_words() -> frozenset[str]:
    """Bands without a 5G name that NB-IoT shares with 2G to 4G: 900, b8, 1800 ..."""
    aliases = load("aliases")["bands"]
    return frozenset(
        {word for listed in aliases["nbiot"].values() for word in listed if not re.fullmatch(r"n\d+", word)}
        | {word for name in SHARED_NR for word in aliases["nr"][name] if not re.fullmatch(r"n\d+", word)}
    )


def _pieces(word: str, technologies: dict[str, str], bands: dict[str, dict[str, str]]) -> list[str]:
    """A word as it is known, or cut into a technology and a band ("5gn41", "nr_n28", "nb900")."""
    known = technologies.keys() | {alias for table in bands.values() for alias in table}
    if word in known:
        return [word]
    if word.endswith(("频段", "频带")) and (word[:-2] in known or FREQUENCY.fullmatch(word[:-2])):
        return [word[:-2]]
    for cut in range(len(word) - 1, 0, -1):
        head, tail = word[:cut], word[cut:].lstrip("-_:：")
        if head.rstrip("-_") in technologies and tail in known:
            return [head.rstrip("-_"), tail]
    return [word]


def service_sets(
    services: pd.Series[Any], operators: Texts, faults: FaultList, own: Collection[str] = (), *,
    technology: pd.Series[Any] | None = None, band: pd.Series[Any] | None = None, lte: bool = False,
) -> tuple[Texts, np.ndarray[Any, np.dtype[np.bool_]]]:  # fmt: skip
    """(services joined by ";", band assumed?): "" where the table states no technology, "other" where it names only other families.

    Parameters
    ----------
    services, technology, band : Series
        What the table says, in one column or in several: 5G in one and n28 in another is nr-n28.
    own : collection of str
        Services of the study's own file, which a cell may name as they are written.
    lte : bool
        Whether 4G is planned too: its bands then name services; else its sites are of another technology.
    """
    columns = {"services": services} | {name: cells for name, cells in (("technology", technology), ("band", band)) if cells is not None}
    said = {name: folded(texts(column)) for name, column in columns.items()}
    for name in said:
        said[name][no_answer(said[name])] = ""
    by_folded = dict(zip(folded(np.array(list(own), dtype=object)), own, strict=True)) if own else {}
    blank = [""] * len(operators)
    rows = list(zip(said["services"], said.get("technology", blank), said.get("band", blank), operators, strict=True))
    once = {row: _one_row(*row, technology is not None, by_folded, lte) for row in dict.fromkeys(rows)}
    answers = [once[row] for row in rows]
    first = np.array(_telling(said), dtype=object)
    known = ", ".join([*known_services(), *own])
    for name in columns:
        cells, here = texts(columns[name]), first == name
        faults.at(here & np.array([answer is None for answer in answers], dtype=bool), "tables.unknown_band", name, cells, known=known)
    conflict = np.array([answer is not None and answer[0] == CONFLICT for answer in answers], dtype=bool)
    faults.at(conflict, "tables.band_conflict", "band", said.get("band"), detail=lambda row: {"services": said["services"][row]})
    foreign = np.array([answer is not None and answer[0] == "other" for answer in answers], dtype=bool)
    for name in columns:
        faults.at(foreign & (first == name), "tables.other_technology", name, texts(columns[name]), severity="warning")
    read = np.array(["" if answer is None or answer[0] == UNKNOWN else answer[0] for answer in answers], dtype=object)
    read[np.array([answer is None for answer in answers], dtype=bool)] = "unknown"
    return read, np.array([answer is not None and answer[1] for answer in answers], dtype=bool)


def _telling(said: Mapping[str, Texts]) -> list[str]:
    """The column in which a fault of each row is shown: the last one that is not empty, band before technology before services."""
    order = [name for name in ("band", "technology", "services") if name in said]
    return [next((name for name in order if said[name][row]), "services") for row in range(len(said["services"]))]


def _one_row(
    services: str, technology: str, band: str, operators: str, asks_technology: bool, own: Mapping[str, str], lte: bool
) -> tuple[str, bool] | None:
    """The services that a row's columns name; ("", False) where they state no technology, "other" where they name only other families."""
    if not (services or technology or band):
        return "", False
    if asks_technology and not technology and not services and not NR_NAME.search(band) and "nb" not in band:
        return UNKNOWN, False
    together = service_words(" ".join(filter(None, (services, technology, band))), operators, own, lte=lte)
    if services and band and together is not None:
        stated = service_words(services, operators, own, lte=lte)
        if stated is not None and stated[0] not in ("", UNKNOWN) and not stated[1] and together[0] != stated[0]:
            return (CONFLICT, False) if set(together[0].split(";")) - set(stated[0].split(";")) else stated
    return together if together is None or together[0] else ("other", False)


def known_services() -> list[str]:
    """Service presets a site may carry, by the alias table."""
    return [name for table in load("aliases")["bands"].values() for name in table]


def _one_azimuth(cell: str) -> str | None:
    plain = cell.replace("°", "").replace("度", "").strip("/、,; ")
    if plain in OMNI:
        return "omni"
    found = []
    for part in AZIMUTH_BREAKS.split(plain):
        try:
            value = float(part)
        except ValueError:
            return None
        if not 0.0 <= value <= 360.0:
            return None
        found.append(f"{value % 360.0:g}")
    return "/".join(dict.fromkeys(found)) or None


def azimuth_sets(column: pd.Series[Any], faults: FaultList) -> Texts:
    """Text such as "0/120/240", or "omni"; "" where the file is silent. One site, several sectors."""
    cells = folded(texts(column))
    empty = no_answer(cells)
    once = {cell: _one_azimuth(cell) for cell in dict.fromkeys(cells)}
    bad = np.array([once[cell] is None for cell in cells], dtype=bool) & ~empty
    faults.at(bad, "tables.bad_azimuth", "azimuth_deg", texts(column))
    return np.array([once[cell] or "" for cell in cells], dtype=object)
