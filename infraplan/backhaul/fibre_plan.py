"""From a tree to what a liaison asks: each village's share, what it saves, its turn, whom the award pays for, where radio is cheaper."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Floats, Ints
from infraplan.backhaul.county_trees import TIME_LIMIT_S, WORK_LIMIT, JoinedTree, joined_tree
from infraplan.backhaul.fibre_prices import EXISTING
from infraplan.backhaul.fibre_spans import node_table, span_table
from infraplan.backhaul.network import BackhaulNetwork
from infraplan.backhaul.village_shares import RootedTree, building_order, paid_for, savings, shares
from infraplan.outputs import types
from infraplan.tables.column_types import typed

CONNECTED, NO_LINE = "connected", "no_line"


@dataclass(frozen=True)
class Scenarios:
    """What the answers assume. Money in the currency of the prices.

    Attributes
    ----------
    award : float
        Paid for each village connected.
    subsidy : float
        Share of every cost that the subsidy of the second scenario pays, 0..1.
    radio_limit : float
        A village whose fibre costs more than this is listed as cheaper by radio.
    budget : float
        Villages are built in their order while the cost so far is within it.
    """

    award: float = 0.0
    subsidy: float = 0.3
    radio_limit: float = float("inf")
    budget: float = float("inf")


@dataclass(frozen=True)
class FibrePlan:
    """The cheapest tree found for some villages, and what it means for each.

    Attributes
    ----------
    villages : DataFrame
        One row a village, in the order of building; those without a line last. Columns of `outputs` under `backhaul_villages`.
    spans, nodes : GeoDataFrame
        What is built or rented, with its course, and the points between: `backhaul_spans`, `backhaul_nodes`, EPSG:4326.
    counties : DataFrame
        Sums by county: `backhaul_counties`.
    findings : DataFrame
        What was noticed in the lines: `network_findings`.
    parts : DataFrame
        The trees that the whole is joined from.
    totals : dict
        villages, no_line, households, cost, bound, proven_gap, new_km, existing_km, and the scenarios.
    """

    villages: pd.DataFrame
    spans: gpd.GeoDataFrame
    nodes: gpd.GeoDataFrame
    counties: pd.DataFrame
    findings: pd.DataFrame
    parts: pd.DataFrame
    totals: dict[str, Any]
    scenarios: Scenarios = field(default_factory=Scenarios)

    def of(self, counties: Collection[str]) -> FibrePlan:
        """The part of some counties: their villages with their shares, and the spans built first for one of them.

        The totals of a part have no bound and no scenario that belongs to the whole tree.
        """
        own = self.villages["county"].isin(counties)
        spans = self.spans[self.spans["county"].isin(counties)]
        villages, sums = self.villages[own], self.counties[self.counties["county"].isin(counties)]
        nodes = self.nodes[self.nodes["id"].isin({*spans["from_node"], *spans["to_node"], *villages["id"]})]
        kept = {name: self.totals[name] for name in ("currency", "award", "subsidy", "radio_limit", "target") if name in self.totals}
        counted = {name: int(sums[name].sum()) for name in ("villages", "households", "no_line", "cost", "radio_cheaper")}
        counted |= {"award_villages": int(sums["award_pays"].sum()), "subsidy_villages": int(sums["award_pays_subsidy"].sum())}
        lengths = {name: float(sums[name].sum()) for name in ("new_km", "existing_km")}
        return replace(self, villages=villages, spans=spans, nodes=nodes, counties=sums, totals=kept | counted | lengths)


def fibre_plan(
    network: BackhaulNetwork,
    villages: pd.DataFrame,
    *,
    currency: str,
    scenarios: Scenarios | None = None,
    gap: float = 0.001,
    work_limit: int | None = WORK_LIMIT,
    time_limit_s: float = TIME_LIMIT_S,
    advance: Callable[[int, int], None] | None = None,
) -> FibrePlan:
    """The plan of fibre for villages that are places of a network.

    Parameters
    ----------
    network : BackhaulNetwork
        `backhaul_network(...)` with these villages among its places.
    villages : DataFrame
        id, households and, where known, name, county, county_name, town, committee, priority (in a priority area), lon, lat.
    currency : str
        Of the network's prices.
    scenarios : Scenarios, optional
        Award, subsidy, limit for radio, budget.
    gap, work_limit, time_limit_s
        Of each search, as in `solve`.
    advance : callable, optional
        Called with the counties done and their number.

    Returns
    -------
    FibrePlan

    Raises
    ------
    DataError
        No village at all has a way to today's network: each is named (a certificate).
    """
    asked = scenarios or Scenarios()
    table = _filled(villages)
    reached = network.reached(table["id"])
    if len(table) and not reached.any():
        network.problem(table["id"])  # names them
    joined, lost = table[reached].reset_index(drop=True), table[~reached]
    tree = joined_tree(network, joined["id"].tolist(), joined["county"].tolist(), gap=gap, work_limit=work_limit,
                       time_limit_s=time_limit_s, advance=advance)  # fmt: skip
    rows, steps, totals = _answers(network, tree, joined, asked)
    whole = pd.concat([rows, lost.assign(status=NO_LINE)], ignore_index=True)
    points = network.places.set_index("id")["link_m"]
    whole = whole.assign(link_m=points.reindex(whole["id"]).replace(np.inf, np.nan).to_numpy(), currency=currency)
    final = typed(_zeroed(whole), types("backhaul_villages"))
    spans = span_table(network, tree.rooted, rows, steps, currency)
    nodes = node_table(network, spans, rows)
    totals |= {"cost": round(tree.cost), "bound": int(np.ceil(tree.bound - 1e-6)), "proven_gap": tree.proven_gap, "currency": currency,
               "villages": len(rows), "no_line": len(lost), "households": int(rows["households"].sum()),
               "by_county": len(tree.parts) > 1}  # fmt: skip
    return FibrePlan(final, spans, nodes, _by_county(final, currency), network.findings, tree.parts, totals, asked)


def _filled(villages: pd.DataFrame) -> pd.DataFrame:
    """The columns of the answers that come from the villages, with what is usual where they are absent."""
    usual: dict[str, Any] = {
        "name": "",
        "county": "",
        "county_name": "",
        "town": "",
        "committee": "",
        "priority": False,
        "lon": np.nan,
        "lat": np.nan,
    }
    table = pd.DataFrame({"id": villages["id"].astype(str).to_numpy(object)})
    for name, value in usual.items():
        table[name] = villages[name].to_numpy() if name in villages else value
    households = pd.to_numeric(villages["households"], errors="coerce").to_numpy(float) if "households" in villages else np.ones(len(table))
    return table.assign(households=np.nan_to_num(households, nan=0.0).round().astype(np.int64))


def _answers(
    network: BackhaulNetwork, tree: JoinedTree, table: pd.DataFrame, asked: Scenarios
) -> tuple[pd.DataFrame, Ints, dict[str, Any]]:
    """The connected villages in their order, the turn in which each node's edge is built (from 1; 0 for none), and totals."""
    rooted, node = tree.rooted, network.nodes_of(table["id"])
    wanted, people, first = (np.zeros(len(rooted.parent), kind) for kind in (bool, np.float64, bool))
    wanted[node], people[node], first[node] = True, table["households"].to_numpy(float), table["priority"].to_numpy(bool)
    order, step_cost = building_order(rooted, wanted, people, first)
    steps = _steps(rooted, order)
    length = np.where(rooted.up >= 0, network.length_m[rooted.up], 0.0) / 1000.0
    old = np.where(rooted.up >= 0, network.pieces.way[rooted.up] == EXISTING, False)
    new_km, old_km = (np.bincount(steps, weights=length * mask, minlength=len(order) + 1)[1:] for mask in (~old, old))
    row = pd.Series(np.arange(len(table)), index=node).reindex(order).to_numpy(dtype=int)
    share, saved = shares(rooted, people), savings(rooted, wanted)
    award, _ = paid_for(rooted, wanted, asked.award)
    helped, small = paid_for(rooted, wanted, asked.award, asked.subsidy)
    radio, _ = paid_for(rooted, wanted, asked.radio_limit)
    running = np.cumsum(step_cost)
    rows = table.iloc[row].assign(
        order=np.arange(1, len(order) + 1), status=CONNECTED, share=share[order], saving=saved[order], new_km=new_km, existing_km=old_km,
        cost_per_household=share[order] / np.maximum(people[order], 1.0), step_cost=step_cost, running_cost=running,
        award_pays=award[order], award_pays_subsidy=helped[order], radio_cheaper=~radio[order], in_budget=running <= asked.budget + 1e-6,
    ).reset_index(drop=True)  # fmt: skip
    inside = int(rows["in_budget"].sum())
    _, paid_tree = paid_for(rooted, wanted, asked.award)
    totals = {
        "new_km": float(new_km.sum()), "existing_km": float(old_km.sum()), "award": asked.award, "subsidy": asked.subsidy,
        "award_villages": int(award.sum()), "award_cost": round(float(paid_tree.cost.sum())),
        "award_paid": round(asked.award * int(award.sum())),
        "subsidy_villages": int(helped.sum()), "subsidy_cost": round(float(small.cost.sum())),
        "radio_limit": None if np.isinf(asked.radio_limit) else asked.radio_limit, "radio_cheaper": int((wanted & ~radio).sum()),
        "budget": None if np.isinf(asked.budget) else asked.budget, "budget_villages": inside,
        "budget_cost": round(float(running[inside - 1])) if inside else 0,
        "budget_households": int(rows["households"].to_numpy()[:inside].sum()),
        **_price_of_priority(rooted, wanted, people, first, order, running),
    }  # fmt: skip
    return rows, steps, totals


