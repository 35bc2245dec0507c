"""The coordinate reference systems of files for a GIS: the study's grid with a name, EPSG:4490, 3-degree Gauss-Krueger zones."""

from __future__ import annotations

from functools import cache

from pyproj import CRS

from infraplan.errors import DataError, Fault
from infraplan.messages import both, say

GAUSS_KRUGER = "gauss-kruger"
FIRST_MERIDIAN, LAST_MERIDIAN, FIRST_CODE = 75, 135, 4534
"""CGCS2000 / 3-degree Gauss-Kruger CM 75E to CM 135E are EPSG:4534 to EPSG:4554."""
UNNAMED = ("unknown", "undefined", "")


@cache
def named_crs(crs: str) -> CRS:
    """The CRS of a text; one that has no name, as that of a study's grid, gets one that says what it is."""
    own = CRS.from_user_input(crs)
    if own.name not in UNNAMED or not own.is_projected:
        return own
    known = own.to_json_dict()
    lat, lon = _centre(own)
    name = f"infraplan {known['conversion']['method']['name']} {lat:g}N {lon:g}E (WGS 84)"
    known["name"], known["conversion"]["name"] = name, name
    if known["base_crs"].get("name") in UNNAMED:
        known["base_crs"] = CRS.from_epsg(4326).to_json_dict()
    return CRS.from_json_dict(known)


def _centre(crs: CRS) -> tuple[float, float]:
    """Latitude and longitude of the natural origin."""
    values = {one["name"]: one["value"] for one in crs.to_json_dict()["conversion"]["parameters"]}
    return values.get("Latitude of natural origin", 0.0), values.get("Longitude of natural origin", 0.0)


def code_of(crs: CRS) -> str:
    """The code that a CRS states for itself, EPSG:4490; "" for none. PROJ's own search for one takes a tenth of a second."""
    known = crs.to_json_dict().get("id", {})
    return f"{known['authority']}:{known['code']}" if known else ""


def crs_words(crs: CRS, lang: str) -> str:
    """The CRS as a sheet says it: ours in words, others by their name and code."""
    if crs.name.startswith("infraplan "):
        lat, lon = _centre(crs)
        return say("gis.crs_named", lang, lat=f"{lat:g}", lon=f"{lon:g}")
    return " ".join(filter(None, [crs.name, code_of(crs)]))


def output_crs(choice: str, lon: float) -> str:
    """The CRS that `[outputs] crs` chooses for a page: a code as it is, or the 3-degree zone of its middle; "" for none.

    Raises
    ------
    DataError
        No 3-degree zone of CGCS2000 lies at that longitude.
    """
    if choice.strip().lower() != GAUSS_KRUGER:
        return choice
    meridian = round(lon / 3) * 3
    if not FIRST_MERIDIAN <= meridian <= LAST_MERIDIAN:
        message, fix = both("gis.no_zone_of_gauss_kruger", lon=f"{lon:.2f}"), both("gis.no_zone_of_gauss_kruger_fix")
        raise DataError(Fault("study.toml", message, fix, rule="gauss-kruger", column="outputs.crs", value=choice))
    return f"EPSG:{FIRST_CODE + (meridian - FIRST_MERIDIAN) // 3}"
