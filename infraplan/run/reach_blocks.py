"""What candidates reach, kept from one run to the next by the content of all that it depends on: the file of a run has its blocks alone.

`network/reach.parquet` of the results holds them; its hash and what it was computed by are in `network/reach.json`, which is written last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from infraplan.coverage.kept_reach import Served, kept_blocks
from infraplan.files import atomic_path, sha256, write_text
from infraplan.messages import both
from infraplan.run import ledger
from infraplan.run.content_hash import content_hash
from infraplan.run.stored_network import COMPRESSION, FOLDER, ROOMS

BLOCKS, ABOUT = "reach.parquet", "reach.json"
MOST_POSITIONS = 30_000_000
"""Positions of all blocks that a file holds, of 4 bytes each before compression; further blocks are computed again (ours)."""
DAMAGED = (OSError, KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What reading a file that no run wrote ends with; pyarrow's errors are among them."""


class ReachBlocks:
    """The blocks of a run, and those of the run before.

    Parameters
    ----------
    output : Path
        The folder of the results.
    fresh : bool
        Whether nothing is taken from the run before.
    """

    def __init__(self, output: Path, *, fresh: bool = False):
        self.folder, self.notes = output / FOLDER, list[str]()
        self.program = f"{ledger.program_hash(*ROOMS)} {ledger.versions()}"
        self.lock = Lock()
        self.ground: dict[int, tuple[Any, str]] = {}
        self.blocks: dict[str, Served] = {}
        self.taken: dict[str, bool] = {}
        self.earlier: dict[str, Served] = {} if fresh else self._read()

    def take(self, terrain: Any, inputs: Sequence[Any]) -> tuple[str, Served | None]:
        """See `KeptBlocks`."""
        with self.lock:
            known = self.ground.get(id(terrain))
            if known is None:
                own = None if terrain is None else replace(terrain, source="")
                known = self.ground[id(terrain)] = terrain, content_hash(own)
        key = content_hash((known[1], list(inputs)))
        return key, self.earlier.get(key)

    def keep(self, key: str, served: Served) -> None:
        """See `KeptBlocks`."""
        self.taken[key] = key in self.earlier
        self.blocks[key] = [[np.asarray(some, np.int32) for some in each] for each in served]

    @contextmanager
    def used(self) -> Iterator[None]:
        """The block in which reach is taken from here."""
        token = kept_blocks.set(self)
        try:
            yield
        finally:
            kept_blocks.reset(token)

    @property
    def note(self) -> str:
        """What was taken over, in a sentence; why nothing was; "" where there is nothing to say."""
        count = sum(self.taken.values())
        if count:
            return both("run.reach_taken_over", kept=f"{count:,}", blocks=f"{len(self.taken):,}")
        return self.notes[0] if self.notes else ""

    @property
    def record(self) -> dict[str, Any]:
        """The same for the ledger; empty where nothing was taken over."""
        count = sum(self.taken.values())
        return {"reach": {"blocks": len(self.taken), "kept_blocks": count}} if count else {}

    def write(self) -> None:
        """Writes the blocks of this run in place of those of the run before."""
        for name in (ABOUT, BLOCKS):
            (self.folder / name).unlink(missing_ok=True)
        if not self.blocks:
            return
        listed, count = [], 0
        for key in sorted(self.blocks):
            own = [(key, site, question, some) for site, each in enumerate(self.blocks[key]) for question, some in enumerate(each)]
            count += sum(len(row[3]) for row in own)
            if count > MOST_POSITIONS:
                break
            listed += own
        self.folder.mkdir(parents=True, exist_ok=True)
        keys, sites, questions, served = zip(*listed, strict=True) if listed else ((), (), (), ())
        table = pa.table(
            {
                "block": pa.array(keys, pa.string()),
                "site": pa.array(sites, pa.int32()),
                "question": pa.array(questions, pa.int8()),
                "positions": pa.array(list(served), pa.list_(pa.int32())),
            }
        )
        with atomic_path(self.folder / BLOCKS) as part:
            pq.write_table(table, part, **COMPRESSION)
        about = {"program": self.program, "sha256": sha256(self.folder / BLOCKS)}
        write_text(self.folder / ABOUT, json.dumps(about, indent=1) + "\n")

    def _read(self) -> dict[str, Served]:
        """The blocks of the run before; none where another program or other packages computed them, or their file is damaged."""
        if not (self.folder / ABOUT).is_file():
            return {}
        try:
            about = json.loads((self.folder / ABOUT).read_text(encoding="utf-8"))
            if about["program"] != self.program:
                return {}  # the line on the map says so
            if sha256(self.folder / BLOCKS) != about["sha256"]:
                raise ValueError(BLOCKS)
            table = pq.read_table(self.folder / BLOCKS)
            found: dict[str, Served] = {}
            positions = table["positions"].combine_chunks()
            values, start = positions.values.to_numpy(), positions.offsets.to_numpy()
            for row, (key, site) in enumerate(zip(table["block"].to_pylist(), table["site"].to_pylist(), strict=True)):
                sites = found.setdefault(key, [])
                if site == len(sites):
                    sites.append([])
                sites[site].append(values[start[row] : start[row + 1]])
            return found
        except DAMAGED:
            self.notes.append(both("run.reach_damaged", file=f"{FOLDER}/{BLOCKS}"))
            return {}
