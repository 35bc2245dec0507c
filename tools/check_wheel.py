"""Build sdist and wheel, and use the wheel as a stranger would: in an empty environment outside the checkout.

    python tools/check_wheel.py [FOLDER]

The wheel is built from the unpacked sdist, so that both are whole. The environment holds the wheel and links to exactly those installed
packages that the wheel's metadata ask for, first of the core, then of the extra `all`: nothing is downloaded, and a package that the
metadata forget is missing there as it would be at a stranger's. Then one city of the example is made, run and looked at.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CITY = "442000"
FILES = ("report.html", "map.html", "annex.xlsx", "report.pdf", "report.docx", "plan.kmz", "plan.gpkg", "coverage.tif")
EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def built(folder: Path) -> Path:
    """The wheel, built from the sdist."""
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), "-t"]
    subprocess.run([*build, "sdist"], cwd=ROOT, check=True, capture_output=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    source = next((folder / "unpacked").iterdir())
    subprocess.run([*build, "wheel"], cwd=source, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def wanted(requirements: Iterable[str], extras: Iterable[str] = ()) -> list[tuple[str, tuple[str, ...]]]:
    """Names and extras of the requirements that hold here and for some extras of their own package."""
    from packaging.requirements import Requirement

    chosen = []
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            chosen.append((requirement.name, tuple(sorted(requirement.extras))))
    return chosen


def closure(requirements: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, Distribution]:
    """Every installed package that some requirements need, those of its requirements included."""
    found: dict[str, Distribution] = {}
    waiting = list(requirements)
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        name, extras = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if (key, extras) in seen:
            continue
        seen.add((key, extras))
        found[key] = distribution(name)
        waiting += wanted(found[key].requires or [], extras)
    return found


def link(packages: Iterable[Distribution], site: Path) -> None:
    """Links to everything the packages put beside each other into site-packages."""
    for package in packages:
        home = Path(str(package.locate_file("")))
        tops = {entry.parts[0] for entry in package.files or [] if entry.parts and entry.parts[0] != ".." and entry.suffix != ".pth"}
        for top in sorted(tops - {"__pycache__"}):
            if not (site / top).exists() and (home / top).exists():
                (site / top).symlink_to(home / top)


def keep_kernels(site: Path) -> None:
    """Give the wheel's modules the kernels that the checkout has compiled, where the source is the same: compiling takes a minute."""
    for source in (ROOT / "infraplan").rglob("*.py"):
        installed = site / source.relative_to(ROOT)
        if not installed.is_file() or installed.read_bytes() != source.read_bytes():
            continue
        # also of files without kernels: `infraplan.compiled` drops kernels that are older than the constants they take
        times = source.stat()
        os.utime(installed, ns=(times.st_atime_ns, times.st_mtime_ns))
        for file in (source.parent / "__pycache__").glob(f"{source.stem}.*.nb[ic]"):
            (installed.parent / "__pycache__").mkdir(exist_ok=True)
            shutil.copy2(file, installed.parent / "__pycache__" / file.name)


def run(folder: Path, *command: str, code: int = 0) -> str:
    """What a program of the environment prints, run in an empty folder; it must end with `code`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "NUMBA"))}
    program = str(folder / "env/bin" / command[0])
    done = subprocess.run([program, *command[1:]], cwd=folder / "work", env=kept, capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def main(folder: Path) -> None:
    """Build, install, use."""
    begun = time.monotonic()

    def tell(text: str) -> None:
        print(f"wheel: {text} ({time.monotonic() - begun:.0f} s)", flush=True)

    wheel = built(folder)
    tell(f"{wheel.name} built from its sdist")
    venv.create(folder / "env", with_pip=False)
    (folder / "work").mkdir()
    site = next((folder / "env/lib").glob("python*/site-packages"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(folder / "env/bin/python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    keep_kernels(site)
    own = Distribution.at(next(site.glob("infraplan-*.dist-info")))
    stated = own.requires or []
    link(closure(wanted(stated)).values(), site)
    version = run(folder, "infraplan", "--version").strip()
    where = run(folder, "python", "-c", "import infraplan; print(infraplan.__file__)").strip()
    if not Path(where).is_relative_to(site):
        sys.exit(f"the environment imports {where}, not the wheel")
    run(folder, "infraplan", "new", "guangdong", "study", "--cities", CITY)
    if 'pip install "infraplan[report]"' not in run(folder, "infraplan", "run", "study", "--cities", CITY, code=1):
        sys.exit("the core alone does not say how to install the reports")
    tell(f"{version}, core alone: the example of {CITY} made")
    all_extras = {extra for line in stated for extra in EXTRA.findall(line)} & {"all", "report"}
    link(closure([pair for pair in wanted(stated, all_extras) if pair[0] != "infraplan"]).values(), site)
    run(folder, "infraplan", "run", "study", "--cities", CITY, "--jobs", "1")
    missing = [name for name in FILES if not list((folder / "work").rglob(name))]
    if missing:
        sys.exit(f"the run left no {', '.join(missing)}")
    tell(f"with all extras: {CITY} run, {len(FILES)} kinds of file there")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
