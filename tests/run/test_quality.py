"""SINR and rates of a run: one figure in every file, bands of the raster, and a study that does not want them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from results import summary_of

from infraplan.errors import DataError
from infraplan.outputs import names, types
from infraplan.run.quality import with_quality
from infraplan.run.steps import assess
from infraplan.study import Study
from infraplan.study.config import FILE_NAME


def table_of(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "quality.csv", encoding="utf-8-sig", dtype={"adcode": str})


def test_table_summary_and_coverage_say_the_same(tiny_results: Path) -> None:
    folders = [tiny_results, *sorted((tiny_results / "cities").iterdir())]
    for folder in folders:
        table, summary = table_of(folder), summary_of(folder)
        assert list(table.columns) == list(types("quality"))
        level = summary["zone"]["level"]
        own = table[(table["level"] == level) & (table["network"] == "any") & (table["receiver"] == "outdoor")]
        assert own["served"].sum() == summary["population"]["nr"]["served"]
        said = summary["quality"]
        assert (said["load"], said["active_users"], said["sinr_db"]) == (0.5, 3, -3.0)
        assert [*said["rows"][0]] == list(names("quality", "summary"))
        rows = [row for row in said["rows"] if row["level"] == level and row["network"] == "any" and row["receiver"] == "outdoor"]
        assert [row["sinr"] for row in rows] == own["sinr"].tolist()
    whole, parts = table_of(folders[0]), pd.concat([table_of(folder) for folder in folders[1:]])
    for level in ("city", "county"):
        one, other = (t[(t["level"] == level) & (t["adcode"].fillna("") != "")]["rate"].sum() for t in (whole, parts))
        assert one == other


def test_the_raster_has_both_receivers_and_its_load(tiny_results: Path) -> None:
    with rasterio.open(tiny_results / "quality.tif") as found, rasterio.open(tiny_results / "coverage.tif") as margins:
        assert found.descriptions == tuple(
            f"nr {name} {place}" for place in ("outdoor", "indoor") for name in ("sinr_db", "downlink_mbps", "uplink_mbps")
        )
        assert found.units == ("dB", "Mbit/s", "Mbit/s") * 2
        assert found.tags()["LOAD_OF_OTHER_SECTORS"] == "0.5"
        assert (found.shape, found.transform) == (margins.shape, margins.transform)
        sinr_db, margin_db = found.read(1), margins.read(1)
        with np.errstate(invalid="ignore"):
            served = margin_db >= 0.0
        assert served.any()
        assert (np.isfinite(sinr_db) == served).mean() > 0.999, "SINR is where the map serves"


def test_the_report_says_it_with_the_load(tiny_results: Path) -> None:
    for folder in (tiny_results, next((tiny_results / "cities").iterdir())):
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert "SS-SINR" in page
        assert "按同频其他扇区 50% 的时间发射计算" in page


def changed(study: Path, lines: str) -> Study:
    text = (study / FILE_NAME).read_text(encoding="utf-8")
    (study / FILE_NAME).write_text(text + lines, encoding="utf-8")
    return Study.open(study)


def test_more_load_serves_fewer_and_none_is_counted_where_it_is_not_wanted(mini_study: Path, tmp_path: Path) -> None:
    import shutil

    shares = []
    for number, lines in enumerate(("[quality]\nload = 0.0\n", "[quality]\nload = 1.0\nsinr_db = 10.0\n")):
        folder = Path(shutil.copytree(mini_study, tmp_path / str(number)))
        findings = with_quality(assess(changed(folder, lines), gaps=False))
        assert findings.quality is not None
        shares.append(findings.quality["sinr"].sum())
    assert shares[1] < shares[0]
    folder = Path(shutil.copytree(mini_study, tmp_path / "off"))
    findings = with_quality(assess(changed(folder, "[quality]\ncount = false\n"), gaps=False))
    assert findings.quality is None
    assert not findings.quality_maps
    folder = Path(shutil.copytree(mini_study, tmp_path / "wrong"))
    with pytest.raises(DataError, match=r"quality\.load"):
        changed(folder, "[quality]\nload = 1.5\n")


def test_without_rates_nothing_is_counted(tiny_results: Path) -> None:
    assert {row["family"] for row in json.loads((tiny_results / "summary.json").read_text(encoding="utf-8"))["quality"]["rows"]} == {"nr"}
