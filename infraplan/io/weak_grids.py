"""Measured cells of a grid (MR, drive tests): where the signal was measured, how often, and how strong it is on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.io.file_kinds import Source
from infraplan.io.file_parts import Wanted
from infraplan.io.joined_tables import located_table
from infraplan.policy.inspection import service_of_band
from infraplan.tables.families import family_of
from infraplan.tables.faults import FaultList
from infraplan.tables.frames import finished, points_of, typed_frame
from infraplan.tables.radio_names import operator_names, operator_sets
from infraplan.tables.values import folded, texts

CENTRE = "{:.6f}_{:.6f}"


def read_weak_grid(
    source: Source,
    *,
    datum: str | None = None,
    crs: str | None = None,
    sheet: Wanted = None,
    encoding: str | None = None,
    own_services: Mapping[str, str] | None = None,
    own_operators: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """Measured cells of a grid from a file, weak and strong ones: one row a cell, operator and band, checked, points in EPSG:4326.

    Parameters
    ----------
    source : path or DataFrame
        A file as `read_villages` reads it, or a (Geo)DataFrame: lon and lat of each cell's centre (or x, y with `crs`, or polygons, or a
        grid id "lon_lat" of the centre), samples, mean_rsrp_dbm, operator, band. Row and column numbers are no coordinates: refused.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc"}, optional
        Datum of the coordinates. Default: what a heading such as 经度(GCJ-02) names, else WGS-84.
    crs : str, optional
        CRS of the columns x and y where they are metres, such as "EPSG:4547".
    sheet : str or int or list, optional
        Sheets or layers, by name or number from 1. Default: all that hold such a table.
    encoding : str, optional
        Encoding of a text file or shapefile. Default: byte-order mark, else UTF-8, else GB18030.
    own_services : mapping of str, optional
        Family of every service beyond the presets that a band may name.
    own_operators : sequence of str
        Networks of the study's own operators; those of the presets without them.

    Returns
    -------
    GeoDataFrame
        Points: id (that of the file, else "lon_lat" of the centre), samples, mean_rsrp_dbm [dBm], operator (code), band (service), family.

    Raises
    ------
    DataError
        Every fault of the file at once: no number, samples below 0, an RSRP beyond -156 to -31 dBm, an unknown operator or band, a cell
        that is there twice for one operator and band.

    Warns
    -----
    DataWarning
        Unused columns, a file without rows.

    Examples
    --------
    >>> import infraplan as ip
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"栅格编号": ["113.0512_23.1034"], "采样点数": [820], "平均RSRP": [-111.5], "运营商": ["移动"], "频段": ["n28"]}
    ... )
    >>> ip.read_weak_grid(table)[["id", "samples", "operator", "band", "family"]].values.tolist()
    [['113.051200_23.103400', 820, 'cmcc', 'nr-n28', 'nr']]
    """
    raw = located_table(source, "weak_cell", sheet, encoding, datum=datum, crs=crs)
    return check_weak_grid(raw.frame, raw.faults, own_services=own_services, own_operators=own_operators)


def check_weak_grid(
    frame: gpd.GeoDataFrame,
    faults: FaultList | None = None,
    *,
    own_services: Mapping[str, str] | None = None,
    own_operators: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """Measured cells that keep the contract, or one DataError. Arguments as in `read_weak_grid`."""
    faults = faults or FaultList()
    named = "id" in frame
    given = frame if named else frame.assign(id="")
    checked = points_of(typed_frame(given, "weak_cell", faults, one_row_an_id=False), faults, keep_radius=False)
    for name in ("samples", "mean_rsrp_dbm"):
        faults.at(checked[name].isna().to_numpy(bool) & (texts(frame[name]) == "") if name in frame else np.zeros(len(checked), bool),
                  "tables.empty_cell", name)  # fmt: skip
    operator = operator_sets(checked["operator"], FaultList(), own=own_operators)
    several = np.array([code == "" or "+" in code for code in operator], dtype=bool)
    if own_operators:
        known = ", ".join(operator_names(own_operators).values())
        faults.at(several, "tables.not_own_operator", "operator", texts(checked["operator"]), known=known)
    else:
        faults.at(several, "policy.measured_operator", "operator", texts(checked["operator"]))
    own = own_services or {}
    by_folded = dict(zip(folded(np.array(list(own), dtype=object)), own, strict=True)) if own else {}
    pairs = zip(folded(texts(checked["band"])), operator, strict=True)
    band = np.array([service_of_band(word, code, by_folded) for word, code in pairs], dtype=object)
    faults.at(band == "", "policy.measured_band", "band", texts(checked["band"]))
    faults.stop()
    points = checked.geometry
    centre = [CENTRE.format(x, y) for x, y in zip(points.x, points.y, strict=True)]
    own_ids = checked["id"].astype(str).to_numpy()
    ids = np.where(texts(given["id"]) == "", np.array(centre, dtype=object), own_ids)
    keys = pd.MultiIndex.from_arrays([centre, operator, band])
    faults.at(keys.duplicated(), "io.weak_cell_twice", "id", ids)
    faults.stop()
    families = [family_of(name, own) for name in band]
    whole = checked.assign(id=pd.Series(ids, dtype=str), samples=checked["samples"].astype("int64"))
    text = {name: pd.Series(values, dtype=str) for name, values in (("operator", operator), ("band", band), ("family", families))}
    return finished(whole.assign(**text), "weak_cell", faults)
