"""The annex as LibreOffice prints it: legible, nothing beside the paper, a page a county."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from infraplan.report.page_context import PageContext
from infraplan.report.workbook import LEAST_PT, write_annex


@pytest.fixture
def printed(soffice: str, tmp_path: Path) -> Any:
    """A workbook's printed pages: for each the texts, and the sizes of their fonts. [pt]"""
    if shutil.which("pdftohtml") is None:
        pytest.skip("poppler-utils is absent: run tools/install_system_packages.sh")

    def pages(context: PageContext) -> list[list[tuple[str, float]]]:
        write_annex(context, tmp_path / "annex.xlsx")
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "annex.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        drawn = ["pdftohtml", "-xml", "-i", "-zoom", "3", "-stdout", str(tmp_path / "annex.pdf")]
        written = subprocess.run(drawn, check=True, capture_output=True, text=True).stdout
        sizes: dict[str, float] = {}
        found = []
        for page in re.findall(r"<page .*?</page>", written, re.DOTALL):
            sizes |= {name: float(size) / 3 for name, size in re.findall(r'<fontspec id="(\d+)" size="(\d+)"', page)}
            parts = re.findall(r'<text [^>]*font="(\d+)"[^>]*>(.*?)</text>', page, re.DOTALL)
            found.append([(re.sub(r"<[^>]+>|\s", "", content), sizes[font]) for font, content in parts])
        return found

    return pages


@pytest.mark.parametrize("one_county", [False, True])
def test_sheets_are_legible_whole_and_a_county_has_its_own_pages(
    contexts: tuple[PageContext, list[PageContext]], printed: Any, one_county: bool
) -> None:
    city = contexts[1][0]
    counties = sorted(city.gaps["county_name"].unique())
    gaps = city.gaps[city.gaps["county_name"] == counties[0]] if one_county else city.gaps
    seat = gaps.iloc[:1].assign(kind="county_seat", id="seat", village="甲城")
    pages = printed(replace(city, gaps=pd.concat([gaps, seat], ignore_index=True)))
    texts = ["".join(text for text, _ in page) for page in pages]
    small = {(text, size) for page in pages for text, size in page if size < LEAST_PT}
    assert not small, small
    lists = [text for text in texts if "未覆盖原因" in text]
    assert lists and all("序号" in text and "备注" in text for text in lists), "a sheet is as wide as its paper"
    assert sum("县城缺口清单" in text for text in texts) == 1
    if not one_county:
        assert not any(all(f"{name}示范镇" in text for name in counties) for text in lists), "a county begins a page"
