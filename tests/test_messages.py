"""Every sentence stands once, in both languages, with the same placeholders; every key the code asks for exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from infraplan import messages
from infraplan.messages.amounts import amount, amounts

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


def test_an_unknown_name_is_reported_with_the_nearest_and_a_bearable_list() -> None:
    from infraplan.errors import UsageError
    from infraplan.presets import choose

    with pytest.raises(UsageError) as raised:
        choose("v0123x", [f"v{number:04d}" for number in range(5000)], "village")
    text = str(raised.value)
    assert "v0123" in text and "5000" in text and len(text) < 1000
    chinese, _, english = text.partition(" / ")
    assert "village" not in chinese and not CHINESE.search(english)


@pytest.mark.parametrize(
    ("value", "currency", "zh", "en"),
    [
        (0, "CNY", "0 元", "CNY 0"),
        (-0.2, "CNY", "0 元", "CNY 0"),
        (8_500, "CNY", "8,500 元", "CNY 8,500"),
        (9_999.7, "CNY", "1.0 万元", "CNY 10,000"),
        (5_970_000, "CNY", "597.0 万元", "CNY 5.97 million"),
        (268_712_345, "CNY", "26,871.2 万元", "CNY 268.71 million"),
        (-120_000, "CNY", "\u221212.0 万元", "\u2212CNY 120,000"),
        (5_970_000, "XAF", "597.0 万 XAF", "XAF 5.97 million"),
        (3_652_840_000, "XAF", "365,284.0 万 XAF", "XAF 3.653 billion"),
        (850, "XAF", "850 XAF", "XAF 850"),
    ],
)
def test_amounts_are_written_as_each_language_writes_them(value: float, currency: str, zh: str, en: str) -> None:
    assert (amount(value, currency, "zh"), amount(value, currency, "en")) == (zh, en)
    assert amounts(value, currency) == f"{zh} / {en}"


@pytest.mark.parametrize(("cny", "zh", "en"), [(5_979_999, "597.9 万元", "CNY 5.97 million"), (8_500.9, "8,500 元", "CNY 8,500")])
def test_a_bound_is_never_rounded_up(cny: float, zh: str, en: str) -> None:
    """That no plan costs less than CNY 5.98 million would be false where one costs 5.979."""
    assert (amount(cny, "CNY", "zh", least=True), amount(cny, "CNY", "en", least=True)) == (zh, en)


def test_no_sentence_counts_in_units_of_its_own() -> None:
    """Amounts bring their unit: 万元, million and "x 10,000" are in no sentence, only above columns and axes."""
    own = re.compile(r"\{\w+\} *(万元|元|x 10,000|million)|CNY \{")
    said = {f"{room}.{key}": " ".join(entry.values()) for room, key, entry in ENTRIES if not key.startswith("money")}
    assert not [key for key, text in said.items() if own.search(text)]
