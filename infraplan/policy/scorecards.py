"""Scorecards: one row a target, part, network and zone; the parts add up to the whole."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Floats
from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import ANY
from infraplan.coverage.prediction import Coverage
from infraplan.outputs import types
from infraplan.policy.counted_units import Units
from infraplan.policy.evidence import evidence_texts
from infraplan.policy.layers import Layers
from infraplan.policy.measures import units_of
from infraplan.policy.schema import RADIO, SHARES
from infraplan.policy.targets import Target, Targets
from infraplan.policy.zone_sums import Table, ZoneList, joined, nothing_here, tallied, zone_lists
from infraplan.tables import arguments
from infraplan.tables.column_types import typed

NOTHING = {
    "unreported": "no_data", "unsaid": "no_data", "other_kind": "not_applicable", "out_of_scope": "not_applicable",
    "other_level": "not_applicable", "none_here": "none_here",
}  # fmt: skip
"""Status of a zone without a unit, by `nothing_here`."""
TYPES = types("scorecard")
COLUMNS = tuple(TYPES)
STATUSES = (
    "met", "not_met", "uncertain", "on_the_way", "reached", "no_data", "none_here", "not_measured", "not_applicable", "layer_incomplete",
    "example",
)  # fmt: skip


def scorecard(
    targets: Targets,
    cover: Coverage,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    corridors: gpd.GeoDataFrame | None = None,
    registers: Mapping[str, pd.DataFrame] | None = None,
    measured: pd.DataFrame | Measured | None = None,
    as_of: datetime.date | None = None,
    synthetic: bool | None = None,
    status: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Which targets are met: one row a target, part, network and zone.

    Parameters
    ----------
    targets : Targets
        The clauses of the policies: `read_policy(...)`.
    cover : Coverage
        The map: `predict_coverage(...)`. It has layers of the families the targets ask for; a family it lacks is no data.
    zones, villages, places, sites, corridors : GeoDataFrame
        Checked tables (`read_zones`, `read_villages` ...); what is absent makes its targets no data.
    registers : mapping of DataFrame, optional
        Tables without coordinates by name, with `county`, `city` or `adcode` beside their own columns.
    measured : DataFrame or Measured, optional
        Measurements (`infraplan.policy.inspection.measurements`), or `Measured` with the operators of more sites than these: override
        prediction for their operator and band at their place.
    as_of : date, optional
        The day the documents are judged on; today when left out.
    synthetic : bool, optional
        True: everything is an example. Otherwise rows are examples whose tables say so.
    status : DataFrame, optional
        `service_status(villages, cover)` of any operator, when it is known already.

    Returns
    -------
    DataFrame
        The columns of targets.csv: fractions 0..1 for shares; unit people, places, km, km2, sites or rows; status one of `STATUSES`.
        Numerator, denominator, uncertain, unknown (cannot be judged) and measured (rests on measurement) of a level's zones, with its row
        `outside`, add up to the level above; shortfalls need not. `required` is blank where a zone is not asked. What is uncertain makes an
        interval: `achieved` and `shortfall_most` count it as not served, `achieved_most` and `shortfall` as served.

    Raises
    ------
    UsageError
        Tables without the columns of their readers; a map or targets of another kind.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> card = ip.scorecard(world.targets.only("nr-pop90"), world.cover, zones=world.zones, villages=world.villages)
    >>> card.loc[(card["network"] == "any") & ~card["beside"], ["zone_level", "required", "achieved", "status"]].head(
    ...     2
    ... ).values.tolist()
    [['province', 0.9, 0.10797776687918914, 'example'], ['city', nan, 0.10797776687918914, 'example']]
    """
    layers = judged_layers(
        targets, cover, zones=zones, villages=villages, places=places, sites=sites, corridors=corridors, registers=registers,
        measured=measured, synthetic=synthetic, status=status,
    )  # fmt: skip
    return typed(joined([table for _, tables in scorecard_by_target(targets, layers, as_of) for table in tables]), TYPES)


