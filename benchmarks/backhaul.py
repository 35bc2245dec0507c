"""The cheapest tree along real streets, its proof, and networkx's approximation beside it.

    python benchmarks/backhaul.py [--quick] [--json] [--seconds 60] [--peers | --no-peers] [--names 137,151,178] [--no-example]

Street networks with proven optima (PACE contest 2018, CC0), read from `../shared` beside the project: skipped where it is absent. Costs
and bounds are printed as ratios to the optimum; the peer is `networkx.algorithms.approximation.steiner_tree(method="mehlhorn")`, in a
throwaway environment of its own. Then the example's synthetic roads: fibre to the villages of the award's clause that lack it, of the
county with most of them as one problem, and of the province by county; and what connecting a site at every settlement costs, a mast in
use at every tenth.
Prints one line each on stderr; `--json` adds one flat object on stdout.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np
from study_plans import cpu_seconds

from infraplan.backhaul import Scenarios, SteinerProblem, backhaul_network, fibre_plan, road_network, site_connections, solve
from infraplan.examples.invented_registers import with_fibre
from infraplan.examples.invented_roads import invented_fibre_nodes, invented_roads
from infraplan.examples.landmarks import real_places
from infraplan.examples.people import synthetic_people
from infraplan.examples.relief import made_relief
from infraplan.examples.source_data import read_sources
from infraplan.geo.grids import Grid, metric_crs
from infraplan.geo.terrain import Terrain

STREETS = Path(__file__).parents[2] / "shared/reference/steiner"
OPTIMA = {"137": 11_256_303, "151": 337_290_460, "178": 27_941_456}
PEER = """
import json, sys, time
import networkx as nx
import numpy as np
from networkx.algorithms.approximation import steiner_tree
data = np.load(sys.argv[1])
graph = nx.Graph()
graph.add_weighted_edges_from(zip(*data["edges"].T.tolist(), data["cost"].tolist()))
began = time.process_time()
tree = steiner_tree(graph, data["terminals"].tolist(), method="mehlhorn")
print(json.dumps({"cost": tree.size(weight="weight"), "cpu_s": time.process_time() - began, "version": nx.__version__}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="10 seconds a network")
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="run networkx beside, in an environment of its own"
    )
    parser.add_argument("--names", default=",".join(OPTIMA))
    parser.add_argument("--example", action=argparse.BooleanOptionalAction, default=True, help="the example's province by county")
    chosen = parser.parse_args()
    out: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        python = _peer_python(Path(folder)) if chosen.peers else ""
        solve(SteinerProblem([[0, 1], [1, 2], [0, 2]], [1.0, 1.0, 1.5], [0, 2]))  # the kernels are compiled before anything is timed
        for name in chosen.names.split(","):
            problem = street_network(name)
            if problem is None:
                continue
            began, used = time.perf_counter(), cpu_seconds()
            tree = solve(problem, time_limit_s=10.0 if chosen.quick else chosen.seconds)
            best = OPTIMA.get(name, tree.bound)
            figures = {
                "cost": tree.cost / best - 1, "bound": tree.bound / best - 1, "gap": tree.proven_gap,
                "seconds": time.perf_counter() - began, "cpu_s": cpu_seconds() - used,
            }  # fmt: skip
            say(out, name, **figures)
            if python:
                say(out, f"{name}_networkx", **peer(python, problem, Path(folder), best))
    if chosen.example:
        example(out)
    if chosen.json:
        print(json.dumps(out))


