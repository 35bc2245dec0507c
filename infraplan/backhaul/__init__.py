"""Backhaul: the cheapest network of lines that joins places, proven."""

from infraplan.backhaul.county_trees import JoinedTree, joined_tree
from infraplan.backhaul.fibre_plan import FibrePlan, Scenarios, fibre_plan
from infraplan.backhaul.fibre_prices import FibrePrices, usual_fibre_prices
from infraplan.backhaul.network import BackhaulNetwork, backhaul_network
from infraplan.backhaul.networkx_graphs import from_networkx, to_networkx
from infraplan.backhaul.roads import RoadNetwork, road_network
from infraplan.backhaul.site_connections import site_connections
from infraplan.backhaul.steiner import SteinerError, SteinerProblem, Tree, solve

__all__ = [
    "BackhaulNetwork",
    "FibrePlan",
    "FibrePrices",
    "JoinedTree",
    "RoadNetwork",
    "Scenarios",
    "SteinerError",
    "SteinerProblem",
    "Tree",
    "backhaul_network",
    "fibre_plan",
    "from_networkx",
    "joined_tree",
    "road_network",
    "site_connections",
    "solve",
    "to_networkx",
    "usual_fibre_prices",
]
