"""OpenCelliD exports: cells seen by phones, combined to the masts that probably carry them."""

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

from infraplan.arrays import Ints
from infraplan.errors import DataError
from infraplan.io.cell_files import OTHER_NAMES, TYPES, first_line, layout_of, typed
from infraplan.io.file_kinds import Source
from infraplan.io.masts_from_cells import clusters, places_of_nodes
from infraplan.io.opening import existing_file, reading
from infraplan.presets import load
from infraplan.tables import check_sites
from infraplan.tables.faults import FaultList

OURS = {"NR": "nr", "NBIOT": "nbiot"}
NR_CELL_BITS = 12  # interpretation: gNB ids of 24 bits, as operators use in China; TS 38.413 allows 22 to 32 of the 36
MOST_CELLS = 20_000_000
MOST_COUNTRIES = 8  # named in a warning
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

    Cells of one node (an eNodeB's 256 cells, a GSM site's ten) that may be at one place become one point, weighted by samples; cells of
    one number farther apart than their ranges allow are of several places. Nodes within 100 m become one mast. Columns are known by the
    headings of OpenCelliD and Mozilla (radio, mcc, net, area, cell, lon, lat ...) or older ones (mnc, lac, cid), in any order; `range`,
    `samples` and `updated` may be blank.

    Parameters
    ----------
    source : path or DataFrame
        The export, or its rows.
    mcc : int or None
        Mobile country code; 460 is mainland China. None keeps all.
    bbox : tuple of float, optional
        West, south, east, north: only cells in this box. [deg]
    zones : GeoDataFrame, optional
        Checked zones (`read_zones`), which give `county` and `city`.
    services : str, optional
        Services to assume for masts without a 5G or NB-IoT cell, such as "nr-n28". Default: none; they carry no service, and may be hosts.

    Returns
    -------
    GeoDataFrame
        The columns of `read_sites`, with `radios` ("GSM;LTE"), `cells`, `samples`, `updated` (date text) and `position_error_m`.
        Licence of the data: CC BY-SA 4.0, "OpenCelliD Project".

    Raises
    ------
    DataError
        No such file, not this layout, no cell left.

    Warns
    -----
    DataWarning
        Lines that cannot be read, cells of other countries (how many of each), outside `bbox` or at no possible position.

    Examples
    --------
    >>> import infraplan as ip
    >>> import pandas as pd
    >>> cells = {
    ...     "radio": ["LTE", "NR"],
    ...     "mcc": 460,
    ...     "net": 0,
    ...     "area": 9,
    ...     "cell": [257, 4097],
    ...     "lon": 113.1,
    ...     "lat": 23.1,
    ...     "range": 900,
    ... }
    >>> masts = ip.read_opencellid(pd.DataFrame({**cells, "samples": 20}), services="nr-n28")
    >>> masts[["radios", "services"]].values.tolist()
    [['LTE;NR', 'nr-n41']]
    """
    if isinstance(source, pd.DataFrame):
        faults, left = FaultList(file="DataFrame"), LeftOut()
        named = source.rename(columns={name: OTHER_NAMES.get(str(name).lower(), name) for name in source.columns})
        if layout_of(",".join(map(str, named.columns))) is None:
            faults.add("io.not_opencellid", value=", ".join(map(str, source.columns))[:80])
            faults.stop()
        table, unread = typed(pa.table({name: pa.array(named[name].astype("string"), pa.string()) for name in TYPES if name in named}))
        if unread:
            faults.add("io.lines_passed_over", severity="warning", count=unread)
        cells = left.sift(table, mcc, bbox).to_pandas()
    else:
        path = existing_file(source)
        faults = FaultList(file=path.name)
        with reading(path):
            cells, left = _cells(path, mcc, bbox, faults)
    left.warn(faults)
    if cells.empty:
        faults.add("io.no_cells", value=f"mcc={mcc}")
        faults.stop()
    masts = _masts(cells)
    frame = gpd.GeoDataFrame(masts.drop(columns=["lon", "lat"]), geometry=gpd.points_from_xy(masts["lon"], masts["lat"]), crs=4326)
    sites = check_sites(frame, faults, zones=zones, services=services, outside="ignore", unit="site", without_service=True)
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

    def warn(self, faults: FaultList) -> None:
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
    """The wanted rows, streamed: only they are kept in memory; and counts of the others."""
    line = first_line(path)
    layout = layout_of(line)
    if layout is None:
        faults.add("io.not_opencellid", value=line[:80])
        raise DataError(faults.items)
    skipped: list[int] = []

    def pass_over(row: Any) -> str:
        skipped.append(row.number or 0)
        return "skip"

    reader = csv.open_csv(
        pa.input_stream(str(path), compression="detect" if path.suffix.lower() == ".gz" else None),
        read_options=csv.ReadOptions(column_names=list(layout.names), skip_rows=int(layout.headed), block_size=2**22, use_threads=True),
        parse_options=csv.ParseOptions(delimiter=layout.delimiter, invalid_row_handler=pass_over),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(TYPES, pa.string()), include_columns=list(TYPES), include_missing_columns=True
        ),
    )
    kept, total, unread, left = [], 0, 0, LeftOut()
    for batch in reader:
        table = pa.Table.from_batches([batch])
        total += table.num_rows
        if total > MOST_CELLS:
            faults.add("io.too_many_rows", limit=f"{MOST_CELLS:,}")
            faults.stop()
        table, bad = typed(table)
        unread += bad
        kept.append(left.sift(table, mcc, bbox))
    if skipped or unread:
        faults.add("io.lines_passed_over", row=skipped[0] or None if skipped else None, severity="warning", count=len(skipped) + unread)
    return pa.concat_tables(kept).to_pandas() if kept else pd.DataFrame(), left


def _masts(cells: pd.DataFrame) -> pd.DataFrame:
    """One row a mast, the same for any order of the cells."""
    cells = cells.sort_values(["radio", "mcc", "net", "area", "cell", "lon", "lat", "samples", "updated", "range"], kind="stable")
    number, area = cells["cell"].to_numpy(np.int64), cells["area"].to_numpy(np.int64)
    name = cells["radio"].astype(str).to_numpy()
    node = np.select(
        [name == "LTE", name == "NBIOT", name == "NR"],
        [number >> 8, number >> 8, number >> NR_CELL_BITS],
        area * 10_000 + (number & 0xFFFF) // 10,
    )
    weight = np.maximum(cells["samples"].to_numpy(float), 1.0)
    keys = ["plmn", "radio", "node"]
    table = pd.DataFrame({
        "radio": cells["radio"].astype("category"), "plmn": cells["mcc"].to_numpy(np.int64) * 1000 + cells["net"].to_numpy(np.int64),
        "node": node, "weight": weight, "lon": cells["lon"].to_numpy(float), "lat": cells["lat"].to_numpy(float), "cells": 1,
        "updated": cells["updated"].to_numpy(np.int64), "range": cells["range"].to_numpy(float),
    }).sort_values(keys, kind="stable", ignore_index=True)  # fmt: skip
    which = table.groupby(keys, observed=True, sort=True).ngroup().to_numpy().astype(np.int64)
    table["place"] = places_of_nodes(which, *(table[column].to_numpy(float) for column in ("lon", "lat", "range", "weight")))
    for column in ("lon", "lat", "range"):
        table[column] *= table["weight"]
    groups = table.groupby([*keys, "place"], observed=True, sort=True)
    nodes = groups.agg({"weight": "sum", "lon": "sum", "lat": "sum", "cells": "sum", "updated": "max", "range": "sum"}).reset_index()
    for column in ("lon", "lat", "range"):
        nodes[column] /= nodes["weight"]
    nodes["mast"] = clusters(nodes["lon"].to_numpy(), nodes["lat"].to_numpy(), nodes["weight"].to_numpy())
    return _described(nodes)


def _described(nodes: pd.DataFrame) -> pd.DataFrame:
    """Masts with their operators, radios and services.

    `id` by the network of the best-seen cell, radio and node, "-2" for a node's second place.
    """
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
    ids += np.where(first["place"] > 0, "-" + (first["place"] + 1).astype(str), "")
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
    """Sorted distinct words of each group, joined. Words are few: each is one bit."""
    position, distinct = pd.factorize(words, sort=True)
    masks = np.zeros(count, dtype=np.int64)
    np.bitwise_or.at(masks, group, np.int64(1) << position.astype(np.int64))
    found, which = np.unique(masks, return_inverse=True)
    texts = [glue.join(str(word) for bit, word in enumerate(distinct) if mask >> bit & 1 and word) for mask in found]
    return np.array(texts, dtype=object)[which]
