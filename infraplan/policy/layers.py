"""The data that targets are judged by: coverage and tables; each status and each membership is computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from infraplan.coverage.measurements import Measured, inside, with_measured
from infraplan.coverage.networks import ANY
from infraplan.coverage.places import (
    NO_DATA,
    PLACE_STATUSES,
    corridor_pieces,
    corridor_status,
    is_polygon,
    place_status,
    served_area,
    village_status,
    with_extra_loss,
    yes_answers,
)
from infraplan.coverage.population import demand_margin, status_of
from infraplan.coverage.prediction import Coverage
from infraplan.geo.zonal import levels_of, membership, part_of, share
from infraplan.policy.target_losses import class_offset_db, receiver_losses_db
from infraplan.policy.targets import Target
from infraplan.tables.reprojection import to_plane

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
T = TypeVar("T")


@dataclass
class Layers:
    """Inputs of a scorecard, with what several targets share kept once it is computed.

    `registers` are tables without coordinates by name (fibre subscribers, transport projects, reported figures): columns of their own, and
    `county`, `city` or `adcode`. `measured` overrides prediction at its places. `synthetic_network`: whether the
    sites behind `cover` are made up.
    """

    cover: Coverage
    zones: Any
    villages: Any
    places: Any = None
    sites: Any = None
    corridors: Any = None
    registers: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    status: pd.DataFrame | None = None
    measured: Measured | None = None
    synthetic_all: bool = False
    synthetic_network: bool = False
    _kept: dict[Any, Any] = field(default_factory=dict)

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `make()`, computed once per key."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept

    def table(self, name: str) -> Any:
        """villages, places, corridors, sites or a register; None when absent."""
        return {"villages": self.villages, "places": self.places, "corridors": self.corridors, "sites": self.sites}.get(
            name, self.registers.get(name)
        )

    def zone(self, name: str) -> pd.DataFrame:
        """Zone codes of the rows of a table, one column a level."""
        return self.keep(("zone", name), lambda: membership(_with_codes(self.table(name)), self.zones).astype("category"))

    def people(self) -> npt.NDArray[np.int64]:
        """Residents of each village or block."""
        return self.keep("people", lambda: np.asarray(self.villages["population"], dtype=np.int64))

    def says_yes(self, name: str, column: str) -> tuple[Bools, Bools]:
        """(says yes, says anything) of a column of a table."""
        return self.keep(("yes", name, column), lambda: yes_answers(self.table(name), column))

    def synthetic(self, name: str) -> bool:
        """Whether any row of a table is made up."""
        return bool(self.synthetic_all or (self.table(name) is not None and self.says_yes(name, "synthetic")[0].any()))

    def asked(self, target: Target, network: str) -> tuple[Hashable, Callable[[], tuple[Coverage, float]]]:
        """The signal that a target requires: a key, and a function that gives the coverage and the required margin in it. [dB]

        A receiver in a building, or a coupling-loss class, requires more. The lowered map is made when it is needed and not kept.
        """
        family, receiver = target.family, target.receiver
        offset_db = class_offset_db([s for s in self.cover.services.values() if s.family == family], target.coupling_class_db)

        def make() -> tuple[Coverage, float]:
            there = "" if target.check_points else receiver  # check points are judged network by network
            cover, loss_db = with_extra_loss(self.cover, family, network, receiver_losses_db(self.cover, family, receiver), there)
            return cover, loss_db + offset_db

        return (family, network, receiver, offset_db), make

    def village_codes(self, target: Target, network: str) -> Codes:
        """Status of every village or block as a target asks for it."""
        return self._village_answer(target, network)[0]

    def villages_measured(self, target: Target, network: str) -> Bools:
        """Villages whose status rests on measurement."""
        return self._village_answer(target, network)[1]

    def _village_answer(self, target: Target, network: str) -> tuple[Codes, Bools]:
        family, whole = target.family, np.ones(len(self.villages), dtype=bool)
        key, judged = self.asked(target, network)

        def make() -> tuple[Codes, Bools]:
            cover, required_db = judged()
            if self.status is not None and family in self.status and network == ANY and cover is self.cover and required_db == 0.0:
                return self._with_measured("villages", whole, self._stated(family), target, network)
            where = "margin", family, network, "" if cover is self.cover else target.receiver
            margins = self.keep(where, lambda: demand_margin(self.villages, cover, family, network))
            return self._with_measured("villages", whole, status_of(margins, required_db), target, network)

        return self.keep(("villages", key), make)

    def checked_villages(self, target: Target, network: str) -> Codes:
        """Villages judged by all their check points; None of them given: by their own point."""
        points = self.places
        points = points.loc[points["place_class"].isin(target.check_points)] if points is not None and "village" in points else None
        if points is None or not len(points):
            return self.village_codes(target, network)
        key, judged = self.asked(target, network)

        def make() -> Codes:
            cover, required_db = judged()
            return village_status(
                self.villages, points, cover, target.family, network, required_db,
                adjust=lambda at, codes, name: self._measured_at(at, codes, target, name)[0],
            )  # fmt: skip

        return self.keep(("checked", target.check_points, key), make)

    def checked_places(self, target: Target, network: str, rows: Bools) -> Codes:
        """The chosen places, each judged at its own point and at the check points with its id as `village`: one network serves them all."""
        points, chosen = self.places, self.places.loc[rows]
        own = points.loc[points["place_class"].isin(target.check_points)] if "village" in points else points.iloc[:0]
        key, judged = self.asked(target, network)

        def make() -> Codes:
            cover, required_db = judged()
            every = pd.concat([chosen.assign(village=chosen["id"]), own])
            return village_status(
                chosen, every, cover, target.family, network, required_db,
                adjust=lambda at, codes, name: self._measured_at(at, codes, target, name)[0],
            )  # fmt: skip

        return self.keep(("checked places", target.check_points, key, rows.tobytes()), make)

    def place_codes(self, target: Target, network: str, rows: Bools) -> Codes:
        """Status of the chosen places."""
        return self._place_answer(target, network, rows)[0]

    def places_measured(self, target: Target, network: str, rows: Bools) -> Bools:
        """Chosen places whose status rests on measurement."""
        return self._place_answer(target, network, rows)[1]

    def _place_answer(self, target: Target, network: str, rows: Bools) -> tuple[Codes, Bools]:
        key, judged = self.asked(target, network)
        part = 0.95 if target.served_part is None else target.served_part

        def make() -> tuple[Codes, Bools]:
            cover, required_db = judged()
            chosen = self.places.loc[rows]
            codes = place_status(
                chosen, cover, target.family, network,
                required_db=required_db, served_part=part, radius_m=target.radius_m, people=self.villages, fractions=self.fractions(rows),
            )  # fmt: skip
            return self._with_measured("places", rows, codes, target, network)

        return self.keep(("places", key, part, target.radius_m, rows.tobytes()), make)

    def area(self, target: Target, network: str, rows: Bools | None) -> tuple[Floats, Floats]:
        """(area, served area) of the chosen polygons, or of the finest zones. [km2, km2]"""
        key, judged = self.asked(target, network)

        def make() -> tuple[Floats, Floats]:
            cover, required_db = judged()
            if rows is None:
                return self._zone_area(cover, target.family, network, required_db)
            return served_area(self.places.loc[rows], cover, target.family, network, required_db, self.fractions(rows))

        return self.keep(("area", key, None if rows is None else rows.tobytes()), make)

    def polygons(self) -> Bools:
        """Which places are areas."""
        return self.keep("polygons", lambda: is_polygon(self.places))

    def fractions(self, rows: Bools) -> csr_matrix:
        """`share` of the polygons among the chosen places."""
        whole = self.keep("place share", lambda: share(self.places.loc[self.polygons()], self.cover.grid))
        return whole[np.flatnonzero(rows[self.polygons()])]

    def leaves(self) -> Any:
        """Zones of the finest level: they add up to every other."""
        return self.keep("leaves", lambda: self.zones.loc[self.zones["level"] == levels_of(self.zones)[-1]])

    def pieces(self) -> pd.DataFrame:
        """Corridors in short pieces."""
        return self.keep("pieces", lambda: corridor_pieces(self.corridors, self.cover.grid))

    def piece_zone(self) -> pd.DataFrame:
        """Zone codes of the pieces: where their middle lies."""
        import geopandas as gpd

        def make() -> pd.DataFrame:
            pieces = self.pieces()
            return membership(gpd.GeoDataFrame({}, geometry=gpd.points_from_xy(pieces["lon"], pieces["lat"]), crs=4326), self.zones).astype(
                "category"
            )

        return self.keep("piece zone", make)

    def pieces_counted(self) -> Bools:
        """Pieces that count: all of them, or, where the zones are but some cities of a province, those that run through these.

        A province that was made of the cities that a study has is no province.
        """

        def make() -> Bools:
            zone = self.piece_zone()
            inside = np.any([(zone[level] != "").to_numpy() for level in zone], axis=0)
            whole = bool((self.zones["level"] == "province").any()) and "province" not in self.zones.attrs.get("made_levels", ())
            return np.asarray(inside | whole, dtype=bool)

        return self.keep("pieces counted", make)

    def piece_codes(self, target: Target, network: str) -> Codes:
        """Status of every piece of every corridor."""
        key, judged = self.asked(target, network)

        def make() -> Codes:
            cover, required_db = judged()
            return corridor_status(self.pieces(), self.corridors, cover, target.family, network, required_db)

        return self.keep(("pieces", key), make)

    def _stated(self, family: str) -> Codes:
        assert self.status is not None
        codes = pd.Categorical(self.status[family], categories=list(PLACE_STATUSES)).codes.astype(np.int8)
        return np.where(codes < 0, NO_DATA, codes).astype(np.int8)

    def _with_measured(self, name: str, rows: Bools, codes: Codes, target: Target, network: str) -> tuple[Codes, Bools]:
        """Codes, measured where there is a measurement, else predicted; and which are measured."""
        return self._measured_at(self.table(name).loc[rows], codes, target, network)

    def _measured_at(self, points: Any, codes: Codes, target: Target, network: str) -> tuple[Codes, Bools]:
        services = [service for service in self.cover.services.values() if service.family == target.family]
        indoors = target.receiver != "outdoor" if target.receiver else inside(self.cover, target.family)
        offset_db = class_offset_db(services, target.coupling_class_db)
        return with_measured(codes, points, self.cover, target.family, network, self.measured, indoors=indoors, offset_db=offset_db)

    def _zone_area(self, cover: Coverage, family: str, network: str, required_db: float) -> tuple[Floats, Floats]:
        leaves = self.leaves()
        fractions = self.keep("share", lambda: share(leaves, self.cover.grid))
        with np.errstate(invalid="ignore"):
            served = cover[family, network].margin_db >= required_db
        pixel_km2 = (self.cover.grid.resolution_m / 1000.0) ** 2
        area_km2 = self.keep("zone area", lambda: to_plane(leaves, self.cover.grid.crs).area.to_numpy() / 1e6)
        return area_km2, np.minimum(part_of(fractions, served) * pixel_km2, area_km2)


def _with_codes(table: Any) -> Any:
    """A register that names its zone by `adcode` alone gets it as code of every level: each level takes what it knows."""
    if "adcode" not in table or "county" in table or "city" in table:
        return table
    code = table["adcode"].astype(str)
    return table.assign(county=code, city=code, province=code)
