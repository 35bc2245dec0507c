"""How clerks write operators, technologies and bands, and azimuths; what the house calls them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from infraplan.presets import load
from infraplan.tables.faults import FaultList
from infraplan.tables.values import Texts, folded, no_answer, texts

OPERATOR_BREAKS = re.compile(r"[+/、,;&|和与\s]+")
SERVICE_BREAKS = re.compile(r"[;+/、,|\s()]+")
AZIMUTH_BREAKS = re.compile(r"[/、,;|\s]+")
OMNI = frozenset({"omni", "全向", "omnidirectional", "全向天线"})


@cache
def _operator_table() -> dict[str, str]:
    groups = dict(load("aliases")["operators"])
    sets: dict[str, str] = groups.pop("sets")
    table = {alias: code for code, aliases in groups.items() for alias in (*aliases, code)}
    return table | sets


@cache
def _service_tables() -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    aliases = load("aliases")
    technologies = {alias: family for family, listed in aliases["technologies"].items() for alias in (*listed, family)}
    bands = {
        family: {alias: name for name, listed in table.items() for alias in (*listed, name)} for family, table in aliases["bands"].items()
    }
    return technologies, bands


def _one_operator_set(cell: str) -> str | None:
    table = _operator_table()
    if cell in table:
        return table[cell]
    found = [table.get(part) for part in OPERATOR_BREAKS.split(cell) if part]
    if not found or any(code is None for code in found):
        return None
    return "+".join(sorted({code for joined in found if joined for code in joined.split("+")}))


def operator_sets(column: pd.Series[Any], faults: FaultList) -> Texts:
    """Sorted codes joined by "+"; "" where the file is silent."""
    cells = folded(texts(column))
    once = {cell: _one_operator_set(cell) for cell in set(cells)}
    empty = no_answer(cells)
    unknown = np.array([once[cell] is None for cell in cells], dtype=bool) & ~empty
    faults.at(unknown, "tables.unknown_operator", "operators", texts(column))
    return np.array([once[cell] or "" for cell in cells], dtype=object)


def service_words(cell: str, operators: str, own: Mapping[str, str] | None = None) -> tuple[str, bool] | None:
    """("nr-n41;nr-n28", band assumed?) of a folded cell; None where a word is unknown; "" where it names no family of ours.

    `own` has the names of further services as they are written, by their folded names.
    """
    own = own or {}
    exact_names = [own.get(word, word) for word in SERVICE_BREAKS.split(cell) if word]
    if exact_names and set(exact_names) <= load("services")["service"].keys() | set(own.values()):
        return ";".join(dict.fromkeys(exact_names)), False
    technologies, bands = _service_tables()
    defaults = load("aliases")["default_band"]
    words = [word for word in SERVICE_BREAKS.split(cell.replace("nb-iot", "nbiot").replace("nb_iot", "nbiot")) if word]
    words = [piece for word in words for piece in _pieces(word, technologies, bands)]
    families: list[str] = []
    services: dict[str, None] = {}
    assumed: list[str] = []
    for word in words:
        if word in technologies:
            if technologies[word] not in families:
                families.append(technologies[word])
            continue
        named = [
            table[word] for family, table in bands.items() if word in table and (word == table[word] or not families or family in families)
        ]
        if not named and families and set(families) <= {"lte", "older"}:
            continue
        if not named:
            return None
        exact = [name for name in named if name.split("-")[1] == word or name == word]
        services[(exact or named)[0]] = None
    for family in families:
        if family in bands and not any(service.startswith(f"{family}-") for service in services):
            leader = operators.split("+")[0]
            assumed.append(defaults[family].get(leader, defaults[family][""]))
    return ";".join(dict.fromkeys((*services, *assumed))), bool(assumed)


def _pieces(word: str, technologies: dict[str, str], bands: dict[str, dict[str, str]]) -> list[str]:
    """A word as it is known, or cut into a technology and a band ("5gn41", "nr_n28", "nb900")."""
    known = technologies.keys() | {alias for table in bands.values() for alias in table}
    if word in known:
        return [word]
    for cut in range(len(word) - 1, 0, -1):
        head, tail = word[:cut], word[cut:].lstrip("-_:：")
        if head.rstrip("-_") in technologies and tail in known:
            return [head.rstrip("-_"), tail]
    return [word]


def service_sets(
    column: pd.Series[Any], operators: Texts, faults: FaultList, own: Collection[str] = ()
) -> tuple[Texts, np.ndarray[Any, np.dtype[np.bool_]]]:
    """(services joined by ";", band assumed?). "" where the file is silent or names only families that are not ours.

    `own` names the services of the study's own file, which a cell may name as they are written.
    """
    cells = folded(texts(column))
    pairs = list(zip(cells, operators, strict=True))
    by_folded = dict(zip(folded(np.array(list(own), dtype=object)), own, strict=True)) if own else {}
    once = {pair: service_words(*pair, by_folded) for pair in set(pairs)}
    empty = no_answer(cells)
    unknown = np.array([once[pair] is None for pair in pairs], dtype=bool) & ~empty
    faults.at(unknown, "tables.unknown_band", "services", texts(column), known=", ".join([*known_services(), *own]))
    read = np.array([(once[pair] or ("", False))[0] for pair in pairs], dtype=object)
    assumed = np.array([(once[pair] or ("", False))[1] for pair in pairs], dtype=bool)
    foreign = (read == "") & ~empty & ~unknown
    faults.at(foreign, "tables.other_technology", "services", texts(column), severity="warning")
    return np.where(foreign, "other", read).astype(object), assumed


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
    """Text such as "0/120/240", or "omni"; "" where the file is silent. One site, so many sectors."""
    cells = folded(texts(column))
    empty = no_answer(cells)
    once = {cell: _one_azimuth(cell) for cell in set(cells)}
    bad = np.array([once[cell] is None for cell in cells], dtype=bool) & ~empty
    faults.at(bad, "tables.bad_azimuth", "azimuth_deg", texts(column))
    return np.array([once[cell] or "" for cell in cells], dtype=object)
