"""Write docs/study.md, the reference of study.toml, from the schema that reads the file: run it after changing a key."""

from __future__ import annotations

from pathlib import Path

from infraplan.files import write_text
from infraplan.messages import Bilingual, both
from infraplan.study.key_reference import Key, Part, costs_parts, parts, written

PAGE = Path(__file__).resolve().parents[1] / "docs" / "study.md"


def cell(text: object) -> str:
    """A text that may be a cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def paired(text: str) -> str:
    """Chinese, English below it; one text where both are alike."""
    assert isinstance(text, Bilingual)
    return cell(text.zh) if text.zh == text.en else f"{cell(text.zh)}<br>*{cell(text.en)}*"


def default_of(key: Key) -> str:
    """A default as a user would write it."""
    if key.required:
        return paired(both("keys.page_required"))
    return "" if key.default in (None, "", (), {}) else f"`{written(key.default)}`"


def section(part: Part) -> str:
    """A section with a row a key."""
    title = f"### [{part.name}]" if part.name else "### currency"
    heads = [both(f"keys.page_{name}") for name in ("key", "kind", "default", "meaning")]
    rows = ["| " + " | ".join(f"{head.zh} {head.en}" for head in heads) + " |", "|" + "---|" * len(heads)]
    for key in part.keys:
        kind = paired(key.kind) + (f"<br>{cell(key.limits)}" if key.limits else "")
        files = both("keys.page_files", files=" ".join(f"`{file}`" for file in key.files)) if key.files else ""
        meaning = paired(key.meaning) + (f"<br>{paired(files)}" if files else "")
        rows.append(f"| `{key.name}` | {kind} | {default_of(key)} | {meaning} |")
    meaning = paired(part.meaning)
    return "\n\n".join(text for text in (title, meaning, "\n".join(rows)) if text)


def page() -> str:
    """The whole page."""
    head, intro = both("keys.page_title"), both("keys.page_intro")
    costs, costs_intro = both("keys.page_costs"), both("keys.page_costs_intro")
    return "\n\n".join(
        [
            f"# {head.zh} {head.en}", intro.zh, f"*{intro.en}*", "## study.toml", *(section(part) for part in parts()),
            f"## {costs.zh} {costs.en}", costs_intro.zh, f"*{costs_intro.en}*", *(section(part) for part in costs_parts()),
        ]
    ) + "\n"  # fmt: skip


if __name__ == "__main__":
    write_text(PAGE, page())
