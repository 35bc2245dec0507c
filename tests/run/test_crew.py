"""Workers of a Dask cluster, real processes on loopback: the bytes of one process, whoever dies meanwhile; what hinders a worker."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

import dask
import geopandas as gpd
import numpy as np
from dask_cluster import Cluster, cluster_in
from hilly_ground import hills
from results import copy_of, digests

import infraplan
from infraplan.coverage import over_terrain, reach_units
from infraplan.coverage.reach import Wanted, reaches
from infraplan.coverage.site_margins import SiteMargins
from infraplan.coverage.spread import spread
from infraplan.errors import UsageError
from infraplan.geo.grids import Grid
from infraplan.run import ledger, run_study
from infraplan.run.cluster import FOLDER, ClusterCrew, CrewError, is_open
from infraplan.run.crew import Helpers, crew_for
from infraplan.run.ledger import NAME
from infraplan.run.work_units import disk_full
from infraplan.siting import searches_beside
from infraplan.siting.searches_beside import beside
from infraplan.study import Study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wanted(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Hashes of what this process writes alone."""
    study = copy_of(small_study, tmp_path_factory.mktemp("alone"))
    return digests(run_study(Study.open(study), jobs=1, formats=()).output)


@pytest.fixture(autouse=True)
def short_waits() -> Iterator[None]:
    with dask.config.set({"distributed.comm.timeouts.connect": "20s"}):
        yield


def when(condition: Callable[[], bool], act: Callable[[], None]) -> threading.Thread:
    """Does `act` beside the test as soon as a condition holds."""

    def watch() -> None:
        for _ in range(6000):
            if condition():
                act()
                return
            time.sleep(0.05)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def finished(results: Path) -> dict[str, Any]:
    """Cities that the ledger has as finished."""
    known = ledger.read(results) if (results / NAME).is_file() else None
    return {code: row for code, row in (known or {}).get("cities", {}).items() if row["state"] == "done"}


