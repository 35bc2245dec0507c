"""From a study to findings: coverage, shares, scorecard, gaps, and the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from infraplan.coverage.networks import ANY
from infraplan.coverage.places import prepare_margins
from infraplan.coverage.prediction import Coverage
from infraplan.policy.gap_counts import things_of_targets
from infraplan.policy.gap_lists import find_gaps, no_gaps
from infraplan.policy.layers import Layers
from infraplan.policy.scorecards import scorecard
from infraplan.policy.verdicts import with_band
from infraplan.radio.receivers import signal_band_db
from infraplan.run.counting import count_people, with_status
from infraplan.run.findings import Findings
from infraplan.run.planning import own_network, phases_of, priority_first, study_instances
from infraplan.run.predicting import Predicted, predict
from infraplan.run.progress import Progress, Silent
from infraplan.siting.build_alone import build_alone_of
from infraplan.siting.checks import check_plan
from infraplan.siting.cost_curves import budgets_up_to, pareto_curve
from infraplan.siting.instances import Instance
from infraplan.siting.low_end import LowEnd, begun_second_plan, low_end_plan
from infraplan.siting.on_map import counted_on_map
from infraplan.siting.plans import Plan, SearchLimits, cheapest_plan
from infraplan.siting.unreachable import best_margins
from infraplan.study import Study
from infraplan.tables.reprojection import to_plane

RIM_M = 3000.0
"""Width of the strip around some cities that is predicted with them: villages lie up to 2 km outside their zone. [m]"""


def predict_part(
    study: Study, progress: Progress, cities: tuple[str, ...] = (), *, predicted: Predicted = predict
) -> tuple[Coverage, Any, Any]:
    """The map, the zones and the villages (None in a study without) of the whole study or of some cities.

    The window of some cities holds their villages' position errors too, so that every status equals that of a whole run.
    """
    zones, villages = study.zones, study.villages if study.has_people else None
    if not cities:
        return predicted(study, progress, None), zones, villages
    zones = zones_of_cities(zones, cities)
    left, bottom, right, top = to_plane(zones, study.grid.crs).total_bounds
    rim_m = RIM_M
    if villages is not None:
        villages = villages.loc[villages["city"].isin(cities)]
        rim_m += float(villages["position_error_m"].max()) if len(villages) else 0.0
    return predicted(study, progress, study.grid.window(left - rim_m, bottom - rim_m, right + rim_m, top + rim_m)), zones, villages


def before_counting(
    study: Study, progress: Progress | None = None, cities: tuple[str, ...] = (), *, predicted: Predicted = predict
) -> Findings:
    """The map and the status of every village, all that a plan and a gap list start from; `by_zone`, `card` and `gaps` are empty."""
    cover, villages, _, advance = _mapped(study, progress or Silent(), cities, predicted)
    states = with_status(villages, cover, study.measured)
    advance(1, 1)
    return Findings(study, cover, states, pd.DataFrame(), pd.DataFrame(), without_points(no_gaps()))


def _mapped(study: Study, progress: Progress, cities: tuple[str, ...], predicted: Predicted) -> tuple[Coverage, Any, dict[str, Any], Any]:
    """The map with margins at all points, villages, zones, places and sites, of the study or of some cities; progress of what follows."""
    study.read_all()
    cover, zones, villages = predict_part(study, progress, cities, predicted=predicted)
    advance = progress.step("run.counting")
    layers = part_of_layers(study, zones, cities)
    prepare_margins(cover, [table for table in (villages, layers["places"]) if table is not None], study.corridors)
    return cover, villages, layers, advance


def assess(
    study: Study,
    progress: Progress | None = None,
    cities: tuple[str, ...] = (),
    *,
    gaps: bool = True,
    predicted: Predicted = predict,
) -> Findings:
    """The state of a study today: coverage, population by zone, scorecard and gaps.

    Parameters
    ----------
    study : Study
        `Study.open(folder)`.
    progress : Progress, optional
        Gets a call for each step.
    cities : tuple of str
        Adcodes of the cities to look at, on their part of the grid, whose pixels equal those of the whole study; all of them where it is
        empty.
    gaps : bool
        Whether the gaps are listed too; a plan lists them again, with its sites as remedies.
    predicted : callable
        Makes the map, by default from the sites alone.

    Returns
    -------
    Findings
        `.cover`, `.by_zone`, `.card`, `.gaps` and `.villages`.

    Raises
    ------
    DataError
        Everything wrong in the study's files, at once.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> findings = ip.assess(study)
    >>> findings.by_zone.loc[:1, ["name", "family", "network", "population", "served"]].values.tolist()
    [['示例省', 'nr', 'any', 12234, 1321], ['示例省', 'nbiot', 'any', 12234, 3587]]
    """
    cover, villages, layers, advance = _mapped(study, progress or Silent(), cities, predicted)
    by_zone = count_people(villages, cover, layers["zones"], study.measured)
    advance(1, 3)
    card = scorecard(
        study.targets,
        cover,
        villages=villages,
        as_of=study.config.study.as_of,
        synthetic=study.synthetic,
        corridors=study.corridors,
        measured=study.measured,
        registers=study.registers,
        **layers,
    )
    card = with_band(card, by_zone, signal_band_db())
    if study.config.study.as_of is None:
        card["expired"] = False  # the study states no day
    advance(2, 3)
    findings = Findings(study, cover, with_status(villages, cover, study.measured), by_zone, card, without_points(no_gaps()))
    if gaps:
        findings = with_gaps(findings, None, None, cities)
    advance(3, 3)
    return findings


def part_of_layers(study: Study, zones: Any, cities: tuple[str, ...]) -> dict[str, Any]:
    """Zones, places and sites of some cities, or of the whole study."""
    places, sites = study.places, study.sites
    if cities:
        places = None if places is None else places.loc[places["city"].isin(cities)]
        sites = sites.loc[sites["city"].isin(cities)]
    return {"zones": zones, "places": places, "sites": sites}


def with_gaps(
    findings: Findings,
    plan: Plan | None,
    after: Coverage | None,
    cities: tuple[str, ...] = (),
    *,
    target: str | None = None,
    networks: tuple[str, ...] = (ANY,),
) -> Findings:
    """The gap lists, each gap with the new site that closes it where there is a plan; with `target` those of that target alone.

    `networks`: "any", "every" or networks of the map that are asked for one by one.

    Every site of the study counts as a neighbour, those of other cities too.
    """
    study = findings.study
    zones = zones_of_cities(study.zones, cities) if cities else study.zones
    layers = part_of_layers(study, zones, cities) | {"sites": study.sites}
    gaps = find_gaps(
        study.targets,
        findings.cover,
        villages=findings.villages,
        corridors=study.corridors,
        measured=study.measured,
        registers=study.registers,
        plan=plan,
        after=after,
        target=target,
        networks=networks,
        **layers,
    )
    known = layers | {"villages": findings.villages, "corridors": study.corridors, "registers": study.registers or {}}
    known["priority_areas"] = study.targets.priority_areas
    return replace(findings, gaps=without_points(gaps), things=things_of_targets(study.targets, Layers(findings.cover, **known)))


def without_points(gaps: Any) -> pd.DataFrame:
    """A gap list as in tables and files: with lon and lat instead of points."""
    return pd.DataFrame(gaps.drop(columns=gaps.geometry.name))


def zones_of_cities(zones: Any, cities: tuple[str, ...]) -> Any:
    """The named cities and their counties."""
    own = ((zones["level"] == "city") & zones["adcode"].isin(cities)) | ((zones["level"] == "county") & zones["parent"].isin(cities))
    return zones.loc[own]


def planning_instance(
    findings: Findings,
    progress: Progress | None = None,
    cities: tuple[str, ...] = (),
    *,
    margin_db: float | None = None,
    network: str = ANY,
) -> Instance:
    """The study's goal as a covering problem: for the whole study, or for some cities alone.

    `margin_db` replaces the study's planning margin; `network` asks who is served today of one network alone.
    """
    usual_db = findings.study.config.plan.planning_margin_db
    return _instances(findings, progress, cities, [usual_db if margin_db is None else margin_db], network)[0]


def planning_instances(
    findings: Findings, progress: Progress | None = None, cities: tuple[str, ...] = (), *, low_end: bool = True
) -> tuple[Instance, Instance | None]:
    """The study's goal as a covering problem, and the same for the plan at the low end; None where it or study.toml asks for none."""
    choice = findings.study.config.plan
    both_ends = low_end and choice.low_end
    bands_db = (0.0, signal_band_db()) if both_ends else (0.0,)
    made = _instances(findings, progress, cities, [choice.planning_margin_db + band_db for band_db in bands_db])
    return made[0], made[1] if both_ends else None


