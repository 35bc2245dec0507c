"""The radio part of a study: its services, its pattern files, its sectors; an input that would leave the map empty is an error."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infraplan.coverage.sectors import sectors_of
from infraplan.errors import DataError, Fault, warn
from infraplan.io.patterns import absent_patterns, named_antennas, pattern_paths
from infraplan.messages import both
from infraplan.radio.antennas import Antenna
from infraplan.radio.budgets import Service, services
from infraplan.radio.model_selection import valid_range_m
from infraplan.radio.service_presets import POWER_CLASS
from infraplan.study.config import FILE_NAME
from infraplan.toml_faults import line_of

if TYPE_CHECKING:
    from infraplan.study import Study

P1812_MHZ = (30.0, 6000.0)
SAME_BAND = 0.15
"""A pattern measured further from the carrier than this part of it is reported (ours)."""
DIRECTIONAL_DB = 6.0
"""An antenna whose horizontal cut varies by more has a direction (ours)."""


def study_services(study: Study, names: tuple[str, ...], key: str) -> dict[str, Service]:
    """The services that study.toml names under `key`, with the study's reliability, devices and antennas.

    Raises
    ------
    DataError
        Every name that does not exist, with the nearest; a carrier that the study's model does not cover.
    """
    choice, (presets, _) = study.config.coverage, study.own_presets
    known = presets["service"]
    unknown = [_unknown(study, name, list(known), key) for name in dict.fromkeys(names) if name not in known]
    if unknown:
        raise DataError(unknown)
    made = services(*names, reliability=choice.reliability, power_class=choice.power_class, presets=presets, antennas=study.antennas)
    low, high = P1812_MHZ
    beyond = [service for service in made.values() if choice.model == "p1812" and not low <= service.frequency_mhz <= high]
    if beyond:
        raise DataError([_beyond(service, choice.services_file or FILE_NAME) for service in beyond])
    if choice.power_class != POWER_CLASS and key == "coverage.services":
        usual = services(*names, presets=presets, antennas=study.antennas)
        if all(service.ue_power_dbm == usual[name].ue_power_dbm for name, service in made.items()):
            warn([_plain("power_class", "coverage.power_class", str(choice.power_class), "warning")])
    return made


def antenna_files(study: Study) -> dict[str, Path]:
    """The pattern files that sites and services name, by those names; those of sites are beside the table of sites or study.toml.

    Raises
    ------
    DataError
        A name that ends like a pattern file and is none; one name that means two files.
    """
    _, named = study.own_presets
    try:
        sites = study.sites
    except DataError:  # reported where the sites are read
        return named
    folders = ((study.folder / study.config.files.sites).parent, study.folder)
    found = pattern_paths(named_antennas(sites), folders)
    twice = [name for name in found if name in named and found[name].resolve() != named[name].resolve()]
    faults = absent_patterns(sites, found) + [_plain("two_patterns", "antenna", name) for name in twice]
    if faults:
        raise DataError(faults)
    return {**named, **found}


def study_sectors(study: Study) -> Any:
    """Sectors of the existing sites.

    Raises
    ------
    DataError
        The study has sites, and none of them would be on the map.

    Warns
    -----
    DataWarning
        Sectors that no model covers; patterns of another band; antennas with a direction on sites without one.
    """
    sites, made = study.sites, study.services
    file = str(sites.attrs.get("file", "") or study.config.files.sites)
    later = int(sites.attrs.get("built_after", 0))
    if (len(sites) or later) and not (sites["status"] == "existing").any():
        column, value = ("status", ", ".join(sorted(set(sites["status"].astype(str))))) if len(sites) else ("built", "")
        raise DataError(_plain("none_standing", column, value, file=file, count=max(len(sites) + later, 1)))
    presets, _ = study.own_presets
    sectors = sectors_of(sites, made, known=tuple(presets["service"]))
    warn(_not_computed(study, sectors, file) + _odd_antennas(sectors, made, study.antennas, file))
    return sectors


def _not_computed(study: Study, sectors: Any, file: str) -> list[Fault]:
    """Sectors outside the range of every model without terrain, by service; an error where that is all of them."""
    if study.config.coverage.model == "p1812" or not len(sectors):
        return []
    kinds = sectors.groupby(["service", "environment", "height_m"], sort=True).size()
    lost: dict[str, int] = {}
    for (name, environment, height_m), count in kinds.items():
        service = study.services[name]
        if valid_range_m(service.plan, service.frequency_mhz, float(height_m), environment, service.rx_height_m)[1] <= 0.0:
            lost[name] = lost.get(name, 0) + int(count)
    severity = "error" if sum(lost.values()) == len(sectors) else "warning"
    faults = [
        _plain("no_model", "services", name, severity, file=file, count=count, frequency=f"{study.services[name].frequency_mhz:g}")
        for name, count in lost.items()
    ]
    if severity == "error" and faults:
        raise DataError(faults)
    return faults


def _odd_antennas(sectors: Any, made: Mapping[str, Service], antennas: Mapping[str, Antenna], file: str) -> list[Fault]:
    """Pattern files measured in another band than the carrier, and those with a direction on sites that name none."""
    faults = []
    own = sectors.loc[sectors["antenna"].isin(set(antennas))]
    for (name, service), rows in own.groupby(["antenna", "service"], sort=True):
        antenna, carrier_mhz = antennas[name], made[service].frequency_mhz
        if antenna.frequency_mhz and abs(antenna.frequency_mhz / carrier_mhz - 1.0) > SAME_BAND:
            facts = {"measured": f"{antenna.frequency_mhz:g}", "service": service, "carrier": f"{carrier_mhz:g}"}
            faults.append(_plain("pattern_band", "antenna", name, "warning", file=file, count=len(rows), **facts))
        around = int(rows["azimuth_deg"].isna().sum())
        if around and -min(antenna.horizontal_db, default=0.0) > DIRECTIONAL_DB:
            faults.append(_plain("pattern_direction", "antenna", name, "warning", file=file, count=around))
    return faults


def _unknown(study: Study, name: str, known: list[str], key: str) -> Fault:
    near = ", ".join(difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known))
    message, fix = both("study.no_service"), both("study.no_service_fix", near=near)
    row = line_of((study.folder / FILE_NAME).read_text(encoding="utf-8-sig"), tuple(key.split(".")))
    return Fault(FILE_NAME, message, fix, rule="study-choice", row=row, column=key, value=name)


def _beyond(service: Service, file: str) -> Fault:
    facts = {"service": service.name, "frequency": f"{service.frequency_mhz:g}"}
    message, fix = both("coverage.beyond_p1812", **facts), both("study.beyond_p1812_fix")
    return Fault(Path(file).name, message, fix, rule="service-beyond-model", column="frequency_mhz", value=facts["frequency"])


def _plain(
    rule: str, column: str, value: str, severity: str = "error", *, file: str = FILE_NAME, count: int = 1, **values: object
) -> Fault:
    message, fix = both(f"study.{rule}", count=count, **values), both(f"study.{rule}_fix")
    return Fault(file, message, fix, rule=rule.replace("_", "-"), column=column, value=value, severity=severity, count=count)
