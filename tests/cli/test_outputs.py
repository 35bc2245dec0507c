"""`-o` writes what its name says, or refuses before any work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from square_study import build_square

from infraplan import run
from infraplan.run import steps
from infraplan.run.findings import Findings
from infraplan.run.progress import Progress
from infraplan.study import Study

VERBS = {"scorecard": [], "gaps": [], "plan": ["--max-sites", "2"], "explain": []}
MAGIC = {".xlsx": b"PK", ".gpkg": b"SQLite format 3", ".csv": b"\xef\xbb\xbf", ".geojson": b"{"}


KEPT: dict[tuple[object, ...], Findings] = {}


@pytest.fixture(autouse=True)
def assessed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The study's state is counted once for all calls: what is looked at here is how it is written."""
    assess = steps.assess

    def kept(study: Study, progress: Progress | None = None, cities: tuple[str, ...] = (), *, gaps: bool = True) -> Findings:
        key = (study.folder, cities, gaps)
        if key not in KEPT:
            KEPT[key] = assess(study, progress, cities, gaps=gaps)
        return KEPT[key]

    for module in (run, steps):
        monkeypatch.setattr(module, "assess", kept)


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_square(tmp_path_factory.mktemp("square") / "study", 113, 24)


@pytest.mark.parametrize("ending", [*MAGIC, ".CSV"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_table_is_what_its_name_says(square: Path, tmp_path: Path, infraplan: Callable[..., object], verb: str, ending: str) -> None:
    path = tmp_path / f"out{ending}"
    answer = infraplan(verb, square, *VERBS[verb], "-o", path)
    assert answer.code == 0, answer.err  # type: ignore[attr-defined]
    assert path.read_bytes().startswith(MAGIC[ending.lower()])
    if ending in (".gpkg", ".geojson"):
        frame = gpd.read_file(path)
        assert frame.crs is not None and frame.crs.to_epsg() == 4326
        assert not frame.geometry.isna().any()
    elif ending == ".xlsx":
        assert len(pd.read_excel(path, engine="calamine").columns) > 3
    else:
        assert len(pd.read_csv(path).columns) > 3


@pytest.mark.parametrize("ending", [".csv", ".gpkg", ".xls", ""])
def test_the_template_is_a_workbook_or_nothing(tmp_path: Path, infraplan: Callable[..., object], ending: str) -> None:
    path = tmp_path / f"template{ending}"
    answer = infraplan("template", "-o", path)
    assert answer.code == 2 and ".xlsx" in answer.err and not path.exists()  # type: ignore[attr-defined]


@pytest.mark.parametrize("arguments", [["budget", "nr-n41", "-o"], ["coverage", "STUDY", "--raster"], ["gaps", "STUDY", "-o"]])
def test_other_names_are_refused_before_any_work(
    square: Path, tmp_path: Path, infraplan: Callable[..., object], arguments: list[str]
) -> None:
    wrong = {"budget": "b.gpkg", "coverage": "c.csv", "gaps": "g.txt"}[arguments[0]]
    words = [square if word == "STUDY" else word for word in arguments]
    answer = infraplan(*words, tmp_path / wrong)
    assert answer.code == 2 and not (tmp_path / wrong).exists()  # type: ignore[attr-defined]
    assert "DataWarning" not in answer.err and len(answer.err.splitlines()) == 1  # type: ignore[attr-defined]


def test_json_beside_a_layer_stays_one_document(square: Path, tmp_path: Path, infraplan: Callable[..., object]) -> None:
    answer = infraplan("scorecard", square, "--json", "-o", tmp_path / "card.gpkg")
    rows = json.loads(answer.out)  # type: ignore[attr-defined]
    assert len(rows) == len(gpd.read_file(tmp_path / "card.gpkg")) and "geometry" not in rows[0]
