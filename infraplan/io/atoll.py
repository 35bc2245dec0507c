"""Sites and transmitters as the tables that Atoll imports: text with tabs, its own headings, one row a site and one a transmitter."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.coverage.sectors import site_of
from infraplan.files import atomic_path
from infraplan.outputs import TABLES

FIXED_DAY = (1980, 1, 1, 0, 0, 0)
SITES, TRANSMITTERS = "sites.txt", "transmitters.txt"


def write_atoll(sites: Any, sectors: Any, path: str | Path, *, note: str = "") -> None:
    """Write sites.txt and transmitters.txt into one .zip, in degrees of WGS 84; equal content gives equal bytes.

    Parameters
    ----------
    sites : GeoDataFrame
        Existing and suggested sites: id, name, status, geometry.
    sectors : GeoDataFrame
        `sectors_of(sites)`: one transmitter each. Its id, with "_" for "/", is the transmitter's name.
    path : path
        Ends with .zip.
    note : str
        Written into every comment, such as that the data are made up.
    """
    points = sites.to_crs(4326).geometry
    listed = pd.DataFrame(
        {
            "name": sites["id"].map(_plain),
            "longitude": points.x.round(7).to_numpy(),
            "latitude": points.y.round(7).to_numpy(),
            "altitude_m": "",
            "comments": _comments(note, sites["status"], sites["name"] if "name" in sites else sites["id"]),
        }
    )
    azimuth = sectors["azimuth_deg"].fillna(0.0)
    sent = pd.DataFrame(
        {
            "site": sectors["id"].map(site_of).map(_plain),
            "transmitter": sectors["id"].astype(str).str.replace("/", "_").map(_plain),
            "active": 1,
            "dx_m": 0,
            "dy_m": 0,
            "frequency_band": sectors["service"].map(lambda service: str(service).partition("-")[2]),
            "antenna": sectors["antenna"].map(_plain),
            "height_m": sectors["height_m"],
            "azimuth_deg": azimuth,
            "mechanical_downtilt_deg": sectors["tilt_deg"].fillna(0.0),
            "comments": _comments(note, sectors["status"], sectors["service"], sectors["operators"]),
        }
    )
    with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table, frame in ((SITES, "atoll_sites", listed), (TRANSMITTERS, "atoll_transmitters", sent)):
            columns = {entry.name: entry.en for entry in TABLES[table]}
            text = frame[list(columns)].rename(columns=columns).to_csv(sep="\t", index=False, lineterminator="\r\n")
            archive.writestr(zipfile.ZipInfo(name, FIXED_DAY), b"\xef\xbb\xbf" + text.encode("utf-8"), zipfile.ZIP_DEFLATED)


def _plain(value: Any) -> str:
    """A name without tabs and breaks, which would end a cell or a row."""
    return " ".join(str("" if value is None or value != value else value).split())


def _comments(note: str, *parts: Any) -> list[str]:
    rows = zip(*(part.map(_plain) for part in parts), strict=True)
    return ["; ".join(filter(None, (note, *row))) for row in rows]
