"""Targets: the clauses of a policy as rows that can be measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from infraplan import presets
from infraplan.errors import DataError, Fault
from infraplan.fields import field_of
from infraplan.messages import both
from infraplan.policy.policy_files import parse
from infraplan.policy.priority import Areas
from infraplan.policy.schema import SHARES, PolicyFile, TargetRow
from infraplan.tables.values import folded, word_table
from infraplan.toml_files import read_toml_text

if TYPE_CHECKING:
    import pandas as pd

BINDING = ("确保", "实现", "覆盖", "完成", "达到")
"""Verbs that bind: only they can be met or not met (shared reading of the two documents of Guangdong)."""


@dataclass(frozen=True)
class Policy:
    """A document and its period of validity."""

    name: str
    document: str
    title: str
    title_en: str
    issued: date | None
    expires: date | None
    province: str
    draft: bool
    source: str
    currency: str = ""

    def expired(self, as_of: date) -> bool:
        """Whether the document was no longer valid on that day."""
        return self.expires is not None and self.expires < as_of


@dataclass(frozen=True)
class Residents:
    """All residents of `cities`, elsewhere those within `radius_m` of a place of class `near`."""

    cities: frozenset[str]
    near: str
    radius_m: float


@dataclass(frozen=True)
class Target:
    """One measurable part of a clause; (`id`, `part`) is its key.

    Attributes
    ----------
    measure : str
        population_share, area_share, place_share, place_count, line_share, site_count, attribute_share, reported or none.
    figure : str
        What a `reported` row computes; empty where the figure is an input.
    cities : frozenset of str
        City adcodes of the scope.
    counties : frozenset of str
        County adcodes of the scope beside those cities; both empty for the whole province.
    asked_of : str
        "zones": the threshold is for every zone in scope; "scope": for the whole only.
    required : float or None
        Fraction for shares, number for counts, None without a threshold.
    binding : bool
        Whether the verb of the clause can be met or not met.
    beside : bool
        A figure printed beside the clause: never judged.
    scenario : str
        The other cost of a plan that the clause asks for: "public_rent", public premises free of rent; "" for none.
    """

    id: str
    part: str
    policy: Policy
    document: str
    task: str
    task_en: str
    quotation: str
    measure_number: str
    departments: str
    force: str
    binding: bool
    measure: str
    figure: str
    family: str
    scope: str
    scope_name: str
    scope_name_en: str
    cities: frozenset[str]
    asked_of: str
    required: float | None
    due: date | None
    interpretation: bool
    beside: bool
    by_network: bool
    counties: frozenset[str] = frozenset()
    setting: str = "all"
    areas: str = "all"
    receiver: str = ""
    coupling_class_db: int | None = None
    residents: Residents | None = None
    layer: str = ""
    register: str = ""
    place_classes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    line_classes: tuple[str, ...] = ()
    min_households: int | None = None
    official_column: str = ""
    check_points: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    site_within_m: float | None = None
    indoor_system: bool = False
    statuses: tuple[str, ...] = ("existing",)
    column: str = ""
    at_least: float | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    weight: str = ""
    unit: str = ""
    served_part: float | None = None
    radius_m: float | None = None
    count_basis: str = "site"
    since: date | None = None
    until: date | None = None
    award: float | None = None
    reading: str = ""
    reading_en: str = ""
    reason: str = ""
    reason_en: str = ""
    rests_on: str = ""
    rests_on_en: str = ""
    source: str = ""
    scenario: str = ""

    @property
    def shape(self) -> str:
        """The measure that gives the number: the figure of a reported row, else the measure itself."""
        return self.figure or self.measure

    @property
    def provincial(self) -> bool:
        """Whether the whole province is in scope."""
        return not self.cities and not self.counties


@dataclass(frozen=True)
class Targets:
    """The clauses of one or several policies, in the order of their files."""

    rows: tuple[Target, ...]
    policies: tuple[Policy, ...]
    priority_areas: Areas | None = None
    """Where the policies ask to go first; of the presets where None."""

    def __iter__(self) -> Iterator[Target]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id once, in order."""
        return tuple(dict.fromkeys(row.id for row in self.rows))

    def only(self, *ids: str) -> Targets:
        """The rows of these ids; an unknown id is refused with the list."""
        for name in ids:
            presets.choose(name, self.ids, "target")
        return replace(self, rows=tuple(row for row in self.rows if row.id in ids))

    def row(self, target: str, part: str = "") -> Target:
        """One row; without `part` the first of that id that is judged."""
        rows = self.only(target).rows
        if part:
            return next(row for row in rows if row.part == presets.choose(part, [row.part for row in rows], "part"))
        return next((row for row in rows if not row.beside), rows[0])

    def measure_of(self, scenario: str) -> str:
        """Number of the measure that asks for a scenario of a plan's cost; "" where none does."""
        return next((row.measure_number for row in self.rows if row.scenario == scenario), "")

    def expired(self, as_of: date) -> tuple[Policy, ...]:
        """Documents that were no longer valid on that day."""
        return tuple(policy for policy in self.policies if policy.expired(as_of))

    @property
    def frame(self) -> pd.DataFrame:
        """One row a target part, as a table."""
        import pandas as pd

        names = [item.name for item in fields(Target) if item.name != "policy"]
        return pd.DataFrame([{name: getattr(row, name) for name in names} for row in self.rows], columns=names)


