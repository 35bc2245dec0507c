"""Every verb takes a study with the codes of another country."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from zoned_study import COUNTRIES, coarse, of_country


def test_every_verb_takes_codes_of_another_country(tmp_path: Path, infraplan: Callable[..., Any]) -> None:
    folder = coarse(of_country(tmp_path / "study", COUNTRIES["slashes"]))
    for verb in ("check", "coverage", "scorecard", "gaps", "plan", "run"):
        answer = infraplan(verb, folder, *(["--formats", "html"] if verb == "run" else []))
        assert answer.code == 0, f"{verb}: {answer.err[-500:]}"
    assert sorted(path.name for path in (folder / "results/cities").iterdir()) == ["XX%2F1-C0", "XX%2F2-C1"]
