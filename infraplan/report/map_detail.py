"""What maps show beside today's best signal: every network, today and with the plan; lines and places of the study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.report.margin_images import NOTHING, classes_of
from infraplan.report.page_context import Margins, PageContext

Codes = npt.NDArray[np.uint8]
Key = tuple[str, str]
"""Family and network."""
STATUSES = ("served", "uncertain", "unserved")
CLASSES = 6
"""Margin classes of the palette and, last, nothing computed: a pixel's code is its class today times this, plus that with the plan."""
STATES = 3
"""Statuses of a village: its code is its status today, plus this times that with the plan."""


@dataclass(frozen=True)
class MapDetail:
    """Margins and statuses by family and network, today and with the plan, packed.

    Attributes
    ----------
    margins : mapping
        (family, network) -> codes of `packed_margins`, uint8, on the grid of the page.
    statuses : mapping
        (family, network) -> codes of `packed_statuses`, uint8, in the order of the page's villages.
    planned : bool
        Whether there is a plan; without one the codes of today stand for it.
    lines, places : GeoDataFrame, optional
        Railways, roads and other lines (name, line_class); places (id, name, place_class, county, town).
    fibre : GeoDataFrame, optional
        Existing lines of fibre, where connections to them are priced.
    basemap, basemap_credit : str
        Address of tiles that a reader may switch on, with their owners; "" for none.
    """

    margins: Mapping[Key, Codes] = field(default_factory=dict)
    statuses: Mapping[Key, Codes] = field(default_factory=dict)
    planned: bool = False
    lines: Any = None
    places: Any = None
    fibre: Any = None
    basemap: str = ""
    basemap_credit: str = ""


def packed_margins(today_db: Margins, after_db: Margins | None) -> Codes:
    """Margin classes today and with the plan in one number a pixel."""
    today, after = (
        np.where((own := classes_of(margin_db)) == NOTHING, CLASSES - 1, own) for margin_db in (today_db, _or(after_db, today_db))
    )
    return (today * CLASSES + after).astype(np.uint8)


def packed_statuses(today: npt.ArrayLike, after: npt.ArrayLike | None) -> Codes:
    """Positions in `STATUSES` today and with the plan in one number a village."""
    first = np.asarray(today, np.int64)
    return (first + STATES * (first if after is None else np.asarray(after, np.int64))).astype(np.uint8)


def status_codes(values: Any) -> Codes:
    """Position in STATUSES; unknown counts as unserved."""
    codes = pd.Categorical(pd.Series(values).astype("object"), categories=list(STATUSES)).codes
    return np.where(codes < 0, 2, codes).astype(np.uint8)


def detail_of(context: PageContext) -> MapDetail:
    """The page's own detail; of a page without one today's best signal of any network."""
    if context.detail is not None:
        return context.detail
    villages = context.villages
    known = [family for family in context.families if len(villages) and f"{family}_status" in villages]
    return MapDetail(
        margins={(family, "any"): packed_margins(margin_db, None) for family, margin_db in context.margins.items()},
        statuses={(family, "any"): packed_statuses(status_codes(villages[f"{family}_status"]), None) for family in known},
    )


def _or(after_db: Margins | None, today_db: Margins) -> Margins:
    return today_db if after_db is None else after_db
