"""The faults of a study.toml: each with its line, the keys that exist, and the nearest of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from infraplan.errors import Fault, UsageError
from infraplan.geo.datums import DATUMS
from infraplan.io.text_encoding import OFFERED
from infraplan.messages import both
from infraplan.messages.schema_errors import key_message, nearest, unknown_key_message

SECTION = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
OLD_DATUMS = ("xian80", "beijing54")


def key_faults(error: ValidationError, model: type[BaseModel], file: str, text: str, used_by: Mapping[str, tuple[str, ...]]) -> list[Fault]:
    """One fault a key. `used_by`: the options that each file has."""
    faults: dict[str, Fault] = {}
    for item in error.errors():
        path = _path(item["loc"], model)
        key = ".".join(path)
        unknown = item["type"] == "extra_forbidden"
        options = used_by.get(path[1]) if path[0] == "options" and len(path) == 3 else None
        message = unknown_key_message(path[-1], options or _known(path[:-1], model)) if unknown else key_message(dict(item))
        value = "" if item["type"] == "missing" or isinstance(item["input"], dict) else str(item["input"])[:80]
        fix = both("study.no_key_fix" if unknown else "study.bad_key_fix", name=_written(path))
        faults.setdefault(key, Fault(file, message, fix, rule="study-key", column=key, value=value, row=line_of(text, path)))
    return list(faults.values())


def misplaced_options(raw: Mapping[str, Any], file: str, text: str, used_by: Mapping[str, tuple[str, ...]]) -> list[Fault]:
    """Options that exist, but not for the file they are set for."""
    given = raw.get("options")
    known = {name for names in used_by.values() for name in names}
    faults = []
    for layer, options in given.items() if isinstance(given, dict) else ():
        for name in options if isinstance(options, dict) and layer in used_by else ():
            if name in known and name not in used_by[layer]:
                path = ("options", layer, name)
                message = both("study.option_elsewhere", layer=layer, known=", ".join(used_by[layer]))
                fix = both("study.no_key_fix", name=_written(path))
                faults.append(Fault(file, message, fix, rule="study-key", column=".".join(path), row=line_of(text, path)))
    return faults


def two_datums(raw: Mapping[str, Any], file: str, text: str) -> list[Fault]:
    """Files whose datum is in [datum] and, another one, in their [options]."""
    short, options = raw.get("datum"), raw.get("options")
    faults: list[Fault] = []
    if not isinstance(short, dict) or not isinstance(options, dict):
        return faults
    for layer, datum in short.items():
        own = options[layer].get("datum", datum) if isinstance(options.get(layer), dict) else datum
        if str(own).lower() != str(datum).lower():
            message, path = both("study.two_datums", layer=layer), ("datum", layer)
            fix = both("study.no_key_fix", name=_written(path))
            faults.append(Fault(file, message, fix, rule="study-key", column=".".join(path), value=str(datum), row=line_of(text, path)))
    return faults


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line on which a key is set, from 1; the line of its section where the key is not there."""
    section: tuple[str, ...] = ()
    heading: int | None = None
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        found = SECTION.fullmatch(line.split("#")[0].rstrip())
        if found:
            section = tuple(part.strip().strip("\"'") for part in found[1].split("."))
            if line.lstrip().startswith("[["):
                section = (*section, str(counts.setdefault(section, 0)))
                counts[section[:-1]] += 1
            if section and section == path[: len(section)]:
                heading = number
            if section == path:
                return number
        elif "=" in line:
            key = tuple(part.strip().strip("\"'") for part in line.split("=")[0].split("."))
            full = (*section, *key)
            if full == path[: len(full)]:
                return number
    return heading


def known_datum(given: str) -> str:
    """A datum as the readers name it ("GCJ-02" is gcj02); a ValueError in our words for any other."""
    plain = given.lower().replace("-", "").replace("_", "").replace(" ", "")
    if plain in OLD_DATUMS:
        raise ValueError(both("io.old_datum"))
    if plain not in DATUMS:
        raise ValueError(both("schema.choice", options=", ".join(DATUMS), nearest=nearest(plain, DATUMS)))
    return plain


def known_crs(given: str) -> str:
    """A CRS that PROJ knows and the readers take."""
    from infraplan.errors import DataError
    from infraplan.io.coordinates import trusted_crs
    from infraplan.tables.faults import FaultList

    try:
        trusted_crs(given, FaultList())
    except UsageError as error:
        raise ValueError(error.args[0]) from None
    except DataError as error:
        raise ValueError(error.fault_list[0].message) from None
    return given


def known_encoding(given: str) -> str:
    """An encoding that the readers know."""
    plain = given.lower().replace("_", "-")
    if plain not in OFFERED:
        raise ValueError(both("schema.choice", options=", ".join(OFFERED), nearest=nearest(plain, OFFERED)))
    return plain


def known_operators(given: tuple[str, ...]) -> tuple[str, ...]:
    """Networks of a study's own operators, trimmed; each operator has a name of its own and is in one network."""
    parts = [[" ".join(name.split()) for name in network.split("+")] for network in given]
    names = [name for network in parts for name in network]
    folded = [name.casefold() for name in names]
    if any(not name or name.casefold() == "any" or re.search(r"[/、,;&|]", name) for name in names) or len(set(folded)) < len(folded):
        raise ValueError(both("study.bad_operators"))
    return tuple("+".join(network) for network in parts)


def _path(loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of an error's place; pydantic adds the names of a union's members."""
    path: list[str] = []
    inside: type[BaseModel] | None = model
    for step in loc:
        if inside is not None and path and str(step) not in inside.model_fields and _is_member(str(step)):
            continue
        if inside is None and _is_member(str(step)):
            continue
        path.append(str(step))
        inside = _model_below(inside, str(step)) if not isinstance(step, int) else inside
    return tuple(path)


def _is_member(step: str) -> bool:
    return step in ("str", "int", "float", "bool") or "[" in step


def _model_below(model: type[BaseModel] | None, key: str) -> type[BaseModel] | None:
    """The model of a field's value, or of the members of its list; None where it is no table."""
    if model is None or key not in model.model_fields:
        return None
    kinds = [model.model_fields[key].annotation, *get_args(model.model_fields[key].annotation)]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _known(path: tuple[str, ...], model: type[BaseModel]) -> list[str]:
    """The keys that a section may have."""
    inside: type[BaseModel] | None = model
    for step in path:
        inside = inside if step.isdigit() else _model_below(inside, step)
    return [] if inside is None else list(inside.model_fields)


def _written(path: tuple[str, ...]) -> str:
    """A key as it is written: "[plan] gap"."""
    plain = [step for step in path if not step.isdigit()]
    return f"[{'.'.join(plain[:-1])}] {plain[-1]}" if len(plain) > 1 else f"[{plain[0]}]"
