"""Which families the services of a site belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.presets import load

NAMES = {"nr": "5G", "nbiot": "NB-IoT", "lte": "4G"}


def family_name(family: str) -> str:
    """The name people read, in both languages: 5G, NB-IoT, 4G."""
    return NAMES.get(family, family)


def service_name(service: str) -> str:
    """What outputs call a service, in both languages: 5G 700 MHz (n28); one of a study's own file keeps its name."""
    return str(load("aliases")["service_names"].get(service, service))


def family_of(service: str, own: Mapping[str, str] | None = None) -> str:
    """Family of a service: as `own` (service -> family) says, else the preset's, else the part of its name before the first hyphen."""
    if own and service in own:
        return own[service]
    known = load("services")["service"]
    return str(known[service]["family"]) if service in known else service.split("-")[0]


def families_of(services: Iterable[str], own: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Families of some services, each once, in order."""
    return tuple(dict.fromkeys(family_of(service, own) for service in services if service))


def families_carried(sites: Any) -> list[tuple[str, ...]]:
    """Families of each site: by its column `families` where it has one, else by the names of its services."""
    place, known = _carried(sites)
    return [known[code] for code in place]


def carries(sites: Any, family: str) -> npt.NDArray[np.bool_]:
    """Whether each site carries a service of the family."""
    place, known = _carried(sites)
    return np.array([family in own for own in known], dtype=bool)[place]


def _carried(sites: Any) -> tuple[npt.NDArray[np.intp], list[tuple[str, ...]]]:
    """Row of each site in a list of families that is as short as possible; and the list."""
    column = "families" if "families" in sites else "services"
    place, texts = pd.factorize(sites[column].fillna("").astype(object))
    names = [tuple(name.strip() for name in text.split(";") if name.strip()) for text in texts]
    return place, names if column == "families" else [families_of(own) for own in names]


def with_families(sites: Any, own: Mapping[str, str]) -> Any:
    """The sites with a column `families`, joined by ";", where there are services beyond the presets; else as they are."""
    if not own:
        return sites
    joined = [";".join(families_of((name.strip() for name in text.split(";")), own)) for text in sites["services"].fillna("").astype(str)]
    return sites.assign(families=pd.Series(joined, index=sites.index, dtype=str))
