"""Opening a user's file: it must exist and be a plain local file that is not too large; every error of a parser becomes a fault."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from infraplan.errors import DataError, InfraplanError
from infraplan.tables.faults import FaultList, shown

LARGEST_FILE_BYTES = 4 * 2**30
LARGEST_TEXT_BYTES = 2 * 2**30  # after decompression
LARGEST_MEMBER_BYTES = 2**30
LARGEST_RATIO = 200  # decompressed over compressed; spreadsheets reach about 30
MOST_ROWS = 2_000_000
MOST_COLUMNS = 1_000
MOST_CELLS = 30_000_000


def existing_file(source: str | os.PathLike[str]) -> Path:
    """The path of a plain local file; anything else is a DataError. GDAL's virtual paths and addresses are no local files."""
    faults = FaultList(file=shown(os.fspath(source)))
    try:
        path = Path(source)
        faults.file = shown(path.name or path) or repr(path.name)
        if path.is_dir():
            faults.add("io.is_a_folder")
        elif not path.exists():
            faults.add("io.no_such_file", value=str(path), nearest=_nearest(path))
        elif not path.is_file():
            faults.add("io.not_a_file")
        elif path.stat().st_size == 0:
            faults.add("io.empty_file")
        elif path.stat().st_size > LARGEST_FILE_BYTES:
            faults.add("io.too_big", size=f"{path.stat().st_size / 2**30:.1f} GiB", limit=f"{LARGEST_FILE_BYTES / 2**30:.0f} GiB")
    except (OSError, ValueError) as problem:
        faults.add("io.unreadable", reason=shown(problem))
    faults.stop()
    return path


def _nearest(path: Path) -> str:
    import difflib

    if not path.parent.is_dir():
        return ""
    beside = [entry.name for entry in path.parent.iterdir()][:10_000]
    return ", ".join(difflib.get_close_matches(path.name, beside, n=3))


@contextmanager
def reading(path: Path, sheet: str = "") -> Iterator[None]:
    """Every error of a parser inside becomes a DataError that names the file."""
    try:
        yield
    except InfraplanError:
        raise
    except Exception as problem:
        raise _unreadable(path, sheet, problem) from None
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":  # a panic of a parser written in Rust
            raise
        raise _unreadable(path, sheet, problem) from None


def _unreadable(path: Path, sheet: str, problem: BaseException) -> DataError:
    faults = FaultList(file=path.name, sheet=sheet)
    if isinstance(problem, MemoryError):
        faults.add("io.out_of_memory")
    elif isinstance(problem, FileNotFoundError):
        faults.add("io.vanished")
    else:
        faults.add("io.unreadable", reason=shown(f"{type(problem).__name__}: {problem}"))
    return DataError(faults.items)


class Bounded:
    """A binary stream that refuses to give more than a number of bytes."""

    def __init__(self, stream: IO[bytes], limit: int, path: Path):
        self.stream, self.left, self.limit, self.path = stream, limit, limit, path

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`."""
        piece = self.stream.read(min(size, 2**20) if size > 0 else 2**20)
        self.left -= len(piece)
        if self.left < 0:
            faults = FaultList(file=self.path.name)
            faults.add("io.bomb", limit=f"{self.limit / 2**20:.0f} MiB")
            faults.stop()
        return piece


@contextmanager
def byte_stream(path: Path) -> Iterator[Bounded]:
    """A file's bytes, decompressed where it is gzipped, never more than the limit."""
    with open(path, "rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
    if zipped:
        with gzip.open(path, "rb") as unpacked:
            yield Bounded(cast(IO[bytes], unpacked), min(LARGEST_TEXT_BYTES, max(2**26, LARGEST_RATIO * path.stat().st_size)), path)
    else:
        with open(path, "rb") as stream:
            yield Bounded(stream, LARGEST_FILE_BYTES, path)


def refuse_bombs(path: Path) -> None:
    """A DataError for an archive that states, for a member or in all, a size far above the limit."""
    with zipfile.ZipFile(path) as archive:
        total = sum(entry.file_size for entry in archive.infolist())
        worst = max((entry.file_size for entry in archive.infolist()), default=0)
    if worst > LARGEST_MEMBER_BYTES or (total > 2**26 and total > LARGEST_RATIO * path.stat().st_size):
        faults = FaultList(file=path.name)
        faults.add("io.bomb", limit=f"{LARGEST_MEMBER_BYTES / 2**20:.0f} MiB")
        faults.stop()
