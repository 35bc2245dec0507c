"""What a plan's sites serve on the map, in build order.

The search counts a point where one new site, beside the existing ones, serves the whole disc of its position error. On the map two new
sites may do so together. Here people, places and phases are counted as the map shows them, so that a plan's figures and its check are the
same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix

from infraplan.arrays import Bools, Ints
from infraplan.coverage.build_order import build_steps
from infraplan.coverage.map_update import cover_with
from infraplan.coverage.measurements import Measured
from infraplan.coverage.population import contradicted
from infraplan.coverage.prediction import Coverage
from infraplan.coverage.sectors import sectors_of
from infraplan.policy.targets import Targets
from infraplan.radio.budgets import Service
from infraplan.siting.capacity import Capacity, limited_family
from infraplan.siting.demand_rows import points_with_error
from infraplan.siting.explanations import Explanation
from infraplan.siting.goals import Goal, demand_of
from infraplan.siting.instances import MapInputs
from infraplan.siting.line_counts import as_asked, line_totals, lines_of_goal, served_pieces, weak_on_maps
from infraplan.siting.maps import Maps
from infraplan.siting.phases import Phase
from infraplan.siting.plans import Plan
from infraplan.siting.required_places import required_place_points
from infraplan.siting.target_lines import TargetLines
from infraplan.siting.weak_cells import weak_totals


@dataclass(frozen=True)
class _Points:
    """People of one share, or places or pieces of lines of one target, with what the plan does for each.

    Served `before`; `gained`; `step`, the position in the build order of the site that completes its service, -1 for none; `needs`: gained
    point x site, as `build_steps` gives it.
    """

    target: str
    family: str
    must: bool
    points: Any
    before: Bools
    gained: Bools
    step: Ints
    needs: csr_matrix
    lines: TargetLines | None = None
    share: float | None = None
    loss_db: float = 0.0
    cells: Any = None
    covered: Bools | None = None

    @property
    def people(self) -> Ints:
        return np.zeros(len(self.points), np.int64) if self.must else self.points["population"].to_numpy(dtype=np.int64)

    @property
    def metres(self) -> Ints:
        return np.zeros(len(self.points), np.int64) if self.lines is None else self.lines.length_m

    @property
    def of_people(self) -> bool:
        return not self.must and self.lines is None and self.cells is None

    @property
    def of_places(self) -> bool:
        return self.must and self.lines is None

    def after(self, maps: Maps, margin_db: float) -> Bools:
        """Which points the map with the plan serves."""
        if self.covered is not None:
            return self.covered
        if self.lines is not None:
            return served_pieces(self.lines, maps.after, margin_db)
        return maps.served(self.points, self.family, margin_db)

    @property
    def served(self) -> Bools:
        return self.before | (self.step >= 0)


def counted_on_map(
    plan: Plan,
    services: Mapping[str, Service],
    cover: Coverage,
    after: Coverage,
    *,
    zones: Any,
    villages: Any,
    targets: Targets | None = None,
    places: Any = None,
    measured: Measured | None = None,
    corridors: Any = None,
    weak_grid: Any = None,
    phases: Sequence[Phase] = (),
    capacity_people: Capacity = None,
) -> Plan:
    """The plan with its counts made on the map: served_after, families, lines, gains and losses of each site, phases, whom nothing serves.

    Its cost, bound, gap, status and `worth` stay those of the search. With a capacity only lines and weak cells are counted anew: who is
    carried by whom is a matter of the search alone.

    Parameters
    ----------
    plan : Plan
        Of `cheapest_plan` or `most_served`.
    cover, after : Coverage
        The maps without and with its sites (`cover_with`).
    phases : sequence of Phase
        Those the plan was made with.
    """
    maps, limited = Maps(cover, after, plan.sites, services, measured), limited_family(capacity_people, plan.goal.families, services)
    if limited and not plan.goal.several_units:
        return plan
    groups = _with_steps(_points_of_goal(plan.goal, maps, zones, villages, targets, places, corridors, weak_grid), plan, maps)
    if limited:
        left = plan.unreachable
        return replace(plan, weak_grid=_weak_rows(plan.goal, groups), lines=_line_rows(groups, left))
    shares = {one.family: one for one in groups if one.of_people}
    families = {
        family: {
            "population": int(one.people.sum()),
            "served_before": int(one.people[one.before].sum()),
            "served_after": int(one.people[one.served].sum()),
        }
        for family, one in shares.items()
    }
    left = _unserved(plan.unreachable, groups)
    own = left.loc[left["family"] == plan.goal.family] if len(left) else left
    return replace(
        plan,
        sites=_sites(plan, groups),
        served_after=families[plan.goal.family]["served_after"],
        families={**plan.families, **families},
        weak_grid=_weak_rows(plan.goal, groups),
        lines=_line_rows(groups, left),
        phases=None if plan.phases is None else _phases(plan, groups, phases),
        unreachable=left,
        unreachable_people=int(own["population"].sum()) if len(own) else 0,
    )


def explained_on_map(explanation: Explanation, plan: Plan, inputs: MapInputs) -> Explanation:
    """An explanation that knows whom sites serve together: what the plan serves of a target, which sites serve a village, the certificate.

    What candidates could do stays as the search counts. With a capacity nothing changes.
    """
    if limited_family(inputs.capacity_people, plan.goal.families, inputs.services):
        return explanation
    after = cover_with(plan.sites, inputs.cover, inputs.services)
    maps = Maps(inputs.cover, after, plan.sites, inputs.services, inputs.measured)
    groups = _points_of_goal(
        plan.goal, maps, inputs.zones, inputs.villages, inputs.targets, inputs.places, inputs.corridors, inputs.weak_grid
    )
    later = [one.before | one.after(maps, plan.goal.margin_db) for one in groups]
    counts = {}
    for one, now in zip(groups, later, strict=True):
        if one.cells is not None:
            counts[one.target] = int(one.cells.amount[now].sum())
        elif one.lines is not None and not one.must:
            counts[one.target] = int(one.metres[now].sum())
        else:
            counts[one.target] = int((now & ~one.before).sum()) if one.must else counts.get(one.target, 0) + int(one.people[now].sum())
    served = explanation.targets["target"].map(counts).fillna(explanation.targets["served"]).astype("int64")
    ids = set(explanation.villages["id"])
    named = [_part(one, own) for one, own in _rows_of(groups, ids)]
    sites = plan.sites["id"].astype(str).to_numpy()
    by: dict[tuple[str, str], str] = {}
    for one in _with_steps(named, plan, maps):
        for row, name in enumerate(one.points["id"].astype(str).to_numpy()[one.gained]):
            by[one.target, name] = ";".join(sites[sorted(one.needs[row].indices.tolist())])
    together = [(row["target"], row["id"]) in by and row["status"] != "served_by_plan" for row in explanation.villages.to_dict("records")]
    joined = [by.get(key, "") for key in zip(explanation.villages["target"], explanation.villages["id"], strict=True)]
    kept = explanation.villages.assign(
        status=explanation.villages["status"].where(~np.asarray(together, bool), "served_by_plan"),
        by=explanation.villages["by"].where(~np.asarray(together, bool), pd.Series(joined, index=explanation.villages.index, dtype=object)),
    )
    done = [replace(one, step=np.where(now & ~one.before, 0, -1)) for one, now in zip(groups, later, strict=True)]
    return replace(
        explanation,
        targets=explanation.targets.assign(served=served, met=served >= explanation.targets["required"]),
        villages=kept.astype(dict(explanation.villages.dtypes)),
        unreachable=_unserved(explanation.unreachable, done),
    )


def _part(one: _Points, own: Bools) -> _Points:
    """Some of its points."""
    lines = None if one.lines is None else replace(one.lines, points=one.points.loc[own])
    covered = None if one.covered is None else one.covered[own]
    return replace(one, points=one.points.loc[own], before=one.before[own], step=one.step[own], lines=lines, covered=covered)


def _rows_of(groups: list[_Points], ids: set[str]) -> list[tuple[_Points, Bools]]:
    """Each share or target with the rows of some ids."""
    return [(one, one.points["id"].astype(str).isin(ids).to_numpy()) for one in groups]


def _points_of_goal(
    goal: Goal, maps: Maps, zones: Any, villages: Any, targets: Targets | None, places: Any, corridors: Any, weak_grid: Any
) -> list[_Points]:  # fmt: skip
    """Everything the goal asks, share by share, then target by target; nothing is gained yet."""
    asked = lines_of_goal(goal, maps, zones, corridors, targets)
    found: list[tuple[str, str, bool, Any]] = []
    found += [(one.target, one.family, False, demand_of(goal, zones, villages, one)) for one in goal.share_targets]
    for name in goal.must:
        if name in asked:
            continue
        assert targets is not None, "a goal with places comes with its targets"
        kept = {"cover": maps.cover, "zones": zones, "villages": villages, "places": places, "cities": goal.cities}
        target, points = required_place_points(targets, name, **kept)
        found.append((name, target.family, True, points))
    rows = []
    for name, family, must, points in found:
        before, nothing = maps.today(points, family, goal.margin_db), np.zeros(len(points), bool)
        none = csr_matrix(np.zeros((0, 0), bool))
        rows.append(_Points(name, family, must, points, before, nothing, np.full(len(points), -1, np.int64), none))
    for name, (whole, share) in asked.items():
        lines = as_asked(whole, share)
        before, count = served_pieces(lines, maps.cover, goal.margin_db), len(lines.points)
        nothing, none = np.zeros(count, bool), csr_matrix(np.zeros((0, 0), bool))
        steps, family = np.full(count, -1, np.int64), lines.target.family
        rows.append(_Points(name, family, share is None, lines.points, before, nothing, steps, none, lines, share, lines.loss_db))
    for name, (cells, covered, _) in weak_on_maps(goal, maps, zones, weak_grid).items():
        count = len(cells.points)
        before, nothing, none = np.zeros(count, bool), np.zeros(count, bool), csr_matrix(np.zeros((0, 0), bool))
        steps = np.full(count, -1, np.int64)
        rows.append(_Points(name, cells.family, False, cells.points, before, nothing, steps, none, cells=cells, covered=covered))
    return rows


def _with_steps(groups: list[_Points], plan: Plan, maps: Maps) -> list[_Points]:
    """The same with what the plan does for each point; the sites of a family are computed once."""
    ids = pd.Index(plan.sites["id"].astype(str))
    done: dict[tuple[str, float], list[_Points]] = {}
    for family, loss_db in dict.fromkeys((one.family, one.loss_db) for one in groups):
        own, margin_db = [one for one in groups if (one.family, one.loss_db) == (family, loss_db)], plan.goal.margin_db + loss_db
        gained = [one.after(maps, plan.goal.margin_db) & ~one.before for one in own]
        alone = [_contradicted(one, maps, margin_db)[new] for one, new in zip(own, gained, strict=True)]
        parts = [points_with_error(one.points.loc[new]) for one, new in zip(own, gained, strict=True)]
        points = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=4326)
        carried = {name: item for name, item in maps.services.items() if item.family == family}
        sectors = sectors_of(plan.sites, carried, include=("planned",), part=True)
        choice: dict[str, Any] = {"alone": np.concatenate(alone), "required_db": margin_db}
        step, needs = build_steps(points, sectors, maps.cover, maps.services, family=family, **choice)
        place = ids.get_indexer(pd.Index(sectors["site_id"].drop_duplicates().astype(str)))
        pairs = needs.tocoo()
        needs = csr_matrix((pairs.data, (pairs.row, place[pairs.col])), shape=(len(points), len(ids)))
        step = np.where(step >= 0, np.append(place, -1)[step], -1)
        ends = np.cumsum([0, *(int(new.sum()) for new in gained)])
        done[family, loss_db] = []
        for one, new, (start, end) in zip(own, gained, pairwise(ends), strict=True):
            steps = one.step.copy()
            steps[new] = step[start:end]
            done[family, loss_db].append(replace(one, gained=new, step=steps, needs=needs[start:end]))
    return [done[one.family, one.loss_db].pop(0) for one in groups]


def _contradicted(one: _Points, maps: Maps, margin_db: float) -> Bools:
    """Points where a measurement contradicts the map of today; nobody measures lines."""
    if one.cells is not None:
        return np.ones(len(one.points), bool)
    if one.lines is not None:
        return np.zeros(len(one.points), bool)
    return contradicted(one.points, maps.cover, one.family, margin_db, maps.measured)


def _sites(plan: Plan, groups: list[_Points]) -> Any:
    """The plan's table with gains in build order, losses, and the targets of those whom a site takes part in serving."""
    count = len(plan.sites)
    shares, required = [one for one in groups if one.of_people], [one for one in groups if one.of_places]
    lines = [one for one in groups if one.lines is not None]

    def gained(one: _Points, weight: npt.NDArray[Any]) -> Ints:
        new = one.step >= 0
        return np.bincount(one.step[new], weights=weight[new], minlength=count).round().astype(np.int64)

    def lost(one: _Points, weight: npt.NDArray[Any]) -> Ints:
        alone = csr_matrix(((one.needs.data == 2).astype(np.int64), one.needs.indices, one.needs.indptr), shape=one.needs.shape)
        return np.asarray(alone.T @ weight[one.gained], dtype=np.int64)

    first = next(one for one in shares if one.family == plan.goal.family)
    columns: dict[str, Any] = {
        "people_gained": gained(first, first.people),
        "people_lost": pd.array(lost(first, first.people), dtype="Int64"),
        "places_gained": sum((gained(one, np.ones(len(one.step))) for one in required), np.zeros(count, np.int64)),
        "places_lost": sum((lost(one, np.ones(len(one.step), np.int64)) for one in required), np.zeros(count, np.int64)),
    }
    columns["km_gained"] = sum((gained(one, one.metres) for one in lines), np.zeros(count, np.int64)) / 1000.0
    columns["km_lost"] = sum((lost(one, one.metres) for one in lines), np.zeros(count, np.int64)) / 1000.0
    columns |= {f"people_gained_{one.family}": gained(one, one.people) for one in shares if one is not first}
    at = [(one, (one.points["kind"] == "village").to_numpy() & (one.step >= 0)) for one in shares]
    village = pd.concat([pd.DataFrame({"id": one.points["id"].to_numpy()[new], "step": one.step[new]}) for one, new in at])
    columns["villages_gained"] = np.bincount(village.drop_duplicates()["step"], minlength=count).astype(np.int64)
    order = list(dict.fromkeys(one.target for one in groups))
    names = [set(str(own).split(";")) - {""} for own in plan.sites["targets"]]
    for one in groups:
        for site in np.unique(one.needs.indices).tolist():
            names[site].add(one.target)
    columns["targets"] = pd.Series([";".join(sorted(own, key=order.index)) for own in names], index=plan.sites.index, dtype=str)
    return plan.sites.assign(**columns)


