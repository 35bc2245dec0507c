"""A study's plan as a covering problem: candidates, fixed sites, the goal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.coverage.measurements import SERVED, Measured
from infraplan.coverage.networks import ANY, members, single_networks
from infraplan.coverage.own_network import measured_of, of_one_network
from infraplan.coverage.population import point_statuses
from infraplan.coverage.prediction import Coverage
from infraplan.errors import DataError, Fault, UsageError
from infraplan.messages import both
from infraplan.policy.priority import priority_counties
from infraplan.run.connections import connected_candidates, refuse_connections
from infraplan.run.counting import with_status
from infraplan.siting.availability import Availability, too_early
from infraplan.siting.candidates import candidate_sites
from infraplan.siting.capacity import limited_families
from infraplan.siting.costs import ALWAYS_OFFERED, SUMMIT
from infraplan.siting.demand_rows import refuse_narrow_class
from infraplan.siting.goals import LINE_MEASURE, Goal, WeakGridTarget, goal_of, must_target
from infraplan.siting.instances import Instance, instances_of
from infraplan.siting.line_counts import unserved_lines
from infraplan.siting.phases import Phase
from infraplan.siting.required_places import required_place_points
from infraplan.siting.site_constraints import apply_site_constraints, too_near
from infraplan.siting.target_lines import refuse_lines
from infraplan.siting.weak_cells import warn_left_out, weak_cells
from infraplan.study import Study
from infraplan.study.config import FILE_NAME
from infraplan.study.input_checks import Attempts
from infraplan.tables.radio_names import operator_set

MOST_CANDIDATES = 5_000_000  # interpretation: points of the regular grid that a desktop computer can search


def goal_in(study: Study, cities: tuple[str, ...] = (), margin_db: float | None = None) -> Goal:
    """The goal of study.toml; an error before any work where no plan can be made for it."""
    choice = study.config.plan
    goal = goal_of(
        study.targets,
        choice.targets,
        county_floor=choice.county_floor,
        cities=cities,
        margin_db=choice.planning_margin_db if margin_db is None else margin_db,
        must=choice.must,
        weak_grid=weak_target(study),
    )
    carried = {service.family for service in study.plan_services.values()}
    placed = [must_target(study.targets, name).family for name in goal.must]
    asked = [*goal.families, *(item.family for item in goal.lines)]
    families = tuple(dict.fromkeys([*asked, *placed]))
    lacking = [family for family in dict.fromkeys(asked) if family not in carried]
    if lacking:
        raise UsageError(both("siting.no_service_for", families=", ".join(lacking)))
    unmapped = [family for family in families if family not in study.families]
    if unmapped:
        raise UsageError(both("siting.family_not_mapped", families=", ".join(unmapped), mapped=", ".join(study.families)))
    for item in goal.share_targets:
        refuse_narrow_class(item, study.services.values())
    return goal


def weak_target(study: Study) -> WeakGridTarget | None:
    """The weak cells that study.toml asks to cover: of the plan's operators and of the families of its services; None without a file."""
    choice = study.config.plan
    if not study.config.files.weak_grid:
        return None
    families = tuple(dict.fromkeys(study.plan_services[name].family for name in choice.services))
    operators = tuple(sorted(plan_operators(study).split("+")))
    return WeakGridTarget(choice.weak_grid_share, choice.weak_grid_count, choice.weak_grid_below_dbm, operators, families)


def of_lines(study: Study, goal: Goal) -> list[str]:
    """Targets of lines of a goal, those that must be served included, as study.toml names them."""
    must = [name for name in goal.must if must_target(study.targets, name).measure == LINE_MEASURE]
    return [*(item.target for item in goal.lines), *must]


