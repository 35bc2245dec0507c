"""A sample of villages with everything that its visits are judged by, and how it is made from predicted villages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from infraplan.outputs import types
from infraplan.policy.sample_routes import with_routes
from infraplan.policy.sampling import doubt, draw, margin_classes
from infraplan.tables.column_types import typed

DIGITS = 8
"""Decimals of chances and probabilities, in the sheet and in all sums."""
KEYS = ("version", "study", "family", "network", "receiver", "cities", "visits", "seed", "villages", "people", "synthetic")
"""What a design states, in the order of its sheet; `key` beside them is the hash of all of it."""
VERSION = "1"


@dataclass(frozen=True)
class Sample:
    """A drawn sample.

    Attributes
    ----------
    visits : DataFrame
        The villages to visit in the order of their routes, the columns of `outputs` "sample"; empty where a sample was read back.
    stub : DataFrame
        The same villages by id with what their answers are weighted by, the columns of "sample_stub".
    totals : DataFrame
        The population by city, the columns of "sample_totals".
    about : mapping of str
        `KEYS`: of what and how it was drawn.
    """

    visits: pd.DataFrame
    stub: pd.DataFrame
    totals: pd.DataFrame
    about: Mapping[str, str]

    @property
    def key(self) -> str:
        """Hash of the design: 12 hexadecimal digits; another where a village, a probability or a total is another."""
        parts = [f"{name}={self.about.get(name, '')}" for name in KEYS]
        for table in (self.stub.sort_values("id", kind="stable"), self.totals.sort_values("city", kind="stable")):
            parts += ["|".join(_text(value) for value in row) for row in table.itertuples(index=False, name=None)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _text(value: Any) -> str:
    """A value alike before it was written to a workbook and after."""
    return f"{value:.{DIGITS}f}" if isinstance(value, float | np.floating) else str(value)


def draw_sample(villages: pd.DataFrame, about: Mapping[str, str], city_names: Mapping[str, str], *, visits: int, seed: int) -> Sample:
    """A sample of villages for a known prediction.

    Parameters
    ----------
    villages : DataFrame
        id, name, kind, urban, population (at least 1), city, county, county_name, town, committee, lon, lat; margin_db, uncertain, chance,
        sigma_db (`coverage.served_chances`).
    about : mapping of str
        study, family, network, receiver, cities, synthetic: entries of `KEYS`.
    city_names : mapping of str
        Name of each city by its code.
    visits : int
        Villages to visit, at most all.
    seed : int
        Of the random numbers.
    """
    table = villages.reset_index(drop=True)
    classes = margin_classes(table["margin_db"], table["uncertain"])
    chance = table["chance"].fillna(0.5).round(DIGITS)
    table = table.assign(stratum=classes, chance=chance, setting=np.where(table["urban"].astype(bool), "urban", "rural"))
    table = table.assign(city_name=[city_names.get(str(code), str(code)) for code in table["city"]])
    sigma = table["sigma_db"].fillna(1.0).to_numpy(float)
    doubts = doubt(chance, table["margin_db"], sigma, classes)
    drawn = draw(table["population"], doubts, table["city"], classes, table["id"], visits=visits, seed=seed)
    chosen = table.assign(probability=np.round(drawn.probability, DIGITS)).iloc[drawn.rows]
    chosen = chosen.assign(weight=chosen["population"] / chosen["probability"], margin_db=chosen["margin_db"].where(
        np.isfinite(chosen["margin_db"].astype(float))))  # fmt: skip
    expected = table["population"] * table["chance"]
    groups = table.assign(expected=expected).groupby("city", sort=True)
    totals = groups.agg(villages=("id", "size"), people=("population", "sum"), expected=("expected", "sum")).reset_index()
    totals = totals.assign(
        city_name=[city_names.get(str(code), str(code)) for code in totals["city"]], expected=totals["expected"].round(3)
    )
    stated = {"version": VERSION, "visits": str(visits), "seed": str(seed), "villages": str(len(table)),
              "people": str(int(table["population"].sum()))}  # fmt: skip
    own = {name: str(value) for name, value in about.items()}
    return Sample(typed(with_routes(chosen), types("sample")), typed(chosen.sort_values("id"), types("sample_stub")).reset_index(drop=True),
                  typed(totals, types("sample_totals")), own | stated)  # fmt: skip
