"""Shared networks: the operator codes on a sector, and the networks that a target may name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from infraplan.presets import choose, load

ANY = "any"
EVERY = "every"
"""Every shared network at once: served where each of them serves."""


def networks(own: Sequence[str] = ()) -> tuple[str, ...]:
    """ "any" first, then the networks of a study's own operators, else every shared network of the preset, e.g. "cbn+cmcc"."""
    return (ANY, *(own or load("networks")["networks"]))


def counted_networks(mapped: Sequence[str]) -> tuple[str, ...]:
    """The networks that people are counted for: those on a map and, where it shows several beside "any", all of them at once."""
    return (*mapped, EVERY) if len(single_networks(mapped)) > 1 else tuple(mapped)


def single_networks(mapped: Sequence[str]) -> tuple[str, ...]:
    """The networks of a map without "any"."""
    return tuple(network for network in mapped if network != ANY)


def members(network: str) -> frozenset[str]:
    """Operator codes of a network, which its name joins by "+"; empty for "any"."""
    return frozenset() if network == ANY else frozenset(network.split("+"))


def known_networks(names: Iterable[str], operators: Iterable[str], own: Sequence[str] = ()) -> tuple[str, ...]:
    """The networks named, each operator of which some sector carries (`operators`, joined by "+"), or `own` or the presets name.

    Raises
    ------
    UsageError
        An operator that is unknown: its network would be an empty layer. The nearest is named.
    """
    networks = tuple(names)
    codes = {code for text in (*load("networks")["operators"], *own, *operators) for code in str(text).split("+") if code}
    for network in networks:
        for code in sorted(members(network)):
            choose(code, codes, "operator")
    return networks


def in_network(operators: Sequence[str], network: str) -> npt.NDArray[np.bool_]:
    """For each "+"-joined operator text, whether one of its operators is in the network."""
    wanted = members(network)
    if not wanted:
        return np.ones(len(operators), dtype=bool)
    memo = {text: bool(wanted & set(str(text).split("+"))) for text in dict.fromkeys(operators)}
    return np.array([memo[text] for text in operators], dtype=bool)
