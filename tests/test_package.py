"""What `import infraplan` promises: its names, its lightness, its homes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import infraplan

HEAVY = (
    "geopandas",
    "pandas",
    "numba",
    "numpy",
    "scipy",
    "matplotlib",
    "folium",
    "rasterio",
    "shapely",
    "pyogrio",
    "highspy",
    "joblib",
    "jinja2",
    "exactextract",
    "pydantic",
)
ROOT = Path(__file__).resolve().parents[1]


def loaded(code: str) -> set[str]:
    """Top-level modules a fresh interpreter holds after some code."""
    program = f"{code}\nimport sys, json; print(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_opens_no_heavy_room() -> None:
    assert not loaded("import infraplan") & set(HEAVY)


def test_the_command_line_opens_no_heavy_room() -> None:
    assert not loaded("from infraplan import cli; cli.register(); import typer.main; typer.main.get_command(cli.app)") & set(HEAVY)


def test_help_of_every_verb_opens_no_heavy_room() -> None:
    verbs = "from infraplan import cli; cli.register(); import typer.main; app = typer.main.get_command(cli.app)"
    shown = "\nfor name, verb in app.commands.items(): verb.get_help(type(app).context_class(verb, info_name=name))"
    assert not loaded(verbs + shown) & set(HEAVY)


def test_every_name_that_a_package_offers_opens() -> None:
    package = Path(infraplan.__file__).parent
    for init in sorted(package.rglob("__init__.py")):
        module = import_module(".".join(["infraplan", *init.parent.relative_to(package).parts]))
        for name in [*getattr(module, "__all__", ()), *(name for name in dir(module) if not name.startswith("__"))]:
            getattr(module, name)


@pytest.mark.parametrize("name", infraplan.__all__)
def test_every_public_name_opens(name: str) -> None:
    value = getattr(infraplan, name)
    assert callable(value)
    assert value.__doc__
    assert name in dir(infraplan)


def test_names_are_sorted_and_bear_no_room_s_name() -> None:
    rooms = {path.stem for path in (ROOT / "infraplan").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert list(infraplan.__all__) == sorted(infraplan.__all__)
    assert not set(infraplan.__all__) & (rooms - {"scorecard"})
    for name in infraplan.__all__:
        home = getattr(infraplan, name).__module__
        assert name != home.rpartition(".")[2]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        infraplan.no_such_name  # noqa: B018


def test_the_design_s_names_are_there() -> None:
    design = """read_zones read_villages read_places read_sites sectors_of Grid read_terrain services predict_coverage population_coverage
    read_policy scorecard find_gaps candidate_sites place_sites plot_plan check_plan Study"""
    assert not set(design.split()) - set(infraplan.__all__)


def test_every_dependency_has_its_line() -> None:
    """docs/dependencies.md says of every requirement what it is for, what was weighed and why it won."""
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    listed = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    rows = {cells[0].strip(" `").lower(): cells for cells in listed}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for line in [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]:
        name = re.split(r"[^A-Za-z0-9._-]", line)[0].lower()
        if name == project["name"]:
            continue  # an extra made of another extra
        cells = rows.get(name)
        assert cells is not None, name
        assert len(cells) == 3
        assert all(len(cell.strip()) > 5 for cell in cells[1:]), name


def test_no_file_names_a_machine() -> None:
    wrong = []
    for folder in ("infraplan", "tests", "tools", "benchmarks", "docs", ".ci"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in {".py", ".md", ".toml", ".sh", ".j2", ".js", ".css"} and file != Path(__file__).resolve():
                text = file.read_text(encoding="utf-8")
                wrong += [f"{file.relative_to(ROOT)}: {found}" for found in ("/work/", "/home/", "/root/") if found in text]
    assert not wrong


def test_modules_stay_under_400_lines() -> None:
    files = sorted((ROOT / "infraplan").rglob("*.py"))
    lengths = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert not {name: length for name, length in lengths.items() if length > 400}


def test_the_program_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "infraplan", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"infraplan {infraplan.__version__}")


def test_the_example_s_data_stand_beside_the_package_or_in_it() -> None:
    sources = import_module("infraplan.examples.source_data")
    assert sources.read_sources("example_guangdong") is not None
