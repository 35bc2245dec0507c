"""OpenCelliD exports: cells seen by phones, gathered to the masts they probably stand on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from scipy.spatial import cKDTree

from infraplan.errors import collected, warn
from infraplan.geo.grids import metric_crs
from infraplan.io.opening import existing_file, reading
from infraplan.io.sources import Source
from infraplan.presets import load
from infraplan.tables import check_sites
from infraplan.tables.faults import FaultList

COLUMNS = (
    "radio",
    "mcc",
    "net",
    "area",
    "cell",
    "unit",
    "lon",
    "lat",
    "range",
    "samples",
    "changeable",
    "created",
    "updated",
    "averageSignal",
)
WHOLE = ("mcc", "net", "area", "cell", "range", "samples", "updated")
TYPES = {"radio": pa.string(), "lon": pa.float64(), "lat": pa.float64()} | dict.fromkeys(WHOLE, pa.int64())
OURS = {"NR": "nr", "NBIOT": "nbiot"}
MAST_M = 100.0  # interpretation: positions are averages of phones' positions; closer nodes are taken for one mast
MOST_CELLS = 20_000_000
MOST_COUNTRIES = 8  # named in a warning
Ints = npt.NDArray[np.int64]
Box = tuple[float, float, float, float]


def read_opencellid(
    source: Source,
    *,
    mcc: int | None = 460,
    bbox: Box | None = None,
    zones: gpd.GeoDataFrame | None = None,
    services: str | None = None,
) -> gpd.GeoDataFrame:
    """Masts from an OpenCelliD export (.csv or .csv.gz, with or without its header), as checked sites.

    Cells of one node (an eNodeB's 256 cells, a GSM site's ten) become one point, weighted by samples; nodes within 100 m become one mast.

    Parameters
    ----------
    mcc : int or None
        Mobile country code; 460 is mainland China. None keeps all.
    bbox : (west, south, east, north), optional
        Degrees.
    services : str, optional
        Services to assume for masts without a 5G or NB-IoT cell, such as "nr-n28". Default: none; they carry no service, and may be hosts.

    Returns
    -------
    GeoDataFrame
        The sites contract, with `radios` ("GSM;LTE"), `cells`, `samples`, `updated` (date text) and `position_error_m`.
        Licence of the data: CC BY-SA 4.0, "OpenCelliD Project".

    Raises
    ------
    DataError
        No such file, not this layout, no cell left.

    Warns
    -----
    DataWarning
        Lines that cannot be read, cells of other countries (how many of each), outside `bbox` or at no possible position.
    """
    if isinstance(source, pd.DataFrame):
        faults, left = FaultList(file="DataFrame"), LeftOut()
        cells = left.sift(pa.Table.from_pandas(source, preserve_index=False), mcc, bbox).to_pandas()
    else:
        path = existing_file(source)
        faults = FaultList(file=path.name)
        with reading(path):
            cells, left = _cells(path, mcc, bbox, faults)
    left.tell(faults)
    if cells.empty:
        faults.add("io.no_cells", value=f"mcc={mcc}")
        faults.stop()
    masts = _masts(cells)
    none_of_ours = masts["services"] == ""
    frame = gpd.GeoDataFrame(masts.drop(columns=["lon", "lat"]), geometry=gpd.points_from_xy(masts["lon"], masts["lat"]), crs=4326)
    with collected() as found:
        sites = check_sites(frame, faults, zones=zones, services=services, outside="ignore")
    warn(fault for fault in found if not (services is None and fault.rule == "filled_in" and fault.column == "services"))
    if services is None:
        sites["services"] = sites["services"].where(~none_of_ours, "")
        sites.attrs["filled"].pop("services", None)
    return sites


@dataclass
class LeftOut:
    """How many cells were left out, and why: cells of each other country, cells outside the box, cells at no possible position."""

    countries: Counter[int] = field(default_factory=Counter)
    outside: int = 0
    nowhere: int = 0

    def sift(self, table: pa.Table, mcc: int | None, bbox: Box | None) -> pa.Table:
        """The wanted cells; the others are counted."""
        placed = pc.fill_null(pc.and_(pc.less_equal(pc.abs(table["lat"]), 90), pc.less_equal(pc.abs(table["lon"]), 180)), False)
        self.nowhere += table.num_rows - pc.sum(placed).as_py()
        table = table.filter(placed)
        if mcc is not None:
            ours = pc.fill_null(pc.equal(table["mcc"], mcc), False)
            codes, counts = np.unique(table.filter(pc.invert(ours))["mcc"].to_numpy(), return_counts=True)
            self.countries.update(dict(zip(codes.tolist(), counts.tolist(), strict=True)))
            table = table.filter(ours)
        if bbox is not None:
            west, south, east, north = bbox
            x, y = table["lon"].to_numpy(), table["lat"].to_numpy()
            inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
            self.outside += int((~inside).sum())
            table = table.filter(pa.array(inside))
        return table

    def tell(self, faults: FaultList) -> None:
        """One warning a reason."""
        if self.countries:
            most = ", ".join(f"{code}: {count:,}" for code, count in self.countries.most_common(MOST_COUNTRIES))
            others, total = max(0, len(self.countries) - MOST_COUNTRIES), self.countries.total()
            rest = f" … (+{others})" if others else ""
            faults.add("io.other_countries", column="mcc", severity="warning", count=total, cells=f"{total:,}", countries=f"{most}{rest}")
        for rule, count in (("io.outside_box", self.outside), ("io.no_position", self.nowhere)):
            if count:
                faults.add(rule, severity="warning", count=count, cells=f"{count:,}")


def _cells(path: Path, mcc: int | None, bbox: Box | None, faults: FaultList) -> tuple[pd.DataFrame, LeftOut]:
    """The wanted rows, streamed: only they are held; and what was left out."""
    with pa.input_stream(str(path), compression="detect" if path.suffix.lower() == ".gz" else None) as head:
        first = head.read(200).decode("utf-8", "replace").split("\n")[0]
    named = first.lower().startswith("radio,")
    if not named and len(first.split(",")) not in (13, 14):
        faults.add("io.not_opencellid", value=first[:80])
        faults.stop()
    skipped: list[int] = []

    def pass_over(row: Any) -> str:
        skipped.append(row.number or 0)
        return "skip"

    reader = csv.open_csv(
        pa.input_stream(str(path), compression="detect" if path.suffix.lower() == ".gz" else None),
        read_options=csv.ReadOptions(
            column_names=None if named else list(COLUMNS[: len(first.split(","))]), block_size=2**22, use_threads=True
        ),
        parse_options=csv.ParseOptions(invalid_row_handler=pass_over),
        convert_options=csv.ConvertOptions(column_types=dict.fromkeys(TYPES, pa.string()), include_columns=list(TYPES)),
    )
    kept, total, unread, left = [], 0, 0, LeftOut()
    for batch in reader:
        table = pa.Table.from_batches([batch])
        total += table.num_rows
        if total > MOST_CELLS:
            faults.add("io.too_many_rows", limit=f"{MOST_CELLS:,}")
            faults.stop()
        table, bad = _typed(table)
        unread += bad
        kept.append(left.sift(table, mcc, bbox))
    if skipped or unread:
        faults.add("io.lines_passed_over", row=skipped[0] or None if skipped else None, severity="warning", count=len(skipped) + unread)
    return pa.concat_tables(kept).to_pandas() if kept else pd.DataFrame(), left


def _typed(table: pa.Table) -> tuple[pa.Table, int]:
    """Columns as numbers; rows with a cell that is none are left out and counted."""
    try:
        return pa.table({name: pc.cast(table[name], TYPES[name]) for name in TYPES}), 0
    except pa.ArrowInvalid:
        plain = {name: pc.match_substring_regex(table[name], r"^-?\d{1,15}(\.\d+)?$" if name in ("lon", "lat") else r"^-?\d{1,15}$")
                 for name in TYPES if name != "radio"}  # fmt: skip
        good = plain["lon"]
        for mask in plain.values():
            good = pc.and_(good, mask)
        part = table.filter(pc.fill_null(good, False))
        return pa.table({name: pc.cast(part[name], TYPES[name]) for name in TYPES}), table.num_rows - part.num_rows


def _masts(cells: pd.DataFrame) -> pd.DataFrame:
    """One row a mast."""
    radio = cells["radio"].astype("category")
    number, area = cells["cell"].to_numpy(np.int64), cells["area"].to_numpy(np.int64)
    name = radio.astype(str).to_numpy()
    node = np.select(
        [name == "LTE", name == "NBIOT", name == "NR"], [number >> 8, number >> 8, number >> 14], area * 10_000 + (number & 0xFFFF) // 10
    )
    weight = np.maximum(cells["samples"].to_numpy(float), 1.0)
    table = pd.DataFrame({
        "radio": radio, "plmn": cells["mcc"].to_numpy(np.int64) * 1000 + cells["net"].to_numpy(np.int64), "node": node, "weight": weight,
        "lon": cells["lon"].to_numpy(float) * weight, "lat": cells["lat"].to_numpy(float) * weight, "cells": 1,
        "updated": cells["updated"].to_numpy(np.int64), "range": cells["range"].to_numpy(float) * weight,
    })  # fmt: skip
    groups = table.groupby(["plmn", "radio", "node"], observed=True, sort=True)
    nodes = groups.agg({"weight": "sum", "lon": "sum", "lat": "sum", "cells": "sum", "updated": "max", "range": "sum"}).reset_index()
    for column in ("lon", "lat", "range"):
        nodes[column] /= nodes["weight"]
    nodes["mast"] = _clusters(nodes["lon"].to_numpy(), nodes["lat"].to_numpy(), nodes["weight"].to_numpy())
    return _described(nodes)


def _clusters(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]) -> Ints:
    """Cluster number of each node: the best-seen nodes lead, and take the free nodes within `MAST_M`. No chains form."""
    points = gpd.GeoSeries.from_xy(lon, lat, crs=4326)
    flat = points.to_crs(metric_crs(float(np.median(lon)), float(np.median(lat)))) if np.ptp(lon) < 60 else None
    scale = np.cos(np.radians(lat))
    plane = np.column_stack([flat.x, flat.y]) if flat is not None else np.column_stack([lon * scale, lat]) * 111_320.0
    pairs = cKDTree(plane).query_pairs(MAST_M, output_type="ndarray")
    first, second = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    order = np.argsort(first, kind="stable")
    first, second = first[order], second[order]
    starts = np.searchsorted(first, np.arange(len(lon) + 1))
    cluster = np.full(len(lon), -1, dtype=np.int64)
    alone = np.diff(starts) == 0
    cluster[alone] = np.flatnonzero(alone)
    for leader in np.lexsort((np.arange(len(lon)), -weight)):
        if cluster[leader] < 0:
            near = second[starts[leader] : starts[leader + 1]]
            cluster[near[cluster[near] < 0]] = leader
            cluster[leader] = leader
    return cluster


def _described(nodes: pd.DataFrame) -> pd.DataFrame:
    """Masts with their operators, radios and services; `id` by the leader's network, radio and node."""
    codes = {460_000 + net: operator for operator, nets in load("aliases")["mcc460"].items() for net in nets}
    leaders, mast = np.unique(nodes["mast"].to_numpy(), return_inverse=True)
    weight = nodes["weight"].to_numpy(float)
    total = np.bincount(mast, weight)
    lon, lat, reach_m = (np.bincount(mast, nodes[name].to_numpy(float) * weight) / total for name in ("lon", "lat", "range"))
    updated = np.zeros(len(leaders), dtype=np.int64)
    np.maximum.at(updated, mast, nodes["updated"].to_numpy(np.int64))
    radio = nodes["radio"].astype(str)
    first = nodes.iloc[leaders]
    ids = first["plmn"].astype(str) + "-" + first["radio"].astype(str) + "-" + first["node"].astype(str)
    return pd.DataFrame({
        "id": ids.to_numpy(object), "lon": lon, "lat": lat, "status": "existing",
        "operators": _joined(nodes["plmn"].map(codes).fillna(""), mast, len(leaders), "+"),
        "services": _joined(radio.map(OURS).fillna(""), mast, len(leaders), ";"),
        "radios": _joined(radio, mast, len(leaders), ";"),
        "cells": np.bincount(mast, nodes["cells"].to_numpy(float)).astype(np.int64), "samples": total.astype(np.int64),
        "updated": pd.to_datetime(pd.Series(updated).clip(0, 4_102_444_800), unit="s").dt.strftime("%Y-%m-%d"),
        "position_error_m": np.minimum(reach_m, 10_000.0).round(),
    })  # fmt: skip


def _joined(words: pd.Series[Any], group: Ints, count: int, glue: str) -> npt.NDArray[np.object_]:
    """Sorted distinct words of each group, joined. Words are few: a bit stands for each."""
    position, distinct = pd.factorize(words, sort=True)
    masks = np.zeros(count, dtype=np.int64)
    np.bitwise_or.at(masks, group, np.int64(1) << position.astype(np.int64))
    found, which = np.unique(masks, return_inverse=True)
    texts = [glue.join(str(word) for bit, word in enumerate(distinct) if mask >> bit & 1 and word) for mask in found]
    return np.array(texts, dtype=object)[which]
