"""Every key of study.toml with its type, limits, default and meaning, read from the schema: for docs/study.md and for a blank study."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from infraplan.messages import Bilingual, both, catalogue
from infraplan.siting.costs_schema import LINES, NOTHING, AnnuityTerms, HostTerms, LineTerms, PowerTerms, Terms
from infraplan.study.config import USED_BY, Config

LIMITS = {"gt": "> {}", "ge": "≥ {}", "lt": "< {}", "le": "≤ {}"}
KINDS = {"str": "text", "int": "whole", "float": "number", "bool": "truth", "date": "date"}
FILE, NAME = "FILE", "NAME"
"""Stand in a section's name for a file of [files], and for a name that the user gives."""


@dataclass(frozen=True)
class Key:
    """One key. `kind`: what may be written, in words. `default`: None where there is none. `files`: the files whose option it is."""

    name: str
    kind: Bilingual
    limits: str
    required: bool
    default: Any
    meaning: Bilingual
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A section: "study", "options.FILE", "networks.NAME", "[plan.phases]"."""

    name: str
    meaning: Bilingual
    keys: tuple[Key, ...]


def parts() -> tuple[Part, ...]:
    """Every section of study.toml, in the order of the schema."""
    return tuple(part for name, field in Config.model_fields.items() for part in _parts(name, name, field))


def _parts(name: str, title: str, field: FieldInfo) -> Iterator[Part]:
    """A section, and those inside it."""
    model, many = _model_in(field.annotation), typing.get_origin(field.annotation)
    assert model is not None
    if name == "options":
        inner = _model_in(next(iter(model.model_fields.values())).annotation)
        assert inner is not None
        yield Part(f"options.{FILE}", _said("section_options"), tuple(_keys("options", inner)))
        return
    if name == "datum":
        files = tuple(model.model_fields)
        text = both("keys.datum_file")
        yield Part("datum", _said("section_datum"), tuple(Key(file, _kind(str), "", False, None, text) for file in files))
        return
    shown = f"{title}.{NAME}" if many is dict else f"[{title}]" if many is tuple else title
    yield Part(shown, _said(f"section_{name}"), tuple(_keys(name, model)))
    for key, inner_field in model.model_fields.items():
        if _model_in(inner_field.annotation) is not None:
            yield from _parts(f"{name}_{key}", f"{title}.{key}", inner_field)


def _keys(section: str, model: type[BaseModel]) -> Iterator[Key]:
    """The keys of a section that hold values; sections inside it come apart."""
    for name, field in model.model_fields.items():
        if _model_in(field.annotation) is not None:
            continue
        limits = ", ".join(LIMITS[key].format(getattr(mark, key)) for mark in field.metadata for key in LIMITS if hasattr(mark, key))
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        files = tuple(file for file, options in USED_BY.items() if name in options) if section == "options" else ()
        yield Key(name, _kind(field.annotation), limits, field.is_required(), default, both(f"keys.{section}_{name}"), files)


def _said(key: str) -> Bilingual:
    """The meaning of a section; nothing where its keys say all."""
    return both(f"keys.{key}") if key in catalogue("keys") else Bilingual("", "")


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a type names, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in typing.get_args(annotation) if (model := _model_in(part)) is not None), None)


def _kind(annotation: Any) -> Bilingual:
    """A type as a user writes it in TOML."""
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(inside[0])
    if origin is typing.Literal:
        words = ["" if value is None else f'"{value}"' if isinstance(value, str) else str(value) for value in inside]
        return Bilingual(" 或 ".join(words), " or ".join(words))
    if origin in (typing.Union, types.UnionType):
        found = [_kind(part) for part in inside if part is not type(None)]
        return Bilingual(" 或 ".join(dict.fromkeys(one.zh for one in found)), " or ".join(dict.fromkeys(one.en for one in found)))
    if origin in (tuple, dict):
        return both(f"keys.kind_{'list' if origin is tuple else 'table'}", of=_kind(inside[0 if origin is tuple else 1]))
    return both(f"keys.kind_{KINDS[annotation.__name__]}")


def costs_parts() -> tuple[Part, ...]:
    """Every section of a costs file."""
    nothing = Bilingual("", "")
    return (
        Part("", nothing, (Key("currency", _kind(str), "", True, None, both("keys.costs_currency")),)),
        Part("annuity", nothing, tuple(_costs_keys("annuity", AnnuityTerms))),
        Part("added_service", nothing, tuple(_costs_keys("terms", Terms))),
        *(Part(f"lines.{line}", nothing, tuple(_costs_keys("lines", LineTerms))) for line in LINES),
        Part("power", nothing, tuple(_costs_keys("power", PowerTerms))),
        Part("hosts.NAME", nothing, tuple(_costs_keys("hosts", HostTerms))),
    )


def _costs_keys(section: str, model: type[BaseModel]) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        limits = ", ".join(LIMITS[key].format(getattr(mark, key)) for mark in field.metadata for key in LIMITS if hasattr(mark, key))
        default = None if field.is_required() else field.get_default()
        default = 0 if default == NOTHING else default
        kind = both("keys.kind_range") if field.annotation == tuple[float, float, float] else _kind(field.annotation)
        key = f"costs_{section if f'costs_{section}_{name}' in catalogue('keys') else 'terms'}_{name}"
        yield Key(name, kind, limits, field.is_required(), default, both(f"keys.{key}"))


def written(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {written(one)}" for name, one in value.items()) + " }" if value else "{}"
    return f'"{value}"' if isinstance(value, str) else str(value)
