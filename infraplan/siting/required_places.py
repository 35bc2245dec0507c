"""Places that a plan must serve in any case: which of a target's places they are."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.coverage.places import has_place, is_polygon
from infraplan.coverage.prediction import Coverage
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.policy.counted_rows import place_rows, village_rows
from infraplan.policy.layers import Layers, answers, zones_of_rows
from infraplan.policy.targets import Target, Targets
from infraplan.siting.goals import required_places_target
from infraplan.tables.column_types import typed

POINT_TYPES = {
    **dict.fromkeys(("id", "name", "kind", "county", "city"), "str"),
    "population": "int64",
    "position_error_m": "float64",
}
POINT_COLUMNS = (*POINT_TYPES, "geometry")


def required_place_points(
    targets: Targets, name: str, *, cover: Coverage, zones: Any, villages: Any, places: Any, cities: tuple[str, ...] = ()
) -> tuple[Target, Any]:
    """The target named `name`, and its places as points that a plan must serve.

    Interpretation (ours): every place has to be served, also where the clause requires a share or a number of them. A place is judged as
    demand is, by its own pixel and those within its position error; a polygon by a point inside it, a settlement that the clause judges
    within a radius by its own point. A place whose indoor system is stated is left out, since no site outdoors changes it; so is one whose
    position nobody knows.

    Raises
    ------
    UsageError
        The layer of the places is absent, or the family is not on the map.
    """
    target = required_places_target(targets, name)
    if target.family not in cover.families:
        raise UsageError(both("siting.no_places", target=name, layer=target.family))
    layers = Layers(cover, zones, villages, places)
    if target.layer == "villages":
        chosen, codes = villages.loc[village_rows(target, layers)[0]], zones_of_rows(layers, "villages")
    else:
        rows = place_rows(target, layers)
        if rows is None:
            raise UsageError(both("siting.no_places", target=name, layer=", ".join(target.place_classes)))
        if target.indoor_system:
            rows = rows & ~answers(layers, "places", "indoor_system")[1]
        chosen, codes = places.loc[rows & has_place(places)], zones_of_rows(layers, "places")
    codes = codes.loc[chosen.index]
    if cities:
        inside = codes["city"].isin(cities).to_numpy() if "city" in codes else np.zeros(len(chosen), dtype=bool)
        chosen, codes = chosen.loc[inside], codes.loc[inside]
    return target, _as_points(chosen, codes)


def _as_points(chosen: Any, codes: pd.DataFrame) -> Any:
    areas = is_polygon(chosen) if len(chosen) else np.zeros(0, dtype=bool)
    geometry = chosen.geometry.to_crs(4326)
    error_m = chosen["position_error_m"].to_numpy(dtype=float) if "position_error_m" in chosen else np.zeros(len(chosen))
    level = {name: codes[name].astype(str).to_numpy() if name in codes else np.full(len(chosen), "") for name in ("county", "city")}
    table = {
        "id": chosen["id"].astype(str).to_numpy(),
        "name": chosen["name"].astype(str).to_numpy(),
        "kind": "place",
        **level,
        "population": 0,
        "position_error_m": np.where(areas, 0.0, np.nan_to_num(error_m)),
    }
    points = geometry.where(~areas, geometry.representative_point())
    return gpd.GeoDataFrame(typed(table, POINT_TYPES), geometry=points.array, crs=4326)
