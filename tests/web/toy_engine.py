"""An engine for tests of the page: an invented land where a site serves whom it is near to, counted within milliseconds."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from PIL import Image
from shapely.geometry import box

from infraplan.study.scenarios import Edit

WEST, SOUTH, SIDE = 113.0, 24.0, 0.5
HOSTILE = "<img src=x onerror=alert(1)>村"
LIMITS = {"height_m": [1.0, 500.0], "tilt_deg": [-10.0, 30.0], "carrier_power_dbm": [0.0, 60.0]}


def _zones() -> gpd.GeoDataFrame:
    """A province of two cities with two counties each."""
    rows = [("99", "试验省", "province", "", box(WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE))]
    for city in range(2):
        west = WEST + city * SIDE
        code = f"990{city + 1}00"
        rows.append((code, "东西"[1 - city] + "市", "city", "99", box(west, SOUTH, west + SIDE, SOUTH + 2 * SIDE)))
        for county in range(2):
            south = SOUTH + county * SIDE
            shape = box(west, south, west + SIDE, south + SIDE)
            rows.append((f"{code[:4]}{county + 1:02d}", f"{'东西'[1 - city]}{'南北'[county]}县", "county", code, shape))
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["adcode", "name", "level", "parent", "geometry"]), crs=4326)


class ToyEngine:
    """As `WhatIf`. A site reaches a kilometre for each 3 m of its height."""

    def __init__(self, folder: Path):
        self.zones = _zones()
        titles = SimpleNamespace(study=SimpleNamespace(title_zh="试验研究", title_en="Toy study"))
        self.study = SimpleNamespace(
            folder=folder, output=folder, inputs={"sites.csv": "00"}, zones=self.zones, corridors=None, fibre=None, config=titles
        )
        rng = np.random.default_rng(4)
        count = 300
        self.people = pd.DataFrame(
            {
                "id": [f"V{number:03d}" for number in range(count)],
                "name": [f"{number}号村" for number in range(count)],
                "longitude": WEST + rng.random(count) * 2 * SIDE,
                "latitude": SOUTH + rng.random(count) * 2 * SIDE,
                "population": rng.integers(50, 900, count),
            }
        )
        self.people.loc[0, "name"] = HOSTILE
        where = gpd.GeoDataFrame(self.people[["id"]], geometry=gpd.points_from_xy(self.people.longitude, self.people.latitude), crs=4326)
        counties = self.zones.loc[self.zones["level"] == "county", ["adcode", "geometry"]]
        self.people["county"] = where.sjoin(counties).sort_index()["adcode"].to_numpy()
        self.study.villages = gpd.GeoDataFrame(self.people.assign(town=HOSTILE), geometry=where.geometry)
        at = rng.random((12, 2)) * 2 * SIDE
        self.base = pd.DataFrame(
            {
                "id": [f"S{number:02d}" for number in range(12)],
                "name": [f"{number}号站" for number in range(12)],
                "longitude": WEST + at[:, 0].round(3),
                "latitude": SOUTH + at[:, 1].round(3),
                "services": "nr-n28",
                "operators": "cbn+cmcc",
                "height_m": 30.0,
                "azimuth_deg": "omni",
                "tilt_deg": 3.0,
                "status": ["existing"] * 10 + ["suggested"] * 2,
                "edit": "",
            }
        )
        self.edits: tuple[Edit, ...] = ()
        self.today = self._served(self._table(()))

    def _table(self, edits: Sequence[Edit]) -> pd.DataFrame:
        table = self.base.set_index("id", drop=False)
        for edit in edits:
            values = edit.model_dump(exclude_none=True, exclude={"do"}) | {"edit": edit.do}
            values = {key: "/".join(f"{part:g}" for part in item) if key == "azimuth_deg" else item for key, item in values.items()}
            values = {key: ";".join(item) if key == "services" else item for key, item in values.items()}
            if edit.do == "remove":
                values["status"] = "retired"
            if edit.do == "add":
                values["status"] = "planned"
            for name, value in values.items():
                table.loc[edit.id, name] = value
        return table.reset_index(drop=True)

    def _served(self, sites: pd.DataFrame) -> pd.Series:
        sites = sites[sites["status"].isin(["existing", "planned"])]
        dx = (self.people["longitude"].to_numpy()[:, None] - sites["longitude"].to_numpy()) * 101.5
        dy = (self.people["latitude"].to_numpy()[:, None] - sites["latitude"].to_numpy()) * 111.0
        reach = sites["height_m"].to_numpy() / 3
        ratio = (np.hypot(dx, dy) / reach).min(axis=1)
        return pd.Series(np.select([ratio < 0.9, ratio < 1.1], ["served", "uncertain"], "unserved"))

    def facts(self, lang: str) -> dict[str, Any]:
        zh = lang == "zh"
        zones = self.zones.drop(columns="geometry").to_dict("records")
        return {
            "title": "试验研究",
            "mark": "合成数据" if zh else "synthetic",
            "bounds": [WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE],
            "families": [{"key": "nr", "label": "5G（室外）" if zh else "5G outdoors"}],
            "networks": [{"key": "any", "label": "任一运营商" if zh else "any operator"}, {"key": "cbn+cmcc", "label": "移动+广电"}],
            "operators": [{"key": "cmcc", "label": "中国移动"}],
            "services": [{"key": "nr-n28", "label": "5G 700 MHz", "family": "nr"}],
            "hosts": [
                {"key": "new_tower", "label": "新建铁塔" if zh else "new tower", "cost": 3e5},
                {"key": "summit", "label": "制高点新建", "cost": 6e5},
                {"key": "existing_tower", "label": "已有杆塔", "cost": 1e5},
            ],
            "limits": LIMITS,
            "zones": zones,
            "currency": "CNY",
            "resolution_m": 500.0,
            "planned": True,
            "as_of": "2020-12-31",
        }

    def highest_near(self, longitude: float, latitude: float) -> dict[str, float]:
        return {"longitude": longitude + 0.004, "latitude": latitude, "ground_m": 812.0, "above_m": 240.0}

    def sites(self, west: float, south: float, east: float, north: float, limit: int) -> pd.DataFrame:
        suggested = self._table(self.edits)["status"] == "suggested"
        return self._table(self.edits).assign(substitute=np.where(suggested, "C7", None), substitute_cost=9e5).head(limit)

    def villages(self, west: float, south: float, east: float, north: float, family: str, network: str, limit: int) -> pd.DataFrame:
        return self.people.assign(before=self.today, now=self._served(self._table(self.edits))).head(limit)

    def zone_people(self, family: str, network: str) -> pd.DataFrame:
        now, rows = self._served(self._table(self.edits)), []
        for zone in self.zones[self.zones["level"] == "county"].itertuples():
            own = self.people["population"].where(self.people["county"] == zone.adcode, 0)
            counts = {"population": int(own.sum()), "served": int(own[now == "served"].sum())}
            rows.append({"level": "county", "adcode": zone.adcode, "name": zone.name, **counts})
        return pd.DataFrame(rows)

    def apply(self, edits: Sequence[Edit]) -> Any:
        self.edits = tuple(edits)
        table = self._table(self.edits)
        now = self._served(table)
        rows = []
        for zone in self.zones.itertuples():
            inside = self.people["county"].str.startswith(zone.adcode.rstrip("0") if zone.level != "county" else zone.adcode)
            people = self.people["population"].where(inside, 0)
            counts = {status: int(people[now == status].sum()) for status in ("served", "uncertain", "unserved")}
            before = int(people[self.today == "served"].sum())
            if zone.level == "province" or counts["served"] != before:
                rows.append(
                    {"level": zone.level, "adcode": zone.adcode, "name": zone.name, "family": "nr", "network": "any"}
                    | {"population": int(people.sum()), "served_before": before, **counts}
                )
        moved = self.people.assign(family="nr", network="any", before=self.today, after=now)
        moved = moved[moved["before"] != moved["after"]].sort_values("population", ascending=False)
        added = table[table["edit"] == "add"]
        sites = pd.DataFrame({"id": added["id"], "host": "new_tower", "added": 1, "cost_low": 2e5, "cost": 3e5, "cost_high": 4e5})
        cost = {"cost": 3e5 * len(added), "currency": "CNY", "sites": sites}
        bounds = (WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE)
        counted = moved.assign(won=moved["after"] == "served")
        counted = counted[counted["won"] | (counted["before"] == "served")]
        counts = counted.groupby(["family", "won"], as_index=False).agg(villages=("id", "size"), people=("population", "sum"))
        return SimpleNamespace(bounds=bounds, shares=pd.DataFrame(rows), villages=moved, moved=counts, cost=cost)

    def compare(self, first: Sequence[Edit], second: Sequence[Edit]) -> dict[str, Any]:
        present = self.edits
        keys = ["level", "adcode", "name", "family", "population", "served_before"]
        one, other = (self.apply(edits).shares.query("level == 'province'")[[*keys, "served"]] for edits in (first, second))
        self.edits = present
        shares = one.merge(other, on=keys, suffixes=("_first", "_second"))
        return {"shares": shares, "cost": [0.0, 3e5], "edits": [len(first), len(second)], "currency": "CNY"}

    def targets(self, lang: str) -> Iterator[pd.DataFrame]:
        now = self._served(self._table(self.edits))
        for number, goal in enumerate((0.5, 0.99)):
            before, share = ((state == "served").mean() for state in (self.today, now))
            codes = ["met" if value >= goal else "not_met" for value in (before, share)]
            row = {
                "target": f"T{number}",
                "title": f"村庄覆盖 {goal:.0%}",
                "name": "试验省",
                "adcode": "99",
                "whole": True,
                "is_share": True,
            }
            shown = {
                "before": f"{before:.1%}",
                "now": f"{share:.1%}",
                "difference": share - before,
                "is_share": True,
                "moved": share != before,
            }
            status = {"status_before": codes[0], "status": codes[1], "status_before_words": codes[0], "status_words": codes[1]}
            yield pd.DataFrame([row | shown | status])

    def picture(
        self, family: str, network: str, zoom: int, x: int, y: int, width: int, height: int, after: bool = False
    ) -> bytes:  # fmt: skip
        world = 256 << zoom
        lon = (x + 0.5 + np.arange(width)) / world * 360 - 180
        lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + 0.5 + np.arange(height)) / world))))
        sites = self._table(self.edits)
        sites = sites[sites["status"].isin(["existing", "planned"])]
        best = np.zeros((height, width))
        for site in sites.itertuples():
            km = np.hypot((lon[None, :] - site.longitude) * 101.5, (lat[:, None] - site.latitude) * 111.0)
            best = np.maximum(best, 5 - 2.5 * km / (site.height_m / 3))
        image = Image.fromarray(np.clip(best, 0, 4).astype(np.uint8))
        image.putpalette([221, 220, 216, 246, 196, 143, 181, 220, 208, 111, 188, 174, 47, 143, 134])
        stream = io.BytesIO()
        image.save(stream, "PNG")
        return stream.getvalue()

    def at(self, longitude: float, latitude: float, family: str) -> dict[str, Any]:
        along = np.linspace(0, 8000, 60)
        ground = 200 + 150 * np.sin(along / 1500) ** 2
        server = {
            "site": "S01",
            "sector": 0,
            "service": "nr-n28",
            "operators": "cbn+cmcc",
            "level_dbm": -91.24,
            "margin_db": 7.8,
            "distance_km": 8.0,
            "longitude": float(self.base["longitude"][1]),
            "latitude": float(self.base["latitude"][1]),
        }
        profile = {
            "distance_km": along / 1000,
            "ground_m": ground,
            "clutter_m": np.where(along % 900 < 300, 15.0, 0.0),
            "sight_m": np.linspace(260, 320, 60),
        }
        return {
            "servers": [server],
            "villages": [],
            "profile": {name: list(map(float, value)) for name, value in profile.items()} | {"site": "S01"},
        }

    def table(self) -> gpd.GeoDataFrame:
        table = self._table(self.edits)
        return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table.longitude, table.latitude), crs=4326)
