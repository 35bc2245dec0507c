"""Line of sight over a profile on the curved Earth: how far the line between two antennas clears the ground."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from infraplan.arrays import Floats


def clearance_m(
    distance_m: npt.ArrayLike, ground_m: npt.ArrayLike, *, tx_height_m: float, rx_height_m: float, earth_radius_m: float
) -> Floats:
    """Height of the line between two antennas above the ground, at each sample between the ends. [m]

    Parameters
    ----------
    distance_m : array_like, shape (n,)
        Distances from the transmitter, first 0, increasing. [m]
    ground_m : array_like, shape (n,)
        Ground above sea level. [m]
    tx_height_m, rx_height_m : float
        Antennas above ground. [m]
    earth_radius_m : float
        Effective radius of the Earth; 4/3 of the mean one in a median atmosphere. [m]

    Returns
    -------
    ndarray of float64, shape (n - 2,)
        Negative where the ground stands above the line.

    Notes
    -----
    The ground between the ends stands higher by d1 d2 / (2 R) than on a flat Earth, with d1, d2 the distances to both ends (ITU-R P.530-18,
    section 2.2.2, without its Fresnel zone).

    Examples
    --------
    >>> clearance_m([0, 5000, 10000], [0, 0, 0], tx_height_m=30.0, rx_height_m=1.5, earth_radius_m=8495e3).round(2).tolist()
    [14.28]
    """
    along_m, height_m = np.asarray(distance_m, float), np.asarray(ground_m, float)
    length_m = along_m[-1]
    start_m, end_m = height_m[0] + tx_height_m, height_m[-1] + rx_height_m
    line_m = start_m + (end_m - start_m) * along_m / length_m
    bulge_m = along_m * (length_m - along_m) / (2.0 * earth_radius_m)
    return np.asarray((line_m - height_m - bulge_m)[1:-1])
