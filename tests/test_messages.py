"""Every sentence stands once, in both languages, with the same placeholders; every key the code asks for exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from infraplan import messages

PACKAGE = Path(messages.__file__).parents[1]
ENTRIES = [(room, key, entry) for room in messages.rooms() for key, entry in messages.catalogue(room).items()]
ASKED = re.compile(r"""\b(?:both|say)\(\s*f?["']([a-z_0-9]+)\.([a-z_0-9]+)["']""")
CHINESE = re.compile(r"[\u3400-\u9fff]")


def placeholders(text: str) -> set[str]:
    """Names that str.format fills; a value written for one language ends with its name."""
    names = {name.partition(".")[0].partition("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return {re.sub(r"(^|_)(zh|en)$", "", name) for name in names if name.isidentifier()}


@pytest.mark.parametrize("room", messages.rooms())
def test_every_entry_has_both_languages(room: str) -> None:
    wrong = [
        key
        for key, entry in messages.catalogue(room).items()
        if set(entry) != set(messages.LANGUAGES) or not all(isinstance(text, str) for text in entry.values())
    ]
    assert not wrong


def test_placeholders_are_the_same_in_both_languages() -> None:
    wrong = {
        f"{room}.{key}": (sorted(placeholders(entry["zh"])), sorted(placeholders(entry["en"])))
        for room, key, entry in ENTRIES
        if placeholders(entry["zh"]) != placeholders(entry["en"])
    }
    assert not wrong


def test_no_entry_is_half_empty() -> None:
    assert not [f"{room}.{key}" for room, key, entry in ENTRIES if bool(entry["zh"].strip()) != bool(entry["en"].strip())]


def test_english_is_english() -> None:
    """Quoted names of Chinese things are allowed in English, a whole Chinese sentence is not."""
    wrong = [f"{room}.{key}" for room, key, entry in ENTRIES if len(CHINESE.findall(entry["en"])) > 0.5 * max(len(entry["en"]), 1)]
    assert not wrong


def test_every_key_in_the_code_exists() -> None:
    missing = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for room, key in ASKED.findall(file.read_text(encoding="utf-8")):
            if room not in messages.rooms() or key not in messages.catalogue(room):
                missing.append(f"{file.relative_to(PACKAGE)}: {room}.{key}")
    assert not missing


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        messages.say("run.no_such_sentence")
    with pytest.raises(KeyError):
        messages.say("no_such_room.x")


def test_both_puts_chinese_first() -> None:
    assert messages.both("run.city") == f"{messages.say('run.city')} / {messages.say('run.city', 'en')}"


CHOSEN = re.compile(r"""(?<![_\w])choose\((?:[^()]|\([^()]*\)){1,200}?, ["']([a-z_]+)["']\)""")


def test_what_is_chosen_has_a_word_in_both_languages() -> None:
    """`choose(name, options, "target")` says 目标 in Chinese: half-translated refusals help nobody."""
    asked = {word for file in PACKAGE.rglob("*.py") for word in CHOSEN.findall(file.read_text(encoding="utf-8"))}
    assert len(asked) > 25
    assert not {word for word in asked if f"what_{word}" not in messages.catalogue("general")}


def test_an_unknown_name_is_told_with_the_nearest_and_a_bearable_list() -> None:
    from infraplan.errors import UsageError
    from infraplan.presets import choose

    with pytest.raises(UsageError) as raised:
        choose("v0123x", [f"v{number:04d}" for number in range(5000)], "village")
    text = str(raised.value)
    assert "v0123" in text and "5000" in text and len(text) < 1000
    chinese, _, english = text.partition(" / ")
    assert "village" not in chinese and not CHINESE.search(english)
