"""Messages for faults of keys or of the syntax of a TOML file, in both languages: the parsers' own are English and for programmers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from infraplan.messages import Bilingual, both

LIMITS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
WANTED = (
    ("bool", "boolean"),
    ("int", "whole"),
    ("float", "number"),
    ("string", "text"),
    ("date", "date"),
    ("tuple", "list"),
    ("list", "list"),
    ("frozen_set", "list"),
    ("set", "list"),
    ("dict", "table"),
    ("model", "table"),
)
SYNTAX = (
    ("Cannot overwrite", "twice"),
    ("Cannot declare", "twice"),
    ("Cannot mutate", "twice"),
    ("Cannot redefine", "twice"),
    ("Duplicate", "twice"),
    ("Found invalid character", "character"),
    ("Escaped character", "backslash"),
    ("Invalid value", "value"),
    ("Expected '='", "equals"),
    ("Expected ']", "bracket"),
    ("Unclosed array", "bracket"),
    ("Unclosed inline table", "brace"),
    ("Illegal character", "character"),
    ("Unescaped", "backslash"),
    ("Invalid hex", "backslash"),
    ("Unterminated string", "quote"),
    ('Expected "', "quote"),
    ("Expected newline", "end"),
    ("Invalid initial character", "start"),
    ("Invalid statement", "start"),
    ("Invalid date", "date"),
)


def key_message(item: dict[str, Any]) -> Bilingual:
    """The message for one of pydantic's errors, for every type but unknown keys: missing, of another type, out of range, no choice."""
    kind, context = str(item["type"]), item.get("ctx") or {}
    if kind == "missing":
        return both("schema.missing")
    if isinstance(context.get("error"), Exception) and context["error"].args:
        message = context["error"].args[0]
        return message if isinstance(message, Bilingual) else Bilingual(str(message), str(message))
    if kind in ("literal_error", "enum"):
        options = options_of(item)
        return both("schema.choice", options=", ".join(options), nearest=nearest(str(item.get("input")), options))
    for name, sign in LIMITS.items():
        if name in context:
            return both("schema.limit", limit=f"{sign} {context[name]}")
    if kind in ("too_short", "string_too_short"):
        return both("schema.empty") if context.get("min_length") == 1 else both("schema.short", limit=context.get("min_length"))
    if kind in ("too_long", "string_too_long"):
        return both("schema.long", limit=context.get("max_length"))
    if kind == "string_pattern_mismatch":
        return both("schema.letters") if context.get("pattern") == r"^[\w.-]+$" else both("schema.form")
    if kind == "finite_number":
        return both("schema.wanted_number")
    wanted = next((word for start, word in WANTED if kind.startswith(start)), "")
    return both(f"schema.wanted_{wanted}") if wanted else both("schema.form")


def options_of(item: dict[str, Any]) -> list[str]:
    """The words or numbers that a key may have, from pydantic's "'a', 'b' or 'c'" or "2 or 3"."""
    expected = str((item.get("ctx") or {}).get("expected", ""))
    return [word or number for word, number in re.findall(r"'([^']*)'|(\d+)", expected) if word or number]


def unknown_key_message(key: str, known: Iterable[str]) -> Bilingual:
    """A key that its table does not have: the keys it has, and the nearest of them."""
    listed = sorted(known)
    return both("schema.unknown", known=", ".join(listed), nearest=nearest(key, listed))


def nearest(word: str, known: Iterable[str]) -> Bilingual:
    """ "; nearest: x" where something is near, else nothing."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return both("schema.nearest", nearest=found[0]) if found else Bilingual("", "")


def toml_message(error: Exception) -> Bilingual:
    """The message for a syntax error of a TOML file."""
    text = str(error)
    return both(f"schema.toml_{next((word for start, word in SYNTAX if text.startswith(start)), 'other')}")


def toml_line(error: Exception, text: str) -> int:
    """The line that tomllib names, the last one where it says "end of document"."""
    where = re.search(r"line (\d+)", str(error))
    return int(where[1]) if where else text.count("\n") + 1
