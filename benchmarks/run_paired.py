"""How long `infraplan run` takes at two commits, in one paired run: both work on the same frozen study, turn by turn.

    python benchmarks/run_paired.py [--base d209794] [--head HEAD] [--study FOLDER] [--cities CODES] [--rounds N] [--check] [--json]

Both commits are checked out into worktrees of a scratch folder, which are removed at the end. The base's `infraplan new guangdong` writes
the study once, of all cities or of `--cities`; each commit has a copy of it. A first run of the first city compiles the kernels of each and
is not counted; with one city it is a whole run. Then the commits take turns, `--rounds` times, each turn in the other order than the one
before, so that another job on the machine slows both:

- `main`: the whole job, everything computed;
- `city`: `--cities` with the first city, after the whole job (not with one city);
- `rerun`: the whole job again after one site of the first city was moved by 0.01 degrees (the head alone: the base computes everything);
- `noplan`, `noplan_rerun`: the same two of the study without targets of a plan (the head alone).

Printed are medians of wall and CPU seconds with worker processes, and ratios to the base: `rerun` and `noplan_rerun` are compared with the
base's main job. Results of both are compared file by file; differences are counted, since a commit may change them. With `--check`
the results of a rerun are compared with those of the same study when everything is computed: but for the ledger they have to be equal.
"""

from __future__ import annotations

import argparse
import csv
import filecmp
import json
import os
import re
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
GOALS = {"main": 0.6, "city": 0.6, "rerun": 0.35, "noplan_rerun": 0.15}
MOVED_DEG = 0.01
TARGETS = re.compile(r"^targets? = (\[.*?\]|\".*?\")", re.MULTILINE)


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


def move_site(study: Path, city: str) -> None:
    """Moves one existing site of a city to the east, further with each call."""
    file = study / "sites.csv"
    with file.open(encoding="utf-8-sig", newline="") as lines:
        heads, *rows = csv.reader(lines)
    known = [row for row in rows if row[heads.index("city")] == city and row[heads.index("status")] == "existing"]
    row = known[len(known) // 2]
    row[heads.index("lon")] = f"{float(row[heads.index('lon')]) + MOVED_DEG:.6f}"
    with file.open("w", encoding="utf-8-sig", newline="") as lines:
        csv.writer(lines).writerows([heads, *rows])


def without_targets(study: Path) -> None:
    """Takes the targets of the plan out of a study."""
    file = study / "study.toml"
    text, count = TARGETS.subn("targets = []", file.read_text(encoding="utf-8"))
    if count != 1:
        raise SystemExit(f"{file}: {count} lines of targets under [plan], one was expected")
    file.write_text(text, encoding="utf-8")


class Turns:
    """What each commit took, by what was run."""

    def __init__(self, trees: dict[str, Path], jobs: int):
        self.trees, self.jobs = trees, jobs
        self.taken: dict[tuple[str, str], list[dict[str, float]]] = {}

    def run(self, what: str, name: str, study: Path, *options: str) -> None:
        """One counted run."""
        load = os.getloadavg()[0]
        turn = infraplan(self.trees[name], "run", str(study), "--overwrite", "--jobs", str(self.jobs), *options)
        self.taken.setdefault((what, name), []).append(turn)
        print(f"{what} {name}: {turn['wall_s']:.1f} s, {turn['cpu_s']:.1f} CPU s, load before {load:.1f}", file=sys.stderr)

    def median(self, what: str, name: str, kind: str) -> float:
        return statistics.median(turn[kind] for turn in self.taken[what, name])

    def found(self) -> dict[str, float | int | str]:
        """Medians, and ratios to the base."""
        found: dict[str, float | int | str] = {}
        for what, name in self.taken:
            for kind in ("wall_s", "cpu_s"):
                found[f"{what}_{name}_{kind}"] = round(self.median(what, name, kind), 1)
        for what in GOALS:
            if (what, "head") in self.taken:
                base = what if (what, "base") in self.taken else "main"
                for kind in ("wall_s", "cpu_s"):
                    found[f"{what}_{kind[:-2]}_ratio"] = round(self.median(what, "head", kind) / self.median(base, "base", kind), 3)
                found[f"{what}_cpu_ratio_goal"] = GOALS[what]
        return found


def figures(asked: argparse.Namespace, scratch: Path) -> dict[str, float | int | str]:
    """Everything measured, flat."""
    trees = {name: checked_out(getattr(asked, name), scratch / name) for name in ("base", "head")}
    frozen, codes = asked.study, asked.cities.split(",") if asked.cities else []
    if frozen is None:
        frozen = scratch / "frozen"
        infraplan(trees["base"], "new", "guangdong", str(frozen), "--results", "..", *(("--cities", asked.cities) if codes else ()))
    city = codes[0] if codes else CITY
    results = {name: scratch / f"{name}-results" for name in trees}
    for folder in results.values():
        shutil.copytree(frozen, folder / "study")
    for name, tree in trees.items():  # compiles
        infraplan(tree, "run", str(results[name] / "study"), "--overwrite", *(("--cities", city) if len(codes) != 1 else ()))
    turns, found = Turns(trees, asked.jobs), dict[str, float | int | str]()
    fresh = {"base": (), "head": ("--fresh",)}
    for number in range(asked.rounds):
        order = (("base", "head"), ("head", "base"))[number % 2]
        for name in order:
            turns.run("main", name, results[name] / "study", *fresh[name])
        found |= differences(results["base"], results["head"])
        for name in order if len(codes) != 1 else ():
            turns.run("city", name, results[name] / "study", "--cities", city)
        found |= rerun(turns, "rerun", results["head"], city, asked.check)
        bare = scratch / "noplan-results"
        if not bare.exists():
            shutil.copytree(frozen, bare / "study")
            without_targets(bare / "study")
        turns.run("noplan", "head", bare / "study", "--fresh")
        found |= rerun(turns, "noplan_rerun", bare, city, asked.check)
    found |= {f"{name}_city_mb": round(size_mb(folder), 1) for name, folder in results.items()}
    return turns.found() | found | {"rounds": asked.rounds, "cores": os.cpu_count() or 0}


def rerun(turns: Turns, what: str, results: Path, city: str, check: bool) -> dict[str, int]:
    """Runs a study again after one site moved. `check`: compares with a run of everything, how many files differ but for the ledger."""
    move_site(results / "study", city)
    turns.run(what, "head", results / "study")
    if not check:
        return {}
    kept = results.with_name(f"{results.name}-{what}")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(results, kept)
    infraplan(turns.trees["head"], "run", str(results / "study"), "--overwrite", "--fresh", "--jobs", str(turns.jobs))
    (kept / "ledger.json").unlink()
    (results / "ledger.json").rename(kept.with_suffix(".ledger"))
    counts = differences(kept, results)
    kept.with_suffix(".ledger").rename(results / "ledger.json")
    return {f"{what}_files_differ": counts["files_differ"] + counts["files_single"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="d209794", help="the commit that is compared with")
    parser.add_argument("--head", default="HEAD", help="the commit that is measured")
    parser.add_argument("--study", type=Path, help="a study whose results lie in the folder above it (output = ..)")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cities", default="", help="codes of the cities of the study, joined by commas; by default all")
    parser.add_argument("--check", action="store_true", help="compute everything after each rerun, and compare the files")
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            found = figures(asked, Path(scratch))
        finally:
            for name in ("base", "head"):
                subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(Path(scratch) / name)], capture_output=True)
    print(json.dumps(found) if asked.json else "\n".join(f"{name:26s} {value}" for name, value in found.items()))


if __name__ == "__main__":
    main()
