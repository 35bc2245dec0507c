"""What changed between two runs: coverage, targets, villages, gaps, ranks, sites, from their own outputs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.errors import DataError, Fault
from infraplan.messages import both
from infraplan.outputs import types
from infraplan.report.page_context import Facts
from infraplan.report.run_records import STATUS, differences, kept_table
from infraplan.tables.column_types import typed
from infraplan.tables.number_formats import is_share

TARGET_KEY = ["id", "part", "zone_level", "zone", "family", "network"]
TASKS = ("task", "task_en")
KINDS = ("measure", "unit")
COMPARED = {name.removesuffix("_before") for name in (*types("compared_targets"), *types("compared_coverage"))}
TARGET_COLUMNS = [name for name in types("scorecard") if name in {*COMPARED, "numerator", "denominator"}]
TARGETS = "targets.csv"
ZONE_KEY = ["level", "adcode", "family"]
ZONE_NAMES = {"adcode": "name", "zone": "zone_name", "city": "city_name", "county": "county_name"}
"""Columns with codes of zones -> columns with their names."""
WON, LOST, MOVED, FIGURE, NEW, GONE = "won", "lost", "moved", "figure", "new", "gone"


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    Attributes
    ----------
    before, after : str
        Names of the run folders.
    unlike : tuple of str
        Differences of the runs (model, resolution, ...), each "name: before -> after".
    coverage : DataFrame
        level, adcode, name, family, receiver, population_before, population_after, served_before, served_after, share_before, share_after,
        served_change, share_change; every zone and family.
    targets : DataFrame
        Keys of a scorecard row, zone_name, measure, unit, required, achieved_before, achieved_after, status_before, status_after, change
        ("won" | "lost" | "moved" | "figure" | "new" | "gone"); rows that changed.
    sites : DataFrame or None
        id, name, services, city, city_name, change ("added" | "removed" | "retired"); None where a run has no layer of sites.
    villages : DataFrame or None
        Villages newly covered and newly lost, by family: columns of the table `compared_villages`; None where a run has no such table.
    gaps : DataFrame or None
        Gaps closed and opened, columns of `compared_gaps`; None where a run has no list.
    names_en : dict
        Code -> English name of the zones that have one.
    unmatched_gaps : int
        Gaps of one run alone whose clause or village the other run does not have: neither closed nor opened.
    ranks : DataFrame
        Cities of both runs by their share of the first family, columns of `compared_ranks`.
    changed_villages : pair of int
        Villages of the earlier run alone, and of the later one alone.
    facts : pair of Facts
        Of each run: dates, version, whether its data are synthetic.
    receivers : dict
        family -> where its devices are judged, as the later run says.
    city_order : str or tuple of str
        Name of the official order of the cities, or their codes in order, as the later run says; "" lists them by code.
    """

    before: str
    after: str
    unlike: tuple[str, ...]
    coverage: Any
    targets: Any
    sites: Any
    facts: tuple[Facts, Facts]
    receivers: dict[str, str]
    city_order: str | tuple[str, ...] = ""
    villages: Any = None
    gaps: Any = None
    ranks: Any = None
    changed_villages: tuple[int, int] = (0, 0)
    unmatched_gaps: int = 0
    names_en: dict[str, str] = field(default_factory=dict)

    def named(self, lang: str) -> Comparison:
        """With the English names of zones where the language is English and they are known."""
        if lang != "en" or not self.names_en:
            return self
        tables = {name: getattr(self, name) for name in ("coverage", "targets", "sites", "villages", "gaps", "ranks")}
        worded: dict[str, Any] = {name: self._in_english(frame) for name, frame in tables.items() if frame is not None}
        return replace(self, **worded)

    def _in_english(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table whose zones are named in English."""
        known = [(code, name) for code, name in ZONE_NAMES.items() if code in frame and name in frame]
        return frame.assign(**{name: frame[code].map(self.names_en).fillna(frame[name]) for code, name in known})

    @property
    def synthetic(self) -> bool:
        """Whether one of the runs has synthetic data."""
        return any(facts.synthetic for facts in self.facts)


def compare_runs(before: str | Path, after: str | Path) -> Comparison:
    """What changed between two runs: coverage, targets won and lost, sites added and removed.

    Parameters
    ----------
    before, after : path
        Folders that `infraplan run` or `run_study` wrote.

    Returns
    -------
    Comparison
        The tables `.coverage`, `.targets` and `.sites`, and the differences of the runs (`.unlike`).

    Raises
    ------
    DataError
        A folder is not one of a finished run, or its summary cannot be read.

    Examples
    --------
    >>> import infraplan as ip
    >>> run = ip.run_study(ip.Study.open(ip.example_world().write("study")), jobs=1, formats=())
    >>> changed = ip.compare_runs(run.output, run.output)
    >>> changed.unlike, len(changed.targets), int(changed.coverage["served_change"].sum())
    ((), 0, 0)
    """
    first, second = Path(before), Path(after)
    old, new = read_summaries(first, second)
    coverage = _coverage(old, new)
    names = {row["adcode"]: row["name"] for row in (*old["zones"], *new["zones"]) if row["level"] in ("city", "county")}
    tables = {name: (kept_table(first, old, name), kept_table(second, new, name)) for name in ("villages", "gaps", "existing_sites")}
    villages, gone_and_new = _villages(*tables["villages"], names)
    known = [_known(summary, tables["villages"][side]) for side, summary in enumerate((old, new))]
    gaps, unmatched = _gaps(*tables["gaps"], *known)
    return Comparison(
        before=first.resolve().name,
        after=second.resolve().name,
        unlike=differences(old, new),
        coverage=coverage,
        targets=_targets(old["scorecard"], new["scorecard"], new),
        sites=_sites(*tables["existing_sites"], names),
        facts=(_facts(old), _facts(new)),
        receivers=_receivers(old, new),
        city_order=order if isinstance(order := new.get("city_order") or "", str) else tuple(order),
        villages=villages,
        gaps=gaps,
        ranks=_ranks(coverage),
        changed_villages=gone_and_new,
        unmatched_gaps=unmatched,
        names_en={row["adcode"]: row["name_en"] for row in (*old["zones"], *new["zones"]) if row.get("name_en")},
    )


def _facts(summary: dict[str, Any]) -> Facts:
    """The dates, the version and the mark of a run."""
    version, as_of, dated = (str(summary.get(name) or "") for name in ("version", "as_of", "report_date"))
    return Facts("", 0.0, 0.0, "", synthetic=bool(summary.get("synthetic")), version=version, as_of=as_of, report_date=dated)


def _receivers(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    return {**(old.get("receivers") or {}), **(new.get("receivers") or {})}


def read_summaries(*folders: Path) -> list[dict[str, Any]]:
    """The summaries of run folders, each with its whole "scorecard" as a frame; every fault at once."""
    found, faults = [], []
    for folder in folders:
        path = folder / "summary.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(content, dict) or not {"zones", "targets"} <= content.keys():
                raise ValueError("zones, targets")
            found.append(content | {"scorecard": _target_table(folder, content)})
        except DataError as error:
            faults += error.fault_list
        except OSError:
            faults.append(Fault(folder.name, both("report.not_a_run"), both("report.not_a_run_fix"), rule="not_a_run"))
        except ValueError as error:
            faults.append(
                Fault(
                    f"{folder.name}/summary.json",
                    both("report.bad_summary"),
                    both("report.not_a_run_fix"),
                    rule="bad_summary",
                    value=str(error)[:80],
                )
            )
    if faults:
        raise DataError(faults)
    return found


def _zone_table(summary: dict[str, Any]) -> pd.DataFrame:
    rows = []
    for zone in summary["zones"]:
        for family, counts in zone.items():
            if isinstance(counts, dict) and "share" in counts:
                rows.append({**zone, **counts, "family": family})
    return pd.DataFrame(rows, columns=[name for name in types("population") if name in COMPARED and name != "receiver"])


def _coverage(old: dict[str, Any], new: dict[str, Any]) -> pd.DataFrame:
    table = _zone_table(new).merge(_zone_table(old), on=ZONE_KEY, how="outer", suffixes=("_after", "_before"), sort=False)
    table["name"] = _named(table["name_after"].fillna(table["name_before"]), table["adcode"], new)
    table["served_change"] = table["served_after"] - table["served_before"]
    table["share_change"] = table["share_after"] - table["share_before"]
    order = {key: index for index, key in enumerate(zip(_zone_table(new)["level"], _zone_table(new)["adcode"], strict=True))}
    place = [order.get(key, len(order)) for key in zip(table["level"], table["adcode"], strict=True)]
    families = list(dict.fromkeys(_zone_table(new)["family"]))
    rank = [families.index(family) if family in families else len(families) for family in table["family"]]
    table = table.assign(_place=place, _rank=rank).sort_values(["_place", "_rank"], kind="stable")
    known = _receivers(old, new)
    table["receiver"] = [known.get(family, "") for family in table["family"]]
    return table[list(types("compared_coverage"))].reset_index(drop=True)


def _target_table(folder: Path, summary: dict[str, Any]) -> pd.DataFrame:
    """The scorecard of a run: targets.csv; of a run older than that file, the rows of its summary."""
    if "schema_version" not in summary:
        table = pd.DataFrame(summary["targets"], columns=TARGET_COLUMNS)
    else:
        try:
            table = pd.read_csv(folder / TARGETS, encoding="utf-8-sig", dtype=str, keep_default_na=False, usecols=TARGET_COLUMNS)
        except (OSError, ValueError) as error:
            fix = both("report.not_a_run_fix")
            where = f"{folder.name}/{TARGETS}"
            raise DataError(Fault(where, both("report.bad_targets"), fix, rule="bad_targets", value=str(error)[:80])) from None
    texts = [*TARGET_KEY, *TASKS, *KINDS, "zone_name", "status"]
    figures = table[["required", "achieved", "numerator", "denominator"]].apply(pd.to_numeric, errors="coerce")
    table = table.assign(**{name: table[name].fillna("").astype(object) for name in texts}, **figures)
    return table.assign(is_share=[is_share(row) for row in table.to_dict("records")])


def _named(name: pd.Series, code: pd.Series, summary: dict[str, Any]) -> pd.Series:
    """Names of zones; one that has its code for a name is the whole study, which has a name in its summary."""
    return name.where(name != code, str((summary.get("zone") or {}).get("name", "")) or code)


def _targets(first: pd.DataFrame, second: pd.DataFrame, summary: dict[str, Any]) -> pd.DataFrame:
    table = second.merge(first, on=TARGET_KEY, how="outer", suffixes=("_after", "_before"), indicator=True, sort=False)
    for name in (*TASKS, *KINDS, "zone_name", "required", "is_share"):
        table[name] = table[f"{name}_after"].where(table[f"{name}_after"].notna(), table[f"{name}_before"])
    table["zone_name"] = _named(table["zone_name"], table["zone"], summary)
    before, after = table["status_before"], table["status_after"]
    moved = (pd.to_numeric(table["achieved_after"]) - pd.to_numeric(table["achieved_before"])).abs() > 1e-9
    moved |= table["achieved_after"].isna() != table["achieved_before"].isna()
    change = pd.Series("", index=table.index)
    change[moved] = FIGURE
    change[before != after] = MOVED
    change[(before != "met") & (after == "met")] = WON
    change[(before == "met") & (after != "met")] = LOST
    change[table["_merge"] == "left_only"] = NEW
    change[table["_merge"] == "right_only"] = GONE
    rank = {WON: 0, LOST: 1, MOVED: 2, NEW: 3, GONE: 4, FIGURE: 5}
    level = {"province": 0, "city": 1, "county": 2}
    table = table.assign(change=change)[change != ""]
    table = table.assign(_rank=table["change"].map(rank), _level=table["zone_level"].map(level).fillna(3))
    table = table.sort_values(["_rank", "_level", "id", "zone", "network"], kind="stable").reset_index(drop=True)
    return table[list(types("compared_targets"))]


def _sites(old: pd.DataFrame | None, new: pd.DataFrame | None, names: dict[str, str]) -> pd.DataFrame | None:
    if old is None or new is None:
        return None
    added, removed = new[~new["id"].isin(old["id"])], old[~old["id"].isin(new["id"])]
    if "status" in old and "status" in new:  # listing or striking off a retired site changes no network
        added, removed = added[added["status"] != "retired"], removed[removed["status"] != "retired"]
    parts = [added.assign(change="added"), removed.assign(change="removed")]
    if "status" in old and "status" in new:
        former = set(old.loc[old["status"] == "retired", "id"])
        retired = new[(new["status"] == "retired") & new["id"].isin(old["id"]) & ~new["id"].isin(former)]
        parts.append(retired.assign(change="retired"))
    table = pd.concat(parts, ignore_index=True)
    table["city_name"] = table["city"].map(names).fillna("")
    return typed(table, types("compared_sites"))


def _villages(
    old: pd.DataFrame | None, new: pd.DataFrame | None, names: dict[str, str]
) -> tuple[pd.DataFrame | None, tuple[int, int]]:  # fmt: skip
    """Villages of both runs that are served in one of them alone, family by family; and how many are in one run alone."""
    if old is None or new is None:
        return None, (0, 0)
    old, new = old.drop_duplicates("id"), new.drop_duplicates("id")
    table = new.merge(old, on="id", how="inner", suffixes=("", "_before"), sort=False)
    table["city_name"], table["county_name"] = table["city"].map(names).fillna(""), table["county"].map(names).fillna("")
    parts = []
    families = [column.removesuffix("_status") for column in map(str, new) if STATUS.fullmatch(column) and column in old]
    for family in families:
        before, after = table[f"{family}_status_before"], table[f"{family}_status"]
        known = table.assign(family=family, status_before=before, status_after=after)
        for change, rows in (
            ("covered", (before != "served") & (after == "served")),
            ("uncovered", (before == "served") & (after != "served")),
        ):
            listed = known[rows].assign(change=change)
            parts.append(listed.sort_values(["city", "county", "town", "id"], kind="stable"))
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return typed(found, types("compared_villages")), (len(old) - len(table), len(new) - len(table))


def _known(summary: dict[str, Any], villages: pd.DataFrame | None) -> dict[str, set[str]]:
    """Clauses and villages of a run, by the column of a gap that names them; and the clauses that it could judge."""
    card = summary["scorecard"]
    return {
        "target": set(card["id"]),
        "judged": set(card.loc[card["status"] != "no_data", "id"]),
        "id": set() if villages is None else set(villages["id"]),
    }


def _gaps(
    old: pd.DataFrame | None, new: pd.DataFrame | None, had: dict[str, set[str]], has: dict[str, set[str]]
) -> tuple[pd.DataFrame | None, int]:  # fmt: skip
    """Gaps that only one run lists, the stretches of a line as one; and how many of a clause or village that the other does not have."""
    if old is None or new is None:
        return None, 0
    key = ["target", "id", "network"]
    old, new = old.drop_duplicates(key), new.drop_duplicates(key)
    both_lists = old.merge(new, on=key, how="outer", suffixes=("_before", ""), indicator="side", sort=False)
    closed, opened = (both_lists.loc[both_lists["side"] == side, key] for side in ("left_only", "right_only"))
    closed, opened = old.merge(closed, on=key).assign(change="closed"), new.merge(opened, on=key).assign(change="opened")
    alone = []
    for rows, here, there in ((closed, had, has), (opened, has, had)):
        other = (here["target"] - there["target"]) | (here["judged"] ^ there["judged"])
        alone.append(rows["target"].isin(other) | rows["id"].isin(here["id"] - there["id"]))
    table = pd.concat([closed[~alone[0]], opened[~alone[1]]], ignore_index=True)
    table = table.sort_values(["change", "target", "county", "id"], kind="stable")
    return typed(table.reset_index(drop=True), types("compared_gaps")), int(alone[0].sum() + alone[1].sum())


def _ranks(coverage: pd.DataFrame) -> pd.DataFrame:
    """Cities of both runs by their share of the first family."""
    cities = coverage[(coverage["level"] == "city") & coverage["share_before"].notna() & coverage["share_after"].notna()]
    cities = cities[cities["family"] == cities["family"].iloc[0]] if len(cities) else cities
    ranks = {side: cities[f"share_{side}"].rank(ascending=False, method="min").astype("int64") for side in ("before", "after")}
    table = cities.assign(rank_before=ranks["before"], rank_after=ranks["after"], move=ranks["before"] - ranks["after"])
    return typed(table.sort_values(["rank_after", "adcode"], kind="stable").reset_index(drop=True), types("compared_ranks"))
