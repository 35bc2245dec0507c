"""`infraplan signal`: the level at each point of a table, of the cell it names or of its best server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infraplan.cli.shared import AsJson, Language, OutputPath, Overwrite, print_note, print_warnings, refuse_output, show
from infraplan.errors import UsageError, take_collected
from infraplan.messages import both

if TYPE_CHECKING:
    from infraplan.coverage.transmitters import Transmitters
    from infraplan.geo.terrain import Terrain

PointsFile = Annotated[Path, typer.Argument(help=both("cli.points_file"), show_default=False)]
SitesFile = Annotated[Path, typer.Option("--sites", help=both("cli.sites_file"), show_default=False)]
TerrainFile = Annotated[Path | None, typer.Option("--terrain", help=both("cli.terrain_file"), show_default=False)]
ClutterFile = Annotated[Path | None, typer.Option("--clutter", help=both("cli.clutter_file"), show_default=False)]
ServicesFile = Annotated[Path | None, typer.Option("--services", help=both("cli.services_file"), show_default=False)]
Plane = Annotated[str | None, typer.Option("--crs", help=both("cli.points_crs"), show_default=False)]
SUFFIXES = (".csv", ".xlsx")


def read_inputs(
    points: Path, sites: Path, terrain: Path | None, clutter: Path | None, services: Path | None, crs: str | None
) -> tuple[Any, Transmitters, Terrain | None]:
    """The table of points with its typed columns, the cells, the ground; the faults of the points come as one error."""
    from infraplan.io.ground_of_links import ground_of_links
    from infraplan.io.transmitter_tables import LOCAL, placed_table

    if clutter is not None and terrain is None:
        raise UsageError(both("cli.clutter_alone"))
    if crs == LOCAL and terrain is not None:
        raise UsageError(both("cli.local_terrain"))
    table = placed_table(points, "measured", crs=crs)
    table.faults.stop()
    table.faults.warn()
    cells = read_cells(sites, services, crs)
    ground = None if terrain is None else ground_of_links(terrain, table.frame, cells, clutter)
    if cells.preset_antennas:
        print_note(both("cli.preset_antennas", count=cells.preset_antennas, total=len(cells)))
    return table, cells, ground


def read_cells(sites: Path, services: Path | None, crs: str | None) -> Transmitters:
    """Cells of a table with powers, else those of checked sites with the powers of their services."""
    from infraplan.coverage.sectors import sectors_of
    from infraplan.coverage.transmitters import transmitters_of_sites
    from infraplan.io.patterns import named_antennas, pattern_paths, read_patterns
    from infraplan.io.reading import read_sites
    from infraplan.io.services import read_services
    from infraplan.io.transmitter_tables import LOCAL, has_powers, read_transmitters
    from infraplan.presets import load
    from infraplan.radio.budgets import services as services_of

    if has_powers(sites):
        return read_transmitters(sites, crs=crs)
    if crs == LOCAL:
        raise UsageError(both("cli.local_sites"))
    presets, paths = (load("services"), {}) if services is None else read_services(services, folders=(Path(),))
    own = {name: values["family"] for name, values in presets["service"].items() if name not in load("services")["service"]}
    checked = read_sites(sites, crs=crs, own_services=own, lte=True)
    paths = {**paths, **pattern_paths(named_antennas(checked), (sites.parent,))}
    named = dict.fromkeys(part.strip() for text in checked["services"].astype(str) for part in text.split(";"))
    made = services_of(*(name for name in named if name in presets["service"]), presets=presets, antennas=read_patterns(paths))
    return transmitters_of_sites(sectors_of(checked, made, known=tuple(presets["service"])), made)


def signal(
    points: PointsFile,
    sites: SitesFile,
    terrain: TerrainFile = None,
    clutter: ClutterFile = None,
    services: ServicesFile = None,
    calibration: Annotated[Path | None, typer.Option("--calibration", help=both("cli.calibration_file"), show_default=False)] = None,
    crs: Plane = None,
    output: OutputPath = None,
    overwrite: Overwrite = False,
    lang: Language = "both",
    json: AsJson = False,
) -> None:
    """The level at each point of a table."""
    import numpy as np

    from infraplan.coverage.point_prediction import errors_db, predict_points
    from infraplan.io.calibration_files import read_calibration

    refuse_output(output, overwrite, only=SUFFIXES)
    terms = None if calibration is None else read_calibration(calibration)
    table, cells, ground = read_inputs(points, sites, terrain, clutter, services, crs)
    found = predict_points(table.frame, cells, terrain=ground, calibration=terms)
    print_warnings(take_collected())
    models = ", ".join(f"{name} {count:,}" for name, count in found["model"].value_counts(sort=False).sort_index().items())
    print_note(both("cli.signal_models", rows=f"{len(found):,}", models=models))
    if terms is None:
        print_note(both("cli.not_calibrated"))
    else:
        print_note(
            both("cli.calibrated_by", rms=f"{terms.points.rms_db:.1f}", masts=terms.evidence.masts, squares=f"{terms.evidence.squares:,}")
        )
    given = table.given.reset_index(drop=True)
    taken = [str(name) for name in given.columns if name in found.columns]
    if taken:
        print_note(both("cli.columns_renamed", names=", ".join(f"{name} → {name}_in_file" for name in taken)))
    if output is None or output.suffix.lower() != ".csv":
        given = given.assign(**{str(name): as_numbers(given[name]) for name in given.columns})
    whole = given.rename(columns={name: f"{name}_in_file" for name in taken})
    whole = whole.assign(**{name: found[name].to_numpy() for name in found.columns})
    error = errors_db(table.frame, found)
    if len(error):
        sizes = {"mean": f"{error.mean():+.1f}", "spread": f"{error.std():.1f}", "rms": f"{np.sqrt(np.mean(error**2)):.1f}"}
        print_note(both("cli.signal_errors", rows=f"{len(error):,}", **sizes))
    if output is None and not json:
        show(found, "signal_points")
        return
    show(whole, output=output, as_json=json, overwrite=overwrite)


def as_numbers(column: Any) -> Any:
    """A column of texts that are all numbers as numbers, codes with leading zeros excepted; any other as it is."""
    cells = column.astype(str).str.strip()
    known = cells[cells != ""]
    plain = known.str.fullmatch(r"[+-]?(0|[1-9]\d{0,14})(\.\d+)?").all()
    return cells.replace("", None).astype(float) if len(known) and plain else column


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("signal", help=both("cli.verb_signal"))(signal)
