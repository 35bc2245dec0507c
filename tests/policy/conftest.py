"""What the tests of this room share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import miniature

from infraplan.policy.targets import Targets, read_policy


@pytest.fixture(scope="session")
def small_policy(tmp_path_factory: pytest.TempPathFactory) -> Targets:
    """The clauses of the miniature, read from a file."""
    path = tmp_path_factory.mktemp("policy") / "small.toml"
    path.write_text(miniature.POLICY, encoding="utf-8")
    return read_policy(path)
