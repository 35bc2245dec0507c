"""`infraplan signal` and `calibrate` from files to files: columns and rows kept, refusals with exit code 3 and nothing written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from made_drive import made_cells, made_points, made_sites, measured
from rasterio.transform import from_origin

from infraplan.io.calibration_files import read_calibration

Call = Callable[..., Any]
ADDED = ["predicted_dbm", "loss_db", "pattern_db", "distance_m", "line_of_sight"]


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of cells and a gzipped table of measured points, with a column and a code of the user's own."""
    folder = tmp_path_factory.mktemp("drive")
    cells = made_cells()
    points = measured(made_points(cells, 40), made_sites(cells), -6.0).round(2)
    points.insert(0, "note", ["=1+1", "0012"] * (len(points) // 2))
    cells.to_csv(folder / "cells.csv", index=False)
    with gzip.open(folder / "points.csv.gz", "wt", encoding="utf-8") as stream:
        points.to_csv(stream, index=False)
    return folder


def test_calibrate_then_signal(infraplan: Call, drive: Path, tmp_path: Path) -> None:
    files = ["--sites", drive / "cells.csv", "--crs", "local"]
    answer = infraplan("calibrate", drive / "points.csv.gz", *files, "-o", tmp_path / "calibration.toml", "--json", "--lang", "en")
    assert answer.code == 0 and "on masts left out (12 masts" in answer.err and "dates —" in answer.err
    said = json.loads(answer.out)
    assert said["rms_left_out_db"] == said["points"]["rms_db"] and said["masts"] == 12
    assert said["points"]["rms_db"] < said["points"]["rms_before_db"] and said["evidence"]["squares"] > 1000
    assert read_calibration(tmp_path / "calibration.toml").points.rms_db == said["points"]["rms_db"]
    out = tmp_path / "out.csv"
    answer = infraplan("signal", drive / "points.csv.gz", *files, "--calibration", tmp_path / "calibration.toml", "-o", out, "--lang", "en")
    assert answer.code == 0 and "calibrated: rms" in answer.err and "models used: tr38901-uma" in answer.err
    given, found = pd.read_csv(drive / "points.csv.gz", dtype=str), pd.read_csv(out, dtype=str)
    assert list(found.columns[: len(given.columns)]) == list(given.columns) and set(ADDED) <= set(found.columns)
    assert len(found) == len(given)
    pd.testing.assert_frame_equal(found[given.columns].drop(columns="note"), given.drop(columns="note"))
    assert set(found["note"]) == {"'=1+1", "0012"}, "a formula stays text"
    error = found["rsrp_dbm"].astype(float) - found["predicted_dbm"].astype(float)
    assert np.isfinite(error).all() and abs(error.mean()) < 0.5
    before = infraplan("signal", drive / "points.csv.gz", *files, "--json", "--lang", "zh")
    rows = json.loads(before.out)
    assert len(rows) == len(given) and "没有校准" in before.err and isinstance(rows[0]["rsrp_dbm"], float) and rows[1]["note"] == "0012"


def test_a_column_of_the_same_name_is_kept_under_another(infraplan: Call, drive: Path, tmp_path: Path) -> None:
    pd.read_csv(drive / "points.csv.gz").assign(distance_m=500).to_csv(tmp_path / "points.csv", index=False)
    answer = infraplan("signal", tmp_path / "points.csv", "--sites", drive / "cells.csv", "--crs", "local", "-o", tmp_path / "o.csv")
    assert answer.code == 0 and "distance_m_in_file" in answer.err
    assert (pd.read_csv(tmp_path / "o.csv")["distance_m_in_file"] == 500).all()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda points: points.drop(columns="rsrp_dbm"), "no level"),
        (lambda points: points.assign(x_m=points["x_m"] + 1e6), "no site is near"),
        (lambda points: points[points["cell"].str.startswith("0-")], "--force"),
        (lambda points: points.assign(cell="", band="n258"), "n258"),
        (lambda points: points.assign(rsrp_dbm="weak"), "weak"),
        (lambda points: points.drop(columns="x_m"), "x_m"),
    ],
)
def test_what_cannot_be_calibrated_ends_with_3_and_no_file(
    infraplan: Call, drive: Path, tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], word: str
) -> None:
    change(pd.read_csv(drive / "points.csv.gz")).to_csv(tmp_path / "points.csv", index=False)
    out = tmp_path / "calibration.toml"
    answer = infraplan("calibrate", tmp_path / "points.csv", "--sites", drive / "cells.csv", "--crs", "local", "-o", out, "--lang", "en")
    assert answer.code == 3 and word in answer.err and not list(tmp_path.glob("calibration*")), answer.err


