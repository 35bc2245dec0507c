"""`Study.assess` and `Study.plan`, for notebooks. They call public functions of packages above this one by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infraplan.study.config import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from infraplan.run.findings import Findings
    from infraplan.run.progress import Progress
    from infraplan.siting.plans import Plan
    from infraplan.study.config import Config


class StudySteps:
    """`assess` and `plan` of a study, and its `repr`."""

    folder: Path
    config: Config

    def __repr__(self) -> str:
        about = self.config.study
        return f"<Study {about.name}: {about.title_en or about.title_zh}; {self.folder.name}/{FILE_NAME}>"

    def assess(self, progress: Progress | None = None, cities: tuple[str, ...] = (), *, gaps: bool = True) -> Findings:
        """Coverage, people by zone, scorecard and gaps: `infraplan.assess(study)`.

        Parameters
        ----------
        progress : Progress, optional
            Gets a call for each step.
        cities : tuple of str
            Adcodes of the cities to look at; all of them where it is empty.
        gaps : bool
            Whether the gaps are listed too.

        Returns
        -------
        Findings
            `.cover`, `.by_zone`, `.card`, `.gaps` and `.villages`.
        """
        import infraplan

        return infraplan.assess(self, progress, cities, gaps=gaps)  # type: ignore[arg-type]

    def plan(self) -> Plan:
        """The plan for the study's own goal: `infraplan.make_plan(study.assess(gaps=False))`.

        Returns
        -------
        Plan
            New sites in build order, with their proof.
        """
        import infraplan

        return infraplan.make_plan(self.assess(gaps=False))
