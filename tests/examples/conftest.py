"""The whole example, made and written once for all processes of a run of tests."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from made_once import once

from infraplan.examples.city_extract import Example
from infraplan.examples.guangdong import make_example, write_example
from infraplan.examples.source_data import Sources, read_sources

SEED = 440_000


@pytest.fixture(scope="session")
def sources() -> Sources:
    return read_sources("example_guangdong")


@pytest.fixture(scope="session")
def example(sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example of `SEED`, as a study and as a pickle; no test writes into it."""

    def make(folder: Path) -> None:
        made = make_example(sources, SEED)
        (folder / "study").mkdir()
        write_example(made, folder / "study", sources, SEED, output="..")  # as `make demo` writes it
        (folder / "example.pickle").write_bytes(pickle.dumps(made))

    return once(tmp_path_factory, "example", make)


@pytest.fixture(scope="session")
def made(example: Path) -> Example:
    """Its tables; no test changes them. Files written from them differ by a counter of SQLite: a pickle joins chunks of columns."""
    found: Example = pickle.loads((example / "example.pickle").read_bytes())
    return found
