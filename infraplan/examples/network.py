"""The example's existing sites: synthetic, put where its people are, tuned to leave gaps worth planning for."""

from __future__ import annotations

import heapq
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.ndimage import gaussian_filter
from scipy.signal import fftconvolve
from scipy.spatial import cKDTree

from infraplan.examples.scattering import shift
from infraplan.examples.sources import METRES_PER_DEGREE, Sources

Floats = npt.NDArray[np.float64]
ENVIRONMENTS = ("rural", "suburban", "urban", "dense_urban")
NR, NBIOT = 3, 4  # streams of random numbers
COLUMNS = [
    "id", "name", "mast", "lon", "lat", "status", "services", "operators", "environment", "height_m", "azimuth_deg", "tilt_deg",
    "carrier_power_dbm", "antenna", "host", "built", "sa", "county", "city", "synthetic",
]  # fmt: skip


class Bins:
    """People counted in squares of a local plane: where sites are chosen. Row 0 lies in the south."""

    def __init__(self, people: gpd.GeoDataFrame, rules: dict[str, Any]):
        self.side_m = float(rules["bin_m"])
        self.lon, self.lat = people.geometry.x.to_numpy(), people.geometry.y.to_numpy()
        middle = np.cos(np.radians((self.lat.min() + self.lat.max()) / 2))
        self.x_m = (self.lon - self.lon.min()) * METRES_PER_DEGREE * middle
        self.y_m = (self.lat - self.lat.min()) * METRES_PER_DEGREE
        self.row, self.col = (self.y_m // self.side_m).astype(int), (self.x_m // self.side_m).astype(int)
        self.shape = self.row.max() + 1, self.col.max() + 1
        weight = people["population"].to_numpy(float)
        self.people = np.bincount(self.row * self.shape[1] + self.col, weight, self.shape[0] * self.shape[1]).reshape(self.shape)
        spread = rules["environment_radius_m"] / self.side_m
        self.per_km2 = gaussian_filter(self.people, spread) / (self.side_m / 1000) ** 2
        floors = [rules["suburban_per_km2"], rules["urban_per_km2"], rules["dense_urban_per_km2"]]
        self.environment = np.digitize(self.per_km2, floors)
        order = np.lexsort((-weight, self.row * self.shape[1] + self.col))
        flat = (self.row * self.shape[1] + self.col)[order]
        first = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])
        self.members = order
        self.first = dict(zip(flat[first].tolist(), first.tolist(), strict=True))
        self.count = dict(zip(flat[first].tolist(), np.diff(np.r_[first, len(flat)]).tolist(), strict=True))

    def point_in(self, row: int, col: int, turn: int) -> int:
        """Row of the people's table: the square's points in falling size, the next one at every further site."""
        flat = row * self.shape[1] + col
        return int(self.members[self.first[flat] + turn % self.count[flat]])


