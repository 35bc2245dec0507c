"""docs/study.md and the blank study have every key of the schema, and both are written from it."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from infraplan.errors import DataError
from infraplan.messages import catalogue
from infraplan.study.blank import study_text, write_blank
from infraplan.study.config import Config, read_config
from infraplan.study.key_reference import parts

ROOT = Path(__file__).resolve().parents[1]
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def schema_keys(model: type[BaseModel] = Config) -> set[str]:
    """Names of every key at any depth, read from the schema's own json form rather than by `key_reference`."""
    found: set[str] = set()
    definitions = model.model_json_schema()["$defs"].values()
    for entry in [*definitions, model.model_json_schema()]:
        found |= set(entry.get("properties", ()))
    return found


def test_the_page_is_up_to_date_and_complete() -> None:
    spec = importlib.util.spec_from_file_location("write_study_page", ROOT / "tools" / "write_study_page.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    page = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    assert page == tool.page(), "run tools/write_study_page.py"
    assert not [key for key in schema_keys() if f"`{key}`" not in page and f"[{key}" not in page and f".{key}" not in page]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_blank_study_has_every_key_as_valid_toml(lang: str) -> None:
    text = study_text("my study", lang)
    written = tomllib.loads(text)
    assert written["study"]["name"] == "my-study" and "440" not in text and "cmcc" not in text.replace('"cbn+cmcc"', "")
    assert not [key for key in schema_keys() if not re.search(rf"(?m)^#?\[*[\w.]*\b{key}\b", text)]
    keys = [line.lstrip("#") for line in text.splitlines() if re.match(r"#?\w+ = ", line)]
    for line in keys:
        tomllib.loads(line)  # a key that loses its comment sign is valid by itself
    assert lang == "zh" or not CHINESE.search(text)


def test_every_key_says_what_it_means() -> None:
    for part in parts():
        assert part.keys or part.meaning
        assert all(key.meaning.zh and key.meaning.en and CHINESE.search(key.meaning.zh) for key in part.keys), part.name  # type: ignore[attr-defined]
    assert not CHINESE.search(" ".join(entry["en"] for entry in catalogue("blank").values()))


def test_what_is_still_to_be_filled_in_is_told_with_its_line(tmp_path: Path) -> None:
    write_blank(tmp_path / "new", "en")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"study.toml", "tables.xlsx", "policy.toml", "costs.toml"}
    with pytest.raises(DataError) as told:
        read_config(tmp_path / "new" / "study.toml")
    lines = (tmp_path / "new" / "study.toml").read_text(encoding="utf-8").splitlines()
    faults = told.value.fault_list
    assert [fault.column for fault in faults] == ["study.title_en", "study.operators", "plan.operators"]
    assert all('"?"' in lines[fault.row - 1] for fault in faults if fault.row) and all(fault.row for fault in faults)
