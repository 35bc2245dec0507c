"""Townships and county seats at real points; those without a real point have no geometry."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from infraplan.examples.source_data import Sources

COLUMNS = [
    "id", "name", "place_class", "kind", "county", "city", "position_error_m", "indoor_system", "synthetic", "point_source", "geometry",
]  # fmt: skip


def real_places(sources: Sources) -> gpd.GeoDataFrame:
    """The contract's `places`: every township-level unit of the code list, and a seat for every county that has a settlement."""
    rows = pd.concat([townships(sources), county_seats(sources)], ignore_index=True)
    rows["city"] = rows["county"].map(sources.counties["parent"])
    rows["indoor_system"] = pd.array([pd.NA] * len(rows), dtype="boolean")
    rows["synthetic"] = False
    return gpd.GeoDataFrame(rows[COLUMNS], geometry="geometry", crs=4326)


def townships(sources: Sources) -> pd.DataFrame:
    """1,757 units; a point where GeoNames has one of that name in that county."""
    points = sources.settlements[sources.settlements["township"] != ""].set_index("township")
    units = sources.townships
    located = units["code"].isin(points.index)
    found = points.reindex(units["code"])
    return pd.DataFrame(
        {
            "id": units["code"],
            "name": units["name"],
            "place_class": "township",
            "kind": units["kind"],
            "county": units["county"],
            "position_error_m": located.map({True: sources.rules["places"]["township_position_error_m"]}),
            "point_source": ("GeoNames " + found["geonameid"].astype("Int64").astype(str)).where(located.to_numpy(), "").to_numpy(),
            "geometry": point_list(found),
        }
    )


def county_seats(sources: Sources) -> pd.DataFrame:
    """The settlement taken as a county's seat, by a rule, approximate.

    First the one the preset names; else the one with the county's own name; else the first township of the code list (lists open with
    the seat); else the settlement with most people.
    """
    named: dict[str, str] = sources.rules["places"]["seats"]
    chosen = []
    for county in sources.counties.itertuples(index=False):
        found = sources.by_county["settlements"][county.adcode]
        if found.empty:
            continue
        bare = county.name.rstrip("市县区") if len(county.name) > 2 else county.name
        namesake = found[[bool({county.name, bare} & set(names.split("|"))) for names in found["names_zh"]]]
        codes = sources.by_county["townships"][county.adcode]["code"]
        listed = found[found["township"].isin(codes[:1])]
        by_name = found[found["name"] == named.get(county.adcode)]
        shortlist = next(part for part in (by_name, namesake, listed, found) if len(part))
        best = shortlist.sort_values(["population", "geonameid"], ascending=[False, True]).iloc[0]
        seat = {"seat": best["name"] or best["name_en"], **best[["geonameid", "lon", "lat"]]}
        chosen.append({"county": county.adcode, "county_name": county.name, **seat})
    seats = pd.DataFrame(chosen)
    return pd.DataFrame(
        {
            "id": "seat-" + seats["county"],
            "name": seats["county_name"] + "驻地（" + seats["seat"] + "）",
            "place_class": "county_seat",
            "kind": seats["county_name"].str.endswith("区").map({True: "城区", False: "县城"}),
            "county": seats["county"],
            "position_error_m": sources.rules["places"]["seat_position_error_m"],
            "point_source": "GeoNames " + seats["geonameid"].astype(str),
            "geometry": point_list(seats),
        }
    )


def point_list(frame: pd.DataFrame) -> list[Point | None]:
    """Points of lon and lat, None where there are none."""
    return [Point(lon, lat) if lon == lon else None for lon, lat in zip(frame["lon"], frame["lat"], strict=True)]
