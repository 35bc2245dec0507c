"""Why a place lacks service and what would help: margins, the nearest site, a reason, a remedy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.coverage.places import NO_DATA, UNCERTAIN
from infraplan.coverage.position_margins import margin_at
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.sectors import site_of
from infraplan.policy.layers import Layers
from infraplan.policy.site_counts import site_tree
from infraplan.policy.statuses import villages_at_own_point
from infraplan.policy.target_losses import class_offset_db, receiver_losses_db
from infraplan.policy.targets import Target, plain_target
from infraplan.units import cut

REMEDIES = {
    "measured_weak": "check_site",
    "position_uncertain": "verify_position",
    "no_position": "supply_position",
    "not_stated": "supply_statement",
    "attribute_no": "complete_work",
    "served_by_another_network": "share",
    "part_uncovered": "new_site",
    "weak_indoors": "indoor_system",
    "uplink_limited": "lower_band",
    "terrain_blocked": "relay_site",
    "nbiot_only": "add_nr",
    "no_site_in_range": "new_site",
}
REASONS = tuple(REMEDIES)
NOT_BY_A_SITE = ("weak_indoors", "part_uncovered", "not_stated", "served_by_another_network")
"""Reasons that a new site which serves the point does not remove, or that sharing removes at less cost."""
Future = tuple[Coverage, frozenset[str]]
"""The map with a plan on it, and the ids of the plan's sites."""

NEAR_QUANTILE = 0.8
"""A place nearer to a site than this part of the served ones, yet unserved over terrain, is called blocked (ours)."""


def explain(found: pd.DataFrame, target: Target, network: str, layers: Layers, future: Future | None) -> pd.DataFrame:
    """The table with margins, nearest site, reason and remedy."""
    found = found.copy()
    for name in ("margin_db", "outdoor_margin_db", "indoor_margin_db", "nearest_site_km"):
        found[name] = np.nan
    found["nearest_site"] = found["receiver"] = ""
    if not target.family or target.measure == "attribute_share":
        found["reason"] = np.where(found["code"] == NO_DATA, "not_stated", "attribute_no")
        return _with_remedy(found)
    _margins(found, target, network, layers.cover)
    _nearest(found, target, network, layers)
    found["reason"] = _reasons(found, target, network, layers)
    return _with_remedy(found, target, network, future)


