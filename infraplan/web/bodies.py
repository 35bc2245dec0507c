"""Bodies and queries of requests, checked: every number finite and within its bounds, no key that is not known."""

from __future__ import annotations

import json
import math
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.study.scenarios import Edit

MOST_EDITS = 200
MOST_PIXELS = 2048
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-85, le=85, allow_inf_nan=False)]
Key = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_.+-]*$")]
Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """No further keys."""

    model_config = ConfigDict(extra="forbid")


class EditList(Strict):
    """The whole list of edits and the page's number of it: a list with a higher number replaces one with a lower.

    `scenario`: the name under which they were opened or saved, "" for none.
    """

    version: Annotated[int, Field(ge=1, le=10**9)]
    edits: Annotated[list[Edit], Field(max_length=MOST_EDITS)]
    scenario: Annotated[str, Field(max_length=60)] = ""


class Box(Strict):
    """A part of the map."""

    west: Longitude
    south: Latitude
    east: Longitude
    north: Latitude
    limit: Annotated[int, Field(ge=1, le=5000)] = 2000


class VillageBox(Box):
    """Villages of a part of the map, by a family and a network. `only_status`: of villages that the page knows already."""

    family: Key
    network: Key
    only_status: bool = False


class LayerOf(Strict):
    """A family and a network."""

    family: Key
    network: Key


class PictureBox(Strict):
    """A picture by whole pixels of the web map at a zoom level. `after`: with the plan's sites, without the edits."""

    family: Key
    network: Key
    zoom: Annotated[int, Field(ge=3, le=18)]
    x: Annotated[int, Field(ge=0, lt=256 << 18)]
    y: Annotated[int, Field(ge=0, lt=256 << 18)]
    width: Annotated[int, Field(ge=1, le=MOST_PIXELS)]
    height: Annotated[int, Field(ge=1, le=MOST_PIXELS)]
    after: bool = False


class Spot(Strict):
    """A place that was clicked, and the family asked for."""

    longitude: Longitude
    latitude: Latitude
    family: Key


class Language(Strict):
    """The language of the texts asked for."""

    lang: Annotated[str, Field(pattern=r"^(zh|en)$")] = "zh"


class Named(Strict):
    """A scenario by its name."""

    name: Annotated[str, Field(min_length=1, max_length=60)]


class Compared(Strict):
    """Two scenarios by their names."""

    first: Annotated[str, Field(min_length=1, max_length=60)]
    second: Annotated[str, Field(min_length=1, max_length=60)]


class Place(Strict):
    """A place on the map."""

    longitude: Longitude
    latitude: Latitude


class Forbidden(Place):
    """A circle in which the plan builds nothing."""

    radius_km: Annotated[float, Field(gt=0, le=50, allow_inf_nan=False)]


class PlanOrder(Strict):
    """A plan to be completed: an amount to be spent, or without one the goal of the study; for some cities alone where they are named."""

    cities: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=50)] = []
    budget: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)] | None = None
    forbidden: Annotated[list[Forbidden], Field(max_length=50)] = []
    why_not: Annotated[list[Place], Field(max_length=5)] = []


class Nothing(Strict):
    """An empty body."""


def of_body(model: type[Model], body: bytes) -> Model:
    """The body as a model.

    Raises
    ------
    UsageError
        It is no JSON, has a number that is not finite, or is not what the model asks.
    """
    try:
        json.loads(body.decode("utf-8") or "{}", parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise UsageError(both("web.no_json", reason=str(error)[:200])) from error
    try:
        return model.model_validate_json(body or b"{}", strict=True)  # a text or "true" is no number
    except ValidationError as error:
        raise _faults(error) from error


def of_query(model: type[Model], query: dict[str, str]) -> Model:
    """The query of an address as a model."""
    try:
        return model.model_validate(query)
    except ValidationError as error:
        raise _faults(error) from error


def _faults(error: ValidationError) -> UsageError:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    first = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in faults[:5])
    return UsageError(both("web.wrong_body", count=len(faults), first=first))


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text[:40])
    return value


def _no_number(text: str) -> float:
    raise ValueError(text)
