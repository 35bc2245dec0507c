"""The folders of a run: each city's, and the files of the whole study, written side by side by worker processes."""

from __future__ import annotations

import shutil
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from infraplan.errors import Fault, InfraplanError, ValidityWarning, collected, warn
from infraplan.files import replace_folder, write_text, zone_file_name
from infraplan.messages import both
from infraplan.report.county_pages import write_county_pages
from infraplan.report.editions import PUBLIC
from infraplan.report.html_pages import DATA_FILES, write_city_pages, write_province_pages
from infraplan.run import ledger
from infraplan.run.collector import seldom_collected
from infraplan.run.content_hash import content_hash
from infraplan.run.crew import Crew
from infraplan.run.gis_files import write_layers, write_planning_tables
from infraplan.run.page_contexts import CityLayers
from infraplan.run.progress import Progress
from infraplan.run.work_units import Lost, Unit, disk_full
from infraplan.study import Study

WHOLE = "whole"
"""Key of the whole study among the adcodes of cities."""


@dataclass(frozen=True)
class Batch:
    """How the folders are written: where, what is said of the plan, who works."""

    output: Path
    scope: str
    kind: str
    facts: Any
    resume: bool
    writes_ledger: bool
    lang: str
    formats: tuple[str, ...]
    earlier: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """What the last run wrote of each city; a city whose pages would show the same is kept."""

    @property
    def part(self) -> Path:
        """Where the files of the whole study wait until those of the cities are there."""
        return self.output / ".whole.part"

    def finished(self, row: dict[str, Any], folder: str) -> bool:
        """Whether a resumed run may keep what is there: complete, unchanged, and with a plan of the same kind."""
        same_plan = row.get("plan") == self.kind or (self.kind == "reused" and row.get("plan") == "whole")
        return self.resume and same_plan and row.get("state") == "done" and ledger.unchanged(self.output / "cities" / folder, row["files"])

    def content_of(self, page: CityLayers, summary: str) -> str:
        """Hash of all that the files of a city are made from; "" where something in it cannot be hashed: a warning says so, and such a city
        is always written."""
        try:
            return content_hash((page, summary, self.lang, self.formats, ledger.program_hash(), ledger.versions()))
        except TypeError as error:
            message, fix = both("run.content_unknown", reason=error), both("run.content_unknown_fix")
            warn([Fault(page.context.name, message, fix, rule="content-unknown", severity="warning")])
            return ""

    def shows_the_same(self, row: dict[str, Any], folder: str, content: str) -> bool:
        """Whether the last run wrote a city from this content, and nothing of its folder was changed since."""
        path = self.output / "cities" / folder
        return (
            content != ""
            and row.get("content") == content
            and row.get("folder") == folder
            and path.is_dir()
            and ledger.hashes(path) == row.get("files")
        )


def folders_of(study: Study, cities: tuple[str, ...]) -> dict[str, str]:
    """Name of the folder of each city."""
    names = study.zones.loc[study.zones["level"] == "city"].set_index("adcode")["name"]
    return {adcode: zone_file_name(adcode, str(names[adcode])) for adcode in cities}


def write_folders(
    folders: dict[str, str],
    layers_of: Callable[[str], CityLayers],
    summary_of: Callable[[CityLayers], str],
    whole: CityLayers | None,
    batch: Batch,
    record: dict[str, Any],
    progress: Progress,
    crew: Crew,
) -> tuple[dict[str, dict[str, Any]], bool, list[str]]:
    """Each city's folder, finished ones are skipped on resume, and beside them the files of the whole study, into `batch.part`.

    A city that would show what the last run wrote of it is kept.

    Returns what became of each city, a failure is a row with its reason; whether the files of the whole study are there;
    and the cities that were kept.
    """
    advance = progress.step("run.cities")
    rows = {adcode: old for adcode, folder in folders.items() if batch.finished(old := record["cities"].get(adcode, {}), folder)}
    waiting = [adcode for adcode in folders if adcode not in rows]
    advance(len(rows), len(folders))
    contents: dict[str, str] = {}
    kept: list[str] = []
    plain = replace(batch, earlier={})  # what workers need

    def units() -> Iterator[Unit]:
        if whole is not None:  # first, because it takes longest
            yield Unit(WHOLE, _noticing, (write_whole, whole, plain))
        for adcode in waiting:
            page = layers_of(adcode)
            summary, old = summary_of(page), batch.earlier.get(adcode, {})
            contents[adcode] = batch.content_of(page, summary)
            if batch.shows_the_same(old, folders[adcode], contents[adcode]):
                kept.append(adcode)
                yield Unit(adcode, _kept, (old["files"],))
                continue
            yield Unit(adcode, _noticing, (_write_city, page, summary, batch.output / "cities" / folders[adcode], plain))

    notices: dict[str, list[Fault | Warning]] = {}
    whole_is_there = False
    for adcode, result in crew.results(units(), len(waiting)):
        row, notices[adcode] = ({"state": "failed", "files": {}, "reason": result.reason}, []) if isinstance(result, Lost) else result
        if adcode == WHOLE:
            whole_is_there = row["state"] == "done"
            continue
        quiet = row["state"] == "done" and not notices[adcode]  # what was noticed is said again, so that such a city is written again
        rows[adcode] = {**row, "folder": folders[adcode], "plan": batch.kind, "content": contents.get(adcode, "") if quiet else ""}
        record["cities"] = {**record["cities"], adcode: rows[adcode]}
        if batch.writes_ledger:
            ledger.write(batch.output, record)
        advance(len(rows), len(folders))
    _pass_on([notice for adcode in (WHOLE, *folders) for notice in notices.get(adcode, [])])
    return {adcode: rows[adcode] for adcode in folders}, whole_is_there, [adcode for adcode in folders if adcode in kept]


