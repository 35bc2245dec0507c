"""Constants are data with a source: TOML files and the one loader."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from infraplan.errors import UsageError
from infraplan.messages import both

MOST_LISTED = 30  # of hundreds of ids the first are shown


@cache
def load(name: str) -> dict[str, Any]:
    """The preset file `name`.toml; "policies/guangdong-2020" reads a file of the folder `policies`."""
    entry = files(__package__).joinpath(f"{name}.toml")
    return tomllib.loads(entry.read_text(encoding="utf-8"))


def names(folder: str) -> list[str]:
    """Names of the preset files in a folder."""
    return sorted(
        entry.name.removesuffix(".toml") for entry in files(__package__).joinpath(folder).iterdir() if entry.name.endswith(".toml")
    )


def load_file(path: str | Path) -> dict[str, Any]:
    """A user's own preset file in the same schema."""
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


def choose(name: str, options: Iterable[str], what: str) -> str:
    """`name` if it is one of `options`; else a UsageError with the nearest matches and the list, shortened where it is long.

    `what` is a word of the catalogue `general`: "target" is under "what_target".
    """
    known = sorted(options)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    hint = both("general.nearest", names=", ".join(near)) if near else ""
    raise UsageError(both("general.unknown", what=both(f"general.what_{what}"), name=name, nearest=hint, known=shortened(known) or "-"))


def shortened(names: Sequence[str]) -> str:
    """Names for a message: the first of them, and how many there are where they are many."""
    listed = ", ".join(names[:MOST_LISTED])
    return listed if len(names) <= MOST_LISTED else both("general.some", names=listed, count=len(names))
