"""The example's existing sites: as many as were published, placed by stated rules where its people are, not adjusted to any result."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from infraplan.arrays import Floats, Ints
from infraplan.examples.random_points import Plane, apart, scatter_inside
from infraplan.examples.source_data import Sources, apportion
from infraplan.presets import load

ENVIRONMENTS = ("rural", "suburban", "urban", "dense_urban")
NR, NBIOT = 3, 4  # streams of random numbers
COLUMNS = [
    "id", "name", "mast", "lon", "lat", "status", "services", "operators", "environment", "height_m", "azimuth_deg", "tilt_deg",
    "carrier_power_dbm", "antenna", "host", "built", "sa", "county", "city", "synthetic",
]  # fmt: skip


def synthetic_sites(sources: Sources, crowd: PeopleInOrder, seed: int) -> pd.DataFrame:
    """One row a station (one network's antennas of one family on one mast), in the contract's columns, lon and lat, no geometry."""
    masts = nr_masts(sources, crowd, np.random.default_rng([seed, NR]))
    nr = nr_stations(sources, masts, np.random.default_rng([seed, NR, 1]))
    nbiot = nbiot_stations(sources, crowd, masts, np.random.default_rng([seed, NBIOT]))
    sites = pd.concat([nr, nbiot], ignore_index=True)
    presets = load("services")["service"]
    sites["status"], sites["synthetic"] = "existing", True
    sites["carrier_power_dbm"] = sites["services"].map({name: presets[name]["carrier_power_dbm"]["value"][1] for name in presets})
    sites["antenna"] = sites["services"].map({name: presets[name]["antenna"] for name in presets})
    return sites[COLUMNS]


class PeopleInOrder:
    """The people's points in an order in which neighbours in the list are neighbours on the ground (a Hilbert curve, city by city)."""

    def __init__(self, people: gpd.GeoDataFrame, rules: dict[str, Any]):
        curve = people.geometry.hilbert_distance(level=16).to_numpy()
        order = np.lexsort((people["id"].to_numpy(str), curve, people["city"].to_numpy(str)))
        self.points = people.iloc[order].reset_index(drop=True)
        self.lon, self.lat = self.points.geometry.x.to_numpy(), self.points.geometry.y.to_numpy()
        self.plane = Plane(self.lon, self.lat)
        self.x_m, self.y_m = self.plane.flat(self.lon, self.lat)
        self.people = self.points["population"].to_numpy(np.int64)
        city = self.points["city"].to_numpy(str)
        first = np.flatnonzero(np.r_[True, city[1:] != city[:-1]])
        self.rows_of = {city[a]: slice(a, b) for a, b in zip(first, np.r_[first[1:], len(city)], strict=True)}
        self.per_km2, self.side_m = density(self.x_m, self.y_m, self.people, rules), float(rules["bin_m"])
        floors = [rules["suburban_per_km2"], rules["urban_per_km2"], rules["dense_urban_per_km2"]]
        self.environment = np.array(ENVIRONMENTS)[np.digitize(self.per_km2, floors)]

    def every(self, city: str, count: int, start: float) -> Ints:
        """Rows of the points where every n-th resident of a city lives, n such that there are `count`; `start`, 0..1, moves them along."""
        rows = self.rows_of[city]
        total = np.cumsum(self.people[rows])
        at = (np.arange(count) + start) * (total[-1] / max(count, 1))
        return np.asarray(rows.start + np.searchsorted(total, at, side="right").clip(0, len(total) - 1), np.int64)


def density(x_m: Floats, y_m: Floats, people: Ints, rules: dict[str, Any]) -> Floats:
    """People per km2 about each point, smoothed."""
    side_m = float(rules["bin_m"])
    row, col = (y_m // side_m).astype(int), (x_m // side_m).astype(int)
    shape = row.max() + 1, col.max() + 1
    count = np.bincount(row * shape[1] + col, people.astype(float), shape[0] * shape[1]).reshape(shape)
    smooth = gaussian_filter(count, rules["environment_radius_m"] / side_m) / (side_m / 1000) ** 2
    return np.asarray(smooth[row, col])


def stations_by_city(sources: Sources) -> dict[str, int]:
    """Published stations of the cities that have a figure.

    The rest of the province's stations are divided among the other cities by urban people.
    """
    rule = sources.rules["network"]["nr"]
    known: dict[str, int] = dict(rule["city_stations"])
    cities = sources.zones[sources.zones["level"] == "city"].set_index("adcode").sort_index()
    others = cities[~cities.index.isin(list(known))]
    rest = apportion(int(rule["stations"]) - sum(known.values()), others["urban_people"])
    return dict(sorted((known | dict(zip(others.index, rest.tolist(), strict=True))).items()))


def nr_masts(sources: Sources, crowd: PeopleInOrder, rng: np.random.Generator) -> pd.DataFrame:
    """One row a mast that carries 5G, with `cmcc` and `joint`: which of the two networks use it.

    A city's masts are its stations divided by the tenants a tower has; enough of them carry both networks to give the number of stations.
    """
    rule = sources.rules["network"]["nr"]
    homes, flags = [], []
    for city, stations in stations_by_city(sources).items():
        count = int(np.ceil(stations / rule["tenants_per_mast"]))
        common = stations - count
        cmcc = int(np.clip(round(stations * rule["cmcc_share"]), common, count))
        homes.append(crowd.every(city, count, 0.5))
        flags.append(rng.permutation(np.repeat([3, 1, 2], [common, cmcc - common, count - cmcc])))
    kind = np.concatenate(flags)
    masts = mast_frame(sources, crowd, np.concatenate(homes), rng)
    return masts.assign(cmcc=(kind & 1) > 0, joint=(kind & 2) > 0, mast=[f"GD-M{n:06d}" for n in range(1, len(masts) + 1)])


def mast_frame(
    sources: Sources, crowd: PeopleInOrder, home: Ints, rng: np.random.Generator, others: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row a mast near its point, in its county, apart from each other and from `others`: height, tilt, azimuths, host."""
    rules = sources.rules["network"]
    points = crowd.points.iloc[home].reset_index(drop=True)
    spread_m = points["kind"].map(rules["mast_offset_m"]).to_numpy(float)
    lon, lat = crowd.lon[home], crowd.lat[home]
    members = points.groupby("county").indices
    for adcode, rows in members.items():

        def offsets(some: npt.NDArray[np.intp], rows: npt.NDArray[np.intp] = rows) -> tuple[Floats, Floats]:
            return rng.normal(0, 1, len(some)) * spread_m[rows[some]], rng.normal(0, 1, len(some)) * spread_m[rows[some]]

        lon[rows], lat[rows] = scatter_inside(sources.counties.loc[adcode, "geometry"], lon[rows], lat[rows], offsets, rng)
    fixed_m = np.column_stack(crowd.plane.flat(others["lon"], others["lat"])) if others is not None else ()
    moved_lon, moved_lat = crowd.plane.degrees(*apart(*crowd.plane.flat(lon, lat), rules["mast_spacing_m"], fixed_m))
    for adcode, rows in members.items():
        stay = rows[shapely.contains_xy(sources.counties.loc[adcode, "geometry"], moved_lon[rows], moved_lat[rows])]
        lon[stay], lat[stay] = moved_lon[stay], moved_lat[stay]
    frame = pd.DataFrame({"lon": lon, "lat": lat, "environment": crowd.environment[home]})
    frame["county"], frame["city"] = points["county"], points["city"]
    frame["place"] = points["town"].where(points["town"] != "", points["county"].map(sources.counties["name"]))
    for column in ("height_m", "tilt_deg"):
        low, high = (frame["environment"].map({name: rules[column][name][k] for name in ENVIRONMENTS}).to_numpy(float) for k in (0, 1))
        frame[column] = np.round(rng.uniform(low, high))
    rooftop = rng.random(len(frame)) < frame["environment"].map(rules["rooftop_share"]).to_numpy(float)
    frame["host"] = np.where(rooftop, "rooftop", "tower")
    turn = rng.integers(0, 12, len(frame)) * 10
    frame["azimuth_deg"] = [f"{t}/{t + 120}/{t + 240}" for t in turn]
    return frame


def named(rows: pd.DataFrame, ending: str) -> pd.Series:
    """Names such as 西乡街道0001-5G: the place, a number within it, what it carries."""
    number = rows.groupby("place").cumcount() + 1
    return rows["place"] + number.map("{:04d}".format) + ending


def dates(count: int, first: date, last: date, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    """Days between two dates, both included, as ISO text."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    return np.datetime_as_string(rng.choice(days, count), unit="D")


def nr_stations(sources: Sources, masts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A row a network on a mast. The published number existed at the end of 2019, in every city the same share."""
    rules = sources.rules["network"]
    rule, as_of = rules["nr"], rules["as_of"]
    parts = [masts[masts[name]].assign(**rule["networks"][name]) for name in ("cmcc", "joint")]
    rows = pd.concat(parts).sort_values(["mast", "services"], ignore_index=True)
    rows["id"] = [f"GD-NR-{n:06d}" for n in range(1, len(rows) + 1)]
    rows["name"] = named(rows, "-5G")
    count = rows.groupby("city").size()
    early = dict(zip(count.index, apportion(int(rule["stations_2019"]), count), strict=True))
    built = np.empty(len(rows), "U10")
    for city, members in rows.groupby("city").indices.items():
        order = rng.permutation(members)
        built[order[: early[city]]] = dates(early[city], rule["first_built"], date(2019, 12, 31), rng)
        built[order[early[city] :]] = dates(len(order) - early[city], date(2020, 1, 1), as_of, rng)
    rows["built"] = built
    rows["sa"] = pd.array(rng.random(len(rows)) < rule["standalone_share"], dtype="boolean")
    return rows


def nbiot_count(rule: dict[str, Any], as_of: date) -> int:
    """Stations on a day: built evenly from the first day to the goal's."""
    first, last = rule["first_built"], rule["goal_day"]
    share: float = (as_of - first).days / (last - first).days
    return round(int(rule["goal"]) * share)


def nbiot_stations(sources: Sources, crowd: PeopleInOrder, masts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """NB-IoT: a row an operator and carrier, each operator's spread over each city's people; on the nearest 5G mast where one is near."""
    rules = sources.rules["network"]
    rule = rules["nbiot"]
    kinds = list(rule["share"])
    cities = list(crowd.rows_of)
    by_city = apportion(nbiot_count(rule, rules["as_of"]), [crowd.people[crowd.rows_of[city]].sum() for city in cities])
    homes: list[Ints] = []
    kind_of: list[Ints] = []
    for city, count in zip(cities, by_city, strict=True):
        for number, some in enumerate(apportion(int(count), list(rule["share"].values()))):
            homes.append(crowd.every(city, int(some), rng.random()))
            kind_of.append(np.full(int(some), number))
    kind = np.concatenate(kind_of)
    rows = on_masts(sources, crowd, masts, np.concatenate(homes), kind, rng)
    rows["services"], rows["operators"] = (np.array([name.split("/")[k] for name in kinds])[kind] for k in (0, 1))
    rows = rows.sort_values(["mast", "operators", "services"], ignore_index=True)
    rows["id"] = [f"GD-NB-{n:06d}" for n in range(1, len(rows) + 1)]
    rows["name"] = named(rows, "-NB")
    rows["built"] = dates(len(rows), rule["first_built"], rules["as_of"], rng)
    rows["sa"] = pd.array([pd.NA] * len(rows), dtype="boolean")
    return rows


def on_masts(sources: Sources, crowd: PeopleInOrder, masts: pd.DataFrame, home: Ints, kind: Ints, rng: np.random.Generator) -> pd.DataFrame:
    """A mast for each position: the nearest 5G mast within reach that has none of its kind yet, else a new one.

    Stations of one position without a 5G mast share a new mast, each kind once.
    """
    rules = sources.rules["network"]
    tree = cKDTree(np.column_stack(crowd.plane.flat(masts["lon"], masts["lat"])))
    gap_m, near = (np.asarray(part) for part in tree.query(np.column_stack([crowd.x_m[home], crowd.y_m[home]])))
    joined = gap_m <= rules["nbiot"]["join_mast_within_m"]
    joined[joined] = pd.Series(near[joined]).groupby([near[joined], kind[joined]]).cumcount().to_numpy() == 0
    turn = pd.Series(home).groupby([home, kind]).cumcount().to_numpy()
    own, which = np.unique(np.stack([home, turn])[:, ~joined], axis=1, return_inverse=True)
    fresh = mast_frame(sources, crowd, own[0], rng, masts)
    fresh["mast"] = [f"GD-M{n:06d}" for n in range(len(masts) + 1, len(masts) + len(fresh) + 1)]
    fresh["height_m"] = fresh["height_m"].clip(lower=rules["nbiot"]["least_height_m"])
    omni = (fresh["environment"] == "rural").to_numpy() & (rng.random(len(fresh)) < rules["nbiot"]["omni_rural_share"])
    fresh["azimuth_deg"], fresh["tilt_deg"] = fresh["azimuth_deg"].where(~omni, "omni"), fresh["tilt_deg"].where(~omni, 0.0)
    every = pd.concat([masts.drop(columns=["cmcc", "joint"]), fresh], ignore_index=True)
    row = near.copy()
    row[~joined] = len(masts) + which
    return every.iloc[row].reset_index(drop=True)