def half_written(results: Path, wanted: dict[str, str]) -> list[str]:
    """Files of cities under a final name that are not those of an undisturbed run."""
    return [name for name, digest in digests(results).items() if name.startswith("cities/4") and digest != wanted.get(name)]


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Searches that further processes do: all are worth it."""
    done: list[str] = []
    for crew in (ClusterCrew, Helpers):

        def begin(self: Any, work: Any, *arguments: Any, own: Any = crew.begin) -> Any:
            result = own(self, work, *arguments)
            done.append(f"{type(self).__name__} {work.__name__}")
            return result

        monkeypatch.setattr(crew, "begin", begin)
    monkeypatch.setattr(searches_beside, "LEAST_ENTRIES", 0)
    return done


def test_two_workers_of_this_machine(small_study: Path, wanted: dict[str, str], tmp_path: Path, searched: list[str]) -> None:
    """Elsewhere, in a folder of a longer name: the same bytes, project.qgz among them, and nothing left of the crew."""
    study = copy_of(small_study, tmp_path / "somewhere else" / "省 study")
    outcome = run_study(Study.open(study), scheduler="local:2", formats=())
    assert digests(outcome.output) == wanted and "project.qgz" in wanted
    assert "local:2" in outcome.crew and "GiB" in outcome.crew
    assert searched == ["ClusterCrew second_plan"] and beside.get() is None


def test_two_processes(small_study: Path, wanted: dict[str, str], tmp_path: Path, searched: list[str]) -> None:
    """One searches at the low end while the other searches for the plan."""
    study = copy_of(small_study, tmp_path)
    assert digests(run_study(Study.open(study), jobs=2, formats=()).output) == wanted
    assert searched == ["Helpers second_plan"] and beside.get() is None


def test_a_search_that_nobody_did_is_done_here() -> None:
    """One that waits behind another, and one whose process was killed."""
    helpers = Helpers(1)
    with helpers.used():
        first, second = begun_here(time.sleep, 2.0), begun_here(os.getpid)
        assert second() == os.getpid() and first() is None
        assert begun_here(os.getpid)() != os.getpid() and helpers.children == []
        first, second = begun_here(time.sleep, 1.0), begun_here(os.getpid)
        helpers.children[0]._children[0].kill()
        assert first() is None and second() == os.getpid()
    assert beside.get() is None


def begun_here(work: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Begun by whoever searches beside this process."""
    begin = beside.get()
    assert begin is not None
    return begin(work, *arguments)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster to which tests add workers."""
    with cluster_in(tmp_path_factory.mktemp("crowd") / "cluster") as cluster:
        yield cluster


def with_workers(cluster: Cluster, count: int) -> Cluster:
    """The cluster once so many workers live."""
    living = sum(worker.poll() is None for worker in cluster.workers.values())
    for number in range(living, count):
        cluster.add_worker(f"w{len(cluster.workers)}-{number}")
    cluster.wait_for(count)
    return cluster


def test_reach_by_1_2_and_4_workers_one_killed_in_the_middle(
    small_study: Path, tmp_path: Path, crowd: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matrices of threads; this process computes no margin of a candidate."""
    world, study = infraplan.example_world(), Study.open(copy_of(small_study, tmp_path))
    grid = Grid.over(world.zones, 200)
    wide = Grid(grid.crs, grid.x0_m - 30_000, grid.y0_m + 30_000, 200, grid.height + 300, grid.width + 300)
    services = infraplan.services("nr-n28")
    cover = infraplan.predict_coverage(world.sites, grid, services, terrain=hills(wide), max_radius_km=10.0)
    rng, (west, south, east, north) = np.random.default_rng(5), world.zones.total_bounds
    points = gpd.points_from_xy(rng.uniform(west, east, 500), rng.uniform(south, north, 500))
    demand = gpd.GeoDataFrame({"position_error_m": np.full(350, 200.0)}, geometry=points[:350], crs=4326)
    candidates = world.sites.iloc[[0] * 150].assign(id=[f"C{k}" for k in range(150)], services="nr-n28")
    sectors = infraplan.sectors_of(candidates.set_geometry(points[350:]), services, part=True)

    def made() -> list[bytes]:
        found = reaches([Wanted(demand), Wanted(demand, 6.0)], sectors, cover, services, family="nr")
        return [array.tobytes() for one in found for array in (one.indptr, one.indices, one.data)]

    wanted = made()
    assert len(wanted[1]) > 1000
    monkeypatch.setattr(reach_units, "UNIT_PAIRS", 1)
    monkeypatch.setattr(reach_units, "BLOCK_M", 500.0)
    monkeypatch.setattr(SiteMargins, "served", None)
    for count in (1, 2):
        with crew_for(study, study.output, scheduler=with_workers(crowd, count).address):
            assert made() == wanted
    begun: list[Path] = []
    with_workers(crowd, 4)
    victim = next(worker for worker in crowd.workers.values() if worker.poll() is None)

    def kill() -> None:
        begun.extend(path for path in (study.output / FOLDER).iterdir() if len(path.name) == 64)  # units that are not taken yet
        victim.kill()  # SIGKILL

    with crew_for(study, study.output, scheduler=crowd.address):
        beside_it = when(lambda: bool(list((study.output / FOLDER).glob("result-*"))), kill)
        assert made() == wanted
        beside_it.join()
    assert victim.wait(timeout=10) == -9 and len(begun) >= 4


def test_one_of_four_is_killed_in_the_middle(small_study: Path, wanted: dict[str, str], tmp_path: Path, crowd: Cluster) -> None:
    study, killed = copy_of(small_study, tmp_path), list[str]()
    with_workers(crowd, 4)

    def kill() -> None:
        killed.extend(crowd.busy()[:1])
        crowd.workers[killed[0]].kill()  # SIGKILL

    begun = when(lambda: bool(list((tmp_path / "results/cities").glob(".*.part*/*"))), kill)
    outcome = run_study(Study.open(study), scheduler=crowd.address, formats=())
    begun.join()
    assert killed and crowd.workers[killed[0]].wait(timeout=10) == -9
    assert outcome.failed == []
    assert digests(outcome.output) == wanted