def test_a_calibration_file_with_faults_is_refused(infraplan: Call, drive: Path, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('form = 1\n[points]\nmodel = "magic"\n[[points.band]]\nlow_mhz = 1\n', encoding="utf-8")
    files = ["--sites", drive / "cells.csv", "--crs", "local", "--calibration", tmp_path / "c.toml", "-o", tmp_path / "o.csv"]
    answer = infraplan("signal", drive / "points.csv.gz", *files, "--lang", "en")
    assert answer.code == 3 and "points.model" in answer.err and "evidence" in answer.err and not (tmp_path / "o.csv").exists()


def test_options_that_exclude_each_other(infraplan: Call, drive: Path, tmp_path: Path) -> None:
    files = [drive / "points.csv.gz", "--sites", drive / "cells.csv"]
    assert infraplan("signal", *files, "--crs", "local", "--clutter", "x.tif").code == 2
    assert infraplan("signal", *files, "--crs", "local", "--terrain", "x.tif").code == 2
    assert infraplan("signal", *files).code == 3  # metres without a CRS


def test_over_a_raster_larger_than_the_points(infraplan: Call, tmp_path: Path) -> None:
    """Only the ground around is read; a point off the raster is predicted without it, and its row says so."""
    about = {"driver": "GTiff", "height": 600, "width": 600, "count": 1, "crs": "EPSG:4326"}
    rows, cols = np.mgrid[0:600, 0:600]
    with rasterio.open(tmp_path / "dem.tif", "w", dtype="float32", transform=from_origin(113, 23.5, 1 / 1200, 1 / 1200), **about) as target:
        target.write((100.0 + 80.0 * np.sin(cols / 40) * np.cos(rows / 50)).astype("float32")[None])
    with rasterio.open(
        tmp_path / "lc.tif", "w", dtype="uint8", nodata=0, transform=from_origin(113, 23.5, 1 / 1200, 1 / 1200), **about
    ) as target:
        target.write(np.where((rows // 40 + cols // 40) % 2, 50, 40).astype("uint8")[None])
    cells = pd.DataFrame(
        {"cell": ["A", "B"], "lon": [113.2, 113.25], "lat": [23.3, 23.28], "height_m": 35, "frequency_mhz": 700, "eirp_dbm": 40}
    )
    points = pd.DataFrame({"lon": [113.21, 113.24, 112.9], "lat": [23.31, 23.29, 23.3]})
    cells.to_csv(tmp_path / "cells.csv", index=False)
    points.to_csv(tmp_path / "points.csv", index=False)
    files = ["--terrain", tmp_path / "dem.tif", "--clutter", tmp_path / "lc.tif", "-o", tmp_path / "o.csv"]
    answer = infraplan("signal", tmp_path / "points.csv", "--sites", tmp_path / "cells.csv", *files, "--lang", "en")
    assert answer.code == 0, answer.err
    found = pd.read_csv(tmp_path / "o.csv")
    assert found["model"].tolist()[:2] == ["p1812", "p1812"] and found["model"].iloc[2] != "p1812"
    assert np.isfinite(found["predicted_dbm"]).all() and set(found["clutter"].dropna()) <= {40, 50}