def judged_layers(
    targets: Targets,
    cover: Coverage,
    *,
    zones: gpd.GeoDataFrame,
    villages: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    corridors: gpd.GeoDataFrame | None = None,
    registers: Mapping[str, pd.DataFrame] | None = None,
    measured: pd.DataFrame | Measured | None = None,
    synthetic: bool | None = None,
    status: pd.DataFrame | None = None,
) -> Layers:
    """The data of `scorecard` as its targets read it."""
    arguments.require(
        "scorecard", targets=(targets, arguments.TARGETS), cover=(cover, arguments.COVER),
        zones=(zones, (*arguments.ZONES_WITH_PARENT, arguments.GEOMETRY)),
        **arguments.given(villages=(villages, arguments.PEOPLE), places=(places, arguments.PLACES), sites=(sites, arguments.NETWORK),
                          corridors=(corridors, arguments.CORRIDORS)),
    )  # fmt: skip
    network_synthetic = bool(synthetic) or (
        sites is not None and "synthetic" in sites and bool(sites["synthetic"].fillna(False).astype(bool).any())
    )
    return Layers(
        cover, zones, villages, places, sites, corridors, dict(registers or {}), status, Measured.of(measured, sites), bool(synthetic),
        network_synthetic, targets.priority_areas,
    )  # fmt: skip


def scorecard_by_target(
    targets: Iterable[Target], layers: Layers, as_of: datetime.date | None, networks: Collection[str] | None = None
) -> Iterator[tuple[Target, list[Table]]]:
    """The columns of `scorecard`, a target after the other: each with a table a network, of `networks` alone where they are given.

    A target that does not count by network has one table in any case.
    """
    day, lists = as_of or datetime.date.today(), layers.keep("zone lists", lambda: zone_lists(layers.zones))
    for target in targets:
        own = [name for name in _networks(target, layers.cover) if networks is None or name in networks or not target.by_network]
        yield target, [_rows(target, network, layers, lists, day) for network in own]


