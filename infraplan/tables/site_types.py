"""宏站, 微站 or 室分: what kind of site a row is. An antenna system inside a building covers no land and is left out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.tables.faults import FaultList
from infraplan.tables.values import folded, no_answer, texts, word_table

TYPES = ("macro", "micro", "indoor")
TELLING = ("host", "site_type")  # 站型 is used for the host and for the type alike


def without_indoor(frame: gpd.GeoDataFrame, faults: FaultList) -> gpd.GeoDataFrame:
    """The rows that are not indoor systems; the others give a warning. A type in the host column leaves the host blank, with a warning.

    Where every row is indoors the table is refused: a network without a mast is given by a table with only a heading.
    """
    faults.rows = np.arange(1, len(frame) + 1) if faults.rows is None else faults.rows
    known = word_table("site_type", TYPES)
    indoor = np.zeros(len(frame), dtype=bool)
    for name in (name for name in TELLING if name in frame):
        cells = texts(frame[name])
        found = np.array([known.get(cell, "") for cell in folded(cells)], dtype=object)
        faults.at((found == "indoor") & ~indoor, "tables.indoor_site", name, cells, severity="warning")
        indoor |= found == "indoor"
        if name == "site_type":
            unknown = (found == "") & ~no_answer(cells)
            faults.at(unknown, "tables.unknown_site_type", name, cells, severity="warning")
        if name == "host":
            outdoors = (found == "macro") | (found == "micro")
            faults.at(outdoors, "tables.type_is_no_host", name, cells, severity="warning")
            blank = pd.Series(np.where(found == "", frame[name].to_numpy(object), ""), index=frame.index, dtype=object)
            frame = frame.assign(host=blank) if (found != "").any() else frame
    if not indoor.any():
        return frame
    if indoor.all():
        faults.add("tables.only_indoor", column="host" if "host" in frame else "site_type", count_rows=len(frame))
        faults.stop()
    faults.keep(~indoor)
    return frame[~indoor].reset_index(drop=True)