def _read(
    found: pd.DataFrame, cover: Coverage, family: str, network: str, receiver: str = ""
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Margin and server at the place of each gap."""
    layer = margin_at(found["x_m"].to_numpy(dtype=float), found["y_m"].to_numpy(dtype=float), cover, family, network, receiver)
    return layer.margin_db.astype(float), layer.server


def _at_server(cover: Coverage, server: npt.NDArray[np.int32], by_service: dict[str, float]) -> npt.NDArray[np.float64]:
    """A service's value for the sector that serves each pixel; 0 where none does."""
    sectors, place = np.unique(server, return_inverse=True)
    values = [0.0 if sector < 0 else by_service.get(str(cover.sector_services[sector]), 0.0) for sector in sectors]
    return np.asarray(np.array(values)[place])


def _margins(found: pd.DataFrame, target: Target, network: str, cover: Coverage) -> None:
    """Margins outdoors, indoors, and where the devices are that the target judges, which decides."""
    margin_db, server = _read(found, cover, target.family, network)
    found["receiver"] = decides = target.receiver or cover.receiver(target.family)
    for name, receiver in (("margin_db", decides), ("outdoor_margin_db", "outdoor"), ("indoor_margin_db", "indoor")):
        if receiver == cover.receiver(target.family):
            there_db = margin_db
        elif (target.family, network, receiver) in cover.elsewhere:
            there_db = _read(found, cover, target.family, network, receiver)[0]
        else:
            there_db = margin_db - _at_server(cover, server, receiver_losses_db(cover, target.family, receiver))
        found[name] = cut(there_db, 1)
    services = [service for service in cover.services.values() if service.family == target.family]
    offset_db = class_offset_db(services, target.coupling_class_db)
    found["margin_db"] = cut(found["margin_db"] - offset_db, 1) if np.isfinite(offset_db) else np.nan


def _nearest(found: pd.DataFrame, target: Target, network: str, layers: Layers) -> None:
    tree, ids = site_tree(target.family, network, layers)
    xy = found[["x_m", "y_m"]].to_numpy(dtype=float)
    known = np.isfinite(xy).all(axis=1)
    if tree is None or not known.any():
        return
    distance_m, index = tree.query(xy[known])
    found.loc[known, "nearest_site_km"] = np.round(distance_m / 1000.0, 2)
    found.loc[known, "nearest_site"] = ids[index]


def _reasons(found: pd.DataFrame, target: Target, network: str, layers: Layers) -> npt.NDArray[np.object_]:
    """The first reason that is true, in the order of the lines."""
    cover = layers.cover
    margin_db, server = _read(found, cover, target.family, network)
    services = {name: service for name, service in cover.services.items() if service.family == target.family}
    spare_db = _at_server(cover, server, {name: s.downlink_max_path_loss_db - s.max_path_loss_db for name, s in services.items()})
    code = found["code"].to_numpy()
    inside = found["inside"].to_numpy(dtype=bool) if "inside" in found else np.zeros(len(found), dtype=bool)
    inside = inside | (target.receiver != "" or target.coupling_class_db is not None)
    with np.errstate(invalid="ignore"):
        causes = [
            ("no_position", ~np.isfinite(found["x_m"].to_numpy(dtype=float))),
            ("not_stated", code == NO_DATA),
            ("measured_weak", (code == UNCERTAIN) & found["measured"].to_numpy(dtype=bool)),
            ("position_uncertain", code == UNCERTAIN),
            ("served_by_another_network", found["served_by"].to_numpy() != ""),
            ("weak_indoors", (margin_db >= 0.0) & inside),
            ("part_uncovered", margin_db >= 0.0),
            ("weak_indoors", found["outdoor_margin_db"].to_numpy(dtype=float) >= 0.0),  # a service promised indoors, such as meters
            ("uplink_limited", margin_db + spare_db >= 0.0),
            ("terrain_blocked", _blocked(found, target, network, layers)),
            ("nbiot_only", _nbiot_there(found, target, network, cover)),
        ]
    return np.asarray(np.select([holds for _, holds in causes], [name for name, _ in causes], default="no_site_in_range"), dtype=object)


def _nbiot_there(found: pd.DataFrame, target: Target, network: str, cover: Coverage) -> npt.NDArray[np.bool_]:
    if target.family == "nbiot" or "nbiot" not in cover.families:
        return np.zeros(len(found), dtype=bool)
    with np.errstate(invalid="ignore"):
        return np.asarray(_read(found, cover, "nbiot", network)[0] >= 0.0)


def _blocked(found: pd.DataFrame, target: Target, network: str, layers: Layers) -> npt.NDArray[np.bool_]:
    """Over terrain: nearer to a site than most served villages are, yet not served."""
    tree, _ = site_tree(target.family, network, layers)
    if layers.cover.model == "statistical" or tree is None or layers.villages is None:
        return np.zeros(len(found), dtype=bool)

    def usual_km() -> float:
        served = villages_at_own_point(plain_target(target.family), network, layers) == 0
        x_m, y_m = layers.cover.grid.place(layers.villages.loc[served])
        good = np.isfinite(x_m) & np.isfinite(y_m)
        return float(np.quantile(tree.query(np.column_stack([x_m, y_m])[good])[0], NEAR_QUANTILE)) / 1000.0 if good.any() else 0.0

    return np.asarray(found["nearest_site_km"].to_numpy(dtype=float) <= layers.keep(("usual", target.family, network), usual_km))


def _with_remedy(found: pd.DataFrame, target: Target | None = None, network: str = "", future: Future | None = None) -> pd.DataFrame:
    """The new site that serves the place, where the plan has one; else what usually helps."""
    remedy = found["reason"].map(REMEDIES).to_numpy(dtype=object)
    if future is not None and target is not None:
        after, new_sites = future
        margin_db, server = _read(found, after, target.family, network)
        sectors, place = np.unique(server, return_inverse=True)
        names = ["" if sector < 0 else site_of(after.sector_ids[sector]) for sector in sectors]
        sites = np.array(names, dtype=object)[place]
        own = np.array([name in new_sites for name in names], dtype=bool)[place]
        with np.errstate(invalid="ignore"):
            helped = (margin_db >= 0.0) & own & ~found["reason"].isin(NOT_BY_A_SITE).to_numpy()
        remedy = np.where(helped, sites, remedy)
    found["remedy"] = remedy
    return found
