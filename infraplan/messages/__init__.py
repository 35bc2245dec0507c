"""Every sentence a user reads, Chinese and English: one TOML file a package, keys `package.key`. No other module has texts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("zh", "en")
FORMS = ("zh", "both", "en")
"""How texts are written: Chinese alone, Chinese with English beside it, English alone."""


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


class Bilingual(str):
    """A text in both languages, Chinese first; `zh` and `en` are its halves."""

    zh: str
    en: str

    def __new__(cls, zh: str, en: str) -> Bilingual:
        made = super().__new__(cls, f"{zh} / {en}")
        made.zh, made.en = zh, en
        return made

    def __reduce__(self) -> tuple[type[Bilingual], tuple[str, str]]:
        return type(self), (self.zh, self.en)


def both(key: str, **values: object) -> Bilingual:
    """Chinese first, English beside it; a bilingual value gives each language its half."""
    zh, en = (say(key, lang, **{name: in_language(value, lang) for name, value in values.items()}) for lang in LANGUAGES)
    return Bilingual(zh, en)


def split_languages(text: str) -> str:
    """A text that a file states as "中文 / English" as a `Bilingual`; any other as it is."""
    chinese, mark, english = text.partition(" / ")
    return Bilingual(chinese, english) if mark and any("\u4e00" <= char <= "\u9fff" for char in chinese) else text


def joined_texts(parts: Iterable[str], zh: str = " ", en: str = " ") -> str:
    """Texts joined, each language by itself; empty ones left out."""
    kept = [part for part in parts if part]
    return Bilingual(*(mark.join(str(in_language(part, lang)) for part in kept) for lang, mark in (("zh", zh), ("en", en)))) if kept else ""


def in_language(text: Any, lang: str) -> Any:
    """One half of a bilingual text, or with "both" the whole; anything else as it is."""
    return getattr(text, lang) if isinstance(text, Bilingual) and lang in LANGUAGES else text


def main_language(form: str) -> str:
    """The language that a form of `FORMS` is written in: "both" is Chinese, with English beside it."""
    return "en" if form == "en" else "zh"
