"""Every sentence a user reads, Chinese and English: one TOML a room, keys `room.key`. Nobody else holds text."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = ("zh", "en")


@cache
def catalogue(room: str) -> dict[str, dict[str, str]]:
    """All sentences of one room: key -> {"zh": ..., "en": ...}."""
    entry = files(__package__).joinpath(f"{room}.toml")
    if not entry.is_file():
        raise KeyError(f"no message catalogue for the room {room!r}")
    return tomllib.loads(entry.read_text(encoding="utf-8"))


def rooms() -> list[str]:
    """Names of all catalogues."""
    return sorted(entry.name.removesuffix(".toml") for entry in files(__package__).iterdir() if entry.name.endswith(".toml"))


def say(key: str, lang: str = "zh", **values: object) -> str:
    """The sentence `room.key` in one language, its placeholders filled."""
    room, _, name = key.partition(".")
    text = catalogue(room)[name][lang]
    return text.format(**values) if values else text


def both(key: str, **values: object) -> str:
    """Chinese first, English beside it."""
    return f"{say(key, 'zh', **values)} / {say(key, 'en', **values)}"
