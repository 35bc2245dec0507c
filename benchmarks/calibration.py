"""Calibration on measured sets: what it leaves on masts left out, and on the other half of a city that no fit has seen.

    python benchmarks/calibration.py [--json]

Chengdu (LTE 2.6 GHz, serving-cell reports) is cut into halves by the position of its masts, four ways. The Lebanese links (LoRa 868 MHz)
have two masts, Somerset (415 MHz) has one: its constant is forced and nothing confirms it. Brno and Ostrava do not say where their sites
stand and cannot be calibrated: see drive_tests.py. None of the sets has a terrain file here.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import infraplan as ip
from infraplan.coverage.point_prediction import errors_db
from infraplan.errors import collected

FOLDER = Path(__file__).resolve().parents[1] / "../shared/data/radio"


def scores(name: str, points: pd.DataFrame, sites: Any, **choice: Any) -> dict[str, Any]:
    """Errors of one set before and after. [dB]"""
    with collected() as found:
        made = ip.calibrate(points, sites, **choice)
    terms, evidence = made.calibration.points, made.calibration.evidence
    kept = made.terms.loc[made.terms["kept"].astype(bool), "term"]
    return {
        f"{name}_rows": evidence.rows, f"{name}_squares": evidence.squares, f"{name}_masts": evidence.masts, f"{name}_model": terms.model,
        f"{name}_before_db": terms.rms_before_db, f"{name}_constant_db": terms.rms_constant_db, f"{name}_left_out_db": terms.rms_db,
        f"{name}_sigma_db": terms.sigma_db, f"{name}_known_masts_db": terms.rms_known_masts_db, f"{name}_terms": ", ".join(kept),
        f"{name}_censored": evidence.censored, f"{name}_turned_azimuths": len(made.turned),
        f"{name}_warned": ", ".join(sorted({fault.rule for fault in found})),
        **{f"{name}_map_{one.model}_db": one.rms_db for one in made.calibration.map},
    }  # fmt: skip


def chengdu() -> dict[str, Any]:
    """All masts, then each half of the city predicted with the calibration of the other."""
    points = ip.read_measured(FOLDER / "chengdu_lte2600_dev.csv.gz", crs="local")
    sites = ip.read_transmitters(FOLDER / "chengdu_lte2600_dev_cells.csv", crs="local")
    found = scores("chengdu", points, sites)
    for axis, names in (("x_m", ("west", "east")), ("y_m", ("south", "north"))):
        upper = sites.frame[axis] >= sites.frame.groupby("site")[axis].first().median()
        there = points["cell"].isin(set(sites.frame.loc[upper, "cell"])).to_numpy()
        for name, fitted, asked in ((names[1], ~there, there), (names[0], there, ~there)):
            with collected():
                made = ip.calibrate(points[fitted].reset_index(drop=True), sites).calibration
            error = errors_db(points[asked], ip.predict_points(points[asked], sites, calibration=made))
            found |= {f"chengdu_{name}_unseen_db": float(np.sqrt(np.mean(error**2))), f"chengdu_{name}_bias_db": float(error.mean())}
    return found


def lebanon() -> dict[str, Any]:
    """Path losses of links as levels of an isotropic source of 0 dBm."""
    table = pd.read_csv(FOLDER / "lebanon_lora868.csv")
    names = ["gateway_lat", "gateway_lon", "gateway_ground_m", "gateway_height_m"]
    masts = table[names].drop_duplicates().reset_index(drop=True)
    masts["cell"] = [f"G{number}" for number in masts.index]
    cells = pd.DataFrame({
        "cell": masts["cell"], "lat": masts["gateway_lat"], "lon": masts["gateway_lon"], "height_m": masts["gateway_height_m"],
        "ground_m": masts["gateway_ground_m"], "frequency_mhz": 868.0, "eirp_dbm": 0.0,
    })  # fmt: skip
    rows = table.merge(masts, on=names)
    points = pd.DataFrame({
        "cell": rows["cell"], "lat": rows["node_lat"], "lon": rows["node_lon"], "ground_m": rows["node_ground_m"],
        "rsrp_dbm": -rows["path_loss_db"], "distance_m": 1000.0 * rows["distance_km"],
    })  # fmt: skip
    return scores("lebanon", ip.read_measured(points), ip.read_transmitters(cells))


def somerset() -> dict[str, Any]:
    """3 W, 1 dB feeder, dipole; the receiver's floor is stated."""
    mast = {"cell": "S", "lat": 51.059692, "lon": -2.746155, "height_m": 5.0, "frequency_mhz": 415.0, "eirp_dbm": 34.77 - 1.0 + 2.15}
    points = ip.read_measured(FOLDER / "somerset_415.csv").assign(cell="S")
    return scores("somerset", points, ip.read_transmitters(pd.DataFrame([mast])), floor_dbm=-101.0, force=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one flat JSON object on stdout")
    as_json = parser.parse_args().json
    if not FOLDER.is_dir():
        raise SystemExit("../shared/data/radio is absent: the measurements may not be in the repository")
    found = {**chengdu(), **lebanon(), **somerset()}
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:36s} {value:.2f}" if isinstance(value, float) else f"{name:36s} {value}")


if __name__ == "__main__":
    main()
