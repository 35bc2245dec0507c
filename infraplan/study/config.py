"""The schema of study.toml: every key, its type and its default; reading it with every fault at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from infraplan.errors import DataError
from infraplan.messages import both
from infraplan.study.config_faults import (
    RASTER_OPTIONS,
    known_crs,
    known_datum,
    known_encoding,
    known_operators,
    misplaced_options,
    two_datums,
)
from infraplan.study.own_names import OwnNetwork, PriorityArea, Section, SiteDefaults
from infraplan.toml_faults import blank_faults, key_faults
from infraplan.toml_files import parse_toml, read_toml_text

FILE_NAME = "study.toml"


class About(Section):
    """What the study is called, whose people it counts, what it is judged by."""

    name: str = Field(min_length=1, pattern=r"^[\w.-]+$")
    title_zh: str = ""
    title_en: str = ""
    area_zh: str = ""
    area_en: str = ""
    synthetic: bool = False
    population_basis: Literal["resident", "registered"] | None = None
    policies: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    city_order: str | tuple[str, ...] = ""
    as_of: date | None = None
    report_date: date | None = None
    output: str = "results"

    @model_validator(mode="before")
    @classmethod
    def _one_language_suffices(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        if not given.get("title_zh") and not given.get("title_en"):
            raise ValueError(both("study.without_title"))
        for name in ("title", "area"):
            zh, en = given.get(f"{name}_zh"), given.get(f"{name}_en")
            given = given | ({f"{name}_zh": zh or en, f"{name}_en": en or zh} if zh or en else {})
        return given

    @field_validator("operators")
    @classmethod
    def _known_operators(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return known_operators(given)

    @field_validator("report_date")
    @classmethod
    def _not_before_its_data(cls, given: date | None, others: ValidationInfo) -> date | None:
        as_of = others.data.get("as_of")
        if given is not None and as_of is not None and given < as_of:
            raise ValueError(both("study.report_before_data", day=as_of.isoformat()))
        return given

    @property
    def dated(self) -> date | None:
        """Date of the report: `report_date`, else `as_of`; never the day of the run, so that equal input gives equal bytes."""
        return self.report_date or self.as_of


class Files(Section):
    """Paths beside study.toml."""

    zones: str
    census: str | None = None
    villages: str | None = None
    sites: str
    places: str | None = None
    corridors: str | None = None
    hosts: str | None = None
    weak_grid: str | None = None
    costs: str | None = None
    roads: str | None = None
    power_lines: str | None = None
    fibre: str | None = None
    fibre_nodes: str | None = None
    fibre_prices: str | None = None
    terrain: str | None = None
    clutter: str | None = None
    exclusions: str | tuple[str, ...] = ()
    registers: dict[str, str] = Field(default_factory=dict)


class Datums(Section):
    """Datum of each file's coordinates, short for `datum` in its `[options]`; by default from its headings or CRS, else WGS-84."""

    zones: str | None = None
    villages: str | None = None
    sites: str | None = None
    places: str | None = None

    @field_validator("*")
    @classmethod
    def _known_datum(cls, given: str | None) -> str | None:
        return None if given is None else known_datum(given)


class FileOptions(Section):
    """How one named file is read: `[options.villages]` and so on. The reader decides what is not set, and reports it.

    `USED_BY` lists the options of each file; docs/data.md explains them.
    """

    sheet: str | int | tuple[str | int, ...] | None = None
    encoding: str | None = None
    crs: str | None = None
    datum: str | None = None
    nodata: float | None = None
    parents: bool | None = None
    level: Literal["province", "city", "county", "township"] | None = None
    codes: Literal["china", "text"] | None = None
    outside: Literal["error", "warning", "ignore"] | None = None
    services: str | None = None
    unit: Literal["site", "sector", "mast"] | None = None
    urban_per_km2: float | None = Field(default=None, gt=0)
    place_class: str | None = None
    line_class: str | None = None

    @field_validator("datum")
    @classmethod
    def _known_datum(cls, given: str | None) -> str | None:
        return None if given is None else known_datum(given)

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, given: str | None) -> str | None:
        return None if given is None else known_crs(given)

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, given: str | None) -> str | None:
        return None if given is None else known_encoding(given)


