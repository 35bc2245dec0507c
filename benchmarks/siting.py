"""How good and how fast the siting core is: rural provinces, real maximal covering, large instances, and its peers.

    python benchmarks/siting.py [--quick] [--json] [--only rural,mclp,million,large,contest] [--seeds 1,2,3] [--no-peers]
                                [--study FOLDER [--cities 441800]]

With `--study` the plans of a study are made as well (`study_plans.py`): further bands on existing masts, capacity, three costs, low
end, sharing, lines, substitutes. Prints what it measures, one line each, on stderr; `--json` adds one flat object on stdout. Needs
`../shared` beside the project (instances and best known values) and skips what is absent. CPU-seconds count this process and its
children: on a busy machine they say more than the wall.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree
from study_plans import cpu_seconds, study_plans

from infraplan.siting import CoverPlan, CoverProblem, find_substitutes, max_cover, solve

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"
EARTH_RADIUS_M = 6_378_137.0
MCLP = {"NewYork": 400, "SanFrancisco": 600}
SHORT = {"NewYork": "newyork", "SanFrancisco": "sanfrancisco"}


def peak_gib() -> float:
    """The largest resident size so far of this process and of the largest finished child, together."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20


def discs(site_xy: np.ndarray, radius: np.ndarray | float, xy: np.ndarray) -> sp.csr_matrix:
    """Demand x sites: who lies within the radius."""
    tree, radius = cKDTree(xy), np.broadcast_to(radius, len(site_xy))
    rows, columns = [], []
    for at in range(0, len(site_xy), 2_000):
        few = slice(at, at + 2_000)
        pairs = cKDTree(site_xy[few]).sparse_distance_matrix(tree, float(radius[few].max()), output_type="ndarray")
        pairs = pairs[pairs["v"] <= radius[few][pairs["i"]]]
        columns.append(pairs["i"].astype(np.int32) + at)
        rows.append(pairs["j"].astype(np.int32))
    row, column = np.concatenate(rows), np.concatenate(columns)
    return sp.coo_matrix((np.ones(len(row), np.int8), (row, column)), shape=(len(xy), len(site_xy))).tocsr()


def rural_problem(path: Path) -> CoverProblem:
    """The instance of `rural_province.py`: 90 % of each county, 92 % of all, towns without fail."""
    z = np.load(path)
    weight, county = z["village_population"].astype(float), z["village_county"]
    must = np.zeros(weight.size, bool)
    must[z["must_cover"]] = True
    covered = np.asarray(discs(z["existing_xy"], z["existing_radius_km"], z["village_xy"]).sum(axis=1)).ravel() > 0
    return CoverProblem(
        cover=discs(z["candidate_xy"], z["candidate_radius_km"], z["village_xy"]), weight=weight,
        cost=z["candidate_cost"].astype(float), zone=county,
        zone_required=0.9 * np.bincount(county, weights=weight), required=0.92 * float(weight.sum()), must=must, covered=covered,
        position_m=z["candidate_xy"] * 1000.0,
    )  # fmt: skip


