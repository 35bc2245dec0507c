"""The public edition holds no site and no village in the bytes of any file; the internal one says so on each."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from results import copy_of, summary_of

from infraplan.errors import UsageError
from infraplan.run import RunOutcome, run_study
from infraplan.run.summary import restore_plan
from infraplan.siting.plans import Plan
from infraplan.study import Study


class Written(NamedTuple):
    """What a run left in a folder."""

    output: Path
    plan: Plan | None
    summary: dict[str, Any]


@pytest.fixture(scope="module")
def study(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study.open(copy_of(small_study, tmp_path_factory.mktemp("editions")))


@pytest.fixture(scope="module")
def internal(study: Study, small_pages: Path) -> Written:
    """A whole run in all formats."""
    output = Path(shutil.copytree(small_pages, study.output))
    return Written(output, restore_plan(output), summary_of(output))


@pytest.fixture(scope="module")
def public(study: Study, internal: Written) -> RunOutcome:
    return run_study(study, jobs=1, edition="public")


def opened(data: bytes) -> Iterator[bytes]:
    """Bytes of a file, and of what is packed into it: members of an archive, streams of a PDF."""
    yield data
    if data[:2] == b"PK":
        archive = zipfile.ZipFile(BytesIO(data))
        for name in archive.namelist():
            yield name.encode()
            yield from opened(archive.read(name))
    if data[:4] == b"%PDF":
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
            try:
                yield zlib.decompressobj().decompress(stream)
            except zlib.error:
                continue


def text_of_pdf(path: Path) -> bytes:
    return subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True).stdout if shutil.which("pdftotext") else b""


def secrets(study: Study, outcome: Written) -> list[bytes]:
    """Coordinates as text and as numbers, ids and names of sites and settlements."""
    assert outcome.plan is not None
    found: list[bytes] = []
    for frame in (study.sites, study.villages, study.places, outcome.plan.sites):
        points = frame[~(frame.geometry.is_empty | frame.geometry.isna())]
        for x, y in zip(points.geometry.x, points.geometry.y, strict=True):
            found += [f"{value:.6f}"[:-1].encode() for value in (x, y)]
            found += [struct.pack(form, x, y) for form in ("<dd", "<ff", ">dd")] + [struct.pack("<dd", y, x)]
    for frame in (study.sites, study.villages, outcome.plan.sites):
        found += [f'"{value}"'.encode() for value in frame["id"].astype(str)]
        found += [f"{value}".encode() for value in frame["name"].dropna().astype(str) if len(value) > 3]
    assert len(found) > 100
    return found


def those_in(whole: bytes, wanted: Iterable[bytes]) -> list[bytes]:
    """The texts that these bytes hold: looked up by their first eight bytes at every position, then each whole."""
    wanted = list(wanted)
    heads = np.unique(np.array([int.from_bytes(text[:8], "little") for text in wanted if len(text) >= 8], dtype=np.uint64))
    begins = np.zeros(1 << 16, dtype=bool)
    begins[heads & np.uint64(0xFFFF)] = True
    there: set[int] = set()
    for first in range(min(8, len(whole))):
        words = np.frombuffer(whole[first : len(whole) - (len(whole) - first) % 8], dtype="<u8")
        words = words[begins[words & np.uint64(0xFFFF)]]
        there.update(np.intersect1d(words, heads).tolist())
    return [text for text in wanted if (len(text) < 8 or int.from_bytes(text[:8], "little") in there) and text in whole]


def test_the_search_finds_texts_at_any_position() -> None:
    wanted = [b"short", b"eight by", b"a longer text", b"\x00" * 16, struct.pack("<dd", 113.1, -23.1), b"absent from all"]
    for first in range(17):
        for text in wanted[:5]:
            assert those_in(b"x" * first + text + b"y" * (first % 3), wanted) == [text]
    assert those_in(b"", wanted) == [] and those_in(b"a longer tex", wanted) == []


def test_the_internal_edition_has_them(study: Study, internal: Written) -> None:
    """Else the search below would find nothing of anything."""
    wanted = set(secrets(study, internal))
    for name in ("plan.gpkg", "villages.csv", "annex.xlsx", "plan.kmz"):
        whole = b"".join(opened((internal.output / name).read_bytes()))
        assert len(those_in(whole, wanted)) > 10, name


def test_no_byte_of_the_public_edition_tells_a_site_or_a_village(study: Study, internal: Written, public: RunOutcome) -> None:
    assert public.output == internal.output / "public"
    files = [path for path in sorted(public.output.rglob("*")) if path.is_file()]
    names = {path.name for path in files}
    assert {
        "index.html",
        "report.html",
        "map.html",
        "annex.xlsx",
        "report.pdf",
        "report.docx",
        "plan.kmz",
        "plan.gpkg",
        "towns.csv",
    } <= names
    assert not names & {"villages.csv", "coverage.tif", "coverage-servers.csv", "project.qgz"}
    outlines = b"".join(shape.wkb + shape.wkt.encode() for shape in study.zones.geometry)
    wanted = set(secrets(study, internal))
    wanted -= set(those_in(outlines, wanted))
    for path in files:
        whole = b"\n".join(opened(path.read_bytes())) + (text_of_pdf(path) if path.suffix == ".pdf" else b"")
        assert those_in(whole, wanted) == [], path.relative_to(public.output)


def test_settlements_are_counted_by_town_and_add_up(study: Study, public: RunOutcome) -> None:
    towns = pd.read_csv(public.output / "towns.csv", encoding="utf-8-sig")
    for _, rows in towns.groupby("family"):
        assert rows["settlements"].sum() == len(study.villages) and rows["population"].sum() == study.villages["population"].sum()
        parts = rows[["served_settlements", "uncertain_settlements", "unserved_settlements"]].sum(axis=1)
        assert (parts == rows["settlements"]).all()


def test_both_editions_have_one_plan_and_one_count(internal: Written, public: RunOutcome) -> None:
    assert internal.summary is not None and public.summary is not None
    for key in ("sites", "cost", "served_after", "population_gained"):
        assert internal.summary["plan"][key] == public.summary["plan"][key]
    assert internal.summary["population"] == public.summary["population"]
    assert (internal.summary["edition"], public.summary["edition"]) == ("internal", "public")


def test_each_internal_file_says_so_and_no_public_one(internal: Written, public: RunOutcome) -> None:
    mark = "内部资料".encode()
    for name in ("index.html", "report.html", "map.html", "annex.xlsx", "report.docx", "plan.kmz", "plan.gpkg"):
        for outcome, said in ((internal, True), (public, False)):
            assert (mark in b"".join(opened((outcome.output / name).read_bytes()))) is said, (name, said)
    if shutil.which("pdftotext"):
        pages = text_of_pdf(internal.output / "report.pdf").split(b"\f")[:-1]
        assert len(pages) > 3 and all(mark in page.replace(b" ", b"") for page in pages)
        assert mark not in text_of_pdf(public.output / "report.pdf")


def test_an_unknown_edition_is_refused(study: Study) -> None:
    with pytest.raises(UsageError, match="public"):
        run_study(study, jobs=1, overwrite=True, edition="secret")
