"""The table of output columns: complete, the one place of its names, and what the documents say."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from infraplan import outputs
from infraplan.messages import catalogue, rooms

ROOT = Path(__file__).resolve().parents[1]
MAKERS = {"report/editions.py": 3, "report/run_comparison.py": 1, "report/run_records.py": 1, "run/batch.py": 1, "run/summary.py": 3}
"""Lists of names that choose no column to show: what a public edition may keep; by which columns rows of two runs are the same; rows of a
trend; rows filled with the values of a city and of a zone; summary.json, whose keys are documented."""
DERIVED = ("cities", "compared_cities", "gap_sums", "gap_zones", "investment", "method", "outcome", "site_kinds", "filling")
"""Tables that are in no frame of the library."""


@pytest.mark.parametrize("table", outputs.TABLES)
def test_every_column_is_described_once(table: str) -> None:
    columns = outputs.TABLES[table]
    assert len({entry.name for entry in columns}) == len(columns)
    for entry in columns:
        assert all((entry.name, entry.zh, entry.en, entry.meaning_zh, entry.meaning_en)), entry
        assert entry.kind or entry.words or entry.form.startswith("fill") or table in DERIVED, entry
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
    """Whoever writes or shows says which table and which place; names are in `outputs` alone."""
    package = ROOT / "infraplan"
    files = [file for room in ("cli", "report", "run") for file in sorted((package / room).rglob("*.py"))]
    found = {str(file.relative_to(package)): rows for file in files if (rows := listed_columns(file, 5))}
    assert {name: len(rows) for name, rows in found.items()} == MAKERS, found


def test_a_heading_stands_in_one_place() -> None:
    """No module and no template holds the words of a heading; `io` reads the headings of others."""
    labels = {entry.zh for table in outputs.TABLES.values() for entry in table if len(entry.zh) > 2 and "{" not in entry.zh}
    package = ROOT / "infraplan"
    files = [*package.rglob("*.py"), *package.rglob("*.j2"), *package.rglob("*.typ")]
    files = [file for file in files if file.parent.name not in ("outputs", "io") and not file.name.endswith(("fields.py", "columns.py"))]
    found: dict[str, list[str]] = {}
    for file in files:
        written = file.read_text(encoding="utf-8")
        for label in labels:
            if f'"{label}"' in written or f">{label}<" in written:
                found.setdefault(str(file.relative_to(package)), []).append(label)
    assert not found, found


def test_a_measured_name_stands_where_it_is_made_and_in_the_schema() -> None:
    """Names that carry a unit (nearest_site_km): one file describes them, no writer knows them."""
    names = {entry.name for table in ("gaps", "certificate", "masts") for entry in outputs.TABLES[table]}
    measured = {name for name in names if name.endswith(("_km", "_db", "_dbm")) and "{" not in name}
    writers = [*(ROOT / "infraplan/cli").glob("*.py"), *(ROOT / "infraplan/report").glob("*.py")]
    knowing = {file.name: sorted(name for name in measured if f'"{name}"' in file.read_text(encoding="utf-8")) for file in writers}
    assert {name: found for name, found in knowing.items() if found} == {"workbook.py": ["rsrp_dbm"]}, "what an inspector may enter"


def test_no_catalogue_holds_headings() -> None:
    """A heading of a table is in `outputs`; what is left under these prefixes is not a column's."""
    prefixes = ("head_", "x_", "field_", "col_", "compare_col")
    left = [f"{room}.{key}" for room in rooms() for key in catalogue(room) if key.startswith(prefixes)]
    assert not left, left
