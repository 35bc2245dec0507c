"""Who shares a network with whom: the operator codes on a sector, and the networks a target may ask about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from infraplan.presets import choose, load

ANY = "any"


def networks() -> tuple[str, ...]:
    """ "any" first, then every shared network of the preset, e.g. "cbn+cmcc"."""
    return (ANY, *load("networks")["networks"])


def members(network: str) -> frozenset[str]:
    """Operator codes of a network; empty for "any"."""
    choose(network, networks(), "network")
    return frozenset() if network == ANY else frozenset(load("networks")["networks"][network]["operators"])


def network_name(network: str, lang: str = "zh") -> str:
    """The name people read, e.g. 移动+广电."""
    return str(load("networks")["any"][lang] if network == ANY else load("networks")["networks"][network][lang])


def belongs(operators: Sequence[str], network: str) -> npt.NDArray[np.bool_]:
    """For each "+"-joined operator text, whether one of its operators is in the network."""
    wanted = members(network)
    if not wanted:
        return np.ones(len(operators), dtype=bool)
    memo = {text: bool(wanted & set(str(text).split("+"))) for text in dict.fromkeys(operators)}
    return np.array([memo[text] for text in operators], dtype=bool)
