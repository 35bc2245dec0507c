"""What a Dask cluster costs: the same run by processes and by workers of a cluster on this machine, turn by turn.

    python benchmarks/cluster.py [--study FOLDER] [--workers N] [--rounds N] [--quick] [--compiled] [--json]
    python benchmarks/cluster.py --times 1,2,4 [--study FOLDER] [--formats html] [--compiled] [--json]

Without `--study` an example study of three small cities is written (`--quick`: of one). A first run, which compiles the kernels, is not
counted (`--compiled`: is left out); then processes and cluster take turns, each round in the other order, and compute everything. Printed
are medians of wall and CPU seconds (worker processes included), the ratios cluster / processes, the peak memory of the largest process, and
how many files of the results are equal.

With `--times` the study is run with each site once, twice, four times (copies stand a few hundred metres beside it), by one worker and by
two: wall and CPU seconds, peak memory of the main process and of the largest worker. Without `--study` it is an example study of one city.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import ctypes
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

from run_paired import differences

CITIES = ("442000", "441900", "440400")
ONE_CITY = "441800"
PR_SET_CHILD_SUBREAPER = 36
BESIDE_DEG = 0.003
"""Between a site and its copies, to the east and to the north: about 300 m."""


def infraplan(*arguments: str) -> dict[str, float]:
    """Wall and CPU seconds of one verb, with those of all processes that it begins; its peak memory, and that of its largest worker."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    peaks = {"peak_mib": 0.0, "worker_mib": 0.0}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([sys.executable, "-m", "infraplan", *arguments], stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            for kind, mib in memory_of(process.pid):
                peaks[kind] = max(peaks[kind], mib)
            time.sleep(0.5)
        _reap()
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"infraplan {' '.join(arguments)}: exit code {process.returncode}\n{text[-3000:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": time.perf_counter() - begun, "cpu_s": cpu_s, **peaks}


def _adopt() -> None:
    """Processes that outlive the one that began them become children of this one, so that their time counts."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise SystemExit("prctl: needs Linux")


def _reap() -> None:
    """Waits for adopted processes."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def memory_of(pid: int) -> list[tuple[str, float]]:
    """Peak memory of a process and of each worker that descends from it: those of Dask and of joblib. [MiB]"""
    found, parents = [], {pid}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda folder: int(folder.name)):
        try:
            about = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            command = (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue  # it ended meanwhile
        own = int(folder.name) == pid
        if not own and int(about["PPid"]) not in parents:
            continue
        parents.add(int(folder.name))
        if own or b"multiprocessing" in command or b"loky" in command:
            found.append(("peak_mib" if own else "worker_mib", int(about.get("VmHWM", "0 kB").split()[0]) / 1024))
    return found


def multiply_sites(study: Path, times: int) -> int:
    """Each site so many times in a study: copies on masts of their own, up to 500 m beside it. How many sites there are then."""
    file = study / "sites.csv"
    with open(file, encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        rows, columns = list(reader), list(reader.fieldnames or ())
    with open(file, "w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            for copy in range(1, times):
                lon, lat = float(row["lon"]) + BESIDE_DEG * (copy % 2), float(row["lat"]) + BESIDE_DEG * (copy // 2)
                place = {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}"}
                writer.writerow({**row, **place, "id": f"{row['id']}-{copy}", "mast": f"{row['mast']}-{copy}"})
    return len(rows) * times


def scaled(asked: argparse.Namespace, scratch: Path) -> list[dict[str, float | int]]:
    """A row for each number of copies and of workers."""
    frozen = asked.study
    if frozen is None:
        frozen = scratch / "frozen"
        infraplan("new", "guangdong", str(frozen), "--results", "..", "--cities", ONE_CITY)
    rows, run = [], ("--overwrite", "--fresh", "--formats", asked.formats)
    for times in map(int, asked.times.split(",")):
        folder = scratch / f"times-{times}"
        shutil.copytree(frozen, folder / "study")
        sites = multiply_sites(folder / "study", times)
        for workers in (1, 2):
            if not (rows or asked.compiled):
                infraplan("run", str(folder / "study"), *run, "--jobs", "1")
            taken = infraplan("run", str(folder / "study"), *run, "--scheduler", f"local:{workers}")
            rows.append({"times": times, "sites": sites, "workers": workers} | {name: round(value, 1) for name, value in taken.items()})
            print(f"{rows[-1]}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    return rows


def figures(asked: argparse.Namespace, scratch: Path) -> dict[str, float | int | str]:
    """Everything measured, flat."""
    frozen = asked.study
    if frozen is None:
        frozen = scratch / "frozen"
        infraplan("new", "guangdong", str(frozen), "--results", "..", "--cities", ",".join(CITIES[:1] if asked.quick else CITIES))
    hands = {"processes": ("--jobs", str(asked.workers)), "cluster": ("--scheduler", f"local:{asked.workers}")}
    for name in hands:
        shutil.copytree(frozen, scratch / name / "study")
    run = ("--overwrite", "--fresh", *(("--formats", "html,xlsx") if asked.quick else ()))
    if not asked.compiled:
        infraplan("run", str(scratch / "processes/study"), *run, *hands["processes"])
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in hands}
    for turn in range(asked.rounds):
        for name in sorted(hands, reverse=bool(turn % 2)):
            taken[name].append(infraplan("run", str(scratch / name / "study"), *run, *hands[name]))
            print(f"round {turn + 1}: {name} {taken[name][-1]}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    found: dict[str, float | int | str] = {"workers": asked.workers, "rounds": asked.rounds, "load": round(os.getloadavg()[0], 1)}
    for unit in ("wall_s", "cpu_s"):
        medians = {name: statistics.median(turn[unit] for turn in turns) for name, turns in taken.items()}
        found |= {f"{name}_{unit}": round(value, 1) for name, value in medians.items()}
        found[f"ratio_{unit}"] = round(medians["cluster"] / medians["processes"], 3)
    for name in ("peak_mib", "worker_mib"):
        found[name] = round(max(turn[name] for turns in taken.values() for turn in turns))
    return found | differences(scratch / "processes", scratch / "cluster")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, help="a study whose results lie beside it (--results ..)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="one city, pages and workbooks alone, one round")
    parser.add_argument("--compiled", action="store_true", help="no first run: the kernels are compiled")
    parser.add_argument("--times", help="how often each site is there, such as 1,2,4: runs by one worker and by two")
    parser.add_argument("--formats", default="html", help="of the pages of these runs")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    _adopt()
    asked.rounds = 1 if asked.quick else asked.rounds
    with tempfile.TemporaryDirectory() as scratch:
        found = scaled(asked, Path(scratch)) if asked.times else figures(asked, Path(scratch))
    if asked.json:
        print(json.dumps(found, indent=1))
        return
    for one in found if isinstance(found, list) else [found]:
        for name, value in one.items():
            print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