def rural(out: dict[str, Any], seeds: list[int], gap: float, time_limit_s: float, peers: bool) -> None:
    """Rural provinces, checked by the generator's own program."""
    maker = SHARED / "benchmarks" / "rural_province.py"
    if not maker.exists():
        print("rural: ../shared/benchmarks is absent", file=sys.stderr)
        return
    rows: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            instance, listing = Path(folder) / f"rural-{seed}.npz", Path(folder) / f"plan-{seed}.csv"
            subprocess.run([sys.executable, str(maker), "make", "--seed", str(seed), "-o", str(instance)], check=True)
            began, cpu = time.perf_counter(), cpu_seconds()
            problem = rural_problem(instance)
            read_s = time.perf_counter() - began
            plan = solve(problem, time_limit_s=time_limit_s - read_s, gap=gap)
            wall, cpu = time.perf_counter() - began, cpu_seconds() - cpu
            with open(listing, "w", newline="") as stream:
                csv.writer(stream).writerows([["candidate"], *[[i] for i in plan.chosen]])
            command = [sys.executable, str(maker), "check", str(instance), str(listing)]
            feasible = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)["feasible"]
            beyond = plan.certificate
            figures = {"cost": plan.cost, "bound": plan.bound, "gap": plan.proven_gap}
            rows.append({**figures, "seconds": wall, "cpu": cpu, "feasible": feasible})
            reachable = beyond.reachable / float(problem.weight.sum())
            say(out, f"rural_{seed}", cost=plan.cost, bound=plan.bound, proven_gap=plan.proven_gap, seconds=wall, cpu_seconds=cpu,
                read_seconds=read_s, feasible=feasible, sites=plan.sites, reachable_share=reachable,
                counties_beyond=" ".join(map(str, beyond.zones)),
                must_beyond=int(beyond.must_rows.size), work=plan.work, source=plan.bound_source, peak_gib=peak_gib())  # fmt: skip
            substitutes(out, f"rural_{seed}_substitutes", problem, plan)
            if peers and seed == seeds[0]:
                theirs = plain_highs(problem, wall)
                found = theirs["value"] is not None and theirs["bound"] is not None
                say(out, "rural_highs", cost=theirs["value"], bound=theirs["bound"], seconds=theirs["seconds"],
                    gap=1 - theirs["bound"] / theirs["value"] if found else None,
                    cost_ratio=theirs["value"] / plan.cost if found else None)  # fmt: skip
    first = rows[0]
    median = {key: statistics.median(row[key] for row in rows) for key in ("gap", "seconds", "cpu")}
    say(out, "rural", cost=first["cost"], bound=first["bound"], proven_gap=first["gap"], seconds=first["seconds"],
        cpu_seconds=first["cpu"], feasible=all(row["feasible"] for row in rows), median_gap=median["gap"],
        median_seconds=median["seconds"], median_cpu=median["cpu"])  # fmt: skip


def substitutes(out: dict[str, Any], prefix: str, problem: CoverProblem, plan: CoverPlan) -> None:
    """What replaces each site of a plan: time, what the plans cost without it beyond the plan, and their proof gaps."""
    began, cpu = time.perf_counter(), cpu_seconds()
    found = find_substitutes(problem, plan.chosen, plan.bound, proof=plan.proof)
    wall, cpu = time.perf_counter() - began, cpu_seconds() - cpu
    there = np.isfinite(found.cost)
    extra, gap = found.cost[there] - plan.cost, 1 - found.bound[there] / found.cost[there]
    say(out, prefix, sites=plan.sites, candidates=problem.cost.size, entries=int(problem.cover.nnz), seconds=wall, cpu_seconds=cpu,
        **{state: found.state.count(state) for state in ("replaced", "needless", "none", "not_found")},
        median_extra=float(np.median(extra)), most_extra=float(extra.max()), median_gap=float(np.median(gap)), most_gap=float(gap.max()),
        bounds_above_the_plans=int((found.bound[there] > plan.bound).sum()), plan_cost=plan.cost, plan_bound=plan.bound)  # fmt: skip


HIGHS = """
import json, sys, time
import highspy, numpy as np, scipy.sparse as sp
z = np.load(sys.argv[1])
began = time.perf_counter()
cover = sp.csr_matrix((np.ones(z["indices"].size), z["indices"], z["indptr"]), shape=tuple(z["shape"]))
m, n = cover.shape
weight, zone, covered = z["weight"], z["zone"], z["covered"].astype(float)
sites = float(z["sites"])
zones = sp.csr_matrix((weight, (zone, np.arange(m))), shape=(z["zone_required"].size, m))
rows = sp.vstack([
    sp.hstack([cover, -sp.identity(m)]), sp.hstack([sp.csr_matrix((zones.shape[0], n)), zones]),
    sp.hstack([sp.csr_matrix((1, n)), sp.csr_matrix(weight[None, :])]), sp.hstack([sp.csr_matrix(np.ones((1, n))), sp.csr_matrix((1, m))]),
]).tocsr()
lp = highspy.HighsLp()
lp.num_row_, lp.num_col_ = rows.shape
lp.col_cost_ = np.concatenate([z["cost"], np.zeros(m)]) if sites < 0 else np.concatenate([np.zeros(n), -weight])
lp.col_lower_ = np.concatenate([np.zeros(n), z["must"].astype(float)])
lp.col_upper_ = np.ones(n + m)
low = [-covered, z["zone_required"], [float(z["required"])], [-highspy.kHighsInf]]
lp.row_lower_ = np.concatenate(low)
lp.row_upper_ = np.concatenate([np.full(rows.shape[0] - 1, highspy.kHighsInf), [sites if sites >= 0 else highspy.kHighsInf]])
lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
lp.integrality_ = [highspy.HighsVarType.kInteger] * n + [highspy.HighsVarType.kContinuous] * m
solver = highspy.Highs()
solver.setOptionValue("output_flag", False)
solver.setOptionValue("time_limit", float(sys.argv[2]))
solver.passModel(lp)
solver.run()
info = solver.getInfo()
found = info.primal_solution_status == 2
print(json.dumps({"value": abs(info.objective_function_value) if found else None, "bound": abs(info.mip_dual_bound),
                  "seconds": time.perf_counter() - began}))
"""


