"""The map of a finished run with the layer of every network and receiver, and its margins at positions, kept for edits of sites.

`network/pixels.parquet` and `network/positions.parquet` of the results hold the numbers exactly; `network/about.json` is written last and
says which inputs they were made from. `network/after.parquet` has the margins of the map with the plan's sites, where there is a plan.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from infraplan.arrays import Floats32
from infraplan.coverage.best_server import margins_at_strips
from infraplan.coverage.position_margins import Known, Plane, PositionMargins
from infraplan.coverage.prediction import Coverage, Layer, with_other_receivers
from infraplan.coverage.receivers_in_rows import Strips
from infraplan.coverage.shared_tables import Radio
from infraplan.errors import UsageError
from infraplan.files import atomic_path, sha256, write_text
from infraplan.messages import both
from infraplan.run import ledger
from infraplan.run.map_inputs import map_inputs
from infraplan.study import Study

FOLDER = "network"
ABOUT, PIXELS, POSITIONS, AFTER = "about.json", "pixels.parquet", "positions.parquet", "after.parquet"
TABLES = ("sites", "villages", "sectors")
FILES = (PIXELS, POSITIONS, *(f"{name}.parquet" for name in TABLES))
KEY = "position"
ROOMS = ("coverage", "geo", "io", "presets", "radio", "study", "tables")
"""What the numbers depend on, of the program."""
COMPRESSION: dict[str, Any] = {"compression": "zstd", "compression_level": 3}


def store_network(cover: Coverage, study: Study, output: Path, after: Coverage | None = None) -> None:
    """Writes the map of the existing network into the folder of the results.

    Parameters
    ----------
    cover : Coverage
        `assess(study).cover`, of the whole study.
    study : Study
        The study.
    output : Path
        The folder of the results.
    after : Coverage, optional
        The map with the sites of the plan.
    """
    folder = output / FOLDER
    for name in (ABOUT, AFTER):
        (folder / name).unlink(missing_ok=True)
    planes: list[Plane] = [*((*key, "") for key in cover.layers), *cover.elsewhere]
    layers = [*cover.layers.values(), *cover.elsewhere.values()]
    _write(folder / PIXELS, {}, planes, [layer.margin_db.ravel() for layer in layers], [layer.server.ravel() for layer in layers])
    known = cover.positions.known
    order = np.argsort(np.asarray(known.keys))
    best, server = known.best[:, order], known.server[:, order]
    _write(folder / POSITIONS, {KEY: np.asarray(known.keys)[order]}, planes, list(best), list(server))
    if after is not None:
        keys = list(cover.layers)
        _write(folder / AFTER, {}, [(*key, "") for key in keys], [after[key].margin_db.ravel() for key in keys], [])
    attrs = {name: _write_table(getattr(study, name), folder / f"{name}.parquet") for name in TABLES}
    about: dict[str, Any] = {"inputs": study.inputs, "program": ledger.program_hash(*ROOMS), "planes": planes, "attrs": attrs}
    about |= {"sectors": len(cover.sector_ids), "models": list(cover.models_used)}
    as_of = study.config.study.as_of
    about |= {"as_of": "" if as_of is None else as_of.isoformat(), "map": map_inputs(study), "versions": ledger.versions()}
    about["files"] = {name: sha256(folder / name) for name in FILES}
    write_text(folder / ABOUT, json.dumps(about, ensure_ascii=False, indent=1) + "\n")


def with_stored_tables(study: Study) -> None:
    """Gives a study the tables that its last whole run checked, where it has not read them yet: files of many rows are slow to read.

    Parameters
    ----------
    study : Study
        Whether its files changed since is found by `stored_network`, which refuses them.
    """
    folder = study.output / FOLDER
    for name in TABLES:
        file = folder / f"{name}.parquet"
        if name not in study.__dict__ and file.is_file() and (folder / ABOUT).is_file():
            table = gpd.read_parquet(file)
            table.attrs = about_network(study)["attrs"][name]
            study.__dict__[name] = table


Stored = tuple[list[Plane], tuple[Any, Any], Known]
"""Layers, margins and servers at the pixels, and the positions."""


def stored_arrays(study: Study) -> Stored:
    """What `stored_network` reads; needs no ground.

    Raises
    ------
    UsageError
        As `stored_network`.
    """
    folder, about = study.output / FOLDER, about_network(study)
    changed = [name for name in sorted({*about["inputs"], *study.inputs}) if about["inputs"].get(name) != study.inputs.get(name)]
    if about["program"] != ledger.program_hash(*ROOMS):
        changed.append("infraplan")
    if changed:
        raise UsageError(both("run.network_stale", study=study.folder.name, changed=", ".join(changed)))
    return read_arrays(folder, about)


def read_arrays(folder: Path, about: dict[str, Any]) -> Stored:
    """The arrays of a stored map. `about`: what its run wrote of it (`about_network`)."""
    planes: list[Plane] = [(family, network, receiver) for family, network, receiver in about["planes"]]
    keys = pq.read_table(folder / POSITIONS, columns=[KEY])[KEY].to_numpy()
    return planes, _read(folder / PIXELS, planes), Known(pd.Index(keys), *_read(folder / POSITIONS, planes))


def stored_network(study: Study, arrays: Stored | None = None, sectors: Any = None) -> Coverage:
    """The map that the last whole run of a study stored.

    Parameters
    ----------
    study : Study
        The study, without a scenario.
    arrays : Stored, optional
        `stored_arrays(study)`, where it was read already.
    sectors : GeoDataFrame, optional
        The sectors of the stored map, where they are not `study.sectors`.

    Returns
    -------
    Coverage
        As `assess(study).cover`, but without counts of capped sites; its servers number `study.sectors`.

    Raises
    ------
    UsageError
        No whole run has finished, or the study or the program changed since.
    """
    planes, (margins, servers), known = arrays or stored_arrays(study)
    choice, shape = study.config.coverage, study.grid.shape
    layers = {plane: Layer(margins[k].reshape(shape), servers[k].reshape(shape)) for k, plane in enumerate(planes)}
    sectors = study.sectors if sectors is None else sectors
    return Coverage(
        grid=study.grid,
        services=study.services,
        layers={(family, network): layer for (family, network, receiver), layer in layers.items() if not receiver},
        sector_ids=sectors["id"].to_numpy(dtype=object),
        sector_services=sectors["service"].to_numpy(dtype=object),
        model=choice.model,
        models_used=tuple(about_network(study)["models"]),
        reliability=choice.reliability,
        max_radius_km=choice.max_radius_km,
        capped_sites=0,
        synthetic_terrain=bool(getattr(study.terrain, "synthetic", False)),
        caps_km=choice.caps_km,
        terrain=study.terrain,
        elsewhere={plane: layer for plane, layer in layers.items() if plane[2]},
        positions=PositionMargins(planes, study.grid, study.terrain, partial(_margins_at, study=study, planes=planes), None, known),
    )


def about_network(study: Study) -> dict[str, Any]:
    """What a run wrote of its map."""
    try:
        return dict(json.loads((study.output / FOLDER / ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise UsageError(both("run.no_network", study=study.folder.name)) from None


def margin_after(study: Study, family: str, network: str) -> Floats32 | None:
    """Margins of a layer with the sites of the last run's plan; None where it had none. [dB]"""
    path, name = study.output / FOLDER / AFTER, _name("margin_db", (family, network, ""))
    if not path.is_file() or name not in pq.read_schema(path).names:
        return None
    return np.asarray(pq.read_table(path, columns=[name])[name].to_numpy(), np.float32).reshape(study.grid.shape)


