"""Hold every version of highspy that pyproject.toml allows against brute force.

    python tools/check_solver.py [--parts 10000] [version ...]     # without versions: all that the registry has and pyproject.toml allows

Each version is installed into a folder of its own under build/, and tests/siting/test_false_bounds.py runs with it: the bounds of small
programs against brute force, false bounds rejected, nothing printed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")


def allowed() -> SpecifierSet:
    """The versions of highspy that the project allows."""
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return next(Requirement(line).specifier for line in lines if Requirement(line).name == "highspy")


def known_versions() -> list[str]:
    """Versions in the registry."""
    command = [*PIP, "index", "versions", "highspy"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Available versions: (.*)", listed)
    if found is None:
        raise SystemExit(f"the registry lists no versions of highspy:\n{listed}")
    return found[1].split(", ")


def passes(version: str, parts: int) -> bool:
    folder = ROOT / "build" / f"highspy-{version}"
    subprocess.run([*PIP, "install", "--quiet", "--no-deps", "--upgrade", "--target", str(folder), f"highspy=={version}"], check=True)
    places = [str(folder), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "SOLVER_PARTS": str(parts)}
    command = [sys.executable, "-m", "pytest", "-q", "tests/siting/test_false_bounds.py"]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*")
    parser.add_argument("--parts", type=int, default=10_000)
    chosen = parser.parse_args()
    versions = chosen.versions or [version for version in known_versions() if version in allowed()]
    results = {version: passes(version, chosen.parts) for version in versions}
    for version, passed in results.items():
        print(f"highspy {version}: {'passes' if passed else 'FAILS'}")
    return 0 if results and all(results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