def plain_highs(problem: CoverProblem, time_limit_s: float, max_sites: int | None = None) -> dict[str, Any]:
    """The textbook model handed to HiGHS with its default options, two threads; killed when it runs over four times its limit.

    Targets out of reach are lowered to what is within reach first, as `solve` does, or there would be nothing to compare.
    """
    able = problem.covered | (np.asarray(problem.cover.sum(axis=1)).ravel() > 0)
    inside = able & (problem.zone >= 0)
    reach = np.bincount(problem.zone[inside], weights=problem.weight[inside], minlength=problem.zone_required.size)
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder) / "instance.npz"
        np.savez(
            instance, indices=problem.cover.indices, indptr=problem.cover.indptr, shape=problem.cover.shape, weight=problem.weight,
            zone=problem.zone, covered=problem.covered, cost=problem.cost, must=problem.must & able,
            zone_required=np.minimum(problem.zone_required, reach), required=min(problem.required, float(problem.weight[able].sum())),
            sites=-1 if max_sites is None else max_sites,
        )  # fmt: skip
        try:
            command = [sys.executable, "-c", HIGHS, str(instance), str(time_limit_s)]
            run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=4 * time_limit_s)
        except subprocess.TimeoutExpired:
            return {"value": None, "bound": None, "seconds": 4 * time_limit_s}
    return dict(json.loads(run.stdout.splitlines()[-1]))