TABLE = ("sheet", "encoding", "crs", "datum")
USED_BY: dict[str, tuple[str, ...]] = {
    "zones": (*TABLE, "parents", "level", "codes"),
    "census": ("sheet", "encoding"),
    "villages": (*TABLE, "outside", *RASTER_OPTIONS),
    "sites": (*TABLE, "outside", "services", "unit"),
    "places": (*TABLE, "outside", "place_class"),
    "corridors": (*TABLE, "line_class"),
    "hosts": (*TABLE, "outside"),
    "weak_grid": TABLE,
    "exclusions": TABLE,
    "roads": TABLE,
    "power_lines": TABLE,
    "fibre": TABLE,
    "fibre_nodes": TABLE,
    "registers": ("sheet", "encoding"),
    "terrain": ("nodata",),
}


class Options(Section):
    """The options of each file."""

    zones: FileOptions = FileOptions()
    census: FileOptions = FileOptions()
    villages: FileOptions = FileOptions()
    sites: FileOptions = FileOptions()
    places: FileOptions = FileOptions()
    corridors: FileOptions = FileOptions()
    hosts: FileOptions = FileOptions()
    weak_grid: FileOptions = FileOptions()
    exclusions: FileOptions = FileOptions()
    roads: FileOptions = FileOptions()
    power_lines: FileOptions = FileOptions()
    fibre: FileOptions = FileOptions()
    fibre_nodes: FileOptions = FileOptions()
    registers: FileOptions = FileOptions()
    terrain: FileOptions = FileOptions()


class CoverageChoice(Section):
    """How coverage is predicted."""

    resolution_m: float = Field(default=250.0, gt=0, le=5000)
    services: tuple[str, ...] = Field(min_length=1)
    services_file: str | None = None
    calibration: str | None = None
    power_class: Literal[2, 3] = 3
    families: tuple[str, ...] = ()
    reliability: float = Field(default=0.95, gt=0.0, lt=1.0)
    model: Literal["statistical", "p1812"] = "statistical"
    max_radius_km: float = Field(default=20.0, gt=0, le=100)
    caps_km: dict[str, float] = Field(default_factory=dict)
    terrain_holes: Literal["refuse", "sea", "fill", "fill_then_sea"] = "refuse"
    clutter_table: str = "worldcover"
    profile_step_m: float = Field(default=50.0, ge=5.0, le=100.0)
    nominal_clutter_m: float | None = Field(default=None, ge=5.0, le=200.0)


class QualityChoice(Section):
    """What is asked of a connection beside signal; a key that is absent has the value of presets/quality.toml."""

    count: bool = True
    load: float | None = Field(default=None, ge=0.0, le=1.0)
    active_users: int | None = Field(default=None, ge=1, le=1000)
    sinr_db: float | None = Field(default=None, ge=-20.0, le=40.0)
    downlink_mbps: float | None = Field(default=None, ge=0.0)
    uplink_mbps: float | None = Field(default=None, ge=0.0)


class PhaseChoice(Section):
    """A phase of the build order: what must be reached at its end."""

    name: str
    start: date | None = None
    end: date | None = None
    share: float | None = Field(default=None, ge=0.0, le=1.0)
    sites: int | None = Field(default=None, ge=0)
    budget: float | None = Field(default=None, ge=0.0)
    must: tuple[str, ...] = ()


class BusyHourChoice(Section):
    """What people ask of a new site in the busy hour; a key that is absent has the value of presets/capacity.toml."""

    traffic_gb_per_month: float | None = Field(default=None, gt=0)
    busy_hour_share: float | None = Field(default=None, gt=0, le=1.0)
    users_per_resident: float | None = Field(default=None, gt=0)
    load: float | None = Field(default=None, gt=0, le=1.0)


