"""Small planning instances with known rows: villages, places that must be served, people served already."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.instances import Goal, Instance

COUNTIES = ("440101", "440102")


def small_problem(seed: int, *, rows: int = 12, candidates: int = 7, places: int = 2, density: float = 0.3) -> tuple[CoverProblem, Any]:
    """A random problem in which all candidates together serve every row, and the target of each row."""
    rng = np.random.default_rng(seed)
    cover = rng.random((rows + places, candidates)) < density
    cover[np.arange(rows + places), rng.integers(0, candidates, rows + places)] = True
    people = np.concatenate([rng.integers(1, 200, rows), np.zeros(places, int)])
    must = np.arange(rows + places) >= rows
    target = np.where(must, "seats", "pop90").astype(object)
    covered = (rng.random(rows + places) < 0.2) & ~must
    cost = rng.integers(1, 9, candidates) * 100.0
    return CoverProblem(csr_matrix(cover), people, cost, required=float(people.sum()), must=must, covered=covered), target


def small_instance(seed: int = 0, *, goal: Goal | None = None, share: float = 1.0, **options: Any) -> Instance:
    """The same as an instance of the planning room."""
    problem, target = small_problem(seed, **options)
    rows, candidates = problem.cover.shape
    place = problem.must
    table = pd.DataFrame(
        {
            "id": [f"{'P' if is_place else 'V'}{number:03d}" for number, is_place in enumerate(place)],
            "name": [f"{number}号" for number in range(rows)],
            "kind": np.where(place, "place", np.where(problem.covered, "closed", np.where(np.arange(rows) % 4 == 0, "block", "village"))),
            "family": "nr",
            "target": target,
            "county": [COUNTIES[number % 2] for number in range(rows)],
            "city": "440100",
            "population": problem.weight.astype(int),
            "lon": 113.0 + np.arange(rows) * 0.01,
            "lat": 23.0,
            "unit": np.where(place, "places", "people"),
            "amount": problem.weight,
            "loss_db": 0.0,
        }
    )
    hosts = np.where(np.arange(candidates) % 2 == 0, "tower", "public_building")
    sites = gpd.GeoDataFrame(
        {
            "id": [f"C{number:06d}" for number in range(1, candidates + 1)],
            "name": [f"址{number}" for number in range(candidates)],
            "services": "nr-n28",
            "operators": "cbn+cmcc",
            "environment": "rural",
            "height_m": 30.0,
            "azimuth_deg": "0/120/240",
            "tilt_deg": 3.0,
            "carrier_power_dbm": np.nan,
            "antenna": None,
            "host": hosts,
            "status": "planned",
            "mast": "",
            "cost": problem.cost.astype(int),
            "origin": "settlement",
            "county": [COUNTIES[number % 2] for number in range(candidates)],
            "city": "440100",
        },
        geometry=gpd.points_from_xy(113.0 + np.arange(candidates) * 0.02, np.full(candidates, 23.05)),
        crs=4326,
    )
    total, done = int(table["population"].sum()), int(table["population"].to_numpy()[problem.covered].sum())
    asked = CoverProblem(
        problem.cover, problem.weight, problem.cost, required=float(np.ceil(share * total)), must=problem.must, covered=problem.covered
    )
    return instance_from(goal or Goal("pop90", "nr", share, must=("seats",)), table, sites, asked, total, done)


def instance_from(goal: Goal, rows: pd.DataFrame, candidates: Any, problem: CoverProblem, population: int, covered: int) -> Instance:
    """An instance, whatever further fields it has got."""
    known = {"goal": goal, "rows": rows, "candidates": candidates, "problem": problem, "population": population, "covered_people": covered}
    further = {"demand": rows, "covered": problem.covered, "matrix": problem.cover, "worth": problem.weight}
    fields = Instance.__dataclass_fields__
    return Instance(**known, **{name: value for name, value in further.items() if name in fields})
