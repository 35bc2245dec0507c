"""What several processes of one run of tests share on disk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest


def once(temporary: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name`, filled by `make` once for all processes of a run of tests; the others wait. No test writes into it."""
    base = temporary.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / f"once-{name}"
    try:
        folder.mkdir()
    except FileExistsError:
        while not (folder / "whole").exists():
            assert not (folder / "failed").exists(), f"another process of these tests could not make {name}"
            time.sleep(0.2)
        return folder
    try:
        make(folder)
    except BaseException:
        (folder / "failed").touch()
        raise
    (folder / "whole").touch()
    return folder
