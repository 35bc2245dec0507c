"""Land on which nothing may be built: polygons from any vector file."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from infraplan.io.coordinates import locate, settle_datum
from infraplan.io.sources import Source, load_source

POLYGONS = (3, 6)


def read_exclusions(
    source: Source, *, datum: str | None = None, crs: str | None = None, sheet: str | int | None = None, encoding: str | None = None
) -> gpd.GeoDataFrame:
    """Polygons (water, protected land) in EPSG:4326; what else the file says is left there. Arguments and errors as in `read_villages`."""
    raw = load_source(source, "zone", sheet=sheet, encoding=encoding)
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        raw.faults.add("io.needs_geometry")
        raw.faults.stop()
    raw.faults.rows = raw.rows
    frame = locate(raw.frame, raw.faults, datum=settle_datum(datum, "", raw.faults), crs=crs)
    shapes = frame.geometry.to_numpy()
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
