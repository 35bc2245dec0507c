"""A study: one study.toml and everything it names, frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, TypeVar

from infraplan.coverage.measured import Measured
from infraplan.coverage.networks import networks
from infraplan.errors import DataError, Fault, InfraplanError, collected, warn
from infraplan.files import sha256
from infraplan.geo.grids import Grid
from infraplan.io import read_corridors, read_hosts, read_places, read_register, read_sites, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions
from infraplan.io.whole_zones import whole_study
from infraplan.messages import both
from infraplan.policy.targets import Targets, read_policy
from infraplan.presets import choose, load
from infraplan.radio.antennas import Antenna
from infraplan.radio.budgets import Service
from infraplan.study.choices import choice_faults, input_faults
from infraplan.study.comparing import asked_of_data, compared
from infraplan.study.config import FILE_NAME, USED_BY, Config, Files, read_config
from infraplan.study.cures import followable
from infraplan.study.licences import Licence, read_licences
from infraplan.study.radio import antenna_files, study_sectors, study_services
from infraplan.study.standing import standing_on
from infraplan.study.steps import StudySteps
from infraplan.study.surroundings import surroundings_of

MOST_PIXELS = 500_000_000  # interpretation: the map of a family takes some tens of bytes a pixel
Key = TypeVar("Key")
Read = TypeVar("Read")


def _layer(read: Callable[[Study], Read]) -> cached_property[Read]:
    """A layer of the study: read once; what its reader warns of is kept in `Study.warnings`, and passed on.

    So is what the layers warned of that it read on its way.
    """

    @wraps(read)
    def reader(study: Study) -> Read:
        found: list[Fault] = []
        before = len(study.warnings)
        try:
            with collected() as found:
                return read(study)
        except DataError as error:
            raise DataError(study._followable(error.fault_list, read.__name__)) from None
        finally:
            inner = set(study.warnings[before:])
            study.keep((fault if fault in inner else study._followable([fault], read.__name__)[0] for fault in found), before)

    return cached_property(reader)


@dataclass(frozen=True, repr=False)
class Study(StudySteps):
    """Configuration and layers; each layer is read and checked once, when first used.

    `warnings` holds what the readers of the layers used so far have warned of.
    """

    folder: Path
    config: Config
    warnings: list[Fault] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def open(cls, path: str | Path) -> Study:
        """From a study folder or its study.toml."""
        place = Path(path)
        file = place if place.suffix == ".toml" else place / FILE_NAME
        return cls(file.parent, read_config(file))

    @property
    def output(self) -> Path:
        """Where results go."""
        return (self.folder / self.config.study.output).resolve()

    def path(self, name: str) -> Path | None:
        """Full path of one of the named files."""
        relative = getattr(self.config.files, name)
        return None if relative is None else self.folder / relative

    @property
    def peopled(self) -> bool:
        """Whether the study names villages; without them there is a coverage map and nothing else."""
        return self.config.files.villages is not None

    @property
    def networks(self) -> tuple[str, ...]:
        """ "any" and the networks that are counted apart: those of study.toml, else the shared ones of the presets."""
        return networks(self.config.study.operators)

    def check_choices(self) -> None:
        """Names that study.toml uses must exist; the unknown ones are a DataError, each with the list and the nearest."""
        _refuse(choice_faults(self))

    def read_all(self, *, people: bool = True) -> None:
        """Read every layer before any work, and lay them side by side: the faults of all files come as one DataError.

        `people`: villages are needed. What is no error warns.
        """
        _refuse(input_faults(self, people=people))
        _refuse(self.compared)

    @cached_property
    def compared(self) -> tuple[Fault, ...]:
        """What the layers say of each other and the policies ask of them; warnings are kept in `warnings` and passed on."""
        villages = self.villages if self.peopled else None
        found = self.compare(zones=self.zones, villages=villages, sites=self.sites, places=self.places) + asked_of_data(self)
        self.keep(found)
        return tuple(found)

    def compare(self, **layers: Any) -> list[Fault]:
        """Faults between those layers that could be read: zones, villages, sites, places."""
        return self._followable(compared(**layers, listed=self.config.coverage.services))

    def _followable(self, faults: Iterable[Fault], layer: str = "") -> list[Fault]:
        """Faults whose cures name keys of study.toml: those of the layer that is read, else of the layer whose file they name."""
        return [followable(fault, name, USED_BY.get(name, ())) for fault in faults for name in [self._layer_of(fault, layer)]]

    def _layer_of(self, fault: Fault, reading: str) -> str:
        """The layer whose file a fault names, `reading` where it is that one or none."""
        paths = {name: self.path(name) for name in USED_BY if name not in ("exclusions", "registers")}
        named = [name for name, path in paths.items() if path is not None and path.name == fault.file]
        if reading in named or not named:
            return reading
        sheets = {name: getattr(self.__dict__.get(name), "attrs", {}).get("sheet") for name in named}  # of what has been read
        return next((name for name in named if sheets[name] == fault.sheet), named[0])

    def keep(self, found: Iterable[Fault], before: int | None = None) -> None:
        """Warnings that are not among the first `before` of `warnings` (among all) go into it, each once, and on to whoever listens."""
        known = set(self.warnings[:before])
        fresh = [fault for fault in dict.fromkeys(found) if fault.severity != "error" and fault not in known]
        self.warnings.extend(fault for fault in fresh if fault not in self.warnings)
        warn(fresh)

    @cached_property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of study.toml, of each file it names, and of the measurements beside it."""
        named = {name: self.path(name) for name in Files.model_fields if name not in ("registers", "exclusions")}
        named |= {f"exclusions.{number}": path for number, path in enumerate(self.exclusion_paths, start=1)}
        named |= {f"registers.{name}": self.folder / relative for name, relative in self.config.files.registers.items()}
        named |= {name: self.folder / name for name in (*self.config.study.policies, "inspections.csv", "licences.toml") if "." in name}
        services_file = self.config.coverage.services_file
        named |= {} if services_file is None else {"services": self.folder / services_file}
        named |= {f"antennas.{name}": path for name, path in self.antenna_paths.items()}
        return {FILE_NAME: sha256(self.folder / FILE_NAME)} | {
            name: sha256(path) for name, path in named.items() if path is not None and path.is_file()
        }

    @_layer
    def zones(self) -> Any:
        options, basis = self.config.options_of("zones"), self.config.study.population_basis
        census = {f"population_{name}": value for name, value in self.config.options_of("census").items()}
        path = self.path("census")
        zones = read_zones(self.folder / self.config.files.zones, population=path, population_basis=basis, **options, **census)
        return whole_study(zones, self.config.study.title_zh, parents=options.get("parents"))

    @_layer
    def villages(self) -> Any:
        path = self.path("villages")
        if path is None:
            raise DataError(
                Fault(FILE_NAME, both("study.no_villages"), both("study.no_villages_cure"), rule="study-villages", column="files.villages")
            )
        basis = self.config.study.population_basis
        return read_villages(path, used=self._named_columns, zones=self.zones, population_basis=basis, **self.config.options_of("villages"))

    @property
    def population_basis(self) -> str:
        """ "resident" (常住) or "registered" (户籍): as study.toml says, else as the villages' own headings do."""
        told = self.config.study.population_basis
        return told or (str(self.villages.attrs.get("population_basis", "resident")) if self.peopled else "resident")

    @_layer
    def sites(self) -> Any:
        path, options = self.folder / self.config.files.sites, self.config.options_of("sites")
        try:
            people = self.villages if self.peopled else None
        except DataError:  # reported where the villages are read
            people = None
        around = surroundings_of(people, self.path("clutter"), self.config.coverage.clutter_table, self.zones)
        listed = read_sites(
            path, used=self._named_columns, zones=self.zones, own_services=self.own_services,
            own_operators=self.config.study.operators, surroundings=around, **options
        )  # fmt: skip
        sites, faults = standing_on(listed, self.config.study.as_of, path.name)
        warn(faults)
        return sites

    @_layer
    def places(self) -> Any:
        path = self.path("places")
        options = self.config.options_of("places") | {"used": self._named_columns}
        named = self._named_classes("place_classes", "check_points")
        return None if path is None else read_places(path, zones=self.zones, classes=named, **options)

    @_layer
    def hosts(self) -> Any:
        path = self.path("hosts")
        return None if path is None else read_hosts(path, zones=self.zones, **self.config.options_of("hosts"))

    @property
    def exclusion_paths(self) -> tuple[Path, ...]:
        """Files of land to keep free."""
        named = self.config.files.exclusions
        return tuple(self.folder / name for name in ((named,) if isinstance(named, str) else named))

    @_layer
    def exclusions(self) -> tuple[Any, ...]:
        """Land on which no candidate stands, one frame of polygons a file; the faults of all files at once."""
        options = self.config.options_of("exclusions")
        return tuple(_all_of(dict(enumerate(self.exclusion_paths)), lambda path: read_exclusions(path, **options)).values())

    @_layer
    def corridors(self) -> Any:
        path = self.path("corridors")
        named = self._named_classes("line_classes")
        options = self.config.options_of("corridors") | {"used": self._named_columns}
        return None if path is None else read_corridors(path, classes=named, **options)

    def _named_classes(self, *keys: str) -> tuple[str, ...]:
        """Classes that the study's policies name; none while a policy has faults, which `targets` tells."""
        try:
            targets = self.targets
        except InfraplanError:
            return ()
        near = [row.residents.near for row in targets if row.residents is not None and "place_classes" in keys]
        return tuple(dict.fromkeys([name for row in targets for key in keys for name in getattr(row, key)] + near))

    @property
    def _named_columns(self) -> tuple[str, ...]:
        """Columns that the study's policies name, in whatever table."""
        try:
            targets = self.targets
        except InfraplanError:
            return ()
        return tuple(dict.fromkeys(name for row in targets for name in (row.column, row.weight, *row.where) if name))

    @_layer
    def registers(self) -> dict[str, Any]:
        """Tables without coordinates by name (subscribers, projects, reported figures); the faults of all files at once."""
        paths = {name: self.folder / file for name, file in self.config.files.registers.items()}
        options = self.config.options_of("registers") | {"used": self._named_columns}
        return _all_of(paths, lambda path: read_register(path, zones=self.zones, **options))

    @_layer
    def inspections(self) -> Any:
        """The table that `infraplan inspect import` left beside study.toml, None without one."""
        from infraplan.io.inspections import read_measured, unheard

        table = read_measured(self.folder, tuple(self.own_services), self.config.study.operators)
        if table is not None:
            warn(unheard(table, self._points() or set(table["id"]), tuple(self.services)))
        return table

    def _points(self) -> set[str]:
        """Ids of villages and places; none while one of these tables has faults, which it tells itself."""
        try:
            tables = [self.villages if self.peopled else None, self.places]
        except DataError:
            return set()
        return {name for table in tables if table is not None for name in table["id"].astype(str)}

    @property
    def measured(self) -> Measured | None:
        """Measurements with the operators of the study's sites, None without any."""
        return None if self.inspections is None else Measured.of(self.inspections, self.sites)

    @_layer
    def licences(self) -> tuple[Licence, ...] | None:
        """Whose each input is, as licences.toml beside study.toml says; None without it."""
        return read_licences(self.folder)

    @_layer
    def own_presets(self) -> tuple[dict[str, Any], dict[str, Path]]:
        """The service presets, the study's own file laid over the built-in ones; the pattern files that its services name."""
        from infraplan.io.services import read_services

        file = self.config.coverage.services_file
        return (load("services"), {}) if file is None else read_services(self.folder / file, folders=(self.folder,))

    @property
    def own_services(self) -> dict[str, str]:
        """Family of every service that the study's own file adds."""
        presets, _ = self.own_presets
        known = load("services")["service"]
        return {name: values["family"] for name, values in presets["service"].items() if name not in known}

    @_layer
    def antenna_paths(self) -> dict[str, Path]:
        """The pattern files that sites and services name, by those names."""
        return antenna_files(self)

    @_layer
    def antennas(self) -> dict[str, Antenna]:
        """The antennas of those files."""
        from infraplan.io.patterns import read_patterns

        return read_patterns(self.antenna_paths)

    @_layer
    def services(self) -> dict[str, Service]:
        return study_services(self, self.config.coverage.services, "coverage.services")

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Families on the map: those that study.toml names, else all that its services have."""
        known = tuple(dict.fromkeys(service.family for service in self.services.values()))
        return tuple(choose(name, known, "family") for name in self.config.coverage.families) or known

    @_layer
    def plan_services(self) -> dict[str, Service]:
        return study_services(self, self.config.plan.services, "plan.services")

    @cached_property
    def targets(self) -> Targets:
        """The clauses of every policy named, in that order; a name ending in .toml is a file beside study.toml."""
        return read_policy(*(self.folder / name if name.endswith(".toml") else name for name in self.config.study.policies))

    @cached_property
    def grid(self) -> Grid:
        """The study's pixels; more than `MOST_PIXELS` are a fault of `resolution_m`."""
        choice = self.config.coverage
        grid = Grid.over(self.zones, choice.resolution_m)
        pixels = grid.height * grid.width
        if pixels > MOST_PIXELS:
            least_m = f"{choice.resolution_m * (pixels / MOST_PIXELS) ** 0.5:.3g}"
            told = {"pixels": f"{pixels:,}", "limit": f"{MOST_PIXELS:,}", "least": least_m}
            message, cure = both("study.too_many_pixels", **told), both("study.too_many_pixels_cure", **told)
            raise DataError(
                Fault(FILE_NAME, message, cure, rule="study-pixels", column="coverage.resolution_m", value=f"{choice.resolution_m:g}")
            )
        return grid

    @_layer
    def terrain(self) -> Any:
        """Ground under the study and around it, where the model asks for it."""
        from infraplan.io.rasters import read_terrain

        choice = self.config.coverage
        if choice.model != "p1812":
            return None
        path = self.path("terrain")
        if path is None:
            raise DataError(
                Fault(FILE_NAME, both("study.no_terrain"), both("study.no_terrain_cure"), rule="terrain", column="files.terrain")
            )
        options, clutter = self.config.options_of("terrain"), self.path("clutter")
        if clutter is None:
            warn([Fault(FILE_NAME, both("study.bare_earth"), both("study.bare_earth_cure"), "bare-earth", severity="warning")])
        return read_terrain(
            path, over=self.grid, margin_m=choice.max_radius_km * 1000.0, clutter=clutter, clutter_table=choice.clutter_table,
            nominal_m=choice.nominal_clutter_m, profile_step_m=choice.profile_step_m, holes=choice.terrain_holes, **options,
        )  # fmt: skip

    @_layer
    def sectors(self) -> Any:
        return study_sectors(self)

    @property
    def synthetic(self) -> bool:
        """Whether the study says so, or any of its tables does."""
        villages = self.villages if self.peopled else None
        frames = [frame for frame in (self.zones, villages, self.sites, self.places) if frame is not None]
        return self.config.study.synthetic or any(bool(frame["synthetic"].any()) for frame in frames if "synthetic" in frame)


def _refuse(faults: Iterable[Fault]) -> None:
    """A DataError of the errors among some faults, with what was found beside them."""
    found = list(faults)
    if any(fault.severity == "error" for fault in found):
        raise DataError(found)


def _all_of(paths: Mapping[Key, Path], read: Callable[[Path], Any]) -> dict[Key, Any]:
    """What each of several files holds; the faults of all of them at once."""
    faults: list[Fault] = []
    found: dict[Key, Any] = {}
    for name, path in paths.items():
        try:
            found[name] = read(path)
        except DataError as error:
            faults += error.fault_list
    if faults:
        raise DataError(faults)
    return found