def with_geometry(card: pd.DataFrame, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A scorecard with the outline of each row's zone, to be drawn or written as a layer.

    Parameters
    ----------
    card : DataFrame
        `scorecard(...)`, or some of its rows.
    zones : GeoDataFrame
        Zones with their level, adcode and outlines: `read_zones(...)`.

    Returns
    -------
    GeoDataFrame
        The rows of `card` in their order, in the CRS of `zones`; no outline where a row counts what lies outside every zone.

    Raises
    ------
    UsageError
        Tables without the columns of `scorecard` and `read_zones`.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> card = ip.scorecard(world.targets.only("nr-pop90"), world.cover, zones=world.zones, villages=world.villages)
    >>> ip.with_geometry(card, world.zones).geometry.geom_type.dropna().unique().tolist()
    ['Polygon']
    """
    arguments.require("with_geometry", card=(card, ("zone_level", "zone")), zones=(zones, arguments.OUTLINES))
    outlines = zones.drop_duplicates(["level", "adcode"]).set_index(["level", "adcode"]).geometry
    keys = pd.MultiIndex.from_arrays([card["zone_level"], card["zone"]])
    return gpd.GeoDataFrame(card, geometry=outlines.reindex(keys).to_numpy(), crs=zones.crs)


def absent_layers(card: pd.DataFrame) -> dict[str, list[str]]:
    """What the data lacks: layer or class of places -> ids of the targets that need it.

    Parameters
    ----------
    card : DataFrame
        `scorecard(...)`.

    Returns
    -------
    dict of list of str
        Empty where nothing is lacking.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> card = ip.scorecard(world.targets.only("nr-parks"), world.cover, zones=world.zones, villages=world.villages)
    >>> ip.absent_layers(card)
    {'enterprise': ['nr-parks'], 'park': ['nr-parks']}
    """
    arguments.require("absent_layers", card=(card, ("absent", "measure", "id")))
    rows = card.loc[(card["absent"] != "") & (card["measure"] != "none"), ["absent", "id"]].drop_duplicates()
    return {str(layer): sorted(group["id"]) for layer, group in rows.groupby("absent", sort=True)}


def _networks(target: Target, cover: Coverage) -> tuple[str, ...]:
    if not target.by_network:
        return (ANY,)
    return cover.networks


def _rows(target: Target, network: str, layers: Layers, lists: tuple[ZoneList, ...], day: datetime.date) -> Table:
    """The columns of one target part on one network."""
    units = units_of(target, network, layers)
    own = [one.only(target.cities, target.counties) for one in lists]
    table = tallied(units, own)
    nothing = nothing_here(units, table, target.provincial or any(len(one.codes) for one in own if one.level != "province"))
    asked_here = (table["zone"] != "") & ((table["zone_level"] == "province") | (target.asked_of == "zones"))
    judged = network == ANY or not target.by_network
    threshold = np.nan if target.required is None or not judged else target.required
    required = np.where(asked_here, threshold, np.nan).astype(float)
    numerator, denominator = table["numerator"], table["denominator"]
    if target.shape in SHARES:
        with np.errstate(invalid="ignore", divide="ignore"):
            achieved = np.where(denominator > 0, numerator / denominator, np.nan)
            most = np.where(denominator > 0, (numerator + table["uncertain"]) / denominator, np.nan)
        needed = _needed(required, denominator, whole_units=units.unit not in ("km", "km2"))
    else:
        achieved, most, needed = numerator, numerator + table["uncertain"], required
    table["required"], table["achieved"], table["achieved_most"] = required, achieved, most
    for name, counted in (("shortfall", numerator + table["uncertain"]), ("shortfall_most", numerator)):
        table[name] = np.where(np.isnan(needed) | np.isnan(achieved), np.nan, np.maximum(needed - np.nan_to_num(counted), 0.0))
    table["status"] = _status(target, units, table, needed, nothing)
    table["evidence"] = np.array(evidence_texts(target, network, units, table, layers, nothing), dtype=object)
    judged_at = target.shape in RADIO and target.family in layers.cover.families
    absent = "" if len(nothing) and (nothing == "out_of_scope").all() else units.absent
    constant: dict[str, Any] = {
        "receiver": (target.receiver or layers.cover.receiver(target.family)) if judged_at else "",
        "id": target.id, "part": target.part, "family": target.family, "network": network if target.by_network or target.family else "",
        "measure": target.measure, "unit": units.unit, "force": target.force, "due": target.due.isoformat() if target.due else "",
        "quotation": target.quotation, "document": target.document, "departments": target.departments, "task": target.task,
        "task_en": target.task_en, "measure_number": target.measure_number, "absent": absent,
    }  # fmt: skip
    flags = {
        "expired": target.policy.expired(day) and target.document != "-", "interpretation": target.interpretation, "beside": target.beside,
    }  # fmt: skip
    count = len(numerator)
    table |= {name: np.full(count, value, dtype=object) for name, value in constant.items()}
    return table | {name: np.full(count, value, dtype=bool) for name, value in flags.items()}


def _needed(required: Floats, denominator: Floats, whole_units: bool) -> Floats:
    """Units a share asks for: whole people, places and rows are rounded up, without rounding errors of binary fractions."""
    exact = required * denominator
    if not whole_units:
        return exact
    near = np.round(exact)
    return np.where(np.isnan(exact), np.nan, np.where(np.abs(exact - near) < 1e-6, near, np.ceil(exact)))


def _status(target: Target, units: Units, table: Table, needed: Floats, nothing: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Status of every row: not measured and no data before not applicable before an incomplete layer before an example before a verdict.

    A layer is incomplete when what cannot be judged could still turn the answer, or when it holds fewer places than are asked. A verdict is
    uncertain when the places that flip within their position error decide it. A clause does not apply outside its scope, nor to a zone
    whose things of that class are all of a kind that it does not mean; a zone without any such thing in the data has none here, or no data
    where it had to report. A verb that does not bind has the status on the way, reached or not.
    """
    numerator, denominator, unknown = (table[name] for name in ("numerator", "denominator", "unknown"))
    perhaps = numerator + table["uncertain"]
    with np.errstate(invalid="ignore"):
        slack = 1e-9 * np.abs(needed)
        reached, reachable = numerator >= needed - slack, perhaps >= needed - slack
        open_end = (perhaps + unknown >= needed - slack) & (unknown > 0)
        if target.shape == "place_count":
            open_end = open_end | (denominator < needed)
    has_threshold = ~np.isnan(needed) & (not target.beside)
    verdict = np.where(reached, "met", np.where(reachable, "uncertain", "not_met"))
    status = np.where(has_threshold & target.binding, verdict, np.where(has_threshold & reached, "reached", "on_the_way")).astype(object)
    status = np.where(units.synthetic, "example", status)
    status = np.where(has_threshold & ~reached & open_end & (target.measure != "reported"), "layer_incomplete", status)
    if target.measure == "none":
        return np.full(len(status), "not_measured", dtype=object)
    status = np.where(bool(units.absent), "no_data", status)
    uncounted = np.array([NOTHING.get(key, "") for key in nothing], dtype=object)
    counted = (nothing != "out_of_scope") & (bool(units.absent) | (target.shape == "site_count"))
    return np.where((uncounted == "") | counted, status, uncounted).astype(object)
