"""How many people a new site serves at most: from its spectrum and what people ask for in the busy hour, or a figure of the study's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Floats
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.presets import load
from infraplan.radio.budgets import Service

SECONDS_OF_AN_HOUR, DAYS_OF_A_MONTH = 3600.0, 30.4
MEGABITS_OF_A_GIGABYTE = 8000.0


@dataclass(frozen=True)
class BusyHour:
    """What people ask of a network in the busy hour, and how much of a cell may be used for it.

    Parameters
    ----------
    traffic_gb_per_month : float
        Downlink traffic of a user and month. [GB]
    busy_hour_share : float
        Share of a day's traffic in its busiest hour, above 0 to 1.
    users_per_resident : float
        Users of the family per resident, all operators together.
    load : float
        Greatest mean load of a cell in the busy hour, above 0 to 1.

    Examples
    --------
    >>> import infraplan as ip
    >>> hour = ip.usual_busy_hour()
    >>> round(hour.mbps_per_resident, 4)
    0.0159
    >>> presets = ip.services("nr-n28", "nbiot-900")
    >>> [f"{hour.people_of_a_sector(presets[name]):.0f}" for name in ("nr-n28", "nbiot-900")]
    ['4362', 'inf']
    """

    traffic_gb_per_month: float
    busy_hour_share: float
    users_per_resident: float
    load: float

    @property
    def mbps_per_resident(self) -> float:
        """Mean rate, in Mbit/s, that a resident asks for in the busy hour."""
        a_day = self.traffic_gb_per_month * MEGABITS_OF_A_GIGABYTE / DAYS_OF_A_MONTH
        return a_day * self.busy_hour_share / SECONDS_OF_AN_HOUR * self.users_per_resident

    def people_of_a_sector(self, service: Service) -> float:
        """Residents that a sector of a service carries.

        Parameters
        ----------
        service : Service
            Its bandwidth, downlink share and family count.

        Returns
        -------
        float
            Infinite for a family without a spectral efficiency (NB-IoT).
        """
        efficiency = spectral_efficiency(service)
        if efficiency is None:
            return float("inf")
        return service.bandwidth_mhz * service.downlink_share * efficiency * self.load / self.mbps_per_resident


Capacity = BusyHour | int | None
"""Of a new site: people from its spectrum, a number of people, or no limit."""


def usual_busy_hour(**own: float | None) -> BusyHour:
    """The busy hour of the presets, or with values of one's own.

    Parameters
    ----------
    **own : float, optional
        `traffic_gb_per_month`, `busy_hour_share`, `users_per_resident`, `load`: instead of those of the presets; None keeps theirs.

    Returns
    -------
    BusyHour
        What `capacity_people` of `place_sites` and `check_plan` takes.

    Examples
    --------
    >>> import infraplan as ip
    >>> ip.usual_busy_hour(load=0.5)
    BusyHour(traffic_gb_per_month=10.35, busy_hour_share=0.07, users_per_resident=0.3, load=0.5)
    """
    presets = {name: entry["value"] for name, entry in load("capacity")["busy_hour"].items()}
    return BusyHour(**presets | {name: value for name, value in own.items() if value is not None})


def spectral_efficiency(service: Service) -> float | None:
    """Mean over the cell, downlink, per sector; None for a family that people do not load. [bit/s/Hz]"""
    known = load("capacity")["spectral_efficiency"].get(service.family)
    if known is None:
        return None
    found = known if "value" in known else known["below_1_ghz" if service.frequency_mhz < 1000.0 else "above_1_ghz"]
    return float(found["value"])


def people_at_most(capacity: Capacity, sites: Any, services: Mapping[str, Service], family: str) -> Floats | None:
    """People of a family that each site serves at most, shape (sites,). None where nothing limits them.

    Parameters
    ----------
    capacity : BusyHour, int or None
        A number is the limit of every site; by a busy hour a site without the family serves nobody.
    sites : DataFrame
        Columns `services` (joined by ";") and `azimuth_deg` (joined by "/"): a sector each.
    services : mapping of Service
        Those that the sites name.
    family : str
        Whose users are counted.

    Raises
    ------
    UsageError
        A capacity of 0 people or fewer, or a busy hour whose figures are not above 0.
    """
    if capacity is None or family not in load("capacity")["spectral_efficiency"]:
        return None
    refuse_nothing(capacity)
    if not isinstance(capacity, BusyHour):
        return np.full(len(sites), float(capacity))
    sector = {name: capacity.people_of_a_sector(one) for name, one in services.items() if one.family == family}
    listed = sites["services"].astype(str)
    people = {text: sum(sector.get(name, 0.0) for name in text.split(";")) for text in pd.unique(listed)}
    sectors = sites["azimuth_deg"].fillna("").astype(str).str.count("/").to_numpy(dtype=np.float64) + 1.0
    return np.asarray(np.floor(listed.map(people).to_numpy(dtype=np.float64) * sectors))


def limited_family(capacity: Capacity, families: Iterable[str], services: Mapping[str, Service]) -> str:
    """The family whose users are limited: the first of `families` that people load; "" where there is none.

    The core limits the users of one family; those of further ones are counted for coverage alone.
    """
    return (limited_families(capacity, families, services) or [""])[0]


def limited_families(capacity: Capacity, families: Iterable[str], services: Mapping[str, Service]) -> list[str]:
    """Those of `families` that people load."""
    if capacity is None:
        return []
    refuse_nothing(capacity)
    carried = {service.family for service in services.values()}
    return [family for family in dict.fromkeys(families) if family in carried and family in load("capacity")["spectral_efficiency"]]


@dataclass(frozen=True)
class CapacityInUse:
    """What limits the sites of a plan.

    `least`, `most`: people of `family` that the smallest and the largest site serve at most. `by_spectrum`: computed, not a number of the
    study. `further`: families that people load too, and that are planned for coverage only.
    """

    family: str
    least: int
    most: int
    by_spectrum: bool
    further: tuple[str, ...] = ()


def capacity_in_use(capacity: Capacity, sites: Any, services: Mapping[str, Service], families: Iterable[str]) -> CapacityInUse | None:
    """The limits of these sites; None where nothing limits them, or none of them carries the family."""
    limited = limited_families(capacity, families, services)
    limit = people_at_most(capacity, sites, services, limited[0]) if limited else None
    if limit is None or not (limit > 0).any():
        return None
    own = limit[limit > 0]
    return CapacityInUse(limited[0], int(own.min()), int(own.max()), isinstance(capacity, BusyHour), tuple(limited[1:]))


def refuse_nothing(capacity: Capacity) -> None:
    """Raise a UsageError for a capacity that serves nobody, or a busy hour that asks for nothing."""
    if isinstance(capacity, BusyHour):
        for name, value in ((one.name, getattr(capacity, one.name)) for one in fields(capacity)):
            if not value > 0:
                raise UsageError(both("siting.busy_hour_not_above_0", name=name, value=f"{value:g}"))
    elif capacity is not None and not capacity > 0:
        raise UsageError(both("siting.capacity_of_0", value=capacity))