def test_a_full_disk_then_a_lost_scheduler_then_resumed(small_study: Path, wanted: dict[str, str], tmp_path: Path) -> None:
    study, results = copy_of(small_study, tmp_path), tmp_path / "results"
    with cluster_in(tmp_path / "full") as cluster:
        cluster.add_worker("full", largest_file=30_000)
        outcome = run_study(Study.open(study), scheduler=cluster.address, formats=())
        assert outcome.failed == ["445100", "445200"]
        for reason in outcome.cities["reason"]:
            assert "磁盘已满" in reason and "disk of worker tcp://127.0.0.1:" in reason and "--resume" in reason
        assert not list((results / "cities").glob("4*")) and not half_written(results, wanted)
    with cluster_in(tmp_path / "lost") as cluster:
        cluster.add_worker("one")
        begun = when(lambda: bool(finished(results)), cluster.scheduler.kill)
        with pytest.raises(CrewError) as caught:
            run_study(Study.open(study), scheduler=cluster.address, formats=(), resume=True)
        begun.join()
        assert caught.value.exit_code == 3 and [fault.rule for fault in caught.value.fault_list] == ["scheduler_lost"]
        assert "--resume" in caught.value.fault_list[0].how_to_fix
    kept = finished(results)
    assert kept and not half_written(results, wanted)
    times = {path: path.stat().st_mtime_ns for row in kept.values() for path in (results / "cities" / row["folder"]).rglob("*")}
    run_study(Study.open(study), scheduler="local:1", formats=(), resume=True)
    assert digests(results) == wanted
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_bands_of_a_map_and_of_positions(small_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers compute the map over terrain, and the margins at positions, in bands: this process none of them, with equal margins."""
    world, study = infraplan.example_world(), Study.open(copy_of(small_study, tmp_path))
    grid = Grid.over(world.zones, 125)
    wide = Grid(grid.crs, grid.x0_m - 20_000, grid.y0_m + 20_000, 200, 400, 400)
    choice = {"terrain": hills(wide), "max_radius_km": 6.0, "caps_km": {"nr": 4.0}, "both_receivers": True}
    rng = np.random.default_rng(3)
    x_m, y_m = grid.x0_m + rng.uniform(0, 30_000, 500), grid.y0_m - rng.uniform(-10_000, 40_000, 500)

    def made() -> list[Any]:
        cover = infraplan.predict_coverage(world.sites, grid, infraplan.services("nr-n28", "nbiot-800"), **choice)
        cover.positions.prepare(x_m, y_m)
        found = [(cover[family].margin_db, cover[family].server) for family in cover.families]
        at = cover.at_positions(x_m, y_m, "nr", "any")
        return [array for pair in (*found, (at.margin_db, at.server)) for array in pair]

    wanted = made()
    monkeypatch.setattr(over_terrain, "LEAST_ELSEWHERE", 0)
    with crew_for(study, study.output, scheduler="local:2"):
        monkeypatch.setattr(over_terrain._Scene, "band", None)
        found = made()
    assert len(found) == 6 and np.isfinite(found[0]).any() and np.isfinite(found[4]).any()
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    assert spread.get() is None


def refused(study: Study, address: str) -> list[tuple[str, str]]:
    """Rule and worker, or address, of each fault of a crew; every fault says what to do, and no folder is left."""
    with pytest.raises(CrewError) as caught, crew_for(study, study.output, scheduler=address):
        pass
    assert not study.output.exists()
    assert all(fault.how_to_fix and fault.message for fault in caught.value.fault_list)
    return [(fault.rule, fault.file) for fault in caught.value.fault_list]


def test_what_hinders_workers(small_study: Path, tmp_path: Path) -> None:
    """A worker of another version, one with several threads; a study that workers do not see, or see with other content."""
    other = tmp_path / "other"
    shutil.copytree(Path(infraplan.__file__).parent, other / "infraplan", ignore=shutil.ignore_patterns("__pycache__"))
    with open(other / "infraplan/units.py", "a", encoding="utf-8") as stream:
        stream.write("\nNEWER = True\n")
    study = Study.open(copy_of(small_study, tmp_path))
    assert study.inputs
    with cluster_in(tmp_path / "cluster") as cluster:
        cluster.add_worker("same")
        cluster.wait_for(1)
        with crew_for(study, study.output, scheduler=cluster.address) as crew:
            assert "1" in crew.words
        assert not study.output.exists()
        cluster.add_worker("newer", path=other)
        cluster.add_worker("threads", threads=2)
        cluster.wait_for(3)
        assert sorted(rule for rule, _ in refused(study, cluster.address)) == ["worker_program", "worker_threads"]
        for name in ("newer", "threads"):
            cluster.workers[name].terminate()
            cluster.workers[name].wait(timeout=60)
        with open(study.folder / "villages.csv", "a", encoding="utf-8") as stream:
            stream.write("\n")
        cluster.add_worker("second")  # the first one keeps what it opened: its files had the content then
        cluster.wait_for(2)
        assert ("worker_inputs", "") in [(rule, "") for rule, _ in refused(study, cluster.address)]
        study.folder.rename(tmp_path / "moved")
        cluster.workers["same"].kill()
        assert {rule for rule, _ in refused(study, cluster.address)} == {"worker_study"}


def test_addresses(small_study: Path, tmp_path: Path) -> None:
    study = Study.open(copy_of(small_study, tmp_path))
    for text in ("here", "local:0", "tcp://host", "http://host:80", "local"):
        with pytest.raises(UsageError, match="local:4"), crew_for(study, study.output, scheduler=text):
            pass
    assert refused(study, "tcp://127.0.0.1:9") == [("scheduler_silent", "tcp://127.0.0.1:9")]
    assert not any(map(is_open, ("local:2", "tcp://127.0.0.1:8786", "tcp://[::1]:8786", "tls://far:8786"))) and is_open("tcp://far:8786")
    with cluster_in(tmp_path / "idle") as cluster, dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        assert refused(study, cluster.address) == [("no_workers", cluster.address)]


def certificate(folder: Path) -> dict[str, str]:
    """A certificate that signs itself: CA, certificate and key of scheduler, workers and client."""
    made = {name: str(folder / f"{name}.pem") for name in ("cert", "key")}
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=crew", "-days", "2", "-keyout", made["key"],
         "-out", made["cert"]], check=True, capture_output=True,
    )  # fmt: skip
    return made


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is absent")
def test_tls(small_study: Path, tmp_path: Path) -> None:
    """By Dask's configuration; without it, and without TLS, the refusal is in words."""
    study, own = Study.open(copy_of(small_study, tmp_path)), certificate(tmp_path)
    options = ("--tls-ca-file", own["cert"], "--tls-cert", own["cert"], "--tls-key", own["key"])

    def of(made: dict[str, str], wait: str) -> Any:
        """Dask's configuration with a certificate."""
        keys = {"ca-file": made["cert"], "client.cert": made["cert"], "client.key": made["key"]}
        return dask.config.set({"distributed.comm.timeouts.connect": wait} | {f"distributed.comm.tls.{name}": keys[name] for name in keys})

    with cluster_in(tmp_path / "cluster", options, "tls") as cluster, dask.config.set({"distributed.comm.timeouts.connect": "3s"}):
        assert refused(study, cluster.address) == [("tls_not_configured", cluster.address)]
        plain = cluster.address.replace("tls://", "tcp://")
        assert refused(study, plain) == [("scheduler_not_understood", plain)]
        cluster.add_worker("one")
        with of(own, "20s"), crew_for(study, study.output, scheduler=cluster.address) as crew:
            assert cluster.address in crew.words
        folder = tmp_path / "stranger"
        folder.mkdir()
        with of(certificate(folder), "3s"):
            assert refused(study, cluster.address) == [("tls_refused", cluster.address)]


def test_errors_of_a_full_disk(tmp_path: Path) -> None:
    behind = RuntimeError("layer not written")
    behind.__cause__ = OSError(28, "No space left on device")
    assert "磁盘已满" in str(disk_full(behind, tmp_path)) and disk_full(ValueError("a"), tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_a_cluster_is_an_extra(small_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplan import extras

    monkeypatch.setattr(extras, "_installed", lambda name: name != "distributed")
    study = Study.open(small_study)
    with pytest.raises(extras.MissingExtra, match=r"infraplan\[cluster\]"), crew_for(study, study.output, scheduler="local:2"):
        pass
