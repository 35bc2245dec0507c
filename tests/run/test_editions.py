"""The public edition holds no site and no village in the bytes of any file; the internal one says so on each."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from results import copy_of

from infraplan.errors import UsageError
from infraplan.run import RunOutcome, run_study
from infraplan.study import Study


@pytest.fixture(scope="module")
def study(mini_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study.open(copy_of(mini_study, tmp_path_factory.mktemp("editions")))


@pytest.fixture(scope="module")
def internal(study: Study) -> RunOutcome:
    return run_study(study, jobs=1)


@pytest.fixture(scope="module")
def public(study: Study, internal: RunOutcome) -> RunOutcome:
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


def secrets(study: Study, outcome: RunOutcome) -> list[bytes]:
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


def test_the_internal_edition_has_them(study: Study, internal: RunOutcome) -> None:
    """Else the search below would find nothing of anything."""
    wanted = set(secrets(study, internal))
    for name in ("plan.gpkg", "villages.csv", "annex.xlsx", "plan.kmz"):
        whole = b"".join(opened((internal.output / name).read_bytes()))
        assert sum(secret in whole for secret in wanted) > 10, name


def test_no_byte_of_the_public_edition_tells_a_site_or_a_village(study: Study, internal: RunOutcome, public: RunOutcome) -> None:
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
    wanted = [secret for secret in set(secrets(study, internal)) if secret not in outlines]
    for path in files:
        whole = b"\n".join(opened(path.read_bytes())) + (text_of_pdf(path) if path.suffix == ".pdf" else b"")
        assert [secret for secret in wanted if secret in whole] == [], path.relative_to(public.output)


def test_settlements_are_counted_by_town_and_add_up(study: Study, public: RunOutcome) -> None:
    towns = pd.read_csv(public.output / "towns.csv", encoding="utf-8-sig")
    for _, rows in towns.groupby("family"):
        assert rows["settlements"].sum() == len(study.villages) and rows["population"].sum() == study.villages["population"].sum()
        parts = rows[["served_settlements", "uncertain_settlements", "unserved_settlements"]].sum(axis=1)
        assert (parts == rows["settlements"]).all()


def test_both_editions_have_one_plan_and_one_count(internal: RunOutcome, public: RunOutcome) -> None:
    assert internal.summary is not None and public.summary is not None
    for key in ("sites", "cost", "served_after", "population_gained"):
        assert internal.summary["plan"][key] == public.summary["plan"][key]
    assert internal.summary["population"] == public.summary["population"]
    assert (internal.summary["edition"], public.summary["edition"]) == ("internal", "public")


def test_each_internal_file_says_so_and_no_public_one(internal: RunOutcome, public: RunOutcome) -> None:
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
