"""Files that the pages about the code name exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [path.as_posix() for folder in ("infraplan", "tests", "tools", "benchmarks", "docs", "data") for path in (ROOT / folder).rglob("*")]
NAMED = re.compile(r"`([\w/.*-]+(?:\.py|\.toml|/))`")


def absent(text: str) -> list[str]:
    """Names of files and folders in back quotes that no path of the repository ends with."""
    names = dict.fromkeys(name.rstrip("/") for name in NAMED.findall(text))
    return [name for name in names if name != "study.toml" and not any(path.endswith("/" + name) for path in FILES)]


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "docs/siting.md", "docs/planning.md"])
def test_named_files_exist(page: str) -> None:
    assert absent((ROOT / page).read_text(encoding="utf-8")) == []


def test_a_file_that_does_not_exist_is_found() -> None:
    assert absent("see `siting/duties.py`, `siting/cover/` and `cover/solve.py`") == ["siting/duties.py"]
