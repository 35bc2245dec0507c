"""Log-normal shadowing: the margin for a reliability, at the edge of a cell or over its area, and the probability of a margin."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats

KINDS = ("edge", "area")


def edge_probability(margin_db: npt.ArrayLike, sigma_db: float) -> Floats:
    """Share of places at the edge where the signal suffices, given the margin left there by the median. Fraction 0..1."""
    from scipy.special import ndtr

    margin = np.asarray(margin_db, dtype=float)
    return np.asarray(ndtr(margin / sigma_db)) if sigma_db > 0 else np.where(margin >= 0, 1.0, 0.0)


def area_probability(margin_db: npt.ArrayLike, sigma_db: float, *, path_loss_exponent: float = 3.5) -> Floats:
    """Share of a whole circular cell where the signal suffices, given the margin at its edge. Fraction 0..1.

    Parameters
    ----------
    margin_db : array_like
        Median margin at the cell's edge. [dB]
    sigma_db : float
        Standard deviation of the shadowing, above 0. [dB]
    path_loss_exponent : float
        Loss grows by 10 n dB a decade inside the cell.

    References
    ----------
    W. C. Jakes (ed.), Microwave Mobile Communications, 1974, section 2.5.3, eqs. 2.5-12 to 2.5-14.
    """
    from scipy.special import erfc, erfcx

    a = -np.asarray(margin_db, dtype=float) / (sigma_db * math.sqrt(2.0))
    b = 10.0 * path_loss_exponent * math.log10(math.e) / (sigma_db * math.sqrt(2.0))
    c = (1.0 - a * b) / b
    # exp((1 - 2ab) / b^2) erfc(c) = exp(-a^2) erfcx(c): the one form for negative c, the other for the rest, so that neither overflows
    below = np.exp(np.minimum(c * c - a * a, 0.0)) * erfc(np.minimum(c, 0.0))
    above = np.exp(-a * a) * erfcx(np.maximum(c, 0.0))
    inner = np.where(c < 0.0, below, above)
    return np.asarray(np.clip(edge_probability(margin_db, sigma_db) + 0.5 * inner, 0.0, 1.0))


def shadow_margin_db(reliability: float, sigma_db: float, *, kind: str = "area", path_loss_exponent: float = 3.5) -> float:
    """Margin to add to the median so that `reliability` of the edge, or of the area, is served. [dB]

    Parameters
    ----------
    reliability : float
        Fraction, above 0 and below 1; at 0.5 "edge" the margin is 0.
    sigma_db : float
        Standard deviation of the shadowing. [dB]
    kind : str
        "edge" or "area".
    path_loss_exponent : float
        For "area" only.

    Raises
    ------
    ValueError
        A reliability outside (0, 1), a negative sigma or an unknown kind.
    """
    if not 0.0 < reliability < 1.0:
        raise ValueError("reliability must lie between 0 and 1, both excluded")
    if sigma_db < 0.0 or kind not in KINDS:
        raise ValueError(f"sigma_db must not be negative and kind must be one of {KINDS}")
    if sigma_db == 0.0:
        return 0.0
    edge_db = NormalDist().inv_cdf(reliability) * sigma_db
    if kind == "edge":
        return edge_db
    from scipy.optimize import brentq

    def excess(margin_db: float) -> float:
        return float(area_probability(margin_db, sigma_db, path_loss_exponent=path_loss_exponent)) - reliability

    lowest_db = edge_db - 20.0 * sigma_db + 5.0 * path_loss_exponent * math.log10(reliability)
    return float(brentq(excess, lowest_db, edge_db + 1e-9, xtol=1e-10))


def coverage_probability(margin_db: npt.ArrayLike, sigma_db: float, shadow_margin_db: float) -> Floats:
    """P(served) at a pixel from whose margin `shadow_margin_db` is already subtracted. Fraction 0..1.

    At margin 0 it equals the edge probability of the shadow margin.
    """
    return edge_probability(np.asarray(margin_db, dtype=float) + shadow_margin_db, sigma_db)
