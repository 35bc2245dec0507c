"""The environment of sites that do not state it, from the study's people, else from its land cover."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from infraplan.coverage.settlement_class import PeopleAround, class_from_land
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.tables.site_defaults import Surroundings


def surroundings_of(people: Any, land: Path | None, land_table: str, zones: Any, limits: dict[str, Any]) -> Surroundings | None:
    """The source of the environment of a mast: people where the study has villages, else land cover where it has a raster, else nothing.

    `limits`: radius and limits of each kind of surroundings.
    """
    radius_m = float(limits["radius_m"])
    grid = Grid.over(zones)
    if people is not None and len(people):
        how = both("study.from_people", radius=f"{radius_m:g}")
        around = PeopleAround(people, grid, limits)
        return lambda sites: (around.classes(sites), how)
    if land is not None:
        from infraplan.io.built_up import built_share

        how = both("study.from_land", radius=f"{radius_m:g}")
        return lambda sites: (class_from_land(built_share(land, land_table, sites, radius_m, grid), limits), how)
    return None
