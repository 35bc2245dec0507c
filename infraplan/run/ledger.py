"""The ledger of a run: input hashes, versions, parameters, solver status, and a row for every city."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import infraplan
from infraplan.errors import InfraplanError
from infraplan.files import sha256, write_text
from infraplan.messages import both
from infraplan.study import Study

NAME = "ledger.json"
PACKAGES = (
    "infraplan",
    "numpy",
    "scipy",
    "pandas",
    "geopandas",
    "numba",
    "highspy",
    "rasterio",
    "pyproj",
    "folium",
    "matplotlib",
    "xlsxwriter",
    "typst",
)


def fingerprint(study: Study) -> dict[str, Any]:
    """Inputs, versions and parameters: two runs with the same fingerprint give the same bytes."""
    return {"inputs": study.inputs, "versions": versions(), "parameters": json.loads(study.config.model_dump_json())}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found: dict[str, str] = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def program_hash(*rooms: str) -> str:
    """SHA-256 of the program that runs, or of some rooms of it: modules and constants, by name and content."""
    package = Path(infraplan.__file__).parent
    found = [path for folder in rooms or (".",) for path in (package / folder).rglob("*")]
    files = [path for path in sorted(found) if path.suffix in (".py", ".toml", ".j2") and path.is_file()]
    listed = "".join(f"{path.relative_to(package).as_posix()} {sha256(path)}\n" for path in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def without_parameters(content: dict[str, Any]) -> dict[str, Any]:
    """A fingerprint whose parameters are a hash: those of a study may name sites."""
    listed = json.dumps(content["parameters"], ensure_ascii=False, sort_keys=True)
    return {**content, "parameters": hashlib.sha256(listed.encode()).hexdigest()}


def same_plan(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two runs make the same plan; the language and the formats of their pages do not matter."""
    return {**one, "pages": None} == {**other, "pages": None}


def read(output: Path) -> dict[str, Any] | None:
    """The ledger of an output folder, None without one."""
    path = output / NAME
    if not path.is_file():
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, OSError):
        raise InfraplanError(both("run.bad_ledger", file=NAME)) from None


def write(output: Path, content: dict[str, Any]) -> None:
    """The whole ledger, atomically."""
    write_text(output / NAME, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def remove_temporary(output: Path, kept: tuple[str, ...] = ()) -> None:
    """Removes files that a killed run left under temporary names, in the output folder and among its cities. `kept`: names that stay."""
    for left in (*output.glob(".*.part*"), *(output / "cities").glob(".*.part*"), *(output / "cities").glob(".*.old")):
        if left.name in kept:
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each finished file below a folder."""
    return {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def unchanged(folder: Path, listed: dict[str, str]) -> bool:
    """Whether every listed file exists and is unchanged."""
    return bool(listed) and all((folder / name).is_file() and sha256(folder / name) == digest for name, digest in listed.items())
