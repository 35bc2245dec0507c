"""Files appear under their final name only when they are complete."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_NAME = 60  # characters; in UTF-8 a file system takes 255 bytes


def zone_file_name(adcode: str, name: str) -> str:
    """`440200-韶关市`, without characters a file system refuses: those of the code as %XX, so that no two codes share a name."""
    code = "".join(c if c.isalnum() or c in "-_" else "".join(f"%{byte:02X}" for byte in c.encode()) for c in adcode)
    return (code + "-" + "".join(c for c in name if c.isalnum() or c in "-_"))[:LONGEST_NAME]


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends well, removed when it does not.

    The suffix is kept, because writers choose their format by it.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    part = final.with_name(f".{final.stem}.{uuid.uuid4().hex[:8]}.part{final.suffix}")
    try:
        yield part
        os.replace(part, final)
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Writes UTF-8 text with plain newlines, completely or not at all."""
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def replace_folder(part: Path, final: Path) -> None:
    """A finished folder takes its final name; an existing folder is moved aside first, never half deleted under that name."""
    old = final.with_name(f".{final.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    part.rename(final)
    shutil.rmtree(old, ignore_errors=True)


def finish_replacements(parent: Path) -> None:
    """Where `replace_folder` was killed between its two renames, the folder moved aside gets its name back; one that was replaced goes."""
    for old in sorted(parent.glob(".*.old")):
        final = parent / old.name[1 : -len(".old")]
        if final.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(final)


def move_files(part: Path, folder: Path) -> None:
    """Each finished file of `part` takes its place in `folder`; `part` goes."""
    for path in sorted(part.iterdir()):
        os.replace(path, folder / path.name)
    part.rmdir()


def sha256(path: str | Path) -> str:
    """Hex digest of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
