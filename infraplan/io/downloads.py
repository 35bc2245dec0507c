"""Downloads of open data: resumed after an interruption, checked, kept in a cache, with licence and attribution beside it.

Nothing else in infraplan uses the network.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infraplan.errors import DataError, InfraplanError, UsageError
from infraplan.files import sha256, write_text
from infraplan.messages import both
from infraplan.presets import choose, load
from infraplan.tables.faults import FaultList, shown

PIECE_BYTES = 2**18
LARGEST_BYTES = 50 * 2**30
ATTEMPTS = 6
TIMEOUT_S = 60.0
MANIFEST = "manifest.json"
PATHS = ("area",)  # options of several steps, as europe/germany/hessen
SAFE = re.compile(r"[^\w.\-]+")
AT_HOME = ("127.0.0.1", "localhost", "::1")
Progress = Callable[[int, int | None], None]


def dataset_names() -> list[str]:
    """Names of the data sets that can be fetched."""
    return sorted(name for name, entry in load("datasets").items() if isinstance(entry, dict))


def dataset(name: str, options: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Description of a data set: title, url (options filled in), licence, attribution, page."""
    entry = dict(load("datasets")[choose(name, dataset_names(), "dataset")])
    filled, short = dict(entry.get("options", {})), dict(entry.get("short", {}))
    for key, value in (options or {}).items():
        choose(key, [*filled, *short], "option")
        steps = value.split("/")
        if not all(re.fullmatch(r"\w[\w.\-]{0,39}", step, flags=re.ASCII) for step in steps) or (len(steps) > 1 and key not in PATHS):
            raise UsageError(both("io.bad_option", name=key, value=shown(value), example=filled.get(key, value)))
        if key in short:
            filled["area"] = short[key].format(value)
        else:
            filled[key] = value
    entry["url"] = entry["url"].format(**filled, **{f"{key}_lower": value.lower() for key, value in filled.items()})
    return entry


def fetch_dataset(name: str, folder: str | Path, options: Mapping[str, str] | None = None, *, progress: Progress | None = None) -> Path:
    """Fetch a data set into the cache folder; its licence and attribution go into `manifest.json` there."""
    entry = dataset(name, options)
    credit = {key: entry[key] for key in ("licence", "attribution", "page")}
    return fetch(entry["url"], folder, sha256_wanted=entry.get("sha256"), credit=credit, progress=progress)


def fetch(
    url: str,
    folder: str | Path,
    *,
    sha256_wanted: str | None = None,
    credit: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    pause_s: float = 1.0,
) -> Path:
    """A file from the network, or from the cache where it is complete.

    Parameters
    ----------
    url : str
        https, or http on this machine.
    sha256_wanted : str, optional
        Hex digest the file must have. Without one the digest of the first fetch is kept, and a cached file whose digest has changed is
        fetched again.
    progress : callable, optional
        Called with bytes so far and bytes in all (None where the server does not say).
    pause_s : float
        Before the second attempt; doubled before each further one.

    Raises
    ------
    InfraplanError
        The server cannot be reached, or keeps interrupting. The part that has arrived stays, and the next call continues from there.
    DataError
        Wrong digest, wrong length, too large. No file is left under its name.
    """
    _refuse_scheme(url)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = SAFE.sub("_", urlsplit(url).path.rsplit("/", 1)[-1])[:120].lstrip(".") or "download"
    final, part, note = folder / name, folder / f".{name}.part", folder / f".{name}.part.json"
    known = _manifest(folder).get(name, {})
    wanted = sha256_wanted or (known.get("sha256") if known.get("url") == url else None)
    if final.is_file() and wanted and sha256(final) == wanted.lower():
        return final
    for attempt in range(ATTEMPTS):
        try:
            _continue(url, part, note, progress)
            break
        except (OSError, http.client.HTTPException) as problem:
            if isinstance(problem, urllib.error.HTTPError) and 400 <= problem.code < 500 and problem.code not in (408, 416, 429):
                raise InfraplanError(both("io.server_refuses", url=url, code=problem.code, page=(credit or {}).get("page", "-"))) from None
            if isinstance(problem, urllib.error.HTTPError) and problem.code == 416:
                part.unlink(missing_ok=True)
            if attempt == ATTEMPTS - 1:
                raise InfraplanError(both("io.cannot_fetch", url=url, reason=shown(problem), attempts=ATTEMPTS)) from None
            time.sleep(pause_s * 2**attempt)
    digest = sha256(part)
    if sha256_wanted and digest != sha256_wanted.lower():
        part.unlink(missing_ok=True)
        note.unlink(missing_ok=True)
        faults = FaultList(file=name)
        faults.add("io.wrong_digest", value=digest, wanted=sha256_wanted)
        raise DataError(faults.items)
    size = part.stat().st_size
    os.replace(part, final)
    note.unlink(missing_ok=True)
    record = {"url": url, "sha256": digest, "bytes": size, "fetched": datetime.now(UTC).isoformat(timespec="seconds"), **(credit or {})}
    write_text(folder / MANIFEST, json.dumps(_manifest(folder) | {name: record}, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    return final


class _SameSchemes(urllib.request.HTTPRedirectHandler):
    """Redirects may not leave https, or this machine."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _refuse_scheme(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refuse_scheme(url: str) -> None:
    parts = urlsplit(url)
    if not (parts.scheme == "https" and parts.hostname) and not (parts.scheme == "http" and parts.hostname in AT_HOME):
        raise UsageError(both("io.bad_address", url=shown(url)))


def _continue(url: str, part: Path, note: Path, progress: Progress | None) -> None:
    """One attempt: from where the last one stopped if the server still has the same file, else from the start."""
    have = part.stat().st_size if part.exists() else 0
    tag = _read_json(note).get("tag", "") if have else ""
    request = urllib.request.Request(url, headers={"User-Agent": "infraplan", "Accept-Encoding": "identity"})
    if have and tag:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", tag)
    opener = urllib.request.build_opener(_SameSchemes())
    with opener.open(request, timeout=TIMEOUT_S) as answer:
        start, total = _extent(answer, have)
        if start == 0:
            have = 0
        new_tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        if new_tag and not new_tag.startswith("W/"):
            note.write_text(json.dumps({"tag": new_tag}), encoding="utf-8")
        else:
            note.unlink(missing_ok=True)
        if total is not None and total > LARGEST_BYTES:
            _refuse_size(part.name)
        with open(part, "r+b" if start and part.exists() else "wb") as out:
            out.seek(start)
            out.truncate()
            have = start
            while piece := answer.read(PIECE_BYTES):
                out.write(piece)
                have += len(piece)
                if have > LARGEST_BYTES:
                    _refuse_size(part.name)
                if progress is not None:
                    progress(have, total)
    if total is not None and have != total:
        raise ConnectionError(f"{have} of {total} bytes")


def _extent(answer: Any, have: int) -> tuple[int, int | None]:
    """(where this answer starts, length of the whole file)."""
    length = answer.headers.get("Content-Length")
    length = int(length) if length and length.isdigit() else None
    if answer.status == 206:
        match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.headers.get("Content-Range") or "")
        if match is None or int(match.group(1)) != have:
            raise ConnectionError("the server answered another range than requested")
        return have, None if match.group(3) == "*" else int(match.group(3))
    return 0, length


def _refuse_size(name: str) -> None:
    faults = FaultList(file=name)
    faults.add("io.too_big", size="?", limit=f"{LARGEST_BYTES / 2**30:.0f} GiB")
    raise DataError(faults.items)


def _manifest(folder: Path) -> dict[str, Any]:
    return _read_json(folder / MANIFEST)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