def _steps(tree: RootedTree, order: Ints) -> Ints:
    """Of each node the turn in which the edge above it is built, from 1; 0 for none."""
    steps = np.zeros(len(tree.parent), np.int64)
    for turn, at in enumerate(order.tolist(), start=1):
        while tree.up[at] >= 0 and steps[at] == 0:
            steps[at] = turn
            at = int(tree.parent[at])
    return steps


def _price_of_priority(tree: RootedTree, wanted: Bools, people: Floats, first: Bools, order: Ints, running: Floats) -> dict[str, Any]:
    """How much more has been spent at most, for the same number of households, because priority areas come first."""
    plain, price = building_order(tree, wanted, people)
    reached, paid = np.cumsum(people[plain]), np.cumsum(price)
    here = np.cumsum(people[order])
    least = paid[np.minimum(np.searchsorted(reached, here, side="left"), max(len(paid) - 1, 0))] if len(paid) else here
    more = running - least
    at = int(np.argmax(more)) if len(more) else 0
    extra = max(float(more[at]), 0.0) if len(more) else 0.0
    return {
        "priority_villages": int(first[order].sum()),
        "priority_extra": round(extra),
        "priority_extra_at": int(here[at]) if extra > 0 else 0,
    }


def _zeroed(table: pd.DataFrame) -> pd.DataFrame:
    """Villages without a line: no order, no cost."""
    numbers = [name for name, kind in types("backhaul_villages").items() if kind == "int64"]
    table[numbers] = table[numbers].astype(float).fillna(0.0).round()
    for name in ("award_pays", "award_pays_subsidy", "radio_cheaper", "in_budget"):
        table[name] = table[name].astype("boolean").fillna(False).astype(bool)
    return table


def _by_county(villages: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Sums of the villages by county."""
    joined = villages["status"] == CONNECTED
    table = pd.DataFrame({
        "county": villages["county"], "county_name": villages["county_name"], "villages": joined.astype(int),
        "no_line": (~joined).astype(int), "radio_cheaper": villages["radio_cheaper"].astype(int),
        "households": villages["households"].where(joined, 0),
        "cost": villages["share"], "new_km": villages["new_km"].fillna(0.0), "existing_km": villages["existing_km"].fillna(0.0),
        "award_pays": villages["award_pays"].astype(int), "award_pays_subsidy": villages["award_pays_subsidy"].astype(int),
    })  # fmt: skip
    sums = table.groupby(["county", "county_name"], sort=True, as_index=False).sum()
    return typed(sums.assign(currency=currency), types("backhaul_counties"))
