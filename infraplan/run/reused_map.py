"""The map of a run, taken from the last whole run of the same folder where only some sectors differ; the bytes are those of a whole map.

What cannot be taken over is computed, and the run says why: another program, other packages, pixels, services, ground or settings, many
changed sectors, sites beyond the ground, or files that are not what the last run wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd

from infraplan.coverage.changed_sectors import changed_cover, changes_of
from infraplan.coverage.mast_arrays import stands_on
from infraplan.coverage.prediction import Coverage
from infraplan.errors import UsageError
from infraplan.files import sha256
from infraplan.geo.grids import Grid
from infraplan.messages import both, joined_texts
from infraplan.run import ledger
from infraplan.run.counting import cap_warnings
from infraplan.run.map_inputs import map_inputs
from infraplan.run.predicting import predict
from infraplan.run.progress import Progress
from infraplan.run.stored_network import ABOUT, FILES, FOLDER, ROOMS, about_network, read_arrays, stored_network
from infraplan.study import Study

MOST_CHANGED = 0.02
"""More changed sectors than this part of all are not looked at one by one (ours: a map of a province takes about as long)."""
FEW_CHANGED = 60
"""So many always are: small studies."""
DAMAGED = (OSError, KeyError, TypeError, ValueError, AttributeError)
"""What reading a file that no run wrote ends with; pyarrow's errors are among them."""


@dataclass
class RunMap:
    """The map of a run.

    Parameters
    ----------
    fresh : bool
        Whether everything is computed, whatever was stored.
    note : str
        Once there is a map: what was taken over, or why nothing was, in a sentence; "" for a first run and parts of a study.
    record : dict
        The same for the ledger; empty where nothing was taken over.
    """

    fresh: bool = False
    note: str = ""
    record: dict[str, Any] = field(default_factory=dict)

    def predict(self, study: Study, progress: Progress, window: Grid | None = None) -> Coverage:
        """The map of the existing network on the study's grid, or on a window of it, which is always computed."""
        stored = study.output / FOLDER
        if window is None and not self.fresh and stored.is_dir() and not (stored / ABOUT).is_file():
            self.note = both("run.map_missing", file=f"{FOLDER}/{ABOUT}")
        elif window is None and not self.fresh and stored.is_dir():
            advance = progress.step("run.predicting")
            cover = self._taken_over(study)
            if cover is not None:
                advance(1, 1)
                study.keep(cap_warnings(cover))
                return cover
        return predict(study, progress, window)

    def _taken_over(self, study: Study) -> Coverage | None:
        """The map made from that of the last run; None where it has to be computed."""
        folder = study.output / FOLDER
        try:
            about = about_network(study)
            day, changed = str(about["as_of"]), _changed(study, about)
            if changed:
                self.note = both(
                    "run.map_changed",
                    run=_run_of(day),
                    what=joined_texts([both(f"run.map_of_{name}") for name in changed], zh="、", en=", "),
                )
                return None
            other = [name for name in FILES if sha256(folder / name) != about["files"][name]]
            if other:
                self.note = both("run.map_damaged", file=f"{FOLDER}/{other[0]}")
                return None
            before, arrays = _sectors(folder), read_arrays(folder, about)
        except (*DAMAGED, UsageError):
            self.note = both("run.map_damaged", file=f"{FOLDER}/{ABOUT}")
            return None
        _, gone, fresh = changes_of(before, study.sectors)
        count = len(gone) + len(fresh)
        if count > max(FEW_CHANGED, MOST_CHANGED * len(study.sectors)):
            self.note = both("run.map_many", run=_run_of(day), sectors=f"{count:,}")
            return None
        if not len(before) or not len(study.sectors) or not all(_on_ground(study, table) for table in (before, study.sectors)):
            self.note = both("run.map_beyond", run=_run_of(day))
            return None
        cover, pixels = changed_cover(stored_network(study, arrays, before), before, study.sectors)
        self.note = both("run.map_taken_over", run=_run_of(day), sectors=f"{count:,}", pixels=f"{pixels:,}")
        self.record = {"map": {"as_of": day, "changed_sectors": count, "changed_pixels": pixels}}
        return cover


def _changed(study: Study, about: dict[str, Any]) -> list[str]:
    """Parts that a map depends on which are not those of a stored map."""
    if about["program"] != ledger.program_hash(*ROOMS) or about["versions"] != ledger.versions():
        return ["program"]
    stored, now = dict(about["map"]), map_inputs(study)
    return [name for name in now if stored.get(name) != now[name]]


def _sectors(folder: Path) -> Any:
    """The sectors of a stored map."""
    return gpd.read_parquet(folder / "sectors.parquet")


def _on_ground(study: Study, sectors: Any) -> bool:
    """Whether all sectors stand on the ground of the study, where it has one."""
    return study.terrain is None or bool(stands_on(study.terrain, *study.grid.place(sectors)).all())


def _run_of(day: str) -> str:
    """How a run is called."""
    return both("run.run_of_day", day=day) if day else both("run.run_before")
