"""A batch killed at any moment leaves whole files, and goes on to the bytes of a run that nobody disturbed."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from results import copy_of, digests

from infraplan.run.ledger import NAME

HELPERS = Path(__file__).resolve().parents[1] / "helpers"
MOMENTS = int(os.environ.get("KILLED_MOMENTS", "4"))


class Runs:
    """Runs of a study in children that can be killed."""

    def __init__(self, study: Path):
        self.study = study
        self.server = subprocess.Popen(
            [sys.executable, str(HELPERS / "forker.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def go(self, seconds: float | None = None) -> int:
        """One run, killed after so many seconds unless it has ended before; its exit code."""
        assert self.server.stdin is not None and self.server.stdout is not None
        self.server.stdin.write(f"{self.study}\n")
        self.server.stdin.flush()
        child = int(self.server.stdout.readline())
        if seconds is not None:
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self.server.stdout.readline())

    def close(self) -> None:
        assert self.server.stdin is not None
        self.server.stdin.close()
        self.server.wait(timeout=60)


def whole(results: Path, wanted: dict[str, str]) -> list[str]:
    """Files under a final name that are not what an undisturbed run writes; the ledger alone may tell of work in progress."""
    found = digests(results) if results.is_dir() else {}
    final = {name: digest for name, digest in found.items() if not any(part.startswith(".") for part in Path(name).parts)}
    return [name for name, digest in final.items() if name != NAME and digest != wanted.get(name)]


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_moment_and_resumed(small_study: Path, small_results: Path, tmp_path: Path) -> None:
    wanted = digests(small_results)
    study = copy_of(small_study, tmp_path)
    results = tmp_path / "results"
    runs, rng, killed = Runs(study), random.Random(20), 0
    try:
        begun = time.monotonic()
        assert runs.go() == 0
        lasts_s = time.monotonic() - begun
        assert digests(results) == wanted
        shutil.rmtree(results)
        while killed < MOMENTS:
            code = runs.go(rng.uniform(0.0, lasts_s))
            assert code in (0, -signal.SIGKILL)
            assert not whole(results, wanted)
            killed += code == -signal.SIGKILL
            if code == 0:
                assert digests(results) == wanted
                shutil.rmtree(results)
        assert runs.go() == 0
        assert digests(results) == wanted
    finally:
        runs.close()


def test_interrupted_folders_are_replaced_whole(tmp_path: Path) -> None:
    """A folder under its final name is the old one or the new one, never a mixture."""
    from infraplan.files import replace_folder

    final, part = tmp_path / "city", tmp_path / ".city.part"
    for folder, text in ((final, "old"), (part, "new")):
        folder.mkdir()
        (folder / "report.html").write_text(text, encoding="utf-8")
    (final / "left.txt").write_text("old", encoding="utf-8")
    replace_folder(part, final)
    assert {path.name: path.read_text(encoding="utf-8") for path in final.iterdir()} == {"report.html": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["city"]
