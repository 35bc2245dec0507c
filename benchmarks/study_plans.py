"""The plans of one study, for `benchmarks/siting.py --study`: further bands, capacity, low end, sharing, lines, substitutes, gaps."""

from __future__ import annotations

import heapq
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

import infraplan as ip
from infraplan.coverage.map_update import cover_with
from infraplan.coverage.networks import ANY
from infraplan.run.findings import Findings
from infraplan.run.steps import (
    check_of,
    limits_of,
    plan_of,
    plan_on_map,
    planning_instance,
    planning_instances,
    with_build_alone,
    with_gaps,
    with_low_end,
)
from infraplan.siting.cover.solve import solve
from infraplan.siting.cover.substitutes import find_substitutes
from infraplan.siting.instances import Instance
from infraplan.siting.plan_sites import places_of
from infraplan.siting.plans import ALL_TARGETS_MET, Plan

Say = Callable[..., None]

COVERAGE_ONLY = {"capacity_people": "none", "low_end": False, "build_alone": False}
LINES = "nr-transport/expressway"


def cpu_seconds() -> float:
    """Of this process and its finished children."""
    return sum(use.ru_utime + use.ru_stime for use in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def with_plan_keys(findings: Findings, **keys: Any) -> Findings:
    """The findings of the same study with other keys under [plan]."""
    study = findings.study
    config = study.config.model_copy(update={"plan": study.config.plan.model_copy(update=keys)})
    return replace(findings, study=ip.Study(study.folder, config))


def plain_greedy(instance: Instance, offered: npt.NDArray[np.bool_]) -> tuple[float, float, int]:
    """The candidate with most people a yuan, again and again, without floors, capacity, spacing: cost, people served, sites."""
    problem = instance.problem
    cover = csc_array(problem.cover)
    weight = np.where(problem.in_whole, problem.weight, 0.0)
    left = np.where(problem.covered, 0.0, weight)
    served, cost, sites, blocked = float(weight[problem.covered].sum()), 0.0, 0, set[int]()
    place = places_of(instance.candidates)

    def gain(i: int) -> float:
        return float(left[cover.indices[cover.indptr[i] : cover.indptr[i + 1]]].sum())

    heap = [(-gain(i) / problem.cost[i], i) for i in np.flatnonzero(offered)]
    heapq.heapify(heap)
    while heap and served < problem.required:
        i = heap[0][1]
        now = 0.0 if int(place[i]) in blocked else gain(i)
        if now <= 0:
            heapq.heappop(heap)
        elif -now / problem.cost[i] > heap[0][0] + 1e-12:
            heapq.heapreplace(heap, (-now / problem.cost[i], i))
        else:
            heapq.heappop(heap)
            served, cost, sites = served + now, cost + float(problem.cost[i]), sites + 1
            left[cover.indices[cover.indptr[i] : cover.indptr[i + 1]]] = 0.0
            blocked.add(int(place[i]))
    return cost, served, sites


def study_plans(say: Say, folder: Path, cities: tuple[str, ...]) -> None:
    """The plans of a study (of some of its cities), each with its cost and bound, one line a question.

    Parameters
    ----------
    say : callable
        Takes a prefix and figures.
    folder : Path
        The study's folder.
    cities : tuple of str
        Adcodes; the whole study where it is empty.
    """
    findings = ip.assess(ip.Study.open(folder), cities=cities, gaps=False)
    bands(say, findings, cities)
    capacity(say, findings, cities)
    lines(say, findings, cities)


def bands(say: Say, findings: Findings, cities: tuple[str, ...]) -> None:
    """Coverage only: what further bands on existing masts are worth, and a plain greedy with them."""
    for overlays in (False, True):
        made = with_plan_keys(findings, **COVERAGE_ONLY, overlays=overlays)
        instance = planning_instance(made, cities=cities)
        solved(
            say, f"overlays_{str(overlays).lower()}", instance, lambda made=made, instance=instance: plan_of(made, instance, cities=cities)
        )
    own = (instance.candidates["host"] == "overlay").to_numpy()
    for name, offered in (("greedy_overlays", own), ("greedy_all", np.ones(len(own), bool))):
        cost, people, sites = plain_greedy(instance, offered)
        say(name, cost=cost, sites=sites, share=people / instance.population, reached=people >= instance.problem.required)


def capacity(say: Say, findings: Findings, cities: tuple[str, ...]) -> None:
    """With the capacity of the presets: the plan at three costs, its options, the low end, sharing, robustness."""
    made = with_plan_keys(findings, capacity_people="auto", low_end=True, build_alone=True)
    instance, weaker = planning_instances(made, cities=cities)
    plan = solved(say, "capacity", instance, partial(plan_of, made, instance, cities=cities))
    say("capacity_costs", low=plan.cost_low, typical=plan.cost, high=plan.cost_high)
    say("capacity_options", **plan.extras)
    substitutes(say, instance, made)
    if plan.phases is not None and "priority_extra" in plan.phases:
        say("priority_first", **{f"extra_by_phase_{row.phase}": row.priority_extra for row in plan.phases.itertuples()})
    plan = with_build_alone(made, with_low_end(made, plan, weaker), cities=cities)
    for name, second in (("low_end", plan.low_end), ("build_alone", plan.build_alone)):
        if second is not None:
            say(name, cost=second.cost, bound=second.cost_bound, gap=second.proven_gap, status=second.status, sites=second.sites,
                share=second.served_after / max(second.population, 1))  # fmt: skip
    if plan.build_alone is not None:
        alone = plan.build_alone
        say("sharing_saves", found=alone.saving, least=alone.saving_least, most=alone.saving_most)
    after = cover_with(plan.sites, made.cover, made.study.plan_services)
    plan = plan_on_map(made, plan, after)
    check = check_of(made, plan, after)
    say("capacity_check", feasible=check["feasible"], share=check["served"] / check["population"], expected_people=check["expected_people"],
        carried_share=check["capacity"]["served"] / check["population"])  # fmt: skip
    for name, counted in (("robust_plan", check), ("robust_today", check["today"])):
        say(name, **{f"share_{lost}_db_weaker": share for lost, share in counted["share_if_weaker"].items()})
    gaps(say, made, plan, after, cities)


def substitutes(say: Say, instance: Instance, findings: Findings) -> None:
    """What replaces each site of the plan, all of them, and the time that takes: of the same search once more, with its prices."""
    limits, problem = limits_of(findings.study), instance.problem
    answer = solve(problem, limits.time_limit_s, limits.gap, limits.seed, work_limit=limits.work_limit)
    began, cpu = time.perf_counter(), cpu_seconds()
    found = find_substitutes(problem, answer.chosen, answer.bound, place=places_of(instance.candidates), proof=answer.proof)
    wall, cpu = time.perf_counter() - began, cpu_seconds() - cpu
    there = np.isfinite(found.cost)
    say("substitutes", sites=answer.sites, seconds=wall, cpu_seconds=cpu,
        **{state: found.state.count(state) for state in ("replaced", "needless", "none", "not_found")},
        at_no_extra_cost=int((found.cost[there] <= answer.cost).sum()), most_extra=float(found.cost[there].max() - answer.cost),
        most_gap=float((1 - found.bound[there] / found.cost[there]).max()))  # fmt: skip


def gaps(say: Say, findings: Findings, plan: Plan, after: Any, cities: tuple[str, ...]) -> None:
    """The gaps of today by reason, remedy and kind of not-spot, and how many of them the plan's sites close."""
    began, cpu = time.perf_counter(), cpu_seconds()
    found = with_gaps(findings, plan, after, cities).gaps
    say("gaps", count=len(found), closed_by_the_plan=int(found["remedy"].isin(plan.sites["id"].astype(str)).sum()),
        seconds=time.perf_counter() - began, cpu_seconds=cpu_seconds() - cpu)  # fmt: skip
    remedy = found["remedy"].where(~found["remedy"].isin(plan.sites["id"].astype(str)), "planned_site")
    for column, values in (("reason", found["reason"]), ("remedy", remedy), ("not_spot", found["not_spot"])):
        say(f"gaps_{column}", **{name or "none": int(count) for name, count in values.value_counts().items()})
    people = findings.by_zone
    people = people.loc[(people["level"] == people["level"].iloc[0]) & (people["network"] == ANY)]
    for row in people.itertuples():
        say(f"not_spots_{row.family}", partial=row.partial_not_spot, total=row.total_not_spot, population=row.population)


def lines(say: Say, findings: Findings, cities: tuple[str, ...]) -> None:
    """People and the kilometres of expressways together, with floors by county and a capacity."""
    targets = [*findings.study.config.plan.targets, LINES]
    made = with_plan_keys(findings, targets=targets, capacity_people="auto", county_floor=0.5, low_end=False, build_alone=False)
    instance = planning_instance(made, cities=cities)
    plan = solved(say, "lines", instance, partial(plan_of, made, instance, cities=cities))
    plan = plan_on_map(made, plan, cover_with(plan.sites, made.cover, made.study.plan_services))
    for name, line in plan.lines.items():
        say("lines_km", target=name, before=line["today"]["served_km"], after=line["served_km"], required=line["required_km"],
            total=line["total_km"], met=line["met"])  # fmt: skip


def solved(say: Say, name: str, instance: Instance, make: Callable[[], Plan]) -> Plan:
    """A plan, its figures said: cost, bound, gap, sites by host, time."""
    began, cpu = time.perf_counter(), cpu_seconds()
    plan = make()
    hosts = plan.sites["host"].value_counts()
    say(name, cost=plan.cost, bound=plan.bound, proven_gap=plan.proven_gap, status=plan.status, sites=len(plan.sites),
        cost_bound=plan.cost_bound, refuted_bounds=plan.refuted_bounds,
        **{f"sites_{host}": int(count) for host, count in hosts.items()}, share=plan.served_after / plan.population,
        reached=plan.status in ALL_TARGETS_MET, candidates=instance.problem.cost.size, seconds=time.perf_counter() - began,
        cpu_seconds=cpu_seconds() - cpu)  # fmt: skip
    return plan
