"""Lines that a plan must serve: the pieces at which a target of lines is judged, as demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Ints
from infraplan.coverage.places import stretches, yes_answers
from infraplan.coverage.prediction import Coverage
from infraplan.errors import Fault, UsageError, warn
from infraplan.messages import both
from infraplan.policy.areas_and_lines import pieces_counted, pieces_of_lines, zones_of_pieces
from infraplan.policy.counted_rows import in_scope
from infraplan.policy.layers import Layers
from infraplan.policy.target_losses import class_offset_db, receiver_losses_db
from infraplan.policy.targets import Target, Targets
from infraplan.siting.goals import LINE_MEASURE
from infraplan.tables.column_types import typed

LINE, TUNNEL = "line", "tunnel"
"""Kinds of demand: a piece in the open; one in a tunnel, which no site outdoors serves."""
LINE_KINDS = (LINE, TUNNEL)
PIECE_TYPES = {
    **dict.fromkeys(("id", "name", "kind", "county", "city", "line", "line_name"), "str"),
    "population": "int64",
    "position_error_m": "float64",
    **dict.fromkeys(("length_m", "from_m", "to_m"), "int64"),
    "fitted": "bool",
}


@dataclass(frozen=True)
class TargetLines:
    """The pieces of a target's lines.

    Attributes
    ----------
    target : Target
    points : GeoDataFrame
        The middle of each piece: id (of its line, and its number along it), name (with the km), kind ("line", "tunnel"), county, city,
        line, line_name, population and position_error_m (0), length_m, from_m, to_m (along the line, whole metres that add up),
        fitted (a tunnel with a system of its own).
    loss_db : float
        What the clause's receiver (a car, a train) loses beyond a device outdoors: the margin that a piece needs. [dB]
    """

    target: Target
    points: Any
    loss_db: float

    @property
    def length_m(self) -> Ints:
        """Metres of each piece."""
        return np.asarray(self.points["length_m"], np.int64)

    @property
    def fitted(self) -> Bools:
        """Pieces in a tunnel with a system of its own: served."""
        return np.asarray(self.points["fitted"], bool)

    @property
    def in_tunnel(self) -> Bools:
        """Pieces in a tunnel without one, or of which nobody says it: no site outdoors serves them."""
        return np.asarray(self.points["kind"] == TUNNEL, bool) & ~self.fitted

    def judged(self, outdoors: Bools) -> Bools:
        """Which pieces are served, of those that a signal outdoors serves."""
        return np.asarray((outdoors & (self.points["kind"] == LINE).to_numpy()) | self.fitted, dtype=bool)

    def open_air(self) -> TargetLines:
        """Without the pieces in tunnels."""
        return TargetLines(self.target, self.points.loc[self.points["kind"] == LINE].reset_index(drop=True), self.loss_db)

    def stretches(self, wanted: Bools) -> list[str]:
        """Neighbouring pieces among `wanted`, joined: "name 12.3-14.5 km"."""
        first, last, line = (self.points[column].to_numpy() for column in ("from_m", "to_m", "line"))
        broken = (line[1:] != line[:-1]) | (first[1:] != last[:-1])
        pieces = pd.DataFrame(
            {
                "line": np.concatenate([[0], np.cumsum(broken)])[: len(line)],
                "from_km": self.points["from_m"] / 1000.0,
                "to_km": self.points["to_m"] / 1000.0,
                "length_km": self.length_m / 1000.0,
            }
        )
        names = self.points["line_name"].to_numpy()
        found = stretches(pieces, np.where(wanted, 1, 0).astype(np.int8), (1,))
        return [stretch_name(names[row["middle"]], row["from_km"], row["to_km"]) for row in found.to_dict("records")]


def joined_pieces(rows: pd.DataFrame) -> pd.DataFrame:
    """Neighbouring pieces of a table of demand joined to stretches: name, length_m. `rows` have id and name of `TargetLines.points`."""
    key = rows["id"].astype(str).str.rsplit("#", n=1)
    table = pd.DataFrame({"line": key.str[0], "number": key.str[1].astype("int64"), "name": rows["name"].astype(str)})
    table = table.sort_values(["line", "number"], kind="stable").drop_duplicates(["line", "number"])
    run = ((table["line"] != table["line"].shift()) | (table["number"] != table["number"].shift() + 1)).cumsum()
    parts = table["name"].str.extract(r"^(.*) ([\d.]+)-([\d.]+) km$")
    known = table.assign(line_name=parts[0], start=parts[1].astype(float), end=parts[2].astype(float)).groupby(run, sort=False)
    found = known.agg(line_name=("line_name", "first"), start=("start", "first"), end=("end", "last"))
    names = [stretch_name(*row) for row in found.itertuples(index=False, name=None)]
    return pd.DataFrame({"name": names, "length_m": (found["end"] - found["start"]).to_numpy() * 1000.0})


def stretch_name(name: str, from_km: float, to_km: float) -> str:
    """A stretch of a line in words that need no language."""
    return f"{name} {from_km:.1f}-{to_km:.1f} km"


def target_lines(
    targets: Targets,
    name: str,
    *,
    cover: Coverage,
    zones: Any,
    corridors: Any,
    cities: tuple[str, ...] = (),
    services: Any = None,
) -> TargetLines:
    """The pieces of the lines that the target named `name` ("id" or "id/part") counts, as its clause judges them.

    The pieces are those of the scorecard: no longer than 100 m, judged at their middle, with the loss of the clause's receiver. Where the
    services of a family lose differently, the largest loss counts for all, with a warning: the scorecard knows each one's own.

    Raises
    ------
    UsageError
        The layer is absent, has none of the clause's classes, states no CRS, or lies outside the study; the family is not on the map.
    """
    row = targets.row(*name.split("/", 1))
    if row.measure != LINE_MEASURE:
        raise UsageError(both("siting.not_lines", target=name))
    refuse_lines(row, name, corridors)
    if row.family not in cover.families:
        raise UsageError(both("siting.no_lines", target=name, layer=row.family))
    layers = Layers(cover, zones, None, corridors=corridors)
    pieces, zone = pieces_of_lines(layers), zones_of_pieces(layers)
    keep = corridors["line_class"].isin(row.line_classes).to_numpy()[pieces["line"].to_numpy()]
    keep = keep & in_scope(row, zone) & pieces_counted(layers)
    if not (keep & (zone != "").any(axis=1).to_numpy()).any():
        raise UsageError(both("siting.target_lines_elsewhere", target=name, layer=", ".join(row.line_classes)))
    if cities:
        keep &= zone["city"].isin(cities).to_numpy() if "city" in zone else False
    points = _as_points(pieces, zone, corridors, np.asarray(keep, bool))
    return TargetLines(row, points, _loss_db(row, name, cover, services))


def refuse_lines(row: Target, name: str, corridors: Any) -> None:
    """Raises for a layer in which a target's lines cannot be looked up, before anything is predicted."""
    if corridors is None or not corridors["line_class"].isin(row.line_classes).any():
        raise UsageError(both("siting.no_lines", target=name, layer=", ".join(row.line_classes)))
    if corridors.crs is None:
        raise UsageError(both("siting.target_lines_without_crs", target=name))
    own = corridors.geometry[corridors["line_class"].isin(row.line_classes)]
    if corridors.crs.is_projected and in_degrees(own.total_bounds):
        raise UsageError(both("siting.target_lines_in_degrees", target=name, crs=str(corridors.crs.to_string())[:80]))
    if corridors.crs.is_geographic and not in_degrees(own.total_bounds):
        raise UsageError(both("siting.target_lines_off_earth", target=name, crs=str(corridors.crs.to_string())[:80]))


