"""The core works without the packages of an extra; a step that needs one names the `pip install` line and leaves no traceback."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from infraplan.extras import MODULES

ROOT = Path(__file__).resolve().parents[1]
HIDE = "import sys\nfor name in {hidden!r}:\n    sys.modules[name] = None\n"
HIDDEN = HIDE.format(hidden=sorted(name for modules in MODULES.values() for name in modules))


def without(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that cannot import any package of an extra."""
    return subprocess.run([sys.executable, "-c", HIDDEN + code, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=300)


def infraplan(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a verb there."""
    return without(f"sys.argv = ['infraplan', *{list(arguments)!r}]\nfrom infraplan.cli import main\nmain()")


@pytest.mark.parametrize("extra", sorted(MODULES))
def test_the_modules_looked_for_are_those_of_the_extra(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in project["dependencies"]}
    asked = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in project["optional-dependencies"][extra]}
    owners = {module: {name.lower() for name in names} for module, names in packages_distributions().items()}
    owned = set().union(*(owners[module] for module in MODULES[extra]))
    assert owned <= asked
    assert asked - owned <= {"cvttf-notosanscjk-regular", "infraplan"}  # a font, no module; the packages of another extra
    assert not owned & core


def test_verbs_of_the_core_work(mini_study: Path, tmp_path: Path) -> None:
    """One after another in one interpreter that has none of these packages."""
    study = str(mini_study)
    calls = [["check", study], *([verb, study, "--json"] for verb in ("coverage", "scorecard", "gaps"))]
    calls += [["plan", study, "--budget", "1000000", "--json"], ["template", "-o", str(tmp_path / "template.xlsx")]]
    done = without(f"""
from infraplan.cli import main
for words in {calls!r}:
    sys.argv = ["infraplan", *words]
    try:
        main()
    except SystemExit as end:
        print("ended", words[0], end.code or 0, file=sys.stderr)
""")
    ended = re.findall(r"^ended (\w+) (\d+)$", done.stderr, re.MULTILINE)
    assert (done.returncode, ended) == (0, [(words[0], "0") for words in calls]), done.stderr


@pytest.mark.parametrize("verb", ["run", "compare", "plot"])
def test_a_verb_that_needs_an_extra_says_what_to_install(verb: str, mini_study: Path, tmp_path: Path) -> None:
    study = str(mini_study)
    arguments = {
        "run": ["run", study],
        "compare": ["compare", str(tmp_path), str(tmp_path)],
        "plot": ["plan", study, "--pareto", "3", "--plot", str(tmp_path / "curve.png")],
    }[verb]
    done = infraplan(*arguments)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count('pip install "infraplan[report]"') == 2  # Chinese and English
    assert "folium" in done.stderr and "请运行" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_function_that_needs_an_extra_says_what_to_install() -> None:
    found = "print(error, isinstance(error, ip.InfraplanError))"
    code = f"import infraplan as ip\ntry:\n    ip.plot_plan\nexcept ImportError as error:\n    {found}"
    done = without(code)
    assert done.returncode == 0, done.stderr
    assert 'pip install "infraplan[report]"' in done.stdout and done.stdout.rstrip().endswith("True")


def test_a_missing_package_is_named_alone() -> None:
    code = (
        "import sys; sys.modules['typst'] = None\nfrom infraplan.extras import MissingExtra, require\n"
        "try:\n    require('report')\nexcept MissingExtra as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "typst" in done.stdout and "folium" not in done.stdout