def city(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Points on the sphere [m] and demand of a published instance."""
    lines = (SHARED / "reference" / "mclp" / f"{name}.txt").read_text().splitlines()
    size = int(next(line for line in lines if line.startswith("DIMENSION")).split(":")[1])
    at = next(k for k, line in enumerate(lines) if line.startswith("NODE_COORD")) + 1
    lat, lon = np.radians(np.array([[float(v) for v in line.split()] for line in lines[at : at + size]])).T
    at = next(k for k, line in enumerate(lines) if line.startswith("DEMAND")) + 1
    demand = np.array([float(line) for line in lines[at : at + size]])
    return EARTH_RADIUS_M * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]), demand


def mclp(out: dict[str, Any], sizes: list[int], time_limit_s: float, peers: bool) -> None:
    """Real maximal covering against the best values known."""
    folder = SHARED / "reference" / "mclp"
    if not folder.exists():
        print("mclp: ../shared/reference is absent", file=sys.stderr)
        return
    for name, radius_m in MCLP.items():
        xyz, demand = city(name)
        cover = discs(xyz, 2 * EARTH_RADIUS_M * np.sin(radius_m / (2 * EARTH_RADIUS_M)), xyz)
        problem = CoverProblem(cover=cover, weight=demand, cost=np.ones(demand.size))
        for p in sizes:
            listing = (folder / f"{name}_{p}_{radius_m}.txt").read_text()
            best = int(re.findall(r"\d+", listing)[0])
            sites = [int(k) for k in re.findall(r"\d+", listing)[1:]]
            again = demand[np.asarray(cover[:, sites].sum(axis=1)).ravel() > 0].sum()
            began, cpu = time.perf_counter(), cpu_seconds()
            plan = max_cover(problem, max_sites=p, time_limit_s=time_limit_s, gap=1e-4)
            say(out, f"{SHORT[name]}_p{p}", weight=plan.weight, best_known=best, best_known_rechecked=float(again),
                ratio_to_best=plan.weight / best, proven_gap=plan.proven_gap, seconds=time.perf_counter() - began,
                cpu_seconds=cpu_seconds() - cpu, swaps=plan.work,
                source=plan.bound_source)  # fmt: skip
            if peers and p == sizes[0]:
                theirs = plain_highs(problem, time_limit_s, p)
                value, bound = theirs["value"], theirs["bound"]
                say(out, f"{SHORT[name]}_p{p}_highs", weight=value, bound=bound, seconds=theirs["seconds"],
                    ratio_to_best=None if value is None else value / best,
                    gap=None if value is None or bound is None else 1 - value / bound)  # fmt: skip


def million(out: dict[str, Any], demand: int, peers: bool) -> None:
    """100 candidates x a million points, MCLP, the covering matrix included; and spopt on a hundredth of it."""
    rng = np.random.default_rng(1)
    began, cpu = time.perf_counter(), cpu_seconds()
    xy, weight, at = rng.random((demand, 2)) * 100.0, rng.integers(1, 100, demand).astype(float), rng.random((100, 2)) * 100.0
    plan = max_cover(CoverProblem(cover=discs(at, 8.0, xy), weight=weight, cost=np.ones(100)), max_sites=20, time_limit_s=60, gap=0.0)
    wall = time.perf_counter() - began
    say(out, "million", demand=demand, seconds=wall, cpu_seconds=cpu_seconds() - cpu, status=plan.status, proven_gap=plan.proven_gap,
        weight=plan.weight)  # fmt: skip
    if not peers:
        return
    few = 10_000
    part = CoverProblem(cover=discs(at, 8.0, xy[:few]), weight=weight[:few], cost=np.ones(100))
    ours = max_cover(part, max_sites=20, time_limit_s=60, gap=0.0)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "instance.npz", at=at, xy=xy[:few], weight=weight[:few])
        home = Path(folder) / "venv"
        venv.create(home, with_pip=True)
        python = str(home / ("Scripts" if os.name == "nt" else "bin") / "python")
        if subprocess.run([python, "-m", "pip", "install", "-q", "spopt"], stdout=sys.stderr).returncode:
            print("spopt: could not be installed, left out", file=sys.stderr)
            return
        run = subprocess.run([python, "-c", SPOPT, str(Path(folder) / "instance.npz")], check=True, capture_output=True, text=True)
    theirs = json.loads(run.stdout.splitlines()[-1])
    say(out, "spopt", demand=few, seconds=theirs["seconds"], weight=theirs["weight"], our_weight=ours.weight,
        same=bool(abs(theirs["weight"] - ours.weight) < 0.5),
        times_slower_per_point=(theirs["seconds"] / few) / (wall / demand))  # fmt: skip


SPOPT = """
import json, sys, time
import numpy as np, pulp
from spopt.locate import MCLP
z = np.load(sys.argv[1])
began = time.perf_counter()
distance = np.sqrt(((z["xy"][:, None, :] - z["at"][None, :, :]) ** 2).sum(axis=2))
model = MCLP.from_cost_matrix(distance, z["weight"], 8.0, p_facilities=20).solve(pulp.PULP_CBC_CMD(msg=False))
print(json.dumps({"seconds": time.perf_counter() - began, "weight": float(pulp.value(model.problem.objective))}))
"""


def large(out: dict[str, Any], candidates: int, demand: int, time_limit_s: float) -> None:
    """A plan with a bound for very many candidates and points."""
    rng = np.random.default_rng(1)
    began, cpu = time.perf_counter(), cpu_seconds()
    side = 1_000.0
    centre = rng.random((20_000, 2)) * side
    grouped = demand * 3 // 4
    clustered = centre[rng.integers(0, len(centre), grouped)] + rng.normal(0, 3, (grouped, 2))
    xy = np.vstack([clustered, rng.random((demand - grouped, 2)) * side])
    at = xy[rng.choice(demand, candidates, replace=False)]
    weight = rng.integers(1, 200, demand).astype(float)
    zone = (xy[:, 0].clip(0, side - 1) // 100 * 10 + xy[:, 1].clip(0, side - 1) // 100).astype(np.int64)
    cover = discs(at, rng.uniform(2, 4, candidates), xy)
    able = np.asarray(cover.sum(axis=1)).ravel() > 0
    problem = CoverProblem(
        cover=cover, weight=weight, cost=rng.integers(40, 120, candidates).astype(float), zone=zone,
        required=0.92 * float(weight[able].sum()),
        zone_required=0.85 * np.bincount(zone[able], weights=weight[able], minlength=100), position_m=at * 1000.0,
    )  # fmt: skip
    made = time.perf_counter() - began
    plan = solve(problem, time_limit_s=time_limit_s - made, gap=0.01)
    say(out, "large", candidates=candidates, demand=demand, entries=int(cover.nnz), seconds=time.perf_counter() - began,
        cpu_seconds=cpu_seconds() - cpu, cost=plan.cost, bound=plan.bound, proven_gap=plan.proven_gap, status=plan.status,
        source=plan.bound_source, peak_gib=peak_gib())  # fmt: skip


def contest(out: dict[str, Any], cells: int, time_limit_s: float) -> None:
    """Weak cells of a 2,500 x 2,500 grid, sites reaching 30 at cost 10 or 10 at cost 1, none closer than 10, 90 % of the traffic."""
    rng = np.random.default_rng(1)
    centre = rng.random((300, 2)) * 2_500
    spread = np.rint(centre[rng.integers(0, 300, 4 * cells)] + rng.normal(0, 25, (4 * cells, 2))).clip(0, 2_499)
    xy = np.unique(spread, axis=0)[:cells]
    traffic = rng.lognormal(2.0, 1.5, len(xy))
    began, cpu = time.perf_counter(), cpu_seconds()
    at = xy[rng.permutation(len(xy))[: len(xy) // 10]]
    cover = sp.hstack([discs(at, 30.0, xy), discs(at, 10.0, xy)]).tocsr()
    problem = CoverProblem(
        cover=cover, weight=traffic, cost=np.repeat([10.0, 1.0], len(at)), required=0.9 * float(traffic.sum()),
        position_m=np.vstack([at, at]), spacing_m=10.0,
    )  # fmt: skip
    plan = solve(problem, time_limit_s=time_limit_s, gap=0.01)
    say(out, "contest", cells=len(xy), candidates=cover.shape[1], entries=int(cover.nnz), cost=plan.cost, bound=plan.bound,
        proven_gap=plan.proven_gap, status=plan.status, sites=plan.sites, share=plan.weight / float(traffic.sum()),
        seconds=time.perf_counter() - began, cpu_seconds=cpu_seconds() - cpu, source=plan.bound_source, peak_gib=peak_gib())  # fmt: skip


def say(out: dict[str, Any], prefix: str, **figures: Any) -> None:
    """Keep the figures under flat names, and show them as they come."""
    single = {key: value.item() if isinstance(value, np.generic) else value for key, value in figures.items()}
    plain = {key: round(value, 6) if isinstance(value, float) else value for key, value in single.items()}
    out.update({f"{prefix}_{key}": value for key, value in plain.items()})
    print(prefix, "  ".join(f"{key} {value}" for key, value in plain.items()), file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed, p = 50 and 100, a tenth of the large instances")
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    parser.add_argument("--only", default="rural,mclp,million,large,contest")
    parser.add_argument("--seeds", default="1,2,3", help="of the rural province")
    parser.add_argument("--gap", type=float, default=0.004, help="proven gap at which a rural province stops")
    parser.add_argument("--seconds", type=float, default=110.0, help="limit of a rural province, reading included")
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True,
        help="run plain HiGHS beside, and spopt from a throwaway environment",
    )  # fmt: skip
    parser.add_argument("--study", type=Path, help="a study (`infraplan new guangdong FOLDER`) whose plans are measured as well")
    parser.add_argument("--cities", default="441800", help="adcodes of the cities of the study, separated by commas; empty: all of it")
    chosen = parser.parse_args()
    parts, quick, out = chosen.only.split(","), chosen.quick, dict[str, Any]()
    seeds = [int(seed) for seed in chosen.seeds.split(",")][: 1 if quick else None]
    if "rural" in parts:
        rural(out, seeds, chosen.gap, chosen.seconds, chosen.peers)
    if "mclp" in parts:
        mclp(out, [50, 100] if quick else [50, 60, 70, 80, 90, 100], 19.0, chosen.peers)
    if "million" in parts:
        million(out, 100_000 if quick else 1_000_000, chosen.peers)
    if "large" in parts:
        large(out, *((10_000, 100_000, 60.0) if quick else (100_000, 1_000_000, 290.0)))
    if chosen.study is not None:
        study_plans(lambda prefix, **figures: say(out, prefix, **figures), chosen.study, tuple(filter(None, chosen.cities.split(","))))
    if "contest" in parts:
        contest(out, 18_000 if quick else 182_807, 60.0 if quick else 120.0)
    if chosen.json:
        print(json.dumps(out))


if __name__ == "__main__":
    main()
