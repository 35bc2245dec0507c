"""Audits by sample in three made provinces with a known truth: do the intervals hold, and how many visits do they save.

    python benchmarks/sampling.py [--json] [--quick]

Each world has 5,000 villages in five cities; people are log-normal. Margins are normal with a spread of 20 dB, their mean differs by city.
A village is truly served where its true margin is at least 0 dB: `errors_10_db`: the true margin is the predicted one plus a normal error
of 10 dB; `optimistic_10_db`: 10 dB less than that throughout; `worthless`: it has nothing to do with the prediction. An audit draws 200
villages (`_small`: 60) and estimates the share of people served in the province and in each city. Besides it draws a simple random sample
and one by people alone, both estimated by the plain weighted mean with the same kind of interval. Visits needed are compared at the same
width of interval (squared widths, mean of all audits) and by variance. `--quick`: 100 audits a world.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from infraplan.policy.sample_estimates import FEW, estimate_share, fit
from infraplan.policy.sampling import doubt, draw, inclusion_probabilities, margin_classes, served_chance, systematic

WORLDS = ("errors_10_db", "optimistic_10_db", "worthless")
VILLAGES, VISITS, AUDITS, ERROR_DB, SPREAD_DB, MEAN_DB = 5_000, 200, 1_000, 10.0, 20.0, 8.0
CITIES = (0.1, 0.15, 0.2, 0.25, 0.3)
"""Part of the villages that each city has."""


def made_world(kind: str, seed: int = 20261) -> dict[str, Any]:
    """People, city, predicted margin and truth of every village."""
    rng = np.random.default_rng(seed)
    city = rng.choice(len(CITIES), VILLAGES, p=CITIES)
    people = np.maximum(np.round(rng.lognormal(5.5, 0.8, VILLAGES)), 1.0)
    margin_db = rng.normal(MEAN_DB + 4.0 * (city - 2), SPREAD_DB, VILLAGES)
    if kind == "worthless":
        true_db = rng.normal(MEAN_DB, SPREAD_DB, VILLAGES)
    else:
        true_db = margin_db + rng.normal(0.0, ERROR_DB, VILLAGES) - (10.0 if kind == "optimistic_10_db" else 0.0)
    return {"city": city.astype(str), "people": people, "margin_db": margin_db, "served": (true_db >= 0.0).astype(float)}


def audited(kind: str, audits: int = AUDITS, visits: int = VISITS) -> dict[str, float]:
    """Figures of one world: how often intervals hold, and visits beside those of the two plain samples."""
    world = made_world(kind)
    people, served, city = world["people"], world["served"], world["city"]
    chance, classes = served_chance(world["margin_db"], ERROR_DB), margin_classes(world["margin_db"])
    doubts, ids = doubt(chance, world["margin_db"], ERROR_DB, classes), np.arange(VILLAGES).astype(str)
    parts = {"": np.ones(VILLAGES, dtype=bool), **{name: city == name for name in sorted(set(city))}}
    truth = {name: float(np.average(served[own], weights=people[own])) for name, own in parts.items()}
    known = {name: float(np.average(chance[own], weights=people[own])) for name, own in parts.items()}
    plain = {"simple": np.full(VILLAGES, visits / VILLAGES), "people": inclusion_probabilities(people, visits)}
    held: dict[str, list[bool]] = {"province": [], "city": [], "few": [], "simple": [], "people": []}
    shares: dict[str, list[float]] = {name: [] for name in ("province", *plain)}
    widths: dict[str, list[float]] = {name: [] for name in ("province", "city", *plain)}
    narrowest, rng = 1.0, np.random.default_rng(7)
    for seed in range(audits):
        drawn = draw(people, doubts, city, classes, ids, visits=visits, seed=seed)
        rows = drawn.rows
        weight = people[rows] / drawn.probability[rows]
        whole = fit(served[rows], chance[rows], weight, classes[rows])
        for name, own in parts.items():
            here = own[rows]
            some = rows[here]
            found = estimate_share(served[some], chance[some], weight[here], drawn.probability[some], classes[some], known[name],
                                   whole if name else None)  # fmt: skip
            kind_of = "province" if not name else "city" if found.visits >= FEW else "few"
            held[kind_of].append(found.low <= truth[name] <= found.high)
            narrowest = min(narrowest, found.high - found.low)
            if kind_of in widths:
                widths[kind_of].append(found.high - found.low)
            if not name:
                shares["province"].append(found.share)
        for name, probability in plain.items():
            some = np.flatnonzero(systematic(probability, rng.permutation(VILLAGES), float(rng.random())))
            flat = np.zeros(len(some))
            found = estimate_share(served[some], flat, people[some] / probability[some], probability[some], flat.astype(str), 0.0)
            held[name].append(found.low <= truth[""] <= found.high)
            shares[name].append(found.share)
            widths[name].append(found.high - found.low)
    square = {name: float(np.mean(np.square(values))) for name, values in widths.items() if values}
    by_kind = {f"{name}_held": float(np.mean(held[name])) for name in ("city", "few") if held[name]}
    return {
        **by_kind,
        **{f"{name}_intervals": len(held[name]) for name in ("city", "few")},
        "share": truth[""],
        "bias": float(np.mean(shares["province"]) - truth[""]),
        "standard_error": float(np.std(shares["province"])),
        "width": float(np.mean(widths["province"])),
        "province_held": float(np.mean(held["province"])),
        "narrowest": narrowest,
        "visits_of_simple": square["province"] / square["simple"],
        "visits_of_people": square["province"] / square["people"],
        "variance_of_simple": float(np.var(shares["province"]) / np.var(shares["simple"])),
        "variance_of_people": float(np.var(shares["province"]) / np.var(shares["people"])),
    }


def main() -> None:
    """Print the figures of all worlds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    start, result = time.process_time(), dict[str, float]()
    for kind in WORLDS:
        result |= {f"{kind}_{name}": value for name, value in audited(kind, 100 if options.quick else AUDITS).items()}
        result |= {f"{kind}_small_{name}": value for name, value in audited(kind, 100 if options.quick else AUDITS, 60).items()}
    result["cpu_seconds"] = time.process_time() - start
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for name, value in result.items():
        print(f"{name:40} {value:.4f}")


if __name__ == "__main__":
    main()
