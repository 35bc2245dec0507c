"""Hostile files at every door: a checked frame or a DataError with every fault whole, never anything else.

FUZZ_FILES sets how many mutated files are thrown (10,000: some minutes), FUZZ_SEED which; a failure names the kinds and numbers to throw
again with FUZZ_KIND and FUZZ_NUMBER.
"""

from __future__ import annotations

import os
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hostile_files import Mutants
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from infraplan.errors import DataError
from infraplan.io import read_corridors, read_hosts, read_places, read_register, read_sites, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions
from infraplan.io.opencellid import read_opencellid

FILES, SEED = int(os.environ.get("FUZZ_FILES", "360")), int(os.environ.get("FUZZ_SEED", "20201231"))
DOORS: tuple[Callable[..., Any], ...] = (
    read_villages, read_sites, read_places, read_zones, read_corridors, read_hosts, read_register, read_exclusions,
)  # fmt: skip
CELLS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.binary(max_size=4),
    st.sampled_from(
        [
            "113.1",
            "24°30′",
            "0/120/240",
            "是",
            "5G n41",
            "移动+广电",
            "440281",
            "1e308",
            "-",
            "113,24",
            "=1+1",
            "nan",
            "\x00",
            "９９",
            "n41;;",
        ]
    ),
)
HEADINGS = [
    "编号",
    "自然村",
    "人口",
    "户数",
    "经度",
    "纬度",
    "经纬度",
    "县",
    "地市",
    "制式",
    "运营商",
    "挂高",
    "方位角",
    "是否通光纤",
    "状态",
    "类别",
    "建成日期",
    "功率(W)",
    "lng_bd09",
    "Unnamed",
    "",
]


KINDS = (
    "csv", "workbook", "template", "layer", "geopackage", "raster", "study", "study data", "policy", "toml", "open data", "inspection",
)  # fmt: skip


def throw(mutants: Mutants, kind: str, numbers: range) -> tuple[Counter[str], dict[str, str]]:
    """How reading these mutants ended; what was no DataError, one of each kind of traceback with the first number that had it."""
    ends: Counter[str] = Counter()
    escaped: dict[str, str] = {}
    for number in numbers:
        path, door = mutants.write(kind, number)
        (mutants.folder / "last").write_text(f"{kind} {number}", encoding="utf-8")  # what was being read, should the process itself die
        try:
            door(path)
            ends["read"] += 1
        except DataError as problem:
            whole = problem.fault_list and all(
                fault.message and fault.how_to_fix and fault.rule and fault.file for fault in problem.fault_list
            )
            ends["refused" if whole else "fault without a place or how to fix it"] += 1
            if not whole:
                escaped.setdefault("incomplete", f"{kind} {number} {path.name}: {problem.fault_list}")
        except Exception as problem:
            ends["escaped"] += 1
            ours = [frame for frame in traceback.extract_tb(problem.__traceback__) if "infraplan" in frame.filename]
            where = f"{type(problem).__name__} {ours[-1].filename}:{ours[-1].lineno}" if ours else repr(problem)
            escaped.setdefault(where, f"{kind} {number} {path.name}\n" + "".join(traceback.format_exception(problem)[-6:]))
    return ends, escaped


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [pytest.param(kind, marks=[pytest.mark.thorough] if kind == "study data" else []) for kind in KINDS])
def test_mutated_files(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    mutants = Mutants(tmp_path, SEED)
    assert set(mutants.kinds) == set(KINDS)
    count = -(-FILES // len(KINDS))
    only = os.environ.get("FUZZ_NUMBER")
    if only is not None and os.environ.get("FUZZ_KIND") != kind:
        pytest.skip(f"FUZZ_KIND and FUZZ_NUMBER name one file, and it is no {kind}")
    ends, escaped = throw(mutants, kind, range(count) if only is None else range(int(only), int(only) + 1))
    if FILES > 1000:
        with capsys.disabled():
            print(f"\n{kind}: {dict(ends)}")
    assert not escaped, f"{dict(ends)}\n" + "\n".join(escaped.values())
    assert only is not None or (ends["refused"] > 0 and sum(ends.values()) == count)


@pytest.mark.thorough
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(HEADINGS), min_size=1, max_size=9, unique=True), st.data(), st.integers(1, 4))
def test_absurd_cells(headings: list[str], data: st.DataObject, rows: int) -> None:
    frame = pd.DataFrame({name: pd.Series(data.draw(st.lists(CELLS, min_size=rows, max_size=rows)), dtype=object) for name in headings})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for door in DOORS:
            try:
                door(frame)
            except DataError as problem:
                assert problem.fault_list


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(content=b"\x00", name="a.csv")
@example(content=b"\n\n", name="a.tsv")
@given(content=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.tsv", "a.geojson", "a.kml", "a.gpkg", "a.xlsx", "a", "a.csv.gz"]))
def test_any_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(content)
    for door in (*DOORS, read_opencellid):
        with pytest.raises(DataError) as refused:
            door(tmp_path / name)
        assert refused.value.fault_list
