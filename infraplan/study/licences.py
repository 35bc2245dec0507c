"""licences.toml beside study.toml: whose each input is, and under which licence; every fault at once."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from infraplan.errors import DataError, Fault
from infraplan.messages import both
from infraplan.study.config_faults import key_faults, toml_fault

FILE_NAME = "licences.toml"


class Licence(BaseModel):
    """An input: what it is, whose it is, under which licence. `synthetic`: made up for an example."""

    model_config = ConfigDict(frozen=True)

    name: str
    holder: str
    licence: str
    synthetic: bool = False


class Licences(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True)

    dataset: tuple[Licence, ...] = ()


def read_licences(folder: Path) -> tuple[Licence, ...] | None:
    """The licences beside study.toml, None without the file; a DataError with every fault and its line."""
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(Fault(FILE_NAME, both("study.not_utf8"), both("study.not_utf8_cure"), rule="licences-encoding")) from None
    try:
        return Licences.model_validate(tomllib.loads(text)).dataset
    except tomllib.TOMLDecodeError as error:
        raise DataError(toml_fault(FILE_NAME, error, text)) from None
    except ValidationError as error:
        raise DataError(key_faults(error, Licences, FILE_NAME, text, {})) from None
