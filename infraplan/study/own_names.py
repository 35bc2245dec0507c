"""What a study calls by names of its own, and where its policy asks to go first: sections of study.toml."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from infraplan.messages import both


class Section(BaseModel):
    """A section of study.toml: no key beyond those described."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Named(Section):
    """A name in Chinese, in English, or in both; one of them suffices."""

    zh: str = ""
    en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _one_suffices(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        zh, en = given.get("zh"), given.get("en")
        if not zh and not en:
            raise ValueError(both("study.without_name"))
        return {**given, "zh": zh or en, "en": en or zh}


class OwnNetwork(Section):
    """An operator or a shared network: what it is called, and from which day its operators may build together. One of them suffices."""

    zh: str = ""
    en: str = ""
    available_from: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _says_something(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        zh, en = given.get("zh"), given.get("en")
        if not zh and not en and not given.get("available_from"):
            raise ValueError(both("study.without_name"))
        return given | ({"zh": zh or en, "en": en or zh} if zh or en else {})


class PriorityArea(Named):
    """Counties, and townships of counties by how their names begin, that a policy asks to serve first."""

    source: str = Field(min_length=1)
    counties: tuple[str, ...] = ()
    towns: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class ByEnvironment(Section):
    """A value for each kind of surroundings, and for smart poles."""

    dense_urban: float | None = Field(default=None, ge=0)
    urban: float | None = Field(default=None, ge=0)
    suburban: float | None = Field(default=None, ge=0)
    rural: float | None = Field(default=None, ge=0)
    smart_pole: float | None = Field(default=None, ge=0)


class DensityLimits(Section):
    """Where surroundings begin: people per km2, or built-up share of the land, within a radius of the mast."""

    radius_m: float | None = Field(default=None, gt=0)
    suburban_per_km2: float | None = Field(default=None, gt=0)
    urban_per_km2: float | None = Field(default=None, gt=0)
    dense_urban_per_km2: float | None = Field(default=None, gt=0)
    suburban_built_share: float | None = Field(default=None, gt=0, le=1)
    urban_built_share: float | None = Field(default=None, gt=0, le=1)


class SiteDefaults(Section):
    """What a site is taken to have where its table says nothing; a key that is not set has the value of the package."""

    source: str = ""
    environment: Literal["dense_urban", "urban", "suburban", "rural"] | None = None
    host: str | None = None
    operators: str | None = None
    azimuth_deg: str | None = None
    height_m: ByEnvironment = ByEnvironment()
    tilt_deg: ByEnvironment = ByEnvironment()
    surroundings: DensityLimits = DensityLimits()

    @model_validator(mode="after")
    def _with_source(self) -> SiteDefaults:
        if self.stated and not self.source:
            raise ValueError(both("study.defaults_without_source"))
        return self

    @property
    def stated(self) -> dict[str, Any]:
        """What is set, in the form of presets/site_defaults.toml."""
        stated = self.model_dump(exclude_none=True, exclude={"source"})
        tables = {name: stated.pop(name) for name in ("height_m", "tilt_deg", "surroundings")}
        return {name: values for name, values in ({"common": stated} | tables).items() if values}

    def over(self, presets: dict[str, Any]) -> dict[str, Any]:
        """The presets with what is set laid over them."""
        return presets | {name: presets[name] | values for name, values in self.stated.items()}
