"""The schema of a policy file: what its tables and keys may hold."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

SHARES = ("population_share", "area_share", "place_share", "line_share", "attribute_share")
COUNTS = ("place_count", "site_count")
MEASURES = (*SHARES, *COUNTS, "reported", "none")
FAMILIES = ("nr", "nbiot", "lte")
RADIO = ("population_share", "area_share", "place_share", "place_count", "line_share")
COUPLING_CLASSES_DB = (144, 154, 164)


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("not a number")
    return value


def _as_date(value: object) -> object:
    """A TOML date, or a text that is one."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value


Number = Annotated[float, BeforeValidator(_no_bool)]
Day = Annotated[date, BeforeValidator(_as_date)]
Adcode = Annotated[str, StringConstraints(pattern=r"^\S(.*\S)?$", max_length=40)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class ThresholdRow(_Strict):
    """One of several thresholds of a clause: it becomes the part `part`."""

    part: Key
    required: Number
    due: Day | None = None


class ResidentsRow(_Strict):
    """Which residents a population share counts: those of `cities`, and elsewhere those within `radius_m` of a place of class `near`."""

    cities: str
    near: str
    radius_m: Annotated[Number, Field(gt=0)]


class TargetRow(_Strict):
    """One `[[target]]` of a policy file."""

    id: Key
    part: Key = "main"
    task: Annotated[str, Field(min_length=1)]
    task_en: str = ""
    quotation: str = ""
    document: str = ""
    measure_number: str = ""
    force: str = ""
    binding: bool | None = None
    measure: Literal[
        "population_share", "area_share", "place_share", "line_share", "attribute_share", "place_count", "site_count", "reported", "none"
    ]
    figure: Literal["", "population_share", "area_share", "place_share", "line_share", "attribute_share", "place_count", "site_count"] = ""
    family: Literal["", "nr", "nbiot", "lte"] = ""
    scope: str | list[Adcode] = "province"
    asked_of: Literal["scope", "zones"] = "zones"
    setting: Literal["all", "urban", "rural"] = "all"
    areas: Literal["all", "priority", "elsewhere"] = "all"
    receiver: str = ""
    coupling_class_db: Literal[144, 154, 164] | None = None
    residents: ResidentsRow | None = None
    layer: Literal["", "villages", "places", "corridors", "sites"] = ""
    register_name: Annotated[str, Field(alias="register")] = ""
    place_classes: list[str] = []
    kinds: list[str] = []
    line_classes: list[str] = []
    min_households: Annotated[int, Field(ge=0)] | None = None
    official_column: str = ""
    check_points: list[str] = []
    also: list[str] = []
    site_within_m: Annotated[Number, Field(gt=0)] | None = None
    indoor_system: bool = False
    statuses: list[Literal["existing", "planned"]] = ["existing"]
    column: str = ""
    at_least: Number | None = None
    where: dict[str, bool | int | float | str] = {}
    weight: str = ""
    unit: Literal["", "people", "projects", "households", "bodies"] = ""
    served_part: Annotated[Number, Field(gt=0, le=1)] | None = None
    radius_m: Annotated[Number, Field(gt=0)] | None = None
    count_basis: Literal["site", "mast", "operator"] = "site"
    since: Day | None = None
    until: Day | None = None
    award: Annotated[Number, Field(ge=0)] | None = None
    scenario: Literal["", "public_rent"] = ""
    required: Number | None = None
    due: Day | None = None
    thresholds: list[ThresholdRow] = []
    networks: bool | None = None
    beside: bool = False
    interpretation: bool = False
    reading: str = ""
    reading_en: str = ""
    reason: str = ""
    reason_en: str = ""
    rests_on: str = ""
    rests_on_en: str = ""
    source: str = ""


class PolicyRow(_Strict):
    """The `[policy]` table: which document the clauses are in. Only a draft may leave its number blank."""

    document: str
    title: Annotated[str, Field(min_length=1)]
    title_en: str = ""
    issued: Day | None = None
    expires: Day | None = None
    province: Adcode
    draft: bool = False
    source: Annotated[str, Field(min_length=1)]
    departments_missing: str = "not assigned"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = ""

    @model_validator(mode="after")
    def _numbered(self) -> PolicyRow:
        if not self.document and not self.draft:
            raise ValueError("a document that is no draft needs its number")
        return self


class ScopeRow(_Strict):
    """A named list of cities, of counties, or of both."""

    name: str
    name_en: str = ""
    cities: list[Adcode] = []
    counties: list[Adcode] = []
    interpretation: bool = False
    source: str = ""

    @model_validator(mode="after")
    def _not_empty(self) -> ScopeRow:
        if not self.cities and not self.counties:
            raise ValueError("a scope needs cities or counties")
        return self


class PolicyFile(_Strict):
    """A whole policy file."""

    policy: PolicyRow
    scopes: dict[str, ScopeRow] = {}
    departments: dict[str, str] = {}
    target: Annotated[list[TargetRow], Field(min_length=1)]
