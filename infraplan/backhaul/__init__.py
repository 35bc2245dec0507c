"""Backhaul: the cheapest network of lines that joins places, proven."""

from infraplan.backhaul.steiner import SteinerError, SteinerProblem, Tree, solve

__all__ = ["SteinerError", "SteinerProblem", "Tree", "solve"]
