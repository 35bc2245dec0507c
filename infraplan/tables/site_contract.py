"""The contract of sites: one row a site, whatever a row of the table is; sites of technologies that are not planned are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.arrays import Texts
from infraplan.presets import load
from infraplan.tables.combined_columns import all_operators, with_whole_tilt, without_parts
from infraplan.tables.families import with_families
from infraplan.tables.faults import FaultList
from infraplan.tables.frames import finished, points_of, report_repeated, typed_frame
from infraplan.tables.radio_names import azimuth_sets, service_sets
from infraplan.tables.site_defaults import Surroundings, fill_sites, filled_by
from infraplan.tables.site_rows import Unit, one_row_a_site, split_masts
from infraplan.tables.site_types import without_indoor
from infraplan.tables.values import texts
from infraplan.tables.zoning import with_zones

PATTERN_ENDINGS = (".msi", ".pln")


def check_sites(
    frame: gpd.GeoDataFrame,
    faults: FaultList | None = None,
    *,
    zones: gpd.GeoDataFrame | None = None,
    services: str | None = None,
    outside: str = "warning",
    unit: Unit | None = None,
    own_services: Mapping[str, str] | None = None,
    own_operators: Sequence[str] = (),
    surroundings: Surroundings | None = None,
    defaults: Mapping[str, Any] | None = None,
    lte: bool = False,
    without_service: bool = False,
) -> gpd.GeoDataFrame:
    """Sites that keep the contract, one row a site, or one DataError.

    What the table leaves out comes from `presets/site_defaults.toml`; `attrs["filled"]` counts it by column. Sites of technologies the
    library does not plan (2G, 3G, 4G alone) and those whose technology is not stated are left out with a warning. Sites outside the zones
    only warn: a neighbour's sectors count.

    Parameters
    ----------
    services : str, optional
        Services of rows that state none, such as "nr-n28".
    unit : {"site", "sector", "mast"}, optional
        What a row of the table is; by default found from the rows. Sectors of a site are joined, masts are split by network.
    own_services : mapping, optional
        Family of every service beyond the presets that rows may name; the frame then has a column `families`, joined by ";".
    own_operators : sequence of str
        Networks of the study's own operators, such as "Vodacom" or "Airtel+Orange"; those of the presets without them.
    surroundings : callable, optional
        Tells the environment of sites that do not say it, "" where it does not know.
    defaults : mapping, optional
        What fills the gaps, in the form of `presets/site_defaults.toml`, which does without it.
    lte : bool
        Whether 4G is planned too; its sites are set aside otherwise.
    without_service : bool
        Keep sites without a planned service: hosts of a survey, not a network.
    """
    faults = faults or FaultList()
    rows = len(frame)
    frame = without_indoor(frame, faults)
    nameless = texts(frame["id"]) == "" if "id" in frame else np.ones(len(frame), dtype=bool)
    said = {name: frame[name].reset_index(drop=True) for name in ("technology", "band", "cell") if name in frame}
    whole = with_whole_tilt(frame, faults)
    operators = all_operators(whole, faults, own_operators)
    sites = typed_frame(without_parts(whole, "site"), "site", faults, one_row_an_id=False)
    sites = points_of(sites, faults, keep_radius=False).assign(nameless_=nameless)
    sites["operators"] = pd.Series(operators, dtype=str)
    sites["azimuth_deg"] = pd.Series(azimuth_sets(sites["azimuth_deg"], faults), dtype=str)
    cells = texts(said["cell"]) if "cell" in said else None
    if unit == "mast":
        carried = sites.assign(technology_=said.get("technology", ""), band_=said.get("band", ""))
        sites = split_masts(carried, faults, unit, own_operators)
        said = {name: sites[f"{name}_"] for name in ("technology", "band") if name in said}
        sites, cells = sites.drop(columns=["technology_", "band_"]), None
    found, assumed = service_sets(
        sites["services"], sites["operators"].to_numpy(object), faults, tuple(own_services or ()), technology=said.get("technology"),
        band=said.get("band"), lte=lte,
    )  # fmt: skip
    filled = {}
    if services:
        filled = {"services": int((found == "").sum())}
        found = np.where(found == "", services, found)
    sites = sites.assign(services=pd.Series(found, dtype=str), assumed_=assumed)
    if not without_service:
        sites, cells = _set_aside(sites, cells, faults)
    faults.stop()
    aside = rows - len(frame) + len(found) - len(sites)
    sites = one_row_a_site(sites, cells, faults, unit)
    sites = _distinct_ids(sites, faults)
    if unit != "mast":
        split_masts(sites, faults, unit, own_operators)
    assumed, nameless = (sites[name].to_numpy(bool) for name in ("assumed_", "nameless_"))
    sites = with_zones(sites.drop(columns=["assumed_", "nameless_"]), zones, faults, outside=outside)
    sites, more, inferred = fill_sites(sites, assumed, surroundings, defaults)
    filled = {name: count for name, count in ({"id": int(nameless.sum())} | filled | more).items() if count}
    for name, count in filled.items():
        if name == "id" and count < len(sites):
            continue  # one warning a row exists already
        by = inferred if name == "environment" and inferred else filled_by(name, services, defaults)
        faults.add("tables.filled_in", column=name, severity="warning", count=count, blank=count, total=len(sites), by=by)
    filled |= _warn_of_unknown_antennas(sites, filled, faults)
    faults.stop()
    if not (sites["sectors"] != "").any():
        sites = sites.drop(columns="sectors")
    done = finished(sites, "site", faults)
    done.attrs["filled"] = filled
    done.attrs["set_aside"] = aside
    return with_families(done, own_services or {})


def _set_aside(sites: gpd.GeoDataFrame, cells: Texts | None, faults: FaultList) -> tuple[gpd.GeoDataFrame, Texts | None]:
    """The rows with a planned service; an error where there are rows and none has one."""
    silent = (sites["services"] == "").to_numpy(bool)
    faults.at(silent, "tables.no_technology", "technology", sites["name"].to_numpy(object), severity="warning")
    kept = ~silent & (sites["services"] != "other").to_numpy(bool)
    if kept.all():
        return sites, cells
    if not kept.any():
        faults.add("tables.no_site_left", column="technology", count_rows=len(sites))
        faults.stop()
    faults.keep(kept)
    return sites[kept].reset_index(drop=True), None if cells is None else cells[kept]


def _distinct_ids(sites: gpd.GeoDataFrame, faults: FaultList) -> gpd.GeoDataFrame:
    """Ids made distinct where sites that differ in operators, services, status or date share one; a fault where nothing differs."""
    ids = sites["id"].to_numpy(object)
    shared = pd.Series(ids).duplicated(keep=False).to_numpy()
    if not shared.any():
        return sites
    marks = [sites[name].to_numpy(object) for name in ("operators", "services", "status", "built")]
    parts = [mark for mark in marks if pd.DataFrame({"id": ids, "mark": mark})[shared].groupby("id")["mark"].nunique().max() > 1]
    longer = np.array([" ".join(filter(None, (cell, *(mark[row] for mark in parts)))) for row, cell in enumerate(ids)], dtype=object)
    twice = pd.Series(longer).duplicated(keep=False).to_numpy() & shared
    report_repeated(np.where(twice, ids, longer), "id", faults, skip=~twice)
    faults.at(shared & ~twice, "tables.id_extended", "id", ids, severity="warning")
    masts = sites["mast"].where((sites["mast"] != "") | ~shared, sites["id"])
    return sites.assign(id=pd.Series(np.where(shared, longer, ids), dtype=str), mast=masts)


def _warn_of_unknown_antennas(sites: gpd.GeoDataFrame, filled: dict[str, int], faults: FaultList) -> dict[str, int]:
    """Antennas that are neither a preset nor a pattern file keep their name and count as filled, with a warning."""
    names = sites["antenna"].fillna("").astype(str)
    own = (names != "") & ~names.isin(list(load("antennas"))) & ~names.str.lower().str.endswith(PATTERN_ENDINGS)
    if not own.any():
        return {}
    presets = ", ".join(name for name in load("antennas") if name != "source")
    faults.add("tables.maker_antenna", column="antenna", severity="warning", count=int(own.sum()), models=int(names[own].nunique()),
               value=", ".join(names[own].value_counts().index[:5]), known=presets)  # fmt: skip
    return {"antenna": filled.get("antenna", 0) + int(own.sum())}
