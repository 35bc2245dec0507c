"""What a Dask cluster costs: the same run by processes and by workers of a cluster on this machine, turn by turn.

    python benchmarks/cluster.py [--study FOLDER] [--workers N] [--rounds N] [--quick] [--compiled] [--json]

Without `--study` an example study of three small cities is written (`--quick`: of one). A first run, which compiles the kernels, is not
counted (`--compiled`: is left out); then processes and cluster take turns, each round in the other order. Printed are medians of wall and
CPU seconds (worker processes included), the ratios cluster / processes, the peak memory of the largest process, and how many files of the
results are equal.
"""

from __future__ import annotations

import argparse
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


def infraplan(*arguments: str) -> dict[str, float]:
    """Wall and CPU seconds of one verb, with those of all processes that it begins; the largest of them by memory so far."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.run([sys.executable, "-m", "infraplan", *arguments], capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        said = process.stderr.decode("utf-8", "replace")[-3000:]
        raise SystemExit(f"infraplan {' '.join(arguments)}: exit code {process.returncode}\n{said}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": time.perf_counter() - begun, "cpu_s": cpu_s, "peak_mib": after.ru_maxrss / 1024}


def figures(asked: argparse.Namespace, scratch: Path) -> dict[str, float | int | str]:
    """Everything measured, flat."""
    frozen = asked.study
    if frozen is None:
        frozen = scratch / "frozen"
        infraplan("new", "guangdong", str(frozen), "--results", "..", "--cities", ",".join(CITIES[:1] if asked.quick else CITIES))
    hands = {"processes": ("--jobs", str(asked.workers)), "cluster": ("--scheduler", f"local:{asked.workers}")}
    for name in hands:
        shutil.copytree(frozen, scratch / name / "study")
    run = ("--overwrite", *(("--formats", "html,xlsx") if asked.quick else ()))
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
    found["peak_mib"] = round(max(turn["peak_mib"] for turns in taken.values() for turn in turns))
    return found | differences(scratch / "processes", scratch / "cluster")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, help="a study whose results lie beside it (--results ..)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="one city, pages and workbooks alone, one round")
    parser.add_argument("--compiled", action="store_true", help="no first run: the kernels are compiled")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    asked.rounds = 1 if asked.quick else asked.rounds
    with tempfile.TemporaryDirectory() as scratch:
        found = figures(asked, Path(scratch))
    if asked.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name:24} {value}")


if __name__ == "__main__":
    main()
