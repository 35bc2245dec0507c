"""What the pages tell people to type exists: verbs, options, keys, files."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer.main

from infraplan import cli
from infraplan.study.config import Config

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "generated" not in page.parts]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def typed(text: str) -> list[str]:
    """Every command that a page shows, in a block or in a line."""
    blocks = "\n".join(re.findall(r"^```(?:sh|console|bash)\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE))
    lines = [line.partition("#")[0].strip() for line in blocks.splitlines()]
    inline = re.findall(r"`(infraplan [^`]+)`", text)
    return [line.removeprefix(".venv/bin/") for line in [*lines, *inline] if line.removeprefix(".venv/bin/").startswith("infraplan ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    cli.register()
    app, wrong = typer.main.get_command(cli.app), []
    for line in typed(page.read_text(encoding="utf-8")):
        words = [word.strip("[]") for word in shlex.split(line.replace("'", ""))[1:]]
        if not words or words[0].startswith("-"):
            continue
        command = app.commands.get(words[0])  # type: ignore[attr-defined]
        while command is not None and hasattr(command, "commands") and len(words) > 1:
            words = words[1:]
            command = command.commands.get(words[0])
        if command is None:
            wrong.append(line)
            continue
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
        wrong += [f"{line}: {word}" for word in words if word.startswith("-") and word.partition("=")[0] not in known]
    assert not wrong


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert not [target for target in targets if "generated/" not in target and not (page.parent / target).exists()]


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "howto").glob("*.md")), ids=lambda page: page.stem)
def test_keys_of_study_toml_exist(page: Path) -> None:
    for block in re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE):
        for section, keys in tomllib.loads(block).items():
            model = Config.model_fields[section].annotation
            assert set(keys) <= set(model.model_fields), section  # type: ignore[union-attr]


def test_every_page_is_in_the_site() -> None:
    listed = "\n".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("index.md", "index.zh.md"))
    pages = [page.relative_to(ROOT / "docs").with_suffix("").as_posix() for page in PAGES if "docs" in page.parts]
    assert not [page for page in pages if page != "index" and page not in listed]
