"""People and land of a study counted on a map: by zone, family and network, and village by village."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import ANY, EVERY, counted_networks
from infraplan.coverage.not_spots import not_spots
from infraplan.coverage.places import SERVED, UNSERVED, served_area
from infraplan.coverage.population import as_status, demand_margin, people_by_zone, point_statuses, with_ranges
from infraplan.coverage.prediction import Coverage
from infraplan.errors import Fault
from infraplan.geo.zonal import membership, share
from infraplan.messages import both
from infraplan.radio.receivers import signal_band_db
from infraplan.study.config import FILE_NAME
from infraplan.tables.families import family_name
from infraplan.units import cut


def with_status(villages: Any, cover: Coverage, measured: Measured | None = None) -> Any:
    """Villages with `<family>_status` of any operator, whether measured (`<family>_measured`), and predicted `<family>_margin_db`.

    Beside them `<family>_not_spot` and `<family>_served_by`, as in `not_spots`.
    """
    columns: dict[str, Any] = {}
    for family in cover.families:
        codes, rests = point_statuses(villages, cover, family, measured=measured)
        columns[f"{family}_status"] = as_status(codes)
        columns[f"{family}_margin_db"] = cut(demand_margin(villages, cover, family)["margin_db"], 1)
        columns[f"{family}_measured"] = rests
        spots = not_spots(villages, cover, family, measured=measured)
        columns |= {f"{family}_{name}": spots[name] for name in spots}
    return villages.assign(**columns)


def count_people(villages: Any, cover: Coverage, zones: Any, measured: Measured | None = None) -> pd.DataFrame:
    """People by zone, family and network, with the receiver, the shares when every signal is weaker or stronger, and the other receiver.

    On the rows of any operator, `partial_not_spot` and `total_not_spot`: people whom some networks serve and others do not, and whom none
    serves.
    """
    networks, band_db = counted_networks(cover.networks), signal_band_db()
    parts = [with_ranges(villages, cover, zones, network, band_db=band_db, measured=measured) for network in networks]
    table = pd.concat(parts, ignore_index=True)
    partial = _partial_not_spots(villages, cover, zones, measured) if EVERY in networks else None
    anyone = table["network"] == ANY
    table["total_not_spot"] = table["unserved"].astype("Int64").where(anyone)
    table["partial_not_spot"] = pd.Series(pd.NA, index=table.index, dtype="Int64")
    if partial is not None and anyone.any():
        keys = ["level", "adcode", "family"]
        found = table.loc[anyone, keys].merge(partial[[*keys, "served"]], on=keys, how="left", validate="one_to_one")
        table.loc[anyone, "partial_not_spot"] = found["served"].astype("Int64").to_numpy()
    return table


def _partial_not_spots(villages: Any, cover: Coverage, zones: Any, measured: Measured | None) -> pd.DataFrame:
    """Rows of `population_coverage` whose `served` are the people of partial not-spots."""
    kinds = {family: not_spots(villages, cover, family, measured=measured)["not_spot"] == "partial" for family in cover.families}
    marked = {family: as_status(np.where(own, SERVED, UNSERVED).astype(np.int8)) for family, own in kinds.items()}
    people = villages["population"].to_numpy(dtype=np.int64)
    return people_by_zone(villages, people, pd.DataFrame(marked, index=villages.index), zones, ANY, membership(villages, zones))


def count_area(cover: Coverage, zones: Any) -> pd.DataFrame:
    """Land by zone, family and network, for a study without people.

    level, adcode, name, parent, family, network, area_km2, served_km2, share, and beside it receiver, share_weaker, share_stronger,
    other_receiver, other_share as in `with_ranges`.
    """
    parts, band_db, fractions = [], signal_band_db(), share(zones, cover.grid)
    names = zones[["level", "adcode", "name", "parent"]].reset_index(drop=True)
    for family in cover.families:
        for network in cover.networks:
            other = cover.other_receiver(family) if network == ANY else ""
            variants = {"": (0.0, ""), "_weaker": (band_db, ""), "_stronger": (-band_db, ""), "other": (0.0, other)}
            found = {name: served_area(zones, cover, family, network, *how[:1], fractions, how[1]) for name, how in variants.items()}
            area_km2, served_km2 = found[""]
            land_km2 = np.where(area_km2 > 0, area_km2, np.nan)
            table = names.assign(family=family, network=network, area_km2=area_km2, served_km2=served_km2, share=served_km2 / land_km2)
            table = table.assign(receiver=cover.receiver(family), other_receiver=other)
            for name in ("_weaker", "_stronger"):
                table[f"share{name}"] = found[name][1] / land_km2
            table["other_share"] = found["other"][1] / land_km2 if other else np.nan
            parts.append(table)
    return pd.DataFrame(pd.concat(parts, ignore_index=True))


def cap_warnings(cover: Coverage) -> list[Fault]:
    """A warning for each family whose sites still served where the cap ended their computation."""
    faults = []
    for family, count in cover.capped_by_family.items():
        radius_km = min(cover.caps_km.get(family, cover.max_radius_km), cover.max_radius_km)
        name = f"caps_km.{family}" if radius_km < cover.max_radius_km else "max_radius_km"
        if count:
            message = both("study.capped", family=family_name(family), count=f"{count:,}", radius=f"{radius_km:g}")
            fix = both("study.capped_fix", name=name)
            faults.append(Fault(FILE_NAME, message, fix, rule="capped", severity="warning", column=f"coverage.{name}"))
    return faults
