"""From a study to a sample of its villages, and from filled sheets back to shares, goals and findings."""

from __future__ import annotations

from typing import Any

import pandas as pd

from infraplan.coverage.networks import ANY
from infraplan.coverage.places import prepare_margins
from infraplan.coverage.served_chances import served_chances
from infraplan.errors import DataError, Fault
from infraplan.messages import Bilingual, both, say
from infraplan.policy.sample_designs import Sample, draw_sample
from infraplan.policy.sample_results import (
    GROUPS,
    answers,
    judged_goals,
    sample_shares,
    sampled_targets,
    share_of,
    visits_to_width,
    wrong_predictions,
)
from infraplan.presets import choose
from infraplan.radio.receivers import receiver_of
from infraplan.run.progress import Progress, Silent
from infraplan.run.run_scope import chosen_cities
from infraplan.run.steps import predict_part
from infraplan.study import Study
from infraplan.study.config import FILE_NAME


def sample_of(
    study: Study, progress: Progress | None = None, *, visits: int, seed: int, family: str = "", network: str = ANY,
    cities: tuple[str, ...] = (),
) -> Sample:  # fmt: skip
    """A sample of the villages of a study, or of some of its cities; `family` "" is the first of the study.

    Raises
    ------
    DataError
        A study without villages, or more visits than it has villages with residents.
    """
    study.read_all()
    if not study.has_people:
        raise DataError(Fault(FILE_NAME, both("samples.no_villages"), both("samples.no_villages_fix"), rule="no_villages"))
    asked = choose(family, study.families, "family") if family else study.families[0]
    choose(network, study.networks, "network")
    codes = chosen_cities(study, cities) if cities else ()
    people = int((study.villages["population"] > 0).sum()) if not codes else int(
        ((study.villages["population"] > 0) & study.villages["city"].isin(codes)).sum())  # fmt: skip
    if visits > people:
        raise DataError(_too_many(visits, people))
    cover, _, villages = predict_part(study, progress or Silent(), codes)
    prepare_margins(cover, [villages], None)
    rows = villages.loc[villages["population"] > 0]
    point = rows.geometry.representative_point()
    names = study.zones.drop_duplicates("adcode").set_index("adcode")["name"].to_dict()
    table = pd.DataFrame(rows.drop(columns=rows.geometry.name)).join(served_chances(rows, cover, asked, network))
    table = table.assign(lon=point.x.to_numpy(), lat=point.y.to_numpy(), county_name=table["county"].map(names).fillna(""))
    for name, usual in (("city", ""), ("county", ""), ("town", ""), ("committee", ""), ("kind", "village"), ("urban", False)):
        table[name] = table[name].fillna(usual) if name in table else usual
    outside = str(say("samples.outside"))
    about = {"study": study.config.study.name, "family": asked, "network": network, "receiver": receiver_of(study.services, asked),
             "cities": ";".join(codes), "synthetic": "1" if study.synthetic else "0"}  # fmt: skip
    return draw_sample(table, about, {"": outside, **names}, visits=visits, seed=seed)


def _too_many(visits: int, people: int) -> Fault:
    return Fault("--visits", both("samples.too_many", visits=visits, villages=people), both("samples.too_many_fix", villages=people),
                 rule="too_many", value=str(visits))  # fmt: skip


def sample_findings(study: Study, sample: Sample, measured: pd.DataFrame, whole: str = "") -> dict[str, Any]:
    """What the visits of a sample show.

    Parameters
    ----------
    measured : DataFrame
        All measurements of this sample so far.

    Returns
    -------
    dict
        shares, goals, wrong (DataFrames), visits_needed (of the whole: until each of its goals is decided; without a goal, until the
        interval is 10 points wide), goal (whether some goal is asked of the whole), untested (ids judged not served though not every
        network was tested).
    """
    about, stub = sample.about, sample.stub
    required = {name: service.required_rsrp_dbm for name, service in study.services.items() if service.family == about["family"]}
    own = measured.loc[measured["id"].astype(str).isin(stub["id"])]
    found = answers(own, required, family=about["family"], network=about["network"], indoors=about["receiver"] != "outdoor")
    shares = sample_shares(stub, sample.totals, found, whole)
    targets = sampled_targets(study.targets, about["family"], about["receiver"]) if about["network"] == ANY and not about["cities"] else []
    goals = judged_goals(shares, sample.totals, targets)
    of_whole = goals.loc[goals["zone"] == ""]
    first = next(shares.itertuples(index=False))
    rest = visits_to_width(share_of(first), int(sample.totals["villages"].sum()))
    return {"shares": shares, "goals": goals, "wrong": named_groups(study, wrong_predictions(stub, found)), "goal": bool(len(of_whole)),
            "visits_needed": int(of_whole["visits_needed"].max()) if len(of_whole) else rest,
            "untested": untested(study, about, own, found)}  # fmt: skip


def share_record(sample: Sample, found: dict[str, Any], measured: pd.DataFrame) -> dict[str, Any]:
    """What a sample shows of the whole, for reports: `io.sample_shares.KEYS`."""
    first = found["shares"].iloc[0]
    figures = {name: None if first[name] != first[name] else float(first[name]) for name in ("share", "low", "high", "predicted")}
    days = measured.loc[measured["sample"] == sample.key, "date"].astype(str)
    asked = {name: sample.about[name] for name in ("family", "network", "receiver")}
    counts = {name: int(first[name]) for name in ("visits", "answered")}
    return {"sample": sample.key, **asked, "last_day": max(days, default=""), **counts, **figures}


def untested(study: Study, about: Any, own: pd.DataFrame, found: Any) -> list[str]:
    """Places judged not served where some single network of the study was not tested, if any network would do."""
    single = [one for one in study.networks if one != ANY]
    if about["network"] != ANY or not single:
        return []
    tested = own.loc[own["family"] == about["family"]].groupby("id")["operator"].agg(set).to_dict()
    return sorted(name for name, answer in found.items() if not answer and any(
        not tested.get(name, set()) & set(one.split("+")) for one in single))  # fmt: skip


def named_groups(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Findings with the names of their groups."""
    names = study.zones.drop_duplicates("adcode").set_index("adcode")["name"].to_dict()

    def worded(group: str, value: str) -> Any:
        if group in GROUPS[:2]:
            return names.get(value, value)
        key = f"{group}_{value}"
        return Bilingual(*(_word(key, lang) for lang in ("zh", "en")))

    named = [worded(*pair) for pair in zip(table["group"], table["value"], strict=True)]
    return table.assign(name=pd.Series(named, index=table.index, dtype=object))


def _word(key: str, lang: str) -> str:
    """The word of a stratum, kind or setting."""
    from infraplan.tables.language import Speech

    group, _, value = key.partition("_")
    return Speech(lang).code(group, value)
