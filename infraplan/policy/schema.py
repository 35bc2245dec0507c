"""The schema of a policy file, and every fault of it at once with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from infraplan.errors import DataError, Fault
from infraplan.messages import both

SHARES = ("population_share", "area_share", "place_share", "line_share", "attribute_share")
COUNTS = ("place_count", "site_count")
MEASURES = (*SHARES, *COUNTS, "reported", "none")
FAMILIES = ("nr", "nbiot", "lte")
RADIO = ("population_share", "area_share", "place_share", "place_count", "line_share")
COUPLING_CLASSES_DB = (144, 154, 164)
BARE_DATE = re.compile(r"(=\s*)(\d{1,4}-\d{1,2}-\d{1,2})(?=\s*(?:[,}\]#\r\n]|$))")


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("not a number")
    return value


def _as_date(value: object) -> object:
    """A TOML date, or a text that is one."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    return value


Number = Annotated[float, BeforeValidator(_no_bool)]
Day = Annotated[date, BeforeValidator(_as_date)]
Adcode = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ThresholdRow(_Strict):
    """One of several thresholds of a clause: it becomes the part `part`."""

    part: Key
    required: Number
    due: Day | None = None


class ResidentsRow(_Strict):
    """Which residents a population share counts: those of `cities`, and elsewhere those within `radius_m` of a place of class `near`."""

    cities: str
    near: str
    radius_m: Annotated[Number, Field(gt=0)]


class TargetRow(_Strict):
    """One `[[target]]` of a policy file."""

    id: Key
    part: Key = "main"
    task: Annotated[str, Field(min_length=1)]
    task_en: str = ""
    quotation: str = ""
    document: str = ""
    measure_number: str = ""
    force: str = ""
    binding: bool | None = None
    measure: Literal[
        "population_share", "area_share", "place_share", "line_share", "attribute_share", "place_count", "site_count", "reported", "none"
    ]
    figure: Literal["", "population_share", "area_share", "place_share", "line_share", "attribute_share", "place_count", "site_count"] = ""
    family: Literal["", "nr", "nbiot", "lte"] = ""
    scope: str | list[Adcode] = "province"
    asked_of: Literal["scope", "zones"] = "zones"
    setting: Literal["all", "urban", "rural"] = "all"
    receiver: str = ""
    coupling_class_db: Literal[144, 154, 164] | None = None
    residents: ResidentsRow | None = None
    layer: Literal["", "villages", "places", "corridors", "sites"] = ""
    register_name: Annotated[str, Field(alias="register")] = ""
    place_classes: list[str] = []
    kinds: list[str] = []
    line_classes: list[str] = []
    min_households: Annotated[int, Field(ge=0)] | None = None
    official_column: str = ""
    check_points: list[str] = []
    indoor_system: bool = False
    statuses: list[Literal["existing", "planned"]] = ["existing"]
    per_site: Annotated[Number, Field(gt=0)] | None = None
    column: str = ""
    at_least: Number | None = None
    where: dict[str, bool | int | float | str] = {}
    weight: str = ""
    served_part: Annotated[Number, Field(gt=0, le=1)] | None = None
    radius_m: Annotated[Number, Field(gt=0)] | None = None
    count_basis: Literal["site", "mast", "operator"] = "site"
    since: Day | None = None
    until: Day | None = None
    award_cny: Annotated[Number, Field(ge=0)] | None = None
    required: Number | None = None
    due: Day | None = None
    thresholds: list[ThresholdRow] = []
    networks: bool | None = None
    beside: bool = False
    interpretation: bool = False
    reading: str = ""
    reading_en: str = ""
    reason: str = ""
    reason_en: str = ""
    source: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> TargetRow:
        problems = list(self._problems())
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        """Each "key|message key" that the fields' own types cannot see."""
        shape = self.figure or self.measure
        for value in [self.required, *(row.required for row in self.thresholds)]:
            if value is not None and shape in SHARES and not 0.0 <= value <= 1.0:
                yield "required|share_range" if value == self.required else "thresholds|share_range"
            if value is not None and shape in COUNTS and (value <= 0 or value != int(value)):
                yield "required|count_range" if value == self.required else "thresholds|count_range"
        if self.required is not None and self.thresholds:
            yield "thresholds|two_thresholds"
        if self.measure == "none" and not self.reason:
            yield "reason|none_needs_reason"
        if shape in RADIO and not self.family:
            yield "family|needs_family"
        if shape in ("place_share", "place_count") and not self.place_classes and self.layer != "villages":
            yield "place_classes|needs_class"
        if shape == "line_share" and not self.line_classes:
            yield "line_classes|needs_class"
        if shape == "attribute_share" and not self.column:
            yield "column|needs_column"
        if shape == "attribute_share" and not self.layer and not self.register_name:
            yield "layer|needs_layer"
        if self.measure == "reported" and not self.figure and not self.register_name:
            yield "register|needs_register"
        if shape == "site_count" and not self.family:
            yield "family|needs_family"