def example(out: dict[str, Any]) -> None:
    """The example's province: its network, one county, all counties with the answers for each village."""
    sources, seed = read_sources("example_guangdong"), 440000
    relief, rule = made_relief(sources, seed), sources.rules["villages"]
    people = synthetic_people(sources, seed, relief.habitable(rule["height_scale_m"], rule["slope_scale"]))
    people = with_fibre(people, sources, seed)
    places = real_places(sources)
    seats = places[(places["place_class"] == "county_seat") & places.geometry.notna()]
    roads, nodes = invented_roads(sources, people, seats, seed), invented_fibre_nodes(sources, people, seed)
    asked = (people["kind"] == "village") & (people["households"] >= 20) & ~people["fibre"].astype("boolean").fillna(True)
    lacking = people[asked.to_numpy(bool)].reset_index(drop=True)
    began, used = time.perf_counter(), cpu_seconds()
    network = backhaul_network(road_network(roads, crs=metric_crs(113.5, 23.5)), lacking, nodes)
    figures = {"roads": len(roads), "nodes": len(nodes), "villages": len(lacking), "reached": int(network.reached().sum())}
    say(out, "network", **figures, seconds=time.perf_counter() - began, cpu_s=cpu_seconds() - used)
    reached = lacking[network.reached(lacking["id"])]
    county = reached["county"].value_counts().index[0]
    for name, rows in (("county", reached[reached["county"] == county]), ("province", reached)):
        began, used = time.perf_counter(), cpu_seconds()
        plan = fibre_plan(network, rows, currency="CNY", scenarios=Scenarios(award=30_000))
        numbers = {key: float(plan.totals[key]) for key in ("villages", "cost", "bound", "new_km")}
        say(out, name, **numbers, gap=plan.totals["proven_gap"], seconds=time.perf_counter() - began, cpu_s=cpu_seconds() - used)
    connections(out, people, network, relief)


def connections(out: dict[str, Any], people: Any, network: Any, relief: Any) -> None:
    """A site at every settlement, a mast in use at every tenth, heights of the example on pixels of 200 m."""
    sites = people[["id", "geometry"]].assign(height_m=40.0)
    left, bottom, right, top = sites.to_crs(network.crs).total_bounds
    high, wide = (int((span + 10_000) / 200) for span in (top - bottom, right - left))
    grid = Grid(network.crs, left - 5000, top + 5000, 200.0, high, wide)
    x, y = np.meshgrid(grid.x0_m + 200 * (np.arange(grid.width) + 0.5), grid.y0_m - 200 * (np.arange(grid.height) + 0.5))
    lon, lat = grid.unproject(x.ravel(), y.ravel())
    heights = relief.pick(relief.height_m, lon, lat).reshape(grid.shape).astype(np.float32)
    terrain = Terrain(grid, heights, None, np.full(grid.shape, 4, np.uint8))
    masts = sites.iloc[::10]
    site_connections(sites.iloc[:50], network, masts=masts, terrain=terrain)  # the kernels are compiled before anything is timed
    for name, rows in (("sites", sites), ("sites_without_hops", sites)):
        began, used = time.perf_counter(), cpu_seconds()
        found = site_connections(rows, network, masts=masts if name == "sites" else None, terrain=terrain)
        counts = found["connection"].value_counts()
        kinds = {kind: float(counts.get(kind, 0)) for kind in ("fibre", "microwave", "straight")}
        say(out, name, sites=len(rows), masts=len(masts), **kinds, seconds=time.perf_counter() - began, cpu_s=cpu_seconds() - used)


def street_network(name: str) -> SteinerProblem | None:
    """A network by its number; None, and a line, where it is absent."""
    path = STREETS / f"vienna_{name}.gr.gz"
    if not path.exists():
        print(f"{path.name} is absent: skipped", file=sys.stderr)
        return None
    with gzip.open(path, "rt") as file:
        rows = [line.split() for line in file]
    edges = np.array([row[1:] for row in rows if row and row[0] == "E"], np.int64)
    terminals = np.array([row[1] for row in rows if len(row) == 2 and row[0] == "T"], np.int64)
    return SteinerProblem(edges[:, :2] - 1, edges[:, 2], terminals - 1)


def peer(python: str, problem: SteinerProblem, folder: Path, best: float) -> dict[str, float]:
    """What networkx finds."""
    np.savez(folder / "problem.npz", edges=problem.edges, cost=problem.cost, terminals=problem.terminals)
    done = subprocess.run([python, "-c", PEER, folder / "problem.npz"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return {"cost": found["cost"] / best - 1, "cpu_s": found["cpu_s"]}


def _peer_python(folder: Path) -> str:
    """A Python with networkx, numpy and scipy; "" where it cannot be made."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv/bin/python")
    if subprocess.run([python, "-m", "pip", "install", "-q", "networkx", "numpy", "scipy"], stdout=sys.stderr).returncode:
        print("networkx cannot be installed: skipped", file=sys.stderr)
        return ""
    return python


def say(out: dict[str, Any], prefix: str, **figures: float) -> None:
    """Print figures, and keep them."""
    print(prefix, "  ".join(f"{name} {value:.4g}" for name, value in figures.items()), file=sys.stderr, flush=True)
    out.update({f"{prefix}_{name}": value for name, value in figures.items()})


if __name__ == "__main__":
    main()