def plan_faults(study: Study) -> list[Fault]:
    """Faults that would stop a plan, found without a prediction: targets, places, phases and sizes in study.toml.

    Needs the study's targets, services, zones and places.
    """
    choice, attempts = study.config.plan, Attempts(study)
    if not choice.target and not study.config.files.weak_grid:
        attempts.add("plan.target", both("study.no_plan"), rule="study-no-plan", severity="warning")
        return attempts.faults
    key = "plan.targets" if len(choice.targets) > 1 else "plan.target"
    well = [attempts.at(key, name, goal_of, study.targets, name) for name in choice.targets]
    well += [attempts.at("plan.must", name, _refuse_absent, study, name) for name in choice.must]
    lines = [name for name in (*choice.targets, *choice.must) if names_lines(study, name)]
    well += [attempts.at("plan.must" if name in choice.must else key, name, refuse_absent_lines, study, name) for name in lines]
    if all(well):
        attempts.at(key, ", ".join(choice.targets), goal_in, study)
    attempts.at("plan.phases", "", phases_of, study)
    attempts.at("files.fibre_prices", "", refuse_connections, study)
    if choice.build_alone:
        attempts.at("plan.build_alone", "true", own_network, study)
    attempts.faults += plan_choice_faults(study)
    left, bottom, right, top = study.zones.to_crs(study.grid.crs).total_bounds
    points = (right - left) * (top - bottom) / choice.candidate_spacing_m**2
    if points > MOST_CANDIDATES:
        message = both("study.too_many_candidates", count=f"{points:,.0f}", limit=f"{MOST_CANDIDATES:,}")
        attempts.add("plan.candidate_spacing_m", message, f"{choice.candidate_spacing_m:g}", rule="study-candidates")
    asked = [study.targets.row(*name.split("/", 1)).family for name in choice.targets] if all(well) else []
    families = limited_families(study.capacity, asked, study.plan_services)
    if len(families) > 1:
        message = both("siting.one_limited_family", first=families[0], others=", ".join(families[1:]))
        attempts.add("plan.capacity_people", message, str(choice.capacity_people), rule="one-limited-family", severity="warning")
    return list(dict.fromkeys(attempts.faults))


def plan_choice_faults(study: Study) -> list[Fault]:
    """Faults of [plan] and of the costs that no later step would find: hosts without a price, keys without effect."""
    choice, attempts = study.config.plan, Attempts(study)
    if choice.priority_first and not choice.phases:
        attempts.add("plan.priority_first", both("study.priority_without_phases"), "true", rule="study-priority-first")
    if choice.capacity_people != "auto" and choice.busy_hour.model_dump(exclude_none=True):
        attempts.add("plan.busy_hour", both("study.busy_hour_unused"), str(choice.capacity_people), rule="study-busy-hour")
    return [*attempts.faults, *host_faults(study)]


def host_faults(study: Study) -> list[Fault]:
    """Hosts of the study's candidates without a price in its costs."""
    try:
        seats, priced = study.hosts is None and township_seats(study.places) is not None, study.costs.hosts
    except DataError:
        return []  # their own faults are reported where the files are read
    wanted = dict.fromkeys(ALWAYS_OFFERED, "always")
    wanted |= {SUMMIT: "ridges"} if study.config.plan.ridges_per_square and study.config.coverage.model == "p1812" else {}
    wanted |= {"smart_pole": "smart_pole"} if study.config.plan.smart_poles else {}
    wanted |= {"public_building": "seats"} if seats else {}
    file = study.config.files.costs or FILE_NAME
    return [
        Fault(file, both("siting.host_without_cost", host=host, why=both(f"siting.host_{why}")),
              both("siting.host_without_cost_fix", host=host), rule="costs-host", column=f"hosts.{host}")
        for host, why in wanted.items() if host not in priced
    ]  # fmt: skip


def _refuse_absent(study: Study, name: str) -> None:
    """Raises for a target of `must` whose places no layer of the study has."""
    target = must_target(study.targets, name)
    if target.measure == LINE_MEASURE:
        return
    if target.layer != "villages":
        places = study.places
        if places is None or not places["place_class"].isin(target.place_classes).any():
            raise UsageError(both("siting.no_places", target=name, layer=", ".join(target.place_classes)))


def names_lines(study: Study, name: str) -> bool:
    """Whether a name of study.toml is a target of lines; False for one that does not exist, which is a fault of its own."""
    try:
        return str(study.targets.row(*name.split("/", 1)).measure) == LINE_MEASURE
    except UsageError:
        return False