def _phases(plan: Plan, groups: list[_Points], phases: Sequence[Phase]) -> pd.DataFrame:
    """The table of phases with people, share, places and targets counted on the map."""
    assert plan.phases is not None
    first = next(one for one in groups if one.family == plan.goal.family and one.of_people)
    total, before = max(int(first.people.sum()), 1), int(first.people[first.before].sum())
    phase_of = plan.sites["phase"].to_numpy(dtype=np.int64)
    table, due, reached_before = plan.phases.copy(), set[str](), before
    for row, (number, phase) in zip(table.index, enumerate(phases, start=1), strict=True):
        due |= set(phase.must)
        built_by_then = (phase_of >= 1) & (phase_of <= number)
        built = int(built_by_then.sum())  # the build order is that of the phases: these are its first sites
        reached = before + int(first.people[(first.step >= 0) & (first.step < built)].sum())
        there = [one.before | ((one.step >= 0) & (one.step < built)) for one in groups]
        places_met = all(bool(now.all()) for one, now in zip(groups, there, strict=True) if one.must and one.target in due)
        enough = phase.share is None or reached / total >= phase.share - 1e-12
        sites_built = phase.sites is None or int((phase_of == number).sum()) >= phase.sites or phase.share is not None or bool(phase.must)
        new = [int((now & ~one.before).sum()) for one, now in zip(groups, there, strict=True) if one.of_places]
        km = sum(int(one.metres[now].sum()) for one, now in zip(groups, there, strict=True)) / 1000.0
        lines_met = number < len(phases) or all(_line_met(plan.goal, one, now) for one, now in zip(groups, there, strict=True))
        met = enough and places_met and sites_built and lines_met
        counts = {"people_gained": reached - reached_before, "share": reached / total, "places": sum(new), "km": km, "asked_met": met}
        for name, value in counts.items():
            table.loc[row, name] = value
        reached_before = reached
    return table


