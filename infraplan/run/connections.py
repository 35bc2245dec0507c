"""What connecting new sites costs in a study, by its roads and nodes, masts in use and terrain: of candidates and of a plan's sites."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.backhaul.network import BackhaulNetwork, backhaul_network
from infraplan.backhaul.site_connections import needing, site_connections
from infraplan.errors import DataError, Fault, UsageError
from infraplan.messages import both
from infraplan.run.fibre import fibre_starts
from infraplan.siting.connections import IN_USE, with_connections
from infraplan.study import Study
from infraplan.study.config import FILE_NAME


def refuse_two_currencies(study: Study) -> None:
    """A UsageError where fibre and sites are priced in two currencies, which no sum may join."""
    if study.connects_sites and study.fibre_prices.currency != study.costs.currency:
        raise UsageError(both("run.connections_currency", fibre=study.fibre_prices.currency, sites=study.costs.currency))


def refuse_connections(study: Study) -> None:
    """What would stop a plan whose sites are connected: two currencies, lines that make no network, no node on it."""
    refuse_two_currencies(study)
    if study.connects_sites:
        site_network(study)


def site_network(study: Study) -> BackhaulNetwork:
    """The roads and nodes of a study at typical prices, without villages; a DataError where no node lies near a road."""
    nodes, file = fibre_starts(study), study.config.files.fibre_nodes or "fibre_nodes"
    network = backhaul_network(study.fibre_roads, nodes.iloc[:0], nodes, prices=study.fibre_prices, node_file=file)
    if not (network.points["node"] >= 0).any():
        message = both("run.connections_no_node", count=len(nodes), km=f"{study.fibre_prices.link.most_km:g}")
        raise DataError(Fault(file, message, both("run.connections_no_node_fix"), rule="connections-no-node", column="geometry"))
    return network


def connections_of(study: Study, sites: Any, network: BackhaulNetwork | None = None, *, courses: bool = False) -> gpd.GeoDataFrame:
    """`site_connections` of sites on new positions, by the roads, masts in use, terrain and prices of a study.

    `network`: `site_network(study)`, where it is known already.
    """
    return site_connections(
        sites[["id", "height_m", "geometry"]],
        site_network(study) if network is None else network,
        masts=study.sites.loc[study.sites["status"] == "existing"],
        terrain=study.terrain,
        prices=study.fibre_prices,
        unconnected="straight" if study.config.backhaul.unconnected == "straight" else "none",
        courses=courses,
    )


def connected_candidates(study: Study, candidates: Any) -> Any:
    """The candidates with what connecting them costs in their cost; as they are where a study does not price it.

    Candidates on masts in use cost nothing. Those that neither road nor hop reaches are priced by the straight line, or left out, as
    `[backhaul] unconnected` says; how many is a warning.
    """
    if not study.connects_sites:
        return candidates
    refuse_two_currencies(study)
    choice, existing = study.config.backhaul, study.sites.loc[study.sites["status"] == "existing"]
    new = candidates.loc[needing(candidates, existing)]
    places = new.drop_duplicates("place")
    forced = set(study.config.plan.forced)
    kept = new["id"].isin(forced) | new["mast"].isin(forced)
    found = connections_of(study, places)
    table = pd.DataFrame(found.drop(columns="geometry")).assign(place=places["place"].to_numpy()).drop(columns="id")
    rows = new[["id", "place"]].merge(table, on="place", how="left", validate="many_to_one")
    lost = int(found["connection"].isin(["straight", "none"]).sum())
    if lost:
        message = both(f"run.connections_{choice.unconnected}", count=f"{lost:,}", of=f"{len(places):,}")
        how: dict[str, Any] = {"rule": "site-connections", "column": "backhaul.unconnected", "severity": "warning"}
        study.keep([Fault(FILE_NAME, message, both("run.connections_fix"), **how)])
    return with_connections(candidates, rows, study.costs.present_value_years, keep=tuple(new.loc[kept, "id"]))


def plan_connections(study: Study, sites: Any) -> gpd.GeoDataFrame | None:
    """The lines of the connections of a plan's sites, of those on new positions; None where a study does not price them."""
    if "connection" not in sites or not study.connects_sites:
        return None
    new = sites.loc[sites["connection"] != IN_USE].drop_duplicates("mast")
    found = connections_of(study, new, courses=True)
    zones = new[["county", "city"]].reset_index(drop=True)
    return found.assign(county=zones["county"], city=zones["city"], currency=study.fibre_prices.currency)
