"""A blank study: study.toml with every key, a workbook for the tables, a policy and costs to fill in; nothing of any country."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infraplan.files import write_text
from infraplan.io.template_workbook import sheet_name, write_template
from infraplan.messages import main_language, say
from infraplan.messages.amounts import amount
from infraplan.siting.costs import ALWAYS_OFFERED, usual_costs
from infraplan.siting.costs_schema import LINES
from infraplan.study.config import FILE_NAME, USED_BY
from infraplan.study.key_reference import FILE, NAME, Key, Part, parts, written
from infraplan.toml_faults import BLANK

TABLES, POLICY, COSTS = "tables.xlsx", "policy.toml", "costs.toml"
WIDTH = 118
PRICES = {"capex": "capex", "opex": "opex_per_year"}
SHOWN = {**PRICES, "power": "power_per_year"}
FURTHER = ("power_per_year = 0", "refusal_probability = 0", "attempt_cost = 0", f"lines = {list(LINES)}".replace("'", '"'))


def write_blank(folder: Path, lang: str = "both") -> None:
    """Write the files of a blank study; `infraplan check` then says what is to be filled in."""
    folder.mkdir(parents=True, exist_ok=True)
    form, lang = lang, main_language(lang)
    write_text(folder / FILE_NAME, study_text(folder.resolve().name, lang))
    write_template(folder / TABLES, form, examples=False)
    write_text(folder / POLICY, say("blank.policy", lang))
    write_text(folder / COSTS, costs_text(lang))


def filled_in(name: str, lang: str) -> dict[str, dict[str, Any]]:
    """By section the keys that a blank study sets; all others are there as comments. `BLANK` is for the user to fill in."""
    plain = re.sub(r"[^\w.-]", "-", name).strip("-.") or "study"
    about = {"name": plain, f"title_{lang}": BLANK, "policies": [POLICY]} | ({"operators": [BLANK]} if lang == "en" else {})
    return {
        "study": about,
        "files": {"zones": "zones.gpkg", "villages": TABLES, "sites": TABLES, "costs": COSTS},
        "options.villages": {"sheet": sheet_name("village", lang)},
        "options.sites": {"sheet": sheet_name("site", lang)},
        "coverage": {"services": ["nr-n28", "nr-n78", "nbiot-900"]},
        "plan": {"targets": ["people"], "services": ["nr-n28"], "operators": BLANK},
    }


def study_text(name: str, lang: str) -> str:
    """study.toml with every key that the schema has, each with its meaning; those that are not set are comments."""
    values = filled_in(name, lang)
    lines = [*_comment(say("blank.head", lang)), ""]
    for part in parts():
        lines += [*_section(part, values, lang), ""]
    return "\n".join(lines)


def _section(part: Part, values: dict[str, dict[str, Any]], lang: str) -> Iterator[str]:
    yield from _comment(_in(part.meaning, lang)) if part.meaning else ()
    if part.name.endswith(f".{FILE}"):
        for key in part.keys:
            yield from _comment(f"{key.name}: {_in(key.meaning, lang)} ({_in(key.kind, lang)})")
        for file in USED_BY:
            own = [key for key in part.keys if file in key.files]
            yield from _keys(f"options.{file}", own, values.get(f"options.{file}", {}), lang, meanings=False)
    else:
        yield from _keys(part.name, part.keys, values.get(part.name, {}), lang)


def _keys(name: str, keys: Any, values: dict[str, Any], lang: str, *, meanings: bool = True) -> Iterator[str]:
    """The heading of a section and its keys; as comments where none of them is set."""
    optional = name.startswith("[") or name.endswith(f".{NAME}") or not meanings
    yield f"{'#' if optional and not values else ''}[{name}]"
    for key in keys:
        if meanings:
            yield from _comment(_about(key, lang))
        stated = key.name in values
        value = written(values[key.name]) if stated else _empty(key) if key.default is None else written(key.default)
        yield f"{'' if stated else '#'}{key.name} = {value}"


def _about(key: Key, lang: str) -> str:
    """What a comment says of a key: meaning, type, limits."""
    kind = ", ".join(text for text in (_in(key.kind, lang), key.limits) if text)
    return f"{_in(key.meaning, lang)} ({kind})"


def _empty(key: Key) -> str:
    """A value of the right form for a key that has no default, as TOML has it."""
    kind = str(key.kind.en)
    known = {"date": "2026-12-31", "true or false": "true", "number": "0", "whole number": "0"}
    return known.get(kind, "[]" if kind.startswith("list") else "{}" if kind.startswith("table") else '""')


def _comment(text: str) -> list[str]:
    """Lines of a comment."""
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH, break_on_hyphens=False)]


def _in(text: Any, lang: str) -> str:
    return str(getattr(text, lang))


def costs_text(lang: str) -> str:
    """costs.toml: the hosts that every study needs, their prices to be filled in; the package's own are in comments."""
    usual = usual_costs()

    def said(key: str, terms: Any) -> list[str]:
        return _comment(
            say(f"blank.{key}", lang, **{name: amount(terms[column][1], usual.currency, lang) for name, column in SHOWN.items()})
        )

    lines = [*_comment(say("blank.costs", lang)), f"currency = {written(BLANK)}", ""]
    lines += ["[annuity]", f"rate = {usual.rate:g}", f"years = {usual.years}", f"source = {written(BLANK)}", ""]
    asked = [f"{column} = {written(BLANK)}" for column in (*PRICES.values(), "source")]
    for host in usual.hosts:
        terms = usual.host(host)
        own = [f"[hosts.{host}]", f"{lang} = {written(terms[lang])}", f"height_m = {terms['height_m']:g}", *asked]
        lines += [
            *said("usual", terms),
            *(own if host in ALWAYS_OFFERED else [f"#{line}" for line in own]),
            *(f"#{line}" for line in (*FURTHER, "public_rent_per_year = 0")),
            "",
        ]
    for line in LINES:
        priced = [f"[lines.{line}]", f"capex_per_km = {written(BLANK)}", "factor = 1", f"source = {written(BLANK)}"]
        per_km = amount(usual.lines[line]["capex_per_km"][1], usual.currency, lang)
        lines += [*_comment(say("blank.line", lang, per_km=per_km)), *(f"#{text}" for text in priced), ""]
    return "\n".join([*lines, *said("added", usual.added_service), "[added_service]", *asked, ""])
