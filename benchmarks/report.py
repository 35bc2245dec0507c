"""How long the pages and layers of 21 cities and their counties take, all formats, once coverage and plan exist; and how large they are.

    python benchmarks/report.py [--jobs 2] [--formats html,map,xlsx,pdf,docx,kmz]

Made-up settlements inside the real boundaries of data/boundaries: 1,300 a county, 161,200 in all. No run is needed before.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import joblib
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "report"))

from sample import sample_contexts  # noqa: E402

from infraplan.outputs import types  # noqa: E402
from infraplan.report.county_pages import write_county_pages  # noqa: E402
from infraplan.report.html_pages import FORMATS, write_city_pages, write_province_pages  # noqa: E402
from infraplan.report.page_context import PageContext  # noqa: E402
from infraplan.run.gis_files import write_layers  # noqa: E402
from infraplan.run.page_contexts import CityLayers  # noqa: E402


def page_of(context: PageContext) -> CityLayers:
    """A page with a server wherever there is a margin, and with the columns that a run adds."""
    villages = context.villages
    for family in context.families:
        villages = villages.assign(**{f"{family}_not_spot": "none", f"{family}_served_by": "", f"{family}_measured": False})
    context = replace(context, villages=villages, scorecard=context.scorecard.reindex(columns=list(types("scorecard"))))
    servers = {family: np.where(np.isnan(margin), -1, 0).astype(np.int32) for family, margin in context.margins.items()}
    return CityLayers(context, servers, np.array(["S1/nr-n41/1"]))


def city(context: PageContext, folder: Path, formats: list[str]) -> tuple[float, float]:
    """Processor seconds and peak memory in MiB of one city."""
    start = time.process_time()
    write_city_pages(context, folder, formats=formats)
    write_county_pages(context, folder, formats=formats)
    write_layers(page_of(context), folder, "both")
    return time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--formats", default=",".join(FORMATS))
    choice = parser.parse_args()
    formats = choice.formats.split(",")
    zones = gpd.read_file(ROOT / "data" / "boundaries" / "guangdong.gpkg")
    province, cities = sample_contexts(zones, per_county=1300, sites_per_county=50, resolution_m=250.0)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        start = time.perf_counter()
        tasks = (joblib.delayed(city)(page, root / "cities" / page.adcode, formats) for page in cities)
        each = joblib.Parallel(n_jobs=choice.jobs)(tasks)
        between, before = time.perf_counter(), time.process_time()
        write_province_pages(province, root, formats=formats)
        write_layers(page_of(province), root, "both")
        end, after = time.perf_counter(), time.process_time()
        sizes: dict[str, list[int]] = {}
        for path in root.rglob("*"):
            if path.is_file():
                level = "province" if path.parent == root else "county" if path.parent.name == "counties" else "city"
                kind = f"{path.suffix} {level}"
                sizes.setdefault(kind if path.stem != "map" else f"map{kind}", []).append(path.stat().st_size)
    peak = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, *(memory for _, memory in each))
    print(f"{len(cities)} cities, {len(province.villages):,} settlements, {len(province.gaps):,} gaps, {choice.jobs} jobs")
    print(f"formats {choice.formats}")
    print(f"wall: cities {between - start:.1f} s, province {end - between:.1f} s, all {end - start:.1f} s")
    cpu = sum(seconds for seconds, _ in each)
    print(f"processor: cities {cpu:.1f} s (slowest {max(seconds for seconds, _ in each):.1f} s), province {after - before:.1f} s")
    print(f"peak memory of one process {peak:.0f} MiB")
    for kind, found in sorted(sizes.items()):
        print(f"largest {kind}: {max(found) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
