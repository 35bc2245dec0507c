"""Reading a policy file: its content, or every fault of it at once, each with its line."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel, ValidationError

from infraplan.errors import DataError, Fault
from infraplan.messages import both
from infraplan.messages.schema_errors import key_message, options_of
from infraplan.policy.schema import COUNTS, MEASURES, RADIO, SHARES, PolicyFile, PolicyRow, ResidentsRow, ScopeRow, TargetRow, ThresholdRow
from infraplan.presets import load
from infraplan.toml_faults import blank_faults
from infraplan.toml_files import parse_toml

BARE_DATE = re.compile(r"(=\s*)(\d{1,4}-\d{1,2}-\d{1,2})(?=\s*(?:[,}\]#\r\n]|$))")


class Lines:
    """The line of each key of a TOML text: `line(("target", 3, "due"))` is the nearest line known."""

    def __init__(self, text: str) -> None:
        self._at: dict[tuple[Any, ...], int] = {}
        counts: Counter[tuple[Any, ...]] = Counter()
        here: tuple[Any, ...] = ()
        quoted = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if quoted:
                quoted = "" if quoted in line else quoted
                continue
            if found := re.match(r"\s*\[\[\s*([^\]]+?)\s*\]\]", line):
                here = self._table(found[1], counts)
                last = (*here, counts[here])
                counts[here] += 1
                here = last
            elif found := re.match(r"\s*\[\s*([^\]\[]+?)\s*\]\s*(#.*)?$", line):
                here = self._table(found[1], counts)
            elif found := re.match(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\")\s*=\s*(.*)", line):
                self._at.setdefault((*here, found[1].strip('"')), number)
                for mark in ('"""', "'''"):
                    if found[2].count(mark) == 1:
                        quoted = mark
                continue
            else:
                continue
            self._at.setdefault(here, number)

    @staticmethod
    def _table(dotted: str, counts: Counter[tuple[Any, ...]]) -> tuple[Any, ...]:
        path: tuple[Any, ...] = ()
        parts = [part.strip().strip('"') for part in dotted.split(".")]
        for depth, part in enumerate(parts):
            path = (*path, part)
            if depth < len(parts) - 1 and counts[path]:
                path = (*path, counts[path] - 1)
        return path

    def line(self, path: tuple[Any, ...]) -> int | None:
        """The line of a key, or of the nearest table above it."""
        while path:
            if path in self._at:
                return self._at[path]
            path = path[:-1]
        return None


