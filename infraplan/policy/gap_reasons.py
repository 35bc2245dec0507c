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
from infraplan.policy.neighbours import Paths, neighbours_of, paths_to
from infraplan.policy.remedies import RULES, conditions_of, remedies_of
from infraplan.policy.site_counts import site_tree
from infraplan.policy.statuses import villages_at_own_point
from infraplan.policy.target_losses import class_offset_db, receiver_losses_db
from infraplan.policy.targets import Target, plain_target
from infraplan.units import cut

REASONS = tuple(RULES)
NOT_BY_A_SITE = ("weak_indoors", "part_uncovered", "not_stated", "served_by_another_network")
"""Reasons that a new site which serves the point does not remove, or that sharing removes at less cost."""
Future = tuple[Coverage, frozenset[str]]
"""The map with a plan on it, and the ids of the plan's sites."""

NEAR_QUANTILE = 0.8
"""What blocks a path is asked of places nearer to a site than this part of the served ones, over terrain (ours)."""


def explain(found: pd.DataFrame, target: Target, network: str, layers: Layers, future: Future | None) -> pd.DataFrame:
    """The table with margins, nearest site, neighbour, reason and remedy."""
    found = found.copy()
    for name in ("margin_db", "outdoor_margin_db", "indoor_margin_db", "nearest_site_km"):
        found[name] = np.nan
    found["nearest_site"] = found["receiver"] = found["neighbour"] = ""
    if not target.family or target.measure == "attribute_share":
        found["reason"] = np.where(found["code"] == NO_DATA, "not_stated", "attribute_no")
        return found.assign(remedy=remedies_of(found, {}))
    _margins(found, target, network, layers.cover)
    _nearest(found, target, network, layers)
    server = _read(found, layers.cover, target.family, network)[1]
    neighbours = neighbours_of(found, server, layers)
    paths = paths_to(found, _near(found, target, network, layers), neighbours, layers)
    found["neighbour"] = neighbours.site
    found["reason"] = _reasons(found, target, network, layers, paths)
    receiver = target.receiver or layers.cover.receiver(target.family)
    found["remedy"] = remedies_of(found, conditions_of(found, neighbours, paths, target.family, network, receiver, layers))
    return _with_planned_site(found, target, network, future)


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


def _reasons(found: pd.DataFrame, target: Target, network: str, layers: Layers, paths: Paths) -> npt.NDArray[np.object_]:
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
            *_causes_on_the_path(margin_db, paths),
            ("nbiot_only", _nbiot_there(found, target, network, cover)),
        ]
    return np.asarray(np.select([holds for _, holds in causes], [name for name, _ in causes], default="no_site_in_range"), dtype=object)


def _nbiot_there(found: pd.DataFrame, target: Target, network: str, cover: Coverage) -> npt.NDArray[np.bool_]:
    if target.family == "nbiot" or "nbiot" not in cover.families:
        return np.zeros(len(found), dtype=bool)
    with np.errstate(invalid="ignore"):
        return np.asarray(_read(found, cover, "nbiot", network)[0] >= 0.0)


def _causes_on_the_path(margin_db: npt.NDArray[np.float64], paths: Paths) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    """What weakens the path to the neighbour, where it was computed.

    Terrain: the bare ground stands above the line of sight, free space would serve, and the ground takes more than buildings and trees or
    would suffice to break the service. Clutter: bare ground would serve. Too far: not even free space would serve. Else the signal is weak.
    """
    with np.errstate(invalid="ignore"):
        known = np.isfinite(paths.excess_db) & np.isfinite(margin_db)
        far, bare_serves = margin_db + paths.excess_db < 0.0, margin_db + paths.clutter_db >= 0.0
        terrain = paths.obstructed & (~bare_serves | (paths.excess_db - paths.clutter_db > paths.clutter_db))
        return [
            ("too_far", known & far),
            ("terrain_blocked", known & terrain),
            ("clutter", known & bare_serves),
            ("weak_signal", known),
        ]


def _near(found: pd.DataFrame, target: Target, network: str, layers: Layers) -> npt.NDArray[np.bool_]:
    """Over terrain: nearer to a site than most served villages are."""
    tree, _ = site_tree(target.family, network, layers)
    if layers.cover.model == "statistical" or tree is None or layers.villages is None:
        return np.zeros(len(found), dtype=bool)

    def usual_km() -> float:
        served = villages_at_own_point(plain_target(target.family), network, layers) == 0
        x_m, y_m = layers.cover.grid.place(layers.villages.loc[served])
        good = np.isfinite(x_m) & np.isfinite(y_m)
        return float(np.quantile(tree.query(np.column_stack([x_m, y_m])[good])[0], NEAR_QUANTILE)) / 1000.0 if good.any() else 0.0

    return np.asarray(found["nearest_site_km"].to_numpy(dtype=float) <= layers.keep(("usual", target.family, network), usual_km))


def _with_planned_site(found: pd.DataFrame, target: Target, network: str, future: Future | None) -> pd.DataFrame:
    """The new site that serves the place as its remedy, where the plan has one."""
    if future is None:
        return found
    after, new_sites = future
    margin_db, server = _read(found, after, target.family, network)
    sectors, place = np.unique(server, return_inverse=True)
    names = ["" if sector < 0 else site_of(after.sector_ids[sector]) for sector in sectors]
    sites = np.array(names, dtype=object)[place]
    own = np.array([name in new_sites for name in names], dtype=bool)[place]
    with np.errstate(invalid="ignore"):
        helped = (margin_db >= 0.0) & own & ~found["reason"].isin(NOT_BY_A_SITE).to_numpy()
    return found.assign(remedy=np.where(helped, sites, found["remedy"].to_numpy(dtype=object)))
