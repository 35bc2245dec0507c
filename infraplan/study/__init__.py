"""A study: one study.toml and the files it names; a `Study` is frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infraplan.coverage.measurements import Measured
from infraplan.coverage.networks import networks
from infraplan.errors import DataError, Fault, warn
from infraplan.geo.grids import Grid
from infraplan.io import read_corridors, read_hosts, read_places, read_register, read_villages, read_zones
from infraplan.io.completed_zones import whole_study
from infraplan.io.exclusions import read_exclusions
from infraplan.io.gridded_people import read_population_raster
from infraplan.io.weak_grids import read_weak_grid
from infraplan.messages import both
from infraplan.policy.targets import Targets, read_policy
from infraplan.siting.availability import known_agreements
from infraplan.study.cached_layers import all_of, layer, refuse
from infraplan.study.config import FILE_NAME, USED_BY, Config, read_config
from infraplan.study.config_faults import is_raster, raster_option_faults
from infraplan.study.cost_layers import StudyCosts
from infraplan.study.fix_keys import with_study_keys
from infraplan.study.grid_and_terrain import input_hashes, study_grid, study_terrain
from infraplan.study.input_checks import choice_faults, input_faults
from infraplan.study.layer_checks import compared, unmatched_policy_words
from infraplan.study.licences import Licence, read_licences
from infraplan.study.notebook_steps import StudySteps
from infraplan.study.policy_names import named_classes, named_columns
from infraplan.study.radio_layers import StudyRadio
from infraplan.study.scenarios import FOLDER, Scenario, read_scenario
from infraplan.study.site_layers import StudySites
from infraplan.tables.language import OwnNames

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from infraplan.geo.terrain import Terrain


@dataclass(frozen=True, repr=False)
class Study(StudyRadio, StudySites, StudyCosts, StudySteps):
    """A study folder: the configuration of study.toml and every layer it names, each read and checked once, when it is first used.

    Parameters
    ----------
    folder : Path
        The folder of study.toml; `Study.open(folder)` reads it.
    config : Config
        The content of study.toml.
    warnings : list of Fault
        Warnings of the readers of the layers used so far.
    scenario : Scenario, optional
        Edits that its sites have.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> study
    <Study example: Example study; study/study.toml>
    >>> len(study.villages), study.grid.shape, list(study.services)
    (40, (34, 31), ['nr-n28', 'nbiot-800'])
    """

    folder: Path
    config: Config
    warnings: list[Fault] = field(default_factory=list, compare=False, repr=False)
    scenario: Scenario | None = None

    @classmethod
    def open(cls, path: str | Path, *, scenario: str = "") -> Study:
        """The study of a folder.

        Parameters
        ----------
        path : path
            The folder, or its study.toml.
        scenario : str
            A scenario of the study, whose edits its sites then have; its results have a folder of their own.

        Returns
        -------
        Study
            Its layers are read when they are first used. A DataError has every fault of study.toml.
        """
        place = Path(path)
        file = place if place.suffix == ".toml" else place / FILE_NAME
        study = cls(file.parent, read_config(file))
        return study if not scenario else study.under(read_scenario(study.folder, scenario))

    @property
    def output(self) -> Path:
        """The folder of the results; a scenario has one of its own in it."""
        whole = (self.folder / self.config.study.output).resolve()
        return whole if self.scenario is None else whole / FOLDER / self.scenario.name

    def path(self, name: str) -> Path | None:
        """Full path of a file that study.toml names.

        Parameters
        ----------
        name : str
            A key of [files], such as "villages".

        Returns
        -------
        Path or None
            None where study.toml does not name it.
        """
        relative = getattr(self.config.files, name)
        return None if relative is None else self.folder / relative

    @property
    def has_people(self) -> bool:
        """Whether the study names villages; without them there is a coverage map and nothing else."""
        return self.config.files.villages is not None

    @property
    def own_names(self) -> OwnNames:
        """What the study calls its money, hosts, operators and networks."""
        own = self.config
        networks = {name: {"zh": entry.zh, "en": entry.en} for name, entry in own.networks.items() if entry.zh}
        areas = {name: entry.model_dump() for name, entry in own.priority_areas.items()}
        return OwnNames(self.costs.currency, self.costs.hosts, networks, areas or None)

    @property
    def networks(self) -> tuple[str, ...]:
        """Networks on the map: "any" and the single networks: of study.toml, else the shared ones of the presets."""
        return networks(self.config.study.operators)

    @property
    def agreements(self) -> dict[str, date]:
        """First days of the agreements between operators: of study.toml, laid over those of the presets."""
        stated = {name: entry.available_from for name, entry in self.config.networks.items()}
        return known_agreements({name: day for name, day in stated.items() if day is not None})

    def check_choices(self) -> None:
        """Raises for names in study.toml that do not exist.

        Raises
        ------
        DataError
            Every unknown name, with the list and the nearest.
        """
        refuse(choice_faults(self))

    def read_all(self, *, people: bool = True) -> None:
        """Read every layer before any work, and compare them with each other.

        Parameters
        ----------
        people : bool
            Whether villages are needed.

        Raises
        ------
        DataError
            The faults of all files at once. A fault that is no error is a warning.
        """
        refuse(input_faults(self, people=people))
        refuse(self.compared)

    @cached_property
    def compared(self) -> tuple[Fault, ...]:
        """Checks the layers against each other and against the policies; warnings are kept in `warnings` and passed on."""
        villages = self.villages if self.has_people else None
        found = self.compare(zones=self.zones, villages=villages, sites=self.sites, places=self.places) + unmatched_policy_words(self)
        self.keep(found)
        return tuple(found)

    def compare(self, **layers: Any) -> list[Fault]:
        """Faults between layers that could be read.

        Parameters
        ----------
        **layers : GeoDataFrame or None
            Any of zones, villages, sites, places.

        Returns
        -------
        list of Fault
            Errors and warnings.
        """
        return self.with_study_keys(compared(**layers, listed=self.config.coverage.services))

    def with_study_keys(self, faults: Iterable[Fault], layer: str = "") -> list[Fault]:
        """Faults that name the keys of study.toml.

        Parameters
        ----------
        faults : iterable of Fault
            Faults of readers, which name their own arguments.
        layer : str
            The layer that is read; by default the one whose file a fault names.

        Returns
        -------
        list of Fault
            In the same order.
        """
        return [with_study_keys(fault, name, USED_BY.get(name, ())) for fault in faults for name in [self._layer_of(fault, layer)]]

    def _layer_of(self, fault: Fault, reading: str) -> str:
        """The layer whose file a fault names, `reading` where it is that one or none."""
        paths = {name: self.path(name) for name in USED_BY if name not in ("exclusions", "registers")}
        named = [name for name, path in paths.items() if path is not None and path.name == fault.file]
        if reading in named or not named:
            return reading
        sheets = {name: getattr(self.__dict__.get(name), "attrs", {}).get("sheet") for name in named}  # of the layers read so far
        return next((name for name in named if sheets[name] == fault.sheet), named[0])

    def keep(self, found: Iterable[Fault], before: int | None = None) -> None:
        """Keep warnings in `warnings`, each once, and pass them on.

        Parameters
        ----------
        found : iterable of Fault
            Faults; errors among them are left out.
        before : int, optional
            Only those are kept that are not among the first `before` of `warnings`; by default among all of them.
        """
        known = set(self.warnings[:before])
        fresh = [fault for fault in dict.fromkeys(found) if fault.severity != "error" and fault not in known]
        self.warnings.extend(fault for fault in fresh if fault not in self.warnings)
        warn(fresh)

    @cached_property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of study.toml, of each file it names, and of the measurements beside it, by name."""
        return input_hashes(self)

    @layer
    def zones(self) -> gpd.GeoDataFrame:
        """Zones of every level, as `read_zones` returns them."""
        options, basis = self.config.options_of("zones"), self.config.study.population_basis
        census = {f"population_{name}": value for name, value in self.config.options_of("census").items()}
        path = self.path("census")
        zones = read_zones(self.folder / self.config.files.zones, population=path, population_basis=basis, **options, **census)
        return whole_study(zones, self.config.study.title_zh, parents=options.get("parents"))

    @layer
    def villages(self) -> gpd.GeoDataFrame:
        """People at points, as `read_villages` or, where study.toml names a raster, `read_population_raster` returns them."""
        path = self.path("villages")
        if path is None:
            raise DataError(
                Fault(FILE_NAME, both("study.no_villages"), both("study.no_villages_fix"), rule="study-villages", column="files.villages")
            )
        options, basis = self.config.options_of("villages"), self.config.study.population_basis
        refuse(raster_option_faults(path, options))
        if is_raster(path):
            return read_population_raster(path, self.grid, zones=self.zones, **options)
        return read_villages(path, used=named_columns(self), zones=self.zones, population_basis=basis, **options)

    @property
    def population_basis(self) -> str:
        """Whose people are counted: "resident" (常住) or "registered" (户籍), from study.toml, else from the villages' own headings."""
        stated = self.config.study.population_basis
        return stated or (str(self.villages.attrs.get("population_basis", "resident")) if self.has_people else "resident")

    @layer
    def places(self) -> gpd.GeoDataFrame | None:
        """Places, as `read_places` returns them; None where the study names none."""
        path = self.path("places")
        options = self.config.options_of("places") | {"used": named_columns(self)}
        named = named_classes(self, "place_classes", "check_points")
        return None if path is None else read_places(path, zones=self.zones, classes=named, **options)

    @layer
    def hosts(self) -> gpd.GeoDataFrame | None:
        """Buildings and poles for new sites, as `read_hosts` returns them; None where the study names none."""
        path = self.path("hosts")
        known = tuple(self.costs.hosts)
        return None if path is None else read_hosts(path, zones=self.zones, costs=known, **self.config.options_of("hosts"))

    @property
    def exclusion_paths(self) -> tuple[Path, ...]:
        """Files of land on which nothing may be built."""
        named = self.config.files.exclusions
        return tuple(self.folder / name for name in ((named,) if isinstance(named, str) else named))

    @layer
    def exclusions(self) -> tuple[gpd.GeoDataFrame, ...]:
        """Land on which no candidate may be, one frame of polygons a file; the faults of all files at once."""
        options = self.config.options_of("exclusions")
        return tuple(all_of(dict(enumerate(self.exclusion_paths)), lambda path: read_exclusions(path, **options)).values())

    @layer
    def corridors(self) -> gpd.GeoDataFrame | None:
        """Railways, motorways and other lines, as `read_corridors` returns them; None where the study names none."""
        path = self.path("corridors")
        named = named_classes(self, "line_classes")
        options = self.config.options_of("corridors") | {"used": named_columns(self)}
        return None if path is None else read_corridors(path, classes=named, **options)

    @layer
    def weak_grid(self) -> gpd.GeoDataFrame | None:
        """Measured cells of a grid, as `read_weak_grid` returns them; None where the study names none."""
        path, own = (
            self.path("weak_grid"),
            self.config.options_of("weak_grid") | {"own_services": self.own_services, "own_operators": self.config.study.operators},
        )
        return None if path is None else read_weak_grid(path, **own)

    @layer
    def registers(self) -> dict[str, pd.DataFrame]:
        """Tables without coordinates by name (subscribers, projects, reported figures); the faults of all files at once."""
        paths = {name: self.folder / file for name, file in self.config.files.registers.items()}
        options = self.config.options_of("registers") | {"used": named_columns(self)}
        return all_of(paths, lambda path: read_register(path, zones=self.zones, **options))

    @layer
    def inspections(self) -> pd.DataFrame | None:
        """The table that `infraplan inspect import` left beside study.toml, None without one."""
        from infraplan.io.inspections import read_measured, unused_measurements

        table = read_measured(self.folder, tuple(self.own_services), self.config.study.operators)
        if table is not None:
            warn(unused_measurements(table, self._points() or set(table["id"]), tuple(self.services)))
        return table

    def _points(self) -> set[str]:
        """Ids of villages, places and lines; none while one of these tables has faults, which are reported with it."""
        try:
            tables = [self.villages if self.has_people else None, self.places, self.corridors]
        except DataError:
            return set()
        return {name for table in tables if table is not None for name in table["id"].astype(str)}

    @property
    def measured(self) -> Measured | None:
        """Measurements with the operators of the study's sites, None without any."""
        return None if self.inspections is None else Measured.of(self.inspections, self.sites)

    @layer
    def licences(self) -> tuple[Licence, ...] | None:
        """The owner and the licence of each input, from licences.toml beside study.toml; None without it."""
        return read_licences(self.folder)

    @cached_property
    def targets(self) -> Targets:
        """The clauses of every policy named, in that order; a name ending in .toml is a file beside study.toml."""
        read = read_policy(*(self.folder / name if name.endswith(".toml") else name for name in self.config.study.policies))
        return replace(read, priority_areas=self.own_names.areas)

    @cached_property
    def grid(self) -> Grid:
        """The pixels of the map; too many of them are a fault of `resolution_m`."""
        return study_grid(self)

    @layer
    def terrain(self) -> Terrain | None:
        """Ground under the study and around it, where the model needs it."""
        return study_terrain(self)

    @property
    def synthetic(self) -> bool:
        """Whether the study says so, or any of its tables does."""
        villages = self.villages if self.has_people else None
        frames = [frame for frame in (self.zones, villages, self.sites, self.places) if frame is not None]
        return self.config.study.synthetic or any(bool(frame["synthetic"].any()) for frame in frames if "synthetic" in frame)
