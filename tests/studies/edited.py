"""A blank study as a person edits it: a key is set where it stands, its comment sign taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infraplan.study.blank import write_blank


def blank_with(folder: Path, lang: str, keys: Mapping[str, Mapping[str, Any]], names: str = "") -> None:
    """A blank study whose study.toml has these keys by section; None leaves a key out. `names`: further sections, as text."""
    write_blank(folder, lang)
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    for section, values in keys.items():
        for key, value in values.items():
            text = _with_key(text, section, key, value)
    file.write_text(text + names, encoding="utf-8")


def _with_key(text: str, section: str, key: str, value: Any) -> str:
    """The text with one key set; its section begins where it has been a comment."""
    found = re.search(rf"(?m)^#?\[{re.escape(section)}\]$", text)
    assert found, section
    head, body = text[: found.start()] + f"[{section}]", text[found.end() :]
    end = re.search(r"(?m)^#?\[", body)
    inside, rest = (body[: end.start()], body[end.start() :]) if end else (body, "")
    line = f"#{key} = {written(inside, key)}" if value is None else f"{key} = {json.dumps(value, ensure_ascii=False)}"
    changed, count = re.subn(rf"(?m)^#?{key} = .*$", lambda _: line, inside, count=1)
    assert count, (section, key)
    return head + changed + rest


def written(inside: str, key: str) -> str:
    """What a key says."""
    found = re.search(rf"(?m)^#?{key} = (.*)$", inside)
    return "" if found is None else found[1]


def fill(file: Path, *values: object) -> None:
    """Each "?" of a file by the next value, comments left as they are."""
    given = iter(values)
    text = re.sub(
        r'(?m)^([^#\n]*= )"\?"', lambda found: found[1] + json.dumps(next(given), ensure_ascii=False), file.read_text(encoding="utf-8")
    )
    assert next(given, None) is None, file.name
    file.write_text(text, encoding="utf-8")
