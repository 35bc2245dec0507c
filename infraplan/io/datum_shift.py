"""Measuring whether coordinates were taken from a shifted map, against known boundaries and known settlements."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.arrays import Floats
from infraplan.errors import Fault
from infraplan.geo.datums import from_wgs84, in_shifted_area, to_wgs84
from infraplan.messages import say
from infraplan.tables.faults import FaultList
from infraplan.tables.zoning import short_name, zone_at

FEWEST_MATCHES = 30
FEWEST_POINTS = 200
METRES_PER_DEGREE = 111_320.0
FARTHEST_MATCH_M = 8_000.0  # settlements of one name that are farther apart are different settlements
SIGNIFICANT = 3.0  # standard errors between the measured offset and none
WINDS = ("n", "nne", "ne", "ene", "e", "ese", "se", "sse", "s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw")


@dataclass(frozen=True)
class ShiftEvidence:
    """The measured shift. `datum` is the most likely one; "wgs84" also where there is no evidence against it.

    `offset_m`, `bearing_deg`: median offset of the points from the known settlements of their name, with `matches` of them and `error_m`
    its standard error. `outside`: share of points outside the county they state, by datum they are read as.
    """

    datum: str
    offset_m: float
    bearing_deg: float
    matches: int
    error_m: float
    outside: dict[str, float]


def measure_shift(
    frame: gpd.GeoDataFrame, *, zones: gpd.GeoDataFrame | None = None, settlements: gpd.GeoDataFrame | None = None
) -> ShiftEvidence:
    """The most likely datum of points that were read as WGS-84.

    Two kinds of evidence: the median offset from settlements of the same name (it is compared with the shift each datum would cause there),
    and the share of points outside their stated county, read as each datum. A datum is named only where one of them is clear.
    """
    points = frame.geometry[frame.geometry.notna() & (frame.geometry.geom_type == "Point")]
    lon, lat = points.x.to_numpy(), points.y.to_numpy()
    east_m, north_m, where = _offsets(frame.loc[points.index], settlements)
    outside = _outside(frame.loc[points.index], lon, lat, zones)
    matches = len(east_m)
    if matches < FEWEST_MATCHES:
        return ShiftEvidence(_by_counties(outside), float("nan"), float("nan"), matches, float("nan"), outside)
    east, north = float(np.median(east_m)), float(np.median(north_m))
    spread = max(_spread(east_m), _spread(north_m))
    error_m = 1.2533 * spread / np.sqrt(matches)  # standard error of a median
    gaps = {"wgs84": float(np.hypot(east, north))}
    for datum in ("gcj02", "bd09"):
        moved_lon, moved_lat = from_wgs84(where[:, 0], where[:, 1], datum)
        expected_east = np.median((moved_lon - where[:, 0]) * np.cos(np.radians(where[:, 1]))) * METRES_PER_DEGREE
        expected_north = np.median(moved_lat - where[:, 1]) * METRES_PER_DEGREE
        gaps[datum] = float(np.hypot(east - expected_east, north - expected_north))
    best = min(gaps, key=lambda name: gaps[name])
    clear = gaps["wgs84"] > SIGNIFICANT * error_m and gaps[best] < 0.5 * gaps["wgs84"]
    datum = best if clear else _by_counties(outside)
    return ShiftEvidence(datum, gaps["wgs84"], float(np.degrees(np.arctan2(east, north)) % 360), matches, float(error_m), outside)


def looks_shifted(
    frame: gpd.GeoDataFrame, *, zones: gpd.GeoDataFrame | None = None, settlements: gpd.GeoDataFrame | None = None
) -> list[Fault]:
    """A warning with the evidence where the points look like GCJ-02 or BD-09."""
    evidence = measure_shift(frame, zones=zones, settlements=settlements)
    if evidence.datum == "wgs84":
        return []
    faults = FaultList(file=str(frame.attrs.get("file", "")), sheet=str(frame.attrs.get("sheet", "")))
    faults.add("io.looks_shifted", column="lon", severity="warning", datum={"gcj02": "GCJ-02", "bd09": "BD-09"}[evidence.datum],
               name=evidence.datum, evidence_zh=_evidence_text(evidence, "zh"), evidence_en=_evidence_text(evidence, "en"))  # fmt: skip
    return faults.items


def _evidence_text(evidence: ShiftEvidence, lang: str) -> str:
    parts = []
    if evidence.matches >= FEWEST_MATCHES:
        wind = WINDS[round(evidence.bearing_deg / 22.5) % 16]
        shown = {"metres": f"{evidence.offset_m:.0f}", "matches": evidence.matches, "error": f"{evidence.error_m:.0f}"}
        parts.append(say("io.evidence_offset", lang, wind=say(f"io.wind_{wind}", lang), **shown))
    if evidence.outside:
        parts.append(
            say("io.evidence_counties", lang, before=f"{evidence.outside['wgs84']:.1%}", after=f"{evidence.outside[evidence.datum]:.1%}")
        )
    return "; ".join(parts)


def _offsets(frame: gpd.GeoDataFrame, settlements: gpd.GeoDataFrame | None) -> tuple[Floats, Floats, Floats]:
    """(east, north, place) of the points from the nearest settlement of their name, in metres; each name counts once."""
    nothing = np.zeros(0), np.zeros(0), np.zeros((0, 2))
    if settlements is None or len(frame) == 0 or "name" not in frame:
        return nothing
    names = settlements["name"].fillna("").astype(str).str.split("|")
    known = pd.DataFrame({"key": names, "x": settlements.geometry.x.to_numpy(), "y": settlements.geometry.y.to_numpy()}).explode("key")
    known["key"] = known["key"].map(_bare)
    ours = pd.DataFrame(
        {"key": frame["name"].fillna("").astype(str).map(_bare), "lon": frame.geometry.x.to_numpy(), "lat": frame.geometry.y.to_numpy()}
    )
    pairs = ours.merge(known.drop_duplicates(), on="key")
    pairs["east"] = (pairs["lon"] - pairs["x"]) * np.cos(np.radians(pairs["y"])) * METRES_PER_DEGREE
    pairs["north"] = (pairs["lat"] - pairs["y"]) * METRES_PER_DEGREE
    pairs["away"] = np.hypot(pairs["east"], pairs["north"])
    pairs = pairs[pairs["away"] < FARTHEST_MATCH_M].sort_values("away", kind="stable").drop_duplicates(["x", "y"])
    return pairs["east"].to_numpy(), pairs["north"].to_numpy(), pairs[["x", "y"]].to_numpy()


def _bare(name: str) -> str:
    stem = short_name(name.strip())
    return stem[:-1] if len(stem) > 2 and stem[-1] in "镇乡村" else stem


def _outside(frame: gpd.GeoDataFrame, lon: Floats, lat: Floats, zones: gpd.GeoDataFrame | None) -> dict[str, float]:
    """Share of points outside the county they state, read as each datum; empty where the counties were not stated by the file."""
    stated = frame.attrs.get("county_stated")
    if zones is None or len(frame) < FEWEST_POINTS or stated != len(frame) or "county" not in frame:
        return {}
    step = max(1, len(frame) // 20_000)
    lon, lat, county = lon[::step], lat[::step], frame["county"].to_numpy(object)[::step]
    shares = {}
    for datum in ("wgs84", "gcj02", "bd09"):
        points = np.asarray(shapely.points(*to_wgs84(lon, lat, datum)))
        shares[datum] = float(np.mean(zone_at(points, zones, "county") != county))
    return shares if in_shifted_area(lon, lat).mean() > 0.5 else {}


def _by_counties(outside: dict[str, float]) -> str:
    """A datum that leaves less than half as many points outside their county, the difference being at least half a per cent."""
    if not outside:
        return "wgs84"
    best = min(outside, key=lambda name: outside[name])
    return best if outside[best] < 0.5 * outside["wgs84"] and outside["wgs84"] - outside[best] > 0.005 else "wgs84"


def _spread(values: Floats) -> float:
    """Robust standard deviation."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
