"""The table of output columns: complete, the one place of its names, and what the documents say."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from infraplan import outputs
from infraplan.messages import catalogue, rooms

ROOT = Path(__file__).resolve().parents[1]
MAKERS = {"report/compare.py", "report/pages.py", "report/plotting.py"}
"""Modules that make a table rather than write one: the comparison, the index's list of cities with its links, a figure's points."""


@pytest.mark.parametrize("table", outputs.TABLES)
def test_every_column_is_described_once(table: str) -> None:
    columns = outputs.TABLES[table]
    assert len({entry.name for entry in columns}) == len(columns)
    for entry in columns:
        assert all((entry.name, entry.zh, entry.en, entry.meaning_zh, entry.meaning_en)), entry
        assert entry.kind or entry.words or entry.form.startswith("fill") or table in ("cities", "compared_cities"), entry
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


def listed_columns(file: Path, least: int) -> list[tuple[int, tuple[str, ...]]]:
    """Tuples, lists, sets and dicts of a module that name so many columns of one output table."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        parts = node.keys if isinstance(node, ast.Dict) else node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else []
        words = tuple(part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
        for table in outputs.TABLES.values():
            if len(set(words) & {entry.name for entry in table}) >= least:
                found.append((node.lineno, words))
                break
    return found


def test_no_writer_lists_columns() -> None:
    """Workbook, pages, documents, map, KMZ and verbs say which table and which place; names stand in `outputs` alone."""
    package = ROOT / "infraplan"
    files = [file for room in ("cli", "report") for file in sorted((package / room).rglob("*.py"))]
    found = {str(file.relative_to(package)): rows for file in files if (rows := listed_columns(file, 5))}
    assert set(found) <= MAKERS, found


def test_a_measured_name_stands_where_it_is_made_and_in_the_schema() -> None:
    """Names that carry a unit (nearest_site_km): one file describes them, no writer knows them."""
    names = {entry.name for table in ("gaps", "certificate", "masts") for entry in outputs.TABLES[table]}
    measured = {name for name in names if name.endswith(("_km", "_db", "_dbm")) and "{" not in name}
    writers = [*(ROOT / "infraplan/cli").glob("*.py"), *(ROOT / "infraplan/report").glob("*.py")]
    knowing = {file.name: sorted(name for name in measured if f'"{name}"' in file.read_text(encoding="utf-8")) for file in writers}
    # what an inspector may enter; what a figure's labels need
    assert {name: found for name, found in knowing.items() if found} == {"workbook.py": ["rsrp_dbm"], "plotting.py": ["outdoor_margin_db"]}


def test_no_catalogue_holds_headings() -> None:
    """A heading of a table stands in `outputs`; what is left under these prefixes is not a column's."""
    left = [f"{room}.{key}" for room in rooms() for key in catalogue(room) if key.startswith(("head_", "x_", "field_"))]
    assert set(left) <= {"report.x_item", "report.x_content", "report.field_people"}, left
