"""No result hangs on the order of a set, which changes with the hash seed: nothing in the package walks over one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import infraplan

PACKAGE = Path(infraplan.__file__).parent
TAKERS = ("iter", "list", "tuple", "enumerate", "zip", "map", "filter", "join", "fromkeys", "array")


def is_set(node: ast.expr) -> bool:
    """A set as it is written down: {a, b}, {x for x in y}, set(...), frozenset(...), or one of these joined with another by | & -."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub):
        return is_set(node.left) or is_set(node.right)
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(node, ast.Set | ast.SetComp) or (isinstance(called, ast.Name) and called.id in ("set", "frozenset"))


def walks(tree: ast.AST) -> Iterator[int]:
    """Lines on which a set is walked over."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension) and is_set(node.iter):
            yield node.iter.lineno
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
            keyed = name in ("min", "max") and any(word.arg == "key" for word in node.keywords)
            if (name in TAKERS or keyed) and any(is_set(given) for given in node.args):
                yield node.lineno


def test_nothing_walks_over_a_set() -> None:
    trees = {file.relative_to(PACKAGE): ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}
    assert not [f"{file}:{line}" for file, tree in trees.items() for line in walks(tree)]


def test_the_rule_sees_what_it_should() -> None:
    bad = "for x in {1}: pass", "[x for x in set(y)]", "next(iter(set(y)))", "max(set(y), key=len)", "', '.join({a, b})", "list(set(a) - b)"
    good = "sorted(set(y))", "x in {1, 2}", "max(set(y))", "len(set(y))"
    assert [bool(list(walks(ast.parse(text)))) for text in (*bad, *good)] == [True] * len(bad) + [False] * len(good)