def read_policy(*names_or_paths: str | Path) -> Targets:
    """The clauses of one or several policy files.

    Parameters
    ----------
    *names_or_paths : str or Path
        Names of presets ("guangdong-2020") or paths of TOML files in the same schema; see docs/policies.md.

    Returns
    -------
    Targets
        One row a measurable part of a clause; `.ids`, `.only(id)` and `.frame` show them.

    Raises
    ------
    DataError
        Every fault of the files at once, each with its line: unknown measures and keys, thresholds outside 0..1, dates that
        are no dates, ids that repeat.
    UsageError
        A name that is no preset, with the list and the nearest match.

    Examples
    --------
    >>> import infraplan as ip
    >>> targets = ip.read_policy("guangdong-2020")
    >>> targets.row("nr-pop90").required, targets.row("nr-pop90").measure
    (0.9, 'population_share')
    """
    rows: list[Target] = []
    policies: list[Policy] = []
    faults: list[Fault] = []
    for source in names_or_paths:
        try:
            name, text = _read(source)
            found = _targets(parse(text, name), Path(name).stem)
        except DataError as error:
            faults += error.fault_list
            continue
        known = {(row.id, row.part) for row in rows}
        faults += [
            Fault(
                name,
                both("policy.duplicate_across"),
                both("policy.duplicate_key_fix"),
                rule="duplicate_key",
                column="id",
                value=f"{row.id} / {row.part}",
            )
            for row in found.rows
            if (row.id, row.part) in known
        ]
        rows += found.rows
        policies += found.policies
    if faults:
        raise DataError(faults)
    return Targets(tuple(rows), tuple(policies))


def _read(source: str | Path) -> tuple[str, str]:
    """Name and text of a policy file."""
    if isinstance(source, Path) or str(source).endswith(".toml"):
        return str(source), read_toml_text(Path(source), "policy", str(source))
    name = presets.choose(source, presets.names("policies"), "policy")
    return f"{name}.toml", files("infraplan.presets").joinpath(f"policies/{name}.toml").read_text(encoding="utf-8")


def _targets(content: PolicyFile, name: str) -> Targets:
    head = content.policy
    policy = Policy(
        name, head.document, head.title, head.title_en, head.issued, head.expires, head.province, head.draft, head.source, head.currency
    )
    rows = []
    for row in content.target:
        base = _target(row, content, policy)
        if row.thresholds:
            rows += [replace(base, part=step.part, required=step.required, due=step.due or row.due) for step in row.thresholds]
        else:
            rows.append(base)
    return Targets(tuple(rows), (policy,))


def _target(row: TargetRow, content: PolicyFile, policy: Policy) -> Target:
    counties = frozenset[str]()
    if isinstance(row.scope, list):
        scope, label, label_en, cities = "list", "、".join(row.scope), ", ".join(row.scope), frozenset(row.scope)
    elif row.scope == "province":
        scope, label, label_en, cities = "province", "全省", "whole province", frozenset[str]()
    else:
        named = content.scopes[row.scope]
        scope, label, label_en, cities = row.scope, named.name, named.name_en or named.name, frozenset(named.cities)
        counties = frozenset(named.counties)
    residents = None
    if row.residents is not None:
        near = _classes([row.residents.near], "place")[0]
        residents = Residents(frozenset(content.scopes[row.residents.cities].cities), near, row.residents.radius_m)
    shape = row.figure or row.measure
    taken = {
        "scope",
        "asked_of",
        "register_name",
        "residents",
        "thresholds",
        "networks",
        "binding",
        "task_en",
        "place_classes",
        "kinds",
        "line_classes",
        "check_points",
        "also",
        "statuses",
        "document",
    }
    plain = {key: getattr(row, key) for key in TargetRow.model_fields if key not in taken}
    return Target(
        **plain,
        policy=policy,
        document=row.document or policy.document or policy.title,
        task_en=row.task_en or row.task,
        departments=content.departments.get(row.measure_number, content.policy.departments_missing),
        binding=row.force in BINDING if row.binding is None else row.binding,
        scope=scope,
        scope_name=label,
        scope_name_en=label_en,
        cities=cities,
        counties=counties,
        asked_of="scope" if shape in ("place_count", "site_count") else row.asked_of,
        by_network=bool(row.family) and shape in SHARES + ("place_count",) and shape != "attribute_share"
        if row.networks is None
        else row.networks,
        residents=residents,
        register=row.register_name,
        place_classes=_classes(row.place_classes, "place"),
        kinds=tuple(row.kinds),
        line_classes=_classes(row.line_classes, "corridor"),
        check_points=_classes(row.check_points, "place"),
        also=tuple(row.also),
        statuses=tuple(row.statuses),
    )


def _classes(names: Iterable[str], table: str) -> tuple[str, ...]:
    """Classes of places or lines by infraplan's names, as the readers of the tables write them; others as they are."""
    field = field_of(table, f"{'place' if table == 'place' else 'line'}_class")
    known = word_table(field.name, field.choices)
    return tuple(known.get(str(cell), name.strip()) for name in names for cell in folded(np.array([name], dtype=object)))


def plain_target(family: str) -> Target:
    """A target that asks only whether a family serves, outside every policy."""
    nothing = Policy("", "-", "", "", None, None, "", False, "")
    return Target(
        id="",
        part="",
        policy=nothing,
        document="-",
        task="",
        task_en="",
        quotation="",
        measure_number="",
        departments="",
        force="",
        binding=False,
        measure="place_share",
        figure="",
        family=family,
        scope="province",
        scope_name="",
        scope_name_en="",
        cities=frozenset(),
        asked_of="zones",
        required=None,
        due=None,
        interpretation=False,
        beside=False,
        by_network=True,
    )
