"""Where new sites go: the cheapest plan to every target, with the bound no plan can beat."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "CoverCheck": "cover.cover_check",
    "CoverPlan": "cover.cover_plan",
    "CoverProblem": "cover.problem",
    "ProblemError": "cover.problem",
    "check_cover": "cover.cover_check",
    "Substitutes": "cover.substitutes",
    "explain_candidates": "cover.candidate_reasons",
    "find_substitutes": "cover.substitutes",
    "max_cover": "cover.solve",
    "solve": "cover.solve",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
