"""The schema of study.toml: every key, its type and its default; reading it with every fault at once."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from infraplan.errors import DataError, Fault
from infraplan.messages import both

FILE_NAME = "study.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class About(_Section):
    """What the study is called, whose people it counts, what it is judged by."""

    name: str = Field(min_length=1, pattern=r"^[\w.-]+$")
    title_zh: str
    title_en: str = ""
    synthetic: bool = False
    population_basis: Literal["resident", "registered"] | None = None
    policies: tuple[str, ...] = ()
    city_order: str = ""
    as_of: date | None = None
    output: str = "results"


class Files(_Section):
    """Paths beside study.toml."""

    zones: str
    villages: str | None = None
    sites: str
    places: str | None = None
    corridors: str | None = None
    hosts: str | None = None
    terrain: str | None = None
    clutter: str | None = None
    exclusions: str | tuple[str, ...] = ()
    registers: dict[str, str] = Field(default_factory=dict)


class Datums(_Section):
    """Datum of each file's coordinates; unset, the file's own headings or CRS tell, else WGS-84."""

    zones: str | None = None
    villages: str | None = None
    sites: str | None = None
    places: str | None = None


class CoverageChoice(_Section):
    """How coverage is predicted."""

    resolution_m: float = Field(default=250.0, gt=0, le=5000)
    services: tuple[str, ...] = Field(min_length=1)
    families: tuple[str, ...] = ()
    reliability: float = Field(default=0.95, gt=0.0, lt=1.0)
    model: Literal["statistical", "p1812"] = "statistical"
    max_radius_km: float = Field(default=20.0, gt=0, le=100)
    caps_km: dict[str, float] = Field(default_factory=dict)
    terrain_holes: Literal["refuse", "sea", "fill", "fill_then_sea"] = "refuse"
    clutter_table: str = "worldcover"


class PhaseChoice(_Section):
    """A stretch of the build order: what must stand at its end."""

    name: str
    start: date | None = None
    end: date | None = None
    share: float | None = Field(default=None, ge=0.0, le=1.0)
    sites: int | None = Field(default=None, ge=0)
    budget_cny: float | None = Field(default=None, ge=0.0)
    must: tuple[str, ...] = ()


class PlanChoice(_Section):
    """What the new sites must reach, and with what: docs/planning.md explains each key.

    `target` is the first of `targets`; either may be written.
    """

    target: str = "nr-pop90"
    targets: tuple[str, ...] = ("nr-pop90",)
    must: tuple[str, ...] = ()
    services: tuple[str, ...] = ("nr-n28",)
    operators: str = "cbn+cmcc"
    candidate_spacing_m: float = Field(default=3000.0, gt=0)
    candidate_least_people: int = Field(default=0, ge=0)
    ridges_per_square: int = Field(default=1, ge=0, le=20)
    smart_poles: bool = False
    site_spacing_m: float = Field(default=500.0, ge=0)
    forced: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    capacity_people: int = Field(default=0, ge=0)
    priority_weight: float = Field(default=1.0, ge=1.0, le=100.0)
    gap: float = Field(default=0.01, ge=0.0, lt=1.0)
    planning_margin_db: float = Field(default=0.0, ge=0.0, le=30.0)
    county_floor: float = Field(default=0.0, ge=0.0, le=1.0)
    work_limit: int = Field(default=300_000, gt=0)
    pareto: int = Field(default=0, ge=0, le=50)
    phases: tuple[PhaseChoice, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_list_of_targets(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not {"target", "targets"} & given.keys():
            return given
        if {"target", "targets"} <= given.keys():
            raise ValueError(both("study.two_targets"))
        if "target" in given:
            return {**given, "targets": [given["target"]] if given["target"] else []}
        listed = given["targets"]
        return {**given, "target": listed[0] if isinstance(listed, list) and listed else ""}


class Config(_Section):
    """The whole of study.toml."""

    study: About
    files: Files
    datum: Datums = Datums()
    coverage: CoverageChoice
    plan: PlanChoice = PlanChoice()


def read_config(path: Path) -> Config:
    """study.toml, checked; every fault at once as a DataError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            Fault(path.name, both("study.unreadable", why=error.strerror or ""), both("study.unreadable_cure"), rule="study-file")
        ) from None
    except UnicodeDecodeError:
        raise DataError(Fault(path.name, both("study.not_utf8"), both("study.not_utf8_cure"), rule="study-encoding")) from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(Fault(path.name, both("study.not_toml", why=str(error)), both("study.not_toml_cure"), rule="study-toml")) from None
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        faults = []
        for item in error.errors():
            key = ".".join(str(part) for part in item["loc"])
            value = "" if item["type"] == "missing" else str(item["input"])[:80]
            faults.append(
                Fault(
                    path.name,
                    both("study.bad_key", why=item["msg"]),
                    both("study.bad_key_cure", name=key),
                    rule="study-key",
                    column=key,
                    value=value,
                    row=_line_of(text, str(item["loc"][-1])),
                )
            )
        raise DataError(faults) from None


def _line_of(text: str, key: str) -> int | None:
    """The line on which a key is set, from 1."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.split("=")[0].strip() == key:
            return number
    return None
