"""How long the demo takes and how much memory: `infraplan new`, the whole `infraplan run`, and a run of one city.

    python benchmarks/demo.py [--json] [--quick] [--study FOLDER] [--jobs N]

Each verb runs as a user's shell would run it. Wall and CPU seconds, and the peak of the resident memory of the whole process tree (workers
included, shared pages counted once: proportional set size), read from /proc five times a second. Goals of the project on 2 idle cores: the
whole demo 120 s and 4 GiB, one city 15 s. `--quick` leaves out the whole run: the example is made and one city of it is planned for alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

CITY = "440200"
GOALS = {"new_and_run_wall_s": 120.0, "run_peak_mib": 4096.0, "city_wall_s": 15.0}
TICK_S = 0.2


def children(of: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [of]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += parents.get(one, [])
    return found


def resident_mib(process: int) -> float:
    """Proportional set size of a process. [MiB]"""
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def measure(*arguments: str) -> dict[str, float]:
    """Wall seconds, CPU seconds and peak memory of one verb."""
    before, begun = os.times(), time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "infraplan", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(TICK_S):
            peak[0] = max(peak[0], sum(resident_mib(one) for one in children(process.pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, said = process.communicate()
    done.set()
    watcher.join()
    after = os.times()
    if process.returncode:
        raise SystemExit(f"infraplan {' '.join(arguments)}: exit code {process.returncode}\n{said.decode('utf-8', 'replace')}")
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall_s": round(time.perf_counter() - begun, 2), "cpu_s": round(cpu_s, 2), "peak_mib": round(peak[0], 1)}


def figures(quick: bool, study: Path | None, jobs: int) -> dict[str, float | bool]:
    """Everything measured, flat."""
    found: dict[str, float | bool] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "study" if study is None else study
        if study is None:
            found |= {f"new_{name}": value for name, value in measure("new", "guangdong", str(folder), "--results", "..").items()}
        if not quick:
            whole = measure("run", str(folder), "--jobs", str(jobs), "--overwrite")
            found |= {f"run_{name}": value for name, value in whole.items()}
        city = measure("run", str(folder), "--cities", CITY, "--overwrite")
        found |= {f"city_{name}": value for name, value in city.items()}
    if not quick:
        found["new_and_run_wall_s"] = round(found.get("new_wall_s", 0.0) + found["run_wall_s"], 2)
    for name, goal in GOALS.items():
        if name in found:
            found[f"{name}_goal"], found[f"{name}_met"] = goal, found[name] <= goal
    found["load_before"] = LOAD
    found["cores"] = os.cpu_count() or 0
    return found


LOAD = round(os.getloadavg()[0], 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    parser.add_argument("--quick", action="store_true", help="leave out the run of all 21 cities")
    parser.add_argument("--study", type=Path, help="a study that exists already; its results are written again")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    found = figures(asked.quick, asked.study, asked.jobs)
    if asked.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28s} {value}")


if __name__ == "__main__":
    main()
