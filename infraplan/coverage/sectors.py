"""From a table of sites to a table of sectors: one row an antenna on a carrier."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.errors import DataError, Fault, UsageError, warn
from infraplan.messages import both
from infraplan.presets import load
from infraplan.radio import budgets
from infraplan.radio.budgets import Service
from infraplan.tables import arguments

OMNI = "omni"
TYPES = {
    **dict.fromkeys(("id", "operators", "environment"), "str"),
    **dict.fromkeys(("height_m", "azimuth_deg", "tilt_deg"), "float64"),
    **dict.fromkeys(("antenna", "status", "service", "site_id", "family"), "str"),
    "power_offset_db": "float64",
}


def azimuths(text: str) -> tuple[float, ...]:
    """ "0/120/240" as three numbers; "omni" or empty as one NaN. [deg]"""
    if text.strip().lower() in ("", OMNI, "nan"):
        return (float("nan"),)
    return tuple(float(part) % 360.0 for part in text.split("/"))


def site_of(sector: object) -> str:
    """Id of the site a sector's id belongs to; a site's own id may hold slashes."""
    return str(sector).rsplit("/", 2)[0]


def sectors_of(
    sites: gpd.GeoDataFrame,
    services: Mapping[str, Service] | None = None,
    *,
    include: tuple[str, ...] = ("existing",),
    known: Collection[str] = (),
    part: bool = False,
) -> gpd.GeoDataFrame:
    """Sectors, one row an antenna on a carrier, of every site whose status is in `include`, sorted by id.

    Parameters
    ----------
    sites : GeoDataFrame
        Checked sites (`read_sites`): services joined by ";", azimuths by "/"; a column `sectors` lists the sectors of sites where they
        differ in more.
    services : mapping of Service, optional
        Only sectors of these services are returned; by default each service the sites name.
    include : tuple of str
        Which statuses are on the map.
    known : collection of str
        Further services, beside these and the presets, that sites may name without being on the map.
    part : bool
        Whether the sites are a part of a network, or candidates: they may all carry other services.

    Returns
    -------
    GeoDataFrame
        The columns id, site_id, service, family, operators, environment, height_m, azimuth_deg (NaN: omni), tilt_deg, power_offset_db,
        antenna, status, geometry. A site's antenna that is neither a preset nor one of the services' own is replaced by the service's.

    Raises
    ------
    DataError
        A site names a service that does not exist; or no site carries one of `services`.
    UsageError
        Sites without the columns of `read_sites`; two sectors of one id.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> sectors = ip.sectors_of(world.sites, world.services)
    >>> sectors.loc[:2, ["id", "family", "azimuth_deg"]].values.tolist()
    [['S1/nbiot-800/1', 'nbiot', 0.0], ['S1/nbiot-800/2', 'nbiot', 120.0], ['S1/nbiot-800/3', 'nbiot', 240.0]]
    """
    arguments.require("sectors_of", sites=(sites, arguments.SITES))
    kept = sites.loc[sites["status"].isin(include)]
    rows = kept[
        ["id", "operators", "environment", "height_m", "azimuth_deg", "tilt_deg", "carrier_power_dbm", "antenna", "status", "geometry"]
    ].copy()
    rows["service"] = kept["services"].astype(str).str.split(";")
    listed = kept["sectors"].fillna("").astype(str) if "sectors" in kept else pd.Series("", index=kept.index)
    rows = _with_own_sectors(rows, listed)
    rows = rows.explode("service", ignore_index=True)
    rows["service"] = rows["service"].astype(str).str.strip()
    if services is None:
        named = sorted(set(rows["service"]) - {""})
        services = budgets.services(*named) if named else {}
    if not part:
        _refuse(rows, services, known)
    rows = rows.loc[rows["service"].isin(list(services))].reset_index(drop=True)
    directions = {text: azimuths(text) for text in dict.fromkeys(rows["azimuth_deg"].astype(str))}
    rows["azimuth_deg"] = rows["azimuth_deg"].astype(str).map(directions).astype(object)
    counts = rows["azimuth_deg"].map(len).to_numpy(dtype=int)
    number = np.concatenate([np.zeros(0, int), *(np.arange(1, n + 1) for n in counts)])
    rows = rows.explode("azimuth_deg", ignore_index=True)
    listed_number = rows.groupby(["id", "service"], sort=False).cumcount().to_numpy() + 1
    number = np.where(rows.pop("listed").to_numpy(bool), listed_number, number)
    rows["azimuth_deg"] = rows["azimuth_deg"].astype(float)
    rows["site_id"] = rows["id"]
    rows["id"] = rows["site_id"] + "/" + rows["service"] + "/" + number.astype(str)
    rows["family"] = rows["service"].map({name: service.family for name, service in services.items()})
    power = rows["service"].map({name: service.carrier_power_dbm for name, service in services.items()}).astype(float)
    rows["power_offset_db"] = pd.to_numeric(rows["carrier_power_dbm"]).astype(float).sub(power).fillna(0.0)
    usual = rows["service"].map({name: service.default_antenna for name, service in services.items()})
    own = {name for service in services.values() for name in service.antennas}
    antenna = rows["antenna"].where(rows["antenna"].isin({*load("antennas"), *own}), usual)
    rows["antenna"] = antenna.where(rows["azimuth_deg"].notna() | rows["antenna"].isin(own), OMNI)
    if rows["id"].duplicated().any():
        raise UsageError(both("coverage.duplicate_sector", ids=", ".join(rows.loc[rows["id"].duplicated(), "id"].head(5))))
    return rows.drop(columns="carrier_power_dbm").astype(TYPES).sort_values("id", kind="stable", ignore_index=True)


def sectors_on_map(sites: gpd.GeoDataFrame, services: Mapping[str, Service]) -> gpd.GeoDataFrame:
    """`sectors_of` for a map; warns of a family that no sector carries though sites carry other services of it."""
    sectors = sectors_of(sites, services)
    families = {name: row["family"] for name, row in load("services")["service"].items()}
    named = {part.strip() for text in sites["services"].astype(str) for part in text.split(";")}
    for family in dict.fromkeys(service.family for service in services.values()):
        others = [name for name in sorted(named) if name not in services and families.get(name) == family]
        if others and not (sectors["family"] == family).any():
            wanted = ", ".join(name for name, service in services.items() if service.family == family)
            message = both("coverage.family_nowhere", wanted=wanted, others=", ".join(others))
            fix = both("coverage.family_nowhere_fix", others=", ".join(f'"{name}"' for name in others))
            warn([Fault("sites", message, fix, rule="family_nowhere", severity="warning", column="services", value=wanted)])
    return sectors


def _with_own_sectors(rows: Any, listed: Any) -> Any:
    """Rows with `listed`; of sites that list their sectors, a row a sector: a blank azimuth, height or tilt is its site's."""
    own = (listed != "").to_numpy(bool)
    cells = [(row, cell) for row in np.flatnonzero(own) for cell in json.loads(listed.iloc[row])]
    rows = rows.assign(listed=own)
    if not cells:
        return rows
    made = rows.iloc[[row for row, _ in cells]].reset_index(drop=True)
    for name in ("service", "azimuth_deg", "height_m", "tilt_deg", "carrier_power_dbm", "antenna"):
        stated = pd.Series([cell[name] for _, cell in cells], dtype=object)
        made[name] = stated if name in ("carrier_power_dbm", "antenna") else stated.where(stated.notna() & (stated != ""), made[name])
    made["service"] = made["service"].map(lambda name: [name])
    return pd.concat([rows[~own], made.astype(dict.fromkeys(("height_m", "tilt_deg", "carrier_power_dbm"), float))])


def _refuse(rows: pd.DataFrame, presets: Mapping[str, Service], known: Collection[str]) -> None:
    """An unknown service, or sites that would all be left out, is an error, never an empty map."""
    named = set(rows["service"].astype(str)) - {"", "nan", "other"}
    unknown = sorted(named - set(presets) - set(known) - set(load("services")["service"]))
    listed = ", ".join(presets)
    if unknown:
        message, fix = both("coverage.unknown_service"), both("coverage.unknown_service_fix", known=listed)
        raise DataError(Fault("sites", message, fix, rule="unknown_service", column="services", value=name) for name in unknown)
    if len(rows) and not rows["service"].isin(list(presets)).any():
        message, fix = both("coverage.no_sector", wanted=listed), both("coverage.no_sector_fix")
        raise DataError(Fault("sites", message, fix, rule="no_sector", column="services", value=", ".join(sorted(named))[:80]))
