"""What several test rooms share."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent / "helpers"))  # not the folder itself: tests/coverage would hide the module coverage

from made_once import once

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # no test depends on the machine's speed
settings.load_profile("house")
sys.modules.setdefault("coverage", None)  # type: ignore[arg-type]  # numba asks for that package, and tests/coverage is none


LONGEST = (
    "run/test_batch.py", "run/test_crew.py", "cli/test_nothing.py", "run/test_killed.py", "run/test_checked_studies.py",
    "cli/test_verbs.py", "cli/test_plan.py", "run/test_editions.py", "cli/test_warnings.py", "examples/test_guangdong.py",
)  # fmt: skip
"""Files that take longest, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, then those with slow tests: a worker that begins one last would keep the others waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    place = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: (place.get(item.path, len(LONGEST)), item.path not in slow))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """At the end: how many tests were skipped, by reason."""
    from skips import skips_by_reason

    counts = skips_by_reason(terminalreporter.stats.get("skipped", []))
    if counts:
        terminalreporter.section(f"{sum(count for _, count in counts)} skipped")
        for reason, count in counts:
            terminalreporter.write_line(f"{count:5d}  {reason}")


@pytest.fixture(scope="session")
def reference_dir() -> Path:
    """Published numbers that the physics must reproduce; their origin and licence are in the README there."""
    return Path(__file__).resolve().parent / "reference"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder beside the project with reference data; tests that need it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is absent: this test compares with reference data that the repository may not contain")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is absent: run tools/install_system_packages.sh")
    return path


@pytest.fixture(scope="session")
def soffice() -> str:
    """Path of LibreOffice."""
    path = shutil.which("soffice")
    if path is None:
        pytest.skip("LibreOffice is absent: run tools/install_system_packages.sh")
    return path


@pytest.fixture(scope="session")
def system_python() -> str:
    """Debian's Python, which has QGIS and GDAL."""
    path = "/usr/bin/python3"
    if not Path(path).exists() or subprocess.run([path, "-c", "import qgis.core, osgeo.gdal"], capture_output=True, check=False).returncode:
        pytest.skip("QGIS is absent: run tools/install_system_packages.sh")
    return path


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study of three cities as `study`: the whole policy; and with `results` of a run in all formats by one worker."""

    def make(folder: Path) -> None:
        from tiny_study import TINY, build_tiny

        from infraplan.run import run_study
        from infraplan.study import Study

        run_study(Study.open(build_tiny(folder / "study", counties=TINY, villages=1000, sites=120, resolution_m=500)), jobs=1)

    return once(tmp_path_factory, "tiny", make)


@pytest.fixture(scope="session")
def tiny_study(tiny: Path) -> Path:
    return tiny / "study"


@pytest.fixture(scope="session")
def tiny_results(tiny: Path) -> Path:
    return tiny / "results"


@pytest.fixture(scope="session")
def mini_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what must be run many times: two cities, 400 villages, 60 sites, pixels of a kilometre, few clauses."""
    from tiny_study import build_tiny, few_clauses

    folder = tmp_path_factory.mktemp("mini") / "study"
    return build_tiny(folder, cities=("445100", "445200"), villages=400, sites=60, resolution_m=1000, clauses=few_clauses())


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest, for whole runs: three counties of two cities, few clauses."""
    from tiny_study import build_small

    return build_small(tmp_path_factory.mktemp("small") / "study")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with another copy of it as `study`, and with `results` of a run that writes the light formats; nobody writes into it."""

    def make(folder: Path) -> None:
        from results import run_light
        from tiny_study import build_small

        run_light(build_small(folder / "study"))

    return once(tmp_path_factory, "small", make)


@pytest.fixture(scope="session")
def small_results(small: Path) -> Path:
    return small / "results"


@pytest.fixture(scope="session")
def small_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the smallest study in all formats, by one worker; the study is beside them."""

    def make(folder: Path) -> None:
        from tiny_study import build_small

        from infraplan.run import run_study
        from infraplan.study import Study

        run_study(Study.open(build_small(folder / "study")), jobs=1)

    return once(tmp_path_factory, "pages", make) / "results"


@pytest.fixture(scope="session")
def example_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of `infraplan.example_world()` with results of a run without pages in it; nobody writes into it."""

    def make(folder: Path) -> None:
        import infraplan as ip

        ip.run_study(ip.Study.open(ip.example_world().write(folder / "study")), jobs=1, formats=())

    return once(tmp_path_factory, "example-run", make) / "study"
