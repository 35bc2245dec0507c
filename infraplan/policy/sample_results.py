"""What the visits of a sample show: answers, shares with their intervals, goals, and where the prediction is wrong beyond chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from infraplan.coverage.networks import ANY, members
from infraplan.outputs import types
from infraplan.policy.sample_estimates import LEVEL, Fit, Share, estimate_share, exact_interval, fit, stratified_variance
from infraplan.policy.targets import Target
from infraplan.tables.column_types import typed

GROUPS = ("city", "county", "stratum", "kind", "setting")
FEWEST = 5
"""Groups with fewer answers are not tested."""
WIDE = 0.05
"""Half width of the interval that `visits_needed` aims at where no goal asks for a share."""


def answers(measured: pd.DataFrame, required_dbm: Mapping[str, float], *, family: str, network: str = ANY, indoors: bool) -> pd.Series[Any]:
    """1 or 0 of each visited place: whether a measurement there found service.

    Parameters
    ----------
    measured : DataFrame
        Rows of `policy.inspection.measurements`.
    required_dbm : mapping of float
        RSRP that each service needs; rows of others say nothing. [dBm]
    family, network : str
        What is asked; "any" takes the best of all operators, and operators that nobody tested serve nobody.
    indoors : bool
        Whether service is judged indoors. A success indoors holds outdoors too, a failure outdoors holds indoors too.

    Returns
    -------
    Series
        Index of ids; not in it are places whose rows say nothing, or that pass outdoors alone where service is judged indoors.
    """
    rows = measured.loc[(measured["family"] == family) & measured["service"].isin(list(required_dbm))]
    if network != ANY:
        rows = rows.loc[rows["operator"].isin(members(network))]
    passed = (rows["rsrp_dbm"] >= rows["service"].map(dict(required_dbm)).astype(float)).to_numpy(dtype=bool)
    inside = rows["indoors"].to_numpy(dtype=bool)
    speaks = np.where(passed, inside | (not indoors), ~inside | indoors)
    ids = rows["id"].astype(str).to_numpy(object)
    found = pd.Series(passed[speaks].astype(float), index=ids[speaks]).groupby(level=0).max()
    return found.loc[(found > 0) | ~found.index.isin(ids[passed & ~speaks])]


def filled_weights(stub: pd.DataFrame, known: Any) -> tuple[Any, Any]:
    """Weight and inclusion probability of the answered rows: each stands for the unanswered ones of its class too.

    A class without an answer is spread over all answered rows.
    """
    weight, chance = (stub["population"] / stub["probability"]).to_numpy(float), stub["probability"].to_numpy(float)
    classes = stub["stratum"].to_numpy(object)
    factor, spread = np.ones(len(stub)), 0.0
    for name in dict.fromkeys(classes):
        own = classes == name
        total, answered = weight[own].sum(), weight[own & known].sum()
        if answered > 0:
            factor[own] = total / answered
        else:
            spread += total
    given = (weight * factor)[known]
    given = given * (1.0 + spread / given.sum()) if len(given) else given
    return given, np.minimum(chance[known] / factor[known], 1.0)


def sample_shares(stub: pd.DataFrame, totals: pd.DataFrame, found: pd.Series[Any], whole: str = "") -> pd.DataFrame:
    """The share of the whole and of each city, the columns of `outputs` "sample_shares".

    Parameters
    ----------
    stub, totals : DataFrame
        The sample and its population, as `outputs` "sample_stub" and "sample_totals".
    found : Series
        `answers(...)`.
    whole : str
        Name of the whole, in both languages where it has two.
    """
    known = stub["id"].isin(found.index).to_numpy()
    general = _fit_of(stub, found, known)
    sums = {name: totals[name].sum() for name in ("villages", "people", "expected")}
    everywhere: dict[str, Any] = {"city": "", "city_name": whole, **sums}
    cities = [{str(name): value for name, value in one.items()} for one in totals.to_dict("records")]
    rows = []
    for level, zone in [("province", everywhere), *(("city", one) for one in cities)]:
        own = stub if level == "province" else stub.loc[stub["city"] == zone["city"]]
        share = _share(own, zone, found, None if level == "province" else general)
        rows.append({"level": level, "zone": zone["city"], "zone_name": zone["city_name"], "visits": len(own), "answered": share.visits,
                     "share": share.share, "low": share.low, "high": share.high, "predicted": zone["expected"] / max(zone["people"], 1),
                     "effective": share.effective, "method": share.method})  # fmt: skip
    return _typed_rows(rows, "sample_shares")


def _typed_rows(rows: Sequence[Mapping[str, Any]], table: str) -> pd.DataFrame:
    """Rows of an output table; texts that know two languages stay so."""
    return typed({name: [row[name] for row in rows] for name in types(table)}, types(table))


def _fit_of(stub: pd.DataFrame, found: pd.Series[Any], known: Any) -> Fit:
    rows, weight = stub.loc[known], filled_weights(stub, known)[0]
    return fit(found.reindex(rows["id"]), rows["chance"], weight, rows["stratum"])


def _share(own: pd.DataFrame, zone: Mapping[str, Any], found: pd.Series[Any], general: Fit | None) -> Share:
    """The share of a zone; one that was visited entirely has no error but that of its answers."""
    known = own["id"].isin(found.index).to_numpy()
    rows, (weight, probability) = own.loc[known], filled_weights(own, known)
    answer = found.reindex(rows["id"]).to_numpy(float)
    mean = zone["expected"] / max(zone["people"], 1)
    share = estimate_share(answer, rows["chance"], weight, probability, rows["stratum"].to_numpy(object), mean, general)
    if len(rows) and len(rows) == zone["villages"]:
        exact = float(answer @ rows["population"] / rows["population"].sum())
        return Share(exact, *exact_interval(exact, float(zone["people"])), len(rows), float(zone["people"]), "exact")
    return share


def share_of(row: Any) -> Share:
    """A row of `sample_shares` as a `Share`."""
    return Share(float(row.share), float(row.low), float(row.high), int(row.answered), float(row.effective), str(row.method))


def visits_needed(share: Share | Any, required: float, villages: int) -> int:
    """Visits still needed until the interval at this share and precision excludes the share required; 0 where it does, at most all."""
    left = max(int(villages) - int(share.visits), 0)
    if not share.visits or math.isnan(share.share):
        return left
    return _least_more(share, left, lambda low, high: low >= required or high < required)


def visits_to_width(share: Share | Any, villages: int, half: float = WIDE) -> int:
    """Visits still needed until the interval is no wider than twice `half`; at most all."""
    left = max(int(villages) - int(share.visits), 0)
    return left if not share.visits else _least_more(share, left, lambda low, high: high - low <= 2 * half)


def _least_more(share: Any, left: int, enough: Any) -> int:
    """The least number of further visits for which the interval is enough, by bisection; `left` where none is."""

    def holds(more: int) -> bool:
        return bool(enough(*exact_interval(share.share, share.effective * (1.0 + more / share.visits))))

    if enough(share.low, share.high):
        return 0
    low, high = 0, 1
    while high < left and not holds(high):
        low, high = high, 2 * high
    if high >= left:
        high = left
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def sampled_targets(targets: Iterable[Target], family: str, receiver: str) -> list[Target]:
    """Targets whose share the sample estimates: of all residents, judged where the sample was, with a threshold."""
    return [
        one for one in targets
        if one.shape == "population_share" and one.family == family and one.required is not None and not one.beside
        and one.setting == "all" and one.areas == "all" and one.residents is None and one.coupling_class_db is None
        and one.receiver in ("", receiver) and not one.counties
    ]  # fmt: skip


def judged_goals(shares: pd.DataFrame, totals: pd.DataFrame, targets: Sequence[Target]) -> pd.DataFrame:
    """Each target of the whole and of the cities it asks, with its verdict: the columns of `outputs` "sample_goals"."""
    villages, rows = totals.set_index("city")["villages"].to_dict(), []
    for target in targets:
        for row in shares.itertuples(index=False):
            asked = target.provincial if row.level == "province" else target.asked_of == "zones" and (
                target.provincial or row.zone in target.cities)  # fmt: skip
            if not asked:
                continue
            number = int(totals["villages"].sum()) if row.level == "province" else int(villages[row.zone])
            own = share_of(row)
            required = float(target.required or 0.0)
            verdict = "met" if own.low >= required else "missed" if own.high < required else "open"
            needed = visits_needed(own, required, number) if verdict == "open" else 0
            rows.append({"target": target.id, "part": target.part, "zone": row.zone, "zone_name": row.zone_name, "required": required,
                         "verdict": verdict, "visits_needed": needed})  # fmt: skip
    return _typed_rows(rows, "sample_goals")


def wrong_predictions(stub: pd.DataFrame, found: pd.Series[Any]) -> pd.DataFrame:
    """Groups whose answers differ from the prediction beyond chance, the columns of `outputs` "sample_findings".

    The weighted mean of answer minus chance over its standard error, the larger of that of the sample and of answers that follow their
    chances; Student's t, two-sided; all groups together are corrected by Holm, so that a finding is false in 5 % of samples at most.
    """
    known = stub["id"].isin(found.index).to_numpy()
    weight, probability = filled_weights(stub, known)
    rows = stub.loc[known].reset_index(drop=True)
    answer, chance = found.reindex(rows["id"]).to_numpy(float), rows["chance"].to_numpy(float)
    tested = []
    for group in GROUPS:
        values = rows[group].astype(str).to_numpy(object)
        for value in sorted(dict.fromkeys(values)):
            own = values == value
            if value and own.sum() >= FEWEST:
                tested.append({"group": group, "value": value, "name": value, **_difference(answer[own], chance[own], weight[own],
                                                                                         probability[own])})  # fmt: skip
    table = pd.DataFrame(tested, columns=list(types("sample_findings")))
    if not len(table):
        return typed(table, types("sample_findings"))
    order = np.argsort(table["p_value"].to_numpy(float), kind="stable")
    holm = np.maximum.accumulate(table["p_value"].to_numpy(float)[order] * np.arange(len(table), 0, -1))
    table.loc[table.index[order], "p_value"] = np.minimum(holm, 1.0)
    return typed(table.loc[table["p_value"] < 1.0 - LEVEL].reset_index(drop=True), types("sample_findings"))


def _difference(answer: Any, chance: Any, weight: Any, probability: Any) -> dict[str, Any]:
    """Predicted and measured share of a group, and the p of their difference."""
    parts = weight / weight.sum()
    predicted, measured = float(parts @ chance), float(parts @ answer)
    away = answer - chance - (measured - predicted)
    variance = stratified_variance(parts * away, np.zeros(len(answer)), probability)
    variance = max(variance, float(parts**2 @ (chance * (1.0 - chance))))
    score = abs(measured - predicted) / math.sqrt(variance) if variance > 0 else math.inf
    p_value = float(2 * t.sf(score, len(answer) - 1)) if measured != predicted else 1.0
    return {"visits": len(answer), "predicted": predicted, "measured": measured, "p_value": p_value,
            "direction": "optimistic" if predicted > measured else "pessimistic"}  # fmt: skip
