"""The schema of a costs file: what sites cost by what they stand on, in one currency, each figure with its source and its range."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from infraplan.messages import both

LINES = ("roads", "power_lines", "fibre")
"""Lines to which a new site has to be connected; also the keys of [files] that name their layers."""
LEVELS = ("low", "typical", "high")
Line = Literal["roads", "power_lines", "fibre"]
Said = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def as_range(given: Any) -> tuple[float, float, float]:
    """(low, typical, high) of a figure: three numbers that do not fall, or one that stands for all three."""
    listed = list(given) if isinstance(given, list | tuple) else [given] * 3
    numbers = [float(one) for one in listed if isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)]
    if len(numbers) != 3 or len(listed) != 3:
        raise ValueError(both("siting.not_a_range"))
    if min(numbers) < 0:
        raise ValueError(both("siting.negative_figure"))
    if numbers != sorted(numbers):
        raise ValueError(both("siting.range_falls"))
    return numbers[0], numbers[1], numbers[2]


def as_probabilities(given: Any) -> tuple[float, float, float]:
    """The same for probabilities below 1."""
    found = as_range(given)
    if found[-1] >= 1:
        raise ValueError(both("siting.probability_one"))
    return found


Figure = Annotated[tuple[float, float, float], BeforeValidator(as_range)]
Probability = Annotated[tuple[float, float, float], BeforeValidator(as_probabilities)]
NOTHING = (0.0, 0.0, 0.0)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Terms(_Table):
    """What something costs to build, and each year after that, its power apart."""

    capex: Figure
    opex_per_year: Figure
    power_per_year: Figure = NOTHING
    source: Said
    interpretation: bool = False


class HostTerms(Terms):
    """A kind of structure that a new site stands on.

    `public_rent_per_year`: the part of `opex_per_year` that is rent to a public owner. `refusal_probability`: that a place looked at cannot
    be had; each such attempt costs `attempt_cost`. `lines`: what the site has to be connected to. `life_years`: how long the capex lasts.
    """

    zh: str = ""
    en: str = ""
    height_m: float = Field(gt=0, le=300)
    public_rent_per_year: Figure = NOTHING
    carrier_power_dbm: float | None = Field(default=None, ge=0, le=60)
    refusal_probability: Probability = NOTHING
    attempt_cost: Figure = NOTHING
    lines: tuple[Line, ...] = ()
    life_years: int | None = Field(default=None, ge=1, le=60)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        """One name suffices."""
        if not isinstance(given, dict):
            return given
        zh, en = given.get("zh"), given.get("en")
        if not zh and not en:
            raise ValueError(both("siting.host_without_name"))
        return {**given, "zh": zh or en, "en": en or zh}

    @model_validator(mode="after")
    def _rent_is_a_part(self) -> HostTerms:
        if any(rent > opex for rent, opex in zip(self.public_rent_per_year, self.opex_per_year, strict=True)):
            raise ValueError(both("siting.rent_above_opex"))
        return self


class LineTerms(_Table):
    """What a km of access costs: of track to a road, of wire, of cable. `factor`: its length over the straight line."""

    capex_per_km: Figure
    factor: float = Field(default=1.0, ge=1, le=5)
    life_years: int | None = Field(default=None, ge=1, le=60)
    source: Said
    interpretation: bool = False


class AnnuityTerms(_Table):
    """The years over which yearly costs count, and the rate at which they are discounted."""

    rate: float = Field(ge=0, lt=1)
    years: int = Field(ge=1, le=60)
    source: Said
    interpretation: bool = False


class PowerTerms(_Table):
    """What direct supply saves: the share of the power cost of a site whose power was resold, or billed at the commercial rate."""

    direct_saving: Probability
    source: Said
    interpretation: bool = False


class CostFile(_Table):
    """A whole costs file."""

    currency: Currency
    annuity: AnnuityTerms
    added_service: Terms
    lines: dict[Line, LineTerms] = Field(default_factory=dict)
    power: PowerTerms | None = None
    hosts: dict[str, HostTerms] = Field(min_length=1)
