"""No module imports itself by way of others, imports inside functions counted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def modules(package: Path) -> dict[str, Path]:
    """Every module of a package by its dotted name."""
    found = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def import_statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import that may run: in functions too, not under TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        yield from import_statements(child)


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """The known modules that a file imports."""
    names: set[str] = set()
    for statement in import_statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        else:
            whole = {f"{statement.module}.{alias.name}" for alias in statement.names}
            names |= {name if name in known else str(statement.module) for name in whole}
    return names & known.keys()


def circle(package: Path) -> list[str]:
    """Modules that import each other in a circle, in its order; empty where there is none."""
    known = modules(package)
    try:
        TopologicalSorter({name: imported(path, known) for name, path in known.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circle(ROOT / "infraplan") == []


def test_a_circle_hidden_in_a_function_is_found(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text("from pack import second\n")
    (package / "second.py").write_text("def late():\n    from pack.first import second\n")
    assert set(circle(package)) == {"pack.first", "pack.second"}
    (package / "second.py").write_text("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pack.first import second\n")
    assert circle(package) == []
