"""What a planner at a notebook asks of a study. The steps themselves are public functions above this package, called by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infraplan.study.config import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from infraplan.study.config import Config


class StudySteps:
    """`assess` and `plan` of a study, and its one line."""

    folder: Path
    config: Config

    def __repr__(self) -> str:
        about = self.config.study
        return f"<Study {about.name}: {about.title_en or about.title_zh}; {self.folder.name}/{FILE_NAME}>"

    def assess(self, **options: Any) -> Any:
        """Coverage, people by zone, scorecard and gaps: `infraplan.assess(study, ...)`."""
        import infraplan

        return infraplan.assess(self, **options)  # type: ignore[arg-type]

    def plan(self) -> Any:
        """The plan for the study's own goal: `infraplan.make_plan(infraplan.assess(study, gaps=False))`."""
        import infraplan

        return infraplan.make_plan(self.assess(gaps=False))
