"""People and villages on the map: margins at points with a position error, status, and shares whose people add up exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools
from infraplan.coverage.disc_positions import DiscPositions, disc_positions
from infraplan.coverage.measurements import SERVED, Measured, inside, with_measured
from infraplan.coverage.networks import ANY, EVERY, single_networks
from infraplan.coverage.prediction import Coverage
from infraplan.geo.zonal import membership
from infraplan.tables import arguments
from infraplan.tables.zone_parents import levels_present

STATUSES = ("served", "uncertain", "unserved")
OUTSIDE = "outside"
"""Level of the row that counts people in no zone."""


def demand_margin(demand: Any, cover: Coverage, family: str, network: str = ANY, receiver: str = "") -> pd.DataFrame:
    """Margin at every point, and the worst and best of the positions at which it may lie (`disc_positions`). [dB]

    Margins are computed at the positions, whatever the pixels of the map. `receiver` asks for a device elsewhere than the family is judged,
    where that was mapped (`Coverage.at`). Of a disc that reaches unknown ground the rest counts.

    Returns
    -------
    DataFrame
        Index of `demand`; margin_db (NaN: no sector computed there), worst_db, best_db (-inf where nothing was computed); all NaN without a
        place, or off the grid.
    """
    positions, counts = positions_on(demand, cover)
    margin_db = cover.at_positions(positions.x_m, positions.y_m, family, network, receiver).margin_db.astype(float)
    placed, starts = positions.placed, positions.own
    table = np.full((3, len(demand)), np.nan)
    if len(starts):
        worst = np.where(counts, np.nan_to_num(margin_db, nan=-np.inf), np.inf)
        best = np.where(counts, worst, -np.inf)
        table[:, placed] = margin_db[starts], np.minimum.reduceat(worst, starts), np.maximum.reduceat(best, starts)
    return pd.DataFrame(dict(zip(("margin_db", "worst_db", "best_db"), table, strict=True)), index=demand.index)


def positions_on(demand: Any, cover: Coverage) -> tuple[DiscPositions, Bools]:
    """The positions at which points may lie, none for points off the grid, and which of them count: a point itself always does, others
    where a margin can be computed."""
    stated = demand["position_error_m"].to_numpy(dtype=float) if "position_error_m" in demand else np.zeros(len(demand))
    error_m = np.nan_to_num(stated)

    def make() -> tuple[DiscPositions, Bools]:
        x_m, y_m = cover.grid.place(demand)
        on_map = cover.grid.pixel_of(x_m, y_m)[0] >= 0
        positions = disc_positions(np.where(on_map, x_m, np.nan), y_m, error_m)
        counts = cover.computable(positions.x_m, positions.y_m)
        counts[positions.own] = True
        return positions, counts

    return make() if cover.positions is None else cover.positions.known.positions_of_table(demand, error_m, cover.grid, make)


def status_of(margins: pd.DataFrame, required_db: float = 0.0) -> npt.NDArray[np.int8]:
    """Position in `STATUSES`: served when all positions at which a point may lie are, unserved when none is, else uncertain."""
    worst, best = margins["worst_db"].to_numpy(), margins["best_db"].to_numpy()
    with np.errstate(invalid="ignore"):
        return np.where(worst >= required_db, 0, np.where(best >= required_db, 1, 2)).astype(np.int8)


def as_status(codes: npt.NDArray[np.int8]) -> Any:
    """Codes of `status_of` as a categorical of words."""
    return pd.Categorical.from_codes(codes, categories=pd.Index(STATUSES))


def point_statuses(
    points: Any,
    cover: Coverage,
    family: str,
    network: str = ANY,
    required_db: float = 0.0,
    *,
    measured: Measured | None = None,
    weaker_db: float = 0.0,
    receiver: str = "",
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.bool_]]:
    """Position in `STATUSES` of every point, measured where there is a measurement, else predicted; and which are measured.

    Parameters
    ----------
    points : GeoDataFrame
        id, geometry and, where known, position_error_m.
    required_db : float
        Margin from which a point counts as served, for prediction and for measurement alike. [dB]
    measured : Measured, optional
        By default every status is predicted.
    weaker_db : float
        Subtracted from every predicted signal; measured ones stay. [dB]
    receiver : str
        Where the device is, if not where the family is judged (`Coverage.at`).

    "every" asks for all shared networks of the map at once. Where one of them is measured, the worst status of the networks counts.
    """
    if network == EVERY and measured is not None:
        each = [
            point_statuses(points, cover, family, one, required_db, measured=measured, weaker_db=weaker_db, receiver=receiver)
            for one in single_networks(cover.networks)
        ]
        rests = np.logical_or.reduce([known for _, known in each])
        predicted = status_of(demand_margin(points, cover, family, EVERY, receiver), required_db + weaker_db)
        return np.where(rests, np.maximum.reduce([codes for codes, _ in each]), predicted).astype(np.int8), rests
    codes = status_of(demand_margin(points, cover, family, network, receiver), required_db + weaker_db)
    walls = inside(cover, family) if receiver == "" else receiver != "outdoor"
    return with_measured(codes, points, cover, family, network, measured, indoors=walls, offset_db=required_db)


def contradicted(
    points: Any, cover: Coverage, family: str, required_db: float, measured: Measured | None, network: str = ANY
) -> npt.NDArray[np.bool_]:
    """Points that prediction serves and a measurement does not: the map of the existing network is wrong there."""
    if measured is None:
        return np.zeros(len(points), dtype=bool)
    predicted = status_of(demand_margin(points, cover, family, network), required_db)
    return np.asarray((predicted == SERVED) & (point_statuses(points, cover, family, network, required_db, measured=measured)[0] != SERVED))


def service_status(
    demand: gpd.GeoDataFrame,
    cover: Coverage,
    families: Iterable[str] | None = None,
    network: str = ANY,
    *,
    measured: Measured | None = None,
    weaker_db: float = 0.0,
    receivers: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The status of every point: one categorical column a family.

    Parameters
    ----------
    demand : GeoDataFrame
        Points, such as villages; with `position_error_m` [m] a point is judged at several positions of its disc, whatever the pixels.
    cover : Coverage
        The map: `predict_coverage(...)`.
    families : iterable of str, optional
        Families to judge; by default those of the map.
    network : str
        "any", "every" or one network of the map.
    measured : Measured, optional
        Measurements, which override prediction at their places.
    weaker_db : float
        Subtracted from every predicted signal. [dB]
    receivers : mapping of str, optional
        Receiver by family, where another than its own is wanted.

    Returns
    -------
    DataFrame
        Index of `demand`; of each family "served", "unserved", or "uncertain" where the answer changes within the position error.

    Raises
    ------
    UsageError
        A table without geometry; a family or network that is not on the map.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> ip.service_status(world.villages, world.cover)["nr"].value_counts().to_dict()
    {'unserved': 35, 'served': 3, 'uncertain': 2}
    """
    arguments.require("service_status", demand=(demand, (arguments.GEOMETRY,)), cover=(cover, arguments.COVER))
    there = receivers or {}
    columns = {
        family: as_status(
            point_statuses(demand, cover, family, network, measured=measured, weaker_db=weaker_db, receiver=there.get(family, ""))[0]
        )
        for family in (cover.families if families is None else families)
    }
    return pd.DataFrame(columns, index=demand.index)


