"""A run of a study with roads and fibre nodes: its plan of fibre in every output, opened by real readers; a study without says why not."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from fibre_study import build_fibre_study

import infraplan as ip
from infraplan.run.fibre import why_no_fibre


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = build_fibre_study(tmp_path_factory.mktemp("fibre") / "study")
    return folder, ip.run_study(ip.Study.open(folder), jobs=1, formats=("html", "xlsx", "kmz"))


def test_spans_and_nodes_are_layers_that_add_up(made: tuple[Path, Any]) -> None:
    _, outcome = made
    plan = outcome.fibre
    package = outcome.output / "plan.gpkg"
    spans, nodes = (gpd.read_file(package, layer=name) for name in ("fibre_spans", "fibre_nodes"))
    assert spans["cost"].sum() == plan.totals["cost"] > 0 and (spans.geometry.geom_type == "LineString").all()
    assert set(nodes["kind"]) <= {"node", "village", "joint"} and set(spans["to_node"]) <= set(nodes["id"])
    city = next((outcome.output / "cities").iterdir())
    own = gpd.read_file(city / "plan.gpkg", layer="fibre_spans")
    assert len(own) == len(spans), "one city holds all villages"


def test_the_workbook_has_both_sheets_and_the_shares_add_up(made: tuple[Path, Any]) -> None:
    _, outcome = made
    sheets = {
        name: pd.read_excel(outcome.output / "annex.xlsx", sheet_name=name, header=4, engine="calamine")
        for name in ("光纤建设清单", "村级分摊")
    }
    shares = pd.to_numeric(sheets["村级分摊"].filter(regex="^分摊费用").iloc[:, 0], errors="coerce")
    assert shares.iloc[: outcome.fibre.totals["villages"]].sum() == outcome.fibre.totals["cost"]
    assert len(sheets["光纤建设清单"]) >= len(outcome.fibre.spans)


def test_google_earth_and_report_show_it(made: tuple[Path, Any]) -> None:
    _, outcome = made
    with zipfile.ZipFile(outcome.output / "plan.kmz") as package:
        drawn = package.read("doc.kml").decode()
    assert drawn.count("<LineString>") == len(outcome.fibre.spans) and "#fibre" in drawn
    assert any("建议光缆" in str(name) for name, _ in pyogrio.list_layers(outcome.output / "plan.kmz"))
    page = re.sub("<[^>]+>", " ", (outcome.output / "report.html").read_text(encoding="utf-8"))
    assert f"接入 {outcome.fibre.totals['villages']} 个村" in page and "够付的有" in page
    county = next((next((outcome.output / "cities").iterdir()) / "counties").glob("*.html")).read_text(encoding="utf-8")
    assert "光纤到村" in county


def test_a_public_edition_has_no_fibre(made: tuple[Path, Any]) -> None:
    folder, _ = made
    outcome = ip.run_study(ip.Study.open(folder), jobs=1, formats=("html", "kmz"), edition="public")
    assert [name for name, _ in pyogrio.list_layers(outcome.output / "plan.gpkg")] == ["zones", "layer_styles"]
    assert "光纤到村" not in (outcome.output / "report.html").read_text(encoding="utf-8")
    assert "LineString" not in zipfile.ZipFile(outcome.output / "plan.kmz").read("doc.kml").decode()


def test_a_study_without_roads_or_nodes_says_so(tmp_path: Path) -> None:
    plain = ip.Study.open(ip.example_world().write(tmp_path / "plain"))
    assert "[files] roads" in str(why_no_fibre(plain))
    folder = build_fibre_study(tmp_path / "study")
    text = (folder / "study.toml").read_text(encoding="utf-8")
    (folder / "study.toml").write_text(text.replace('fibre_nodes = "fibre_nodes.gpkg"\n', ""), encoding="utf-8")
    assert "fibre_nodes" in str(why_no_fibre(ip.Study.open(folder)))
    assert json.dumps(str(why_no_fibre(plain)))
