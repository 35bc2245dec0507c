"""How likely a measurement finds service at a point: from its predicted margin and the error of the prediction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from infraplan.coverage.measurements import UNCERTAIN
from infraplan.coverage.networks import ANY
from infraplan.coverage.population import demand_margin, positions_on, status_of
from infraplan.coverage.prediction import Coverage


def served_chances(demand: Any, cover: Coverage, family: str, network: str = ANY) -> pd.DataFrame:
    """Margin of every point, whether its position decides, and the chance that a measurement there finds service.

    The chance is that of a signal which differs from its prediction by the service's own error (`shadowing_sigma_db`, normal), without the
    margin for shadowing that the prediction takes off; the mean over the positions at which the point may lie.

    Returns
    -------
    DataFrame
        Index of `demand`; margin_db [dB], -inf where nothing reaches, NaN off the map; uncertain; chance, 0..1, NaN off the map; sigma_db,
        shadow_margin_db [dB] of the service that is best at the point.
    """
    margins = demand_margin(demand, cover, family, network)
    positions, counts = positions_on(demand, cover)
    layer = cover.at_positions(positions.x_m, positions.y_m, family, network)
    own = [service for service in cover.services.values() if service.family == family]
    first = own[0] if own else None
    by_sector = [cover.services.get(str(name), first) for name in cover.sector_services]
    sigma = np.array([*(one.shadowing_sigma_db if one else 1.0 for one in by_sector), first.shadowing_sigma_db if first else 1.0])
    shadow = np.array([*(one.shadow_margin_db if one else 0.0 for one in by_sector), first.shadow_margin_db if first else 0.0])
    at = np.where(layer.server >= 0, layer.server, len(by_sector))
    margin = np.nan_to_num(layer.margin_db.astype(float), nan=-np.inf)
    each = np.where(counts, ndtr((margin + shadow[at]) / sigma[at]), 0.0)
    chance, sigma_db, shadow_db = (np.full(len(demand), np.nan) for _ in range(3))
    if len(positions.own):
        starts = positions.own
        chance[positions.placed] = np.add.reduceat(each, starts) / np.add.reduceat(counts.astype(float), starts)
        sigma_db[positions.placed], shadow_db[positions.placed] = sigma[at][starts], shadow[at][starts]
    known = np.where(positions.placed, np.nan_to_num(margins["margin_db"].to_numpy(float), nan=-np.inf), np.nan)
    columns = {"margin_db": known, "uncertain": (status_of(margins) == UNCERTAIN) & positions.placed, "chance": chance,
               "sigma_db": sigma_db, "shadow_margin_db": shadow_db}  # fmt: skip
    return pd.DataFrame(columns, index=demand.index)
