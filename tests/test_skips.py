"""Skips are counted by reason; the published vectors are in the repository."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from skips import skips_by_reason

REFERENCE = Path(__file__).resolve().parent / "reference"


def test_skips_are_counted_by_reason() -> None:
    reasons = ["Skipped: no browser", "Skipped: no data", "Skipped: no\n  browser", "unconditional skip"]
    reports = [SimpleNamespace(longrepr=("file.py", 1, reason)) for reason in reasons]
    assert skips_by_reason(reports) == [("no browser", 2), ("no data", 1), ("unconditional skip", 1)]
    assert skips_by_reason([]) == []


def test_every_folder_of_vectors_has_its_origin() -> None:
    text = (REFERENCE / "README.md").read_text(encoding="utf-8")
    folders = sorted(folder.name for folder in REFERENCE.iterdir() if folder.is_dir())
    assert folders == ["hata", "p1812", "p2109", "tr38901"]
    assert not [name for name in folders if f"`{name}/" not in text]
    assert not [name for name in ("p1812/LICENSE", "p2109/LICENSE.txt") if not (REFERENCE / name).is_file()]
