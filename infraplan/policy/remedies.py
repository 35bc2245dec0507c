"""What helps a gap: the rules of presets/gap_remedies.toml, the first remedy whose condition holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools, Floats
from infraplan.coverage.networks import ANY, EVERY, in_network
from infraplan.policy.layers import Layers
from infraplan.policy.neighbours import Neighbours, Paths
from infraplan.policy.target_losses import receiver_losses_db
from infraplan.presets import load

RULES = {reason: rule for reason, rule in load("gap_remedies")["rules"].items() if isinstance(rule, dict)}
REMEDIES = tuple(dict.fromkeys(remedy for rule in RULES.values() for remedies in rule.values() for remedy in remedies))
VILLAGES = ("village", "block", "pixel")
Conditions = dict[str, Callable[[], Bools]]


def by_a_new_site(remedies: pd.Series) -> pd.Series:
    """Whether each remedy is a site of the plan, whose id it then is, and no key of a remedy."""
    return remedies.fillna("").astype(str).str.fullmatch(r"N\d+").astype(bool)


def remedies_of(found: pd.DataFrame, conditions: Conditions) -> npt.NDArray[np.object_]:
    """The remedy of each row by its reason and the class of the thing. `conditions`: where a remedy is possible; others always are."""
    classes, reasons = class_of(found), found["reason"].to_numpy(dtype=object)
    remedy = np.full(len(found), "", dtype=object)
    holds = {name: holding() for name, holding in conditions.items()}
    for reason, rule in RULES.items():
        for kind in ("villages", "places", "lines", "sites"):
            rows = (reasons == reason) & (classes == kind)
            listed = rule[kind] if kind in rule else rule["any"]
            for name in listed if rows.any() else ():
                remedy[rows & (remedy == "") & holds.get(name, np.ones(len(found), dtype=bool))] = name
    return remedy


def class_of(found: pd.DataFrame) -> npt.NDArray[np.object_]:
    """villages (blocks too), lines, sites, else places."""
    kind = found["kind"].astype(str)
    line = found["length_km"].notna() if "length_km" in found else pd.Series(False, index=found.index)
    return np.asarray(
        np.select([kind.isin(VILLAGES), line, kind == "site"], ["villages", "lines", "sites"], default="places"), dtype=object
    )


def conditions_of(
    found: pd.DataFrame, neighbours: Neighbours, paths: Paths, family: str, network: str, receiver: str, layers: Layers
) -> Conditions:
    """Where each remedy that has a condition is possible; `receiver` is where the clause judges."""
    missing_db = -found["margin_db"].to_numpy(dtype=float)
    return {
        "share": lambda: np.asarray(found["served_by"] != "", dtype=bool),
        "raise_or_turn": lambda: can_raise_or_turn(missing_db, neighbours, paths),
        "lower_band": lambda: can_lower_band(missing_db, neighbours, family, network, receiver, layers),
        "ridge_repeater": lambda: paths.ridge_sees,
    }


def can_raise_or_turn(missing_db: Floats, neighbours: Neighbours, paths: Paths) -> Bools:
    """Whether raising and turning the neighbour's antenna gives what is missing. [dB]

    Over an obstacle only an antenna that then sees the gap counts, with the loss of free space; else the gain of a plane earth.
    """
    raise_m = load("gap_remedies")["raise_or_turn"]["raise_m"]
    with np.errstate(invalid="ignore", divide="ignore"):
        gain_db = 20.0 * np.log10((neighbours.height_m + raise_m) / neighbours.height_m)
        gain_db = np.where(paths.obstructed, np.where(paths.raise_m <= raise_m, paths.excess_db, 0.0), gain_db)
        return np.asarray((missing_db > 0.0) & (missing_db <= gain_db + neighbours.turn_db) & (neighbours.service != ""))


def can_lower_band(missing_db: Floats, neighbours: Neighbours, family: str, network: str, receiver: str, layers: Layers) -> Bools:
    """Whether a low band that the network does not radiate from the neighbour's mast would give what is missing. [dB]"""
    services, below_mhz = layers.cover.services, load("gap_remedies")["lower_band"]["below_mhz"]
    low = [one for one in services.values() if one.family == family and one.frequency_mhz < below_mhz]
    possible = np.zeros(len(missing_db), dtype=bool)
    if not low or layers.sites is None or "services" not in layers.sites:
        return possible
    inside_db = receiver_losses_db(layers.cover, family, receiver) if receiver != layers.cover.receiver(family) else {}
    for new in low:
        free = ~_radiated(new.name, neighbours, network, layers)
        for name in sorted(set(neighbours.service) & set(services)):
            now = services[name]
            if now.frequency_mhz <= new.frequency_mhz:
                continue
            gain_db = new.max_path_loss_db - now.max_path_loss_db + 20.0 * np.log10(now.frequency_mhz / new.frequency_mhz)
            gain_db += inside_db.get(name, 0.0) - inside_db.get(new.name, 0.0)
            with np.errstate(invalid="ignore"):
                possible |= free & (neighbours.service == name) & (missing_db > 0.0) & (missing_db <= gain_db)
    return possible


def _radiated(service: str, neighbours: Neighbours, network: str, layers: Layers) -> Bools:
    """Whether some site on the mast of each neighbour carries a service in a network."""
    sites, network = layers.sites, ANY if network == EVERY else network

    def make() -> tuple[npt.NDArray[np.object_], frozenset[str]]:
        ids = sites["id"].astype(str)
        stated = sites["mast"].fillna("").astype(str) if "mast" in sites else pd.Series("", index=sites.index)
        masts = stated.where(stated != "", ids)
        carries = (";" + sites["services"].fillna("").astype(str).str.replace(" ", "") + ";").str.contains(f";{service};", regex=False)
        if "operators" in sites:
            carries &= in_network(sites["operators"].fillna("").astype(str).to_numpy(), network)
        if "status" in sites:
            carries &= sites["status"] == "existing"
        return masts.loc[~ids.duplicated()].to_numpy(dtype=object), frozenset(masts[carries])

    masts, radiating = layers.keep(("radiated", service, network), make)
    if not len(masts):
        return np.ones(len(neighbours.row), dtype=bool)
    own = masts[np.maximum(neighbours.row, 0)]
    return np.array([row < 0 or mast in radiating for row, mast in zip(neighbours.row, own, strict=True)], dtype=bool)