def _weak_row(goal: Goal, one: _Points) -> dict[str, Any]:
    """Counts of the measured weak cells of one family."""
    assert goal.weak_grid is not None
    return weak_totals(one.cells, one.served, goal.weak_grid.share, goal.weak_grid.count)


def _weak_rows(goal: Goal, groups: list[_Points]) -> dict[str, dict[str, Any]]:
    """Measured weak cells of each family, by target."""
    return {one.target: _weak_row(goal, one) for one in groups if one.cells is not None}


def _line_rows(groups: list[_Points], left: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Kilometres of each target of lines."""
    return {one.target: _line_row(one, left) for one in groups if one.lines is not None}


def _line_row(one: _Points, left: pd.DataFrame) -> dict[str, Any]:
    """Kilometres of a target of lines; with those that no candidate serves."""
    assert one.lines is not None
    lost = one.points["id"].isin(left.loc[left["target"] == one.target, "id"]).to_numpy() if len(left) else np.zeros(len(one.points), bool)
    return line_totals(one.lines, one.before, one.served, one.share) | {"out_of_reach_km": int(one.metres[lost].sum()) / 1000}


def _line_met(goal: Goal, one: _Points, now: Bools) -> bool:
    """Whether the pieces or cells served reach the share of a target of lines or of weak cells; True for what is none."""
    if one.cells is not None and goal.weak_grid is not None:
        return bool(weak_totals(one.cells, now, goal.weak_grid.share, goal.weak_grid.count)["met"])
    return one.lines is None or one.share is None or bool(line_totals(one.lines, one.before, now, one.share)["met"])


def _unserved(unreachable: pd.DataFrame, groups: list[_Points]) -> pd.DataFrame:
    """The demand no candidate can serve alone, without what several sites of the plan serve together."""
    if not len(unreachable):
        return unreachable
    served = [pd.MultiIndex.from_product([one.points["id"].astype(str)[one.served], [one.target]]) for one in groups]
    keys = pd.MultiIndex.from_arrays([unreachable["id"].astype(str), unreachable["target"].astype(str)])
    helped = np.zeros(len(unreachable), bool)
    for own in served:
        helped |= keys.isin(own)
    return unreachable.loc[~helped].reset_index(drop=True)
