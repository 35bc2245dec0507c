"""The README's figures are those of the demo: a changed number, a wrong way and a missing number are found."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUMMARY = {
    "sites": 162064,
    "population": {"nr": {"share": 0.71379, "served": 89_946_231}},
    "zones": [{"level": "city", "adcode": "441900", "nr": {"share": 1.0}}, {"level": "county", "adcode": "441900", "nr": {"share": 0.5}}],
    "model": ["p1812"],
}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_readme_figures", ROOT / "tools" / "check_readme_figures.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "text",
    [
        "<!-- figure: population.nr.share -->71.3 %",
        "<!-- figure: population.nr.share --> **71.37 %** of people",
        "<!--figure:population.nr.served-->89,946,231",
        "<!-- figure: sites -->162064 and <!-- figure: sites -->162,064",
        "<!-- figure: zones[level=city, adcode=441900].nr.share -->100.0%",
        "| 5G | <!-- figure: population.nr.share -->0.713 |",
    ],
)
def test_right_figures_pass(tool: ModuleType, text: str) -> None:
    assert tool.faults_of(text, SUMMARY)[0] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a\n<!-- figure: population.nr.share -->71.4 %", "line 2: population.nr.share is 71.3 %, the page says 71.4"),
        ("<!-- figure: sites -->162,065", "162,064"),
        ("<!-- figure: population.lte.share -->1 %", "no 'lte'"),
        ("<!-- figure: zones[adcode=441900].nr.share -->1 %", "2 rows"),
        ("<!-- figure: model -->1", "no number"),
        ("<!-- figure: sites --> many", "no number follows"),
    ],
)
def test_wrong_figures_are_reported(tool: ModuleType, text: str, says: str) -> None:
    faults, count = tool.faults_of(text, SUMMARY)
    assert count == len(faults) == 1 and says in faults[0]


def test_the_command_ends_with_1_where_a_figure_is_wrong(tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
    page = tmp_path / "README.md"
    page.write_text("<!-- figure: sites -->162,064 sites", encoding="utf-8")
    assert tool.main([str(tmp_path / "summary.json"), str(page)]) == 0
    page.write_text("<!-- figure: sites -->11,000 sites", encoding="utf-8")
    assert tool.main([str(tmp_path / "summary.json"), str(page)]) == 1
    assert "11,000" in capsys.readouterr().err
    assert tool.main([]) == 2


def test_every_mark_of_the_readme_can_be_read(tool: ModuleType) -> None:
    faults, _ = tool.faults_of((ROOT / "README.md").read_text(encoding="utf-8"), SUMMARY)
    assert not [fault for fault in faults if "cannot be read" in fault or "no number follows" in fault]
