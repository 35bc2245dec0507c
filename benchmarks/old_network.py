"""The 11,000 sites of the example's first network, kept to compare speed: the same sites over the same ground at any commit.

    python benchmarks/old_network.py FOLDER            makes the example study in FOLDER, puts the old sites into it, times the prediction
    python benchmarks/old_network.py FOLDER --keep     times the prediction of the study that is in FOLDER already

Run the second with another commit's code on PYTHONPATH to compare both on the same files.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import pandas as pd

SITES = Path(__file__).resolve().parent / "old_network.csv.gz"
NR, NBIOT = 6_000, 5_000


def old_sites() -> pd.DataFrame:
    """6,000 NR and 5,000 NB-IoT sites in the columns of sites.csv, all text. Placed by tuned weights; no real network."""
    sites = pd.read_csv(SITES, dtype=str, keep_default_na=False)
    sites = sites.assign(name=sites["id"], status="existing", city=sites["county"].str[:4] + "00", synthetic="True")
    counted = sites["id"].str[3:5].value_counts()
    if (counted["NR"], counted["NB"]) != (NR, NBIOT):
        raise SystemExit(f"{SITES.name} does not hold {NR} NR and {NBIOT} NB-IoT sites")
    return sites


def put_old_sites(folder: Path) -> None:
    """Replace the sites of a study folder by the old ones."""
    old_sites().to_csv(folder / "sites.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    study = folder / "study.toml"
    lines = [line if not line.startswith("as_of") else 'as_of = "2020-12-31"' for line in study.read_text(encoding="utf-8").splitlines()]
    study.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def predict_study(folder: Path) -> dict[str, Any]:
    """Seconds of reading and of predicting the study's existing sites, and what share of people comes out."""
    from infraplan.run.counting import count_people
    from infraplan.run.progress import Silent
    from infraplan.run.steps import predict
    from infraplan.study import Study

    start = time.process_time()
    study = Study.open(folder)
    sectors, ground = study.sectors, study.terrain
    read, start, wall = time.process_time() - start, time.process_time(), time.perf_counter()
    cover = predict(study, Silent())
    cpu, wall = time.process_time() - start, time.perf_counter() - wall
    people = count_people(study.villages, cover, study.zones)
    rows = people[(people["level"] == "province") & (people["network"] == "any")].set_index("family")
    return {
        "sites": int(sectors["site_id"].nunique()),
        "sectors": len(sectors),
        "model": cover.model,
        "terrain": ground is not None,
        "read_cpu_s": round(read, 2),
        "predict_cpu_s": round(cpu, 2),
        "predict_wall_s": round(wall, 2),
        "capped_sites": cover.capped_sites,
        "share": {family: round(float(rows.loc[family, "share"]), 4) for family in cover.families},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", action="store_true", help="predict the study in FOLDER as it is")
    choice = parser.parse_args()
    if not choice.keep:
        from infraplan.examples import guangdong

        guangdong.build(choice.folder, overwrite=True)
        put_old_sites(choice.folder)
    print(json.dumps(predict_study(choice.folder), indent=1))


if __name__ == "__main__":
    main()
