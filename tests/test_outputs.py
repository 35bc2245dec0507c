"""The table of output columns: complete, the one place of its names, and what the documents say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from infraplan import outputs

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("table", outputs.TABLES)
def test_every_column_is_described_once(table: str) -> None:
    columns = outputs.TABLES[table]
    assert len({entry.name for entry in columns}) == len(columns)
    for entry in columns:
        assert all((entry.name, entry.zh, entry.en, entry.meaning_zh, entry.meaning_en)), entry
        assert entry.kind or entry.words or entry.form.startswith("fill") or table == "cities", entry
    official = [entry.official for entry in columns if entry.official]
    assert official == list(range(1, len(official) + 1))


def test_a_name_with_a_family_is_found_by_its_pattern() -> None:
    assert outputs.column("sites", "people_gained_nbiot").name == "people_gained_{family}"
    assert outputs.column("sites", "people_gained").name == "people_gained"


def test_the_pages_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("write_outputs_page", ROOT / "tools" / "write_outputs_page.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    plans = (ROOT / "docs" / "plans.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8") == tool.outputs_page(), "run tools/write_outputs_page.py"
    assert tool.plans_page(plans) == plans, "run tools/write_outputs_page.py"