def _instances(
    findings: Findings, progress: Progress | None, cities: tuple[str, ...], margins_db: list[float], network: str = ANY
) -> list[Instance]:
    """The study's goal as a covering problem at some planning margins. [dB]"""
    study = findings.study
    zones = zones_of_cities(study.zones, cities) if cities else study.zones
    advance = (progress or Silent()).step("run.planning")
    return study_instances(study, findings.cover, findings.villages, zones, margins_db, advance, cities, network)


def limits_of(study: Study) -> SearchLimits:
    """Limits of the search in a batch: counted work, so that the plan is the same on any machine."""
    return SearchLimits(gap=study.config.plan.gap, work_limit=study.config.plan.work_limit)


def make_plan(findings: Findings, progress: Progress | None = None, cities: tuple[str, ...] = ()) -> Plan:
    """The plan for a study's goal: new sites for the whole study, or for some cities alone.

    Where study.toml has `pareto`, the plan of the whole study has the curve of cost against coverage.

    Parameters
    ----------
    findings : Findings
        `assess(study)`.
    progress : Progress, optional
        Gets a call for each step.
    cities : tuple of str
        Adcodes of the cities to plan for; all of them where it is empty.

    Returns
    -------
    Plan
        New sites in build order, with their proof.

    Raises
    ------
    UsageError
        The study has no [plan] target that a plan can be made for.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> plan = ip.make_plan(ip.assess(study, gaps=False))
    >>> plan.status, len(plan.sites), plan.served_before, plan.served_after
    ('optimal', 18, 1321, 11018)
    """
    limits, points = limits_of(findings.study), findings.study.config.plan.pareto
    instance, weaker = planning_instances(findings, progress, cities)
    low_end = None if weaker is None else begun_second_plan(weaker, limits)  # it needs nothing of the plan, as the next one
    alone, network = begun_alone(findings, progress, cities, limits)
    plan = plan_of(findings, instance, progress, cities)
    if plan.status in ("unreachable", "short"):
        services = findings.study.plan_services
        plan = replace(plan, unreachable=best_margins(instance, plan.unreachable, known_points(findings), services, findings.cover))
    if points and not cities:
        advance = (progress or Silent()).step("run.pareto")
        plan = replace(plan, pareto=pareto_curve(instance, budgets_up_to(plan.cost, points), limits, advance, known=plan))
    plan = plan if low_end is None else replace(plan, low_end=LowEnd(band_db=signal_band_db(), **low_end()))
    return plan if alone is None else replace(plan, build_alone=build_alone_of(alone(), network, plan))


