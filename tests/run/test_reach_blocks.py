"""Reach of candidates that is kept by content: the same matrices, blocks far from a change taken over, damaged files not used."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import infraplan as ip
from infraplan.coverage import reach_units
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.reach import Wanted, reaches
from infraplan.coverage.spread import spread
from infraplan.run.predicting import predict
from infraplan.run.progress import Silent
from infraplan.run.reach_blocks import ABOUT, BLOCKS, FOLDER, ReachBlocks
from tests.helpers.hilly_study import write_hilly_study


@pytest.fixture(scope="module", params=["flat", "terrain"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ip.Study:
    folder = tmp_path_factory.mktemp("blocks") / "study"
    write = write_hilly_study if request.param == "terrain" else ip.example_world().write
    return ip.Study.open(write(folder))


def matrices(study: ip.Study, cover: Any, blocks: ReachBlocks | None) -> list[bytes]:
    """Reach of candidates over the study, asked at two margins."""
    villages = study.villages
    places = villages.iloc[::3]
    candidates = study.sites.iloc[[0] * len(places)].reset_index(drop=True)
    candidates = candidates.assign(id=[f"C{k}" for k in range(len(places))], services="nr-n28").set_geometry(places.geometry.to_numpy())
    sectors = ip.sectors_of(candidates, study.services, part=True)
    wanted = [Wanted(villages, 0.0), Wanted(villages, 6.0)]

    def found() -> list[Any]:
        return reaches(wanted, sectors, cover, study.services, family="nr")

    if blocks is None:
        made = found()
    else:
        with blocks.used():
            made = found()
    return [part for one in made for part in (one.indptr.tobytes(), one.indices.tobytes(), one.data.tobytes())]


def test_kept_blocks_give_the_same_matrices(study: ip.Study, tmp_path: Path) -> None:
    cover = predict(study, Silent())
    plain = matrices(study, cover, None)
    first = ReachBlocks(tmp_path)
    assert matrices(study, cover, first) == plain and first.note == ""
    first.write()
    content = (tmp_path / FOLDER / BLOCKS).read_bytes()
    second = ReachBlocks(tmp_path)
    assert matrices(study, cover, second) == plain
    count = len(second.blocks)
    assert f"{count} of {count} blocks taken over" in second.note and count > 1
    second.write()
    assert (tmp_path / FOLDER / BLOCKS).read_bytes() == content


def test_only_blocks_near_a_change_are_computed(study: ip.Study, tmp_path: Path) -> None:
    first = ReachBlocks(tmp_path)
    matrices(study, predict(study, Silent()), first)
    first.write()
    there = study.under(ip.Scenario(name="t", edits=(ip.Edit(do="change", id="S4", longitude=113.2, latitude=23.1),)))
    cover = predict(there, Silent())
    again, fresh = ReachBlocks(tmp_path), ReachBlocks(tmp_path, fresh=True)
    assert matrices(there, cover, again) == matrices(there, cover, fresh) == matrices(there, cover, None)
    assert again.blocks.keys() == fresh.blocks.keys() and not any(fresh.taken.values())
    again.write()
    content = (tmp_path / FOLDER / BLOCKS).read_bytes()
    fresh.write()
    assert (tmp_path / FOLDER / BLOCKS).read_bytes() == content


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many units went to workers elsewhere, computation by computation; everything travels as a pickle, no map among it."""
    listed: list[int] = []

    def elsewhere(prepare: Any, shared: Any, work: Any, parts: Any) -> Iterator[Any]:
        content = pickle.dumps(shared)
        assert Coverage.__module__.encode() not in content
        prepared = pickle.loads(pickle.dumps(prepare))(*pickle.loads(content))
        listed.append(len(parts))
        return iter([pickle.loads(pickle.dumps(work(prepared, *part))) for part in pickle.loads(pickle.dumps(parts))])

    monkeypatch.setattr(reach_units, "UNIT_PAIRS", 1)
    token = spread.set(elsewhere)
    yield listed
    spread.reset(token)


def test_squares_by_workers_elsewhere(study: ip.Study, tmp_path: Path, sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrices and the kept blocks of threads; squares that are kept are not sent."""
    cover = predict(study, Silent())
    sent.clear()
    token = spread.set(None)
    plain, threads = matrices(study, cover, None), ReachBlocks(tmp_path / "threads")
    assert matrices(study, cover, threads) == plain
    spread.reset(token)
    assert matrices(study, cover, None) == plain and len(sent) == 1 and sent[0] > 1
    workers = ReachBlocks(tmp_path / "workers")
    assert matrices(study, cover, workers) == plain and sent == 2 * sent[:1]
    for blocks in (threads, workers):
        blocks.write()
    content = [(tmp_path / name / FOLDER / BLOCKS).read_bytes() for name in ("threads", "workers")]
    assert content[0] == content[1]
    again = ReachBlocks(tmp_path / "workers")
    del again.earlier[sorted(again.earlier)[0]], again.earlier[sorted(again.earlier)[1]]
    assert matrices(study, cover, again) == plain and sent[2:] == [2] and again.blocks.keys() == workers.blocks.keys()
    monkeypatch.setattr(reach_units, "UNIT_PAIRS", 10**12)  # too little work for a unit: it stays here
    assert matrices(study, cover, None) == plain and len(sent) == 3


@pytest.mark.parametrize("damage", ["flipped", "cut", "about", "foreign"])
def test_damaged_blocks_are_not_used(study: ip.Study, tmp_path: Path, damage: str) -> None:
    blocks = ReachBlocks(tmp_path)
    blocks.keep("a", [[np.array([1, 2]), np.array([2])], [np.array([], np.int64), np.array([5])]])
    blocks.write()
    kept = ReachBlocks(tmp_path).earlier["a"]
    assert [[some.tolist() for some in each] for each in kept] == [[[1, 2], [2]], [[], [5]]]
    file, about = tmp_path / FOLDER / BLOCKS, tmp_path / FOLDER / ABOUT
    if damage == "flipped":
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(bytes(content))
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:40])
    else:
        about.write_text("{" if damage == "about" else '["program"]', encoding="utf-8")
    refused = ReachBlocks(tmp_path)
    assert refused.earlier == {} and "computed whole" in refused.note
