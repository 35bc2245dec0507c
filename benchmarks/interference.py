"""SINR and rates of a study beside its coverage: seconds, and the error of the estimated interference against the sum of all sectors.

    python benchmarks/interference.py STUDY [--family nr] [--cities 440100] [--points 200] [--json] [--quick]

The map and the margins of the settlements come first, then SINR and rates of the same settlements and pixels; both with compiled
kernels. On `--points` settlements that are served, drawn at random with a seed, every sector within the cap is computed too. `--quick`
draws 40.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from infraplan.coverage.interference import carriers_of, received_at
from infraplan.coverage.places import prepare_margins
from infraplan.coverage.quality_at_points import layers_at, networks_apart
from infraplan.coverage.quality_counts import population_quality, quality_map
from infraplan.radio.link_quality import preset_goal
from infraplan.run.progress import Silent
from infraplan.run.steps import predict_part
from infraplan.study import Study
from infraplan.units import noise_floor_dbm, ratio


def used(work: Any) -> tuple[Any, float, float]:
    """What a function returns, its CPU seconds and its wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def errors_db(study: Study, cover: Any, villages: Any, family: str, points: int) -> dict[str, float]:
    """Error of noise and interference together, at the preset's load, by carrier. [dB]"""
    found: dict[str, float] = {}
    load, rng = preset_goal().load, np.random.default_rng(20261130)
    x_m, y_m = cover.grid.place(villages)
    place = cover.receiver(family)
    layers = layers_at(cover, study.sectors, x_m, y_m, family, [place])
    for network in networks_apart(cover, study.sectors, family):
        layer = layers[network, place]
        served = np.flatnonzero(layer.margin_db >= 0.0)
        some = np.sort(rng.choice(served, min(points, len(served)), replace=False))
        for carrier in carriers_of(study.sectors, cover, family, network):
            quick = received_at(carrier, cover, x_m[some], y_m[some], layer.server[some])
            whole = received_at(carrier, cover, x_m[some], y_m[some], layer.server[some], exact=True)
            service = cover.services[str(carrier.sectors["service"].iloc[0])]
            noise_mw = float(ratio(noise_floor_dbm(service.subcarrier_khz * 1e3, 7.0)))
            error = 10.0 * np.log10((noise_mw + load * quick.others_mw) / (noise_mw + load * whole.others_mw))
            name = f"{network.replace('+', '_')}_{carrier.frequency_mhz:g}"
            found |= {
                f"error_mean_db_{name}": float(error.mean()),
                f"error_rms_db_{name}": float(np.sqrt((error**2).mean())),
                f"error_p95_db_{name}": float(np.percentile(np.abs(error), 95)),
                f"server_agrees_{name}": float((quick.server == whole.server).mean()),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--family", default="nr")
    parser.add_argument("--cities", default="")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    study = Study.open(options.study)
    study.read_all()
    cities = tuple(filter(None, options.cities.split(",")))
    (cover, zones, villages), map_cpu_s, map_wall_s = used(lambda: predict_part(study, Silent(), cities))
    _, people_cpu_s, people_wall_s = used(lambda: prepare_margins(cover, [villages]))
    figures: dict[str, float] = errors_db(study, cover, villages, options.family, 40 if options.quick else options.points)
    _, counts_cpu_s, counts_wall_s = used(lambda: population_quality(villages, cover, zones, study.sectors, [options.family]))
    _, planes_cpu_s, planes_wall_s = used(lambda: quality_map(cover, study.sectors, options.family))
    figures |= {
        "coverage_cpu_s": map_cpu_s + people_cpu_s,
        "coverage_wall_s": map_wall_s + people_wall_s,
        "counts_cpu_s": counts_cpu_s,
        "map_cpu_s": planes_cpu_s,
        "quality_wall_s": counts_wall_s + planes_wall_s,
        "quality_over_coverage_cpu": (counts_cpu_s + planes_cpu_s) / (map_cpu_s + people_cpu_s),
        "settlements": len(villages),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:40s} {value:12.3f}")


if __name__ == "__main__":
    main()