def plan_of(
    findings: Findings,
    instance: Instance,
    progress: Progress | None = None,
    cities: tuple[str, ...] = (),
    limits: SearchLimits | None = None,
) -> Plan:
    """The cheapest plan of an instance in the study's phases, with the price of its options."""
    return cheapest_plan(
        instance,
        limits or limits_of(findings.study),
        phases=phases_of(findings.study),
        priority=priority_first(findings.study),
        without_margin=lambda: planning_instance(findings, progress, cities, margin_db=0.0),
    )


def with_low_end(findings: Findings, plan: Plan, weaker: Instance | None, limits: SearchLimits | None = None) -> Plan:
    """The plan with what its goal costs if every signal is weaker by the band of the shares; `weaker`: of `planning_instances`."""
    if weaker is None:
        return plan
    return replace(plan, low_end=low_end_plan(weaker, limits or limits_of(findings.study), signal_band_db()))


def begun_alone(
    findings: Findings, progress: Progress | None, cities: tuple[str, ...], limits: SearchLimits
) -> tuple[Callable[[], dict[str, Any]] | None, str]:
    """The search for a plan by the network of the new sites alone, begun beside others where somebody can, and the network; None where
    `[plan] build_alone` does not ask for it."""
    study = findings.study
    if not study.config.plan.build_alone:
        return None, ""
    network = own_network(study)
    return begun_second_plan(planning_instance(findings, progress, cities, network=network), limits), network


def with_build_alone(
    findings: Findings,
    plan: Plan,
    progress: Progress | None = None,
    cities: tuple[str, ...] = (),
    limits: SearchLimits | None = None,
) -> Plan:
    """The plan with what its goal costs where the network of the new sites reaches it alone, if `[plan] build_alone` asks for it."""
    alone, network = begun_alone(findings, progress, cities, limits or limits_of(findings.study))
    return plan if alone is None else replace(plan, build_alone=build_alone_of(alone(), network, plan))


def known_points(findings: Findings) -> pd.DataFrame:
    """id and position_error_m of the villages, and of the places where there are any."""
    tables = [findings.villages] if findings.study.places is None else [findings.villages, findings.study.places]
    parts = [pd.DataFrame({"id": table["id"].astype(str), "position_error_m": _errors_m(table)}) for table in tables]
    return pd.concat(parts, ignore_index=True)


def _errors_m(table: Any) -> Any:
    return table["position_error_m"].to_numpy(dtype=float) if "position_error_m" in table else 0.0


def plan_on_map(findings: Findings, plan: Plan, after: Coverage) -> Plan:
    """The plan as the map with its sites shows it: `after`."""
    study = findings.study
    return counted_on_map(plan, study.plan_services, findings.cover, after, phases=phases_of(study), **_map_inputs(findings))


def _map_inputs(findings: Findings) -> dict[str, Any]:
    """Arguments for counting a plan of the study on a map."""
    study = findings.study
    layers = {"zones": study.zones, "villages": findings.villages, "targets": study.targets, "places": study.places}
    layers |= {"corridors": study.corridors, "weak_grid": study.weak_grid}
    return {**layers, "measured": study.measured, "capacity_people": study.capacity}


def check_of(findings: Findings, plan: Plan, after: Coverage | None = None) -> dict[str, Any]:
    """The plan judged from its list of sites alone; `after` is the map with them, where it is known."""
    study = findings.study
    return check_plan(
        plan,
        findings.cover,
        services=study.plan_services,
        zones=study.zones,
        villages=findings.villages,
        targets=study.targets,
        places=study.places,
        existing=study.sites,
        spacing_m=study.config.plan.site_spacing_m,
        capacity_people=study.capacity,
        measured=study.measured,
        agreements=study.agreements,
        corridors=study.corridors,
        weak_grid=study.weak_grid,
        after=after,
    )