def parse(text: str, name: str) -> PolicyFile:
    """The checked content of a policy file; DataError with every fault and its line."""
    quoted = BARE_DATE.sub(lambda found: found[0] if _is_date(found[2]) else f'{found[1]}"{found[2]}"', text)
    raw = parse_toml(quoted, name, "policy", as_written=text)
    if blank := blank_faults(raw, name, text, "policy"):
        raise DataError(blank)
    lines = Lines(text)
    faults: list[Fault] = []
    try:
        content = PolicyFile.model_validate(raw)
    except ValidationError as error:
        faults = [fault for item in error.errors() for fault in _faults(dict(item), raw, lines, name)]
        content = None
    faults += [*_row_faults(raw, lines, name), *_cross_faults(raw, lines, name)]
    if content is None or faults:
        raise DataError(sorted(faults, key=lambda fault: fault.row or 0))
    return content


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _value(raw: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            return ""
    return raw


def _shown(value: Any) -> str:
    return "" if isinstance(value, dict | list) else str(value)


def _faults(item: dict[str, Any], raw: Any, lines: Lines, name: str) -> Iterator[Fault]:
    """One pydantic error as one or several faults of the file."""
    path = tuple(
        step
        for step in item["loc"]
        if step in ("policy", "scopes", "departments", "target") or not str(step).startswith(("function-", "constrained-", "list["))
    )
    kind = item["type"]
    column, value = str(path[-1]) if path else "", _shown(item.get("input"))
    rule, fix = _rule(kind, column, item)
    yield Fault(
        name,
        both(f"policy.{rule}", detail=key_message(item)),
        fix,
        rule=rule,
        row=lines.line(path),
        column=column,
        value="" if kind == "missing" else value,
    )


def _rule(kind: str, column: str, item: dict[str, Any]) -> tuple[str, str]:
    if kind == "missing":
        return "missing_key", both("policy.missing_key_fix", name=column)
    if kind == "extra_forbidden":
        known = _keys_of(item["loc"])
        near = difflib.get_close_matches(column, known, n=1)
        return "unknown_key", both("policy.unknown_key_fix", near=near[0] if near else "-", known=", ".join(known))
    if column == "measure" and kind == "literal_error":
        near = difflib.get_close_matches(str(item.get("input")), MEASURES, n=1)
        return "unknown_measure", both("policy.unknown_measure_fix", options=", ".join(MEASURES), near=near[0] if near else "-")
    if column in ("due", "issued", "expires", "since", "until"):
        return "not_a_date", both("policy.not_a_date_fix")
    if kind == "literal_error":
        return "not_an_option", both("policy.not_an_option_fix", options=", ".join(options_of(item)))
    return "wrong_value", both("policy.wrong_value_fix")


def _keys_of(place: tuple[int | str, ...]) -> list[str]:
    """The keys of the table that has an error."""
    tables: dict[str, type[BaseModel]] = {
        "policy": PolicyRow, "target": TargetRow, "scopes": ScopeRow, "thresholds": ThresholdRow, "residents": ResidentsRow,
    }  # fmt: skip
    model = next((tables[str(step)] for step in reversed(place[:-1]) if str(step) in tables), PolicyFile)
    return sorted(field.alias or key for key, field in model.model_fields.items())


def _problems(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, rule) of what is wrong between the keys of one row; values of a wrong type are the schema's matter."""

    measure = row.get("measure")
    shape = row.get("figure") or measure
    steps = row.get("thresholds") if isinstance(row.get("thresholds"), list) else []
    stated = [("required", row.get("required")), *(("thresholds", step.get("required")) for step in steps or [] if isinstance(step, dict))]
    for key, value in stated:
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if shape in SHARES and not 0.0 <= value <= 1.0:
            yield key, "share_range"
        if shape in COUNTS and not (value > 0 and float(value).is_integer()):
            yield key, "count_range"
    if row.get("required") is not None and steps:
        yield "thresholds", "two_thresholds"
    if measure == "none" and not row.get("reason"):
        yield "reason", "none_needs_reason"
    if shape in (*RADIO, "site_count") and not row.get("family"):
        yield "family", "needs_family"
    if shape in ("place_share", "place_count") and not row.get("place_classes") and row.get("layer") != "villages":
        yield "place_classes", "needs_class"
    if shape == "line_share" and not row.get("line_classes"):
        yield "line_classes", "needs_class"
    if shape == "attribute_share" and not row.get("column"):
        yield "column", "needs_column"
    if shape == "attribute_share" and not row.get("layer") and not row.get("register"):
        yield "layer", "needs_layer"
    if measure == "reported" and not row.get("figure") and not row.get("register"):
        yield "register", "needs_register"


def _row_faults(raw: dict[str, Any], lines: Lines, name: str) -> Iterator[Fault]:
    rows = raw.get("target")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        for key, rule in _problems(row) if isinstance(row, dict) else ():
            at = ("target", index, key)
            value = _shown(row.get(key, ""))
            yield Fault(name, both(f"policy.{rule}"), both(f"policy.{rule}_fix"), rule=rule, row=lines.line(at), column=key, value=value)


def _cross_faults(raw: dict[str, Any], lines: Lines, name: str) -> Iterator[Fault]:
    """Faults between rows: keys that repeat, scopes and measure numbers that nothing defines."""
    rows = raw.get("target")
    if not isinstance(rows, list):
        return
    scopes, departments = raw.get("scopes"), raw.get("departments")
    head = raw.get("policy")
    priced = [index for index, row in enumerate(rows) if isinstance(row, dict) and row.get("award") is not None]
    if priced and isinstance(head, dict) and not head.get("currency"):
        at = lines.line(("target", priced[0], "award"))
        yield Fault(
            name, both("policy.award_currency"), both("policy.award_currency_fix"), rule="award_currency", row=at, column="currency"
        )
    known = set(scopes) if isinstance(scopes, dict) else set()
    seen: dict[tuple[str, str], int | None] = {}
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            continue
        thresholds = row.get("thresholds")
        parts = (
            [t.get("part") for t in thresholds if isinstance(t, dict)]
            if isinstance(thresholds, list) and thresholds
            else [row.get("part", "main")]
        )
        for part in parts:
            key = str(row.get("id")), str(part)
            if key in seen and "id" in row:
                yield Fault(
                    name,
                    both("policy.duplicate_key", line=seen[key]),
                    both("policy.duplicate_key_fix"),
                    rule="duplicate_key",
                    row=lines.line(("target", index, "id")),
                    column="id",
                    value=f"{key[0]} / {key[1]}",
                )
            seen.setdefault(key, lines.line(("target", index, "id")))
        residents = row.get("residents")
        named = [("scope", row.get("scope"))] + ([("residents", residents.get("cities"))] if isinstance(residents, dict) else [])
        for column, scope in named:
            if isinstance(scope, str) and not (scope == "province" and column == "scope") and scope not in known:
                yield Fault(
                    name,
                    both("policy.unknown_scope"),
                    both("policy.unknown_scope_fix", options=", ".join(["province", *sorted(known)])),
                    rule="unknown_scope",
                    row=lines.line(("target", index, column)),
                    column=column,
                    value=scope,
                )
        receiver = row.get("receiver", "")
        if isinstance(receiver, str) and receiver and receiver not in (receivers := load("radio_environment")["receivers"]):
            yield Fault(
                name,
                both("policy.unknown_receiver"),
                both("policy.unknown_receiver_fix", options=", ".join(receivers)),
                rule="unknown_receiver",
                row=lines.line(("target", index, "receiver")),
                column="receiver",
                value=receiver,
            )
        number = row.get("measure_number", "")
        if isinstance(departments, dict) and departments and number and str(number) not in departments:
            yield Fault(
                name,
                both("policy.unknown_number"),
                both("policy.unknown_number_fix"),
                rule="unknown_number",
                row=lines.line(("target", index, "measure_number")),
                column="measure_number",
                value=str(number),
            )
