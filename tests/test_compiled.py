"""A kernel is compiled again when a kernel it calls, or a constant it takes, in another file has changed."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import infraplan
from infraplan.compiled import CONSTANTS, ROOMS, drop_old_kernels

INNER = "from numba import njit\n\n@njit(cache=True)\ndef inner():\n    return {}\n"
OUTER = "from numba import njit\nfrom inner import inner\n\n@njit(cache=True)\ndef outer():\n    return inner()\n"


def result(folder: Path) -> int:
    command = [sys.executable, "-c", "import outer; print(outer.outer())"]
    return int(subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout)


def test_old_machine_code_does_not_outlive_its_sources(tmp_path: Path) -> None:
    room = tmp_path / "radio"
    room.mkdir()
    (room / "inner.py").write_text(INNER.format(1), encoding="utf-8")
    (room / "outer.py").write_text(OUTER, encoding="utf-8")
    assert result(room) == 1
    assert drop_old_kernels(tmp_path) == 0
    (room / "inner.py").write_text(INNER.format(22), encoding="utf-8")
    later = max(path.stat().st_mtime for path in room.rglob("*")) + 2.0
    os.utime(room / "inner.py", (later, later))
    assert result(room) == 1, "numba now follows calls across files: infraplan.compiled can go"
    assert drop_old_kernels(tmp_path) > 0
    assert result(room) == 22


def test_kernels_given_to_an_installation_stay(tmp_path: Path) -> None:
    """tools/check_wheel.py installs newer copies of the same sources and gives them the checkout's kernels."""
    spec = importlib.util.spec_from_file_location("check_wheel", Path(__file__).resolve().parents[1] / "tools" / "check_wheel.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for top in ("checkout", "site"):
        room = tmp_path / top / "infraplan" / "radio"
        room.mkdir(parents=True)
        for name in ("outer", *CONSTANTS):
            (room / f"{name}.py").write_text("", encoding="utf-8")
            if top == "checkout":
                os.utime(room / f"{name}.py", (1.0e9, 1.0e9))
    cache = tmp_path / "checkout" / "infraplan" / "radio" / "__pycache__"
    cache.mkdir()
    (cache / "outer.outer-3.py311.nbi").write_bytes(b"")
    os.utime(cache / "outer.outer-3.py311.nbi", (1.1e9, 1.1e9))
    module.ROOT = tmp_path / "checkout"
    module.keep_kernels(tmp_path / "site")
    assert len(list((tmp_path / "site").rglob("*.nbi"))) == 1
    assert drop_old_kernels(tmp_path / "site" / "infraplan") == 0


def test_every_file_that_kernels_take_from_is_watched() -> None:
    package = Path(infraplan.__file__).parent
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    with_kernels = {path: text for path, text in texts.items() if re.search(r"^@(njit|kernel)\b", text, re.MULTILINE)}
    watched = {package / room for rooms in ROOMS for room in rooms}
    assert {path.parent for path in with_kernels} <= watched
    for text in with_kernels.values():
        for module, names in re.findall(r"^from infraplan\.(\S+) import \(?([^)\n]*)", text, re.MULTILINE):
            home = package / (module.replace(".", "/") + ".py")
            if re.search(r"\b[A-Z]{2}[A-Z0-9_]*\b", names) and home not in with_kernels and home.parent in watched:
                assert home.stem in CONSTANTS | {"networks", "measurements", "shared_tables"}, home
