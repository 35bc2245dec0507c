"""Why a plan is as it is: candidates that are not chosen, villages that no candidate can serve, targets out of reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from infraplan.messages import Bilingual, both
from infraplan.messages.amounts import amounts
from infraplan.outputs import types
from infraplan.presets import choose
from infraplan.siting.cover.candidate_reasons import explain_candidates
from infraplan.siting.cover.cover_check import served_rows
from infraplan.siting.cover.reachable_targets import reachable_targets
from infraplan.siting.demand_rows import METRES
from infraplan.siting.instances import Instance
from infraplan.siting.plan_sites import people_by_family, unreachable_rows
from infraplan.siting.plans import Plan, parts_of_needs
from infraplan.tables.column_types import typed

MOST_CANDIDATES = 20
"""Candidates explained where none is named: those that would serve most people on their own."""

VILLAGE_TYPES = types("explained_villages")
VILLAGE_COLUMNS = tuple(VILLAGE_TYPES)
TARGET_TYPES = types("explained_targets")
CANDIDATE_TYPES = types("explained_candidates")


@dataclass(frozen=True)
class Explanation:
    """Answers to why, each a table.

    candidates : id, name, host, county, cost, reason, by (id of the plan's site or of the candidate that is the reason, "" none),
        adds_people (people it would add to the finished plan, each family counted), at_least (what any plan with it costs at least, NaN
        where nothing is proved), site (its id in the plan, "" if it is not in it). Reasons are those of `explain_candidates`, or the
        instance's own word for a barred one.
    villages : id, name, kind, family, target, county, population, must, status ("not_asked": served today, or not counted by the goal;
        "served_by_plan", "reachable", "unreachable"), by (sites of the plan that serve it, joined by ";"), candidates (how many could),
        cheapest, cheapest_cost.
    targets : target, family, required, reachable, served (by the plan), met, reachable_met; people, or places for targets of places.
    unreachable : the certificate: demand no allowed candidate can serve; `best_margins` says how near they come.
    """

    candidates: pd.DataFrame
    villages: pd.DataFrame
    targets: pd.DataFrame
    unreachable: pd.DataFrame


def explained_by_search(
    plan: Plan, instance: Instance, candidates: Sequence[str] | None = None, villages: Sequence[str] = ()
) -> Explanation:  # fmt: skip
    """The answers of `explain_plan` as the search counts: a point is served where one new site alone serves it."""
    chosen = chosen_columns(instance, plan)
    explained = _candidates_to_explain(instance, chosen, candidates)
    lost = np.asarray(reachable_targets(instance.problem).certificate.rows, dtype=np.int64)
    return Explanation(
        _candidates(instance, plan, chosen, explained),
        _villages(instance, plan, chosen, villages),
        _targets(instance, chosen),
        unreachable_rows(instance, lost),
    )


def chosen_columns(instance: Instance, plan: Plan) -> npt.NDArray[np.int64]:
    """The plan's sites as columns of the instance, in build order."""
    return np.asarray(pd.Index(instance.candidates["id"]).get_indexer(plan.sites["candidate"].astype(str)), dtype=np.int64)


def _candidates_to_explain(
    instance: Instance, chosen: npt.NDArray[np.int64], names: Sequence[str] | None
) -> npt.NDArray[np.int64]:  # fmt: skip
    """The named candidates; without names those not chosen that reach most people."""
    problem, frame = instance.problem, instance.candidates
    if names is None:
        reach = problem.cover.T.astype(np.float64) @ (parts_of_needs(instance) * ~problem.covered)
        reach[chosen] = -1.0
        best = np.argsort(-reach, kind="stable")[:MOST_CANDIDATES]
        return np.asarray(best[reach[best] >= 0], dtype=np.int64)
    ids, masts = frame["id"].astype(str).to_numpy(), frame["mast"].astype(str).to_numpy()
    known = dict.fromkeys([*ids, *masts])
    found: list[int] = []
    for name in names:
        choose(name, known, "candidate")
        found += np.flatnonzero((ids == name) | (masts == name)).tolist()
    return np.asarray(list(dict.fromkeys(found)), dtype=np.int64)


def _candidates(instance: Instance, plan: Plan, chosen: npt.NDArray[np.int64], explained: npt.NDArray[np.int64]) -> pd.DataFrame:
    frame = instance.candidates.iloc[explained]
    reasons = explain_candidates(instance.problem, chosen, explained)
    adds = reasons["adds_weight"].to_numpy()
    if instance.goal.several_units:  # the weights of the problem are people, metres, cells
        left = instance.rows["population"].to_numpy(dtype=float) * ~served_rows(instance.problem, chosen)
        adds = instance.problem.cover[:, explained].T.astype(np.float64) @ left
    site = dict(zip(chosen.tolist(), plan.sites["id"].astype(str), strict=True))
    ids = instance.candidates["id"].astype(str).to_numpy()
    barred = frame["barred"].astype(str).to_numpy() if "barred" in frame else np.full(len(frame), "", dtype=object)
    at_least = np.maximum(reasons["at_least"].to_numpy(), plan.cost_bound or 0)
    reason = np.where(barred != "", barred, reasons["reason"].to_numpy())
    return typed(
        {
            **{name: frame[name].to_numpy() for name in ("id", "name", "host", "county", "cost")},
            "reason": reason,
            "by": [site.get(by, ids[by]) if by >= 0 else "" for by in reasons["by"]],
            "adds_people": np.asarray(adds).round().astype(np.int64),
            "at_least": np.where(reasons["reason"] == "chosen", np.nan, at_least),
            "site": [site.get(int(i), "") for i in explained],
            "currency": instance.currency,
        },
        CANDIDATE_TYPES,
    )


def _villages(instance: Instance, plan: Plan, chosen: npt.NDArray[np.int64], names: Sequence[str]) -> pd.DataFrame:
    """Which sites serve them, or which candidates could. Those served today are not among the rows of an instance."""
    rows, problem = instance.rows, instance.problem
    ids = rows["id"].astype(str).where(~rows["kind"].isin(["closed", "floor"]), "").to_numpy()
    cost, at = problem.cost, np.asarray(instance.candidates["id"].astype(str))
    site = dict(zip(chosen.tolist(), plan.sites["id"].astype(str), strict=True))
    out: list[dict[str, Any]] = []
    for name in names:
        own = np.flatnonzero(ids == name)
        if not len(own):
            out.append({"id": name, "status": "not_asked", "by": "", "candidates": 0})
        for row in own:
            able = problem.cover[[row]].indices
            able = able[~problem.forbidden[able]]
            by = [site[j] for j in able.tolist() if j in site]
            best = int(able[np.argmin(cost[able])]) if len(able) else -1
            status = "served_by_plan" if by else "reachable" if len(able) else "unreachable"
            known = {column: rows[column].iloc[row] for column in VILLAGE_COLUMNS[:7]}
            out.append(
                {
                    **known,
                    "must": bool(problem.must[row]),
                    "status": status,
                    "by": ";".join(by),
                    "candidates": len(able),
                    "cheapest": at[best] if best >= 0 else "",
                    "cheapest_cost": float(cost[best]) if best >= 0 else np.nan,
                    "currency": instance.currency,
                }
            )
    return typed(out, VILLAGE_TYPES)


def _targets(instance: Instance, chosen: npt.NDArray[np.int64]) -> pd.DataFrame:
    """What each target requires, what all allowed candidates together reach, what the plan serves."""
    rows, problem, goal = instance.rows, instance.problem, instance.goal
    flags, allowed = np.zeros(problem.cost.size, np.int32), (~problem.forbidden).astype(np.int32)
    flags[chosen] = 1
    served, able = problem.covered | (problem.cover @ flags > 0), problem.covered | (problem.cover @ allowed > 0)
    people, target = rows["population"].to_numpy(dtype=np.int64), rows["target"].to_numpy()
    out: list[dict[str, Any]] = []
    carried = people_by_family(instance, chosen)
    for item in goal.share_targets if goal.asks_people else ():
        own = target == item.target
        total = int(people[own].sum())
        required = int(np.ceil(item.share * total - 1e-9))
        counts = {"required": required, "reachable": int(people[own & able].sum()), "served": carried[item.family]["served_after"]}
        out.append({"target": item.target, "family": item.family, "unit": "people", **counts})
    for line in goal.lines:
        own, metres = (target == line.target) & (rows["unit"] == METRES).to_numpy(), rows["amount"].to_numpy(dtype=np.int64)
        required = int(np.ceil(line.share * int(metres[own].sum()) - 1e-9))
        counts = {"required": required, "reachable": int(metres[own & able].sum()), "served": int(metres[own & served].sum())}
        out.append({"target": line.target, "family": line.family, "unit": "m", **counts})
    for family in goal.weak_grid.families if goal.weak_grid is not None else ():
        assert goal.weak_grid is not None
        asked = goal.weak_grid.name(family)
        own, amount = (target == asked) & (rows["unit"] == goal.weak_grid.count).to_numpy(), rows["amount"].to_numpy(dtype=np.int64)
        required = int(np.ceil(goal.weak_grid.share * int(amount[own].sum()) - 1e-9))
        counts = {"required": required, "reachable": int(amount[own & able].sum()), "served": int(amount[own & served].sum())}
        out.append({"target": asked, "family": family, "unit": goal.weak_grid.count, **counts})
    for name in goal.must:
        own = (target == name) & problem.must
        family = str(rows["family"].to_numpy()[own][0]) if own.any() else ""
        counts = {"required": int(own.sum()), "reachable": int((own & able).sum()), "served": int((own & served).sum())}
        out.append({"target": name, "family": family, "unit": "places", **counts})
    for row in out:
        row |= {"met": row["served"] >= row["required"], "reachable_met": row["reachable"] >= row["required"]}
    return typed(out, TARGET_TYPES)


def reason_sentence(row: Mapping[Any, Any]) -> Bilingual:
    """Why a candidate is not in the plan, of a row of `Explanation.candidates`."""
    return both(
        f"siting.why_{row['reason']}",
        by=row["by"] or both("siting.why_by_today"),
        site=row["site"],
        people=f"{row['adds_people']:,}",
        least="—" if row["at_least"] != row["at_least"] else amounts(row["at_least"], row["currency"], least=True),
    )


__all__ = ["MOST_CANDIDATES", "Explanation", "chosen_columns", "explained_by_search", "reason_sentence"]
