"""The pixels and the ground of a study, and the hashes of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infraplan.errors import DataError, Fault, warn
from infraplan.files import sha256
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.study.calibrated import calibrated_ground
from infraplan.study.config import FILE_NAME, Files

if TYPE_CHECKING:
    from infraplan.geo.terrain import Terrain
    from infraplan.study import Study

MOST_PIXELS = 500_000_000  # interpretation: the map of a family takes some tens of bytes a pixel


def input_hashes(study: Study) -> dict[str, str]:
    """SHA-256 of study.toml, of each file it names, and of the measurements beside it, by name."""
    folder, config = study.folder, study.config
    named = {name: study.path(name) for name in Files.model_fields if name not in ("registers", "exclusions")}
    named |= {f"exclusions.{number}": path for number, path in enumerate(study.exclusion_paths, start=1)}
    named |= {f"registers.{name}": folder / relative for name, relative in config.files.registers.items()}
    named |= {name: folder / name for name in (*config.study.policies, "inspections.csv", "licences.toml") if "." in name}
    services_file = config.coverage.services_file
    named |= {} if services_file is None else {"services": folder / services_file}
    calibration = config.coverage.calibration
    named |= {} if calibration is None else {"calibration": folder / calibration}
    named |= {f"antennas.{name}": path for name, path in study.antenna_paths.items()}
    edits = {} if study.scenario is None else {"scenario": study.scenario.digest}
    return (
        {FILE_NAME: sha256(folder / FILE_NAME)}
        | edits
        | {name: sha256(path) for name, path in named.items() if path is not None and path.is_file()}
    )


def study_grid(study: Study) -> Grid:
    """The study's pixels; more than `MOST_PIXELS` are a fault of `resolution_m`."""
    choice = study.config.coverage
    grid = Grid.over(study.zones, choice.resolution_m)
    pixels = grid.height * grid.width
    if pixels > MOST_PIXELS:
        least_m = f"{choice.resolution_m * (pixels / MOST_PIXELS) ** 0.5:.3g}"
        values = {"pixels": f"{pixels:,}", "limit": f"{MOST_PIXELS:,}", "least": least_m}
        message, fix = both("study.too_many_pixels", **values), both("study.too_many_pixels_fix", **values)
        raise DataError(
            Fault(FILE_NAME, message, fix, rule="study-pixels", column="coverage.resolution_m", value=f"{choice.resolution_m:g}")
        )
    return grid


def study_terrain(study: Study) -> Terrain | None:
    """Ground under the study and around it; None where the model needs none."""
    from infraplan.io.rasters import read_terrain

    choice = study.config.coverage
    if choice.model != "p1812":
        return None
    path = study.path("terrain")
    if path is None:
        raise DataError(Fault(FILE_NAME, both("study.no_terrain"), both("study.no_terrain_fix"), rule="terrain", column="files.terrain"))
    options, clutter = study.config.options_of("terrain"), study.path("clutter")
    if clutter is None:
        warn([Fault(FILE_NAME, both("study.bare_earth"), both("study.bare_earth_fix"), "bare-earth", severity="warning")])
    read = read_terrain(
        path, over=study.grid, margin_m=choice.max_radius_km * 1000.0, clutter=clutter, clutter_table=choice.clutter_table,
        nominal_m=choice.nominal_clutter_m, profile_step_m=choice.profile_step_m, holes=choice.terrain_holes, **options,
    )  # fmt: skip
    return calibrated_ground(study, read)
