"""Classes and columns of tables that a study's policies name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infraplan.errors import InfraplanError

if TYPE_CHECKING:
    from infraplan.study import Study


def named_classes(study: Study, *keys: str) -> tuple[str, ...]:
    """Classes that the study's policies name; none while a policy has faults, which `targets` reports."""
    try:
        targets = study.targets
    except InfraplanError:
        return ()
    near = [row.residents.near for row in targets if row.residents is not None and "place_classes" in keys]
    return tuple(dict.fromkeys([name for row in targets for key in keys for name in getattr(row, key)] + near))


def named_columns(study: Study) -> tuple[str, ...]:
    """Columns that the study's policies name, in any table."""
    try:
        targets = study.targets
    except InfraplanError:
        return ()
    return tuple(dict.fromkeys(name for row in targets for name in (row.column, row.weight, *row.where, *row.also) if name))
