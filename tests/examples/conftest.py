"""The whole example, made once for all processes of a run of tests."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from made_once import once

from infraplan.examples.city_extract import Example
from infraplan.examples.guangdong import make_example
from infraplan.examples.source_data import Sources, read_sources

SEED = 440_000


@pytest.fixture(scope="session")
def sources() -> Sources:
    return read_sources("example_guangdong")


@pytest.fixture(scope="session")
def made(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Example:
    """The example of `SEED`; no test changes its tables."""

    def make(folder: Path) -> None:
        (folder / "example.pickle").write_bytes(pickle.dumps(make_example(sources, SEED)))

    found: Example = pickle.loads((once(tmp_path_factory, "example", make) / "example.pickle").read_bytes())
    return found