def refuse_absent_lines(study: Study, name: str) -> None:
    """Raises for a target of lines whose lines the study's layer does not have, or has nowhere in its zones."""
    row = study.targets.row(*name.split("/", 1))
    corridors: Any = study.corridors
    refuse_lines(row, name, corridors)
    own = corridors.loc[corridors["line_class"].isin(row.line_classes)].to_crs(study.zones.crs)
    if not own.intersects(study.zones.union_all()).any():
        raise UsageError(both("siting.target_lines_elsewhere", target=name, layer=", ".join(row.line_classes)))


def phases_of(study: Study) -> tuple[Phase, ...]:
    """The study's phases; places that a phase requires must be among those the plan must serve.

    A DataError where a service or an agreement of the plan may be used only after the last of them.
    """
    choice = study.config.plan
    for phase in choice.phases:
        for name in phase.must:
            if name not in choice.must:
                raise UsageError(both("run.phase_must", phase=phase.name, target=name))
    phases = tuple(
        Phase(phase.name, str(phase.end or ""), str(phase.start or ""), phase.share, phase.sites, phase.budget, phase.must)
        for phase in study.config.plan.phases
    )
    early = too_early(Availability.of(study.plan_services, study.agreements), choice.services, plan_operators(study), phases)
    if early:
        line, fix = Attempts(study).line("plan.phases"), both("siting.not_available_fix")
        value = f"{phases[-1].name}: end = {phases[-1].end}"
        raise DataError([Fault(FILE_NAME, text, fix, rule="plan-too-early", column="plan.phases", value=value, row=line) for text in early])
    return phases


def priority_first(study: Study) -> frozenset[str] | None:
    """Counties whose sites are built first; None where study.toml does not ask for it."""
    return frozenset(priority_counties(study.targets.priority_areas)) if study.config.plan.priority_first else None


def plan_operators(study: Study) -> str:
    """Codes of the operators of new sites, joined by "+"."""
    return operator_set(study.config.plan.operators, study.config.study.operators) or study.config.plan.operators


def own_network(study: Study) -> str:
    """The network of the new sites, which the map has to show by itself; a UsageError where it does not."""
    wanted, single = frozenset(plan_operators(study).split("+")), single_networks(study.networks)
    for network in single:
        if members(network) == wanted:
            return network
    raise UsageError(both("siting.build_alone_network", network=study.config.plan.operators, mapped=", ".join(single) or "-"))


def study_instances(
    study: Study,
    cover: Coverage,
    villages: Any,
    zones: Any,
    margins_db: Sequence[float],
    progress: Callable[[int, int], None] | None = None,
    cities: tuple[str, ...] = (),
    network: str = ANY,
) -> list[Instance]:
    """The covering problems of the study, or of some of its cities (`zones` are theirs), at some planning margins. [dB]

    `villages` carry the column `<family>_status`. With a `network` who is served today is asked of it alone.
    """
    goals, measured = [goal_in(study, cities, margin_db) for margin_db in margins_db], study.measured
    if goals[0].weak_grid is not None:
        warn_left_out(goals[0].weak_grid, study.weak_grid, study.zones)
    if network != ANY:
        cover, measured = of_one_network(cover, network), measured_of(measured, network)
        villages = with_status(villages, cover, measured)
    about: Any = {
        "zones": study.zones,
        "villages": villages,
        "spacing_m": study.config.plan.site_spacing_m,
        "targets": study.targets,
        "places": study.places,
        "capacity_people": study.capacity,
        "priority_counties": frozenset(priority_counties(study.targets.priority_areas)),
        "priority_weight": study.config.plan.priority_weight,
        "measured": measured,
        "currency": study.costs.currency,
        "agreements": study.agreements,
        "corridors": study.corridors,
        "weak_grid": study.weak_grid,
        "known_sites": study.sites["id"],
        "progress": progress,
    }
    # Candidates stand where places that must be served and lines lack service, which depends on the margin.
    together = [goals] if not (goals[0].must or goals[0].lines) else [[goal] for goal in goals]
    made: list[Instance] = []
    for some in together:
        candidates = study_candidates(study, some[0], cover, villages, zones, cities, measured)
        made += instances_of(some, candidates, study.plan_services, cover, **about)
    return made


