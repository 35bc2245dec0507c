"""Build the documentation site: `python tools/build_docs.py [build/site]`. A warning is an error; nothing is fetched.

The pages of docs/ stay as they are; references to the command line and the Python names are written from the code into
docs/generated, which git ignores.
"""

from __future__ import annotations

import io
import re
import runpy
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import typer.main
from example_pictures import picture_of

import infraplan
from infraplan import cli
from infraplan.files import write_text

ROOT = Path(__file__).resolve().parents[1]
GENERATED = ROOT / "docs" / "generated"
PARTS = {
    "io": "Reading and writing",
    "geo": "Grids and zones",
    "radio": "Services",
    "coverage": "Coverage",
    "policy": "Goals, scorecards, gaps",
    "siting": "Candidates and plans",
    "study": "Studies",
    "run": "Runs",
    "report": "Maps and reports",
    "errors": "Errors",
}


def cell(text: object) -> str:
    """A text that may be in a cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A Markdown table; "" without rows."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *lines]) + "\n" if lines else ""


def commands() -> dict[str, Any]:
    """Every verb by its name, those of groups as `group verb`."""
    cli.register()
    found: dict[str, Any] = {}

    def gather(group: Any, prefix: str) -> None:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                gather(command, f"{prefix}{name} ")
            else:
                found[prefix + name] = command

    gather(typer.main.get_command(cli.app), "")
    return found


def cli_page() -> str:
    """The command line: each verb with its arguments and options."""
    parts = [
        "# Command line 命令行\n",
        "Written from the program itself. Data go to stdout (`--json`: exactly one document), progress and messages to stderr.",
        "Exit codes: 0 done, 1 failed, 2 usage, 3 bad input data, 4 some cities failed, 130 interrupted.\n",
    ]
    for name, command in commands().items():
        arguments = [option for option in command.params if option.param_type_name == "argument"]
        words = [option.name.upper() if option.required else f"[{option.name.upper()}]" for option in arguments]
        usage = " ".join(["infraplan", name, *words])
        rows = []
        for option in command.params:
            names = option.name.upper() if option in arguments else ", ".join([*option.opts, *option.secondary_opts])
            shown = option.default if isinstance(option.default, str | int | float) and not isinstance(option.default, bool) else ""
            rows.append((f"`{names}`", cell(getattr(option, "help", "") or ""), f"`{shown}`" if shown != "" else ""))
        parts += [f"## {name}\n", cell(command.help or "") + "\n", f"```sh\n{usage} [OPTIONS]\n```\n"]
        parts.append(table(("option", "what", "default"), rows))
    return "\n".join(parts)


def api_page() -> str:
    """Every public name with its docstring, by the room it comes from."""
    parts = ["# Python names\n", "`import infraplan as ip`; a name is opened when it is first used. Written from the docstrings.\n"]
    rooms: dict[str, list[str]] = {}
    for name in infraplan.__all__:
        rooms.setdefault(getattr(infraplan, name).__module__.split(".")[1], []).append(name)
    for room in sorted(rooms, key=lambda room: (list(PARTS).index(room) if room in PARTS else len(PARTS), room)):
        parts.append(f"## {PARTS.get(room, room)}\n\n```{{eval-rst}}")
        for name in rooms[room]:
            value = getattr(infraplan, name)
            home = f"{value.__module__}.{value.__qualname__}" if isinstance(value, type) else f"infraplan.{name}"
            kind, members = ("class", "\n   :members:") if isinstance(value, type) else ("function", "")
            parts.append(f".. auto{kind}:: {home}{members}\n")
        parts.append("```\n")
    return "\n".join(parts)


def examples_page(folder: Path) -> str:
    """The scripts of examples/: the first line of each docstring, the script, what it prints, and a picture of what it computed."""
    parts = [
        "# Six scripts\n",
        "Each runs as it is, in a checkout: `python examples/NAME.py`. What they print and the pictures come from their runs.\n",
    ]
    for path in sorted((ROOT / "examples").glob("[0-9]*.py")):
        text = path.read_text(encoding="utf-8")
        title = text.partition('"""')[2].partition("\n")[0].rstrip('".')
        with redirect_stdout(io.StringIO()) as printed, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = runpy.run_path(str(path), run_name="__main__")
        (folder / f"{path.stem}.png").write_bytes(picture_of(path.stem, values))
        shown = printed.getvalue().replace(tempfile.gettempdir(), "...")
        parts += [
            f"## {title}\n",
            f"`examples/{path.name}`\n",
            f"```python\n{text}```\n",
            f"```text\n{shown}```\n",
            f"![{title}]({path.stem}.png)\n",
        ]
    return "\n".join(parts)


def copied(name: str) -> str:
    """A page of the root, its links to docs/ and to other files made to work here."""
    text = (ROOT / name).read_text(encoding="utf-8")
    text = re.sub(r"\]\(docs/images/", "](../images/", text)
    text = re.sub(r"\]\(docs/", "](../", text)
    moved = {"ARCHITECTURE.md": "architecture.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
    for old, new in moved.items():
        text = text.replace(f"]({old})", f"]({new})")
    return re.sub(r"\[([^\]]*)\]\((?!https?:|\.\./|#|[a-z]+\.md)([^)]*)\)", r"\1 (`\2`)", text)


def generate(folder: Path) -> None:
    """Write the generated pages."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pages = {"cli": cli_page(), "api": api_page(), "examples": examples_page(folder)}
    pages |= {name.lower(): copied(f"{name}.md") for name in ("ARCHITECTURE", "CONTRIBUTING", "CHANGELOG")}
    for name, text in pages.items():
        write_text(folder / f"{name}.md", text)


def main(site: Path) -> int:
    """0 where the site was built without a warning."""
    from sphinx.cmd.build import main as sphinx

    generate(GENERATED)
    code = sphinx(["-q", "-W", "--keep-going", "-E", "-b", "html", "-d", str(site.parent / "doctrees"), str(ROOT / "docs"), str(site)])
    if code == 0:
        faults = [f"{page.relative_to(site)}: {found}" for page in sorted(site.rglob("*.html")) for found in fetched(page)]
        for fault in faults:
            print(f"fetches from elsewhere: {fault}", file=sys.stderr)
        code = 1 if faults else 0
    return code


REMOTE = (
    re.compile(r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["'](?:https?:)?//[^"']*"""),
    re.compile(r"""<link\b(?=[^>]*rel=["']?(?:stylesheet|preload|preconnect|icon))[^>]*href=["'](?:https?:)?//[^"']*"""),
)


def fetched(page: Path) -> list[str]:
    """Addresses that a page would load from elsewhere."""
    text = page.read_text(encoding="utf-8")
    return [found for pattern in REMOTE for found in pattern.findall(text)]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").resolve()))
