"""The sources of the example: the files of `data/` and the presets with the rules for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

import infraplan
from infraplan import presets
from infraplan.errors import InfraplanError
from infraplan.messages import both

METRES_PER_DEGREE = 111_320.0  # of latitude, and of longitude at the equator: exact to 0.5 %, which is enough for synthetic points


def data_folder() -> Path:
    """The folder `data`: beside the package in an editable install, inside it in a wheel."""
    package = Path(infraplan.__file__).resolve().parent
    for folder in (package / "data", package.parent / "data"):
        if (folder / "boundaries" / "guangdong.gpkg").is_file():
            return folder
    raise InfraplanError(both("examples.no_data", folder=package))


@dataclass(frozen=True)
class Sources:
    """Everything the example is made from, read once.

    `zones` has population and urban_share; `settlements` and `townships` carry county; `committees` carry township and a short name.
    """

    rules: dict[str, Any]
    folder: Path
    zones: gpd.GeoDataFrame
    settlements: pd.DataFrame
    townships: pd.DataFrame
    committees: pd.DataFrame
    delta: frozenset[str]

    @cached_property
    def counties(self) -> gpd.GeoDataFrame:
        """Counties in the order of their codes, indexed by adcode."""
        return self.zones[self.zones["level"] == "county"].sort_values("adcode").set_index("adcode", drop=False)

    @cached_property
    def layers(self) -> dict[str, Any]:
        """The rules of the layers that clauses ask about: places, lines, answers, registers."""
        return presets.load(self.rules["layers"])

    @cached_property
    def by_county(self) -> dict[str, dict[str, pd.DataFrame]]:
        """Settlements, townships and village committees of each county; an empty table where it has none."""
        tables = {"settlements": self.settlements, "townships": self.townships, "villages": self.committees[self.committees["village"]]}
        groups = {name: dict(tuple(table.groupby("county"))) for name, table in tables.items()}
        return {name: {code: groups[name].get(code, table.iloc[:0]) for code in self.counties.index} for name, table in tables.items()}

    @cached_property
    def near_counties(self) -> gpd.GeoDataFrame:
        """The counties without parts that lie far from their largest one: nobody lives on an atoll."""
        counties, far_deg = self.counties, self.rules["villages"]["islets_beyond_deg"]
        return counties.set_geometry([near_parts(shape, far_deg) for shape in counties.geometry], crs=counties.crs)


def near_parts(shape: Any, far_deg: float) -> Any:
    """The polygons of a shape within a distance of its largest."""
    parts = shapely.get_parts(shape)
    largest = parts[np.argmax(shapely.area(parts))]
    return shapely.multipolygons(parts[shapely.distance(parts, largest) <= far_deg])


def read_sources(example: str) -> Sources:
    """The preset `example` and the files it names."""
    rules, folder = presets.load(example), data_folder()
    zones = gpd.read_file(folder / rules["boundaries"])
    census = pd.DataFrame(presets.load(rules["census"])["city"]).set_index("adcode")
    townships = pd.read_csv(folder / rules["townships"], dtype=str, keep_default_na=False)
    committees = pd.read_csv(folder / rules["committees"], dtype=str, keep_default_na=False)
    settlements = pd.read_csv(folder / rules["settlements"], keep_default_na=False, dtype={"county": str, "township": str})
    delta = frozenset(presets.load(rules["zones"])["groups"]["delta"]["cities"])
    committees = short_committees(committees)
    return Sources(rules, folder, with_people(zones, census, committees, rules["split"]), settlements, townships, committees, delta)


def short_committees(committees: pd.DataFrame) -> pd.DataFrame:
    """Adds township, county, `village` (a village committee, not a residents' one) and the short name people use."""
    name = committees["name"]
    village = name.str.endswith(("村委会", "村民委员会"))
    short = name.str.replace("村*村民委员会$|村*村委会$", "村", regex=True).str.replace("社区居民委员会$|社区居委会$", "社区", regex=True)
    short = short.str.replace("村*村居民委员会$|村*村居委会$", "村社区", regex=True).str.replace("居民委员会$|居委会$", "社区", regex=True)
    resident = short.str.endswith("社区") & ~name.str.contains("虚拟")
    code = committees["code"].str
    return committees.assign(short=short, village=village, resident=resident, township=code[:9], county=code[:6])


def with_people(zones: gpd.GeoDataFrame, census: pd.DataFrame, committees: pd.DataFrame, rule: dict[str, float]) -> gpd.GeoDataFrame:
    """Residents of every zone: cities from the census, counties by the preset's rule; every level sums to the same whole people.

    `urban_people` are whole, `urban_share` their share, `synthetic` marks a county whose people are our guess.
    """
    zones = zones.set_index(["level", "adcode"], drop=False)
    zones["population"], zones["urban_people"], zones["synthetic"] = 0, 0, False
    area_km2 = zones.geometry.to_crs("ESRI:54034").area / 1e6
    counts = committees.groupby("county")[["village", "resident"]].sum()
    urban_of = (census["population"] * census["urban_share"]).round().astype(np.int64).to_dict()
    for city, people in census["population"].to_dict().items():
        members = zones.index[(zones["level"] == "county") & (zones["parent"] == city)]
        codes = members.get_level_values("adcode")
        villages, residents = counts["village"].reindex(codes).to_numpy(float), counts["resident"].reindex(codes).to_numpy(float)
        area = area_km2[members].to_numpy()
        urban_weight = np.sqrt((residents + rule["village_committee_weight"] * villages) * np.minimum(area, rule["area_cap_km2"]))
        rural_weight = villages if villages.sum() > 0 else area
        urban, rural = apportion(urban_of[city], urban_weight), apportion(people - urban_of[city], rural_weight)
        zones.loc[members, "urban_people"] = urban
        zones.loc[members, "population"] = np.add(urban, rural)
        zones.loc[members, "synthetic"] = len(members) > 1
        zones.loc[("city", city), ["population", "urban_people"]] = [people, urban_of[city]]
    top = zones.index[zones["level"] == "province"]
    zones.loc[top, ["population", "urban_people"]] = [int(census["population"].sum()), sum(urban_of.values())]
    zones["urban_share"] = zones["urban_people"] / zones["population"]
    return zones.reset_index(drop=True)


def apportion(total: int, weights: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """`total` whole things shared by weight, to the last one: largest remainders, ties to the first."""
    weight = np.asarray(weights, float)
    if total == 0 or weight.sum() <= 0:
        return np.zeros(len(weight), np.int64)
    weight = weight / weight.max()
    exact = weight * (total / weight.sum())
    whole: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


@contextmanager
def reproducible_gdal() -> Iterator[None]:
    """GDAL writes the time into a GeoPackage: within the block it writes a fixed one, so that equal content gives equal bytes."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2020-12-31T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