def in_degrees(bounds: Any) -> bool:
    """Whether left, bottom, right and top may be longitudes and latitudes."""
    left, bottom, right, top = bounds
    return bool(-180 <= left <= right <= 180 and -90 <= bottom <= top <= 90)


def _loss_db(row: Target, name: str, cover: Coverage, services: Any) -> float:
    """The margin that the clause's receiver and coupling-loss class require. [dB]"""
    known = dict(cover.services) | dict(services or {})
    losses = receiver_losses_db(cover, row.family, row.receiver, known)
    if losses and max(losses.values()) - min(losses.values()) > 1e-9:
        each = ", ".join(f"{service} {loss_db:.1f} dB" for service, loss_db in losses.items())
        message = both("siting.lines_lose_differently", target=name, each=each, loss=f"{max(losses.values()):.1f}")
        warn([Fault("", message, both("siting.lines_lose_differently_fix"), rule="lines_lose_differently", severity="warning")])
    offset_db = class_offset_db([one for one in known.values() if one.family == row.family], row.coupling_class_db)
    return max(losses.values(), default=0.0) + offset_db


def _as_points(pieces: pd.DataFrame, zone: pd.DataFrame, corridors: Any, keep: Bools) -> Any:
    """The middles of the pieces that count; whole metres, each line's add up to its own length."""
    line = pieces["line"].to_numpy()
    from_m, to_m = (np.rint(pieces[name].to_numpy() * 1000.0).astype(np.int64) for name in ("from_km", "to_km"))
    first = np.concatenate([[0], np.flatnonzero(np.diff(line)) + 1]) if len(line) else np.zeros(0, np.int64)
    number = np.arange(len(line)) - np.repeat(first, np.diff([*first, len(line)])) + 1
    ids = corridors["id"].astype(str).to_numpy()[line]
    named = corridors["name"].fillna("").astype(str).to_numpy()[line] if "name" in corridors else np.full(len(line), "")
    names = np.where(named == "", ids, named)
    tunnel = yes_answers(corridors, "tunnel")[0][line]
    fitted, said = (answer[line] for answer in yes_answers(corridors, "indoor_system"))
    level = {code: zone[code].astype(str).to_numpy() if code in zone else np.full(len(line), "") for code in ("county", "city")}
    table = {
        "id": [f"{own}#{count}" for own, count in zip(ids, number, strict=True)],
        "name": [stretch_name(own, start / 1000, end / 1000) for own, start, end in zip(names, from_m, to_m, strict=True)],
        "kind": np.where(tunnel, TUNNEL, LINE),
        **level,
        "line": ids,
        "line_name": names,
        "population": 0,
        "position_error_m": 0.0,
        "length_m": to_m - from_m,
        "from_m": from_m,
        "to_m": to_m,
        "fitted": tunnel & fitted & said,
    }
    frame = pd.DataFrame(typed(table, PIECE_TYPES)).loc[keep].reset_index(drop=True)
    at = gpd.points_from_xy(pieces["lon"].to_numpy()[keep], pieces["lat"].to_numpy()[keep])
    return gpd.GeoDataFrame(frame, geometry=at, crs=4326)
