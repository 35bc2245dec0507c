"""One point for each mast on maps: stations that share a place, a height, azimuths and a status are one point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from infraplan.report.style import missing
from infraplan.report.words import Words
from infraplan.tables.families import service_name

ALIKE = ("mast", "status", "height_m", "azimuth_deg")


def points_of_masts(sites: Any, words: Words) -> Any:
    """Sites with one row for those that are alike in mast, place, height, azimuths and status, in the order of the first of each.

    Returns
    -------
    GeoDataFrame
        name, services ("5G 2.6 GHz (n41), China Mobile; NB-IoT 900 MHz, China Unicom"), status, height_m, azimuth_deg, stations, geometry.
        The name is that of the first station, with "+ 2" behind it where two more are there. `attrs["point_of_station"]`: the row of each
        station.
    """
    frame = sites.reset_index(drop=True)
    columns = [column(frame, name).fillna("").astype(str) for name in ("services", "operators")]
    pairs = pd.MultiIndex.from_arrays(columns)
    text = {(one, who): station(one, who, words) for one, who in pairs.unique()}
    services = pd.Series([text[pair] for pair in pairs], dtype="object")
    mast = column(frame, "mast")
    keys = [mast.where(mast.notna() & (mast.astype(str) != ""), frame["id"]).astype(str), frame.geometry.x, frame.geometry.y]
    keys += [column(frame, name).fillna("").astype(str) for name in ALIKE[1:]]
    number = np.zeros(len(frame), np.int64)
    for key in keys:
        codes = pd.factorize(key)[0]
        number = pd.factorize(number * (int(codes.max(initial=0)) + 1) + codes)[0]
    first = np.flatnonzero(~pd.Series(number).duplicated().to_numpy())
    count = np.bincount(number, minlength=len(first))
    joined = services.iloc[first].to_numpy(object, copy=True)
    several = count[number] > 1
    if several.any():
        together = services[several].groupby(number[several], sort=True).agg(lambda some: "; ".join(dict.fromkeys(some)))
        joined[together.index.to_numpy()] = together.to_numpy()
    name = column(frame, "name").where(column(frame, "name").notna(), frame["id"]).astype(str).to_numpy(object)[first]
    name = [f"{one} + {more - 1}" if more > 1 else one for one, more in zip(name, count, strict=True)]
    kept = {key: column(frame, key).iloc[first].reset_index(drop=True) for key in ALIKE[1:]}
    out = frame[["geometry"]].iloc[first].reset_index(drop=True).assign(name=name, services=joined, **kept, stations=count)
    out.attrs["point_of_station"] = number
    return out


def column(frame: Any, name: str) -> Any:
    """A column, or nothing known in every row."""
    return frame[name] if name in frame else pd.Series([None] * len(frame), index=frame.index, dtype="object")


def station(services: str, operators: str, words: Words) -> str:
    """ "nr-n41;nr-n28" and "cmcc" as "5G 2.6 GHz (n41), 5G 700 MHz (n28), China Mobile"."""
    names = " + ".join(words.operator(one) for one in operators.split("+") if one)
    listed = "" if missing(services) else ", ".join(service_name(part) for part in services.split(";") if part)
    form = "{}（{}）" if words.lang == "zh" else "{}, {}"
    return form.format(listed, names) if names else listed
