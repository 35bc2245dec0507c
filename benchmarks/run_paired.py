"""How long `infraplan run` takes at two commits, in one paired run: both work on the same frozen study, turn by turn.

    python benchmarks/run_paired.py [--base d209794] [--head HEAD] [--study FOLDER] [--rounds N] [--quick] [--jobs N] [--json]

Both commits are checked out into worktrees of a scratch folder, which are removed at the end. The base's `infraplan new guangdong` writes
the study once; each commit has a copy of it. A first run of one city compiles the kernels of each and is not counted; then the commits take
turns, `--rounds` times, each turn in the other order than the one before, so that another job on the machine slows both. `--quick` makes a
study of one city with its neighbours' sites (440200) and compiles with the run that is not counted. Printed are the medians, CPU seconds
with worker processes, and the ratios head / base. The results of both are compared file by file; differences are counted, since a commit
may change them.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CITY = "440200"
GOAL = 0.6


def infraplan(tree: Path, *arguments: str) -> dict[str, float]:
    """Wall and CPU seconds of one verb at a commit, worker processes included."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-m", "infraplan", *arguments], cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        said = process.stderr.decode("utf-8", "replace")[-3000:]
        raise SystemExit(f"infraplan {' '.join(arguments)} at {tree.name}: exit code {process.returncode}\n{said}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": time.perf_counter() - begun, "cpu_s": cpu_s}


def checked_out(commit: str, folder: Path) -> Path:
    """A worktree of a commit."""
    subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(folder), commit], check=True)
    return folder


def files_of(folder: Path) -> dict[str, Path]:
    """Every file of the results by its path within them, but for the study itself."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path for name, path in found.items() if not name.startswith("study/")}


def differences(one: Path, other: Path) -> dict[str, int]:
    """How many files of two results are equal byte by byte, differ, or are in one of them alone."""
    left, right = files_of(one), files_of(other)
    equal = sum(filecmp.cmp(left[name], right[name], shallow=False) for name in left.keys() & right.keys())
    return {"files_equal": equal, "files_differ": len(left.keys() & right.keys()) - equal, "files_single": len(left.keys() ^ right.keys())}


def size_mb(folder: Path) -> float:
    """Median size of a city's folder. [MB]"""
    cities = [sum(path.stat().st_size for path in city.rglob("*") if path.is_file()) for city in (folder / "cities").iterdir()]
    return statistics.median(cities) / 1e6


def figures(asked: argparse.Namespace, scratch: Path) -> dict[str, float | int | str]:
    """Everything measured, flat."""
    trees = {name: checked_out(getattr(asked, name), scratch / name) for name in ("base", "head")}
    frozen = asked.study
    if frozen is None:
        frozen = scratch / "frozen"
        few = ("--cities", CITY) if asked.quick else ()
        infraplan(trees["base"], "new", "guangdong", str(frozen), "--results", "..", *few)
    results = {name: scratch / f"{name}-results" for name in trees}
    for folder in results.values():
        shutil.copytree(frozen, folder / "study")
    first = () if asked.quick else ("--cities", CITY)
    for name, tree in trees.items():
        infraplan(tree, "run", str(results[name] / "study"), "--overwrite", *first)
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in trees}
    for number in range(asked.rounds):
        for name in (("base", "head"), ("head", "base"))[number % 2]:
            load = os.getloadavg()[0]
            turn = infraplan(trees[name], "run", str(results[name] / "study"), "--overwrite", "--jobs", str(asked.jobs))
            taken[name].append(turn)
            print(f"{name} {number + 1}: {turn['wall_s']:.1f} s, {turn['cpu_s']:.1f} CPU s, load before {load:.1f}", file=sys.stderr)
    found: dict[str, float | int | str] = {}
    for kind in ("wall_s", "cpu_s"):
        medians = {name: statistics.median(turn[kind] for turn in turns) for name, turns in taken.items()}
        found |= {f"{name}_{kind}": round(value, 1) for name, value in medians.items()}
        found[f"{kind[:-2]}_ratio"] = round(medians["head"] / medians["base"], 3)
        found[f"{kind[:-2]}_ratio_goal"] = GOAL
    found |= {f"{name}_city_mb": round(size_mb(folder), 1) for name, folder in results.items()}
    return found | differences(results["base"], results["head"]) | {"rounds": asked.rounds, "cores": os.cpu_count() or 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="d209794", help="the commit that is compared with")
    parser.add_argument("--head", default="HEAD", help="the commit that is measured")
    parser.add_argument("--study", type=Path, help="a study whose results lie in the folder above it (output = ..)")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a study of one city")
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            found = figures(asked, Path(scratch))
        finally:
            for name in ("base", "head"):
                subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(Path(scratch) / name)], capture_output=True)
    print(json.dumps(found) if asked.json else "\n".join(f"{name:18s} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
