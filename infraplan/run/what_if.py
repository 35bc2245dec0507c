"""What if? The network of a study with edits: its map, who is served, its targets, each edit computed where it changes something.

`WhatIf` starts from the map that the last whole run stored. Its numbers are those of `infraplan run STUDY --scenario NAME` with the same
edits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Floats32
from infraplan.coverage.coverage_map import Coverage
from infraplan.coverage.edited_network import EditedNetwork
from infraplan.coverage.sectors import sectors_of
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.policy.layers import Layers, on_another_map
from infraplan.policy.schema import RADIO
from infraplan.policy.scorecards import TYPES, judged_layers, scorecard_by_target
from infraplan.policy.targets import Target
from infraplan.policy.zone_sums import Table, joined
from infraplan.run.edit_costs import EditCosts
from infraplan.run.steps import part_of_layers
from infraplan.run.stored_network import margin_after, stored_arrays, stored_network, with_stored_tables
from infraplan.run.summary import restore_plan
from infraplan.run.village_counts import VillageCounts
from infraplan.study import Study
from infraplan.study.edited_sites import edited_sites
from infraplan.study.scenarios import MOST_EDITS, OPTIONS, Edit
from infraplan.tables.column_types import typed

AT_A_TIME_S = 0.3
"""Targets of so much time come as one frame: a frame for each takes longer than the counting, and others wait for a long step. [s]"""
KEYS = ["part", "network", "zone_level", "zone"]
COMPARED = ("achieved", "numerator", "status")
"""Columns of a scorecard that are shown beside those before any edit."""
OF_SITES = ("site_count", "attribute_share")
"""Shapes of targets that may count sites."""
EDITS = "edits"
"""Where edits of a page are from, in faults."""


@dataclass(frozen=True)
class Change:
    """What a list of edits changes, against the network before any edit.

    Parameters
    ----------
    bounds : tuple of float or None
        West, south, east, north of the pixels that may have changed with this list against the list before it; None for none. [deg]
    shares : DataFrame
        People by zone, as `VillageCounts.shares`.
    villages : DataFrame
        Villages won and lost, any operator, as `VillageCounts.changed`.
    cost : DataFrame
        Of sites and services that are added, as `EditCosts.table` returns it.
    currency : str
        Of the costs.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> _ = ip.run_study(study, jobs=1, formats=())
    >>> change = ip.WhatIf(study).apply([ip.Edit(do="remove", id="S4")])
    >>> len(change.villages), change.cost.empty, change.currency
    (0, True, 'CNY')
    """

    bounds: tuple[float, float, float, float] | None
    shares: pd.DataFrame
    villages: pd.DataFrame
    cost: pd.DataFrame
    currency: str


class WhatIf:
    """The network of a study with edits.

    Parameters
    ----------
    study : Study
        A study without a scenario, whose last whole run stored its map.
    workers : int, optional
        Threads; the numbers do not depend on it.

    Attributes
    ----------
    study : Study
        The study.
    edits : tuple of Edit
        The edits that are applied.
    network : EditedNetwork
        The map.
    counts : VillageCounts
        Who is served.
    plan : Plan or None
        The plan of the last run; its sites are suggestions, not a part of the network.

    Raises
    ------
    UsageError
        No whole run, or the study changed since; a study without people.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> _ = ip.run_study(study, jobs=1, formats=())
    >>> state = ip.WhatIf(study)
    >>> change = state.apply([ip.Edit(do="change", id="S4", longitude=113.2, latitude=23.1)])
    >>> rows = change.shares.query("level == 'county' and family == 'nr' and network == 'any'")
    >>> rows[["name", "served_before", "served"]].values.tolist()
    [['东县', 0, 346]]
    """

    def __init__(self, study: Study, *, workers: int | None = None):
        if study.scenario is not None or not study.has_people:
            raise UsageError(both("run.what_if_study"))
        self.study = study
        self.edits: tuple[Edit, ...] = ()
        with_stored_tables(study)
        cover = _stored(study)
        with ThreadPoolExecutor(max_workers=1) as pool:
            counts = pool.submit(copy_context().run, VillageCounts, study.villages, study.zones, cover, study.measured)
            self.network = EditedNetwork(cover, study.sectors, workers=workers)
            self.plan = restore_plan(study.output)
            self.counts = counts.result()
        self._row = {name: row for row, name in enumerate(study.sites["id"])}
        self._edited: Any = study.sites.iloc[:0]
        self._costs = EditCosts(study)
        self._before: dict[Any, Table] = {}
        self._after: dict[tuple[str, str], Floats32 | None] = {}
        self._layers: Layers | None = None

    def apply(self, edits: Sequence[Edit]) -> Change:
        """Makes the network that of the study with these edits, whatever was applied before.

        Parameters
        ----------
        edits : sequence of Edit
            At most 200, one a site.

        Returns
        -------
        Change
            What they change.

        Raises
        ------
        DataError, UsageError
            Edits that cannot be applied; the network then stays as it was.
        """
        fresh = tuple(edits)
        if len(fresh) > MOST_EDITS or len({edit.id for edit in fresh}) < len(fresh):
            raise UsageError(both("run.what_if_edits", most=MOST_EDITS))
        study = self.study
        edited = self._sites_of(fresh)
        known, asked = set(self.edits), set(fresh)
        ids = list(dict.fromkeys(edit.id for edit in (*self.edits, *fresh) if (edit in known) != (edit in asked)))
        named = [edit.id for edit in fresh]
        rest = study.sites.iloc[[self._row[name] for name in ids if name in self._row and name not in named]]
        affected = pd.concat([edited.loc[edited["id"].isin(ids)], rest], ignore_index=True)
        presets, _ = study.own_presets
        sectors = sectors_of(affected, study.services, known=tuple(presets["service"]), part=True)
        (left, bottom, right, top), positions = self.network.change(ids, sectors)
        self.edits, self._edited = fresh, edited
        self.counts.update(self.network.cover, positions)
        bounds = None if left == right else _degrees(study.grid, left, bottom, right, top)
        had = {name: str(study.sites["services"].iloc[self._row[name]]) for name in named if name in self._row}
        marked = [str(code) for name in ("city", "county") for code in edited[name] if code]
        cost = self._costs.table(fresh, edited, had)
        return Change(bounds, self.counts.shares(marked), self.counts.changed(), cost, study.costs.currency)

    def _sites_of(self, edits: Sequence[Edit]) -> Any:
        """The sites that edits name, as they are with them."""
        rows = [self._row[edit.id] for edit in edits if edit.id in self._row]
        study = self.study
        some = study.sites.iloc[rows].reset_index(drop=True)
        services, hosts = study.config.coverage.services, tuple(study.costs.hosts)
        return edited_sites(some, edits, study.read_sites, services=services, hosts=hosts, file=EDITS)

    def margin_after(self, family: str, network: str) -> Floats32 | None:
        """Margins of a layer with the sites of the last run's plan, without edits.

        Parameters
        ----------
        family, network : str
            A layer of the map.

        Returns
        -------
        ndarray of float32, or None
            As `Layer.margin_db`; None where no map of a plan is stored. [dB]
        """
        key = family, network
        if key not in self._after:
            self._after[key] = margin_after(self.study, *key)
        return self._after[key]

    def sites(self) -> Any:
        """All sites of the study with the edits.

        Returns
        -------
        GeoDataFrame
            As `read_sites` returns them, in the order of the table; added sites follow.
        """
        count, edited = len(self.study.sites), self._edited
        place = np.array([self._row.get(name, -1) for name in edited["id"]], dtype=np.int64)
        order, rows = np.arange(count), count + np.arange(len(edited))
        order[place[place >= 0]] = rows[place >= 0]
        whole = pd.concat([self.study.sites, edited], ignore_index=True)
        return whole.iloc[np.append(order, rows[place < 0])].reset_index(drop=True)

    def sites_within(self, west: float, south: float, east: float, north: float, limit: int = 2000) -> pd.DataFrame:
        """Sites of a rectangle: edited ones, those that the plan suggests, and evenly chosen existing ones where there are too many.

        Parameters
        ----------
        west, south, east, north : float
            The rectangle. [deg]
        limit : int
            Most existing sites.

        Returns
        -------
        DataFrame
            Columns id, longitude, latitude, those of `scenarios.OPTIONS` with status existing, planned, retired or suggested, and edit ("",
            add, change, remove); `attrs["total"]` counts the existing sites of the rectangle.
        """
        named = {edit.id: edit.do for edit in self.edits}
        whole = self.study.sites
        inside = np.flatnonzero(_inside(whole, west, south, east, north))
        kept = inside[:: max(1, -(-len(inside) // limit))]
        first = whole.iloc[kept]
        parts = [first.loc[~first["id"].isin(named)]]
        if len(self._edited):
            parts.append(self._edited.loc[_inside(self._edited, west, south, east, north)])
        if self.plan is not None and len(self.plan.sites):
            taken = set(self._edited["id"])
            some = self.plan.sites.loc[_inside(self.plan.sites, west, south, east, north) & ~self.plan.sites["id"].isin(taken).to_numpy()]
            parts.append(some.assign(status="suggested"))
        tables = [part.reindex(columns=["id", *OPTIONS]).assign(longitude=part.geometry.x, latitude=part.geometry.y) for part in parts]
        table: pd.DataFrame = pd.concat([one for one in tables if len(one)] or tables[:1], ignore_index=True)
        table["edit"] = table["id"].map(named).fillna("").where(table["status"] != "suggested", "")
        table.attrs["total"] = len(inside)
        return table

    def targets(self, networks: Collection[str] | None = None) -> Iterator[pd.DataFrame]:
        """The scorecard with the edits, beside that before any edit; the targets of some tenths of a second at a time.

        Parameters
        ----------
        networks : collection of str, optional
            Only rows of these networks, and of targets that do not count by network; by default all.

        Yields
        ------
        DataFrame
            Rows of `scorecard` of some targets, whole, with achieved_before, numerator_before and status_before.
        """
        study, network = self.study, self.network
        only = None if networks is None else tuple(sorted(networks))
        if self._layers is None:
            self._layers = judged_layers(
                study.targets, network.base, villages=study.villages, synthetic=study.synthetic, corridors=study.corridors,
                measured=study.measured, registers=study.registers, **part_of_layers(study, study.zones, ()),
            )  # fmt: skip
        before, families = self._layers, network.changed_families
        now = on_another_map(before, network.cover, self.sites())
        tables, begun, last = list[Table](), monotonic(), len(study.targets) - 1
        for number, target in enumerate(study.targets):
            name = target.id, target.part, only
            if name not in self._before:
                self._before[name] = self._table(target, before, only)
            card = old = self._before[name]
            if target.family in families if target.shape in RADIO else target.shape in OF_SITES:
                card = self._table(target, now, only)
            tables.append(card | {f"{column}_before": _beside(card, old, column) for column in COMPARED})
            if number == last or monotonic() - begun > AT_A_TIME_S:
                yield typed(joined(tables), TYPES | {f"{column}_before": TYPES[column] for column in COMPARED})
                tables, begun = [], monotonic()

    def _table(self, target: Target, layers: Layers, networks: Collection[str] | None) -> Table:
        """The columns of one target."""
        ((_, tables),) = scorecard_by_target([target], layers, self.study.config.study.as_of, networks)
        return joined(tables)


def _beside(card: Table, old: Table, column: str) -> Any:
    """A column of another scorecard at the rows of one; missing where it lacks the row."""
    if card is old or all(np.array_equal(card[key], old[key]) for key in KEYS):
        return old[column]
    rows, known = (pd.MultiIndex.from_arrays([table[key] for key in KEYS]) for table in (card, old))
    return pd.Series(old[column], known).reindex(rows).to_numpy()


def _stored(study: Study) -> Coverage:
    """The stored map; the slow layers of the study are read, the ground beside the tables."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        ground = pool.submit(copy_context().run, getattr, study, "terrain")
        for name in ("zones", "sectors", "villages", "places"):
            getattr(study, name)
        arrays = stored_arrays(study)
        ground.result()
    return stored_network(study, arrays)


def _inside(frame: Any, west: float, south: float, east: float, north: float) -> Any:
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def _degrees(grid: Any, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
    """Degrees that hold a rectangle of the grid's plane."""
    along = np.linspace(0.0, 1.0, 9)
    x_m, y_m = np.meshgrid(left + along * (right - left), bottom + along * (top - bottom))
    lon, lat = grid.unproject(x_m, y_m)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
