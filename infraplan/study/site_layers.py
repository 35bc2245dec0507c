"""The sites of a study, with the edits of its scenario."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from infraplan.errors import DataError, Fault, warn
from infraplan.io import read_sites
from infraplan.io.file_kinds import Source
from infraplan.messages import both, say
from infraplan.presets import load
from infraplan.study.cached_layers import layer
from infraplan.study.edited_sites import edited_sites
from infraplan.study.existing_sites import existing_on
from infraplan.study.policy_names import named_columns
from infraplan.study.scenarios import LANGUAGES, Scenario, refuse_other_inputs, scenario_path
from infraplan.study.site_environment import surroundings_of
from infraplan.tables.site_defaults import Surroundings

if TYPE_CHECKING:
    import geopandas as gpd

    from infraplan.siting.costs import Costs
    from infraplan.study import Study
    from infraplan.study.config import Config


WITHOUT_SITES = (
    "zones", "villages", "places", "hosts", "exclusions", "corridors", "weak_grid", "registers", "inspections", "licences", "targets",
    "grid", "terrain", "own_presets", "calibration", "costs", "roads", "power_lines", "fibre", "fibre_nodes", "fibre_prices",
)  # fmt: skip
"""Layers that do not depend on the table of sites."""


class StudySites:
    """The table of sites, read once, and the edits of a scenario."""

    folder: Path
    config: Config
    warnings: list[Fault]
    scenario: Scenario | None

    if TYPE_CHECKING:  # of `Study`

        @property
        def has_people(self) -> bool: ...
        @property
        def inputs(self) -> dict[str, str]: ...
        @property
        def own_services(self) -> dict[str, str]: ...
        @property
        def plans_lte(self) -> bool: ...
        @property
        def costs(self) -> Costs: ...
        @property
        def villages(self) -> gpd.GeoDataFrame: ...
        @property
        def zones(self) -> gpd.GeoDataFrame: ...
        def path(self, name: str) -> Path | None: ...

    @layer
    def sites(self) -> gpd.GeoDataFrame:
        """Existing, planned and retired sites on the day of the study, as `read_sites` returns them."""
        path = self.folder / self.config.files.sites
        listed = self.read_sites(path, **self.config.options_of("sites"))
        sites, faults = existing_on(listed, self.config.study.as_of, path.name)
        warn(faults)
        return sites if self.scenario is None else self.with_edits(sites, self.scenario)

    def read_sites(self, source: Source, **options: Any) -> gpd.GeoDataFrame:
        """A table of sites, read and checked as that of the study.

        Parameters
        ----------
        source : path or DataFrame
            The table.
        **options
            Of `infraplan.read_sites`.

        Returns
        -------
        GeoDataFrame
            As `infraplan.read_sites` returns it.
        """
        defaults = self.config.site_defaults.over(load("site_defaults"))
        return read_sites(
            source, used=named_columns(cast("Study", self)), zones=self.zones, own_services=self.own_services,
            own_operators=self.config.study.operators, surroundings=self._surroundings, defaults=defaults, lte=self.plans_lte, **options
        )  # fmt: skip

    @cached_property
    def _surroundings(self) -> Surroundings | None:
        """Gives the environment of sites that do not state it."""
        try:
            people = self.villages if self.has_people else None
        except DataError:  # reported where the villages are read
            people = None
        limits = self.config.site_defaults.over(load("site_defaults"))["surroundings"]
        return surroundings_of(people, self.path("clutter"), self.config.coverage.clutter_table, self.zones, limits)

    def with_edits(self, sites: gpd.GeoDataFrame, scenario: Scenario) -> gpd.GeoDataFrame:
        """Sites with the edits of a scenario.

        Parameters
        ----------
        sites : GeoDataFrame
            Sites of the study.
        scenario : Scenario
            Its edits.

        Returns
        -------
        GeoDataFrame
            As `edited_sites` returns them.

        Raises
        ------
        DataError
            Every edit that cannot be applied.
        """
        file = scenario_path(self.folder, scenario.name).name
        return edited_sites(
            sites, scenario.edits, self.read_sites, services=self.config.coverage.services, hosts=tuple(self.costs.hosts), file=file
        )  # fmt: skip

    def under(self, scenario: Scenario) -> Study:
        """The study with the edits of a scenario.

        Parameters
        ----------
        scenario : Scenario
            Made on the files that the study has.

        Returns
        -------
        Study
            Layers that do not depend on sites are kept where they were read.

        Raises
        ------
        UsageError
            A file of the study changed after the scenario was made.
        """
        refuse_other_inputs(scenario, self.inputs)
        about, file = self.config.study, scenario_path(self.folder, scenario.name).name
        titles = {
            f"title_{lang}": say("study.scenario_title", lang, title=getattr(about, f"title_{lang}"), name=scenario.name)
            for lang in LANGUAGES
        }
        config = self.config.model_copy(update={"study": about.model_copy(update=titles)})
        study = replace(cast("Study", self), config=config, scenario=scenario, warnings=list(self.warnings))
        study.__dict__.update({name: self.__dict__[name] for name in WITHOUT_SITES if name in self.__dict__})
        notes = ["scenario_counts", *([] if scenario.inputs else ["scenario_unchecked"])]
        counts = {name: sum(edit.do == name for edit in scenario.edits) for name in ("add", "change", "remove")}
        for key in notes:
            message, fix = both(f"study.{key}", name=scenario.name, **counts), both(f"study.{key}_fix")
            study.keep([Fault(file, message, fix, rule=key.replace("_", "-"), severity="warning")])
        return study
