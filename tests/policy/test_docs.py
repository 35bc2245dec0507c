"""The documentation's own example, and that it names every key of the schema."""

from __future__ import annotations

import re
from pathlib import Path

from infraplan.policy.gap_reasons import REASONS
from infraplan.policy.schema import MEASURES, TargetRow
from infraplan.policy.targets import read_policy

DOCUMENT = Path(__file__).parents[2] / "docs" / "policies.md"


def test_the_smallest_file_works(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    path = tmp_path / "mine.toml"
    path.write_text(block[1], encoding="utf-8")
    targets = read_policy(path)
    assert targets.ids == ("nr-people", "nr-mountain-villages")
    assert targets.row("nr-people").departments == "省通信管理局、省农业农村厅"


def test_every_key_measure_and_reason_is_named() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    keys = {field.alias or name for name, field in TargetRow.model_fields.items()}
    for name in (keys | set(MEASURES) | set(REASONS)) - {"reason", "reason_en", "source"}:
        assert f"`{name}" in text or f"{name} =" in text, name