def disc(radius_m: float, side_m: float) -> npt.NDArray[np.bool_]:
    """Squares whose centre lies within a radius."""
    half = int(radius_m // side_m)
    step = np.arange(-half, half + 1) * side_m
    return np.asarray(np.hypot(step[:, None], step) <= radius_m)


def choose_points(bins: Bins, weight: Floats, count: int, rule: dict[str, Any]) -> list[int]:
    """Greedy: the square whose disc holds most weight still unserved, again and again; what is served once keeps `remaining_weight`.

    Gains only fall, so a stale best is re-reckoned and put back (lazy greedy). Ties go to the lower square.
    """
    left = bins.people * weight
    masks = [disc(rule["reach_m"][name], bins.side_m) for name in ENVIRONMENTS]
    pad = max(mask.shape[0] // 2 for mask in masks)
    left = np.pad(left, pad)
    gain = np.zeros(bins.shape)
    for kind, mask in enumerate(masks):
        whole = fftconvolve(left, mask.astype(float), mode="same")[pad:-pad, pad:-pad]
        gain = np.where(bins.environment == kind, whole, gain)
    rows, cols = np.nonzero(bins.people)
    heap = [(-round(float(gain[r, c]), 3), int(r), int(c)) for r, c in zip(rows, cols, strict=True)]
    heapq.heapify(heap)
    turns: dict[tuple[int, int], int] = {}
    chosen: list[int] = []
    while len(chosen) < count and heap:
        _, row, col = heapq.heappop(heap)
        mask = masks[bins.environment[row, col]]
        half = mask.shape[0] // 2
        window = left[row + pad - half : row + pad + half + 1, col + pad - half : col + pad + half + 1]
        now = -round(float(window[mask].sum()), 3)
        if heap and (now, row, col) > heap[0]:
            heapq.heappush(heap, (now, row, col))
            continue
        turn = turns.get((row, col), 0)
        turns[row, col] = turn + 1
        chosen.append(bins.point_in(row, col, turn))
        window[mask] *= rule["remaining_weight"]
        heapq.heappush(heap, (-round(float(window[mask].sum()), 3), row, col))
    return chosen


def synthetic_sites(sources: Sources, people: gpd.GeoDataFrame, seed: int) -> pd.DataFrame:
    """NR and NB-IoT deployments in the contract's columns, with lon and lat instead of a geometry."""
    bins = Bins(people, sources.rules["network"])
    nr = nr_sites(sources, people, bins, np.random.default_rng([seed, NR]))
    nbiot = nbiot_sites(sources, people, bins, nr, np.random.default_rng([seed, NBIOT]))
    sites = pd.concat([nr, nbiot], ignore_index=True)
    sites["status"], sites["synthetic"], sites["carrier_power_dbm"], sites["antenna"] = "existing", True, pd.NA, pd.NA
    return sites[COLUMNS]


def tuned(sources: Sources, family: str) -> dict[str, Any]:
    """The rule of a family, with what the study's model changes in it."""
    rules = sources.rules["network"]
    return {**rules[family], **rules["tuned"].get(sources.rules["model"], {}).get(family, {})}


def city_weight(sources: Sources, people: gpd.GeoDataFrame, bins: Bins, outer: float) -> Floats:
    """Weight of each square: 1 in the delta cities, `outer` elsewhere."""
    weight = np.full(bins.shape, outer)
    inside = people["city"].isin(sources.delta).to_numpy()
    weight[bins.row[inside], bins.col[inside]] = 1.0
    return weight


def mast_frame(sources: Sources, people: gpd.GeoDataFrame, bins: Bins, chosen: list[int], rng: np.random.Generator) -> pd.DataFrame:
    """One row a mast: a point near the chosen one and still in its county, its surroundings, height, tilt and host."""
    rules = sources.rules["network"]
    home = people.iloc[chosen].reset_index(drop=True)
    lon, lat = shift(bins.lon[chosen], bins.lat[chosen], *rng.normal(0, 80.0, (2, len(chosen))))
    for adcode, rows in home.groupby("county").groups.items():
        outside = rows[~shapely.contains_xy(sources.counties.loc[adcode, "geometry"], lon[rows], lat[rows])]
        lon[outside], lat[outside] = bins.lon[chosen][outside], bins.lat[chosen][outside]
    environment = np.array(ENVIRONMENTS)[bins.environment[bins.row[chosen], bins.col[chosen]]]
    frame = pd.DataFrame({"lon": lon, "lat": lat, "environment": environment, "per_km2": bins.per_km2[bins.row[chosen], bins.col[chosen]]})
    frame["county"], frame["city"] = home["county"], home["city"]
    place = home["town"].where(home["town"] != "", home["county"].map(sources.counties["name"]))
    frame["place"] = place + (frame.groupby(place.to_numpy()).cumcount() + 1).map("{:03d}".format)
    for column in ("height_m", "tilt_deg"):
        low, high = (frame["environment"].map({name: rules[column][name][k] for name in ENVIRONMENTS}).to_numpy(float) for k in (0, 1))
        frame[column] = np.round(rng.uniform(low, high))
    rooftop = rng.random(len(frame)) < frame["environment"].map(rules["rooftop_share"]).to_numpy(float)
    frame["host"] = np.where(rooftop, "rooftop", "tower")
    return frame


def three_sectors(count: int, rng: np.random.Generator) -> list[str]:
    """Azimuths such as 20/140/260: three sectors, each mast turned as it pleases."""
    turn = rng.integers(0, 12, count) * 10
    return [f"{t}/{t + 120}/{t + 240}" for t in turn]


def dates(count: int, first: str, last: str, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    """Days between two dates, as ISO text."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    return np.datetime_as_string(rng.choice(days, count), unit="D")


def nr_sites(sources: Sources, people: gpd.GeoDataFrame, bins: Bins, rng: np.random.Generator) -> pd.DataFrame:
    """NR: each mast carries one of the two shared networks, some carry both (two deployments, one mast)."""
    rules = sources.rules["network"]
    rule, wanted = tuned(sources, "nr"), int(rules["nr_sites"])
    masts = round(wanted / (1 + rule["shared_mast_share"]))
    weight = city_weight(sources, people, bins, rule["outer_weight"])
    frame = mast_frame(sources, people, bins, choose_points(bins, weight, masts, rule), rng)
    frame["mast"] = [f"GD-M{n:05d}" for n in range(1, len(frame) + 1)]
    cmcc = rng.random(len(frame)) < rule["cmcc_share"]
    both = np.zeros(len(frame), bool)
    both[rng.permutation(len(frame))[: wanted - len(frame)]] = True
    rows = pd.concat([frame.assign(cmcc=cmcc), frame[both].assign(cmcc=~cmcc[both])])
    rows = rows.sort_values(["mast", "cmcc"], ascending=[True, False], ignore_index=True)
    low_band = rows["per_km2"] < rule["low_band_below_per_km2"]
    rows["services"] = np.where(rows["cmcc"], np.where(low_band, "nr-n41;nr-n28", "nr-n41"), "nr-n78")
    rows["operators"] = np.where(rows["cmcc"], "cbn+cmcc", "ctcc+cucc")
    rows["id"] = [f"GD-NR-{n:05d}" for n in range(1, len(rows) + 1)]
    rows["name"] = rows["place"] + "-5G"
    rows["azimuth_deg"] = three_sectors(len(rows), rng)
    early = rng.random(len(rows)) < rule["built_2019_share"]
    rows["built"] = np.where(early, dates(len(rows), "2019-06-06", "2019-12-31", rng), dates(len(rows), "2020-01-01", "2020-12-31", rng))
    rows["sa"] = pd.array(rng.random(len(rows)) < rule["standalone_share"], dtype="boolean")
    return rows


def nbiot_sites(sources: Sources, people: gpd.GeoDataFrame, bins: Bins, nr: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """NB-IoT: one operator and band a deployment; it stands on an NR mast where one is near."""
    rules, rule = sources.rules["network"], tuned(sources, "nbiot")
    weight = city_weight(sources, people, bins, rule["outer_weight"])
    rows = mast_frame(sources, people, bins, choose_points(bins, weight, int(rules["nbiot_sites"]), rule), rng)
    rows["height_m"] = rows["height_m"].clip(lower=rules["height_m"]["nbiot_minimum"])
    rows["mast"] = [f"GD-N{n:05d}" for n in range(1, len(rows) + 1)]
    masts = nr.drop_duplicates("mast")
    squeeze = np.array([np.cos(np.radians(bins.lat.mean())), 1.0])
    gap, near = cKDTree(masts[["lon", "lat"]].to_numpy(float) * squeeze).query(rows[["lon", "lat"]].to_numpy(float) * squeeze)
    joined = np.asarray(gap) * METRES_PER_DEGREE < rule["join_mast_within_m"]
    for column in ("mast", "lon", "lat", "county", "city"):
        rows.loc[joined, column] = masts[column].to_numpy()[np.asarray(near)[joined]]
    kinds = list(rule["share"])
    draw = rng.choice(len(kinds), len(rows), p=np.array(list(rule["share"].values())) / sum(rule["share"].values()))
    rows["services"] = np.array([kind.split("/")[0] for kind in kinds])[draw]
    rows["operators"] = np.array([kind.split("/")[1] for kind in kinds])[draw]
    rows["id"] = [f"GD-NB-{n:05d}" for n in range(1, len(rows) + 1)]
    rows["name"] = rows["place"] + "-NB"
    omni = (rows["environment"] == "rural").to_numpy() & (rng.random(len(rows)) < rule["omni_rural_share"])
    rows["azimuth_deg"] = np.where(omni, "omni", three_sectors(len(rows), rng))
    rows["tilt_deg"] = rows["tilt_deg"].where(~omni, 0.0)
    rows["built"] = dates(len(rows), "2017-06-01", "2020-12-31", rng)
    rows["sa"] = pd.array([pd.NA] * len(rows), dtype="boolean")
    return rows