def _kept(files: dict[str, str]) -> tuple[dict[str, Any], list[Fault | Warning]]:
    """In place of writing a city that is there: what `_noticing` returns."""
    return {"state": "done", "files": files, "reason": ""}, []


def _pass_on(notices: list[Fault | Warning]) -> None:
    """Issues what warned in the workers, each once."""
    warn(dict.fromkeys(notice for notice in notices if isinstance(notice, Fault)))
    others = {str(notice): notice for notice in notices if not isinstance(notice, Fault)}
    for text in sorted(others):
        warnings.warn(others[text], stacklevel=3)


def _noticing(write: Callable[..., dict[str, str]], *arguments: Any) -> tuple[dict[str, Any], list[Fault | Warning]]:
    """Runs `write`: what became of it, and what warned meanwhile, which a worker process cannot print."""
    with seldom_collected(), collected() as faults, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        try:
            row = {"state": "done", "files": write(*arguments), "reason": ""}
        except Exception as error:  # one city's failure is a row with its reason, not the end of the run
            reason = str(error) if isinstance(error, InfraplanError) else f"{type(error).__name__}: {error}"
            row = {"state": "failed", "files": {}, "reason": reason[:500]}
    own = [_plain_warning(item.message) for item in caught if isinstance(item.message, UserWarning | RuntimeWarning)]
    return row, [*faults, *own]


def _plain_warning(message: Warning | str) -> Warning:
    """A warning that can be passed to another process: those of libraries as their text."""
    return message if isinstance(message, ValidityWarning) else UserWarning(f"{type(message).__name__}: {message}")


def _write_city(page: CityLayers, summary: str, folder: Path, batch: Batch) -> dict[str, str]:
    """All files of one city, in a folder that takes its final name when it is complete; their hashes."""
    with _own_part(folder) as part:
        write_city_pages(page.context, part, lang=batch.lang, formats=batch.formats)
        write_county_pages(page.context, part, lang=batch.lang, formats=batch.formats)
        write_layers(page, part, batch.lang)
        write_text(part / "summary.json", summary)
        listed = ledger.hashes(part)
        replace_folder(part, folder)
        return listed


@contextmanager
def _own_part(folder: Path) -> Iterator[Path]:
    """An empty temporary folder beside one, removed at the end: its own for each writer, so that a worker given up meets no other.

    An error that a full disk caused, whatever a library says of it, is one that names the disk.
    """
    part = folder.with_name(f".{folder.name}.part.{uuid.uuid4().hex[:8]}")
    try:
        part.mkdir(parents=True)
        yield part
    except Exception as error:
        full = None if isinstance(error, InfraplanError) else disk_full(error, part)
        if full is not None:
            raise InfraplanError(full) from error
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


NOT_PUBLIC = ("project.qgz", "coverage.tif", "villages.csv", "mapinfo.zip", "atoll.zip")
"""Files of data that a public edition does not have."""


def data_files(page: CityLayers) -> tuple[str, ...]:
    """Files of data that are beside the pages of an edition."""
    absent = NOT_PUBLIC if page.context.facts.edition == PUBLIC else ("towns.csv",)
    return tuple(name for name in DATA_FILES if name not in absent)


def write_whole(page: CityLayers, batch: Batch) -> dict[str, str]:
    """The pages and layers of the whole study, into `batch.part`."""
    with _own_part(batch.part) as part:
        write_province_pages(page.context, part, lang=batch.lang, formats=batch.formats, data=data_files(page))
        write_layers(page, part, batch.lang)
        write_planning_tables(page, part, batch.lang)
        replace_folder(part, batch.part)
    return {}
