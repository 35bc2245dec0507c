"""An engine that computes nothing, for tests of the server alone."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
from PIL import Image

from infraplan.study.scenarios import Edit


class StubEngine:
    """Answers as `WhatIf` does; an edit takes `seconds`, each of three clauses too."""

    def __init__(self, folder: Path, seconds: float = 0.0):
        zones = gpd.GeoDataFrame(
            {"adcode": ["44"], "name": ["省"], "level": ["province"]}, geometry=gpd.points_from_xy([113.0], [23.0]).buffer(1)
        )
        titles = SimpleNamespace(study=SimpleNamespace(title_zh="研究 <b>甲</b>", title_en="study <b>A</b>"))
        tables = {"zones": zones, "villages": zones.iloc[:0], "corridors": None}
        self.study = SimpleNamespace(folder=folder, inputs={"sites.csv": "00"}, config=titles, **tables)
        self.seconds, self.applied, self.clauses = seconds, list[Sequence[Edit]](), 0

    def facts(self, lang: str) -> dict[str, Any]:
        return {"title": "研究", "lang": lang}

    def sites(self, west: float, south: float, east: float, north: float, limit: int) -> pd.DataFrame:
        return pd.DataFrame({"id": ["S1"], "longitude": [113.0], "latitude": [23.0]})

    def villages(self, west: float, south: float, east: float, north: float, family: str, network: str, limit: int) -> pd.DataFrame:
        return pd.DataFrame({"id": ["V1"], "before": ["unserved"], "now": ["served"]})

    def zone_people(self, family: str, network: str) -> pd.DataFrame:
        return pd.DataFrame({"level": ["county"], "adcode": ["440203"], "name": ["A"], "population": [10], "served": [4]})

    def apply(self, edits: Sequence[Edit]) -> Any:
        time.sleep(self.seconds)
        self.applied.append(edits)
        shares = pd.DataFrame({"adcode": ["44"], "served": [len(edits)]})
        cost = {"cost": 0.0, "currency": "CNY", "sites": pd.DataFrame({"id": list[str]()})}
        return SimpleNamespace(bounds=(112.0, 22.0, 113.0, 23.0), shares=shares, villages=shares, moved=shares, cost=cost)

    def targets(self, lang: str) -> Iterator[pd.DataFrame]:
        for number in range(3):
            time.sleep(self.seconds)
            self.clauses += 1
            yield pd.DataFrame({"target": [f"T{number}"]})

    def picture(
        self, family: str, network: str, zoom: int, x: int, y: int, width: int, height: int, after: bool = False
    ) -> bytes:  # fmt: skip
        stream = io.BytesIO()
        Image.new("P", (width, height)).save(stream, "PNG")
        return stream.getvalue()

    def at(self, longitude: float, latitude: float, family: str) -> dict[str, Any]:
        return {"servers": [], "villages": [], "profile": None}

    def table(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame({"id": ["S1"], "name": ["=1+1"]}, geometry=gpd.points_from_xy([113.0], [23.0]), crs=4326)
