"""A real server on a real socket over an engine that computes nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "report"))


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    from stub import StubEngine

    return StubEngine(tmp_path)


@pytest.fixture
def running(engine: Any) -> Iterator[Any]:
    from visitor import serving

    yield from serving(engine)


@pytest.fixture
def client(running: Any) -> Any:
    """A page that is logged in."""
    from visitor import Client

    made = Client(running)
    assert made.login().status == 303
    return made


@pytest.fixture(scope="session")
def study(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a study that was run, which the tests of this room may write scenarios into."""
    folder = tmp_path_factory.mktemp("served")
    for name in ("study", "results"):
        shutil.copytree(small / name, folder / name)
    return folder / "study"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """Debian's Chromium."""
    from playwright.sync_api import sync_playwright
    from visits import FLAGS

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield opened
        opened.close()
