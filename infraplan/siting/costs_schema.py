"""The schema of a costs file: what sites cost by what they stand on, in one currency, each figure with its source."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from infraplan.messages import both

Money = Annotated[float, Field(ge=0)]
Said = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Terms(_Table):
    """What something costs to build, and each year after that."""

    capex: Money
    opex_per_year: Money
    source: Said
    interpretation: bool = False


class HostTerms(Terms):
    """A kind of structure that a new site stands on. `public_rent_per_year`: the part of `opex_per_year` that is rent to a public owner."""

    zh: str = ""
    en: str = ""
    height_m: float = Field(gt=0, le=300)
    public_rent_per_year: Money = 0.0
    carrier_power_dbm: float | None = Field(default=None, ge=0, le=60)

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
        if self.public_rent_per_year > self.opex_per_year:
            raise ValueError(both("siting.rent_above_opex"))
        return self


class AnnuityTerms(_Table):
    """The years over which yearly costs count, and the rate at which they are discounted."""

    rate: float = Field(ge=0, lt=1)
    years: int = Field(ge=1, le=60)
    source: Said
    interpretation: bool = False


class CostFile(_Table):
    """A whole costs file."""

    currency: Currency
    annuity: AnnuityTerms
    added_service: Terms
    hosts: dict[str, HostTerms] = Field(min_length=1)
