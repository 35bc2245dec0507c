"""Scenarios of the page: saved, opened, compared, exported; edits not saved yet. No other file of a study is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infraplan.errors import InfraplanError, UsageError
from infraplan.io.table_files import write_table
from infraplan.messages import both
from infraplan.study import scenarios
from infraplan.study.scenarios import Edit, Scenario

UNSAVED = "unsaved"
"""The scenario that holds the page's edits until they are saved under a name of their own."""


class ScenarioFiles:
    """The folder `scenarios` of a study.

    Parameters
    ----------
    study : Study
        Without a scenario of its own.
    """

    def __init__(self, study: Any):
        self._folder, self._inputs = study.folder, study.inputs

    def names(self) -> list[str]:
        """Saved scenarios."""
        return [name for name in scenarios.scenario_names(self._folder) if name != UNSAVED]

    def read(self, name: str) -> tuple[Edit, ...]:
        """The edits of a scenario that was made on the study as it is."""
        found = scenarios.read_scenario(self._folder, name)
        scenarios.refuse_other_inputs(found, self._inputs)
        return found.edits

    def holds(self, name: str, edits: Sequence[Edit]) -> bool:
        """Whether the file of a scenario has exactly these edits."""
        try:
            return name in self.names() and self.read(name) == tuple(edits)
        except InfraplanError:
            return False

    def save(self, name: str, edits: Sequence[Edit]) -> None:
        """Write the edits under a name; they are no longer unsaved."""
        if name == UNSAVED:
            raise UsageError(both("web.name_taken", name=name))
        self._write(name, edits)
        self.forget()

    def keep(self, edits: Sequence[Edit]) -> None:
        """Write the edits that have no name yet, so that they outlive the server."""
        if edits:
            self._write(UNSAVED, edits)
        else:
            self.forget()

    def forget(self) -> None:
        """Remove the unsaved edits."""
        scenarios.scenario_path(self._folder, UNSAVED).unlink(missing_ok=True)

    def offered(self) -> dict[str, Any] | None:
        """The unsaved edits of an earlier server, with what is wrong with them; None where all are saved."""
        if UNSAVED not in scenarios.scenario_names(self._folder):
            return None
        try:
            edits = self.read(UNSAVED)
        except InfraplanError as error:
            return {"edits": [], "reason": str(error)}
        if not edits or any(self.holds(name, edits) for name in self.names()):
            return None
        return {"edits": [edit.written() for edit in edits], "reason": ""}

    @staticmethod
    def csv(sites: Any) -> bytes:
        """A table of sites as the bytes of a CSV file that `read_sites` reads."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "sites.csv"
            write_table(sites.assign(lon=sites.geometry.x, lat=sites.geometry.y), path)
            return path.read_bytes()

    def _write(self, name: str, edits: Sequence[Edit]) -> None:
        scenarios.write_scenario(self._folder, checked_scenario(name, edits, self._inputs))


def checked_scenario(name: str, edits: Sequence[Edit], inputs: dict[str, str]) -> Scenario:
    """A scenario with a name that is possible.

    Raises
    ------
    UsageError
        The name has characters that no scenario has.
    """
    import re

    if not re.fullmatch(scenarios.NAME_PATTERN, name):
        raise UsageError(both("web.wrong_name", name=name))
    return Scenario(name=name, edits=tuple(edits), inputs=inputs)