class PolicyRow(_Strict):
    """The `[policy]` table: which document the clauses stand in."""

    document: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    title_en: str = ""
    issued: Day | None = None
    expires: Day | None = None
    province: Adcode
    draft: bool = False
    source: Annotated[str, Field(min_length=1)]
    departments_missing: str = "not assigned"


class ScopeRow(_Strict):
    """A named list of cities."""

    name: str
    name_en: str = ""
    cities: Annotated[list[Adcode], Field(min_length=1)]


class PolicyFile(_Strict):
    """A whole policy file."""

    policy: PolicyRow
    scopes: dict[str, ScopeRow] = {}
    departments: dict[str, str] = {}
    target: Annotated[list[TargetRow], Field(min_length=1)]


class Lines:
    """Where each key of a TOML text stands: `line(("target", 3, "due"))` is the nearest line known."""

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
    try:
        raw = tomllib.loads(quoted)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        row = int(where[1]) if where else text.count("\n") + 1
        raise DataError(
            Fault(name, both("policy.not_toml", detail=str(error)), both("policy.not_toml_cure"), rule="toml", row=row)
        ) from error
    lines = Lines(text)
    faults: list[Fault] = []
    try:
        content = PolicyFile.model_validate(raw)
    except ValidationError as error:
        faults = [fault for item in error.errors() for fault in _faults(dict(item), raw, lines, name)]
        content = None
    faults += list(_cross_faults(raw, lines, name))
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
    if kind == "value_error" and "|" in item["msg"]:
        for problem in item["msg"].removeprefix("Value error, ").split("\n"):
            column, _, key = problem.partition("|")
            at = (*path, column)
            yield Fault(
                name,
                both(f"policy.{key}"),
                both(f"policy.{key}_cure"),
                rule=key,
                row=lines.line(at),
                column=column,
                value=_shown(_value(raw, at)),
            )
        return
    column, value = str(path[-1]) if path else "", _shown(item.get("input"))
    rule, cure = _rule(kind, column, item)
    yield Fault(
        name,
        both(f"policy.{rule}", detail=item["msg"]),
        cure,
        rule=rule,
        row=lines.line(path),
        column=column,
        value="" if kind == "missing" else value,
    )


def _rule(kind: str, column: str, item: dict[str, Any]) -> tuple[str, str]:
    if kind == "missing":
        return "missing_key", both("policy.missing_key_cure", name=column)
    if kind == "extra_forbidden":
        known = [field.alias or key for model in (TargetRow, PolicyRow, ScopeRow, PolicyFile) for key, field in model.model_fields.items()]
        near = difflib.get_close_matches(column, known, n=1)
        return "unknown_key", both("policy.unknown_key_cure", near=near[0] if near else ", ".join(sorted(TargetRow.model_fields)))
    if column == "measure" and kind == "literal_error":
        near = difflib.get_close_matches(str(item.get("input")), MEASURES, n=1)
        return "unknown_measure", both("policy.unknown_measure_cure", options=", ".join(MEASURES), near=near[0] if near else "-")
    if column in ("due", "issued", "expires", "since", "until"):
        return "not_a_date", both("policy.not_a_date_cure")
    if kind == "literal_error":
        return "not_an_option", both("policy.not_an_option_cure", options=item["ctx"]["expected"])
    return "wrong_value", both("policy.wrong_value_cure")


def _cross_faults(raw: dict[str, Any], lines: Lines, name: str) -> Iterator[Fault]:
    """Faults between rows: keys that repeat, scopes and measure numbers that nothing defines."""
    rows = raw.get("target")
    if not isinstance(rows, list):
        return
    scopes, departments = raw.get("scopes"), raw.get("departments")
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
                    both("policy.duplicate_key_cure"),
                    rule="duplicate_key",
                    row=lines.line(("target", index, "id")),
                    column="id",
                    value=f"{key[0]} / {key[1]}",
                )
            seen.setdefault(key, lines.line(("target", index, "id")))
        residents = row.get("residents")
        named = [("scope", row.get("scope"))] + ([("residents", residents.get("cities"))] if isinstance(residents, dict) else [])
        for column, scope in named:
            if isinstance(scope, str) and scope != "province" and scope not in known:
                yield Fault(
                    name,
                    both("policy.unknown_scope"),
                    both("policy.unknown_scope_cure", options=", ".join(["province", *sorted(known)])),
                    rule="unknown_scope",
                    row=lines.line(("target", index, column)),
                    column=column,
                    value=scope,
                )
        number = row.get("measure_number", "")
        if isinstance(departments, dict) and departments and number and str(number) not in departments:
            yield Fault(
                name,
                both("policy.unknown_number"),
                both("policy.unknown_number_cure"),
                rule="unknown_number",
                row=lines.line(("target", index, "measure_number")),
                column="measure_number",
                value=str(number),
            )
