"""What is met: one row a target, part, network and zone, whose parts add up to the whole."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.networks import ANY
from infraplan.coverage.prediction import Coverage
from infraplan.geo.zonal import levels_of
from infraplan.policy.evidence import evidence_texts
from infraplan.policy.layers import Layers
from infraplan.policy.measures import Units, units_of
from infraplan.policy.schema import SHARES
from infraplan.policy.targets import Target, Targets

COLUMNS = (
    "id",
    "part",
    "zone_level",
    "zone",
    "zone_name",
    "family",
    "network",
    "measure",
    "required",
    "achieved",
    "numerator",
    "denominator",
    "uncertain",
    "unknown",
    "unit",
    "shortfall",
    "status",
    "force",
    "due",
    "expired",
    "interpretation",
    "quotation",
    "document",
    "departments",
    "evidence",
    "measured",
    "task",
    "task_en",
    "measure_number",
    "beside",
)
STATUSES = ("met", "not_met", "on_the_way", "no_data", "layer_incomplete", "example")
OUTSIDE = "outside"
Floats = npt.NDArray[np.float64]


def scorecard(
    targets: Targets,
    cover: Coverage,
    *,
    zones: Any,
    villages: Any,
    places: Any = None,
    sites: Any = None,
    corridors: Any = None,
    registers: Mapping[str, pd.DataFrame] | None = None,
    measured: Any = None,
    as_of: datetime.date | None = None,
    synthetic: bool | None = None,
    status: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every target against the coverage, zone by zone.

    Parameters
    ----------
    targets : Targets
        `read_policy(...)`.
    cover : Coverage
        Layers of the families the targets ask for; a family it lacks is no data.
    zones, villages, places, sites, corridors : GeoDataFrame
        Checked tables; what is absent makes its targets no data.
    registers : mapping of DataFrame, optional
        Tables without coordinates by name, with `county`, `city` or `adcode` beside their own columns.
    measured : DataFrame, optional
        `inspection.measurements(...)`: overrides prediction for its operator and band at its place.
    as_of : date, optional
        The day the documents are judged on; today when left out.
    synthetic : bool, optional
        True: everything is an example. Otherwise rows are examples whose tables say so.
    status : DataFrame, optional
        `service_status(villages, cover)` of any operator, when it is known already.

    Returns
    -------
    DataFrame
        `COLUMNS`: fractions 0..1 for shares; unit people, places, km, km2, sites or rows; status one of `STATUSES`. Numerator, denominator,
        uncertain, unknown (cannot be judged) and measured (rests on measurement) of a level's zones, with its row `outside`, add up to the
        level above; shortfalls need not. `required` is blank where a zone is not asked.
    """
    day = as_of or datetime.date.today()
    network_synthetic = bool(synthetic) or (
        sites is not None and "synthetic" in sites and bool(sites["synthetic"].fillna(False).astype(bool).any())
    )
    layers = Layers(
        cover, zones, villages, places, sites, corridors, dict(registers or {}), status, measured, bool(synthetic), network_synthetic
    )
    order = _zone_order(zones)
    parts = [_rows(target, network, layers, order, day) for target in targets for network in _networks(target, cover)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _networks(target: Target, cover: Coverage) -> tuple[str, ...]:
    if not target.by_network:
        return (ANY,)
    return cover.networks


def _zone_order(zones: Any) -> pd.DataFrame:
    """Zones from the province down, in their own order, each with the city it belongs to."""
    parts = []
    for level in levels_of(zones):
        rows = zones.loc[zones["level"] == level, ["level", "adcode", "name", "parent"]].drop_duplicates("adcode")
        city = rows["adcode"] if level == "city" else rows["parent"] if level == "county" else pd.Series("", index=rows.index)
        parts.append(pd.DataFrame({"zone_level": rows["level"], "zone": rows["adcode"], "zone_name": rows["name"], "city": city}))
    return pd.concat(parts, ignore_index=True)


def _rows(target: Target, network: str, layers: Layers, order: pd.DataFrame, day: datetime.date) -> pd.DataFrame:
    units = units_of(target, network, layers)
    asked = order if target.provincial else order.loc[(order["zone_level"] == "province") | order["city"].isin(target.cities)]
    table = _tallied(units, asked)
    asked_here = (table["zone"] != "") & ((table["zone_level"] == "province") | (target.asked_of == "zones"))
    judged = network == ANY or not target.by_network
    threshold = np.nan if target.required is None or not judged else target.required
    required = np.where(asked_here, threshold, np.nan).astype(float)
    numerator, denominator = table["numerator"].to_numpy(), table["denominator"].to_numpy()
    if target.shape in SHARES:
        with np.errstate(invalid="ignore", divide="ignore"):
            achieved = np.where(denominator > 0, numerator / denominator, np.nan)
        needed = _needed(required, denominator, whole_units=units.unit not in ("km", "km2"))
    else:
        achieved, needed = numerator, required
    table["required"], table["achieved"] = required, achieved
    table["shortfall"] = np.where(np.isnan(needed) | np.isnan(achieved), np.nan, np.maximum(needed - np.nan_to_num(numerator), 0.0))
    table["status"] = _status(target, units, table, needed)
    table["evidence"] = evidence_texts(target, network, units, table, layers)
    constant: dict[str, Any] = {
        "id": target.id,
        "part": target.part,
        "family": target.family,
        "network": network if target.by_network or target.family else "",
        "measure": target.measure,
        "unit": units.unit,
        "force": target.force,
        "due": target.due.isoformat() if target.due else "",
        "expired": target.policy.expired(day) and target.document != "-",
        "interpretation": target.interpretation,
        "quotation": target.quotation,
        "document": target.document,
        "departments": target.departments,
        "task": target.task,
        "task_en": target.task_en,
        "measure_number": target.measure_number,
        "beside": target.beside,
    }
    return table.assign(**constant)[list(COLUMNS)]


def _tallied(units: Units, asked: pd.DataFrame) -> pd.DataFrame:
    """Sums of the units by zone, and a row for what lies outside every zone of a level where there is any."""
    names = ("numerator", "denominator", "uncertain", "unknown", "measured")
    weights = (
        units.served,
        units.total,
        units.uncertain,
        units.unknown,
        np.zeros(len(units.total)) if units.measured is None else units.measured,
    )
    parts = []
    for level, zones in asked.groupby("zone_level", sort=False):
        table = zones[["zone_level", "zone", "zone_name"]].copy()
        if units.absent:
            table[list(names)] = np.nan
            parts.append(table)
            continue
        codes = _positions(units.zone[level], table["zone"]) if level in units.zone else np.full(len(units.total), -1)
        sums = [np.bincount(codes + 1, weights=weight, minlength=len(table) + 1) for weight in weights]
        for name, values in zip(names, sums, strict=True):
            table[name] = values[1:]
        if sums[1][0] > 0:
            outside = pd.DataFrame(
                [
                    {
                        "zone_level": level,
                        "zone": "",
                        "zone_name": OUTSIDE,
                        **{name: values[0] for name, values in zip(names, sums, strict=True)},
                    }
                ]
            )
            table = pd.concat([table, outside])
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _positions(codes: pd.Series[Any], zones: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Row of each unit's zone in the list of zones, -1 outside; looked up once per distinct code."""
    grouped = pd.Categorical(codes)
    return np.asarray(pd.Index(zones).get_indexer(pd.Index(grouped.categories))[grouped.codes], dtype=np.int64)


def _needed(required: Floats, denominator: Floats, whole_units: bool) -> Floats:
    """Units a share asks for: whole people, places and rows are rounded up, without the dust of binary fractions."""
    exact = required * denominator
    if not whole_units:
        return exact
    near = np.round(exact)
    return np.where(np.isnan(exact), np.nan, np.where(np.abs(exact - near) < 1e-6, near, np.ceil(exact)))


def _status(target: Target, units: Units, table: pd.DataFrame, needed: Floats) -> npt.NDArray[np.object_]:
    """Status of every row: no data before an incomplete layer before an example before a verdict.

    A layer is incomplete when what cannot be judged could still turn the answer, or when it holds fewer places than are asked.
    """
    numerator, denominator, unknown = (table[name].to_numpy() for name in ("numerator", "denominator", "unknown"))
    with np.errstate(invalid="ignore"):
        slack = 1e-9 * np.abs(needed)
        reached = numerator >= needed - slack
        open_end = numerator + unknown >= needed - slack
        if target.shape == "place_count":
            open_end = open_end | (denominator < needed)
    asked = ~np.isnan(needed) & (not target.beside)
    status = np.where(asked & target.binding, np.where(reached, "met", "not_met"), "on_the_way").astype(object)
    status = np.where(units.synthetic, "example", status)
    status = np.where(asked & ~reached & open_end & (target.measure != "reported"), "layer_incomplete", status)
    empty = (denominator == 0) & (target.shape != "site_count")
    return np.where(empty | bool(units.absent), "no_data", status).astype(object)
