"""The award for fibre in natural villages: counted by itself, never subtracted from the cost of sites."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.geo.zonal import levels_of
from infraplan.outputs import types
from infraplan.policy.counted_rows import village_rows
from infraplan.policy.layers import Layers, answers, zones_of_rows
from infraplan.policy.site_counts import in_period
from infraplan.policy.targets import Target, Targets
from infraplan.tables import arguments
from infraplan.tables.column_types import typed

TYPES = types("fibre")
COLUMNS = tuple(TYPES)


def awarded(targets: Targets) -> list[tuple[Target, float]]:
    """The clauses that award something for each village, and how much, in the currency of their policy."""
    return [(target, target.award) for target in targets if target.award is not None and target.layer == "villages"]


def fibre_award(
    targets: Targets,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    since: date | None = None,
    until: date | None = None,
    column: str = "fibre_built",
) -> pd.DataFrame:
    """The award for the villages that are newly given fibre, zone by zone.

    Parameters
    ----------
    targets : Targets
        The clauses of the policies: `read_policy(...)`. Rows with `award` are laid out.
    zones : GeoDataFrame
        Zones with their codes: `read_zones(...)`.
    villages : GeoDataFrame
        Villages (`read_villages(...)`) with the target's column (fibre yes or no) and `column`.
    since, until : date, optional
        The period whose openings are new; `since` is the day of the document where it is left out, and without that every opening with a
        date is new.
    column : str
        The column with the date on which fibre was opened.

    Returns
    -------
    DataFrame
        The columns target, zone_level, zone, zone_name, villages, with_fibre, not_stated, newly (opened in the period), newly_unknown (with
        fibre, date missing or too coarse), award (newly x award), lacking, award_open (lacking x award), currency. Levels add up; "" is
        outside.

    Raises
    ------
    UsageError
        Tables without the columns of their readers.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> villages = world.villages.assign(fibre=True, fibre_built=["2020-06-30"] * 10 + ["2019-01-01"] * 30)
    >>> from datetime import date
    >>> award = ip.fibre_award(world.targets, zones=world.zones, villages=villages, since=date(2020, 1, 1))
    >>> award.loc[award["zone_level"] == "city", ["villages", "newly", "award"]].values.tolist()
    [[33, 8, 240000]]
    """
    arguments.require(
        "fibre_award",
        targets=(targets, arguments.TARGETS),
        zones=(zones, arguments.ZONES),
        villages=(villages, (arguments.GEOMETRY,)),
    )
    parts = []
    for target, award in awarded(targets):
        layers = Layers(None, zones, villages)  # type: ignore[arg-type]
        rows, _ = village_rows(target, layers)
        says, said = answers(layers, "villages", target.column)
        built = villages[column] if column in villages else pd.Series("", index=villages.index)
        dated = (built.fillna("").astype(str) != "").to_numpy()
        sure, perhaps = in_period(built, since or target.policy.issued, until)
        newly = rows & says & dated & sure
        counts = {
            "villages": rows, "with_fibre": rows & says, "not_stated": rows & ~said, "newly": newly,
            "newly_unknown": rows & says & (~dated | perhaps), "lacking": rows & said & ~says,
        }  # fmt: skip
        for level in levels_of(zones):
            known = zones.loc[zones["level"] == level].drop_duplicates("adcode")
            at = pd.Index(known["adcode"]).get_indexer(zones_of_rows(layers, "villages")[level]) + 1
            sums = {
                name: np.bincount(at, weights=mask.astype(float), minlength=len(known) + 1).astype(np.int64)
                for name, mask in counts.items()
            }
            table = pd.DataFrame(
                {"target": target.id, "zone_level": level, "zone": ["", *known["adcode"]], "zone_name": ["outside", *known["name"]], **sums}
            )
            table["award"] = (table["newly"] * award).round()
            table["award_open"] = (table["lacking"] * award).round()
            table["currency"] = target.policy.currency
            parts.append(table.loc[(table["zone"] != "") | (table["villages"] > 0)])
    return typed(pd.concat(parts, ignore_index=True) if parts else [], TYPES)
