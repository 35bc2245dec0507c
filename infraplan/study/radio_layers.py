"""The radio layers of a study: its services, its antennas, the sectors of its sites."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infraplan.presets import choose, load
from infraplan.radio.antennas import Antenna
from infraplan.radio.budgets import Service
from infraplan.radio.link_quality import QualityGoal, preset_goal
from infraplan.study.cached_layers import layer
from infraplan.study.calibrated import with_calibration
from infraplan.study.radio_inputs import antenna_files, study_sectors, study_services

if TYPE_CHECKING:
    import geopandas as gpd

    from infraplan.coverage.calibration_terms import Calibration
    from infraplan.study.config import Config


class StudyRadio:
    """What the map is made of, each layer read once."""

    folder: Path
    config: Config

    @layer
    def own_presets(self) -> tuple[dict[str, Any], dict[str, Path]]:
        """The service presets, the study's own file laid over the built-in ones; the pattern files that its services name."""
        from infraplan.io.services import read_services

        file = self.config.coverage.services_file
        presets, paths = (load("services"), {}) if file is None else read_services(self.folder / file, folders=(self.folder,))
        return with_calibration(self, presets), paths  # type: ignore[arg-type]

    @layer
    def calibration(self) -> Calibration | None:
        """What measurements say of the model, where the study has a file of it."""
        from infraplan.io.calibration_files import read_calibration

        file = self.config.coverage.calibration
        return None if file is None else read_calibration(self.folder / file)

    @property
    def own_services(self) -> dict[str, str]:
        """Family of every service that the study's own file adds."""
        presets, _ = self.own_presets
        known = load("services")["service"]
        return {name: values["family"] for name, values in presets["service"].items() if name not in known}

    @property
    def plans_lte(self) -> bool:
        """Whether 4G is among the families of the study's services: its sites are then read, else set aside."""
        presets, listed = self.own_presets[0]["service"], (*self.config.coverage.services, *self.config.plan.services)
        return any(presets[name]["family"] == "lte" for name in listed if name in presets)

    @layer
    def antenna_paths(self) -> dict[str, Path]:
        """The pattern files that sites and services name, by those names."""
        return antenna_files(self)  # type: ignore[arg-type]

    @layer
    def antennas(self) -> dict[str, Antenna]:
        """The antennas of those files."""
        from infraplan.io.patterns import read_patterns

        return read_patterns(self.antenna_paths)

    @layer
    def services(self) -> dict[str, Service]:
        """Services on the map, by name."""
        return study_services(self, self.config.coverage.services, "coverage.services")  # type: ignore[arg-type]

    @cached_property
    def families(self) -> tuple[str, ...]:
        """Families on the map: those that study.toml names, else all that its services have."""
        known = tuple(dict.fromkeys(service.family for service in self.services.values()))
        return tuple(choose(name, known, "family") for name in self.config.coverage.families) or known

    @property
    def quality_goal(self) -> QualityGoal | None:
        """What is asked of a connection beside signal; None where the study does not want it counted."""
        choice = self.config.quality.model_dump()
        return preset_goal(**choice) if choice.pop("count") else None

    @layer
    def plan_services(self) -> dict[str, Service]:
        """Services that a new site carries, by name."""
        return study_services(self, self.config.plan.services, "plan.services")  # type: ignore[arg-type]

    @layer
    def sectors(self) -> gpd.GeoDataFrame:
        """Sectors of the existing sites, as `sectors_of` returns them."""
        return study_sectors(self)  # type: ignore[arg-type]
