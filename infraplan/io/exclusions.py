"""Land on which nothing may be built: polygons from any vector file."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from infraplan.io.file_kinds import Source
from infraplan.io.file_parts import Wanted
from infraplan.io.joined_tables import located_table

POLYGONS = (3, 6)


def read_exclusions(
    source: Source, *, datum: str | None = None, crs: str | None = None, sheet: Wanted = None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    """Polygons (water, protected land) in EPSG:4326; other columns are left out. Arguments and errors as in `read_villages`."""
    raw = located_table(source, "exclusion", sheet, encoding, datum=datum, crs=crs)
    if not len(raw.frame):
        raw.faults.add("tables.none_yet", severity="warning")
    shapes = raw.frame.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    kinds = shapely.get_type_id(shapes)
    names = np.array([shape.geom_type if here else "-" for shape, here in zip(shapes, there, strict=True)], dtype=object)
    raw.faults.at(there & ~np.isin(kinds, POLYGONS), "io.not_polygons", "geometry", names)
    raw.faults.at(~there, "io.exclusion_without_shape", "geometry", severity="warning")
    raw.faults.stop()
    raw.faults.warn()
    sound = np.where(shapely.is_valid(shapes[there]), shapes[there], shapely.make_valid(shapes[there]))
    done = gpd.GeoDataFrame(geometry=gpd.array.from_shapely(sound, crs=4326))
    done.attrs["faults"] = raw.faults.records()
    return done
