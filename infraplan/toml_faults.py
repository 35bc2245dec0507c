"""What is wrong with the keys of a TOML file that a schema describes: each fault with its line, the keys that exist, the nearest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from infraplan.errors import Fault
from infraplan.messages import both
from infraplan.messages.schema_errors import key_message, unknown_key_message

BLANK = "?"
"""What a blank study has where the user has to write something."""
SECTION = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")


def key_faults(
    error: ValidationError,
    model: type[BaseModel],
    file: str,
    text: str,
    used_by: Mapping[str, tuple[str, ...]] | None = None,
    kind: str = "study",
) -> list[Fault]:
    """One fault a key. `used_by`: the options that each file has. `kind`: what the rule of the faults begins with."""
    faults: dict[str, Fault] = {}
    for item in error.errors():
        path = _path(item["loc"], model)
        key = ".".join(path)
        unknown = item["type"] == "extra_forbidden"
        options = (used_by or {}).get(path[1]) if path[0] == "options" and len(path) == 3 else None
        message = unknown_key_message(path[-1], options or _known(path[:-1], model)) if unknown else key_message(dict(item))
        value = "" if item["type"] == "missing" or isinstance(item["input"], dict) else str(item["input"])[:80]
        fix = both("study.no_key_fix" if unknown else "study.bad_key_fix", name=written_key(path))
        faults.setdefault(key, Fault(file, message, fix, rule=f"{kind}-key", column=key, value=value, row=line_of(text, path)))
    return list(faults.values())


def blank_faults(raw: Mapping[str, Any], file: str, text: str, kind: str) -> list[Fault]:
    """One fault a value that is still to be filled in, as `infraplan new blank` leaves it."""
    found = [(path, value) for path, value in _leaves(raw, ()) if value == BLANK]
    message, fix = both("schema.blank"), both("schema.blank_fix")
    return [
        Fault(file, message, fix, rule=f"{kind}-blank", row=line_of(text, path), column=".".join(path), value=BLANK)
        for path in dict.fromkeys(path for path, _ in found)
    ]


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """(path, value) of all that is no table; entries of a list of values have the list's path, those of a list of tables their number."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from _leaves(inner, (*path, str(number)) if isinstance(inner, dict) else path)
    else:
        yield path, node


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


def _path(loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of an error's place; pydantic adds the names of a union's members."""
    path: list[str] = []
    for step in loc:
        inside, named = _inside(model, path)
        if _is_member(str(step)) and not named and (inside is None or (path and str(step) not in inside.model_fields)):
            continue
        path.append(str(step))
    return tuple(path)


def _is_member(step: str) -> bool:
    return step in ("str", "int", "float", "bool") or "[" in step


def _inside(model: type[BaseModel], path: Iterable[str]) -> tuple[type[BaseModel] | None, bool]:
    """The schema at a place, None where there is none; and whether the next step is a name that the user gives."""
    inside: type[BaseModel] | None = model
    named = False
    for step in path:
        if named or step.isdigit():
            named = False
        elif inside is None or step not in inside.model_fields:
            return None, False
        else:
            kind = inside.model_fields[step].annotation
            named = get_origin(kind) is dict
            inside = next((one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, BaseModel)), None)
    return inside, named


def _known(path: tuple[str, ...], model: type[BaseModel]) -> list[str]:
    """The keys that a section may have."""
    inside, _ = _inside(model, path)
    return [] if inside is None else list(inside.model_fields)


def written_key(path: tuple[str, ...]) -> str:
    """A key as a reader finds it: "[plan] gap"."""
    plain = [step for step in path if not step.isdigit()]
    return f"[{'.'.join(plain[:-1])}] {plain[-1]}" if len(plain) > 1 else f"[{plain[0]}]"
