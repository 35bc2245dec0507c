"""Words of a policy that match nothing in a study: its province, scopes, classes, columns, registers and families."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from infraplan.errors import Fault
from infraplan.fields import TABLES
from infraplan.messages import both
from infraplan.policy.schema import FAMILIES
from infraplan.policy.targets import Target, Targets
from infraplan.tables.faults import FaultList, rows_of
from infraplan.tables.registers import wrong_cells

TABLE_OF = {"villages": "village", "places": "place", "sites": "site", "corridors": "corridor"}
SHOWN_IDS = 5
ALONE = ("unmatched_province", "unmatched_scope", "unmatched_family")


@dataclass(frozen=True)
class UnmatchedWord:
    """A word that some targets of a policy use: `key` of the policy file, `value`, and what the study has in its place."""

    policy: str
    key: str
    value: str
    rule: str
    there: tuple[str, ...]

    @property
    def near(self) -> str:
        """The most similar word that the study has: probably the same thing."""
        word = self.value.rpartition(".")[2]
        return next((other for other in difflib.get_close_matches(word, self.there, n=2, cutoff=0.7) if other != word), "")


def unmatched(
    targets: Targets,
    *,
    zones: Any,
    families: Collection[str],
    tables: Mapping[str, Any],
    registers: Mapping[str, Any],
) -> list[Fault]:
    """Warnings: the words of a policy that match nothing in the study, with the targets that get no result from them.

    Words of one key are in one warning; a word that is much like one of the study has a warning of its own.

    Parameters
    ----------
    targets : Targets
    zones : GeoDataFrame
        Checked zones.
    families : collection of str
        Families on the map.
    tables : mapping
        villages, places, sites, corridors: checked frames, or None where the study has none.
    registers : mapping of DataFrame
        Checked registers by name.

    Returns
    -------
    list of Fault
        A class, scope, province, column, register or family that matches nothing; a register that no target reads. Numbers that a policy
        adds up and no one can read are errors, answers that are neither yes nor no warnings, each with its rows.
    """
    ids: dict[UnmatchedWord, list[str]] = {}
    provinces, cities, counties = _provinces(zones), *(_some(zones.loc[zones["level"] == level, "adcode"]) for level in ("city", "county"))
    for target in targets:
        for word in _asked(target, provinces, cities, counties, families, tables, registers):
            ids.setdefault(word, []).append(target.id)
    alone: list[Fault] = []
    together: dict[tuple[str, str, str], list[UnmatchedWord]] = {}
    for word in ids:
        if word.near or word.rule in ALONE:
            alone.append(_fault([word], ids, word.near))
        else:
            together.setdefault((word.policy, word.key, word.rule), []).append(word)
    faults = alone + [_fault(group, ids, "") for group in together.values()]
    used = {target.register for target in targets if target.register}
    faults += [_unused(name, sorted(used)) for name in registers if name not in used]
    return faults + unread_cells(targets, tables, registers)


def unread_cells(targets: Iterable[Target], tables: Mapping[str, Any], registers: Mapping[str, Any]) -> list[Fault]:
    """Cells of free columns that a policy reads as numbers or as yes and no, and that are neither."""
    faults: list[Fault] = []
    for name, column, kind in dict.fromkeys(read for target in targets for read in _columns(target)):
        table = tables.get(name, registers.get(name))
        known = {field.name for field in TABLES[TABLE_OF.get(name, "register")]}
        if table is None or column not in table or column in known:
            continue
        listed = FaultList(str(table.attrs.get("file", "")), str(table.attrs.get("sheet", "")), rows_of(table))
        wrong_cells(table, column, kind, listed)
        faults += listed.items if kind == "number" else [replace(item, severity="warning") for item in listed.items]
    return faults


def _columns(target: Target) -> Iterator[tuple[str, str, str]]:
    """(table, column, kind) of what a target reads beyond the contracts."""
    name = target.layer or target.register
    if target.official_column:
        yield "villages", target.official_column, "boolean"
    for other in target.also:
        if other not in FAMILIES:
            yield name or "places", other, "boolean"
    if target.shape == "reported":
        yield target.register, "value", "number"
    elif target.shape == "attribute_share" and name:
        yield name, target.column, "boolean" if target.at_least is None else "number"
        if target.weight:
            yield name, target.weight, "number"
    table = name or ("places" if target.place_classes else "")
    if table:
        for column, wanted in target.where.items():
            yield table, column, "boolean" if isinstance(wanted, bool) else "text"


def _asked(
    target: Target,
    provinces: tuple[str, ...],
    cities: tuple[str, ...],
    counties: tuple[str, ...],
    families: Collection[str],
    tables: Mapping[str, Any],
    registers: Mapping[str, Any],
) -> Iterator[UnmatchedWord]:
    """The words of a target that match nothing."""
    if target.measure == "none":
        return
    name = target.policy.name
    if provinces and target.policy.province not in provinces:
        yield UnmatchedWord(name, "province", target.policy.province, "unmatched_province", provinces)
    elif not target.provincial and not (target.cities & set(cities) or target.counties & set(counties)):
        yield UnmatchedWord(name, "scope", target.scope_name, "unmatched_scope", cities)
        return
    if target.family and target.family not in families:
        yield UnmatchedWord(name, "family", target.family, "unmatched_family", tuple(families))
    near = [target.residents.near] if target.residents is not None else []
    yield from _classes(name, "place_classes", (*target.place_classes, *near), tables["places"], "place_class")
    if tables["places"] is not None and "village" in tables["places"]:
        there = set(tables["places"]["place_class"])
        if target.check_points and not there & set(target.check_points):
            yield UnmatchedWord(name, "check_points", "、".join(target.check_points), "unmatched_class", _some(there))
    yield from _classes(name, "line_classes", target.line_classes, tables["corridors"], "line_class")
    places = tables["places"]
    if target.kinds and places is not None and "kind" in places:
        of_class = set(places.loc[places["place_class"].isin(target.place_classes), "kind"])
        if of_class and not of_class & set(target.kinds):
            yield UnmatchedWord(name, "kinds", "、".join(target.kinds), "unmatched_class", _some(of_class))
    if target.register and target.register not in registers:
        yield UnmatchedWord(name, "register", target.register, "unmatched_register", tuple(registers))
    classes = set(target.place_classes) if target.shape == "attribute_share" else set()
    if classes and (places is None or not classes & set(places["place_class"])):
        return
    for table, column, _ in _columns(target):
        frame = tables.get(table, registers.get(table))
        optional = column == target.official_column or column in target.also
        if frame is not None and not optional and (column not in frame or not frame[column].notna().any()):
            own = [str(one) for one in frame.columns if one not in ("geometry", "id", "name")]
            yield UnmatchedWord(name, "column", f"{table}.{column}", "unmatched_column", tuple(own))


def _classes(policy: str, key: str, words: Iterable[str], table: Any, column: str) -> Iterator[UnmatchedWord]:
    there = set() if table is None else set(table[column])
    for word in words:
        if word not in there:
            yield UnmatchedWord(policy, key, word, "unmatched_class", _some(there))


def _provinces(zones: Any) -> tuple[str, ...]:
    """Codes of the provinces the zones lie in; empty where nothing states them."""
    own = zones.loc[zones["level"] == "province", "adcode"]
    codes = own if len(own) else zones.loc[zones["level"] == "city", "parent"]
    return tuple(sorted({str(code) for code in codes} - {""}))


def _some(words: Iterable[object]) -> tuple[str, ...]:
    return tuple(sorted({str(word) for word in words} - {""}))


def _fault(group: list[UnmatchedWord], ids: Mapping[UnmatchedWord, list[str]], near: str) -> Fault:
    """Words of one key of one policy, each with the targets that lack it."""
    first = group[0]
    listed = "; ".join(f"{word.value} ({_shortened(dict.fromkeys(ids[word]))})" for word in group)
    there = "、".join(first.there[:20]) or "-"
    message = both(f"policy.{first.rule}", ids=listed)
    fix = both(f"policy.{first.rule}_fix", there=there, near=f" ({near}?)" if near else "")
    value = "、".join(word.value for word in group)
    return Fault(f"{first.policy}.toml", message, fix, rule=first.rule, column=first.key, value=value, severity="warning")


def _shortened(ids: Collection[str]) -> str:
    return ", ".join([*ids][:SHOWN_IDS]) + (f" … {len(ids)}" if len(ids) > SHOWN_IDS else "")


def _unused(name: str, used: list[str]) -> Fault:
    near = difflib.get_close_matches(name, used, n=1, cutoff=0.5)
    fix = both("policy.unused_register_fix", there="、".join(used) or "-", near=f" ({near[0]}?)" if near else "")
    message = both("policy.unused_register")
    return Fault("study.toml", message, fix, rule="unused_register", column=f"files.registers.{name}", value=name, severity="warning")