def _write_table(table: Any, path: Path) -> dict[str, Any]:
    """Writes a checked table; its notes that are plain values."""
    plain = table.copy()
    plain.attrs = {}
    with atomic_path(path) as part:
        plain.to_parquet(part, **COMPRESSION)
    return {key: value for key, value in table.attrs.items() if isinstance(value, str | int)}


def _margins_at(best: Any, server: Any, strips: Strips, *, study: Study, planes: list[Plane]) -> None:
    """Margins of the study's sectors at positions that the run did not compute."""
    others = {family: receiver for family, _, receiver in planes if receiver}
    listed, row, carried = with_other_receivers(study.sectors, study.services, others)
    keys = [(family, f"{network}@{receiver}" if receiver else network) for family, network, receiver in planes]
    choice = study.config.coverage
    radio = Radio(carried, choice.max_radius_km, caps_km=choice.caps_km, terrain=study.terrain)
    margins_at_strips(best, server, strips, sectors=listed, index=row, keys=keys, grid=study.grid, radio=radio)


def _name(kind: str, plane: Plane) -> str:
    return "|".join((kind, *plane))


def _write(path: Path, first: dict[str, Any], planes: list[Plane], margins: list[Any], servers: list[Any]) -> None:
    """A table with a column of margins for each plane, and one of servers where they are given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    split = {_name("margin_db", plane): values for plane, values in zip(planes, margins, strict=True)}
    whole = first | {_name("server", plane): values for plane, values in zip(planes, servers, strict=False)}
    with atomic_path(path) as part:
        table = pa.table({**whole, **split})
        pq.write_table(table, part, use_dictionary=False, use_byte_stream_split=list(split), **COMPRESSION)


def _read(path: Path, planes: list[Plane]) -> tuple[Any, Any]:
    """Margins and servers, each of the shape (planes, rows)."""
    table = pq.read_table(path)
    kinds = ("margin_db", "server")
    margins, servers = (np.stack([table[_name(kind, plane)].to_numpy() for plane in planes]) for kind in kinds)
    return margins, servers
