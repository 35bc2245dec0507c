"""What several test rooms share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder beside the project with reference data; tests that need it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is absent: this test compares with reference data that the repository may not contain")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is absent: run tools/install_system_packages.sh")
    return path


@pytest.fixture(scope="session")
def soffice() -> str:
    """Path of LibreOffice."""
    path = shutil.which("soffice")
    if path is None:
        pytest.skip("LibreOffice is absent: run tools/install_system_packages.sh")
    return path
