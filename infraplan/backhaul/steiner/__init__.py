"""The core that knows no maps: the cheapest tree that joins given nodes of a graph (Steiner's problem), with a proven bound."""

from infraplan.backhaul.steiner.problem import SteinerError, SteinerProblem, Tree
from infraplan.backhaul.steiner.solve import solve

__all__ = ["SteinerError", "SteinerProblem", "Tree", "solve"]