def study_candidates(
    study: Study, goal: Goal, cover: Coverage, villages: Any, zones: Any, cities: tuple[str, ...] = (), measured: Measured | None = None
) -> Any:
    """Candidates of the study or of some of its cities, with what study.toml forces and forbids; DataError where it names none of them."""
    choice = study.config.plan
    existing = study.sites.loc[study.sites["status"] == "existing"]
    hosts = study.hosts if study.hosts is not None else township_seats(study.places)
    elsewhere = {*existing["mast"].astype(str), *(() if hosts is None else hosts["id"].astype(str))}
    masts = existing
    if cities:
        masts = existing.loc[existing["city"].isin(cities)]
        hosts = None if hosts is None else hosts.loc[hosts["city"].isin(cities)]
    candidates = candidate_sites(
        zones,
        grid=study.grid,
        demand=points_without_service(study, goal, cover, villages, measured),
        along=lines_without_service(study, goal, cover),
        line_spacing_m=choice.line_candidate_spacing_m,
        services=choice.services,
        own_services=study.own_services,
        costs=study.costs,
        lines=study.cost_lines,
        operators=plan_operators(study),
        spacing_m=choice.candidate_spacing_m,
        least_people=choice.candidate_least_people,
        existing=masts,
        hosts=hosts,
        residents=villages,
        terrain=cover.terrain,
        ridges_per_square=choice.ridges_per_square,
        smart_poles=choice.smart_poles,
        overlays=choice.overlays,
        exclude=study.exclusions,
        keep=choice.forced,
    )
    candidates = connected_candidates(study, candidates)
    return apply_site_constraints(
        candidates,
        near_existing=too_near(candidates, existing, study.grid, choice.site_spacing_m),
        grid=study.grid,
        forced=choice.forced,
        forbidden=choice.forbidden,
        elsewhere=elsewhere,
        spacing_m=choice.site_spacing_m,
        file=FILE_NAME,
        whole=not cities,
    )


def points_without_service(study: Study, goal: Goal, cover: Coverage, villages: Any, measured: Measured | None = None) -> Any:
    """Points that lack a service of the goal, for which candidates are made.

    A place that must be served and is not weighs as many people as `candidate_least_people`: places near it stay candidates.
    """
    unserved = pd.concat([villages[f"{family}_status"] != "served" for family in dict.fromkeys(goal.families)], axis=1).any(axis=1)
    columns = ["name", "population", "urban", "geometry"]
    parts = [villages.loc[unserved, columns]]
    for name in goal.must:
        if must_target(study.targets, name).measure == LINE_MEASURE:
            continue
        target, points = required_place_points(
            study.targets, name, cover=cover, zones=study.zones, villages=villages, places=study.places, cities=goal.cities
        )
        lost = point_statuses(points, cover, target.family, required_db=goal.margin_db, measured=measured)[0] != SERVED
        parts.append(points.loc[lost].assign(urban=False, population=study.config.plan.candidate_least_people)[columns])
    for family in goal.weak_grid.families if goal.weak_grid is not None else ():
        assert goal.weak_grid is not None
        cells: Any = weak_cells(goal.weak_grid, family, study.weak_grid, study.zones, goal.cities).points
        parts.append(cells.assign(urban=False, population=study.config.plan.candidate_least_people)[columns])
    return parts[0] if len(parts) == 1 else gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=4326)


def lines_without_service(study: Study, goal: Goal, cover: Coverage) -> Any:
    """Pieces of the goal's lines in the open air that lack service, along which candidates are made; None where the goal has no lines."""
    known: dict[str, Any] = {"zones": study.zones, "corridors": study.corridors, "cities": goal.cities, "services": study.plan_services}
    parts = [unserved_lines(study.targets, cover, name, margin_db=goal.margin_db, **known) for name in of_lines(study, goal)]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=4326) if parts else None


def township_seats(places: Any) -> Any:
    """Township seats with a known point: their public buildings are hosts where the study names no hosts."""
    if places is None:
        return None
    seats = places.loc[(places["place_class"] == "township") & places.geometry.notna()]
    points = seats.loc[seats.geometry.geom_type == "Point"]
    return points.assign(host="public_building") if len(points) else None