def zone_of(demand: Any, zones: Any, level: str, counted: pd.DataFrame | None = None) -> npt.NDArray[np.object_]:
    """Adcode of the zone of `level` that each point is counted in, "" for none: `membership`, or the township that the point states.

    `counted` is `membership(demand, zones)`, when it is known already.
    """
    if level != "township":
        table = membership(demand, zones) if counted is None else counted
        return table[level].to_numpy(dtype=object) if level in table else np.full(len(demand), "", dtype=object)
    codes = zones.loc[zones["level"] == level, "adcode"]
    stated = demand[level].astype(str) if level in demand else pd.Series("", index=demand.index)
    return np.where(stated.isin(codes), stated, "").astype(object)


def tally(people: npt.NDArray[np.int64], code: npt.NDArray[np.int64], row: npt.NDArray[np.int64], zones: int) -> npt.NDArray[np.int64]:
    """People by zone and status, in whole people. `row` is the zone of each point, `code` its status, below 0 where it has none."""
    counts = np.zeros((zones, len(STATUSES)), np.int64)
    judged = code >= 0
    np.add.at(counts, (row[judged], code[judged]), people[judged])
    return counts


def population_coverage(
    demand: gpd.GeoDataFrame,
    cover: Coverage,
    zones: gpd.GeoDataFrame,
    families: Iterable[str] | None = None,
    network: str = ANY,
    *,
    measured: Measured | None = None,
    weaker_db: float = 0.0,
    receivers: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """People served, uncertain and unserved, by zone and family.

    The rows of a level add up to the whole: people outside every zone of that level are a row of their own, with an empty adcode.

    Parameters
    ----------
    demand : GeoDataFrame
        Points with `population`: `read_villages(...)`, `read_population_raster(...)`.
    cover : Coverage
        The map: `predict_coverage(...)`.
    zones : GeoDataFrame
        Zones of one or several levels: `read_zones(...)`.
    families : iterable of str, optional
        Families to judge; by default those of the map.
    network : str
        "any", "every" or one network of the map.
    measured : Measured, optional
        Measurements, which override prediction at their places.
    weaker_db : float
        Subtracted from every predicted signal. [dB]
    receivers : mapping of str, optional
        Receiver by family, where another than its own is wanted.

    Returns
    -------
    DataFrame
        The columns level, adcode, name, parent, family, network, population, served, uncertain, unserved (whole people), share (served /
        population, 0..1; NaN for nobody).

    Raises
    ------
    UsageError
        Tables without the columns of `read_villages` and `read_zones`; a family or network that is not on the map.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> people = ip.population_coverage(world.villages, world.cover, world.zones, families=["nr"])
    >>> people.loc[people["level"] == "county", ["name", "population", "served", "share"]].round(3).values.tolist()
    [['西县', 6463, 1321, 0.204], ['东县', 5771, 0, 0.0]]
    """
    arguments.require(
        "population_coverage", demand=(demand, arguments.PEOPLE), cover=(cover, arguments.COVER), zones=(zones, arguments.ZONES_WITH_PARENT)
    )  # fmt: skip
    status = service_status(demand, cover, families, network, measured=measured, weaker_db=weaker_db, receivers=receivers)
    return people_by_zone(demand, demand["population"].to_numpy(dtype=np.int64), status, zones, network, membership(demand, zones))


def people_by_zone(
    demand: Any, people: npt.NDArray[np.int64], status: pd.DataFrame, zones: Any, network: str, counted: pd.DataFrame
) -> pd.DataFrame:
    """Rows of `population_coverage` for statuses that are known: a categorical a family. `counted` is `membership(demand, zones)`."""
    words: dict[str, list[str]] = {name: [] for name in ("level", "adcode", "name", "parent", "family")}
    codes = {family: status[family].cat.codes.to_numpy().astype(np.int64) for family in status.columns}
    counts = []
    for level in levels_present(zones):
        known = zones.loc[zones["level"] == level].drop_duplicates("adcode")
        zone = zone_of(demand, zones, level, counted)
        if level == "township" and not (zone != "").any():
            continue
        row, names = pd.factorize(zone)
        place = {name: number for number, name in enumerate(known["adcode"])}
        outside = int("" in names)
        at = np.array([place.get(name, len(place)) for name in names], dtype=np.int64)[row]
        for family, code in codes.items():
            counts.append(tally(people, code, at, len(place) + outside))
            words["level"] += [level] * len(counts[-1])
            words["adcode"] += [*place, *[""] * outside]
            words["name"] += [*known["name"], *[OUTSIDE] * outside]
            words["parent"] += [*known["parent"], *[""] * outside]
            words["family"] += [family] * len(counts[-1])
    served = np.concatenate(counts)
    numbers = {"population": served.sum(axis=1), **{name: served[:, number] for number, name in enumerate(STATUSES)}}
    result = pd.DataFrame({**words, "network": network, **numbers})
    result["share"] = np.where(result["population"] > 0, result["served"] / result["population"].where(result["population"] > 0, 1), np.nan)
    return result


def with_ranges(
    demand: Any, cover: Coverage, zones: Any, network: str = ANY, *, band_db: float, measured: Measured | None = None
) -> pd.DataFrame:
    """`population_coverage` with the figures beside each share: the receiver, every signal weaker or stronger, the other receiver.

    Returns
    -------
    DataFrame
        Further columns: receiver; served_weaker, share_weaker, served_stronger, uncertain_stronger, share_stronger (every signal `band_db`
        weaker, stronger); to_check: points that are neither served when every signal is weaker nor unserved when it is stronger;
        other_receiver, other_served, other_uncertain, other_unserved, other_share: "" and NaN where it was not mapped.
    """
    others = {family: receiver for family in cover.families if (receiver := cover.other_receiver(family))}
    variants: dict[str, tuple[float, dict[str, str]]] = {"weaker": (band_db, {}), "stronger": (-band_db, {}), "other": (0.0, others)}
    status = {
        name: service_status(demand, cover, network=network, measured=measured, weaker_db=weaker_db, receivers=receivers)
        for name, (weaker_db, receivers) in {"": (0.0, {}), **variants}.items()
    }
    counted, people = membership(demand, zones), demand["population"].to_numpy(dtype=np.int64)
    tables = {name: people_by_zone(demand, people, one, zones, network, counted) for name, one in status.items()}
    table = tables[""]
    table["receiver"] = table["family"].map(cover.receivers)
    residents = table["population"].where(table["population"] > 0)
    for name in ("weaker", "stronger"):
        table[f"served_{name}"] = tables[name]["served"]
        table[f"share_{name}"] = table[f"served_{name}"] / residents
    table["uncertain_stronger"] = tables["stronger"]["uncertain"]
    open_ended = (status["weaker"] != "served") & (status["stronger"] != "unserved")
    marked = pd.DataFrame({family: as_status(column.to_numpy(dtype=np.int8)) for family, column in open_ended.items()}, index=demand.index)
    table["to_check"] = people_by_zone(demand, np.ones(len(demand), np.int64), marked, zones, network, counted)["uncertain"]
    table["other_receiver"] = table["family"].map(others).fillna("")
    known = table["other_receiver"] != ""
    for name in STATUSES:
        table[f"other_{name}"] = tables["other"][name].astype("Int64").where(known)
    table["other_share"] = tables["other"]["share"].where(known)
    return table
