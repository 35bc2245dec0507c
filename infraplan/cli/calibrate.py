"""`infraplan calibrate`: constants of the models from measured levels, with their error on masts left out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from infraplan.cli.shared import AsJson, Language, Overwrite, print_note, print_warnings, refuse_output, show, show_json
from infraplan.cli.signal import ClutterFile, Plane, PointsFile, ServicesFile, SitesFile, TerrainFile, read_inputs
from infraplan.errors import UsageError, take_collected
from infraplan.messages import both


def calibrate(
    measured: PointsFile,
    sites: SitesFile,
    output: Annotated[Path | None, typer.Option("-o", "--output", help=both("cli.calibration_output"), show_default=False)] = None,
    terrain: TerrainFile = None,
    clutter: ClutterFile = None,
    services: ServicesFile = None,
    crs: Plane = None,
    model: Annotated[list[str] | None, typer.Option("--model", help=both("cli.calibration_model"), show_default=False)] = None,
    floor: Annotated[float | None, typer.Option("--floor", help=both("cli.receiver_floor"), show_default=False)] = None,
    square: Annotated[float, typer.Option("--square", min=1.0, max=1000.0, help=both("cli.square"))] = 5.0,
    force: Annotated[bool, typer.Option("--force", help=both("cli.force"))] = False,
    overwrite: Overwrite = False,
    lang: Language = "both",
    json: AsJson = False,
) -> None:
    """Constants by band and other terms from measured levels."""
    from infraplan.coverage.calibration import calibrate as calibrated
    from infraplan.io.calibration_files import write_calibration

    refuse_output(output, overwrite, only=(".toml",))
    table, cells, ground = read_inputs(measured, sites, terrain, clutter, services, crs)
    if model and "p1812" in model and ground is None:
        raise UsageError(both("coverage.terrain_missing"))
    made = calibrated(
        table.frame, cells, ground, models=model, floor_dbm=floor, square_m=square, force=force, file=measured.name
    )  # fmt: skip
    print_warnings(take_collected())
    found = made.calibration
    _print_result(made)
    if output is not None:
        write_calibration(found, output)
        print_note(both("cli.calibration_written", file=str(output)))
    if json:
        show_json({**_first_figures(found), **found.model_dump(), "terms": made.terms.to_dict("records"), "turned": list(made.turned)})
    else:
        show(made.terms, "calibration_terms")


def _first_figures(found: Any) -> dict[str, Any]:
    """The figures that programs of others ask for first, without the sections of the file."""
    points, evidence = found.points, found.evidence
    names = ("rows", "squares", "masts", "first_day", "last_day")
    errors = {
        "rms_before_db": points.rms_before_db,
        "rms_left_out_db": None if evidence.forced else points.rms_db,
        "sigma_db": points.sigma_db,
    }
    return {**errors, **{name: getattr(evidence, name) for name in names}}


def _print_result(made: Any) -> None:
    """The error before and after, what is behind it, what the terms say."""
    points, evidence = made.calibration.points, made.calibration.evidence
    days = f"{evidence.first_day} – {evidence.last_day}" if evidence.first_day else "—"
    where = f"{points.model} {points.environment}".strip()
    sizes = {"before": f"{points.rms_before_db:.2f}", "after": f"{points.rms_db:.2f}", "masts": evidence.masts, "model": where}
    key = "cli.calibration_forced" if evidence.forced else "cli.calibration_result"
    print_note(
        both(key, rows=f"{evidence.rows:,}", squares=f"{evidence.squares:,}", days=days, constant=f"{points.rms_constant_db:.2f}", **sizes)
    )
    for band in points.band:
        print_note(both("cli.calibration_band", low=f"{band.low_mhz:g}", high=f"{band.high_mhz:g}", constant=f"{band.constant_db:+.2f}",
                        squares=f"{band.squares:,}", masts=band.masts))  # fmt: skip
    for one in made.calibration.map:
        constants = ", ".join(f"{band.low_mhz:g}–{band.high_mhz:g} MHz {band.constant_db:+.1f} dB" for band in one.band)
        print_note(both("cli.calibration_map", model=f"{one.model} {one.environment}".strip(), before=f"{one.rms_before_db:.2f}",
                        after=f"{one.rms_db:.2f}", constants=constants))  # fmt: skip
    if points.power_share < 0.5:
        print_note(both("cli.power_not_followed", share=f"{points.power_share:.0%}"))
    if points.pattern_share < 0.5:
        print_note(both("cli.pattern_not_followed", share=f"{points.pattern_share:.0%}"))
    if points.rms_known_masts_db is not None:
        print_note(both("cli.calibration_known", rms=f"{points.rms_known_masts_db:.2f}"))


def attach(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("calibrate", help=both("cli.verb_calibrate"))(calibrate)