class PlanChoice(Section):
    """What the new sites must reach, and with what: docs/planning.md explains each key.

    `target` is the first of `targets`; either may be written.
    """

    target: str = "nr-pop90"
    targets: tuple[str, ...] = ("nr-pop90",)
    must: tuple[str, ...] = ()
    services: tuple[str, ...] = ("nr-n28",)
    operators: str = "cbn+cmcc"
    candidate_spacing_m: float = Field(default=3000.0, gt=0)
    line_candidate_spacing_m: float = Field(default=500.0, ge=100.0)
    candidate_least_people: int = Field(default=0, ge=0)
    ridges_per_square: int = Field(default=1, ge=0, le=20)
    smart_poles: bool = False
    overlays: bool = True
    site_spacing_m: float = Field(default=500.0, ge=0)
    forced: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    weak_grid_share: float = Field(default=0.9, gt=0.0, le=1.0)
    weak_grid_count: Literal["cells", "samples"] = "cells"
    weak_grid_below_dbm: float = Field(default=-105.0, ge=-156.0, le=-31.0)
    capacity_people: Literal["auto", "none"] | Annotated[int, Field(gt=0)] = "auto"
    busy_hour: BusyHourChoice = BusyHourChoice()
    priority_weight: float = Field(default=1.0, ge=1.0, le=100.0)
    priority_first: bool = False
    gap: float = Field(default=0.01, ge=0.0, lt=1.0)
    planning_margin_db: float = Field(default=0.0, ge=0.0, le=30.0)
    county_floor: float = Field(default=0.0, ge=0.0, le=1.0)
    work_limit: int = Field(default=300_000, gt=0)
    low_end: bool = True
    build_alone: bool = False
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


class BackhaulChoice(Section):
    """Fibre to the villages of a clause and to new sites, along the study's roads: docs/backhaul.md explains each key."""

    target: str = ""
    villages_with_fibre: bool = False
    prices: Literal["low", "typical", "high"] = "typical"
    tolerance_m: float = Field(default=5.0, ge=0.0, le=100.0)
    gap_m: float = Field(default=200.0, ge=0.0, le=5000.0)
    subsidy: float = Field(default=0.3, ge=0.0, le=1.0)
    radio_limit: float | None = Field(default=None, ge=0.0)
    work_limit: int = Field(default=20_000_000, gt=0)
    sites: bool = True
    unconnected: Literal["straight", "refuse"] = "straight"


class OutputChoice(Section):
    """How the results are written. `village_headings`: of villages.csv, the names of docs/outputs.md or Chinese headings.

    `crs`: of plan.gpkg, coverage.tif and the tables for MapInfo: "" for EPSG:4326 and the study's grid, "gauss-kruger" for the 3-degree
    zone of CGCS2000 of each folder's middle, or a code such as EPSG:4490.
    `basemap`: address of online tiles that a reader of map.html may switch on; "" for none.
    """

    village_headings: Literal["names", "zh"] = "names"
    crs: str = ""
    basemap: str = ""
    basemap_credit: str = ""

    @field_validator("crs")
    @classmethod
    def _known_crs(cls, given: str) -> str:
        from infraplan.io.coordinate_systems import GAUSS_KRUGER

        return given if given in ("", GAUSS_KRUGER) else known_crs(given)

    @field_validator("basemap")
    @classmethod
    def _address_of_tiles(cls, given: str) -> str:
        parts = ("{z}", "{x}", "{y}")
        if given and not (given.startswith(("https://", "http://")) and all(part in given for part in parts)):
            raise ValueError(both("study.basemap_address"))
        return given


class Config(Section):
    """The whole of study.toml."""

    study: About
    files: Files
    options: Options = Options()
    datum: Datums = Datums()
    coverage: CoverageChoice
    quality: QualityChoice = QualityChoice()
    plan: PlanChoice = PlanChoice()
    backhaul: BackhaulChoice = BackhaulChoice()
    outputs: OutputChoice = OutputChoice()
    networks: dict[str, OwnNetwork] = Field(default_factory=dict)
    site_defaults: SiteDefaults = SiteDefaults()
    priority_areas: dict[str, PriorityArea] = Field(default_factory=dict)

    def options_of(self, file: str) -> dict[str, Any]:
        """The options that study.toml sets for a file, as its reader's keyword arguments."""
        stated: dict[str, Any] = getattr(self.options, file).model_dump(exclude_none=True)
        short = getattr(self.datum, file, None)
        return stated if short is None else {"datum": short} | stated


def read_config(path: Path) -> Config:
    """study.toml, checked; every fault at once as a DataError."""
    text = read_toml_text(path, "study")
    raw = parse_toml(text, path.name, "study")
    if blank := blank_faults(raw, path.name, text, "study"):
        raise DataError(blank)
    faults = misplaced_options(raw, path.name, text, USED_BY) + two_datums(raw, path.name, text)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise DataError(faults + key_faults(error, Config, path.name, text, USED_BY)) from None
    if faults:
        raise DataError(faults)
    return config
