"""licences.toml beside study.toml: the owner and the licence of each input; every fault at once."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from infraplan.errors import DataError
from infraplan.toml_faults import key_faults
from infraplan.toml_files import parse_toml, read_toml_text

FILE_NAME = "licences.toml"


class Licence(BaseModel):
    """An input: its title, owner and licence. `synthetic`: made up for an example."""

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
    text = read_toml_text(path, "licences")
    try:
        return Licences.model_validate(parse_toml(text, FILE_NAME, "licences")).dataset
    except ValidationError as error:
        raise DataError(key_faults(error, Licences, FILE_NAME, text, {})) from None
