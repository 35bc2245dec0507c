"""What is built when: the sites of a plan divided among dated phases, each of which must reach its own targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.arrays import Bools, Floats, Ints
from infraplan.outputs import types
from infraplan.siting.availability import ALWAYS, phase_ends
from infraplan.siting.cover.cover_check import build_order
from infraplan.siting.cover.limited.assignment import gains_in_order
from infraplan.siting.cover.problem import CoverProblem
from infraplan.siting.cover.solve import max_cover, solve
from infraplan.tables.column_types import typed

PHASE_WORK = 20_000
"""Search steps a phase may take; counted, so that the phases are the same on any machine."""
TYPES = types("phases")
COLUMNS = tuple(TYPES)


@dataclass(frozen=True)
class Phase:
    """A period of building, its targets, and its limits.

    A phase with limits uses them up as far as the plan has sites; one with targets alone builds no more than they need; one without either
    takes all that is left.

    Parameters
    ----------
    name : str
        Name of the period.
    end, start : str
        Days, such as "2026-12-31"; "" for none.
    share : float, optional
        Target: share of the people in scope (of the goal's first family) served at its end, 0..1.
    sites : int, optional
        Limit: number of sites.
    budget : float, optional
        Limit: money, in the currency of the costs.
    must : tuple of str
        Targets of places, all served at its end.

    Examples
    --------
    >>> import infraplan as ip
    >>> world = ip.example_world()
    >>> demand = ip.unserved_demand(world.cover, zones=world.zones, villages=world.villages)
    >>> candidates = ip.candidate_sites(world.zones, demand=demand, services=["nr-n28"])
    >>> phases = [ip.Phase("first", sites=1), ip.Phase("rest")]
    >>> plan = ip.place_sites(
    ...     world.targets,
    ...     world.cover,
    ...     candidates,
    ...     zones=world.zones,
    ...     villages=world.villages,
    ...     phases=phases,
    ...     max_sites=3,
    ...     work_limit=200,
    ... )
    >>> plan.phases[["name", "sites"]].values.tolist()
    [['first', 1], ['rest', 2]]
    """

    name: str
    end: str = ""
    start: str = ""
    share: float | None = None
    sites: int | None = None
    budget: float | None = None
    must: tuple[str, ...] = ()


@dataclass(frozen=True)
class LinesDue:
    """Demand due in the last phase: which rows are pieces of lines or measured cells, the metres of each, what each target requires.

    `amount`: what each row counts for its target; by default its metres.
    """

    rows: Bools
    metres: Floats
    needs: Mapping[str, float] = field(default_factory=dict)
    amount: Floats | None = None

    def met(self, served: Bools, names: npt.NDArray[np.object_]) -> bool:
        """Whether the rows served reach every target."""
        counted, amount = self.rows & served, self.metres if self.amount is None else self.amount
        return all(float(amount[counted & (names == name)].sum()) >= need - 1e-6 for name, need in self.needs.items())


@dataclass(frozen=True)
class Schedule:
    """A plan divided: candidates in build order, the phase (from 1) of each, 0 for those that no phase builds; and the table of phases."""

    order: Ints
    phase: Ints
    table: pd.DataFrame


def schedule(
    problem: CoverProblem,
    people: Floats,
    target: Iterable[str],
    chosen: Ints,
    phases: Sequence[Phase],
    *,
    seed: int = 0,
    first_day: Ints | None = None,
    lines: LinesDue | None = None,
    worth: Floats | None = None,
    first: Bools | None = None,
) -> Schedule:
    """Divide the sites of a plan among the phases.

    With the plan S, the rows j with people w_j, the sets S_1, S_2, ... built by the end of phases 1, 2, ... (each contains the one
    before it, none has a site outside S), V(X) the rows served before or by X, and w(X) the people in V(X):

        phase k, targets alone    minimise cost(S_k)   subject to  w(S_k) >= share_k w_total,  every place due by then in V(S_k)
        phase k with limits       maximise w(S_k)      subject to  |S_k \\ S_k-1| <= sites_k,  cost(S_k \\ S_k-1) <= budget_k,
                                                                   the same targets wherever some such S_k meets them
        otherwise                 S_k = S

    solved phase by phase in their order. So no phase builds a site the plan does not have: a required number of new sites divides a plan
    and never adds to it. A target without limits is met whenever the whole plan meets it. Within a phase the site that adds most people per
    unit of money comes first. Targets of lines are due in the last phase, where every piece that the plan serves has to be served; a goal
    with lines orders its sites by the part of what its targets require. A phase builds no site whose first day comes after its end: such a
    site is left for a later phase, whole, even where only one of its services has to wait. Where sites carry limited users, what a site
    carries depends on its neighbours: there the one build order of the plan (most people per unit of money first) is cut where each phase
    meets its targets, or has used up its limits.

    Parameters
    ----------
    problem : CoverProblem
    people : array, shape (demand,)
        People of each row that a share counts, those served already included.
    target : sequence of str, shape (demand,)
        Target of each row: names the places of a phase's `must`.
    chosen : array
        Candidates of the plan.
    first_day : int array, optional
        First day on which each candidate of the problem may be built (`Availability.first_days`); by default any day.
    lines : LinesDue, optional
        Pieces of lines among the rows; by default none.
    worth : array, shape (demand,), optional
        What each row adds to the build order; by default its weight.
    first : boolean array, shape (candidates,), optional
        Candidates that are built before all others, as far as first days allow: the plan's one build order is then cut phase by phase, as
        where sites carry limited users.
    """
    lines = lines or LinesDue(np.zeros(len(people), bool), np.zeros(len(people)))
    ordered = problem if worth is None else replace(problem, weight=worth)
    opens = _first_phases(chosen, phases, first_day)
    if problem.capacity is not None or first is not None:
        return _schedule_by_order(problem, people, np.asarray(list(target), dtype=object), chosen, phases, opens, lines, worth, first)
    columns = problem.cover[:, chosen].tocsc()
    by_plan = problem.covered | (np.asarray(columns.sum(axis=1)).ravel() > 0)
    names = np.asarray(list(target), dtype=object)
    total = float(people.sum())
    left, served = np.ones(len(chosen), bool), problem.covered.copy()
    parts: list[Ints] = []
    rows: list[dict[str, Any]] = []
    due: set[str] = set()
    for number, phase in enumerate(phases, start=1):
        due |= set(phase.must)
        at = np.flatnonzero(left & (opens <= number))
        due_rows = np.isin(names, list(due)) & problem.must
        if number == len(phases):
            due_rows = due_rows | (np.isin(names, list(lines.needs)) & lines.rows & by_plan)
        picked = at
        if at.size:
            required = (phase.share or 0.0) * total
            rest = CoverProblem(
                columns[:, at].tocsr(), people, problem.cost[chosen[at]], required=required, must=due_rows, covered=served
            )  # fmt: skip
            picked = at[_sites_of_phase(rest, phase, bool(due_rows.any()) or bool(due), seed)]
        part = _in_order(ordered, chosen[picked], served)
        before = float(people[served].sum())
        left[picked] = False
        served = served | (np.asarray(columns[:, picked].sum(axis=1)).ravel() > 0)
        after = float(people[served].sum())
        share = after / max(total, 1.0)
        enough = phase.share is None or share >= phase.share - 1e-12
        counted = phase.sites is None or len(part) >= phase.sites or phase.share is not None or bool(phase.must)
        counted = counted and (number < len(phases) or lines.met(served, names))
        rows.append(
            _phase_row(number, phase, len(part), float(problem.cost[part].sum()), after - before, share, served, problem, lines)
            | {"asked_met": bool(enough and served[due_rows].all() and counted)}
        )
        parts.append(part)
    parts.append(_in_order(ordered, chosen[left], served))
    phase_of = [np.full(len(part), index, np.int64) for index, part in enumerate(parts, start=1)]
    phase_of[-1][:] = 0
    return Schedule(np.concatenate(parts).astype(np.int64), np.concatenate(phase_of), typed(rows, TYPES))


def _first_phases(chosen: Ints, phases: Sequence[Phase], first_day: Ints | None) -> Ints:
    """Number of the first phase that may build each chosen site; one more than there are phases where none may."""
    if first_day is None or not (first_day[chosen] > ALWAYS).any():
        return np.ones(len(chosen), np.int64)
    return 1 + np.searchsorted(np.array(phase_ends(phases), dtype=np.int64), first_day[chosen], side="left")


def _schedule_by_order(
    problem: CoverProblem, people: Floats, names: npt.NDArray[np.object_], chosen: Ints, phases: Sequence[Phase], opens: Ints,
    lines: LinesDue, worth: Floats | None, ahead: Bools | None,
) -> Schedule:  # fmt: skip
    """One build order, cut phase by phase: where sites carry limited users, or some sites come `ahead` of the others.

    Sites that have to wait come after all that need not, in the same order among themselves.
    """
    of_people = replace(problem, weight=people)
    order, gains = build_order(of_people, chosen)
    if lines.needs and worth is not None:
        order = build_order(replace(problem, weight=worth), chosen)[0]
        gains = gains_in_order(of_people, order)
    total, before = float(people.sum()), float(people[problem.covered].sum())
    waits = opens[np.argsort(chosen)[np.searchsorted(np.sort(chosen), order)]]
    later = np.zeros(len(order), bool) if ahead is None else ~ahead[order]
    turn = np.lexsort((np.arange(len(order)), later, waits))
    if (np.diff(turn) < 0).any():
        order, waits = order[turn], waits[turn]
        gains = gains_in_order(of_people, order)
    reached = before + np.cumsum(gains)
    step = _first_server(problem, order)
    cost, first = problem.cost[order], 0
    number, due = np.zeros(len(order), np.int64), set[str]()
    rows: list[dict[str, Any]] = []
    for index, phase in enumerate(phases, start=1):
        due |= set(phase.must)
        due_rows = np.isin(names, list(due)) & problem.must
        if index == len(phases):
            due_rows = due_rows | (np.isin(names, list(lines.needs)) & lines.rows & (step <= len(order)))
        met = np.ones(len(order) + 1, bool)
        if phase.share is not None:
            met &= np.concatenate([[before], reached]) >= phase.share * total - 1e-9 * max(total, 1.0)
        if due_rows.any():
            met &= np.arange(len(order) + 1) >= int(step[due_rows].max())
        has_targets = phase.share is not None or bool(phase.must) or bool(due_rows.any() and lines.needs)
        limited = phase.sites is not None or phase.budget is not None
        enough = np.flatnonzero(met[first:])
        last = len(order)
        if has_targets and not limited:
            last = first + int(enough[0]) if len(enough) else len(order)
        if phase.sites is not None:
            last = min(last, first + phase.sites)
        if phase.budget is not None:
            last = min(last, first + int(np.searchsorted(np.cumsum(cost[first:]), phase.budget + 1e-6, side="right")))
        last = min(last, max(first, int(np.searchsorted(waits, index, side="right"))))
        number[first:last] = index
        served_after = reached[last - 1] if last else before
        gained = served_after - (reached[first - 1] if first else before)
        places = step <= last
        counted = phase.sites is None or last - first >= phase.sites or has_targets
        counted = counted and (index < len(phases) or lines.met(places, names))
        share = served_after / max(total, 1.0)
        rows.append(
            _phase_row(index, phase, last - first, float(cost[first:last].sum()), gained, share, places, problem, lines)
            | {"asked_met": bool(met[last] and counted)}
        )
        first = last
    return Schedule(order, number, typed(rows, TYPES))


def _first_server(problem: CoverProblem, order: Ints) -> Ints:
    """How many sites of the order are built once a row has a server: 0 for one served already, one more than there are sites for none."""
    columns = problem.cover[:, order].tocsc()
    step = np.full(problem.weight.size, len(order) + 1)
    for k in range(len(order) - 1, -1, -1):
        step[columns.indices[columns.indptr[k] : columns.indptr[k + 1]]] = k + 1
    step[problem.covered] = 0
    return step


def _phase_row(
    number: int, phase: Phase, sites: int, cost: float, gained: float, share: float, served: Bools, problem: CoverProblem,
    lines: LinesDue | None = None,
) -> dict[str, Any]:  # fmt: skip
    """A row of the table of phases."""
    return {
        "phase": number,
        "name": phase.name,
        "start": phase.start,
        "end": phase.end,
        "sites": sites,
        "cost": round(cost),
        "people_gained": round(gained),
        "share": share,
        "places": int((served & problem.must & ~(False if lines is None else lines.rows)).sum()),
        "priority_extra": pd.NA,
        "km": 0.0 if lines is None else float(lines.metres[served].sum()) / 1000.0,
    }


def _sites_of_phase(rest: CoverProblem, phase: Phase, places_due: bool, seed: int) -> Ints:
    """The sites that the phase builds, of those that are left."""
    everything, nothing = np.arange(rest.cost.size), np.zeros(0, np.int64)
    has_targets, limited = phase.share is not None or places_due, phase.sites is not None or phase.budget is not None
    if not limited:
        return _cheapest_sites(rest, seed) if phase.share is not None or phase.must else everything
    if has_targets:
        for forced in (nothing, _cheapest_sites(_without_share(rest), seed), _cheapest_sites(rest, seed)):
            if _fits(rest, forced, phase):
                best = _most_people_sites(rest, forced, phase, seed)
                if _meets(rest, best):
                    return best
        places = _cheapest_sites(_without_share(rest), seed)
        return _most_people_sites(rest, places if _fits(rest, places, phase) else nothing, phase, seed)
    return _most_people_sites(rest, nothing, phase, seed)


def _cheapest_sites(rest: CoverProblem, seed: int) -> Ints:
    """The cheapest of the remaining sites that meet the phase's targets."""
    return np.sort(solve(rest, gap=0.0, seed=seed, work_limit=PHASE_WORK).chosen)


def _without_share(rest: CoverProblem) -> CoverProblem:
    return replace(rest, required=0.0)


def _most_people_sites(rest: CoverProblem, forced: Ints, phase: Phase, seed: int) -> Ints:
    """Most people within the phase's limits, `forced` among the sites."""
    must = np.zeros(rest.cost.size, bool)
    must[forced] = True
    limited = replace(rest, forced=must)
    return np.sort(max_cover(limited, phase.sites, phase.budget, gap=0.0, seed=seed, work_limit=PHASE_WORK).chosen)


def _fits(rest: CoverProblem, picked: Ints, phase: Phase) -> bool:
    in_number = phase.sites is None or len(picked) <= phase.sites
    return in_number and (phase.budget is None or float(rest.cost[picked].sum()) <= phase.budget + 1e-6)


def _meets(rest: CoverProblem, picked: Ints) -> bool:
    flags = np.zeros(rest.cost.size, np.int32)
    flags[picked] = 1
    served = rest.covered | (rest.cover @ flags > 0)
    return bool(float(rest.weight[served].sum()) >= rest.required - 1e-9 * max(1.0, rest.required) and served[rest.must].all())


def _in_order(problem: CoverProblem, picked: Ints, served: Bools) -> Ints:
    """The sites in build order: most people per unit of money first, added to what is served by then."""
    if not len(picked):
        return np.zeros(0, np.int64)
    return build_order(replace(problem, covered=served), picked)[0]


def phases_of_sites(phases: Any, sites: Any) -> Any:
    """The phases of a plan with some of its sites, their cost and the people they gain; what only the whole plan has is left out."""
    if phases is None or not len(phases):
        return phases
    sums = sites.assign(sites=1).groupby("phase")[["sites", "cost", "people_gained"]].sum().reindex(phases["phase"], fill_value=0)
    return phases[["phase", "name", "start", "end"]].merge(sums.astype("int64").reset_index(), on="phase", how="left")
